//! What makes one value of several: applied by name in `forward`, and by branches.
use super::axes::{at, axis};
use super::{Argument, Arguments, Arity, Builder, Default, Given, Layer, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::op::Op;
use crate::ops::{self, BATCH_MATMUL, CONCAT, RESHAPE, elementwise::Binary, matmul::transposed, slice};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// An elementwise function of two values of one shape: nothing is broadcast unasked.
pub struct Joined {
    name: &'static str,
    doc: &'static str,
    also: &'static [&'static str],
    op: &'static Binary,
    arity: Arity,
}

/// The sum of values of one shape.
pub static ADD: Joined = Joined {
    name: "add",
    doc: "The sum of values of one shape.",
    also: &["sum_of", "plus", "add_n"],
    op: &ops::ADD,
    arity: Arity::AtLeast(2),
};
/// The difference of two values of one shape.
pub static SUB: Joined = Joined {
    name: "sub",
    doc: "The difference of two values of one shape.",
    also: &["subtract", "minus"],
    op: &ops::SUB,
    arity: Arity::Exactly(2),
};
/// The product of values of one shape, number by number.
pub static MUL: Joined = Joined {
    name: "mul",
    doc: "The product of values of one shape, number by number.",
    also: &["multiply", "times", "prod_of"],
    op: &ops::MUL,
    arity: Arity::AtLeast(2),
};
/// The quotient of two values of one shape, number by number.
pub static DIV: Joined = Joined {
    name: "div",
    doc: "The quotient of two values of one shape, number by number.",
    also: &["divide", "true_divide"],
    op: &ops::DIV,
    arity: Arity::Exactly(2),
};
/// The greatest of values of one shape, number by number.
pub static MAXIMUM: Joined = Joined {
    name: "maximum",
    doc: "The greatest of values of one shape, number by number.",
    also: &["fmax"],
    op: &ops::MAX,
    arity: Arity::AtLeast(2),
};
/// The least of values of one shape, number by number.
pub static MINIMUM: Joined = Joined {
    name: "minimum",
    doc: "The least of values of one shape, number by number.",
    also: &["fmin"],
    op: &ops::MIN,
    arity: Arity::AtLeast(2),
};
/// The first value to the power of the second, number by number.
pub static POWER: Joined = Joined {
    name: "power",
    doc: "The first value to the power of the second, number by number.",
    also: &["float_power"],
    op: &ops::POW,
    arity: Arity::Exactly(2),
};

impl Layer for Joined {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn also(&self) -> &'static [&'static str] {
        self.also
    }
    fn inputs(&self) -> Arity {
        self.arity
    }
    fn check(&self, inputs: &[&Shape], _: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
        let mut others = inputs.iter().enumerate().skip(1);
        others.try_for_each(|(k, other)| require.require_same(k, inputs[0], other))
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let (first, others) = (builder.inputs[0], &builder.inputs[1..]);
        others.iter().try_fold(first, |joined, other| {
            builder.graph.apply(self.op as &dyn Op, Attrs::NONE, &[joined, *other])
        })
    }
    fn samples(&self) -> Vec<Sample> {
        let two = Sample::of(&[3, 4], []).and(&[3, 4]);
        let more = matches!(self.arity, Arity::AtLeast(_)).then(|| two.clone().and(&[3, 4]));
        let refused =
            [Sample::refused(&[3, 4], []).and(&[3, 5]), Sample::refused(&[3, 4], []).and(&[3, 2, 4])];
        [two, Sample::of(&[2], []).and(&[2])].into_iter().chain(more).chain(refused).collect()
    }
    fn domain(&self) -> (f64, f64) {
        // a power, and a quotient, of positive numbers
        (0.5, 2.0)
    }
}

/// Values one after the other along an axis of a sample. PyTorch's `cat`.
pub struct Concat;

impl Layer for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn doc(&self) -> &'static str {
        "Values one after the other along an axis."
    }
    fn also(&self) -> &'static [&'static str] {
        &["cat", "concatenate", "hstack", "vstack"]
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] =
            &[Argument::axis("the axis along which they are joined", Default::Required)];
        ARGUMENTS
    }
    fn inputs(&self) -> Arity {
        Arity::AtLeast(1)
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("axis");
        axis(inputs[0], arguments.axis("axis"), require).map(|_| ())
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let axis = at(builder.graph.shape(builder.inputs[0]), arguments.axis("axis"));
        match builder.inputs {
            [only] => Ok(*only),
            inputs => builder.graph.apply(&CONCAT, slice::along(axis), inputs),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axis: i64| [("axis", Given::Axis(axis))];
        vec![
            Sample::of(&[3, 4], along(0)).and(&[3, 5]),
            Sample::of(&[2, 3, 4], along(-2)).and(&[2, 5, 4]).and(&[2, 1, 4]),
            Sample::of(&[3, 4], along(0)),
            Sample::refused(&[3, 4], along(1)).and(&[3, 4]),
            Sample::refused(&[2, 3, 4], along(0)).and(&[2, 3, 5]),
        ]
    }
}

/// Values of one shape side by side along a new axis of a sample. PyTorch's `stack`.
pub struct Stack;

impl Layer for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }
    fn doc(&self) -> &'static str {
        "Values of one shape side by side along a new axis."
    }
    fn also(&self) -> &'static [&'static str] {
        &["dstack", "column_stack"]
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] =
            &[Argument::axis("the new axis, among those of what comes out", Default::Axis(0))];
        ARGUMENTS
    }
    fn inputs(&self) -> Arity {
        Arity::AtLeast(1)
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        let mut others = inputs.iter().enumerate().skip(1);
        others.try_for_each(|(k, other)| require.require_same(k, inputs[0], other))?;
        require.of("axis");
        axis(&wider(inputs[0]), arguments.axis("axis"), require).map(|_| ())
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let mut shape = builder.graph.shape(builder.inputs[0]).clone();
        let axis = at(&wider(&shape), arguments.axis("axis"));
        shape.insert(axis, Size::known(1));
        let attrs = Attrs::NONE.with("shape", Attr::Shape(shape));
        let mut slices = vec![];
        for input in builder.inputs {
            slices.push(builder.graph.apply(&RESHAPE, attrs.clone(), &[*input])?);
        }
        match slices.as_slice() {
            [only] => Ok(*only),
            slices => builder.graph.apply(&CONCAT, slice::along(axis), slices),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axis: i64| [("axis", Given::Axis(axis))];
        vec![
            Sample::of(&[3, 4], []).and(&[3, 4]),
            Sample::of(&[3, 4], along(-1)).and(&[3, 4]).and(&[3, 4]),
            Sample::of(&[2, 3, 4], along(1)).and(&[2, 3, 4]),
            Sample::of(&[3, 4], along(1)),
            Sample::of(&[3], along(0)).and(&[3]),
            Sample::refused(&[3, 4], []).and(&[3, 5]),
            Sample::refused(&[3, 4], along(2)).and(&[3, 4]),
            Sample::refused(&[3, 4], along(-3)).and(&[3, 4]),
        ]
    }
}

/// A value with one more axis.
fn wider(shape: &Shape) -> Shape {
    [shape.as_slice(), &[Size::known(1)]].concat()
}

/// The product of matrices: `a` of shape `[.., m, k]` and `b` of `[.., k, n]` for each sample, with the same leading axes.
/// PyTorch's `matmul` of two values of a batch.
pub struct MatMul;

impl Layer for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn doc(&self) -> &'static str {
        "The products of the matrices `[m, k]` and `[k, n]` of each sample."
    }
    fn also(&self) -> &'static [&'static str] {
        &["mm", "bmm", "dot"]
    }
    fn inputs(&self) -> Arity {
        Arity::Exactly(2)
    }
    fn check(&self, inputs: &[&Shape], _: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
        for (k, input) in inputs.iter().enumerate() {
            require.require_le(k, "axes", &Size::known(2), &Size::known(input.len() - 1))?;
        }
        Ok(())
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        builder.graph.apply(&BATCH_MATMUL, transposed(false, false), builder.inputs)
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[2, 3, 4], []).and(&[2, 4, 5]),
            Sample::of(&[2, 7, 3, 4], []).and(&[2, 7, 4, 5]),
            Sample::refused(&[2, 3, 4], []).and(&[2, 5, 6]),
            Sample::refused(&[3, 4], []).and(&[3, 4]),
        ]
    }
}
