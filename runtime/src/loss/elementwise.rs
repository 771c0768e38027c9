//! Losses that are a formula of single numbers.

use std::fmt;
use std::ops::Range;

use plywood_kernels::cpu::{self, Cpu, Map};
use plywood_kernels::hyperparameter::Values;

use super::{Loss, Reduction, refuse_nothing, same_length};
use crate::error::{Error, Result};
use crate::network::sample::Sample;
use crate::random;
use crate::text::type_word;

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

impl<V: Map<f64, 2>, D: Map<f64, 2>> Elementwise<V, D> {
    /// Compares the slope with differences of the value, both in `f64`, at a thousand outputs and targets drawn from these
    /// ranges by `seed`: how far they are apart at worst, relative to the slope where that is above 1. If it is more than
    /// `1e-4`, that place is an error.
    ///
    /// A kink is not met by chance, but a jump of the value would be. The gradient as it is in training, in `f32`, has
    /// [`Loss::gradient_check`]. This is for a test of one's own:
    ///
    /// ```
    /// use plywood::ops::rule;
    /// use plywood::prelude::*;
    ///
    /// rule! {
    ///     CubeValue(y, t) = (y - t) * (y - t) * (y - t);
    ///     CubeSlope(y, t) = 3.0 * (y - t) * (y - t);
    ///     WrongSlope(y, t) = 2.0 * (y - t) * (y - t)
    /// }
    ///
    /// let worst = Elementwise::mean(CubeValue, CubeSlope).slope_check(-2.0..2.0, 0.0..1.0, 7)?;
    /// assert!(worst < 1e-6);
    /// let error = Elementwise::mean(CubeValue, WrongSlope).slope_check(-2.0..2.0, 0.0..1.0, 7).unwrap_err();
    /// assert!(error.to_string().contains("the slope of `CubeValue` at output"));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn slope_check(&self, outputs: Range<f32>, targets: Range<f32>, seed: u64) -> Result<f64> {
        const PLACES: usize = 1000;
        const STEP: f64 = 1e-5;
        for (name, range) in [("outputs", &outputs), ("targets", &targets)] {
            if !random::is_range(range) {
                let expected = "a range whose ends are finite, the first below the second";
                return Err(Error::Setting { name, expected, found: format!("{range:?}") });
            }
        }
        let outputs = random::uniform::<f32>(PLACES, outputs, seed);
        let targets = random::uniform::<f32>(PLACES, targets, seed.wrapping_add(1));
        let (mut worst, mut place) = (0.0, None);
        for (y, t) in outputs.iter().zip(&*targets).map(|(y, t)| (f64::from(*y), f64::from(*t))) {
            let step = STEP * y.abs().max(1.0);
            let measured = (self.value.at([y + step, t]) - self.value.at([y - step, t])) / (2.0 * step);
            let given = self.slope.at([y, t]);
            let apart = (given - measured).abs() / given.abs().max(1.0);
            // what is not a number is as far apart as can be
            let apart = if apart.is_nan() { f64::INFINITY } else { apart };
            if apart > worst {
                (worst, place) = (apart, Some(((y, t), given, measured)));
            }
        }
        match place {
            Some((at, given, measured)) if worst > 1e-4 => {
                Err(Error::Slope { loss: type_word::<V>().to_owned(), at, given, measured })
            }
            _ => Ok(worst),
        }
    }
}

/// The methods of [`Loss`] for outputs whose type the arguments say.
impl<V, D> Elementwise<V, D>
where
    V: Map<f32, 2> + Map<f64, 2> + fmt::Debug + Send + 'static,
    D: Map<f32, 2> + fmt::Debug + Send + 'static,
{
    /// See [`Loss::gradient`].
    pub fn gradient<S: Sample>(
        &self,
        cpu: &Cpu,
        d: &mut [S],
        output: &[S],
        targets: &[S],
        scale: f64,
    ) -> Result<f64> {
        elementwise(cpu, d, output, targets, self.reduction, scale, &self.value, &self.slope)
    }

    /// See [`Loss::value`].
    pub fn value<S: Sample>(&self, output: &[S], targets: &[S]) -> Result<f64> {
        elementwise_value(output, targets, self.reduction, &self.value)
    }

    /// See [`Loss::gradient_check`].
    pub fn gradient_check<S: Sample>(&self, output: &[S], targets: &[S]) -> Result<f64> {
        Loss::<S>::gradient_check(self, output, targets)
    }
}

impl<S, V, D> Loss<S> for Elementwise<V, D>
where
    S: Sample,
    V: Map<f32, 2> + Map<f64, 2> + fmt::Debug + Send + 'static,
    D: Map<f32, 2> + fmt::Debug + Send + 'static,
{
    type Target = S;

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// That of the rule of its value.
    fn name(&self) -> String {
        type_word::<V>().to_owned()
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn gradient(&self, cpu: &Cpu, d: &mut [S], output: &[S], targets: &[S], scale: f64) -> Result<f64> {
        self.gradient(cpu, d, output, targets, scale)
    }

    fn value(&self, output: &[S], targets: &[S]) -> Result<f64> {
        self.value(output, targets)
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
    refuse_nothing(output.len(), S::LEN)?;
    let weight = reduction.weight(output.len(), S::LEN);
    let (d, y, t) = (S::flat_mut(d), S::flat(output), S::flat(targets));
    let value = weight * cpu::elementwise_loss(cpu, d, y, t, scale * weight, value, slope);
    finite_or_why(value, t, S::LEN)
}

/// As [`elementwise`], without the gradient, in `f64`: what is measured neither overflows nor rounds as a step may.
pub(crate) fn elementwise_value<S: Sample>(
    output: &[S],
    targets: &[S],
    reduction: Reduction,
    value: &dyn Map<f64, 2>,
) -> Result<f64> {
    same_length("targets", output.len(), targets.len())?;
    refuse_nothing(output.len(), S::LEN)?;
    let (y, t) = (S::flat(output), S::flat(targets));
    finite_or_why(sum_of(y, t, value) * reduction.weight(output.len(), S::LEN), t, S::LEN)
}

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn sum_of(output: &[f32], targets: &[f32], value: &dyn Map<f64, 2>) -> f64 {
    output.iter().zip(targets).map(|(y, t)| value.at([f64::from(*y), f64::from(*t)])).sum()
}

/// That every one of `outputs` has a target whose numbers all mean something to the loss.
pub(crate) fn check_targets<S: Sample>(outputs: usize, targets: &[S], values: Values) -> Result<()> {
    same_length("targets", outputs, targets.len())?;
    check_numbers(S::flat(targets), S::LEN, values)
}

/// A loss, unless it is not finite because a target is not: that is looked for only then, to keep steps fast.
fn finite_or_why(loss: f64, targets: &[f32], per_sample: usize) -> Result<f64> {
    if !loss.is_finite() {
        check_numbers(targets, per_sample, Values::Finite)?;
    }
    Ok(loss)
}

/// That every number of some targets, `per_sample` each, means something.
pub(crate) fn check_numbers(numbers: &[f32], per_sample: usize, values: Values) -> Result<()> {
    match numbers.iter().position(|t| !values.contains(f64::from(*t))) {
        None => Ok(()),
        Some(at) => Err(Error::Target {
            sample: at / per_sample,
            problem: format!("number {} is {}; it can be {}", at % per_sample, numbers[at], values.words()),
        }),
    }
}
