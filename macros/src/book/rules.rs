//! The formulas that nearly every network needs, as rules.
use crate::text::tokens;
use plywood_kernels::rules::common;
use plywood_kernels::scalar::print;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// ```text
/// ::plywood_kernels::rule! {
///     /// `max(x + b, 0.0)`
///     pub BiasRelu(x, b) = max(x + b, 0.0)
/// }
/// ```
pub fn rules() -> TokenStream {
    let declare = |rule: plywood_kernels::rules::Rule| {
        let text = print::rust(&[rule.formula], &rule.arguments).block();
        let (doc, name, formula) = (format!(" `{text}`"), format_ident!("{}", rule.name), tokens(&text));
        let arguments = rule.arguments.iter().map(|a| format_ident!("{a}"));
        quote! {
            ::plywood_kernels::rule! {
                #[doc = #doc]
                pub #name(#(#arguments),*) = #formula
            }
        }
    };
    common().into_iter().map(declare).collect()
}

/// The table `RULES`, of a type that stands beside the invocation: every rule beside its formula, for the tests, so that they
/// can hold one against the other.
///
/// ```text
/// pub static RULES: &[Compiled] = &[Compiled { name: "Relu", formula: "max @0 0.0", single: …, double: … }];
/// ```
pub fn table() -> TokenStream {
    let table = common().into_iter().map(|rule| {
        let (name, text, formula) = (format_ident!("{}", rule.name), &rule.name, rule.formula.to_string());
        let inputs = (0..rule.arguments.len()).map(|i| quote! { ply::Full(x[#i]) }).collect::<Vec<_>>();
        let run = quote! { |cpu, y, x| ply::map(cpu, y, x[0].len(), [#(#inputs),*], &ply::rules::#name) };
        quote! { Compiled { name: #text, formula: #formula, single: #run, double: #run } }
    });
    quote! {
        /// All of them.
        pub static RULES: &[Compiled] = &[#(#table),*];
    }
}
