//! The reverse pass: appends to a graph the gradients that are asked for, and nothing else.
//!
//! Rules are asked for one input at a time; broadcasting is undone here, once, for every op. A called block is
//! differentiated once for each way in which it is called (`call.rs`), and what all runs of a loop contribute to one
//! parameter is made after the loop where that is one product (`defer.rs`).
mod call;
mod defer;

use super::own;
use crate::attrs::Attrs;
use crate::graph::{Block, Graph, Kind, Reverse, Value};
use crate::op::Application;
use crate::ops::elementwise::{Formula, named};
use crate::ops::{self, broadcast::sum_to};
use crate::scalar::argument;
use call::Calls;

/// Which gradients somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    /// Of each input.
    pub inputs: Vec<bool>,
    /// Of each parameter.
    pub parameters: Vec<bool>,
    /// Whether each output has a gradient to begin with.
    pub outputs: Vec<bool>,
}

/// A network with its backward pass: every output has a gradient to begin with, which the loss writes, and the gradient
/// of every parameter that learns is asked for, as are those of the inputs that `inputs` names.
pub fn autodiff(network: &Block, learns: &[bool], inputs: &[bool]) -> Block {
    let outputs = network.outputs.iter().map(|y| network.body.element(*y).is_real()).collect();
    let demand = Demand { inputs: inputs.to_vec(), parameters: learns.to_vec(), outputs };
    let mut network = network.clone();
    own_states(&mut network);
    let mut network = block(&network, &demand, true, &mut Calls::default());
    if let Some(reverse) = &mut network.reverse {
        reverse.idle = (0..learns.len()).filter(|p| learns[*p] && reverse.parameters[*p].is_none()).collect();
    }
    network
}

/// Copies what becomes of a state where something else reads it too: it is written into memory of the caller's, which the
/// backward pass is not handed.
fn own_states(network: &mut Block) {
    let Block { body, states, .. } = network;
    let mut is_read = vec![false; body.values().count()];
    body.nodes().iter().flat_map(|node| &node.inputs).for_each(|v| is_read[v.0] = true);
    for (number, value) in states {
        if is_read[value.0] {
            body.begin(body.origin(*value).with("next"));
            *value = body.must(&Formula, named(&format!("next_{number}"), argument(0)), &[*value]);
        }
    }
}

/// A block with its backward part. `all` seeds are leaves even where nothing depends on them: the loss writes them.
fn block(forward: &Block, demand: &Demand, all: bool, calls: &mut Calls) -> Block {
    let mut body = forward.body.clone();
    let nodes = body.len();
    let asked = |values: &[Value], demand: &[bool]| -> Vec<Option<Value>> {
        values.iter().zip(demand).map(|(v, asked)| asked.then_some(*v)).collect()
    };
    let inputs = asked(&forward.inputs, &demand.inputs);
    let parameters = asked(&forward.parameters, &demand.parameters);
    let wanted: Vec<Value> = inputs.iter().chain(&parameters).flatten().copied().collect();
    let live = live(&body, &wanted);
    let mut roots = vec![];
    let mut seeds = vec![None; forward.outputs.len()];
    for (k, output) in forward.outputs.iter().enumerate() {
        if demand.outputs[k] && (all || live[output.0]) {
            body.begin(body.origin(*output).gradient());
            let seed = body.leaf(Kind::Seed(k), body.shape(*output).clone());
            body.give(seed);
            roots.push((*output, seed));
            seeds[k] = Some(seed);
        }
    }
    let mut found = differentiate_with(&mut body, &roots, &wanted, calls).into_iter();
    let mut answer = |asked: Vec<Option<Value>>| -> Vec<Option<Value>> {
        asked.into_iter().map(|asked| asked.and_then(|_| found.next().flatten())).collect()
    };
    let (mut inputs, parameters) = (answer(inputs), answer(parameters));
    // what a caller is handed must be its own
    own(&mut body, inputs.iter_mut().flatten());
    let reverse = Reverse { forward: nodes, seeds, inputs, parameters, idle: vec![], rows: vec![] };
    Block { body, reverse: Some(reverse), ..forward.clone() }
}

/// Whether each value depends on one of these.
fn live(graph: &Graph, wanted: &[Value]) -> Vec<bool> {
    let mut live = vec![false; graph.values().count()];
    wanted.iter().for_each(|v| live[v.0] = true);
    for node in graph.nodes() {
        if node.inputs.iter().any(|v| live[v.0]) {
            node.results.iter().filter(|v| graph.element(**v).is_real()).for_each(|v| live[v.0] = true);
        }
    }
    live
}

/// Appends the backward graph of these roots, each with its gradient; the gradient of each wanted value, `None` where it
/// is zero everywhere.
pub fn differentiate(graph: &mut Graph, roots: &[(Value, Value)], wanted: &[Value]) -> Vec<Option<Value>> {
    differentiate_with(graph, roots, wanted, &mut Calls::default())
}

fn differentiate_with(
    graph: &mut Graph,
    roots: &[(Value, Value)],
    wanted: &[Value],
    calls: &mut Calls,
) -> Vec<Option<Value>> {
    let live = live(graph, wanted);
    let mut pass = Pass { graph, gradients: vec![None; live.len()], live };
    for (root, seed) in roots {
        pass.add(*root, *seed);
    }
    let last = roots.iter().map(|(root, _)| pass.graph.made_by(*root)).max().unwrap_or(0);
    for i in (0..=last).rev().filter(|_| !roots.is_empty()) {
        let node = pass.graph.nodes()[i].clone();
        let given: Vec<Option<Value>> = node.results.iter().map(|v| pass.gradient(*v)).collect();
        if given.iter().all(Option::is_none) || !node.results.iter().any(|v| pass.live[v.0]) {
            continue;
        }
        match &node.kind {
            Kind::Apply(op, attrs) => {
                let Some(dy) = given.iter().copied().flatten().next() else { continue };
                let wanted: Vec<bool> = node.inputs.iter().map(|x| pass.live[x.0]).collect();
                for (k, x) in node.inputs.iter().enumerate().filter(|(k, _)| wanted[*k]) {
                    pass.graph.begin(pass.graph.origin(*x).gradient());
                    let at = Application {
                        inputs: &node.inputs,
                        output: node.results[0],
                        results: &node.results,
                        gradients: &given,
                        wanted: &wanted,
                        attrs,
                    };
                    if let Some(dx) = op.grad(pass.graph, &at, k, dy) {
                        pass.add(*x, dx);
                    }
                }
            }
            Kind::Call(call) => call::reverse(&mut pass, calls, call, &node, &given),
            _ => {}
        }
    }
    wanted.iter().map(|w| pass.gradient(*w)).collect()
}

/// A reverse pass under way.
struct Pass<'a> {
    graph: &'a mut Graph,
    /// The gradient of each forward value, as far as it is known.
    gradients: Vec<Option<Value>>,
    /// Whether each forward value depends on one whose gradient is wanted.
    live: Vec<bool>,
}

impl Pass<'_> {
    fn gradient(&self, value: Value) -> Option<Value> {
        self.gradients.get(value.0).copied().flatten()
    }
    /// Adds to the gradient of `x`, which may have been broadcast.
    fn add(&mut self, x: Value, dx: Value) {
        let graph = &mut *self.graph;
        let dx = sum_to(graph, dx, graph.shape(x).clone(), false);
        let sum = match self.gradients[x.0] {
            None => dx,
            Some(sum) => graph.must(&ops::ADD, Attrs::NONE, &[sum, dx]),
        };
        graph.give(sum);
        self.gradients[x.0] = Some(sum);
    }
}
