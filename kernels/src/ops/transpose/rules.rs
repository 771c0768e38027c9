use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// Axis `i` of the output is axis `axes[i]` of the input (PyTorch's `permute`).
pub struct Transpose;
/// See [`Transpose`].
pub static TRANSPOSE: Transpose = Transpose;

impl Op for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (x, axes) = (inputs[0], attrs.axes("axes"));
        require.require_eq(0, "axes", &Size::known(axes.len()), &Size::known(x.len()))?;
        let missing = (0..x.len()).find(|axis| !axes.contains(axis));
        if let Some(axis) = missing {
            let expected = format!("every axis once, axis {axis} too");
            return Err(require.mismatch(0, "axes", expected, format!("{axes:?}")));
        }
        Ok(axes.iter().map(|axis| x[*axis].clone()).collect())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let axes = at.attrs.axes("axes");
        let mut inverse = vec![0; axes.len()];
        axes.iter().enumerate().for_each(|(i, axis)| inverse[*axis] = i);
        Some(graph.must(&TRANSPOSE, Attrs::NONE.with("axes", Attr::Axes(inverse)), &[dy]))
    }
    fn flops(&self, _: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        Size::known(0)
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = vec![
            CallArgument::Input(0),
            CallArgument::ShapeOf(0),
            CallArgument::Axes(attrs.axes("axes").to_vec()),
        ];
        Lowered::Call { kernel: "transpose::forward", arguments }
    }
}

impl Tested for Transpose {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (x, axes) = (inputs[0], attrs.axes("axes"));
        let stride = |axis: usize| -> usize { x.shape[axis + 1..].iter().product() };
        let element = |mut i: usize| {
            let mut at = 0;
            for (k, size) in output.iter().enumerate().rev() {
                at += i % size * stride(axes[k]);
                i /= size;
            }
            x.data[at]
        };
        (0..x.data.len()).map(element).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let by = |axes: &[usize]| Attrs::NONE.with("axes", Attr::Axes(axes.to_vec()));
        vec![
            Sample::of(&[&[3, 7]], by(&[1, 0])),
            Sample::of(&[&[2, 3, 5]], by(&[2, 0, 1])),
            Sample::of(&[&[2, 3, 5, 7]], by(&[0, 3, 1, 2])),
            Sample::of(&[&[67, 35]], by(&[1, 0])),
            Sample::refused(&[&[3, 7]], by(&[0])),
            Sample::refused(&[&[3, 7]], by(&[1, 1])),
        ]
    }
}
