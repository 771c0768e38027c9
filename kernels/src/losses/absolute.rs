//! What grows like `|y - t|` far from the target, so that single outliers count for less.
use super::ElementwiseLoss;
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::{Expr, select};
use std::f64::consts::LN_2;

/// `|y - t|`; PyTorch's `L1Loss`, slope 0 where it has none.
pub static MAE: ElementwiseLoss = ElementwiseLoss {
    name: "Mae",
    doc: "Absolute error, `|y - t|` (PyTorch's `L1Loss`).",
    hyperparameters: &[],
    targets: Values::Finite,
    outputs: None,
    f: |y, t, _| (y - t).abs(),
    slope: None,
};

/// Huber 1964; PyTorch's `HuberLoss`.
pub static HUBER: ElementwiseLoss = ElementwiseLoss {
    name: "Huber",
    doc: "`e² / 2` for `e = y - t` up to `δ`, `δ (|e| - δ / 2)` beyond (Huber 1964; PyTorch's `HuberLoss`).",
    hyperparameters: &[Hyperparameter::number(
        "delta",
        1.0,
        Values::Positive,
        "`δ`: where the square becomes a line.",
    )],
    targets: Values::Finite,
    outputs: None,
    f: |y, t, h| {
        let near = (y - t).abs().min(h[0]);
        near * ((y - t).abs() - 0.5 * near)
    },
    slope: Some(|y, t, h| (y - t).min(h[0]).max(-h[0])),
};

/// Girshick 2015; PyTorch's `SmoothL1Loss`: with `β` 0 it is the absolute error.
pub static SMOOTH_L1: ElementwiseLoss = ElementwiseLoss {
    name: "SmoothL1",
    doc: "`e² / (2 β)` for `e = y - t` up to `β`, `|e| - β / 2` beyond (Girshick 2015; PyTorch's `SmoothL1Loss`).",
    hyperparameters: &[Hyperparameter::number(
        "beta",
        1.0,
        Values::NotNegative,
        "`β`: where the square becomes a line; without a square if it is 0.",
    )],
    targets: Values::Finite,
    outputs: None,
    f: |y, t, h| {
        let e = (y - t).abs();
        select(e.ge(h[0]), e - 0.5 * h[0], 0.5 * e * e / h[0])
    },
    slope: Some(|y, t, h| {
        let e: Expr = y - t;
        select(e.abs().ge(h[0]), e.gt(0.0) - (-e).gt(0.0), e / h[0])
    }),
};

/// As Keras' `LogCosh`, for errors of any size.
pub static LOG_COSH: ElementwiseLoss = ElementwiseLoss {
    name: "LogCosh",
    doc: "`ln cosh(y - t)`: about `e² / 2` near the target, `|e| - ln 2` far from it.",
    hyperparameters: &[],
    targets: Values::Finite,
    outputs: None,
    // near 0 what is subtracted would be nearly all
    f: |y, t, _| {
        let (e, slope) = ((y - t).abs(), (y - t).tanh());
        select(e.ge(1.0), e + (-2.0 * e).softplus() - LN_2, -0.5 * (-(slope * slope)).ln_1p())
    },
    slope: Some(|y, t, _| (y - t).tanh()),
};
