use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};
use crate::types::Element;

/// 0 where an index is `value`, else 1: what counts, where an index stands for nothing. PyTorch's `ne`.
pub struct NotEqual;
/// See [`NotEqual`].
pub static NOT_EQUAL: NotEqual = NotEqual;

/// Attributes for that index.
pub fn to(value: Size) -> Attrs {
    Attrs::NONE.with("value", Attr::Size(value))
}

impl Op for NotEqual {
    fn name(&self) -> &'static str {
        "not_equal"
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, _: &mut Requirements) -> Result<Shape, Mismatch> {
        Ok(inputs[0].clone())
    }
    fn operand(&self, _: usize) -> Element {
        Element::U32
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let value = CallArgument::Size(attrs.size("value").clone());
        Lowered::Call { kernel: "gather::not_equal", arguments: vec![CallArgument::Input(0), value] }
    }
}

impl Tested for NotEqual {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let value = attrs.size("value").as_known().unwrap_or_default() as f64;
        inputs[0].data.iter().map(|index| f64::from(u8::from(*index != value))).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![Sample::of(&[&[3, 7]], to(2.into())).below(5)]
    }
}
