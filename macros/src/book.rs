//! Prints the book's rows as Rust, once, for the runtime: rules, views of layers, losses, optimizers.
use crate::emit::tokens;
use plywood_kernels::layers;
use plywood_kernels::losses::{ElementwiseLoss, LOSSES};
use plywood_kernels::op::Lowered;
use plywood_kernels::ops;
use plywood_kernels::optim::{Hyperparameter, OPTIMIZERS, Optimizer, Variant};
use plywood_kernels::rules::{common, type_name};
use plywood_kernels::scalar::print;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Everything, for the module that invokes `book!()`.
pub fn book() -> TokenStream {
    let (rules, layers, kernels) = (rules(), views(), kernels());
    let (loss_formulas, losses): (TokenStream, TokenStream) =
        LOSSES.iter().map(|loss| elementwise_loss(loss)).unzip();
    let (updates, optimizers): (TokenStream, TokenStream) =
        OPTIMIZERS.iter().map(|optimizer| self::optimizer(optimizer)).unzip();
    quote! {
        /// The formulas that nearly every network needs.
        pub mod rules {
            pub use ::plywood_kernels::cpu::Identity;
            #rules
        }
        /// The parameters of each layer by name, whatever they are held by.
        pub mod layers { #layers }
        /// Losses that are a formula of output and target.
        pub mod losses {
            mod formulas { #loss_formulas }
            #losses
        }
        /// Optimizers.
        pub mod optim {
            mod formulas { #updates }
            #optimizers
        }
        #kernels
    }
}

/// ```text
/// const _: () = { let _ = ::plywood_kernels::ops::softmax::forward::<f32>; };
/// ```
///
/// A row that names a kernel which does not exist is an error here, and not in somebody's network.
fn kernels() -> TokenStream {
    let samples =
        ops::all().flat_map(|op| op.samples().into_iter().map(move |sample| op.lower(&sample.attrs)));
    let mut paths: Vec<&str> = samples
        .filter_map(|lowered| match lowered {
            Lowered::Call { kernel, .. } => Some(kernel),
            _ => None,
        })
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let paths = paths.into_iter().map(tokens);
    quote! { const _: () = { #(let _ = ::plywood_kernels::ops::#paths::<f32>;)* }; }
}

/// ```text
/// ::plywood_kernels::rule! {
///     /// `max(x + b, 0.0)`
///     pub BiasRelu(x, b) = max(x + b, 0.0)
/// }
/// ```
fn rules() -> TokenStream {
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

/// ```text
/// pub struct Linear<Weight, Bias> { pub weight: Weight, pub bias: Bias }
/// ```
fn views() -> TokenStream {
    let with_parameters = layers::all().filter(|layer| !layer.fields().is_empty());
    let view = |layer: &dyn layers::Layer| {
        let (name, doc) = (format_ident!("{}", layer.name()), format!(" {}", layer.doc()));
        let types = layer.fields().iter().map(|f| format_ident!("{}", type_name(f))).collect::<Vec<_>>();
        let fields = layer.fields().iter().map(|f| format_ident!("{f}")).collect::<Vec<_>>();
        let docs = layer.fields().iter().map(|f| format!(" The layer's `{f}`; `()` if it has none."));
        quote! {
            #[doc = #doc]
            #[derive(Debug)]
            pub struct #name<#(#types),*> { #(#[doc = #docs] pub #fields: #types),* }
        }
    };
    with_parameters.map(view).collect()
}

fn hyperparameters(
    rows: &[Hyperparameter],
) -> (Vec<TokenStream>, Vec<TokenStream>, Vec<TokenStream>, Vec<TokenStream>) {
    let name = |h: &Hyperparameter| format_ident!("{}", h.name);
    let fields = rows.iter().map(|h| {
        let (name, doc) = (name(h), format!(" {}", h.doc));
        quote! { #[doc = #doc] pub #name: f64 }
    });
    let parameters = rows.iter().filter(|h| h.default.is_none()).map(|h| {
        let name = name(h);
        quote! { #name: f64 }
    });
    let values = rows.iter().map(|h| {
        let name = name(h);
        h.default.map_or_else(|| quote! { #name }, |value| quote! { #name: #value })
    });
    let setters = rows.iter().filter(|h| h.default.is_some()).map(|h| {
        let name = name(h);
        let doc = format!(" {} {} if not set.", h.doc, h.default.unwrap_or_default());
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #name(self, #name: f64) -> Self {
                Self { #name, ..self }
            }
        }
    });
    (fields.collect(), parameters.collect(), values.collect(), setters.collect())
}

/// Its formulas, and its type.
fn elementwise_loss(loss: &ElementwiseLoss) -> (TokenStream, TokenStream) {
    let (name, doc) = (format_ident!("{}", loss.name), format!(" {}", loss.doc));
    let (value_rule, slope_rule) = (format_ident!("{}Value", loss.name), format_ident!("{}Slope", loss.name));
    let (fields, parameters, values, setters) = hyperparameters(loss.hyperparameters);
    let names: Vec<_> = loss.hyperparameters.iter().map(|h| format_ident!("{}", h.name)).collect();
    let arguments: Vec<&str> =
        ["y", "t"].into_iter().chain(loss.hyperparameters.iter().map(|h| h.name)).collect();
    let texts = [loss.value(), loss.slope()].map(|formula| print::rust(&[formula], &arguments).block());
    let [value, slope] = [&texts[0], &texts[1]].map(|text| tokens(text));
    let [value_doc, slope_doc] = [&texts[0], &texts[1]].map(|text| format!(" `{text}`"));
    let rule_fields = if names.is_empty() {
        quote! {}
    } else {
        quote! { { #(#names: f64),* } }
    };
    let make = |rule: &proc_macro2::Ident| {
        if names.is_empty() {
            quote! { formulas::#rule }
        } else {
            quote! { formulas::#rule { #(#names: self.#names),* } }
        }
    };
    let (make_value, make_slope) = (make(&value_rule), make(&slope_rule));
    let formulas = quote! {
        ::plywood_kernels::rule! {
            #[doc = #value_doc]
            pub #value_rule #rule_fields (y, t) = #value;
            #[doc = #slope_doc]
            pub #slope_rule #rule_fields (y, t) = #slope
        }
    };
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct #name {
            /// Whether the batch's loss is the mean or the sum over all numbers.
            pub reduction: crate::loss::Reduction,
            #(#fields),*
        }
        impl #name {
            /// The mean over all numbers of a batch.
            pub const fn mean(#(#parameters),*) -> Self {
                Self { reduction: crate::loss::Reduction::Mean, #(#values),* }
            }
            /// The sum over all numbers of a batch.
            pub const fn sum(#(#parameters),*) -> Self {
                Self { reduction: crate::loss::Reduction::Sum, #(#values),* }
            }
            #(#setters)*
        }
        impl<S: crate::Sample> crate::loss::Loss<S> for #name {
            type Target = S;
            fn reduction(&self) -> crate::loss::Reduction {
                self.reduction
            }
            fn gradient(&self, cpu: &crate::loss::Cpu, d: &mut [S], output: &[S], targets: &[S], scale: f64) -> crate::Result<f64> {
                Ok(crate::loss::elementwise(cpu, d, output, targets, self.reduction, scale, &#make_value, &#make_slope))
            }
            fn value(&self, output: &[S], targets: &[S]) -> crate::Result<f64> {
                Ok(crate::loss::elementwise_value(output, targets, self.reduction, &#make_value))
            }
        }
    };
    (formulas, item)
}

/// Its formulas, and its type.
fn optimizer(row: &Optimizer) -> (TokenStream, TokenStream) {
    let (name, doc) = (format_ident!("{}", row.name), format!(" {}", row.doc));
    let (fields, parameters, values, setters) = hyperparameters(row.hyperparameters);
    let updates = row.variants.iter().map(|variant| update(row, variant));
    let states = row.variants.iter().map(|variant| {
        let count = variant.states.len();
        choice(variant, quote! { #count })
    });
    let rules = row.variants.iter().map(|variant| {
        let scalars = row.scalars(variant);
        let rule = format_ident!("{}", variant.rule);
        let names: Vec<_> = scalars.iter().map(|(name, _)| format_ident!("{name}")).collect();
        let arguments: Vec<String> =
            row.hyperparameters.iter().map(|h| format!("self.{}", h.name)).chain(["t".to_string()]).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let formulas: Vec<_> = scalars.iter().map(|(_, formula)| *formula).collect();
        let printed = print::rust(&formulas, &arguments);
        let bindings = printed.bindings.iter().map(|b| tokens(b));
        let results = printed.results.iter().map(|r| tokens(r));
        choice(variant, quote! {{ #(#bindings)* with(&formulas::#rule { #(#names: #results),* }) }})
    });
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct #name { #(#fields),* }
        impl #name {
            /// The optimizer with everything else at its default.
            pub const fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
        impl crate::optimizer::Optimizer for #name {
            fn states(&self) -> usize {
                #(#states)*
            }
            fn learning_rate(&self) -> f64 {
                self.learning_rate
            }
            fn set_learning_rate(&mut self, rate: f64) {
                self.learning_rate = rate;
            }
            #[allow(unused_imports, unused_variables)]
            fn rule(&self, step: u64, with: &mut dyn FnMut(&dyn crate::optimizer::Update<f32>)) {
                use ::plywood_kernels::cpu::math::{powf, sqrt};
                let t = step as f64;
                #(#rules)*
            }
        }
    };
    (quote! { #(#updates)* }, item)
}

/// `if self.momentum != 0.0 { … } else { … }`, one arm at a time.
fn choice(variant: &Variant, value: TokenStream) -> TokenStream {
    match variant.when {
        Some(hyperparameter) => {
            let field = format_ident!("{hyperparameter}");
            quote! { if self.#field != 0.0 { return #value; } }
        }
        None => value,
    }
}

fn update(row: &Optimizer, variant: &Variant) -> TokenStream {
    let rule = format_ident!("{}", variant.rule);
    let scalars: Vec<&str> = row.scalars(variant).iter().map(|(name, _)| *name).collect();
    let names: Vec<&str> =
        ["g", "w"].into_iter().chain(variant.states.iter().copied()).chain(scalars.iter().copied()).collect();
    let printed = print::rust(&row.update(variant), &names);
    let bindings = printed.bindings.iter().map(|b| tokens(b));
    let results = printed.results.iter().map(|r| tokens(r));
    let doc = format!(" One step of [`{}`]: `[{}]`", row.name, printed.results.join(", "));
    let fields = scalars.iter().map(|s| format_ident!("{s}"));
    let states = ["w"].iter().chain(variant.states).map(|s| format_ident!("{s}"));
    quote! {
        ::plywood_kernels::update! {
            #[doc = #doc]
            pub #rule { #(#fields: f64),* } (g; #(#states),*) = { #(#bindings)* [#(#results),*] }
        }
    }
}
