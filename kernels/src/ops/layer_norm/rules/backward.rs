use super::{columns, ends, normalised, optional, over, weight_at};
use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::layer_norm::PARTS;
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements, shape};
use crate::types::Type;

/// The gradient of what is normalised, from that, the result's gradient and the weight if there is one. With
/// `g = dy · weight` and the normalised `x̂`: `(g - mean g - x̂ · mean(g x̂)) / √(variance + eps)`, means over a row;
/// without `mean g` where no mean was taken away.
pub struct NormBackward {
    centred: bool,
}
/// Of [`LAYER_NORM`](super::LAYER_NORM).
pub static LAYER_NORM_BACKWARD: NormBackward = NormBackward { centred: true };
/// Of [`RMS_NORM`](super::RMS_NORM).
pub static RMS_NORM_BACKWARD: NormBackward = NormBackward { centred: false };

/// The gradient of the weight, from what is normalised and the result's gradient: `dy x̂` summed over all rows.
pub struct NormWeightBackward {
    centred: bool,
}
/// Of [`LAYER_NORM`](super::LAYER_NORM).
pub static LAYER_NORM_WEIGHT_BACKWARD: NormWeightBackward = NormWeightBackward { centred: true };
/// Of [`RMS_NORM`](super::RMS_NORM).
pub static RMS_NORM_WEIGHT_BACKWARD: NormWeightBackward = NormWeightBackward { centred: false };

/// Both in one pass: the gradients of what is normalised and of the weight.
pub struct NormBothBackward {
    of: (&'static NormBackward, &'static NormWeightBackward),
}
/// Of [`LAYER_NORM`](super::LAYER_NORM).
pub static LAYER_NORM_BOTH_BACKWARD: NormBothBackward =
    NormBothBackward { of: (&LAYER_NORM_BACKWARD, &LAYER_NORM_WEIGHT_BACKWARD) };
/// Of [`RMS_NORM`](super::RMS_NORM).
pub static RMS_NORM_BOTH_BACKWARD: NormBothBackward =
    NormBothBackward { of: (&RMS_NORM_BACKWARD, &RMS_NORM_WEIGHT_BACKWARD) };

fn known(attrs: &Attrs) -> usize {
    elements(attrs.shape("normalized_shape")).as_known().unwrap_or_default()
}

impl Op for NormBackward {
    fn name(&self) -> &'static str {
        if self.centred { "layer_norm_backward" } else { "rms_norm_backward" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        ends(0, inputs[0], attrs, false, require)?;
        require.require_same(1, inputs[0], inputs[1])?;
        if let Some(weight) = inputs.get(2) {
            ends(2, weight, attrs, true, require)?;
        }
        Ok(inputs[0].clone())
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(12 + 2 * (inputs.len() - 2)) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = vec![
            CallArgument::Input(0),
            CallArgument::Input(1),
            optional(weight_at(attrs, 2)),
            columns(attrs),
            CallArgument::Number(attrs.number("eps")),
        ];
        let kernel = if self.centred { "layer_norm::backward" } else { "layer_norm::rms_backward" };
        Lowered::Call { kernel, arguments }
    }
}

impl Tested for NormBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let n = known(attrs).max(1);
        let weight = |i: usize| weight_at(attrs, 2).map_or(1.0, |at| inputs[at].data[i]);
        let rows = normalised(inputs[0], attrs, self.centred).into_iter().zip(inputs[1].data.chunks(n));
        rows.flat_map(|((row, scale), dy)| {
            let g: Vec<f64> = dy.iter().enumerate().map(|(i, d)| d * weight(i)).collect();
            let mean = |sum: f64| sum / n as f64;
            let shift = if self.centred { mean(g.iter().sum()) } else { 0.0 };
            let turn = mean(g.iter().zip(&row).map(|(g, y)| g * y).sum());
            g.into_iter().zip(row).map(move |(g, y)| (g - shift - y * turn) * scale).collect::<Vec<f64>>()
        })
        .collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let over = |sizes: &[usize], weight| over(shape(sizes), 1e-5, weight, false);
        vec![
            Sample::of(&[&[3, 17], &[3, 17]], over(&[17], false)),
            Sample::of(&[&[2, 3, 5], &[2, 3, 5], &[3, 5]], over(&[3, 5], true)),
            Sample::refused(&[&[3, 17], &[17]], over(&[17], false)),
            Sample::refused(&[&[3, 17], &[3, 17], &[3]], over(&[17], true)),
            Sample::refused(&[&[3, 17], &[3, 17]], over(&[5], false)),
        ]
    }
}

impl Op for NormWeightBackward {
    fn name(&self) -> &'static str {
        if self.centred { "layer_norm_weight_backward" } else { "rms_norm_weight_backward" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        ends(0, inputs[0], attrs, false, require)?;
        require.require_same(1, inputs[0], inputs[1])?;
        Ok(attrs.shape("normalized_shape").clone())
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(8) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let eps = CallArgument::Number(attrs.number("eps"));
        let inputs = [0, 1].map(CallArgument::Input);
        let arguments = inputs.into_iter().chain([columns(attrs), eps, CallArgument::Workspace]).collect();
        let kernel =
            if self.centred { "layer_norm::weight_backward" } else { "layer_norm::rms_weight_backward" };
        Lowered::Call { kernel, arguments }
    }
    fn workspace(&self, _: &[&Shape], attrs: &Attrs) -> Size {
        // as `workspace` of numbers
        let columns = elements(attrs.shape("normalized_shape"));
        &Size::known(2 * PARTS) * &(&columns + &Size::known(15))
    }
}

impl Tested for NormWeightBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let n = known(attrs).max(1);
        let mut d = vec![0.0; n];
        for ((row, _), dy) in normalised(inputs[0], attrs, self.centred).iter().zip(inputs[1].data.chunks(n))
        {
            d.iter_mut().zip(row.iter().zip(dy)).for_each(|(sum, (y, d))| *sum += y * d);
        }
        d
    }
    fn samples(&self) -> Vec<Sample> {
        let over = |sizes: &[usize]| over(shape(sizes), 1e-5, true, false);
        vec![
            Sample::of(&[&[3, 17], &[3, 17]], over(&[17])),
            Sample::of(&[&[2, 3, 5], &[2, 3, 5]], over(&[3, 5])),
            Sample::of(&[&[130, 7], &[130, 7]], over(&[7])),
            Sample::refused(&[&[3, 17], &[17]], over(&[17])),
            Sample::refused(&[&[3, 17], &[3, 17]], over(&[5])),
        ]
    }
}

impl Op for NormBothBackward {
    fn name(&self) -> &'static str {
        if self.of.0.centred { "layer_norm_both_backward" } else { "rms_norm_both_backward" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        self.of.0.shape(inputs, attrs, require)
    }
    fn results(&self, _: &[&Shape], first: Shape, attrs: &Attrs) -> Vec<Type> {
        vec![Type::real(first), Type::real(attrs.shape("normalized_shape").clone())]
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        // mean and scale once for both
        &Size::known(17) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let eps = CallArgument::Number(attrs.number("eps"));
        let inputs = [0, 1, 2].map(CallArgument::Input);
        let arguments = inputs.into_iter().chain([columns(attrs), eps, CallArgument::Workspace]).collect();
        let kernel =
            if self.of.0.centred { "layer_norm::both_backward" } else { "layer_norm::rms_both_backward" };
        Lowered::Call { kernel, arguments }
    }
    fn workspace(&self, inputs: &[&Shape], attrs: &Attrs) -> Size {
        self.of.1.workspace(inputs, attrs)
    }
}

impl Tested for NormBothBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], random: Random) -> Vec<f64> {
        let of_x = self.of.0.reference(inputs, attrs, output, random);
        [of_x, self.of.1.reference(inputs, attrs, output, random)].concat()
    }
    fn samples(&self) -> Vec<Sample> {
        let over = |sizes: &[usize]| over(shape(sizes), 1e-5, true, false);
        vec![
            Sample::of(&[&[3, 17], &[3, 17], &[17]], over(&[17])),
            Sample::of(&[&[2, 3, 5], &[2, 3, 5], &[3, 5]], over(&[3, 5])),
            Sample::of(&[&[130, 7], &[130, 7], &[7]], over(&[7])),
            Sample::refused(&[&[3, 17], &[17], &[17]], over(&[17])),
            Sample::refused(&[&[3, 17], &[3, 17], &[3]], over(&[17])),
            Sample::refused(&[&[3, 17], &[3, 17], &[17]], over(&[5])),
        ]
    }
}
