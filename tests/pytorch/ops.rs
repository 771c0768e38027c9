//! Every op of the book, values and gradients.
use crate::ok;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::autodiff::differentiate;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::graph::{Graph, Kind, Value as Node};
use plywood_kernels::layers::{self, Argument, Arguments, Builder, Default, Given};
use plywood_kernels::op::{Tensor, Tested};
use plywood_kernels::ops::{self, amax, layer_norm, matmul, slice, sum, variance};
use plywood_kernels::shape::{Requirements, Size, shape};
use plywood_tests::fixture::{cases, fill, list, number, sizes, word};
use plywood_tests::gradient::Expression;
use plywood_tests::kernels;
use plywood_tests::numbers::{close, double};
use plywood_tests::sample;
use serde_json::Value;
use std::collections::HashSet;

/// What an elementwise op is told: by the names of its arguments, and its own defaults where PyTorch's were used.
fn told(name: &str, case: &Value) -> Attrs {
    let Some(row) = ops::UNARY.iter().find(|row| row.name == name) else { return Attrs::NONE };
    let default = |argument: &Argument| match argument.default {
        Default::Number(default) => default,
        other => panic!("`{}` of `{name}` is {other:?}", argument.name),
    };
    let by_name = |wanted: &str| row.arguments.iter().find(|a| a.name == wanted).expect("its own name");
    row.attrs(row.numbers(|wanted| case[wanted].as_f64().unwrap_or_else(|| default(by_name(wanted)))))
}

/// A layer that reduces axes, on the first value.
fn layer(case: &Value, graph: &mut Graph) -> Node {
    let row = layers::find(word(&case["op"])).expect("the caller found it");
    let axes = list(&case["axis"]).into_iter().map(|axis| axis as i64).collect();
    let mut told = vec![("axis", Given::Axes(axes))];
    told.extend(case["correction"].as_f64().map(|correction| ("correction", Given::Number(correction))));
    let arguments = Arguments(told);
    row.check(&[graph.shape(Node(0))], &arguments, &mut Requirements::default()).expect("PyTorch took it");
    let mut builder =
        Builder { graph, inputs: &[Node(0)], training: false, parameters: &[], streams: &mut Size::known(0) };
    row.build(&mut builder, &arguments).expect("it was checked")
}

/// The ops that a case's words mean, applied to its inputs.
pub fn expression(case: &Value) -> Expression {
    let mut e = Expression { graph: Graph::default(), root: Node(0), leaves: vec![], variable: vec![] };
    for description in case["inputs"].as_array().expect("a case has inputs") {
        e.leaf(&sizes(&description["shape"]), true);
        e.leaves.last_mut().expect("just pushed").1 = fill(description);
    }
    if layers::find(word(&case["op"])).is_some() {
        e.root = layer(case, &mut e.graph);
        return e;
    }
    let (mut inputs, rank) = (e.variable.clone(), e.sizes(Node(0)).len());
    let axes = |axis: &Value| axis.as_u64().map_or(0..rank, |axis| axis as usize..axis as usize + 1);
    let flag = |name: &str| case[name].as_bool().expect("a choice");
    let size = |name: &str| Size::known(number(&case[name]) as usize);
    let several = || {
        let axes = sizes(&case["axes"]);
        axes[0]..axes[axes.len() - 1] + 1
    };
    let (name, attrs) = match word(&case["op"]) {
        "sum" => ("sum", sum::over(axes(&case["axis"]))),
        "mean" => ("sum", sum::mean_over(axes(&case["axis"]))),
        "reshape" => ("reshape", Attrs::NONE.with("shape", Attr::Shape(shape(&sizes(&case["to"]))))),
        "transpose" => ("transpose", Attrs::NONE.with("axes", Attr::Axes(sizes(&case["axes"])))),
        "matmul" => ("matmul", matmul::transposed(flag("transpose_a"), flag("transpose_b"))),
        "linear" => ("matmul", matmul::transposed(false, true)),
        "batch_matmul" => ("batch_matmul", matmul::transposed(flag("transpose_a"), flag("transpose_b"))),
        name @ ("amax" | "amin" | "argmax") => (name, amax::over(several())),
        "variance" => ("variance", variance::over(several(), number(&case["correction"]))),
        "slice" => {
            let axis = number(&case["axis"]) as usize;
            ("slice", slice::of(axis, size("start"), size("length")))
        }
        "pad" => {
            let axis = number(&case["axis"]) as usize;
            ("pad", slice::padding(axis, size("before"), size("total"), number(&case["value"])))
        }
        "concat" => ("concat", slice::along(number(&case["axis"]) as usize)),
        name @ ("layer_norm" | "rms_norm") => {
            let over = shape(&sizes(&case["normalized_shape"]));
            let (weight, bias) = (inputs.len() > 1, inputs.len() > 2);
            (name, layer_norm::over(over, number(&case["eps"]), weight, bias))
        }
        "softmax_cross_entropy" => {
            let targets = list(&case["targets"]);
            inputs.push(e.indices(&[targets.len()]));
            e.leaves.last_mut().expect("just pushed").1 = targets;
            ("softmax_cross_entropy", Attrs::NONE)
        }
        other => (other, told(other, case)),
    };
    let op = ops::find(name).unwrap_or_else(|| panic!("no op `{name}`"));
    let bias = (word(&case["op"]) == "linear" && inputs.len() == 3).then(|| inputs.remove(2));
    e.root = e.graph.apply(op, attrs, &inputs).unwrap_or_else(|mismatch| panic!("{name}: {mismatch:?}"));
    if let Some(bias) = bias {
        e.root = e.graph.apply(&ops::ADD, Attrs::NONE, &[e.root, bias]).expect("a bias fits");
    }
    e
}

/// The ops that a case's words mean, and those that their gradients take: none where the function has no slope. First the
/// gradients of all inputs at once, then those of one at a time, which other ops may make; each with the numbers of its
/// inputs.
fn differentiated(case: &Value) -> Vec<(Expression, Vec<(usize, Node)>)> {
    let count = expression(case).variable.len();
    let one_at_a_time = (0..count).map(|k| k..k + 1).filter(|_| count > 1);
    let wanted = std::iter::once(0..count).chain(one_at_a_time);
    let each = wanted.map(|wanted| {
        let mut e = expression(case);
        let (root, inputs) = (e.root, e.variable[wanted.clone()].to_vec());
        let seed = e.leaf(&sizes(&case["upstream"]["shape"]), false);
        e.leaves.last_mut().expect("just pushed").1 = fill(&case["upstream"]);
        let gradients = differentiate(&mut e.graph, &[(root, seed)], &inputs);
        let found = wanted.zip(gradients).filter_map(|(k, gradient)| Some((k, gradient?)));
        let found = found.collect();
        (e, found)
    });
    each.collect()
}

#[test]
fn every_op_is_in_a_case() {
    let mut asked = HashSet::new();
    for case in cases("ops") {
        for (e, _) in differentiated(&case) {
            asked.extend(e.graph.nodes().iter().filter_map(|node| match &node.kind {
                Kind::Apply(op, ..) => Some(op.name()),
                _ => None,
            }));
        }
    }
    asked.extend(crate::layers::asked());
    // what makes numbers of nothing is random: PyTorch's are others
    let makes = |op: &&dyn Tested| op.samples().iter().any(|sample| !sample.shapes.is_empty());
    // has a test of its own, of the cases of its two results
    asked.extend(["max_with_indices", "max_with_indices_backward"]);
    for op in ops::tested().filter(makes) {
        assert!(asked.contains(op.name()), "`{}` is in no case, nor in the gradients of one", op.name());
    }
}

#[test]
fn every_elementwise_row_has_a_case() {
    let cases = cases("ops");
    let told = |argument: &&Argument| cases.iter().any(|case| !case[argument.name].is_null());
    for name in ops::UNARY.iter().map(|row| row.name).chain(ops::BINARY.iter().map(|row| row.name)) {
        assert!(cases.iter().any(|case| word(&case["op"]) == name), "`{name}` has no case");
    }
    for row in ops::UNARY {
        let untold = row.arguments.iter().find(|argument| !told(argument));
        assert!(untold.is_none(), "no case tells `{}` `{}`", row.name, untold.map_or("", |a| a.name));
    }
}

#[test]
fn ops_and_their_gradients() {
    let cpu = Cpu::new(2);
    for case in cases("ops") {
        let told =
            |(key, _): &(&String, &Value)| !["output", "gradients", "upstream"].contains(&key.as_str());
        let told = case.as_object().expect("a case has words").iter().filter(told);
        let name = told.map(|(key, value)| format!("{key} {value} ")).collect::<String>();
        let slopes = case["gradients"].as_array().expect("gradients");
        let differentiated = differentiated(&case);
        let inclined: Vec<usize> = differentiated[0].1.iter().map(|(k, _)| *k).collect();
        assert_eq!(inclined.len(), slopes.len(), "gradients of {name}");
        for (turn, (e, gradients)) in differentiated.into_iter().enumerate() {
            assert_eq!(e.sizes(e.root), sizes(&case["output"]["shape"]), "{name}");
            let (reference, fast) = (e.evaluate(), kernels::run(&cpu, &e));
            let slope = |(k, found)| Some((&slopes[inclined.iter().position(|one| *one == k)?], found));
            let compared = std::iter::once((&case["output"]["values"], e.root));
            let compared = compared.chain(gradients.into_iter().filter_map(slope));
            for (k, (expected, found)) in compared.enumerate() {
                let (name, expected) = (format!("{name}, turn {turn}, result {k}"), list(expected));
                ok(close(&name, &expected, &reference[found.0], 1e-12));
                ok(close(&name, &expected, &double(&fast[found.0]), 1e-6));
            }
        }
    }
}

/// A row's reference on these inputs.
fn reference(name: &str, inputs: &[(&[usize], &[f64])], attrs: &Attrs, output: &[usize]) -> Vec<f64> {
    let inputs: Vec<Tensor> = inputs.iter().map(|(shape, data)| Tensor { shape, data }).collect();
    ops::find_tested(name).expect("a row").reference(&inputs, attrs, output, sample::random())
}

#[test]
fn a_maximum_with_its_indices_is_the_maximum_and_argmax() {
    let mut compared = [0; 3];
    for case in cases("ops").iter().filter(|case| ["amax", "argmax"].contains(&word(&case["op"]))) {
        let (input, expected) = (&case["inputs"][0], list(&case["output"]["values"]));
        let (shape_of, x, y) = (sizes(&input["shape"]), fill(input), sizes(&case["output"]["shape"]));
        let axes = sizes(&case["axes"]);
        let attrs = amax::over(axes[0]..axes[axes.len() - 1] + 1);
        let both = reference("max_with_indices", &[(&shape_of, &x)], &attrs, &y);
        let (largest, positions) = both.split_at(expected.len());
        if word(&case["op"]) == "argmax" {
            ok(close("positions", &expected, positions, 0.0));
            compared[0] += 1;
            continue;
        }
        ok(close("the largest", &expected, largest, 0.0));
        compared[1] += 1;
        // where several are equal they share the gradient of `amax`
        if input["levels"].is_null() {
            let (upstream, attrs) =
                (fill(&case["upstream"]), attrs.with("shape", Attr::Shape(shape(&shape_of))));
            let inputs = [(&y[..], positions), (&y[..], &upstream[..])];
            let found = reference("max_with_indices_backward", &inputs, &attrs, &shape_of);
            ok(close("the gradient", &list(&case["gradients"][0]), &found, 1e-12));
            compared[2] += 1;
        }
    }
    assert!(compared.iter().all(|cases| *cases > 2), "{compared:?}");
}
