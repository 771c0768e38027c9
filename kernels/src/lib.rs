//! The op book of Plywood: what every operation, layer, loss and optimizer is, and how operations run on a CPU.
//!
//! It is data and small pure functions that know no source spans, tokens or devices. Without features it has what
//! programs and compilers share: in reading order [`scalar`], the language of formulas, with [`losses`] and [`optim`], which
//! are formulas and what they can be told ([`hyperparameter`]); [`init`], [`random`] and [`relation`].
//!
//! Feature `cpu` adds the kernels: `cpu`, and those of each op in [`ops`].
//!
//! Feature `compiler` adds what only compilers read: `shape` and `types`; `graph` and `op`; what works on any graph
//! (`check`, `interpret`, `listing`); the rules of each op in [`ops`]; the rows of `layers`; `rules`, the formulas that are
//! printed once for everybody; and `compiler`, the passes from a graph to planned steps.
pub mod hyperparameter;
pub mod init;
pub mod losses;
pub mod names;
pub mod ops;
pub mod optim;
pub mod random;
pub mod relation;
pub mod scalar;

#[cfg(feature = "compiler")]
pub mod arguments;
#[cfg(feature = "compiler")]
pub mod attrs;
#[cfg(feature = "compiler")]
pub mod check;
#[cfg(feature = "compiler")]
pub mod compiler;
#[cfg(feature = "compiler")]
pub mod graph;
#[cfg(feature = "compiler")]
pub mod interpret;
#[cfg(feature = "compiler")]
pub mod layers;
#[cfg(feature = "compiler")]
pub mod listing;
#[cfg(feature = "compiler")]
pub mod op;
#[cfg(feature = "compiler")]
pub mod rules;
#[cfg(feature = "compiler")]
pub mod shape;
#[cfg(feature = "compiler")]
pub mod types;

#[cfg(feature = "cpu")]
pub mod cpu;
