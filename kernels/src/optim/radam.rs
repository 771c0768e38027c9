use super::adam::BETAS;
use super::{LEARNING_RATE, Optimizer, WEIGHT_DECAY, eps, towards, with_square};
use crate::scalar::select;

/// Liu et al. 2020; PyTorch's `RAdam`. Whether a step is rectified depends on the step alone, so that each has two rates
/// of which one is 0.
pub static RADAM: Optimizer = Optimizer {
    name: "RAdam",
    doc: "Rectified Adam (Liu et al. 2020): steps of [`Adam`](crate::prelude::Adam), shortened by \
          `r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))` with `ρ∞ = 2 / (1 - β₂) - 1` and \
          `ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)`; where `ρ ≤ 5` they are `w ← w - η m̂` (PyTorch's `RAdam`).",
    hyperparameters: &[LEARNING_RATE, BETAS[0], BETAS[1], eps(1e-8), WEIGHT_DECAY],
    constraints: &[],
    states: &["mean", "square"],
    scalars: |h, t| {
        let (rate, power) = (h[0] / (1.0 - h[1].pow(t)), h[2].pow(t));
        let most = 2.0 / (1.0 - h[2]) - 1.0;
        let length = most - 2.0 * t * power / (1.0 - power);
        let shortened = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length);
        let rectified = length.gt(5.0);
        vec![
            ("rectified_rate", select(rectified, rate * (shortened * (1.0 - power)).sqrt(), 0.0)),
            ("plain_rate", select(rectified, 0.0, rate)),
            ("one_minus_beta1", 1.0 - h[1]),
            ("beta2", h[2]),
            ("one_minus_beta2", 1.0 - h[2]),
            ("eps", h[3]),
            ("weight_decay", h[4]),
        ]
    },
    update: |g, w, s, k| {
        let g = g + k[6] * w;
        let mean = towards(s[0], g, k[2]);
        let square = with_square(s[1], g, k[3], k[4]);
        // not a sum of both: with an `eps` of 0 the one whose rate is 0 may be 0 / 0
        let step = select(k[0].gt(0.0), mean * (k[0] / (square.sqrt() + k[5])), mean * k[1]);
        vec![w - step, mean, square]
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{argument, constant};

    #[test]
    fn a_parameter_without_a_gradient_stays_where_no_step_is_rectified() {
        let h: Vec<_> = [0.1, 0.9, 0.999, 0.0, 0.0].map(constant).to_vec();
        for t in 1..=5 {
            let scalars = (RADAM.scalars)(&h, constant(f64::from(t)));
            let k: Vec<_> = scalars.into_iter().map(|(_, value)| value).collect();
            let new = (RADAM.update)(argument(0), argument(1), &[argument(2), argument(3)], &k);
            let of = |at: [f64; 4]| new.iter().map(|value| value.evaluate(&at)).collect::<Vec<f64>>();
            assert_eq!(of([0.0, 0.5, 0.0, 0.0]), [0.5, 0.0, 0.0], "step {t}");
            // PyTorch's: without a denominator, whatever the gradient is
            assert!(of([1.0, 0.5, 0.0, 0.0])[0] < 0.5);
        }
    }
}
