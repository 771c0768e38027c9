//! Rows of a table by their numbers, and the adjoint, which adds rows up where they came from.
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{filled, forward, not_equal, order, scatter, scatter_without};
#[cfg(feature = "compiler")]
pub use rules::*;
