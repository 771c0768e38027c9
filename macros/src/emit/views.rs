//! The views of a block of numbers by the names of the declaration:
//!
//! ```text
//! pub struct DigitsParameters<'a, T = f32> {
//!     pub fc1: Linear<&'a [[T; 784]; 512], &'a [T; 512]>,
//!     pub blocks: [DigitsBlocks<'a, T>; 3],
//! }
//! ```
use super::Target;
use crate::parameters::{Entry, LayerEntry, Numbered, Parameters, RepeatEntry};
use crate::resolve::Name;
use crate::role::Role;
use crate::text::tokens;
use plywood_kernels::names::type_name;
use plywood_kernels::shape::{Size, elements};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::collections::HashSet;

/// The structs, which stand at the invocation's scope, and their constructors, which do not.
pub struct Views {
    /// Structs.
    pub types: TokenStream,
    /// `impl`s.
    pub constructors: TokenStream,
    /// The structs that are there.
    done: HashSet<String>,
}

/// The views of all parameters, shared and mutable; of those that learn too, where others are frozen.
pub fn views(target: &Target, parameters: &Parameters) -> Views {
    let name = target.name;
    let mut views =
        Views { types: TokenStream::new(), constructors: TokenStream::new(), done: HashSet::new() };
    let whole = Of { word: "Parameters", block: "", roles: &[Role::Trained, Role::Frozen] };
    let gradients = Of { word: "Gradients", block: "Gradients", roles: &[Role::Trained] };
    for of in [Some(whole), parameters.has(Role::Frozen).then_some(gradients)].into_iter().flatten() {
        for (suffix, mutable) in [("", false), ("Mut", true)] {
            let view = View { target, of: &of, suffix, mutable };
            let what =
                if of.gradients() { "A number for each of those parameters" } else { "The parameters" };
            let which = if of.gradients() { " that learn, by name" } else { " by name" };
            let end = if mutable { ", to be changed." } else { "." };
            let doc = format!(" {what} of [`{name}`]{which}{end}");
            view.level(&format_ident!("{name}{}{suffix}", of.word), &doc, parameters, true, &mut views);
        }
    }
    views
}

/// The view of those that learn: that of all, where none is frozen.
pub fn gradients(target: &Target, parameters: &Parameters) -> Ident {
    let word = if parameters.has(Role::Frozen) { "Gradients" } else { "Parameters" };
    format_ident!("{}{word}", target.name)
}

/// What a view is of: all parameters, or those that learn alone.
struct Of {
    word: &'static str,
    /// In the names of blocks.
    block: &'static str,
    roles: &'static [Role],
}

impl Of {
    fn gradients(&self) -> bool {
        self.roles == [Role::Trained]
    }
    /// Whether some of these parameters are in it.
    fn has(&self, parameters: &Parameters, role: Role) -> bool {
        self.roles.contains(&role) && parameters.has(role)
    }
    /// Whether any of these parameters is in it.
    fn has_any(&self, entry: &Entry) -> bool {
        self.roles.iter().any(|role| entry.has(*role))
    }
}

struct View<'a> {
    target: &'a Target<'a>,
    of: &'a Of,
    suffix: &'a str,
    mutable: bool,
}

impl View<'_> {
    fn level(&self, struct_name: &Ident, doc: &str, parameters: &Parameters, whole: bool, views: &mut Views) {
        let Target { visibility, generics, arguments, .. } = self.target;
        let mutability = self.mutable.then(|| quote! { mut });
        // whose numbers it takes: off the parameters that learn, off the frozen ones
        let [trained, frozen] = [Role::Trained, Role::Frozen].map(|role| self.of.has(parameters, role));
        let (mut fields, mut values) = (vec![], vec![]);
        for entry in parameters.entries().iter().filter(|entry| self.of.has_any(entry)) {
            match entry {
                Entry::Layer(layer) => {
                    let (field, what) = (&layer.name.field, format!(" `{}`", layer.description));
                    let (ty, value) = self.layer(layer);
                    fields.push(quote! { #[doc = #what] pub #field: #ty });
                    values.push(quote! { #field: #value });
                }
                Entry::Group(group) => {
                    let (field, value) = self.group(&group.name, &group.kind, &group.inside, views);
                    fields.push(field);
                    values.push(value);
                }
                Entry::Repeat(repeat) => {
                    let (field, value) = match &repeat.count {
                        Some(count) => self.repeat(repeat, count, views),
                        None => self.group(&repeat.name, &repeat.kind, &repeat.inside, views),
                    };
                    fields.push(field);
                    values.push(value);
                }
            }
        }
        // without parameters there is nothing that the lifetime could be of
        let empty = fields.is_empty().then(|| quote! { #[doc(hidden)] pub nothing: &'a [T] });
        let nothing = fields.is_empty().then(|| quote! { nothing: &*block });
        let take = match (trained, frozen) {
            (false, false) => quote! {},
            (true, false) => quote! { let b = &mut block; },
            (false, true) => quote! { let f = &mut block; },
            (true, true) => {
                let len = tokens(&parameters.len(Role::Trained).rust());
                let split = if self.mutable {
                    quote! { split_at_mut }
                } else {
                    quote! { split_at }
                };
                quote! {
                    let (mut block, mut frozen) = block.#split(#len);
                    let (b, f) = (&mut block, &mut frozen);
                }
            }
        };
        let mutable_binding = (trained != frozen).then(|| quote! { mut });
        let name = self.target.name;
        let of_doc = match (self.of.gradients(), !parameters.has(Role::Frozen)) {
            (true, _) => format!(
                " The view of a block as long as the parameters of `{name}` that learn: gradients, moments."
            ),
            (false, true) => {
                format!(
                    " The view of a block as long as `{name}`'s parameters: parameters, gradients, moments."
                )
            }
            (false, false) => format!(" The view of a block as long as `{name}`'s parameters."),
        };
        let allowed = self.target.allowed();
        views.types.extend(quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #allowed
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
            let b = trained.then(|| quote! { b: &mut &'a #mutability [T], });
            let f = frozen.then(|| quote! { f: &mut &'a #mutability [T], });
            quote! {
                fn next(#b #f) -> Self {
                    Self { #(#values),* }
                }
            }
        };
        views.constructors.extend(quote! {
            impl<'a, #(#generics,)* T: ply::Real> #struct_name<'a, #(#arguments,)* T> { #constructor }
        });
    }

    /// What stands under one name.
    fn group(
        &self,
        name: &Name,
        kind: &str,
        inside: &Parameters,
        views: &mut Views,
    ) -> (TokenStream, TokenStream) {
        let Target { name: network, arguments, .. } = self.target;
        let inner = format_ident!("{network}{}{}{}", type_name(kind), self.of.block, self.suffix);
        let doc = format!(" The parameters of `{}` in [`{network}`].", kind);
        // uses of one block have one view
        if views.done.insert(inner.to_string()) {
            self.level(&inner, &doc, inside, false, views);
        }
        let (field, what) = (&name.field, format!(" The layers of `{}`", name.key));
        let cursors = Role::ALL.into_iter().filter(|role| self.of.has(inside, *role)).map(cursor);
        (
            quote! { #[doc = #what] pub #field: #inner<'a, #(#arguments,)* T> },
            quote! { #field: #inner::next(#(#cursors),*) },
        )
    }

    fn repeat(&self, repeat: &RepeatEntry, count: &Size, views: &mut Views) -> (TokenStream, TokenStream) {
        let Target { name, arguments, .. } = self.target;
        let (field, suffix) = (&repeat.name.field, self.suffix);
        let inner = format_ident!("{name}{}{}{suffix}", type_name(&repeat.kind), self.of.block);
        let what = format!(" `{count}` times the layers of `{}`", repeat.name.key);
        let count = self.target.outside(count);
        let doc = format!(" The parameters of one iteration of `{}` in [`{name}`].", repeat.name.key);
        if views.done.insert(inner.to_string()) {
            self.level(&inner, &doc, &repeat.inside, false, views);
        }
        let cursors = Role::ALL.into_iter().filter(|role| self.of.has(&repeat.inside, *role)).map(cursor);
        (
            quote! { #[doc = #what] pub #field: [#inner<'a, #(#arguments,)* T>; #count] },
            quote! { #field: ply::from_fn(|_| #inner::next(#(#cursors),*)) },
        )
    }

    /// The type of a layer's view, and the expression that takes it off the block.
    fn layer(&self, layer: &LayerEntry) -> (TokenStream, TokenStream) {
        let runtime = &self.target.runtime;
        let row = format_ident!("{}", layer.layer.name());
        let (mut types, mut values) = (vec![], vec![]);
        for field in layer.layer.fields() {
            let field_name = format_ident!("{field}");
            match layer.parameters.iter().find(|p| p.row.name == *field) {
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

    fn parameter(&self, parameter: &Numbered) -> (TokenStream, TokenStream) {
        let (cursor, shape) = (cursor(parameter.role), &parameter.row.shape);
        let mutability = self.mutable.then(|| quote! { mut });
        if shape.iter().any(|size| self.is_computed(size)) {
            // an array's length cannot be computed of a const parameter on stable Rust: a slice has any
            let len = tokens(&elements(shape).rust());
            let take = if self.mutable {
                quote! { ply::take_slice_mut }
            } else {
                quote! { ply::take_slice }
            };
            return (quote! { &'a #mutability [T] }, quote! { #take(#cursor, #len) });
        }
        let array = shape.iter().rev().fold(quote! { T }, |inner, size| {
            let size = self.target.outside(size);
            quote! { [#inner; #size] }
        });
        let take = if self.mutable {
            quote! { ply::take_mut }
        } else {
            quote! { ply::take }
        };
        (quote! { &'a #mutability #array }, quote! { #take(#cursor) })
    }

    /// Whether the size is more than one const parameter.
    fn is_computed(&self, size: &Size) -> bool {
        self.target.symbols.has_parameter(size) && !size.is_symbol()
    }
}

/// What is left of the block that parameters of that role are taken off.
fn cursor(role: Role) -> TokenStream {
    match role {
        Role::Trained | Role::State => quote! { b },
        Role::Frozen => quote! { f },
    }
}
