//! Whether a graph is well formed, and what it costs. Tests run this between the compiler's passes.
use crate::graph::{Block, Call, Entering, Gradient, Graph, Kind, Leaving, Reverse, Value};
use crate::shape::{Requirements, Shape, Size};
use crate::types::Type;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What is wrong with a block, or nothing: every node comes after what it reads, every type is what the op's rule says,
/// and what crosses the border of a called block has the type that it has inside.
pub fn check(block: &Block) -> Result<(), String> {
    Checker::default().check(block)
}

/// What is known of called blocks, by where they lie: each is looked at once, however often it is called.
#[derive(Default)]
struct Checker {
    checked: HashSet<usize>,
    /// As [`lies_apart`](Checker::lies_apart) says.
    apart: HashMap<usize, Rc<[bool]>>,
}

impl Checker {
    fn check(&mut self, block: &Block) -> Result<(), String> {
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
                            if op.results(&shapes, shape.clone(), attrs).iter().eq(types.iter().copied()) => {
                        }
                        Ok(shape) => return at(format!("`{}` gives {shape:?}, not {types:?}", op.name())),
                        Err(mismatch) => {
                            return at(format!("`{}` refuses its inputs: {mismatch:?}", op.name()));
                        }
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
                    if self.checked.insert(Rc::as_ptr(&call.block).addr()) {
                        self.check(&call.block)?;
                    }
                    if let Err(what) = crossing(graph, call, &node.inputs, &node.results) {
                        return at(what);
                    }
                }
                Kind::Reverse(call, of, onto) => {
                    if graph.made_by(*of) >= i {
                        return at("reverses what comes later".into());
                    }
                    let Kind::Call(forward) = graph.kind(*of) else {
                        return at("reverses what is no call".into());
                    };
                    if !Rc::ptr_eq(call, forward) {
                        return at("reverses another call than it names".into());
                    }
                    let Some(reverse) = &call.block.reverse else {
                        return at("its block has no reverse".into());
                    };
                    let read = graph.inputs(*of).len();
                    if node.inputs.get(..read) != Some(graph.inputs(*of)) {
                        return at("does not read what its call read".into());
                    }
                    for (k, p) in onto.iter().enumerate() {
                        if reverse.parameters.get(*p).copied().flatten().is_none() {
                            return at(format!(
                                "adds to the gradient of parameter {p}, of which it makes nothing"
                            ));
                        }
                        if onto[..k].contains(p) {
                            return at(format!("adds to the gradient of parameter {p} twice"));
                        }
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
        self.lies_together(block)?;
        if let Some(Reverse { seeds, inputs, parameters, .. }) = &block.reverse {
            let found = [seeds.len(), inputs.len(), parameters.len()];
            let wanted = [block.outputs.len(), block.inputs.len(), block.parameters.len()];
            if found != wanted {
                return Err(format!(
                    "{found:?} seeds, gradients of inputs and of parameters, for {wanted:?} outputs, inputs and parameters"
                ));
            }
        }
        for (number, value) in &block.states {
            let is = |v: &Value| matches!(graph.kind(*v), Kind::State(k) if k == number);
            if graph.values().find(is).is_none_or(|before| graph.ty(before) != graph.ty(*value)) {
                return Err(format!("state {number} becomes another type, or was never read"));
            }
        }
        Ok(())
    }

    /// For each parameter, whether the runs of a call within have each their own: other parameters lie between these.
    fn lies_apart(&mut self, block: &Block) -> Rc<[bool]> {
        let mut apart = vec![false; block.body.values().count()];
        for node in block.body.nodes() {
            let Kind::Call(call) = &node.kind else { continue };
            let of_runs = call.own_parameters && !call.is_single();
            let block = Rc::as_ptr(&call.block).addr();
            let within = match self.apart.get(&block) {
                Some(within) => within.clone(),
                None => self.lies_apart(&call.block),
            };
            let parameters = node.inputs.iter().skip(call.inputs.len()).zip(&*within);
            parameters.for_each(|(leaf, within)| apart[leaf.0] |= of_runs || *within);
            self.apart.insert(block, within);
        }
        block.parameters.iter().map(|leaf| apart[leaf.0]).collect()
    }

    /// That nothing but calls, as their parameters, reads what lies apart; nor its gradient, but reverses, to add to it.
    fn lies_together(&mut self, block: &Block) -> Result<(), String> {
        let graph = &block.body;
        let mut apart: Vec<Option<Value>> = vec![None; graph.values().count()];
        let lies_apart = self.lies_apart(block);
        let parameters = block.parameters.iter().zip(&*lies_apart).filter(|(_, apart)| **apart);
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
}

/// That what crosses the border of a block has the type that it has inside.
fn crossing(graph: &Graph, call: &Call, inputs: &[Value], results: &[Value]) -> Result<(), String> {
    let Block { body, inputs: leaves, parameters, outputs, .. } = &*call.block;
    let found = [call.inputs.len(), inputs.len(), call.outputs.len(), results.len()];
    if found != [leaves.len(), leaves.len() + parameters.len(), outputs.len(), outputs.len()] {
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
    Costs::default().of(graph, values, 0)
}

/// What one run of a block costs, by where the block lies and whether it runs backward.
#[derive(Default)]
struct Costs(HashMap<(usize, bool), Size>);

impl Costs {
    /// Of the nodes that `values` depend on, from number `first` on: those before have been paid for.
    fn of(&mut self, graph: &Graph, values: &[Value], first: usize) -> Size {
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
                Kind::Call(call) => &call.times * &self.run(&call.block, false),
                Kind::Reverse(call, ..) => &call.times * &self.run(&call.block, true),
                _ => continue,
            };
            total += &here;
        }
        total
    }

    fn run(&mut self, block: &Rc<Block>, backward: bool) -> Size {
        let at = (Rc::as_ptr(block).addr(), backward);
        if let Some(done) = self.0.get(&at) {
            return done.clone();
        }
        let cost = match block.reverse.as_ref().filter(|_| backward) {
            // what forward kept is not computed again
            Some(reverse) => {
                let made = reverse.results().into_iter().filter_map(|gradient| reverse.made(gradient));
                self.of(&block.body, &made.collect::<Vec<_>>(), reverse.forward)
            }
            None if backward => Size::known(0),
            None => self.of(&block.body, &block.outputs, 0),
        };
        self.0.insert(at, cost.clone());
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attrs::Attrs;
    use crate::compiler::autodiff::autodiff;
    use crate::graph::{Node, Origin};
    use crate::ops::elementwise::formula;
    use crate::ops::{self, matmul::transposed};
    use crate::scalar::argument;

    /// A network with a weight that calls a block twice, one run after the other; and that block so another, so deep.
    fn calls_of_calls(deep: usize) -> Block {
        let mut block: Option<Rc<Block>> = None;
        for level in 0..=deep {
            let mut graph = Graph::default();
            graph.begin(Origin::of("x"));
            let mut value = graph.leaf(Kind::Input(0), vec![Size::batch(), Size::known(2)]);
            graph.begin(Origin::of("weight"));
            let weight = graph.leaf(Kind::Parameter(0), vec![Size::known(2), Size::known(2)]);
            match &block {
                Some(block) => {
                    for name in ["first", "second"] {
                        let call = Call::once(block.clone(), name, Size::known(0));
                        value = graph.call(Rc::new(call), vec![value, weight])[0];
                    }
                }
                None => {
                    graph.begin(Origin::of("y"));
                    let product = graph.must(&ops::MATMUL, transposed(false, true), &[value, weight]);
                    value = formula(&mut graph, "tanh", argument(0).tanh(), &[product]);
                    value = graph.must(&ops::ADD, Attrs::NONE, &[value, product]);
                }
            }
            block = Some(Rc::new(Block::of(&format!("level_{level}"), graph, vec![value], Size::known(0))));
        }
        block.map(|block| (*block).clone()).expect("at least one level")
    }

    /// One more level costs twice as much, and is looked at as quickly: 2 to the 40th walks would never end.
    #[test]
    fn a_block_is_walked_once_however_often_it_is_called() {
        let levels = usize::BITS * 5 / 8;
        let [shallow, deep] =
            [0, levels as usize].map(|deep| autodiff(&calls_of_calls(deep), &[true], &[true]));
        assert_eq!(check(&deep), Ok(()));
        let cost = |block: &Block, backward: bool| {
            let cost = Costs::default().run(&Rc::new(block.clone()), backward);
            cost.per_sample().expect("no square of the batch").0.as_known().expect("a number")
        };
        for backward in [false, true] {
            assert!(cost(&shallow, backward) > 0);
        }
        assert_eq!(cost(&deep, false), cost(&shallow, false) << levels);
        assert!(cost(&deep, true) >= cost(&shallow, true) << levels);
    }

    /// A block with its reverses changed.
    fn changed(block: &Block, change: impl Fn(&mut Vec<usize>, &mut Vec<Value>)) -> Block {
        let mut body = Graph::default();
        for node in block.body.nodes() {
            let Node { mut kind, mut inputs, results } = node.clone();
            if let Kind::Reverse(_, _, onto) = &mut kind {
                change(onto, &mut inputs);
            }
            let known = results.iter().map(|v| (block.body.ty(*v).clone(), block.body.origin(*v).clone()));
            body.push(kind, inputs, known.collect());
        }
        Block { body, ..block.clone() }
    }

    #[test]
    fn what_is_wrong_with_a_reverse_is_said() {
        let right = autodiff(&calls_of_calls(1), &[true], &[true]);
        assert_eq!(check(&changed(&right, |_, _| {})), Ok(()));
        let said = |change: fn(&mut Vec<usize>, &mut Vec<Value>)| {
            check(&changed(&right, change)).expect_err("it is wrong")
        };
        let ends = [
            (said(|_, inputs| inputs.truncate(1)), "does not read what its call read"),
            (said(|onto, _| onto.push(7)), "adds to the gradient of parameter 7, of which it makes nothing"),
            (said(|onto, _| onto.extend(onto.first().copied())), "adds to the gradient of parameter 0 twice"),
            (said(|_, inputs| inputs.truncate(2)), "is handed other gradients than those of its outputs"),
        ];
        for (said, end) in ends {
            assert!(said.ends_with(end), "{said}");
        }
        let mut short = right.clone();
        short.reverse.as_mut().expect("it is differentiated").inputs.clear();
        let what = "[1, 0, 1] seeds, gradients of inputs and of parameters, for [1, 1, 1] outputs, inputs and parameters";
        assert_eq!(check(&short), Err(what.into()));
        let mut call = Call::once(Rc::new(calls_of_calls(0)), "short", Size::known(0));
        call.inputs.push(Entering::Shared);
        let mut graph = calls_of_calls(0).body;
        let values: Vec<Value> = graph.values().take(2).collect();
        let outputs = graph.call(Rc::new(call), values);
        let said = check(&Block::of("", graph, outputs, Size::known(0))).expect_err("it is wrong");
        assert!(said.ends_with("a call has as many inputs and outputs as its block"), "{said}");
    }
}
