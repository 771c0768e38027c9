//! The registry of optimizers: an update is a formula from a gradient and states to new states.
mod adam;
mod sgd;

use crate::scalar::{Expr, argument};

/// A number the user may set.
pub struct Hyperparameter {
    /// Its name, PyTorch's where PyTorch has one.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it is if it is not set; `None` if it must be given.
    pub default: Option<f64>,
}

/// A number that is the same for every parameter during a step: its name and its formula.
pub type Scalar = (&'static str, Expr);

/// One way an optimizer runs.
pub struct Variant {
    /// The name of its rule.
    pub rule: &'static str,
    /// It runs if this hyperparameter is not 0; `None`: if no variant before it runs.
    pub when: Option<&'static str>,
    /// What it keeps for every parameter besides the parameter, 0 at first.
    pub states: &'static [&'static str],
    /// Numbers computed once per step, in f64, from the hyperparameters and the step `t`, the first being 1.
    pub scalars: fn(&[Expr], Expr) -> Vec<Scalar>,
    /// From the gradient, the parameter, the states and the scalars to the new parameter and the new states.
    pub update: fn(Expr, Expr, &[Expr], &[Expr]) -> Vec<Expr>,
}

/// One row of the optimizer book.
pub struct Optimizer {
    /// Its type's name.
    pub name: &'static str,
    /// What it computes, for documentation, with its source.
    pub doc: &'static str,
    /// What it can be told; the learning rate first.
    pub hyperparameters: &'static [Hyperparameter],
    /// How it runs, the first that applies.
    pub variants: &'static [Variant],
}

impl Optimizer {
    /// The variant's scalars: formulas over the hyperparameters, then the step.
    pub fn scalars(&self, variant: &Variant) -> Vec<Scalar> {
        let hyperparameters: Vec<Expr> = (0..self.hyperparameters.len() as u32).map(argument).collect();
        (variant.scalars)(&hyperparameters, argument(self.hyperparameters.len() as u32))
    }
    /// The variant's new parameter and states: formulas over gradient, parameter, states, scalars.
    pub fn update(&self, variant: &Variant) -> Vec<Expr> {
        let states = variant.states.len() as u32;
        let scalars = self.scalars(variant).len() as u32;
        let range = |from: u32, len: u32| (from..from + len).map(argument).collect::<Vec<_>>();
        (variant.update)(argument(0), argument(1), &range(2, states), &range(2 + states, scalars))
    }
}

/// Every optimizer.
pub static OPTIMIZERS: &[&Optimizer] = &[&sgd::SGD, &adam::ADAM];
/// The learning rate, which every optimizer has.
pub(crate) const LEARNING_RATE: Hyperparameter =
    Hyperparameter { name: "learning_rate", doc: "The size of a step.", default: None };
