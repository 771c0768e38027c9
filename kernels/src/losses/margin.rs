//! Scores whose sign is the answer, targets -1 and 1.
use super::ElementwiseLoss;
use crate::hyperparameter::Values;
use crate::scalar::{Expr, select};

fn missing(y: Expr, t: Expr) -> Expr {
    (1.0 - t * y).max(0.0)
}

/// The loss of support vector machines (Cortes and Vapnik 1995). Its slope at the kink is 0, as in PyTorch's
/// `MultiMarginLoss`, which is this for several classes.
pub static HINGE: ElementwiseLoss = ElementwiseLoss {
    name: "Hinge",
    doc: "`max(0, 1 - t y)`, for targets -1 and 1 (Cortes and Vapnik 1995).",
    hyperparameters: &[],
    targets: Values::Sign,
    outputs: None,
    f: |y, t, _| missing(y, t),
    slope: Some(|y, t, _| select(missing(y, t).gt(0.0), -t, 0.0)),
};

/// The square of [`HINGE`].
pub static SQUARED_HINGE: ElementwiseLoss = ElementwiseLoss {
    name: "SquaredHinge",
    doc: "`max(0, 1 - t y)²`, for targets -1 and 1.",
    hyperparameters: &[],
    targets: Values::Sign,
    outputs: None,
    f: |y, t, _| missing(y, t) * missing(y, t),
    slope: Some(|y, t, _| -2.0 * t * missing(y, t)),
};

/// PyTorch's `SoftMarginLoss`.
pub static SOFT_MARGIN: ElementwiseLoss = ElementwiseLoss {
    name: "SoftMargin",
    doc: "`ln(1 + e⁻ᵗʸ)`, for targets -1 and 1 (PyTorch's `SoftMarginLoss`).",
    hyperparameters: &[],
    targets: Values::Sign,
    outputs: None,
    f: |y, t, _| (-(t * y)).softplus(),
    slope: Some(|y, t, _| -t * (-(t * y)).sigmoid()),
};
