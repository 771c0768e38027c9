//! The views of a block of numbers by the names of the declaration:
//!
//! ```text
//! pub struct DigitsParameters<'a, T = f32> {
//!     pub fc1: Linear<&'a [[T; 784]; 512], &'a [T; 512]>,
//!     pub blocks: [DigitsBlocks<'a, T>; 3],
//! }
//! ```
use super::Target;
use super::text::tokens;
use crate::lower::{Entry, LayerEntry, RepeatEntry};
use plywood_kernels::layers::Parameter;
use plywood_kernels::rules::type_name;
use plywood_kernels::shape::{Size, elements};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The structs, which stand at the invocation's scope, and their constructors, which do not.
pub struct Views {
    /// Structs.
    pub types: TokenStream,
    /// `impl`s.
    pub constructors: TokenStream,
}

/// The views of all parameters, shared and mutable.
pub fn views(target: &Target, entries: &[Entry]) -> Views {
    let name = target.name;
    let mut views = Views { types: TokenStream::new(), constructors: TokenStream::new() };
    for (suffix, mutable) in [("", false), ("Mut", true)] {
        let view = View { target, suffix, mutable };
        let end = if mutable { ", to be changed." } else { "." };
        let doc = format!(" The parameters of [`{name}`] by name{end}");
        view.level(&format_ident!("{name}Parameters{suffix}"), &doc, entries, true, &mut views);
    }
    views
}

struct View<'a> {
    target: &'a Target<'a>,
    suffix: &'a str,
    mutable: bool,
}

impl View<'_> {
    fn level(&self, struct_name: &Ident, doc: &str, entries: &[Entry], whole: bool, views: &mut Views) {
        let Target { visibility, generics, arguments, .. } = self.target;
        let mutability = self.mutable.then(|| quote! { mut });
        let (mut fields, mut values) = (vec![], vec![]);
        for entry in entries {
            match entry {
                Entry::Layer(layer) => {
                    let (field, what) = (&layer.name.field, format!(" `{}`", layer.description));
                    let (ty, value) = self.layer(layer);
                    fields.push(quote! { #[doc = #what] pub #field: #ty });
                    values.push(quote! { #field: #value });
                }
                Entry::Repeat(repeat) => {
                    let (field, value) = self.repeat(repeat, views);
                    fields.push(field);
                    values.push(value);
                }
            }
        }
        // without parameters there is nothing that the lifetime could be of
        let empty = fields.is_empty().then(|| quote! { #[doc(hidden)] pub nothing: &'a [T] });
        let nothing = fields.is_empty().then(|| quote! { nothing: &*block });
        let take = if fields.is_empty() {
            quote! {}
        } else {
            quote! { let b = &mut block; }
        };
        let mutable_binding = (!fields.is_empty()).then(|| quote! { mut });
        let name = self.target.name;
        let of_doc =
            format!(" The view of a block as long as `{name}`'s parameters: parameters, gradients, moments.");
        views.types.extend(quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #visibility struct #struct_name<'a, #(#generics,)* T = f32> { #(#fields,)* #empty }
        });
        let constructor = if whole {
            quote! {
                #[doc = #of_doc]
                pub fn of(#mutable_binding block: &'a #mutability [T]) -> Self {
                    #take
                    Self { #(#values,)* #nothing }
                }
            }
        } else {
            quote! {
                fn next(b: &mut &'a #mutability [T]) -> Self {
                    Self { #(#values),* }
                }
            }
        };
        views.constructors.extend(quote! {
            impl<'a, #(#generics,)* T: ply::Real> #struct_name<'a, #(#arguments,)* T> { #constructor }
        });
    }

    fn repeat(&self, repeat: &RepeatEntry, views: &mut Views) -> (TokenStream, TokenStream) {
        let Target { name, arguments, .. } = self.target;
        let (field, suffix) = (&repeat.name.field, self.suffix);
        let inner = format_ident!("{name}{}{suffix}", type_name(&repeat.name.label));
        let count = tokens(&repeat.count.rust());
        let doc = format!(" The parameters of one iteration of `{}` in [`{name}`].", repeat.name.key);
        self.level(&inner, &doc, &repeat.entries, false, views);
        let what = format!(" `{}` times the layers of `{}`", repeat.count, repeat.name.key);
        (
            quote! { #[doc = #what] pub #field: [#inner<'a, #(#arguments,)* T>; #count] },
            quote! { #field: ply::from_fn(|_| #inner::next(b)) },
        )
    }

    /// The type of a layer's view, and the expression that takes it off the block.
    fn layer(&self, layer: &LayerEntry) -> (TokenStream, TokenStream) {
        let runtime = &self.target.runtime;
        let row = format_ident!("{}", layer.layer.name());
        let (mut types, mut values) = (vec![], vec![]);
        for field in layer.layer.fields() {
            let field_name = format_ident!("{field}");
            match layer.parameters.iter().find(|p| p.name == *field) {
                Some(parameter) => {
                    let (ty, value) = self.parameter(parameter);
                    types.push(ty);
                    values.push(quote! { #field_name: #value });
                }
                None => {
                    types.push(quote! { () });
                    values.push(quote! { #field_name: () });
                }
            }
        }
        (quote! { #runtime::layers::#row<#(#types),*> }, quote! { #runtime::layers::#row { #(#values),* } })
    }

    fn parameter(&self, parameter: &Parameter) -> (TokenStream, TokenStream) {
        let mutability = self.mutable.then(|| quote! { mut });
        if parameter.shape.iter().any(|size| self.is_computed(size)) {
            // an array's length cannot be computed of a const parameter on stable Rust: a slice has any
            let len = tokens(&elements(&parameter.shape).rust());
            let take = if self.mutable {
                quote! { ply::take_slice_mut }
            } else {
                quote! { ply::take_slice }
            };
            return (quote! { &'a #mutability [T] }, quote! { #take(b, #len) });
        }
        let array = parameter.shape.iter().rev().fold(quote! { T }, |inner, size| {
            let size = tokens(&size.rust());
            quote! { [#inner; #size] }
        });
        let take = if self.mutable {
            quote! { ply::take_mut }
        } else {
            quote! { ply::take }
        };
        (quote! { &'a #mutability #array }, quote! { #take(b) })
    }

    /// Whether the size is more than one const parameter.
    fn is_computed(&self, size: &Size) -> bool {
        let constants = self.target.constants;
        size.symbols().any(|s| constants.iter().any(|c| c == s))
            && !constants.iter().any(|c| *size == Size::symbol(c.to_string()))
    }
}
