//! Sums and means over neighbouring axes.
use super::BROADCAST;
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor};
use crate::ops::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use std::ops::Range;

/// `y = Σ x` over the axes `from..to`, which disappear; with `mean`, divided by how many numbers were summed.
pub struct Sum;
/// See [`Sum`].
pub static SUM: Sum = Sum;

/// Attributes for a sum over these axes.
pub fn over(axes: Range<usize>) -> Attrs {
    Attrs::NONE.with("axes", Attr::Axes(vec![axes.start, axes.end])).with("mean", Attr::Flag(false))
}
/// Attributes for a mean over these axes.
pub fn mean_over(axes: Range<usize>) -> Attrs {
    Attrs::NONE.with("axes", Attr::Axes(vec![axes.start, axes.end])).with("mean", Attr::Flag(true))
}
/// The axes that a sum's attributes name.
pub fn axes(attrs: &Attrs) -> Range<usize> {
    let axes = attrs.axes("axes");
    axes[0]..axes[1]
}

/// The runs of neighbours among ascending axes, the innermost first: so the numbers of the outer ones stay right while
/// one after the other disappears.
pub fn runs(axes: &[usize]) -> impl Iterator<Item = Range<usize>> {
    axes.chunk_by(|a, b| a + 1 == *b).rev().map(|run| run[0]..run[run.len() - 1] + 1)
}

/// `x` without these axes, of which there must be some.
pub fn without(x: &Shape, axes: Range<usize>, require: &mut Requirements) -> Result<Shape, Mismatch> {
    require.require_le(0, "axes", &Size::known(axes.end), &Size::known(x.len()))?;
    require.require_le(0, "axes to reduce", &Size::known(1), &Size::known(axes.len()))?;
    Ok([&x[..axes.start], &x[axes.end..]].concat())
}

impl Op for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let x = graph.shape(at.inputs[0]).clone();
        let axes = axes(at.attrs);
        let mut kept = x.clone();
        kept[axes].fill(Size::known(1));
        let dy = graph.must(&super::RESHAPE, Attrs::NONE.with("shape", Attr::Shape(kept)), &[dy]);
        let attrs = Attrs::NONE.with("shape", Attr::Shape(x)).with("mean", Attr::Flag(at.attrs.flag("mean")));
        Some(graph.must(&BROADCAST, attrs, &[dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Sum { axes: axes(attrs), mean: attrs.flag("mean") }
    }
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (x, axes) = (inputs[0], axes(attrs));
        let len: usize = x.shape[axes.clone()].iter().product();
        let inner: usize = x.shape[axes.end..].iter().product();
        let count: usize = output.iter().product();
        let scale = if attrs.flag("mean") { 1.0 / len as f64 } else { 1.0 };
        (0..count)
            .map(|i| scale * (0..len).map(|k| x.data[(i / inner * len + k) * inner + i % inner]).sum::<f64>())
            .collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 17]], over(0..1)),
            Sample::of(&[&[3, 17]], mean_over(1..2)),
            Sample::of(&[&[2, 3, 5]], over(1..2)),
            Sample::of(&[&[2, 3, 5, 7]], mean_over(1..3)),
            Sample::of(&[&[2, 3, 5]], mean_over(0..3)),
            Sample::of(&[&[70, 67]], over(0..2)),
            Sample::refused(&[&[3, 17]], over(1..3)),
            Sample::refused(&[&[3, 17]], over(1..1)),
        ]
    }
    #[cfg(feature = "cpu")]
    fn run(
        &self,
        cpu: &crate::cpu::Cpu,
        inputs: &[(&[usize], &[f32])],
        attrs: &Attrs,
        output: (&[usize], &mut [f32]),
    ) -> bool {
        let ((shape, x), axes) = (inputs[0], axes(attrs));
        let len: usize = shape[axes.clone()].iter().product();
        let scale = if attrs.flag("mean") { 1.0 / len as f64 } else { 1.0 };
        crate::cpu::sum(cpu, output.1, x, len, shape[axes.end..].iter().product(), scale);
        true
    }
}
