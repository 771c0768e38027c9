//! Graphs built anew: what a device cannot read in place, what is better done otherwise. A rewrite sees one node at a
//! time, with what it reads already rebuilt, and either leaves it as it is or says what takes its place.
use super::{copied, root};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Block, Call, Graph, Kind, Node, Reverse, Value};
use crate::op::Lowered;
use crate::shape::broadcast::Reading;
use crate::shape::{Shape, Size};
use std::collections::HashMap;
use std::rc::Rc;

/// What a rewrite makes of an op, and of what a call reads.
pub trait Rewrite {
    /// The values that take the place of an op's results, or nothing to leave the op as it is. `node` stands in the graph
    /// as it was, `inputs` are what it reads in the new one.
    fn op(&mut self, graph: &mut Graph, node: &Node, inputs: &[Value]) -> Option<Vec<Value>>;
    /// What a call reads instead of `input`, which it does not own.
    fn input(&mut self, graph: &mut Graph, input: Value) -> Value {
        let _ = graph;
        input
    }
}
impl<F: FnMut(&mut Graph, &Node, &[Value]) -> Option<Vec<Value>>> Rewrite for F {
    fn op(&mut self, graph: &mut Graph, node: &Node, inputs: &[Value]) -> Option<Vec<Value>> {
        self(graph, node, inputs)
    }
}

/// A block built anew by a rewrite, with all blocks that it calls. Blocks that were one stay one.
pub fn rewrite(block: &Block, rule: &mut dyn Rewrite) -> Block {
    Rewriter { rule, blocks: HashMap::new(), calls: HashMap::new() }.block(block)
}

/// A block as kernels of the CPU can run it: the inputs of elementwise ops that no kernel reads in place are repeated in
/// memory; and parameters that a block is handed as inputs are copied, since the backward pass lends parameters only to
/// where gradients go.
pub fn readable(block: &Block) -> Block {
    rewrite(block, &mut Readable)
}

struct Readable;

impl Rewrite for Readable {
    fn op(&mut self, graph: &mut Graph, node: &Node, inputs: &[Value]) -> Option<Vec<Value>> {
        let Kind::Apply(op, attrs) = &node.kind else { return None };
        let Lowered::Map { .. } = op.lower(attrs) else { return None };
        let shapes: Vec<&Shape> = inputs.iter().map(|v| graph.shape(*v)).collect();
        let shape = op.shape(&shapes, attrs, &mut Default::default()).ok()?;
        let read = repeated(graph, inputs, &shape)?;
        Some(vec![graph.must(*op, attrs.clone(), &read)])
    }
    fn input(&mut self, graph: &mut Graph, input: Value) -> Value {
        match graph.kind(root(graph, input)) {
            Kind::Parameter(_) | Kind::State(_) | Kind::Prepared(_) => copied(graph, input),
            _ => input,
        }
    }
}

/// The inputs with those repeated in memory that an elementwise op with results of shape `to` cannot read where they lie,
/// all at one width of a row; nothing if it can read all of them.
fn repeated(graph: &mut Graph, inputs: &[Value], to: &Shape) -> Option<Vec<Value>> {
    let mut width: Option<Size> = None;
    let mut read = inputs.to_vec();
    for input in &mut read {
        let reading = Reading::of(graph.shape(*input), to);
        let wide = reading.as_ref().and_then(Reading::width).cloned();
        let agrees = width.is_none() || wide.is_none() || width == wide;
        if reading.is_some() && agrees {
            width = width.take().or(wide);
            continue;
        }
        let attrs = Attrs::NONE.with("shape", Attr::Shape(to.clone())).with("mean", Attr::Flag(false));
        *input = graph.must(&crate::ops::BROADCAST, attrs, &[*input]);
    }
    (read != inputs).then_some(read)
}

struct Rewriter<'a, 'b> {
    rule: &'a mut (dyn Rewrite + 'b),
    /// Blocks that were rebuilt, by where the old one lies.
    blocks: HashMap<usize, Rc<Block>>,
    calls: HashMap<usize, Rc<Call>>,
}

impl Rewriter<'_, '_> {
    fn block(&mut self, block: &Block) -> Block {
        let old = &block.body;
        let boundary = block.reverse.as_ref().map(|reverse| reverse.forward);
        let (mut graph, mut forward) = (Graph::default(), 0);
        let mut new: Vec<Value> = vec![Value(usize::MAX); old.values().count()];
        for (i, node) in old.nodes().iter().enumerate() {
            if boundary == Some(i) {
                forward = graph.len();
            }
            let mut inputs: Vec<Value> = node.inputs.iter().map(|v| new[v.0]).collect();
            match &node.kind {
                Kind::Call(call) => {
                    for input in &mut inputs[..call.inputs.len()] {
                        *input = self.rule.input(&mut graph, *input);
                    }
                }
                Kind::Reverse(_, of, _) => {
                    let read = graph.inputs(new[of.0]).to_vec();
                    inputs[..read.len()].copy_from_slice(&read);
                }
                _ => {}
            }
            if let Some(first) = node.results.first() {
                graph.begin(old.origin(*first).clone());
            }
            let replaced = match &node.kind {
                Kind::Apply(..) => self.rule.op(&mut graph, node, &inputs),
                _ => None,
            };
            let results = replaced.unwrap_or_else(|| {
                let kind = match &node.kind {
                    Kind::Call(call) => Kind::Call(self.call(call)),
                    Kind::Reverse(call, of, onto) => Kind::Reverse(self.call(call), new[of.0], onto.clone()),
                    kind => kind.clone(),
                };
                let known = |v: &Value| (old.ty(*v).clone(), old.origin(*v).clone());
                graph.push(kind, inputs, node.results.iter().map(known).collect())
            });
            node.results.iter().zip(results).for_each(|(from, to)| new[from.0] = to);
        }
        if boundary == Some(old.len()) {
            forward = graph.len();
        }
        let to = |values: &[Value]| values.iter().map(|v| new[v.0]).collect::<Vec<_>>();
        let some = |values: &[Option<Value>]| values.iter().map(|v| v.map(|v| new[v.0])).collect::<Vec<_>>();
        Block {
            name: block.name.clone(),
            inputs: to(&block.inputs),
            parameters: to(&block.parameters),
            outputs: to(&block.outputs),
            states: block.states.iter().map(|(number, v)| (*number, new[v.0])).collect(),
            streams: block.streams.clone(),
            reverse: block.reverse.as_ref().map(|reverse| Reverse {
                forward,
                seeds: some(&reverse.seeds),
                inputs: some(&reverse.inputs),
                parameters: some(&reverse.parameters),
                idle: reverse.idle.clone(),
                rows: to(&reverse.rows),
            }),
            body: graph,
        }
    }

    fn call(&mut self, call: &Rc<Call>) -> Rc<Call> {
        let at = Rc::as_ptr(call).addr();
        if let Some(done) = self.calls.get(&at) {
            return done.clone();
        }
        let of = Rc::as_ptr(&call.block).addr();
        let block = match self.blocks.get(&of) {
            Some(block) => block.clone(),
            None => {
                let block = Rc::new(self.block(&call.block));
                self.blocks.insert(of, block.clone());
                block
            }
        };
        let done = Rc::new(Call { block, ..(**call).clone() });
        self.calls.insert(at, done.clone());
        done
    }
}
