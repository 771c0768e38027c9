//! Every stage takes time in proportion to the declaration: eight times the layers take about eight times as long, never
//! sixty-four times. Each stage is measured by itself, since a quadratic one may hide behind a slower linear one, and by how
//! long its thread ran, not by how long others let it wait.
use crate::emit::{Planned, emit};
use crate::resolve::Templates;
use crate::syntax::Declarations;
use crate::{fallback, lower, pipeline, resolve, shape, syntax};
use plywood_kernels::attrs::Attrs;
use plywood_kernels::compiler::autodiff;
use plywood_kernels::graph::{Block, Call, Graph, Kind, Origin, Value};
use plywood_kernels::ops::elementwise::formula;
use plywood_kernels::ops::{self, matmul::transposed};
use plywood_kernels::scalar::argument;
use plywood_kernels::shape::Size;
use std::rc::Rc;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The stages; what stands in for a network with a mistake is measured in place of `lower`.
const STAGES: [&str; 7] = ["syntax", "resolve", "shape", "lower", "autodiff", "prepare to plan", "emit"];

/// For how long this thread has run: what else the machine does is not counted, where the system says so. It does on Linux,
/// up to when the thread last gave way.
fn running() -> Duration {
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanoseconds.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// Measures stages, one after the other.
struct Watch {
    last: Duration,
    times: Vec<Duration>,
}

impl Watch {
    fn lap<T>(&mut self, value: T) -> T {
        let now = running();
        self.times.push(now.saturating_sub(self.last));
        self.last = now;
        value
    }
}

/// How long each stage takes for a declaration: the last only if it `emits`.
fn times(declaration: &str, emits: bool) -> Vec<(&'static str, Duration)> {
    STAGES.into_iter().zip(stages(declaration, emits)).collect()
}

fn stages(declaration: &str, emits: bool) -> Vec<Duration> {
    let tokens = declaration.parse().expect("a test declares Rust tokens");
    let mut watch = Watch { last: running(), times: vec![] };
    let declarations = watch.lap(syntax::network(tokens));
    let Declarations { networks, templates, mut diagnostics } = declarations;
    let (network, said) = networks.into_iter().next().expect("a declaration");
    diagnostics.append(said);
    let generics = network.generics.clone();
    let templates = Templates::of(templates, &mut diagnostics);
    let resolved = watch.lap(resolve::resolve(network, &templates, &mut diagnostics));
    let shaped = match watch.lap(shape::shape(resolved, &mut diagnostics)) {
        Ok(shaped) => shaped,
        Err(sketch) => {
            let (errors, last) = diagnostics.with_last_apart();
            watch.lap((fallback::stub(*sketch, &generics, last), errors));
            return watch.times;
        }
    };
    let lowered = watch.lap(lower::lower(shaped));
    let lower::Lowered { header, inputs, outputs, assertions, training, prediction, parameters, lines } =
        lowered;
    let differentiated = watch.lap(autodiff::autodiff(&training, &parameters.learn(), &[false]));
    let functions = watch.lap(pipeline::functions(&differentiated, &prediction));
    if !emits {
        return watch.times;
    }
    watch.lap(emit(&Planned {
        header,
        inputs,
        outputs,
        assertions,
        parameters,
        lines,
        differentiated,
        forward: prediction,
        functions,
    }));
    watch.times
}

/// How many times more layers the second declaration has.
const MORE: usize = 8;
/// How many times more layers the stages before the last are given.
const AHEAD: usize = 4;
/// One measurement at a time: they would disturb each other.
static ALONE: Mutex<()> = Mutex::new(());

/// That no stage takes much longer for `make(8 n)` than eight times as long as for `make(n)`. The stages before the last
/// are quick: so they are given more layers, among which a quadratic part that is small at first has grown large.
fn is_linear(n: usize, make: impl Fn(usize) -> String) {
    stages_are_linear([make(n), make(MORE * n)], |declaration| times(declaration, true));
    stages_are_linear([make(AHEAD * n), make(MORE * AHEAD * n)], |declaration| times(declaration, false));
}

/// Memory that no longer fits into a cache, and is touched for the first time, makes long declarations slower: elementwise
/// layers take autodiff three times as long each, for as many instructions. So the bound is between that and the square.
/// The shortest of several measurements counts, and several rounds must fail in a row.
fn stages_are_linear<T>(cases: [T; 2], times: impl Fn(&T) -> Vec<(&'static str, Duration)>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut best = cases.each_ref().map(&times);
    // a measurement of a few milliseconds says nothing
    let slack = Duration::from_millis(15);
    for round in 0.. {
        let [small, large] = &best;
        let slower = small.iter().zip(large).filter(|((stage, small), (_, large))| {
            let bound = if *stage == "emit" { MORE as u32 * 11 / 8 } else { MORE as u32 * 4 };
            *large > *small * bound + slack
        });
        let slower: Vec<String> =
            slower.map(|((stage, small), (_, large))| format!("{stage}: {small:?}, {large:?}")).collect();
        if slower.is_empty() {
            return;
        }
        assert!(round < 5, "{MORE} times as much takes much longer: {}", slower.join(", "));
        for (best, case) in best.iter_mut().zip(&cases) {
            best.iter_mut().zip(times(case)).for_each(|((_, best), (_, now))| *best = now.min(*best));
        }
    }
}

/// Layers of many kinds, with and without names, parameters, symbols and blocks.
fn layers(n: usize) -> String {
    let one = |i: usize| {
        format!(
            "fc{i}: Linear(8), LayerNorm, LeakyRelu(0.{}), wide{i}: Linear(H), Tanh, Linear(8), #[frozen] Linear(8), \
             repeat 2 {{ inner: repeat 3 {{ fc: Linear(8) }}, Dropout(0.1) }}, ",
            i + 1
        )
    };
    (0..n).map(one).collect()
}

#[test]
fn every_stage_is_linear_in_the_layers() {
    is_linear(200, |n| format!("struct Net: [8] -> [8] {{ {} }}", "Linear(8), LayerNorm, Relu, ".repeat(n)));
    is_linear(25, |n| format!("struct Net: [8] -> [8] {{ {} }}", layers(n)));
}

#[test]
fn every_stage_is_linear_in_the_layers_of_a_block() {
    is_linear(25, |n| format!("struct Net: [8] -> [8] {{ repeat 3 {{ {} }} }}", layers(n)));
}

#[test]
fn every_stage_is_linear_in_elementwise_layers() {
    is_linear(400, |n| format!("struct Net: [8] -> [8] {{ {} }}", "Tanh, Sigmoid, Neg, ".repeat(n)));
}

/// Each size a constant of its own: at a path, of a name that others have too, computed of two, a const parameter.
#[test]
fn every_stage_is_linear_in_the_constants() {
    let one = |i: usize| {
        format!("Linear(A{i}), Tanh, Linear(b{i}::WIDTH), Linear(A{i} + C{i}), #[frozen] Linear(D{i}), ")
    };
    is_linear(25, |n| {
        format!("struct Net: [8] -> [8] {{ {} Linear(8) }}", (0..n).map(one).collect::<String>())
    });
}

/// Each number of `forward` a constant of its own, some of which divide.
#[test]
fn every_stage_is_linear_in_the_constants_of_arithmetic() {
    let one = |i: usize| format!("let x = (x * A{i} + b{i}::SHIFT) / (2.0 * C{i}) - D{i}; ");
    is_linear(25, |n| {
        let statements: String = (0..n).map(one).collect();
        format!("struct Net: [8] -> [8] {{ fc: Linear(8), fn forward(x) {{ {statements} fc(x) }} }}")
    });
}

/// Uses of one block in a row, on their own, within groups and as branches.
#[test]
fn every_stage_is_linear_in_the_uses_of_blocks() {
    let block = "block B(width, p: 0.1) { residual { fc: Linear(width), Tanh, Dropout(p) } }";
    let one = |i: usize| {
        format!(
            "a{i}: B(8), g{i}: {{ B(8), B(8, p: 0.2), Relu }}, r{i}: {{ B(8), B(8) }}, add {{ {{ B(8) }}, {{}} }}, "
        )
    };
    is_linear(25, |n| {
        format!("struct Net: [8] -> [8] {{ {} Linear(8) }} {block}", (0..n).map(one).collect::<String>())
    });
}

#[test]
fn every_stage_is_linear_in_the_statements_of_forward() {
    let member = |i: usize| format!("fc{i}: Linear(8), ");
    let statement = |i: usize| format!("let h = (fc{i}(x) + 0.5 * x).tanh(); let x = h.relu() - x; ");
    is_linear(50, |n| {
        let (members, statements) =
            ((0..n).map(member).collect::<String>(), (0..n).map(statement).collect::<String>());
        format!("struct Net: [8] -> [8] {{ {members} fn forward(x) {{ {statements} x }} }}")
    });
}

#[test]
fn every_stage_is_linear_in_what_is_said_of_a_layer() {
    let said = "#[doc = \"One line of many.\"] ";
    is_linear(300, |n| format!("struct Net: [8] -> [8] {{ {} Linear(8) }}", said.repeat(n)));
}

#[test]
fn every_stage_is_linear_in_mistakes() {
    let wrong = "Liner(8), Linear(8, in_features: 3), Dropout(2), repeat 0 { Linear(8), Linear(9) }, ";
    is_linear(60, |n| format!("struct Net: [8] -> [8] {{ {} }}", wrong.repeat(n)));
}

/// That autodiff by itself is, of a network that `make` builds.
fn autodiff_is_linear(n: usize, make: impl Fn(usize) -> Block) {
    stages_are_linear([make(n), make(MORE * n)], |network| {
        let mut watch = Watch { last: running(), times: vec![] };
        let learns = vec![true; network.parameters.len()];
        watch.lap(autodiff::autodiff(network, &learns, &[true]));
        vec![("autodiff", watch.times[0])]
    });
}

/// A graph that reads one input of width 8.
fn graph() -> (Graph, Value) {
    let mut graph = Graph::default();
    graph.begin(Origin::of("x"));
    let x = graph.leaf(Kind::Input(0), vec![Size::batch(), Size::known(8)]);
    (graph, x)
}

#[test]
fn autodiff_is_linear_in_states() {
    autodiff_is_linear(1000, |n| {
        let (mut graph, mut value) = graph();
        let mut states = vec![];
        for number in 0..n {
            let before = graph.leaf(Kind::State(number), vec![Size::known(8)]);
            let next = formula(&mut graph, "tanh", argument(0).tanh(), &[before]);
            value = graph.must(&ops::MUL, Attrs::NONE, &[value, next]);
            states.push((number, next));
        }
        Block { states, ..Block::of("", graph, vec![value], Size::known(0)) }
    });
}

#[test]
fn autodiff_is_linear_in_the_parameters_that_runs_share() {
    autodiff_is_linear(1000, |n| {
        let (mut inside, mut value) = graph();
        let shape = || vec![Size::known(8); 2];
        for number in 0..n {
            let weight = inside.leaf(Kind::Parameter(number), shape());
            let product = inside.must(&ops::MATMUL, transposed(false, true), &[value, weight]);
            value = formula(&mut inside, "tanh", argument(0).tanh(), &[product]);
        }
        let block = Rc::new(Block::of("block", inside, vec![value], Size::known(0)));
        let (mut graph, x) = graph();
        let parameters = (0..n).map(|number| graph.leaf(Kind::Parameter(number), shape()));
        let inputs = [x].into_iter().chain(parameters).collect();
        let mut call = Call::repeated(block, "runs", Size::known(2), Size::known(0));
        call.own_parameters = false;
        let outputs = graph.call(Rc::new(call), inputs);
        Block::of("", graph, outputs, Size::known(0))
    });
}
