//! The stages in order. The only file that knows them all.
use crate::diagnostics::{Diagnostics, Place};
use crate::emit::{Planned, emit};
use crate::shape::Sketch;
use crate::syntax::ast::Network;
use crate::{autodiff, fallback, lower, plan, resolve, shape, syntax};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

/// `network! { … }`
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    match syntax::network(tokens, &mut diagnostics) {
        Some(network) => compile(network, diagnostics),
        None => diagnostics.into_tokens(),
    }
}

/// `#[model(…)] struct …`
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    match syntax::structure(attribute, item, &mut diagnostics) {
        Ok(network) => compile(network, diagnostics),
        Err(item) => {
            let errors = diagnostics.into_tokens();
            quote::quote! { #errors #item }
        }
    }
}

/// After a mistake the struct and its methods still exist, so that what uses them brings no further messages.
fn compile(network: Network, mut diagnostics: Diagnostics) -> TokenStream {
    let (name, generics) = (network.name.clone(), network.generics.clone());
    let (expansion, symbols, unfinished) = match stages(network, &mut diagnostics) {
        Ok(planned) => (emit(&planned), planned.header.symbols, false),
        Err(sketch) => {
            let symbols = sketch.header.symbols.clone();
            (fallback::stub(*sketch, &generics), symbols, true)
        }
    };
    if unfinished && diagnostics.is_empty() {
        diagnostics.error(
            name.span(),
            format!("`{name}` could not be read"),
            "a network's layers are written as `fc1: Linear(64)`",
        );
    }
    let errors = diagnostics.into_tokens();
    let expansion = respanned(expansion, &symbols);
    quote::quote! { #errors #expansion }
}

/// `syntax → resolve → shape → lower → autodiff → fuse and plan`; after a mistake, what is known by then.
pub fn stages(network: Network, diagnostics: &mut Diagnostics) -> Result<Planned, Box<Sketch>> {
    let resolved = resolve::resolve(network, diagnostics);
    let shaped = shape::shape(resolved, diagnostics)?;
    let lower::Lowered { header, input, output, assertions, training, prediction, entries, lines } =
        lower::lower(shaped);
    let differentiated = autodiff::autodiff(training);
    let functions = (plan::training(&differentiated), plan::prediction(&prediction));
    let planned = Planned {
        header,
        input,
        output,
        assertions,
        entries,
        lines,
        differentiated,
        forward: prediction,
        training: functions.0,
        prediction: functions.1,
    };
    budget(&planned, diagnostics);
    Ok(planned)
}

/// Gives the constants that a declaration names the place where it names them: a wrong name is one message, there.
fn respanned(tokens: TokenStream, symbols: &[(String, Span)]) -> TokenStream {
    if symbols.is_empty() {
        return tokens;
    }
    let respan = |token| match token {
        TokenTree::Ident(ident) => {
            let text = ident.to_string();
            let symbol = symbols.iter().find(|(name, _)| *name == text);
            TokenTree::Ident(symbol.map_or(ident, |(name, span)| Ident::new(name, *span)))
        }
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), respanned(group.stream(), symbols));
            inside.set_span(group.span());
            TokenTree::Group(inside)
        }
        other => other,
    };
    tokens.into_iter().map(respan).collect()
}

/// Whether training fits the declared memory, where no constant of the user's decides it.
fn budget(planned: &Planned, diagnostics: &mut Diagnostics) {
    let Some(budget) = &planned.header.budget else { return };
    let (Some((per_sample, fixed)), Ok(batch)) =
        (planned.training.slots_length().known(), budget.batch.base10_parse::<usize>())
    else {
        return;
    };
    let bytes = (per_sample * batch + fixed) * 4;
    if bytes <= budget.bytes {
        return;
    }
    let mut slots: Vec<_> =
        planned.training.slots.iter().filter_map(|s| Some((s.length.known()?, s))).collect();
    slots.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let largest = slots
        .iter()
        .take(3)
        .map(|((per, fixed), s)| format!("`{}` {} bytes", s.name, (per * batch + fixed) * 4));
    let largest = largest.collect::<Vec<_>>().join(", ");
    let fitting = budget.bytes.saturating_sub(fixed * 4) / (per_sample * 4).max(1);
    let what =
        format!("a training step at batch {batch} needs {bytes} bytes, the budget is {}", budget.bytes);
    let fitting =
        if fitting == 0 { "not even one sample fits".into() } else { format!("batches up to {fitting} fit") };
    let help = format!("{fitting}; the largest values are {largest}");
    diagnostics.error(Place::between(budget.span, budget.batch.span()), what, help);
}
