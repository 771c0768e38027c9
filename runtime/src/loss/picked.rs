//! Losses that look at the output for the target's class and no other.

use plywood_kernels::cpu::Cpu;
use plywood_kernels::losses::Outputs;
use plywood_kernels::scalar::{Expr, argument, constant};

use super::class_weights::{ClassWeights, check_weights, share};
use super::{
    Loss, LossFormula, LossRow, Reduction, check_classes, check_outputs, refuse_nothing, same_length,
};
use crate::error::Result;
#[cfg(feature = "serde")]
use crate::settings::{ListedWeights, Weights};

/// The mean of `-output[target]`, weighted by class: for outputs that are logarithms of the probabilities of `C` classes,
/// as they come out of a log-softmax, and classes `0..C`.
///
/// PyTorch's `NLLLoss`, but that an output above 0 is an [`Error::Output`](crate::Error::Output), since it is no such
/// logarithm. On scores, [`CrossEntropy`](super::CrossEntropy) is the same in one step, and more precise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nll<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
}

/// The mean of `-ln output[target]`, weighted by class: for outputs that are probabilities of `C` classes, as they come
/// out of a softmax, and classes `0..C`.
///
/// No logarithm is below -100, and no slope's denominator below `1e-12`, as in PyTorch's `BCELoss`. An
/// output that is no probability is an [`Error::Output`](crate::Error::Output). On scores,
/// [`CrossEntropy`](super::CrossEntropy) is the same in one step, and more precise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbabilityCrossEntropy<W = ()> {
    /// How the losses of samples become one.
    pub reduction: Reduction,
    /// How much each class counts: `()` or `[f32; C]`.
    pub class_weights: W,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    Nll [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), class_weights by Weights
    }
}
#[cfg(feature = "serde")]
crate::settings::table! {
    ProbabilityCrossEntropy [W: ListedWeights, ListedWeights] {
        reduction = Default::default(), class_weights by Weights
    }
}

macro_rules! picked {
    ($name:ident, $value:expr, $slope:expr, $formula:expr, $outputs:expr) => {
        impl $name {
            /// The mean over samples.
            pub const fn mean() -> Self {
                $name { reduction: Reduction::Mean, class_weights: () }
            }
            /// The sum over samples.
            pub const fn sum() -> Self {
                $name { reduction: Reduction::Sum, class_weights: () }
            }
        }
        impl<W> $name<W> {
            /// With a weight per class; a mean divides by the sum of the targets' weights.
            #[must_use]
            pub fn class_weights<const C: usize>(self, weights: [f32; C]) -> $name<[f32; C]> {
                $name { reduction: self.reduction, class_weights: weights }
            }
        }
        impl<const C: usize, W: ClassWeights<C>> Loss<[f32; C]> for $name<W> {
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
                let [value, slope]: [Expr; 2] = $formula(argument(0));
                let class_weights = self.class_weights.as_slice().map(<[f32]>::to_vec);
                let formula = LossFormula::Picked { value, slope, class_weights };
                Some(LossRow { formula, reduction: self.reduction, weight: 1.0 })
            }

            fn check(&self) -> Result<()> {
                check_weights(self.class_weights.as_slice())
            }

            fn gradient(
                &self,
                _: &Cpu,
                d: &mut [[f32; C]],
                output: &[[f32; C]],
                targets: &[u32],
                scale: f64,
            ) -> Result<f64> {
                same_length("gradients", output.len(), d.len())?;
                check_classes(output.len(), targets, C)?;
                refuse_nothing(output.len(), C)?;
                check_outputs(output.as_flattened(), C, &$outputs)?;
                let scale = self.reduction.combine(scale, Loss::<[f32; C]>::share(self, targets));
                let weights = self.class_weights.as_slice();
                slopes(d.as_flattened_mut(), output.as_flattened(), C, targets, weights, scale, $slope);
                self.value(output, targets)
            }

            fn value(&self, output: &[[f32; C]], targets: &[u32]) -> Result<f64> {
                check_classes(output.len(), targets, C)?;
                refuse_nothing(output.len(), C)?;
                check_outputs(output.as_flattened(), C, &$outputs)?;
                let share = Loss::<[f32; C]>::share(self, targets);
                let weights = self.class_weights.as_slice();
                let sum = sum_of(output.as_flattened(), C, targets, weights, $value);
                Ok(self.reduction.combine(sum, share))
            }
        }
    };
}
picked!(
    Nll,
    |y| -y,
    |_| -1.0,
    |y: Expr| [-y, constant(-1.0)],
    Outputs::log_probabilities(
        "end the network with `LogSoftmax`, or take `CrossEntropy`, which is for scores as they come out of a `Linear`"
    )
);
picked!(
    ProbabilityCrossEntropy,
    |y| -y.ln().max(-100.0),
    |y| -1.0 / y.max(1e-12),
    |y: Expr| [-y.ln().max(constant(-100.0)), constant(-1.0) / y.max(constant(1e-12))],
    Outputs::probabilities(
        "end the network with `Softmax`, or take `CrossEntropy`, which is for scores as they come out of a `Linear`"
    )
);

/// What is not generic is compiled here, at this crate's level, however the user's crate is built.
fn sum_of(
    outputs: &[f32],
    classes: usize,
    targets: &[u32],
    weights: Option<&[f32]>,
    f: fn(f64) -> f64,
) -> f64 {
    let rows = outputs.chunks(classes).zip(targets);
    rows.map(|(y, t)| weight(weights, *t) * f(f64::from(y[*t as usize]))).sum()
}

fn slopes(
    d: &mut [f32],
    outputs: &[f32],
    classes: usize,
    targets: &[u32],
    weights: Option<&[f32]>,
    scale: f64,
    f: fn(f64) -> f64,
) {
    d.fill(0.0);
    let rows = d.chunks_mut(classes).zip(outputs.chunks(classes)).zip(targets);
    rows.for_each(|((d, y), t)| {
        let at = *t as usize;
        d[at] = (scale * weight(weights, *t) * f(f64::from(y[at]))) as f32;
    });
}

fn weight(weights: Option<&[f32]>, class: u32) -> f64 {
    weights.map_or(1.0, |weights| f64::from(weights[class as usize]))
}
