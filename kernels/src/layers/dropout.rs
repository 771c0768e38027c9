use super::{Argument, Arguments, Builder, Given, Layer};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::UNIFORM;
use crate::ops::elementwise::formula;
use crate::scalar::{argument, select};
use crate::shape::{Mismatch, Shape, Size};

/// In training each number is 0 with probability `p`, else divided by `1 - p`; in prediction nothing happens
/// (Srivastava et al. 2014). PyTorch's `Dropout`. The mask is computed from a counter wherever it is read, forward and
/// backward, and never stored.
pub struct Dropout;

impl Layer for Dropout {
    fn name(&self) -> &'static str {
        "Dropout"
    }
    fn doc(&self) -> &'static str {
        "In training, each number is 0 with probability `p`, else divided by `1 - p`."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[Argument::number("p", "probability of 0", 0.5).must_be(
            "at least 0 and less than 1",
            |given| matches!(given, Given::Number(p) if (0.0..1.0).contains(p)),
        )];
        ARGUMENTS
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let (x, p) = (builder.inputs[0], arguments.number("p"));
        if !builder.training || p == 0.0 {
            return Ok(x);
        }
        let shape = builder.graph.shape(x).clone();
        let stream = Attr::Size(builder.streams.clone());
        *builder.streams = &*builder.streams + &Size::known(1);
        let u = builder.graph.apply(
            &UNIFORM,
            Attrs::NONE.with("shape", Attr::Shape(shape)).with("stream", stream),
            &[],
        )?;
        let kept = select(argument(1).ge(p), argument(0) * (1.0 / (1.0 - p)), 0.0);
        Ok(formula(builder.graph, "dropout", kept, &[x, u]))
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("Dropout({})", arguments.number("p"))
    }
}
