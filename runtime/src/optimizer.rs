//! Optimizers: from a gradient to new parameters.

pub use crate::book::optim::*;
#[doc(hidden)]
pub use crate::book::with_optimizer as with;
pub use crate::hyperparameters::Hyperparameters;
#[doc(hidden)]
pub use plywood_kernels::cpu::Update;

use crate::error::Result;

/// A rule by which parameters follow their gradient, with the numbers that stay the same from step to step.
///
/// The state that changes, such as momentum, lies in blocks as long as the parameters, which a
/// [`Trainer`](crate::Trainer) keeps.
pub trait Optimizer: Hyperparameters + Clone + Send + Sync + 'static {
    /// The names of what it keeps of every parameter, three at most, no two alike. What is 0 or `false` needs none:
    /// momentum, for instance. By its name a state is known from step to step, should others come or go.
    fn states(&self) -> &'static [&'static str];

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate from the next step on.
    fn set_learning_rate(&mut self, rate: f64);

    /// The weight decay of the next step, 0 for an optimizer without.
    fn weight_decay(&self) -> f64 {
        0.0
    }

    /// Sets the weight decay from the next step on; does nothing to an optimizer without.
    fn set_weight_decay(&mut self, _weight_decay: f64) {}

    /// An error if one of its numbers means nothing. A [`Trainer`](crate::Trainer) asks before every step, for they may
    /// change while it runs.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Hands `with` the update of step `step`, counted from 1: a formula of the gradient, the parameter and
    /// its [`states`](Optimizer::states) in their order, all of which it gives anew.
    #[doc(hidden)]
    fn rule(&self, step: u64, with: &mut dyn FnMut(&dyn Update<f32>));
}

/// What is done with an optimizer that is known by its name; see [`with`].
#[doc(hidden)]
pub trait Visit {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<O: Optimizer>(self, optimizer: O) -> Self::Out;
}
