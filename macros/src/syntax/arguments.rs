//! What stands between commas: arguments of a layer, and what is wrong between them.
//!
//! ```text
//! arguments = ((name ":")? value), …
//! value     = expression | word "(" arguments ")"
//! ```
use super::ast::ArgumentDecl;
use super::header::skip_to;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprPath, Ident, Result, Token, parenthesized, token};

const ARGUMENT: &str = "arguments are written as `Linear(64, bias: false)`";

/// Arguments up to the end of `input`, and whether some could not be read.
pub fn arguments(input: ParseStream, diagnostics: &mut Diagnostics) -> (Vec<ArgumentDecl>, bool) {
    let (mut arguments, mut unread) = (vec![], false);
    while !input.is_empty() {
        match argument(input, diagnostics) {
            Some(argument) => arguments.push(argument),
            None => unread = true,
        }
        unread |= !separated(input, diagnostics, "arguments");
    }
    (arguments, unread)
}

/// Arguments in an attribute's parentheses.
pub fn in_attribute(attribute: &syn::Attribute, diagnostics: &mut Diagnostics) -> (Vec<ArgumentDecl>, bool) {
    let syn::Meta::List(list) = &attribute.meta else {
        diagnostics.error(
            Place::of(attribute),
            "expected arguments in `#[with(…)]`",
            "as in `#[with(bias: false)]`",
        );
        return (vec![], true);
    };
    let parser = |input: ParseStream| Ok(arguments(input, diagnostics));
    parser.parse2(list.tokens.clone()).unwrap_or((vec![], true))
}

fn argument(input: ParseStream, diagnostics: &mut Diagnostics) -> Option<ArgumentDecl> {
    let start = input.span();
    let ahead = input.fork();
    let ident = ahead.call(Ident::parse_any);
    let named = ident.is_ok() && ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    let assigned = ident.is_ok() && ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    let mut name = None;
    if named || assigned {
        let ident = input.call(Ident::parse_any).ok()?;
        if named {
            input.parse::<Token![:]>().ok()?;
        } else {
            let what = format!("expected `:` after the argument's name `{ident}`, found `=`");
            diagnostics.error(input.span(), what, ARGUMENT);
            input.parse::<Token![=]>().ok()?;
        }
        name = Some(ident);
    }
    if input.is_empty() || input.peek(Token![,]) {
        match &name {
            Some(name) => {
                let what = format!("expected a value after `{name}:`");
                diagnostics.error(Place::between(start, name.span()), what, ARGUMENT);
            }
            None => diagnostics.error(start, "expected an argument before `,`", ARGUMENT),
        }
        return None;
    }
    let inner = inner(&input.fork(), diagnostics);
    match value(input, inner.is_some()) {
        Ok(value) => Some(ArgumentDecl { name, value, inner }),
        Err(error) => {
            diagnostics.error(error.span(), "expected the value of an argument", ARGUMENT);
            skip_to(input, |input| input.peek(Token![,]));
            None
        }
    }
}

/// The arguments of a value that is a word with arguments.
fn inner(input: ParseStream, diagnostics: &mut Diagnostics) -> Option<(Vec<ArgumentDecl>, bool)> {
    input.call(Ident::parse_any).ok()?;
    if !input.peek(token::Paren) {
        return None;
    }
    let mut parsed = |input: ParseStream| -> Result<_> {
        let content;
        parenthesized!(content in input);
        Ok(arguments(&content, diagnostics))
    };
    parsed(input).ok()
}

/// A value; of a word whose arguments are no Rust, as they have names, the word.
fn value(input: ParseStream, word_with_arguments: bool) -> Result<Expr> {
    if !word_with_arguments || input.fork().parse::<Expr>().is_ok() {
        return input.parse();
    }
    let word = input.call(Ident::parse_any)?;
    input.parse::<TokenTree>()?;
    Ok(Expr::Path(ExprPath { attrs: vec![], qself: None, path: word.into() }))
}

/// The comma after one of several, or the end. Says what stands there instead; `false` if something was passed over.
pub fn separated(input: ParseStream, diagnostics: &mut Diagnostics, what: &str) -> bool {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return true;
    }
    let help = format!("{what} are separated by commas");
    if input.peek(Token![;]) {
        diagnostics.error(input.span(), format!("{what} are separated by `,`, found `;`"), "write `,`");
        return input.parse::<Token![;]>().is_ok();
    }
    if let Ok(next) = input.fork().call(Ident::parse_any) {
        // a forgotten comma: what follows is the next one
        diagnostics.error(input.span(), format!("expected `,` before `{next}`"), help);
        return true;
    }
    let start = input.span();
    let passed = skip_to(input, |input| input.peek(Token![,]));
    let last = passed.clone().into_iter().last().map_or(start, |token| token.span());
    diagnostics.error(Place::between(start, last), format!("expected `,`, found `{passed}`"), help);
    let _ = input.parse::<Token![,]>();
    false
}
