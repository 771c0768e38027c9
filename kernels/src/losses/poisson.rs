use super::{ElementwiseLoss, Outputs};
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::{Expr, select};

/// PyTorch's `PoissonNLLLoss`, without Stirling's term, which has no slope.
pub static POISSON_NLL: ElementwiseLoss = ElementwiseLoss {
    name: "PoissonNll",
    doc: "The negative log-likelihood of counts, up to what does not depend on the output: `eʸ - t y` for outputs that are \
          logarithms of rates, else `y - t ln(y + ε)` (PyTorch's `PoissonNLLLoss`).",
    hyperparameters: &[
        Hyperparameter::flag("log_input", true, "Whether outputs are logarithms of rates."),
        Hyperparameter::number(
            "eps",
            1e-8,
            Values::Positive,
            "`ε`: keeps the logarithm of a rate of 0 finite.",
        ),
    ],
    targets: Values::NotNegative,
    outputs: Some(Outputs {
        least: 0.0,
        most: f64::INFINITY,
        words: "a rate, 0 or above",
        help: "end the network with `Softplus`, or leave out `.log_input(false)`: outputs are then logarithms of rates",
        unless: Some("log_input"),
    }),
    f: |y, t, h| select(h[0], y.exp() - t * y, y - t * rate(y, h).ln()),
    slope: Some(|y, t, h| select(h[0], y.exp() - t, 1.0 - t / rate(y, h))),
};

/// What the logarithm is taken of: `y + ε`, and never less than `ε`, should rounding have brought a rate below 0.
fn rate(y: Expr, h: &[Expr]) -> Expr {
    y.max(0.0) + h[1]
}
