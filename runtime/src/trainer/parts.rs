//! What the parts of a loss come to.

use std::fmt::Display;

use super::notes::{Notes, Read, damaged, parse};
use crate::error::Problem;
use crate::loss::Reduction;

/// What each part of a loss comes to, in the loss's order; nothing where the loss has none.
pub(super) struct Parts {
    /// What they are called.
    pub names: &'static [&'static str],
    /// In the last step.
    pub step: Vec<f64>,
    /// In the epoch that has begun: those of its batches, each times its share, added up.
    pub epoch: Vec<f64>,
}

const KEY: &str = "epoch.parts";

impl Parts {
    pub fn new(names: &'static [&'static str]) -> Parts {
        Parts { names, step: vec![0.0; names.len()], epoch: vec![0.0; names.len()] }
    }

    /// Adds the last step to the epoch.
    pub fn count(&mut self, share: f64) {
        self.epoch.iter_mut().zip(&self.step).for_each(|(sum, part)| *sum += share * part);
    }

    /// Those of the epoch by name.
    pub fn named(&self, reduction: Reduction, shares: f64) -> impl Iterator<Item = (&'static str, f64)> {
        let of_epoch = self.epoch.iter().map(move |sum| reduction.combine(*sum, shares));
        self.names.iter().copied().zip(of_epoch)
    }

    /// Writes those of the epoch.
    pub fn write(&self, notes: &mut Notes) {
        if !self.epoch.is_empty() {
            notes.text(KEY, &list(&self.epoch));
        }
    }

    /// Those of an epoch, if it `has_begun`.
    pub fn read(&self, notes: &Read<'_>, has_begun: bool) -> Result<Vec<f64>, Problem> {
        if self.epoch.is_empty() || !has_begun {
            return Ok(vec![0.0; self.epoch.len()]);
        }
        let text = notes.text(KEY)?;
        let found: Vec<f64> = text.split(',').map(|part| parse(KEY, part)).collect::<Result<_, _>>()?;
        let sound = found.len() == self.epoch.len() && found.iter().all(|part| part.is_finite());
        if sound { Ok(found) } else { Err(damaged(KEY)) }
    }
}

/// Numbers that read back as they are.
fn list(numbers: &[f64]) -> String {
    numbers.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(",")
}

/// A loss with its parts: `0.750000 (next 0.500000, value 0.250000)`.
pub(super) fn words<N: Display>(loss: f64, parts: impl Iterator<Item = (N, f64)>) -> String {
    let parts: Vec<String> = parts.map(|(name, part)| format!("{name} {part:.6}")).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{loss:.6}{parts}")
}
