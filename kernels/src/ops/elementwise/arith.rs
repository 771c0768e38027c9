//! Arithmetic between two values.
use super::Binary;
use crate::scalar::select;

/// `a + b`
pub static ADD: Binary =
    Binary { name: "add", backward: "add_backward", doc: "`a + b`", f: |a, b| a + b, ..Binary::DEFAULT };
/// `a - b`
pub static SUB: Binary =
    Binary { name: "sub", backward: "sub_backward", doc: "`a - b`", f: |a, b| a - b, ..Binary::DEFAULT };
/// `a b`
pub static MUL: Binary =
    Binary { name: "mul", backward: "mul_backward", doc: "`a b`", f: |a, b| a * b, ..Binary::DEFAULT };

/// `a / b`; infinite or no number where `b` is 0.
pub static DIV: Binary = Binary {
    name: "div",
    backward: "div_backward",
    doc: "`a / b`.",
    f: |a, b| a / b,
    domains: [(-1.0, 1.0), (0.5, 2.0)],
    ..Binary::DEFAULT
};

/// The larger of two, no number where either is none; half the gradient each where they are equal, as in PyTorch's
/// `maximum`.
pub static MAX: Binary = Binary {
    name: "max",
    backward: "max_backward",
    doc: "The larger of `a` and `b`; half the gradient each where they are equal.",
    f: |a, b| select(a.ge(b), a, select(b.gt(a), b, a + b)),
    slopes: Some(|a, b, _| [0.5 * (a.gt(b) + a.ge(b)), 0.5 * (b.gt(a) + b.ge(a))]),
    ..Binary::DEFAULT
};

/// The smaller of two, no number where either is none; half the gradient each where they are equal, as in PyTorch's
/// `minimum`.
pub static MIN: Binary = Binary {
    name: "min",
    backward: "min_backward",
    doc: "The smaller of `a` and `b`; half the gradient each where they are equal.",
    f: |a, b| select(a.le(b), a, select(b.lt(a), b, a + b)),
    slopes: Some(|a, b, _| [0.5 * (a.lt(b) + a.le(b)), 0.5 * (b.lt(a) + b.le(a))]),
    ..Binary::DEFAULT
};

/// `aᵇ`, no number for `a < 0` unless `b` is whole. By PyTorch's convention the slope by `a` is 0 where `b` is 0, and
/// that by `b` is 0 where `a` is 0 and `b` is not negative.
pub static POW: Binary = Binary {
    name: "pow",
    backward: "pow_backward",
    doc: "`aᵇ`, for `a` at least 0 or whole `b`.",
    f: |a, b| a.pow(b),
    slopes: Some(|a, b, y| {
        let by_exponent = y * a.ln();
        let at_zero = select(b.ge(0.0), 0.0, by_exponent);
        [select(b, b * a.pow(b - 1.0), 0.0), select(a, by_exponent, at_zero)]
    }),
    domains: [(0.25, 2.0), (-2.0, 2.0)],
};
