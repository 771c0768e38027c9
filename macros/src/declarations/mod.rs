//! Random declarations, for the repository's own tests: programs in the language, valid as they are made. Each is printed as
//! it is declared and as one `fn forward`, and run without the compiler's reading of it.
mod flat;
#[cfg(test)]
pub mod forms;
mod forwards;
mod generate;
mod parts;
pub mod print;
pub mod reference;
mod run;
pub mod tree;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::ops::Range;
use tree::{CONSTANT, NUMBER, Program};

/// `mod declared_0 { … } …` for these seeds, and `PAIRS` of type `[Pair; …]`, which stands beside the invocation: each network
/// and the same in one `fn forward`.
#[cfg_attr(test, allow(dead_code))]
pub fn modules(seeds: Range<u64>) -> TokenStream {
    let names = seeds.clone().map(|seed| format_ident!("declared_{seed}"));
    let modules = seeds.zip(names.clone()).map(|(seed, module)| {
        let program = Program::random(seed);
        let text = program.text();
        let declaration: TokenStream = text.parse().expect("it is written in Rust tokens");
        let (name, value) = (format_ident!("{}", CONSTANT.0), CONSTANT.1);
        let (scale, number) = (format_ident!("{}", NUMBER.0), NUMBER.1);
        let (constant, told) = match program.parameter {
            true => (quote! {}, quote! { <#value> }),
            false => (quote! { const #name: usize = #value; }, quote! {}),
        };
        quote! {
            #[allow(dead_code)]
            mod #module {
                use super::Pair;
                #constant
                const #scale: f64 = #number;
                ::plywood::network! { #declaration }
                pub const PAIR: Pair = Pair::of::<Net #told, Flat #told>(#seed, #text);
            }
        }
    });
    quote! {
        #(#modules)*
        /// The declarations.
        pub static PAIRS: &[Pair] = &[#(#names::PAIR),*];
    }
}
