//! The compiler of Plywood: a declared network in, plain Rust out. Users reach it through the crate `plywood`.
//!
//! `pipeline.rs` shows the stages in order.
mod assertions;
mod body;
mod book;
mod budget;
mod call;
mod constants;
#[cfg(any(test, feature = "graphs"))]
mod declarations;
mod diagnostics;
mod emit;
mod fallback;
#[cfg(any(test, feature = "graphs"))]
mod graphs;
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
mod text;
mod uses;

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

/// Random networks below the language, for the repository's own tests: `graphs!(0 20)` is those of seeds 0 to 19.
#[cfg(feature = "graphs")]
#[doc(hidden)]
#[proc_macro]
pub fn graphs(tokens: TokenStream) -> TokenStream {
    graphs::modules(seeds(tokens)).into()
}

/// Random declarations, for the repository's own tests: `declarations!(0 20)` is those of seeds 0 to 19.
#[cfg(feature = "graphs")]
#[doc(hidden)]
#[proc_macro]
pub fn declarations(tokens: TokenStream) -> TokenStream {
    declarations::modules(seeds(tokens)).into()
}

#[cfg(feature = "graphs")]
fn seeds(tokens: TokenStream) -> std::ops::Range<u64> {
    let numbers = tokens.into_iter().filter_map(|token| token.to_string().parse().ok());
    match numbers.collect::<Vec<u64>>().as_slice() {
        [from, to] => *from..*to,
        _ => panic!("two numbers"),
    }
}

/// Prints what every network shares, for the runtime alone.
#[doc(hidden)]
#[proc_macro]
pub fn book(half: TokenStream) -> TokenStream {
    book::book(&half.into()).into()
}

/// Prints the table of the rules that the runtime has, for the tests of this repository alone.
#[doc(hidden)]
#[proc_macro]
pub fn rules(_: TokenStream) -> TokenStream {
    book::rules().into()
}

/// Prints every row's kernel as calls, for the tests of this repository alone.
#[doc(hidden)]
#[proc_macro]
pub fn calls(_: TokenStream) -> TokenStream {
    book::calls().into()
}
