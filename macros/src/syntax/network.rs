//! The grammar of `network!`. What cannot be read is said once, at its tokens, and reading goes on behind it:
//!
//! ```text
//! network  = attribute* visibility "struct" name generics? ":" ports "->" ports ("," option)* "{" items "}"
//! items    = (doc* "#[frozen]"? (name ":")? (layer | "repeat" size "{" items "}")), …
//! layer    = word ("(" arguments ")")?
//! ```
use super::arguments::arguments;
use super::ast::{ArgumentDecl, Form, Item, LayerDecl, Network, RepeatDecl};
use super::foreign::{LAYER, REPEAT, is_keyword, name, no_layer, repeats, times};
use super::part::{Part, next, skip_to};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{
    Attribute, Expr, Generics, Ident, Lit, LitInt, LitStr, Result, Token, braced, parenthesized, token,
};

const DECLARED: &str = "a network is declared as `pub struct Net: [28, 28] -> [10] { layers }`";

/// The declaration in `tokens`, or nothing if not even a struct and its name are there.
pub fn network(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Option<Network> {
    let all = tokens.clone();
    let parser = |input: ParseStream| -> Result<Option<Network>> {
        let before = diagnostics.count();
        let network = declaration(input, Part::of(&all, diagnostics));
        if network.is_some() && !input.is_empty() && diagnostics.count() == before {
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

fn declaration(input: ParseStream, mut head: Part) -> Option<Network> {
    if input.peek(Token![#]) && input.peek2(Token![!]) {
        let place = Place::between(
            input.span(),
            input.cursor().token_tree().map_or(input.span(), |(_, rest)| rest.span()),
        );
        head.error(place, "nothing is said of a network from inside", "write `#[…]` before it");
        let _ = (input.parse::<Token![#]>(), input.parse::<Token![!]>(), input.parse::<TokenTree>());
    }
    let start = |input: ParseStream| Result::Ok((input.call(Attribute::parse_outer)?, input.parse()?));
    let (attributes, visibility) = match start(input) {
        Ok(read) => read,
        Err(error) => {
            head.error(error.span(), error.to_string(), DECLARED);
            return None;
        }
    };
    if input.parse::<Token![struct]>().is_err() {
        let here = head.here(input);
        head.error(here, format!("expected the word `struct`, found `{}`", next(input)), DECLARED);
        // another word for it
        let ahead = input.fork();
        if ahead.call(Ident::parse_any).is_ok() && ahead.peek(Ident) {
            input.advance_to(&ahead);
        }
    }
    let Ok(name) = input.parse::<Ident>() else {
        let here = head.here(input);
        head.error(here, "expected the name of the struct", DECLARED);
        return None;
    };
    let mut generics = parameters(input, &mut head);
    if input.parse::<Token![:]>().is_err() {
        let expected = if input.peek(token::Bracket) {
            format!("`:` after `{name}`")
        } else {
            format!("`:` and the shapes of `{name}`")
        };
        let help = format!("write `struct {name}: [784] -> [10] {{ … }}`");
        let shapes = |input: ParseStream| {
            input.peek(token::Bracket) || input.peek(token::Paren) && !input.peek2(token::Brace)
        };
        head.expected(input, &expected, help, |input| shapes(input) || input.peek(token::Brace));
    }
    let broken = head.said && !input.peek(token::Bracket) && !input.peek(token::Paren);
    let (inputs, outputs) = if broken { (vec![], vec![]) } else { head.signature(input, &mut generics) };
    let (budget, runtime) = head.options(input);
    let delimited = input.peek(token::Paren) || input.peek(token::Bracket);
    let items = if input.peek(token::Brace) || delimited && input.peek2(syn::parse::End) {
        body(input, &name, &mut head)
    } else {
        let here = head.here(input);
        let help = if input.peek(Token![;]) { "write the layers in place of `;`" } else { DECLARED };
        head.error(here, format!("expected the layers of `{name}` in braces"), help);
        let _ = input.parse::<TokenStream>();
        vec![Item::Unread(None)]
    };
    let form = Form::Network;
    Some(Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, items, form })
}

/// `<const H: usize>`
fn parameters(input: ParseStream, head: &mut Part) -> Generics {
    let ahead = input.fork();
    match ahead.parse() {
        Ok(generics) => {
            input.advance_to(&ahead);
            generics
        }
        Err(error) => {
            let place = if ahead.is_empty() { head.here(&ahead) } else { error.span().into() };
            head.error(place, "expected the parameters of a network", "they are sizes: `<const H: usize>`");
            skip_to(input, |input| {
                input.peek(Token![>])
                    || input.peek(Token![->])
                    || input.peek(token::Bracket)
                    || input.peek(token::Brace)
            });
            let _ = input.parse::<Token![>]>();
            Generics::default()
        }
    }
}

/// The layers in braces; in other delimiters they are read too.
fn body(input: ParseStream, name: &Ident, head: &mut Part) -> Vec<Item> {
    let Ok(TokenTree::Group(group)) = input.parse::<TokenTree>() else { return vec![Item::Unread(None)] };
    let place = Place::between(group.span_open(), group.span_close());
    if group.delimiter() != Delimiter::Brace {
        head.error(group.span_open(), format!("the layers of `{name}` stand in braces"), DECLARED);
    }
    let empty = group.stream().is_empty();
    let parser = |input: ParseStream| Ok(items(input, head.diagnostics()));
    let items = parser.parse2(group.stream()).unwrap_or_default();
    if empty {
        head.error(place, format!("`{name}` has no layers"), LAYER);
    }
    if items.is_empty() { vec![Item::Unread(None)] } else { items }
}

/// Layers up to the end of `input`.
fn items(input: ParseStream, diagnostics: &mut Diagnostics) -> Vec<Item> {
    let mut items = vec![];
    let mut part = Part::of(&TokenStream::new(), diagnostics);
    // what begins no layer after a mistake is left of it
    let mut left_over = false;
    while !input.is_empty() {
        let start = input.span();
        let frozen = attributes(input, &mut part);
        if input.is_empty() {
            let help = "what is said of a layer stands before it";
            part.error(start, "expected a layer after what is said of it", help);
            items.push(Item::Unread(None));
            break;
        }
        items.push(item(input, frozen, left_over, &mut part));
        if !after_layer(input, &mut items, &mut part) {
            left_over = part.said;
            part.said = false;
        }
    }
    items
}

/// What comes after a layer: a comma, or the end. Says what stands there instead; whether the next layer is in the same
/// part, as the comma before it is missing.
fn after_layer(input: ParseStream, items: &mut Vec<Item>, part: &mut Part) -> bool {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return false;
    }
    if input.peek(Token![;]) {
        part.error(input.span(), "layers are separated by `,`, found `;`", "write `,`");
        let _ = input.parse::<Token![;]>();
        return false;
    }
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok().filter(|word| {
        let named = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
        named
            || ahead.peek(token::Paren)
            || word == "repeat"
            || word.to_string().starts_with(char::is_uppercase)
    });
    let begins = word.map(|word| word.to_string()).or_else(|| input.peek(Token![#]).then(|| "#".to_string()));
    if let Some(word) = begins {
        part.error(input.span(), format!("expected `,` before `{word}`"), "layers are separated by commas");
        // one without arguments may be the word twice
        if let Some(Item::Layer(layer)) = items.last_mut() {
            layer.said |= layer.arguments.is_empty();
        }
        return true;
    }
    let called = input.peek(Token![.]) || input.peek(Token![?]);
    // a layer of another library, which is said
    if called && matches!(items.last(), Some(Item::Layer(LayerDecl { path: Some(_), .. }))) {
        rest(input);
        let _ = input.parse::<Token![,]>();
        return false;
    }
    let help = if called {
        "nothing is called on a layer: leave it out; an activation is a layer of its own, after a comma"
    } else if input.peek(Token![*]) {
        REPEAT
    } else {
        "layers are separated by commas"
    };
    part.expected(input, "`,` after a layer", help, |input| input.peek(Token![,]));
    if let Some(Item::Layer(layer)) = items.last_mut() {
        layer.said = true;
    }
    // what was passed over might have made anything
    items.push(Item::Unread(None));
    let _ = input.parse::<Token![,]>();
    false
}

/// What stands before a layer: doc comments, which are for who reads the declaration, and `#[frozen]`.
fn attributes(input: ParseStream, part: &mut Part) -> Option<Span> {
    let mut frozen = None;
    while input.peek(Token![#]) {
        let start = input.span();
        // by itself, whatever comes after it
        let ahead = input.fork();
        let tokens: TokenStream = (0..2).map_while(|_| ahead.parse::<TokenTree>().ok()).collect();
        let read = Attribute::parse_outer.parse2(tokens).ok().and_then(|read| read.into_iter().next());
        let _ = input.parse::<Token![#]>();
        let inner = input.parse::<Token![!]>().is_ok();
        let group = if input.peek(token::Bracket) { input.parse::<TokenTree>().ok() } else { None };
        let place = group.as_ref().map_or(start.into(), |group| Place::between(start, group.span()));
        let Some(attribute) = read.filter(|_| group.is_some()) else {
            let what =
                if inner { "nothing is said of all layers from inside" } else { "expected an attribute" };
            let help = if group.is_some_and(|group| group.to_string().contains("doc")) {
                "write `///`, before a layer"
            } else {
                "only doc comments and `#[frozen]` stand before a layer; a comment begins with `//`"
            };
            part.error(place, what, help);
            continue;
        };
        if super::is_frozen(&attribute, part.diagnostics()) {
            frozen = Some(Place::of(&attribute.meta).start());
        } else if !attribute.path().is_ident("doc") {
            let what = format!("a layer takes no attribute `{}`", attribute.path().to_token_stream());
            let help = "only doc comments and `#[frozen]` stand before a layer";
            part.diagnostics().error(Place::of(&attribute), what, help);
        }
    }
    frozen
}

/// A layer or a block.
fn item(input: ParseStream, mut frozen: Option<Span>, left_over: bool, part: &mut Part) -> Item {
    let start = input.span();
    let name = name(input, part);
    if name.is_some() && input.peek(Token![#]) {
        let help = "write `#[frozen] fc1: Linear(64)`";
        part.error(input.span(), "what is said of a layer stands before its name", help);
        frozen = attributes(input, part).or(frozen);
    }
    if name.as_ref().is_some_and(|name| name == "max_bytes") {
        let help = "write `struct Net: [784] -> [10], max_bytes: 4 MB at 64 { … }`";
        part.error(start, "options stand before the layers", help);
        rest(input);
        return Item::Unread(None);
    }
    // a word in quotes is looked up as the word
    let quoted = input.fork().parse::<LitStr>().ok().and_then(|text| {
        let mut word = syn::parse_str::<Ident>(&text.value()).ok()?;
        word.set_span(text.span());
        Some(word)
    });
    let word = match quoted {
        Some(word) => input.parse::<TokenTree>().map(|_| word),
        None => input.call(Ident::parse_any),
    };
    let Ok(mut word) = word else {
        match &name {
            Some(name) if input.is_empty() || input.peek(Token![,]) => {
                let what = format!("expected a layer after the name `{name}`");
                part.error(Place::between(start, name.span()), what, LAYER);
            }
            _ if left_over => part.said = true,
            _ => part.error(
                input.span(),
                format!("expected a layer, found `{}`", next(input)),
                no_layer(input),
            ),
        }
        rest(input);
        return Item::Unread(name);
    };
    let (first, mut path) = (word.span(), None);
    while input.peek(Token![.]) || input.peek(Token![::]) {
        let ahead = input.fork();
        let _ = ahead.parse::<Token![.]>().map(drop).or_else(|_| ahead.parse::<Token![::]>().map(drop));
        let Ok(inner) = ahead.call(Ident::parse_any) else { break };
        input.advance_to(&ahead);
        path = Some(Place::between(first, inner.span()));
        // what makes a layer elsewhere: `Linear::new(784, 64)`
        if inner != "new" {
            word = inner;
        }
    }
    // a number and a block follow nothing else
    let counted = input.peek(LitInt) && input.peek2(token::Brace);
    if let Some(help) = repeats(&word.to_string()).or(counted.then_some(REPEAT)) {
        if !help.is_empty() {
            part.error(word.span(), format!("expected `repeat`, found `{word}`"), help);
        }
        return repeat(input, (name, word, frozen), part);
    }
    if input.peek(Token![!]) {
        let mut last = input.span();
        let _ = input.parse::<Token![!]>();
        if let Ok(group) = input.parse::<TokenTree>() {
            last = group.span();
        }
        let what = format!("expected a layer, found the macro `{word}!`");
        part.error(
            Place::between(first, last),
            what,
            "a macro in here is not expanded: write the layers out",
        );
        rest(input);
        return Item::Unread(name);
    }
    if is_keyword(&word) {
        part.error(word.span(), format!("expected a layer, found `{word}`, a word of Rust's own"), LAYER);
        rest(input);
        return Item::Unread(name);
    }
    if input.peek(token::Brace) {
        let what = format!("only a `repeat` has layers in braces, found `{word}`");
        part.error(word.span(), what, REPEAT);
        rest(input);
        return Item::Unread(name);
    }
    let (arguments, unread) = if input.peek(token::Paren) {
        let mut quiet = Diagnostics::default();
        let diagnostics = if part.said { &mut quiet } else { part.diagnostics() };
        let mut parsed = |input: ParseStream| -> Result<_> {
            let content;
            parenthesized!(content in input);
            Ok(arguments(&content, diagnostics))
        };
        parsed(input).unwrap_or_default()
    } else {
        misplaced(input, &word, part)
    };
    Item::Layer(LayerDecl { name, word, arguments, unread, path, said: part.said, frozen })
}

/// `repeat 12 { … }`, after its word.
fn repeat(
    input: ParseStream,
    (name, word, frozen): (Option<Ident>, Ident, Option<Span>),
    part: &mut Part,
) -> Item {
    let at_block = |input: ParseStream| input.peek(token::Brace) || input.peek(Token![,]);
    let mut count = None;
    if part.said {
        count = times(input);
    } else if input.is_empty() || at_block(input) {
        part.error(word.span(), "expected how often, after `repeat`", REPEAT);
    } else {
        let ahead = input.fork();
        match ahead.call(Expr::parse_without_eager_brace) {
            Ok(expr) => {
                input.advance_to(&ahead);
                count = Some(expr);
            }
            Err(error) => {
                let place = if ahead.is_empty() { word.span() } else { error.span() };
                part.error(place, "expected how often, after `repeat`", REPEAT);
                skip_to(input, at_block);
            }
        }
    }
    if !input.is_empty() && !at_block(input) {
        part.expected(input, "the layers to repeat in braces", REPEAT, at_block);
        count = None;
    }
    let mut body = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        let items = items(&content, part.diagnostics());
        Ok((items, Place::between(brace.span.open(), brace.span.close())))
    };
    match body(input) {
        Ok((items, place)) => {
            if items.is_empty() {
                part.error(place, "expected a layer to repeat", REPEAT);
                return Item::Unread(name);
            }
            Item::Repeat(RepeatDecl { name, word, count, items, frozen })
        }
        Err(_) => {
            part.error(word.span(), "expected the layers to repeat in braces", REPEAT);
            rest(input);
            Item::Unread(name)
        }
    }
}

/// Arguments that do not stand in parentheses: `Linear 64`, `Linear[64]`, `Linear<64>`.
fn misplaced(input: ParseStream, word: &Ident, part: &mut Part) -> (Vec<ArgumentDecl>, bool) {
    let angle = input.peek(Token![<]);
    if !(angle || input.peek(Lit) || input.peek(token::Bracket)) {
        return (vec![], false);
    }
    let first = input.span();
    let found = rest(input);
    let text = found.to_string();
    let bare = text.trim_matches(|c: char| "<>[]{}".contains(c) || c.is_whitespace());
    let last = found.into_iter().last().map_or(first, |token| token.span());
    let what = format!("the arguments of `{word}` stand in parentheses");
    part.error(Place::between(first, last), what, format!("write `{word}({bare})`"));
    (vec![], true)
}

/// Everything up to the next comma.
fn rest(input: ParseStream) -> TokenStream {
    skip_to(input, |input| input.peek(Token![,]))
}
