//! The largest and the smallest over neighbouring axes, and where the largest is.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "cpu")]
pub use cpu::{amin_forward, argmax, forward};

pub use super::reduction::over;

use super::reduction::{axes, groups, kept, without};
use super::{RESHAPE, SUM, sum};
use crate::attrs::Attrs;
use crate::elementwise::formula;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor};
use crate::random::Random;
use crate::scalar::argument;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use std::ops::Range;

/// The extreme over the axes `from..to`, which disappear; PyTorch's `amax` and `amin`. Where several are equal, they
/// share the gradient equally.
pub struct Extreme {
    smallest: bool,
}
/// `y = max x`
pub static AMAX: Extreme = Extreme { smallest: false };
/// `y = min x`
pub static AMIN: Extreme = Extreme { smallest: true };

/// The position of the largest over the axes `from..to`, which disappear, counted in row-major order; of several the
/// first. A number like any other, exact up to 2²⁴ positions.
pub struct ArgMax;
/// See [`ArgMax`].
pub static ARGMAX: ArgMax = ArgMax;

fn call(kernel: &'static str, attrs: &Attrs) -> Lowered {
    let arguments = vec![CallArgument::Input(0), CallArgument::ShapeOf(0), CallArgument::Range(axes(attrs))];
    Lowered::Call { kernel, arguments }
}

/// What the numbers along the axes come to.
fn each(x: Tensor, axes: Range<usize>, of: impl Fn(Vec<f64>) -> f64) -> Vec<f64> {
    groups(x.shape, axes).map(|at| of(at.iter().map(|k| x.data[*k]).collect())).collect()
}

fn samples() -> Vec<Sample> {
    vec![
        Sample::of(&[&[3, 17]], over(0..1)),
        Sample::of(&[&[3, 17]], over(1..2)),
        Sample::of(&[&[2, 3, 5, 7]], over(1..3)),
        Sample::of(&[&[2, 3, 5]], over(0..3)),
        Sample::of(&[&[2, 19, 3]], over(1..2)),
        Sample::refused(&[&[3, 17]], over(1..3)),
        Sample::refused(&[&[3, 17]], over(1..1)),
    ]
}

impl Op for Extreme {
    fn name(&self) -> &'static str {
        if self.smallest { "amin" } else { "amax" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let (x, axes) = (at.inputs[0], axes(at.attrs));
        let kept = kept(graph.shape(x), axes.clone());
        let [d, y] = [dy, at.output].map(|value| graph.must(&RESHAPE, kept.clone(), &[value]));
        let (a, b, c) = (argument(0), argument(1), argument(2));
        let is_it = if self.smallest { b.ge(a) } else { a.ge(b) };
        let chosen = formula(graph, "is_extreme", is_it, &[x, y]);
        let count = graph.must(&SUM, sum::over(axes), &[chosen]);
        let count = graph.must(&RESHAPE, kept, &[count]);
        Some(formula(graph, "extreme_backward", a * b / c, &[chosen, d, count]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        call(if self.smallest { "amax::amin_forward" } else { "amax::forward" }, attrs)
    }
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let better = |a: f64, b: f64| if self.smallest { a.min(b) } else { a.max(b) };
        each(inputs[0], axes(attrs), |x| x.into_iter().reduce(better).unwrap_or(f64::NAN))
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
    #[cfg(feature = "cpu")]
    fn run(
        &self,
        cpu: &crate::cpu::Cpu,
        inputs: &[(&[usize], &[f32])],
        attrs: &Attrs,
        output: (&[usize], &mut [f32]),
    ) -> bool {
        let kernel = if self.smallest { amin_forward } else { forward };
        kernel(cpu, output.1, inputs[0].1, inputs[0].0, axes(attrs));
        true
    }
}

impl Op for ArgMax {
    fn name(&self) -> &'static str {
        "argmax"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        call("amax::argmax", attrs)
    }
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let first = |x: Vec<f64>| {
            let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            x.iter().position(|x| *x == top).unwrap_or(0) as f64
        };
        each(inputs[0], axes(attrs), first)
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
    #[cfg(feature = "cpu")]
    fn run(
        &self,
        cpu: &crate::cpu::Cpu,
        inputs: &[(&[usize], &[f32])],
        attrs: &Attrs,
        output: (&[usize], &mut [f32]),
    ) -> bool {
        argmax(cpu, output.1, inputs[0].1, inputs[0].0, axes(attrs));
        true
    }
}
