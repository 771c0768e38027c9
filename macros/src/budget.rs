//! The limit that a declaration sets on the memory of a training step. What only the user's constants decide becomes an
//! assertion, with the others in `emit/model.rs`.
use crate::diagnostics::{Diagnostics, Place};
use crate::emit::Planned;
use plywood_kernels::types::Element;

/// Whether training fits the declared memory, where no constant of the user's decides it.
pub fn check(planned: &Planned, diagnostics: &mut Diagnostics) {
    let Some(budget) = &planned.header.budget else { return };
    let training = &planned.functions.training;
    let known = |element| training.slots_length(element).known();
    let (Some(reals), Some(indices), Ok(batch)) =
        (known(Element::F32), known(Element::U32), budget.batch.base10_parse::<usize>())
    else {
        return;
    };
    let (per_sample, fixed) = (reals.0 + indices.0, reals.1 + indices.1);
    let bytes =
        |(per_sample, fixed): (usize, usize)| 4 * (per_sample as u128 * batch as u128 + fixed as u128);
    let needed = bytes((per_sample, fixed));
    if needed <= budget.bytes as u128 {
        return;
    }
    let mut slots: Vec<_> = training.slots.iter().filter_map(|s| Some((s.length.known()?, s))).collect();
    slots.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let largest = slots.iter().take(3).map(|(length, s)| format!("`{}` {} bytes", s.name, bytes(*length)));
    let largest = largest.collect::<Vec<_>>().join(", ");
    let fitting = (budget.bytes / 4).saturating_sub(fixed) / per_sample.max(1);
    let what =
        format!("a training step at batch {batch} needs {needed} bytes, the budget is {}", budget.bytes);
    let fitting =
        if fitting == 0 { "not even one sample fits".into() } else { format!("batches up to {fitting} fit") };
    let help = format!("{fitting}; the largest values are {largest}");
    diagnostics.error(Place::between(budget.span, budget.batch.span()), what, help);
}
