use super::{LEARNING_RATE, Optimizer, betas, decoupled_weight_decay, towards};
use crate::hyperparameter::Hyperparameter;
use crate::scalar::constant;

const BETAS: [Hyperparameter; 2] = betas(0.9, 0.99);

/// Chen et al. 2023, "Symbolic discovery of optimization algorithms".
pub static LION: Optimizer = Optimizer {
    name: "Lion",
    doc: "Lion (Chen et al. 2023): `c = β₁ m + (1 - β₁) g; w ← w - η (sign(c) + λ w); m ← β₂ m + (1 - β₂) g`. Its \
          authors take a learning rate 3 to 10 times smaller than for `AdamW`, and a weight decay as much larger.",
    hyperparameters: &[LEARNING_RATE, BETAS[0], BETAS[1], decoupled_weight_decay(0.0)],
    constraints: &[],
    states: &["mean"],
    scalars: |h, _| {
        vec![
            ("learning_rate", h[0]),
            ("one_minus_beta1", 1.0 - h[1]),
            ("one_minus_beta2", 1.0 - h[2]),
            ("kept", 1.0 - h[0] * h[3]),
        ]
    },
    update: |g, w, s, k| {
        let direction = towards(s[0], g, k[1]);
        let sign = direction.gt(0.0) - constant(0.0).gt(direction);
        vec![w * k[3] - k[0] * sign, towards(s[0], g, k[2])]
    },
};
