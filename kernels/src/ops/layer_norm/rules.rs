mod backward;

pub use backward::{
    LAYER_NORM_BACKWARD, LAYER_NORM_BOTH_BACKWARD, LAYER_NORM_WEIGHT_BACKWARD, NormBackward,
    NormBothBackward, NormWeightBackward, RMS_NORM_BACKWARD, RMS_NORM_BOTH_BACKWARD,
    RMS_NORM_WEIGHT_BACKWARD,
};

use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::{SUM, sum};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements, shape};

/// `y = (x - mean) / √(variance + eps) · weight + bias` over the trailing axes `normalized_shape`, with the variance
/// of what is there (Ba, Kiros and Hinton 2016); or without taking the mean away and without a bias,
/// `y = x / √(mean of x² + eps) · weight` (Zhang and Sennrich 2019). PyTorch's `layer_norm` and `rms_norm`.
///
/// Inputs are `x`, then the weight and the bias where the attributes say that there are such.
pub struct Norm {
    centred: bool,
}
/// With the mean taken away.
pub static LAYER_NORM: Norm = Norm { centred: true };
/// Without.
pub static RMS_NORM: Norm = Norm { centred: false };

/// Attributes for a normalisation over these trailing axes.
pub fn over(normalized_shape: Shape, eps: f64, weight: bool, bias: bool) -> Attrs {
    let attrs = Attrs::NONE.with("normalized_shape", Attr::Shape(normalized_shape));
    let attrs = attrs.with("eps", Attr::Number(eps));
    attrs.with("weight", Attr::Flag(weight)).with("bias", Attr::Flag(bias))
}

/// Where the weight stands among the inputs from `first` on.
fn weight_at(attrs: &Attrs, first: usize) -> Option<usize> {
    attrs.flag("weight").then_some(first)
}
/// The numbers of an input that may be missing.
fn optional(input: Option<usize>) -> CallArgument {
    input.map_or(CallArgument::Nothing, CallArgument::Input)
}
fn columns(attrs: &Attrs) -> CallArgument {
    CallArgument::Size(elements(attrs.shape("normalized_shape")))
}
/// Demands that an input ends with the axes that are normalised.
fn ends(
    input: usize,
    shape: &Shape,
    attrs: &Attrs,
    exactly: bool,
    require: &mut Requirements,
) -> Result<(), Mismatch> {
    let wanted = attrs.shape("normalized_shape");
    let (least, found) = (Size::known(wanted.len()), Size::known(shape.len()));
    if exactly {
        require.require_eq(input, "axes", &least, &found)?;
    } else {
        require.require_le(input, "axes", &least, &found)?;
    }
    for (wanted, found) in wanted.iter().zip(&shape[shape.len() - wanted.len()..]) {
        require.require_eq(input, "elements along a normalised axis", wanted, found)?;
    }
    Ok(())
}

/// The rows of `x` normalised, with the scale of each.
fn normalised(x: Tensor, attrs: &Attrs, centred: bool) -> Vec<(Vec<f64>, f64)> {
    let columns = elements(attrs.shape("normalized_shape")).as_known().unwrap_or(1).max(1);
    let row = |x: &[f64]| {
        let n = columns as f64;
        let mean = if centred { x.iter().sum::<f64>() / n } else { 0.0 };
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let scale = 1.0 / (variance + attrs.number("eps")).sqrt();
        (x.iter().map(|x| (x - mean) * scale).collect(), scale)
    };
    x.data.chunks(columns).map(row).collect()
}

impl Op for Norm {
    fn name(&self) -> &'static str {
        if self.centred { "layer_norm" } else { "rms_norm" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        ends(0, inputs[0], attrs, false, require)?;
        for (k, parameter) in inputs.iter().enumerate().skip(1) {
            ends(k, parameter, attrs, true, require)?;
        }
        Ok(inputs[0].clone())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let (x, weight) = (at.inputs[0], weight_at(at.attrs, 1).map(|i| at.inputs[i]));
        let is_weight = weight.is_some() && k == 1;
        Some(if let (true, Some(weight), [true, true, ..]) = (k == 0 || is_weight, weight, at.wanted) {
            let op = if self.centred { &LAYER_NORM_BOTH_BACKWARD } else { &RMS_NORM_BOTH_BACKWARD };
            let results = graph.must_all(op, at.attrs.clone(), &[x, dy, weight]);
            graph.name(results[1], graph.origin(weight).gradient());
            results[k]
        } else if k == 0 {
            let op = if self.centred { &LAYER_NORM_BACKWARD } else { &RMS_NORM_BACKWARD };
            let inputs: Vec<Value> = [x, dy].into_iter().chain(weight).collect();
            graph.must(op, at.attrs.clone(), &inputs)
        } else if is_weight {
            let op = if self.centred { &LAYER_NORM_WEIGHT_BACKWARD } else { &RMS_NORM_WEIGHT_BACKWARD };
            graph.must(op, at.attrs.clone(), &[x, dy])
        } else {
            let leading = graph.shape(x).len() - at.attrs.shape("normalized_shape").len();
            if leading == 0 {
                return Some(dy);
            }
            graph.must(&SUM, sum::over(0..leading), &[dy])
        })
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(5 + inputs.len()) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let weight = weight_at(attrs, 1);
        let bias = attrs.flag("bias").then_some(1 + usize::from(weight.is_some()));
        let mut arguments = vec![CallArgument::Input(0), optional(weight)];
        arguments.extend(self.centred.then(|| optional(bias)));
        arguments.extend([columns(attrs), CallArgument::Number(attrs.number("eps"))]);
        let kernel = if self.centred { "layer_norm::forward" } else { "layer_norm::rms_forward" };
        Lowered::Call { kernel, arguments }
    }
}

impl Tested for Norm {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let weight = weight_at(attrs, 1).map(|i| inputs[i].data);
        let bias = attrs.flag("bias").then(|| inputs[inputs.len() - 1].data);
        let of = |parameter: Option<&[f64]>, i: usize, otherwise: f64| parameter.map_or(otherwise, |p| p[i]);
        let rows = normalised(inputs[0], attrs, self.centred).into_iter();
        rows.flat_map(|(row, _)| {
            let affine = move |(i, y): (usize, f64)| y * of(weight, i, 1.0) + of(bias, i, 0.0);
            row.into_iter().enumerate().map(affine)
        })
        .collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let over = |sizes: &[usize], weight, bias| over(shape(sizes), 1e-5, weight, bias);
        let mut samples = vec![
            Sample::of(&[&[3, 17]], over(&[17], false, false)),
            Sample::of(&[&[3, 7], &[7]], over(&[7], true, false)),
            Sample::of(&[&[2, 3, 5], &[3, 5]], over(&[3, 5], true, false)),
            Sample::of(&[&[5], &[5]], over(&[5], true, false)),
            Sample::refused(&[&[3, 7], &[3]], over(&[7], true, false)),
            Sample::refused(&[&[3, 7], &[7]], over(&[3], true, false)),
            Sample::refused(&[&[5]], over(&[3, 5], false, false)),
        ];
        if self.centred {
            samples.extend([
                Sample::of(&[&[3, 7], &[7], &[7]], over(&[7], true, true)),
                Sample::of(&[&[2, 3, 5, 7], &[5, 7], &[5, 7]], over(&[5, 7], true, true)),
                Sample::of(&[&[3, 7], &[7]], over(&[7], false, true)),
                Sample::refused(&[&[3, 7], &[7], &[3]], over(&[7], true, true)),
            ]);
        }
        samples
    }
}
