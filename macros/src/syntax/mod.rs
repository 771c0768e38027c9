//! Tokens to a tree that keeps them: nothing is looked up here, and nothing is refused that has a form.
mod arguments;
pub mod ast;
mod header;
mod network;
mod structure;

pub use network::network;
pub use structure::structure;
