//! Products of as many matrices as the leading axes count: each form's gradients are other forms.
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::forward;
#[cfg(feature = "compiler")]
pub use rules::*;
