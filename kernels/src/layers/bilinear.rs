use super::axes::last;
use super::{Argument, Arguments, Arity, Builder, Default, Given, Layer, Parameter, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::init::Init;
use crate::ops::{ADD, BATCH_MATMUL, MATMUL, RESHAPE, SLICE, matmul::transposed, slice};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `yₖ = x1ᵀ Wₖ x2 + bₖ` over the last axes: of two values, `x1` of `in1_features` and `x2` of `in2_features`, or of one,
/// whose last axis is `x1` and then `x2`, as a stack of layers hands it on. `W` is `[out_features, in1_features,
/// in2_features]`. PyTorch's `Bilinear`.
pub struct Bilinear;

/// The sizes of what goes in: where there is one value, the arguments say where `x2` begins.
fn features(
    inputs: &[&Shape],
    arguments: &Arguments,
    require: &mut Requirements,
) -> Result<[Size; 2], Mismatch> {
    let given = ["in1_features", "in2_features"].map(|name| arguments.optional_size(name));
    for (k, input) in inputs.iter().enumerate() {
        require.require_le(k, "axes", &Size::known(1), &Size::known(input.len() - 1))?;
    }
    if let [x1, x2] = inputs {
        require.require_same(1, &x1[..x1.len() - 1].to_vec(), &x2[..x2.len() - 1].to_vec())?;
        for (k, (name, input)) in [("in1_features", x1), ("in2_features", x2)].into_iter().enumerate() {
            require.of(name);
            given[k].map_or(Ok(()), |given| require.require_eq(k, "features", given, last(input)))?;
        }
        return Ok([last(x1).clone(), last(x2).clone()]);
    }
    let (Some(in1), both) = (given[0], last(inputs[0])) else {
        return Err(require.mismatch(0, "values", "2".into(), "1, and no `in1_features`,".into()));
    };
    let Some(in2) = given[1] else {
        require.of("in1_features");
        require.require_le(0, "features", &(in1 + &Size::known(1)), both)?;
        return Ok([in1.clone(), both - in1]);
    };
    require.of("in2_features");
    require.require_eq(0, "features", &(in1 + in2), both)?;
    Ok([in1.clone(), in2.clone()])
}

impl Layer for Bilinear {
    fn name(&self) -> &'static str {
        "Bilinear"
    }
    fn doc(&self) -> &'static str {
        "`yₖ = x1ᵀ Wₖ x2 + bₖ` of two values, or of one whose last axis is `x1` and then `x2`."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::size("out_features", "features of each output", Default::Required),
            Argument::size(
                "in1_features",
                "features of `x1`; where there is one value they come first, else they are inferred",
                Default::Absent,
            ),
            Argument::size(
                "in2_features",
                "features of `x2`; inferred, and checked if given",
                Default::Absent,
            ),
            Argument::flag("bias", "whether `b` is added", true),
        ];
        ARGUMENTS
    }
    fn fields(&self) -> &'static [&'static str] {
        &["weight", "bias"]
    }
    fn inputs(&self) -> Arity {
        Arity::OrOneMore(1)
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        features(inputs, arguments, require).map(drop)
    }
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        let out = arguments.size("out_features").clone();
        // it was checked
        let [in1, in2] = features(inputs, arguments, &mut Requirements::default())?;
        let init = Init::of_fan_in(in1.clone());
        let bias = arguments.flag("bias").then(|| Parameter {
            name: "bias",
            shape: vec![out.clone()],
            init: init.clone(),
            decays: false,
            sparse: false,
        });
        let weight =
            Parameter { name: "weight", shape: vec![out, in1, in2], init, decays: true, sparse: false };
        Ok(std::iter::once(weight).chain(bias).collect())
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let x = builder.inputs[0];
        let Some(weight) = builder.parameter("weight") else { return Ok(x) };
        let bias = builder.parameter("bias");
        let graph = &mut *builder.graph;
        let [out, in1, in2] = [0, 1, 2].map(|axis| graph.shape(weight)[axis].clone());
        let shape = graph.shape(x).clone();
        let (last, lead) = (shape.len() - 1, &shape[..shape.len() - 1]);
        let to = |sizes: &[&[Size]]| Attrs::NONE.with("shape", Attr::Shape(sizes.concat()));
        let (x1, x2) = match builder.inputs {
            [x1, x2] => (*x1, *x2),
            _ => (
                graph.apply(&SLICE, slice::of(last, Size::known(0), in1.clone()), &[x])?,
                graph.apply(&SLICE, slice::of(last, in1.clone(), in2.clone()), &[x])?,
            ),
        };
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
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        let out = arguments.size("out_features");
        let bias = if arguments.flag("bias") { "" } else { ", bias: false" };
        match features(inputs, arguments, &mut Requirements::default()) {
            Ok([in1, in2]) => format!("Bilinear({in1} × {in2} -> {out}{bias})"),
            Err(_) => format!("Bilinear({out}{bias})"),
        }
    }
    fn samples(&self) -> Vec<Sample> {
        let size = |size: usize| Given::Size(Size::known(size));
        let out = |out: usize| ("out_features", size(out));
        let of = |o: usize, in1: usize, in2: usize| {
            [out(o), ("in1_features", size(in1)), ("in2_features", size(in2))]
        };
        vec![
            Sample::of(&[2, 7], of(5, 3, 4)),
            Sample::of(&[2, 3, 5], of(4, 1, 4)),
            Sample::of(&[2, 7], [out(5), ("in1_features", size(3))]),
            Sample::of(&[2, 3], [out(5)]).and(&[2, 4]),
            Sample::of(&[2, 3, 5], of(4, 5, 6)).and(&[2, 3, 6]),
            Sample::refused(&[2, 7], of(5, 3, 5)),
            Sample::refused(&[2], of(5, 1, 1)),
            Sample::refused(&[2, 7], [out(5)]),
            Sample::refused(&[2, 7], [out(5), ("in1_features", size(7))]),
            Sample::refused(&[2, 3], of(5, 3, 5)).and(&[2, 4]),
            Sample::refused(&[2, 3], of(5, 4, 4)).and(&[2, 4]),
            Sample::refused(&[2, 3, 5], [out(5)]).and(&[2, 4, 5]),
            Sample::refused(&[2, 3, 5], [out(5)]).and(&[2, 5]),
        ]
    }
}
