//! Slices along an axis, padding and joining: each is the others' adjoint.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{concat, forward, pad};
#[cfg(feature = "compiler")]
pub use rules::*;
