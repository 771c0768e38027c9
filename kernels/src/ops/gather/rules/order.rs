use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape};
use crate::types::{Element, Type};

/// The positions of all indices, the batch over, sorted by the indices, those of equal ones in their order. PyTorch's
/// `flatten().argsort(stable=True)`.
pub struct Order;
/// See [`Order`].
pub static ORDER: Order = Order;

impl Op for Order {
    fn name(&self) -> &'static str {
        "order"
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, _: &mut Requirements) -> Result<Shape, Mismatch> {
        Ok(inputs[0].clone())
    }
    fn results(&self, _: &[&Shape], first: Shape, _: &Attrs) -> Vec<Type> {
        vec![Type::index(first)]
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
    fn lower(&self, _: &Attrs) -> Lowered {
        Lowered::Call { kernel: "gather::order", arguments: vec![CallArgument::Input(0)] }
    }
}

impl Tested for Order {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let indices = &inputs[0].data;
        let mut order: Vec<usize> = (0..indices.len()).collect();
        order.sort_by(|a, b| indices[*a].total_cmp(&indices[*b]));
        order.into_iter().map(|n| n as f64).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[4]], Attrs::NONE).below(9),
            Sample::of(&[&[3, 5]], Attrs::NONE).below(4),
            Sample::of(&[&[2, 50]], Attrs::NONE).below(6),
        ]
    }
}
