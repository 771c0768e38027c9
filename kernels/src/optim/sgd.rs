use super::{Hyperparameter, LEARNING_RATE, Optimizer, Variant};

/// `v ← μ v + g; w ← w - η v`, without momentum `w ← w - η g`; PyTorch's `SGD`.
pub static SGD: Optimizer = Optimizer {
    name: "Sgd",
    doc: "Stochastic gradient descent, `w ← w - η g`; with momentum `v ← μ v + g; w ← w - η v` (PyTorch's form).",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter {
            name: "momentum",
            doc: "How much of the last step's direction is kept.",
            default: Some(0.0),
        },
    ],
    variants: &[
        Variant {
            rule: "SgdMomentum",
            when: Some("momentum"),
            states: &["velocity"],
            scalars: |h, _| vec![("learning_rate", h[0]), ("momentum", h[1])],
            update: |g, w, s, k| {
                let velocity = k[1] * s[0] + g;
                vec![w - k[0] * velocity, velocity]
            },
        },
        Variant {
            rule: "SgdPlain",
            when: None,
            states: &[],
            scalars: |h, _| vec![("learning_rate", h[0])],
            update: |g, w, _, k| vec![w - k[0] * g],
        },
    ],
};
