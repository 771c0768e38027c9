//! Mean cross entropy of softmax scores, and its adjoint.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{backward, forward};
#[cfg(feature = "compiler")]
pub use rules::*;
