//! The grammar of `network!`. What cannot be read is said once, at its tokens, and reading goes on behind it:
//!
//! ```text
//! network  = attribute* visibility "struct" name generics? ":" ports "->" ports ("," option)* "{" items "}"
//! items    = (doc* "#[frozen]"? (name ":")? (layer | "repeat" size "{" items "}")), …
//! layer    = word ("(" arguments ")")?
//! ```
use super::arguments::{arguments, separated};
use super::ast::{ArgumentDecl, Form, Item, LayerDecl, Network, RepeatDecl};
use super::header::{after_signature, signature, skip_to};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Generics, Ident, Lit, Result, Token, braced, parenthesized, token};

const DECLARED: &str = "a network is declared as `pub struct Net: [28, 28] -> [10] { layers }`";
const LAYER: &str = "a layer is written as `fc1: Linear(64)`, or without a name as `Relu`";

/// The declaration in `tokens`, or nothing if not even a struct and its name are there.
pub fn network(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Option<Network> {
    let parser = |input: ParseStream| -> Result<Option<Network>> {
        let network = declaration(input, diagnostics);
        if network.is_some() && !input.is_empty() {
            let help = "one `network!` declares one struct";
            diagnostics.error(input.span(), "expected nothing after the layers", help);
        }
        // what is left was said to be wrong
        input.parse::<TokenStream>()?;
        Ok(network)
    };
    parser.parse2(tokens).unwrap_or_else(|error| {
        diagnostics.error(error.span(), error.to_string(), DECLARED);
        None
    })
}

fn declaration(input: ParseStream, diagnostics: &mut Diagnostics) -> Option<Network> {
    let start = |input: ParseStream| Result::Ok((input.call(Attribute::parse_outer)?, input.parse()?));
    let (attributes, visibility) = match start(input) {
        Ok(read) => read,
        Err(error) => {
            diagnostics.error(error.span(), error.to_string(), DECLARED);
            return None;
        }
    };
    if input.parse::<Token![struct]>().is_err() {
        diagnostics.error(input.span(), "expected `struct`", DECLARED);
        return None;
    }
    let Ok(name) = input.parse::<Ident>() else {
        diagnostics.error(input.span(), "expected the name of the struct", DECLARED);
        return None;
    };
    let generics = input.parse().unwrap_or_else(|error: syn::Error| {
        diagnostics.error(
            error.span(),
            error.to_string(),
            "a network's parameters are sizes: `<const H: usize>`",
        );
        skip_to(input, |input| input.peek(Token![:]) || input.peek(token::Brace));
        Generics::default()
    });
    let colon = if input.parse::<Token![:]>().is_ok() {
        true
    } else {
        let shapes = input.peek(token::Bracket);
        let what = if shapes {
            format!("expected `:` after `{name}`")
        } else {
            format!("expected `:` and the shapes of `{name}`")
        };
        diagnostics.error(input.span(), what, format!("write `struct {name}: [784] -> [10] {{ … }}`"));
        shapes
    };
    let (inputs, outputs) = if colon { signature(input, diagnostics) } else { (vec![], vec![]) };
    let (budget, runtime) = after_signature(input, diagnostics);
    let mut content = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        let items = items(&content, diagnostics);
        Ok((items, brace))
    };
    let items = match content(input) {
        Ok((items, brace)) => {
            if items.is_empty() {
                let place = Place::between(brace.span.open(), brace.span.close());
                diagnostics.error(place, format!("`{name}` has no layers"), LAYER);
                vec![Item::Unread(None)]
            } else {
                items
            }
        }
        Err(_) => {
            let last = outputs.last().or(inputs.last()).map_or(name.span(), |port| port.span);
            let place = if input.is_empty() { last } else { input.span() };
            diagnostics.error(place, format!("expected the layers of `{name}` in braces"), DECLARED);
            let _ = input.parse::<TokenStream>();
            vec![Item::Unread(None)]
        }
    };
    let form = Form::Network;
    Some(Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, items, form })
}

/// Layers up to the end of `input`.
fn items(input: ParseStream, diagnostics: &mut Diagnostics) -> Vec<Item> {
    let mut items = vec![];
    while !input.is_empty() {
        let frozen = attributes(input, diagnostics);
        items.push(item(input, frozen, diagnostics));
        separated(input, diagnostics, "layers");
    }
    items
}

/// What stands before a layer: doc comments, which are for who reads the declaration, and `#[frozen]`.
fn attributes(input: ParseStream, diagnostics: &mut Diagnostics) -> Option<Span> {
    let mut frozen = None;
    for attribute in input.call(Attribute::parse_outer).unwrap_or_default() {
        if super::is_frozen(&attribute, diagnostics) {
            frozen = Some(Place::of(&attribute.meta).start());
        } else if !attribute.path().is_ident("doc") {
            let what = format!("a layer takes no attribute `{}`", attribute.path().to_token_stream());
            let help = "only doc comments and `#[frozen]` stand before a layer";
            diagnostics.error(Place::of(&attribute), what, help);
        }
    }
    frozen
}

fn item(input: ParseStream, frozen: Option<Span>, diagnostics: &mut Diagnostics) -> Item {
    let start = input.span();
    let name = name(input, diagnostics);
    let Ok(mut word) = input.call(Ident::parse_any) else {
        match &name {
            Some(name) => {
                let what = format!("expected a layer after the name `{name}`");
                diagnostics.error(Place::between(start, name.span()), what, LAYER);
            }
            None => diagnostics.error(start, format!("expected a layer, found `{}`", next(input)), LAYER),
        }
        rest(input);
        return Item::Unread(name);
    };
    let (first, mut path) = (word.span(), false);
    while input.peek(Token![.]) || input.peek(Token![::]) {
        path = true;
        let _ = input.parse::<Token![.]>().map(drop).or_else(|_| input.parse::<Token![::]>().map(drop));
        let Ok(inner) = input.call(Ident::parse_any) else { break };
        word = inner;
    }
    if path {
        let place = Place::between(first, word.span());
        diagnostics.error(place, "a layer is named without a path", format!("write `{word}`"));
    }
    if word == "repeat" {
        return repeat(input, name, word, frozen, diagnostics);
    }
    if input.peek(token::Paren) {
        let mut parsed = |input: ParseStream| -> Result<_> {
            let content;
            parenthesized!(content in input);
            Ok(arguments(&content, diagnostics))
        };
        let (arguments, unread) = parsed(input).unwrap_or_default();
        return Item::Layer(LayerDecl { name, word, arguments, unread, frozen });
    }
    let (arguments, unread) = misplaced(input, &word, diagnostics);
    Item::Layer(LayerDecl { name, word, arguments, unread, frozen })
}

/// `fc1:`; `fc1 =` and `fc1 Linear` say what is missing.
fn name(input: ParseStream, diagnostics: &mut Diagnostics) -> Option<Ident> {
    if !input.peek(Ident::peek_any) {
        return None;
    }
    let ahead = input.fork();
    let name = ahead.call(Ident::parse_any).ok()?;
    let lower = name.to_string().starts_with(|c: char| c.is_lowercase() || c == '_');
    let named = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    let forgotten = lower && name != "repeat" && ahead.peek(Ident::peek_any);
    if !(named || assigned || forgotten) {
        return None;
    }
    input.call(Ident::parse_any).ok()?;
    if named {
        input.parse::<Token![:]>().ok()?;
    } else {
        let what = format!("expected `:` after the name `{name}`, found `{}`", next(input));
        diagnostics.error(input.span(), what, LAYER);
        if assigned {
            input.parse::<Token![=]>().ok()?;
        }
    }
    Some(name)
}

/// `repeat 12 { … }`, after its word.
fn repeat(
    input: ParseStream,
    name: Option<Ident>,
    word: Ident,
    frozen: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Item {
    const REPEAT: &str = "a block is written as `blocks: repeat 3 { layers }`";
    let mut count = None;
    if input.peek(token::Brace) || input.is_empty() || input.peek(Token![,]) {
        diagnostics.error(word.span(), "expected how often, after `repeat`", REPEAT);
    } else {
        match input.call(Expr::parse_without_eager_brace) {
            Ok(expr) => count = Some(expr),
            Err(error) => {
                diagnostics.error(error.span(), "expected how often, after `repeat`", REPEAT);
                skip_to(input, |input| input.peek(token::Brace) || input.peek(Token![,]));
            }
        }
    }
    let said = count.is_none();
    let mut body = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        Ok((items(&content, diagnostics), Place::between(brace.span.open(), brace.span.close())))
    };
    match body(input) {
        Ok((items, place)) => {
            if items.is_empty() {
                diagnostics.error(place, "expected a layer to repeat", REPEAT);
                return Item::Unread(name);
            }
            Item::Repeat(RepeatDecl { name, word, count, items, frozen })
        }
        Err(_) => {
            if !said {
                diagnostics.error(word.span(), "expected the layers to repeat in braces", REPEAT);
            }
            rest(input);
            Item::Unread(name)
        }
    }
}

/// Arguments that do not stand in parentheses: `Linear 64`, `Linear[64]`, `Linear<64>`.
fn misplaced(input: ParseStream, word: &Ident, diagnostics: &mut Diagnostics) -> (Vec<ArgumentDecl>, bool) {
    let angle = input.peek(Token![<]);
    if !(angle || input.peek(Lit) || input.peek(token::Bracket) || input.peek(token::Brace)) {
        return (vec![], false);
    }
    let first = input.span();
    let found = rest(input);
    let text = found.to_string();
    let bare = text.trim_matches(|c: char| "<>[]{}".contains(c) || c.is_whitespace());
    let last = found.into_iter().last().map_or(first, |token| token.span());
    let what = format!("the arguments of `{word}` stand in parentheses");
    diagnostics.error(Place::between(first, last), what, format!("write `{word}({bare})`"));
    (vec![], true)
}

/// The next token as text.
fn next(input: ParseStream) -> String {
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => match group.delimiter() {
            proc_macro2::Delimiter::Parenthesis => "(".into(),
            proc_macro2::Delimiter::Brace => "{".into(),
            _ => "[".into(),
        },
        Ok(token) => token.to_string(),
        Err(_) => "nothing".into(),
    }
}

/// Everything up to the next comma.
fn rest(input: ParseStream) -> TokenStream {
    skip_to(input, |input| input.peek(Token![,]))
}
