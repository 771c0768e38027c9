use super::axes::{at, axis, swapped};
use super::{Argument, Arguments, Builder, Default, Given, Layer, Sample};
use crate::attrs::Attrs;
use crate::graph::Value;
use crate::ops::{self, TRANSPOSE};
use crate::shape::{Mismatch, Requirements, Shape};

/// `exp(x) / Σ exp(x)` along an axis of a sample, the last if none is given; with `log` its logarithm. PyTorch's
/// `Softmax` and `LogSoftmax`.
pub struct Softmax {
    log: bool,
}
/// `exp(x) / Σ exp(x)`
pub static SOFTMAX: Softmax = Softmax { log: false };
/// `x - ln Σ exp(x)`
pub static LOG_SOFTMAX: Softmax = Softmax { log: true };

impl Layer for Softmax {
    fn name(&self) -> &'static str {
        if self.log { "LogSoftmax" } else { "Softmax" }
    }
    fn doc(&self) -> &'static str {
        if self.log { "`x - ln Σ exp(x)` along an axis." } else { "`exp(x) / Σ exp(x)` along an axis." }
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] =
            &[Argument::axis("the axis whose numbers are summed", Default::Axis(-1))];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("axis");
        axis(inputs[0], arguments.axis("axis"), require).map(drop)
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let shape = builder.graph.shape(builder.inputs[0]);
        let (rank, axis) = (shape.len(), at(shape, arguments.axis("axis")));
        let op = if self.log { &ops::LOG_SOFTMAX } else { &ops::SOFTMAX };
        if axis + 1 == rank {
            return builder.graph.apply(op, Attrs::NONE, builder.inputs);
        }
        let x = builder.graph.apply(&TRANSPOSE, swapped(rank, axis, rank - 1), builder.inputs)?;
        let y = builder.graph.apply(op, Attrs::NONE, &[x])?;
        builder.graph.apply(&TRANSPOSE, swapped(rank, axis, rank - 1), &[y])
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        match arguments.axis("axis") {
            -1 => self.name().into(),
            axis => format!("{}({axis})", self.name()),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axis: i64| ("axis", Given::Axis(axis));
        vec![
            Sample::of(&[3, 5], []),
            Sample::of(&[2, 3, 5], [along(0)]),
            Sample::of(&[2, 3, 5, 4], [along(-2)]),
            Sample::refused(&[3, 5], [along(1)]),
            Sample::refused(&[3, 5], [along(-2)]),
            Sample::refused(&[3], []),
        ]
    }
}
