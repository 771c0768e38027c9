//! What the test programs share.
//!
//! A network may be declared in a documentation test too:
//!
//! ```
//! use plywood::prelude::*;
//!
//! network! { struct Documented: [3] -> [2] { fc1: Linear(4), Relu, repeat 2 { Linear(4), Tanh }, fc2: Linear(2) } }
//!
//! println!("{}", Documented::init(1).gradient_check(1)?);
//! # Ok::<(), plywood::Error>(())
//! ```
#[path = "support/calls.rs"]
pub mod calls;
#[path = "support/case.rs"]
pub mod case;
#[path = "support/fixture.rs"]
pub mod fixture;
#[path = "support/gradient.rs"]
pub mod gradient;
#[path = "support/kernels.rs"]
pub mod kernels;
#[path = "support/model.rs"]
pub mod model;
#[path = "support/numbers.rs"]
pub mod numbers;
#[path = "support/outputs.rs"]
pub mod outputs;
#[path = "support/rules.rs"]
pub mod rules;
#[path = "support/sample.rs"]
pub mod sample;
