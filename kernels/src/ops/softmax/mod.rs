//! Softmax and its logarithm over the last axis, and their adjoints.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{backward, forward, log_backward, log_forward};
#[cfg(feature = "compiler")]
pub use rules::*;
