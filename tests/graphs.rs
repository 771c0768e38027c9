//! Random networks and some made by hand, built below the language and compiled like declared ones: what their code computes
//! is what the interpreter of their graphs does, with the same bits on any number of threads.
use plywood::__private::Entry;
use plywood_kernels::cpu::{Cpu, Random};
use plywood_kernels::graph::Kind;
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::listing::Listing;
use plywood_kernels::types::Element;
use plywood_tests::model::placed;
use plywood_tests::numbers::close;

/// A network and its functions.
pub struct Case {
    name: &'static str,
    seed: u64,
    training: &'static [&'static str],
    prediction: &'static [&'static str],
    symbols: &'static [(&'static str, usize)],
    entries: &'static [Entry],
    parameters: usize,
    trained: usize,
    single: fn(&Given<'_, f32>) -> Made<f32>,
    double: fn(&Given<'_, f64>) -> Made<f64>,
}

/// What a run is given.
pub struct Given<'a, T> {
    cpu: &'a Cpu,
    random: Random,
    parameters: &'a [T],
    trained: usize,
    state: &'a [T],
    reals: &'a [Vec<T>],
    indices: &'a [Vec<u32>],
    seeds: &'a [Vec<T>],
    n: usize,
}

/// What comes of it.
#[derive(Default)]
pub struct Made<T> {
    outputs: Vec<Vec<T>>,
    gradient: Vec<T>,
    inputs: Vec<(usize, Vec<T>)>,
    next_state: Vec<T>,
    predicted: Vec<Vec<T>>,
}

include!(concat!(env!("OUT_DIR"), "/graphs.rs"));

/// The numbers that a case is run on.
struct Numbers {
    parameters: Vec<f64>,
    state: Vec<f64>,
    inputs: Vec<Vec<f64>>,
    seeds: Vec<Vec<f64>>,
}

impl Case {
    fn listing(&self, text: &[&str]) -> Listing {
        Listing::read(text).unwrap_or_else(|| panic!("{}: its graph cannot be read", self.name))
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

    fn numbers(&self, n: usize) -> Numbers {
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

    /// What is wrong with the code, or nothing.
    fn check(&self, n: usize) -> Result<(), String> {
        let (training, prediction) = (self.listing(self.training), self.listing(self.prediction));
        let numbers = self.numbers(n);
        let expected = self.interpreted(&training, &numbers, n);
        let predicted = self.interpreted(&prediction, &numbers, n);
        let single = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let widen = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        let indices: Vec<Vec<u32>> =
            numbers.inputs.iter().map(|x| x.iter().map(|x| x.max(0.0) as u32).collect()).collect();
        let cpus = [1, 2, 4].map(Cpu::new);
        let run = |cpu: &Cpu| {
            let singles = |of: &[Vec<f64>]| of.iter().map(|x| single(x)).collect::<Vec<_>>();
            (self.single)(&Given {
                cpu,
                random: Random::new(3, n as u32),
                parameters: &single(&numbers.parameters),
                trained: self.trained,
                state: &single(&numbers.state),
                reals: &singles(&numbers.inputs),
                indices: &indices,
                seeds: &singles(&numbers.seeds),
                n,
            })
        };
        let double = (self.double)(&Given {
            cpu: &cpus[0],
            random: Random::new(3, n as u32),
            parameters: &numbers.parameters,
            trained: self.trained,
            state: &numbers.state,
            reals: &numbers.inputs,
            indices: &indices,
            seeds: &numbers.seeds,
            n,
        });
        let one = run(&cpus[0]);
        let bits = |made: &Made<f32>| {
            let inputs = made.inputs.iter().flat_map(|(_, d)| d);
            let all =
                made.outputs.concat().into_iter().chain(made.gradient.clone()).chain(made.next_state.clone());
            all.chain(inputs.copied()).chain(made.predicted.concat()).map(f32::to_bits).collect::<Vec<u32>>()
        };
        for (cpu, threads) in cpus[1..].iter().zip([2, 4]) {
            if bits(&run(cpu)) != bits(&one) {
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

#[test]
fn the_code_of_random_networks_computes_what_their_graphs_say() {
    let mut failed = vec![];
    for case in CASES {
        for n in [1, 3, 17] {
            if let Err(wrong) = case.check(n) {
                failed.push((case.training.len(), case.name, n, wrong));
                break;
            }
        }
    }
    failed.sort();
    if let Some((_, name, n, wrong)) = failed.first() {
        let case = CASES.iter().find(|case| case.name == *name).expect("it failed");
        let graph = case.training.join("\n");
        panic!(
            "{} of {} fail, the smallest is `{name}` with {n} samples: {wrong}\n{graph}",
            failed.len(),
            CASES.len()
        );
    }
    let parts: usize = CASES.iter().map(|case| placed(case.entries).len()).sum();
    assert!(parts > CASES.len(), "the networks were small");
}
