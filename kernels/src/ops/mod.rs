//! The registry of ops: one module and one word each.
mod abs;
pub mod arith;
pub mod broadcast;
mod elu;
mod exp;
mod gelu;
mod hardtanh;
mod leaky_relu;
pub mod matmul;
mod mish;
mod power;
mod prelu;
pub mod random;
mod relu;
pub mod reshape;
mod sigmoid;
mod silu;
pub mod softmax_cross_entropy;
mod softplus;
mod softsign;
pub mod sum;
mod tanh;
mod threshold;
pub mod transpose;
pub mod uniform;

use crate::family::{Binary, Formula, Unary};
use crate::op::Op;

pub use arith::{ADD, DIV, MAX, MIN, MUL, POW, SUB};
pub use broadcast::BROADCAST;
pub use matmul::MATMUL;
pub use prelu::PRELU;
pub use reshape::RESHAPE;
pub use softmax_cross_entropy::{SOFTMAX_CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY_BACKWARD};
pub use sum::{SUM, over};
pub use transpose::TRANSPOSE;
pub use uniform::UNIFORM;

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
/// Everything else.
pub static OTHER: &[&dyn Op] = &[
    &Formula,
    &UNIFORM,
    &SUM,
    &BROADCAST,
    &RESHAPE,
    &TRANSPOSE,
    &MATMUL,
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
