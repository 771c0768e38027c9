//! Losses that are a formula of output and target.
use super::hyperparameters::{Parts, by_name, number, parts, range};
use crate::text::tokens;
use plywood_kernels::hyperparameter::Values;
use plywood_kernels::losses::{ElementwiseLoss, LOSSES, Outputs};
use plywood_kernels::scalar::print;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// All of them with their formulas, and what finds them by name.
pub fn losses() -> (TokenStream, TokenStream) {
    let (formulas, items): (TokenStream, TokenStream) = LOSSES.iter().map(|loss| one(loss)).unzip();
    let arms = LOSSES.iter().map(|loss| {
        let (text, name) = (loss.name, format_ident!("{}", loss.name));
        let Parts { values, .. } = parts(loss.hyperparameters);
        quote! { #text => visitor.visit(#name { reduction, #(#values),* }), }
    });
    let find = quote! {
        /// Hands the loss of that name to `visitor`; `None` if there is none.
        #[doc(hidden)]
        pub fn with_loss<S: crate::Sample, V: crate::loss::Visit<S>>(
            name: &str,
            reduction: crate::loss::Reduction,
            visitor: V,
        ) -> ::std::option::Option<V::Out> {
            use losses::*;
            ::std::option::Option::Some(match name {
                #(#arms)*
                _ => return ::std::option::Option::None,
            })
        }
    };
    (quote! { mod formulas { #formulas } #items }, find)
}

/// A number as Rust, infinite ones too.
fn bound(x: f64) -> TokenStream {
    match x {
        f64::INFINITY => quote! { f64::INFINITY },
        f64::NEG_INFINITY => quote! { f64::NEG_INFINITY },
        _ => quote! { #x },
    }
}

/// Its formulas, and its type.
fn one(loss: &ElementwiseLoss) -> (TokenStream, TokenStream) {
    let (name, doc) = (format_ident!("{}", loss.name), format!(" {}", loss.doc));
    let (value_rule, slope_rule) = (format_ident!("{}Value", loss.name), format_ident!("{}Slope", loss.name));
    let Parts { fields, parameters, values, setters, tabled, checks } = parts(loss.hyperparameters);
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
    let make = |rule: &Ident| {
        let numbers = loss.hyperparameters.iter().map(number);
        if names.is_empty() {
            quote! { formulas::#rule }
        } else {
            quote! { formulas::#rule { #(#names: #numbers),* } }
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
    // that they are finite is asked where the loss is not, for every elementwise loss
    let check_targets = (loss.targets != Values::Finite).then(|| {
        let values = range(loss.targets);
        quote! { crate::loss::check_targets(output.len(), targets, #values)?; }
    });
    let check_outputs = loss.outputs.map(|outputs| {
        let Outputs { least, most, words, help, unless } = outputs;
        let [least, most] = [least, most].map(bound);
        let asked = unless.map(|flag| format_ident!("{flag}")).map(|flag| quote! { if !self.#flag });
        quote! {
            #asked {
                let outputs = ::plywood_kernels::losses::Outputs {
                    least: #least, most: #most, words: #words, help: #help, unless: None,
                };
                crate::loss::check_outputs(S::flat(output), S::LEN, &outputs)?;
            }
        }
    });
    let (text, by_name) = (loss.name, by_name(&name, loss.hyperparameters));
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct #name {
            /// How the losses of a batch's numbers become one.
            pub reduction: crate::loss::Reduction,
            #(#fields),*
        }
        #[cfg(feature = "serde")]
        crate::settings::table! { #name { reduction = ::std::default::Default::default(), #(#tabled),* } }
        impl #name {
            /// The mean over all numbers of a batch.
            pub const fn mean(#(#parameters),*) -> Self {
                Self { reduction: crate::loss::Reduction::Mean, #(#values),* }
            }
            /// The sum over the numbers of a sample, the mean over samples: PyTorch's `batchmean`.
            pub const fn batch_mean(#(#parameters),*) -> Self {
                Self { reduction: crate::loss::Reduction::BatchMean, #(#values),* }
            }
            /// The sum over all numbers of a batch.
            pub const fn sum(#(#parameters),*) -> Self {
                Self { reduction: crate::loss::Reduction::Sum, #(#values),* }
            }
            #(#setters)*
            /// See [`Loss::gradient`](crate::loss::Loss::gradient): for outputs whose type the arguments say.
            pub fn gradient<S: crate::Sample>(
                &self,
                cpu: &crate::loss::Cpu,
                d: &mut [S],
                output: &[S],
                targets: &[S],
                scale: f64,
            ) -> crate::Result<f64> {
                #check_targets
                #check_outputs
                crate::loss::elementwise(cpu, d, output, targets, self.reduction, scale, &#make_value, &#make_slope)
            }
            /// See [`Loss::value`](crate::loss::Loss::value).
            pub fn value<S: crate::Sample>(&self, output: &[S], targets: &[S]) -> crate::Result<f64> {
                #check_targets
                #check_outputs
                crate::loss::elementwise_value(output, targets, self.reduction, &#make_value)
            }
            /// See [`Loss::gradient_check`](crate::loss::Loss::gradient_check).
            pub fn gradient_check<S: crate::Sample>(&self, output: &[S], targets: &[S]) -> crate::Result<f64> {
                crate::loss::Loss::<S>::gradient_check(self, output, targets)
            }
        }
        #by_name
        impl<S: crate::Sample> crate::loss::Loss<S> for #name {
            type Target = S;
            fn reduction(&self) -> crate::loss::Reduction {
                self.reduction
            }
            fn describe(&self) -> std::string::String {
                std::format!("{self:?}")
            }
            fn row(&self) -> ::std::option::Option<crate::loss::LossRow> {
                crate::loss::elementwise_row(#text, self, self.reduction)
            }
            fn check(&self) -> crate::Result<()> {
                #checks
                Ok(())
            }
            fn gradient(
                &self,
                cpu: &crate::loss::Cpu,
                d: &mut [S],
                output: &[S],
                targets: &[S],
                scale: f64,
            ) -> crate::Result<f64> {
                self.gradient(cpu, d, output, targets, scale)
            }
            fn value(&self, output: &[S], targets: &[S]) -> crate::Result<f64> {
                self.value(output, targets)
            }
        }
    };
    (formulas, item)
}
