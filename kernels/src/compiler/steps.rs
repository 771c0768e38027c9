//! What fusion makes and planning places: the statements of generated code, before they are text.
#![allow(missing_docs, reason = "fields are said by their variants")]
use crate::graph::{Region, Value};
use crate::op::CallArgument;
use crate::scalar::Expr;
use crate::shape::{Shape, Size};
use std::rc::Rc;

/// One statement of generated code.
#[derive(Clone, Debug)]
pub struct Step {
    /// What runs.
    pub work: Work,
    /// What it writes.
    pub output: Option<Value>,
    /// Whether it is part of the backward pass.
    pub backward: bool,
    /// What its result is called.
    pub label: String,
}

/// What a step runs.
#[derive(Clone, Debug)]
pub enum Work {
    /// An elementwise formula; the output is seen as rows of `columns` numbers.
    Map { rule: Rule, operands: Vec<Operand>, columns: Size },
    /// A matrix product with a formula on its sums.
    Product { a: Factor, b: Factor, rule: Rule, operands: Vec<Operand> },
    /// A sum over the middle axis of `x`, seen as `[outer][len][inner]`.
    Sum(Summed),
    /// `x`, seen in the shape `from`, repeated to the output's shape.
    Broadcast { x: Value, from: Shape, mean: bool },
    /// A kernel by name, given some of the inputs, seen in these shapes, and what else its arguments say.
    Call { kernel: &'static str, inputs: Vec<Value>, shapes: Vec<Shape>, arguments: Vec<CallArgument> },
    /// A block, iteration by iteration.
    Repeat { region: Rc<Region>, inputs: Vec<Value> },
    /// Its reverse, made from what `forward` kept.
    RepeatBackward { region: Rc<Region>, inputs: Vec<Value>, forward: Value },
    /// The gradient of parameter leaf `.0` goes to its destination.
    Gradient(usize, Contribution),
}

/// How a gradient is made.
#[derive(Clone, Debug)]
pub enum Contribution {
    /// As a product.
    Product { a: Factor, b: Factor },
    /// As a sum.
    Sum(Summed),
    /// It is there already.
    Store(Value),
}

/// A formula and the words its name is made of.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Over the operands in order.
    pub formula: Expr,
    /// `bias_relu`
    pub words: String,
}

/// Where an operand of a formula comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The product's sums.
    Sums,
    /// One number per element.
    Full,
    /// One number per column.
    Row,
    /// One number per row.
    Column,
    /// One number.
    Scalar,
    /// Random numbers, of the stream that the value says.
    Uniform,
}

/// An operand of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operand {
    /// How it is read.
    pub source: Source,
    /// What is read.
    pub value: Value,
}

/// A matrix: `value` as rows of `columns` numbers, then perhaps transposed.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The numbers.
    pub value: Value,
    /// Numbers per stored row.
    pub columns: Size,
    /// Whether rows and columns change places.
    pub transposed: bool,
}

/// What is summed.
#[derive(Clone, Debug)]
pub struct Summed {
    /// The numbers.
    pub value: Value,
    /// How many are summed into one.
    pub len: Size,
    /// How far apart they lie.
    pub inner: Size,
    /// Whether the sum is divided by `len`.
    pub mean: bool,
}

impl Step {
    /// The values it reads; reshaped ones by what they were before.
    pub fn reads(&self) -> Vec<Value> {
        let operands = |ops: &[Operand]| -> Vec<Value> {
            let stored = |o: &&Operand| !matches!(o.source, Source::Sums | Source::Uniform);
            ops.iter().filter(stored).map(|o| o.value).collect()
        };
        match &self.work {
            Work::Map { operands: ops, .. } => operands(ops),
            Work::Product { a, b, operands: ops, .. } => [vec![a.value, b.value], operands(ops)].concat(),
            Work::Sum(summed) | Work::Gradient(_, Contribution::Sum(summed)) => vec![summed.value],
            Work::Broadcast { x, .. } | Work::Gradient(_, Contribution::Store(x)) => vec![*x],
            Work::Call { inputs, .. } | Work::Repeat { inputs, .. } => inputs.clone(),
            Work::RepeatBackward { inputs, forward, .. } => [inputs.as_slice(), &[*forward]].concat(),
            Work::Gradient(_, Contribution::Product { a, b }) => vec![a.value, b.value],
        }
    }
}
