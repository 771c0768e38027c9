//! Optimizers: a type each, and a rule for every way in which it runs.
use super::hyperparameters::{Parts, by_name, parts, text};
use crate::text::tokens;
use plywood_kernels::optim::{OPTIMIZERS, Optimizer, Variant};
use plywood_kernels::scalar::{argument, print};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// All of them with their formulas, and what finds them by name.
pub fn optimizers() -> (TokenStream, TokenStream) {
    let (updates, items): (TokenStream, TokenStream) = OPTIMIZERS.iter().map(|row| one(row)).unzip();
    let arms = OPTIMIZERS.iter().map(|row| {
        let (text, name) = (row.name, format_ident!("{}", row.name));
        let required = row.hyperparameters.iter().filter(|h| h.default.is_none()).map(|_| quote! { 0.0 });
        quote! { #text => visitor.visit(#name::new(#(#required),*)), }
    });
    let find = quote! {
        /// Hands the optimizer of that name, with what must be given at 0, to `visitor`; `None` if there is none.
        #[doc(hidden)]
        pub fn with_optimizer<V: crate::optimizer::Visit>(
            name: &str,
            visitor: V,
        ) -> ::std::option::Option<V::Out> {
            use optim::*;
            ::std::option::Option::Some(match name {
                #(#arms)*
                _ => return ::std::option::Option::None,
            })
        }
    };
    (quote! { mod formulas { #updates } #items }, find)
}

/// Its formulas, and its type.
fn one(row: &Optimizer) -> (TokenStream, TokenStream) {
    let (name, doc) = (format_ident!("{}", row.name), format!(" {}", row.doc));
    let Parts { fields, parameters, values, setters, tabled, checks } = parts(row.hyperparameters);
    let variants = row.variants();
    let updates = variants.iter().map(|variant| update(row, variant));
    let states = choice(row, &variants, |variant| {
        let names = &variant.states;
        quote! { &[#(#names),*] }
    });
    let texts: Vec<String> = row.hyperparameters.iter().map(text).chain(["t".to_owned()]).collect();
    let arguments: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rules = choice(row, &variants, |variant| {
        let rule = format_ident!("{}", variant.rule);
        let names = variant.scalars.iter().map(|(name, _)| format_ident!("{name}"));
        let formulas: Vec<_> = variant.scalars.iter().map(|(_, formula)| *formula).collect();
        let printed = print::rust(&formulas, &arguments);
        let bindings = printed.bindings.iter().map(|b| tokens(b));
        let results = printed.results.iter().map(|r| tokens(r));
        quote! {{ #(#bindings)* with(&formulas::#rule { #(#names: #results),* }) }}
    });
    let constraints = row.constraints.iter().map(|constraint| {
        let hyperparameters: Vec<_> = (0..row.hyperparameters.len() as u32).map(argument).collect();
        let holds = print::rust(&[(constraint.holds)(&hyperparameters)], &arguments).block();
        let (holds, name, expected) = (tokens(&holds), constraint.name, constraint.expected);
        let at = format_ident!("{name}");
        quote! { crate::hyperparameters::demand(#name, #expected, self.#at, #holds != 0.0)?; }
    });
    let decay = row.hyperparameters.iter().find(|h| h.name == "weight_decay").map(|_| {
        quote! {
            fn weight_decay(&self) -> f64 {
                self.weight_decay
            }
            fn set_weight_decay(&mut self, decay: f64) {
                self.weight_decay = decay;
            }
        }
    });
    let (text, by_name) = (row.name, by_name(&name, row.hyperparameters));
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct #name { #(#fields),* }
        #[cfg(feature = "serde")]
        crate::settings::table! { #name { #(#tabled),* } }
        impl #name {
            /// The optimizer with everything else at its default.
            pub const fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
        #by_name
        impl crate::optimizer::Optimizer for #name {
            fn states(&self) -> &'static [&'static str] {
                #states
            }
            fn learning_rate(&self) -> f64 {
                self.learning_rate
            }
            fn set_learning_rate(&mut self, rate: f64) {
                self.learning_rate = rate;
            }
            #decay
            #[allow(unused_imports)]
            fn check(&self) -> crate::Result<()> {
                use ::plywood_kernels::cpu::math::*;
                #checks
                #(#constraints)*
                Ok(())
            }
            fn row(&self) -> ::std::option::Option<crate::optimizer::OptimizerRow> {
                crate::optimizer::row(#text, self)
            }
            #[allow(unused_imports, unused_variables)]
            fn rule(&self, step: u64, with: &mut dyn FnMut(&dyn crate::optimizer::Update<f32>)) {
                use ::plywood_kernels::cpu::math::*;
                let t = step as f64;
                #rules
            }
        }
    };
    (quote! { #(#updates)* }, item)
}

/// `match (self.momentum != 0.0, self.nesterov) { (false, false) | (false, true) => …, … }`
fn choice(row: &Optimizer, variants: &[Variant], value: impl Fn(&Variant) -> TokenStream) -> TokenStream {
    let on = row.switches().into_iter().map(|i| {
        let (h, name) = (&row.hyperparameters[i], format_ident!("{}", row.hyperparameters[i].name));
        if h.is_flag() {
            quote! { self.#name }
        } else {
            quote! { self.#name != 0.0 }
        }
    });
    let arms = variants.iter().map(|variant| {
        let (runs, value) = (variant.runs.iter().map(|on| quote! { (#(#on,)*) }), value(variant));
        quote! { #(#runs)|* => #value, }
    });
    quote! { match (#(#on,)*) { #(#arms)* } }
}

fn update(row: &Optimizer, variant: &Variant) -> TokenStream {
    let rule = format_ident!("{}", variant.rule);
    let scalars: Vec<&str> = variant.scalars.iter().map(|(name, _)| *name).collect();
    let names: Vec<&str> = ["g", "w"].iter().chain(&variant.states).chain(&scalars).copied().collect();
    let printed = print::rust(&variant.update, &names);
    let bindings = printed.bindings.iter().map(|b| tokens(b));
    let results = printed.results.iter().map(|r| tokens(r));
    let doc = format!(" One step of [`{}`]: `[{}]`", row.name, printed.results.join(", "));
    let fields = scalars.iter().map(|s| format_ident!("{s}"));
    let states = ["w"].iter().chain(&variant.states).map(|s| format_ident!("{s}"));
    quote! {
        ::plywood_kernels::update! {
            #[doc = #doc]
            pub #rule { #(#fields: f64),* } (g; #(#states),*) = { #(#bindings)* [#(#results),*] }
        }
    }
}
