//! Shares of outputs that say what their target says.

use super::numbers::{Sums, no_numbers, of_numbers, same_length};
use super::tally::{check_several, check_sides};
use super::{Direction, Metric, ScalarMetric};
use crate::error::{Error, Result};
use crate::loss::{Scores, check_positions};
use crate::network::sample::{Nested, Sample};
use crate::text::counted;

/// How many samples were put into their class: the share, from 0 to 1, of outputs whose largest score is that
/// of the target. Of equal scores the first counts. scikit-learn's `accuracy_score` of `argmax`.
///
/// Outputs with several axes have a class at each position, as for [`CrossEntropy`](crate::loss::CrossEntropy); each counts by
/// itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy;
#[cfg(feature = "serde")]
crate::settings::table! { Accuracy {} }

/// How often the target is among the `k` classes with the largest scores, from 0 to 1: `TopK(5)`. Of equal scores the
/// first count, so that `TopK(1)` is [`Accuracy`].
///
/// scikit-learn's `top_k_accuracy_score`, but for equal scores, of which it counts the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK(
    /// How many classes, 1 or more.
    pub usize,
);
#[cfg(feature = "serde")]
crate::settings::table! { TopK { 0 => k } }

/// How many of some logits are on the side of 0 that their target says, from 0 to 1: a logit above 0 says 1, any other 0.
/// Targets are 0 or 1.
///
/// Outputs and targets have the same shape, and with several numbers in a sample each counts by itself, as where an input
/// can have several labels at once. Outputs `[f32; 1]` may have targets `f32` too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BinaryAccuracy;
#[cfg(feature = "serde")]
crate::settings::table! { BinaryAccuracy {} }

/// Right ones, all.
type Share = (u64, u64);

fn share((right, all): Share) -> f64 {
    right as f64 / all as f64
}

/// Both for outputs of a type of [`Scores`]: one implementation for all of them would meet that for every loss.
macro_rules! of_scores {
    ([$($generics:tt)*] $scores:ty) => {
        impl<$($generics)*> Metric<$scores, <$scores as Scores>::Classes> for Accuracy {
            type Total = Share;
            type Value = f64;

            fn check(&self) -> Result<()> {
                check_several("Accuracy", <$scores as Scores>::Row::LEN)
            }

            fn add(
                &self,
                total: &mut Share,
                output: &[$scores],
                targets: &[<$scores as Scores>::Classes],
            ) -> Result<()> {
                TopK(1).count(total, output, targets)
            }

            fn result(&self, total: Share) -> f64 {
                share(total)
            }
        }

        impl<$($generics)*> ScalarMetric<$scores, <$scores as Scores>::Classes> for Accuracy {
            fn direction(&self) -> Direction {
                Direction::Higher
            }
            fn name(&self) -> String {
                "Accuracy".to_owned()
            }
        }

        impl<$($generics)*> Metric<$scores, <$scores as Scores>::Classes> for TopK {
            type Total = Share;
            type Value = f64;

            fn check(&self) -> Result<()> {
                self.check_among(<$scores as Scores>::Row::LEN)
            }

            fn add(
                &self,
                total: &mut Share,
                output: &[$scores],
                targets: &[<$scores as Scores>::Classes],
            ) -> Result<()> {
                self.count(total, output, targets)
            }

            fn result(&self, total: Share) -> f64 {
                share(total)
            }
        }

        impl<$($generics)*> ScalarMetric<$scores, <$scores as Scores>::Classes> for TopK {
            fn direction(&self) -> Direction {
                Direction::Higher
            }
            fn name(&self) -> String {
                format!("TopK({})", self.0)
            }
        }
    };
}
of_scores!([const C: usize] [f32; C]);
of_scores!([S: Scores, const T: usize] [S; T]);

impl TopK {
    fn check_among(self, classes: usize) -> Result<()> {
        match self.0 {
            k if (1..=classes).contains(&k) => Ok(()),
            k => Err(Error::Setting {
                name: "TopK",
                expected: "1 or more, up to the number of classes",
                found: format!("{k} of {}", counted(classes, "classes")),
            }),
        }
    }

    fn count<S: Scores>(self, (right, all): &mut Share, output: &[S], targets: &[S::Classes]) -> Result<()> {
        let (classes, samples, targets) = (S::Row::LEN, targets.len(), S::Classes::flatten(targets));
        self.check_among(classes)?;
        check_positions(output.len(), samples, targets, classes, None)?;
        *right += count_right(S::flat(output), classes, targets, self.0);
        *all += targets.len() as u64;
        Ok(())
    }
}

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn count_right(scores: &[f32], classes: usize, targets: &[u32], k: usize) -> u64 {
    let right = |(scores, target): (&[f32], &u32)| {
        let target = *target as usize;
        let own = scores[target];
        // Whatever is compared with NaN is not larger, so NaN loses to every number.
        let before = |(class, score): &(usize, &f32)| {
            **score > own || **score == own && *class < target || own.is_nan()
        };
        scores.iter().enumerate().filter(before).count() < k && !own.is_nan()
    };
    scores.chunks(classes).zip(targets).filter(|pair| right(*pair)).count() as u64
}

/// What [`BinaryAccuracy`] adds up.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sides(Share);

impl Sums for Sides {
    fn add(&mut self, output: &[f32], targets: &[f32], width: usize) -> Result<()> {
        check_sides(targets, width)?;
        let right = |(y, t): &(&f32, &f32)| (**y > 0.0) == (**t == 1.0) && !y.is_nan();
        self.0.0 += output.iter().zip(targets).filter(right).count() as u64;
        self.0.1 += output.len() as u64;
        Ok(())
    }

    fn value(self) -> f64 {
        share(self.0)
    }
}

of_numbers! { BinaryAccuracy, Higher, Sides: (f32, f32) [] ([S; N], [S; N]) [S, const N: usize] ([f32; 1], f32) [] }
