use super::ElementwiseLoss;
use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::select;

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
    f: |y, t, h| select(h[0], y.exp() - t * y, y - t * (y + h[1]).ln()),
    slope: Some(|y, t, h| select(h[0], y.exp() - t, 1.0 - t / (y + h[1]))),
};
