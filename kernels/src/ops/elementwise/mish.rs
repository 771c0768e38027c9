use super::Unary;
use crate::scalar::Expr;

/// `x tanh(ln(1 + eˣ))` (Misra 2019). PyTorch's `Mish`.
///
/// With `n = eˣ (eˣ + 2)` that is `x n / (n + 2)`: one power of e, and nothing cancels. Above 20 the fraction is 1.
pub static MISH: Unary = Unary {
    name: "mish",
    layer: "Mish",
    backward: "mish_backward",
    doc: "`x tanh(ln(1 + eˣ))`.",
    f: |x, _| {
        let (_, n) = parts(x);
        x * (n / (n + 2.0))
    },
    slope: Some(|x, _y, _| {
        let ((e, n), x) = (parts(x), x.min(20.0));
        let part = 1.0 / (n + 2.0);
        n * part + x * (e * part) * (4.0 * ((e + 1.0) * part))
    }),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};

fn parts(x: Expr) -> (Expr, Expr) {
    let e = x.min(20.0).exp();
    (e, e * (e + 2.0))
}
