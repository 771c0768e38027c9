//! Schedules made of others, or of a function.

use std::fmt;

use super::Schedule;
use crate::error::Result;

/// One schedule, then another: what [`Schedule::then`] and [`Schedule::warmup`] make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Then<A, B> {
    pub(super) first: A,
    pub(super) n: u64,
    pub(super) next: B,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    Then [A: serde::Deserialize<'de>, serde::Serialize; B: serde::Deserialize<'de>, serde::Serialize] { first, n, next }
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn rate(&self, base: f64, t: u64) -> f64 {
        match t.checked_sub(self.n) {
            None => self.first.rate(base, t),
            Some(t) => self.next.rate(base, t),
        }
    }
    fn check(&self) -> Result<()> {
        self.first.check()?;
        self.next.check()
    }
}

/// `base` times a function of the number of updates or epochs. PyTorch's `LambdaLR`.
///
/// ```
/// use plywood::schedule::{Lambda, Schedule};
///
/// let inverse = Lambda(|t| 1.0 / (1.0 + 0.5 * t as f64));
/// assert_eq!(inverse.rate(0.1, 2), 0.05);
/// ```
///
/// A checkpoint of training cannot tell one function from another: going on with the same is up to the program.
#[derive(Clone, Copy)]
pub struct Lambda<F>(pub F);

impl<F: Fn(u64) -> f64 + Send + Sync + 'static> Schedule for Lambda<F> {
    fn rate(&self, base: f64, t: u64) -> f64 {
        base * (self.0)(t)
    }
}

impl<F> fmt::Debug for Lambda<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lambda")
    }
}
