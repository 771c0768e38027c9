//! Reading on after a mistake.
use crate::diagnostics::{Diagnostics, Place, tidy};
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use syn::parse::ParseStream;

/// Passes over everything before `end`.
pub fn skip_to(input: ParseStream, end: impl Fn(ParseStream) -> bool) -> TokenStream {
    let mut passed = TokenStream::new();
    while !input.is_empty() && !end(input) {
        let Ok(token) = input.parse::<TokenTree>() else { break };
        passed.extend([token]);
    }
    passed
}

/// The next token as text.
pub fn next(input: ParseStream) -> String {
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Parenthesis => "(".into(),
            Delimiter::Brace => "{".into(),
            _ => "[".into(),
        },
        Ok(token) => token.to_string(),
        Err(_) => "nothing".into(),
    }
}

/// A part of a declaration as it is read: what stands before the layers, or what stands between two commas. Of one part
/// only the first mistake is said: the others follow from it.
pub struct Part<'d> {
    diagnostics: &'d mut Diagnostics,
    /// The last token of all, where a declaration that breaks off does so.
    last: Place,
    /// Whether something was said of this part.
    pub said: bool,
}

impl<'d> Part<'d> {
    /// Of the tokens `all`.
    pub fn of(all: &TokenStream, diagnostics: &'d mut Diagnostics) -> Part<'d> {
        let mut last = Place::from(Span::call_site());
        let mut joint = false;
        for token in all.clone() {
            // an arrow is two marks
            last = if joint { last.to(token.span().into()) } else { token.span().into() };
            joint = matches!(&token, TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint);
        }
        Part { diagnostics, last, said: false }
    }

    /// Says what is wrong, unless something of this part was wrong already.
    pub fn error(&mut self, place: impl Into<Place>, what: impl Into<String>, help: impl AsRef<str>) {
        if !self.said {
            self.diagnostics.error(place, what, help);
        }
        self.said = true;
    }

    /// Where mistakes of other parts go.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        self.diagnostics
    }

    /// The next token, or the last of all if there is none.
    pub fn here(&self, input: ParseStream) -> Place {
        if input.is_empty() { self.last } else { input.span().into() }
    }

    /// Passes over everything before `end`, and says that `expected` should stand there.
    pub fn expected(
        &mut self,
        input: ParseStream,
        expected: &str,
        help: impl AsRef<str>,
        end: impl Fn(ParseStream) -> bool,
    ) {
        let here = self.here(input);
        if input.is_empty() {
            return self.error(here, format!("expected {expected}"), help);
        }
        let passed = skip_to(input, end);
        let last = passed.clone().into_iter().last();
        let found = if passed.is_empty() { next(input) } else { tidy(&passed) };
        let place = last.map_or(here, |last| Place::between(here.start(), last.span()));
        self.error(place, format!("expected {expected}, found `{found}`"), help);
    }
}
