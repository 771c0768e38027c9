//! The cross entropy of scores.

use plywood_kernels::cpu::{self, Compared, Comparison, Cpu};
use plywood_kernels::hyperparameter::Values;

use super::class_weights::{ClassWeights, check_weights};
use super::scores::{Batch, Channels, Scores};
use super::{ClassAxis, ClassTargets, Loss, LossFormula, LossRow, Reduction, check_targets, same_length};
use crate::error::Result;
use crate::hyperparameters;
use crate::network::sample::{Nested, Sample};
#[cfg(feature = "serde")]
use crate::settings::{ListedWeights, Weights};

/// The mean of `-ln softmax(output)[target]`: for outputs that are scores of `C` classes, and classes `0..C`.
///
/// PyTorch's `CrossEntropyLoss`. The scores go in as they come out of a linear layer, without a softmax. `CrossEntropy`
/// alone is short for `CrossEntropy::mean()`, and options are set on either or on `CrossEntropy::sum()`, as on all losses:
/// `CrossEntropy.label_smoothing(0.1)`, `CrossEntropy::sum().class_weights([1.0, 5.0])`. Targets that are
/// probabilities of classes have [`SoftCrossEntropy`].
///
/// Outputs of several axes have the classes along the last: `[[f32; C]; T]`, the scores at `T` positions of a text, are
/// compared with `[u32; T]`, and the mean is over all positions. Where the classes are the first axis, as PyTorch has them,
/// [`ChannelCrossEntropy`] is the loss; nothing is guessed from sizes.
///
/// ```
/// use plywood::prelude::*;
///
/// // two positions, three classes; a 0 is padding and not learned
/// let scores = [[[0.0f32, 0.0, 0.0], [7.0, -1.0, 3.0]]];
/// let loss = CrossEntropy.ignore_index(0).measure(&scores, &[[2u32, 0]])?;
/// assert!((loss - 3f64.ln()).abs() < 1e-6);
/// # Ok::<(), plywood::Error>(())
/// ```
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
        CrossEntropyWith { reduction: Reduction::Sum, ..CrossEntropyWith::MEAN }
    }

    /// With `smoothing`, from 0 to 1, of every target spread evenly over all classes (Szegedy et al. 2016).
    pub const fn label_smoothing(self, smoothing: f64) -> CrossEntropyWith {
        CrossEntropyWith { label_smoothing: smoothing, ..CrossEntropyWith::MEAN }
    }

    /// With a weight per class; the mean divides by the sum of the targets' weights, as PyTorch's does.
    pub const fn class_weights<const C: usize>(self, weights: [f32; C]) -> CrossEntropyWith<[f32; C]> {
        let CrossEntropyWith { reduction, label_smoothing, ignore_index, .. } = CrossEntropyWith::MEAN;
        CrossEntropyWith { reduction, label_smoothing, class_weights: weights, ignore_index }
    }

    /// With targets that are not looked at, for instance padding: where a target is `index`, a class or any other number,
    /// there is no loss and no gradient, and the mean is over the others.
    pub const fn ignore_index(self, index: u32) -> CrossEntropyWith {
        CrossEntropyWith { ignore_index: Some(index), ..CrossEntropyWith::MEAN }
    }

    /// The scores of a batch beside their classes.
    fn batch<'a, S: Scores>(&self, targets: &'a [S::Classes]) -> Batch<'a> {
        let classes = S::Row::LEN;
        let (targets, samples) = (Compared::Classes(S::Classes::flatten(targets)), targets.len());
        let compared = Comparison { classes, targets, weights: None, smoothing: 0.0, ignored: None };
        Batch { samples, stride: 1, reduction: Reduction::Mean, compared }
    }

    /// See [`Loss::gradient`]: for outputs whose type the arguments say.
    pub fn gradient<S: Scores>(
        &self,
        cpu: &Cpu,
        d: &mut [S],
        output: &[S],
        targets: &[S::Classes],
        scale: f64,
    ) -> Result<f64> {
        same_length("gradients", output.len(), d.len())?;
        self.batch::<S>(targets).check(output.len(), S::LEN)?;
        let (d, output, targets) = (S::flat_mut(d), S::flat(output), S::Classes::flatten(targets));
        Ok(cpu::softmax_cross_entropy(cpu, d, output, targets, scale))
    }

    /// See [`Loss::value`].
    pub fn value<S: Scores>(&self, output: &[S], targets: &[S::Classes]) -> Result<f64> {
        let batch = self.batch::<S>(targets);
        batch.check(output.len(), S::LEN)?;
        Ok(batch.value(S::flat(output)))
    }
}

#[diagnostic::do_not_recommend]
impl<S: Scores> Loss<S> for CrossEntropy {
    type Target = S::Classes;

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn row(&self) -> Option<LossRow> {
        Some(CrossEntropyWith::MEAN.row_of(None))
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [S],
        output: &[S],
        targets: &[S::Classes],
        scale: f64,
    ) -> Result<f64> {
        self.gradient(cpu, d, output, targets, scale)
    }

    fn value(&self, output: &[S], targets: &[S::Classes]) -> Result<f64> {
        self.value(output, targets)
    }
}

/// [`CrossEntropy`] with options: `Σ w[t] ℓ / Σ w[t]` over positions with target `t`, or the sum alone.
///
/// With label smoothing ε, `ℓ` compares the scores with `1 - ε` at the target and `ε / C` at every class, each term
/// weighted as its class is: PyTorch's `CrossEntropyLoss(weight, ignore_index, label_smoothing)`. Samples whose weights are
/// all 0, or all of whose targets are ignored, have loss 0, where PyTorch's is no number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropyWith<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much of every target is spread evenly over all classes.
    pub label_smoothing: f64,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
    /// The target that is not looked at, a class or any other number.
    pub ignore_index: Option<u32>,
}

/// [`CrossEntropy`] of outputs that have the classes along their first axis: `[[f32; T]; C]` compared with `[u32; T]`, and
/// images `[[[f32; W]; H]; C]` with `[[u32; W]; H]`. The mean is over all positions of all samples.
///
/// PyTorch's `CrossEntropyLoss` for inputs of more than two axes, with its `weight`, `ignore_index` and `label_smoothing`.
///
/// ```
/// use plywood::prelude::*;
///
/// network! { struct Tagger: [8, 3] -> [5, 8] { Linear(5), Transpose } }
///
/// let loss = ChannelCrossEntropy::mean().ignore_index(255);
/// let mut trainer = Trainer::new(Tagger::init(1), loss, Adam::new(1e-2)).on(Device::best())?;
/// let (texts, classes) = (random::normal::<[[f32; 3]; 8]>(4, 1), [[2; 8]; 4]);
/// let before = trainer.step(&texts, &classes)?;
/// assert!(trainer.step(&texts, &classes)? < before);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelCrossEntropy<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much of every target is spread evenly over all classes.
    pub label_smoothing: f64,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
    /// The target that is not looked at, a class or any other number.
    pub ignore_index: Option<u32>,
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
        reduction = Default::default(), label_smoothing = 0.0, class_weights by Weights, ignore_index = None
    }
}
#[cfg(feature = "serde")]
crate::settings::table! {
    ChannelCrossEntropy [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), label_smoothing = 0.0, class_weights by Weights, ignore_index = None
    }
}
#[cfg(feature = "serde")]
crate::settings::table! {
    SoftCrossEntropy [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), label_smoothing = 0.0, class_weights by Weights
    }
}

macro_rules! options {
    ($name:ident $(, $ignore_index:ident)?) => {
        impl<W> $name<W> {
            /// With `smoothing`, from 0 to 1, of every target spread evenly over all classes (Szegedy et al. 2016).
            #[must_use]
            pub fn label_smoothing(self, smoothing: f64) -> Self {
                $name { label_smoothing: smoothing, ..self }
            }
            /// With a weight per class.
            #[must_use]
            pub fn class_weights<const C: usize>(self, weights: [f32; C]) -> $name<[f32; C]> {
                let $name { reduction, label_smoothing, class_weights: _ $(, $ignore_index)? } = self;
                $name { reduction, label_smoothing, class_weights: weights $(, $ignore_index)? }
            }
            $(
                /// With targets that are not looked at, for instance padding: where a target is `index`, a class or any
                /// other number, there is no loss and no gradient, and the mean is over the others.
                #[must_use]
                pub fn $ignore_index(self, index: u32) -> Self {
                    $name { $ignore_index: Some(index), ..self }
                }
            )?
        }
    };
}
options!(CrossEntropyWith, ignore_index);
options!(ChannelCrossEntropy, ignore_index);
options!(SoftCrossEntropy);

impl CrossEntropyWith {
    const MEAN: Self = CrossEntropyWith {
        reduction: Reduction::Mean,
        label_smoothing: 0.0,
        class_weights: (),
        ignore_index: None,
    };
}

impl<W> CrossEntropyWith<W> {
    /// The sum over samples.
    #[must_use]
    pub fn sum(self) -> Self {
        CrossEntropyWith { reduction: Reduction::Sum, ..self }
    }
}

impl ChannelCrossEntropy {
    /// The mean over positions.
    pub const fn mean() -> Self {
        let CrossEntropyWith { reduction, label_smoothing, class_weights, ignore_index } =
            CrossEntropyWith::MEAN;
        ChannelCrossEntropy { reduction, label_smoothing, class_weights, ignore_index }
    }
    /// The sum over positions.
    pub const fn sum() -> Self {
        ChannelCrossEntropy { reduction: Reduction::Sum, ..ChannelCrossEntropy::mean() }
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

/// The cross entropy with a class at each position, whichever axis the classes are along.
macro_rules! of_classes {
    ($name:ident, $scores:ident, $axis:ident) => {
        impl<W> $name<W> {
            fn row_of(&self, weights: Option<&[f32]>) -> LossRow {
                let (targets, label_smoothing) = (ClassTargets::Classes, self.label_smoothing);
                let (class_weights, ignore_index) = (weights.map(<[f32]>::to_vec), self.ignore_index);
                let axis = ClassAxis::$axis;
                let formula =
                    LossFormula::CrossEntropy { targets, axis, label_smoothing, class_weights, ignore_index };
                LossRow { formula, reduction: self.reduction, weight: 1.0 }
            }

            /// The scores of a batch beside their classes.
            fn batch<'a, S: $scores<Row = [f32; C]>, const C: usize>(
                &'a self,
                targets: &'a [S::Classes],
            ) -> Batch<'a>
            where
                W: ClassWeights<C>,
            {
                let compared = Comparison {
                    classes: C,
                    targets: Compared::Classes(S::Classes::flatten(targets)),
                    weights: self.class_weights.as_slice(),
                    smoothing: self.label_smoothing,
                    ignored: self.ignore_index,
                };
                Batch { samples: targets.len(), stride: S::STRIDE, reduction: self.reduction, compared }
            }

            /// See [`Loss::gradient`]: for outputs whose type the arguments say.
            pub fn gradient<S: $scores<Row = [f32; C]>, const C: usize>(
                &self,
                cpu: &Cpu,
                d: &mut [S],
                output: &[S],
                targets: &[S::Classes],
                scale: f64,
            ) -> Result<f64>
            where
                W: ClassWeights<C>,
            {
                same_length("gradients", output.len(), d.len())?;
                let batch = self.batch::<S, C>(targets);
                batch.check(output.len(), S::LEN)?;
                Ok(batch.gradient(cpu, S::flat_mut(d), S::flat(output), scale))
            }

            /// See [`Loss::value`].
            pub fn value<S: $scores<Row = [f32; C]>, const C: usize>(
                &self,
                output: &[S],
                targets: &[S::Classes],
            ) -> Result<f64>
            where
                W: ClassWeights<C>,
            {
                let batch = self.batch::<S, C>(targets);
                batch.check(output.len(), S::LEN)?;
                Ok(batch.value(S::flat(output)))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<const C: usize, S: $scores<Row = [f32; C]>, W: ClassWeights<C>> Loss<S> for $name<W> {
            type Target = S::Classes;

            fn reduction(&self) -> Reduction {
                self.reduction
            }

            fn share(&self, targets: &[S::Classes]) -> f64 {
                self.batch::<S, C>(targets).share()
            }

            fn describe(&self) -> String {
                format!("{self:?}")
            }

            fn row(&self) -> Option<LossRow> {
                Some(self.row_of(self.class_weights.as_slice()))
            }

            fn check(&self) -> Result<()> {
                hyperparameters::check("label_smoothing", Values::Unit, self.label_smoothing)?;
                check_weights(self.class_weights.as_slice())
            }

            fn gradient(
                &self,
                cpu: &Cpu,
                d: &mut [S],
                output: &[S],
                targets: &[S::Classes],
                scale: f64,
            ) -> Result<f64> {
                self.gradient(cpu, d, output, targets, scale)
            }

            fn value(&self, output: &[S], targets: &[S::Classes]) -> Result<f64> {
                self.value(output, targets)
            }
        }
    };
}
of_classes!(CrossEntropyWith, Scores, Last);
of_classes!(ChannelCrossEntropy, Channels, First);

impl<const C: usize, W: ClassWeights<C>> Loss<[f32; C]> for SoftCrossEntropy<W> {
    type Target = [f32; C];

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }

    fn row(&self) -> Option<LossRow> {
        let formula = LossFormula::CrossEntropy {
            targets: ClassTargets::Probabilities,
            axis: ClassAxis::Last,
            label_smoothing: self.label_smoothing,
            class_weights: self.class_weights.as_slice().map(<[f32]>::to_vec),
            ignore_index: None,
        };
        Some(LossRow { formula, reduction: self.reduction, weight: 1.0 })
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
        let batch = self.batch(targets);
        batch.check(output.len(), C)?;
        Ok(batch.gradient(cpu, d.as_flattened_mut(), output.as_flattened(), scale))
    }

    fn value(&self, output: &[[f32; C]], targets: &[[f32; C]]) -> Result<f64> {
        check_targets(output.len(), targets, Values::Unit)?;
        let batch = self.batch(targets);
        batch.check(output.len(), C)?;
        Ok(batch.value(output.as_flattened()))
    }
}

impl<W> SoftCrossEntropy<W> {
    fn batch<'a, const C: usize>(&'a self, targets: &'a [[f32; C]]) -> Batch<'a>
    where
        W: ClassWeights<C>,
    {
        let (weights, smoothing) = (self.class_weights.as_slice(), self.label_smoothing);
        let samples = targets.len();
        let targets = Compared::Probabilities(targets.as_flattened());
        let compared = Comparison { classes: C, targets, weights, smoothing, ignored: None };
        Batch { samples, stride: 1, reduction: self.reduction, compared }
    }
}
