//! The user's constants. Each is looked at once, so that one that is wrong is one message, at its first mention:
//! all other generated code names what came of that.
use super::Target;
use crate::constants::{Constant, Number};
use crate::diagnostics::Place;
use crate::sizes::largest_constant;
use crate::text::{UNKNOWN, tokens};
use plywood_kernels::scalar::{named, print};
use plywood_kernels::shape::Size;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashMap;

/// What stands for the user's constants.
pub struct HeldConstants {
    /// Where they are looked at: at the invocation's scope, as the views name them.
    pub guards: TokenStream,
    /// The same by the user's names, for everything else.
    pub locals: TokenStream,
}

impl Target<'_> {
    /// What holds the constants.
    fn holder(&self) -> Ident {
        format_ident!("{}Sizes", self.name)
    }

    /// A size as code outside of the hidden block writes it.
    pub fn outside(&self, size: &Size) -> TokenStream {
        let holder = self.holder();
        let symbol =
            |name: &str| if self.symbols.is_held(name) { format!("{holder}::{name}") } else { name.into() };
        tokens(&size.rust_with(&symbol))
    }

    /// The size that is not known, as code outside of the hidden block writes it.
    pub fn unknown(&self) -> TokenStream {
        self.outside(&Size::symbol(UNKNOWN))
    }

    /// The constants, of which `degree` in sizes are multiplied with each other at most. Of a network with a mistake,
    /// `error` is an expression that says it: what is not known is that.
    pub fn held_constants(&self, degree: usize, error: Option<TokenStream>) -> HeldConstants {
        let constants = self.symbols.list();
        let numbers = self.symbols.arithmetic();
        if constants.is_empty() && numbers.is_empty() && error.is_none() {
            return HeldConstants { guards: quote! {}, locals: quote! {} };
        }
        let (holder, runtime) = (self.holder(), &self.runtime);
        let most = tokens(&largest_constant(degree).to_string());
        let unknown = format_ident!("{UNKNOWN}");
        let names = constants.iter().map(|c| &c.name).chain(error.is_some().then_some(&unknown));
        let value =
            |Constant { path, .. }: &Constant, span| quote_spanned! {span=> ply::value(&#path, #path) };
        let checks = constants.iter().map(|constant| {
            let (span, text) = (constant.span(), constant.shown());
            let value = value(constant, span);
            quote_spanned! {span=> const _: () = ply::require_size(#text, #value, #most); }
        });
        let values = constants.iter().map(|constant| {
            let (name, value) = (&constant.name, value(constant, constant.span()));
            quote! { const #name: usize = ply::size(#value, #most); }
        });
        let plain: Vec<&Number> = numbers.iter().filter(|number| !number.parameter).collect();
        let kept = plain.iter().map(|Number { name, .. }| name);
        let number_checks = plain.iter().map(|number| {
            let (path, text) = (&number.path, number.shown());
            let span = Place::of(path).start();
            quote_spanned! {span=> const _: () = ply::require_number(#text, #path as f64); }
        });
        let shown: HashMap<String, String> =
            plain.iter().map(|number| (number.name.to_string(), number.shown())).collect();
        let divisors = self.symbols.divisors().iter().map(|(formula, place)| {
            let by = |name: &dyn Fn(&str) -> String| {
                let formula = formula.replace(&|part| part.name().map_or(part, |known| named(&name(&known))));
                print::rust(&[formula], &[]).block()
            };
            let text = by(&|known| shown.get(known).cloned().unwrap_or_default());
            let value = tokens(&by(&|known| format!("{holder}::{known}")));
            let span = place.start();
            quote_spanned! {span=> const _: () = ply::require_divisor(#text, #value); }
        });
        let number_values = plain.iter().map(|Number { name, path, .. }| {
            let span = Place::of(path).start();
            quote_spanned! {span=> const #name: f64 = #path as f64; }
        });
        let error = error.as_ref().map(|error| quote! { const #unknown: usize = #error; });
        let doc = format!(" The constants of [`{}`], each looked at once.", self.name);
        HeldConstants {
            guards: quote! {
                #[doc = #doc]
                #[allow(dead_code)]
                struct #holder;
                #[allow(clippy::all, trivial_numeric_casts)]
                const _: () = {
                    use #runtime::__private as ply;
                    #(#checks)*
                    #(#number_checks)*
                    #(#divisors)*
                    impl #holder { #(#values)* #(#number_values)* #error }
                };
            },
            locals: quote! {
                #(const #names: usize = #holder::#names;)*
                #(const #kept: f64 = #holder::#kept;)*
            },
        }
    }
}
