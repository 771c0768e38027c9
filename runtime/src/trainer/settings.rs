//! What trainers and fits are told that is a number, a choice or a path.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// What a [`TrainerBuilder`](super::TrainerBuilder) is told beside the model, the loss, the optimizer, its groups and
/// schedules: each field is what the method of its name sets. [`settings`](super::TrainerBuilder::settings) takes all at once.
///
/// ```
/// use plywood::TrainerSettings;
/// use plywood::prelude::*;
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let settings = TrainerSettings { batch: 64, clip_norm: Some(1.0), ..TrainerSettings::default() };
/// let trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).settings(settings).threads(1).on(Device::Cpu)?;
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// With the feature `serde` they stand in files of configuration, `{"batch": 64, "clip_norm": 1.0}` in JSON, where what is
/// not said is the default.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainerSettings {
    /// Samples per step: 32.
    pub batch: usize,
    /// The seed of dropout and of the order of samples: 0.
    pub seed: u64,
    /// Threads; without a number as many as the machine has.
    pub threads: Option<usize>,
    /// Steps per update: 1.
    pub accumulate: usize,
    /// The length that the gradient is shortened to, if any.
    pub clip_norm: Option<f64>,
    /// The most that a number of the gradient is, if any.
    pub clip_value: Option<f64>,
    /// Whether the gradient of an update is kept: it is not.
    pub keep_gradient: bool,
    /// Whether an epoch shows how far it is: it does.
    pub progress: bool,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    TrainerSettings { batch, seed, threads, accumulate, clip_norm, clip_value, keep_gradient, progress }, or default
}

impl Default for TrainerSettings {
    fn default() -> TrainerSettings {
        TrainerSettings {
            batch: 32,
            seed: 0,
            threads: None,
            accumulate: 1,
            clip_norm: None,
            clip_value: None,
            keep_gradient: false,
            progress: true,
        }
    }
}

/// An error if settings that were set one by one were replaced by all of them at once.
pub(super) fn refuse_overridden(overridden: bool) -> Result<()> {
    if !overridden {
        return Ok(());
    }
    Err(Error::Setting {
        name: "settings",
        expected: "said before the methods that set single ones: `.settings(all).batch(64)`",
        found: "said after others were set, which it would take back".to_owned(),
    })
}

/// What a [`Fit`](super::Fit) is told beside its data sets and functions: each field is what the method of its name sets.
/// [`settings`](super::Fit::settings) takes all at once. They are [in files](TrainerSettings) as those of a trainer are.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSettings {
    /// Epochs at most: 1, but with early stopping it must be said.
    pub epochs: Option<u32>,
    /// Epochs from one validation to the next: 1.
    pub validate_every: u32,
    /// After how many validations that were no better it ends, if it does.
    pub early_stopping: Option<u32>,
    /// How much better is better, for early stopping: 0.
    pub min_delta: Option<f64>,
    /// Whether the best parameters are those in the end; without a word, with early stopping.
    pub restore_best: Option<bool>,
    /// The file of the checkpoint, if there is to be one.
    pub checkpoint: Option<PathBuf>,
    /// Updates from one checkpoint to the next; without a number there is one after each epoch.
    pub checkpoint_every: Option<u64>,
    /// Whether it goes on from the checkpoint, where there is one: it does not.
    pub resume: bool,
    /// Whether a checkpoint that is there is replaced: it is not.
    pub overwrite: bool,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    FitSettings {
        epochs, validate_every, early_stopping, min_delta, restore_best, checkpoint, checkpoint_every, resume, overwrite
    }, or default
}

impl Default for FitSettings {
    fn default() -> FitSettings {
        FitSettings {
            epochs: None,
            validate_every: 1,
            early_stopping: None,
            min_delta: None,
            restore_best: None,
            checkpoint: None,
            checkpoint_every: None,
            resume: false,
            overwrite: false,
        }
    }
}
