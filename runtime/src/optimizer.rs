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
    /// Blocks of state beside the parameters, three at most. What is 0 or `false` needs none: momentum, for instance.
    fn states(&self) -> usize;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate from the next step on.
    fn set_learning_rate(&mut self, rate: f64);

    /// The weight decay of the next step; 0 if the optimizer knows none.
    fn weight_decay(&self) -> f64 {
        0.0
    }

    /// Sets the weight decay from the next step on, if the optimizer knows one.
    fn set_weight_decay(&mut self, decay: f64) {
        let _ = decay;
    }

    /// That every hyperparameter means something; if not, an [`Error::Setting`](crate::Error::Setting) that says which
    /// does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Hands `with` the update of step `step`, counted from 1: a formula of the gradient, the parameter and
    /// [`states`](Optimizer::states) more numbers, all of which it gives anew.
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
