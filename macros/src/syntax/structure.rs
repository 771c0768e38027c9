//! The grammar of `#[model]` on a struct: one field per layer, its type the layer's word, what would stand in the
//! layer's parentheses between angle brackets, named arguments and arguments that are no types in `#[with(…)]`:
//!
//! ```text
//! #[model([784] -> [10])]
//! struct Classifier {
//!     hidden: Linear<256>,
//!     relu: Relu,
//!     #[with(p: 0.2)]
//!     drop: Dropout,
//!     #[repeat(3)]
//!     blocks: (Linear<256>, Tanh),
//!     out: Linear<10>,
//! }
//! ```
use super::ast::{ArgumentDecl, Form, Item, LayerDecl, Network, RepeatDecl};
use super::network::{options, signature};
use crate::diagnostics::Diagnostics;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, Fields, GenericArgument, ItemStruct, PathArguments, Token, Type};

/// The declaration that `attribute` and the struct in `item` make.
pub fn structure(attribute: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Network> {
    let header = |input: ParseStream| {
        let signature = signature(input)?;
        Ok((signature, options(input, diagnostics)?))
    };
    let ((inputs, outputs, signature), (budget, runtime)) = match header.parse2(attribute) {
        Ok(header) => header,
        Err(error) => {
            diagnostics.error(error.span(), error.to_string(), "the shapes go in as `#[model([784] -> [10])]`");
            return None;
        }
    };
    let item: ItemStruct = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => {
            diagnostics.error(error.span(), "`#[model]` stands before a struct", error.to_string());
            return None;
        }
    };
    let items = match &item.fields {
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| field_item(field.ident.clone(), &field.attrs, &field.ty, diagnostics))
            .collect(),
        other => {
            let help = "write one field per layer: `hidden: Linear<256>`";
            diagnostics.error(other.span(), "a model's layers are named fields", help);
            vec![]
        }
    };
    let ItemStruct { attrs: attributes, vis: visibility, ident: name, generics, .. } = item;
    let form = Form::Struct;
    Some(Network { attributes, visibility, name, generics, inputs, outputs, signature, budget, runtime, items, form })
}

fn field_item(
    name: Option<syn::Ident>,
    attributes: &[Attribute],
    ty: &Type,
    diagnostics: &mut Diagnostics,
) -> Option<Item> {
    let mut named = vec![];
    for attribute in attributes.iter().filter(|a| !a.path().is_ident("doc")) {
        if attribute.path().is_ident("repeat") {
            let count: Expr = match attribute.parse_args() {
                Ok(count) => count,
                Err(error) => {
                    diagnostics.error(error.span(), error.to_string(), "say how often: `#[repeat(3)]`");
                    return None;
                }
            };
            let word = attribute.path().get_ident()?.clone();
            let items = match ty {
                Type::Tuple(layers) => layers.elems.iter().filter_map(|ty| field_item(None, &[], ty, diagnostics)).collect(),
                one => field_item(None, &[], one, diagnostics).into_iter().collect(),
            };
            return Some(Item::Repeat(RepeatDecl { name, word, count, items }));
        } else if attribute.path().is_ident("with") {
            match attribute.parse_args_with(Punctuated::<ArgumentDecl, Token![,]>::parse_terminated) {
                Ok(arguments) => named.extend(arguments),
                Err(error) => diagnostics.error(error.span(), error.to_string(), "as in `#[with(bias: false)]`"),
            }
        } else {
            let what = format!("unknown attribute `{}`", attribute.path().to_token_stream());
            diagnostics.error(attribute.span(), what, "a field takes `#[with(bias: false)]` and `#[repeat(3)]`");
        }
    }
    let Type::Path(path) = ty else {
        diagnostics.error(ty.span(), "expected a layer", "a layer is written as `Linear<256>` or `Relu`");
        return None;
    };
    let segment = path.path.segments.last()?;
    let mut arguments = vec![];
    if let PathArguments::AngleBracketed(list) = &segment.arguments {
        for argument in &list.args {
            let value = match argument {
                GenericArgument::Const(value) => Some(value.clone()),
                GenericArgument::Type(Type::Path(p)) => {
                    Some(Expr::Path(ExprPath { attrs: vec![], qself: None, path: p.path.clone() }))
                }
                _ => None,
            };
            match value {
                Some(value) => arguments.push(ArgumentDecl { name: None, value: unbraced(value) }),
                None => diagnostics.error(
                    argument.span(),
                    "expected a number or the name of a constant",
                    "arguments with names go into an attribute before the field: `#[with(bias: false)]`",
                ),
            }
        }
    }
    arguments.extend(named);
    Some(Item::Layer(LayerDecl { name, word: segment.ident.clone(), arguments }))
}

/// `{ 2 * H }` as `2 * H`: between angle brackets Rust wants the braces.
fn unbraced(value: Expr) -> Expr {
    match &value {
        Expr::Block(block) if block.block.stmts.len() == 1 => match &block.block.stmts[0] {
            syn::Stmt::Expr(inner, None) => inner.clone(),
            _ => value,
        },
        _ => value,
    }
}
