use super::axes::last;
use super::{Argument, Arguments, Builder, Default, Layer, Parameter};
use crate::attrs::Attrs;
use crate::graph::Value;
use crate::init::Init;
use crate::ops::{ADD, MATMUL, matmul::transposed};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `y = x Wᵀ + b` over the last axis; `W` is `[out_features, in_features]`. PyTorch's `Linear`.
pub struct Linear;

impl Layer for Linear {
    fn name(&self) -> &'static str {
        "Linear"
    }
    fn also(&self) -> &'static [&'static str] {
        &["Dense", "LazyLinear", "FullyConnected"]
    }
    fn doc(&self) -> &'static str {
        "`y = x Wᵀ + b` over the last axis."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::size("out_features", "features of each output", Default::Required),
            Argument::flag("bias", "whether `b` is added", true),
            Argument::size(
                "in_features",
                "features of each input; inferred, and checked if given",
                Default::Absent,
            ),
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
        let input = inputs[0];
        require.require_le(0, "axes", &Size::known(1), &Size::known(input.len() - 1))?;
        require.of("in_features");
        let given = arguments.optional_size("in_features");
        given.map_or(Ok(()), |expected| require.require_eq(0, "features", expected, last(input)))
    }
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        let fan_in = last(inputs[0]).clone();
        let out = arguments.size("out_features").clone();
        let init = Init::of_fan_in(fan_in.clone());
        let weight = Parameter {
            name: "weight",
            shape: vec![out.clone(), fan_in],
            init: init.clone(),
            decays: true,
            sparse: false,
        };
        let bias = arguments.flag("bias").then(|| Parameter {
            name: "bias",
            shape: vec![out],
            init,
            decays: false,
            sparse: false,
        });
        Ok(std::iter::once(weight).chain(bias).collect())
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        let x = builder.inputs[0];
        let Some(weight) = builder.parameter("weight") else { return Ok(x) };
        let y = builder.graph.apply(&MATMUL, transposed(false, true), &[x, weight])?;
        match builder.parameter("bias") {
            Some(bias) => builder.graph.apply(&ADD, Attrs::NONE, &[y, bias]),
            None => Ok(y),
        }
    }
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        let (from, to) = (last(inputs[0]), arguments.size("out_features"));
        let bias = if arguments.flag("bias") { "" } else { ", bias: false" };
        format!("Linear({from} -> {to}{bias})")
    }
}
