use super::{ElementwiseLoss, Outputs};
use crate::hyperparameter::Values;
use crate::scalar::{constant, select};

/// PyTorch's `KLDivLoss`.
pub static KL_DIVERGENCE: ElementwiseLoss = ElementwiseLoss {
    name: "KlDivergence",
    doc: "The divergence of Kullback and Leibler, `t (ln t - y)`, 0 where `t` is: outputs are logarithms of probabilities, \
          targets probabilities (PyTorch's `KLDivLoss`). The divergence itself, a sum over the numbers of a sample, is \
          `KlDivergence::batch_mean()`, as PyTorch's `batchmean`; `mean()` divides by the numbers of a sample too.",
    hyperparameters: &[],
    targets: Values::NotNegative,
    outputs: Some(Outputs::log_probabilities(
        "end the network with `LogSoftmax`, or take `SoftCrossEntropy`, which is for scores as they come out of a `Linear`",
    )),
    f: |y, t, _| select(t.gt(0.0), t * (t.ln() - y), constant(0.0)),
    slope: Some(|_, t, _| -t),
};
