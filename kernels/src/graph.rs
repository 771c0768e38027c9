//! Values and the ops that made them. Shapes are inferred as the graph is built, and equal applications are one
//! node, so that work shared by two gradients appears once.
use crate::attrs::{Attr, Attrs};
use crate::broadcast::Reading;
use crate::op::{Lowered, Op};
use crate::shape::{Deferred, Mismatch, Requirements, Shape, Size};
use std::rc::Rc;

/// A node of a graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Value(pub usize);

/// What makes a value.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The network's input of that number.
    Input(usize),
    /// The parameter of that number; a repeated block's has one more axis, its iterations.
    Parameter(usize),
    /// The gradient of the output, where a reverse pass starts.
    Seed,
    /// An op applied to values.
    Apply(&'static dyn Op, Attrs, Vec<Value>),
    /// A block run `count` times, each on the result of the one before.
    /// Inputs: the value that goes in, then the block's parameters.
    Repeat(Rc<Region>, Vec<Value>),
    /// The block's reverse, last iteration first. Inputs: those of the `Repeat`, then the output's gradient.
    /// Its results are taken out by [`Kind::Part`].
    RepeatBackward(Rc<Region>, Vec<Value>),
    /// Result `k` of a node with several: the gradient of input `k` of a `Repeat`.
    Part(Value, usize),
}
impl Kind {
    /// The values it reads.
    pub fn inputs(&self) -> &[Value] {
        match self {
            Kind::Input(_) | Kind::Parameter(_) | Kind::Seed => &[],
            Kind::Apply(_, _, inputs) | Kind::Repeat(_, inputs) | Kind::RepeatBackward(_, inputs) => inputs,
            Kind::Part(of, _) => std::slice::from_ref(of),
        }
    }
    fn same(&self, other: &Kind) -> bool {
        match (self, other) {
            (Kind::Input(a), Kind::Input(b)) | (Kind::Parameter(a), Kind::Parameter(b)) => a == b,
            (Kind::Seed, Kind::Seed) => true,
            (Kind::Apply(a, x, v), Kind::Apply(b, y, w)) => a.name() == b.name() && x == y && v == w,
            (Kind::Part(a, i), Kind::Part(b, k)) => a == b && i == k,
            _ => false,
        }
    }
}

/// A value: how it is made, its shape, and the declared layer it belongs to.
#[derive(Clone, Debug)]
pub struct Node {
    /// How it is made.
    pub kind: Kind,
    /// Its shape, the batch first where it has one.
    pub shape: Shape,
    /// The layer it was built for, `d_` before it in a reverse pass.
    pub label: String,
}

/// A block of a `repeat`: a graph of its own, from [`Kind::Input`] 0 and its parameters to `output`.
#[derive(Clone, Debug)]
pub struct Region {
    /// The name it was declared under.
    pub name: String,
    /// How often it runs.
    pub count: Size,
    /// One iteration; forward nodes first, then, once differentiated, the backward ones.
    pub body: Graph,
    /// What one iteration hands to the next.
    pub output: Value,
    /// Once differentiated: the gradient of the input and of every parameter.
    pub gradients: Vec<Option<Value>>,
    /// Streams of random numbers that one iteration takes.
    pub streams: Size,
    /// The first iteration's first stream.
    pub first_stream: Size,
}

/// Nodes in an order in which each comes after what it reads.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// What new nodes belong to.
    pub label: String,
    /// What the shape rules left to be asserted when the symbols have values.
    pub requirements: Vec<Deferred>,
}

impl Graph {
    /// The nodes in order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    /// The node of a value.
    pub fn node(&self, value: Value) -> &Node {
        &self.nodes[value.0]
    }
    /// The shape of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.node(value).shape
    }
    /// A leaf: an input, a parameter or the seed.
    pub fn leaf(&mut self, kind: Kind, shape: Shape) -> Value {
        self.push(kind, shape)
    }
    /// `op` applied to `inputs`, shape rule first.
    pub fn apply(&mut self, op: &'static dyn Op, attrs: Attrs, inputs: &[Value]) -> Result<Value, Mismatch> {
        let shapes: Vec<&Shape> = inputs.iter().map(|v| self.shape(*v)).collect();
        let mut require = Requirements::default();
        let shape = op.shape(&shapes, &attrs, &mut require)?;
        self.requirements.extend(require.deferred);
        let inputs = match op.lower(&attrs) {
            Lowered::Map { .. } => readable(self, inputs, &shape),
            _ => inputs.to_vec(),
        };
        Ok(self.push(Kind::Apply(op, attrs, inputs), shape))
    }
    /// `op` applied where its shape rule is known to hold: inside gradient rules.
    ///
    /// # Panics
    /// If it does not: a bug of the rule.
    pub fn must(&mut self, op: &'static dyn Op, attrs: Attrs, inputs: &[Value]) -> Value {
        let deferred = self.requirements.len();
        match self.apply(op, attrs, inputs) {
            Ok(value) => {
                // what holds for the forward shapes holds for their gradients
                self.requirements.truncate(deferred);
                value
            }
            Err(mismatch) => panic!("a gradient rule broke the shape rule of `{}`: {mismatch:?}", op.name()),
        }
    }
    /// A node whose shape is known already.
    pub fn push(&mut self, kind: Kind, shape: Shape) -> Value {
        if let Some(i) = self.nodes.iter().position(|node| node.kind.same(&kind) && node.shape == shape) {
            return Value(i);
        }
        self.nodes.push(Node { kind, shape, label: self.label.clone() });
        Value(self.nodes.len() - 1)
    }
}

/// The inputs of an elementwise op with those repeated in memory that cannot be read where they lie, all at one width
/// of a row: so whatever a formula reads, kernels can.
fn readable(graph: &mut Graph, inputs: &[Value], to: &Shape) -> Vec<Value> {
    let mut width: Option<Size> = None;
    let mut read = |graph: &mut Graph, input: Value| {
        let reading = Reading::of(graph.shape(input), to);
        let wide = reading.as_ref().and_then(Reading::width).cloned();
        let agrees = width.is_none() || wide.is_none() || width == wide;
        if reading.is_some() && agrees {
            width = width.take().or(wide);
            return input;
        }
        let attrs = Attrs::NONE.with("shape", Attr::Shape(to.clone())).with("mean", Attr::Flag(false));
        graph.must(&crate::ops::BROADCAST, attrs, &[input])
    };
    inputs.iter().map(|input| read(graph, *input)).collect()
}
