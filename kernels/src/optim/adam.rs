use super::{Hyperparameter, LEARNING_RATE, Optimizer, Variant};

/// Kingma and Ba 2015, with the bias corrections folded into the step's size and ε; PyTorch's `Adam`.
pub static ADAM: Optimizer = Optimizer {
    name: "Adam",
    doc: "Adam (Kingma and Ba 2015): `m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; \
          w ← w - η m̂ / (√v̂ + ε)` with `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`.",
    hyperparameters: &[
        LEARNING_RATE,
        Hyperparameter { name: "beta1", doc: "How much of the gradient's mean is kept.", default: Some(0.9) },
        Hyperparameter {
            name: "beta2",
            doc: "How much of the squared gradient's mean is kept.",
            default: Some(0.999),
        },
        Hyperparameter { name: "eps", doc: "Added to the denominator.", default: Some(1e-8) },
    ],
    variants: &[Variant {
        rule: "AdamStep",
        when: None,
        states: &["mean", "square"],
        scalars: |h, t| {
            let root = (1.0 - h[2].pow(t)).sqrt();
            vec![
                ("rate", h[0] * root / (1.0 - h[1].pow(t))),
                ("one_minus_beta1", 1.0 - h[1]),
                ("one_minus_beta2", 1.0 - h[2]),
                ("eps", h[3] * root),
            ]
        },
        update: |g, w, s, k| {
            let mean = s[0] + (g - s[0]) * k[1];
            let square = s[1] + (g * g - s[1]) * k[2];
            vec![w - k[0] * (mean / (square.sqrt() + k[3])), mean, square]
        },
    }],
};
