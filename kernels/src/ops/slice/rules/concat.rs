use super::{SLICE, at, axis, each, has_axis, of};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// All inputs, of which there is at least one, in order along an axis; the other axes are alike. PyTorch's `cat`.
pub struct Concat;
/// See [`Concat`].
pub static CONCAT: Concat = Concat;

/// Attributes for joining along `axis`.
pub fn along(axis: usize) -> Attrs {
    Attrs::NONE.with("axis", Attr::Axes(vec![axis]))
}

/// The sizes along an axis, added up.
fn sum<'a>(sizes: impl Iterator<Item = &'a Size>) -> Size {
    sizes.fold(Size::known(0), |sum, size| &sum + size)
}

impl Op for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (mut shape, along) = (inputs[0].clone(), axis(attrs));
        has_axis(&shape, along, require)?;
        for (k, input) in inputs.iter().enumerate().skip(1) {
            require.require_eq(k, "axes", &Size::known(shape.len()), &Size::known(input.len()))?;
            for (axis, (first, own)) in shape.iter().zip(*input).enumerate() {
                if axis != along {
                    require.require_eq(k, "elements along another axis", first, own)?;
                }
            }
        }
        shape[along] = sum(inputs.iter().map(|input| &input[along]));
        Ok(shape)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let axis = axis(at.attrs);
        let start = sum(at.inputs[..k].iter().map(|input| &graph.shape(*input)[axis]));
        let length = graph.shape(at.inputs[k])[axis].clone();
        Some(graph.must(&SLICE, of(axis, start, length), &[dy]))
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let axis = CallArgument::Size(Size::known(axis(attrs)));
        Lowered::Call {
            kernel: "slice::concat",
            arguments: vec![CallArgument::Inputs, CallArgument::ShapeOf(0), axis],
        }
    }
}

impl Tested for Concat {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let axis = axis(attrs);
        let number = |o: usize, mut k: usize, i: usize| {
            for input in inputs {
                if let Some(number) = at(*input, axis, [o, k, i]) {
                    return number;
                }
                k -= input.shape[axis];
            }
            f64::NAN
        };
        each(output, axis, number)
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 7], &[3, 5]], along(1)),
            Sample::of(&[&[2, 3], &[5, 3], &[4, 3]], along(0)),
            Sample::of(&[&[2, 3, 5, 7], &[2, 4, 5, 7]], along(1)),
            Sample::of(&[&[3, 7]], along(1)),
            Sample::refused(&[&[3, 7], &[2, 5]], along(1)),
            Sample::refused(&[&[3, 7], &[3, 7, 2]], along(1)),
            Sample::refused(&[&[3, 7], &[3, 7]], along(2)),
        ]
    }
}
