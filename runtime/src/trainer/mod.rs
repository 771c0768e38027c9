//! Training: a session that owns a model, what it learns by, and all the memory that takes.

mod builder;
mod course;
mod epoch;
mod fit;
mod groups;
mod history;
mod look;
mod notes;
mod parts;
mod progress;
mod rates;
mod settings;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod validation;

use std::fmt;

pub use builder::TrainerBuilder;
pub use epoch::Epoch;
pub use fit::{Fit, Flow};
pub use groups::Group;
pub use history::{Best, History, Record, Stopped};
#[cfg(test)]
pub(crate) use progress::Progress;
pub use settings::{FitSettings, TrainerSettings};
pub use validation::Validations;
#[doc(hidden)]
pub use validation::{ByPort, List};

use self::epoch::Within;
use self::groups::Groups;
use self::parts::Parts;
use self::rates::Rates;
use crate::device::Device;
use crate::engine::CpuEngine;
use crate::error::Result;
use crate::loss::Loss;
use crate::model::Model;
use crate::network::Ports;
use crate::optimizer::Optimizer;

/// Trains a model. [`Trainer::new`] begins to describe one, [`on`](TrainerBuilder::on) makes it.
///
/// ```
/// use plywood::prelude::*;
///
/// network! { struct Xor: [2] -> [1] { hidden: Linear(8), Tanh, out: Linear(1) } }
///
/// let xs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let ys = [[0.0], [1.0], [1.0], [0.0]];
/// let mut trainer = Trainer::new(Xor::init(7), Mse::mean(), Adam::new(0.05)).batch(4).on(Device::best())?;
/// for _ in 0..500 {
///     trainer.step(&xs, &ys)?;
/// }
/// let xor = trainer.finish()?;
/// assert!((xor.predict(&xs)[1][0] - 1.0).abs() < 0.1);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// **Looking and changing.** [`model`](Trainer::model) is the model as it is now, [`model_mut`](Trainer::model_mut) the same to
/// be changed, [`predict`](Trainer::predict) its outputs, [`gradient`](Trainer::gradient) what the last update followed.
///
/// **Loops.** [`step`](Trainer::step) learns from a batch, [`epoch`](Trainer::epoch) from a data set, and
/// [`fit`](Trainer::fit) goes through epochs with validation, an early end, checkpoints and a history. Learning rates
/// follow [schedules](crate::schedule); [groups](TrainerBuilder::group) of parameters may have rates and other numbers of
/// their own.
///
/// **Going on later.** [`save_checkpoint`](Trainer::save_checkpoint) writes all that training needs to go on to the bit, from
/// the middle of an epoch too; [`load_checkpoint`](Trainer::load_checkpoint) reads it into a trainer that was made alike, and
/// a [fit](Trainer::fit) does both by itself. [`save`](Model::save) writes the parameters and nothing else: a trainer made
/// with a loaded model starts with an optimizer at rest and counts its epochs from 1.
///
/// **Memory.** Everything is allocated by `on`; a step allocates nothing.
///
/// **Bits.** The same seed and the same calls give the same parameters, on any number of threads.
///
/// **Numbers that are none.** [`epoch`](Trainer::epoch) and [`evaluate`](Trainer::evaluate) refuse a data set with a
/// sample that is not finite; [`step`](Trainer::step) looks at the loss alone, which may stay finite where an activation
/// flattens an infinite input. Where it is not finite, the step names the sample or the target that is not
/// ([`Error::NotFinite`](crate::Error::NotFinite), [`Error::Target`](crate::Error::Target)); if they all are, training has
/// [diverged](crate::Error::Diverged).
///
/// **Errors.** After an error of [`step`](Trainer::step) the trainer is as if the call had not been made: the
/// loss is checked before anything is updated. So a loss that is not finite leaves the parameters that it was
/// computed with; those came from finite losses, but may be far off already. One case differs: a gradient
/// that is not finite where [`clip_norm`](TrainerBuilder::clip_norm) or [`clip_value`](TrainerBuilder::clip_value) looks at
/// it is thrown away with the group of batches it belongs to, and the model's state is that from before them. After an error
/// of [`epoch`](Trainer::epoch) the steps before it have been made.
pub struct Trainer<M: Model, L: Loss<M::Output>, O: Optimizer> {
    engine: CpuEngine<M>,
    loss: L,
    groups: Groups<O>,
    rates: Rates,
    /// The settings that decide what is learned, by name, as `on` found them: who goes on must have the same.
    described: Vec<(&'static str, String)>,
    device: Device,
    settings: TrainerSettings,
    gather: Gather<M, L>,
    /// Steps whose loss was computed: each has random numbers of its own.
    pub(crate) passes: u32,
    /// Updates of the parameters.
    updates: u64,
    /// Epochs that ended.
    epochs: u32,
    /// The epoch that has begun and not ended: while it runs, and where a checkpoint interrupted it.
    within: Option<Within>,
    /// Batches in the gradient that were not applied yet.
    pending: Pending,
    parts: Parts,
    /// Whether the gradient in the engine is that of the last update.
    followed: bool,
    /// What the last fit came to.
    history: Option<History>,
}

/// Where a batch is put together from the samples of a data set.
struct Gather<M: Model, L: Loss<M::Output>> {
    samples: <M::Input as Ports>::Owned,
    targets: <L::Target as Ports>::Owned,
    outputs: <M::Output as Ports>::Owned,
    order: Vec<usize>,
}

/// Micro-batches whose gradients have been added up.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    batches: usize,
    /// How much they count together.
    shares: f64,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Begins the description of a trainer; [`on`](TrainerBuilder::on) ends it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(model: M, loss: L, optimizer: O) -> TrainerBuilder<M, L, O> {
        TrainerBuilder::new(model, loss, optimizer)
    }

    /// The model as the last update left it. Batches that wait for the others of their group are not in it yet, neither
    /// in its parameters nor in its state.
    pub fn model(&self) -> Result<&M> {
        Ok(self.engine.model())
    }

    /// Gives the model back, after the update for batches that still wait for others of their group.
    pub fn finish(mut self) -> Result<M> {
        self.flush()?;
        Ok(self.engine.into_model())
    }

    /// How often the parameters were updated.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Epochs that ended.
    pub fn epochs_made(&self) -> u32 {
        self.epochs
    }

    /// What the last [fit](Trainer::fit) came to, even if an error ended it; `None` before any.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Where it trains.
    pub fn device(&self) -> Device {
        self.device
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> fmt::Debug for Trainer<M, L, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("engine", &self.engine)
            .field("device", &self.device)
            .field("settings", &self.settings)
            .field("updates", &self.updates)
            .finish_non_exhaustive()
    }
}
