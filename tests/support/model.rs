//! The generated code of a model beside the interpreter of the graphs that it was generated from.
use crate::numbers::{close, numbers};
use plywood::__private::{Entry, Iterations, Real, Role};
use plywood::{Flat, Model, Pass, PortInfo, PortKind, Ports, WorkingMemory};
use plywood_kernels::cpu::{Cpu, Random, Stored, WithInputs};
use plywood_kernels::graph::{Kind, Value};
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

/// Inputs of a port for `n` samples, others for each port: indices are below 5 and below the port's limit.
fn inputs<M: Model>(k: usize, port: &PortInfo, n: usize) -> Vec<f64> {
    let below = M::LIMITS.get(k).map_or(5, |limit| 5.min(*limit));
    match port.kind {
        PortKind::Index => (0..n * port.numbers()).map(|i| ((7 * i + k) % below) as f64).collect(),
        _ => numbers(1 + 10 * k as u32, n * port.numbers()),
    }
}

/// One training pass: inputs and what came out, for each port.
pub struct Case {
    /// Samples.
    pub n: usize,
    /// The parameter block.
    pub parameters: Vec<f64>,
    /// The inputs.
    pub xs: Vec<Vec<f64>>,
    /// The gradients of the outputs.
    pub seeds: Vec<Vec<f64>>,
    /// The random numbers.
    pub random: Random,
}

/// The inputs in `T`, or as indices.
enum Given<T> {
    Real(Vec<T>),
    Index(Vec<u32>),
}
impl<T> Given<T> {
    fn flat(&self) -> Flat<'_, T> {
        match self {
            Given::Real(numbers) => Flat::Real(numbers),
            Given::Index(indices) => Flat::Index(indices),
        }
    }
}

/// What a pass gives.
pub struct Outcome {
    /// The outputs.
    pub outputs: Vec<Vec<f64>>,
    /// The gradient of the parameter block.
    pub gradient: Vec<f64>,
    /// The gradients of the inputs for which they were asked.
    pub inputs: Vec<Vec<f64>>,
}

fn convert<T: Real>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|x| T::from_f64(*x)).collect()
}
fn widen<T: Real>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|x| x.to_f64()).collect()
}

impl Case {
    /// A case for `n` samples at the parameters of `model`.
    pub fn of<M: Model>(model: &M, n: usize) -> Case {
        let (taken, given) = (M::Input::PORTS.iter().enumerate(), M::Output::PORTS.iter().enumerate());
        Case {
            n,
            parameters: model.block().iter().map(|x| f64::from(*x)).collect(),
            xs: taken.map(|(k, port)| inputs::<M>(k, port, n)).collect(),
            seeds: given.map(|(k, port)| numbers(2 + 10 * k as u32, n * port.numbers())).collect(),
            random: Random::new(7, n as u32),
        }
    }

    fn given<M: Model, T: Real>(&self) -> Vec<Given<T>> {
        let one = |(x, port): (&Vec<f64>, &PortInfo)| match port.kind {
            PortKind::Index => Given::Index(x.iter().map(|x| *x as u32).collect()),
            _ => Given::Real(convert(x)),
        };
        self.xs.iter().zip(M::Input::PORTS).map(one).collect()
    }

    /// By generated code in `T`. Memory and gradients begin as what is not a number: what is read before it is written
    /// shows.
    pub fn generated<M: Model, T: Real>(&self) -> Outcome {
        let (parameters, given) = (convert::<T>(&self.parameters), self.given::<M, T>());
        let mut gradient = vec![T::from_f64(f64::NAN); M::TRAINABLE];
        let mut memory = M::Memory::<T>::default();
        memory.reserve("a case", M::TRAIN, self.n).expect("it is small");
        memory.fill(T::from_f64(f64::NAN));
        let mut outputs = vec![];
        let (cpu, inputs) = (Cpu::new(1), given.iter().map(Given::flat).collect::<Vec<_>>());
        let pass = &Pass { cpu: &cpu, random: self.random, inputs: &inputs, n: self.n };
        let slots = &mut M::slots(&mut memory, self.n);
        M::forward(pass, &parameters, &[], &mut [], slots);
        M::outputs(slots, self.n, |ys, ds| {
            outputs = ys.iter().map(|y| widen(y)).collect();
            ds.iter_mut().zip(&self.seeds).for_each(|(d, seed)| d.copy_from_slice(&convert::<T>(seed)));
        });
        let to = &mut Stored { parameters: &parameters, gradient: &mut gradient, accumulate: false };
        M::backward(pass, &[], &mut WithInputs::beside(&parameters, to), slots);
        let mut inputs = vec![];
        M::lend_input_gradients(slots, self.n, |all| inputs = all.iter().map(|d| widen(d)).collect());
        Outcome { outputs, gradient: widen(&gradient), inputs }
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
        let reverse = listing.network.reverse.as_ref().expect("it trains");
        let of = |value: &Value| nodes[value.0].clone();
        let outputs = listing.network.outputs.iter().map(of).collect();
        Outcome { outputs, gradient, inputs: reverse.inputs.iter().flatten().map(of).collect() }
    }

    /// The numbers of every node.
    fn nodes<M: Model>(&self, listing: &Listing) -> Vec<Vec<f64>> {
        let places = leaves(M::ENTRIES);
        let leaf = |kind: &Kind| match kind {
            Kind::Input(k) => self.xs[*k].clone(),
            Kind::Parameter(p) => places[*p].iter().map(|at| self.parameters[*at]).collect(),
            Kind::Seed(k) => self.seeds[*k].clone(),
            other => unreachable!("{other:?}"),
        };
        let symbol = |name: &str| M::GRAPHS.symbol(name);
        interpret(
            &listing.network.body,
            &Bindings { batch: self.n, symbol: &symbol, random: self.random, leaf: &leaf },
        )
    }

    /// A prediction by generated code in `T`.
    pub fn predicted<M: Model, T: Real>(&self) -> Vec<Vec<f64>> {
        let mut memory = M::Memory::<T>::default();
        memory.reserve("a case", M::PREDICT, self.n).expect("it is small");
        memory.fill(T::from_f64(f64::NAN));
        let room = |seed: &Vec<f64>| vec![T::from_f64(f64::NAN); seed.len()];
        let mut ys: Vec<Vec<T>> = self.seeds.iter().map(room).collect();
        let (parameters, given) = (convert::<T>(&self.parameters), self.given::<M, T>());
        let (cpu, inputs) = (Cpu::new(1), given.iter().map(Given::flat).collect::<Vec<_>>());
        let pass = &Pass { cpu: &cpu, random: self.random, inputs: &inputs, n: self.n };
        let mut prepared = vec![T::from_f64(f64::NAN); M::PREPARED];
        M::prepare(&cpu, &parameters, &[], &mut prepared);
        let slices = &mut ys.iter_mut().map(|y| &mut y[..]).collect::<Vec<_>>();
        M::predict_with(pass, &parameters, &[], &prepared, &mut memory, slices);
        ys.iter().map(|y| widen(y)).collect()
    }

    /// That generated code in `f64` and in `f32` computes what the interpreter of `training` does, or where not.
    pub fn compare<M: Model>(&self, training: &Listing) -> Result<(), String> {
        let expected = self.interpreted::<M>(training);
        let passes = [("f64", self.generated::<M, f64>(), 1e-12), ("f32", self.generated::<M, f32>(), 1e-4)];
        for (number, found, tolerance) in passes {
            let at = format!("{} in {number}, {} samples", M::NAME, self.n);
            close_each(&format!("{at}, output"), &expected.outputs, &found.outputs, tolerance)?;
            close_each(&format!("{at}, gradient of input"), &expected.inputs, &found.inputs, tolerance)?;
            for (k, (place, _)) in placed(M::ENTRIES).iter().enumerate().filter(|(_, (_, frozen))| !frozen) {
                let of = |gradient: &[f64]| place.iter().map(|i| gradient[*i]).collect::<Vec<f64>>();
                let (expected, found) = (of(&expected.gradient), of(&found.gradient));
                close(&format!("{at}, gradient of parameter leaf {k}"), &expected, &found, tolerance)?;
            }
        }
        let prediction = M::GRAPHS.prediction();
        let nodes = self.nodes::<M>(&prediction);
        let expected: Vec<_> = prediction.network.outputs.iter().map(|y| nodes[y.0].clone()).collect();
        for (found, tolerance) in [(self.predicted::<M, f64>(), 1e-12), (self.predicted::<M, f32>(), 1e-4)] {
            close_each(&format!("{}, prediction of {}", M::NAME, self.n), &expected, &found, tolerance)?;
        }
        Ok(())
    }
}

fn close_each(what: &str, expected: &[Vec<f64>], found: &[Vec<f64>], tolerance: f64) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("{what}: {} of them, not {}", found.len(), expected.len()));
    }
    let mut each = expected.iter().zip(found).enumerate();
    each.try_for_each(|(k, (expected, found))| close(&format!("{what} {k}"), expected, found, tolerance))
}

/// What every network must do, wherever it was declared: its gradients are right, its code computes what its graphs say, and
/// it can be printed.
///
/// # Panics
/// If one does not.
pub fn works<M: Model>() {
    let model = M::init(2);
    if let Err(error) = model.gradient_check(1) {
        panic!("{}: {error}", M::NAME);
    }
    let case = Case::of(&model, 3);
    case.compare::<M>(&M::GRAPHS.training()).unwrap_or_else(|error| panic!("{error}"));
    assert!(model.to_string().contains("Linear"));
    assert!(format!("{model:?}").contains(M::NAME));
}
