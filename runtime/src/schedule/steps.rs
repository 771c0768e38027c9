//! Rates that stay the same for a while, then fall at once.

use super::{Schedule, not_negative, not_zero};
use crate::error::{Error, Result};

/// `base * gamma^⌊t / step_size⌋`: times `gamma` every `step_size` updates or epochs. PyTorch's `StepLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Updates or epochs with the same rate.
    pub step_size: u64,
    /// What the rate is multiplied by.
    pub gamma: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! { Step { step_size, gamma = Step::new(1).gamma } }

impl Step {
    /// A tenth of the rate every `step_size` updates or epochs.
    pub const fn new(step_size: u64) -> Step {
        Step { step_size, gamma: 0.1 }
    }
    /// What the rate is multiplied by, 0.1 if not set.
    #[must_use]
    pub const fn gamma(self, gamma: f64) -> Step {
        Step { gamma, ..self }
    }
}

impl Schedule for Step {
    fn rate(&self, base: f64, t: u64) -> f64 {
        base * libm::pow(self.gamma, (t / self.step_size.max(1)) as f64)
    }
    fn check(&self) -> Result<()> {
        not_zero("step_size", self.step_size)?;
        not_negative("gamma", self.gamma)
    }
}

/// `base * gamma^k` after `k` of the milestones. PyTorch's `MultiStepLR`.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStep {
    /// The numbers of updates or epochs after which the rate falls, in any order; one that stands there twice counts
    /// twice.
    pub milestones: Vec<u64>,
    /// What the rate is multiplied by.
    pub gamma: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! { MultiStep { milestones, gamma = MultiStep::new([]).gamma } }

impl MultiStep {
    /// A tenth of the rate at each of the `milestones`.
    pub fn new(milestones: impl Into<Vec<u64>>) -> MultiStep {
        MultiStep { milestones: milestones.into(), gamma: 0.1 }
    }
    /// What the rate is multiplied by, 0.1 if not set.
    #[must_use]
    pub fn gamma(self, gamma: f64) -> MultiStep {
        MultiStep { gamma, ..self }
    }
}

impl Schedule for MultiStep {
    fn rate(&self, base: f64, t: u64) -> f64 {
        let passed = self.milestones.iter().filter(|milestone| **milestone <= t).count();
        base * libm::pow(self.gamma, passed as f64)
    }
    fn check(&self) -> Result<()> {
        if self.milestones.is_empty() {
            return Err(Error::Setting {
                name: "milestones",
                expected: "one number or more",
                found: "empty".to_owned(),
            });
        }
        not_negative("gamma", self.gamma)
    }
}
