//! A session looked at from outside: the model to be changed, its outputs, what its last update followed.

use super::Trainer;
use crate::engine::in_pieces;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::network::parameters::{Parameter, named};
use crate::network::{Block, Numbers, Ports};
use crate::optimizer::Optimizer;
use crate::text::counted;

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// The model, to be changed between steps. Batches that still wait for others of their group are applied first, as by
    /// [`flush`](Trainer::flush), whose errors it has. What the optimizer keeps, such as momentum, stays as it is.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let mut trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).on(Device::Cpu)?;
    /// trainer.step(&[[1.0], [2.0]], &[[2.0], [4.0]])?;
    /// // a weight that is to stay below a limit
    /// for w in trainer.model_mut()?.parameters_mut().line.weight.as_flattened_mut() {
    ///     *w = w.clamp(-0.5, 0.5);
    /// }
    /// assert!(trainer.model()?.parameters().line.weight[0][0] <= 0.5);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn model_mut(&mut self) -> Result<&mut M> {
        self.flush()?;
        Ok(self.engine.model_mut())
    }

    /// The outputs for any number of samples, as the model predicts: without dropout, with the parameters and the state of the
    /// last update, without batches that still wait for others of their group. They run in the trainer's memory and on its
    /// threads, up to a [batch](crate::TrainerBuilder::batch) at once.
    ///
    /// Several inputs that disagree about the number of samples are an error, and so is too little memory for the outputs.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let mut trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).on(Device::Cpu)?;
    /// for _ in 0..100 {
    ///     trainer.step(&[[-1.0], [1.0]], &[[-2.0], [2.0]])?;
    /// }
    /// let ys = trainer.predict(&[[3.0]])?;
    /// assert!((ys[0][0] - 6.0).abs() < 1e-3);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn predict(&mut self, xs: <M::Input as Ports>::Batch<'_>) -> Result<<M::Output as Ports>::Owned> {
        let n = M::Input::len(xs)?;
        let mut ys = M::Output::zeros("the outputs", n)?;
        let room = M::Output::view_mut(&mut ys);
        in_pieces::<M>(xs, room, n, self.settings.batch, |xs, ys, n| self.engine.predict(xs, ys, n));
        Ok(ys)
    }

    /// The gradient that the last update followed, by name: that of the whole group of batches where steps are
    /// [accumulated](crate::TrainerBuilder::accumulate), after [clipping](crate::TrainerBuilder::clip_norm). Its fields
    /// are those of `parameters()`, without frozen layers.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).keep_gradient();
    /// let mut trainer = trainer.on(Device::Cpu)?;
    /// let w = trainer.model()?.parameters().line.weight[0][0];
    /// trainer.step(&[[-1.0], [1.0]], &[[0.0], [0.0]])?;
    /// // of the mean of (w x + b)², where Σ x = 0 and the mean of x² is 1
    /// assert!((trainer.gradient()?.line.weight[0][0] - 2.0 * w).abs() < 1e-5);
    /// for gradient in trainer.named_gradient()? {
    ///     println!("{}: {:?}", gradient.name, gradient.values);
    /// }
    /// # Ok::<(), plywood::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] without [`keep_gradient`](crate::TrainerBuilder::keep_gradient): an update then takes each
    /// gradient as it is made and may never store it. [`Error::Empty`] while there is none that an update followed: before the
    /// first, after a step that failed in its pass or after it, after a checkpoint was loaded, and between the batches of a
    /// group. A step that is refused for its samples or targets leaves the gradient that there is.
    pub fn gradient(&self) -> Result<M::Gradients<'_>> {
        self.kept_gradient().map(|block| M::gradients(block))
    }

    /// [`gradient`](Trainer::gradient) as a list: for every parameter that learns its name, its shape, and the gradient as
    /// its values, in declared order. The errors are the same.
    pub fn named_gradient(&self) -> Result<impl Iterator<Item = Parameter<'_>>> {
        self.kept_gradient().map(|block| named::<M>(block))
    }

    fn kept_gradient(&self) -> Result<&Block> {
        let kept =
            self.engine.kept().filter(|_| self.settings.keep_gradient).ok_or_else(|| Error::Setting {
                name: "keep_gradient",
                expected: "said where the trainer is made, `.keep_gradient()`",
                found: "not said: an update takes each gradient as it is made, and none is stored".to_owned(),
            })?;
        if self.followed {
            return Ok(&kept.gradient);
        }
        let help = match self.pending.batches {
            0 => "make a step first: it is that of the last update, if no error came after it, and no checkpoint has it"
                .to_owned(),
            n => {
                let all = counted(self.settings.accumulate, "batches");
                format!("the next update waits for {all}, of which {n} came; `flush()` makes it now")
            }
        };
        Err(Error::Empty { what: "the gradient of the last update", help })
    }
}
