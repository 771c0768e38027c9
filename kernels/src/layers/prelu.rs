use super::{Argument, Arguments, Builder, Default, Layer, Parameter};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::init::Init;
use crate::ops::{PRELU, RESHAPE};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `x` above 0, `weight x` below, with a learned slope for all or for each channel (He et al. 2015). PyTorch's `PReLU`:
/// channels are the first axis of a sample.
pub struct PRelu;

/// A sample that is one number is its own channel.
fn channels(input: &Shape) -> Size {
    input.get(1).cloned().unwrap_or(Size::known(1))
}

impl Layer for PRelu {
    fn name(&self) -> &'static str {
        "PRelu"
    }
    fn doc(&self) -> &'static str {
        "`x` above 0, `weight x` below; `weight` is learned, one for all or one for each number along the first axis."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::size(
                "num_parameters",
                "how many slopes: 1 for all, which it is if not given, or one for each channel",
                Default::Absent,
            ),
            Argument::number("init", "slope below 0 before training", 0.25),
        ];
        ARGUMENTS
    }
    fn fields(&self) -> &'static [&'static str] {
        &["weight"]
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("num_parameters");
        let count = arguments.optional_size("num_parameters").filter(|count| **count != Size::known(1));
        count.map_or(Ok(()), |count| require.require_eq(0, "channels", count, &channels(inputs[0])))
    }
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        let one = Size::known(1);
        let each = arguments.optional_size("num_parameters").is_some_and(|count| *count != one);
        let slopes = if each { channels(inputs[0]) } else { one };
        let init = Init::Constant(arguments.number("init"));
        Ok(vec![Parameter { name: "weight", shape: vec![slopes], init, decays: false, sparse: false }])
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        let x = builder.inputs[0];
        let Some(mut weight) = builder.parameter("weight") else { return Ok(x) };
        let inner = builder.graph.shape(x).len().saturating_sub(2);
        let slopes = builder.graph.shape(weight)[0].clone();
        if inner > 0 && slopes != Size::known(1) {
            // broadcasting aligns at the right, and channels come before all other axes of a sample
            let shape = std::iter::once(slopes).chain(vec![Size::known(1); inner]).collect();
            weight =
                builder.graph.apply(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(shape)), &[weight])?;
        }
        builder.graph.apply(&PRELU, Attrs::NONE, &[x, weight])
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        match arguments.optional_size("num_parameters") {
            Some(slopes) => format!("PRelu({slopes})"),
            None => "PRelu".into(),
        }
    }
}
