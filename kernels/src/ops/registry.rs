//! The registry of ops: every row in its list.
use super::elementwise::Formula;
use crate::op::{Op, Tested};
use std::collections::HashMap;
use std::sync::OnceLock;

pub use super::amax::{
    AMAX, AMAX_BACKWARD, AMIN, AMIN_BACKWARD, ARGMAX, MAX_WITH_INDICES, MAX_WITH_INDICES_BACKWARD,
};
pub use super::batch_matmul::BATCH_MATMUL;
pub use super::broadcast::BROADCAST;
pub use super::elementwise::{ADD, BINARY, DIV, MAX, MIN, MUL, POW, PRELU, SUB, UNARY};
pub use super::full::FULL;
pub use super::gather::{GATHER, NOT_EQUAL, ORDER, SCATTER};
pub use super::layer_norm::{
    LAYER_NORM, LAYER_NORM_BACKWARD, LAYER_NORM_BOTH_BACKWARD, LAYER_NORM_WEIGHT_BACKWARD, RMS_NORM,
    RMS_NORM_BACKWARD, RMS_NORM_BOTH_BACKWARD, RMS_NORM_WEIGHT_BACKWARD,
};
pub use super::matmul::MATMUL;
pub use super::reshape::RESHAPE;
pub use super::slice::{CONCAT, PAD, SLICE};
pub use super::softmax::{LOG_SOFTMAX, LOG_SOFTMAX_BACKWARD, SOFTMAX, SOFTMAX_BACKWARD};
pub use super::softmax_cross_entropy::{SOFTMAX_CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY_BACKWARD};
pub use super::sum::{SUM, over};
pub use super::transpose::TRANSPOSE;
pub use super::uniform::UNIFORM;
pub use super::variance::{VARIANCE, VARIANCE_BACKWARD};

/// One list, read twice: by the compiler, and by the tests. Who names the first only links no reference.
macro_rules! rows {
    ($($row:expr),* $(,)?) => {
        /// Ops that are more than a formula.
        pub static OTHER: &[&dyn Op] = &[$($row),*];
        static OTHER_TESTED: &[&dyn Tested] = &[$($row),*];
    };
}
rows![
    &Formula,
    &UNIFORM,
    &FULL,
    &SUM,
    &BROADCAST,
    &RESHAPE,
    &TRANSPOSE,
    &MATMUL,
    &BATCH_MATMUL,
    &AMAX,
    &AMAX_BACKWARD,
    &AMIN,
    &AMIN_BACKWARD,
    &ARGMAX,
    &MAX_WITH_INDICES,
    &MAX_WITH_INDICES_BACKWARD,
    &VARIANCE,
    &VARIANCE_BACKWARD,
    &SLICE,
    &PAD,
    &CONCAT,
    &GATHER,
    &SCATTER,
    &NOT_EQUAL,
    &ORDER,
    &SOFTMAX,
    &SOFTMAX_BACKWARD,
    &LOG_SOFTMAX,
    &LOG_SOFTMAX_BACKWARD,
    &LAYER_NORM,
    &LAYER_NORM_BACKWARD,
    &LAYER_NORM_WEIGHT_BACKWARD,
    &LAYER_NORM_BOTH_BACKWARD,
    &RMS_NORM,
    &RMS_NORM_BACKWARD,
    &RMS_NORM_WEIGHT_BACKWARD,
    &RMS_NORM_BOTH_BACKWARD,
    &SOFTMAX_CROSS_ENTROPY,
    &SOFTMAX_CROSS_ENTROPY_BACKWARD,
];

/// Every op.
pub fn all() -> impl Iterator<Item = &'static dyn Op> {
    let unary = UNARY.iter().map(|row| *row as &dyn Op);
    unary.chain(BINARY.iter().map(|row| *row as &dyn Op)).chain(OTHER.iter().copied())
}
/// The op of that name.
pub fn find(name: &str) -> Option<&'static dyn Op> {
    all().find(|op| op.name() == name)
}

/// Every op with what tests hold it to.
pub fn tested() -> impl Iterator<Item = &'static dyn Tested> {
    let unary = UNARY.iter().map(|row| *row as &dyn Tested);
    unary.chain(BINARY.iter().map(|row| *row as &dyn Tested)).chain(OTHER_TESTED.iter().copied())
}
/// The op of that name with what tests hold it to.
pub fn find_tested(name: &str) -> Option<&'static dyn Tested> {
    // interpreters ask at every node
    static BY_NAME: OnceLock<HashMap<&str, &dyn Tested>> = OnceLock::new();
    BY_NAME.get_or_init(|| tested().map(|op| (op.name(), op)).collect()).get(name).copied()
}
