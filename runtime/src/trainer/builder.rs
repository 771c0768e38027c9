//! The description of a trainer.

use std::fmt;

use super::groups::{Asked, Groups, Selection, is_within};
use super::parts::Parts;
use super::rates::Rates;
use super::settings::refuse_overridden;
use super::state::describe;
use super::{Gather, Pending, Trainer, TrainerSettings};
use crate::device::{self, Device};
use crate::engine::CpuEngine;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::network::parameters::Place;
use crate::network::{Numbers, Ports};
use crate::optimizer::Optimizer;
use crate::schedule::{Plateau, Schedule};

/// A trainer that is being described; see [`Trainer`].
#[must_use = "`.on(device)` makes the trainer"]
pub struct TrainerBuilder<M, L, O> {
    model: M,
    loss: L,
    optimizer: O,
    settings: TrainerSettings,
    /// Whether settings that were set were replaced by all of them at once.
    overridden: bool,
    selections: Vec<Selection<O>>,
    rates: Rates,
}

// What is asked of the three is asked where they are handed over, by [`Trainer::new`], and not by each of these again.
impl<M, L, O> TrainerBuilder<M, L, O> {
    pub(super) fn new(model: M, loss: L, optimizer: O) -> Self {
        let (settings, rates) = (TrainerSettings::default(), Rates::default());
        TrainerBuilder { model, loss, optimizer, settings, overridden: false, selections: vec![], rates }
    }

    /// All of these settings at once, from a file of configuration for instance; methods after it change single ones. What
    /// was set before it and is another setting here is an error of [`on`](TrainerBuilder::on).
    pub fn settings(mut self, settings: TrainerSettings) -> Self {
        self.overridden |= self.settings != TrainerSettings::default() && self.settings != settings;
        self.settings = settings;
        self
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

    /// Uses `n` threads, at least one and 1024 at most, instead of as many as the machine has. The results are the same
    /// to the bit. Threads that the system refuses to start are done without.
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

    /// Shortens the gradient of all parameters together to the length `max` where it is longer; PyTorch's
    /// `clip_grad_norm_`.
    pub fn clip_norm(mut self, max: f64) -> Self {
        self.settings.clip_norm = Some(max);
        self
    }

    /// Brings every number of the gradient into `-max..=max`; PyTorch's `clip_grad_value_`. With
    /// [`clip_norm`](TrainerBuilder::clip_norm) too, this comes first, so that both limits hold.
    pub fn clip_value(mut self, max: f64) -> Self {
        self.settings.clip_value = Some(max);
        self
    }

    /// Keeps the gradient that each update follows, so that [`Trainer::gradient`] can show it. What is learned stays the same
    /// but for rounding, which no checkpoint compares: to go on to the same bits, say it again, or not again. It costs memory
    /// for a number per parameter that learns, and one pass over that memory a step: an update that nobody looks at takes
    /// each gradient as it is made, and never stores it.
    pub fn keep_gradient(mut self) -> Self {
        self.settings.keep_gradient = true;
        self
    }

    /// Changes the learning rate from update to update. This may stand beside a
    /// [`schedule_per_epoch`](TrainerBuilder::schedule_per_epoch), from whose rate it then starts.
    ///
    /// ```
    /// use plywood::prelude::*;
    /// use plywood::schedule::OneCycle;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let (epochs, updates_per_epoch) = (10, 25);
    /// let trainer = Trainer::new(Line::init(7), Mse::mean(), Adam::new(1e-2))
    ///     .schedule_per_update(OneCycle::new(epochs * updates_per_epoch))
    ///     .on(Device::Cpu)?;
    /// assert_eq!(trainer.learning_rate(), 1e-2 / 25.0);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn schedule_per_update(mut self, schedule: impl Schedule) -> Self {
        self.rates.per_update = Some(Box::new(schedule));
        self
    }

    /// Changes the learning rate from epoch to epoch, as PyTorch's examples do with `scheduler.step()` after each.
    pub fn schedule_per_epoch(mut self, schedule: impl Schedule) -> Self {
        self.rates.per_epoch = Some(Box::new(schedule));
        self
    }

    /// Reduces the learning rate when results no longer get better: in a [fit](Trainer::fit) those of the first
    /// validation or, without one, the losses of the epochs; in a loop of one's own what is shown to
    /// [`observe`](Trainer::observe).
    pub fn reduce_on_plateau(mut self, plateau: Plateau) -> Self {
        self.rates.plateau = Some(plateau);
        self
    }

    /// Changes the optimizer for some parameters: those in the layer or block called `name`, `fc1` or `blocks.0`, or the
    /// one parameter of that name, `fc1.weight`.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Net: [4] -> [2] { base: repeat 2 { Linear(4), Tanh }, head: Linear(2) } }
    ///
    /// let trainer = Trainer::new(Net::init(7), CrossEntropy, Adam::new(1e-3))
    ///     .group("base", |adam| adam.learning_rate = 1e-4)
    ///     .group("base.0", |adam| adam.learning_rate /= 2.0)
    ///     .on(Device::Cpu)?;
    /// let groups = trainer.groups();
    /// assert_eq!(groups[0].parameters, ["head.weight", "head.bias"]);
    /// assert_eq!(groups[1].parameters, ["base.0.0.weight", "base.0.0.bias"]);
    /// assert_eq!(groups[1].optimizer.learning_rate, 5e-5);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    ///
    /// A parameter that several calls select has the changes of all made, in the order in which they are written.
    /// Parameters with the same changes are a group, of which there can be 256. A schedule works on each group's rate.
    pub fn group(self, name: &str, adjust: impl Fn(&mut O) + Send + 'static) -> Self {
        let prefix = name.to_owned();
        self.select(Asked::Name(name.to_owned()), move |place| is_within(&place.name, &prefix), adjust)
    }

    /// As [`group`](TrainerBuilder::group), for the parameters of whose name and shape `select` says so.
    pub fn group_where(
        self,
        select: impl Fn(&str, &[usize]) -> bool + Send + 'static,
        adjust: impl Fn(&mut O) + Send + 'static,
    ) -> Self {
        self.select(Asked::Condition, move |place| select(&place.name, place.shape), adjust)
    }

    /// No weight decay for biases, the slopes of a `PRelu`, and the scales and shifts of normalizations, however many axes
    /// they have. What is left are the weights that multiply activations. Nothing changes for an optimizer that knows no
    /// weight decay.
    pub fn decay_weights_only(self) -> Self
    where
        O: Optimizer,
    {
        self.select(Asked::Decay, |place| !place.decays, |optimizer| optimizer.set_weight_decay(0.0))
    }

    fn select(
        mut self,
        asked: Asked,
        select: impl Fn(&Place) -> bool + Send + 'static,
        adjust: impl Fn(&mut O) + Send + 'static,
    ) -> Self {
        self.selections.push(Selection { asked, select: Box::new(select), adjust: Box::new(adjust) });
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
}

/// What a trainer can do and its description cannot: so that who forgets `.on(device)` is told so.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this is the description of a trainer, and no trainer yet",
    label = "a trainer can do this",
    note = "`.on(Device::best())?` at the end of the description makes the trainer"
)]
pub trait Made {
    type Trained;
}

#[doc(hidden)]
impl<M, L, O> TrainerBuilder<M, L, O> {
    pub fn step<X, Y>(&mut self, _: X, _: Y) -> <Self as Made>::Trained
    where
        Self: Made,
    {
        unreachable!("nothing is `Made`")
    }
    pub fn epoch<D>(&mut self, _: D) -> <Self as Made>::Trained
    where
        Self: Made,
    {
        unreachable!("nothing is `Made`")
    }
    pub fn fit<D>(&mut self, _: D) -> <Self as Made>::Trained
    where
        Self: Made,
    {
        unreachable!("nothing is `Made`")
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> TrainerBuilder<M, L, O> {
    /// Makes the trainer, with all the memory that it will use.
    #[doc(alias = "to", alias = "device", alias = "build")]
    pub fn on(self, device: Device) -> Result<Trainer<M, L, O>> {
        let TrainerBuilder { model, loss, optimizer, settings, overridden, selections, rates } = self;
        crate::profile::advise();
        refuse_overridden(overridden)?;
        let wrong = |name, expected, found: String| Err(Error::Setting { name, expected, found });
        if settings.batch == 0 {
            return wrong("batch", "1 or more", "0".to_owned());
        }
        if settings.accumulate == 0 {
            return wrong("accumulate", "1 or more", "0".to_owned());
        }
        device::check_threads(settings.threads.unwrap_or(1))?;
        for (name, limit) in [("clip_norm", settings.clip_norm), ("clip_value", settings.clip_value)] {
            if let Some(max) = limit
                && !(max > 0.0 && max.is_finite())
            {
                return wrong(name, "any number above 0", max.to_string());
            }
        }
        loss.check()?;
        if M::TRAINABLE == 0 {
            return Err(Error::NothingToTrain { model: M::NAME });
        }
        rates.check()?;
        let mut groups = Groups::new::<M>(optimizer, &selections)?;
        let mut engine = CpuEngine::new(model, device::threads(settings.threads))?;
        groups.prepare(&rates, 0, 0, &mut engine)?;

        let batch = settings.batch;
        for amount in [M::TRAIN, M::PREDICT] {
            engine.reserve("a batch of training", amount, batch)?;
        }
        let clips = settings.clip_norm.is_some() || settings.clip_value.is_some();
        if settings.accumulate > 1 || clips || settings.keep_gradient {
            engine.keep_gradient()?;
        }
        let mut gather = Gather {
            samples: Default::default(),
            targets: Default::default(),
            outputs: M::Output::zeros("the outputs of a batch", batch)?,
            order: vec![],
        };
        M::Input::reserve(&mut gather.samples, "the samples of a batch", batch)?;
        L::Target::reserve(&mut gather.targets, "the targets of a batch", batch)?;
        let described = describe::<M, L, O>(&settings, &loss, &groups, &rates);
        let parts = Parts::new(loss.parts());
        Ok(Trainer {
            engine,
            loss,
            described,
            groups,
            rates,
            device,
            settings,
            gather,
            passes: 0,
            updates: 0,
            epochs: 0,
            within: None,
            pending: Pending::default(),
            parts,
            followed: false,
            history: None,
        })
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> fmt::Debug for TrainerBuilder<M, L, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrainerBuilder")
            .field("model", &self.model)
            .field("settings", &self.settings)
            .field("groups", &self.selections)
            .field("rates", &self.rates)
            .finish_non_exhaustive()
    }
}
