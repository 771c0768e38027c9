//! The generated code of a model beside the interpreter of the graphs that it was generated from.
use crate::numbers::{close, numbers};
use plywood::__private::{Entry, Iterations, Real, Role};
use plywood::{Flat, Model, Pass, PortInfo, PortKind, Ports, WorkingMemory};
use plywood_kernels::cpu::{Cpu, Random, Stored};
use plywood_kernels::graph::Kind;
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::listing::Listing;

/// Which numbers of the parameter block are each parameter leaf of a graph: those of a repeated block are stacked.
pub fn leaves(entries: &[Entry]) -> Vec<Vec<usize>> {
    placed(entries).into_iter().map(|(leaf, _)| leaf).collect()
}

/// The leaves, and whether they are frozen.
pub fn placed(entries: &[Entry]) -> Vec<(Vec<usize>, bool)> {
    let mut all = vec![];
    for entry in entries {
        match *entry {
            Entry::Parameter { shape, offset, role, .. } => {
                let frozen = role == Role::Frozen;
                all.push(((offset..offset + shape.iter().product::<usize>()).collect(), frozen))
            }
            Entry::Group { entries, .. } => all.extend(placed(entries)),
            Entry::Block { trained, frozen: at_frozen, entries, .. } => {
                let moved = |(leaf, frozen): (Vec<usize>, bool)| {
                    let offset = if frozen { at_frozen } else { trained }.offset;
                    (leaf.into_iter().map(|at| offset + at).collect(), frozen)
                };
                all.extend(placed(entries).into_iter().map(moved));
            }
            Entry::Repeat { count, trained, frozen: at_frozen, entries, .. } => {
                let stacked = |(leaf, frozen): (Vec<usize>, bool)| {
                    let Iterations { offset, stride } = if frozen { at_frozen } else { trained };
                    let iteration = |i: usize| leaf.iter().map(move |at| offset + i * stride + at);
                    ((0..count).flat_map(iteration).collect(), frozen)
                };
                all.extend(placed(entries).into_iter().map(stacked));
            }
        }
    }
    all
}

/// The port of a network that has one.
fn only(ports: &[PortInfo]) -> &PortInfo {
    let [port] = ports else { panic!("one port, not {ports:?}") };
    port
}

/// Inputs of a port for `n` samples: indices are below 5.
fn inputs(port: &PortInfo, n: usize) -> Vec<f64> {
    match port.kind {
        PortKind::Index => (0..n * port.numbers()).map(|i| (7 * i % 5) as f64).collect(),
        _ => numbers(1, n * port.numbers()),
    }
}

/// One training pass: inputs and what came out.
pub struct Case {
    /// Samples.
    pub n: usize,
    /// The parameter block.
    pub parameters: Vec<f64>,
    /// The inputs.
    pub x: Vec<f64>,
    /// The gradient of the output.
    pub seed: Vec<f64>,
    /// The random numbers.
    pub random: Random,
}

/// The inputs as the network reads them.
fn flat<'a, M: Model, T: Real>(x: &'a [T], indices: &'a [u32]) -> Flat<'a, T> {
    match only(M::Input::PORTS).kind {
        PortKind::Index => Flat::Index(indices),
        _ => Flat::Real(x),
    }
}

/// What a pass gives.
pub struct Outcome {
    /// The output.
    pub output: Vec<f64>,
    /// The gradient of the parameter block.
    pub gradient: Vec<f64>,
}

impl Case {
    /// A case for `n` samples at the parameters of `model`.
    pub fn of<M: Model>(model: &M, n: usize) -> Case {
        Case {
            n,
            parameters: model.block().iter().map(|x| f64::from(*x)).collect(),
            x: inputs(only(M::Input::PORTS), n),
            seed: numbers(2, n * only(M::Output::PORTS).numbers()),
            random: Random::new(7, n as u32),
        }
    }

    /// The inputs as indices, for networks that read some.
    fn indices(&self) -> Vec<u32> {
        self.x.iter().map(|x| *x as u32).collect()
    }

    /// By generated code in `T`. Memory and gradients begin as what is not a number: what is read before it is written
    /// shows.
    pub fn generated<M: Model, T: Real>(&self) -> Outcome {
        let convert = |numbers: &[f64]| numbers.iter().map(|x| T::from_f64(*x)).collect::<Vec<T>>();
        let widen = |numbers: &[T]| numbers.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        let (parameters, x, seed) = (convert(&self.parameters), convert(&self.x), convert(&self.seed));
        let mut gradient = vec![T::from_f64(f64::NAN); M::TRAINABLE];
        let mut memory = M::Memory::<T>::default();
        memory.reserve("a case", M::TRAIN, self.n).expect("it is small");
        memory.fill(T::from_f64(f64::NAN));
        let mut output = vec![];
        let indices = self.indices();
        let (cpu, inputs) = (Cpu::new(1), [flat::<M, T>(&x, &indices)]);
        let pass = &Pass { cpu: &cpu, random: self.random, inputs: &inputs, n: self.n };
        let slots = &mut M::slots(&mut memory, self.n);
        M::forward(pass, &parameters, &[], &mut [], slots);
        M::outputs(slots, self.n, |y, d| {
            output = widen(y[0]);
            d[0].copy_from_slice(&seed);
        });
        let to = &mut Stored { parameters: &parameters, gradient: &mut gradient, accumulate: false };
        M::backward(pass, &[], to, slots);
        Outcome { output, gradient: widen(&gradient) }
    }

    /// By the interpreter of a graph that trains.
    pub fn interpreted<M: Model>(&self, listing: &Listing) -> Outcome {
        let places = placed(M::ENTRIES);
        let nodes = self.nodes::<M>(listing);
        let mut gradient = vec![0.0; M::TRAINABLE];
        assert_eq!(places.len(), listing.gradients().len(), "one gradient per parameter leaf");
        for ((place, frozen), value) in places.iter().zip(listing.gradients()) {
            assert_eq!(value.is_none(), *frozen, "all but the frozen parameters have a gradient here");
            let Some(value) = value else { continue };
            assert_eq!(place.len(), nodes[value.0].len());
            place.iter().zip(&nodes[value.0]).for_each(|(at, g)| gradient[*at] = *g);
        }
        Outcome { output: nodes[listing.network.outputs[0].0].clone(), gradient }
    }

    /// The numbers of every node.
    fn nodes<M: Model>(&self, listing: &Listing) -> Vec<Vec<f64>> {
        let places = leaves(M::ENTRIES);
        let leaf = |kind: &Kind| match kind {
            Kind::Input(_) => self.x.clone(),
            Kind::Parameter(p) => places[*p].iter().map(|at| self.parameters[*at]).collect(),
            _ => self.seed.clone(),
        };
        let symbol = |name: &str| M::GRAPHS.symbol(name);
        interpret(
            &listing.network.body,
            &Bindings { batch: self.n, symbol: &symbol, random: self.random, leaf: &leaf },
        )
    }

    /// A prediction by generated code in `T`.
    pub fn predicted<M: Model, T: Real>(&self) -> Vec<f64> {
        let convert = |numbers: &[f64]| numbers.iter().map(|x| T::from_f64(*x)).collect::<Vec<T>>();
        let mut memory = M::Memory::<T>::default();
        memory.reserve("a case", M::PREDICT, self.n).expect("it is small");
        memory.fill(T::from_f64(f64::NAN));
        let mut y = vec![T::from_f64(f64::NAN); self.n * only(M::Output::PORTS).numbers()];
        let (parameters, x) = (convert(&self.parameters), convert(&self.x));
        let (cpu, indices) = (Cpu::new(1), self.indices());
        let inputs = &[flat::<M, T>(&x, &indices)];
        let pass = &Pass { cpu: &cpu, random: self.random, inputs, n: self.n };
        let mut prepared = vec![T::from_f64(f64::NAN); M::PREPARED];
        M::prepare(&cpu, &parameters, &[], &mut prepared);
        M::predict_with(pass, &parameters, &[], &prepared, &mut memory, &mut [&mut y]);
        y.iter().map(|y| y.to_f64()).collect()
    }

    /// That generated code in `f64` and in `f32` computes what the interpreter of `training` does, or where not.
    pub fn compare<M: Model>(&self, training: &Listing) -> Result<(), String> {
        let expected = self.interpreted::<M>(training);
        let passes = [("f64", self.generated::<M, f64>(), 1e-12), ("f32", self.generated::<M, f32>(), 1e-4)];
        for (number, found, tolerance) in passes {
            let at = format!("{} in {number}, {} samples", M::NAME, self.n);
            close(&format!("{at}, output"), &expected.output, &found.output, tolerance)?;
            for (k, (place, _)) in placed(M::ENTRIES).iter().enumerate().filter(|(_, (_, frozen))| !frozen) {
                let of = |gradient: &[f64]| place.iter().map(|i| gradient[*i]).collect::<Vec<f64>>();
                let (expected, found) = (of(&expected.gradient), of(&found.gradient));
                close(&format!("{at}, gradient of parameter leaf {k}"), &expected, &found, tolerance)?;
            }
        }
        let prediction = M::GRAPHS.prediction();
        let expected = &self.nodes::<M>(&prediction)[prediction.network.outputs[0].0];
        for (found, tolerance) in [(self.predicted::<M, f64>(), 1e-12), (self.predicted::<M, f32>(), 1e-4)] {
            close(&format!("{}, prediction of {}", M::NAME, self.n), expected, &found, tolerance)?;
        }
        Ok(())
    }
}
