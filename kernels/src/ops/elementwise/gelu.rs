use super::Unary;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `x Φ(x) = x (1 + erf(x / √2)) / 2`, with Φ the normal distribution (Hendrycks and Gimpel 2016); PyTorch's `GELU()`.
pub static GELU: Unary = Unary {
    name: "gelu",
    layer: "Gelu",
    backward: "gelu_backward",
    doc: "`x Φ(x) = x (1 + erf(x / √2)) / 2`, Φ being the normal distribution.",
    f: |x, _| 0.5 * x * (1.0 + (x * FRAC_1_SQRT_2).erf()),
    domain: (-3.0, 3.0),
    // far below 0 the sum cancels
    error: (4.0, 3e-7),
    ..Unary::DEFAULT
};

/// GELU with `Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`; PyTorch's `GELU(approximate="tanh")`.
///
/// `(1 + tanh(u)) / 2` is the sigmoid of `2 u`, which does not cancel far below 0.
pub static GELU_TANH: Unary = Unary {
    name: "gelu_tanh",
    layer: "GeluTanh",
    also: &["Gelu(approximate)"],
    backward: "gelu_tanh_backward",
    doc: "`x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`: GELU's approximation by tanh.",
    f: |x, _| x / (1.0 + (-(x * (TWICE + TWICE * CUBIC * (x * x)))).exp()),
    slope: Some(|x, _y, _| {
        // beyond, it is 0 and 1, and what follows would be infinity times 0
        let x = x.max(-9.0).min(9.0);
        let square = x * x;
        let e = (-(x * (TWICE + TWICE * CUBIC * square))).exp();
        let s = 1.0 / (1.0 + e);
        s * (1.0 + x * (e * s) * (TWICE + 3.0 * TWICE * CUBIC * square))
    }),
    domain: (-3.0, 3.0),
    // far below 0 the power of e makes much of how its argument was rounded
    error: (4.0, 5e-8),
    ..Unary::DEFAULT
};

/// `2 √(2/π)`, before the bracket in the tanh.
const TWICE: f64 = 2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
/// Before the cube in it.
const CUBIC: f64 = 0.044715;
