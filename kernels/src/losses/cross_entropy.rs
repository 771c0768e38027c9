//! The cross entropy of yes and no: every number of an output is a question of its own.
use super::{ElementwiseLoss, Outputs};
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::Expr;

/// PyTorch's `BCEWithLogitsLoss`, with one `pos_weight` for all numbers.
pub static BCE_WITH_LOGITS: ElementwiseLoss = ElementwiseLoss {
    name: "BceWithLogits",
    doc: "Binary cross entropy of scores, `-p t ln σ(y) - (1 - t) ln(1 - σ(y))`, for targets that are probabilities: 0, 1 \
          or between. The scores go in as they come out of a linear layer, without a sigmoid; any size will do (PyTorch's \
          `BCEWithLogitsLoss`).",
    hyperparameters: &[Hyperparameter::number(
        "pos_weight",
        1.0,
        Values::NotNegative,
        "`p`: how much a target of 1 counts beside one of 0.",
    )],
    targets: Values::Unit,
    outputs: None,
    f: |y, t, h| (1.0 - t) * y + (1.0 + (h[0] - 1.0) * t) * (-y).softplus(),
    slope: Some(|y, t, h| (1.0 + (h[0] - 1.0) * t) * y.sigmoid() - h[0] * t),
};

/// PyTorch's `BCELoss`: logarithms are -100 at least, and the slope's denominator `1e-12`.
pub static BCE: ElementwiseLoss = ElementwiseLoss {
    name: "Bce",
    doc: "Binary cross entropy of probabilities, `-t ln y - (1 - t) ln(1 - y)`, for outputs after a `Sigmoid` and targets \
          from 0 to 1. No logarithm is below -100 (PyTorch's `BCELoss`). An output \
          that is no probability is an error. \
          [`BceWithLogits`](crate::prelude::BceWithLogits), without the `Sigmoid`, is more precise.",
    hyperparameters: &[],
    targets: Values::Unit,
    outputs: Some(Outputs::probabilities(
        "end the network with `Sigmoid`, or take `BceWithLogits`, which is for scores as they come out of a `Linear`",
    )),
    f: |y, t, _| {
        let y = probability(y);
        -(t * y.ln().max(-100.0)) - (1.0 - t) * (-y).ln_1p().max(-100.0)
    },
    slope: Some(|y, t, _| {
        let y = probability(y);
        (y - t) / (y * (1.0 - y)).max(1e-12)
    }),
};

/// Without what rounding added.
fn probability(y: Expr) -> Expr {
    y.max(0.0).min(1.0)
}
