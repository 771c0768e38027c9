//! Exponential linear units.
use super::Unary;
use crate::arguments::{Argument, Given};
use crate::scalar::{Expr, select};

/// `x` above 0, `alpha (eˣ - 1)` below (Clevert et al. 2015); the derivative at 0 is `alpha`. PyTorch's `ELU`.
pub static ELU: Unary = Unary {
    name: "elu",
    layer: "Elu",
    backward: "elu_backward",
    doc: "`x` above 0, `alpha (eˣ - 1)` below; the derivative at 0 is `alpha`.",
    arguments: &[Argument::number("alpha", "what `-x` tends to for large `-x`", 1.0)],
    f: |x, [alpha, ..]| select(x.gt(0.0), x, alpha * x.expm1()),
    samples: &[&[0.5], &[-0.7]],
    domain: (-4.0, 2.0),
    ..Unary::DEFAULT
};

/// λ and α, with which numbers of mean 0 and variance 1 keep both through many layers.
const SCALE: f64 = 1.050_700_987_355_480_5;
const ALPHA: f64 = 1.673_263_242_354_377_2;

/// `λ x` above 0, `λ α (eˣ - 1)` below (Klambauer et al. 2017); the derivative at 0 is `λ α`. PyTorch's `SELU`.
pub static SELU: Unary = Unary {
    name: "selu",
    layer: "Selu",
    backward: "selu_backward",
    doc: "`λ x` above 0, `λ α (eˣ - 1)` below, `λ = 1.0507…` and `α = 1.6733…`; the derivative at 0 is `λ α`.",
    f: |x, _| select(x.gt(0.0), SCALE * x, SCALE * ALPHA * x.expm1()),
    domain: (-4.0, 2.0),
    ..Unary::DEFAULT
};

/// `x` above 0, `alpha (e^(x/alpha) - 1)` below (Barron 2017); the derivative at 0 is 1. PyTorch's `CELU`.
pub static CELU: Unary = Unary {
    name: "celu",
    layer: "Celu",
    backward: "celu_backward",
    doc: "`x` above 0, `alpha (e^(x/alpha) - 1)` below.",
    arguments: &[Argument::number("alpha", "what `-x` tends to for large `-x`", 1.0)
        .must_be("anything but 0", |given| *given != Given::Number(0.0))],
    f: |x, [alpha, ..]| select(x.gt(0.0), x, alpha * scaled(x, alpha).expm1()),
    slope: Some(|x, _y, [alpha, ..]| select(x.gt(0.0), 1.0, scaled(x, alpha).exp())),
    samples: &[&[0.5], &[3.0]],
    domain: (-4.0, 2.0),
    ..Unary::DEFAULT
};

fn scaled(x: Expr, alpha: f64) -> Expr {
    x * (1.0 / alpha)
}
