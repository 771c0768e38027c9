//! The registry of layers: what a declaration may name. A layer is arguments, parameters, and ops; it has no gradient
//! and no kernel of its own.
mod activation;
mod axes;
mod bilinear;
mod dropout;
mod elsewhere;
mod flatten;
mod linear;
mod norm;
mod permute;
mod prelu;
mod reduce;
mod reshape;
mod slice;
mod softmax;

pub use crate::arguments::{Argument, ArgumentKind, Arguments, Default, Given, Together};
use crate::graph::{Graph, Value};
use crate::init::Init;
use crate::ops;
use crate::shape::{Mismatch, Requirements, Shape, Size};
pub use elsewhere::{Elsewhere, absent, argument, initialiser, renamed};

/// What a layer learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name: `weight`.
    pub name: &'static str,
    /// Its shape, in PyTorch's order.
    pub shape: Shape,
    /// How it begins if the declaration does not say otherwise.
    pub init: Init<Size>,
    /// Whether weight decay is for it even where it is for weights alone: for those that multiply activations, not for
    /// biases, nor for what a normalisation scales and shifts by.
    pub decays: bool,
}

/// What a layer is built with.
pub struct Builder<'a> {
    /// The graph to build in.
    pub graph: &'a mut Graph,
    /// What the layer is applied to, as many values as [`Layer::inputs`] says.
    pub inputs: &'a [Value],
    /// Whether the graph is for training or for prediction.
    pub training: bool,
    /// The layer's parameters by name.
    pub parameters: &'a [(&'static str, Value)],
    /// The next free stream of random numbers.
    pub streams: &'a mut Size,
}
impl Builder<'_> {
    /// The parameter of that name, if the layer has it.
    pub fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
}

/// One row of the layer book.
pub trait Layer: Sync {
    /// The word in a declaration.
    fn name(&self) -> &'static str;
    /// What it computes, one sentence.
    fn doc(&self) -> &'static str;
    /// What it is called in other libraries, where that is neither its name nor a few letters off; see [`renamed`].
    fn also(&self) -> &'static [&'static str] {
        &[]
    }
    /// What it can be told, in order.
    fn arguments(&self) -> &'static [Argument] {
        &[]
    }
    /// What its arguments must be together.
    fn together(&self) -> &'static [Together] {
        &[]
    }
    /// The names of all parameters it can have, in PyTorch's order.
    fn fields(&self) -> &'static [&'static str] {
        &[]
    }
    /// How many values it is applied to. The other methods are given as many shapes, the batch first in each.
    fn inputs(&self) -> usize {
        1
    }
    /// Demands what must be true of the inputs for these arguments to make sense.
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        let _ = (inputs, arguments, require);
        Ok(())
    }
    /// The parameters it has for these inputs, for which [`check`](Layer::check) holds.
    fn parameters(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        let _ = (inputs, arguments, require);
        Ok(vec![])
    }
    /// The layer as ops on its inputs.
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch>;
    /// The layer with its inferred sizes: `Linear(784 -> 10)`.
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        let _ = (inputs, arguments);
        self.name().into()
    }
    /// Cases for the tests; those of a layer without any are any inputs of two axes and more.
    fn samples(&self) -> Vec<Sample> {
        vec![]
    }
    /// Between which inputs tests compare its gradients with differences.
    fn domain(&self) -> (f64, f64) {
        (-1.0, 1.0)
    }
}

/// An input and arguments that a layer must accept, or must refuse. Arguments that are left out are filled in.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Sizes, the batch first.
    pub input: Vec<usize>,
    /// Arguments by name.
    pub arguments: Vec<(&'static str, Given)>,
    /// Whether the layer must accept it.
    pub accepted: bool,
}
impl Sample {
    /// A case that must be accepted.
    pub fn of(input: &[usize], arguments: impl IntoIterator<Item = (&'static str, Given)>) -> Sample {
        Sample { input: input.to_vec(), arguments: arguments.into_iter().collect(), accepted: true }
    }
    /// A case that must be refused.
    pub fn refused(input: &[usize], arguments: impl IntoIterator<Item = (&'static str, Given)>) -> Sample {
        Sample { accepted: false, ..Sample::of(input, arguments) }
    }
}

/// Layers that are more than an elementwise function.
pub static LAYERS: &[&dyn Layer] = &[
    &linear::Linear,
    &bilinear::Bilinear,
    &dropout::Dropout,
    &norm::LayerNorm,
    &norm::RmsNorm,
    &softmax::SOFTMAX,
    &softmax::LOG_SOFTMAX,
    &flatten::Flatten,
    &reshape::Reshape,
    &permute::Permute,
    &permute::Transpose,
    &prelu::PRelu,
    &slice::Slice,
    &slice::Pad,
    &reduce::SUM_LAYER,
    &reduce::MEAN_LAYER,
    &reduce::MAX_LAYER,
    &reduce::MIN_LAYER,
    &reduce::VARIANCE_LAYER,
];

/// Every layer.
pub fn all() -> impl Iterator<Item = &'static dyn Layer> {
    LAYERS.iter().copied().chain(ops::UNARY.iter().map(|row| row as &dyn Layer))
}
/// The layer of that name.
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    all().find(|layer| layer.name() == name)
}

/// The table of all layers, in Markdown, for the documentation; a test holds the committed one against it.
pub fn table() -> String {
    let row = |layer: &dyn Layer| {
        let arguments: Vec<String> = layer.arguments().iter().map(Argument::described).collect();
        let cell = if arguments.is_empty() { String::new() } else { format!("{} ", arguments.join("; ")) };
        // a bar ends a cell, in code too
        let [doc, cell] = [layer.doc(), &cell].map(|text| text.replace('|', "\\|"));
        format!("| `{}` | {doc} | {cell}|\n", layer.name())
    };
    let rows: String = all().map(row).collect();
    format!("| Layer | Computes | Arguments |\n|---|---|---|\n{rows}")
}
