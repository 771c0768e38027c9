//! Ops to steps: neighbouring elementwise ops become one formula, a formula on a product's result runs in the
//! product's epilogue, and a gradient goes from the step that makes it straight to where gradients go.
use super::steps::{Contribution, Factor, Operand, Rule, Source, Step, Summed, Work};
use crate::broadcast::Reading;
use crate::graph::{Graph, Kind, Region, Value};
use crate::op::Lowered;
use crate::scalar::{Expr, argument};
use crate::shape::{Shape, Size, elements};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// What is to be computed.
pub struct Wanted<'a> {
    /// Values that must be there at the end.
    pub outputs: &'a [Value],
    /// Parameter leaves and their gradients.
    pub gradients: Vec<(usize, Value)>,
    /// Nodes before this one are forward.
    pub forward: usize,
}

/// The value that a reshaped one is another name for.
pub fn root(graph: &Graph, mut value: Value) -> Value {
    while let Kind::Apply(op, attrs, inputs) = &graph.node(value).kind
        && op.lower(attrs) == Lowered::Same
    {
        value = inputs[0];
    }
    value
}

/// The steps that compute what is wanted, in order.
pub fn fuse(graph: &Graph, wanted: &Wanted) -> Vec<Step> {
    let mut fuser = Fuser { graph, wanted, users: HashMap::new(), consumed: HashSet::new() };
    fuser.count_users();
    fuser.steps()
}

/// Who reads a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum User {
    Node(usize),
    Gradient(usize),
    Outside,
}

struct Fuser<'a> {
    graph: &'a Graph,
    wanted: &'a Wanted<'a>,
    users: HashMap<Value, BTreeSet<User>>,
    /// Nodes that another step computes along the way.
    consumed: HashSet<Value>,
}

/// Elementwise nodes grown together.
struct Group {
    formula: Expr,
    words: Vec<String>,
    arguments: Vec<Value>,
    nodes: BTreeSet<User>,
}

impl Fuser<'_> {
    fn count_users(&mut self) {
        let mut reach: Vec<(Value, User)> = self.wanted.outputs.iter().map(|v| (*v, User::Outside)).collect();
        reach.extend(self.wanted.gradients.iter().map(|(leaf, v)| (*v, User::Gradient(*leaf))));
        while let Some((value, user)) = reach.pop() {
            let first = !self.users.contains_key(&value);
            self.users.entry(value).or_default().insert(user);
            if first {
                let inputs = self.graph.node(value).kind.inputs();
                reach.extend(inputs.iter().map(|input| (*input, User::Node(value.0))));
            }
        }
    }

    fn lowered(&self, value: Value) -> Option<Lowered> {
        match &self.graph.node(value).kind {
            Kind::Apply(op, attrs, _) => Some(op.lower(attrs)),
            _ => None,
        }
    }
    fn inputs(&self, value: Value) -> &[Value] {
        self.graph.node(value).kind.inputs()
    }
    fn is_map(&self, value: Value) -> bool {
        matches!(self.lowered(value), Some(Lowered::Map { .. }))
    }
    fn backward(&self, value: Value) -> bool {
        value.0 >= self.wanted.forward
    }

    /// Whether `value` is computed only inside the formula of the one node that reads it.
    fn inlined(&self, value: Value) -> bool {
        if !self.is_map(value) {
            return false;
        }
        let Some(users) = self.users.get(&value) else { return false };
        let mut users = users.iter();
        let (Some(User::Node(user)), None) = (users.next(), users.next()) else { return false };
        let user = Value(*user);
        self.is_map(user)
            && self.backward(user) == self.backward(value)
            && self.graph.shape(user) == self.graph.shape(value)
            && self.width(user) == self.width(value)
    }

    /// How wide an elementwise op takes a row to be; all its inputs agree, as the graph repeats those in memory that do not.
    fn width(&self, value: Value) -> Size {
        let to = self.graph.shape(value);
        let widths = self.inputs(value).iter().find_map(|input| self.argument(*input, to).2);
        widths.or_else(|| to.last().cloned()).unwrap_or(Size::known(1))
    }

    fn group(&self, value: Value) -> Group {
        let Some(Lowered::Map { formula, word }) = self.lowered(value) else {
            unreachable!("only formulas grow")
        };
        let inputs = self.inputs(value);
        let mut group =
            Group { formula, words: vec![], arguments: vec![], nodes: BTreeSet::from([User::Node(value.0)]) };
        let mut by = vec![];
        for input in inputs {
            if self.inlined(*input) {
                let inner = self.group(*input);
                let arguments: Vec<Expr> = inner.arguments.iter().map(|a| group.argument(*a)).collect();
                by.push(inner.formula.substitute(&arguments));
                group.words.extend(inner.words);
                group.nodes.extend(inner.nodes);
            } else {
                by.push(group.argument(*input));
            }
        }
        group.formula = formula.substitute(&by);
        // to add a parameter is to add a bias
        let is_parameter = |v: &Value| matches!(self.graph.node(*v).kind, Kind::Parameter(_));
        let bias = word == "add" && inputs.iter().any(is_parameter);
        group.words.push(if bias { "bias".into() } else { word });
        group
    }

    fn steps(mut self) -> Vec<Step> {
        // position of a step: the node it ends with; gradients come after everything that still reads the parameter
        let mut placed: Vec<((usize, usize), Step)> = vec![];
        let gradients: Vec<_> =
            self.wanted.gradients.iter().map(|(leaf, g)| (*leaf, *g, self.contribution(*leaf, *g))).collect();
        for i in (0..self.graph.len()).rev() {
            let value = Value(i);
            if !self.users.contains_key(&value) || self.consumed.contains(&value) {
                continue;
            }
            if let Some(work) = self.work(value) {
                let label = self.label(value, &work);
                placed.push((
                    (i, 0),
                    Step { work, output: Some(value), backward: self.backward(value), label },
                ));
            }
        }
        for (leaf, gradient, contribution) in gradients {
            let reads = |step: &Step| step.reads().iter().any(|v| self.is_leaf(*v, leaf));
            let last = placed.iter().filter(|(_, step)| reads(step)).map(|((i, _), _)| *i).max();
            let position = last.unwrap_or(0).max(gradient.0);
            let label = self.graph.node(gradient).label.clone();
            placed.push((
                (position, 1 + leaf),
                Step { work: Work::Gradient(leaf, contribution), output: None, backward: true, label },
            ));
        }
        placed.sort_by_key(|(position, _)| *position);
        placed.into_iter().map(|(_, step)| step).collect()
    }

    fn is_leaf(&self, value: Value, leaf: usize) -> bool {
        matches!(self.graph.node(value).kind, Kind::Parameter(i) if i == leaf)
    }

    /// How the gradient of a leaf is made; a product or a sum that nothing else reads is made where it goes.
    fn contribution(&mut self, leaf: usize, gradient: Value) -> Contribution {
        let source = root(self.graph, gradient);
        let mut only = true;
        let mut value = gradient;
        let mut user = User::Gradient(leaf);
        loop {
            only &= self.users[&value].iter().eq([&user]);
            if value == source {
                break;
            }
            user = User::Node(value.0);
            value = self.graph.node(value).kind.inputs()[0];
        }
        let direct = match self.lowered(source) {
            Some(Lowered::Product { .. }) if only => {
                let (a, b) = self.factors(source);
                Some(Contribution::Product { a, b })
            }
            Some(Lowered::Sum { .. }) if only => Some(Contribution::Sum(self.summed(source))),
            _ => None,
        };
        if direct.is_some() {
            self.consumed.insert(source);
        }
        direct.unwrap_or(Contribution::Store(source))
    }

    fn work(&mut self, value: Value) -> Option<Work> {
        let (op, attrs, inputs) = match &self.graph.node(value).kind {
            Kind::Input(_) | Kind::Parameter(_) | Kind::Seed | Kind::Part(..) => return None,
            Kind::Repeat(region, inputs) => {
                // the differentiated block has the same forward nodes, and says what to keep
                let region = self.backward_of(value).unwrap_or_else(|| region.clone());
                return Some(Work::Repeat { region, inputs: self.roots(inputs) });
            }
            Kind::RepeatBackward(region, inputs) => {
                let forward = self.forward_of(inputs)?;
                return Some(Work::RepeatBackward {
                    region: region.clone(),
                    inputs: self.roots(inputs),
                    forward,
                });
            }
            Kind::Apply(op, attrs, inputs) => (*op, attrs, inputs),
        };
        match op.lower(attrs) {
            Lowered::Same | Lowered::Uniform(_) => None,
            Lowered::Map { .. } if self.inlined(value) => None,
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
                Some(Work::Broadcast { x: root(self.graph, inputs[0]), from, mean })
            }
            Lowered::Call { kernel, arguments } => {
                let shapes = inputs.iter().map(|input| self.graph.shape(*input).clone()).collect();
                Some(Work::Call { kernel, inputs: self.roots(inputs), shapes, arguments })
            }
        }
    }

    fn roots(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|v| root(self.graph, *v)).collect()
    }

    fn backward_of(&self, forward: Value) -> Option<Rc<Region>> {
        let inputs = self.graph.node(forward).kind.inputs();
        self.graph.nodes().iter().enumerate().find_map(|(i, node)| match &node.kind {
            Kind::RepeatBackward(region, all)
                if self.users.contains_key(&Value(i)) && all.starts_with(inputs) =>
            {
                Some(region.clone())
            }
            _ => None,
        })
    }
    fn forward_of(&self, inputs: &[Value]) -> Option<Value> {
        let is_forward = |kind: &Kind| matches!(kind, Kind::Repeat(_, own) if inputs.starts_with(own));
        self.graph.nodes().iter().position(|node| is_forward(&node.kind)).map(Value)
    }

    /// Whether every reader of a broadcast value can read what was broadcast.
    fn read_in_place(&self, value: Value) -> bool {
        let in_formula = |user: &User| match user {
            User::Node(i) => self.is_map(Value(*i)),
            _ => false,
        };
        let (from, to) = (self.graph.shape(self.inputs(value)[0]), self.graph.shape(value));
        // a row of one formula may not be as wide as a row of another
        let last = to.last();
        let reading = Reading::of(from, to).filter(|r| r.width().is_none_or(|w| Some(w) == last));
        self.lowered(value) == Some(Lowered::Broadcast { mean: false })
            && self.users[&value].iter().all(in_formula)
            && reading.is_some()
    }

    fn formula(&mut self, value: Value) -> Work {
        let group = self.group(value);
        let shape = self.graph.shape(value).clone();
        let arguments: Vec<(Value, Source, Option<Size>)> =
            group.arguments.iter().map(|argument| self.argument(*argument, &shape)).collect();
        let columns = self.width(value);
        let one_row = shape.last().is_none_or(|last| *last == columns);
        // the last product that only this formula reads takes the formula into its epilogue, whose rows are its own
        let product = group.arguments.iter().copied().filter(|argument| {
            matches!(self.lowered(*argument), Some(Lowered::Product { .. }))
                && one_row
                && *self.graph.shape(*argument) == shape
                && self.backward(*argument) == self.backward(value)
                && self.users[argument].iter().all(|user| group.nodes.contains(user))
        });
        let product = product.max();
        let operands = group.arguments.iter().zip(arguments).map(|(argument, (value, source, _))| Operand {
            source: if Some(*argument) == product { Source::Sums } else { source },
            value,
        });
        let operands: Vec<Operand> = operands.collect();
        let rule = Rule { formula: group.formula, words: words(&group.words) };
        match product {
            Some(product) => {
                self.consumed.insert(product);
                let (a, b) = self.factors(product);
                let (rule, operands) = sums_first(rule, operands);
                Work::Product { a, b, rule, operands }
            }
            None => Work::Map { rule, operands, columns },
        }
    }

    /// How a formula with a result of shape `to` reads an argument: what it reads, how, and how wide a row then is.
    fn argument(&self, argument: Value, to: &Shape) -> (Value, Source, Option<Size>) {
        let mut read = argument;
        if matches!(self.lowered(read), Some(Lowered::Broadcast { .. })) && self.read_in_place(read) {
            read = self.inputs(read)[0];
        }
        if matches!(self.lowered(read), Some(Lowered::Uniform(_))) {
            return (read, Source::Uniform, None);
        }
        let reading = Reading::of(self.graph.shape(read), to);
        let width = reading.as_ref().and_then(Reading::width).cloned();
        let source =
            match reading.expect("the graph repeats in memory what a formula cannot read where it lies") {
                Reading::Full => Source::Full,
                Reading::Row(_) => Source::Row,
                Reading::Column(_) => Source::Column,
                Reading::Scalar => Source::Scalar,
            };
        (root(self.graph, read), source, width)
    }

    fn factors(&self, product: Value) -> (Factor, Factor) {
        let Some(Lowered::Product { transpose_a, transpose_b }) = self.lowered(product) else {
            unreachable!("only products have factors")
        };
        let inputs = self.inputs(product);
        let factor = |value: Value, transposed: bool| {
            let columns = self.graph.shape(value).last().cloned().unwrap_or(Size::known(1));
            Factor { value: root(self.graph, value), columns, transposed }
        };
        (factor(inputs[0], transpose_a), factor(inputs[1], transpose_b))
    }

    fn summed(&self, value: Value) -> Summed {
        let Some(Lowered::Sum { axes, mean }) = self.lowered(value) else {
            unreachable!("only sums are summed")
        };
        let inputs = self.inputs(value);
        let shape = self.graph.shape(inputs[0]);
        Summed {
            value: root(self.graph, inputs[0]),
            len: elements(&shape[axes.clone()]),
            inner: elements(&shape[axes.end..]),
            mean,
        }
    }

    /// A fused product is called after its layer, anything else after its last op.
    fn label(&self, value: Value, work: &Work) -> String {
        let node = self.graph.node(value);
        let first = |work: &Work| {
            match work {
            Work::Product { a, b, .. } if !self.backward(value) => self.graph.nodes().iter().find(|n| {
                let inputs = n.kind.inputs();
                matches!(&n.kind, Kind::Apply(op, attrs, _) if matches!(op.lower(attrs), Lowered::Product { .. }))
                    && root(self.graph, inputs[0]) == a.value
                    && root(self.graph, inputs[1]) == b.value
            }),
            _ => None,
        }
        };
        first(work).unwrap_or(node).label.clone()
    }
}

impl Group {
    fn argument(&mut self, value: Value) -> Expr {
        let at = self.arguments.iter().position(|a| *a == value).unwrap_or_else(|| {
            self.arguments.push(value);
            self.arguments.len() - 1
        });
        argument(at as u32)
    }
}

/// `dropout_backward` and `relu_backward` as `dropout_relu_backward`.
fn words(words: &[String]) -> String {
    let backward = words.iter().any(|w| w.ends_with("_backward"));
    let plain: Vec<&str> = words.iter().map(|w| w.strip_suffix("_backward").unwrap_or(w)).collect();
    format!("{}{}", plain.join("_"), if backward { "_backward" } else { "" })
}

/// The rule with the product's sums as first operand: so equal formulas are equal rules.
fn sums_first(rule: Rule, mut operands: Vec<Operand>) -> (Rule, Vec<Operand>) {
    let at = operands.iter().position(|o| o.source == Source::Sums).unwrap_or(0);
    let by: Vec<Expr> = (0..operands.len())
        .map(|i| argument(if i == at { 0 } else { (i + usize::from(i < at)) as u32 }))
        .collect();
    let sums = operands.remove(at);
    operands.insert(0, sums);
    (Rule { formula: rule.formula.substitute(&by), ..rule }, operands)
}
