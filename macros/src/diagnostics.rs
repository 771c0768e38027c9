//! What is wrong with a declaration: collected over a whole stage, each at the tokens that are wrong.
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The tokens that a message is about, by their first and last: no stable compiler joins them for us.
#[derive(Clone, Copy)]
pub struct Place {
    first: Span,
    last: Span,
}

impl Place {
    /// From one token to another.
    pub fn between(first: Span, last: Span) -> Place {
        Place { first, last }
    }
    /// All of these tokens; the whole invocation if there are none.
    pub fn of(tokens: &impl ToTokens) -> Place {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Place { first, last: spans.last().unwrap_or(first) }
    }
    /// From this to that.
    pub fn to(self, last: Place) -> Place {
        Place { first: self.first, last: last.last }
    }
    /// The first of them.
    pub fn start(self) -> Span {
        self.first
    }
    /// The last of them.
    pub fn end(self) -> Span {
        self.last
    }
}
impl From<Span> for Place {
    fn from(span: Span) -> Place {
        Place { first: span, last: span }
    }
}

/// Mistakes found so far. A stage takes it by reference, says what it finds and goes on.
#[derive(Default)]
pub struct Diagnostics {
    found: Vec<(Place, String)>,
    /// How many were not said, as another use of the same block has said them.
    hushed: usize,
    /// The uses of blocks that are being read, from outside.
    within: Vec<Use>,
}

/// A use of a block that is being read.
struct Use {
    /// `` in `layer2.0`, a `Down(128)` ``
    text: String,
    /// Whether another use has said what is wrong with the block.
    hush: bool,
    /// How many mistakes there were before.
    before: usize,
}

impl Diagnostics {
    /// Says what is wrong at `place`: first sentence what, then what to do about it.
    pub fn error(&mut self, place: impl Into<Place>, what: impl Into<String>, help: impl AsRef<str>) {
        let what = what.into() + &self.within();
        self.error_in_every_use(place, what, help);
    }
    /// The same of a block whatever it is told: its use is not named.
    pub fn error_in_every_use(
        &mut self,
        place: impl Into<Place>,
        what: impl Into<String>,
        help: impl AsRef<str>,
    ) {
        if self.within.last().is_some_and(|used| used.hush) {
            self.hushed += 1;
            return;
        }
        let (mut text, help) = (what.into(), help.as_ref());
        if !help.is_empty() {
            text = format!("{text}\nhelp: {help}");
        }
        self.found.push((place.into(), text));
    }
    /// What is said from here on is about a block in that use; if `hush`, another use has said what is wrong with it.
    pub fn enter(&mut self, text: String, hush: bool) {
        let hush = hush || self.within.last().is_some_and(|outer| outer.hush);
        self.within.push(Use { text, hush, before: self.count() });
    }
    /// The use is read: whether something is wrong with it.
    pub fn leave(&mut self) -> bool {
        let count = self.count();
        self.within.pop().is_some_and(|used| count > used.before)
    }
    /// What is said of a use of a block besides, `` , in `layer2.0`, a `Down(128)` ``.
    pub fn within(&self) -> String {
        self.within.last().map_or(String::new(), |used| format!(", {}", used.text))
    }
    /// Something is wrong that has been said elsewhere.
    pub fn said_elsewhere(&mut self) {
        self.hushed += 1;
    }
    /// These, and then those.
    pub fn append(&mut self, mut others: Diagnostics) {
        self.found.append(&mut others.found);
        self.hushed += others.hushed;
    }
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
    /// How many mistakes there are, said or not.
    pub fn count(&self) -> usize {
        self.found.len() + self.hushed
    }
    /// Whether something is wrong of which nothing is said here.
    pub fn is_quiet(&self) -> bool {
        self.found.is_empty()
    }
    /// The messages, for tests.
    #[cfg(test)]
    pub fn messages(&self) -> Vec<&str> {
        self.found.iter().map(|(_, text)| text.as_str()).collect()
    }
    /// One `compile_error!` per mistake.
    pub fn into_tokens(self) -> TokenStream {
        self.found.into_iter().map(error).collect()
    }
    /// The last of them, to stand where an expression does.
    pub fn pop(&mut self) -> Option<TokenStream> {
        self.found.pop().map(error)
    }
    /// As [`into_tokens`](Diagnostics::into_tokens), the last apart.
    pub fn with_last_apart(mut self) -> (TokenStream, Option<TokenStream>) {
        let last = self.pop();
        (self.into_tokens(), last)
    }
}

/// A `compile_error!` that reaches from the first token that is wrong to the last.
fn error((Place { first, last }, text): (Place, String)) -> TokenStream {
    let path = quote_spanned!(first=> ::core::compile_error);
    let rest = quote_spanned!(last=> ! { #text });
    quote_spanned!(first=> #path #rest)
}

/// Tokens as a person would write them.
pub fn tidy(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (apart, together) in [
        (" . ", "."),
        (". ", "."),
        (" ()", "()"),
        (" (", "("),
        (" ?", "?"),
        (" ! ", "!"),
        (" ,", ","),
        (" :: ", "::"),
    ] {
        text = text.replace(apart, together);
    }
    text
}

/// The known name that `name` was probably meant to be: a few letters off, in other letters' case, or half typed.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = name.to_lowercase();
    let distance = |known: &str| {
        let known = known.to_lowercase();
        if written.len() >= 2 && known.starts_with(&written) {
            0
        } else {
            strsim::damerau_levenshtein(&written, &known)
        }
    };
    let allowed = if name.len() < 3 { 0 } else { 1 + name.len() / 4 };
    known
        .map(|k| (distance(k), k))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// As many names as a message lists.
const LISTED: usize = 12;

/// `help` for a misspelled name: the nearest of those that exist, or all of them, or where they are listed.
pub fn suggestion<'a>(name: &str, what: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => format!("there is no {what} here"),
        None if known.len() == 1 => format!("the only {what} is {}", list(&known)),
        None if known.len() <= LISTED => format!("the {what}s are {}", list(&known)),
        None => {
            let more = known.len() + 1 - LISTED;
            let some = quoted(&known[..LISTED - 1]).join(", ");
            format!("the {what}s are {some} and {more} more; the documentation of `network!` lists them all")
        }
    }
}

/// `` `a`, `b` and `c` ``
pub fn list(names: &[&str]) -> String {
    let quoted = quoted(names);
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}
