use super::axes::{at, axis};
use super::{Argument, Arguments, Builder, Default, Given, Layer, Sample};
use crate::graph::Value;
use crate::ops::{PAD, SLICE, slice};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// The `length` elements from `start` on along an axis of a sample. PyTorch's `narrow`.
pub struct Slice;

/// Elements of a constant value before and after those along an axis of a sample. PyTorch's `ConstantPad1d` and its
/// kin, one axis at a time.
pub struct Pad;

impl Layer for Slice {
    fn name(&self) -> &'static str {
        "Slice"
    }
    fn also(&self) -> &'static [&'static str] {
        &["Narrow"]
    }
    fn doc(&self) -> &'static str {
        "The `length` elements from `start` on along an axis."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::axis("the axis that is cut", Default::Required),
            Argument::size("start", "the first element that is kept", Default::Required).of_any(),
            Argument::size("length", "how many elements are kept", Default::Required),
        ];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        let input = inputs[0];
        require.of("axis");
        let axis = axis(input, arguments.axis("axis"), require)?;
        let start = arguments.size("start");
        if *start != Size::known(0) {
            require.of("start");
            require.require_le(0, "elements along the axis", &(start + &Size::known(1)), &input[axis])?;
        }
        require.of("length");
        let end = start + arguments.size("length");
        require.require_le(0, "elements along the axis", &end, &input[axis])
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let axis = at(builder.graph.shape(builder.inputs[0]), arguments.axis("axis"));
        let (start, length) = (arguments.size("start").clone(), arguments.size("length").clone());
        builder.graph.apply(&SLICE, slice::of(axis, start, length), builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        let (start, length) = (arguments.size("start"), arguments.size("length"));
        format!("Slice({}, start: {start}, length: {length})", arguments.axis("axis"))
    }
    fn samples(&self) -> Vec<Sample> {
        let cut = |axis: i64, start: usize, length: usize| {
            let [start, length] = [start, length].map(|size| Given::Size(Size::known(size)));
            [("axis", Given::Axis(axis)), ("start", start), ("length", length)]
        };
        vec![
            Sample::of(&[3, 7], cut(0, 2, 4)),
            Sample::of(&[2, 5, 7], cut(-2, 0, 3)),
            Sample::refused(&[3, 7], cut(0, 4, 4)),
            Sample::refused(&[3, 7], cut(1, 0, 1)),
        ]
    }
}

impl Layer for Pad {
    fn name(&self) -> &'static str {
        "Pad"
    }
    fn also(&self) -> &'static [&'static str] {
        &["ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d"]
    }
    fn doc(&self) -> &'static str {
        "Elements of a constant value before and after those along an axis."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::axis("the axis that grows", Default::Required),
            Argument::size("before", "elements before the first", Default::Size(0)).of_any(),
            Argument::size("after", "elements after the last", Default::Size(0)).of_any(),
            Argument::number("value", "what the new elements are", 0.0),
        ];
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
        let axis = at(shape, arguments.axis("axis"));
        let (before, after) = (arguments.size("before"), arguments.size("after"));
        let total = &(before + &shape[axis]) + after;
        let attrs = slice::padding(axis, before.clone(), total, arguments.number("value"));
        builder.graph.apply(&PAD, attrs, builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        let (before, after) = (arguments.size("before"), arguments.size("after"));
        let value = match arguments.number("value") {
            0.0 => String::new(),
            value => format!(", value: {value}"),
        };
        format!("Pad({}, before: {before}, after: {after}{value})", arguments.axis("axis"))
    }
    fn samples(&self) -> Vec<Sample> {
        let by = |axis: i64, before: usize, after: usize| {
            let [before, after] = [before, after].map(|size| Given::Size(Size::known(size)));
            [("axis", Given::Axis(axis)), ("before", before), ("after", after)]
        };
        let mut filled = by(-1, 0, 3).to_vec();
        filled.push(("value", Given::Number(-0.5)));
        vec![
            Sample::of(&[3, 7], by(0, 2, 1)),
            Sample::of(&[2, 5, 7], by(-2, 0, 3)),
            Sample::of(&[2, 5, 7], filled),
            Sample::refused(&[3, 7], by(1, 1, 1)),
        ]
    }
}
