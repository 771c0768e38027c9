//! The grammar of `network!`. What cannot be read is said once, at its tokens, and reading goes on behind it:
//!
//! ```text
//! network! = (network | block)*
//! network  = attribute* visibility "struct" name generics? ":" ports "->" ports ("," option)* "{" inside "}"
//! inside   = items forward?
//! ```
//!
//! Blocks are read by `template.rs`, items by `item.rs`, `forward` by `forward.rs`.
use super::ast::{Form, Inside, Item, Network, Template};
use super::item::body;
use super::part::{Part, next, skip_to};
use super::template;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser, discouraged::Speculative};
use syn::{Attribute, Generics, Ident, Result, Token, token};

/// How a network is written.
pub const DECLARED: &str = "a network is declared as `pub struct Net: [28, 28] -> [10] { layers }`";

/// What one `network!` declares.
#[derive(Default)]
pub struct Declarations {
    /// The networks, each with what is wrong with how it is written.
    pub networks: Vec<(Network, Diagnostics)>,
    /// The blocks.
    pub templates: Vec<Template>,
    /// What else is wrong.
    pub diagnostics: Diagnostics,
}

/// The declarations in `tokens`.
pub fn network(tokens: TokenStream) -> Declarations {
    let mut declarations = Declarations::default();
    let mut others: Vec<Ident> = vec![];
    for tokens in apart(tokens) {
        let block = template::begins(&tokens);
        let mut own = Diagnostics::default();
        let diagnostics = if block { &mut declarations.diagnostics } else { &mut own };
        let all = tokens.clone();
        others.extend(among_layers(&tokens));
        let parser = |input: ParseStream| -> Result<_> {
            let before = diagnostics.count();
            let head = Part::of(&all, diagnostics);
            let read = match block {
                true => (None, template::template(input, head)),
                false => (declaration(input, head), None),
            };
            let whole = read.0.is_some() || read.1.is_some();
            if whole && !input.is_empty() && diagnostics.count() == before {
                let help = "another network begins with `struct`, and a block with `block`";
                diagnostics.error(input.span(), "expected nothing after the layers", help);
                // `fn Basic(out) { … }`
                let (_, name) = (input.call(Ident::parse_any), input.parse::<Ident>());
                others.extend(name);
            }
            // what is left was said to be wrong
            input.parse::<TokenStream>()?;
            Ok(read)
        };
        let (network, template) = parser.parse2(tokens).unwrap_or_default();
        declarations.templates.extend(template);
        match network {
            Some(network) => declarations.add(network, own),
            None => declarations.diagnostics.append(own),
        }
    }
    declarations.told_apart();
    // what is used may be what could not be read
    declarations.templates.extend(others.into_iter().map(Template::unread));
    declarations
}

impl Declarations {
    /// One more network, with what is wrong with how it is written.
    pub fn add(&mut self, network: Network, said: Diagnostics) {
        if self.networks.iter().any(|(other, _)| other.name == network.name) {
            let what = format!("the network `{}` is declared twice", network.name);
            self.diagnostics.error(network.name.span(), what, "give each its own name");
        } else {
            self.networks.push((network, said));
        }
    }
    /// Says of names that a network and a block have in common that they do.
    pub fn told_apart(&mut self) {
        for template in &mut self.templates {
            if self.networks.iter().any(|(network, _)| network.name == template.name) {
                let what = format!("`{}` is a network and a block", template.name);
                self.diagnostics.error(template.name.span(), what, "give each its own name");
                template.unread = true;
            }
        }
    }
}

/// The names of blocks that stand among the layers of a network, where they are said to stand wrongly.
fn among_layers(tokens: &TokenStream) -> Vec<Ident> {
    let Some(TokenTree::Group(body)) = tokens.clone().into_iter().last() else { return vec![] };
    let inside: Vec<TokenTree> = body.stream().into_iter().collect();
    let named = inside.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "block" => Some(name.clone()),
        _ => None,
    });
    named.collect()
}

/// The tokens of each declaration: one begins with the word `struct` or `block` and a name, and what is said of it before.
fn apart(tokens: TokenStream) -> Vec<TokenStream> {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, mark: char| matches!(&all[at], TokenTree::Punct(punct) if punct.as_char() == mark);
    let mut begins = vec![];
    for (at, pair) in all.windows(2).enumerate().filter(|(at, _)| *at > 0) {
        let [TokenTree::Ident(word), TokenTree::Ident(_)] = pair else { continue };
        if word != "struct" && word != "block" {
            continue;
        }
        let mut first = at;
        // visibility, then attributes
        let group = |at: usize, wanted| matches!(&all[at], TokenTree::Group(g) if g.delimiter() == wanted);
        let restricted = first >= 2 && group(first - 1, Delimiter::Parenthesis);
        let visibility = first - if restricted { 2 } else { 1 };
        if matches!(&all[visibility], TokenTree::Ident(word) if word == "pub") {
            first = visibility;
        } else if group(at - 1, Delimiter::None) {
            // `$vis` of a macro
            first = at - 1;
        }
        while first >= 2 && group(first - 1, Delimiter::Bracket) {
            let inner = first >= 3 && is(first - 2, '!') && is(first - 3, '#');
            if !inner && !is(first - 2, '#') {
                break;
            }
            first -= if inner { 3 } else { 2 };
        }
        begins.push(first);
    }
    begins.retain(|first| *first > 0);
    let mut declarations = vec![];
    let mut rest = all.into_iter();
    let mut from = 0;
    for first in begins {
        declarations.push(rest.by_ref().take(first - from).collect());
        from = first;
    }
    declarations.push(rest.collect());
    declarations
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
    let inside = if input.peek(token::Brace) || delimited && input.peek2(syn::parse::End) {
        body(input, &name, DECLARED, &mut head)
    } else {
        let here = head.here(input);
        let help = if input.peek(Token![;]) { "write the layers in place of `;`" } else { DECLARED };
        head.error(here, format!("expected the layers of `{name}` in braces"), help);
        let _ = input.parse::<TokenStream>();
        Inside { items: vec![Item::Unread(None)], forward: None }
    };
    let form = Form::Network;
    Some(Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, inside, form })
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
