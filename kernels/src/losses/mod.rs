//! The registry of elementwise losses. A loss that is more than an elementwise function is an op with its own folder
//! and a type in the runtime.
mod mse;

use crate::optim::Hyperparameter;
use crate::scalar::{Expr, argument};

/// The sum or the mean, over all numbers of a batch, of a function of output and target.
pub struct ElementwiseLoss {
    /// Its type's name.
    pub name: &'static str,
    /// What it computes, for documentation.
    pub doc: &'static str,
    /// What it can be told.
    pub hyperparameters: &'static [Hyperparameter],
    /// The loss of one number from output, target and hyperparameters.
    pub f: fn(Expr, Expr, &[Expr]) -> Expr,
}
impl ElementwiseLoss {
    /// The loss of one number: argument 0 is the output, 1 the target, then the hyperparameters.
    pub fn value(&self) -> Expr {
        let hyperparameters: Vec<Expr> =
            (0..self.hyperparameters.len() as u32).map(|i| argument(2 + i)).collect();
        (self.f)(argument(0), argument(1), &hyperparameters)
    }
    /// Its derivative by the output.
    pub fn slope(&self) -> Expr {
        self.value().derivative(0)
    }
}

/// Every elementwise loss.
pub static LOSSES: &[&ElementwiseLoss] = &[&mse::MSE];
