//! What the test programs share.
#[path = "support/model.rs"]
pub mod model;
#[path = "support/numbers.rs"]
pub mod numbers;
