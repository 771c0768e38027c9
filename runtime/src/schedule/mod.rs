//! Learning rates that change while a network trains.
//!
//! A [`Schedule`] says what becomes of the optimizer's learning rate after a number of updates or of epochs: the
//! method of [`TrainerBuilder`](crate::TrainerBuilder) that it is given to says which.
//!
//! ```
//! use plywood::prelude::*;
//! use plywood::schedule::{Cosine, MultiStep};
//!
//! network! { struct Line: [1] -> [1] { line: Linear(1) } }
//!
//! // counted in updates: 100 of warm-up, then 900 down to 0
//! let cosine = Trainer::new(Line::init(7), Mse::mean(), Adam::new(1e-3))
//!     .schedule_per_update(Cosine::new(900).warmup(100))
//!     .on(Device::Cpu)?;
//! assert!((cosine.learning_rate() - 1e-3 / 101.0).abs() < 1e-12);
//!
//! // counted in epochs: a tenth of the rate after 30 of them, a hundredth after 60
//! let steps = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1))
//!     .schedule_per_epoch(MultiStep::new([30, 60]))
//!     .on(Device::Cpu)?;
//! assert_eq!(steps.learning_rate(), 0.1);
//! # Ok::<(), plywood::Error>(())
//! ```
//!
//! Names, arguments and defaults are those of `torch.optim.lr_scheduler`. Each rate is computed from the number of
//! updates or epochs alone, so no rounding adds up and going on from a checkpoint needs nothing but that number.
//! [`Plateau`], which watches results, has a state instead.

mod curves;
mod join;
pub(crate) mod plateau;
mod steps;

use std::fmt;

pub use curves::{Cosine, Exponential, Linear, OneCycle};
pub use join::{Lambda, Then};
pub use plateau::{Plateau, Threshold};
pub use steps::{MultiStep, Step};

use crate::error::{Error, Result};
use crate::hyperparameters::not_zero;

/// How a learning rate follows from the one that the optimizer was given.
///
/// One of a user's own is a formula. Where it is an expression, a [`Lambda`] is shorter:
///
/// ```
/// use plywood::schedule::Schedule;
///
/// /// Vaswani et al. 2017: up for a while, then down with the inverse square root.
/// #[derive(Debug)]
/// struct InverseSquareRoot {
///     warmup: f64,
/// }
/// impl Schedule for InverseSquareRoot {
///     fn rate(&self, base: f64, t: u64) -> f64 {
///         let step = t as f64 + 1.0;
///         base * (step / self.warmup).min((self.warmup / step).sqrt())
///     }
/// }
/// assert_eq!(InverseSquareRoot { warmup: 100.0 }.rate(0.5, 399), 0.25);
/// ```
///
/// `Debug` is what a checkpoint of training keeps of a schedule, to see whether it goes on with the same.
pub trait Schedule: fmt::Debug + Send + Sync + 'static {
    /// The learning rate of the update or epoch that comes after `t` others, where the optimizer's own is `base`: 0 or
    /// any number above. With [groups](crate::TrainerBuilder::group) each has a base of its own.
    fn rate(&self, base: f64, t: u64) -> f64;

    /// An error if a setting of it means nothing.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The same after `n` updates or epochs in which the rate rises to its start, in equal steps: the first has
    /// `1 / (n + 1)` of it, the `n`-th `n / (n + 1)`. A warm-up with other ends is a [`Linear`] and
    /// [`then`](Schedule::then).
    fn warmup(self, n: u64) -> Then<Linear, Self>
    where
        Self: Sized,
    {
        Linear::new(1.0 / (n as f64 + 1.0), 1.0, n).then(n, self)
    }

    /// This one for `n` updates or epochs, then `next`, which counts from 0 again; PyTorch's `SequentialLR`.
    fn then<S: Schedule>(self, n: u64, next: S) -> Then<Self, S>
    where
        Self: Sized,
    {
        Then { first: self, n, next }
    }
}

/// An error if a number is not finite or below 0.
fn not_negative(name: &'static str, x: f64) -> Result<()> {
    if x >= 0.0 && x.is_finite() {
        return Ok(());
    }
    Err(Error::Setting { name, expected: "0 or any number above", found: x.to_string() })
}
