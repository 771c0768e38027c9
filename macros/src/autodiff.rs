//! Appends the backward pass to the training graph. The reverse pass itself is the book's
//! ([`plywood_kernels::autodiff`]), so that the book's own tests run it.
use crate::lower::Forward;
use plywood_kernels::autodiff::differentiate;
use plywood_kernels::graph::{Graph, Kind, Value};

/// A graph that trains.
pub struct Differentiated {
    /// Forward nodes, then backward ones.
    pub graph: Graph,
    /// What comes out.
    pub output: Value,
    /// The output's gradient, which the loss gives.
    pub seed: Value,
    /// The gradient of parameter leaf `i`, `None` where nothing depends on it, or it is frozen.
    pub gradients: Vec<Option<Value>>,
    /// How many nodes are forward.
    pub forward: usize,
}

/// Asks for the gradient of every parameter that is not frozen, and of nothing else.
pub fn autodiff(forward: Forward, frozen: &[bool]) -> Differentiated {
    let Forward { mut graph, output } = forward;
    let nodes = graph.len();
    let leaf = |v: &Value| match graph.node(*v).kind {
        Kind::Parameter(leaf) => Some((*v, leaf)),
        _ => None,
    };
    let leaves = (0..nodes).map(Value).filter_map(|v| leaf(&v));
    let trained: Vec<(Value, usize)> = leaves.filter(|(_, leaf)| !frozen[*leaf]).collect();
    graph.label = format!("d_{}", graph.node(output).label);
    let seed = graph.leaf(Kind::Seed, graph.shape(output).clone());
    let wanted: Vec<Value> = trained.iter().map(|(value, _)| *value).collect();
    let mut gradients = vec![None; frozen.len()];
    for ((_, leaf), gradient) in trained.iter().zip(differentiate(&mut graph, output, seed, &wanted)) {
        gradients[*leaf] = gradient;
    }
    Differentiated { graph, output, seed, gradients, forward: nodes }
}
