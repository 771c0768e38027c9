//! One number everywhere: what a gradient begins with that nothing has been added to.
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "compiler")]
mod rules;

#[cfg(feature = "cpu")]
pub use cpu::forward;
#[cfg(feature = "compiler")]
pub use rules::*;
