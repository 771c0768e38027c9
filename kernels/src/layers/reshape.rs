use super::{Argument, Arguments, Builder, Default, Given, Layer, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::RESHAPE;
use crate::shape::{Mismatch, Requirements, Shape, display, elements, shape};

/// The same numbers of every sample under another shape. PyTorch's `Unflatten` and `reshape`.
pub struct Reshape;

impl Layer for Reshape {
    fn name(&self) -> &'static str {
        "Reshape"
    }
    fn also(&self) -> &'static [&'static str] {
        &["Unflatten", "View"]
    }
    fn doc(&self) -> &'static str {
        "The same numbers of a sample under another shape."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[Argument::shape(
            "shape",
            "sizes of a sample that comes out, the batch not among them",
            Default::Required,
        )];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("shape");
        require.require_eq(0, "elements", &elements(arguments.shape("shape")), &elements(&inputs[0][1..]))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let batch = builder.graph.shape(builder.inputs[0])[0].clone();
        let to = [&[batch], arguments.shape("shape").as_slice()].concat();
        builder.graph.apply(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(to)), builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("Reshape({})", display(arguments.shape("shape")))
    }
    fn samples(&self) -> Vec<Sample> {
        let to = |sizes: &[usize]| ("shape", Given::Shape(shape(sizes)));
        vec![
            Sample::of(&[3, 10], [to(&[2, 5])]),
            Sample::of(&[2, 3, 5], [to(&[15])]),
            Sample::refused(&[3, 10], [to(&[3, 10])]),
        ]
    }
}
