//! The registry of layers: what a declaration may name. A layer is arguments, parameters, and ops; it has no gradient
//! and no kernel of its own.
mod activation;
mod axes;
mod bilinear;
mod broadcast;
mod distance;
mod dropout;
mod elsewhere;
mod embedding;
mod flatten;
mod join;
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
use crate::names::words;
use crate::ops;
use crate::shape::{Mismatch, Requirements, Shape, Size};
use crate::types::Element;
pub use elsewhere::{Elsewhere, absent, argument, initialiser, renamed};
use std::fmt;

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
    /// Whether its rows without a gradient stay as they are, and with them what an optimizer keeps of them.
    pub sparse: bool,
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
    /// Demands that the numbers of every input are those that the layer reads. Layers whose ops meet their inputs in another
    /// order ask first: a mismatch of an op counts the op's inputs.
    pub fn operands(&self, layer: &dyn Layer) -> Result<(), Mismatch> {
        for (k, input) in self.inputs.iter().enumerate() {
            let (wanted, found) = (layer.operand(k), self.graph.element(*input));
            if wanted != found {
                let require = Requirements::default();
                return Err(require.mismatch(k, "numbers", wanted.to_string(), found.to_string()));
            }
        }
        Ok(())
    }
    /// The parameter of that name, if the layer has it.
    pub fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
}

/// How many values a layer is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// So many.
    Exactly(usize),
    /// So many, or more.
    AtLeast(usize),
    /// So many, or one more.
    OrOneMore(usize),
}
impl Arity {
    /// Whether it is applied to so many.
    pub fn takes(self, count: usize) -> bool {
        match self {
            Arity::Exactly(wanted) => count == wanted,
            Arity::AtLeast(least) => count >= least,
            Arity::OrOneMore(least) => count == least || count == least + 1,
        }
    }
    /// The fewest.
    pub fn least(self) -> usize {
        match self {
            Arity::Exactly(count) | Arity::AtLeast(count) | Arity::OrOneMore(count) => count,
        }
    }
    /// Whether there may be another after so many.
    pub fn takes_more_than(self, count: usize) -> bool {
        match self {
            Arity::Exactly(most) => count < most,
            Arity::AtLeast(_) => true,
            Arity::OrOneMore(least) => count <= least,
        }
    }
}
/// `2 values`, `2 values or more`, `1 or 2 values`
impl fmt::Display for Arity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let values = |count: usize| if count == 1 { "value" } else { "values" };
        match *self {
            Arity::Exactly(count) => write!(f, "{count} {}", values(count)),
            Arity::AtLeast(count) => write!(f, "{count} {} or more", values(count)),
            Arity::OrOneMore(count) => write!(f, "{count} or {} values", count + 1),
        }
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
    fn inputs(&self) -> Arity {
        Arity::Exactly(1)
    }
    /// What the numbers of input `k` must be: real, if nothing else is said.
    fn operand(&self, k: usize) -> Element {
        let _ = k;
        Element::F32
    }
    /// What the indices that it reads are below; `None` where it reads none.
    fn limit(&self, arguments: &Arguments) -> Option<Size> {
        let _ = arguments;
        None
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
    /// Cases for the tests; those of a layer without any are any inputs of two axes and more, all of one shape.
    fn samples(&self) -> Vec<Sample> {
        vec![]
    }
    /// Between which inputs tests compare its gradients with differences.
    fn domain(&self) -> (f64, f64) {
        (-1.0, 1.0)
    }
}

/// Inputs and arguments that a layer must accept, or must refuse. Arguments that are left out are filled in.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Sizes of each input, the batch first. Their numbers are what [`Layer::operand`] says, indices below
    /// [`Layer::limit`].
    pub inputs: Vec<Vec<usize>>,
    /// Arguments by name.
    pub arguments: Vec<(&'static str, Given)>,
    /// Whether the layer must accept it.
    pub accepted: bool,
}
impl Sample {
    /// A case of one input that must be accepted.
    pub fn of(input: &[usize], arguments: impl IntoIterator<Item = (&'static str, Given)>) -> Sample {
        Sample { inputs: vec![input.to_vec()], arguments: arguments.into_iter().collect(), accepted: true }
    }
    /// A case of one input that must be refused.
    pub fn refused(input: &[usize], arguments: impl IntoIterator<Item = (&'static str, Given)>) -> Sample {
        Sample { accepted: false, ..Sample::of(input, arguments) }
    }
    /// The case with one more input.
    #[must_use]
    pub fn and(mut self, input: &[usize]) -> Sample {
        self.inputs.push(input.to_vec());
        self
    }
}

/// Layers that are more than an elementwise function.
pub static LAYERS: &[&dyn Layer] = &[
    &linear::Linear,
    &bilinear::Bilinear,
    &embedding::Embedding,
    &embedding::EmbeddingBag,
    &dropout::Dropout,
    &norm::LayerNorm,
    &norm::RmsNorm,
    &softmax::SOFTMAX,
    &softmax::LOG_SOFTMAX,
    &flatten::Flatten,
    &reshape::Reshape,
    &broadcast::Broadcast,
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

/// Functions of several values, which no stack applies.
pub static FUNCTIONS: &[&dyn Layer] = &[
    &join::ADD,
    &join::SUB,
    &join::MUL,
    &join::DIV,
    &join::MAXIMUM,
    &join::MINIMUM,
    &join::POWER,
    &join::Concat,
    &join::Stack,
    &join::MatMul,
    &distance::CosineSimilarity,
    &distance::PairwiseDistance,
];

/// Every function of `forward` with its name: those of several values, and the layers that learn nothing.
pub fn functions() -> impl Iterator<Item = (String, &'static dyn Layer)> {
    let layers = all().filter(|layer| layer.fields().is_empty());
    FUNCTIONS.iter().copied().chain(layers).map(|layer| (words(layer.name()), layer))
}
/// The function of that name.
pub fn function(name: &str) -> Option<&'static dyn Layer> {
    functions().find(|(function, _)| function == name).map(|(_, layer)| layer)
}

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
