//! Layers that read indices or several values, and functions of several values.
use crate::ok;
use plywood_kernels::compiler::autodiff::differentiate;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::graph::{Graph, Kind, Value as Node};
use plywood_kernels::layers::{self, ArgumentKind, Arguments, Builder, Default, Given, Layer};
use plywood_kernels::shape::{Requirements, Shape, Size, shape};
use plywood_tests::fixture::{cases, cases_of, fill, list, number, sizes, word};
use plywood_tests::gradient::Expression;
use plywood_tests::kernels;
use plywood_tests::numbers::{close, double};
use serde_json::Value;

fn row(case: &Value) -> &'static dyn Layer {
    let name = word(&case["layer"]);
    let row = layers::find(name).or_else(|| layers::function(name));
    row.unwrap_or_else(|| panic!("no layer `{name}`"))
}

/// What a case tells its layer, and what it need not.
fn arguments(case: &Value, row: &dyn Layer) -> Arguments {
    let told = row.arguments().iter().filter_map(|argument| {
        let value = &case["arguments"][argument.name];
        let given = match (argument.kind, argument.default) {
            _ if value.is_null() => match argument.default {
                Default::Number(number) => Given::Number(number),
                Default::Flag(flag) => Given::Flag(flag),
                Default::Axis(axis) => Given::Axis(axis),
                Default::Absent => return None,
                other => panic!("`{}` is {other:?}", argument.name),
            },
            (ArgumentKind::Size, _) => Given::Size(Size::known(number(value) as usize)),
            (ArgumentKind::Number, _) => Given::Number(number(value)),
            (ArgumentKind::Flag, _) => Given::Flag(value.as_bool().expect("a choice")),
            (ArgumentKind::Axis, _) => Given::Axis(number(value) as i64),
            (ArgumentKind::Shape, _) => Given::Shape(shape(&sizes(value))),
            (ArgumentKind::Word(words), _) => {
                Given::Word(words.iter().find(|one| **one == word(value)).expect("one of its words"))
            }
            (other, _) => panic!("no case tells {other:?}"),
        };
        Some((argument.name, given))
    });
    let told = Arguments(told.collect());
    let known = |name: &String| row.arguments().iter().any(|argument| argument.name == name);
    assert!(case["arguments"].as_object().expect("arguments").keys().all(known), "{case}");
    told
}

/// A case's layer on its inputs.
fn expression(case: &Value) -> Expression {
    let mut e = Expression { graph: Graph::default(), root: Node(0), leaves: vec![], variable: vec![] };
    let mut inputs = vec![];
    if !case["indices"].is_null() {
        inputs.push(e.indices(&sizes(&case["indices"]["shape"])));
        e.leaves[0].1 = list(&case["indices"]["values"]);
    }
    let mut leaf = |description: &Value| {
        let leaf = e.leaf(&sizes(&description["shape"]), true);
        e.leaves[leaf.0].1 = fill(description);
        leaf
    };
    inputs.extend(cases_of(&case["inputs"]).iter().map(&mut leaf));
    let parameters: Vec<Node> = cases_of(&case["parameters"]).iter().map(&mut leaf).collect();
    let (row, mut require) = (row(case), Requirements::default());
    let arguments = arguments(case, row);
    let shapes: Vec<Shape> = inputs.iter().map(|input| e.graph.shape(*input).clone()).collect();
    let shapes: Vec<&Shape> = shapes.iter().collect();
    row.check(&shapes, &arguments, &mut require).expect("PyTorch took it");
    let wanted = row.parameters(&shapes, &arguments, &mut require).expect("it was checked");
    let are: Vec<&Shape> = parameters.iter().map(|parameter| e.graph.shape(*parameter)).collect();
    assert!(wanted.iter().map(|parameter| &parameter.shape).eq(are), "parameters of {case}");
    let parameters: Vec<(&str, Node)> = wanted.iter().map(|one| one.name).zip(parameters).collect();
    let (graph, streams) = (&mut e.graph, &mut Size::known(0));
    let mut builder = Builder { graph, inputs: &inputs, training: true, parameters: &parameters, streams };
    e.root = row.build(&mut builder, &arguments).expect("it was checked");
    e
}

/// Layers on their inputs with the gradients of all real leaves.
fn differentiated(case: &Value) -> (Expression, Vec<Node>) {
    let mut e = expression(case);
    let (root, leaves) = (e.root, e.variable.clone());
    let seed = e.leaf(&sizes(&case["upstream"]["shape"]), false);
    e.leaves.last_mut().expect("just pushed").1 = fill(&case["upstream"]);
    let gradients = differentiate(&mut e.graph, &[(root, seed)], &leaves);
    let gradients = gradients.into_iter().map(|gradient| gradient.expect("all have one")).collect();
    (e, gradients)
}

/// The ops that the cases and their gradients take.
pub fn asked() -> impl Iterator<Item = &'static str> {
    cases("layers").into_iter().flat_map(|case| {
        let (e, _) = differentiated(&case);
        let op = |kind: &Kind| match kind {
            Kind::Apply(op, ..) => Some(op.name()),
            _ => None,
        };
        e.graph.nodes().iter().filter_map(|node| op(&node.kind)).collect::<Vec<_>>()
    })
}

#[test]
fn layers_and_their_gradients() {
    let cpu = Cpu::new(2);
    for case in cases("layers") {
        let (e, gradients) = differentiated(&case);
        assert_eq!(e.sizes(e.root), sizes(&case["output"]["shape"]), "{case}");
        let (reference, fast) = (e.evaluate(), kernels::run(&cpu, &e));
        let slopes = cases_of(&case["gradients"]);
        assert_eq!(slopes.len(), gradients.len());
        let expected = std::iter::once(&case["output"]["values"]).chain(&slopes);
        for (k, (expected, found)) in expected.zip([&[e.root], &gradients[..]].concat()).enumerate() {
            let name = format!("{} {}, result {k}", case["layer"], case["arguments"]);
            let expected = list(expected);
            ok(close(&name, &expected, &reference[found.0], 1e-12));
            ok(close(&name, &expected, &double(&fast[found.0]), 2e-6));
        }
    }
}

#[test]
fn what_reads_indices_or_is_new_of_several_values_has_a_case() {
    let cases = cases("layers");
    let reads = layers::all().filter(|layer| !layer.operand(0).is_real());
    for row in reads.chain(["Bilinear", "Broadcast"].iter().filter_map(|name| layers::find(name))) {
        let own = || cases.iter().filter(|case| word(&case["layer"]) == row.name());
        for argument in row.arguments() {
            assert!(
                own().any(|case| !case["arguments"][argument.name].is_null()),
                "no case of `{}` tells `{}`",
                row.name(),
                argument.name
            );
        }
    }
    for name in ["stack", "cosine_similarity", "pairwise_distance"] {
        assert!(cases.iter().any(|case| word(&case["layer"]) == name), "`{name}` has no case");
    }
}
