//! Ops to steps: neighbouring elementwise ops become one formula, a formula on a product's result runs in the
//! product's epilogue, and a gradient goes from the step that makes it straight to where gradients go. A block that is
//! called is fused once, and hangs below its calls.
mod group;

use super::steps::{
    Contribution, Factor, Functions, Fused, Kernel, Operand, ReadsBack, Results, Rule, Run, RunBack, Source,
    Step, Summed, Work,
};
use crate::graph::{Block, Call, Gradient, Graph, Kind, Node, Value};
use crate::op::{CallArgument, Lowered, Op};
use crate::ops::SCATTER;
use crate::scalar::argument;
use crate::shape::{Shape, Size, elements};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The steps of a network, and of every block that it calls.
pub fn fuse(network: Block) -> Rc<Fused> {
    block(&Rc::new(network), &mut Functions::default())
}

fn block(block: &Rc<Block>, functions: &mut Functions) -> Rc<Fused> {
    let at = Rc::as_ptr(block).addr();
    if let Some(done) = functions.get(&at) {
        return done.clone();
    }
    let mut fuser = Fuser::new(block, functions);
    fuser.count_users();
    fuser.group();
    let steps = fuser.steps();
    let reads_back = fuser.reads_back(&steps);
    let fused = Rc::new(Fused { block: block.clone(), steps, reads_back });
    functions.insert(at, fused.clone());
    fused
}

/// Who reads a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum User {
    Node(usize),
    /// The gradient of the parameter of that number is this value.
    Gradient(usize),
    Outside,
}

struct Fuser<'a> {
    block: &'a Block,
    graph: &'a Graph,
    /// Nodes before this one are forward.
    forward: usize,
    functions: &'a mut Functions,
    /// How each node runs, where it is an op.
    lowered: Vec<Option<Lowered>>,
    /// The value that each is another name for.
    roots: Vec<Value>,
    users: Vec<Vec<User>>,
    /// Whether a value is computed only inside the formula of the one node that reads it.
    inlined: Vec<bool>,
    /// Nodes that another step computes along the way.
    consumed: HashSet<usize>,
}

impl<'a> Fuser<'a> {
    fn new(block: &'a Block, functions: &'a mut Functions) -> Fuser<'a> {
        let graph = &block.body;
        let lowered: Vec<Option<Lowered>> = graph
            .nodes()
            .iter()
            .map(|node| match &node.kind {
                Kind::Apply(op, attrs) => Some(op.lower(attrs)),
                _ => None,
            })
            .collect();
        let count = graph.values().count();
        let mut roots: Vec<Value> = graph.values().collect();
        for (node, lowered) in graph.nodes().iter().zip(&lowered) {
            if *lowered == Some(Lowered::Same) {
                roots[node.results[0].0] = roots[node.inputs[0].0];
            }
        }
        let forward = block.reverse.as_ref().map_or(graph.len(), |reverse| reverse.forward);
        let users = vec![vec![]; count];
        Fuser {
            block,
            graph,
            forward,
            functions,
            lowered,
            roots,
            users,
            inlined: vec![false; count],
            consumed: HashSet::new(),
        }
    }

    /// Parameters by number and their gradients.
    fn gradients(&self) -> Vec<(usize, Value)> {
        let Some(reverse) = &self.block.reverse else { return vec![] };
        let numbered = self.block.parameters.iter().map(|leaf| match self.graph.kind(*leaf) {
            Kind::Parameter(number) => *number,
            other => unreachable!("{other:?} is no parameter"),
        });
        numbered.zip(&reverse.parameters).filter_map(|(number, g)| Some((number, (*g)?))).collect()
    }

    fn count_users(&mut self) {
        let states = self.block.states.iter().map(|(_, v)| v);
        let mut reach: Vec<(Value, User)> =
            self.block.outputs.iter().chain(states).map(|v| (*v, User::Outside)).collect();
        if let Some(reverse) = &self.block.reverse {
            reach.extend(reverse.inputs.iter().flatten().chain(&reverse.rows).map(|v| (*v, User::Outside)));
        }
        reach.extend(self.gradients().into_iter().map(|(number, v)| (v, User::Gradient(number))));
        let mut reached = vec![false; self.graph.len()];
        while let Some((value, user)) = reach.pop() {
            self.users[value.0].push(user);
            let made_by = self.graph.made_by(value);
            if !std::mem::replace(&mut reached[made_by], true) {
                let mut inputs = self.graph.node(value).inputs.clone();
                inputs.sort_unstable();
                inputs.dedup();
                reach.extend(inputs.into_iter().map(|input| (input, User::Node(made_by))));
            }
        }
    }

    fn is_used(&self, node: &Node) -> bool {
        node.results.iter().any(|v| !self.users[v.0].is_empty())
    }
    fn lowered(&self, value: Value) -> Option<&Lowered> {
        self.lowered[self.graph.made_by(value)].as_ref()
    }
    fn root(&self, value: Value) -> Value {
        self.roots[value.0]
    }
    fn roots(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|v| self.root(*v)).collect()
    }
    fn inputs(&self, value: Value) -> &'a [Value] {
        self.graph.inputs(value)
    }
    fn is_map(&self, value: Value) -> bool {
        matches!(self.lowered(value), Some(Lowered::Map { .. }))
    }
    fn is_product(&self, value: Value) -> bool {
        matches!(self.lowered(value), Some(Lowered::Product { .. }))
    }
    fn backward(&self, value: Value) -> bool {
        self.graph.made_by(value) >= self.forward
    }

    fn steps(&mut self) -> Vec<Step> {
        // position of a step: the node it ends with; gradients come after everything that still reads the parameter
        let mut placed: Vec<((usize, usize), Step)> = vec![];
        let mut gradients: Vec<(usize, Value, Contribution)> = vec![];
        let handed_over = self.handed_over();
        for (number, gradient) in self.gradients() {
            if !handed_over.contains(&self.root(gradient)) {
                gradients.push((number, gradient, self.contribution(number, gradient)));
            }
        }
        for i in (0..self.graph.len()).rev() {
            let node = &self.graph.nodes()[i];
            if !self.is_used(node) || self.consumed.contains(&i) {
                continue;
            }
            if let Some(work) = self.work(i, node) {
                let outputs = node.results.clone();
                placed.push(((i, 0), Step { work, outputs, backward: i >= self.forward }));
            }
        }
        let mut last_read: HashMap<Value, usize> = HashMap::new();
        for ((i, _), step) in &placed {
            for value in step.reads() {
                let last = last_read.entry(value).or_default();
                *last = (*last).max(*i);
            }
        }
        let mut hand_over = |number: usize, made: usize, contribution: Contribution| {
            let last = self.graph.parameter(number).and_then(|leaf| last_read.get(&leaf).copied());
            let (position, work) = (last.unwrap_or(0).max(made), Work::Gradient(number, contribution));
            placed.push(((position, 1 + number), Step { work, outputs: vec![], backward: true }));
        };
        for (number, gradient, contribution) in gradients {
            hand_over(number, self.graph.made_by(gradient), contribution);
        }
        for p in self.block.reverse.iter().flat_map(|reverse| &reverse.idle) {
            let Kind::Parameter(number) = self.graph.kind(self.block.parameters[*p]) else { continue };
            hand_over(*number, self.forward, Contribution::Nothing);
        }
        placed.sort_by_key(|(position, _)| *position);
        placed.into_iter().map(|(_, step)| step).collect()
    }

    /// The gradients that the reverses of calls hand to their destinations themselves.
    fn handed_over(&self) -> HashSet<Value> {
        let mut handed_over = HashSet::new();
        for (i, node) in self.graph.nodes().iter().enumerate() {
            let Kind::Reverse(call, of, _) = &node.kind else { continue };
            let Some(reverse) = call.block.reverse.as_ref().filter(|_| !self.collects(call, *of, i)) else {
                continue;
            };
            let made = reverse.results().into_iter().zip(&node.results);
            let of_parameters = made.filter(|(gradient, _)| matches!(gradient, Gradient::Parameter(_)));
            handed_over.extend(of_parameters.map(|(_, value)| *value));
        }
        handed_over
    }

    /// Whether the gradients of a block's parameters must be collected around its call, whose reverse is node `at`:
    /// something else contributes to them, or runs share them.
    fn collects(&self, call: &Call, of: Value, at: usize) -> bool {
        let node = &self.graph.nodes()[at];
        let Some(reverse) = &call.block.reverse else { return false };
        let learns = reverse.parameters.iter().any(Option::is_some);
        let shared = !call.own_parameters && !call.is_single();
        let made = reverse.results().into_iter().zip(&node.results);
        let alone = |value: &Value| {
            let users = &self.users[value.0];
            users.iter().all(|user| matches!(user, User::Gradient(_))) && users.len() <= 1
        };
        let all_alone = made
            .filter(|(gradient, _)| matches!(gradient, Gradient::Parameter(_)))
            .all(|(_, value)| alone(value));
        let parameters = &self.graph.inputs(of)[call.inputs.len()..];
        let forward = self.graph.made_by(of);
        let own = |user: &User| match user {
            User::Node(i) => *i == forward || *i == at,
            _ => false,
        };
        let read_by_others = parameters.iter().any(|leaf| !self.users[leaf.0].iter().all(own));
        let adds = matches!(&node.kind, Kind::Reverse(_, _, onto) if !onto.is_empty());
        learns && (shared || adds || !all_alone || read_by_others)
    }

    /// How the gradient of a parameter is made; a product or a sum that nothing else reads is made where it goes.
    fn contribution(&mut self, number: usize, gradient: Value) -> Contribution {
        let source = self.root(gradient);
        let mut only = true;
        let mut value = gradient;
        let mut user = User::Gradient(number);
        loop {
            only &= self.users[value.0] == [user];
            if value == source {
                break;
            }
            user = User::Node(self.graph.made_by(value));
            value = self.inputs(value)[0];
        }
        let direct = match self.lowered(source) {
            Some(Lowered::Product { .. }) if only => {
                let (a, b) = self.factors(source);
                Some(Contribution::Product(a, b))
            }
            Some(Lowered::Sum { .. }) if only => Some(Contribution::Sum(self.summed(source))),
            Some(Lowered::Call { .. }) if only => self.rows(source),
            _ => None,
        };
        if direct.is_some() {
            self.consumed.insert(self.graph.made_by(source));
        }
        direct.unwrap_or(Contribution::Store(source))
    }

    /// A gradient by rows of a table, where the order of their indices is known.
    fn rows(&self, source: Value) -> Option<Contribution> {
        let Kind::Apply(op, attrs) = &self.graph.node(source).kind else { return None };
        let [indices, values, order] = self.roots(self.inputs(source))[..] else { return None };
        if op.name() != SCATTER.name() {
            return None;
        }
        let padding = attrs.optional_size("padding").cloned();
        let columns = self.graph.shape(source).last()?.clone();
        Some(Contribution::Rows { indices, values, order, columns, padding })
    }

    fn work(&mut self, i: usize, node: &Node) -> Option<Work> {
        let (op, attrs) = match &node.kind {
            Kind::Call(call) => return Some(Work::Call(self.run(call, &node.inputs))),
            Kind::Reverse(call, of, onto) => return Some(Work::Reverse(self.run_back(call, *of, onto, i))),
            Kind::Apply(op, attrs) => (*op, attrs),
            _ => return None,
        };
        let (value, inputs) = (node.results[0], node.inputs.as_slice());
        match self.lowered[i].clone()? {
            Lowered::Same | Lowered::Uniform(_) => None,
            Lowered::Map { .. } if self.inlined[value.0] => None,
            Lowered::Map { .. } => Some(self.formula(value)),
            Lowered::Product { .. } => {
                let (a, b) = self.factors(value);
                let rule = Rule { formula: argument(0), words: "identity".into() };
                Some(Work::Product { a, b, rule, operands: vec![Operand { source: Source::Sums, value }] })
            }
            Lowered::Sum { .. } => Some(Work::Sum(self.summed(value))),
            Lowered::Broadcast { .. } if self.read_in_place(value) => None,
            Lowered::Broadcast { mean } => {
                // a value may lie there under another shape
                let from = self.graph.shape(inputs[0]).clone();
                Some(Work::Broadcast { x: self.root(inputs[0]), from, mean })
            }
            Lowered::Call { kernel, arguments } => {
                let shapes: Vec<Shape> = inputs.iter().map(|v| self.graph.shape(*v).clone()).collect();
                let works = arguments.contains(&CallArgument::Workspace);
                let workspace =
                    if works { op.workspace(&shapes.iter().collect::<Vec<_>>(), attrs) } else { 0.into() };
                let inputs = self.roots(inputs);
                Some(Work::Kernel(Kernel { op, path: kernel, inputs, shapes, arguments, workspace }))
            }
        }
    }

    fn run(&mut self, call: &Rc<Call>, inputs: &[Value]) -> Run {
        let function = block(&call.block, self.functions);
        let (inputs, parameters) = inputs.split_at(call.inputs.len());
        Run { call: call.clone(), function, inputs: self.roots(inputs), parameters: parameters.to_vec() }
    }

    fn run_back(&mut self, call: &Rc<Call>, of: Value, onto: &[usize], at: usize) -> RunBack {
        let node = &self.graph.nodes()[at];
        let read = call.inputs.len() + call.block.parameters.len();
        let (inputs, given) = node.inputs.split_at(read);
        let run = self.run(call, inputs);
        let reverse = call.block.reverse.as_ref().expect("what is reversed was differentiated");
        let mut seeds = vec![None; call.outputs.len()];
        let (given, there) = given.split_at(reverse.seeded().len());
        let onto = onto.iter().copied().zip(self.roots(there)).collect();
        reverse.seeded().into_iter().zip(self.roots(given)).for_each(|(k, seed)| seeds[k] = Some(seed));
        let mut results = Results {
            inputs: vec![None; call.inputs.len()],
            parameters: vec![None; call.block.parameters.len()],
            rows: vec![],
        };
        for (gradient, value) in reverse.results().into_iter().zip(&node.results) {
            match gradient {
                Gradient::Input(k) => results.inputs[k] = Some(*value),
                Gradient::Parameter(p) => results.parameters[p] = Some(*value),
                Gradient::Rows(_) => results.rows.push(*value),
            }
        }
        let outputs = self.graph.node(of).results.clone();
        RunBack { run, outputs, seeds, onto, results, collects: self.collects(call, of, at) }
    }

    /// What the backward steps read of what the caller has.
    fn reads_back(&self, steps: &[Step]) -> ReadsBack {
        let read: HashSet<Value> =
            steps.iter().filter(|step| step.backward).flat_map(|step| step.reads()).collect();
        let is_read = |v: &Value| read.contains(&self.root(*v));
        ReadsBack {
            inputs: self.block.inputs.iter().map(is_read).collect(),
            outputs: self.block.outputs.iter().map(is_read).collect(),
        }
    }

    fn factors(&self, product: Value) -> (Factor, Factor) {
        let Some(Lowered::Product { transpose_a, transpose_b }) = self.lowered(product) else {
            unreachable!("only products have factors")
        };
        let inputs = self.inputs(product);
        let factor = |value: Value, transposed: bool| {
            let columns = self.graph.shape(value).last().cloned().unwrap_or(Size::known(1));
            Factor { value: self.root(value), columns, transposed }
        };
        (factor(inputs[0], *transpose_a), factor(inputs[1], *transpose_b))
    }

    fn summed(&self, value: Value) -> Summed {
        let Some(Lowered::Sum { axes, mean }) = self.lowered(value) else {
            unreachable!("only sums are summed")
        };
        let inputs = self.inputs(value);
        let shape = self.graph.shape(inputs[0]);
        Summed {
            value: self.root(inputs[0]),
            len: elements(&shape[axes.clone()]),
            inner: elements(&shape[axes.end..]),
            mean: *mean,
        }
    }
}
