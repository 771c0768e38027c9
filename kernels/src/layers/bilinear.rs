use super::axes::last;
use super::{Argument, Arguments, Builder, Default, Given, Layer, Parameter, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::init::Init;
use crate::ops::{ADD, BATCH_MATMUL, MATMUL, RESHAPE, SLICE, matmul::transposed, slice};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `yₖ = x1ᵀ Wₖ x2 + bₖ`, where the last axis is `x1`, of `in1_features`, and then `x2`, of `in2_features`: a stack of
/// layers hands on one value. `W` is `[out_features, in1_features, in2_features]`. PyTorch's `Bilinear`.
pub struct Bilinear;

impl Layer for Bilinear {
    fn name(&self) -> &'static str {
        "Bilinear"
    }
    fn doc(&self) -> &'static str {
        "`yₖ = x1ᵀ Wₖ x2 + bₖ`, the last axis being `x1` and then `x2`."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::size("out_features", "features of each output", Default::Required),
            Argument::size("in1_features", "features of `x1`, which come first", Default::Required),
            Argument::size("in2_features", "features of `x2`, which come after", Default::Required),
            Argument::flag("bias", "whether `b` is added", true),
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
        require.of("in2_features");
        let both = arguments.size("in1_features") + arguments.size("in2_features");
        require.require_eq(0, "features", &both, last(input))
    }
    fn parameters(
        &self,
        _: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        let [out, in1, in2] =
            ["out_features", "in1_features", "in2_features"].map(|name| arguments.size(name).clone());
        let init = Init::of_fan_in(in1.clone());
        let bias = arguments.flag("bias").then(|| Parameter {
            name: "bias",
            shape: vec![out.clone()],
            init: init.clone(),
            decays: false,
        });
        let weight = Parameter { name: "weight", shape: vec![out.clone(), in1, in2], init, decays: true };
        Ok(std::iter::once(weight).chain(bias).collect())
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let x = builder.inputs[0];
        let Some(weight) = builder.parameter("weight") else { return Ok(x) };
        let bias = builder.parameter("bias");
        let [out, in1, in2] =
            ["out_features", "in1_features", "in2_features"].map(|name| arguments.size(name).clone());
        let graph = &mut *builder.graph;
        let shape = graph.shape(x).clone();
        let (last, lead) = (shape.len() - 1, &shape[..shape.len() - 1]);
        let to = |sizes: &[&[Size]]| Attrs::NONE.with("shape", Attr::Shape(sizes.concat()));
        let x1 = graph.apply(&SLICE, slice::of(last, Size::known(0), in1.clone()), &[x])?;
        let x2 = graph.apply(&SLICE, slice::of(last, in1.clone(), in2.clone()), &[x])?;
        // every row of every Wₖ with x2, then those of each k with x1
        let rows = graph.apply(&RESHAPE, to(&[&[&out * &in1, in2]]), &[weight])?;
        let products = graph.apply(&MATMUL, transposed(false, true), &[x2, rows])?;
        let products = graph.apply(&RESHAPE, to(&[lead, &[out.clone(), in1.clone()]]), &[products])?;
        let column = graph.apply(&RESHAPE, to(&[lead, &[in1, Size::known(1)]]), &[x1])?;
        let y = graph.apply(&BATCH_MATMUL, transposed(false, false), &[products, column])?;
        let y = graph.apply(&RESHAPE, to(&[lead, &[out]]), &[y])?;
        match bias {
            Some(bias) => graph.apply(&ADD, Attrs::NONE, &[y, bias]),
            None => Ok(y),
        }
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        let [out, in1, in2] =
            ["out_features", "in1_features", "in2_features"].map(|name| arguments.size(name));
        let bias = if arguments.flag("bias") { "" } else { ", bias: false" };
        format!("Bilinear({in1} × {in2} -> {out}{bias})")
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |out: usize, in1: usize, in2: usize| {
            let [out, in1, in2] = [out, in1, in2].map(|size| Given::Size(Size::known(size)));
            [("out_features", out), ("in1_features", in1), ("in2_features", in2)]
        };
        vec![
            Sample::of(&[2, 7], of(5, 3, 4)),
            Sample::of(&[2, 3, 5], of(4, 1, 4)),
            Sample::refused(&[2, 7], of(5, 3, 5)),
            Sample::refused(&[2], of(5, 1, 1)),
        ]
    }
}
