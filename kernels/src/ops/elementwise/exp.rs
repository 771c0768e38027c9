//! Powers of e, and logarithms.
use super::Unary;

/// `eˣ`.
pub static EXP: Unary = Unary {
    name: "exp",
    layer: "Exp",
    backward: "exp_backward",
    doc: "`eˣ`.",
    f: |x, _| x.exp(),
    slope: Some(|_x, y, _| y),
    ..Unary::DEFAULT
};

/// The natural logarithm: negative infinity at 0, no number below. PyTorch's `log`.
pub static LN: Unary = Unary {
    name: "ln",
    layer: "Ln",
    also: &["Log"],
    backward: "ln_backward",
    doc: "The natural logarithm; negative infinity at 0, no number below.",
    f: |x, _| x.ln(),
    domain: (0.25, 4.0),
    ..Unary::DEFAULT
};
