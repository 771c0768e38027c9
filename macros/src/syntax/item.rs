//! What stands between the braces of a network, a block, a group, a branch or a `repeat`:
//!
//! ```text
//! items    = (doc* "#[frozen]"? (name ":")? item), …
//! item     = word ("(" arguments ")")? | "repeat" size "{" items "}" | "{" items "}"
//!          | ("add" | "concat" "(" arguments ")") "{" branch, … "}" | "residual" "{" items "}"
//! branch   = (name ":")? "{" items "}"
//! ```
use super::arguments::arguments;
use super::ast::{
    ArgumentDecl, BranchesDecl, Form, ForwardDecl, GroupDecl, Inside, Item, Join, LayerDecl, RepeatDecl,
};
use super::foreign::{LAYER, REPEAT, is_keyword, name, no_layer, repeats, times};
use super::forward;
use super::part::{Part, next, skip_to};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{Attribute, Expr, Ident, Lit, LitInt, LitStr, Result, Token, braced, parenthesized, token};

/// The layers of `name` in braces; in other delimiters they are read too. `declared` says how it is declared.
pub fn body(input: ParseStream, name: &Ident, declared: &str, head: &mut Part) -> Inside {
    let unread = Inside { items: vec![Item::Unread(None)], forward: None };
    let Ok(TokenTree::Group(group)) = input.parse::<TokenTree>() else { return unread };
    let place = Place::between(group.span_open(), group.span_close());
    if group.delimiter() != Delimiter::Brace {
        head.error(group.span_open(), format!("the layers of `{name}` stand in braces"), declared);
    }
    let empty = group.stream().is_empty();
    let parser = |input: ParseStream| Ok(inside(input, head.diagnostics()));
    let inside = parser.parse2(group.stream()).unwrap_or_default();
    if empty {
        head.error(place, format!("`{name}` has no layers"), LAYER);
    }
    if inside.items.is_empty() && inside.forward.is_none() { unread } else { inside }
}

/// Layers up to the end of `input`, and what is done with them if that is said.
fn inside(input: ParseStream, diagnostics: &mut Diagnostics) -> Inside {
    let mut forward = None;
    let items = items(input, diagnostics, Some(&mut forward));
    Inside { items, forward }
}

/// Layers up to the end of `input`. `forward` takes the function among them, where one may stand.
fn items(
    input: ParseStream,
    diagnostics: &mut Diagnostics,
    mut forward: Option<&mut Option<ForwardDecl>>,
) -> Vec<Item> {
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
        if forward::begins(input) {
            let place = input.span();
            let read = forward::forward(input, &mut part);
            match &mut forward {
                Some(first) if first.is_none() => **first = read,
                Some(_) => part.error(place, "`forward` stands here twice", "a network has one `forward`"),
                None => {
                    let help = "write a `block` with a `forward`, and use it here";
                    part.error(place, "a group of layers has no `forward`", help);
                }
            }
            let _ = input.parse::<Token![,]>();
            part.said = false;
            continue;
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
    if forward::begins(input) {
        part.error(input.span(), "expected `,` before `fn`", "layers are separated by commas");
        return true;
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
    if input.peek(token::Brace) && !part.said {
        return Item::Group(group(input, name, frozen, part));
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
    if word == "block" && input.peek(Ident) {
        let help = "write it before or after `struct Net: … { … }`, and its name where a layer stands";
        part.error(word.span(), "a block is declared beside the network, not among its layers", help);
        rest(input);
        return Item::Unread(None);
    }
    let join = Join::ALL.into_iter().find(|join| word == join.word());
    let told_branches = input.peek(token::Paren) && input.peek2(token::Brace);
    if (input.peek(token::Brace) || told_branches) && join.is_none() {
        let what = format!("`repeat`, `add`, `concat` and `residual` have layers in braces, found `{word}`");
        part.error(word.span(), what, braces(&word, name.is_some()));
        rest(input);
        return Item::Unread(name);
    }
    if let Some(join) = join.filter(|_| input.peek(token::Paren) && !told_branches) {
        let what = format!("expected the branches of `{word}` in braces, found `(`");
        part.error(input.span(), what, join.form());
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
    } else if join.is_some() {
        (vec![], false)
    } else {
        misplaced(input, &word, part)
    };
    if let Some(join) = join {
        return branches(
            input,
            BranchesDecl { name, word, join, arguments: (arguments, unread), branches: vec![], frozen },
            part,
        );
    }
    Item::Layer(LayerDecl {
        name,
        word,
        arguments,
        unread,
        path,
        said: part.said,
        frozen,
        form: Form::Network,
    })
}

/// What to do about a word before layers in braces that is none of those that have them.
fn braces(word: &Ident, named: bool) -> String {
    const OTHERS: [&str; 7] = ["sum", "cat", "skip", "shortcut", "parallel", "branches", "branch"];
    let text = word.to_string();
    let lower = text.to_lowercase();
    let meant = Join::ALL.into_iter().find(|join| lower == join.word());
    match meant {
        Some(join) => join.form().into(),
        None if OTHERS.contains(&lower.as_str()) => Join::Add.form().into(),
        None if named => format!("layers under one name stand in braces alone: leave `{word}` out"),
        None if text == lower => format!("layers under one name are written as `{word}: {{ Linear(64), Relu }}`"),
        None => "layers under one name are written as `body: { Linear(64), Relu }`; what a block is told stands in \
                 parentheses"
            .into(),
    }
}

/// `{ … }`, after its name.
fn group(input: ParseStream, name: Option<Ident>, frozen: Option<Span>, part: &mut Part) -> GroupDecl {
    let span = input.span();
    let mut body = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        Ok((items(&content, part.diagnostics(), None), brace.span.join()))
    };
    let (items, span) = body(input).unwrap_or((vec![], span));
    GroupDecl { name, span, items, frozen }
}

/// The branches of `add`, `concat` or `residual`, after its word and its arguments.
fn branches(input: ParseStream, mut decl: BranchesDecl, part: &mut Part) -> Item {
    let (join, word) = (decl.join, decl.word.clone());
    if !input.peek(token::Brace) {
        let here = if input.is_empty() { word.span().into() } else { part.here(input) };
        part.error(here, format!("expected the branches of `{word}` in braces"), join.form());
        rest(input);
        return Item::Unread(decl.name);
    }
    let mut body = |input: ParseStream| -> Result<_> {
        let content;
        let brace = braced!(content in input);
        let place = Place::between(brace.span.open(), brace.span.close());
        let mut branches = vec![];
        if join == Join::Residual {
            let items = items(&content, part.diagnostics(), None);
            branches.push(GroupDecl { name: None, span: brace.span.join(), items, frozen: None });
            return Ok((branches, place, true));
        }
        let mut inner = Part::of(&TokenStream::new(), part.diagnostics());
        let mut read = true;
        while !content.is_empty() {
            let frozen = attributes(&content, &mut inner);
            let named = name(&content, &mut inner);
            if content.peek(token::Brace) && read {
                branches.push(group(&content, named, frozen, &mut inner));
            } else {
                let found = if content.is_empty() { inner.here(&content) } else { content.span().into() };
                let what = format!("a branch of `{word}` is a group in braces, found `{}`", next(&content));
                // what stands there is probably one branch, of several layers
                if read {
                    inner.error(found, what, join.form());
                }
                rest(&content);
            }
            if !content.is_empty() && content.parse::<Token![,]>().is_err() {
                inner.expected(&content, "`,` after a branch", "branches are separated by commas", |input| {
                    input.peek(Token![,])
                });
                let _ = content.parse::<Token![,]>();
            }
            read &= !inner.said;
            inner.said = false;
        }
        Ok((branches, place, read))
    };
    let Ok((branches, place, read)) = body(input) else { return Item::Unread(decl.name) };
    if !read {
        return Item::Unread(decl.name);
    }
    let nothing = match join {
        Join::Residual => branches.iter().all(|branch| branch.items.is_empty()),
        Join::Add | Join::Concat => branches.is_empty(),
    };
    if nothing {
        part.error(place, format!("`{word}` has no layers"), join.form());
        return Item::Unread(decl.name);
    }
    decl.branches = branches;
    Item::Branches(decl)
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
        let items = items(&content, part.diagnostics(), None);
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
