//! Once through a data set: to learn from it, or to measure.

use std::fmt;
use std::time::{Duration, Instant};

use super::Trainer;
use super::progress::Progress;
use crate::data::Dataset;
use crate::display::thousands;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metric::Metric;
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::random;
use crate::sample::Sample;

/// What an epoch came to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Epoch {
    /// Its number, from 1.
    pub number: u32,
    /// The loss of all samples, each as it was before the step that learned from it: their mean or, for a
    /// loss that sums, their sum.
    pub loss: f64,
    /// How many samples.
    pub samples: usize,
    /// How many updates of the parameters.
    pub updates: u64,
    /// How long it took.
    pub time: Duration,
}

impl Epoch {
    /// Samples per second.
    pub fn speed(&self) -> f64 {
        self.samples as f64 / self.time.as_secs_f64()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Epoch { loss, samples, time, .. } = self;
        let seconds = time.as_secs_f64();
        let speed = thousands(self.speed() as usize);
        write!(f, "loss {loss:.6}, {} samples in {seconds:.2} s ({speed} per second)", thousands(*samples))
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Learns from every sample once, batch by batch, in an order that the seed and the number of the epoch
    /// decide. The last batch may be shorter. Where steps are accumulated, groups begin and end with the
    /// epoch.
    pub fn epoch(&mut self, data: &Dataset<M::Input, L::Target>) -> Result<Epoch> {
        let mut progress = Progress::new(self.settings.progress, self.epochs + 1, 1, data.len());
        let epoch = self.learn(data, &mut progress);
        progress.end();
        epoch
    }

    /// [`epoch`](Trainer::epoch), `count` times, under one sign of progress. What an error interrupts is lost but for
    /// the epochs before it, which have been learned from.
    pub fn epochs(&mut self, data: &Dataset<M::Input, L::Target>, count: u32) -> Result<Vec<Epoch>> {
        let mut progress = Progress::new(self.settings.progress, self.epochs + 1, count, data.len());
        let epochs = (0..count).map(|_| self.learn(data, &mut progress)).collect();
        progress.end();
        epochs
    }

    fn learn(&mut self, data: &Dataset<M::Input, L::Target>, progress: &mut Progress) -> Result<Epoch> {
        if data.is_empty() {
            return Err(Error::Empty { what: "the data set of an epoch" });
        }
        finite("an epoch", "sample", data.samples(), 0)?;
        self.flush()?;
        let (start, updates, number) = (Instant::now(), self.updates, self.epochs + 1);
        let mut order = std::mem::take(&mut self.gather.order);
        random::shuffle(&mut order, data.len(), self.settings.seed, number);
        progress.begin(number);
        let loss = self.steps(data, &order, progress);
        self.gather.order = order;
        let loss = loss?;
        self.epochs = number;
        let updates = self.updates - updates;
        Ok(Epoch { number, loss, samples: data.len(), updates, time: start.elapsed() })
    }

    /// Steps through `data` in `order`; gives the loss of all.
    fn steps(
        &mut self,
        data: &Dataset<M::Input, L::Target>,
        order: &[usize],
        progress: &mut Progress,
    ) -> Result<f64> {
        let reduction = self.loss.reduction();
        let (mut sum, mut shares, mut done) = (0.0, 0.0, 0);
        let mut samples = std::mem::take(&mut self.gather.samples);
        let mut targets = std::mem::take(&mut self.gather.targets);
        let mut result = Ok(());
        for indices in order.chunks(self.settings.batch) {
            targets.clear();
            for (to, from) in indices.iter().enumerate() {
                // From slice to slice: a sample may be too large for the stack.
                samples[to..=to].copy_from_slice(&data.samples()[*from..=*from]);
                targets.extend_from_slice(&data.targets()[*from..=*from]);
            }
            match self.advance(&samples[..indices.len()], &targets) {
                Ok(loss) => {
                    let share = self.loss.share(&targets);
                    sum += share * loss;
                    shares += share;
                }
                Err(error) => {
                    result = Err(in_data_set(error, |sample| indices[sample]));
                    break;
                }
            }
            done += indices.len();
            progress.show(done, reduction.combine(sum, shares));
        }
        (self.gather.samples, self.gather.targets) = (samples, targets);
        result?;
        self.flush()?;
        Ok(reduction.combine(sum, shares))
    }

    /// Measures the model as it predicts: `evaluate(&test, Accuracy)`, or with a loss, `evaluate(&test,
    /// CrossEntropy)`.
    pub fn evaluate<T, C>(&mut self, data: &Dataset<M::Input, T>, metric: C) -> Result<f64>
    where
        C: Metric<M::Output, T>,
    {
        if data.is_empty() {
            return Err(Error::Empty { what: "the data set of an evaluation" });
        }
        finite("an evaluation", "sample", data.samples(), 0)?;
        let (mut total, mut done) = (C::Total::default(), 0);
        for (xs, targets) in data.batches(self.settings.batch) {
            let output = &mut self.gather.outputs[..xs.len()];
            let (x, y) = (M::Input::flat(xs), M::Output::flat_mut(output));
            M::predict_with(&self.cpu, self.model.block(), &mut self.memory, x, y, xs.len());
            finite("an evaluation", "the output for sample", output, done)?;
            metric.add(&mut total, output, targets).map_err(|error| in_data_set(error, |i| done + i))?;
            done += xs.len();
        }
        Ok(metric.result(total))
    }
}

/// An error that names the first of some samples, numbered from `first` on, with a number that is not finite: such a one
/// may leave the loss finite and the parameters not.
fn finite<S: Sample>(what: &'static str, name: &str, samples: &[S], first: usize) -> Result<()> {
    match S::flat(samples).iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            let (sample, number) = (first + i / S::LEN, i % S::LEN);
            Err(Error::NotFinite { what, at: format!("number {number} of {name} {sample}") })
        }
    }
}

/// An error about a sample of a batch as one about a sample of the data set.
fn in_data_set(error: Error, index: impl Fn(usize) -> usize) -> Error {
    match error {
        Error::Target { sample, problem } => Error::Target { sample: index(sample), problem },
        error => error,
    }
}
