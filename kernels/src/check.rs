//! Whether a graph is well formed. Tests run this between the compiler's passes.
use crate::graph::{Graph, Kind, Value};
use crate::shape::{Requirements, Shape, Size};

/// What is wrong with a graph, or nothing: every node comes after what it reads, every shape is what the op's rule
/// says, every part names a node that has parts, and a block hands on what it was given.
pub fn check(graph: &Graph) -> Result<(), String> {
    for (i, node) in graph.nodes().iter().enumerate() {
        let at = |what: String| Err(format!("node {i} (`{}`): {what}", node.label));
        if let Some(late) = node.kind.inputs().iter().find(|v| v.0 >= i) {
            return at(format!("reads node {}, which comes later", late.0));
        }
        match &node.kind {
            Kind::Input(_) | Kind::Parameter(_) | Kind::Seed => {}
            Kind::Apply(op, attrs, inputs) => {
                let shapes: Vec<&Shape> = inputs.iter().map(|v| graph.shape(*v)).collect();
                match op.shape(&shapes, attrs, &mut Requirements::default()) {
                    Ok(shape) if shape == node.shape => {}
                    Ok(shape) => return at(format!("`{}` gives {shape:?}, not {:?}", op.name(), node.shape)),
                    Err(mismatch) => return at(format!("`{}` refuses its inputs: {mismatch:?}", op.name())),
                }
            }
            Kind::Repeat(region, inputs) | Kind::RepeatBackward(region, inputs) => {
                check(&region.body)?;
                if region.body.shape(region.output) != graph.shape(inputs[0]) {
                    return at("a block must hand on the shape it was given".into());
                }
                for (k, input) in inputs.iter().enumerate().skip(1).take(parameters(&region.body)) {
                    let one = region
                        .body
                        .nodes()
                        .iter()
                        .find(|n| matches!(n.kind, Kind::Parameter(p) if p + 1 == k));
                    let stacked =
                        one.map(|n| [std::slice::from_ref(&region.count), n.shape.as_slice()].concat());
                    if stacked.is_some_and(|s| s != *graph.shape(*input)) {
                        return at(format!("parameter {} is not stacked {} times", k - 1, region.count));
                    }
                }
            }
            Kind::Part(of, _) if matches!(graph.node(*of).kind, Kind::RepeatBackward(..)) => {}
            Kind::Part(of, _) => return at(format!("takes a part of node {}, which has none", of.0)),
        }
    }
    Ok(())
}

/// How many parameters one iteration of a block has.
pub fn parameters(body: &Graph) -> usize {
    body.nodes().iter().filter(|n| matches!(n.kind, Kind::Parameter(_))).count()
}

/// Floating-point operations of the nodes that `values` depend on.
pub fn flops(graph: &Graph, values: &[Value]) -> Size {
    flops_from(graph, values, 0)
}

/// As [`flops`], counting only nodes from number `first` on: those before have been paid for.
fn flops_from(graph: &Graph, values: &[Value], first: usize) -> Size {
    let mut needed = vec![false; graph.len()];
    values.iter().for_each(|v| needed[v.0] = true);
    let mut total = Size::known(0);
    for i in (0..graph.len()).rev() {
        if !needed[i] {
            continue;
        }
        let node = &graph.nodes()[i];
        node.kind.inputs().iter().for_each(|v| needed[v.0] = true);
        let here = match &node.kind {
            _ if i < first => Size::known(0),
            Kind::Apply(op, attrs, inputs) => {
                let shapes: Vec<&Shape> = inputs.iter().map(|v| graph.shape(*v)).collect();
                op.flops(&shapes, &node.shape, attrs)
            }
            Kind::Repeat(region, _) => &region.count * &flops(&region.body, &[region.output]),
            Kind::RepeatBackward(region, _) => {
                // what forward kept is not computed again
                let gradients: Vec<Value> = region.gradients.iter().flatten().copied().collect();
                let seed = region.body.nodes().iter().position(|n| matches!(n.kind, Kind::Seed));
                &region.count * &flops_from(&region.body, &gradients, seed.unwrap_or(0))
            }
            _ => Size::known(0),
        };
        total = &total + &here;
    }
    total
}
