mod concat;
mod pad;

pub use concat::{CONCAT, Concat, along};
pub use pad::{PAD, Pad, padding};

use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// The `length` elements from `start` on along an axis; PyTorch's `narrow`.
pub struct Slice;
/// See [`Slice`].
pub static SLICE: Slice = Slice;

/// Attributes for so many elements along `axis`.
pub fn of(axis: usize, start: Size, length: Size) -> Attrs {
    let attrs = Attrs::NONE.with("axis", Attr::Axes(vec![axis]));
    attrs.with("start", Attr::Size(start)).with("length", Attr::Size(length))
}
/// The axis that the attributes name.
fn axis(attrs: &Attrs) -> usize {
    attrs.axes("axis")[0]
}
/// Demands that there is such an axis.
fn has_axis(x: &Shape, axis: usize, require: &mut Requirements) -> Result<(), Mismatch> {
    require.require_le(0, "axes", &Size::known(axis + 1), &Size::known(x.len()))
}
/// A size that is a number where numbers are computed with.
fn known(attrs: &Attrs, name: &str) -> usize {
    attrs.size(name).as_known().unwrap_or_default()
}
/// `f(outer, along, inner)` for every index of a value of these sizes, in order.
fn each(sizes: &[usize], axis: usize, mut f: impl FnMut(usize, usize, usize) -> f64) -> Vec<f64> {
    let (len, inner) = (sizes[axis], sizes[axis + 1..].iter().product::<usize>());
    let count: usize = sizes.iter().product();
    (0..count).map(|i| f(i / (len * inner), i / inner % len, i % inner)).collect()
}
/// The number at these indices, if the value has it.
fn at(x: Tensor, axis: usize, [outer, along, inner]: [usize; 3]) -> Option<f64> {
    let (len, wide) = (x.shape[axis], x.shape[axis + 1..].iter().product::<usize>());
    (along < len).then(|| x.data[(outer * len + along) * wide + inner])
}

impl Op for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (x, axis) = (inputs[0], axis(attrs));
        let (start, length) = (attrs.size("start"), attrs.size("length"));
        has_axis(x, axis, require)?;
        require.require_le(0, "elements along the axis", &(start + length), &x[axis])?;
        let mut shape = x.clone();
        shape[axis] = length.clone();
        Ok(shape)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let axis = axis(at.attrs);
        let total = graph.shape(at.inputs[0])[axis].clone();
        Some(graph.must(&PAD, padding(axis, at.attrs.size("start").clone(), total, 0.0), &[dy]))
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let axis = CallArgument::Size(Size::known(axis(attrs)));
        let start = CallArgument::Size(attrs.size("start").clone());
        let arguments = vec![CallArgument::Input(0), CallArgument::ShapeOf(0), axis, start];
        Lowered::Call { kernel: "slice::forward", arguments }
    }
}

impl Tested for Slice {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (axis, start) = (axis(attrs), known(attrs, "start"));
        each(output, axis, |o, k, i| at(inputs[0], axis, [o, start + k, i]).unwrap_or(f64::NAN))
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |axis, start: usize, length: usize| of(axis, start.into(), length.into());
        vec![
            Sample::of(&[&[3, 7]], of(1, 2, 4)),
            Sample::of(&[&[7, 3]], of(0, 5, 2)),
            Sample::of(&[&[2, 5, 3, 7]], of(2, 0, 2)),
            Sample::of(&[&[2, 5]], of(1, 0, 5)),
            Sample::refused(&[&[3, 7]], of(1, 4, 6)),
            Sample::refused(&[&[3, 7]], of(2, 0, 1)),
        ]
    }
}
