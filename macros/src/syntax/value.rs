//! The grammar of values in `forward`:
//!
//! ```text
//! value    = product (("+" | "-") product)*
//! product  = negative (("*" | "/") negative)*
//! negative = "-"* applied
//! applied  = one ("." name ("(" arguments ")")?)*
//! one      = name ("(" arguments ")")? | number | "(" value, … ")" | "[" value, … "]"
//! ```
//!
//! What else Rust, Python or numpy would have there is said once, and read as what was meant where that is clear.
use super::ast::{CallArgument, Operator, Value, ValueKind};
use super::foreign::function_meant;
use super::part::{Part, next, skip_to};
use crate::diagnostics::Place;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{Expr, Ident, Lit, LitBool, LitStr, Path, Result, Token, bracketed, parenthesized, token};

const VALUE: &str = "a value is a name, a number, or what a layer gives: `x`, `0.5`, `fc1(x)`, `x.relu()`";

impl Value {
    /// One that could not be read, which has been said.
    pub fn unread(place: impl Into<Place>) -> Value {
        Value { kind: ValueKind::Unread, place: place.into() }
    }
}

/// A value, to the end of `input`.
pub fn value(input: ParseStream, part: &mut Part) -> Value {
    let value = sum(input, part);
    if !input.is_empty() {
        let start = input.span();
        let (found, help) = (next(input), after(input));
        let passed = skip_to(input, |_| false);
        let last = passed.into_iter().last().map_or(start, |token| token.span());
        let what = format!("expected the end of the value, found `{found}`");
        part.error(Place::between(start, last), what, help);
        return Value::unread(value.place);
    }
    value
}

/// The value that these tokens are.
pub fn value_of(tokens: TokenStream, part: &mut Part) -> Value {
    let parser = |input: ParseStream| Ok(value(input, part));
    parser.parse2(tokens).unwrap_or_else(|_| Value::unread(Span::call_site()))
}

/// What to do about something that goes on after a value.
fn after(input: ParseStream) -> &'static str {
    if input.peek(Token![@]) {
        "a product of matrices is `a.matmul(b)`"
    } else if input.peek(Token![?]) {
        "nothing fails in `forward`: leave it out"
    } else if input.peek(Token![as]) {
        "all values are of numbers: leave it out"
    } else if input.peek(token::Paren) {
        "a layer with parameters is declared before `forward`, `fc: Linear(64)`, and applied by its name, `fc(x)`"
    } else if input.peek(Token![,]) {
        "statements end with `;`, and the value that is given with nothing"
    } else if input.peek(token::Bracket) {
        "a part of a value is `x.slice(axis: 0, start: 2, length: 3)`"
    } else if input.peek(Token![*]) || input.peek(Token![^]) {
        "a power is `x.pow(2.0)`"
    } else if input.peek(Token![<]) || input.peek(Token![>]) || input.peek(Token![==]) {
        "values are not compared in `forward`"
    } else {
        "statements are separated by `;`"
    }
}

fn sum(input: ParseStream, part: &mut Part) -> Value {
    let mut left = product(input, part);
    loop {
        let span = input.span();
        let operator = if input.peek(Token![+]) && !input.peek(Token![+=]) {
            Operator::Add
        } else if input.peek(Token![-]) && !input.peek(Token![-=]) {
            Operator::Sub
        } else {
            return left;
        };
        let _ = input.parse::<TokenTree>();
        let right = product(input, part);
        left = binary(left, operator, span, right);
    }
}

fn product(input: ParseStream, part: &mut Part) -> Value {
    let mut left = negative(input, part);
    loop {
        let span = input.span();
        // `**` is no product
        let operator = if input.peek(Token![*]) && !input.peek2(Token![*]) {
            Operator::Mul
        } else if input.peek(Token![/]) {
            Operator::Div
        } else {
            return left;
        };
        let _ = input.parse::<TokenTree>();
        let right = negative(input, part);
        left = binary(left, operator, span, right);
    }
}

fn binary(left: Value, operator: Operator, span: Span, right: Value) -> Value {
    let place = left.place.to(right.place);
    let kind = ValueKind::Binary { left: Box::new(left), operator, span, right: Box::new(right) };
    Value { kind, place }
}

fn negative(input: ParseStream, part: &mut Part) -> Value {
    let start = input.span();
    if input.parse::<Token![-]>().is_ok() {
        let of = negative(input, part);
        let place = Place::from(start).to(of.place);
        return Value { kind: ValueKind::Negative(Box::new(of)), place };
    }
    if input.peek(Token![&]) {
        part.error(start, "nothing is borrowed in `forward`", "leave `&` out");
        let _ = input.parse::<Token![&]>();
        let _ = input.parse::<Token![mut]>();
    }
    let mut value = one(input, part);
    while input.peek(Token![.]) {
        let dot = input.span();
        let _ = input.parse::<Token![.]>();
        let Ok(name) = input.call(Ident::parse_any) else {
            let here = if input.is_empty() { dot.into() } else { part.here(input) };
            part.error(here, "expected a word after `.`", "as in `x.relu()`");
            skip_to(input, |_| false);
            return Value::unread(value.place);
        };
        let place = value.place.to(name.span().into());
        if input.peek(token::Paren) {
            let (arguments, end) = arguments(input);
            let callee = applied(&value, &name, part).or_else(|| library(&value, &name, part));
            let kind = match callee {
                Some(callee) => ValueKind::Call { callee, arguments },
                None => ValueKind::Method { on: Box::new(value), method: name, arguments },
            };
            value = Value { kind, place: place.to(end) };
        } else {
            value = Value { kind: ValueKind::Field(Box::new(value), name), place };
        }
    }
    value
}

/// The layer that `fc1.forward(x)` and `self.fc1.forward(x)` apply, which is said.
fn applied(on: &Value, called: &Ident, part: &mut Part) -> Option<Ident> {
    let member = match &on.kind {
        ValueKind::Name(member) if member != "self" => member,
        ValueKind::Field(of, member) if matches!(&of.kind, ValueKind::Name(word) if word == "self") => member,
        _ => return None,
    };
    if !["forward", "call", "__call__"].iter().any(|word| called == word) {
        return None;
    }
    let what = format!("a layer is applied by its name alone, found `.{called}`");
    part.error(on.place.to(called.span().into()), what, format!("write `{member}(…)`"));
    Some(member.clone())
}

/// What is applied where `on` is no value but what stands before a function elsewhere, as in `self.fc1(x)` and
/// `torch.relu(x)`, which is said.
fn library(on: &Value, called: &Ident, part: &mut Part) -> Option<Ident> {
    const WORDS: [&str; 9] = ["self", "torch", "F", "nn", "np", "tf", "jnp", "keras", "functional"];
    let word = match &on.kind {
        ValueKind::Name(word) => word,
        // `torch.nn.functional.relu(x)`
        ValueKind::Field(on, word) if library(on, called, part).is_some() => word,
        _ => return None,
    };
    if !WORDS.iter().any(|library| word == library) {
        return None;
    }
    let mut callee = called.clone();
    if word != "self"
        && let Some(ours) = function_meant(&called.to_string())
    {
        callee = Ident::new(&ours, called.span());
    }
    let what = format!("a layer is applied by its name alone, found `{word}.`");
    part.error(on.place, what, format!("write `{callee}(…)`"));
    Some(callee)
}

/// What stands between parentheses, by the commas, and where they end.
fn arguments(input: ParseStream) -> (Vec<CallArgument>, Place) {
    let read = |input: ParseStream| -> Result<_> {
        let content;
        let paren = parenthesized!(content in input);
        let mut arguments = vec![];
        while !content.is_empty() {
            let start = content.span();
            let ahead = content.fork();
            let named = ahead.call(Ident::parse_any).ok();
            let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]);
            let colon = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
            let name = named.filter(|_| colon || assigned);
            if name.is_some() {
                content.advance_to(&ahead);
                content.parse::<TokenTree>()?;
            }
            let tokens = skip_to(&content, |input| input.peek(Token![,]));
            let last = tokens.clone().into_iter().last().map_or(start, |token| token.span());
            arguments.push(CallArgument { name, tokens, place: Place::between(start, last), assigned });
            let _ = content.parse::<Token![,]>();
        }
        Ok((arguments, Place::from(paren.span.close())))
    };
    read(input).unwrap_or_else(|error| (vec![], error.span().into()))
}

fn one(input: ParseStream, part: &mut Part) -> Value {
    let start = input.span();
    let unread = |input: ParseStream| {
        skip_to(input, |_| false);
        Value::unread(start)
    };
    if input.is_empty() {
        let here = part.here(input);
        part.error(here, "expected a value", VALUE);
        return Value::unread(here);
    }
    if let Some((inside, place)) = of_macro(input) {
        let value = value_of(inside, part);
        return Value { place, ..value };
    }
    if input.peek(token::Paren) || input.peek(token::Bracket) {
        let list = input.peek(token::Bracket);
        let mut read = |input: ParseStream| -> Result<_> {
            let content;
            let place = if list {
                let brackets = bracketed!(content in input);
                Place::between(brackets.span.open(), brackets.span.close())
            } else {
                let parens = parenthesized!(content in input);
                Place::between(parens.span.open(), parens.span.close())
            };
            let (mut values, mut names, mut comma) = (vec![], vec![], false);
            while !content.is_empty() {
                let ahead = content.fork();
                let name = ahead.call(Ident::parse_any).ok();
                if let Some(name) = name.filter(|_| !list && ahead.peek(Token![:]) && !ahead.peek(Token![::]))
                {
                    content.advance_to(&ahead);
                    content.parse::<Token![:]>()?;
                    names.push(name);
                }
                let tokens = skip_to(&content, |input| input.peek(Token![,]));
                values.push(value_of(tokens, part));
                comma |= content.parse::<Token![,]>().is_ok();
            }
            Ok((values, names, comma, place))
        };
        let Ok((mut values, names, comma, place)) = read(input) else { return unread(input) };
        let kind = match (list, comma, values.len()) {
            (true, ..) => ValueKind::List(values),
            _ if !names.is_empty() && names.len() == values.len() => {
                ValueKind::Named(names.into_iter().zip(values).collect())
            }
            _ if !names.is_empty() => {
                part.error(
                    place,
                    "either all values of a tuple have names or none has",
                    "as in `(next: a, value: b)`",
                );
                ValueKind::Unread
            }
            (false, false, 1) => values.remove(0).kind,
            (false, ..) => ValueKind::Tuple(values),
        };
        return Value { kind, place };
    }
    if input.peek(LitStr) || input.peek(LitBool) {
        part.error(start, format!("expected a value, found `{}`", next(input)), VALUE);
        return unread(input);
    }
    if let Ok(number) = input.fork().parse::<Lit>() {
        let _ = input.parse::<Lit>();
        let number = Expr::Lit(syn::ExprLit { attrs: vec![], lit: number });
        return Value { kind: ValueKind::Number(number), place: start.into() };
    }
    if input.peek(Token![|]) || input.peek(Token![||]) || input.peek(Token![move]) {
        part.error(start, "there are no closures in `forward`", "write a `block`, and apply it by its name");
        return unread(input);
    }
    let Ok(word) = input.fork().call(Ident::parse_any) else {
        part.error(start, format!("expected a value, found `{}`", next(input)), VALUE);
        return unread(input);
    };
    if matches!(word.to_string().as_str(), "if" | "match" | "for" | "while" | "loop" | "return") {
        let help = "`forward` says what is applied to what: it has no choices and no loops";
        part.error(start, format!("`{word}` is not part of `forward`"), help);
        return unread(input);
    }
    path(input, part)
}

/// What a macro around this one stands for, where that is more than a word: it is one value, whatever stands beside it.
fn of_macro(input: ParseStream) -> Option<(TokenStream, Place)> {
    let read = input.step(|cursor| {
        let group = cursor.group(Delimiter::None).ok_or_else(|| cursor.error("no group"))?;
        let (inside, span, rest) = group;
        Ok(((inside.token_stream(), Place::from(span.join())), rest))
    });
    let (tokens, place) = read.ok()?;
    Some((tokens, place))
}

/// A name, a path, or what either is applied to.
fn path(input: ParseStream, part: &mut Part) -> Value {
    let start = input.span();
    let Ok(path) = input.call(Path::parse_mod_style) else {
        part.error(start, format!("expected a value, found `{}`", next(input)), VALUE);
        skip_to(input, |_| false);
        return Value::unread(start);
    };
    let place = Place::of(&path);
    let name = path.segments.last().map(|last| last.ident.clone());
    let (Some(name), plain) = (name, path.get_ident().is_some()) else { return Value::unread(place) };
    if input.peek(Token![!]) {
        part.error(place, format!("a macro is not expanded in `forward`, found `{name}!`"), VALUE);
        skip_to(input, |_| false);
        return Value::unread(place);
    }
    if input.peek(token::Paren) {
        if !plain {
            part.error(place, "a layer is applied by its name alone", format!("write `{name}(…)`"));
        }
        let (arguments, end) = arguments(input);
        return Value { kind: ValueKind::Call { callee: name, arguments }, place: place.to(end) };
    }
    let kind = if plain {
        ValueKind::Name(name)
    } else {
        ValueKind::Number(Expr::Path(syn::ExprPath { attrs: vec![], qself: None, path }))
    };
    Value { kind, place }
}
