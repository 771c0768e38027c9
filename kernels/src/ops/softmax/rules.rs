use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::elementwise::formula;
use crate::ops::{MUL, RESHAPE, SUM, sum};
use crate::random::Random;
use crate::scalar::argument;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};

/// `yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)` over the last axis, or its logarithm; PyTorch's `softmax` and `log_softmax` with
/// `dim=-1`. Computed from `x - max(x)`, so that nothing overflows.
pub struct Softmax {
    log: bool,
}
/// `yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)`
pub static SOFTMAX: Softmax = Softmax { log: false };
/// `yᵢ = xᵢ - ln Σⱼ exp(xⱼ)`
pub static LOG_SOFTMAX: Softmax = Softmax { log: true };

/// The gradient of [`Softmax`] from its result `y` and its result's gradient `dy`.
pub struct SoftmaxBackward {
    log: bool,
}
/// `dxᵢ = yᵢ (dyᵢ - Σⱼ yⱼ dyⱼ)`
pub static SOFTMAX_BACKWARD: SoftmaxBackward = SoftmaxBackward { log: false };
/// `dxᵢ = dyᵢ - exp(yᵢ) Σⱼ dyⱼ`
pub static LOG_SOFTMAX_BACKWARD: SoftmaxBackward = SoftmaxBackward { log: true };

fn has_last(x: &Shape, require: &mut Requirements) -> Result<(), Mismatch> {
    require.require_le(0, "axes", &Size::known(1), &Size::known(x.len()))
}
/// The rows of a value.
fn rows<'a>(x: Tensor<'a>) -> impl Iterator<Item = &'a [f64]> {
    x.data.chunks(x.shape[x.shape.len() - 1].max(1))
}
/// `x` summed over its last axis, which stays with length 1.
fn sum_last(graph: &mut Graph, x: Value) -> Value {
    let mut shape = graph.shape(x).clone();
    let last = shape.len() - 1;
    let sum = graph.must(&SUM, sum::over(last..last + 1), &[x]);
    shape[last] = Size::known(1);
    graph.must(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(shape)), &[sum])
}

impl Op for Softmax {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax" } else { "softmax" }
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        has_last(inputs[0], require)?;
        Ok(inputs[0].clone())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let backward = if self.log { &LOG_SOFTMAX_BACKWARD } else { &SOFTMAX_BACKWARD };
        Some(graph.must(backward, Attrs::NONE, &[at.output, dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(4) * &elements(inputs[0])
    }
    fn lower(&self, _: &Attrs) -> Lowered {
        let kernel = if self.log { "softmax::log_forward" } else { "softmax::forward" };
        Lowered::Call { kernel, arguments: vec![CallArgument::Input(0), CallArgument::LastOf(0)] }
    }
}

impl Tested for Softmax {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let row = |x: &[f64]| -> Vec<f64> {
            let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
            let one = |x: &f64| if self.log { x - top - sum.ln() } else { (x - top).exp() / sum };
            x.iter().map(one).collect()
        };
        rows(inputs[0]).flat_map(row).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 5]], Attrs::NONE),
            Sample::of(&[&[2, 3, 17]], Attrs::NONE),
            Sample::of(&[&[7, 70]], Attrs::NONE),
            Sample::refused(&[&[]], Attrs::NONE),
        ]
    }
}

impl Op for SoftmaxBackward {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax_backward" } else { "softmax_backward" }
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (y, dy) = (inputs[0], inputs[1]);
        has_last(y, require)?;
        require.require_same(1, y, dy)?;
        Ok(y.clone())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, g: Value) -> Option<Value> {
        let (y, dy) = (at.inputs[0], at.inputs[1]);
        let [a, b, c, d] = [0, 1, 2, 3].map(argument);
        Some(match (self.log, k) {
            // Σ y dy is linear in both
            (false, 0) => {
                let products = graph.must(&MUL, Attrs::NONE, &[y, dy]);
                let sum = sum_last(graph, products);
                let weighted = graph.must(&MUL, Attrs::NONE, &[y, g]);
                let weight = sum_last(graph, weighted);
                formula(graph, "softmax_backward_backward", a * (b - c) - b * d, &[g, dy, sum, weight])
            }
            (false, _) => graph.must(&SOFTMAX_BACKWARD, Attrs::NONE, &[y, g]),
            (true, 0) => {
                let sum = sum_last(graph, dy);
                formula(graph, "log_softmax_backward_backward", -(a * b.exp() * c), &[g, y, sum])
            }
            (true, _) => {
                let weighted = formula(graph, "log_softmax_backward_backward", a * b.exp(), &[g, y]);
                let weight = sum_last(graph, weighted);
                formula(graph, "log_softmax_backward_backward", a - b, &[g, weight])
            }
        })
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(4) * &elements(inputs[0])
    }
    fn lower(&self, _: &Attrs) -> Lowered {
        let kernel = if self.log { "softmax::log_backward" } else { "softmax::backward" };
        let arguments = vec![CallArgument::Input(0), CallArgument::Input(1), CallArgument::LastOf(0)];
        Lowered::Call { kernel, arguments }
    }
}

impl Tested for SoftmaxBackward {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let row = |(y, dy): (&[f64], &[f64])| -> Vec<f64> {
            let pairs = || y.iter().zip(dy);
            if self.log {
                let sum: f64 = dy.iter().sum();
                return pairs().map(|(y, d)| d - y.exp() * sum).collect();
            }
            let sum: f64 = pairs().map(|(y, d)| y * d).sum();
            pairs().map(|(y, d)| y * (d - sum)).collect()
        };
        rows(inputs[0]).zip(rows(inputs[1])).flat_map(row).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 5], &[3, 5]], Attrs::NONE),
            Sample::of(&[&[2, 3, 17], &[2, 3, 17]], Attrs::NONE),
            Sample::refused(&[&[3, 5], &[3, 1]], Attrs::NONE),
            Sample::refused(&[&[3, 5], &[5]], Attrs::NONE),
        ]
    }
}
