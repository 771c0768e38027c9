//! Bodies put together by hand, below the language: branches, members that are applied twice, several inputs and outputs.
use super::plan::run;
use crate::body::{Body, Callee, Local};
use crate::diagnostics::Diagnostics;
use crate::emit::{Planned, code};
use crate::parameters::Entry;
use crate::pipeline;
use crate::resolve::{Member, Port, Resolved, Templates, resolve};
use crate::role::Role;
use plywood_kernels::attrs::Attrs;
use plywood_kernels::graph::{Block, Graph, Kind, Value};
use plywood_kernels::ops::{ADD, SUB};
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::Span;
use std::rc::Rc;
use syn::Ident;

/// The members of a stack, to be applied otherwise, and all else that is known of it.
fn declared(layers: &str) -> (Body<Member>, Resolved) {
    let (network, mut diagnostics) = super::network(&format!("struct Net: [4] -> [4] {{ {layers} }}"));
    let mut resolved = resolve(network, &Templates::default(), &mut diagnostics);
    assert_eq!(diagnostics.messages(), [""; 0], "{layers}");
    let mut body = Body::of(1);
    std::mem::take(&mut resolved.body.members).into_iter().for_each(|member| drop(body.declare(member)));
    (body, resolved)
}

fn real(sizes: &[Size]) -> Type {
    Type::real([&[Size::batch()], sizes].concat())
}
fn features(count: usize) -> Type {
    real(&[Size::known(count)])
}
fn port(name: &str, ty: Type) -> Port {
    Port {
        name: Some(Ident::new(name, Span::call_site())),
        ty: Some(ty),
        gradient: false,
        span: Span::call_site(),
    }
}

impl Body<Member> {
    fn member(&mut self, number: usize, x: Local) -> Local {
        self.apply(Callee::Member(number), &[x], 1, Span::call_site())[0]
    }
    fn op(&mut self, op: &'static dyn plywood_kernels::op::Op, inputs: &[Local]) -> Local {
        self.apply(Callee::Op(op, Attrs::NONE), inputs, 1, Span::call_site())[0]
    }
}

/// The network of a body, or what is wrong with it.
fn plan(resolved: Resolved, body: Body<Member>) -> (Option<Planned>, Vec<String>) {
    let mut diagnostics = Diagnostics::default();
    let planned = pipeline::planned(Resolved { body, ..resolved }, &mut diagnostics).ok();
    (planned, diagnostics.messages().into_iter().map(String::from).collect())
}

/// A network whose plan holds, with the text of its functions.
fn right(resolved: Resolved, body: Body<Member>) -> (Planned, String) {
    let (planned, messages) = plan(resolved, body);
    let planned = planned.unwrap_or_else(|| panic!("{messages:?}"));
    for constant in [1, 4, 50] {
        run::check(&planned.functions.training, Some(&planned.parameters.learn()), constant)
            .expect("training is planned");
        run::check(&planned.functions.prediction, None, constant).expect("prediction is planned");
    }
    let Planned { header, parameters, functions, .. } = &planned;
    let code =
        code(&header.name, &header.constants, header.symbols.arithmetic(), parameters, &functions.all());
    let (items, methods, constants) = (code.items, code.methods, code.constants);
    let text = quote::quote! { #items impl Code { #constants #methods } };
    let file = syn::parse2(text.clone()).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    (planned, prettyplease::unparse(&file))
}

/// The only message on a body.
fn message(resolved: Resolved, body: Body<Member>) -> String {
    let (planned, messages) = plan(resolved, body);
    assert!(planned.is_none());
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    message.clone()
}

/// The numbers of the parameters that nodes of the op read, in the order of the nodes.
fn parameters_read(graph: &Graph, op: &str) -> Vec<Vec<usize>> {
    let number = |value: &Value| match graph.kind(*value) {
        Kind::Parameter(number) => Some(*number),
        _ => None,
    };
    let nodes = graph.nodes().iter().filter(|node| matches!(&node.kind, Kind::Apply(o, _) if o.name() == op));
    nodes.map(|node| node.inputs.iter().filter_map(number).collect()).collect()
}
fn leaves(block: &Block) -> usize {
    block.body.nodes().iter().filter(|node| matches!(node.kind, Kind::Parameter(_))).count()
}

#[test]
fn two_branches_of_one_value_are_added() {
    let (mut body, resolved) = declared("a: Linear(4), b: Linear(4), Relu");
    let x = Local(0);
    let (a, b) = (body.member(0, x), body.member(1, x));
    let relu = body.member(2, b);
    body.results = vec![body.op(&ADD, &[a, relu])];
    let (network, text) = right(resolved, body);
    let graph = &network.forward.body;
    assert_eq!(parameters_read(graph, "matmul"), [[0], [2]]);
    let read_x: Vec<_> =
        graph.nodes().iter().filter(|n| n.inputs.contains(&network.forward.inputs[0])).collect();
    assert_eq!(read_x.len(), 2, "both branches read the input");
    assert!(text.contains("Self::A_WEIGHT") && text.contains("Self::B_WEIGHT"), "{text}");
}

#[test]
fn a_member_that_is_applied_twice_has_one_set_of_parameters() {
    let (_, resolved) = declared("body: Linear(4), out: Linear(1)");
    let (members, _) = declared("body: Linear(4), out: Linear(1)");
    let mut body = Body::of(2);
    members.members.into_iter().for_each(|member| drop(body.declare(member)));
    let (left, right_) = (Local(0), Local(1));
    let (left, right_) = (body.member(0, left), body.member(0, right_));
    let difference = body.op(&SUB, &[left, right_]);
    body.results = vec![body.member(1, difference)];
    let ports = vec![port("left", features(4)), port("right", features(4))];
    let outputs = vec![port("y", features(1))];
    let (network, text) = right(Resolved { inputs: ports, outputs, ..resolved }, body);
    assert_eq!(leaves(&network.forward), 4);
    assert_eq!(parameters_read(&network.forward.body, "matmul"), [[0], [0], [2]]);
    assert_eq!(network.parameters.len(Role::Trained), &Size::known(4 * 4 + 4 + 4 + 1));
    assert!(text.contains("left: &[T]") && text.contains("right: &[T]"), "{text}");
    // it costs as often as it is applied, and has its numbers once
    let [line, out] = network.lines.as_slice() else { panic!("two layers") };
    assert_eq!((line.parameters.as_known(), line.flops.as_known()), (Some(20), Some(2 * 36)));
    assert_eq!((out.parameters.as_known(), out.flops.as_known()), (Some(5), Some(9)));
    // both contributions to its gradient are there
    let reverse = network.differentiated.reverse.as_ref().expect("it trains");
    assert!(reverse.parameters.iter().all(Option::is_some), "{reverse:?}");
}

#[test]
fn two_outputs_have_a_seed_each() {
    let (mut body, resolved) = declared("trunk: Linear(4), Tanh, next: Linear(65), value: Linear(1)");
    let x = Local(0);
    let trunk = body.member(0, x);
    let tanh = body.member(1, trunk);
    body.results = vec![body.member(2, tanh), body.member(3, tanh)];
    let outputs = vec![port("next", features(65)), port("value", features(1))];
    let (network, text) = right(Resolved { outputs, ..resolved }, body);
    assert_eq!(network.forward.outputs.len(), 2);
    let reverse = network.differentiated.reverse.as_ref().expect("it trains");
    assert_eq!(reverse.seeds.iter().flatten().count(), 2);
    assert!(text.contains("y_next: &mut [T]") && text.contains("y_value: &mut [T]"), "{text}");
}

#[test]
fn one_value_given_twice_is_two_outputs() {
    let (mut body, resolved) = declared("fc: Linear(4)");
    let x = Local(0);
    let y = body.member(0, x);
    body.results = vec![y, y];
    let outputs = vec![port("a", features(4)), port("b", features(4))];
    let (network, _) = right(Resolved { outputs, ..resolved }, body);
    let [a, b] = network.forward.outputs[..] else { panic!("two outputs") };
    assert_ne!(a, b, "each lies where its caller wants it");
}

#[test]
fn a_block_that_is_applied_twice_is_one_block() {
    let (mut body, resolved) =
        declared("blocks: repeat 3 { #[frozen] fc: Linear(4), mix: Linear(4, bias: false) }");
    let x = Local(0);
    let once = body.member(0, x);
    let twice = body.member(0, once);
    body.results = vec![body.op(&ADD, &[once, twice])];
    let (network, _) = right(resolved, body);
    let calls = network.forward.body.nodes().iter().filter_map(|node| match &node.kind {
        Kind::Call(call) => Some((Rc::as_ptr(&call.block), node.inputs[1..].to_vec())),
        _ => None,
    });
    let calls: Vec<_> = calls.collect();
    let [first, second] = calls.as_slice() else { panic!("two calls") };
    assert_eq!(first, second, "the same block, with the same parameters");
    assert_eq!(network.parameters.roles(), [Role::Frozen, Role::Frozen, Role::Trained]);
    // of the line of the block, and those of its layers
    let flops: Vec<_> = network.lines.iter().map(|line| line.flops.as_known()).collect();
    assert_eq!(flops, [Some(0), Some(2 * 36), Some(2 * 32)]);
}

#[test]
fn parameters_are_numbered_where_they_are_declared() {
    // applied in another order than declared
    let (mut body, resolved) =
        declared("a: Linear(4), Relu, blocks: repeat 2 { fc: Linear(4) }, b: Linear(4, bias: false)");
    let mut value = Local(0);
    for member in [3, 1, 2, 0] {
        value = body.member(member, value);
    }
    body.results = vec![value];
    let (network, text) = right(resolved, body);
    let entries = network.parameters.entries();
    let [Entry::Layer(a), Entry::Repeat(blocks), Entry::Layer(b)] = entries else { panic!("three entries") };
    let numbers =
        |parameters: &[crate::parameters::Numbered]| parameters.iter().map(|p| p.number).collect::<Vec<_>>();
    assert_eq!((numbers(&a.parameters), blocks.first, numbers(&b.parameters)), (vec![0, 1], 2, vec![4]));
    assert_eq!(parameters_read(&network.forward.body, "matmul"), [[4], [0]]);
    assert!(text.contains("const A_WEIGHT: ply::Range<usize> = 0..16"), "{text}");
    assert!(text.contains("const B_WEIGHT: ply::Range<usize> = 60..76"), "{text}");
    // the leaves of both graphs are the parameters of the table
    for block in [&network.differentiated, &network.forward] {
        let found: Vec<&Kind> = block.parameters.iter().map(|leaf| block.body.kind(*leaf)).collect();
        assert!(
            matches!(found[..], [Kind::Parameter(0), Kind::Parameter(1), .., Kind::Parameter(4)]),
            "{found:?}"
        );
        assert_eq!(found.len(), network.parameters.roles().len());
    }
}

#[test]
fn further_calls_must_be_as_the_first() {
    let (mut body, resolved) = declared("fc: Linear(5), Relu");
    let x = Local(0);
    let once = body.member(0, x);
    let relu = body.member(1, once);
    let again = body.member(0, relu);
    body.results = vec![again];
    let said = message(Resolved { outputs: vec![port("y", features(5))], ..resolved }, body);
    let what = "`fc` received `[4]`, but here it receives `[5]`, from `Relu`\n";
    assert!(said.starts_with(what), "{said}");
}

#[test]
fn shapes_that_constants_make_equal_have_one_name() {
    let (mut body, resolved) = declared("a: Linear(H), fc: Linear(4), blocks: repeat 2 { inner: Linear(4) }");
    let x = Local(0);
    let wide = body.member(0, x);
    let first = body.member(1, x);
    let second = body.member(1, wide);
    let run = body.member(2, wide);
    let sum = body.op(&ADD, &[first, second]);
    body.results = vec![body.op(&ADD, &[sum, run])];
    let (network, _) = right(resolved, body);
    let asserted: Vec<String> =
        network.assertions.iter().map(|a| format!("{} {} {}", a.subject, a.left, a.right)).collect();
    assert!(asserted.iter().any(|a| a == "`fc` received `[4]`, expected 4 H"), "{asserted:?}");
}

#[test]
fn what_is_not_applied_rightly_is_said() {
    let (mut body, resolved) = declared("a: Linear(4), b: Linear(4)");
    let x = Local(0);
    body.results = vec![body.member(0, x)];
    let said = message(resolved, body);
    assert_eq!(said, "`b` is never applied\nhelp: apply it to a value, or take it out");

    let (mut body, resolved) = declared("a: Linear(4)");
    let x = Local(0);
    body.results = body.apply(Callee::Member(0), &[x, x], 1, Span::call_site());
    let help =
        "help: a stack hands on one value; in a `fn forward` `concat([a, b], axis: 0)` makes one of several";
    assert_eq!(message(resolved, body), format!("`a` takes 1 value, found 2\n{help}"));

    let (mut body, resolved) = declared("a: Linear(5)");
    let x = Local(0);
    let a = body.member(0, x);
    body.results = vec![body.op(&ADD, &[x, a])];
    let said = message(resolved, body);
    assert!(said.starts_with("expected `add` to receive ") && said.ends_with(" from `a`"), "{said}");

    let (mut body, resolved) = declared("a: Linear(4)");
    let x = Local(0);
    body.results = vec![body.member(0, x)];
    let inputs = vec![port("tokens", Type::index(vec![Size::batch(), Size::known(4)]))];
    let said = message(Resolved { inputs, ..resolved }, body);
    assert!(said.starts_with("expected `a` to receive f32 numbers, found u32 from the input"), "{said}");
}
