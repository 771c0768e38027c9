//! The passes from a graph to planned steps: what runs in which order, and where its values lie. They name no tokens and
//! no device, so that the macro and sessions for devices that compile their own code share them.
//!
//! [`autodiff`] appends the backward pass; [`rewrite`] builds graphs anew, node by node; [`prepare`] takes
//! out of a prediction what parameters alone decide; [`fuse`] makes [`steps`] of ops; [`plan`]
//! gives each value its memory, in amounts of [`amount`].
pub mod amount;
pub mod autodiff;
pub mod fuse;
pub mod plan;
pub mod prepare;
pub mod rewrite;
pub mod steps;

use crate::graph::{Graph, Kind, Value};
use crate::op::{Lowered, Op};
use crate::ops::elementwise::{Formula, named};
use crate::scalar::argument;
use std::collections::HashSet;

/// The value that a reshaped one is another name for.
pub fn root(graph: &Graph, mut value: Value) -> Value {
    while let Kind::Apply(op, attrs) = graph.kind(value)
        && op.lower(attrs) == Lowered::Same
    {
        value = graph.inputs(value)[0];
    }
    value
}

/// Whether a value can be written where somebody else wants it: an op writes it, or a block that runs once.
pub fn is_own(graph: &Graph, value: Value) -> bool {
    match graph.kind(root(graph, value)) {
        Kind::Apply(op, attrs) => !matches!(op.lower(attrs), Lowered::Uniform(_)),
        Kind::Call(call) | Kind::Reverse(call, ..) => call.is_once(),
        _ => false,
    }
}

/// A copy of a value.
pub fn copied(graph: &mut Graph, value: Value) -> Value {
    graph.must(&Formula, named("copy", argument(0)), &[value])
}

/// What a value is a copy of, or the value.
pub fn original(graph: &Graph, mut value: Value) -> Value {
    while let Kind::Apply(op, attrs) = graph.kind(value)
        && op.name() == Formula.name()
        && attrs.formula("formula") == argument(0)
    {
        value = graph.inputs(value)[0];
    }
    value
}

/// Copies what a function cannot write where its caller wants it: what it was handed itself, what lies among the results
/// of a loop, and what is wanted in two places.
pub fn own<'a>(graph: &mut Graph, values: impl Iterator<Item = &'a mut Value>) {
    let mut taken = HashSet::new();
    for value in values {
        if !is_own(graph, *value) || taken.contains(&root(graph, *value)) {
            graph.begin(graph.origin(*value).with("out"));
            *value = copied(graph, *value);
            graph.give(*value);
            if taken.contains(value) {
                // wanted three times: equal copies are one value
                let name = format!("copy_{}", taken.len());
                *value = graph.must(&Formula, named(&name, argument(0)), &[*value]);
            }
        }
        taken.insert(root(graph, *value));
    }
}
