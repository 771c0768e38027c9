//! Elementwise ops grown together into one formula.
use super::{Fuser, User};
use crate::compiler::steps::{Operand, Rule, Source, Work};
use crate::graph::{Kind, Value};
use crate::op::Lowered;
use crate::scalar::{Expr, argument};
use crate::shape::broadcast::Reading;
use crate::shape::{Shape, Size};
use std::collections::HashSet;

/// Operands that kernels take in one formula.
const MOST_OPERANDS: usize = 16;
/// Ops in one formula: rustc compiles it into the loops of every instruction set.
const MOST_OPS: usize = 64;

/// Elementwise nodes grown together.
#[derive(Default)]
struct Group {
    words: Vec<String>,
    arguments: Vec<Value>,
    nodes: HashSet<usize>,
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

impl Fuser<'_> {
    /// Decides which elementwise ops are computed inside the formula of their only reader: as many as one formula holds.
    pub(super) fn group(&mut self) {
        // what the formula that ends with a value would read, and how many ops it has
        let mut grown: Vec<(Vec<Value>, usize)> = vec![(vec![], 0); self.graph.values().count()];
        for node in self.graph.nodes() {
            let value = node.results.first().copied();
            let Some(value) = value.filter(|v| self.is_map(*v) && !self.users[v.0].is_empty()) else {
                continue;
            };
            let mut arguments: Vec<Value> = node.inputs.clone();
            arguments.sort_unstable();
            arguments.dedup();
            let mut ops = 1;
            for input in &node.inputs {
                let (inner, inner_ops) = &grown[input.0];
                if self.inlined[input.0] || !self.is_only_for(*input, value) || ops + inner_ops > MOST_OPS {
                    continue;
                }
                let mut all: Vec<Value> = arguments.iter().copied().filter(|a| a != input).collect();
                all.extend(inner.iter().filter(|a| !arguments.contains(a)));
                if all.len() <= MOST_OPERANDS {
                    self.inlined[input.0] = true;
                    arguments = all;
                    ops += inner_ops;
                }
            }
            grown[value.0] = (arguments, ops);
        }
    }

    /// Whether `value` is elementwise, and read by `user` alone, which sees it in the same rows.
    fn is_only_for(&self, value: Value, user: Value) -> bool {
        self.is_map(value)
            && self.users[value.0] == [User::Node(self.graph.made_by(user))]
            && self.backward(user) == self.backward(value)
            && self.graph.shape(user) == self.graph.shape(value)
            && self.width(user) == self.width(value)
    }

    /// How wide an elementwise op takes a row to be; all its inputs agree, as those were repeated in memory that do not.
    fn width(&self, value: Value) -> Size {
        let to = self.graph.shape(value);
        let widths = self.inputs(value).iter().find_map(|input| self.argument(*input, to).2);
        widths.or_else(|| to.last().cloned()).unwrap_or(Size::known(1))
    }

    /// The formula that ends with a value, over the arguments of the group.
    fn grow(&self, value: Value, group: &mut Group) -> Expr {
        let Some(Lowered::Map { formula, word }) = self.lowered(value) else {
            unreachable!("only formulas grow")
        };
        let inputs = self.inputs(value);
        group.nodes.insert(self.graph.made_by(value));
        let by: Vec<Expr> = inputs
            .iter()
            .map(
                |input| if self.inlined[input.0] { self.grow(*input, group) } else { group.argument(*input) },
            )
            .collect();
        // to add a parameter is to add a bias
        let is_parameter = |v: &Value| matches!(self.graph.kind(*v), Kind::Parameter(_));
        let bias = word == "add" && inputs.iter().any(is_parameter);
        group.words.push(if bias { "bias".into() } else { word.clone() });
        formula.substitute(&by)
    }

    pub(super) fn formula(&mut self, value: Value) -> Work {
        let mut group = Group::default();
        let formula = self.grow(value, &mut group);
        let shape = self.graph.shape(value).clone();
        let arguments: Vec<(Value, Source, Option<Size>)> =
            group.arguments.iter().map(|argument| self.argument(*argument, &shape)).collect();
        let columns = self.width(value);
        let one_row = shape.last().is_none_or(|last| *last == columns);
        let within = |user: &User| matches!(user, User::Node(i) if group.nodes.contains(i));
        // the last product that only this formula reads takes the formula into its epilogue, whose rows are its own
        let product = group.arguments.iter().copied().filter(|argument| {
            self.is_product(*argument)
                && one_row
                && *self.graph.shape(*argument) == shape
                && self.backward(*argument) == self.backward(value)
                && self.users[argument.0].iter().all(within)
        });
        let product = product.max();
        let operands = group.arguments.iter().zip(arguments).map(|(argument, (value, source, _))| Operand {
            source: if Some(*argument) == product { Source::Sums } else { source },
            value,
        });
        let operands: Vec<Operand> = operands.collect();
        let rule = Rule { formula, words: words(&group.words) };
        match product {
            Some(product) => {
                self.consumed.insert(self.graph.made_by(product));
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
        let source = match reading.expect("what a formula cannot read where it lies was repeated in memory") {
            Reading::Full => Source::Full,
            Reading::Row(_) => Source::Row,
            Reading::Column(_) => Source::Column,
            Reading::Scalar => Source::Scalar,
        };
        (self.root(read), source, width)
    }

    /// Whether every reader of a broadcast value can read what was broadcast.
    pub(super) fn read_in_place(&self, value: Value) -> bool {
        let in_formula = |user: &User| match user {
            User::Node(i) => matches!(self.lowered[*i], Some(Lowered::Map { .. })),
            _ => false,
        };
        let (from, to) = (self.graph.shape(self.inputs(value)[0]), self.graph.shape(value));
        // a row of one formula may not be as wide as a row of another
        let last = to.last();
        let reading = Reading::of(from, to).filter(|r| r.width().is_none_or(|w| Some(w) == last));
        self.lowered(value) == Some(&Lowered::Broadcast { mean: false })
            && self.users[value.0].iter().all(in_formula)
            && reading.is_some()
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
