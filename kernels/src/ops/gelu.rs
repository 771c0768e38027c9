use crate::family::Unary;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `x Φ(x) = x (1 + erf(x / √2)) / 2`, with Φ the normal distribution (Hendrycks and Gimpel 2016); PyTorch's `GELU()`.
pub static GELU: Unary = Unary {
    name: "gelu",
    layer: "Gelu",
    backward: "gelu_backward",
    doc: "`x Φ(x) = x (1 + erf(x / √2)) / 2`, Φ being the normal distribution.",
    f: |x, _| 0.5 * x * (1.0 + (x * FRAC_1_SQRT_2).erf()),
    ..Unary::DEFAULT
};

/// GELU with `Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`; PyTorch's `GELU(approximate="tanh")`.
pub static GELU_TANH: Unary = Unary {
    name: "gelu_tanh",
    layer: "GeluTanh",
    backward: "gelu_tanh_backward",
    doc: "`x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`: GELU's approximation by tanh.",
    f: |x, _| 0.5 * x * (1.0 + (FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044715 * (x * x * x))).tanh()),
    ..Unary::DEFAULT
};
