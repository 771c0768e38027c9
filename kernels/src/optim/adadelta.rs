use super::{LEARNING_RATE, Optimizer, WEIGHT_DECAY, eps, with_square};
use crate::hyperparameter::{Hyperparameter, Values};

/// Zeiler 2012; PyTorch's `Adadelta`.
pub static ADADELTA: Optimizer = Optimizer {
    name: "Adadelta",
    doc: "Adadelta (Zeiler 2012): `v ← ρ v + (1 - ρ) g²; d = g √(u + ε) / √(v + ε); u ← ρ u + (1 - ρ) d²; \
          w ← w - η d` (PyTorch's `Adadelta`). The paper's learning rate is 1.",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter::number("rho", 0.9, Values::Kept, "How much of the means of squares is kept."),
        eps(1e-6),
        WEIGHT_DECAY,
    ],
    constraints: &[],
    states: &["square", "squared_step"],
    scalars: |h, _| {
        vec![
            ("learning_rate", h[0]),
            ("rho", h[1]),
            ("one_minus_rho", 1.0 - h[1]),
            ("eps", h[2]),
            ("weight_decay", h[3]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[4] * w;
        let square = with_square(s[0], g, k[1], k[2]);
        let step = (s[1] + k[3]).sqrt() / (square + k[3]).sqrt() * g;
        vec![w - k[0] * step, square, with_square(s[1], step, k[1], k[2])]
    },
};
