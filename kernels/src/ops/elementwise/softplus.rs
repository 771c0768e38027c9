//! Smooth functions of `ln(1 + eˣ)`.
use super::Unary;
use crate::arguments::{Argument, Given};
use crate::scalar::select;

/// `ln(1 + e^(beta x)) / beta`, and `x` where `beta x` is above `threshold`. PyTorch's `Softplus`.
pub static SOFTPLUS: Unary = Unary {
    name: "softplus",
    layer: "Softplus",
    backward: "softplus_backward",
    doc: "`ln(1 + e^(beta x)) / beta`, and `x` where `beta x` is above `threshold`.",
    arguments: &[
        Argument::number("beta", "how sharp the bend at 0 is", 1.0)
            .must_be("more than 0", |given| matches!(given, Given::Number(beta) if *beta > 0.0)),
        Argument::number("threshold", "`beta x` above which the function is `x`", 20.0),
    ],
    f: |x, [beta, threshold, ..]| select((beta * x).gt(threshold), x, (beta * x).softplus() * (1.0 / beta)),
    slope: Some(|x, _y, [beta, threshold, ..]| select((beta * x).gt(threshold), 1.0, (beta * x).sigmoid())),
    samples: &[&[2.0, 20.0], &[0.5, 1.0]],
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};

/// `-ln(1 + e⁻ˣ)`: the logarithm of the sigmoid. PyTorch's `LogSigmoid`.
pub static LOG_SIGMOID: Unary = Unary {
    name: "log_sigmoid",
    layer: "LogSigmoid",
    backward: "log_sigmoid_backward",
    doc: "`-ln(1 + e⁻ˣ)`: the logarithm of `Sigmoid`.",
    f: |x, _| -(-x).softplus(),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};
