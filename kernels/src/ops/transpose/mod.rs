//! Axes in another order.
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use crate::cpu::transpose as forward;
#[cfg(feature = "compiler")]
pub use rules::*;
