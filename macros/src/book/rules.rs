//! The formulas that nearly every network needs, as rules.
use crate::emit::tokens;
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
    let table = common().into_iter().map(|rule| {
        let (name, text, formula) = (format_ident!("{}", rule.name), &rule.name, rule.formula.to_string());
        let inputs = (0..rule.arguments.len()).map(|i| quote! { Operand::Full(x[#i]) }).collect::<Vec<_>>();
        let run = quote! { |cpu, y, x| map(cpu, y, x[0].len(), [#(#inputs),*], &#name) };
        quote! { Compiled { name: #text, formula: #formula, single: #run, double: #run } }
    });
    let table = quote! {
        use ::plywood_kernels::cpu::{Cpu, Operand, map};
        /// A rule beside its formula, so that tests can hold one against the other.
        #[derive(Debug)]
        pub struct Compiled {
            /// The rule's name.
            pub name: &'static str,
            /// The formula, as `Expr` displays it.
            pub formula: &'static str,
            /// The rule for every element of `y`, from inputs as long as `y`.
            pub single: fn(&Cpu, &mut [f32], &[&[f32]]),
            /// The same in `f64`.
            pub double: fn(&Cpu, &mut [f64], &[&[f64]]),
        }
        /// All of them.
        pub static RULES: &[Compiled] = &[#(#table),*];
    };
    common().into_iter().map(declare).chain([table]).collect()
}
