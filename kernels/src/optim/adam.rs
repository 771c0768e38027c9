use super::{LEARNING_RATE, Optimizer, Scalar, WEIGHT_DECAY, betas, eps, towards, with_square};
use crate::hyperparameter::Hyperparameter;
use crate::scalar::{Expr, select};

pub(super) const BETAS: [Hyperparameter; 2] = betas(0.9, 0.999);
pub(super) const AMSGRAD: Hyperparameter = Hyperparameter::flag(
    "amsgrad",
    false,
    "Whether the step is measured by the largest `v` so far (Reddi, Kale and Kumar 2018).",
);

/// Kingma and Ba 2015, with the bias corrections folded into the step's size and ε; PyTorch's `Adam`.
pub static ADAM: Optimizer = Optimizer {
    name: "Adam",
    doc: "Adam (Kingma and Ba 2015): `m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; \
          w ← w - η m̂ / (√v̂ + ε)` with `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`.",
    hyperparameters: &[LEARNING_RATE, BETAS[0], BETAS[1], eps(1e-8), WEIGHT_DECAY, AMSGRAD],
    constraints: &[],
    states: &["mean", "square", "largest"],
    scalars,
    update: |g, w, s, k| step(g + k[5] * w, w, s, k),
};

/// From learning rate, betas, eps, weight decay and the choice of `largest`; the decay is as given.
pub(super) fn scalars(h: &[Expr], t: Expr) -> Vec<Scalar> {
    let root = (1.0 - h[2].pow(t)).sqrt();
    vec![
        ("rate", h[0] * root / (1.0 - h[1].pow(t))),
        ("one_minus_beta1", 1.0 - h[1]),
        ("beta2", h[2]),
        ("one_minus_beta2", 1.0 - h[2]),
        ("eps", h[3] * root),
        ("weight_decay", h[4]),
        ("amsgrad", h[5]),
    ]
}

/// A step from `w` without weight decay.
pub(super) fn step(g: Expr, w: Expr, s: &[Expr], k: &[Expr]) -> Vec<Expr> {
    let mean = towards(s[0], g, k[1]);
    let square = with_square(s[1], g, k[2], k[3]);
    let largest = s[2].max(square);
    let measure = select(k[6], largest, square);
    vec![w - k[0] * (mean / (measure.sqrt() + k[4])), mean, square, largest]
}
