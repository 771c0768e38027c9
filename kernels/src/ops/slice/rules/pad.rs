use super::{SLICE, at, axis, each, has_axis, known, of};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `x` with `before` elements of `value` before it along an axis, and as many after it as make `total`; PyTorch's
/// `pad(mode="constant")`.
pub struct Pad;
/// See [`Pad`].
pub static PAD: Pad = Pad;

/// Attributes for padding along `axis`.
pub fn padding(axis: usize, before: Size, total: Size, value: f64) -> Attrs {
    let attrs = Attrs::NONE.with("axis", Attr::Axes(vec![axis])).with("before", Attr::Size(before));
    attrs.with("total", Attr::Size(total)).with("value", Attr::Number(value))
}

impl Op for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (mut shape, axis, total) = (inputs[0].clone(), axis(attrs), attrs.size("total"));
        has_axis(&shape, axis, require)?;
        require.require_le(0, "elements along the axis", &(attrs.size("before") + &shape[axis]), total)?;
        shape[axis] = total.clone();
        Ok(shape)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let axis = axis(at.attrs);
        let length = graph.shape(at.inputs[0])[axis].clone();
        Some(graph.must(&SLICE, of(axis, at.attrs.size("before").clone(), length), &[dy]))
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = vec![
            CallArgument::Input(0),
            CallArgument::ShapeOf(0),
            CallArgument::Size(Size::known(axis(attrs))),
            CallArgument::Size(attrs.size("before").clone()),
            CallArgument::Number(attrs.number("value")),
        ];
        Lowered::Call { kernel: "slice::pad", arguments }
    }
}

impl Tested for Pad {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (axis, before, value) = (axis(attrs), known(attrs, "before"), attrs.number("value"));
        let number = |o: usize, k: usize, i: usize| at(inputs[0], axis, [o, k.checked_sub(before)?, i]);
        each(output, axis, |o, k, i| number(o, k, i).unwrap_or(value))
    }
    fn samples(&self) -> Vec<Sample> {
        let by = |axis, before: usize, total: usize, value| padding(axis, before.into(), total.into(), value);
        vec![
            Sample::of(&[&[3, 7]], by(1, 2, 11, 0.0)),
            Sample::of(&[&[3, 7]], by(0, 0, 5, -1.5)),
            Sample::of(&[&[2, 5, 3, 7]], by(2, 4, 8, 0.5)),
            Sample::refused(&[&[3, 7]], by(1, 2, 8, 0.0)),
            Sample::refused(&[&[3, 7]], by(2, 0, 8, 0.0)),
        ]
    }
}
