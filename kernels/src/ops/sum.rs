//! Sums and means over neighbouring axes.
use super::reduction::{self, axes, groups, kept, without};
use super::{BROADCAST, RESHAPE};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use std::ops::Range;

/// `y = Σ x` over the axes `from..to`, which disappear; with `mean`, divided by how many numbers were summed.
pub struct Sum;
/// See [`Sum`].
pub static SUM: Sum = Sum;

/// Attributes for a sum over these axes.
pub fn over(axes: Range<usize>) -> Attrs {
    reduction::over(axes).with("mean", Attr::Flag(false))
}
/// Attributes for a mean over these axes.
pub fn mean_over(axes: Range<usize>) -> Attrs {
    reduction::over(axes).with("mean", Attr::Flag(true))
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
        let dy = graph.must(&RESHAPE, kept(&x, axes(at.attrs)), &[dy]);
        let attrs = Attrs::NONE.with("shape", Attr::Shape(x)).with("mean", Attr::Flag(at.attrs.flag("mean")));
        Some(graph.must(&BROADCAST, attrs, &[dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Sum { axes: axes(attrs), mean: attrs.flag("mean") }
    }
}

impl Tested for Sum {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let (x, mean) = (inputs[0], attrs.flag("mean"));
        let sum = |at: Vec<usize>| {
            let scale = if mean { 1.0 / at.len() as f64 } else { 1.0 };
            scale * at.iter().map(|k| x.data[*k]).sum::<f64>()
        };
        groups(x.shape, axes(attrs)).map(sum).collect()
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
}
