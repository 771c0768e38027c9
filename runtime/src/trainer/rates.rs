//! The learning rate of the next update.

use std::fmt::Debug;

use super::Trainer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metric::Direction;
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::schedule::plateau::Seen;
use crate::schedule::{Plateau, Schedule};
use crate::text::counted;

/// What becomes of the rates that the optimizers were given.
#[derive(Debug, Default)]
pub(super) struct Rates {
    pub per_update: Option<Box<dyn Schedule>>,
    pub per_epoch: Option<Box<dyn Schedule>>,
    pub plateau: Option<Plateau>,
    /// What the plateau has seen.
    pub seen: Seen,
}

impl Rates {
    pub fn check(&self) -> Result<()> {
        let schedules = [&self.per_update, &self.per_epoch];
        schedules.into_iter().flatten().try_for_each(|schedule| schedule.check())?;
        self.plateau.as_ref().map_or(Ok(()), Plateau::check)
    }

    /// What a rate of `base` is after so many updates and epochs.
    pub fn rate(&self, base: f64, updates: u64, epochs: u32) -> f64 {
        let by_epoch = self.per_epoch.as_ref().map_or(base, |s| s.rate(base, u64::from(epochs)));
        let by_update = self.per_update.as_ref().map_or(by_epoch, |s| s.rate(by_epoch, updates));
        self.plateau.as_ref().map_or(by_update, |plateau| self.seen.rate(plateau, by_update))
    }

    /// As [`rate`](Rates::rate), or an error if a schedule makes none of it.
    pub fn checked(&self, base: f64, updates: u64, epochs: u32) -> Result<f64> {
        let rate = self.rate(base, updates, epochs);
        if rate >= 0.0 && rate.is_finite() {
            return Ok(rate);
        }
        let (updates, epochs) = (counted(updates, "updates"), counted(epochs, "epochs"));
        let found = format!("one with a rate of {rate} after {updates} and {epochs}");
        Err(Error::Setting { name: "schedule", expected: "one whose rates are 0 or above", found })
    }

    /// What they are, by the name of the method that sets them.
    pub fn describe(&self) -> [(&'static str, String); 3] {
        fn text(set: Option<&dyn Debug>) -> String {
            set.map_or("none".to_owned(), |set| format!("{set:?}"))
        }
        [
            ("schedule_per_update", text(self.per_update.as_ref().map(|s| s as &dyn Debug))),
            ("schedule_per_epoch", text(self.per_epoch.as_ref().map(|s| s as &dyn Debug))),
            ("reduce_on_plateau", text(self.plateau.as_ref().map(|s| s as &dyn Debug))),
        ]
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// The learning rate of the next update: the [optimizer](Trainer::optimizer)'s, as the schedules have it by now. Of
    /// several groups, that of the parameters which no [`group`](crate::TrainerBuilder::group) selects.
    #[doc(alias = "lr")]
    pub fn learning_rate(&self) -> f64 {
        self.rates.rate(self.optimizer().learning_rate(), self.updates, self.epochs)
    }

    /// Shows a result, for instance of a validation, to the trainer's [`Plateau`]; nothing happens without one. A
    /// [fit](Trainer::fit) does it by itself.
    pub fn observe(&mut self, result: f64) {
        self.observe_as(Direction::Lower, result);
    }

    /// [`observe`](Trainer::observe), where results are better `otherwise` if the plateau does not say.
    pub(super) fn observe_as(&mut self, otherwise: Direction, result: f64) {
        if let Some(plateau) = &self.rates.plateau {
            self.rates.seen.observe(plateau, plateau.mode.unwrap_or(otherwise), result);
        }
    }
}
