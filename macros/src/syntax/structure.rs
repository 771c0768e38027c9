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
use super::arguments::in_attribute;
use super::ast::{ArgumentDecl, Form, Inside, Item, LayerDecl, Network, RepeatDecl};
use super::foreign::is_keyword;
use super::part::Part;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Expr, ExprPath, Fields, GenericArgument, Generics, Ident, ItemStruct, PathArguments, Type,
};

const SHAPES: &str = "the shapes go in as `#[model([784] -> [10])]`";
const LAYER: &str = "a layer is written as `hidden: Linear<256>`";

/// The declaration that `attribute` and the struct in `item` make. What is no struct comes back as it is.
pub fn structure(
    attribute: TokenStream,
    item: TokenStream,
    diagnostics: &mut Diagnostics,
) -> Result<Network, TokenStream> {
    let parsed: syn::Result<ItemStruct> = syn::parse2(item.clone());
    let is_broken = parsed.is_err();
    let parsed = parsed.or_else(|error| {
        let broken = broken(&item).ok_or(())?;
        if let Some(word) = fields(&item).into_iter().find(is_keyword) {
            let help = format!("write `r#{word}`, or choose another name");
            diagnostics.error(word.span(), format!("`{word}` is a word of Rust's own"), help);
            return Ok(broken);
        }
        let written = parenthesized(&item).unwrap_or_else(|| "hidden: Linear<256>".into());
        let help =
            format!("sizes stand in angle brackets, `{written}`, and other arguments before the field");
        diagnostics.error(error.span(), "a model's fields are types", help);
        Ok::<_, ()>(broken)
    });
    let Ok(parsed) = parsed else {
        let other = item
            .clone()
            .into_iter()
            .find(|token| ["enum", "union", "fn", "impl", "mod"].contains(&token.to_string().as_str()));
        let place = other.map_or_else(Span::call_site, |token| token.span());
        diagnostics.error(place, "`#[model]` stands before a struct", LAYER);
        return Err(item);
    };
    let header = |input: ParseStream| {
        let mut head = Part::of(&attribute, diagnostics);
        if input.is_empty() {
            head.error(Span::call_site(), "`#[model]` needs the shapes of input and output", SHAPES);
        }
        let (inputs, outputs) = head.signature(input, &mut Generics::default());
        let (budget, runtime) = head.options(input);
        if !input.is_empty() {
            head.error(input.span(), "expected nothing after the shapes and options", SHAPES);
            input.parse::<TokenStream>()?;
        }
        Ok((inputs, outputs, budget, runtime))
    };
    let (inputs, outputs, budget, runtime) = header.parse2(attribute.clone()).unwrap_or_default();
    let ItemStruct { attrs: attributes, vis: visibility, ident: name, generics, fields, .. } = parsed;
    let items: Vec<Item> = match &fields {
        Fields::Named(fields) => {
            let named =
                |field: &syn::Field| field_item(field.ident.clone(), &field.attrs, &field.ty, diagnostics);
            fields.named.iter().map(named).collect()
        }
        Fields::Unnamed(unnamed) => {
            diagnostics.error(Place::of(unnamed), "a model's layers are named fields", LAYER);
            vec![Item::Unread(None)]
        }
        Fields::Unit => vec![],
    };
    let items = if items.is_empty() {
        if !is_broken {
            diagnostics.error(name.span(), format!("`{name}` has no layers"), LAYER);
        }
        vec![Item::Unread(None)]
    } else {
        items
    };
    let (form, inside) = (Form::Struct, Inside { items, forward: None });
    Ok(Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, inside, form })
}

fn field_item(
    name: Option<Ident>,
    attributes: &[Attribute],
    ty: &Type,
    diagnostics: &mut Diagnostics,
) -> Item {
    let (mut named, mut unread, mut repeated, mut frozen) = (vec![], false, None, None);
    let mut unknown = false;
    for attribute in attributes.iter().filter(|a| !a.path().is_ident("doc")) {
        if attribute.path().is_ident("repeat") {
            let count: syn::Result<Expr> = attribute.parse_args();
            if count.is_err() {
                diagnostics.error(
                    Place::of(attribute),
                    "expected how often, in `#[repeat(…)]`",
                    "as in `#[repeat(3)]`",
                );
            }
            if repeated.is_some() {
                let help = "write it once, with the product: `#[repeat(6)]` is twice 3 times";
                diagnostics.error(Place::of(attribute), "`#[repeat(…)]` is given twice", help);
                continue;
            }
            repeated = Some((attribute, count.ok()));
        } else if attribute.path().is_ident("with") {
            let (arguments, wrong) = in_attribute(attribute, diagnostics);
            named.extend(arguments);
            unread |= wrong;
        } else if super::is_frozen(attribute, diagnostics) {
            frozen = Some(Place::of(&attribute.meta).start());
        } else {
            let what = format!("a layer takes no attribute `{}`", attribute.path().to_token_stream());
            let help = "the attributes of a layer are `#[with(bias: false)]`, `#[repeat(3)]` and `#[frozen]`";
            diagnostics.error(Place::of(attribute), what, help);
            unknown = true;
        }
    }
    if unknown && !matches!(ty, Type::Path(_)) {
        return Item::Unread(name);
    }
    if let Some((attribute, count)) = repeated {
        if !named.is_empty() || unread {
            diagnostics.error(
                Place::of(attribute),
                "a block takes no arguments",
                "write its layers' arguments at the layers",
            );
        }
        let Some(word) = attribute.path().get_ident().cloned() else { return Item::Unread(name) };
        let items = match ty {
            Type::Tuple(layers) => {
                layers.elems.iter().map(|ty| field_item(None, &[], ty, diagnostics)).collect()
            }
            one => vec![field_item(None, &[], one, diagnostics)],
        };
        if items.is_empty() {
            diagnostics.error(
                Place::of(ty),
                "expected a layer to repeat",
                "as in `#[repeat(3)] blocks: (Linear<256>, Tanh)`",
            );
            return Item::Unread(name);
        }
        return Item::Repeat(RepeatDecl { name, word, count, items, frozen });
    }
    layer(name, ty, named, unread, frozen, diagnostics)
}

fn layer(
    name: Option<Ident>,
    ty: &Type,
    named: Vec<ArgumentDecl>,
    mut unread: bool,
    frozen: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Item {
    let segment = match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Verbatim(_) => return Item::Unread(name),
        // a type of a macro around this one
        Type::Group(inner) => return layer(name, &inner.elem, named, unread, frozen, diagnostics),
        _ => None,
    };
    let Some(segment) = segment else {
        let what = format!("expected a layer, found the type `{}`", ty.to_token_stream());
        let help = match ty {
            Type::Tuple(_) | Type::Array(_) => {
                "layers that repeat are written as `#[repeat(3)] blocks: (Linear<256>, Tanh)`"
            }
            _ => LAYER,
        };
        diagnostics.error(Place::of(ty), what, help);
        return Item::Unread(name);
    };
    let mut arguments = vec![];
    if let PathArguments::AngleBracketed(list) = &segment.arguments {
        for argument in &list.args {
            let value = match argument {
                GenericArgument::Const(value) => unbraced(value.clone()),
                GenericArgument::Type(Type::Path(p)) => {
                    Expr::Path(ExprPath { attrs: vec![], qself: None, path: p.path.clone() })
                }
                GenericArgument::AssocConst(named) => {
                    let what = format!("`{}` does not stand between angle brackets", named.ident);
                    let value = named.value.to_token_stream();
                    let help = format!("write `#[with({}: {value})]` before the field", named.ident);
                    diagnostics.error(Place::of(named), what, help);
                    unread = true;
                    continue;
                }
                // what is no size is said with the layer that it is told
                other => Expr::Verbatim(other.to_token_stream()),
            };
            arguments.push(ArgumentDecl { name: None, value, inner: None });
        }
    } else if let PathArguments::Parenthesized(list) = &segment.arguments {
        let what = format!("the sizes of `{}` stand in angle brackets", segment.ident);
        diagnostics.error(Place::of(list), what, format!("write `{}<256>`", segment.ident));
        unread = true;
    }
    arguments.extend(named);
    let path = match ty {
        Type::Path(path) if path.path.segments.len() > 1 || path.path.leading_colon.is_some() => {
            Some(Place::between(Place::of(ty).start(), segment.ident.span()))
        }
        _ => None,
    };
    let (word, said) = (segment.ident.clone(), false);
    Item::Layer(LayerDecl { name, word, arguments, unread, path, said, frozen })
}

/// The first field whose size stands in parentheses, as it is written with angle brackets.
fn parenthesized(item: &TokenStream) -> Option<String> {
    let TokenTree::Group(body) = item.clone().into_iter().last()? else { return None };
    let inside: Vec<TokenTree> = body.stream().into_iter().collect();
    inside.windows(4).find_map(|field| match field {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Ident(word), TokenTree::Group(told)]
            if told.delimiter() == Delimiter::Parenthesis =>
        {
            let mut told = told.stream().into_iter();
            let size = told.next().filter(|size| matches!(size, TokenTree::Literal(_)))?;
            Some(format!("{name}: {word}<{size}>"))
        }
        _ => None,
    })
}

/// What stands before colons in the braces that an item ends with.
fn fields(item: &TokenStream) -> Vec<Ident> {
    let Some(TokenTree::Group(body)) = item.clone().into_iter().last() else { return vec![] };
    let inside: Vec<TokenTree> = body.stream().into_iter().collect();
    let named = inside.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(name), TokenTree::Punct(colon)]
            if colon.as_char() == ':' && colon.spacing() == Spacing::Alone =>
        {
            Some(name.clone())
        }
        _ => None,
    });
    named.collect()
}

/// A struct whose fields are not Rust: its header and the names of its fields, so that what uses it brings no further
/// messages.
fn broken(item: &TokenStream) -> Option<ItemStruct> {
    let named = fields(item).into_iter().filter(|name| !is_keyword(name));
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let Some(TokenTree::Group(_)) = tokens.pop() else { return None };
    let header: TokenStream = tokens.into_iter().collect();
    let mut parsed: ItemStruct = syn::parse2(quote! { #header { #(#named: ()),* } }).ok()?;
    parsed.fields.iter_mut().for_each(|field| field.ty = Type::Verbatim(TokenStream::new()));
    Some(parsed)
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
