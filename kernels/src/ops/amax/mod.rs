//! The largest and the smallest over neighbouring axes, and where the largest is.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::{
    amin_backward, amin_forward, argmax, backward, forward, max_with_indices, max_with_indices_backward,
};
#[cfg(feature = "compiler")]
pub use rules::*;
