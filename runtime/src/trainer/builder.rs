//! The description of a trainer.

use std::fmt;

use plywood_kernels::cpu::{Cpu, MAX_STATES};

use super::{Gather, Pending, Settings, Trainer};
use crate::block::Block;
use crate::device::{self, Device};
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::sample::try_zeroed;

/// A trainer that is being described; see [`Trainer`].
#[must_use = "`.on(device)` makes the trainer"]
pub struct TrainerBuilder<M: Model, L: Loss<M::Output>, O: Optimizer> {
    model: M,
    loss: L,
    optimizer: O,
    settings: Settings,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> TrainerBuilder<M, L, O> {
    pub(super) fn new(model: M, loss: L, optimizer: O) -> Self {
        let settings =
            Settings { batch: 32, seed: 0, threads: None, accumulate: 1, clip_norm: None, progress: true };
        TrainerBuilder { model, loss, optimizer, settings }
    }

    /// Samples per step, 32 if it is not said. A step can have fewer.
    pub fn batch(mut self, samples: usize) -> Self {
        self.settings.batch = samples;
        self
    }

    /// The seed of dropout and of the order in which an epoch takes its samples, 0 if it is not said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Uses `n` threads, at least one, instead of as many as the machine has. The results are the same to the
    /// bit.
    pub fn threads(mut self, n: usize) -> Self {
        self.settings.threads = Some(n);
        self
    }

    /// Updates the parameters once for every `steps` steps, with the gradient of all their samples together:
    /// what one batch of all of them would give, up to rounding (and dropout, which draws anew for each
    /// step), in the memory of one. A group that the end of an epoch cuts short counts for the samples it
    /// has.
    pub fn accumulate(mut self, steps: usize) -> Self {
        self.settings.accumulate = steps;
        self
    }

    /// Shortens the gradient of all parameters together to the length `max` where it is longer.
    pub fn clip_norm(mut self, max: f64) -> Self {
        self.settings.clip_norm = Some(max);
        self
    }

    /// Whether an epoch shows how far it is, on the standard error stream: a bar on a terminal, else a line
    /// from time to time. It does if this is not said.
    pub fn progress(mut self, show: bool) -> Self {
        self.settings.progress = show;
        self
    }

    /// No sign of progress: `progress(false)`.
    pub fn quiet(self) -> Self {
        self.progress(false)
    }

    /// Makes the trainer, with all the memory that it will use.
    pub fn on(self, device: Device) -> Result<Trainer<M, L, O>> {
        let TrainerBuilder { model, loss, optimizer, settings } = self;
        crate::profile::advise();
        let wrong = |name, expected, found: String| Err(Error::Setting { name, expected, found });
        if settings.batch == 0 {
            return wrong("batch", "1 or more", "0".to_owned());
        }
        if settings.accumulate == 0 {
            return wrong("accumulate", "1 or more", "0".to_owned());
        }
        if let Some(max) = settings.clip_norm
            && !(max > 0.0 && max.is_finite())
        {
            return wrong("clip_norm", "any number above 0", max.to_string());
        }
        loss.check()?;
        let mut states = vec![];
        prepare::<M, O>(&optimizer, &mut states)?;

        let batch = settings.batch;
        let floats = match (M::TRAIN.checked_floats(batch), M::PREDICT.checked_floats(batch)) {
            (Some(train), Some(predict)) => Some(train.max(predict)),
            _ => None,
        };
        let memory = Block::try_zeroed("a batch of training", floats)?;
        let keeps = settings.accumulate > 1 || settings.clip_norm.is_some();
        let gradient =
            if keeps { Some(Block::try_zeroed("the gradient", Some(M::PARAMETERS))?) } else { None };
        let mut targets = vec![];
        targets
            .try_reserve_exact(batch)
            .map_err(|_| Error::Memory { what: "the targets of a batch", bytes: None })?;
        let gather = Gather {
            samples: try_zeroed("the samples of a batch", batch)?,
            targets,
            outputs: try_zeroed("the outputs of a batch", batch)?,
            order: vec![],
        };
        Ok(Trainer {
            cpu: Cpu::new(device::threads(settings.threads)),
            model,
            loss,
            optimizer,
            device,
            settings,
            memory,
            states,
            gradient,
            gather,
            passes: 0,
            updates: 0,
            epochs: 0,
            pending: Pending::default(),
        })
    }
}

/// Makes room for the states that the optimizer has now, and checks its hyperparameters: both may change while it
/// runs.
pub(super) fn prepare<M: Model, O: Optimizer>(optimizer: &O, states: &mut Vec<Block>) -> Result<()> {
    optimizer.check()?;
    let count = optimizer.states();
    if count >= MAX_STATES {
        let (expected, found) = ("one of up to 3 states per parameter", format!("one of {count}"));
        return Err(Error::Setting { name: "optimizer", expected, found });
    }
    while states.len() < count {
        states.push(Block::try_zeroed("the optimizer", Some(M::PARAMETERS))?);
    }
    Ok(())
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> fmt::Debug for TrainerBuilder<M, L, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrainerBuilder")
            .field("model", &self.model)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
