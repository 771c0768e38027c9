//! What is wrong with a declaration: collected over a whole stage, each at the token that is wrong.
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Mistakes found so far. A stage takes it by reference, says what it finds and goes on.
#[derive(Default)]
pub struct Diagnostics {
    found: Vec<(Span, String)>,
}

impl Diagnostics {
    /// Says what is wrong at `span`: first sentence what, then what to do about it.
    pub fn error(&mut self, span: Span, what: impl Into<String>, help: impl AsRef<str>) {
        let (mut text, help) = (what.into(), help.as_ref());
        if !help.is_empty() {
            text = format!("{text}\nhelp: {help}");
        }
        self.found.push((span, text));
    }
    /// Whether nothing has been said.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
    /// The messages, for tests.
    #[cfg(test)]
    pub fn messages(&self) -> Vec<&str> {
        self.found.iter().map(|(_, text)| text.as_str()).collect()
    }
    /// One `compile_error!` per mistake, at its place.
    pub fn into_tokens(self) -> TokenStream {
        let errors = self.found.into_iter().map(|(span, text)| quote_spanned!(span=> ::core::compile_error! { #text }));
        errors.collect()
    }
}

/// `help` for a misspelled name: the nearest of those that exist, or all of them.
pub fn suggestion<'a>(name: &str, what: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let nearest = known.iter().map(|k| (strsim::damerau_levenshtein(&name.to_lowercase(), &k.to_lowercase()), k)).min();
    match nearest {
        Some((distance, nearest)) if distance <= 1 + name.len() / 3 => format!("did you mean the {what} `{nearest}`?"),
        _ if known.is_empty() => format!("there is no {what} here"),
        _ => format!("the {what}s are {}", list(&known)),
    }
}

/// `` `a`, `b` and `c` ``
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
