//! What fusion makes and planning places: the statements of generated code, before they are text.
use crate::graph::{Block, Call, Value};
use crate::op::{CallArgument, Op};
use crate::scalar::Expr;
use crate::shape::{Shape, Size};
use std::collections::HashMap;
use std::rc::Rc;

/// A block as steps. The functions of blocks that it calls hang below it, one for each kind of block.
pub struct Fused {
    /// The block, whose body has the values.
    pub block: Rc<Block>,
    /// What runs, in order: forward steps, then backward ones.
    pub steps: Vec<Step>,
    /// What the caller must still have when the backward part runs.
    pub reads_back: ReadsBack,
}

/// What the backward part of a block reads of its caller's.
#[derive(Clone, Debug, Default)]
pub struct ReadsBack {
    /// Whether it reads each input.
    pub inputs: Vec<bool>,
    /// Whether it reads each output.
    pub outputs: Vec<bool>,
}

/// Fused blocks, by where they lie.
pub type Functions = HashMap<usize, Rc<Fused>>;

/// One statement of generated code.
#[derive(Clone)]
pub struct Step {
    /// What runs.
    pub work: Work,
    /// What it makes, by what reshaped values are other names for.
    pub outputs: Vec<Value>,
    /// Whether it is part of the backward pass.
    pub backward: bool,
}

/// What a step runs.
#[derive(Clone)]
pub enum Work {
    /// An elementwise formula; the output is seen as rows of `columns` numbers.
    Map {
        /// The formula.
        rule: Rule,
        /// What it reads.
        operands: Vec<Operand>,
        /// How wide a row is.
        columns: Size,
    },
    /// A matrix product with a formula on its sums.
    Product {
        /// The first factor.
        a: Factor,
        /// The second factor.
        b: Factor,
        /// The formula.
        rule: Rule,
        /// What it reads, the sums first.
        operands: Vec<Operand>,
    },
    /// A sum over the middle axis of a value, seen as `[outer][len][inner]`.
    Sum(Summed),
    /// A value repeated to the output's shape.
    Broadcast {
        /// What is repeated.
        x: Value,
        /// The shape in which it is seen.
        from: Shape,
        /// Whether each number is divided by how often it is repeated.
        mean: bool,
    },
    /// A kernel of the op's own.
    Kernel(Kernel),
    /// Runs of a block.
    Call(Run),
    /// Their reverse, made from what they kept.
    Reverse(RunBack),
    /// The gradient of the parameter of that number goes to its destination.
    Gradient(usize, Contribution),
}

/// A kernel of an op's own, and what it is given.
#[derive(Clone)]
pub struct Kernel {
    /// The op.
    pub op: &'static dyn Op,
    /// The kernel's path below `ops`.
    pub path: &'static str,
    /// What it reads, by what reshaped values are other names for.
    pub inputs: Vec<Value>,
    /// The shapes in which it sees these.
    pub shapes: Vec<Shape>,
    /// What it is given after its results.
    pub arguments: Vec<CallArgument>,
    /// How many numbers it works in besides.
    pub workspace: Size,
}

/// The forward part of a call.
#[derive(Clone)]
pub struct Run {
    /// The call.
    pub call: Rc<Call>,
    /// What runs.
    pub function: Rc<Fused>,
    /// The inputs of the first run, by what reshaped values are other names for.
    pub inputs: Vec<Value>,
    /// The parameters of the first run's block.
    pub parameters: Vec<Value>,
}

/// The backward part of a call.
#[derive(Clone)]
pub struct RunBack {
    /// The forward part.
    pub run: Run,
    /// What the forward part made.
    pub outputs: Vec<Value>,
    /// The gradient of each output that has one.
    pub seeds: Vec<Option<Value>>,
    /// What there is already of the gradients of parameters, by their numbers in the block: the runs add to it.
    pub onto: Vec<(usize, Value)>,
    /// The result for each input, parameter and row that has one.
    pub results: Results,
    /// Whether the gradients of parameters are collected here, since there are several contributions to them; else they
    /// go to their destination as they are made.
    pub collects: bool,
}

/// The results of a reverse, by what they are of.
#[derive(Clone, Default)]
pub struct Results {
    /// The gradient of each input.
    pub inputs: Vec<Option<Value>>,
    /// The gradient of each parameter.
    pub parameters: Vec<Option<Value>>,
    /// The rows of deferred products.
    pub rows: Vec<Value>,
}

/// How a gradient is made.
#[derive(Clone)]
pub enum Contribution {
    /// As a product.
    Product(Factor, Factor),
    /// As a sum.
    Sum(Summed),
    /// By the rows of a table that indices name.
    Rows {
        /// The indices.
        indices: Value,
        /// A row for each of them.
        values: Value,
        /// Their order.
        order: Value,
        /// How wide a row is.
        columns: Size,
        /// The index whose row has no gradient.
        padding: Option<Size>,
    },
    /// It is there already.
    Store(Value),
    /// Nothing depends on the parameter: it is 0.
    Nothing,
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
    /// The values it reads, by what reshaped values are other names for.
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
            Work::Kernel(kernel) => kernel.inputs.clone(),
            Work::Call(run) => [run.inputs.as_slice(), &run.parameters].concat(),
            Work::Reverse(back) => {
                let ReadsBack { inputs, outputs } = &back.run.function.reads_back;
                let read = |values: &[Value], read: &[bool]| {
                    values.iter().zip(read).filter(|(_, read)| **read).map(|(v, _)| *v).collect::<Vec<_>>()
                };
                let mut reads = read(&back.run.inputs, inputs);
                reads.extend(read(&back.outputs, outputs));
                // a carried input is an output of the run before
                for (k, entering) in back.run.call.inputs.iter().enumerate() {
                    if let crate::graph::Entering::Carried(output) = entering
                        && inputs[k]
                    {
                        reads.push(back.outputs[*output]);
                    }
                }
                reads.extend(back.seeds.iter().flatten());
                reads.extend(back.onto.iter().map(|(_, value)| *value));
                reads.extend(&back.run.parameters);
                reads
            }
            Work::Gradient(_, Contribution::Product(a, b)) => vec![a.value, b.value],
            Work::Gradient(_, Contribution::Rows { indices, values, order, .. }) => {
                vec![*indices, *values, *order]
            }
            Work::Gradient(_, Contribution::Nothing) => vec![],
        }
    }

    /// The values whose place its result may take: a formula reads each of their numbers for the element of the result that
    /// takes its place, before that is written, and for nothing else.
    pub fn overwritable(&self) -> Vec<Value> {
        let (operands, factors) = match &self.work {
            Work::Map { operands, .. } => (operands, vec![]),
            Work::Product { a, b, operands, .. } => (operands, vec![a.value, b.value]),
            _ => return vec![],
        };
        let otherwise = |o: &Operand| !matches!(o.source, Source::Full | Source::Sums | Source::Uniform);
        let mut values: Vec<Value> =
            operands.iter().filter(|o| o.source == Source::Full).map(|o| o.value).collect();
        values.sort_unstable();
        values.dedup();
        values.retain(|v| !factors.contains(v) && !operands.iter().any(|o| otherwise(o) && o.value == *v));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::argument;

    #[test]
    fn results_take_the_place_of_what_is_read_number_for_number_and_not_otherwise() {
        let operand = |(source, value)| Operand { source, value: Value(value) };
        let rule = || Rule { formula: argument(0), words: String::new() };
        let factor = |value| Factor { value: Value(value), columns: 3.into(), transposed: false };
        let step = |work| Step { work, outputs: vec![Value(9)], backward: false };
        let map = |of: &[(Source, usize)]| {
            let operands = of.iter().copied().map(operand).collect();
            step(Work::Map { rule: rule(), operands, columns: 3.into() }).overwritable()
        };
        let product = |of: &[(Source, usize)]| {
            let operands = of.iter().copied().map(operand).collect();
            step(Work::Product { a: factor(0), b: factor(1), rule: rule(), operands }).overwritable()
        };
        use Source::{Column, Full, Row, Scalar, Sums, Uniform};
        assert_eq!(map(&[(Full, 2), (Full, 0), (Full, 2), (Uniform, 1)]), [Value(0), Value(2)]);
        for source in [Row, Column, Scalar] {
            assert_eq!(map(&[(source, 0), (Full, 1)]), [Value(1)]);
            assert_eq!(map(&[(Full, 0), (source, 0), (Full, 1)]), [Value(1)]);
        }
        assert_eq!(product(&[(Sums, 5), (Full, 2)]), [Value(2)]);
        // factors are read after the first element is written
        assert_eq!(product(&[(Sums, 5), (Full, 0), (Full, 1)]), []);
        assert_eq!(step(Work::Broadcast { x: Value(0), from: vec![], mean: false }).overwritable(), []);
    }
}
