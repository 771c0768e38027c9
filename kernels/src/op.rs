//! What an op must say about itself.
use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::random::Random;
use crate::scalar::Expr;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use crate::types::{Element, Type};
use std::ops::Range;

/// How an op runs: what the compiler may fuse, and what it must call.
#[derive(Clone, Debug, PartialEq)]
pub enum Lowered {
    /// Elementwise: a formula over the inputs, which are broadcast to the output; `word` is what it contributes to the
    /// name of a rule.
    Map {
        /// Over the inputs in order.
        formula: Expr,
        /// `relu`, `relu_backward`
        word: String,
    },
    /// A matrix product, whose finished sums a formula may take up.
    Product {
        /// Whether the first factor is transposed.
        transpose_a: bool,
        /// Whether the second is.
        transpose_b: bool,
    },
    /// A sum over these axes, or their mean.
    Sum {
        /// Neighbours.
        axes: Range<usize>,
        /// Whether the sum is divided by how many were summed.
        mean: bool,
    },
    /// The same numbers under another shape: nothing runs.
    Same,
    /// Every input element repeated: read in place by elementwise formulas, copied otherwise.
    Broadcast {
        /// Whether each is divided by how often it is repeated.
        mean: bool,
    },
    /// Random numbers of that stream, computed where they are read.
    Uniform(Size),
    /// A kernel, given its results in order, and then these.
    Call {
        /// Its path below [`ops`](crate::ops): `softmax::forward`.
        kernel: &'static str,
        /// What it is given.
        arguments: Vec<CallArgument>,
    },
}

/// What a kernel is given after its results.
#[derive(Clone, Debug, PartialEq)]
pub enum CallArgument {
    /// The numbers of that input.
    Input(usize),
    /// The sizes of that input.
    ShapeOf(usize),
    /// The numbers of all inputs, in order.
    Inputs,
    /// No numbers, where an input may be missing.
    Nothing,
    /// How long the last axis of that input is.
    LastOf(usize),
    /// Axes.
    Axes(Vec<usize>),
    /// Neighbouring axes.
    Range(Range<usize>),
    /// A size.
    Size(Size),
    /// A number.
    Number(f64),
    /// A choice.
    Flag(bool),
    /// Real numbers to work in, with anything in them: as many as [`Op::workspace`] says, planned like any value.
    Workspace,
}

/// An application of an op inside a graph, as its gradient rule sees it.
pub struct Application<'a> {
    /// What it was applied to.
    pub inputs: &'a [Value],
    /// What came out: the first result.
    pub output: Value,
    /// All results, in order.
    pub results: &'a [Value],
    /// The gradient of each result; `None` where nothing that is differentiated depends on it.
    pub gradients: &'a [Option<Value>],
    /// Which inputs' gradients are wanted.
    pub wanted: &'a [bool],
    /// Its attributes.
    pub attrs: &'a Attrs,
}

/// A value for the reference: numbers and their shape.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'a> {
    /// Sizes, outermost first.
    pub shape: &'a [usize],
    /// As many numbers as the sizes' product.
    pub data: &'a [f64],
}

/// A case that every test runs: shapes that the op must accept, or must refuse.
#[derive(Clone, Debug)]
pub struct Sample {
    /// One shape per input; a distinct size on every axis wherever the rule leaves a choice.
    pub shapes: Vec<Vec<usize>>,
    /// The attributes.
    pub attrs: Attrs,
    /// Whether the shape rule must accept it.
    pub accepted: bool,
    /// The indices among its inputs, those that [`Op::operand`] says are [`Element::U32`], are below this number.
    pub below: usize,
    /// Whether numbers repeat, so that several are equal. No difference shows the slope there.
    pub ties: bool,
    /// Between which numbers each input lies; -1 and 1 where nothing is said.
    pub domains: Vec<(f64, f64)>,
}
impl Sample {
    /// A case that must be accepted.
    pub fn of(shapes: &[&[usize]], attrs: Attrs) -> Sample {
        let shapes = shapes.iter().map(|s| s.to_vec()).collect();
        Sample { shapes, attrs, accepted: true, below: 0, ties: false, domains: vec![] }
    }
    /// A case that must be refused.
    pub fn refused(shapes: &[&[usize]], attrs: Attrs) -> Sample {
        Sample { accepted: false, ..Sample::of(shapes, attrs) }
    }
    /// The case with indices below this number.
    #[must_use]
    pub fn below(self, below: usize) -> Sample {
        Sample { below, ..self }
    }
    /// The case with numbers that repeat.
    #[must_use]
    pub fn ties(self) -> Sample {
        Sample { ties: true, ..self }
    }
    /// The case with inputs between these numbers.
    #[must_use]
    pub fn within(self, domains: &[(f64, f64)]) -> Sample {
        Sample { domains: domains.to_vec(), ..self }
    }
}

/// One row of the op book: what a compiler needs to know of it.
pub trait Op: Sync {
    /// Its name in graphs.
    fn name(&self) -> &'static str;
    /// The first result's shape, or what is wrong with the inputs'.
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch>;
    /// The types of all results, given the first one's shape: one of real numbers, if nothing else is said.
    fn results(&self, inputs: &[&Shape], first: Shape, attrs: &Attrs) -> Vec<Type> {
        let _ = (inputs, attrs);
        vec![Type::real(first)]
    }
    /// What the numbers of input `k` must be: real, if nothing else is said.
    fn operand(&self, k: usize) -> Element {
        let _ = k;
        Element::F32
    }
    /// The gradient for input `k`, built from other ops, given the result's; `None` where it is zero everywhere. Of several
    /// results `dy` is the first gradient that there is, and `at.gradients` has all.
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value>;
    /// Whether [`grad`](Op::grad) knows a gradient. Adjoints whose second derivative nobody has needed say no, and so
    /// does what is constant almost everywhere.
    fn differentiable(&self) -> bool {
        true
    }
    /// Floating-point operations, a multiply-add counted as two.
    fn flops(&self, inputs: &[&Shape], output: &Shape, attrs: &Attrs) -> Size {
        let _ = (inputs, attrs);
        elements(output)
    }
    /// How it runs.
    fn lower(&self, attrs: &Attrs) -> Lowered;
    /// How many real numbers it works in besides its results, where it is given a [`CallArgument::Workspace`].
    fn workspace(&self, inputs: &[&Shape], attrs: &Attrs) -> Size {
        let _ = (inputs, attrs);
        Size::known(0)
    }
}

/// What tests hold a row to. A program that only reads graphs names [`Op`] alone and links none of this.
pub trait Tested: Op {
    /// The definition, in f64, as plainly as it can be written; of several results one after the other, the first in the
    /// shape `output`.
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], random: Random) -> Vec<f64>;
    /// Cases for the tests.
    fn samples(&self) -> Vec<Sample>;
}
impl std::fmt::Debug for dyn Op {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
