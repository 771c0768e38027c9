//! Signs.
use super::Unary;

/// `|x|`; the derivative at 0 is 0.
pub static ABS: Unary = Unary {
    name: "abs",
    layer: "Abs",
    backward: "abs_backward",
    doc: "`|x|`; the derivative at 0 is 0.",
    f: |x, _| x.abs(),
    ..Unary::DEFAULT
};

/// `-x`.
pub static NEG: Unary = Unary {
    name: "neg",
    layer: "Neg",
    backward: "neg_backward",
    doc: "`-x`.",
    f: |x, _| -x,
    ..Unary::DEFAULT
};
