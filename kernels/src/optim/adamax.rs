use super::adam::BETAS;
use super::{LEARNING_RATE, Optimizer, WEIGHT_DECAY, eps, towards};

/// Kingma and Ba 2015, section 7.1; PyTorch's `Adamax`.
pub static ADAMAX: Optimizer = Optimizer {
    name: "Adamax",
    doc: "Adamax (Kingma and Ba 2015): `m ← β₁ m + (1 - β₁) g; u ← max(β₂ u, |g| + ε); w ← w - η / (1 - β₁ᵗ) · m / u` \
          (PyTorch's `Adamax`).",
    hyperparameters: &[LEARNING_RATE, BETAS[0], BETAS[1], eps(1e-8), WEIGHT_DECAY],
    constraints: &[],
    states: &["mean", "largest"],
    scalars: |h, t| {
        vec![
            ("rate", h[0] / (1.0 - h[1].pow(t))),
            ("one_minus_beta1", 1.0 - h[1]),
            ("beta2", h[2]),
            ("eps", h[3]),
            ("weight_decay", h[4]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[4] * w;
        let mean = towards(s[0], g, k[1]);
        let largest = (k[2] * s[1]).max(g.abs() + k[3]);
        vec![w - k[0] * (mean / largest), mean, largest]
    },
};
