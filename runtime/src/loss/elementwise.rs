//! Losses that are a formula of single numbers.

use std::fmt;

use plywood_kernels::cpu::{self, Cpu, Map};
use plywood_kernels::hyperparameter::Values;

use super::{Loss, Reduction, same_length};
use crate::error::{Error, Result};
use crate::sample::Sample;

/// A loss of one's own that is a formula of an output and its target, number by number: `value(y, t)`, and `slope(y,
/// t)`, its derivative by `y`. [`rule!`](crate::ops::rule) declares both.
///
/// ```
/// use plywood::ops::rule;
/// use plywood::prelude::*;
///
/// rule! {
///     /// Errors above the target count twice.
///     LopsidedValue(y, t) = select(gt(y, t), 2.0, 1.0) * (y - t) * (y - t);
///     LopsidedSlope(y, t) = select(gt(y, t), 4.0, 2.0) * (y - t)
/// }
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let loss = Elementwise::mean(LopsidedValue, LopsidedSlope);
/// let mut trainer = Trainer::new(Line::init(1), loss, Sgd::new(0.1)).on(Device::Cpu)?;
/// for _ in 0..100 {
///     trainer.step(&[[0.0], [0.0], [0.0]], &[[0.0], [0.0], [1.0]])?;
/// }
/// // the mean of the targets would be 1/3
/// assert!((trainer.finish()?.predict(&[[0.0]])[0][0] - 0.2).abs() < 1e-3);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elementwise<V, D> {
    /// How the losses of a batch's numbers become one.
    pub reduction: Reduction,
    /// The loss of one number.
    pub value: V,
    /// Its derivative by the output.
    pub slope: D,
}

impl<V, D> Elementwise<V, D> {
    /// The mean over all numbers of a batch.
    pub const fn mean(value: V, slope: D) -> Self {
        Elementwise { reduction: Reduction::Mean, value, slope }
    }
    /// The sum over the numbers of a sample, the mean over samples: PyTorch's `batchmean`.
    pub const fn batch_mean(value: V, slope: D) -> Self {
        Elementwise { reduction: Reduction::BatchMean, value, slope }
    }
    /// The sum over all numbers of a batch.
    pub const fn sum(value: V, slope: D) -> Self {
        Elementwise { reduction: Reduction::Sum, value, slope }
    }
}

impl<S, V, D> Loss<S> for Elementwise<V, D>
where
    S: Sample,
    V: Map<f32, 2> + fmt::Debug + Send + 'static,
    D: Map<f32, 2> + fmt::Debug + Send + 'static,
{
    type Target = S;

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn gradient(&self, cpu: &Cpu, d: &mut [S], output: &[S], targets: &[S], scale: f64) -> Result<f64> {
        elementwise(cpu, d, output, targets, self.reduction, scale, &self.value, &self.slope)
    }

    fn value(&self, output: &[S], targets: &[S]) -> Result<f64> {
        elementwise_value(output, targets, self.reduction, &self.value)
    }
}

/// The loss of a batch, and `scale` times its gradient.
#[allow(clippy::too_many_arguments)]
pub(crate) fn elementwise<S: Sample>(
    cpu: &Cpu,
    d: &mut [S],
    output: &[S],
    targets: &[S],
    reduction: Reduction,
    scale: f64,
    value: &dyn Map<f32, 2>,
    slope: &dyn Map<f32, 2>,
) -> Result<f64> {
    same_length("gradients", output.len(), d.len())?;
    same_length("targets", output.len(), targets.len())?;
    let weight = reduction.weight(output.len(), S::LEN);
    let (d, y, t) = (S::flat_mut(d), S::flat(output), S::flat(targets));
    Ok(weight * cpu::elementwise_loss(cpu, d, y, t, scale * weight, value, slope))
}

/// As [`elementwise`], without the gradient.
pub(crate) fn elementwise_value<S: Sample>(
    output: &[S],
    targets: &[S],
    reduction: Reduction,
    value: &dyn Map<f32, 2>,
) -> Result<f64> {
    same_length("targets", output.len(), targets.len())?;
    Ok(sum_of(S::flat(output), S::flat(targets), value) * reduction.weight(output.len(), S::LEN))
}

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn sum_of(output: &[f32], targets: &[f32], value: &dyn Map<f32, 2>) -> f64 {
    output.iter().zip(targets).map(|(y, t)| value.at([*y, *t]) as f64).sum()
}

/// That every one of `outputs` has a target whose numbers all mean something to the loss.
pub(crate) fn check_targets<S: Sample>(outputs: usize, targets: &[S], values: Values) -> Result<()> {
    same_length("targets", outputs, targets.len())?;
    check_numbers(S::flat(targets), S::LEN, values)
}

fn check_numbers(numbers: &[f32], per_sample: usize, values: Values) -> Result<()> {
    match numbers.iter().position(|t| !values.contains(f64::from(*t))) {
        None => Ok(()),
        Some(at) => Err(Error::Target {
            sample: at / per_sample,
            problem: format!("number {} is {}; it can be {}", at % per_sample, numbers[at], values.words()),
        }),
    }
}
