use super::{LEARNING_RATE, Optimizer, WEIGHT_DECAY, eps, towards, with_square};
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::select;

/// PyTorch's `RMSprop`, whose learning rate multiplies the momentum and not what enters it.
pub static RMSPROP: Optimizer = Optimizer {
    name: "RmsProp",
    doc: "RMSprop (Tieleman and Hinton 2012): `v ← α v + (1 - α) g²; w ← w - η g / (√v + ε)`; with momentum \
          `b ← μ b + g / (√v + ε); w ← w - η b`; centered, with `v - m²` for `v`, `m ← α m + (1 - α) g` (PyTorch's \
          `RMSprop`).",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter::number(
            "alpha",
            0.99,
            Values::Kept,
            "How much of the squared gradient's mean is kept.",
        ),
        eps(1e-8),
        WEIGHT_DECAY,
        Hyperparameter::number(
            "momentum",
            0.0,
            Values::NotNegative,
            "`μ`: how much of the last step's direction is kept.",
        )
        .switch(),
        Hyperparameter::flag(
            "centered",
            false,
            "Whether steps are measured by the gradient's variance and not its square (Graves 2013).",
        ),
    ],
    constraints: &[],
    states: &["square", "velocity", "mean"],
    scalars: |h, _| {
        vec![
            ("learning_rate", h[0]),
            ("alpha", h[1]),
            ("one_minus_alpha", 1.0 - h[1]),
            ("eps", h[2]),
            ("weight_decay", h[3]),
            ("momentum", h[4]),
            ("centered", h[5]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[4] * w;
        let square = with_square(s[0], g, k[1], k[2]);
        let mean = towards(s[2], g, k[2]);
        // `v - m²` as a product, so that it is infinite where `v` is; rounding must not leave it below 0
        let (root, size) = (square.sqrt(), mean.abs());
        let measure = select(k[6], ((root - size) * (root + size)).max(0.0), square);
        let velocity = k[5] * s[1] + g / (measure.sqrt() + k[3]);
        vec![w - k[0] * velocity, square, velocity, mean]
    },
};
