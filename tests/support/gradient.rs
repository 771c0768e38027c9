//! Ops and layers in graphs of their own: derivatives against differences.
use crate::numbers::numbers;
use crate::sample;
use plywood_kernels::check::check;
use plywood_kernels::compiler::autodiff::differentiate;
use plywood_kernels::cpu::Random;
use plywood_kernels::graph::{Block, Graph, Kind, Value};
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::op::{Op, Sample, Tested};
use plywood_kernels::shape::{Mismatch, shape};
use plywood_kernels::types::{Element, Type};

/// A graph of known sizes and the numbers of its leaves: leaf `k` is [`Kind::Input`] `k`.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The graph.
    pub graph: Graph,
    /// What is computed.
    pub root: Value,
    /// The leaves and their numbers.
    pub leaves: Vec<(Value, Vec<f64>)>,
    /// The leaves that can be differentiated by.
    pub variable: Vec<Value>,
}

/// What a comparison saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// Derivatives that agree.
    pub slopes: usize,
    /// Those of them that are not 0.
    pub alive: usize,
}
impl std::ops::AddAssign for Compared {
    fn add_assign(&mut self, other: Compared) {
        self.slopes += other.slopes;
        self.alive += other.alive;
    }
}

/// Numbers of one leaf that are compared at most.
const COORDINATES: usize = 120;
const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 1e-7;

impl Expression {
    /// An op applied to a sample of its own; the shape rule's complaint if it has one.
    pub fn of(op: &'static dyn Tested, sample: &Sample) -> Result<Expression, Mismatch> {
        Expression::of_other(op, op, sample)
    }

    /// An op applied to a sample of a row.
    pub fn of_other(op: &'static dyn Op, row: &dyn Tested, sample: &Sample) -> Result<Expression, Mismatch> {
        let mut expression =
            Expression { graph: Graph::default(), root: Value(0), leaves: vec![], variable: vec![] };
        // what must be refused has no numbers
        let mut inputs = if sample.accepted { sample::inputs(row, sample) } else { vec![] }.into_iter();
        for (k, sizes) in sample.shapes.iter().enumerate() {
            let value = match op.operand(k) {
                Element::F32 => expression.leaf(sizes, true),
                Element::U32 => expression.indices(sizes),
            };
            if let Some(input) = inputs.next() {
                expression.leaves[value.0].1 = input;
            }
        }
        let inputs: Vec<Value> = expression.leaves.iter().map(|(value, _)| *value).collect();
        expression.root = expression.graph.apply(op, sample.attrs.clone(), &inputs)?;
        Ok(expression)
    }

    /// A new leaf with numbers of its own.
    pub fn leaf(&mut self, sizes: &[usize], variable: bool) -> Value {
        let value = self.leaf_of(Type::real(shape(sizes)), sizes);
        self.variable.extend(variable.then_some(value));
        value
    }

    /// A new leaf of indices, for which numbers must be found.
    pub fn indices(&mut self, sizes: &[usize]) -> Value {
        self.leaf_of(Type::index(shape(sizes)), sizes)
    }

    fn leaf_of(&mut self, ty: Type, sizes: &[usize]) -> Value {
        let k = self.leaves.len();
        let value = self.graph.leaf_of(Kind::Input(k), ty);
        self.leaves.push((value, numbers(k as u32 + 10, sizes.iter().product())));
        value
    }

    /// The graph as a block that gives the root.
    pub fn block(&self) -> Block {
        Block::of("", self.graph.clone(), vec![self.root], 0.into())
    }

    /// The sizes of a value.
    pub fn sizes(&self, value: Value) -> Vec<usize> {
        self.graph.shape(value).iter().map(|size| size.as_known().expect("sizes here are numbers")).collect()
    }

    /// The numbers of every node.
    pub fn evaluate(&self) -> Vec<Vec<f64>> {
        self.evaluate_with(sample::random())
    }

    /// The numbers of every node with these random numbers.
    pub fn evaluate_with(&self, random: Random) -> Vec<Vec<f64>> {
        let leaf = |kind: &Kind| match kind {
            Kind::Input(k) => self.leaves[*k].1.clone(),
            other => unreachable!("{other:?} is no leaf here"),
        };
        let symbol = |name: &str| unreachable!("no symbol `{name}` here");
        interpret(&self.graph, &Bindings { batch: 1, symbol: &symbol, random, leaf: &leaf })
    }

    /// Appends the gradients of `Σ seed · root` by every variable leaf, the seed being a leaf too; gives one expression
    /// per gradient that is not 0 everywhere, and the comparison of all of them with differences.
    pub fn differentiate(&self) -> Result<(Vec<Expression>, Compared), String> {
        let mut own = self.clone();
        let seed = own.leaf(&self.sizes(self.root), true);
        let plain = own.clone();
        let gradients = differentiate(&mut own.graph, &[(self.root, seed)], &self.variable);
        check(&own.block())?;
        let nodes = own.evaluate();
        let mut compared = Compared::default();
        let mut found = vec![];
        for (leaf, gradient) in self.variable.iter().zip(gradients) {
            let zeros;
            let derived = match gradient {
                Some(g) if own.graph.shape(g) != own.graph.shape(*leaf) => {
                    return Err(format!("the gradient of node {} has shape {:?}", leaf.0, own.sizes(g)));
                }
                Some(g) => &nodes[g.0],
                None => {
                    zeros = vec![0.0; own.sizes(*leaf).iter().product()];
                    &zeros
                }
            };
            compared += plain.clone().compare(*leaf, seed, derived)?;
            if let Some(root) = gradient {
                found.push(Expression { root, ..own.clone() });
            }
        }
        Ok((found, compared))
    }

    /// Compares `derived` with differences of `Σ seed · root` by `leaf`.
    fn compare(mut self, leaf: Value, seed: Value, derived: &[f64]) -> Result<Compared, String> {
        let mut compared = Compared::default();
        let k = self.leaves.iter().position(|(value, _)| *value == leaf).expect("it is a leaf");
        let len = derived.len();
        for c in 0..len.min(COORDINATES) {
            // all of few, else spread over all
            let i = if len <= COORDINATES { c } else { (c * 7919) % len };
            let before = self.leaves[k].1[i];
            let mut at = |x: f64| {
                self.leaves[k].1[i] = x;
                let nodes = self.evaluate();
                nodes[self.root.0].iter().zip(&nodes[seed.0]).map(|(y, d)| y * d).sum::<f64>()
            };
            let measured = (at(before + STEP) - at(before - STEP)) / (2.0 * STEP);
            at(before);
            // a difference that is no number is no agreement
            let agree = (measured - derived[i]).abs() <= TOLERANCE * (1.0 + measured.abs());
            if !agree {
                return Err(format!(
                    "by number {i} of leaf {k}: {:e} derived, {measured:e} by differences",
                    derived[i]
                ));
            }
            compared.slopes += 1;
            compared.alive += usize::from(measured.abs() > 1e-6);
        }
        Ok(compared)
    }

    /// Whether every op in it knows its gradient.
    pub fn differentiable(&self) -> bool {
        let knows = |kind: &Kind| !matches!(kind, Kind::Apply(op, ..) if !op.differentiable());
        self.graph.nodes().iter().all(|node| knows(&node.kind))
    }
}
