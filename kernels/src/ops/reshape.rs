//! The same numbers under another shape.
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements, shape};

/// `x` with shape `shape`, which must have as many elements.
pub struct Reshape;
/// See [`Reshape`].
pub static RESHAPE: Reshape = Reshape;

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let to = attrs.shape("shape");
        require.require_eq(0, "elements", &elements(to), &elements(inputs[0]))?;
        Ok(to.clone())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, _: usize, dy: Value) -> Option<Value> {
        let x = graph.shape(at.inputs[0]).clone();
        Some(graph.must(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(x)), &[dy]))
    }
    fn flops(&self, _: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        Size::known(0)
    }
    fn lower(&self, _: &Attrs) -> Lowered {
        Lowered::Same
    }
}

impl Tested for Reshape {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        inputs[0].data.to_vec()
    }
    fn samples(&self) -> Vec<Sample> {
        let to = |sizes: &[usize]| Attrs::NONE.with("shape", Attr::Shape(shape(sizes)));
        vec![
            Sample::of(&[&[2, 3, 5]], to(&[6, 5])),
            Sample::of(&[&[2, 3, 5]], to(&[30])),
            Sample::refused(&[&[2, 3, 5]], to(&[6, 6])),
        ]
    }
}
