//! The grammar of `network!`, recovering at the end of each layer:
//!
//! ```text
//! network  = attribute* visibility "struct" name generics? ":" ports "->" ports ("," option)* "{" items "}"
//! ports    = shape | "(" (name ":")? element? shape, … ")"
//! shape    = "[" size, … "]"
//! option   = "max_bytes" ":" number ("B" | "KB" | "MB" | "GB") "at" number | "crate" ":" path
//! items    = ((name ":")? (layer | "repeat" size "{" items "}")), …
//! layer    = word ("(" ((name ":")? value), … ")")?
//! ```
use super::ast::{ArgumentDecl, Budget, Form, Item, LayerDecl, Network, Port, RepeatDecl};
use crate::diagnostics::Diagnostics;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitInt, Path, Result, Token, braced, bracketed, parenthesized, token};

/// The declaration in `tokens`. Mistakes inside layers are reported and the rest is kept; only a header without
/// name or signature gives nothing.
pub fn network(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Option<Network> {
    let parser = |input: ParseStream| {
        let attributes = input.call(syn::Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name: Ident = input.parse()?;
        let generics = input.parse()?;
        let (inputs, outputs, signature) = signature_after_colon(input)?;
        let (budget, runtime) = options(input, diagnostics)?;
        let content;
        braced!(content in input);
        let items = items(&content, diagnostics);
        if !input.is_empty() {
            diagnostics.error(input.span(), "expected nothing after the layers", "one `network!` declares one struct");
            input.parse::<TokenStream>()?;
        }
        Ok(Network {
            attributes,
            visibility,
            name,
            generics,
            inputs,
            outputs,
            signature,
            budget,
            runtime,
            items,
            form: Form::Network,
        })
    };
    match parser.parse2(tokens) {
        Ok(network) => Some(network),
        Err(error) => {
            let help = "a network is declared as `pub struct Name: [28, 28] -> [10] { layers }`";
            diagnostics.error(error.span(), error.to_string(), help);
            None
        }
    }
}

fn signature_after_colon(input: ParseStream) -> Result<(Vec<Port>, Vec<Port>, Span)> {
    input.parse::<Token![:]>()?;
    signature(input)
}

/// `[784] -> [10]`
pub fn signature(input: ParseStream) -> Result<(Vec<Port>, Vec<Port>, Span)> {
    let start = input.span();
    let inputs = ports(input)?;
    input.parse::<Token![->]>()?;
    let outputs = ports(input)?;
    let end = outputs.last().map_or(start, |port| port.span);
    Ok((inputs, outputs, start.join(end).unwrap_or(end)))
}

fn ports(input: ParseStream) -> Result<Vec<Port>> {
    if !input.peek(token::Paren) {
        return Ok(vec![port(input)?]);
    }
    let content;
    parenthesized!(content in input);
    Ok(content.parse_terminated(port, Token![,])?.into_iter().collect())
}

fn port(input: ParseStream) -> Result<Port> {
    let name = if input.peek(Ident) && input.peek2(Token![:]) {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Some(name)
    } else {
        None
    };
    let element = if input.peek(Ident) { Some(input.parse()?) } else { None };
    let content;
    let bracket = bracketed!(content in input);
    let sizes = content.parse_terminated(Expr::parse, Token![,])?.into_iter().collect();
    Ok(Port { name, element, sizes, span: bracket.span.join() })
}

/// What may follow a signature.
pub fn options(input: ParseStream, diagnostics: &mut Diagnostics) -> Result<(Option<Budget>, Option<Path>)> {
    let (mut budget, mut runtime) = (None, None);
    while input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
        if input.is_empty() || input.peek(token::Brace) {
            break;
        }
        let name = Ident::parse_any(input)?;
        input.parse::<Token![:]>()?;
        match name.to_string().as_str() {
            "max_bytes" => budget = Some(parse_budget(input)?),
            "crate" => runtime = Some(input.call(Path::parse_mod_style)?),
            other => {
                let help = "the options are `max_bytes: 4 MB at 64` and `crate: path`";
                diagnostics.error(name.span(), format!("unknown option `{other}`"), help);
                while !input.is_empty() && !input.peek(Token![,]) && !input.peek(token::Brace) {
                    input.parse::<TokenTree>()?;
                }
            }
        }
    }
    Ok((budget, runtime))
}

fn parse_budget(input: ParseStream) -> Result<Budget> {
    const HELP: &str = "expected a budget such as `4 MB at 64`";
    let amount: LitInt = input.parse().map_err(|e| syn::Error::new(e.span(), HELP))?;
    let unit = match amount.suffix() {
        "" => input.call(Ident::parse_any)?.to_string(),
        suffix => suffix.to_string(),
    };
    let scale = match unit.as_str() {
        "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return Err(syn::Error::new(amount.span(), HELP)),
    };
    let at: Ident = input.parse()?;
    if at != "at" {
        return Err(syn::Error::new(at.span(), HELP));
    }
    let batch: LitInt = input.parse()?;
    let bytes = amount.base10_digits().parse::<usize>().ok().and_then(|n| n.checked_mul(scale));
    let bytes = bytes.ok_or_else(|| syn::Error::new(amount.span(), "the budget does not fit a machine word"))?;
    let span = amount.span().join(batch.span()).unwrap_or(amount.span());
    Ok(Budget { bytes, batch, span })
}

/// Layers up to the end of `input`. A broken one is reported, and reading goes on after its comma.
fn items(input: ParseStream, diagnostics: &mut Diagnostics) -> Vec<Item> {
    let mut items = vec![];
    while !input.is_empty() {
        match item(input, diagnostics) {
            Ok(item) => {
                items.push(item);
                if !input.is_empty() && !input.peek(Token![,]) {
                    diagnostics.error(input.span(), "expected `,` between layers", "layers are separated by commas");
                    skip_to_comma(input);
                }
            }
            Err(error) => {
                let help = "a layer is written as `name: Linear(64)`, or without a name as `Relu`";
                diagnostics.error(error.span(), error.to_string(), help);
                skip_to_comma(input);
            }
        }
        if input.peek(Token![,]) && input.parse::<Token![,]>().is_err() {
            break;
        }
    }
    items
}

fn skip_to_comma(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn item(input: ParseStream, diagnostics: &mut Diagnostics) -> Result<Item> {
    let name = if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![:]>()?;
        Some(name)
    } else {
        None
    };
    let word: Ident = input.parse().map_err(|e| syn::Error::new(e.span(), "expected a layer"))?;
    if word == "repeat" {
        let count = input.call(Expr::parse_without_eager_brace)?;
        let content;
        braced!(content in input);
        return Ok(Item::Repeat(RepeatDecl { name, word, count, items: items(&content, diagnostics) }));
    }
    let mut arguments = vec![];
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        let list = Punctuated::<ArgumentDecl, Token![,]>::parse_terminated(&content)?;
        arguments.extend(list);
    }
    Ok(Item::Layer(LayerDecl { name, word, arguments }))
}

impl Parse for ArgumentDecl {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let name = Ident::parse_any(input)?;
            input.parse::<Token![:]>()?;
            Some(name)
        } else {
            None
        };
        let value: Expr = input.parse()?;
        Ok(ArgumentDecl { name, value })
    }
}
