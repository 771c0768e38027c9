use super::{Argument, Arguments, Builder, Default, Given, Layer, Parameter, Sample};
use crate::graph::Value;
use crate::init::Init;
use crate::ops::{LAYER_NORM, RMS_NORM, layer_norm};
use crate::shape::{Mismatch, Requirements, Shape, Size, display, shape};

/// `y = (x - mean) / √(variance + eps) · weight + bias` over the trailing axes of a sample that `normalized_shape`
/// names, the last if it names none (Ba, Kiros and Hinton 2016). PyTorch's `LayerNorm`.
pub struct LayerNorm;

/// `y = x / √(mean of x² + eps) · weight` over the same axes (Zhang and Sennrich 2019). PyTorch's `RMSNorm`, whose `eps`
/// is the distance from 1 to the next `f32`.
pub struct RmsNorm;

const fn normalized_shape() -> Argument {
    Argument::shape(
        "normalized_shape",
        "sizes of the trailing axes that are normalised together; the last axis alone if not given",
        Default::Absent,
    )
}
const fn eps(default: f64) -> Argument {
    Argument::number("eps", "what is added to the variance, so that nothing is divided by 0", default)
        .must_be("at least 0", |given| matches!(given, Given::Number(eps) if *eps >= 0.0))
}

/// The axes that are normalised.
fn normalised(input: &Shape, arguments: &Arguments) -> Shape {
    let last = || input[input.len() - 1..].to_vec();
    arguments.optional_shape("normalized_shape").cloned().unwrap_or_else(last)
}

fn check(input: &Shape, arguments: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
    require.of("normalized_shape");
    let given = arguments.optional_shape("normalized_shape");
    let count = given.map_or(1, Vec::len);
    require.require_le(0, "axes", &Size::known(count), &Size::known(input.len() - 1))?;
    for (wanted, found) in given.into_iter().flatten().zip(&input[input.len() - count..]) {
        require.require_eq(0, "elements along a normalised axis", wanted, found)?;
    }
    Ok(())
}

/// The parameters that the arguments ask for.
fn parameters(input: &Shape, arguments: &Arguments, has_bias: bool) -> Vec<Parameter> {
    let shape = normalised(input, arguments);
    let affine = arguments.flag("elementwise_affine");
    let weight = affine.then(|| Parameter {
        name: "weight",
        shape: shape.clone(),
        init: Init::ONES,
        decays: false,
        sparse: false,
    });
    let bias = (affine && has_bias).then_some(Parameter {
        name: "bias",
        shape,
        init: Init::ZEROS,
        decays: false,
        sparse: false,
    });
    weight.into_iter().chain(bias).collect()
}

fn build(
    op: &'static layer_norm::Norm,
    builder: &mut Builder,
    arguments: &Arguments,
) -> Result<Value, Mismatch> {
    let x = builder.inputs[0];
    let shape = normalised(builder.graph.shape(x), arguments);
    let (weight, bias) = (builder.parameter("weight"), builder.parameter("bias"));
    let attrs = layer_norm::over(shape, arguments.number("eps"), weight.is_some(), bias.is_some());
    let inputs: Vec<Value> = [Some(x), weight, bias].into_iter().flatten().collect();
    builder.graph.apply(op, attrs, &inputs)
}

fn describe(name: &str, input: &Shape, arguments: &Arguments) -> String {
    let without = |argument: &str| {
        if arguments.flag(argument) { String::new() } else { format!(", {argument}: false") }
    };
    let bias = if name == "LayerNorm" { without("bias") } else { String::new() };
    format!("{name}({}{}{bias})", display(&normalised(input, arguments)), without("elementwise_affine"))
}

fn samples() -> Vec<Sample> {
    let over = |sizes: &[usize]| ("normalized_shape", Given::Shape(shape(sizes)));
    vec![
        Sample::of(&[3, 7], []),
        Sample::of(&[2, 3, 5], [over(&[5])]),
        Sample::of(&[2, 3, 5], [over(&[3, 5])]),
        Sample::refused(&[2, 3, 5], [over(&[3])]),
        Sample::refused(&[2, 5], [over(&[2, 5])]),
        Sample::refused(&[2], []),
    ]
}

impl Layer for LayerNorm {
    fn name(&self) -> &'static str {
        "LayerNorm"
    }
    fn doc(&self) -> &'static str {
        "`y = (x - mean) / √(variance + eps) · weight + bias` over the trailing axes."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            normalized_shape(),
            eps(1e-5),
            Argument::flag("elementwise_affine", "whether there is a `weight`, and a `bias`", true),
            Argument::flag("bias", "whether there is a `bias`", true),
        ];
        ARGUMENTS
    }
    fn fields(&self) -> &'static [&'static str] {
        &["weight", "bias"]
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        check(inputs[0], arguments, require)
    }
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        Ok(parameters(inputs[0], arguments, arguments.flag("bias")))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        build(&LAYER_NORM, builder, arguments)
    }
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        describe(self.name(), inputs[0], arguments)
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
}

impl Layer for RmsNorm {
    fn name(&self) -> &'static str {
        "RmsNorm"
    }
    fn doc(&self) -> &'static str {
        "`y = x / √(mean of x² + eps) · weight` over the trailing axes."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            normalized_shape(),
            eps(1.1920929e-7),
            Argument::flag("elementwise_affine", "whether there is a `weight`", true),
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
        check(inputs[0], arguments, require)
    }
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        Ok(parameters(inputs[0], arguments, false))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        build(&RMS_NORM, builder, arguments)
    }
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        describe(self.name(), inputs[0], arguments)
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
}
