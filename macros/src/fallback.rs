//! What stands in for a network with a mistake: a struct with the same methods, so that one mistake is one message and
//! the editor keeps completing.
use crate::emit::tokens;
use crate::syntax::ast::{Network, Port};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::GenericParam;

/// The struct, for what can be known from its header.
pub fn stub(network: &Network) -> TokenStream {
    let Network { attributes, visibility, name, generics, inputs, outputs, runtime, .. } = network;
    let runtime = runtime.as_ref().map_or_else(|| quote! { ::plywood }, ToTokens::to_token_stream);
    let (input, output) = (array(inputs), array(outputs));
    let constants = generics.params.iter().filter_map(|p| match p {
        GenericParam::Const(c) => Some(c.ident.clone()),
        _ => None,
    });
    let constants: Vec<_> = constants.collect();
    let (declared, applied) = if constants.is_empty() {
        (quote! {}, quote! {})
    } else {
        (quote! { <#(const #constants: usize),*> }, quote! { <#(#constants),*> })
    };
    let [shared, mutable] = ["", "Mut"].map(|suffix| format_ident!("{name}Parameters{suffix}"));
    let never = tokens("loop {}");
    quote! {
        #(#attributes)*
        #visibility struct #name #declared { parameters: #runtime::__private::Block }
        #[allow(unused_variables, clippy::all)]
        const _: () = {
            use #runtime::__private as ply;
            impl #declared #name #applied {
                pub const PARAMETERS: usize = 0;
                pub const FLOPS: usize = 0;
                pub const fn train_bytes(n: usize) -> usize { 0 }
                pub const fn predict_bytes(n: usize) -> usize { 0 }
                pub fn init(seed: u64) -> Self { #never }
                pub fn parameters(&self) -> ply::Unknown<'_> { #never }
                pub fn parameters_mut(&mut self) -> ply::Unknown<'_> { #never }
                pub fn named_parameters(&self) -> ply::IntoIter<ply::Parameter<'_>> { #never }
                pub fn named_parameters_mut(&mut self) -> ply::IntoIter<ply::ParameterMut<'_>> { #never }
                pub fn predict(&self, xs: &[#input]) -> ply::Vec<#output> { #never }
                pub fn save(&self, path: impl ply::AsRef<ply::Path>) -> ply::Result<()> { #never }
                pub fn load(path: impl ply::AsRef<ply::Path>) -> ply::Result<Self> { #never }
                pub fn gradient_check(&self, seed: u64) -> ply::Result<ply::GradientReport> { #never }
            }
            impl #declared ply::Model for #name #applied {
                type Input = #input;
                type Output = #output;
                const NAME: &'static str = "";
                const PARAMETERS: usize = 0;
                const FLOPS: usize = 0;
                const TRAIN: ply::Memory = ply::Memory { per_sample: 0, fixed: 0 };
                const PREDICT: ply::Memory = ply::Memory { per_sample: 0, fixed: 0 };
                const ENTRIES: &'static [ply::Entry] = &[];
                const LAYERS: &'static [ply::LayerRow] = &[];
                const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[] };
                fn from_block(parameters: ply::Block) -> Self { #never }
                fn block(&self) -> &ply::Block { #never }
                fn block_mut(&mut self) -> &mut ply::Block { #never }
                fn predict_with<T: ply::Real>(cpu: &ply::Cpu, p: &[T], memory: &mut [T], x: &[T], y: &mut [T], n: usize) { #never }
                fn step_with<T: ply::Real>(
                    cpu: &ply::Cpu, random: ply::Random, to: &mut dyn ply::Gradients<T>, memory: &mut [T], x: &[T],
                    n: usize, loss: &mut dyn FnMut(&mut [T], &[T]) -> ply::Result<f64>,
                ) -> ply::Result<f64> { #never }
            }
            impl #declared ply::Clone for #name #applied {
                fn clone(&self) -> Self { #never }
            }
            impl #declared ply::fmt::Debug for #name #applied {
                fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result { #never }
            }
            impl #declared ply::fmt::Display for #name #applied {
                fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result { #never }
            }
        };
        #[doc(hidden)]
        #visibility type #shared<'a> = #runtime::__private::Unknown<'a>;
        #[doc(hidden)]
        #visibility type #mutable<'a> = #runtime::__private::Unknown<'a>;
    }
}

fn array(ports: &[Port]) -> TokenStream {
    let sizes = ports.first().map(|port| port.sizes.as_slice()).unwrap_or_default();
    sizes.iter().rev().fold(quote! { f32 }, |inner, size| quote! { [#inner; #size] })
}
