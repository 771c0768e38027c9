//! The op book of Plywood: what every operation, layer, loss and optimizer is, and how operations run on a CPU.
//!
//! Without features this crate is data and small pure functions that know no source spans, tokens or devices: the
//! compiler reads it so. Feature `cpu` adds the kernels.
//!
//! In reading order: [`shape`], [`types`] and [`scalar`]; [`graph`] and [`op`]; what works on any graph ([`check`], [`interpret`],
//! [`listing`]); the rows ([`ops`], [`layers`], [`init`], [`losses`], [`optim`]); [`rules`], the formulas that are printed
//! once for everybody; [`compiler`] (feature `compiler`), the passes from a graph to planned steps.
pub mod shape;
pub mod types;

pub mod scalar;

pub mod attrs;
pub mod graph;
pub mod op;

pub mod check;
pub mod interpret;
pub mod listing;

pub mod broadcast;
pub mod elementwise;
pub mod ops;
pub mod random;

pub mod arguments;
pub mod hyperparameter;
pub mod init;
pub mod layers;
pub mod losses;
pub mod optim;
pub mod rules;

#[cfg(feature = "compiler")]
pub mod compiler;
#[cfg(feature = "cpu")]
pub mod cpu;
