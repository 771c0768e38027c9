//! What the test programs share.
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
