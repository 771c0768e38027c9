use super::Unary;

/// `x / (1 + e⁻ˣ)`: `x sigmoid(x)` (Elfwing et al. 2017), also called swish. PyTorch's `SiLU`.
pub static SILU: Unary = Unary {
    name: "silu",
    layer: "Silu",
    also: &["Swish"],
    backward: "silu_backward",
    doc: "`x / (1 + e⁻ˣ)`: `x sigmoid(x)`.",
    f: |x, _| x / (1.0 + (-x).exp()),
    slope: Some(|x, _y, _| {
        // below, it is 0, and what follows would be infinity times 0
        let x = x.max(-80.0);
        let e = (-x).exp();
        let s = 1.0 / (1.0 + e);
        s * (1.0 + x * (e * s))
    }),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};
