use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::reduction::{self, axes, without};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use std::ops::Range;

/// `y = Σ (x - mean x)² / (len - correction)` over the axes `from..to`, which disappear; PyTorch's
/// `var(correction=…)`. As there, `len <= correction` divides by 0: infinite, or not a number where all are equal.
pub struct Variance;
/// See [`Variance`].
pub static VARIANCE: Variance = Variance;

/// `dx = 2 (x - mean x) dy / (len - correction)`, from `x` and the result's gradient.
pub struct VarianceBackward;
/// See [`VarianceBackward`].
pub static VARIANCE_BACKWARD: VarianceBackward = VarianceBackward;

/// Attributes for these axes and this correction: 1 for an estimate from a sample, 0 for the variance of what is there.
pub fn over(axes: Range<usize>, correction: f64) -> Attrs {
    reduction::over(axes).with("correction", Attr::Number(correction))
}

/// The numbers along the axes for every number that comes out, with their mean and what squares are divided by.
fn groups(x: Tensor, attrs: &Attrs) -> Vec<(Vec<usize>, f64, f64)> {
    let group = |at: Vec<usize>| {
        let len = at.len() as f64;
        let mean = at.iter().map(|k| x.data[*k]).sum::<f64>() / len;
        (at, mean, (len - attrs.number("correction")).max(0.0))
    };
    reduction::groups(x.shape, axes(attrs)).map(group).collect()
}

fn arguments(attrs: &Attrs, gradient: bool) -> Vec<CallArgument> {
    let mut arguments = vec![CallArgument::Input(0)];
    arguments.extend(gradient.then_some(CallArgument::Input(1)));
    let correction = CallArgument::Number(attrs.number("correction"));
    arguments.extend([CallArgument::ShapeOf(0), CallArgument::Range(axes(attrs)), correction]);
    arguments
}

impl Op for Variance {
    fn name(&self) -> &'static str {
        "variance"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        Some(graph.must(&VARIANCE_BACKWARD, at.attrs.clone(), &[at.inputs[0], dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(4) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Call { kernel: "variance::forward", arguments: arguments(attrs, false) }
    }
}

impl Tested for Variance {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let x = inputs[0];
        let variance = |(at, mean, count): (Vec<usize>, f64, f64)| {
            at.iter().map(|k| (x.data[*k] - mean).powi(2)).sum::<f64>() / count
        };
        groups(x, attrs).into_iter().map(variance).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 17]], over(0..1, 1.0)),
            Sample::of(&[&[3, 17]], over(1..2, 0.0)),
            Sample::of(&[&[2, 3, 5, 7]], over(1..3, 1.0)),
            Sample::of(&[&[2, 3, 5]], over(0..3, 2.0)),
            Sample::of(&[&[2, 70, 3]], over(1..2, 1.0)),
            Sample::refused(&[&[3, 17]], over(1..3, 1.0)),
            Sample::refused(&[&[3, 17]], over(1..1, 0.0)),
        ]
    }
}

impl Op for VarianceBackward {
    fn name(&self) -> &'static str {
        "variance_backward"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (x, dy) = (inputs[0], inputs[1]);
        let result = without(x, axes(attrs), require)?;
        require.require_same(1, &result, dy)?;
        Ok(x.clone())
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(3) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Call { kernel: "variance::backward", arguments: arguments(attrs, true) }
    }
}

impl Tested for VarianceBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let (x, mut dx) = (inputs[0], vec![0.0; inputs[0].data.len()]);
        for ((at, mean, count), dy) in groups(x, attrs).into_iter().zip(inputs[1].data) {
            at.iter().for_each(|k| dx[*k] = 2.0 * (x.data[*k] - mean) * dy / count);
        }
        dx
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 17], &[3]], over(1..2, 1.0)),
            Sample::of(&[&[2, 3, 5, 7], &[2, 7]], over(1..3, 0.0)),
            Sample::of(&[&[2, 70, 3], &[2, 3]], over(1..2, 1.0)),
            Sample::refused(&[&[3, 17], &[17]], over(1..2, 1.0)),
            Sample::refused(&[&[3, 17], &[3, 1]], over(1..2, 1.0)),
        ]
    }
}
