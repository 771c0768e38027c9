//! What stands between commas: arguments of a layer, and what is wrong between them.
//!
//! ```text
//! arguments = ((name ":")? value), …
//! value     = expression | word "(" arguments ")"
//! ```
use super::ast::ArgumentDecl;
use super::part::{Part, skip_to};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{Expr, ExprPath, Ident, Lit, LitStr, Result, Token, parenthesized, token};

const ARGUMENT: &str = "arguments are written as `Linear(64, bias: false)`";

/// Arguments up to the end of `input`, and whether something was wrong with their form, which has been said.
pub fn arguments(input: ParseStream, diagnostics: &mut Diagnostics) -> (Vec<ArgumentDecl>, bool) {
    let (mut arguments, mut wrong) = (vec![], false);
    let mut part = Part::of(&TokenStream::new(), diagnostics);
    // what begins no argument after a mistake is left of it
    let mut left_over = false;
    while !input.is_empty() {
        part.said |= left_over && !input.peek(Ident::peek_any) && !input.peek(Lit);
        arguments.extend(argument(input, &mut part));
        let same_part = separated(input, &mut part);
        wrong |= part.said;
        if !same_part {
            left_over = part.said;
            part.said = false;
        }
    }
    wrong |= arguments.iter().any(|argument| argument.inner.as_ref().is_some_and(|(_, wrong)| *wrong));
    (arguments, wrong)
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

fn argument(input: ParseStream, part: &mut Part) -> Option<ArgumentDecl> {
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
            part.error(input.span(), what, ARGUMENT);
            input.parse::<Token![=]>().ok()?;
        }
        name = Some(ident);
    }
    if let Some(quoted) = quoted(input) {
        let help = format!("write `{quoted}:`");
        part.error(start, format!("an argument's name has no quotes, found `\"{quoted}\"`"), help);
        name = Some(quoted);
    }
    if input.is_empty() || input.peek(Token![,]) {
        match &name {
            Some(name) => {
                let what = format!("expected a value after `{name}:`");
                part.error(Place::between(start, name.span()), what, ARGUMENT);
            }
            None => part.error(start, "expected an argument before `,`", ARGUMENT),
        }
        return None;
    }
    let mut quiet = Diagnostics::default();
    let inner = inner(&input.fork(), if part.said { &mut quiet } else { part.diagnostics() });
    let ahead = input.fork();
    match value(&ahead, inner.is_some()) {
        Ok(value) => {
            input.advance_to(&ahead);
            Some(ArgumentDecl { name, value, inner })
        }
        Err(error) => {
            let place = if ahead.is_empty() { input.span() } else { error.span() };
            part.error(place, "expected the value of an argument", ARGUMENT);
            skip_to(input, |input| input.peek(Token![,]));
            None
        }
    }
}

/// A name in quotes and its colon, passed over.
fn quoted(input: ParseStream) -> Option<Ident> {
    let ahead = input.fork();
    let text = ahead.parse::<LitStr>().ok()?;
    ahead.parse::<Token![:]>().ok()?;
    let mut name = syn::parse_str::<Ident>(&text.value()).ok()?;
    name.set_span(text.span());
    input.advance_to(&ahead);
    Some(name)
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

/// The comma after an argument, or the end. Says what stands there instead; whether the next argument is in the same part,
/// as the comma before it is missing.
fn separated(input: ParseStream, part: &mut Part) -> bool {
    const SEPARATED: &str = "arguments are separated by commas";
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return false;
    }
    if input.peek(Token![;]) {
        part.error(input.span(), "arguments are separated by `,`, found `;`", "write `,`");
        let _ = input.parse::<Token![;]>();
        return false;
    }
    if let Ok(next) = input.fork().call(Ident::parse_any) {
        // a forgotten comma: what follows is the next one
        part.error(input.span(), format!("expected `,` before `{next}`"), SEPARATED);
        return true;
    }
    part.expected(input, "`,` after an argument", SEPARATED, |input| input.peek(Token![,]));
    let _ = input.parse::<Token![,]>();
    false
}
