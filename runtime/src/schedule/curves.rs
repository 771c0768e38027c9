//! Rates that change with every update or epoch.

use std::f64::consts::PI;

use super::{Schedule, not_negative, not_zero};
use crate::error::{Error, Result};

/// `base * gamma^t`. PyTorch's `ExponentialLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// What the rate is multiplied by after each update or epoch.
    pub gamma: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! { Exponential { gamma } }

impl Exponential {
    /// Times `gamma` after each update or epoch.
    pub const fn new(gamma: f64) -> Exponential {
        Exponential { gamma }
    }
}

impl Schedule for Exponential {
    fn rate(&self, base: f64, t: u64) -> f64 {
        base * libm::pow(self.gamma, t as f64)
    }
    fn check(&self) -> Result<()> {
        not_negative("gamma", self.gamma)
    }
}

/// `base` times a factor that goes from `start_factor` to `end_factor` in equal steps, then stays. PyTorch's `LinearLR`:
/// a decay to nothing is `Linear::new(1.0, 0.0, n)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    /// The factor at first.
    pub start_factor: f64,
    /// The factor from `total_iters` on.
    pub end_factor: f64,
    /// Updates or epochs from the one to the other.
    pub total_iters: u64,
}

#[cfg(feature = "serde")]
crate::settings::table! { Linear { start_factor, end_factor, total_iters } }

impl Linear {
    /// From the one factor to the other in `total_iters` updates or epochs.
    pub const fn new(start_factor: f64, end_factor: f64, total_iters: u64) -> Linear {
        Linear { start_factor, end_factor, total_iters }
    }
}

impl Schedule for Linear {
    fn rate(&self, base: f64, t: u64) -> f64 {
        if t >= self.total_iters {
            return base * self.end_factor;
        }
        let part = t as f64 / self.total_iters as f64;
        base * (self.start_factor + (self.end_factor - self.start_factor) * part)
    }
    fn check(&self) -> Result<()> {
        not_negative("start_factor", self.start_factor)?;
        not_negative("end_factor", self.end_factor)
    }
}

/// `eta_min + (base - eta_min) * (1 + cos(π t / t_max)) / 2` up to `t_max`, then `eta_min` (Loshchilov and Hutter 2017).
///
/// PyTorch's `CosineAnnealingLR` but for what comes after `t_max`: there PyTorch's rate rises again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    /// Updates or epochs until the rate is lowest.
    pub t_max: u64,
    /// The lowest rate. A base that is lower stays as it is.
    pub eta_min: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! { Cosine { t_max, eta_min = Cosine::new(1).eta_min } }

impl Cosine {
    /// From the optimizer's rate down to 0 in `t_max` updates or epochs.
    pub const fn new(t_max: u64) -> Cosine {
        Cosine { t_max, eta_min: 0.0 }
    }
    /// The lowest rate, 0 if not set.
    #[must_use]
    pub const fn eta_min(self, eta_min: f64) -> Cosine {
        Cosine { eta_min, ..self }
    }
}

impl Schedule for Cosine {
    fn rate(&self, base: f64, t: u64) -> f64 {
        let low = self.eta_min.min(base);
        anneal(base, low, t.min(self.t_max) as f64 / self.t_max as f64)
    }
    fn check(&self) -> Result<()> {
        not_zero("t_max", self.t_max)?;
        not_negative("eta_min", self.eta_min)
    }
}

/// From `start` to `end` along half a wave of the cosine, `part` from 0 to 1.
fn anneal(start: f64, end: f64, part: f64) -> f64 {
    // In this form both ends are exact.
    let weight = (1.0 + libm::cos(PI * part)) / 2.0;
    start * weight + end * (1.0 - weight)
}

/// Up, then far down, each along half a wave of the cosine (Smith and Topin 2018): from `base / div_factor` to `base`,
/// then to `base / div_factor / final_div_factor`, where it stays.
///
/// PyTorch's `OneCycleLR` with `anneal_strategy="cos"`, `three_phase=False` and `cycle_momentum=False`; its `max_lr` is the
/// optimizer's learning rate. It is meant to be counted in updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    /// Updates or epochs of the whole cycle.
    pub total_steps: u64,
    /// The part of them in which the rate rises.
    pub pct_start: f64,
    /// How many times smaller the rate is at first than at its highest.
    pub div_factor: f64,
    /// How many times smaller it is at last than at first.
    pub final_div_factor: f64,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    OneCycle {
        total_steps,
        pct_start = OneCycle::new(1).pct_start,
        div_factor = OneCycle::new(1).div_factor,
        final_div_factor = OneCycle::new(1).final_div_factor
    }
}

impl OneCycle {
    /// A cycle of `total_steps` updates or epochs.
    pub const fn new(total_steps: u64) -> OneCycle {
        OneCycle { total_steps, pct_start: 0.3, div_factor: 25.0, final_div_factor: 1e4 }
    }
    /// The part of the cycle in which the rate rises, from 0 to 1; 0.3 if not set.
    #[must_use]
    pub const fn pct_start(self, pct_start: f64) -> OneCycle {
        OneCycle { pct_start, ..self }
    }
    /// How many times smaller the rate is at first than at its highest, 25 if not set.
    #[must_use]
    pub const fn div_factor(self, div_factor: f64) -> OneCycle {
        OneCycle { div_factor, ..self }
    }
    /// How many times smaller it is at last than at first, 10,000 if not set.
    #[must_use]
    pub const fn final_div_factor(self, final_div_factor: f64) -> OneCycle {
        OneCycle { final_div_factor, ..self }
    }
}

impl Schedule for OneCycle {
    fn rate(&self, base: f64, t: u64) -> f64 {
        let first = base / self.div_factor;
        let last = first / self.final_div_factor;
        let top = self.pct_start * self.total_steps as f64 - 1.0;
        let (t, end) = (t as f64, self.total_steps as f64 - 1.0);
        // Between two ends that are one, the rate is that of the later.
        let part = |from: f64, to: f64| if to > from { ((t - from) / (to - from)).min(1.0) } else { 1.0 };
        if t <= top { anneal(first, base, part(0.0, top)) } else { anneal(base, last, part(top, end)) }
    }
    fn check(&self) -> Result<()> {
        not_zero("total_steps", self.total_steps)?;
        if !(0.0..=1.0).contains(&self.pct_start) {
            let found = self.pct_start.to_string();
            return Err(Error::Setting { name: "pct_start", expected: "any number from 0 to 1", found });
        }
        for (name, factor) in [("div_factor", self.div_factor), ("final_div_factor", self.final_div_factor)] {
            if !(factor > 0.0 && factor.is_finite()) {
                let found = factor.to_string();
                return Err(Error::Setting { name, expected: "any number above 0", found });
            }
        }
        Ok(())
    }
}
