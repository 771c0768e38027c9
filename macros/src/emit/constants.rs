//! The user's constants in sizes. Each is looked at once, so that one that is wrong is one message, at its first mention:
//! all other generated code names what came of that.
use super::Target;
use crate::sizes::{Constant, largest_constant};
use crate::text::tokens;
use plywood_kernels::shape::Size;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// What stands for the user's constants.
pub struct Constants {
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
        let symbol = |name: &str| {
            if self.symbols.iter().any(|c| c.name == name) {
                format!("{holder}::{name}")
            } else {
                name.into()
            }
        };
        tokens(&size.rust_with(&symbol))
    }

    /// The constants in sizes, of which `degree` are multiplied with each other at most.
    pub fn constants_in_sizes(&self, degree: usize) -> Constants {
        if self.symbols.is_empty() {
            return Constants { guards: quote! {}, locals: quote! {} };
        }
        let (holder, runtime) = (self.holder(), &self.runtime);
        let most = tokens(&largest_constant(degree).to_string());
        let names = self.symbols.iter().map(|c| &c.name);
        let value =
            |Constant { path, .. }: &Constant, span| quote_spanned! {span=> ply::value(&#path, #path) };
        let checks = self.symbols.iter().map(|constant| {
            let (span, text) = (constant.span(), constant.name.to_string());
            let value = value(constant, span);
            quote_spanned! {span=> const _: () = ply::require_size(#text, #value, #most); }
        });
        let values = self.symbols.iter().map(|constant| {
            let (name, value) = (&constant.name, value(constant, constant.span()));
            quote! { const #name: usize = ply::size(#value, #most); }
        });
        let doc = format!(" The constants in the sizes of [`{}`], each looked at once.", self.name);
        Constants {
            guards: quote! {
                #[doc = #doc]
                #[allow(dead_code)]
                struct #holder;
                #[allow(clippy::all)]
                const _: () = {
                    use #runtime::__private as ply;
                    #(#checks)*
                    impl #holder { #(#values)* }
                };
            },
            locals: quote! { #(const #names: usize = #holder::#names;)* },
        }
    }
}
