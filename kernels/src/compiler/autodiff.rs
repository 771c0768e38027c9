//! The reverse pass: appends to a graph the gradients that are asked for, and nothing else.
//!
//! Rules are asked for one input at a time; broadcasting is undone here, once, for every op.
use super::{Forward, own_value};
use crate::attrs::Attrs;
use crate::graph::{Graph, Kind, Region, Value};
use crate::op::Application;
use crate::ops::{self, broadcast::sum_to};
use std::rc::Rc;

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

/// Appends the backward graph of `root`, whose gradient is `seed`; the gradient of each wanted value, `None` where it
/// is zero everywhere.
pub fn differentiate(graph: &mut Graph, root: Value, seed: Value, wanted: &[Value]) -> Vec<Option<Value>> {
    let count = root.0 + 1;
    let mut live = vec![false; count];
    for i in 0..count {
        live[i] = wanted.contains(&Value(i)) || graph.nodes()[i].kind.inputs().iter().any(|v| live[v.0]);
    }
    let mut gradients: Vec<Option<Value>> = vec![None; count];
    gradients[root.0] = Some(seed);
    for i in (0..count).rev() {
        let Some(dy) = gradients[i] else { continue };
        if !live[i] {
            continue;
        }
        let kind = graph.nodes()[i].kind.clone();
        match &kind {
            Kind::Input(_) | Kind::Parameter(_) | Kind::Seed | Kind::Part(..) | Kind::RepeatBackward(..) => {}
            Kind::Apply(op, attrs, inputs) => {
                for (k, x) in inputs.iter().enumerate().filter(|(_, x)| live[x.0]) {
                    graph.label = format!("d_{}", graph.node(*x).label);
                    let (results, given) = (&[Value(i)], &[Some(dy)]);
                    let at = Application { inputs, output: Value(i), results, gradients: given, attrs };
                    if let Some(dx) = op.grad(graph, &at, k, dy) {
                        add(graph, &mut gradients, *x, dx);
                    }
                }
            }
            Kind::Repeat(region, inputs) => {
                let region = Rc::new(differentiate_region(region, inputs, &live));
                let inputs_and_dy = [inputs.as_slice(), &[dy]].concat();
                graph.label = format!("d_{}", region.name);
                let shape = graph.shape(inputs[0]).clone();
                let backward = graph.push(Kind::RepeatBackward(region.clone(), inputs_and_dy), shape);
                for (k, x) in inputs.iter().enumerate().filter(|(_, x)| live[x.0]) {
                    if region.gradients[k].is_some() {
                        let shape = graph.shape(*x).clone();
                        graph.label = format!("d_{}", graph.node(*x).label);
                        let part = graph.push(Kind::Part(backward, k), shape);
                        add(graph, &mut gradients, *x, part);
                    }
                }
            }
        }
    }
    wanted.iter().map(|w| gradients.get(w.0).copied().flatten()).collect()
}

fn add(graph: &mut Graph, gradients: &mut [Option<Value>], x: Value, dx: Value) {
    let dx = sum_to(graph, dx, graph.shape(x).clone(), false);
    gradients[x.0] = Some(match gradients[x.0] {
        None => dx,
        Some(sum) => graph.must(&ops::ADD, Attrs::NONE, &[sum, dx]),
    });
}

/// The block's own backward. The gradient that is carried from iteration to iteration is always needed: the parameters
/// of every iteration but the last depend on it.
fn differentiate_region(region: &Region, inputs: &[Value], live: &[bool]) -> Region {
    let mut body = region.body.clone();
    let leaf = |kind: &dyn Fn(&Kind) -> bool| body.nodes().iter().position(|n| kind(&n.kind)).map(Value);
    let carried = leaf(&|k| matches!(k, Kind::Input(0)));
    let parameters: Vec<Option<Value>> = (0..inputs.len() - 1)
        .map(|p| leaf(&|k| matches!(k, Kind::Parameter(i) if *i == p)).filter(|_| live[inputs[p + 1].0]))
        .collect();
    let asked: Vec<Option<Value>> = std::iter::once(carried).chain(parameters).collect();
    body.label = format!("d_{}", region.name);
    let seed = body.leaf(Kind::Seed, body.shape(region.output).clone());
    let wanted: Vec<Value> = asked.iter().flatten().copied().collect();
    let mut found = differentiate(&mut body, region.output, seed, &wanted).into_iter();
    let mut gradients: Vec<Option<Value>> =
        asked.iter().map(|a| a.and_then(|_| found.next().flatten())).collect();
    gradients[0] = gradients[0].map(|d| own_value(&mut body, d));
    Region { body, gradients, ..region.clone() }
}
