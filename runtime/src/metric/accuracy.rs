//! Shares of outputs that say what their target says.

use super::numbers::{Sums, no_numbers, of_numbers, same_length};
use super::tally::{check_several, check_sides};
use super::{Direction, Metric, ScalarMetric};
use crate::error::{Error, Result};
use crate::loss::check_classes;
use crate::network::sample::Sample;
use crate::text::counted;

/// How many samples were put into their class: the share, from 0 to 1, of outputs whose largest score is that
/// of the target. Of equal scores the first counts. scikit-learn's `accuracy_score` of `argmax`.
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

impl<const C: usize> Metric<[f32; C], u32> for Accuracy {
    type Total = Share;
    type Value = f64;

    fn check(&self) -> Result<()> {
        check_several("Accuracy", C)
    }

    fn add(&self, total: &mut Share, output: &[[f32; C]], targets: &[u32]) -> Result<()> {
        Metric::<[f32; C], u32>::add(&TopK(1), total, output, targets)
    }

    fn result(&self, total: Share) -> f64 {
        share(total)
    }
}

impl<const C: usize> ScalarMetric<[f32; C], u32> for Accuracy {
    fn direction(&self) -> Direction {
        Direction::Higher
    }
    fn name(&self) -> String {
        "Accuracy".to_owned()
    }
}

impl<const C: usize> Metric<[f32; C], u32> for TopK {
    type Total = Share;
    type Value = f64;

    fn check(&self) -> Result<()> {
        match self.0 {
            k if (1..=C).contains(&k) => Ok(()),
            k => Err(Error::Setting {
                name: "TopK",
                expected: "1 or more, up to the number of classes",
                found: format!("{k} of {}", counted(C, "classes")),
            }),
        }
    }

    fn add(&self, (right, all): &mut Share, output: &[[f32; C]], targets: &[u32]) -> Result<()> {
        Metric::<[f32; C], u32>::check(self)?;
        check_classes(output.len(), targets, C)?;
        *right += count_right(output.as_flattened(), C, targets, self.0);
        *all += output.len() as u64;
        Ok(())
    }

    fn result(&self, total: Share) -> f64 {
        share(total)
    }
}

impl<const C: usize> ScalarMetric<[f32; C], u32> for TopK {
    fn direction(&self) -> Direction {
        Direction::Higher
    }
    fn name(&self) -> String {
        format!("TopK({})", self.0)
    }
}

/// At each position of a sample one class of several, as [`CrossEntropy`](crate::loss::CrossEntropy) has it: each counts by
/// itself.
impl<const C: usize, const P: usize> Metric<[[f32; C]; P], [u32; P]> for TopK {
    type Total = Share;
    type Value = f64;

    fn check(&self) -> Result<()> {
        Metric::<[f32; C], u32>::check(self)
    }

    fn add(&self, total: &mut Share, output: &[[[f32; C]; P]], targets: &[[u32; P]]) -> Result<()> {
        for (sample, (output, targets)) in output.iter().zip(targets).enumerate() {
            Metric::<[f32; C], u32>::add(self, total, output, targets).map_err(|error| match error {
                Error::Target { sample: position, problem } => {
                    Error::Target { sample, problem: format!("position {position}: {problem}") }
                }
                other => other,
            })?;
        }
        Ok(())
    }

    fn result(&self, total: Share) -> f64 {
        share(total)
    }
}

impl<const C: usize, const P: usize> ScalarMetric<[[f32; C]; P], [u32; P]> for TopK {
    fn direction(&self) -> Direction {
        Direction::Higher
    }
    fn name(&self) -> String {
        ScalarMetric::<[f32; C], u32>::name(self)
    }
}

/// As of [`TopK`] at each position.
impl<const C: usize, const P: usize> Metric<[[f32; C]; P], [u32; P]> for Accuracy {
    type Total = Share;
    type Value = f64;

    fn check(&self) -> Result<()> {
        Metric::<[f32; C], u32>::check(self)
    }

    fn add(&self, total: &mut Share, output: &[[[f32; C]; P]], targets: &[[u32; P]]) -> Result<()> {
        Metric::<[[f32; C]; P], [u32; P]>::add(&TopK(1), total, output, targets)
    }

    fn result(&self, total: Share) -> f64 {
        share(total)
    }
}

impl<const C: usize, const P: usize> ScalarMetric<[[f32; C]; P], [u32; P]> for Accuracy {
    fn direction(&self) -> Direction {
        Direction::Higher
    }
    fn name(&self) -> String {
        "Accuracy".to_owned()
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
