//! What stands before the layers, in both forms:
//!
//! ```text
//! ports    = shape | "(" (name ":")? element? shape, … ")"
//! shape    = "[" size, … "]"
//! option   = "max_bytes" ":" number ("B" | "KB" | "MB" | "GB") "at" number | "crate" ":" path
//! ```
use super::ast::{Budget, Port};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, discouraged::Speculative};
use syn::{Expr, Ident, LitInt, Path, Result, Token, bracketed, parenthesized, token};

const SHAPE: &str = "a shape is its sizes in brackets: `[784]`, `[1, 28, 28]`";

/// Passes over everything before `end`.
pub fn skip_to(input: ParseStream, end: impl Fn(ParseStream) -> bool) -> TokenStream {
    let mut passed = TokenStream::new();
    while !input.is_empty() && !end(input) {
        let Ok(token) = input.parse::<TokenTree>() else { break };
        passed.extend([token]);
    }
    passed
}

/// `[784] -> [10]`; what of it could not be read is said, and empty.
pub fn signature(input: ParseStream, diagnostics: &mut Diagnostics) -> (Vec<Port>, Vec<Port>) {
    let inputs = ports(input, diagnostics, "input");
    if input.parse::<Token![->]>().is_err() {
        const SIGNATURE: &str = "a signature is written as `[784] -> [10]`";
        if !input.peek(token::Bracket) && !input.peek(token::Paren) {
            let place = if input.is_empty() {
                inputs.last().map_or(input.span(), |port| port.span)
            } else {
                input.span()
            };
            diagnostics.error(place, "expected `->` and the shape of the output", SIGNATURE);
            return (inputs, vec![]);
        }
        diagnostics.error(input.span(), "expected `->` between the shapes of input and output", SIGNATURE);
    }
    let outputs = ports(input, diagnostics, "output");
    (inputs, outputs)
}

fn ends(input: ParseStream) -> bool {
    input.peek(Token![->]) || input.peek(Token![,]) || input.peek(token::Brace)
}

fn ports(input: ParseStream, diagnostics: &mut Diagnostics, what: &str) -> Vec<Port> {
    if !input.peek(token::Paren) {
        let ahead = input.fork();
        if let Ok(port) = ahead.call(port) {
            input.advance_to(&ahead);
            return vec![port];
        }
        let start = input.span();
        let passed = skip_to(input, ends);
        let place = passed.into_iter().last().map_or(start.into(), |last| Place::between(start, last.span()));
        diagnostics.error(place, format!("expected the shape of the {what}"), SHAPE);
        return vec![];
    }
    let parse = |input: ParseStream| {
        let content;
        let paren = parenthesized!(content in input);
        let ports = content.parse_terminated(port, Token![,])?;
        Ok((ports.into_iter().collect::<Vec<_>>(), Place::between(paren.span.open(), paren.span.close())))
    };
    match parse(input) {
        Ok((ports, _)) if !ports.is_empty() => ports,
        Ok((ports, place)) => {
            diagnostics.error(place, format!("a network has at least one {what}"), SHAPE);
            ports
        }
        Err(error) => {
            let help = "several values are written as `(tokens: u32 [64], mask: [64])`";
            diagnostics.error(error.span(), format!("expected the shapes of the {what}s"), help);
            skip_to(input, ends);
            vec![]
        }
    }
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

/// The options, up to the layers.
pub fn after_signature(input: ParseStream, diagnostics: &mut Diagnostics) -> (Option<Budget>, Option<Path>) {
    let (mut budget, mut runtime) = (None, None);
    if !input.is_empty() && !input.peek(Token![,]) && !input.peek(token::Brace) && !input.peek(Token![;]) {
        let start = input.span();
        let passed = skip_to(input, |input| input.peek(Token![,]) || input.peek(token::Brace));
        let last = passed.clone().into_iter().last().map_or(start, |token| token.span());
        let what = format!("expected the layers, found `{passed}`");
        diagnostics.error(
            Place::between(start, last),
            what,
            "after the shapes come options, each after a comma, and layers",
        );
    }
    while input.parse::<Token![,]>().is_ok() {
        if input.is_empty() || input.peek(token::Brace) {
            break;
        }
        if let Err(error) = option(input, &mut budget, &mut runtime) {
            let help = "the options are `max_bytes: 4 MB at 64` and `crate: path`";
            diagnostics.error(error.span(), error.to_string(), help);
            skip_to(input, |input| input.peek(Token![,]) || input.peek(token::Brace));
        }
    }
    (budget, runtime)
}

fn option(input: ParseStream, budget: &mut Option<Budget>, runtime: &mut Option<Path>) -> Result<()> {
    let wrong = |name: &Ident, what: String| Err(syn::Error::new(name.span(), what));
    let name = input.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), "expected an option"))?;
    match name.to_string().as_str() {
        "max_bytes" if budget.is_some() => {
            return wrong(&name, "the option `max_bytes` is given twice".into());
        }
        "crate" if runtime.is_some() => return wrong(&name, "the option `crate` is given twice".into()),
        "max_bytes" | "crate" => {}
        other => return wrong(&name, format!("unknown option `{other}`")),
    }
    if input.parse::<Token![:]>().is_err() {
        return wrong(&name, format!("expected `:` after the option `{name}`"));
    }
    if name == "crate" {
        let path = input.call(Path::parse_mod_style);
        *runtime =
            Some(path.map_err(|e| syn::Error::new(e.span(), "expected the path of the crate `plywood`"))?);
    } else {
        *budget = Some(memory(input)?);
    }
    Ok(())
}

/// `4 MB at 64`
fn memory(input: ParseStream) -> Result<Budget> {
    let expected = |span, what: &str| syn::Error::new(span, format!("expected {what} of the budget"));
    let amount: LitInt = input.parse().map_err(|e| expected(e.span(), "the amount"))?;
    let (unit, place) = match amount.suffix() {
        "" => {
            let unit =
                input.call(Ident::parse_any).map_err(|e| expected(e.span(), "the unit, B, KB, MB or GB,"))?;
            (unit.to_string(), unit.span())
        }
        suffix => (suffix.to_string(), amount.span()),
    };
    let scale = match unit.as_str() {
        "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return Err(expected(place, "the unit, B, KB, MB or GB,")),
    };
    let at: Option<Ident> = input.parse().ok();
    if at.is_none_or(|at| at != "at") {
        return Err(expected(amount.span(), "`at` and the batch"));
    }
    let batch: LitInt = input.parse().map_err(|e| expected(e.span(), "the batch"))?;
    let bytes = amount.base10_digits().parse::<usize>().ok().and_then(|n| n.checked_mul(scale));
    let bytes =
        bytes.ok_or_else(|| syn::Error::new(amount.span(), "the budget does not fit a machine word"))?;
    if batch.base10_parse::<usize>().is_err() {
        return Err(syn::Error::new(batch.span(), "the batch of the budget does not fit a machine word"));
    }
    Ok(Budget { bytes, span: amount.span(), batch })
}
