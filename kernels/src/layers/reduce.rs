use super::axes::{at, axis};
use super::{Argument, ArgumentKind, Arguments, Builder, Default, Given, Layer, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::{AMAX, AMIN, SUM, TRANSPOSE, VARIANCE, amax, reduction, sum, variance};
use crate::shape::{Mismatch, Requirements, Shape, Size, display};
use std::ops::Range;

/// An argument, and how many numbers it asks for at least.
type Least = (&'static str, fn(&Arguments) -> usize);

/// The numbers along axes of a sample as one: the axes disappear. PyTorch's `sum`, `mean`, `amax`, `amin` and `var`.
pub struct Reduce {
    name: &'static str,
    doc: &'static str,
    arguments: &'static [Argument],
    /// The argument that says how many numbers there must be, and how many.
    least: Option<Least>,
    /// Whether axes may disappear one after the other. Sums may be summed; but numbers that tie must all be known to
    /// share a gradient.
    in_turn: bool,
    /// The op over neighbouring axes.
    build: fn(&mut Builder, Value, Range<usize>, &Arguments) -> Result<Value, Mismatch>,
}

const AXIS: Argument = Argument {
    kind: ArgumentKind::AxisOrAxes,
    ..Argument::axis("the axis that disappears, or several as `[1, 2]`", Default::Required)
};

/// `Σ x`
pub static SUM_LAYER: Reduce = Reduce {
    name: "Sum",
    doc: "The sum along an axis or several, which disappear.",
    arguments: &[AXIS],
    least: None,
    in_turn: true,
    build: |builder, x, axes, _| builder.graph.apply(&SUM, sum::over(axes), &[x]),
};
/// `Σ x / len`
pub static MEAN_LAYER: Reduce = Reduce {
    name: "Mean",
    doc: "The mean along an axis or several, which disappear.",
    arguments: &[AXIS],
    least: None,
    in_turn: true,
    build: |builder, x, axes, _| builder.graph.apply(&SUM, sum::mean_over(axes), &[x]),
};
/// `max x`; of several that are equal, each gets an equal part of the gradient.
pub static MAX_LAYER: Reduce = Reduce {
    name: "Max",
    doc: "The largest along an axis or several, which disappear.",
    arguments: &[AXIS],
    least: None,
    in_turn: false,
    build: |builder, x, axes, _| builder.graph.apply(&AMAX, amax::over(axes), &[x]),
};
/// `min x`; of several that are equal, each gets an equal part of the gradient.
pub static MIN_LAYER: Reduce = Reduce {
    name: "Min",
    doc: "The smallest along an axis or several, which disappear.",
    arguments: &[AXIS],
    least: None,
    in_turn: false,
    build: |builder, x, axes, _| builder.graph.apply(&AMIN, amax::over(axes), &[x]),
};
/// `Σ (x - mean)² / (len - correction)`
pub static VARIANCE_LAYER: Reduce = Reduce {
    name: "Variance",
    doc: "`Σ (x - mean)² / (len - correction)` along an axis or several, which disappear.",
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
    in_turn: false,
    build: |builder, x, axes, arguments| {
        let attrs = variance::over(axes, arguments.number("correction"));
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
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        let input = inputs[0];
        require.of("axis");
        let given = arguments.axes("axis");
        let mut axes = given.iter().map(|one| axis(input, *one, require)).collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        if let Some(pair) = axes.windows(2).find(|pair| pair[0] == pair[1]) {
            let expected = format!("different axes of `{}`", display(input));
            return Err(require.wrong(expected, format!("`{given:?}`, axis {} twice", pair[0] - 1)));
        }
        let Some((argument, least)) = self.least else { return Ok(()) };
        require.of(argument);
        let what = match axes.len() {
            1 => "elements along the reduced axis",
            _ => "elements along the reduced axes",
        };
        let len = axes.iter().fold(Size::known(1), |len, axis| &len * &input[*axis]);
        require.require_le(0, what, &Size::known(least(arguments)), &len)
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let mut x = builder.inputs[0];
        let shape = builder.graph.shape(x);
        let rank = shape.len();
        let mut axes: Vec<usize> = arguments.axes("axis").iter().map(|axis| at(shape, *axis)).collect();
        axes.sort_unstable();
        if !self.in_turn && reduction::runs(&axes).count() > 1 {
            // to where the last of them is: so what lies within moves in one piece
            let end = axes[axes.len() - 1] + 1;
            let others = (0..end).filter(|axis| !axes.contains(axis));
            let order = others.chain(axes.iter().copied()).chain(end..rank).collect();
            x = builder.graph.apply(&TRANSPOSE, Attrs::NONE.with("axes", Attr::Axes(order)), &[x])?;
            axes = (end - axes.len()..end).collect();
        }
        reduction::runs(&axes).try_fold(x, |x, run| (self.build)(builder, x, run, arguments))
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        match arguments.axes("axis") {
            [axis] => format!("{}({axis})", self.name),
            axes => format!("{}({axes:?})", self.name),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axes: &[i64]| ("axis", Given::Axes(axes.to_vec()));
        let mut samples = vec![
            Sample::of(&[2, 3, 5], [along(&[0])]),
            Sample::of(&[2, 3, 5], [along(&[-1])]),
            Sample::of(&[3, 7], [along(&[0])]),
            Sample::of(&[2, 3, 5], [along(&[0, 1])]),
            Sample::of(&[2, 3, 5, 4], [along(&[-1, 1])]),
            Sample::of(&[2, 3, 5, 4], [along(&[0, -1])]),
            Sample::of(&[2, 3, 2, 5, 4], [along(&[2, 0])]),
            Sample::refused(&[2, 3, 5], [along(&[2])]),
            Sample::refused(&[2, 3, 5], [along(&[-3])]),
            Sample::refused(&[2, 3, 5], [along(&[0, 2])]),
            Sample::refused(&[2, 3, 5], [along(&[1, 1])]),
            Sample::refused(&[2, 3, 5], [along(&[1, -1])]),
        ];
        if let Some((argument, _)) = self.least {
            let by = |axes: &[i64], by: f64| [along(axes), (argument, Given::Number(by))];
            samples.extend([2.5, 0.0].map(|number| Sample::of(&[2, 4, 3], by(&[1], number))));
            samples.extend([3.0, 1e9].map(|number| Sample::refused(&[2, 4, 3], by(&[1], number))));
            samples.push(Sample::of(&[2, 2, 4, 3], by(&[0, 2], 5.0)));
            samples.push(Sample::refused(&[2, 2, 4, 3], by(&[0, 2], 6.0)));
            samples.push(Sample::refused(&[2, 4, 1], [along(&[1])]));
        }
        samples
    }
}
