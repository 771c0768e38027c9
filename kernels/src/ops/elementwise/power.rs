//! Powers with a constant exponent.
use super::Unary;
use crate::arguments::{Argument, Given};
use crate::scalar::Expr;

/// `x²`.
pub static SQUARE: Unary = Unary {
    name: "square",
    layer: "Square",
    backward: "square_backward",
    doc: "`x²`.",
    f: |x, _| x * x,
    slope: Some(|x, _y, _| 2.0 * x),
    ..Unary::DEFAULT
};

/// `√x`; no number below 0, and the derivative at 0 is infinite.
pub static SQRT: Unary = Unary {
    name: "sqrt",
    layer: "Sqrt",
    backward: "sqrt_backward",
    doc: "`√x`; no number below 0, and the derivative at 0 is infinite.",
    f: |x, _| x.sqrt(),
    slope: Some(|_x, y, _| 0.5 / y),
    domain: (0.25, 4.0),
    ..Unary::DEFAULT
};

/// `1 / x`; infinite at 0.
pub static RECIPROCAL: Unary = Unary {
    name: "reciprocal",
    layer: "Reciprocal",
    also: &["Inverse"],
    backward: "reciprocal_backward",
    doc: "`1 / x`; infinite at 0.",
    f: |x, _| 1.0 / x,
    slope: Some(|_x, y, _| -(y * y)),
    domain: (0.5, 2.0),
    ..Unary::DEFAULT
};

/// `xᵉ` for a constant exponent; no number below 0 unless that is whole. PyTorch's `pow`.
pub static POWF: Unary = Unary {
    name: "powf",
    layer: "Pow",
    backward: "powf_backward",
    doc: "`x` to the power `exponent`; no number below 0 unless that is whole.",
    arguments: &[Argument::needed("exponent", "power that `x` is raised to")
        .must_be("anything but 0", |given| *given != Given::Number(0.0))],
    f: |x, [exponent, ..]| power(x, exponent),
    slope: Some(|x, _y, [exponent, ..]| exponent * power(x, exponent - 1.0)),
    samples: &[&[2.0], &[3.0], &[0.5], &[-1.0], &[-0.5], &[1.7], &[-2.3]],
    domain: (0.5, 2.0),
    ..Unary::DEFAULT
};

/// Few multiplications, divisions and roots where they will do, which is faster and exact.
fn power(x: Expr, exponent: f64) -> Expr {
    if exponent < 0.0 && [0.5, 1.0, 2.0, 3.0].contains(&-exponent) {
        return 1.0 / power(x, -exponent);
    }
    match exponent {
        0.0 => Expr::from(1.0),
        0.5 => x.sqrt(),
        1.0 => x,
        2.0 => x * x,
        3.0 => x * x * x,
        _ => x.pow(exponent),
    }
}
