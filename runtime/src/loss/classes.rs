//! The cross entropy of scores.

use std::fmt;

use plywood_kernels::cpu::{self, Compared, Comparison, Cpu};
use plywood_kernels::hyperparameter::Values;

use super::{
    ClassTargets, Loss, LossFormula, LossRow, Reduction, check_classes, check_targets, refuse_nothing,
    same_length,
};
use crate::error::{Error, Result};
use crate::hyperparameters;
#[cfg(feature = "serde")]
use crate::settings::{ListedWeights, Weights};

/// The mean of `-ln softmax(output)[target]`: for outputs that are scores of `C` classes, and classes `0..C`.
///
/// PyTorch's `CrossEntropyLoss`. The scores go in as they come out of a linear layer, without a softmax. `CrossEntropy`
/// alone is short for `CrossEntropy::mean()`, and options are set on either or on `CrossEntropy::sum()`, as on all losses:
/// `CrossEntropy.label_smoothing(0.1)`, `CrossEntropy::sum().class_weights([1.0, 5.0])`. Targets that are
/// probabilities of classes have [`SoftCrossEntropy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossEntropy;
#[cfg(feature = "serde")]
crate::settings::table! { CrossEntropy {}, or "`CrossEntropyWith` has settings, `CrossEntropy` has none" }

impl CrossEntropy {
    /// The mean over samples: `CrossEntropy` itself.
    pub const fn mean() -> Self {
        CrossEntropy
    }

    /// The sum over samples.
    pub const fn sum() -> CrossEntropyWith {
        CrossEntropyWith { reduction: Reduction::Sum, label_smoothing: 0.0, class_weights: () }
    }

    /// With `smoothing`, from 0 to 1, of every target spread evenly over all classes (Szegedy et al. 2016).
    pub const fn label_smoothing(self, smoothing: f64) -> CrossEntropyWith {
        CrossEntropyWith { reduction: Reduction::Mean, label_smoothing: smoothing, class_weights: () }
    }

    /// With a weight per class; the mean divides by the sum of the targets' weights, as PyTorch's does.
    pub const fn class_weights<const C: usize>(self, weights: [f32; C]) -> CrossEntropyWith<[f32; C]> {
        CrossEntropyWith { reduction: Reduction::Mean, label_smoothing: 0.0, class_weights: weights }
    }
}

impl<const C: usize> Loss<[f32; C]> for CrossEntropy {
    type Target = u32;

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn row(&self) -> Option<LossRow> {
        Some(row(ClassTargets::Classes, Reduction::Mean, 0.0, None))
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; C]],
        output: &[[f32; C]],
        targets: &[u32],
        scale: f64,
    ) -> Result<f64> {
        same_length("gradients", output.len(), d.len())?;
        check_classes(output.len(), targets, C)?;
        refuse_nothing(output.len(), C)?;
        let (d, output) = (d.as_flattened_mut(), output.as_flattened());
        Ok(cpu::softmax_cross_entropy(cpu, d, output, targets, scale))
    }

    fn value(&self, output: &[[f32; C]], targets: &[u32]) -> Result<f64> {
        check_classes(output.len(), targets, C)?;
        refuse_nothing(output.len(), C)?;
        let targets_of = Compared::Classes(targets);
        let compared = Comparison { classes: C, targets: targets_of, weights: None, smoothing: 0.0 };
        Ok(sum_of(output.as_flattened(), &compared) / targets.len() as f64)
    }
}

/// What weights the classes of a loss: `()` for none, or `[f32; C]`, one for each of `C` classes. Another number of them
/// does not build:
///
/// ```compile_fail,E0277
/// use plywood::prelude::*;
///
/// network! { struct Net: [4] -> [3] { fc: Linear(3) } }
/// let loss = CrossEntropy.class_weights([1.0, 2.0]);
/// let trainer = Trainer::new(Net::init(1), loss, Adam::new(1e-3));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no weight for each of {C} classes",
    note = "give as many weights as the network has outputs"
)]
pub trait ClassWeights<const C: usize>: sealed::Sealed + Copy + fmt::Debug + Send + Sync + 'static {
    /// They, if there are any.
    fn as_slice(&self) -> Option<&[f32]>;
}
impl<const C: usize> ClassWeights<C> for () {
    fn as_slice(&self) -> Option<&[f32]> {
        None
    }
}
impl<const C: usize> ClassWeights<C> for [f32; C] {
    fn as_slice(&self) -> Option<&[f32]> {
        Some(self)
    }
}
mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<const C: usize> Sealed for [f32; C] {}
}

/// [`CrossEntropy`] with options: `Σ w[t] ℓ / Σ w[t]` over samples with target `t`, or the sum alone.
///
/// With label smoothing ε, `ℓ` compares the scores with `1 - ε` at the target and `ε / C` at every class, each term
/// weighted as its class is: PyTorch's `CrossEntropyLoss(weight, label_smoothing)`. Samples whose weights are all 0
/// have loss 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropyWith<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much of every target is spread evenly over all classes.
    pub label_smoothing: f64,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
}

/// The mean of `-Σ p ln softmax(output)`: for outputs that are scores of `C` classes, and targets that are
/// probabilities `p` of them, `[f32; C]`: those of another network, mixtures of samples, doubtful labels.
///
/// PyTorch's `CrossEntropyLoss` with class probabilities; with weights, the mean divides by the number of samples.
/// Targets are from 0 to 1; that they add up to 1 is not looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftCrossEntropy<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much of every target is spread evenly over all classes.
    pub label_smoothing: f64,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    CrossEntropyWith [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), label_smoothing = 0.0, class_weights by Weights
    }
}
#[cfg(feature = "serde")]
crate::settings::table! {
    SoftCrossEntropy [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), label_smoothing = 0.0, class_weights by Weights
    }
}

macro_rules! options {
    ($name:ident) => {
        impl<W> $name<W> {
            /// With `smoothing`, from 0 to 1, of every target spread evenly over all classes (Szegedy et al. 2016).
            #[must_use]
            pub fn label_smoothing(self, smoothing: f64) -> Self {
                $name { label_smoothing: smoothing, ..self }
            }
            /// With a weight per class.
            #[must_use]
            pub fn class_weights<const C: usize>(self, weights: [f32; C]) -> $name<[f32; C]> {
                let $name { reduction, label_smoothing, .. } = self;
                $name { reduction, label_smoothing, class_weights: weights }
            }
        }
    };
}
options!(CrossEntropyWith);
options!(SoftCrossEntropy);

impl<W> CrossEntropyWith<W> {
    /// The sum over samples.
    #[must_use]
    pub fn sum(self) -> Self {
        CrossEntropyWith { reduction: Reduction::Sum, ..self }
    }
}

impl SoftCrossEntropy {
    /// The mean over samples.
    pub const fn mean() -> Self {
        SoftCrossEntropy { reduction: Reduction::Mean, label_smoothing: 0.0, class_weights: () }
    }
    /// The sum over samples.
    pub const fn sum() -> Self {
        SoftCrossEntropy { reduction: Reduction::Sum, label_smoothing: 0.0, class_weights: () }
    }
}

impl<const C: usize, W: ClassWeights<C>> Loss<[f32; C]> for CrossEntropyWith<W> {
    type Target = u32;

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn share(&self, targets: &[u32]) -> f64 {
        share(self.reduction, self.class_weights.as_slice(), targets)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn row(&self) -> Option<LossRow> {
        let weights = self.class_weights.as_slice();
        Some(row(ClassTargets::Classes, self.reduction, self.label_smoothing, weights))
    }

    fn check(&self) -> Result<()> {
        hyperparameters::check("label_smoothing", Values::Unit, self.label_smoothing)?;
        check_weights(self.class_weights.as_slice())
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; C]],
        output: &[[f32; C]],
        targets: &[u32],
        scale: f64,
    ) -> Result<f64> {
        same_length("gradients", output.len(), d.len())?;
        check_classes(output.len(), targets, C)?;
        refuse_nothing(output.len(), C)?;
        let share = Loss::<[f32; C]>::share(self, targets);
        let (d, output) = (d.as_flattened_mut(), output.as_flattened());
        let scale = self.reduction.combine(scale, share);
        let sum = cpu::weighted_cross_entropy(cpu, d, output, &self.compared(targets), scale);
        Ok(self.reduction.combine(sum, share))
    }

    fn value(&self, output: &[[f32; C]], targets: &[u32]) -> Result<f64> {
        check_classes(output.len(), targets, C)?;
        refuse_nothing(output.len(), C)?;
        let share = Loss::<[f32; C]>::share(self, targets);
        let sum = sum_of(output.as_flattened(), &self.compared(targets));
        Ok(self.reduction.combine(sum, share))
    }
}

impl<W> CrossEntropyWith<W> {
    fn compared<'a, const C: usize>(&'a self, targets: &'a [u32]) -> Comparison<'a, f32>
    where
        W: ClassWeights<C>,
    {
        let (weights, smoothing) = (self.class_weights.as_slice(), self.label_smoothing);
        Comparison { classes: C, targets: Compared::Classes(targets), weights, smoothing }
    }
}

impl<const C: usize, W: ClassWeights<C>> Loss<[f32; C]> for SoftCrossEntropy<W> {
    type Target = [f32; C];

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn row(&self) -> Option<LossRow> {
        let weights = self.class_weights.as_slice();
        Some(row(ClassTargets::Probabilities, self.reduction, self.label_smoothing, weights))
    }

    fn check(&self) -> Result<()> {
        hyperparameters::check("label_smoothing", Values::Unit, self.label_smoothing)?;
        check_weights(self.class_weights.as_slice())
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; C]],
        output: &[[f32; C]],
        targets: &[[f32; C]],
        scale: f64,
    ) -> Result<f64> {
        same_length("gradients", output.len(), d.len())?;
        check_targets(output.len(), targets, Values::Unit)?;
        refuse_nothing(output.len(), C)?;
        let share = Loss::<[f32; C]>::share(self, targets);
        let (d, output) = (d.as_flattened_mut(), output.as_flattened());
        let scale = self.reduction.combine(scale, share);
        let sum = cpu::weighted_cross_entropy(cpu, d, output, &self.compared(targets), scale);
        Ok(self.reduction.combine(sum, share))
    }

    fn value(&self, output: &[[f32; C]], targets: &[[f32; C]]) -> Result<f64> {
        check_targets(output.len(), targets, Values::Unit)?;
        refuse_nothing(output.len(), C)?;
        let share = Loss::<[f32; C]>::share(self, targets);
        let sum = sum_of(output.as_flattened(), &self.compared(targets));
        Ok(self.reduction.combine(sum, share))
    }
}

impl<W> SoftCrossEntropy<W> {
    fn compared<'a, const C: usize>(&'a self, targets: &'a [[f32; C]]) -> Comparison<'a, f32>
    where
        W: ClassWeights<C>,
    {
        let targets = Compared::Probabilities(targets.as_flattened());
        let (weights, smoothing) = (self.class_weights.as_slice(), self.label_smoothing);
        Comparison { classes: C, targets, weights, smoothing }
    }
}

fn row(
    targets: ClassTargets,
    reduction: Reduction,
    label_smoothing: f64,
    weights: Option<&[f32]>,
) -> LossRow {
    let class_weights = weights.map(<[f32]>::to_vec);
    let formula = LossFormula::CrossEntropy { targets, label_smoothing, class_weights };
    LossRow { formula, reduction, weight: 1.0 }
}

/// How much samples with these classes count.
pub(super) fn share(reduction: Reduction, weights: Option<&[f32]>, targets: &[u32]) -> f64 {
    match (reduction, weights) {
        (Reduction::Mean, Some(weights)) => {
            targets.iter().map(|t| weights.get(*t as usize).map_or(0.0, |w| f64::from(*w))).sum()
        }
        _ => reduction.share(targets.len()),
    }
}

pub(super) fn check_weights(weights: Option<&[f32]>) -> Result<()> {
    let name = "class_weights";
    let weights = weights.unwrap_or_default();
    if let Some(w) = weights.iter().find(|w| !Values::NotNegative.contains(f64::from(**w))) {
        let expected = "0 or any number above for every class";
        return Err(Error::Setting { name, expected, found: w.to_string() });
    }
    if !weights.is_empty() && weights.iter().all(|w| *w == 0.0) {
        let expected = "above 0 for one class at least: a class of weight 0 is not learned";
        return Err(Error::Setting { name, expected, found: "0 for every class".to_owned() });
    }
    Ok(())
}

/// The sum of the rows' cross entropies in f64. What is not generic is compiled here, at this crate's level, however the
/// user's crate is built.
fn sum_of(scores: &[f32], compared: &Comparison<'_, f32>) -> f64 {
    let one = |(row, scores): (usize, &[f32])| {
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64;
        let sum: f64 = scores.iter().map(|s| (*s as f64 - most).exp()).sum();
        let term = |(class, score): (usize, &f32)| {
            let probability = compared.probability(row, class);
            if probability == 0.0 { 0.0 } else { probability * (most + sum.ln() - *score as f64) }
        };
        scores.iter().enumerate().map(term).sum::<f64>()
    };
    scores.chunks(compared.classes).enumerate().map(one).sum()
}
