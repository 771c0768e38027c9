use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, shape};

/// `y = value`, of shape `shape`. PyTorch's `full`.
pub struct Full;
/// See [`Full`].
pub static FULL: Full = Full;

impl Op for Full {
    fn name(&self) -> &'static str {
        "full"
    }
    fn shape(&self, _: &[&Shape], attrs: &Attrs, _: &mut Requirements) -> Result<Shape, Mismatch> {
        Ok(attrs.shape("shape").clone())
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn flops(&self, _: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        Size::known(0)
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = vec![CallArgument::Number(attrs.number("value"))];
        Lowered::Call { kernel: "full::forward", arguments }
    }
}

impl Tested for Full {
    fn reference(&self, _: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        vec![attrs.number("value"); output.iter().product()]
    }
    fn samples(&self) -> Vec<Sample> {
        let attrs = Attrs::NONE.with("shape", Attr::Shape(shape(&[3, 17])));
        vec![Sample::of(&[], attrs.with("value", Attr::Number(-0.75)))]
    }
}
