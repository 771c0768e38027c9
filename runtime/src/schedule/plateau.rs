//! A rate that falls when results no longer get better.

use super::not_negative;
use crate::error::{Error, Result};
use crate::metric::Direction;

/// By how much a result must be better than the best before it to count as better. PyTorch's `threshold_mode` with its
/// `threshold`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Threshold {
    /// By this part of the best's size. (PyTorch forgets the size of a negative one, and takes a little worse for better.)
    Rel(f64),
    /// By this much.
    Abs(f64),
}

/// Multiplies the learning rate by `factor` when more than `patience` results in a row were no better than the best
/// before them. PyTorch's `ReduceLROnPlateau`.
///
/// It is given to [`TrainerBuilder::reduce_on_plateau`](crate::TrainerBuilder::reduce_on_plateau), which says what results
/// it sees, and reduces what a [`Schedule`](super::Schedule) gives if there is one too.
///
/// ```
/// use plywood::prelude::*;
/// use plywood::schedule::Plateau;
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let plateau = Plateau::new().factor(0.5).patience(1);
/// let mut trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).reduce_on_plateau(plateau).on(Device::Cpu)?;
/// for result in [0.9, 0.7, 0.7, 0.8] {
///     trainer.observe(result);
/// }
/// assert_eq!(trainer.learning_rate(), 0.05);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// Whether a higher or a lower result is better; `None` for what the metric of a [fit](crate::Trainer::fit) says, and
    /// lower outside of one.
    pub mode: Option<Direction>,
    /// What the rate is multiplied by.
    pub factor: f64,
    /// How many results that are no better are borne with.
    pub patience: u32,
    /// What counts as better.
    pub threshold: Threshold,
    /// How many results after a reduction do not count as worse.
    pub cooldown: u32,
    /// The lowest rate that it reduces to.
    pub min_lr: f64,
    /// A reduction by no more than this is not made.
    pub eps: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! { Plateau { mode, factor, patience, threshold, cooldown, min_lr, eps }, or default }

impl Plateau {
    /// A tenth of the rate after 10 results without a better one, PyTorch's defaults.
    pub const fn new() -> Plateau {
        Plateau {
            mode: None,
            factor: 0.1,
            patience: 10,
            threshold: Threshold::Rel(1e-4),
            cooldown: 0,
            min_lr: 0.0,
            eps: 1e-8,
        }
    }
    /// Whether a higher or a lower result is better.
    #[must_use]
    pub const fn mode(self, mode: Direction) -> Plateau {
        Plateau { mode: Some(mode), ..self }
    }
    /// What the rate is multiplied by, 0.1 if not set.
    #[must_use]
    pub const fn factor(self, factor: f64) -> Plateau {
        Plateau { factor, ..self }
    }
    /// How many results that are no better are borne with, 10 if not set: the next one reduces the rate.
    #[must_use]
    pub const fn patience(self, patience: u32) -> Plateau {
        Plateau { patience, ..self }
    }
    /// What counts as better, `Threshold::Rel(1e-4)` if not set.
    #[must_use]
    pub const fn threshold(self, threshold: Threshold) -> Plateau {
        Plateau { threshold, ..self }
    }
    /// How many results after a reduction do not count as worse, 0 if not set.
    #[must_use]
    pub const fn cooldown(self, cooldown: u32) -> Plateau {
        Plateau { cooldown, ..self }
    }
    /// The lowest rate that it reduces to, 0 if not set.
    #[must_use]
    pub const fn min_lr(self, min_lr: f64) -> Plateau {
        Plateau { min_lr, ..self }
    }
    /// A reduction by no more than this is not made; 1e-8 if not set.
    #[must_use]
    pub const fn eps(self, eps: f64) -> Plateau {
        Plateau { eps, ..self }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if !(self.factor >= 0.0 && self.factor < 1.0) {
            let found = self.factor.to_string();
            return Err(Error::Setting {
                name: "factor",
                expected: "any number from 0 up to below 1",
                found,
            });
        }
        let (Threshold::Rel(threshold) | Threshold::Abs(threshold)) = self.threshold;
        not_negative("threshold", threshold)?;
        not_negative("min_lr", self.min_lr)?;
        not_negative("eps", self.eps)
    }

    fn is_better(&self, mode: Direction, a: f64, best: Option<f64>) -> bool {
        let margin = match (self.threshold, best) {
            (Threshold::Rel(part), Some(best)) => part * best.abs(),
            (Threshold::Abs(margin), _) => margin,
            (_, None) => 0.0,
        };
        mode.beats(a, best, margin)
    }
}

impl Default for Plateau {
    fn default() -> Plateau {
        Plateau::new()
    }
}

/// What a plateau has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// The best result.
    pub best: Option<f64>,
    /// Results since then, or since the last reduction, that were no better.
    pub bad: u32,
    /// Results to come that do not count as worse.
    pub cooldown: u32,
    /// How often the rate was reduced.
    pub reductions: u32,
}

impl Seen {
    /// Takes note of a result.
    pub fn observe(&mut self, plateau: &Plateau, mode: Direction, result: f64) {
        if plateau.is_better(mode, result, self.best) {
            self.best = Some(result);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.bad = 0;
        }
        if self.bad > plateau.patience {
            self.reductions += 1;
            self.cooldown = plateau.cooldown;
            self.bad = 0;
        }
    }

    /// What the reductions so far leave of a rate.
    pub fn rate(&self, plateau: &Plateau, base: f64) -> f64 {
        let mut rate = base;
        for _ in 0..self.reductions {
            let less = (rate * plateau.factor).max(plateau.min_lr);
            if rate - less <= plateau.eps {
                // nor will any later one be made
                break;
            }
            rate = less;
        }
        rate
    }
}
