//! Calls that a stage could take for one another.
use super::graphs::{differences, verify};
use crate::emit::code;
use crate::graphs::generate::{Case, called};
use crate::graphs::shared::{self, Way};
use crate::graphs::{Compiled, compile};
use crate::parameters::Parameters;
use crate::role::Role;
use plywood_kernels::attrs::Attrs;
use plywood_kernels::check::check;
use plywood_kernels::compiler::plan::Function;
use plywood_kernels::compiler::steps::Work;
use plywood_kernels::compiler::{autodiff, own};
use plywood_kernels::graph::{Block, Call, Graph, Kind, Origin, Value};
use plywood_kernels::init::Init;
use plywood_kernels::layers::{self, Parameter};
use plywood_kernels::ops::elementwise::formula;
use plywood_kernels::ops::{self, matmul::transposed};
use plywood_kernels::scalar::{Expr, argument};
use plywood_kernels::shape::Size;
use proc_macro2::{Ident, Span};
use quote::quote;
use std::rc::Rc;

const WIDTH: usize = 3;

fn leaf(graph: &mut Graph, name: &str, kind: Kind) -> Value {
    graph.begin(Origin::of(name));
    let size = Size::known(WIDTH);
    let first = if matches!(kind, Kind::Parameter(_)) { size.clone() } else { Size::batch() };
    graph.leaf(kind, vec![first, size])
}

/// `x` through a formula, and times a weight if there is one.
fn block(name: &str, of: Expr, weighs: bool) -> Rc<Block> {
    let mut graph = Graph::default();
    let x = leaf(&mut graph, "x", Kind::Input(0));
    // the caller's, who hands it over
    let weight = weighs.then(|| {
        graph.begin(Origin::of("weight"));
        graph.leaf(Kind::Input(1), vec![Size::known(WIDTH), Size::known(WIDTH)])
    });
    graph.begin(Origin::of("y"));
    let mut outputs = vec![formula(&mut graph, "y", of, &[x])];
    if let Some(weight) = weight {
        outputs = vec![graph.must(&ops::MATMUL, transposed(false, true), &[outputs[0], weight])];
    }
    own(&mut graph, outputs.iter_mut());
    Rc::new(Block::of(name, graph, outputs, Size::known(0)))
}

/// A network with one output and so many weights, in training as in prediction.
fn compiled(mut graph: Graph, output: Value, weights: usize) -> Compiled {
    let mut outputs = vec![output];
    own(&mut graph, outputs.iter_mut());
    let mut entries = Parameters::none();
    for number in 0..weights {
        let size = Size::known(WIDTH);
        let row = Parameter {
            name: "weight",
            shape: vec![size.clone(), size],
            init: Init::Constant(0.0),
            decays: true,
            sparse: false,
        };
        let layer = layers::find("Linear").expect("a row");
        entries.layer(&called(&format!("fc{number}")), layer, "", vec![(Role::Trained, row)]);
    }
    let training = Block::of("", graph, outputs, Size::known(0));
    compile(Case { prediction: training.clone(), training, entries, asked: vec![true] })
}

/// The text of a network's functions.
fn emitted(compiled: &Compiled) -> String {
    let network = Ident::new("Net", Span::call_site());
    let code = code(&network, &[], &[], &compiled.entries, &compiled.functions.all());
    let (items, methods, constants) = (code.items, code.methods, code.constants);
    let text = quote! { #items impl Code { #constants #methods } };
    let file = syn::parse2(text.clone()).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    prettyplease::unparse(&file)
}

/// That each reverse runs the function of its own forward; how many there are.
fn reverses(function: &Function) -> usize {
    let functions: Vec<_> =
        function.steps().iter().enumerate().map(|(at, _)| function.runs.get(&at)).collect();
    let mut count = 0;
    for (at, step) in function.steps().iter().enumerate() {
        let Work::Reverse(back) = &step.work else { continue };
        let forward = function.steps().iter().position(
            |other| matches!(&other.work, Work::Call(run) if Rc::ptr_eq(&run.call, &back.run.call)),
        );
        let [back, forward] = [Some(at), forward].map(|at| at.and_then(|at| functions[at]).expect("a plan"));
        assert!(Rc::ptr_eq(&back.function, &forward.function));
        count += 1;
    }
    count
}

#[test]
fn two_blocks_of_one_value_have_their_own_reverses() {
    let mut graph = Graph::default();
    let x = leaf(&mut graph, "x", Kind::Input(0));
    let blocks = [("squares", argument(0) * argument(0)), ("waves", argument(0).tanh())];
    let made = blocks.map(|(name, of)| {
        graph.begin(Origin::of(name));
        graph.call(Rc::new(Call::once(block(name, of, false), name, Size::known(0))), vec![x])[0]
    });
    graph.begin(Origin::of("both"));
    let both = graph.must(&ops::MUL, Attrs::NONE, &made);
    let compiled = compiled(graph, both, 0);
    assert!(verify(&compiled, &[true]).expect("it is compiled rightly") > 0);
    assert_eq!(reverses(&compiled.functions.training), 2);
    let text = emitted(&compiled);
    for name in ["fn squares_forward", "fn squares_backward", "fn waves_forward", "fn waves_backward"] {
        assert!(text.contains(name), "no {name} in\n{text}");
    }
}

#[test]
fn a_parameter_within_and_outside_a_block_learns_from_both() {
    let mut graph = Graph::default();
    let x = leaf(&mut graph, "x", Kind::Input(0));
    let weight = leaf(&mut graph, "weight", Kind::Parameter(0));
    graph.begin(Origin::of("outside"));
    let outside = graph.must(&ops::MATMUL, transposed(false, true), &[x, weight]);
    graph.begin(Origin::of("within"));
    let call = Call::once(block("within", argument(0).tanh(), true), "within", Size::known(0));
    let within = graph.call(Rc::new(call), vec![outside, weight])[0];
    let compiled = compiled(graph, within, 1);
    assert!(verify(&compiled, &[true]).expect("it is compiled rightly") > 3);
    assert_eq!(reverses(&compiled.functions.training), 1);
    let text = emitted(&compiled);
    // one of both ways, and all of it at once
    let asks = text.matches("to.parameters").count() + text.matches("to.takes_").count();
    assert_eq!(text.matches("to.").count() - asks, 1, "{text}");
}

#[test]
fn calls_that_share_parameters_are_compiled_rightly() {
    let mut wrong = vec![];
    for (name, case) in shared::cases() {
        let compiled = compile(case);
        match verify(&compiled, &[true]) {
            // some of the input's, of the weight's and of the scale's
            Ok(compared) => assert_eq!(compared, 9, "{name}"),
            Err(what) => wrong.push(format!("{name}: {what}")),
        }
        drop(emitted(&compiled));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a network that calls a member and then reads what it likes.
fn refused(way: Way, read: impl Fn(&mut shared::Network, &[Value])) -> String {
    let mut network = shared::Network::new();
    let member = shared::Member::of(way);
    let leaves = network.leaves(&member);
    network.call(&member, &leaves, [true, true]);
    read(&mut network, &leaves);
    verify(&compile(network.finish()), &[true]).expect_err("it cannot be emitted")
}

#[test]
fn one_parameter_for_two_of_a_block_is_refused_and_loses_no_gradient() {
    let mut graph = Graph::default();
    let x = leaf(&mut graph, "x", Kind::Input(0));
    let weights = ["a", "b"].map(|name| leaf(&mut graph, name, Kind::Parameter(usize::from(name == "b"))));
    graph.begin(Origin::of("y"));
    let waves = formula(&mut graph, "waves", argument(0).tanh(), &[x]);
    let mut outputs = vec![waves];
    for weight in weights {
        outputs[0] = graph.must(&ops::MATMUL, transposed(false, true), &[outputs[0], weight]);
    }
    let twice = Rc::new(Block::of("twice", graph, outputs, Size::known(0)));
    let mut graph = Graph::default();
    let mut value = leaf(&mut graph, "x", Kind::Input(0));
    let weight = leaf(&mut graph, "weight", Kind::Parameter(0));
    for name in ["first", "second"] {
        let call = Call::once(twice.clone(), name, Size::known(0));
        value = graph.call(Rc::new(call), vec![value, weight, weight])[0];
    }
    let network = Block::of("", graph, vec![value], Size::known(0));
    let differentiated = autodiff::autodiff(&network, &[true], &[true]);
    assert_eq!(differences(&differentiated, &[true], &[true]).expect("no gradient is lost"), 6);
    let said = check(&differentiated).expect_err("nobody could emit it");
    assert!(said.ends_with("`first` takes `weight` as two parameters: hand it over as an input"), "{said}");
}

#[test]
fn only_calls_read_the_parameters_of_runs_that_have_their_own() {
    for way in [Way::Own, Way::OwnWithin] {
        let said = refused(way, |network, leaves| network.read_total(leaves[1]));
        let what = "`outside_sum` reads parameter `scale`, of which the runs of a call have each their own: they lie apart, \
                    and only calls read them, as their parameters";
        assert_eq!(said, what);
    }
}

#[test]
fn what_is_no_parameter_is_handed_over_as_an_input() {
    let said = refused(Way::Once, |network, leaves| {
        let twice = network.twice(leaves[0]);
        network.call(&shared::Member::of(Way::Once), &[twice, leaves[1]], [true, true]);
    });
    let what = "`use_2` takes `twice_add` as a parameter, which is none: hand it over as an input";
    assert!(said.ends_with(what), "{said}");
}

#[test]
fn a_parameter_of_the_networks_own_is_handed_over_as_an_input() {
    let graph = |order: [usize; 2]| {
        let (mut network, member) = (shared::Network::new(), shared::Member::of(Way::Once));
        let own = network.own_leaves();
        let uses = network.leaves(&member);
        let leaves = order.map(|of| [own[0], own[1], uses[0], uses[1]][of]);
        network.call(&member, &leaves, [true, true]);
        verify(&compile(network.finish()), &[true])
    };
    assert!(graph([2, 3]).expect("it is compiled rightly") > 3);
    assert_eq!(
        graph([0, 1]).expect_err("they are no block's"),
        "in the network, the call `use_1` takes `weight` for the first of its own parameters, which no use of a block \
         begins with: what somebody else has too is handed over as an input"
    );
    assert_eq!(
        graph([2, 1]).expect_err("one is no block's"),
        "in the network, the call `use_1` reads the parameters [2, 1]; those of `member` are [2, 3]"
    );
}
