//! Tokens to a tree that keeps them: nothing is looked up here, and nothing is refused that has a form.
pub mod ast;
mod network;
mod structure;

pub use network::network;
pub use structure::structure;
