use super::{Arguments, Builder, Layer};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::RESHAPE;
use crate::shape::{Mismatch, elements};

/// All axes but the batch as one. PyTorch's `Flatten`.
pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "Flatten"
    }
    fn doc(&self) -> &'static str {
        "All axes of a sample as one."
    }
    fn build(&self, builder: &mut Builder, _: &Arguments) -> Result<Value, Mismatch> {
        let shape = builder.graph.shape(builder.inputs[0]);
        let flat = vec![shape[0].clone(), elements(&shape[1..])];
        builder.graph.apply(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(flat)), builder.inputs)
    }
}
