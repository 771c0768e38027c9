use super::axes::{at, axis, swapped};
use super::{Argument, ArgumentKind, Arguments, Builder, Default, Given, Layer, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::TRANSPOSE;
use crate::shape::{Mismatch, Requirements, Shape, display};

/// The axes of a sample in another order: axis `i` of what comes out is axis `axes[i]` of what goes in. PyTorch's
/// `permute`, the batch not counted.
pub struct Permute;

/// Two axes of a sample change places: PyTorch's `transpose`, and `mT` if nothing else is said.
pub struct Transpose;

impl Layer for Permute {
    fn name(&self) -> &'static str {
        "Permute"
    }
    fn doc(&self) -> &'static str {
        "The axes of a sample in another order."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[Argument {
            name: "axes",
            doc: "every axis of a sample once, in the order in which they come out",
            kind: ArgumentKind::Axes,
            default: Default::Required,
            check: None,
        }];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("axes");
        let (input, axes) = (inputs[0], arguments.axes("axes"));
        let rank = input.len() - 1;
        for axis in axes {
            super::axes::axis(input, *axis, require)?;
        }
        let there = |axis: usize| axes.iter().any(|given| at(input, *given) == axis + 1);
        if axes.len() == rank && (0..rank).all(there) {
            return Ok(());
        }
        let expected = format!("each axis of `{}` once", display(input));
        Err(require.wrong(expected, format!("`{axes:?}`")))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let shape = builder.graph.shape(builder.inputs[0]);
        let sample = arguments.axes("axes").iter().map(|axis| at(shape, *axis));
        let axes = std::iter::once(0).chain(sample).collect();
        builder.graph.apply(&TRANSPOSE, Attrs::NONE.with("axes", Attr::Axes(axes)), builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("Permute({:?})", arguments.axes("axes"))
    }
    fn samples(&self) -> Vec<Sample> {
        let by = |axes: &[i64]| ("axes", Given::Axes(axes.to_vec()));
        vec![
            Sample::of(&[2, 3, 5], [by(&[1, 0])]),
            Sample::of(&[2, 3, 5, 4], [by(&[-1, 0, 1])]),
            Sample::refused(&[2, 3, 5], [by(&[0])]),
            Sample::refused(&[2, 3, 5], [by(&[1, 1])]),
            Sample::refused(&[2, 3, 5], [by(&[1, -1])]),
            Sample::refused(&[2, 3, 5], [by(&[0, 1, 2])]),
        ]
    }
}

impl Layer for Transpose {
    fn name(&self) -> &'static str {
        "Transpose"
    }
    fn doc(&self) -> &'static str {
        "Two axes of a sample change places, the last two if nothing else is said."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument { name: "axis0", ..Argument::axis("the one axis", Default::Axis(-2)) },
            Argument { name: "axis1", ..Argument::axis("the other axis", Default::Axis(-1)) },
        ];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        ["axis0", "axis1"].into_iter().try_for_each(|name| {
            require.of(name);
            axis(inputs[0], arguments.axis(name), require).map(drop)
        })
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let shape = builder.graph.shape(builder.inputs[0]);
        let [a, b] = ["axis0", "axis1"].map(|name| at(shape, arguments.axis(name)));
        builder.graph.apply(&TRANSPOSE, swapped(shape.len(), a, b), builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        match ["axis0", "axis1"].map(|name| arguments.axis(name)) {
            [-2, -1] => "Transpose".into(),
            [a, b] => format!("Transpose({a}, axis1: {b})"),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |a: i64, b: i64| [("axis0", Given::Axis(a)), ("axis1", Given::Axis(b))];
        vec![
            Sample::of(&[2, 3, 5], []),
            Sample::of(&[2, 3, 5, 4], []),
            Sample::of(&[2, 3, 5, 4], of(0, -1)),
            Sample::of(&[2, 3, 5, 4], of(1, 0)),
            Sample::refused(&[2, 3], []),
            Sample::refused(&[2, 3, 5], of(0, 2)),
            Sample::refused(&[2, 3, 5], of(-3, 1)),
        ]
    }
}
