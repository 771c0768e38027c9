//! Where the largest over neighbouring axes is: positions, which are `u32`.
use super::{call, each, samples};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::reduction::{axes, groups, over, without};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements, shape};
use crate::types::{Element, Type};

/// The position of the largest over the axes `from..to`, which disappear, counted in row-major order; of several the
/// first. PyTorch's `argmax`.
pub struct ArgMax;
/// See [`ArgMax`].
pub static ARGMAX: ArgMax = ArgMax;

/// The largest over the axes `from..to`, which disappear, and as a second result its position, counted in row-major
/// order; of several the first, which gets the whole gradient. PyTorch's `max(dim)`.
pub struct MaxWithIndices;
/// See [`MaxWithIndices`].
pub static MAX_WITH_INDICES: MaxWithIndices = MaxWithIndices;

/// The gradient of [`MaxWithIndices`], from the positions and the largest numbers' gradient: `dy` at its position, 0
/// elsewhere. Attributes `axes`, and `shape`, that of what went in.
pub struct MaxWithIndicesBackward;
/// See [`MaxWithIndicesBackward`].
pub static MAX_WITH_INDICES_BACKWARD: MaxWithIndicesBackward = MaxWithIndicesBackward;

/// The first position of the largest.
fn first(x: Vec<f64>) -> f64 {
    let top = super::extreme(x.iter().copied(), false);
    x.iter().position(|x| *x == top).unwrap_or(0) as f64
}

impl Op for ArgMax {
    fn name(&self) -> &'static str {
        "argmax"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn results(&self, _: &[&Shape], first: Shape, _: &Attrs) -> Vec<Type> {
        vec![Type::index(first)]
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
        call("amax::argmax", 1, attrs)
    }
}

impl Tested for ArgMax {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        each(inputs[0], axes(attrs), first)
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
}

impl Op for MaxWithIndices {
    fn name(&self) -> &'static str {
        "max_with_indices"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        without(inputs[0], axes(attrs), require)
    }
    fn results(&self, _: &[&Shape], first: Shape, _: &Attrs) -> Vec<Type> {
        vec![Type::real(first.clone()), Type::index(first)]
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, _: Value) -> Option<Value> {
        let (positions, dy) = (*at.results.get(1)?, (*at.gradients.first()?)?);
        let attrs = at.attrs.clone().with("shape", Attr::Shape(graph.shape(at.inputs[0]).clone()));
        Some(graph.must(&MAX_WITH_INDICES_BACKWARD, attrs, &[positions, dy]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[0])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        call("amax::max_with_indices", 1, attrs)
    }
}

impl Tested for MaxWithIndices {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let largest = each(inputs[0], axes(attrs), |x| super::extreme(x, false));
        [largest, each(inputs[0], axes(attrs), first)].concat()
    }
    fn samples(&self) -> Vec<Sample> {
        samples()
    }
}

impl Op for MaxWithIndicesBackward {
    fn name(&self) -> &'static str {
        "max_with_indices_backward"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let x = attrs.shape("shape");
        let result = without(x, axes(attrs), require)?;
        require.require_same(0, &result, inputs[0])?;
        require.require_same(1, &result, inputs[1])?;
        Ok(x.clone())
    }
    fn operand(&self, k: usize) -> Element {
        if k == 0 { Element::U32 } else { Element::F32 }
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let (x, axes) = (attrs.shape("shape"), axes(attrs));
        let sizes = [&x[axes.clone()], &x[axes.end..]].map(|sizes| CallArgument::Size(elements(sizes)));
        let inputs = [0, 1].map(CallArgument::Input);
        Lowered::Call {
            kernel: "amax::max_with_indices_backward",
            arguments: inputs.into_iter().chain(sizes).collect(),
        }
    }
}

impl Tested for MaxWithIndicesBackward {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let mut dx = vec![0.0; output.iter().product()];
        let chosen = inputs[0].data.iter().zip(inputs[1].data);
        for (at, (position, dy)) in groups(output, axes(attrs)).zip(chosen) {
            dx[at[*position as usize]] = *dy;
        }
        dx
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |sizes: &[usize], axes| over(axes).with("shape", Attr::Shape(shape(sizes)));
        vec![
            Sample::of(&[&[3], &[3]], of(&[3, 17], 1..2)).below(17),
            Sample::of(&[&[17], &[17]], of(&[3, 17], 0..1)).below(3),
            Sample::of(&[&[2, 7], &[2, 7]], of(&[2, 3, 5, 7], 1..3)).below(15),
            Sample::of(&[&[2, 70], &[2, 70]], of(&[2, 19, 70], 1..2)).below(19),
            Sample::refused(&[&[17], &[17]], of(&[3, 17], 1..2)),
            Sample::refused(&[&[3], &[17]], of(&[3, 17], 1..2)),
        ]
    }
}
