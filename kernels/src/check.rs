//! Whether a graph is well formed, and what it costs. Tests run this between the compiler's passes.
use crate::graph::{Block, Call, Entering, Gradient, Graph, Kind, Leaving, Value};
use crate::shape::{Requirements, Shape, Size};
use crate::types::Type;
use std::collections::HashSet;

/// What is wrong with a block, or nothing: every node comes after what it reads, every type is what the op's rule says,
/// and what crosses the border of a called block has the type that it has inside.
pub fn check(block: &Block) -> Result<(), String> {
    let graph = &block.body;
    for (i, node) in graph.nodes().iter().enumerate() {
        let name = node.results.first().map(|v| graph.origin(*v).to_string()).unwrap_or_default();
        let at = |what: String| Err(format!("node {i} (`{name}`): {what}"));
        if let Some(late) = node.inputs.iter().find(|v| graph.made_by(**v) >= i) {
            return at(format!("reads value {}, which comes later", late.0));
        }
        let types: Vec<&Type> = node.results.iter().map(|v| graph.ty(*v)).collect();
        match &node.kind {
            leaf if leaf.is_leaf() => {}
            Kind::Apply(op, attrs) => {
                if let Some(k) =
                    (0..node.inputs.len()).find(|k| graph.element(node.inputs[*k]) != op.operand(*k))
                {
                    return at(format!("input {k} of `{}` is {}", op.name(), graph.ty(node.inputs[k])));
                }
                let shapes: Vec<&Shape> = node.inputs.iter().map(|v| graph.shape(*v)).collect();
                match op.shape(&shapes, attrs, &mut Requirements::default()) {
                    Ok(shape)
                        if op.results(&shapes, shape.clone(), attrs).iter().eq(types.iter().copied()) => {}
                    Ok(shape) => return at(format!("`{}` gives {shape:?}, not {types:?}", op.name())),
                    Err(mismatch) => return at(format!("`{}` refuses its inputs: {mismatch:?}", op.name())),
                }
            }
            Kind::Call(call) => {
                let parameters = &node.inputs[call.inputs.len().min(node.inputs.len())..];
                if let Some(given) =
                    parameters.iter().find(|v| !matches!(graph.kind(**v), Kind::Parameter(_)))
                {
                    let (name, given) = (&call.name, graph.origin(*given));
                    return at(format!(
                        "`{name}` takes `{given}` as a parameter, which is none: hand it over as an input"
                    ));
                }
                let mut seen = HashSet::new();
                if let Some(twice) = parameters.iter().find(|v| !seen.insert(**v)) {
                    let (name, given) = (&call.name, graph.origin(*twice));
                    return at(format!(
                        "`{name}` takes `{given}` as two parameters: hand it over as an input"
                    ));
                }
                let of_network = |kind: &Kind| matches!(kind, Kind::State(_) | Kind::Prepared(_));
                if call.block.body.nodes().iter().any(|node| of_network(&node.kind)) {
                    return at("only the network itself has states".into());
                }
                check(&call.block)?;
                if let Err(what) = crossing(graph, call, &node.inputs, &node.results) {
                    return at(what);
                }
            }
            Kind::Reverse(call, of, onto) => {
                let Kind::Call(forward) = graph.kind(*of) else {
                    return at("reverses what is no call".into());
                };
                if !std::rc::Rc::ptr_eq(call, forward) {
                    return at("reverses another call than it names".into());
                }
                let Some(reverse) = &call.block.reverse else { return at("its block has no reverse".into()) };
                let read = graph.inputs(*of).len();
                if node.inputs[..read] != *graph.inputs(*of) {
                    return at("does not read what its call read".into());
                }
                let wanted = reverse.results().into_iter().map(|gradient| match gradient {
                    Gradient::Input(k) => graph.ty(node.inputs[k]).clone(),
                    Gradient::Parameter(p) => graph.ty(node.inputs[call.inputs.len() + p]).clone(),
                    Gradient::Rows(r) => Type::real(call.along(call.block.body.shape(reverse.rows[r]))),
                });
                if !wanted.eq(types.iter().map(|ty| (*ty).clone())) {
                    return at("a gradient has another type than what it is of".into());
                }
                let seeded = reverse.seeded().into_iter().map(|k| graph.ty(graph.node(*of).results[k]));
                let parameters = onto.iter().map(|p| graph.ty(node.inputs[call.inputs.len() + p]));
                if !seeded.chain(parameters).eq(node.inputs[read..].iter().map(|v| graph.ty(*v))) {
                    return at("is handed other gradients than those of its outputs".into());
                }
            }
            kind => return at(format!("{kind:?} makes nothing")),
        }
    }
    lies_together(block)?;
    for (number, value) in &block.states {
        let is = |v: &Value| matches!(graph.kind(*v), Kind::State(k) if k == number);
        if graph.values().find(is).is_none_or(|before| graph.ty(before) != graph.ty(*value)) {
            return Err(format!("state {number} becomes another type, or was never read"));
        }
    }
    Ok(())
}

/// For each parameter, whether the runs of a call within have each their own: other parameters lie between these.
fn lies_apart(block: &Block) -> Vec<bool> {
    let mut apart = vec![false; block.body.values().count()];
    for node in block.body.nodes() {
        let Kind::Call(call) = &node.kind else { continue };
        let of_runs = call.own_parameters && !call.is_single();
        let parameters = node.inputs.iter().skip(call.inputs.len()).zip(lies_apart(&call.block));
        parameters.for_each(|(leaf, within)| apart[leaf.0] |= of_runs || within);
    }
    block.parameters.iter().map(|leaf| apart[leaf.0]).collect()
}

/// That nothing but calls, as their parameters, reads what lies apart; nor its gradient, but reverses, to add to it.
fn lies_together(block: &Block) -> Result<(), String> {
    let graph = &block.body;
    let mut apart: Vec<Option<Value>> = vec![None; graph.values().count()];
    let parameters = block.parameters.iter().zip(lies_apart(block)).filter(|(_, apart)| *apart);
    parameters.for_each(|(leaf, _)| apart[leaf.0] = Some(*leaf));
    for node in graph.nodes() {
        let mut reads = node.inputs.clone();
        if let Kind::Call(call) | Kind::Reverse(call, ..) = &node.kind {
            let of_parameters = call.inputs.len()..call.inputs.len() + call.block.parameters.len();
            if let (Kind::Reverse(_, _, onto), Some(reverse)) = (&node.kind, &call.block.reverse) {
                reads.truncate(reads.len() - onto.len());
                for (gradient, result) in reverse.results().into_iter().zip(&node.results) {
                    let Gradient::Parameter(p) = gradient else { continue };
                    apart[result.0] = apart[node.inputs[of_parameters.start + p].0];
                }
            }
            reads.drain(of_parameters);
        }
        let Some((value, leaf)) = reads.iter().find_map(|v| Some((*v, apart[v.0]?))) else { continue };
        let reader = node.results.first().map(|v| graph.origin(*v).to_string()).unwrap_or_default();
        let of = if value == leaf { "" } else { "the gradient of " };
        return Err(format!(
            "`{reader}` reads {of}parameter `{}`, of which the runs of a call have each their own: they lie apart, and \
             only calls read them, as their parameters",
            graph.origin(leaf)
        ));
    }
    Ok(())
}

/// That what crosses the border of a block has the type that it has inside.
fn crossing(graph: &Graph, call: &Call, inputs: &[Value], results: &[Value]) -> Result<(), String> {
    let Block { body, inputs: leaves, parameters, outputs, .. } = &*call.block;
    if inputs.len() != leaves.len() + parameters.len() || results.len() != outputs.len() {
        return Err("a call has as many inputs and outputs as its block".into());
    }
    let along = |ty: &Type| Type { element: ty.element, shape: call.along(&ty.shape) };
    for (k, entering) in call.inputs.iter().enumerate() {
        let inside = body.ty(leaves[k]);
        let wanted = if *entering == Entering::Sliced { along(inside) } else { inside.clone() };
        if *graph.ty(inputs[k]) != wanted {
            return Err(format!("input {k} is {}, the block takes {wanted}", graph.ty(inputs[k])));
        }
        if let Entering::Carried(output) = entering
            && outputs.get(*output).is_none_or(|y| body.ty(*y) != inside)
        {
            return Err(format!("input {k} is carried from what is no such output"));
        }
        // one way back for each output: a block gives twice what goes two ways
        if let Entering::Carried(output) = entering
            && (call.carried_into(*output) != Some(k) || call.outputs.get(*output) == Some(&Leaving::Stacked))
        {
            return Err(format!("output {output} is carried to input {k} and goes another way besides"));
        }
    }
    for (parameter, given) in parameters.iter().zip(&inputs[leaves.len()..]) {
        let inside = body.ty(*parameter);
        let wanted = if call.own_parameters { along(inside) } else { inside.clone() };
        if *graph.ty(*given) != wanted {
            return Err(format!("a parameter is {}, the block's is {wanted}", graph.ty(*given)));
        }
    }
    for (k, leaving) in call.outputs.iter().enumerate() {
        let inside = body.ty(outputs[k]);
        let wanted = if *leaving == Leaving::Stacked { along(inside) } else { inside.clone() };
        if *graph.ty(results[k]) != wanted {
            return Err(format!("output {k} is {}, the block gives {wanted}", graph.ty(results[k])));
        }
    }
    Ok(())
}

/// Floating-point operations of the nodes that `values` depend on.
pub fn flops(graph: &Graph, values: &[Value]) -> Size {
    flops_from(graph, values, 0)
}

/// As [`flops`], counting only nodes from number `first` on: those before have been paid for.
fn flops_from(graph: &Graph, values: &[Value], first: usize) -> Size {
    let mut needed = vec![false; graph.len()];
    values.iter().for_each(|v| needed[graph.made_by(*v)] = true);
    let mut total = Size::known(0);
    for (i, node) in graph.nodes().iter().enumerate().rev() {
        if !needed[i] {
            continue;
        }
        node.inputs.iter().for_each(|v| needed[graph.made_by(*v)] = true);
        let here = match &node.kind {
            _ if i < first => continue,
            Kind::Apply(op, attrs) => {
                let shapes: Vec<&Shape> = node.inputs.iter().map(|v| graph.shape(*v)).collect();
                op.flops(&shapes, graph.shape(node.results[0]), attrs)
            }
            Kind::Call(call) => &call.times * &flops(&call.block.body, &call.block.outputs),
            Kind::Reverse(call, ..) => {
                // what forward kept is not computed again
                let Some(reverse) = &call.block.reverse else { continue };
                let made: Vec<Value> =
                    reverse.results().into_iter().filter_map(|gradient| reverse.made(gradient)).collect();
                &call.times * &flops_from(&call.block.body, &made, reverse.forward)
            }
            _ => continue,
        };
        total = &total + &here;
    }
    total
}
