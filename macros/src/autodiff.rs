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
    /// The gradient of parameter leaf `i`, `None` where nothing depends on it.
    pub gradients: Vec<Option<Value>>,
    /// How many nodes are forward.
    pub forward: usize,
}

/// Asks for the gradient of every parameter, and of nothing else.
pub fn autodiff(forward: Forward) -> Differentiated {
    let Forward { mut graph, output } = forward;
    let nodes = graph.len();
    let parameters: Vec<Value> =
        (0..nodes).map(Value).filter(|v| matches!(graph.node(*v).kind, Kind::Parameter(_))).collect();
    graph.label = format!("d_{}", graph.node(output).label);
    let seed = graph.leaf(Kind::Seed, graph.shape(output).clone());
    let gradients = differentiate(&mut graph, output, seed, &parameters);
    Differentiated { graph, output, seed, gradients, forward: nodes }
}
