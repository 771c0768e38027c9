//! The parameters of each layer as a struct.
use plywood_kernels::layers;
use plywood_kernels::names::type_name;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// ```text
/// pub struct Linear<Weight, Bias> { pub weight: Weight, pub bias: Bias }
/// ```
pub fn views() -> TokenStream {
    let with_parameters = layers::all().filter(|layer| !layer.fields().is_empty());
    let view = |layer: &dyn layers::Layer| {
        let (name, doc) = (format_ident!("{}", layer.name()), format!(" {}", layer.doc()));
        let types = layer.fields().iter().map(|f| format_ident!("{}", type_name(f))).collect::<Vec<_>>();
        let fields = layer.fields().iter().map(|f| format_ident!("{f}")).collect::<Vec<_>>();
        let docs = layer.fields().iter().map(|f| format!(" The layer's `{f}`; `()` if it has none."));
        quote! {
            #[doc = #doc]
            pub struct #name<#(#types),*> { #(#[doc = #docs] pub #fields: #types),* }
            impl<#(#types: ::std::fmt::Debug),*> ::std::fmt::Debug for #name<#(#types),*> {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    let mut shown = f.debug_struct(stringify!(#name));
                    #(shown.field(stringify!(#fields), &crate::network::display::Few(&self.#fields));)*
                    shown.finish()
                }
            }
        }
    };
    with_parameters.map(view).collect()
}
