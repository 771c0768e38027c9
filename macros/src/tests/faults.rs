//! Faults of the passes, planted in what they made of random graphs: the checks that these graphs go through find each.
use super::graphs::{SEEDS, differences};
use super::plan::run;
use crate::graphs::compile;
use crate::graphs::generate::Case;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::check::check;
use plywood_kernels::compiler::plan::{Back, Function, Left, Place};
use plywood_kernels::graph::{Block, Call, Entering, Gradient, Graph, Kind, Leaving, Node, Reverse, Value};
use plywood_kernels::ops::elementwise::formula;
use plywood_kernels::ops::{self, matmul, slice};
use plywood_kernels::scalar::argument;

/// What autodiff could do wrong about a call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// None: the graph is built as it was.
    Nothing,
    /// The gradient of an output is lost on its way to the reverse.
    SeedDropped,
    /// The gradient of an input has the wrong sign.
    InputNegated,
    /// The gradient of a parameter has the wrong sign.
    ParameterNegated,
    /// Each entry of a sliced input gets the gradient of the next.
    SlicedInputShifted,
    /// The last run gets the gradient of what the first gave.
    StackedSeedReversed,
    /// The rows of one run meet those of another in a deferred product.
    DeferredRowsShifted,
    /// What there was of a gradient before is lost.
    OntoForgotten,
    /// What nobody reads after the last run has a gradient all the same.
    SeedOfNothing,
}

const FAULTS: [Fault; 8] = [
    Fault::SeedDropped,
    Fault::InputNegated,
    Fault::ParameterNegated,
    Fault::SlicedInputShifted,
    Fault::StackedSeedReversed,
    Fault::DeferredRowsShifted,
    Fault::OntoForgotten,
    Fault::SeedOfNothing,
];

impl Fault {
    /// A differentiated network with the fault wherever there is something to plant it in, and in how many places.
    fn planted(self, block: &Block) -> (Block, usize) {
        let (old, reverse) = (&block.body, block.reverse.as_ref().expect("it is differentiated"));
        let (mut graph, mut forward, mut planted) = (Graph::default(), 0, 0);
        let mut new: Vec<Value> = vec![];
        for (i, node) in old.nodes().iter().enumerate() {
            if i == reverse.forward {
                forward = graph.len();
            }
            let mut node = Node { inputs: node.inputs.iter().map(|v| new[v.0]).collect(), ..node.clone() };
            if let Kind::Reverse(_, of, _) = &mut node.kind {
                *of = new[of.0];
            }
            let known = node.results.iter().map(|v| (old.ty(*v).clone(), old.origin(*v).clone())).collect();
            if i >= reverse.forward {
                graph.begin(old.origin(node.results[0]).with("fault"));
                planted += usize::from(self.before(&mut graph, &mut node).is_some());
            }
            let mut results = graph.push(node.kind.clone(), node.inputs.clone(), known);
            if let Kind::Reverse(call, ..) = &node.kind {
                planted += self.after(&mut graph, call, &mut results);
            }
            // values are numbered in the order of nodes, but those that calls were given later
            let last = node.results.iter().map(|v| v.0).max().unwrap_or(0);
            new.resize(new.len().max(last + 1), Value(usize::MAX));
            node.results.iter().zip(results).for_each(|(from, to)| new[from.0] = to);
        }
        let to = |values: &[Value]| values.iter().map(|v| new[v.0]).collect::<Vec<_>>();
        let some = |values: &[Option<Value>]| values.iter().map(|v| v.map(|v| new[v.0])).collect::<Vec<_>>();
        let reverse = Reverse {
            forward: if reverse.forward == old.len() { graph.len() } else { forward },
            seeds: some(&reverse.seeds),
            inputs: some(&reverse.inputs),
            parameters: some(&reverse.parameters),
            ..reverse.clone()
        };
        let states = block.states.iter().map(|(number, v)| (*number, new[v.0])).collect();
        let block = Block {
            inputs: to(&block.inputs),
            parameters: to(&block.parameters),
            outputs: to(&block.outputs),
            states,
            reverse: Some(reverse),
            body: graph,
            ..block.clone()
        };
        (block, planted)
    }

    /// Changes what a node of the way back reads.
    fn before(self, graph: &mut Graph, node: &mut Node) -> Option<()> {
        if let (Fault::DeferredRowsShifted, Kind::Apply(op, attrs)) = (self, &node.kind) {
            let is_product = op.name() == "matmul" && matmul::forms(attrs) == (true, false);
            let rows = *node.inputs.first().filter(|_| is_product)?;
            let of_runs = matches!(graph.kind(rows), Kind::Call(_) | Kind::Reverse(..));
            node.inputs[0] = of_runs.then(|| rearranged(graph, rows, |i, count| (i + 1) % count))??;
            return Some(());
        }
        let Kind::Reverse(call, _, onto) = &mut node.kind else { return None };
        let seeded = call.block.reverse.as_ref()?.seeded();
        let first = call.inputs.len() + call.block.parameters.len();
        let is_nothing = |graph: &Graph, seed: Value| matches!(graph.kind(seed), Kind::Apply(op, _) if op.name() == "full");
        let mut changed = None;
        for (k, at) in seeded.into_iter().zip(first..) {
            let seed = node.inputs[at];
            let changed_to = match self {
                Fault::SeedDropped if !is_nothing(graph, seed) => Some(full(graph, seed, 0.0)),
                Fault::SeedOfNothing if is_nothing(graph, seed) => Some(full(graph, seed, 1.0)),
                Fault::StackedSeedReversed if call.outputs[k] == Leaving::Stacked => {
                    rearranged(graph, seed, |i, count| count - 1 - i)
                }
                _ => None,
            };
            let Some(seed) = changed_to else { continue };
            node.inputs[at] = seed;
            changed = Some(());
        }
        if let (Fault::OntoForgotten, false) = (self, onto.is_empty()) {
            node.inputs.truncate(node.inputs.len() - onto.len());
            onto.clear();
            changed = Some(());
        }
        changed
    }

    /// Changes what a reverse gives; how many of its results.
    fn after(self, graph: &mut Graph, call: &Call, results: &mut [Value]) -> usize {
        let made = call.block.reverse.iter().flat_map(Reverse::results);
        let mut changed = 0;
        for (gradient, result) in made.zip(results) {
            let other = match (self, gradient) {
                (Fault::InputNegated, Gradient::Input(_))
                | (Fault::ParameterNegated, Gradient::Parameter(_)) => {
                    Some(formula(graph, "negated", -argument(0), &[*result]))
                }
                (Fault::SlicedInputShifted, Gradient::Input(k)) if call.inputs[k] == Entering::Sliced => {
                    rearranged(graph, *result, |i, count| (i + 1) % count)
                }
                _ => None,
            };
            changed += usize::from(other.is_some());
            *result = other.unwrap_or(*result);
        }
        changed
    }
}

fn full(graph: &mut Graph, like: Value, value: f64) -> Value {
    let attrs = Attrs::NONE.with("shape", Attr::Shape(graph.shape(like).clone()));
    graph.must(&ops::FULL, attrs.with("value", Attr::Number(value)), &[])
}

/// A stack with its entries in another order, where their number is known.
fn rearranged(graph: &mut Graph, stack: Value, of: impl Fn(usize, usize) -> usize) -> Option<Value> {
    let count = graph.shape(stack).first().and_then(|size| size.as_known()).filter(|count| *count > 1)?;
    let entry = |i: usize| slice::of(0, of(i, count).into(), 1.into());
    let entries: Vec<Value> = (0..count).map(|i| graph.must(&ops::SLICE, entry(i), &[stack])).collect();
    Some(graph.must(&ops::CONCAT, slice::along(0), &entries))
}

#[test]
fn faults_of_the_way_back_through_calls_are_found() {
    for fault in FAULTS {
        let (mut planted, mut found) = (0, 0);
        for seed in 0..SEEDS {
            let case = Case::of(seed);
            let (asked, learns) = (case.asked.clone(), case.entries.learn());
            let (wrong, changed) = fault.planted(&compile(case).differentiated);
            if changed > 0 {
                planted += 1;
                found += usize::from(differences(&wrong, &learns, &asked).is_err());
            }
            if found == 3 {
                break;
            }
        }
        assert!(found > 0, "{fault:?}: found in {found} of {planted}");
    }
}

#[test]
fn a_graph_is_right_until_something_is_planted() {
    for seed in 0..10 {
        let case = Case::of(seed);
        let (asked, learns) = (case.asked.clone(), case.entries.learn());
        let (rebuilt, changed) = Fault::Nothing.planted(&compile(case).differentiated);
        assert_eq!(changed, 0);
        check(&rebuilt).unwrap_or_else(|wrong| panic!("{seed}: {wrong}"));
        differences(&rebuilt, &learns, &asked).unwrap_or_else(|wrong| panic!("{seed}: {wrong}"));
    }
}

/// What planning could do wrong about what runs hand to each other, and about states: whether there was any.
type Exchange = fn(&mut Function) -> bool;

/// The last run's value and the one before change places.
fn exchange_last(function: &mut Function) -> bool {
    let mut lefts = function.runs.values_mut().flat_map(|plan| &mut plan.outputs);
    lefts.any(|left| match left {
        Left::Pair(place, next) => {
            std::mem::swap(place, next);
            true
        }
        _ => false,
    })
}

/// The gradient that the first run hands back and that of the second change places.
fn exchange_first(function: &mut Function) -> bool {
    let mut backs = function.runs.values_mut().flat_map(|plan| plan.inputs.iter_mut().flatten());
    backs.any(|back| match back {
        Back::Pair(place, next) => {
            std::mem::swap(place, next);
            true
        }
        _ => false,
    })
}

/// One state becomes what another should.
fn exchange_states(function: &mut Function) -> bool {
    let mut next: Vec<&mut Place> =
        function.places.values_mut().filter(|place| matches!(place, Place::NextState(_))).collect();
    let [one, other] = &mut next[..] else { return false };
    std::mem::swap(*one, *other);
    true
}

/// What runs left is looked for where another call left it.
fn exchange_stacks(function: &mut Function) -> bool {
    let all = function.places.values().filter(|place| matches!(place, Place::Last(..)));
    let mut all: Vec<Place> = all.cloned().collect();
    all.sort_by_key(|place| format!("{place:?}"));
    let [one, other, ..] = &all[..] else { return false };
    for place in function.places.values_mut() {
        if place == one {
            *place = other.clone();
        }
    }
    true
}

#[test]
fn what_lies_in_the_wrong_of_two_places_is_found() {
    let exchanges: [(&str, Exchange); 4] = [
        ("last", exchange_last),
        ("first", exchange_first),
        ("states", exchange_states),
        ("stacks", exchange_stacks),
    ];
    for (name, exchange) in exchanges {
        let mut planted = 0;
        for seed in 0..400 {
            let case = Case::of(seed);
            let learns = case.entries.learn();
            let mut function = compile(case).functions.training;
            if exchange(&mut function) {
                planted += 1;
                run::check(&function, Some(&learns), 4).expect_err(&format!("{name}, seed {seed}"));
            }
            if planted == 3 {
                break;
            }
        }
        assert_eq!(planted, 3, "{name}: there was nothing to exchange");
    }
}
