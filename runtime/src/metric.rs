//! What a trained network is measured by.

use crate::error::Result;
use crate::loss::{Loss, check_classes};
use crate::sample::Sample;

/// A number that says how good outputs are, over a data set of any length.
///
/// Every loss is one too: `trainer.evaluate(&test, CrossEntropy)` is the loss of the data set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not measure outputs of type `{Output}` against targets of type `{Target}`",
    note = "`Accuracy` and `CrossEntropy` take scores `[f32; C]` and classes `u32`; `Mse` takes targets like its outputs"
)]
pub trait Metric<Output: Sample, Target> {
    /// What is added up from batch to batch.
    type Total: Default;

    /// Adds some outputs and their targets. A target that means nothing is an
    /// [`Error::Target`](crate::Error::Target) with its index in `targets`.
    fn add(&self, total: &mut Self::Total, output: &[Output], targets: &[Target]) -> Result<()>;

    /// The number, from the total over at least one sample.
    fn result(&self, total: Self::Total) -> f64;
}

/// How many samples were put into their class: the share, from 0 to 1, of outputs whose largest score is that
/// of the target. Of equal scores the first counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy;

impl<const C: usize> Metric<[f32; C], u32> for Accuracy {
    /// Right ones, all.
    type Total = (u64, u64);

    fn add(&self, (right, all): &mut (u64, u64), output: &[[f32; C]], targets: &[u32]) -> Result<()> {
        check_classes(targets, C)?;
        *right += count_right(output.as_flattened(), C, targets);
        *all += output.len() as u64;
        Ok(())
    }

    fn result(&self, (right, all): (u64, u64)) -> f64 {
        right as f64 / all as f64
    }
}

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn count_right(scores: &[f32], classes: usize, targets: &[u32]) -> u64 {
    let right = |(scores, target): (&[f32], &u32)| {
        let mut best = 0;
        for (class, score) in scores.iter().enumerate() {
            // Whatever is compared with NaN is not larger, so NaN loses to every number.
            if *score > scores[best] || scores[best].is_nan() {
                best = class;
            }
        }
        best == *target as usize && !scores[best].is_nan()
    };
    scores.chunks(classes).zip(targets).filter(|pair| right(*pair)).count() as u64
}

/// The loss of all samples as one batch.
#[diagnostic::do_not_recommend]
impl<Output: Sample, L: Loss<Output>> Metric<Output, L::Target> for L {
    /// The sum of shares and losses, the sum of shares.
    type Total = (f64, f64);

    fn add(&self, (sum, shares): &mut (f64, f64), output: &[Output], targets: &[L::Target]) -> Result<()> {
        let share = self.share(targets);
        *sum += share * Loss::value(self, output, targets)?;
        *shares += share;
        Ok(())
    }

    fn result(&self, (sum, shares): (f64, f64)) -> f64 {
        self.reduction().combine(sum, shares)
    }
}
