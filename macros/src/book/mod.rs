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
pub use rules::table as rules;

/// One half of the book, for the module that invokes `book!(network)` or `book!(learning)`: the first is what generated code
/// calls, the second what learns from it.
pub fn book(half: &TokenStream) -> TokenStream {
    match half.to_string().as_str() {
        "network" => network(),
        "learning" => learning(),
        other => {
            let message =
                format!("the book has the halves `network` and `learning`, and none called `{other}`");
            quote! { ::core::compile_error!(#message); }
        }
    }
}

fn network() -> TokenStream {
    let (rules, layers) = (rules::rules(), views::views());
    quote! {
        /// The formulas that nearly every network needs.
        pub mod rules {
            pub use ::plywood_kernels::cpu::Identity;
            #rules
        }
        /// The parameters of each layer by name, whatever they are held by.
        pub mod layers { #layers }
    }
}

fn learning() -> TokenStream {
    let ((losses, find_loss), (optimizers, find_optimizer)) = (losses::losses(), optimizers::optimizers());
    quote! {
        /// Losses that are a formula of output and target.
        pub mod losses { #losses }
        /// Optimizers.
        pub mod optim { #optimizers }
        #find_loss
        #find_optimizer
    }
}
