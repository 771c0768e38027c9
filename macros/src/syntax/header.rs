//! What stands before the layers, in both forms:
//!
//! ```text
//! ports    = shape | "(" (name ":")? element? shape, … ")"
//! shape    = "#[gradient]"? "[" size, … "]"
//! option   = "max_bytes" ":" number ("B" | "KB" | "MB" | "GB") "at" number | "crate" ":" path
//! ```
use super::ast::{Budget, Port};
use super::part::{Part, skip_to};
use crate::diagnostics::{Place, tidy};
use crate::sizes::written;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{End, ParseStream, Parser, discouraged::Speculative};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, Generics, Ident, LitInt, LitStr, Meta, Path, Result, Token, Type, bracketed,
    parenthesized, token,
};

const SIGNATURE: &str = "a signature is written as `[784] -> [10]`";
const SHAPE: &str = "a shape is its sizes in brackets: `[784]`, `[1, 28, 28]`";

const SEVERAL: &str = "several values are written as `(tokens: u32 [64], mask: [64])`";

/// Options that others give a network, and where they go.
const ELSEWHERE: [(&[&str], &str); 4] = [
    (
        &["loss", "optimizer", "lr", "learning_rate", "criterion", "weight_decay"],
        "loss and optimizer are a trainer's: `Trainer::new(net, CrossEntropy, Adam::new(1e-3))`",
    ),
    (&["batch", "batch_size"], "batches of any size go in; a trainer's is said by `.batch(32)`"),
    (&["device"], "a device is a trainer's: `.on(Device::best())`"),
    (&["seed", "init"], "a network begins from a seed by `Net::init(seed)`"),
];

impl Part<'_> {
    /// `[784] -> [10]`; what of it could not be read is said, and empty.
    /// Parameters that stand in the wrong place become `generics`.
    pub fn signature(&mut self, input: ParseStream, generics: &mut Generics) -> (Vec<Port>, Vec<Port>) {
        let inputs = self.ports(input, "input");
        self.parameters(input, generics);
        if input.parse::<Token![->]>().is_err() {
            let what = if starts_ports(input) {
                "`->` between the shapes of input and output"
            } else {
                "`->` and the shape of the output"
            };
            let several = input.peek(Token![,]) && goes_on(input);
            let help = if several { SEVERAL } else { SIGNATURE };
            self.expected(input, what, help, |input| {
                starts_ports(input) || ends(input) || option_next(input)
            });
            if several {
                skip_to(input, ends);
                return (vec![], vec![]);
            }
            // another arrow
            if !starts_ports(input) {
                return (inputs, vec![]);
            }
        }
        let mut outputs = self.ports(input, "output");
        self.parameters(input, generics);
        while let Ok(arrow) = input.parse::<Token![->]>() {
            let help = "only input and output are declared: the shapes between them follow from the layers";
            self.error(Place::of(&arrow), "a network has one `->`", help);
            outputs = self.ports(input, "output");
        }
        (inputs, outputs)
    }

    /// The parameters of a network, where they do not stand.
    fn parameters(&mut self, input: ParseStream, generics: &mut Generics) {
        if !input.peek(Token![<]) {
            return;
        }
        let help = "write `struct Net<const H: usize>: [784] -> [10] { … }`";
        self.error(input.span(), "a network's parameters stand after its name", help);
        let ahead = input.fork();
        if let Ok(read) = ahead.parse() {
            input.advance_to(&ahead);
            *generics = read;
        }
    }

    fn ports(&mut self, input: ParseStream, what: &str) -> Vec<Port> {
        let expected = format!("the shape of the {what}");
        if let Some(port) = self.bracketless(input) {
            return vec![port];
        }
        if !input.peek(token::Paren) {
            if input.peek(token::Bracket) || input.peek(Ident) || input.peek(Token![#]) {
                let ahead = input.fork();
                if let Ok(port) = self.port(&ahead) {
                    input.advance_to(&ahead);
                    return vec![port];
                }
            }
            let help = match input {
                input if input.peek(LitStr) => "leave the quotes out",
                input if input.peek(Ident) => SIGNATURE,
                _ => SHAPE,
            };
            self.expected(input, &expected, help, |input| input.peek(Token![->]) || ends(input));
            return vec![];
        }
        let mut several = |input: ParseStream| {
            let content;
            let paren = parenthesized!(content in input);
            let place = Place::between(paren.span.open(), paren.span.close());
            let ports = self.several(&content, place, what);
            // what is left was said to be wrong
            content.parse::<TokenStream>()?;
            Ok(ports)
        };
        several(input).unwrap_or_else(|_: syn::Error| vec![])
    }

    /// A shape in other delimiters, `(784)` or `{28, 28}`, which is said.
    fn bracketless(&mut self, input: ParseStream) -> Option<Port> {
        let ahead = input.fork();
        let Ok(TokenTree::Group(group)) = ahead.parse() else { return None };
        // braces may be those of the layers
        let other = match group.delimiter() {
            Delimiter::Parenthesis => true,
            Delimiter::Brace => ahead.peek(Token![->]) || ahead.peek(token::Brace),
            _ => false,
        };
        let sizes = |input: ParseStream| Punctuated::<Expr, Token![,]>::parse_terminated(input);
        let sizes = sizes.parse2(group.stream()).ok().filter(|sizes| other && !sizes.is_empty())?;
        // a word in small letters may become a value's name
        let is_size = |size: &Expr| match size {
            Expr::Path(path) => {
                path.path.get_ident().is_none_or(|w| !w.to_string().starts_with(char::is_lowercase))
            }
            other => matches!(other, Expr::Lit(_) | Expr::Binary(_)),
        };
        if !sizes.iter().all(is_size) {
            return None;
        }
        input.advance_to(&ahead);
        let written = sizes.to_token_stream();
        let help = format!("write `[{}]`", tidy(&written));
        self.error(Place::between(group.span_open(), group.span_close()), "a shape stands in brackets", help);
        let sizes = sizes.into_iter().collect();
        Some(Port { name: None, element: None, sizes, unread: false, gradient: None, span: group.span() })
    }

    /// What stands in parentheses.
    fn several(&mut self, content: ParseStream, place: Place, what: &str) -> Vec<Port> {
        let (mut ports, help) = (vec![], SEVERAL);
        while !content.is_empty() {
            match self.port(content) {
                Ok(port) => ports.push(port),
                Err(error) => {
                    self.error(error.span(), format!("expected the shapes of the {what}s"), help);
                    return vec![];
                }
            }
            if !content.is_empty() && content.parse::<Token![,]>().is_err() {
                self.expected(content, "`,` between shapes", help, |input| input.peek(Token![,]));
                return vec![];
            }
        }
        if ports.is_empty() {
            self.error(place, format!("a network has at least one {what}"), SHAPE);
        }
        ports
    }

    /// One value of a signature. Sizes that cannot be read are said, and leave the value without any.
    fn port(&mut self, input: ParseStream) -> Result<Port> {
        let mut gradient = None;
        for attribute in input.call(Attribute::parse_outer)? {
            let place = Place::of(&attribute.meta);
            if attribute.path().is_ident("gradient") && matches!(attribute.meta, Meta::Path(_)) {
                if gradient.replace(place).is_some() {
                    self.error(place, "`#[gradient]` stands here twice", "write it once");
                }
            } else if !attribute.path().is_ident("doc") {
                let what = "only `#[gradient]` and doc comments stand before a shape";
                self.diagnostics().error(place, what, "");
            }
        }
        let name = if input.peek(Ident) && input.peek2(Token![:]) {
            let name = input.parse()?;
            input.parse::<Token![:]>()?;
            Some(name)
        } else {
            None
        };
        if input.peek(Token![#]) {
            let help = "write `#[gradient]` before the name";
            self.error(input.span(), "what is said of a value stands before its name", help);
            let _ = input.call(Attribute::parse_outer)?;
        }
        let element = if input.peek(Ident) { Some(input.parse()?) } else { None };
        let content;
        let bracket = bracketed!(content in input);
        let (mut sizes, mut unread) = (vec![], false);
        if let Some(array) = array_sizes(&content) {
            let written = array.iter().map(written).collect::<Vec<_>>().join(", ");
            let place = Place::between(bracket.span.open(), bracket.span.close());
            self.error(place, "a shape is sizes alone, and no type", format!("write `[{written}]`"));
            sizes = array;
            content.parse::<TokenStream>()?;
        }
        while !content.is_empty() {
            let wrong = content.parse::<Expr>().map(|size| sizes.push(size)).err().map(|error| error.span());
            if let Some(place) = wrong {
                self.error(place, "expected a size", SHAPE);
            } else if !content.is_empty() && !content.peek(Token![,]) {
                let help = "the sizes of a shape are separated by commas: `[1, 28, 28]`";
                self.expected(&content, "`,` between sizes", help, |input| input.peek(Token![,]));
            } else {
                let _ = content.parse::<Token![,]>();
                continue;
            }
            unread = true;
            content.parse::<TokenStream>()?;
        }
        // brackets that came to stand there by mistake are no shape
        unread |= sizes.is_empty() && self.said;
        Ok(Port { name, element, sizes, unread, gradient, span: bracket.span.join() })
    }

    /// The options, up to the layers.
    pub fn options(&mut self, input: ParseStream) -> (Option<Budget>, Option<Path>) {
        let (mut budget, mut runtime) = (None, None);
        let at_end = |input: ParseStream| input.peek(Token![,]) || ends(input);
        let other_delimiters = starts_ports(input) && input.peek2(End);
        if !input.is_empty() && !at_end(input) && !other_delimiters {
            let help = "after the shapes come options, each after a comma, and layers";
            self.expected(input, "the layers", help, at_end);
        }
        let said = self.said;
        while input.parse::<Token![,]>().is_ok() {
            if input.is_empty() || ends(input) {
                break;
            }
            // what is no option after a mistake is left of it
            self.said = said || self.said && !(input.peek(Ident::peek_any) && input.peek2(Token![:]));
            let word = input.fork().call(Ident::parse_any).map(|word| word.to_string()).unwrap_or_default();
            if let Err(error) = option(input, &mut budget, &mut runtime) {
                let elsewhere = ELSEWHERE.iter().find(|(words, _)| words.contains(&word.as_str()));
                let help = elsewhere
                    .map_or("the options are `max_bytes: 4 MB at 64` and `crate: path`", |(_, help)| help);
                let place = if input.is_empty() { self.here(input) } else { error.span().into() };
                self.error(place, error.to_string(), help);
                skip_to(input, at_end);
            }
            if !input.is_empty() && !at_end(input) {
                self.expected(
                    input,
                    "`,` or the layers after an option",
                    "options are separated by commas",
                    at_end,
                );
            }
        }
        (budget, runtime)
    }
}

/// The sizes in what stands between the brackets of an array's type, `[f32; 28]; 28`: outermost first.
fn array_sizes(content: ParseStream) -> Option<Vec<Expr>> {
    let ahead = content.fork();
    let element = ahead.parse::<Type>().ok()?;
    ahead.parse::<Token![;]>().ok()?;
    let mut sizes = vec![ahead.parse().ok()?];
    let mut element = &element;
    while let Type::Array(array) = element {
        sizes.push(array.len.clone());
        element = &array.elem;
    }
    let number =
        matches!(element, Type::Path(path) if ["f16", "f32", "f64"].iter().any(|f| path.path.is_ident(f)));
    (number && ahead.is_empty()).then_some(sizes)
}

/// Whether a shape, or several, may begin here.
fn starts_ports(input: ParseStream) -> bool {
    input.peek(token::Bracket) || input.peek(token::Paren)
}

/// Whether another shape comes after a comma, and what comes out after all of them.
fn goes_on(input: ParseStream) -> bool {
    let ahead = input.fork();
    skip_to(&ahead, |input| input.peek(Token![->]) || ends(input));
    (input.peek2(token::Bracket) || input.peek2(token::Paren)) && ahead.peek(Token![->])
}

/// Whether the layers begin here.
fn ends(input: ParseStream) -> bool {
    input.peek(token::Brace) || input.peek(Token![;])
}

/// Whether an option comes here, after its comma.
fn option_next(input: ParseStream) -> bool {
    input.peek(Token![,]) && !input.peek2(token::Bracket) && !input.peek2(token::Paren)
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
    input
        .parse::<Token![:]>()
        .map_err(|error| syn::Error::new(error.span(), format!("expected `:` after the option `{name}`")))?;
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
    let at = input.span();
    if input.parse::<Ident>().ok().is_none_or(|word| word != "at") {
        return Err(expected(at, "`at` and the batch"));
    }
    let batch: LitInt = input.parse().map_err(|e| expected(e.span(), "the batch"))?;
    if amount.base10_digits().starts_with('-') {
        return Err(syn::Error::new(amount.span(), "a budget is a whole number"));
    }
    let bytes = amount.base10_digits().parse::<usize>().ok().and_then(|n| n.checked_mul(scale));
    let bytes =
        bytes.ok_or_else(|| syn::Error::new(amount.span(), "the budget does not fit a machine word"))?;
    if batch.base10_parse::<usize>().is_err() {
        return Err(syn::Error::new(batch.span(), "the batch of the budget does not fit a machine word"));
    }
    Ok(Budget { bytes, span: amount.span(), batch })
}
