//! The passes from a graph to planned steps: what runs in which order, and where its values lie. They name no tokens and
//! no device, so that the macro and sessions for devices that compile their own code share them.
//!
//! [`autodiff`] appends the backward pass; [`fuse`] makes [`steps`] of ops; [`plan`] gives each value its memory, in amounts
//! of [`amount`].
pub mod amount;
pub mod autodiff;
pub mod fuse;
pub mod plan;
pub mod steps;

use crate::elementwise::{Formula, named};
use crate::graph::{Graph, Kind, Value};
use crate::op::Lowered;
use crate::scalar::argument;

/// A graph and the value that it is built for.
pub struct Forward {
    /// The ops.
    pub graph: Graph,
    /// What comes out.
    pub output: Value,
}

/// `value` if an op wrote it, else a copy: what a function hands on must be neither what it was handed nor what lies
/// among the results of a block.
pub fn own_value(graph: &mut Graph, value: Value) -> Value {
    let mut root = value;
    while let Kind::Apply(op, attrs, inputs) = &graph.node(root).kind {
        if op.lower(attrs) != Lowered::Same {
            return value;
        }
        root = inputs[0];
    }
    graph.label = format!("{}_out", graph.node(value).label);
    graph.must(&Formula, named("copy", argument(0)), &[value])
}
