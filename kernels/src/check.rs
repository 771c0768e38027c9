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
                    let one = region.body.nodes().iter().find(|n| matches!(n.kind, Kind::Parameter(p) if p + 1 == k));
                    let stacked = one.map(|n| [&[region.count.clone()], n.shape.as_slice()].concat());
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

/// Floating-point operations of the nodes that `value` depends on.
pub fn flops(graph: &Graph, value: Value) -> Size {
    let mut needed = vec![false; graph.len()];
    needed[value.0] = true;
    let mut total = Size::known(0);
    for i in (0..=value.0).rev() {
        if !needed[i] {
            continue;
        }
        let node = &graph.nodes()[i];
        node.kind.inputs().iter().for_each(|v| needed[v.0] = true);
        let here = match &node.kind {
            Kind::Apply(op, attrs, inputs) => {
                let shapes: Vec<&Shape> = inputs.iter().map(|v| graph.shape(*v)).collect();
                op.flops(&shapes, &node.shape, attrs)
            }
            Kind::Repeat(region, _) => &region.count * &flops(&region.body, region.output),
            _ => Size::known(0),
        };
        total = &total + &here;
    }
    total
}
