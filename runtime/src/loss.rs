//! Losses: one number for a batch of outputs, and its gradient.

pub use crate::book::losses::*;
pub use plywood_kernels::cpu::Cpu;
use plywood_kernels::cpu::{self, Map};

use crate::error::{Error, Result};
use crate::sample::Sample;

/// A loss over outputs of type `Output`.
///
/// A loss on scores owns the gradient through its own softmax or sigmoid, which is simpler and safer than the
/// two apart. Here is one of a user's own, the mean of `cosh(y - t) - 1`:
///
/// ```
/// use plywood::loss::Cpu;
/// use plywood::prelude::*;
///
/// struct Cosh;
/// impl<const N: usize> Loss<[f32; N]> for Cosh {
///     type Target = [f32; N];
///     fn reduction(&self) -> Reduction {
///         Reduction::Mean
///     }
///     fn gradient(&self, _: &Cpu, d: &mut [[f32; N]], y: &[[f32; N]], t: &[[f32; N]], scale: f64)
///         -> plywood::Result<f64>
///     {
///         let scale = scale / (N * y.len()) as f64;
///         for ((d, y), t) in d.as_flattened_mut().iter_mut().zip(y.as_flattened()).zip(t.as_flattened()) {
///             *d = scale as f32 * (y - t).sinh();
///         }
///         self.value(y, t)
///     }
///     fn value(&self, y: &[[f32; N]], t: &[[f32; N]]) -> plywood::Result<f64> {
///         let pairs = y.as_flattened().iter().zip(t.as_flattened());
///         Ok(pairs.map(|(y, t)| (y - t).cosh() as f64 - 1.0).sum::<f64>() / (N * y.len()) as f64)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss for outputs of type `{Output}`",
    note = "`CrossEntropy` is for one axis of scores, `[f32; N]`; a `Flatten` before the last layers makes all axes one"
)]
pub trait Loss<Output: Sample>: Send + Sync + 'static {
    /// What an output is compared with: a class, an array of numbers.
    type Target: Clone + Send + Sync + 'static;

    /// How the losses of the samples become the loss of a batch, from which follows how batches combine.
    fn reduction(&self) -> Reduction;

    /// The loss of a batch, and `d[i]` = `scale` times its derivative with respect to `output[i]`. The three
    /// slices have the same length, at least 1; `d` holds anything before. The loss itself is not scaled. A
    /// target that means nothing is an [`Error::Target`] with its index.
    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [Output],
        output: &[Output],
        targets: &[Self::Target],
        scale: f64,
    ) -> Result<f64>;

    /// The loss of a batch without its gradient, for evaluation. Equal to what `gradient` returns up to
    /// rounding.
    fn value(&self, output: &[Output], targets: &[Self::Target]) -> Result<f64>;
}

/// How a batch's loss follows from those of its elements, as in PyTorch.
///
/// The same rule joins batches of different lengths: with `Mean`, the loss of two batches together is the
/// mean of both weighted by their numbers of samples, with `Sum` it is their sum. So an epoch's loss is that
/// of its data set seen as one batch, a short last batch counts for what it is, and micro-batches that are
/// accumulated give the gradient of the batch that they make up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The mean over all elements: over the samples and, within one, over its numbers.
    #[default]
    Mean,
    /// The sum over all elements.
    Sum,
}

impl Reduction {
    /// What the sum over `elements` is multiplied by.
    pub fn weight(self, elements: usize) -> f64 {
        match self {
            Reduction::Mean => 1.0 / elements as f64,
            Reduction::Sum => 1.0,
        }
    }

    /// How much the loss of a batch of `samples` counts beside that of others.
    pub(crate) fn share(self, samples: usize) -> f64 {
        match self {
            Reduction::Mean => samples as f64,
            Reduction::Sum => 1.0,
        }
    }

    /// The loss of several batches from the sum of their losses, each times its share, and the sum of shares.
    pub(crate) fn combine(self, sum: f64, shares: f64) -> f64 {
        match self {
            Reduction::Mean => sum / shares,
            Reduction::Sum => sum,
        }
    }
}

/// The mean of `-ln softmax(output)[target]`: for outputs that are scores of `C` classes, and classes `0..C`.
///
/// PyTorch's `CrossEntropyLoss`. The scores go in as they come out of a linear layer, without a softmax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossEntropy;

impl<const C: usize> Loss<[f32; C]> for CrossEntropy {
    type Target = u32;

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; C]],
        output: &[[f32; C]],
        targets: &[u32],
        scale: f64,
    ) -> Result<f64> {
        check_classes(targets, C)?;
        let (d, output) = (d.as_flattened_mut(), output.as_flattened());
        Ok(cpu::softmax_cross_entropy(cpu, d, output, targets, scale))
    }

    fn value(&self, output: &[[f32; C]], targets: &[u32]) -> Result<f64> {
        check_classes(targets, C)?;
        Ok(cross_entropy(output.as_flattened(), C, targets))
    }
}

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn cross_entropy(scores: &[f32], classes: usize, targets: &[u32]) -> f64 {
    let one = |(scores, target): (&[f32], &u32)| {
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64;
        let sum: f64 = scores.iter().map(|s| (*s as f64 - most).exp()).sum();
        most + sum.ln() - scores[*target as usize] as f64
    };
    scores.chunks(classes).zip(targets).map(one).sum::<f64>() / targets.len() as f64
}

/// Every target is one of `classes`.
pub(crate) fn check_classes(targets: &[u32], classes: usize) -> Result<()> {
    match targets.iter().position(|t| *t as usize >= classes) {
        None => Ok(()),
        Some(sample) => Err(Error::Target {
            sample,
            problem: format!(
                "class {} is not among the network's {classes}, 0 to {}",
                targets[sample],
                classes.wrapping_sub(1) as isize
            ),
        }),
    }
}

/// A loss that is a formula of an output and a target, element by element: `reduction` of `value(y, t)`, and
/// its gradient from `slope(y, t)`, the derivative with respect to `y`.
#[doc(hidden)]
#[allow(clippy::too_many_arguments)]
pub fn elementwise<S: Sample>(
    cpu: &Cpu,
    d: &mut [S],
    output: &[S],
    targets: &[S],
    reduction: Reduction,
    scale: f64,
    value: &dyn Map<f32, 2>,
    slope: &dyn Map<f32, 2>,
) -> f64 {
    let weight = reduction.weight(S::LEN * output.len());
    let (d, y, t) = (S::flat_mut(d), S::flat(output), S::flat(targets));
    weight * cpu::elementwise_loss(cpu, d, y, t, scale * weight, value, slope)
}

/// As [`elementwise`], without the gradient.
#[doc(hidden)]
pub fn elementwise_value<S: Sample>(
    output: &[S],
    targets: &[S],
    reduction: Reduction,
    value: &dyn Map<f32, 2>,
) -> f64 {
    sum_of(S::flat(output), S::flat(targets), value) * reduction.weight(S::LEN * output.len())
}

fn sum_of(output: &[f32], targets: &[f32], value: &dyn Map<f32, 2>) -> f64 {
    output.iter().zip(targets).map(|(y, t)| value.at([*y, *t]) as f64).sum()
}
