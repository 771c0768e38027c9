//! Many epochs with what usually goes with them.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use plywood_kernels::hyperparameter::Values;

use super::course::{Course, Data, Watch};
use super::progress::Progress;
use super::settings::refuse_overridden;
use super::validation::{List, Validation, ValidationSet, Validations};
use super::{Best, FitSettings, History, Pending, Record, Stopped, Trainer};
use crate::atomic;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::evaluation;
use crate::fingerprint;
use crate::hyperparameters;
use crate::loss::Loss;
use crate::metric::Direction;
use crate::model::Model;
use crate::network::Ports;
use crate::optimizer::Optimizer;
use crate::text::counted;

/// Several epochs that are being described: [`Trainer::fit`] begins, [`run`](Fit::run) makes them.
#[must_use = "`.run()` makes the epochs"]
pub struct Fit<'a, M: Model, L: Loss<M::Output>, O: Optimizer> {
    trainer: &'a mut Trainer<M, L, O>,
    data: &'a Dataset<M::Input, L::Target>,
    settings: FitSettings,
    /// Whether settings that were set were replaced by all of them at once.
    overridden: bool,
    validations: Vec<Validation<'a, M::Output>>,
    sets: Vec<ValidationSet<'a, M::Input>>,
    callbacks: Vec<Callback<'a, M>>,
}

type Callback<'a, M> = Box<dyn FnMut(&Record, &M) -> Result<ControlFlow<()>> + 'a>;

/// What a function may return that [`Fit::on_epoch`] calls: nothing, or whether to go on, each as it is or as the result of
/// something that can fail.
pub trait Flow: sealed::Sealed {
    /// The most that it can say.
    #[doc(hidden)]
    fn flow(self) -> Result<ControlFlow<()>>;
}

mod sealed {
    use super::{ControlFlow, Result};
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for ControlFlow<()> {}
    impl Sealed for Result<()> {}
    impl Sealed for Result<ControlFlow<()>> {}
}

impl Flow for () {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}
impl Flow for ControlFlow<()> {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}
impl Flow for Result<()> {
    fn flow(self) -> Result<ControlFlow<()>> {
        self.map(ControlFlow::Continue)
    }
}
impl Flow for Result<ControlFlow<()>> {
    fn flow(self) -> Result<ControlFlow<()>> {
        self
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> fmt::Debug for Fit<'_, M, L, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.validations.iter().map(|validation| &*validation.name).collect();
        f.debug_struct("Fit")
            .field("trainer", &self.trainer)
            .field("epochs", &self.most())
            .field("validations", &names)
            .field("checkpoint", &self.settings.checkpoint)
            .finish_non_exhaustive()
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Begins the description of a training of several epochs with what usually goes with it: validation, an early end,
    /// the best parameters, checkpoints, a record of it all.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Xor: [2] -> [2] { hidden: Linear(16), Tanh, out: Linear(2) } }
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let xs = random::uniform::<[f32; 2]>(300, -1.0..1.0, 1);
    /// let classes: Vec<u32> = xs.iter().map(|x| (x[0] * x[1] > 0.0) as u32).collect();
    /// let (train, valid) = Dataset::new(xs, classes)?.split(0.8, 7);
    ///
    /// let mut trainer = Trainer::new(Xor::init(7), CrossEntropy, Adam::new(1e-2)).quiet().on(Device::best())?;
    /// let history = trainer
    ///     .fit(&train)
    ///     .validate(&valid, (CrossEntropy, Accuracy))
    ///     .epochs(50)
    ///     .early_stopping(5)
    ///     .checkpoint(folder.path().join("xor.safetensors"))
    ///     .on_epoch(|record, _model| println!("{record}"))
    ///     .run()?;
    /// println!("{history}");
    /// history.save_csv(folder.path().join("xor.csv"))?;
    /// assert!(trainer.evaluate(&valid, Accuracy)? > 0.8);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn fit<'a>(&'a mut self, data: &'a Dataset<M::Input, L::Target>) -> Fit<'a, M, L, O> {
        Fit {
            trainer: self,
            data,
            settings: FitSettings::default(),
            overridden: false,
            validations: vec![],
            sets: vec![],
            callbacks: vec![],
        }
    }
}

impl<'a, M: Model, L: Loss<M::Output>, O: Optimizer> Fit<'a, M, L, O> {
    /// All of these settings at once, from a file of configuration for instance; methods after it change single ones. What
    /// was set before it and is another setting here is an error of [`run`](Fit::run).
    pub fn settings(mut self, settings: FitSettings) -> Self {
        self.overridden |= self.settings != FitSettings::default() && self.settings != settings;
        self.settings = settings;
        self
    }

    /// Epochs at most, 1 if it is not said. Beside [`early_stopping`](Fit::early_stopping) it must be said: of one epoch
    /// there is nothing to end early, and without a limit a fit might go on for ever.
    pub fn epochs(mut self, epochs: u32) -> Self {
        self.settings.epochs = Some(epochs);
        self
    }

    /// Measures the model after each epoch, as [`evaluate`](Trainer::evaluate) does. This may be said several times, and a
    /// data set is predicted once for all that is measured on it. The first validation decides which epoch is the best, when
    /// training has gone on for long enough, and what a [plateau](crate::TrainerBuilder::reduce_on_plateau) sees; without
    /// one, the loss of the training samples does.
    ///
    /// Outputs that are not finite are an error, as in [`evaluate`](Trainer::evaluate), and so are targets that a loss or
    /// metric cannot compare. A result that is no number (NaN) though outputs and targets are finite, as R² is of a single
    /// sample, is never better than another, and what the [`History`] prints says how often there was one.
    ///
    /// Several metrics may stand in a tuple, as in [`evaluate`](Trainer::evaluate): `validate(&valid, (CrossEntropy,
    /// Accuracy))` is one call for each of them, in their order.
    ///
    /// Of several outputs, each has a metric of its own: `validate(&valid, PolicyOutput { next: Accuracy, value: Rmse })` is
    /// one call for each output, in declared order.
    ///
    /// Its name is the metric's, `Accuracy` or `CrossEntropy`, a second of that name `Accuracy 2`, one of the output `next`
    /// `next.Accuracy`.
    pub fn validate<T, C, Count>(mut self, data: &'a Dataset<M::Input, T>, metric: C) -> Self
    where
        T: Ports,
        C: Validations<M::Output, T, Count> + 'a,
    {
        let (at, first) = (std::ptr::from_ref(data).cast(), self.validations.len());
        metric.add_to(&mut List { validations: &mut self.validations, targets: data.targets() });
        let added = first..self.validations.len();
        match self.sets.iter_mut().find(|set| set.at == at) {
            Some(set) => set.of.extend(added),
            None => {
                let fault = evaluation::check(data).err();
                self.sets.push(ValidationSet { samples: data.samples(), at, of: added.collect(), fault });
            }
        }
        self
    }

    /// Validates after every `epochs`-th epoch and after the last one, 1 if it is not said. Another number without a
    /// [validation](Fit::validate) is an error.
    pub fn validate_every(mut self, epochs: u32) -> Self {
        self.settings.validate_every = epochs;
        self
    }

    /// Ends when `patience` validations in a row (without any, epochs) were no better than the best before them. The
    /// parameters are then those of the best epoch, unless [`restore_best`](Fit::restore_best) says otherwise.
    /// [`epochs`](Fit::epochs) must be said too.
    pub fn early_stopping(mut self, patience: u32) -> Self {
        self.settings.early_stopping = Some(patience);
        self
    }

    /// How much better a result must be for [`early_stopping`](Fit::early_stopping) to wait on, 0 if it is not said. What the
    /// best epoch is does not depend on it. Without early stopping it has no meaning, and is an error.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.settings.min_delta = Some(min_delta);
        self
    }

    /// Whether the model ends with the parameters of the best epoch, by the result that
    /// [decides](Fit::validate), rather than those of the last. If it is not said, it does with
    /// [`early_stopping`](Fit::early_stopping) and does not without. The optimizer's states stay those of the last epoch.
    pub fn restore_best(mut self, restore: bool) -> Self {
        self.settings.restore_best = Some(restore);
        self
    }

    /// Saves a [checkpoint](Trainer::save_checkpoint) after each epoch, over the last one. Beside what the trainer needs it
    /// has the records so far and the best parameters; [`load`](Model::load) reads those of the last epoch from it.
    ///
    /// A file of that name that is there already is an error, unless [`resume`](Fit::resume) or
    /// [`overwrite`](Fit::overwrite) says what is to become of it.
    pub fn checkpoint(mut self, path: impl AsRef<Path>) -> Self {
        self.settings.checkpoint = Some(path.as_ref().to_owned());
        self
    }

    /// Saves the checkpoint after every `updates` updates too, within an epoch.
    pub fn checkpoint_every(mut self, updates: u64) -> Self {
        self.settings.checkpoint_every = Some(updates);
        self
    }

    /// Goes on from the checkpoint if its file is there, and begins if it is not: a program that is killed at any time and
    /// started again comes to the same parameters, to the bit, as one that was not. Epochs that were made count among those
    /// of this fit. What was done after the last checkpoint is done again, calls of [`on_epoch`](Fit::on_epoch) included.
    ///
    /// The samples to learn from, and those of each validation, must be those that the fit began with: others are an error,
    /// also if they are as many. Targets are not looked at. A trainer that has made as many updates as the checkpoint's or
    /// more would go back, which is an error too. A fit that [`on_epoch`](Fit::on_epoch) broke off has ended, and stays so.
    pub fn resume(mut self) -> Self {
        self.settings.resume = true;
        self
    }

    /// Begins anew, and replaces the checkpoint if its file is there.
    pub fn overwrite(mut self) -> Self {
        self.settings.overwrite = true;
        self
    }

    /// Calls a function after each epoch with its record and the model. It may return nothing or, to end the fit,
    /// `ControlFlow::Break(())`, or a [`Result`] of either, whose error ends it as one.
    ///
    /// ```
    /// # use plywood::prelude::*;
    /// # network! { struct Line: [1] -> [1] { line: Linear(1) } }
    /// # let data = Dataset::new(vec![[1.0]; 8], vec![[1.0]; 8])?;
    /// # let mut trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).quiet().on(Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// let history = trainer
    ///     .fit(&data)
    ///     .epochs(1000)
    ///     .on_epoch(|record, _| {
    ///         if record.epoch.loss < 1e-3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    ///     })
    ///     .run()?;
    /// assert!(history.records.len() < 1000);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn on_epoch<R: Flow>(mut self, mut call: impl FnMut(&Record, &M) -> R + 'a) -> Self {
        self.callbacks.push(Box::new(move |record, model| call(record, model).flow()));
        self
    }

    /// Makes the epochs.
    ///
    /// An error of a step, a validation, a checkpoint or a function ends it. What was learned until then stays learned, or
    /// the best of it where [that is kept](Fit::restore_best), and [`Trainer::history`] has its records.
    pub fn run(mut self) -> Result<History> {
        self.check()?;
        let mut course = self.begin()?;
        let show = self.trainer.settings.progress;
        let mut progress = Progress::new(show, course.first + 1, self.most(), self.data.len());
        let result = self.go(&mut course, &mut progress);
        progress.end();
        if let Some(weights) = course.weights.as_ref().filter(|_| course.watch.best.is_some()) {
            self.trainer.engine.change(|blocks| blocks.copy_from(weights));
            // Of a group of batches that an error cut short: gradients at other parameters.
            (self.trainer.pending, self.trainer.followed) = (Pending::default(), false);
        }
        let name = self.validations.first().map_or("loss", |validation| &validation.name);
        let best = course.watch.best.map(|(value, epoch)| Best { epoch, name: name.to_owned(), value });
        let stopped = match self.settings.early_stopping {
            _ if result.is_err() => Stopped::Error,
            _ if course.ended => Stopped::Callback,
            Some(patience) if course.watch.bad >= patience => Stopped::Early { patience },
            _ => Stopped::Done,
        };
        let history = History { records: course.records, best, stopped };
        self.trainer.history = Some(history.clone());
        result.map(|()| history)
    }

    /// Epochs at most, said or not.
    fn most(&self) -> u32 {
        self.settings.epochs.unwrap_or(1)
    }

    fn check(&mut self) -> Result<()> {
        refuse_overridden(self.overridden)?;
        let metric = self.validations.iter_mut().find_map(|validation| validation.fault.take());
        let set = self.sets.iter_mut().find_map(|set| set.fault.take());
        if let Some(fault) = metric.or(set) {
            return Err(fault);
        }
        if let Some(path) = &self.settings.checkpoint {
            atomic::check(path)?;
        }
        let counts = [
            ("epochs", self.settings.epochs.map(u64::from)),
            ("validate_every", Some(u64::from(self.settings.validate_every))),
            ("early_stopping", self.settings.early_stopping.map(u64::from)),
            ("checkpoint_every", self.settings.checkpoint_every),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == Some(0)) {
            return Err(Error::Setting { name, expected: "1 or more", found: "0".to_owned() });
        }
        if let (Some(patience), None) = (self.settings.early_stopping, self.settings.epochs) {
            let found =
                format!("not said: a fit is then one epoch, which nothing can end early after {patience}");
            let expected = "said beside `.early_stopping(patience)`, as the epochs at most: `.epochs(1000)`";
            return Err(Error::Setting { name: "epochs", expected, found });
        }
        if self.settings.validate_every != 1 && self.validations.is_empty() {
            let found = format!("{}, but nothing is validated", self.settings.validate_every);
            let expected = "set beside `.validate(&data, metric)`";
            return Err(Error::Setting { name: "validate_every", expected, found });
        }
        if let Some(min_delta) = self.settings.min_delta {
            hyperparameters::check("min_delta", Values::NotNegative, min_delta)?;
            if self.settings.early_stopping.is_none() {
                let found = format!("{min_delta}, but nothing waits for results that are so much better");
                let expected = "set beside `.early_stopping(patience)`";
                return Err(Error::Setting { name: "min_delta", expected, found });
            }
        }
        let without_file = [
            ("resume", self.settings.resume),
            ("overwrite", self.settings.overwrite),
            ("checkpoint_every", self.settings.checkpoint_every.is_some()),
        ];
        if self.settings.resume && self.settings.overwrite {
            let found = "set beside `.resume()`".to_owned();
            return Err(Error::Setting {
                name: "overwrite",
                expected: "set without it: they are opposites",
                found,
            });
        }
        if let Some((name, _)) =
            without_file.into_iter().find(|(_, set)| *set && self.settings.checkpoint.is_none())
        {
            let found = "set without a file".to_owned();
            return Err(Error::Setting { name, expected: "set beside `.checkpoint(path)`", found });
        }
        let plateau = self.trainer.rates.plateau.as_ref().and_then(|plateau| plateau.mode);
        if let Some(mode) = plateau.filter(|mode| *mode != self.better()) {
            let expected = "left out: a fit knows whether higher or lower is better from what it validates";
            return Err(Error::Setting { name: "mode", expected, found: format!("{mode:?}") });
        }
        Ok(())
    }

    /// Which results are better, of those that decide.
    fn better(&self) -> Direction {
        self.validations.first().map_or(Direction::Lower, |validation| validation.better)
    }

    /// Where it starts: at the beginning or, to resume, where the checkpoint has it.
    fn begin(&mut self) -> Result<Course> {
        let keep = self.settings.restore_best.unwrap_or(self.settings.early_stopping.is_some());
        let data = self.described();
        let resumed = match &self.settings.checkpoint {
            Some(path) if self.goes_on(path)? => {
                let (made, learned) =
                    (self.trainer.updates, self.trainer.passes > 0 || self.trainer.updates > 0);
                self.trainer.restore(path, &mut |course, updates| {
                    if learned && updates <= made {
                        let made = counted(made, "updates");
                        let found = format!("a way back: the trainer has made {made}, the checkpoint's {updates}");
                        let expected = "said where the checkpoint is ahead: make a new trainer to go on from it, or give \
                                        another fit another file";
                        return Err(Error::Setting { name: "resume", expected, found });
                    }
                    course.map_or(Ok(()), |course| course.check(&data, keep))
                })?
            }
            _ => None,
        };
        let mut course = resumed.unwrap_or_else(|| Course {
            first: self.trainer.epochs,
            data,
            records: vec![],
            watch: Watch::default(),
            ended: false,
            weights: None,
        });
        match (keep, &course.weights) {
            // What there is to keep so far, which is right if no epoch was better.
            (true, None) => course.weights = Some(self.trainer.engine.model().blocks().clone()),
            (false, Some(_)) => course.weights = None,
            _ => {}
        }
        Ok(course)
    }

    /// The data sets, as a checkpoint knows them.
    fn described(&self) -> Data {
        let names = self.validations.iter().map(|validation| validation.name.clone()).collect();
        let mut samples = vec![];
        if self.settings.checkpoint.is_some() {
            samples.push(fingerprint::of::<M::Input>(self.data.samples()));
            samples.extend(self.sets.iter().map(|set| fingerprint::of::<M::Input>(set.samples)));
        }
        Data { length: self.data.len(), names, samples }
    }

    /// Whether there is a checkpoint to go on from; an error where there is one that nothing was said of.
    fn goes_on(&self, path: &Path) -> Result<bool> {
        let there = path.try_exists().map_err(|error| Error::io("reading", path, error))?;
        if there && !self.settings.resume && !self.settings.overwrite {
            let found = format!("`{}`, which is there already", path.display());
            let expected = "a file that is not there; beside `.resume()`, to go on from it, or `.overwrite()`, to replace \
                            it, one that is";
            return Err(Error::Setting { name: "checkpoint", expected, found });
        }
        Ok(there && self.settings.resume)
    }

    /// The names and results of all validations.
    fn measure(&mut self) -> Result<Vec<(String, f64)>> {
        let validations = &mut self.validations;
        for ValidationSet { samples, of, .. } in &self.sets {
            self.trainer.outputs(*samples, &mut |output, at| {
                of.iter().try_for_each(|i| validations[*i].measure.add(output, at.clone()))
            })?;
        }
        Ok(validations.iter_mut().map(|v| (v.name.clone(), v.measure.take())).collect())
    }

    fn go(&mut self, course: &mut Course, progress: &mut Progress) -> Result<()> {
        let last = course.first.saturating_add(self.most());
        while self.trainer.epochs < last
            && !course.ended
            && self.settings.early_stopping.is_none_or(|patience| course.watch.bad < patience)
        {
            let (path, every) = (&self.settings.checkpoint, self.settings.checkpoint_every);
            let mut saved = self.trainer.updates;
            let epoch = self.trainer.learn(self.data, progress, &mut |trainer| {
                let due = every.is_some_and(|every| trainer.updates.is_multiple_of(every));
                match path {
                    Some(path) if due && trainer.updates != saved => {
                        saved = trainer.updates;
                        trainer.save(path, Some(course))
                    }
                    _ => Ok(()),
                }
            })?;
            let done = epoch.number - course.first;
            let mut validation = vec![];
            if done.is_multiple_of(self.settings.validate_every) || epoch.number == last {
                validation = self.measure()?;
            }
            let result = match (self.validations.is_empty(), validation.first()) {
                (true, _) => Some(epoch.loss),
                (false, first) => first.map(|(_, result)| *result),
            };
            if let Some(result) = result {
                let better = self.better();
                self.trainer.observe_as(better, result);
                let best = course.watch.observe(
                    better,
                    self.settings.min_delta.unwrap_or_default(),
                    epoch.number,
                    result,
                );
                if let Some(weights) = course.weights.as_mut().filter(|_| best) {
                    weights.copy_from(self.trainer.engine.model().blocks());
                }
            }
            course.records.push(Record { epoch, validation });
            let (record, model) = (&course.records[course.records.len() - 1], self.trainer.engine.model());
            for call in &mut self.callbacks {
                course.ended |= progress.aside(|| call(record, model))?.is_break();
            }
            if let Some(path) = &self.settings.checkpoint {
                self.trainer.save(path, Some(course))?;
            }
        }
        Ok(())
    }
}
