//! Losses: one number for a batch of outputs, and its gradient.

mod between;
mod check;
mod class_weights;
mod classes;
mod elementwise;
mod picked;
mod row;
mod scores;
#[cfg(test)]
mod tests;
mod weighted;

pub use crate::book::losses::*;
#[doc(hidden)]
pub use crate::book::with_loss as with;
pub use between::{CosineEmbedding, MarginRanking, TripletMargin};
pub use class_weights::ClassWeights;
pub use classes::{ChannelCrossEntropy, CrossEntropy, CrossEntropyWith, SoftCrossEntropy};
pub use elementwise::Elementwise;
pub(crate) use elementwise::{check_numbers, check_targets, elementwise, elementwise_value};
pub use picked::{Nll, ProbabilityCrossEntropy};
pub use plywood_kernels::cpu::Cpu;
use plywood_kernels::losses::Outputs;
pub(crate) use row::elementwise_row;
#[doc(hidden)]
pub use row::{ClassAxis, ClassTargets, LossFormula, LossRow};
pub use scores::{Channels, Scores};
pub use weighted::Weighted;

use crate::error::{Error, Result};
use crate::hyperparameters::Hyperparameters;
use crate::network::ports::IntoBatch;
use crate::network::{Numbers, Ports, Sample};
use crate::text::type_word;

/// A loss over outputs of type `Output`.
///
/// A loss on scores owns the gradient through its own softmax or sigmoid, which is simpler and safer than the
/// two apart.
///
/// **A loss of one's own** that is a formula of single numbers is two formulas: see [`Elementwise`]. Any other is an
/// implementation of this trait. Here is the distance between output and target, `√Σ (y - t)²`, as a mean over
/// samples:
///
/// ```
/// use plywood::loss::Cpu;
/// use plywood::prelude::*;
///
/// struct Distance;
/// fn distance<const N: usize>(y: &[f32; N], t: &[f32; N]) -> f32 {
///     y.iter().zip(t).map(|(y, t)| (y - t) * (y - t)).sum::<f32>().sqrt()
/// }
/// impl<const N: usize> Loss<[f32; N]> for Distance {
///     type Target = [f32; N];
///     fn reduction(&self) -> Reduction {
///         Reduction::Mean
///     }
///     fn gradient(&self, _: &Cpu, d: &mut [[f32; N]], y: &[[f32; N]], t: &[[f32; N]], scale: f64)
///         -> plywood::Result<f64>
///     {
///         let scale = scale as f32 / y.len() as f32;
///         for ((d, y), t) in d.iter_mut().zip(y).zip(t) {
///             let length = distance(y, t).max(1e-12);
///             *d = std::array::from_fn(|i| scale * (y[i] - t[i]) / length);
///         }
///         self.value(y, t)
///     }
///     fn value(&self, y: &[[f32; N]], t: &[[f32; N]]) -> plywood::Result<f64> {
///         Ok(y.iter().zip(t).map(|(y, t)| distance(y, t) as f64).sum::<f64>() / y.len() as f64)
///     }
/// }
///
/// let mut d = [[0.0; 2]];
/// let loss = Distance.gradient(&Cpu::new(1), &mut d, &[[3.0, 5.0]], &[[0.0, 1.0]], 1.0)?;
/// assert_eq!((loss, d), (5.0, [[0.6, 0.8]]));
/// Distance.gradient_check(&random::normal::<[f32; 4]>(10, 1), &random::normal::<[f32; 4]>(10, 2))?;
/// # Ok::<(), plywood::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss for outputs of type `{Output}`",
    label = "not a loss for these outputs",
    note = "`CrossEntropy` is for scores of classes along the last axis, `[f32; C]` or `[[f32; C]; T]`, and \
            `ChannelCrossEntropy` for classes along the first",
    note = "several outputs have a loss each, `NetLoss {{ class: CrossEntropy, value: Mse::mean() }}`",
    note = "a loss stands before the optimizer: `Trainer::new(model, CrossEntropy, Adam::new(1e-3))`"
)]
pub trait Loss<Output: Numbers>: Send + Sync + 'static {
    /// What an output is compared with: a class, an array of numbers, [`Each`](crate::Each) of a type of one's own; of several
    /// outputs, a struct of such.
    type Target: Ports;

    /// How the losses of the samples become the loss of a batch, from which follows how batches combine.
    fn reduction(&self) -> Reduction;

    /// How much a batch with these targets counts beside others: what its loss is multiplied by before batches are
    /// added up, and, unless the loss is a sum, what the sum is divided by. The number of samples if this is not said,
    /// 1 for a sum; a mean that weights its samples gives the sum of their weights.
    ///
    /// It sees targets that have not been checked yet.
    fn share(&self, targets: <Self::Target as Ports>::Batch<'_>) -> f64 {
        // Targets that disagree about their number are refused with their batch.
        Self::Target::len(targets).map_or(0.0, |samples| self.reduction().share(samples))
    }

    /// What it is called where its value is shown, for instance `CrossEntropy`: its type without the path if this is not
    /// said.
    fn name(&self) -> String {
        type_word::<Self>().to_owned()
    }

    /// That what the loss was told means something; if not, an [`Error::Setting`] that says what
    /// does not. Looked at once, when a trainer is made.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The loss with all that it was told, in words: by this a checkpoint of training sees whether it goes on with the
    /// same. The type's name and the reduction if this is not said; a loss of one's own with options names them too.
    fn describe(&self) -> String {
        format!("{} with {:?}", type_word::<Self>(), self.reduction())
    }

    /// The loss as data, with all that it was told, for a session on a device that compiles its own code. A loss of one's own
    /// has none, and runs on the host.
    #[doc(hidden)]
    fn row(&self) -> Option<LossRow> {
        None
    }

    /// The loss of a batch, and `d[i]` = `scale` times its derivative with respect to `output[i]`. The three
    /// are as long, at least 1; `d` holds anything before. The loss itself is not scaled. A
    /// target that means nothing is an [`Error::Target`] with its index.
    fn gradient(
        &self,
        cpu: &Cpu,
        d: <Output as Ports>::BatchMut<'_>,
        output: <Output as Ports>::Batch<'_>,
        targets: <Self::Target as Ports>::Batch<'_>,
        scale: f64,
    ) -> Result<f64>;

    /// Of a loss that is a sum of parts, what each is called: the outputs that each is of. None if it is not said.
    fn parts(&self) -> &'static [&'static str] {
        &[]
    }

    /// [`gradient`](Loss::gradient), and into `parts` what each of the [parts](Loss::parts) adds to the loss, in their
    /// order. What has none leaves `parts` as it is.
    fn gradient_by_part(
        &self,
        cpu: &Cpu,
        d: <Output as Ports>::BatchMut<'_>,
        output: <Output as Ports>::Batch<'_>,
        targets: <Self::Target as Ports>::Batch<'_>,
        scale: f64,
        parts: &mut [f64],
    ) -> Result<f64> {
        let _ = parts;
        self.gradient(cpu, d, output, targets, scale)
    }

    /// The loss of a batch without its gradient, for evaluation, in `f64` for all losses here. Equal to what `gradient`
    /// returns up to the rounding of `f32`. The slices are as long as there.
    fn value(
        &self,
        output: <Output as Ports>::Batch<'_>,
        targets: <Self::Target as Ports>::Batch<'_>,
    ) -> Result<f64>;

    /// Compares `gradient` with differences of `value` at these outputs: how far they may be apart at worst, beside the
    /// gradient along the direction that was looked at, or the typical derivative where that is more. What the value's
    /// rounding hides counts as apart, so that it is never 0.
    ///
    /// Numbers whose derivatives are of like size are moved together, each up or down by chance, so that every number is
    /// looked at and `value` is called some hundred times, however many there are. What does not agree is halved until one
    /// number is left. An [`Error::LossGradient`] says which, and how far: a derivative that is wrong by a hundredth of
    /// itself, a scale that is not heeded, a loss other than `value`'s.
    ///
    /// A hundredth of a derivative shows where `value` is exact enough, as it is in `f64`. Where its rounding would hide a
    /// hundredth of a twentieth of the typical derivative (the root mean square of those that are not 0), that is an
    /// error too: it is so for `value`s in `f32` with many outputs or a large constant. Nor can a hundredth be told of
    /// derivatives that `gradient` itself, in `f32`, does not have so exactly: those of a sample of which `p - t` is below
    /// about 1e-4, in a large batch 1e-2.
    ///
    /// Outputs are best of a size about 1. A number at a kink has no derivative and is left out; many of them are an error.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// let scores = random::normal::<[f32; 5]>(8, 1);
    /// assert!(CrossEntropy.gradient_check(&scores, &[0, 1, 2, 3, 4, 0, 1, 2])? < 1e-3);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    fn gradient_check<'a>(
        &self,
        output: impl IntoBatch<'a, Of = Output>,
        targets: <Self::Target as Ports>::Batch<'_>,
    ) -> Result<f64>
    where
        Self: Sized,
    {
        check::check::<Output, Self>(self, output.into_batch(), targets)
    }
}

/// How a batch's loss follows from those of its elements, as in PyTorch.
///
/// The same rule joins batches of different lengths: with a mean, the loss of two batches together is the
/// mean of both weighted by [what they count](Loss::share), with `Sum` it is their sum. So an epoch's loss is that
/// of its data set seen as one batch, a short last batch counts for what it is, and micro-batches that are
/// accumulated give the gradient of the batch that they make up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Reduction {
    /// The mean over all elements: over the samples and, within one, over its numbers.
    #[default]
    Mean,
    /// The mean over the samples of sums over their numbers: PyTorch's `batchmean`.
    BatchMean,
    /// The sum over all elements.
    Sum,
}

impl Reduction {
    /// What the sum over `samples`, of `numbers` each, is multiplied by.
    pub fn weight(self, samples: usize, numbers: usize) -> f64 {
        match self {
            Reduction::Mean => 1.0 / (samples * numbers) as f64,
            Reduction::BatchMean => 1.0 / samples as f64,
            Reduction::Sum => 1.0,
        }
    }

    /// How much the loss of a batch of `samples` counts beside that of others.
    fn share(self, samples: usize) -> f64 {
        match self {
            Reduction::Mean | Reduction::BatchMean => samples as f64,
            Reduction::Sum => 1.0,
        }
    }

    /// The loss of several batches from the sum of their losses, each times its share, and the sum of shares. What has no
    /// share has no loss.
    pub(crate) fn combine(self, sum: f64, shares: f64) -> f64 {
        match self {
            Reduction::Sum => sum,
            _ if shares > 0.0 => sum / shares,
            _ => 0.0,
        }
    }
}

/// There are as many of something as there are outputs.
pub(crate) fn same_length(what: &'static str, outputs: usize, found: usize) -> Result<()> {
    let help = "give every output one of its own";
    if found == outputs { Ok(()) } else { Err(Error::Length { what, expected: outputs, found, help }) }
}

/// There is an output, and a number in it: a mean of nothing is none.
pub(crate) fn refuse_nothing(outputs: usize, numbers: usize) -> Result<()> {
    match (outputs, numbers) {
        (0, _) => Err(Error::empty("the batch of a loss")),
        (_, 0) => Err(no_numbers()),
        _ => Ok(()),
    }
}

/// Outputs of a type that holds no number.
pub(crate) fn no_numbers() -> Error {
    Error::Empty { what: "each output", help: "give it at least one number".to_owned() }
}

/// Every number of some outputs, `per_sample` each, is one that the loss is for.
pub(crate) fn check_outputs(outputs: &[f32], per_sample: usize, wanted: &Outputs) -> Result<()> {
    let Outputs { words, help, .. } = wanted;
    match outputs.iter().position(|y| wanted.exclude(*y)) {
        None => Ok(()),
        Some(at) => Err(Error::Output {
            sample: at / per_sample,
            problem: format!("number {} is {}, expected {words}\nhelp: {help}", at % per_sample, outputs[at]),
        }),
    }
}

/// Every one of `outputs` has a target, and every target is one of `classes`.
pub(crate) fn check_classes(outputs: usize, targets: &[u32], classes: usize) -> Result<()> {
    check_positions(outputs, targets.len(), targets, classes, None)
}

/// The same for samples with as many targets each as there are positions; those that are `ignored` may be any number.
pub(crate) fn check_positions(
    outputs: usize,
    samples: usize,
    targets: &[u32],
    classes: usize,
    ignored: Option<u32>,
) -> Result<()> {
    same_length("targets", outputs, samples)?;
    let odd = |t: &u32| *t as usize >= classes && Some(*t) != ignored;
    let Some(at) = targets.iter().position(odd) else { return Ok(()) };
    let positions = targets.len() / samples;
    let place = (positions > 1).then_some(at % positions);
    Err(Error::Target { sample: at / positions, problem: no_class(targets[at], place, classes) })
}

/// That a target, at a position if there are several, is none of so many classes.
fn no_class(target: u32, position: Option<usize>, classes: usize) -> String {
    let at = position.map_or(String::new(), |position| format!(" at position {position}"));
    format!(
        "class {target}{at} is not among the network's {classes}, 0 to {}\nhelp: {}",
        classes.wrapping_sub(1) as isize,
        match classes {
            1 =>
                "for one output that says yes or no, take `BceWithLogits` or `BinaryAccuracy`, and targets `f32`",
            _ =>
                "give the network more outputs, or number the classes from 0; `.classes(…)` does it for a column of a \
                 table",
        }
    )
}

/// What is done with a loss that is known by its name; see [`with`].
#[doc(hidden)]
pub trait Visit<S: Sample> {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<L: Loss<S, Target = S> + Hyperparameters + Clone>(self, loss: L) -> Self::Out;
}
