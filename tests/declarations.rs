//! Random declarations as programs: what the code of each computes is what the interpreter of its graphs does, its gradients
//! are those of differences, with the same bits on any number of threads; and the same network in one `fn forward` computes
//! the same.
use plywood::__private::{Entry, Iterations, Role};
use plywood::Model;
use plywood_kernels::graph::Block;
use plywood_kernels::listing::Listing;
use plywood_tests::case::{Case, Made};
use plywood_tests::numbers::close;
use std::ops::Range;
use std::panic::catch_unwind;

/// A network, and the same in one `fn forward`.
pub struct Pair {
    seed: u64,
    text: &'static str,
    net: Case,
    flat: Case,
    differences: fn(u64) -> Result<usize, String>,
}

include!(concat!(env!("OUT_DIR"), "/declarations.rs"));

impl Pair {
    /// Those of these models.
    pub const fn of<N: Model, F: Model>(seed: u64, text: &'static str) -> Pair {
        let (net, flat) = (Case::of::<N>("Net", seed), Case::of::<F>("Flat", seed));
        Pair { seed, text, net, flat, differences: differences::<N> }
    }

    fn check(&self) -> Result<(), String> {
        (self.differences)(self.seed)?;
        for n in [1, 3, 17] {
            let wrong = |what: String| format!("{n} samples: {what}");
            self.net.check(n).map_err(|what| wrong(format!("`Net`: {what}")))?;
            self.flat.check(n).map_err(|what| wrong(format!("`Flat`: {what}")))?;
            self.alike(n).map_err(wrong)?;
        }
        Ok(())
    }

    /// That both networks compute the same of the same parameters: the same bits where they are one graph.
    fn alike(&self, n: usize) -> Result<(), String> {
        self.alike_if(n, &parameters(self.flat.entries))
    }

    /// The same, where the parameters of `Flat` lie there.
    fn alike_if(&self, n: usize, places: &[Range<usize>]) -> Result<(), String> {
        let (numbers, mut other) = (self.net.numbers(n), self.flat.numbers(n));
        let pairs: Vec<_> = parameters(self.net.entries).into_iter().zip(places.iter().cloned()).collect();
        for (from, to) in &pairs {
            other.parameters[to.clone()].copy_from_slice(&numbers.parameters[from.clone()]);
        }
        // gradients in the order of `Flat`
        let moved = |gradient: &[f64]| {
            let mut moved = vec![0.0; self.flat.trained];
            for (from, to) in pairs.iter().filter(|(_, to)| to.start < self.flat.trained) {
                moved[to.clone()].copy_from_slice(&gradient[from.clone()]);
            }
            moved
        };
        let (net, flat) = (self.net.double(n, &numbers), self.flat.double(n, &other));
        let same = |what: &str, net: &[Vec<f64>], flat: &[Vec<f64>]| {
            net.iter().zip(flat).try_for_each(|(net, flat)| close(what, net, flat, 1e-10))
        };
        same("an output of `Flat`", &net.outputs, &flat.outputs)?;
        same("a prediction of `Flat`", &net.predicted, &flat.predicted)?;
        close("the gradient of the parameters of `Flat`", &moved(&net.gradient), &flat.gradient, 1e-10)?;
        let of = |made: &Made<f64>| made.inputs.iter().map(|(_, d)| d.clone()).collect::<Vec<_>>();
        same("the gradient of an input of `Flat`", &of(&net), &of(&flat))?;
        if self.is_one_graph() {
            let [net, flat] = [self.net.single(n, &numbers, 1), self.flat.single(n, &other, 1)];
            if net.outputs != flat.outputs || net.predicted != flat.predicted || net.inputs != flat.inputs {
                return Err("`Net` and `Flat` are one graph, and have other bits".into());
            }
        }
        Ok(())
    }

    /// Whether both networks are the same nodes.
    fn is_one_graph(&self) -> bool {
        let nodes = |text: &[&str]| {
            let read = Listing::read_with(text, self.net.numbers);
            let Block { body, .. } = read.expect("the compiler wrote a graph").network;
            let node = |node: &plywood_kernels::graph::Node| format!("{:?} {:?}", node.kind, node.inputs);
            body.nodes().iter().map(node).collect::<Vec<String>>()
        };
        nodes(self.net.training) == nodes(self.flat.training)
            && nodes(self.net.prediction) == nodes(self.flat.prediction)
    }
}

/// The gradients of a network against differences of its own code in `f64`.
fn differences<M: Model>(seed: u64) -> Result<usize, String> {
    M::init(seed).gradient_check(seed).map(|report| report.checked).map_err(|error| error.to_string())
}

/// Where each parameter lies, run by run, in declared order.
fn parameters(entries: &[Entry]) -> Vec<Range<usize>> {
    fn walk(entries: &[Entry], trained: usize, frozen: usize, all: &mut Vec<Range<usize>>) {
        for entry in entries {
            match *entry {
                Entry::Parameter { shape, offset, role, .. } => {
                    let start = offset + if role == Role::Frozen { frozen } else { trained };
                    all.push(start..start + shape.iter().product::<usize>());
                }
                Entry::Group { entries, .. } => walk(entries, trained, frozen, all),
                Entry::Block { trained: one, frozen: other, entries, .. } => {
                    walk(entries, trained + one.offset, frozen + other.offset, all);
                }
                Entry::Repeat { count, trained: one, frozen: other, entries, .. } => {
                    let at = |of: &Iterations, run: usize| of.offset + run * of.stride;
                    for run in 0..count {
                        walk(entries, trained + at(&one, run), frozen + at(&other, run), all);
                    }
                }
            }
        }
    }
    let mut all = vec![];
    walk(entries, 0, 0, &mut all);
    all
}

#[test]
fn the_code_of_random_declarations_computes_what_they_say() {
    let (mut failed, mut same) = (vec![], 0);
    for pair in PAIRS {
        same += usize::from(pair.is_one_graph());
        // a panic is a fault as others are, and its program is wanted
        let checked = catch_unwind(|| pair.check()).unwrap_or_else(|_| Err("it panics".into()));
        if let Err(wrong) = checked {
            failed.push((pair.text.len(), pair.seed, wrong, pair.text));
        }
    }
    failed.sort();
    if let Some((_, seed, wrong, text)) = failed.first() {
        let count = failed.len();
        panic!(
            "{count} of {} fail, the smallest that of seed {seed}: {wrong}\nnetwork! {{\n{text}\n}}",
            PAIRS.len()
        );
    }
    assert!(same > PAIRS.len() / 8, "only {same} are one graph");
}

#[test]
fn parameters_that_change_places_are_found() {
    let (mut exchanged, mut found) = (0, 0);
    for pair in PAIRS {
        let mut places = parameters(pair.flat.entries);
        // two that are as long and learn
        let mut all = (0..places.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let fits = |(a, b): &(usize, usize)| {
            let ends = places[*a].end.max(places[*b].end);
            places[*a].len() == places[*b].len() && ends <= pair.flat.trained
        };
        let Some((a, b)) = all.find(fits) else { continue };
        places.swap(a, b);
        exchanged += 1;
        found += usize::from(pair.alike_if(3, &places).is_err());
    }
    assert!(found > 3 && 4 * found >= 3 * exchanged, "found in {found} of {exchanged}");
}
