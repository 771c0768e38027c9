//! Values and what made them. Types are inferred as the graph is built, and equal applications are one node, so that work
//! shared by two gradients appears once.
mod block;
mod origin;

pub use block::{Block, Call, Entering, Gradient, Leaving, Reverse};
pub use origin::Origin;

use crate::attrs::Attrs;
use crate::op::Op;
use crate::shape::{Deferred, Mismatch, Requirements, Shape};
use crate::types::{Element, Type};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// A value of a graph: a result of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Value(pub usize);

/// What makes values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The input of that number.
    Input(usize),
    /// The parameter of that number; of a block that runs several times with parameters of its own, those of all runs
    /// along one more axis in front.
    Parameter(usize),
    /// The numbers of that state before this step.
    State(usize),
    /// What was made of parameters and states before the first prediction, by its number.
    Prepared(usize),
    /// The gradient of the output of that number, where a reverse pass starts.
    Seed(usize),
    /// An op.
    Apply(&'static dyn Op, Attrs),
    /// Runs of a block. Reads the call's inputs, then the block's parameters.
    Call(Rc<Call>),
    /// The reverse of the call that makes the given value, last run first. Reads what the call read, then the gradients of
    /// the outputs that have one, then what there is already of the gradients of these parameters, to which it adds its
    /// own; its results are [`Reverse::results`].
    Reverse(Rc<Call>, Value, Vec<usize>),
}

/// What makes values, of what.
#[derive(Clone, Debug)]
pub struct Node {
    /// How they are made.
    pub kind: Kind,
    /// What it reads.
    pub inputs: Vec<Value>,
    /// What it makes, in order.
    pub results: Vec<Value>,
}

/// What is known of a value.
#[derive(Clone, Debug)]
struct Known {
    ty: Type,
    /// The node that makes it.
    node: usize,
    origin: Origin,
}

/// Nodes in an order in which each comes after what it reads.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    values: Vec<Known>,
    /// Nodes by what they are, so that equal ones are found without a search.
    equal: HashMap<u64, Vec<usize>, BuildHasherDefault<DefaultHasher>>,
    /// The leaf of each parameter, by its number.
    parameters: HashMap<usize, Value, BuildHasherDefault<DefaultHasher>>,
    /// The layer to which new values belong.
    origin: Origin,
    /// How many values there were when it was begun.
    begun: usize,
    /// What the shape rules left to be asserted when the symbols have values.
    pub requirements: Vec<Deferred>,
}

impl Kind {
    /// Whether it is there before anything runs.
    pub fn is_leaf(&self) -> bool {
        matches!(
            self,
            Kind::Input(_) | Kind::Parameter(_) | Kind::State(_) | Kind::Prepared(_) | Kind::Seed(_)
        )
    }
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
    /// Every value, in the order in which they were made.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = Value> + use<> {
        (0..self.values.len()).map(Value)
    }
    /// The node that makes a value.
    pub fn node(&self, value: Value) -> &Node {
        &self.nodes[self.made_by(value)]
    }
    /// The number of the node that makes a value.
    pub fn made_by(&self, value: Value) -> usize {
        self.values[value.0].node
    }
    /// How a value is made.
    pub fn kind(&self, value: Value) -> &Kind {
        &self.node(value).kind
    }
    /// What a value is made of.
    pub fn inputs(&self, value: Value) -> &[Value] {
        &self.node(value).inputs
    }
    /// The type of a value.
    pub fn ty(&self, value: Value) -> &Type {
        &self.values[value.0].ty
    }
    /// The shape of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.ty(value).shape
    }
    /// The type of a value's numbers.
    pub fn element(&self, value: Value) -> Element {
        self.ty(value).element
    }
    /// Where a value comes from.
    pub fn origin(&self, value: Value) -> &Origin {
        &self.values[value.0].origin
    }
    /// The leaf that is the parameter of that number.
    pub fn parameter(&self, number: usize) -> Option<Value> {
        self.parameters.get(&number).copied()
    }

    /// What is added from here on belongs to that layer.
    pub fn begin(&mut self, origin: Origin) {
        self.origin = origin;
        self.begun = self.values.len();
    }
    /// `value` is what the layer that was begun is there for: it is called as the layer is, unless it was there before.
    pub fn give(&mut self, value: Value) {
        if value.0 >= self.begun {
            self.values[value.0].origin = self.origin.clone();
        }
    }
    /// `value` is called so.
    pub fn name(&mut self, value: Value, origin: Origin) {
        self.values[value.0].origin = origin;
    }

    /// A leaf of real numbers: an input, a parameter, a state or a seed.
    pub fn leaf(&mut self, kind: Kind, shape: Shape) -> Value {
        self.leaf_of(kind, Type::real(shape))
    }
    /// A leaf.
    pub fn leaf_of(&mut self, kind: Kind, ty: Type) -> Value {
        let origin = self.origin.clone();
        self.push(kind, vec![], vec![(ty, origin)])[0]
    }
    /// `op` applied to `inputs`, shape rule first: its first result.
    pub fn apply(&mut self, op: &'static dyn Op, attrs: Attrs, inputs: &[Value]) -> Result<Value, Mismatch> {
        self.apply_all(op, attrs, inputs).map(|results| results[0])
    }
    /// `op` applied to `inputs`, shape rule first: all its results.
    pub fn apply_all(
        &mut self,
        op: &'static dyn Op,
        attrs: Attrs,
        inputs: &[Value],
    ) -> Result<Vec<Value>, Mismatch> {
        let mut require = Requirements::default();
        for (k, input) in inputs.iter().enumerate() {
            let (wanted, found) = (op.operand(k), self.element(*input));
            if wanted != found {
                return Err(require.mismatch(k, "numbers", wanted.to_string(), found.to_string()));
            }
        }
        let shapes: Vec<&Shape> = inputs.iter().map(|v| self.shape(*v)).collect();
        let shape = op.shape(&shapes, &attrs, &mut require)?;
        let results = op.results(&shapes, shape, &attrs);
        self.requirements.extend(require.deferred);
        let origin = self.origin.with(op.name());
        let results = results.into_iter().map(|ty| (ty, origin.clone())).collect();
        Ok(self.push(Kind::Apply(op, attrs), inputs.to_vec(), results))
    }
    /// `op` applied where its shape rule is known to hold, inside gradient rules: its first result.
    ///
    /// # Panics
    /// If it does not: a bug of the rule.
    pub fn must(&mut self, op: &'static dyn Op, attrs: Attrs, inputs: &[Value]) -> Value {
        self.must_all(op, attrs, inputs)[0]
    }
    /// The same: all its results.
    ///
    /// # Panics
    /// As [`must`](Self::must).
    pub fn must_all(&mut self, op: &'static dyn Op, attrs: Attrs, inputs: &[Value]) -> Vec<Value> {
        let deferred = self.requirements.len();
        match self.apply_all(op, attrs, inputs) {
            Ok(results) => {
                // what holds for the forward shapes holds for their gradients
                self.requirements.truncate(deferred);
                results
            }
            Err(mismatch) => panic!("a gradient rule broke the shape rule of `{}`: {mismatch:?}", op.name()),
        }
    }
    /// Runs of a block on `inputs`, which are those of the call and then the block's parameters: its outputs.
    pub fn call(&mut self, call: Rc<Call>, inputs: Vec<Value>) -> Vec<Value> {
        let Block { body, outputs, .. } = &*call.block;
        let origin = Origin::of(&call.name);
        let result = |(k, leaving): (usize, &Leaving)| {
            let Type { element, shape } = body.ty(outputs[k]).clone();
            let shape = if *leaving == Leaving::Stacked { call.along(&shape) } else { shape };
            let origin = if outputs.len() == 1 { origin.clone() } else { body.origin(outputs[k]).clone() };
            (Type { element, shape }, origin)
        };
        let results = call.outputs.iter().enumerate().map(result).collect();
        self.push(Kind::Call(call), inputs, results)
    }
    /// The reverse of the call that makes `of`, whose block is differentiated and takes its place in both: its results.
    /// `seeds` are the gradients of the outputs that have one, `onto` what there is of those of parameters, by their
    /// numbers in the block.
    pub fn reverse(
        &mut self,
        call: Rc<Call>,
        of: Value,
        seeds: &[Value],
        onto: &[(usize, Value)],
    ) -> Vec<Value> {
        let node = self.made_by(of);
        let made_from = self.nodes[node].inputs.clone();
        let reverse = call.block.reverse.as_ref().expect("a differentiated block");
        let result = |gradient: Gradient| match gradient {
            Gradient::Input(k) => {
                let x = made_from[k];
                (self.ty(x).clone(), self.origin(x).gradient())
            }
            Gradient::Parameter(p) => {
                let x = made_from[call.inputs.len() + p];
                (self.ty(x).clone(), self.origin(x).gradient())
            }
            Gradient::Rows(r) => {
                let (body, rows) = (&call.block.body, reverse.rows[r]);
                (Type::real(call.along(body.shape(rows))), body.origin(rows).with("rows"))
            }
        };
        let results: Vec<_> = reverse.results().into_iter().map(result).collect();
        // the forward call makes what the differentiated block hands out for the way back, too
        let more: Vec<usize> = (self.nodes[node].results.len()..call.outputs.len()).collect();
        for k in more {
            let body = &call.block.body;
            let output = call.block.outputs[k];
            let ty = Type::real(call.along(body.shape(output)));
            let origin = body.origin(output).with("rows");
            self.values.push(Known { ty, node, origin });
            self.nodes[node].results.push(Value(self.values.len() - 1));
        }
        self.nodes[node].kind = Kind::Call(call.clone());
        let mut inputs = [made_from.as_slice(), seeds].concat();
        inputs.extend(onto.iter().map(|(_, value)| value));
        let onto = onto.iter().map(|(p, _)| *p).collect();
        self.push(Kind::Reverse(call, of, onto), inputs, results)
    }
    /// A node whose types are known already; an equal one that is there if there is one.
    pub fn push(&mut self, kind: Kind, inputs: Vec<Value>, results: Vec<(Type, Origin)>) -> Vec<Value> {
        let key = key(&kind, &inputs);
        let same = |node: &&usize| {
            let node = &self.nodes[**node];
            node.inputs == inputs
                && same(&node.kind, &kind)
                && node.results.iter().map(|v| self.ty(*v)).eq(results.iter().map(|(ty, _)| ty))
        };
        if let Some(node) = self.equal.get(&key).and_then(|nodes| nodes.iter().find(same)) {
            return self.nodes[*node].results.clone();
        }
        let node = self.nodes.len();
        let first = self.values.len();
        self.values.extend(results.into_iter().map(|(ty, origin)| Known { ty, node, origin }));
        let results: Vec<Value> = (first..self.values.len()).map(Value).collect();
        if let Kind::Parameter(number) = kind {
            self.parameters.entry(number).or_insert(results[0]);
        }
        self.nodes.push(Node { kind, inputs, results: results.clone() });
        self.equal.entry(key).or_default().push(node);
        results
    }
}

/// Whether two nodes on the same inputs make the same. Two calls of a block are two, as are their random numbers.
fn same(a: &Kind, b: &Kind) -> bool {
    match (a, b) {
        (Kind::Input(a), Kind::Input(b))
        | (Kind::Parameter(a), Kind::Parameter(b))
        | (Kind::State(a), Kind::State(b))
        | (Kind::Prepared(a), Kind::Prepared(b))
        | (Kind::Seed(a), Kind::Seed(b)) => a == b,
        (Kind::Apply(a, x), Kind::Apply(b, y)) => a.name() == b.name() && x == y,
        _ => false,
    }
}

/// Equal for equal nodes.
fn key(kind: &Kind, inputs: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(kind).hash(&mut hasher);
    match kind {
        Kind::Input(k) | Kind::Parameter(k) | Kind::State(k) | Kind::Prepared(k) | Kind::Seed(k) => {
            k.hash(&mut hasher);
        }
        Kind::Apply(op, attrs) => (op.name(), attrs).hash(&mut hasher),
        Kind::Call(call) | Kind::Reverse(call, ..) => Rc::as_ptr(call).addr().hash(&mut hasher),
    }
    inputs.hash(&mut hasher);
    hasher.finish()
}
