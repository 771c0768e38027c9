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
use super::ast::{Form, ForwardDecl, Inside, Item, Network};
use super::field::{LAYER, field};
use super::foreign::is_keyword;
use super::part::Part;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Fields, Generics, Ident, ItemStruct, Type};

const SHAPES: &str = "the shapes go in as `#[model([784] -> [10])]`";

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
        let word =
            |token: &TokenTree| ["enum", "union", "fn", "impl", "mod"].contains(&token.to_string().as_str());
        let place = item.clone().into_iter().find(word).map_or_else(Span::call_site, |token| token.span());
        diagnostics.error(place, "`#[model]` stands before a struct or a module", LAYER);
        return Err(item);
    };
    Ok(network(attribute, parsed, is_broken, None, diagnostics))
}

/// The network that a struct declares with these shapes and options.
pub fn network(
    attribute: TokenStream,
    item: ItemStruct,
    is_broken: bool,
    forward: Option<ForwardDecl>,
    diagnostics: &mut Diagnostics,
) -> Network {
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
    let ItemStruct { attrs: attributes, vis: visibility, ident: name, generics, fields, .. } = item;
    let (form, inside) = (Form::Struct, inside(&name, &fields, forward, is_broken, diagnostics));
    Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, inside, form }
}

/// What the fields of `name` and its `forward` say.
pub fn inside(
    name: &Ident,
    fields: &Fields,
    forward: Option<ForwardDecl>,
    is_broken: bool,
    diagnostics: &mut Diagnostics,
) -> Inside {
    let mut items: Vec<Item> = match fields {
        Fields::Named(fields) => {
            let named = |one: &syn::Field| field(one.ident.clone(), &one.attrs, &one.ty, diagnostics);
            fields.named.iter().map(named).collect()
        }
        Fields::Unnamed(unnamed) => {
            diagnostics.error(Place::of(unnamed), "a model's layers are named fields", LAYER);
            vec![Item::Unread(None)]
        }
        Fields::Unit => vec![],
    };
    if items.is_empty() && forward.is_none() {
        if !is_broken {
            diagnostics.error(name.span(), format!("`{name}` has no layers"), LAYER);
        }
        items.push(Item::Unread(None));
    }
    Inside { items, forward }
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
