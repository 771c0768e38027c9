//! The op book of Plywood: what every operation, layer, loss and optimizer is, and how operations run on a CPU.
//!
//! Without features this crate is data and small pure functions that know no source spans, tokens or devices: the
//! compiler reads it so. Feature `cpu` adds the kernels.
//!
//! In reading order: [`shape`] and [`scalar`]; [`graph`] and [`op`]; what works on any op ([`autodiff`],
//! [`interpret`], [`check`]); the rows ([`ops`], [`layers`], [`init`], [`losses`], [`optim`]); [`rules`], the formulas that
//! are printed once for everybody.
pub mod shape;

pub mod scalar;

pub mod attrs;
pub mod graph;
pub mod op;

pub mod autodiff;
pub mod check;
pub mod interpret;
pub mod listing;

pub mod family;
pub mod ops;

pub mod hyperparameter;
pub mod init;
pub mod layers;
pub mod losses;
pub mod optim;
pub mod rules;

#[cfg(feature = "cpu")]
pub mod cpu;
