//! The types of what goes in and what comes out.
use super::Resolver;
use crate::diagnostics::{Place, list};
use crate::sizes::{fits, number, numbers, written};
use crate::syntax::ast;
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use syn::{Expr, Ident};

impl Resolver<'_> {
    /// The letter for a batch that the shapes of input and output both begin with, unless a const parameter is called so.
    pub(super) fn batch_letter(&self, inputs: &[ast::Port], outputs: &[ast::Port]) -> Option<Ident> {
        let first = |ports: &[ast::Port]| match ports {
            [port] if port.sizes.len() > 1 => word(&port.sizes[0]).cloned(),
            _ => None,
        };
        let letter = first(inputs).filter(|word| word == "N" || word == "B")?;
        let alike = first(outputs).is_some_and(|other| other == letter);
        (alike && self.symbols.parameter(&letter).is_none()).then_some(letter)
    }

    /// The type of the one value that a stack takes or gives. `letter` is the [letter](Resolver::batch_letter) for a batch.
    pub(super) fn port(&mut self, ports: &[ast::Port], what: &str, letter: Option<&Ident>) -> Option<Type> {
        let [port] = ports else {
            // none at all has been said
            let second = ports.get(1)?;
            let names: Vec<String> =
                ports.iter().filter_map(|p| Some(p.name.as_ref()?.to_string())).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let named = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
            let found = format!("a stack of layers has one {what}, found {}{named}", ports.len());
            self.diagnostics.error(
                second.span,
                found,
                format!("write one shape: `[64]`, joining the {what}s into one"),
            );
            return None;
        };
        let mut known = true;
        if let Some(element) = port.element.as_ref().filter(|e| *e != "f32") {
            let verb = if what == "input" { "takes" } else { "gives" };
            let what = format!("a stack of layers {verb} numbers of type `f32`, found `{element}`");
            self.diagnostics.error(element.span(), what, format!("leave `{element}` out"));
            known = false;
        }
        let mut shape = vec![Size::batch()];
        let batch = port.sizes.first().filter(|first| {
            stands_for_batch(first, port.sizes.len()) || letter.is_some() && word(first) == letter
        });
        if let Some(expr) = batch
            && !self.batch_said
        {
            let rest: Vec<String> = port.sizes[1..].iter().map(written).collect();
            let what = format!("the batch is not part of a shape, found `{}`", written(expr));
            let mut help = format!("leave it out: `[{}]`; batches of any size go in", rest.join(", "));
            if let Some(letter) = letter {
                help += &format!("; where `{letter}` is an axis of every sample, give it a longer name");
            }
            self.diagnostics.error(Place::of(expr), what, help);
            self.batch_said = true;
        }
        if port.unread {
            return None;
        }
        for expr in port.sizes.iter().skip(usize::from(batch.is_some())) {
            let read = self.length(expr);
            let of = format!("a size of the {what}");
            let alone = |size: &Size, resolver: &mut Self| resolver.alone(size, expr, &of);
            let size = read.filter(|size| alone(size, self)).unwrap_or_else(|| self.unknown.stand_in());
            shape.push(size);
        }
        if !fits(numbers(&shape)) {
            self.diagnostics.error(port.span, format!("the {what} has more numbers than fit a machine"), "");
            return None;
        }
        known.then(|| Type::real(shape))
    }
}

/// Whether the first of so many sizes is what other libraries write for the batch.
fn stands_for_batch(first: &Expr, sizes: usize) -> bool {
    const WORDS: [&str; 8] = ["None", "batch", "batch_size", "bs", "n", "b", "BATCH", "BATCH_SIZE"];
    match first {
        Expr::Infer(_) => sizes > 1,
        Expr::Path(_) => word(first).is_some_and(|word| WORDS.iter().any(|w| word == w)) && sizes > 1,
        other => number(other) == Some(-1.0),
    }
}

/// The word that a size is, if it is one.
fn word(size: &Expr) -> Option<&Ident> {
    if let Expr::Path(path) = size { path.path.get_ident() } else { None }
}
