//! The grammar of `fn forward`:
//!
//! ```text
//! forward  = "fn" "forward" "(" name, … ")" "{" ("let" pattern "=" value ";")* value "}"
//! pattern  = name | "_" | "(" pattern, … ")"
//! ```
//!
//! Values are read by `value.rs`.
use super::ast::{Binding, ForwardDecl, Pattern, Value};
use super::part::{Part, next, skip_to};
use super::value::value;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{Ident, Result, Token, Visibility, braced, parenthesized, token};

const FORWARD: &str = "it is written as `fn forward(x) { let h = fc1(x).relu(); fc2(h) }`";
const CONTROL: &str = "`forward` says what is applied to what: what repeats is a `repeat`, a choice `maximum`, `relu`, a factor";

/// Whether a function stands here.
pub fn begins(input: ParseStream) -> bool {
    let ahead = input.fork();
    let _ = ahead.parse::<Visibility>();
    let _ = ahead.parse::<Token![async]>();
    ahead.peek(Token![fn])
        || ahead.call(Ident::parse_any).is_ok_and(|word| {
            word == "def" && ahead.peek(Ident)
                || word == "forward" && ahead.peek(token::Paren) && ahead.peek2(token::Brace)
        })
}

/// The function in `input`, after which reading goes on; nothing if not even its body is there.
pub fn forward(input: ParseStream, part: &mut Part) -> Option<ForwardDecl> {
    let unread = |word| {
        Some(ForwardDecl { word, inputs: vec![], bindings: vec![], result: None, end: None, unread: true })
    };
    let start = input.span();
    if !matches!(input.parse::<Visibility>(), Ok(Visibility::Inherited)) {
        part.error(start, "`forward` has no visibility", "leave `pub` out");
    }
    let bare = input.fork();
    let first = input.call(Ident::parse_any).ok()?;
    if first == "forward" {
        part.error(first.span(), "expected `fn` before `forward`", FORWARD);
        input.advance_to(&bare);
    } else if first != "fn" {
        part.error(first.span(), format!("expected `fn`, found `{first}`"), FORWARD);
        if first == "async" {
            let _ = input.call(Ident::parse_any);
        }
    }
    let Ok(word) = input.call(Ident::parse_any) else {
        let here = if input.is_empty() { first.span().into() } else { part.here(input) };
        part.error(here, "expected the name of the function, `forward`", FORWARD);
        skip_to(input, |input| input.peek(Token![,]));
        return unread(first);
    };
    if word != "forward" {
        part.error(word.span(), format!("the function is called `forward`, found `{word}`"), FORWARD);
    }
    let inputs = if input.peek(token::Paren) {
        let mut read = |input: ParseStream| -> Result<_> {
            let content;
            parenthesized!(content in input);
            Ok(inputs(&content, part))
        };
        read(input).unwrap_or_default()
    } else {
        let here = if input.is_empty() { word.span().into() } else { part.here(input) };
        part.error(here, "expected the inputs of `forward` in parentheses", FORWARD);
        vec![]
    };
    if input.peek(Token![->]) {
        let place = input.span();
        let passed = skip_to(input, |input| input.peek(token::Brace));
        let last = passed.into_iter().last().map_or(place, |token| token.span());
        let help = "what it gives stands before the layers: `struct Net: [784] -> [10] { … }`";
        part.error(Place::between(place, last), "`forward` has no return type", help);
    }
    let body = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        Ok((content.parse::<TokenStream>()?, Place::between(brace.span.open(), brace.span.close())))
    };
    let Ok((tokens, place)) = body(input) else {
        let here = if input.is_empty() { word.span().into() } else { part.here(input) };
        part.error(here, "expected the body of `forward` in braces", FORWARD);
        skip_to(input, |input| input.peek(Token![,]));
        return unread(word);
    };
    let mut read = body_of(word, inputs, tokens, place, part.diagnostics());
    read.unread |= part.said;
    Some(read)
}

/// A `forward` of these inputs whose body in braces has these tokens.
pub fn body_of(
    word: Ident,
    inputs: Vec<Ident>,
    tokens: TokenStream,
    place: Place,
    diagnostics: &mut Diagnostics,
) -> ForwardDecl {
    let before = diagnostics.count();
    let Statements { bindings, result, end } = statements(tokens, place, diagnostics);
    let unread = diagnostics.count() > before;
    ForwardDecl { word, inputs, bindings, result, end, unread }
}

fn inputs(input: ParseStream, part: &mut Part) -> Vec<Ident> {
    let mut inputs = vec![];
    while !input.is_empty() {
        let start = input.span();
        let borrowed = input.parse::<Token![&]>().is_ok();
        let mutable = input.parse::<Token![mut]>().is_ok();
        let Ok(name) = input.call(Ident::parse_any) else {
            part.error(start, format!("expected the name of an input, found `{}`", next(input)), FORWARD);
            skip_to(input, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
            continue;
        };
        if name == "self" {
            let help = "leave it out: members are applied by their names, `fc1(x)`";
            part.error(Place::between(start, name.span()), "`forward` has no `self`", help);
        } else {
            if borrowed || mutable {
                let help = format!("write `{name}`");
                part.error(Place::between(start, name.span()), "an input is a name", help);
            }
            inputs.push(name.clone());
        }
        if input.peek(Token![:]) {
            let colon = input.span();
            let passed = skip_to(input, |input| input.peek(Token![,]));
            let last = passed.into_iter().last().map_or(colon, |token| token.span());
            let help = format!("write `{name}`: its type follows from where it comes from");
            part.error(Place::between(colon, last), "an input of `forward` has no type", help);
        }
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            part.expected(input, "`,` between inputs", FORWARD, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
        }
    }
    inputs
}

/// What stands between the braces.
#[derive(Default)]
struct Statements {
    bindings: Vec<Binding>,
    result: Option<Value>,
    end: Option<(Place, &'static str, &'static str)>,
}

fn statements(tokens: TokenStream, place: Place, diagnostics: &mut Diagnostics) -> Statements {
    let Statements { mut bindings, mut result, mut end } = Statements::default();
    let (mut one, mut parts) = (vec![], vec![]);
    for token in tokens {
        if matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ';') {
            parts.push((std::mem::take(&mut one), Some(token.span())));
        } else {
            one.push(token);
        }
    }
    if !one.is_empty() {
        parts.push((one, None));
    }
    let count = parts.len();
    for (at, (tokens, semicolon)) in parts.into_iter().enumerate() {
        let last = at + 1 == count;
        let Some(first) = tokens.first().map(TokenTree::span) else {
            if let Some(semicolon) = semicolon {
                diagnostics.error(semicolon, "expected a statement before `;`", FORWARD);
            }
            continue;
        };
        let whole = Place::between(first, tokens[tokens.len() - 1].span());
        let tokens: TokenStream = tokens.into_iter().collect();
        let mut part = Part::of(&tokens, diagnostics);
        let parser = |input: ParseStream| Ok(statement(input, &mut part));
        let (pattern, value) = parser.parse2(tokens.clone()).unwrap_or((None, None));
        match (pattern, semicolon) {
            (Some(pattern), Some(_)) => bindings.push(Binding { pattern, value }),
            (Some(pattern), None) => {
                let help = "write `;` after it, and then what `forward` gives";
                end = Some((whole, "`forward` ends with the value that it gives, found `let`", help));
                bindings.push(Binding { pattern, value });
            }
            (None, None) => result = value,
            (None, Some(semicolon)) if last => {
                let help = "leave `;` out: the last value is what it gives";
                part.error(semicolon, "`forward` ends with the value that it gives, found `;`", help);
                result = value;
            }
            (None, Some(_)) => {
                let help = "nothing changes in `forward`: bind what it gives, `let y = fc1(x);`";
                part.error(whole, "this value is used by nothing", help);
            }
        }
        if last && result.is_none() && semicolon.is_some() {
            end = Some((place.end().into(), "`forward` gives nothing", "end with a value: `fc2(h)`"));
        }
    }
    if count == 0 {
        end = Some((place, "`forward` gives nothing", FORWARD));
    }
    Statements { bindings, result, end }
}

/// A `let`, or a value alone.
fn statement(input: ParseStream, part: &mut Part) -> (Option<Pattern>, Option<Value>) {
    let start = input.span();
    let word = input.fork().call(Ident::parse_any).map(|word| word.to_string()).unwrap_or_default();
    match word.as_str() {
        "if" | "match" | "for" | "while" | "loop" => {
            part.error(start, format!("`{word}` is not part of `forward`"), CONTROL);
            skip_to(input, |_| false);
            return (None, Some(Value::unread(start)));
        }
        "return" => {
            let _ = input.call(Ident::parse_any);
            part.error(start, "expected a value, found `return`", "leave it out: the last value is given");
        }
        "let" | "var" | "const" => {
            let _ = input.call(Ident::parse_any);
            if word != "let" {
                part.error(start, format!("expected `let`, found `{word}`"), FORWARD);
            }
            return binding(input, part);
        }
        _ => {}
    }
    // `x = fc1(x)`, `x += y`
    let ahead = input.fork();
    if let Ok(name) = ahead.parse::<Ident>() {
        let operator = ["+", "-", "*", "/"].into_iter().find(|_| {
            ahead.peek(Token![+=])
                || ahead.peek(Token![-=])
                || ahead.peek(Token![*=])
                || ahead.peek(Token![/=])
        });
        if operator.is_some() || ahead.peek(Token![=]) && !ahead.peek(Token![==]) {
            let what = "nothing is changed in `forward`";
            let help = match operator {
                Some(_) => format!("bind it anew: `let {name} = {name} {} …;`", next(&ahead)),
                None => format!("bind it anew: `let {name} = …;`"),
            };
            part.error(name.span(), what, help);
            skip_to(input, |input| input.peek(Token![=]));
            let _ = input.parse::<Token![=]>();
            skip_to(input, |_| false);
            return (Some(Pattern::Name(name)), None);
        }
    }
    (None, Some(value(input, part)))
}

/// What follows `let`.
fn binding(input: ParseStream, part: &mut Part) -> (Option<Pattern>, Option<Value>) {
    let Some(pattern) = pattern(input, part) else {
        skip_to(input, |_| false);
        return (Some(Pattern::Tuple(vec![], Place::from(input.span()))), None);
    };
    if input.peek(Token![:]) {
        let colon = input.span();
        let passed = skip_to(input, |input| input.peek(Token![=]));
        let last = passed.into_iter().last().map_or(colon, |token| token.span());
        part.error(Place::between(colon, last), "a value of `forward` has no type", "leave the type out");
    }
    if input.parse::<Token![=]>().is_err() {
        let here = part.here(input);
        part.error(here, "expected `=` and a value", "a value is bound as `let h = fc1(x);`");
        skip_to(input, |_| false);
        return (Some(pattern), None);
    }
    if input.is_empty() {
        let here = part.here(input);
        part.error(here, "expected a value after `=`", "a value is bound as `let h = fc1(x);`");
        return (Some(pattern), None);
    }
    (Some(pattern), Some(value(input, part)))
}

fn pattern(input: ParseStream, part: &mut Part) -> Option<Pattern> {
    let start = input.span();
    if input.parse::<Token![mut]>().is_ok() {
        part.error(
            start,
            "nothing is changed in `forward`",
            "leave `mut` out: a later `let` may take the name again",
        );
    }
    if input.peek(token::Paren) {
        let mut read = |input: ParseStream| -> Result<_> {
            let content;
            let paren = parenthesized!(content in input);
            let mut patterns = vec![];
            while !content.is_empty() {
                patterns.push(pattern(&content, part).ok_or_else(|| content.error("a name"))?);
                if !content.is_empty() {
                    content.parse::<Token![,]>()?;
                }
            }
            let place = Place::between(paren.span.open(), paren.span.close());
            Ok(Pattern::Tuple(patterns, place))
        };
        if let Ok(read) = read(input) {
            return Some(read);
        }
    } else if let Ok(name) = input.call(Ident::parse_any) {
        return Some(Pattern::Name(name));
    }
    let here = if input.is_empty() { part.here(input) } else { start.into() };
    part.error(here, "expected a name after `let`", "a value is bound as `let h = fc1(x);`");
    None
}
