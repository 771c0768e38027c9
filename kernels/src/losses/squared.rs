use super::ElementwiseLoss;
use crate::hyperparameter::Values;

/// `(y - t)²`; PyTorch's `MSELoss`.
pub static MSE: ElementwiseLoss = ElementwiseLoss {
    name: "Mse",
    doc: "Squared error, `(y - t)²`.",
    hyperparameters: &[],
    targets: Values::Finite,
    outputs: None,
    f: |y, t, _| (y - t) * (y - t),
    slope: None,
};
