use crate::family::Unary;

/// `x / (1 + e⁻ˣ)`: `x sigmoid(x)` (Elfwing et al. 2017), also called swish. PyTorch's `SiLU`.
pub static SILU: Unary = Unary {
    name: "silu",
    layer: "Silu",
    backward: "silu_backward",
    doc: "`x / (1 + e⁻ˣ)`: `x sigmoid(x)`.",
    f: |x, _| x / (1.0 + (-x).exp()),
    // the derived one is infinity times 0 far below 0
    slope: Some(|x, _y, _| {
        let s = x.sigmoid();
        s * (1.0 + x * (1.0 - s))
    }),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};
