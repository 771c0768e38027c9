//! The registry of ops: a module each, and every row in its list.
mod abs;
pub mod amax;
pub mod arith;
pub mod batch_matmul;
pub mod broadcast;
mod elu;
mod exp;
pub mod full;
mod gelu;
mod hardtanh;
pub mod layer_norm;
mod leaky_relu;
pub mod matmul;
mod mish;
mod power;
mod prelu;
pub mod reduction;
mod relu;
pub mod reshape;
mod sigmoid;
mod silu;
pub mod slice;
pub mod softmax;
pub mod softmax_cross_entropy;
mod softplus;
mod softsign;
pub mod sum;
mod tanh;
mod threshold;
pub mod transpose;
pub mod uniform;
pub mod variance;

use crate::elementwise::{Binary, Formula, Unary};
use crate::op::{Op, Tested};
use std::collections::HashMap;
use std::sync::OnceLock;

pub use amax::{
    AMAX, AMAX_BACKWARD, AMIN, AMIN_BACKWARD, ARGMAX, MAX_WITH_INDICES, MAX_WITH_INDICES_BACKWARD,
};
pub use arith::{ADD, DIV, MAX, MIN, MUL, POW, SUB};
pub use batch_matmul::BATCH_MATMUL;
pub use broadcast::BROADCAST;
pub use full::FULL;
pub use layer_norm::{
    LAYER_NORM, LAYER_NORM_BACKWARD, LAYER_NORM_WEIGHT_BACKWARD, RMS_NORM, RMS_NORM_BACKWARD,
    RMS_NORM_WEIGHT_BACKWARD,
};
pub use matmul::MATMUL;
pub use prelu::PRELU;
pub use reshape::RESHAPE;
pub use slice::{CONCAT, PAD, SLICE};
pub use softmax::{LOG_SOFTMAX, LOG_SOFTMAX_BACKWARD, SOFTMAX, SOFTMAX_BACKWARD};
pub use softmax_cross_entropy::{SOFTMAX_CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY_BACKWARD};
pub use sum::{SUM, over};
pub use transpose::TRANSPOSE;
pub use uniform::UNIFORM;
pub use variance::{VARIANCE, VARIANCE_BACKWARD};

/// Elementwise ops of one value; each is a layer too.
pub static UNARY: &[&Unary] = &[
    &relu::RELU,
    &tanh::TANH,
    &sigmoid::SIGMOID,
    &gelu::GELU,
    &gelu::GELU_TANH,
    &leaky_relu::LEAKY_RELU,
    &elu::ELU,
    &elu::SELU,
    &elu::CELU,
    &silu::SILU,
    &mish::MISH,
    &softplus::SOFTPLUS,
    &softplus::LOG_SIGMOID,
    &softsign::SOFTSIGN,
    &hardtanh::HARDTANH,
    &hardtanh::RELU6,
    &hardtanh::HARDSIGMOID,
    &hardtanh::HARDSWISH,
    &hardtanh::CLAMP,
    &threshold::THRESHOLD,
    &threshold::HARDSHRINK,
    &threshold::SOFTSHRINK,
    &threshold::TANHSHRINK,
    &exp::EXP,
    &exp::LN,
    &power::SQRT,
    &power::SQUARE,
    &power::RECIPROCAL,
    &power::POWF,
    &abs::ABS,
    &abs::NEG,
];
/// Elementwise ops of two values.
pub static BINARY: &[&Binary] = &[&ADD, &SUB, &MUL, &DIV, &MAX, &MIN, &POW, &PRELU];

/// One list, read twice: by the compiler, and by the tests. Who names the first only links no reference.
macro_rules! rows {
    ($($row:expr),* $(,)?) => {
        /// Everything else.
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
    &SOFTMAX,
    &SOFTMAX_BACKWARD,
    &LOG_SOFTMAX,
    &LOG_SOFTMAX_BACKWARD,
    &LAYER_NORM,
    &LAYER_NORM_BACKWARD,
    &LAYER_NORM_WEIGHT_BACKWARD,
    &RMS_NORM,
    &RMS_NORM_BACKWARD,
    &RMS_NORM_WEIGHT_BACKWARD,
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
