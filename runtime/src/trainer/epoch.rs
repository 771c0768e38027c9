//! Once through a data set: to learn from it, or to measure.

use std::fmt;
use std::time::{Duration, Instant};

use super::Trainer;
use super::parts::words;
use super::progress::Progress;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::evaluation::{See, evaluate, in_data_set, predict};
use crate::hyperparameters::not_zero;
use crate::loss::Loss;
use crate::metric::Metric;
use crate::model::Model;
use crate::network::Ports;
use crate::network::display::thousands;
use crate::network::ports::refuse_out_of_range;
use crate::optimizer::Optimizer;
use crate::random;
use crate::text;

/// What an epoch came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Epoch {
    /// Its number, from 1.
    pub number: u32,
    /// The loss of all samples, each as it was before the step that learned from it: their mean or, for a
    /// loss that sums, their sum.
    pub loss: f64,
    /// What each output adds to the loss, weights included, by the output's name and in declared order: means or sums as the
    /// loss is. Empty for a loss without [parts](Loss::parts), as those of one output are.
    pub parts: Vec<(String, f64)>,
    /// How many samples.
    pub samples: usize,
    /// How many updates of the parameters.
    pub updates: u64,
    /// The learning rate of its first update; of several groups, that of the parameters which none selects.
    pub learning_rate: f64,
    /// How long it took, from the look at the samples on, of which a data set needs one in its life.
    pub time: Duration,
}

/// An epoch that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within {
    /// Samples in the data set.
    pub length: usize,
    /// Samples learned from.
    pub samples: usize,
    /// The losses of their batches, each times its share.
    pub sum: f64,
    /// The shares.
    pub shares: f64,
    /// Updates before it began.
    pub updates: u64,
    /// The learning rate when it began.
    pub learning_rate: f64,
    /// How long it took before `since`.
    pub before: Duration,
    pub since: Instant,
}

impl Within {
    /// How long it has taken.
    pub fn time(&self) -> Duration {
        self.before + self.since.elapsed()
    }

    /// The same, if the data set that it is to go on with is as long as that which it began with.
    fn of(self, length: usize) -> Result<Within> {
        if length == self.length {
            return Ok(self);
        }
        Err(Error::Length {
            what: "samples in the data set",
            expected: self.length,
            found: length,
            help: "an epoch that a checkpoint interrupted goes on with the data set that it began with; \
                   `trainer.abandon_epoch()` drops it, and the next begins anew",
        })
    }
}

impl Epoch {
    /// What the output of that name adds to the loss, for instance `value`.
    pub fn part(&self, name: &str) -> Option<f64> {
        self.parts.iter().find(|(found, _)| found == name).map(|(_, part)| *part)
    }

    /// Samples per second.
    pub fn speed(&self) -> f64 {
        self.samples as f64 / self.time.as_secs_f64()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Epoch { loss, parts, samples, time, .. } = self;
        let loss = words(*loss, parts.iter().map(|(name, part)| (name, *part)));
        let (time, speed) = (text::time(*time), thousands(self.speed() as usize));
        let all = text::counted(thousands(*samples), "samples");
        write!(f, "loss {loss}, {all} in {time} ({speed} per second)")
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Learns from every sample once, batch by batch, in an order that the seed and the number of the epoch
    /// decide. The last batch may be shorter. Where steps are accumulated, groups begin and end with the
    /// epoch. An epoch that a [checkpoint](Trainer::load_checkpoint) interrupted is brought to its end.
    pub fn epoch(&mut self, data: &Dataset<M::Input, L::Target>) -> Result<Epoch> {
        let mut progress = Progress::new(self.settings.progress, self.epochs + 1, 1, data.len());
        let epoch = self.learn(data, &mut progress, &mut |_| Ok(()));
        progress.end();
        epoch
    }

    /// Drops an epoch that a [checkpoint](Trainer::load_checkpoint) interrupted: the next begins anew, with the same number,
    /// and may be of another data set. What was learned in it stays learned. Does nothing where there is none.
    pub fn abandon_epoch(&mut self) {
        self.within = None;
    }

    /// [`epoch`](Trainer::epoch), `count` times, under one sign of progress. What an error interrupts is lost but for
    /// the epochs before it, which have been learned from. A `count` of 0 is an error.
    pub fn epochs(&mut self, data: &Dataset<M::Input, L::Target>, count: u32) -> Result<Vec<Epoch>> {
        not_zero("epochs", count.into())?;
        let mut progress = Progress::new(self.settings.progress, self.epochs + 1, count, data.len());
        let epochs = (0..count).map(|_| self.learn(data, &mut progress, &mut |_| Ok(()))).collect();
        progress.end();
        epochs
    }

    /// One epoch, or what is left of it; `after` is called after each step.
    pub(crate) fn learn(
        &mut self,
        data: &Dataset<M::Input, L::Target>,
        progress: &mut Progress,
        after: &mut dyn FnMut(&Self) -> Result<()>,
    ) -> Result<Epoch> {
        let since = Instant::now();
        data.refuse_empty("the data set of an epoch")?;
        data.refuse_not_finite("an epoch")?;
        refuse_out_of_range::<M::Input>(data.samples(), M::LIMITS)?;
        let within = match self.within {
            Some(within) => Within { since, ..within.of(data.len())? },
            None => {
                self.flush()?;
                self.parts.epoch.fill(0.0);
                Within {
                    length: data.len(),
                    samples: 0,
                    sum: 0.0,
                    shares: 0.0,
                    updates: self.updates,
                    learning_rate: self.learning_rate(),
                    before: Duration::ZERO,
                    since,
                }
            }
        };
        self.within = Some(within);
        let number = self.epochs + 1;
        let mut order = std::mem::take(&mut self.gather.order);
        random::shuffle(&mut order, data.len(), self.settings.seed, number);
        progress.begin(number);
        let result = self.steps(data, &order, within.samples, progress, after);
        self.gather.order = order;
        let Within { samples, sum, shares, updates, learning_rate, .. } =
            self.within.take().unwrap_or(within);
        result?;
        self.epochs = number;
        let reduction = self.loss.reduction();
        Ok(Epoch {
            number,
            loss: reduction.combine(sum, shares),
            parts: self.parts.named(reduction, shares).map(|(name, part)| (name.to_owned(), part)).collect(),
            samples,
            updates: self.updates - updates,
            learning_rate,
            time: within.time(),
        })
    }

    /// Steps through `data` in `order`, from `start` on.
    fn steps(
        &mut self,
        data: &Dataset<M::Input, L::Target>,
        order: &[usize],
        start: usize,
        progress: &mut Progress,
        after: &mut dyn FnMut(&Self) -> Result<()>,
    ) -> Result<()> {
        let mut samples = std::mem::take(&mut self.gather.samples);
        let mut targets = std::mem::take(&mut self.gather.targets);
        let mut result = Ok(());
        for indices in order[start..].chunks(self.settings.batch) {
            M::Input::gather(&mut samples, data.samples(), indices);
            L::Target::gather(&mut targets, data.targets(), indices);
            let step = self.advance(M::Input::view(&samples), L::Target::view(&targets));
            result = step.map_err(|error| in_data_set(error, |sample| indices[sample])).and_then(|loss| {
                self.count(indices.len(), self.loss.share(L::Target::view(&targets)), loss, progress);
                after(self)
            });
            if result.is_err() {
                break;
            }
        }
        (self.gather.samples, self.gather.targets) = (samples, targets);
        result?;
        self.flush()
    }

    /// Takes note of a step of an epoch.
    fn count(&mut self, samples: usize, share: f64, loss: f64, progress: &mut Progress) {
        let reduction = self.loss.reduction();
        let Some(within) = &mut self.within else { return };
        within.sum += share * loss;
        within.shares += share;
        within.samples += samples;
        self.parts.count(share);
        let (parts, Within { samples, sum, shares, .. }) = (&self.parts, *within);
        progress.show(samples, || words(reduction.combine(sum, shares), parts.named(reduction, shares)));
    }

    /// Measures the model as it predicts: `evaluate(&test, Accuracy)`, with a loss, `evaluate(&test, CrossEntropy)`, or
    /// with several at once, `evaluate(&test, (Accuracy, TopK(5)))`.
    pub fn evaluate<T, C>(&mut self, data: &Dataset<M::Input, T>, metric: C) -> Result<C::Value>
    where
        T: Ports,
        C: Metric<M::Output, T>,
    {
        evaluate(&mut self.engine, &mut self.gather.outputs, self.settings.batch, data, &metric)
    }

    /// Predicts samples, and gives the outputs of each batch to `see` with the places of its samples.
    pub(super) fn outputs(
        &mut self,
        samples: <M::Input as Ports>::Batch<'_>,
        see: &mut See<'_, M::Output>,
    ) -> Result<()> {
        predict(&mut self.engine, &mut self.gather.outputs, self.settings.batch, samples, see)
    }
}
