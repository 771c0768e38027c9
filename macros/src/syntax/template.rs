//! The grammar of a block that is used by its name:
//!
//! ```text
//! block     = doc* "block" name ("(" parameter, … ")")? "{" inside "}"
//! parameter = name (":" default)?
//! ```
use super::ast::{Template, TemplateParameter};
use super::item::body;
use super::part::{Part, next, skip_to};
use crate::diagnostics::Place;
use crate::sizes::written;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, discouraged::Speculative};
use syn::{Attribute, Expr, Ident, Result, Token, Visibility, parenthesized, token};

const BLOCK: &str = "a block is declared as `block Basic(out, stride: 1) { layers }`";

/// Whether these are the tokens of a block: a word before any group says so.
pub fn begins(tokens: &TokenStream) -> bool {
    let word = tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word != "pub" => Some(word),
        _ => None,
    });
    word.is_some_and(|word| word == "block")
}

/// The block in `input`, or nothing if it has no name.
pub fn template(input: ParseStream, mut head: Part) -> Option<Template> {
    for attribute in input.call(Attribute::parse_outer).unwrap_or_default() {
        if !attribute.path().is_ident("doc") {
            let help = "only doc comments stand before a block";
            head.diagnostics().error(Place::of(&attribute), "a block takes no attribute", help);
        }
    }
    let start = input.span();
    if !matches!(input.parse::<Visibility>(), Ok(Visibility::Inherited)) {
        let help = "leave it out: a block is used within the same `network!`";
        head.diagnostics().error(start, "a block has no visibility", help);
    }
    let word = input.call(Ident::parse_any).ok()?;
    let Ok(name) = input.parse::<Ident>() else {
        let here = if input.is_empty() { word.span().into() } else { head.here(input) };
        head.error(here, "expected the name of the block", BLOCK);
        let _ = input.parse::<TokenStream>();
        return None;
    };
    let parameters = if input.peek(token::Paren) {
        let mut read = |input: ParseStream| -> Result<_> {
            let content;
            parenthesized!(content in input);
            Ok(parameters(&content, &mut head))
        };
        read(input).unwrap_or_default()
    } else {
        vec![]
    };
    let at_body = |input: ParseStream| input.peek(token::Brace);
    if !at_body(input) && !input.is_empty() {
        let help = if input.peek(Token![:]) || input.peek(Token![->]) {
            "the sizes of a block follow from where it is used: leave them out"
        } else {
            BLOCK
        };
        head.expected(input, "the layers of the block in braces", help, at_body);
    }
    let before = head.diagnostics().count();
    let inside = if at_body(input) {
        body(input, &name, BLOCK, &mut head)
    } else {
        let here = head.here(input);
        head.error(here, format!("expected the layers of `{name}` in braces"), BLOCK);
        Default::default()
    };
    let unread = head.said || head.diagnostics().count() > before;
    Some(Template { name, parameters, inside, unread })
}

fn parameters(input: ParseStream, head: &mut Part) -> Vec<TemplateParameter> {
    let mut parameters = vec![];
    while !input.is_empty() {
        let Ok(name) = input.call(Ident::parse_any) else {
            let what = format!("expected the name of an argument, found `{}`", next(input));
            head.error(input.span(), what, BLOCK);
            skip_to(input, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
            continue;
        };
        let mut default = None;
        if input.peek(Token![=]) {
            let place = input.span();
            let _ = input.parse::<Token![=]>();
            default = input.parse::<Expr>().ok();
            let help = format!("write `{name}: {}`", default.as_ref().map_or("1".into(), written));
            head.error(place, "expected `:` before a default, found `=`", help);
        } else if input.parse::<Token![:]>().is_ok() {
            let ahead = input.fork();
            match ahead.parse::<Expr>() {
                Ok(value) if is_type(&value) => {
                    let help = format!("write `{name}`, or `{name}: 1` with a default");
                    head.error(Place::of(&value), "an argument of a block has no type", help);
                    input.advance_to(&ahead);
                }
                Ok(value) => {
                    input.advance_to(&ahead);
                    default = Some(value);
                }
                Err(_) => head.error(name.span(), format!("expected the default of `{name}`"), BLOCK),
            }
        }
        parameters.push(TemplateParameter { name, default });
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            head.expected(input, "`,` between arguments", BLOCK, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
        }
    }
    parameters
}

/// Whether what stands where a default should is a type of Rust's.
fn is_type(value: &Expr) -> bool {
    const TYPES: [&str; 8] = ["usize", "u32", "u64", "i32", "i64", "f32", "f64", "bool"];
    matches!(value, Expr::Path(path) if TYPES.iter().any(|ty| path.path.is_ident(ty)))
}
