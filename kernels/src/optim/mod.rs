//! The registry of optimizers: an update is a formula from a gradient and states to new states.
mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod lion;
mod radam;
mod rmsprop;
mod sgd;
mod variant;

use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::Expr;
pub use variant::Variant;

/// A number that is the same for every parameter during a step: its name and its formula.
pub type Scalar = (&'static str, Expr);

/// What must hold between hyperparameters.
pub struct Constraint {
    /// The hyperparameter that is wrong if it does not hold.
    pub name: &'static str,
    /// What that can be, after "it can be".
    pub expected: &'static str,
    /// Not 0 where it holds, from the hyperparameters.
    pub holds: fn(&[Expr]) -> Expr,
}

/// One row of the optimizer book.
///
/// Its formulas are written once, for all hyperparameters. What of them runs is derived for every combination of
/// [switches](Hyperparameter::switch): see [`Optimizer::variants`].
pub struct Optimizer {
    /// Its type's name.
    pub name: &'static str,
    /// What it computes, for documentation, with its source.
    pub doc: &'static str,
    /// What it can be told; the learning rate first.
    pub hyperparameters: &'static [Hyperparameter],
    /// What must hold between them.
    pub constraints: &'static [Constraint],
    /// What it keeps for every parameter besides the parameter, 0 at first, three at most.
    pub states: &'static [&'static str],
    /// Numbers computed once per step, in f64, from the hyperparameters and the step `t`, the first being 1.
    pub scalars: fn(&[Expr], Expr) -> Vec<Scalar>,
    /// From the gradient, the parameter, the states and the scalars to the new parameter and the new states.
    pub update: fn(Expr, Expr, &[Expr], &[Expr]) -> Vec<Expr>,
}

/// Every optimizer.
pub static OPTIMIZERS: &[&Optimizer] = &[
    &sgd::SGD,
    &adam::ADAM,
    &adamw::ADAMW,
    &rmsprop::RMSPROP,
    &adagrad::ADAGRAD,
    &adadelta::ADADELTA,
    &adamax::ADAMAX,
    &radam::RADAM,
    &lion::LION,
];

/// The table of them, in Markdown, for the documentation; a test holds the committed one against it.
pub fn table() -> String {
    let rows = OPTIMIZERS.iter().map(|row| (row.name, row.doc, row.hyperparameters));
    crate::hyperparameter::table("Optimizer", rows)
}

/// The learning rate, which every optimizer has.
const LEARNING_RATE: Hyperparameter = Hyperparameter {
    default: None,
    ..Hyperparameter::number("learning_rate", 0.0, Values::NotNegative, "The size of a step.")
};
/// Decay through the gradient, which most have.
const WEIGHT_DECAY: Hyperparameter = Hyperparameter::number(
    "weight_decay",
    0.0,
    Values::NotNegative,
    "`λ`: what of the parameter is added to its gradient, `g ← g + λ w`.",
)
.switch();
/// Decay beside the gradient.
const fn decoupled_weight_decay(default: f64) -> Hyperparameter {
    Hyperparameter::number(
        "weight_decay",
        default,
        Values::NotNegative,
        "`λ`: what the parameter loses in a step, times the learning rate, apart from its gradient: `w ← w - η λ w`.",
    )
}
/// What is kept of two running means.
const fn betas(beta1: f64, beta2: f64) -> [Hyperparameter; 2] {
    [
        Hyperparameter::number("beta1", beta1, Values::Kept, "How much of the gradient's mean is kept.")
            .set_by("betas"),
        Hyperparameter::number(
            "beta2",
            beta2,
            Values::Kept,
            "How much is kept of the mean that the step is measured by.",
        )
        .set_by("betas"),
    ]
}
/// What keeps a denominator from 0.
const fn eps(default: f64) -> Hyperparameter {
    Hyperparameter::number("eps", default, Values::NotNegative, "Added to the denominator.")
}

/// `mean` moved towards `x` by the share `by`.
fn towards(mean: Expr, x: Expr, by: Expr) -> Expr {
    mean + (x - mean) * by
}
/// The mean of squares with the share `by` of `x²`, of which `kept` is the rest. Once it has overflown it stays infinite,
/// and steps that are measured by it are 0; [`towards`] would make it no number. Both are PyTorch's forms.
fn with_square(mean: Expr, x: Expr, kept: Expr, by: Expr) -> Expr {
    kept * mean + by * x * x
}
