//! Whether a value has the type that is wanted of it.
use super::Stage;
use crate::assertions::Assertion;
use crate::diagnostics::Place;
use plywood_kernels::shape::{Deferred, Requirements, Shape, display, elements};
use plywood_kernels::types::Type;

/// The most that the first of several axes is where it is surely no batch: the channels of an image.
const CHANNELS: usize = 4;

/// What to do where the first axis of the input is probably the batch: since the layers hand it on and the output has none,
/// or since the output has it too.
fn batch_help(input: Option<&Shape>, declared: &Shape, given: &Shape) -> Option<String> {
    let [_, first, rest @ ..] = input?.as_slice() else { return None };
    // a square is an image
    let channels = first.as_known().is_some_and(|n| n <= CHANNELS);
    let image = channels || rest.first().is_none_or(|next| next == first);
    let handed_on = rest.len() == 1 && given.len() == declared.len() + 1 && given[2..] == declared[1..];
    let in_both = given.len() != declared.len() && declared.len() > 2 && declared.get(1) == Some(first);
    if image || !(handed_on && given.get(1) == Some(first) || in_both) {
        return None;
    }
    let (input, output) = (display(rest), display(if in_both { &declared[2..] } else { &declared[1..] }));
    Some(format!(
        "if the {first} is the batch, leave it out: `{input} -> {output}`, as batches of any size go in"
    ))
}

impl Stage<'_> {
    /// What to do if the layers do not give the output that is declared.
    pub(super) fn end_help(&self, input: Option<&Type>, declared: &Shape, given: &Shape) -> String {
        let [wanted, found] = [declared, given].map(|shape| elements(&shape[1.min(shape.len())..]));
        let same = wanted == found;
        if let Some(help) = batch_help(input.map(|ty| &ty.shape), declared, given).filter(|_| !same) {
            return match &self.wide {
                Some(layer) if given.len() > declared.len() => {
                    format!(
                        "{help}; if it is an axis of a sample, a `Flatten` before {layer} makes all of them one"
                    )
                }
                _ => help,
            };
        }
        match &self.wide {
            _ if declared.len() == 1 => {
                format!("every value has an axis: declare the output as `{}`", display(given))
            }
            _ if same && declared.len() == 2 => {
                "a `Flatten` at the end makes all axes of a sample one".into()
            }
            _ if same => format!("end with `Reshape({})`, which has as many numbers", display(declared)),
            Some(layer) if given.len() > declared.len() => {
                format!(
                    "{layer} works on the last axis alone: a `Flatten` before it makes all axes of a sample one"
                )
            }
            _ if given.len() > declared.len() => "a `Flatten` makes all axes of a sample one".into(),
            _ => format!("declare the output as `{}`, or change the last layer", display(given)),
        }
    }

    /// Whether a value has the type that is wanted there; if not, that is said.
    pub(super) fn agree(
        &mut self,
        wanted: &Type,
        given: &Type,
        from: &str,
        place: Place,
        (wants, gives): (&str, &str),
        help: &str,
    ) -> bool {
        const AXES: [&str; 4] =
            ["along its first axis", "along its second axis", "along its third axis", "along an axis"];
        let mut require = Requirements::default();
        let same_rank = wanted.shape.len() == given.shape.len();
        // every axis is looked at, so that every symbol is asserted; the batch is nobody's
        let mut agree = same_rank;
        for (axis, (a, b)) in wanted.shape.iter().zip(&given.shape).enumerate().filter(|_| same_rank) {
            agree &= require.require_eq(0, AXES[axis.saturating_sub(1).min(3)], a, b).is_ok();
        }
        let same_element = wanted.element == given.element;
        if !same_rank && same_element {
            let axes = |ty: &Type| {
                let rank = ty.shape.len().saturating_sub(1);
                format!("`{ty}`, of {rank} ax{}s", if rank == 1 { "i" } else { "e" })
            };
            let (wanted, given) = (axes(wanted), axes(given));
            self.diagnostics.error(place, format!("{wants} {wanted}, {gives} {given}, from {from}"), help);
        } else if !agree || !same_element {
            let what = format!("{wants} `{wanted}`, {gives} `{given}`, from {from}");
            self.diagnostics.error(place, what, help);
        }
        for deferred in require.deferred {
            self.assert(deferred, format!("{wants} `{wanted}`, expected"), from, place, help);
        }
        agree && same_element
    }

    /// Asserts what a rule demands and only the user's constants decide.
    pub(super) fn assert(
        &mut self,
        deferred: Deferred,
        subject: String,
        from: &str,
        place: Place,
        help: &str,
    ) {
        let Deferred { relation, left, right, what, .. } = deferred;
        let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}") };
        let origin = format!(" from {from}{help}");
        self.assertions.push(Assertion { relation, left, right, subject, what, origin, place });
    }
}
