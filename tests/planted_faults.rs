//! Checks that find nothing prove nothing: wrong signs and wrong hundredths are planted, and must be found.
use plywood::__private::{Blocks, Entry, LayerRow, Real};
use plywood::prelude::*;
use plywood::{Memory, Pass};
use plywood_kernels::attrs::Attrs;
use plywood_kernels::compiler::rewrite::rewrite;
use plywood_kernels::cpu::{Cpu, Gradients, Identity, Matrix, Operand, TableRows, matmul};
use plywood_kernels::graph::{Block, Graph, Kind, Node, Value};
use plywood_kernels::listing::Listing;
use plywood_kernels::op::{Application, Lowered, Op};
use plywood_kernels::ops;
use plywood_kernels::ops::elementwise::{formula, named};
use plywood_kernels::scalar::argument;
use plywood_kernels::shape::{Mismatch, Requirements, Shape};
use plywood_kernels::types::{Element, Type};
use plywood_tests::calls::{FAULTS, Numbers, Operands};
use plywood_tests::gradient::Expression;
use plywood_tests::model;
use plywood_tests::numbers::close;
use plywood_tests::sample;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An op whose gradient for one input has the wrong sign, and whether it had one to plant.
struct Flipped(&'static dyn Op, usize, AtomicBool);

impl Op for Flipped {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        self.0.shape(inputs, attrs, require)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let gradient = self.0.grad(graph, at, k, dy)?;
        self.2.fetch_or(k == self.1, Relaxed);
        Some(if k == self.1 { formula(graph, "wrong", -argument(0), &[gradient]) } else { gradient })
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        self.0.lower(attrs)
    }
    fn operand(&self, k: usize) -> Element {
        self.0.operand(k)
    }
    fn results(&self, inputs: &[&Shape], first: Shape, attrs: &Attrs) -> Vec<Type> {
        self.0.results(inputs, first, attrs)
    }
}

#[test]
fn a_wrong_sign_in_any_gradient_of_any_op_is_found() {
    let mut found = 0;
    for op in ops::tested().filter(|op| op.differentiable()) {
        for sample in op.samples().into_iter().filter(|sample| sample.accepted && !sample.ties) {
            for k in 0..sample.shapes.len() {
                if !op.operand(k).is_real() {
                    continue;
                }
                let wrong: &'static Flipped = Box::leak(Box::new(Flipped(op, k, false.into())));
                let expression = Expression::of_other(wrong, op, &sample).expect("the sample is accepted");
                let compared = expression.differentiate();
                if !wrong.2.load(Relaxed) {
                    // it is 0 everywhere, and has no sign
                    compared.unwrap_or_else(|error| panic!("`{}`: {error}", op.name()));
                    continue;
                }
                let place = format!("`{}`, input {k} of {:?}", op.name(), sample.shapes);
                let error = compared.expect_err(&place);
                assert!(error.contains("by differences"), "{error}");
                found += 1;
            }
        }
    }
    assert!(found > 30, "only {found} faults were planted");
}

#[test]
fn two_arguments_of_a_kernel_in_the_wrong_order_are_found() {
    let cpu = Cpu::new(1);
    // by row and pair of arguments: one sample that tells them apart is enough
    let mut found: BTreeMap<(&str, [usize; 2]), bool> = BTreeMap::new();
    for fault in FAULTS {
        let op = ops::find_tested(fault.row).expect("a row");
        let case = sample::Case::of(op, fault.sample, |x| x);
        let (inputs, mut results) = (case.operands(|x| x), case.results(f64::NAN));
        let mut workspace = case.workspace(f64::NAN);
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let (results, workspace) = (&mut results[..], &mut workspace[..]);
            (fault.double)(Operands {
                cpu: &cpu,
                random: sample::random(),
                inputs: &inputs,
                results,
                workspace,
            });
        }));
        let agree = |((_, expected), found): (&(Element, Vec<f64>), &Numbers<f64>)| {
            close("a result", expected, &found.double(|x| x), 1e-14).is_ok()
        };
        let wrong = ran.is_err() || !case.expected.iter().zip(&results).all(agree);
        *found.entry((fault.row, fault.arguments)).or_default() |= wrong;
    }
    let missed: Vec<_> = found.iter().filter(|(_, found)| !**found).collect();
    assert!(missed.is_empty(), "no sample tells these arguments apart: {missed:?}");
    assert!(found.len() > 20, "only {} faults were planted", found.len());
}

network! {
    struct Small: [5] -> [3] {
        fc1: Linear(6), Gelu, Dropout(0.2), blocks: repeat 2 { fc: Linear(6), Tanh, free: Linear(6, bias: false), Relu },
        fc2: Linear(3),
    }
}

/// Hands gradients on; that of one place times a factor.
struct Wrong<'a, T> {
    to: &'a mut dyn Gradients<T>,
    at: usize,
    factor: f64,
}
impl<T: Real> Gradients<T> for Wrong<'_, T> {
    fn parameters(&self) -> &[T] {
        self.to.parameters()
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        let mut product = vec![T::ZERO; at.len()];
        matmul(cpu, &mut product, a, b, [Operand::Sums], &Identity);
        self.store(cpu, at, &product);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        let scale = if at.start == self.at { self.factor * scale } else { scale };
        self.to.sum(cpu, at, x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        let factor = if at.start == self.at { T::from_f64(self.factor) } else { T::ONE };
        let values: Vec<T> = values.iter().map(|x| factor * *x).collect();
        self.to.store(cpu, at, &values);
    }
    fn rows(&mut self, cpu: &Cpu, at: Range<usize>, rows: TableRows<'_, T>) {
        self.to.rows(cpu, at, rows);
    }
}

/// `Small`, but the gradient of the parameter that starts at `AT` is `PERCENT` of what it should be: the wrong sign if that
/// is not said.
#[derive(Clone)]
struct Faulty<const AT: usize, const PERCENT: i32 = -100>(Small);

impl<const AT: usize, const PERCENT: i32> fmt::Debug for Faulty<AT, PERCENT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<const AT: usize, const PERCENT: i32> fmt::Display for Faulty<AT, PERCENT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<const AT: usize, const PERCENT: i32> Network for Faulty<AT, PERCENT> {
    type Input = <Small as Network>::Input;
    type Output = <Small as Network>::Output;
    type Memory<T: Real> = <Small as Network>::Memory<T>;
    type Slots<'m, T: Real> = <Small as Network>::Slots<'m, T>;
    type Gradients<'a> = <Small as Network>::Gradients<'a>;
    const NAME: &'static str = "Faulty";
    const PARAMETERS: usize = Small::PARAMETERS;
    const TRAINABLE: usize = Small::TRAINABLE;
    const STATE: usize = Small::STATE;
    const PREPARED: usize = Small::PREPARED;
    const FLOPS: usize = Small::FLOPS;
    const TRAIN: Memory = Small::TRAIN;
    const PREDICT: Memory = Small::PREDICT;
    const ENTRIES: &'static [Entry] = Small::ENTRIES;
    const LAYERS: &'static [LayerRow] = Small::LAYERS;
    const GRAPHS: plywood::Graphs = Small::GRAPHS;
    fn from_blocks(blocks: Blocks) -> Self {
        Faulty(Small::from_blocks(blocks))
    }
    fn gradients(block: &[f32]) -> Self::Gradients<'_> {
        Small::gradients(block)
    }
    fn blocks(&self) -> &Blocks {
        self.0.blocks()
    }
    fn blocks_mut(&mut self) -> &mut Blocks {
        self.0.blocks_mut()
    }
    fn slots<T: Real>(memory: &mut Self::Memory<T>, n: usize) -> Self::Slots<'_, T> {
        Small::slots(memory, n)
    }
    fn forward<T: Real>(
        pass: &Pass<'_, T>,
        p: &[T],
        state: &[T],
        next: &mut [T],
        slots: &mut Self::Slots<'_, T>,
    ) {
        Small::forward(pass, p, state, next, slots);
    }
    fn outputs<T: Real>(
        slots: &mut Self::Slots<'_, T>,
        n: usize,
        with: impl FnOnce(&[&[T]], &mut [&mut [T]]),
    ) {
        Small::outputs(slots, n, with);
    }
    fn backward<T: Real>(
        pass: &Pass<'_, T>,
        state: &[T],
        to: &mut dyn Gradients<T>,
        slots: &mut Self::Slots<'_, T>,
    ) {
        let to = &mut Wrong { to, at: AT, factor: f64::from(PERCENT) / 100.0 };
        Small::backward(pass, state, to, slots);
    }
    fn predict_with<T: Real>(
        pass: &Pass<'_, T>,
        p: &[T],
        state: &[T],
        prepared: &[T],
        memory: &mut Self::Memory<T>,
        ys: &mut [&mut [T]],
    ) {
        Small::predict_with(pass, p, state, prepared, memory, ys);
    }
}

fn is_found<const AT: usize>(name: &str) {
    let small = Small::init(1);
    for result in [
        Faulty::<AT>(small.clone()).gradient_check(1),
        Faulty::<AT, 101>(small.clone()).gradient_check(1),
        Faulty::<AT, 99>(small).gradient_check(1),
    ] {
        let error = result.expect_err("a planted fault").to_string();
        assert!(error.contains(&format!("`{name}[")), "the fault is in `{name}`: {error}");
    }
    // and so does the comparison with the interpreter
    let case = model::Case::of(&Small::init(1), 3);
    let error = case.compare::<Faulty<AT>>(&Small::GRAPHS.training()).expect_err("a planted fault");
    assert!(error.contains("gradient of parameter leaf"), "{error}");
}

#[test]
fn a_wrong_sign_or_a_hundredth_in_the_gradient_of_any_parameter_of_a_model_is_found() {
    let mut starts = vec![];
    let mut at = 0;
    for parameter in Small::init(1).named_parameters() {
        starts.push((at, parameter.name));
        at += parameter.values.len();
    }
    // const arguments must be written out; the list says that they are all there
    let places = [0, 30, 36, 72, 78, 114, 150, 156, 192, 210];
    assert_eq!(starts.iter().map(|(at, _)| *at).collect::<Vec<_>>(), places);
    let name = |i: usize| starts[i].1.as_str();
    is_found::<0>(name(0));
    is_found::<30>(name(1));
    is_found::<36>(name(2));
    is_found::<72>(name(3));
    is_found::<78>(name(4));
    is_found::<114>(name(5));
    is_found::<150>(name(6));
    is_found::<156>(name(7));
    is_found::<192>(name(8));
    is_found::<210>(name(9));
    Faulty::<1>(Small::init(1)).gradient_check(1).expect("nothing starts at 1, so nothing is wrong");
}

/// The lines of a listing, changed.
fn changed(lines: &[&str], change: impl Fn(&str) -> String) -> Option<Listing> {
    let lines: Vec<String> = lines.iter().map(|line| change(line)).collect();
    Listing::read(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The network with one formula of its backward pass negated: that of number `left`, which counts down to nothing.
fn with_fault(network: &Block, left: &mut Option<usize>) -> Block {
    rewrite(network, &mut |graph: &mut Graph, node: &Node, inputs: &[Value]| {
        let Kind::Apply(op, attrs) = &node.kind else { return None };
        if op.name() != "formula" || !attrs.name("name").ends_with("_backward") {
            return None;
        }
        let here = *left == Some(0);
        *left = left.and_then(|n| n.checked_sub(1));
        let negated = named(attrs.name("name"), -attrs.formula("formula"));
        here.then(|| vec![graph.must(*op, negated, inputs)])
    })
}

#[test]
fn a_wrong_sign_in_any_formula_of_the_generated_backward_pass_is_found() {
    // code and graph differ in one sign: it does not matter which of them is wrong
    let case = model::Case::of(&Small::init(1), 3);
    let mut found = 0;
    loop {
        let (mut listing, mut left) = (Small::GRAPHS.training(), Some(found));
        listing.network = with_fault(&listing.network, &mut left);
        if left.is_some() {
            break;
        }
        let error = case.compare::<Small>(&listing).expect_err("a planted fault");
        assert!(error.contains("gradient of parameter leaf"), "{error}");
        found += 1;
    }
    assert!(found >= 3, "only {found} formulas in the backward pass");
    case.compare::<Small>(&Small::GRAPHS.training()).expect("without a fault they agree");
}

#[test]
fn a_graph_that_is_not_well_formed_is_found() {
    let listing = Small::GRAPHS.training();
    plywood_kernels::check::check(&listing.network).expect("the compiler's graphs are well formed");
    for (from, to) in
        [("[6,5]", "[5,6]"), ("transpose_b=true", "transpose_b=false"), (": [batch,3]", ": [batch,4]")]
    {
        let wrong =
            changed(Small::GRAPHS.training, |line| line.replace(from, to)).expect("it is still a graph");
        assert!(plywood_kernels::check::check(&wrong.network).is_err(), "{from} -> {to}");
    }
    assert_eq!(listing.network.parameters.len(), listing.gradients().len());
}
