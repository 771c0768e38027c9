//! Functions that are another number, or nothing, near 0 or below a bound.
use super::Unary;
use crate::arguments::{Argument, Given};
use crate::scalar::select;

/// `x` above `threshold`, `value` elsewhere; the derivative at `threshold` is 0. PyTorch's `Threshold`.
pub static THRESHOLD: Unary = Unary {
    name: "threshold",
    layer: "Threshold",
    backward: "threshold_backward",
    doc: "`x` above `threshold`, `value` elsewhere; the derivative at `threshold` is 0.",
    arguments: &[
        Argument::needed("threshold", "number above which `x` stays"),
        Argument::needed("value", "number that stands for the others"),
    ],
    f: |x, [threshold, value, ..]| select(x.le(threshold), value, x),
    slope: Some(|x, _y, [threshold, ..]| x.gt(threshold)),
    samples: &[&[0.1, 0.0], &[-0.25, 20.0]],
    ..Unary::DEFAULT
};

/// `x` where `|x|` is above `lambd`, 0 elsewhere; the derivative at `lambd` is 0. PyTorch's `Hardshrink`.
pub static HARDSHRINK: Unary = Unary {
    name: "hardshrink",
    layer: "Hardshrink",
    backward: "hardshrink_backward",
    doc: "`x` where `|x|` is above `lambd`, 0 elsewhere; the derivative at `lambd` is 0.",
    arguments: &[Argument::number("lambd", "largest `|x|` that becomes 0", 0.5)],
    f: |x, [lambd, ..]| select(x.abs().le(lambd), 0.0, x),
    slope: Some(|x, _y, [lambd, ..]| x.abs().gt(lambd)),
    samples: &[&[0.3]],
    domain: (-2.0, 2.0),
    ..Unary::DEFAULT
};

/// `x` moved by `lambd` towards 0, and 0 where it is no further from it; the derivative at `lambd` is 0. PyTorch's
/// `Softshrink`.
pub static SOFTSHRINK: Unary = Unary {
    name: "softshrink",
    layer: "Softshrink",
    backward: "softshrink_backward",
    doc: "`x` moved by `lambd` towards 0, and 0 where it is no further from it; the derivative at `lambd` is 0.",
    arguments: &[Argument::number("lambd", "how far", 0.5)
        .must_be("at least 0", |given| matches!(given, Given::Number(lambd) if *lambd >= 0.0))],
    f: |x, [lambd, ..]| x - x.max(-lambd).min(lambd),
    slope: Some(|x, _y, [lambd, ..]| x.abs().gt(lambd)),
    samples: &[&[0.3]],
    domain: (-2.0, 2.0),
    ..Unary::DEFAULT
};

/// `x - tanh(x)`. PyTorch's `Tanhshrink`.
pub static TANHSHRINK: Unary = Unary {
    name: "tanhshrink",
    layer: "Tanhshrink",
    backward: "tanhshrink_backward",
    doc: "`x - tanh(x)`.",
    f: |x, _| x - x.tanh(),
    slope: Some(|x, _y, _| x.tanh() * x.tanh()),
    domain: (-3.0, 3.0),
    error: (4.0, 2e-7),
    ..Unary::DEFAULT
};
