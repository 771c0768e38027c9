use super::adam::{AMSGRAD, BETAS, scalars, step};
use super::{LEARNING_RATE, Optimizer, decoupled_weight_decay, eps};

/// Loshchilov and Hutter 2019, whose decay PyTorch's `AdamW` multiplies by the learning rate.
pub static ADAMW: Optimizer = Optimizer {
    name: "AdamW",
    doc: "Adam with decoupled weight decay (Loshchilov and Hutter 2019): `w ← w - η λ w`, then a step of \
          [`Adam`](crate::prelude::Adam), whose means do not see the decay.",
    hyperparameters: &[LEARNING_RATE, BETAS[0], BETAS[1], eps(1e-8), decoupled_weight_decay(0.01), AMSGRAD],
    constraints: &[],
    states: &["mean", "square", "largest"],
    scalars: |h, t| {
        let mut scalars = scalars(h, t);
        scalars[5] = ("kept", 1.0 - h[0] * h[4]);
        scalars
    },
    update: |g, w, s, k| step(g, w * k[5], s, k),
};
