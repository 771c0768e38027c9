//! Every elementwise op of one value is a layer.
use super::{Argument, Arguments, Builder, Default, Layer, Sample, Together};
use crate::graph::Value;
use crate::ops::elementwise::Unary;
use crate::shape::{Mismatch, Shape};

impl Layer for &'static Unary {
    // a row has two names: as an op, and as a layer
    #[allow(clippy::misnamed_getters)]
    fn name(&self) -> &'static str {
        self.layer
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn also(&self) -> &'static [&'static str] {
        self.also
    }
    fn arguments(&self) -> &'static [Argument] {
        self.arguments
    }
    fn together(&self) -> &'static [Together] {
        self.together
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let numbers = self.numbers(|name| arguments.number(name));
        builder.graph.apply(*self, self.attrs(numbers), builder.inputs)
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        let told = self.arguments.iter().filter(|a| Default::Number(arguments.number(a.name)) != a.default);
        let told: Vec<String> = told.map(|a| format!("{}: {}", a.name, arguments.number(a.name))).collect();
        if told.is_empty() { self.layer.into() } else { format!("{}({})", self.layer, told.join(", ")) }
    }
    fn samples(&self) -> Vec<Sample> {
        let inputs = [&[3, 4][..], &[2, 3, 4], &[1, 1]];
        let of = |numbers| inputs.map(|input| Sample::of(input, self.given(numbers).0));
        self.sets().into_iter().flat_map(of).collect()
    }
    fn domain(&self) -> (f64, f64) {
        self.domain
    }
}
