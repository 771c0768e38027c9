use super::{Constraint, LEARNING_RATE, Optimizer, WEIGHT_DECAY};
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::select;

/// PyTorch's `SGD`: the first velocity is the first gradient, whatever the dampening.
pub static SGD: Optimizer = Optimizer {
    name: "Sgd",
    doc: "Stochastic gradient descent, `w ← w - η g`; with momentum `v ← μ v + (1 - τ) g; w ← w - η v`, in Nesterov's \
          form `w ← w - η (g + μ v)` (PyTorch's `SGD`).",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter::number(
            "momentum",
            0.0,
            Values::NotNegative,
            "`μ`: how much of the last step's direction is kept.",
        )
        .switch(),
        Hyperparameter::number(
            "dampening",
            0.0,
            Values::Unit,
            "`τ`: how much of the gradient does not enter the momentum, after the first step.",
        ),
        WEIGHT_DECAY,
        Hyperparameter::flag(
            "nesterov",
            false,
            "Whether the step is from where the momentum will have led (Nesterov 1983).",
        ),
    ],
    constraints: &[Constraint {
        name: "nesterov",
        expected: "false, or true with a `momentum` above 0 and a `dampening` of 0",
        holds: |h| 1.0 - h[4] * (1.0 - h[1].gt(0.0) * (1.0 - h[2].gt(0.0))),
    }],
    states: &["velocity"],
    scalars: |h, t| {
        let undampened = select(h[1], select(t.gt(1.0), 1.0 - h[2], 1.0), 1.0);
        vec![
            ("learning_rate", h[0]),
            ("momentum", h[1]),
            ("undampened", undampened),
            ("weight_decay", h[3]),
            ("nesterov", h[4]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[3] * w;
        let velocity = k[1] * s[0] + k[2] * g;
        vec![w - k[0] * select(k[4], g + k[1] * velocity, velocity), velocity]
    },
};
