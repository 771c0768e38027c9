//! Networks as code, run on numbers and held against the interpreter of their graphs: those that `graphs!` makes, and those
//! that are declared.
use crate::model::placed;
use crate::numbers::close;
use plywood::__private::Graphs;
use plywood::__private::{Entry, Real};
use plywood::{Flat, Model, Pass, PortKind, Ports, WorkingMemory};
use plywood_kernels::cpu::{Cpu, Random, Stored, WithInputs};
use plywood_kernels::graph::Kind;
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::listing::Listing;
use plywood_kernels::types::Element;

/// A network and its functions.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// What its numbers are drawn from.
    pub seed: u64,
    /// The lines of its graph in training.
    pub training: &'static [&'static str],
    /// Those of its graph in prediction.
    pub prediction: &'static [&'static str],
    /// What the symbols in them stand for.
    pub symbols: &'static [(&'static str, usize)],
    /// What the constants in their formulas are.
    pub numbers: &'static [(&'static str, f64)],
    /// How its parameters lie.
    pub entries: &'static [Entry],
    /// How many numbers they are.
    pub parameters: usize,
    /// How many of them learn.
    pub trained: usize,
    /// A step and a prediction in `f32`.
    pub single: fn(&Given<'_, f32>) -> Made<f32>,
    /// The same in `f64`.
    pub double: fn(&Given<'_, f64>) -> Made<f64>,
}

/// What a run is given.
pub struct Given<'a, T> {
    /// What it runs on.
    pub cpu: &'a Cpu,
    /// What is drawn in it.
    pub random: Random,
    /// The parameters.
    pub parameters: &'a [T],
    /// How many of them learn.
    pub trained: usize,
    /// The state.
    pub state: &'a [T],
    /// Every input, as real numbers.
    pub reals: &'a [Vec<T>],
    /// The same as indices.
    pub indices: &'a [Vec<u32>],
    /// The gradient of each output.
    pub seeds: &'a [Vec<T>],
    /// How many samples.
    pub n: usize,
}

/// What comes of it.
#[derive(Default)]
pub struct Made<T> {
    /// The outputs in training.
    pub outputs: Vec<Vec<T>>,
    /// The gradient of the parameters that learn.
    pub gradient: Vec<T>,
    /// That of each input for which it is asked, by the input's number.
    pub inputs: Vec<(usize, Vec<T>)>,
    /// What the state becomes.
    pub next_state: Vec<T>,
    /// The outputs in prediction.
    pub predicted: Vec<Vec<T>>,
}

/// Which gradients a backward pass is to make.
#[derive(Clone, Copy)]
enum Asked {
    Parameters,
    Inputs,
    Both,
}

/// Forward and backward: the gradient of the parameters.
fn step<M: Model, T: Real>(
    pass: &Pass<'_, T>,
    given: &Given<'_, T>,
    made: &mut Made<T>,
    asked: Asked,
) -> Vec<T> {
    let (n, p, state, nothing) = (given.n, given.parameters, given.state, T::from_f64(f64::NAN));
    let mut memory = M::Memory::<T>::default();
    memory.reserve("a case", M::TRAIN, n).expect("it is small");
    memory.fill(nothing);
    let slots = &mut M::slots(&mut memory, n);
    M::forward(pass, p, state, &mut made.next_state, slots);
    M::outputs(slots, n, |ys, ds| {
        made.outputs = ys.iter().map(|y| y.to_vec()).collect();
        ds.iter_mut().zip(given.seeds).for_each(|(d, seed)| d.copy_from_slice(seed));
    });
    let mut gradient = vec![nothing; given.trained];
    let to = &mut Stored { parameters: p, gradient: &mut gradient, accumulate: false };
    match asked {
        Asked::Parameters => {
            M::backward(pass, state, to, slots);
            return gradient;
        }
        Asked::Inputs => M::backward(pass, state, &mut WithInputs::alone(p), slots),
        Asked::Both => M::backward(pass, state, &mut WithInputs::beside(p, to), slots),
    }
    M::lend_input_gradients(slots, n, |ds| {
        let asked = M::GRAPHS.training().network.reverse.map_or(vec![], |reverse| reverse.inputs);
        let asked = (0..asked.len()).filter(|k| asked[*k].is_some());
        made.inputs = asked.zip(ds.iter().map(|d| d.to_vec())).collect();
        assert_eq!(made.inputs.len(), ds.len(), "a gradient for each input for which it is asked");
    });
    gradient
}

/// A step and a prediction of a declared network, in memory that begins as what is not a number.
fn run<M: Model, T: Real>(given: &Given<'_, T>) -> Made<T> {
    let (cpu, n, p, state) = (given.cpu, given.n, given.parameters, given.state);
    let inputs = M::Input::PORTS.iter().enumerate().map(|(k, port)| match port.kind {
        PortKind::Index => Flat::Index(&given.indices[k]),
        _ => Flat::Real(&given.reals[k]),
    });
    let inputs: Vec<Flat<'_, T>> = inputs.collect();
    let pass = &Pass { cpu, random: given.random, inputs: &inputs, n };
    let nothing = T::from_f64(f64::NAN);
    let mut made = Made::<T> { next_state: vec![nothing; M::STATE], ..Made::default() };
    // as a training step, then the gradients of inputs alone, then both
    let trained = step::<M, T>(pass, given, &mut made, Asked::Parameters);
    step::<M, T>(pass, given, &mut made, Asked::Inputs);
    let inputs = std::mem::take(&mut made.inputs);
    made.gradient = step::<M, T>(pass, given, &mut made, Asked::Both);
    let same = |a: &[T], b: &[T]| a.iter().zip(b).all(|(a, b)| a.to_f64().to_bits() == b.to_f64().to_bits());
    assert!(same(&trained, &made.gradient), "gradients of inputs change those of parameters");
    let mut pairs = inputs.iter().zip(&made.inputs);
    assert!(pairs.all(|((_, a), (_, b))| same(a, b)), "gradients of inputs alone are others");
    let mut prepared = vec![nothing; M::PREPARED];
    M::prepare(cpu, p, state, &mut prepared);
    let mut memory = M::Memory::<T>::default();
    memory.reserve("a case", M::PREDICT, n).expect("it is small");
    memory.fill(nothing);
    made.predicted = M::Output::PORTS.iter().map(|port| vec![nothing; n * port.numbers()]).collect();
    let mut ys: Vec<&mut [T]> = made.predicted.iter_mut().map(|y| &mut y[..]).collect();
    M::predict_with(pass, p, state, &prepared, &mut memory, &mut ys);
    made
}

/// The numbers that a case is run on.
pub struct Numbers {
    /// The parameters.
    pub parameters: Vec<f64>,
    state: Vec<f64>,
    inputs: Vec<Vec<f64>>,
    seeds: Vec<Vec<f64>>,
}

impl Numbers {
    fn indices(&self) -> Vec<Vec<u32>> {
        self.inputs.iter().map(|x| x.iter().map(|x| x.max(0.0) as u32).collect()).collect()
    }
}

impl Made<f32> {
    /// The bits of everything.
    pub fn bits(&self) -> Vec<u32> {
        let inputs = self.inputs.iter().flat_map(|(_, d)| d);
        let real = self.outputs.iter().flatten().chain(&self.gradient).chain(&self.next_state);
        real.chain(inputs).chain(self.predicted.iter().flatten()).map(|x| x.to_bits()).collect()
    }
}

impl Case {
    /// That of a declared network.
    pub const fn of<M: Model>(name: &'static str, seed: u64) -> Case {
        let Graphs { training, prediction, symbols, numbers } = M::GRAPHS;
        Case {
            name,
            seed,
            training,
            prediction,
            symbols,
            numbers,
            entries: M::ENTRIES,
            parameters: M::PARAMETERS,
            trained: M::TRAINABLE,
            single: run::<M, f32>,
            double: run::<M, f64>,
        }
    }

    fn listing(&self, text: &[&str]) -> Listing {
        Listing::read_with(text, self.numbers)
            .unwrap_or_else(|| panic!("{}: its graph cannot be read", self.name))
    }

    fn bindings<'a>(
        &'a self,
        n: usize,
        symbol: &'a dyn Fn(&str) -> usize,
        leaf: &'a dyn Fn(&Kind) -> Vec<f64>,
    ) -> Bindings<'a> {
        Bindings { batch: n, symbol, random: Random::new(3, n as u32), leaf }
    }
    fn symbol(&self, name: &str) -> usize {
        self.symbols.iter().find(|(n, _)| *n == name).expect("a symbol").1
    }

    /// The numbers of a run on `n` samples.
    pub fn numbers(&self, n: usize) -> Numbers {
        let network = self.listing(self.training).network;
        let symbol = |name: &str| self.symbol(name);
        let nothing = |_: &Kind| vec![];
        let bindings = self.bindings(n, &symbol, &nothing);
        let len = |v: &_| bindings.sizes(network.body.shape(*v)).iter().product::<usize>();
        // numbers that both types have
        let draw = |stream: u32, len: usize| -> Vec<f64> {
            let stream = Random::new(self.seed, 1).stream(stream);
            (0..len).map(|i| f64::from(2.0 * stream.uniform(i as u64) - 1.0)).collect()
        };
        let input = |(k, v): (usize, &_)| {
            let numbers = draw(10 + k as u32, len(v));
            match network.body.element(*v) {
                Element::F32 => numbers,
                Element::U32 => numbers.iter().map(|x| (1.5 * (x + 1.0)).floor()).collect(),
            }
        };
        let mut states: Vec<_> =
            network.body.values().filter(|v| matches!(network.body.kind(*v), Kind::State(_))).collect();
        states.sort_by_key(|v| match network.body.kind(*v) {
            Kind::State(number) => *number,
            _ => 0,
        });
        Numbers {
            parameters: draw(1, self.parameters),
            state: draw(2, states.iter().map(len).sum()),
            inputs: network.inputs.iter().enumerate().map(input).collect(),
            seeds: network.outputs.iter().enumerate().map(|(k, y)| draw(40 + k as u32, len(y))).collect(),
        }
    }

    /// The numbers of every value of a graph.
    fn interpreted(&self, listing: &Listing, numbers: &Numbers, n: usize) -> Vec<Vec<f64>> {
        let body = &listing.network.body;
        let symbol = |name: &str| self.symbol(name);
        let places = placed(self.entries);
        let nothing = |_: &Kind| vec![];
        let sizes = self.bindings(n, &symbol, &nothing);
        // states lie one after the other
        let state = |number: usize| {
            let len = |of: usize| {
                let value = body.values().find(|v| matches!(body.kind(*v), Kind::State(k) if *k == of));
                value.map_or(0, |v| sizes.sizes(body.shape(v)).iter().product::<usize>())
            };
            let start: usize = (0..number).map(len).sum();
            numbers.state[start..start + len(number)].to_vec()
        };
        let leaf = |kind: &Kind| match kind {
            Kind::Input(k) => numbers.inputs[*k].clone(),
            Kind::Parameter(p) => places[*p].0.iter().map(|at| numbers.parameters[*at]).collect(),
            Kind::State(k) => state(*k),
            Kind::Seed(k) => numbers.seeds[*k].clone(),
            other => unreachable!("{other:?}"),
        };
        interpret(body, &self.bindings(n, &symbol, &leaf))
    }

    /// A run in `f64` on one thread.
    pub fn double(&self, n: usize, numbers: &Numbers) -> Made<f64> {
        (self.double)(&Given {
            cpu: &Cpu::new(1),
            random: Random::new(3, n as u32),
            parameters: &numbers.parameters,
            trained: self.trained,
            state: &numbers.state,
            reals: &numbers.inputs,
            indices: &numbers.indices(),
            seeds: &numbers.seeds,
            n,
        })
    }

    /// A run in `f32`.
    pub fn single(&self, n: usize, numbers: &Numbers, threads: usize) -> Made<f32> {
        let single = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let singles = |of: &[Vec<f64>]| of.iter().map(|x| single(x)).collect::<Vec<_>>();
        (self.single)(&Given {
            cpu: &Cpu::new(threads),
            random: Random::new(3, n as u32),
            parameters: &single(&numbers.parameters),
            trained: self.trained,
            state: &single(&numbers.state),
            reals: &singles(&numbers.inputs),
            indices: &numbers.indices(),
            seeds: &singles(&numbers.seeds),
            n,
        })
    }

    /// What is wrong with the code, or nothing.
    pub fn check(&self, n: usize) -> Result<(), String> {
        let (training, prediction) = (self.listing(self.training), self.listing(self.prediction));
        let numbers = self.numbers(n);
        let expected = self.interpreted(&training, &numbers, n);
        let predicted = self.interpreted(&prediction, &numbers, n);
        let widen = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        let double = self.double(n, &numbers);
        let one = self.single(n, &numbers, 1);
        for threads in [2, 4] {
            if self.single(n, &numbers, threads).bits() != one.bits() {
                return Err(format!("other bits with {threads} threads"));
            }
        }
        let single = Made {
            outputs: one.outputs.iter().map(|x| widen(x)).collect(),
            gradient: widen(&one.gradient),
            inputs: one.inputs.iter().map(|(k, x)| (*k, widen(x))).collect(),
            next_state: widen(&one.next_state),
            predicted: one.predicted.iter().map(|x| widen(x)).collect(),
        };
        for (made, tolerance, word) in [(&double, 1e-10, "f64"), (&single, 2e-3, "f32")] {
            self.compare(made, &training, &expected, &prediction, &predicted, tolerance)
                .map_err(|wrong| format!("in {word}: {wrong}"))?;
        }
        Ok(())
    }

    fn compare(
        &self,
        made: &Made<f64>,
        training: &Listing,
        expected: &[Vec<f64>],
        prediction: &Listing,
        predicted: &[Vec<f64>],
        tolerance: f64,
    ) -> Result<(), String> {
        let network = &training.network;
        let reverse = network.reverse.as_ref().expect("it trains");
        let real = network.outputs.iter().filter(|y| network.body.element(**y).is_real());
        for (k, (found, y)) in made.outputs.iter().zip(real).enumerate() {
            close(&format!("output {k}"), &expected[y.0], found, tolerance)?;
        }
        for (k, found) in &made.inputs {
            let gradient = reverse.inputs[*k].ok_or("the gradient of an input that nobody asked for")?;
            close(&format!("the gradient of input {k}"), &expected[gradient.0], found, tolerance)?;
        }
        let asked = reverse.inputs.iter().flatten().count();
        if asked != made.inputs.len() {
            return Err(format!("{} gradients of inputs, {asked} asked for", made.inputs.len()));
        }
        let mut gradient = vec![0.0; self.trained];
        for ((place, frozen), value) in placed(self.entries).iter().zip(training.gradients()) {
            if let (Some(value), false) = (value, frozen) {
                place.iter().zip(&expected[value.0]).for_each(|(at, g)| gradient[*at] = *g);
            }
        }
        close("the gradient of the parameters", &gradient, &made.gradient, tolerance)?;
        let next: Vec<f64> = network.states.iter().flat_map(|(_, value)| expected[value.0].clone()).collect();
        if !next.is_empty() {
            close("the next state", &next, &made.next_state, tolerance)?;
        }
        for (k, (found, y)) in made.predicted.iter().zip(&prediction.network.outputs).enumerate() {
            close(&format!("prediction {k}"), &predicted[y.0], found, tolerance)?;
        }
        Ok(())
    }
}
