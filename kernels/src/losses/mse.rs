use super::ElementwiseLoss;

/// `(y - t)²`; PyTorch's `MSELoss`.
pub static MSE: ElementwiseLoss = ElementwiseLoss {
    name: "Mse",
    doc: "Squared error, `(y - t)²`.",
    hyperparameters: &[],
    f: |y, t, _| (y - t) * (y - t),
};
