//! What stands where a layer should and has another language's form: `let fc1 = Linear(128);`, `for _ in 0..3 { … }`,
//! `self.fc1 = nn.Linear(784, 128)`. It is said once, and read as what was meant.
use super::part::{Part, next, skip_to};
use crate::diagnostics::Place;
use plywood_kernels::layers::{self, Layer};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, discouraged::Speculative};
use syn::{Expr, Ident, Lit, LitInt, Token, token};

/// How a layer is written.
pub const LAYER: &str = "a layer is written as `fc1: Linear(64)`, or without a name as `Relu`";
/// How a block that runs several times is written.
pub const REPEAT: &str = "a block is written as `blocks: repeat 3 { layers }`";

/// Modules of libraries: what stands before a layer's word, and is no layer's name.
const MODULES: &[&str] = &[
    "nn",
    "torch",
    "tf",
    "keras",
    "layers",
    "self",
    "Self",
    "super",
    "crate",
    "std",
    "plywood",
    "burn",
    "candle",
    "F",
    "functional",
    "module",
    "jnp",
    "flax",
    "linen",
    "tch",
    "dfdx",
];

/// The name before a layer: `fc1:`. What stands there in another form is said and read as the name.
pub fn name(input: ParseStream, part: &mut Part) -> Option<Ident> {
    let start = input.span();
    if input.peek(Token![pub]) {
        let ahead = input.fork();
        if ahead.parse::<syn::Visibility>().is_ok() {
            input.advance_to(&ahead);
            let what = "a layer has no visibility: what is public of a network is public of its layers";
            part.error(start, what, "leave `pub` out");
        }
    }
    for word in ["let", "mut", "var", "def", "static", "const"] {
        let ahead = input.fork();
        if ahead.call(Ident::parse_any).is_ok_and(|found| found == word) && ahead.peek(Ident::peek_any) {
            let what = format!("a layer is declared without `{word}`");
            part.error(input.span(), what, LAYER);
            input.advance_to(&ahead);
        }
    }
    if let Some((name, passed)) = several_words(input) {
        let what = format!("a layer's name is one word, found `{passed}`");
        let help = format!("write `{name}:` and the layer, as in `{name}: Linear(64)`");
        part.error(Place::between(start, name.span()), what, help);
        let _ = input.parse::<Token![:]>().map(drop).or_else(|_| input.parse::<Token![=]>().map(drop));
        return Some(Ident::new(&name.to_string(), start));
    }
    let ahead = input.fork();
    let Ok(name) = ahead.call(Ident::parse_any) else { return None };
    let lower = name.to_string().starts_with(|c: char| c.is_lowercase() || c == '_');
    let path = ahead.peek(Token![::]);
    let layer_after_path = || {
        let rest = ahead.fork();
        rest.parse::<Token![::]>().is_ok() && rest.call(Ident::parse_any).is_ok() && !rest.peek(Token![::])
    };
    if path && lower && !MODULES.iter().any(|module| name == module) && layer_after_path() {
        input.advance_to(&ahead);
        let what = format!("expected `:` after the name `{name}`, found `::`");
        part.error(input.span(), what, LAYER);
        let _ = input.parse::<Token![::]>();
        return Some(name);
    }
    let named = ahead.peek(Token![:]) && !path;
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    let forgotten = lower
        && name != "block"
        && !is_keyword(&name)
        && repeats(&name.to_string()).is_none()
        && ahead.peek(Ident::peek_any);
    if !(named || assigned || forgotten) {
        return None;
    }
    input.advance_to(&ahead);
    if named {
        let _ = input.parse::<Token![:]>();
    } else {
        let what = format!("expected `:` after the name `{name}`, found `{}`", next(input));
        part.error(input.span(), what, LAYER);
        if assigned {
            let _ = input.parse::<Token![=]>();
            let _ = input.parse::<Token![>]>();
        }
    }
    Some(name)
}

/// A name that is no word, as `fc-1:`, `self.fc1 =` or `"fc1":`: a word in its place, and what stands there. The input is
/// after it.
fn several_words(input: ParseStream) -> Option<(Ident, String)> {
    let ahead = input.fork();
    let first = ahead.span();
    let (mut text, mut words, mut tokens) = (String::new(), vec![], TokenStream::new());
    let mut last = first;
    while !(ahead.peek(Token![:]) && !ahead.peek(Token![::]) || ahead.peek(Token![=])) {
        let token = ahead.parse::<TokenTree>().ok()?;
        last = token.span();
        match &token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Literal(literal) => words.push(literal.to_string()),
            TokenTree::Punct(mark) if ['-', '.'].contains(&mark.as_char()) && !words.is_empty() => {}
            _ => return None,
        }
        text += &token.to_string();
        tokens.extend([token]);
        if words.len() > 4 {
            return None;
        }
    }
    let count = tokens.into_iter().count();
    // `fc 1:` has no mark between its words
    let marked =
        count + 1 == 2 * words.len() || count == 2 && words.get(1).is_some_and(|word| starts_number(word));
    let word = words.len() == 1 && text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let layer = words.iter().any(|word| word.starts_with(char::is_uppercase) || repeats(word).is_some());
    if words.is_empty() || word || !marked || layer {
        return None;
    }
    if words.len() > 1 && ["self", "this"].contains(&words[0].as_str()) {
        words.remove(0);
    }
    let name: String = words.join("_").chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("layer_{name}") } else { name };
    let mut name = syn::parse_str::<Ident>(&name).ok()?;
    name.set_span(last);
    input.advance_to(&ahead);
    Some((name, text))
}

fn starts_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// How a word says that a block runs several times, if it does: the help.
pub fn repeats(word: &str) -> Option<&'static str> {
    match word {
        "repeat" => Some(""),
        "Repeat" | "REPEAT" | "repeats" | "repeated" | "rep" | "times" | "for" | "loop" | "while" => {
            Some("a block is written as `repeat 3 { layers }`")
        }
        _ => None,
    }
}

/// `_ in 0..3`, what stands between `for` and the block: how often it runs, if that is known.
pub fn times(input: ParseStream) -> Option<Expr> {
    let passed = skip_to(input, |input| input.peek(token::Brace) || input.peek(Token![,]));
    let tokens: Vec<TokenTree> = passed.into_iter().collect();
    let range = tokens.iter().rposition(|token| token.to_string() == ".").map(|at| at + 1);
    let bound: TokenStream = tokens[range.unwrap_or(0)..].iter().cloned().collect();
    let number = range.is_none() && syn::parse2::<LitInt>(bound.clone()).is_err();
    if number { None } else { syn::parse2(bound).ok() }
}

/// Whether `[Linear(32); 3]` comes next.
fn next_is_array(input: ParseStream) -> bool {
    let Ok(TokenTree::Group(group)) = input.fork().parse() else { return false };
    group.stream().into_iter().any(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';'))
}

/// The function that another library calls so, under the name that it has here.
pub fn function_meant(word: &str) -> Option<String> {
    let plain = word.replace('_', "");
    let also = |layer: &dyn Layer| {
        layer.also().iter().any(|also| also.replace('_', "").eq_ignore_ascii_case(&plain))
    };
    let other = layers::function(word).is_none();
    layers::functions().find(|(_, layer)| other && also(*layer)).map(|(name, _)| name)
}

/// What to do about a method or a field that tensors have elsewhere, and values here do not.
pub fn of_tensor(word: &str) -> Option<&'static str> {
    match word {
        "view" | "unsqueeze" | "squeeze" | "expand_dims" => {
            Some("write `x.reshape([4, 8])`, with the sizes of a sample")
        }
        "detach" | "stop_gradient" | "no_grad" => Some(
            "no gradient is stopped in `forward`: `#[frozen]` before a layer leaves its parameters as they are",
        ),
        "dot" | "inner" => Some("the product of two vectors is `(a * b).sum(axis: 0)`"),
        "norm" => Some("a norm is `(x * x).sum(axis: 0).sqrt()`"),
        "std" => Some("write `x.variance(axis: 0).sqrt()`"),
        "repeat" | "expand" | "tile" | "expand_as" => {
            Some("write `x.broadcast([3, 4])`, with the sizes of a sample")
        }
        "clone" | "to_owned" | "contiguous" | "cuda" | "cpu" | "to" | "float" | "unwrap" | "expect" => {
            Some("leave it out: a value is read as often as it is needed, wherever it lies")
        }
        "size" | "shape" | "len" | "dim" | "ndim" => {
            Some("shapes are known here: write the size as a number")
        }
        "T" | "t" | "mT" => Some("of a matrix it is `x.transpose()`"),
        "chunk" | "split" | "narrow" | "unbind" | "index_select" => {
            Some("a part of a value is `x.slice(axis: 0, start: 2, length: 3)`")
        }
        _ => None,
    }
}

/// Whether a word is one of Rust's own.
pub fn is_keyword(word: &Ident) -> bool {
    syn::parse_str::<Ident>(&word.to_string()).is_err()
}

/// What to do about something that is no layer.
pub fn no_layer(input: ParseStream) -> &'static str {
    if input.peek(Lit) && input.peek2(Token![*]) {
        REPEAT
    } else if input.peek(Lit) {
        "a layer is a word: `Linear(64)` has 64 features"
    } else if input.peek(token::Bracket) && next_is_array(input) {
        REPEAT
    } else if input.peek(token::Bracket) {
        "layers under one name stand in braces: `body: { Linear(64), Relu }`"
    } else if input.peek(token::Paren) || input.peek(token::Brace) {
        "layers follow each other, separated by commas"
    } else {
        LAYER
    }
}
