//! Optimizers: from a gradient to new parameters.

pub use crate::book::optim::*;
#[doc(hidden)]
pub use plywood_kernels::cpu::Update;

/// A rule by which parameters follow their gradient, with the numbers that stay the same from step to step.
///
/// The state that changes, such as momentum, lies in blocks as long as the parameters, which a
/// [`Trainer`](crate::Trainer) keeps.
pub trait Optimizer: Clone + Send + Sync + 'static {
    /// Blocks of state beside the parameters, three at most.
    fn states(&self) -> usize;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate from the next step on.
    fn set_learning_rate(&mut self, rate: f64);

    /// Hands `with` the update of step `step`, counted from 1: a formula of the gradient, the parameter and
    /// [`states`](Optimizer::states) more numbers, all of which it gives anew.
    #[doc(hidden)]
    fn rule(&self, step: u64, with: &mut dyn FnMut(&dyn Update<f32>));
}
