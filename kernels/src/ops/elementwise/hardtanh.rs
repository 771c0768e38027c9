//! Functions that are constant beyond two bounds. As in PyTorch, the derivative at a bound is 0.
use super::Unary;
use crate::arguments::{Argument, Together};
use crate::scalar::Expr;

/// `x` between `min_val` and `max_val`, the nearer of these elsewhere. PyTorch's `Hardtanh`.
pub static HARDTANH: Unary = Unary {
    name: "hardtanh",
    layer: "Hardtanh",
    backward: "hardtanh_backward",
    doc: "`x` between `min_val` and `max_val`, the nearer of these elsewhere.",
    arguments: &[
        Argument::number("min_val", "smallest output", -1.0),
        Argument::number("max_val", "largest output", 1.0),
    ],
    together: &[Together {
        arguments: &["max_val", "min_val"],
        words: "more than `min_val`",
        holds: |given| given.number("min_val") < given.number("max_val"),
    }],
    f: |x, [min, max, ..]| x.max(min).min(max),
    slope: Some(|x, _y, [min, max, ..]| inside(x, min, max)),
    samples: &[&[-0.5, 2.0]],
    domain: (-3.0, 3.0),
    ..Unary::DEFAULT
};

/// The same with bounds of which one may be missing. PyTorch's `clamp`.
pub static CLAMP: Unary = Unary {
    name: "clamp",
    layer: "Clamp",
    backward: "clamp_backward",
    doc: "`x` between `min` and `max`, the nearer of these elsewhere; one of them may be left out.",
    arguments: &[
        Argument::number("min", "smallest output", f64::NEG_INFINITY),
        Argument::number("max", "largest output", f64::INFINITY),
    ],
    together: &[
        Together {
            arguments: &["max", "min"],
            words: "at least `min`",
            holds: |given| given.number("min") <= given.number("max"),
        },
        Together {
            arguments: &["min", "max"],
            words: "given where `max` is not",
            holds: |given| given.number("min").is_finite() || given.number("max").is_finite(),
        },
    ],
    f: |x, [min, max, ..]| x.max(min).min(max),
    slope: Some(|x, _y, [min, max, ..]| inside(x, min, max)),
    samples: &[&[-0.5, 2.0], &[0.0, f64::INFINITY], &[f64::NEG_INFINITY, 0.7]],
    domain: (-3.0, 3.0),
    ..Unary::DEFAULT
};

/// `min(max(x, 0), 6)` (Krizhevsky 2010). PyTorch's `ReLU6`.
pub static RELU6: Unary = Unary {
    name: "relu6",
    layer: "Relu6",
    backward: "relu6_backward",
    doc: "`min(max(x, 0), 6)`; the derivative at 0 and 6 is 0.",
    f: |x, _| x.max(0.0).min(6.0),
    slope: Some(|x, _y, _| inside(x, 0.0, 6.0)),
    domain: (-3.0, 9.0),
    ..Unary::DEFAULT
};

/// `min(max(x + 3, 0), 6) / 6` (Courbariaux et al. 2015). PyTorch's `Hardsigmoid`.
pub static HARDSIGMOID: Unary = Unary {
    name: "hardsigmoid",
    layer: "Hardsigmoid",
    backward: "hardsigmoid_backward",
    doc: "`min(max(x + 3, 0), 6) / 6`; the derivative at -3 and 3 is 0.",
    f: |x, _| (x + 3.0).max(0.0).min(6.0) * (1.0 / 6.0),
    slope: Some(|x, _y, _| inside(x, -3.0, 3.0) * (1.0 / 6.0)),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};

/// `x min(max(x + 3, 0), 6) / 6` (Howard et al. 2019). PyTorch's `Hardswish`: the derivative is 0 at -3, and 1 at 3.
pub static HARDSWISH: Unary = Unary {
    name: "hardswish",
    layer: "Hardswish",
    backward: "hardswish_backward",
    doc: "`x min(max(x + 3, 0), 6) / 6`; the derivative is 0 at -3, and 1 at 3.",
    f: |x, _| x * ((x + 3.0).max(0.0).min(6.0) * (1.0 / 6.0)),
    slope: Some(|x, _y, _| inside(x, -3.0, 3.0) * (x * (1.0 / 3.0) + 0.5) + x.ge(3.0)),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};

/// 1 between the bounds, 0 at them and beyond; a bound that is infinite is none.
fn inside(x: Expr, low: f64, high: f64) -> Expr {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => x.gt(low) * x.lt(high),
        (true, false) => x.gt(low),
        (false, _) => x.lt(high),
    }
}
