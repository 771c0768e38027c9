//! The compiler of Plywood: a declared network in, plain Rust out. Users reach it through the crate `plywood`.
//!
//! `pipeline.rs` shows the stages in order.
mod assertions;
mod body;
mod book;
mod budget;
mod call;
mod diagnostics;
mod emit;
mod fallback;
mod header;
mod lines;
mod lower;
mod parameters;
mod pipeline;
mod resolve;
mod role;
mod shape;
mod sizes;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

// documented where users find it, in the crate `plywood`
#[allow(missing_docs)]
#[proc_macro]
pub fn network(tokens: TokenStream) -> TokenStream {
    pipeline::network(tokens.into()).into()
}

#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::model(attribute.into(), item.into()).into()
}

/// Prints what every network shares, for the runtime alone.
#[doc(hidden)]
#[proc_macro]
pub fn book(_: TokenStream) -> TokenStream {
    book::book().into()
}

/// Prints every row's kernel as calls, for the tests of this repository alone.
#[doc(hidden)]
#[proc_macro]
pub fn calls(_: TokenStream) -> TokenStream {
    book::calls().into()
}
