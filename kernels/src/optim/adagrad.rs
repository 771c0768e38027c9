use super::{LEARNING_RATE, Optimizer, WEIGHT_DECAY, eps};
use crate::hyperparameter::{Hyperparameter, Values};

/// Duchi, Hazan and Singer 2011; PyTorch's `Adagrad`. The sum's first value is added where the sum is used, so that it
/// begins at 0 like every state.
pub static ADAGRAD: Optimizer = Optimizer {
    name: "Adagrad",
    doc: "Adagrad (Duchi, Hazan and Singer 2011): `s ← s + g²; w ← w - η / (1 + (t - 1) δ) · g / (√s + ε)` (PyTorch's \
          `Adagrad`).",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter::number(
            "lr_decay",
            0.0,
            Values::NotNegative,
            "`δ`: how fast the learning rate falls from step to step.",
        ),
        WEIGHT_DECAY,
        Hyperparameter::number(
            "initial_accumulator_value",
            0.0,
            Values::NotNegative,
            "What the sum `s` of squared gradients starts with.",
        ),
        eps(1e-10),
    ],
    constraints: &[],
    states: &["sum"],
    scalars: |h, t| {
        vec![
            ("rate", h[0] / (1.0 + (t - 1.0) * h[1])),
            ("weight_decay", h[2]),
            ("initial", h[3]),
            ("eps", h[4]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[1] * w;
        let sum = s[0] + g * g;
        vec![w - k[0] * (g / ((sum + k[2]).sqrt() + k[3])), sum]
    },
};
