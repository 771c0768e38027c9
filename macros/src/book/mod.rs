//! Prints the book's rows as Rust, once, for the runtime: rules, views of layers, losses, optimizers.
mod hyperparameters;
mod losses;
mod optimizers;
mod rules;
mod views;

use crate::emit::tokens;
use plywood_kernels::op::Lowered;
use plywood_kernels::ops;
use proc_macro2::TokenStream;
use quote::quote;

/// Everything, for the module that invokes `book!()`.
pub fn book() -> TokenStream {
    let (rules, layers, kernels) = (rules::rules(), views::views(), kernels());
    let ((losses, find_loss), (optimizers, find_optimizer)) = (losses::losses(), optimizers::optimizers());
    quote! {
        /// The formulas that nearly every network needs.
        pub mod rules {
            pub use ::plywood_kernels::cpu::Identity;
            #rules
        }
        /// The parameters of each layer by name, whatever they are held by.
        pub mod layers { #layers }
        /// Losses that are a formula of output and target.
        pub mod losses { #losses }
        /// Optimizers.
        pub mod optim { #optimizers }
        #find_loss
        #find_optimizer
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
