//! Every elementwise op of one value is a layer.
use super::{Arguments, Builder, Layer};
use crate::attrs::Attrs;
use crate::family::Unary;
use crate::graph::Value;
use crate::shape::Mismatch;

impl Layer for &'static Unary {
    // a row has two names: as an op, and as a layer
    #[allow(clippy::misnamed_getters)]
    fn name(&self) -> &'static str {
        self.layer
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn build(&self, builder: &mut Builder, x: Value, _: &Arguments) -> Result<Value, Mismatch> {
        builder.graph.apply(*self, Attrs::NONE, &[x])
    }
}
