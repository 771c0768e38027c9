mod indices;

pub use crate::ops::reduction::over;
pub use indices::{
    ARGMAX, ArgMax, MAX_WITH_INDICES, MAX_WITH_INDICES_BACKWARD, MaxWithIndices, MaxWithIndicesBackward,
};

use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::elementwise::formula;
use crate::ops::reduction::{axes, groups, kept, without};
use crate::ops::{RESHAPE, SUM, sum};
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

/// The gradient of [`Extreme`], from what went in and the result's gradient: `dy / count` at each of the `count`
/// numbers that are the extreme, 0 elsewhere. Where the extreme is NaN no number is equal to it, and the gradient is
/// `0 / 0`, NaN, as PyTorch's.
pub struct ExtremeBackward {
    smallest: bool,
}
/// Of [`AMAX`].
pub static AMAX_BACKWARD: ExtremeBackward = ExtremeBackward { smallest: false };
/// Of [`AMIN`].
pub static AMIN_BACKWARD: ExtremeBackward = ExtremeBackward { smallest: true };

/// A kernel of the inputs, the first one's sizes and the axes.
fn call(kernel: &'static str, inputs: usize, attrs: &Attrs) -> Lowered {
    let inputs = (0..inputs).map(CallArgument::Input);
    let more = [CallArgument::ShapeOf(0), CallArgument::Range(axes(attrs))];
    Lowered::Call { kernel, arguments: inputs.chain(more).collect() }
}

/// What the numbers along the axes come to.
fn each(x: Tensor, axes: Range<usize>, of: impl Fn(Vec<f64>) -> f64) -> Vec<f64> {
    groups(x.shape, axes).map(|at| of(at.iter().map(|k| x.data[*k]).collect())).collect()
}

/// The extreme of some numbers.
fn extreme(x: impl IntoIterator<Item = f64>, smallest: bool) -> f64 {
    x.into_iter().reduce(if smallest { f64::min } else { f64::max }).unwrap_or(f64::NAN)
}

fn samples() -> Vec<Sample> {
    vec![
        Sample::of(&[&[3, 17]], over(0..1)),
        Sample::of(&[&[3, 17]], over(1..2)),
        Sample::of(&[&[2, 3, 5, 7]], over(1..3)),
        Sample::of(&[&[2, 3, 5]], over(0..3)),
        Sample::of(&[&[2, 19, 3]], over(1..2)),
        Sample::of(&[&[3, 70]], over(1..2)).ties(),
        Sample::of(&[&[2, 19, 70]], over(1..2)).ties(),
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
        let backward = if self.smallest { &AMIN_BACKWARD } else { &AMAX_BACKWARD };
        Some(graph.must(backward, at.attrs.clone(), &[at.inputs[0], dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        call(if self.smallest { "amax::amin_forward" } else { "amax::forward" }, 1, attrs)
    }
}

impl Tested for Extreme {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        each(inputs[0], axes(attrs), |x| extreme(x, self.smallest))
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
}

impl Op for ExtremeBackward {
    fn name(&self) -> &'static str {
        if self.smallest { "amin_backward" } else { "amax_backward" }
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let result = without(inputs[0], axes(attrs), require)?;
        require.require_same(1, &result, inputs[1])?;
        Ok(inputs[0].clone())
    }
    /// By the result's gradient: the mean over the numbers that are the extreme. By `x` it is 0 almost everywhere.
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        if k == 0 {
            return None;
        }
        let (x, axes) = (at.inputs[0], axes(at.attrs));
        let y = graph.must(if self.smallest { &AMIN } else { &AMAX }, at.attrs.clone(), &[x]);
        let kept = kept(graph.shape(x), axes.clone());
        let y = graph.must(&RESHAPE, kept, &[y]);
        let (a, b) = (argument(0), argument(1));
        let is_it = if self.smallest { b.ge(a) } else { a.ge(b) };
        let chosen = formula(graph, "is_extreme", is_it, &[x, y]);
        let parts = formula(graph, "at_extreme", a * b, &[chosen, dy]);
        let [sum, count] = [parts, chosen].map(|value| graph.must(&SUM, sum::over(axes.clone()), &[value]));
        Some(formula(graph, "mean_at_extreme", a / b, &[sum, count]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(3) * &elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        call(if self.smallest { "amax::amin_backward" } else { "amax::backward" }, 2, attrs)
    }
}

impl Tested for ExtremeBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let (x, mut dx) = (inputs[0], vec![0.0; inputs[0].data.len()]);
        for (at, dy) in groups(x.shape, axes(attrs)).zip(inputs[1].data) {
            let y = extreme(at.iter().map(|k| x.data[*k]), self.smallest);
            let chosen: Vec<usize> = at.into_iter().filter(|k| x.data[*k] == y).collect();
            chosen.iter().for_each(|k| dx[*k] = dy / chosen.len() as f64);
        }
        dx
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 17], &[3]], over(1..2)),
            Sample::of(&[&[3, 17], &[17]], over(0..1)),
            Sample::of(&[&[2, 3, 5, 7], &[2, 7]], over(1..3)),
            Sample::of(&[&[3, 70], &[3]], over(1..2)).ties(),
            Sample::of(&[&[2, 19, 70], &[2, 70]], over(1..2)).ties(),
            Sample::refused(&[&[3, 17], &[17]], over(1..2)),
            Sample::refused(&[&[3, 17], &[3, 1]], over(1..2)),
        ]
    }
}
