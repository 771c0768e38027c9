use super::axes::{at, axis};
use super::{Argument, Arguments, Builder, Default, Given, Layer, Sample};
use crate::graph::Value;
use crate::ops::{AMAX, SUM, VARIANCE, amax, sum, variance};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// An argument, and how many numbers it asks for at least.
type Least = (&'static str, fn(&Arguments) -> usize);

/// The numbers along an axis of a sample as one: the axis disappears. PyTorch's `sum`, `mean`, `amax` and `var`.
pub struct Reduce {
    name: &'static str,
    doc: &'static str,
    arguments: &'static [Argument],
    /// The argument that says how many numbers there must be, and how many.
    least: Option<Least>,
    build: fn(&mut Builder, Value, usize, &Arguments) -> Result<Value, Mismatch>,
}

const AXIS: Argument = Argument::axis("the axis that disappears", Default::Required);

/// `Σ x`
pub static SUM_LAYER: Reduce = Reduce {
    name: "Sum",
    doc: "The sum along an axis, which disappears.",
    arguments: &[AXIS],
    least: None,
    build: |builder, x, axis, _| builder.graph.apply(&SUM, sum::over(axis..axis + 1), &[x]),
};
/// `Σ x / len`
pub static MEAN_LAYER: Reduce = Reduce {
    name: "Mean",
    doc: "The mean along an axis, which disappears.",
    arguments: &[AXIS],
    least: None,
    build: |builder, x, axis, _| builder.graph.apply(&SUM, sum::mean_over(axis..axis + 1), &[x]),
};
/// `max x`; of several that are equal, each gets an equal part of the gradient.
pub static MAX_LAYER: Reduce = Reduce {
    name: "Max",
    doc: "The largest along an axis, which disappears.",
    arguments: &[AXIS],
    least: None,
    build: |builder, x, axis, _| builder.graph.apply(&AMAX, amax::over(axis..axis + 1), &[x]),
};
/// `Σ (x - mean)² / (len - correction)`
pub static VARIANCE_LAYER: Reduce = Reduce {
    name: "Variance",
    doc: "`Σ (x - mean)² / (len - correction)` along an axis, which disappears.",
    arguments: &[
        AXIS,
        Argument::number(
            "correction",
            "1 for an estimate from a sample, 0 for the variance of what is there",
            1.0,
        )
        .must_be("at least 0", |given| matches!(given, Given::Number(c) if *c >= 0.0)),
    ],
    // of fewer the divisor is 0
    least: Some(("correction", |arguments| (arguments.number("correction") as usize).saturating_add(1))),
    build: |builder, x, axis, arguments| {
        let attrs = variance::over(axis..axis + 1, arguments.number("correction"));
        builder.graph.apply(&VARIANCE, attrs, &[x])
    },
};

impl Layer for Reduce {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn arguments(&self) -> &'static [Argument] {
        self.arguments
    }
    fn check(
        &self,
        input: &Shape,
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("axis");
        let axis = axis(input, arguments.axis("axis"), require)?;
        let Some((argument, least)) = self.least else { return Ok(()) };
        require.of(argument);
        require.require_le(0, "elements along the reduced axis", &Size::known(least(arguments)), &input[axis])
    }
    fn build(&self, builder: &mut Builder, x: Value, arguments: &Arguments) -> Result<Value, Mismatch> {
        let axis = at(builder.graph.shape(x), arguments.axis("axis"));
        (self.build)(builder, x, axis, arguments)
    }
    fn describe(&self, _: &Shape, arguments: &Arguments) -> String {
        format!("{}({})", self.name, arguments.axis("axis"))
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axis: i64| ("axis", Given::Axis(axis));
        let mut samples = vec![
            Sample::of(&[2, 3, 5], [along(0)]),
            Sample::of(&[2, 3, 5], [along(-1)]),
            Sample::of(&[3, 7], [along(0)]),
            Sample::refused(&[2, 3, 5], [along(2)]),
            Sample::refused(&[2, 3, 5], [along(-3)]),
        ];
        if let Some((argument, _)) = self.least {
            let too_many = |by: f64| [along(1), (argument, Given::Number(by))];
            samples.extend([2.5, 0.0].map(|by| Sample::of(&[2, 4, 3], too_many(by))));
            samples.extend([3.0, 1e9].map(|by| Sample::refused(&[2, 4, 3], too_many(by))));
            samples.push(Sample::refused(&[2, 4, 1], [along(1)]));
        }
        samples
    }
}
