//! The limit that a declaration sets on the memory of a training step. What only the user's constants decide becomes an
//! assertion, with the others in `emit/model.rs`.
use crate::diagnostics::{Diagnostics, Place};
use crate::emit::Planned;

/// Whether training fits the declared memory, where no constant of the user's decides it.
pub fn check(planned: &Planned, diagnostics: &mut Diagnostics) {
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
