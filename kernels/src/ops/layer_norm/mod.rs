//! Layer normalisation and root-mean-square normalisation over the trailing axes, and their adjoints.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{
    backward, both_backward, forward, rms_backward, rms_both_backward, rms_forward, rms_weight_backward,
    weight_backward,
};
#[cfg(feature = "compiler")]
pub use rules::*;

/// Parts that a weight's gradient is summed in, by the number of rows alone.
const PARTS: usize = 16;
/// How many numbers the gradient of a weight of `columns` numbers works in: each part has two rows of whole cache lines.
pub const fn workspace(columns: usize) -> usize {
    columns.saturating_add(15).saturating_mul(2 * PARTS)
}
