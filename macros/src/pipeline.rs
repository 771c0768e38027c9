//! The stages in order. The only file that knows them all.
use crate::diagnostics::Diagnostics;
use crate::emit::{Planned, emit};
use crate::syntax::ast::Network;
use crate::{autodiff, fallback, lower, plan, resolve, shape, syntax};
use proc_macro2::TokenStream;

/// `network! { … }`
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let parsed = syntax::network(tokens, &mut diagnostics);
    compile(parsed, diagnostics)
}

/// `#[model(…)] struct …`
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let parsed = syntax::structure(attribute, item, &mut diagnostics);
    compile(parsed, diagnostics)
}

/// After a mistake the struct and its methods still exist, so that what uses them brings no further messages.
fn compile(network: Option<Network>, mut diagnostics: Diagnostics) -> TokenStream {
    let Some(network) = network else { return diagnostics.into_tokens() };
    let stub = fallback::stub(&network);
    match stages(network, &mut diagnostics) {
        Some(planned) if diagnostics.is_empty() => emit(&planned),
        _ => {
            let errors = diagnostics.into_tokens();
            quote::quote! { #errors #stub }
        }
    }
}

/// `syntax → resolve → shape → lower → autodiff → fuse and plan`, each only where nothing before went wrong.
pub fn stages(network: Network, diagnostics: &mut Diagnostics) -> Option<Planned> {
    let resolved = resolve::resolve(network, diagnostics)?;
    // shapes after a layer that is missing would be judged wrongly
    if !diagnostics.is_empty() {
        return None;
    }
    let shaped = shape::shape(resolved, diagnostics)?;
    if !diagnostics.is_empty() {
        return None;
    }
    let lower::Lowered { header, input, output, assertions, training, prediction, entries, lines } = lower::lower(shaped);
    let differentiated = autodiff::autodiff(training);
    let functions = (
        plan::training(&differentiated),
        plan::prediction(&prediction),
    );
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
    Some(planned)
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
    let mut slots: Vec<_> = planned.training.slots.iter().filter_map(|s| Some((s.length.known()?, s))).collect();
    slots.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let largest = slots.iter().take(3).map(|((per, fixed), s)| format!("`{}` {} bytes", s.name, (per * batch + fixed) * 4));
    let largest = largest.collect::<Vec<_>>().join(", ");
    let fitting = budget.bytes.saturating_sub(fixed * 4) / (per_sample * 4).max(1);
    let what = format!("a training step at batch {batch} needs {bytes} bytes, the budget is {}", budget.bytes);
    let help = format!("batches up to {fitting} fit; the largest values are {largest}");
    diagnostics.error(budget.span, what, help);
}
