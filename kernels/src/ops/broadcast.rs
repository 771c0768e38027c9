//! Repeating a value along new axes and along axes of size 1: the adjoint of a sum.
use super::{RESHAPE, reduction, sum};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::broadcast::broadcast_index;
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// `x` repeated to `shape` by NumPy's rule; with `mean`, divided by how often each number was repeated.
pub struct Broadcast;
/// See [`Broadcast`].
pub static BROADCAST: Broadcast = Broadcast;

/// Sums `dx` over the axes along which a value of shape `to` was repeated to give its shape, or averages over them.
pub fn sum_to(graph: &mut Graph, dx: Value, to: Shape, mean: bool) -> Value {
    let from = graph.shape(dx).clone();
    if from == to {
        return dx;
    }
    let offset = from.len() - to.len();
    let one = Size::known(1);
    let is_repeated = |axis: &usize| *axis < offset || (to[axis - offset] == one && from[*axis] != one);
    let repeated: Vec<usize> = (0..from.len()).filter(is_repeated).collect();
    let mut dx = dx;
    for axes in reduction::runs(&repeated) {
        let attrs = if mean { sum::mean_over(axes) } else { sum::over(axes) };
        dx = graph.must(&super::SUM, attrs, &[dx]);
    }
    if *graph.shape(dx) == to {
        dx
    } else {
        graph.must(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(to)), &[dx])
    }
}

impl Op for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (x, to) = (inputs[0], attrs.shape("shape"));
        require.require_le(0, "axes", &Size::known(x.len()), &Size::known(to.len()))?;
        for (size, to) in x.iter().zip(&to[to.len() - x.len()..]) {
            if *size != Size::known(1) {
                require.require_eq(0, "elements along an axis", to, size)?;
            }
        }
        Ok(to.clone())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let x = graph.shape(at.inputs[0]).clone();
        Some(sum_to(graph, dy, x, at.attrs.flag("mean")))
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Broadcast { mean: attrs.flag("mean") }
    }
}

impl Tested for Broadcast {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (x, count) = (inputs[0], output.iter().product::<usize>());
        let scale = if attrs.flag("mean") { x.data.len() as f64 / count as f64 } else { 1.0 };
        (0..count).map(|i| scale * x.data[broadcast_index(i, output, x.shape)]).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let to = |sizes: &[usize], mean: bool| {
            Attrs::NONE.with("shape", Attr::Shape(crate::shape::shape(sizes))).with("mean", Attr::Flag(mean))
        };
        vec![
            Sample::of(&[&[3, 1]], to(&[3, 7], false)),
            Sample::of(&[&[1, 5]], to(&[3, 5], true)),
            Sample::of(&[&[3, 1, 5]], to(&[2, 3, 7, 5], true)),
            Sample::of(&[&[5]], to(&[2, 3, 5], false)),
            Sample::refused(&[&[3, 2]], to(&[3, 7], false)),
            Sample::refused(&[&[1, 3, 7]], to(&[3, 7], false)),
        ]
    }
}
