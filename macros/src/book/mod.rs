//! Prints the book's rows as Rust, once, for the runtime: rules, views of layers, losses, optimizers.
mod calls;
mod hyperparameters;
mod losses;
mod optimizers;
mod rules;
mod views;

use proc_macro2::TokenStream;
use quote::quote;

pub use calls::calls;

/// Everything, for the module that invokes `book!()`.
pub fn book() -> TokenStream {
    let (rules, layers) = (rules::rules(), views::views());
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
    }
}
