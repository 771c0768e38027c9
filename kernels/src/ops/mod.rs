//! The registry of ops: one module and one word each.
pub mod arith;
pub mod broadcast;
mod gelu;
pub mod matmul;
pub mod random;
mod relu;
pub mod reshape;
mod sigmoid;
pub mod softmax_cross_entropy;
pub mod sum;
mod tanh;
pub mod transpose;
pub mod uniform;

use crate::family::{Binary, Formula, Unary};
use crate::op::Op;

pub use arith::{ADD, MUL};
pub use broadcast::BROADCAST;
pub use matmul::MATMUL;
pub use reshape::RESHAPE;
pub use softmax_cross_entropy::{SOFTMAX_CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY_BACKWARD};
pub use sum::{SUM, over};
pub use transpose::TRANSPOSE;
pub use uniform::UNIFORM;

/// Elementwise ops of one value; each is a layer too.
pub static UNARY: &[&Unary] = &[&relu::RELU, &tanh::TANH, &sigmoid::SIGMOID, &gelu::GELU, &gelu::GELU_TANH];
/// Elementwise ops of two values.
pub static BINARY: &[&Binary] = &[&ADD, &MUL];
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
