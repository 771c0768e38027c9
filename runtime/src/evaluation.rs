//! A model measured on a data set, as it predicts.

use std::ops::Range;

use crate::data::Dataset;
use crate::engine::CpuEngine;
use crate::error::{self, Error, Result};
use crate::metric::Metric;
use crate::network::ports::{not_finite, refuse_out_of_range};
use crate::network::{Network, Ports};

/// What predicts as many samples at once as it has memory for.
pub(crate) trait Predict<M: Network> {
    /// The outputs for `n` samples.
    fn predict(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
        n: usize,
    );
}

impl<M: Network> Predict<M> for CpuEngine<M> {
    fn predict(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
        n: usize,
    ) {
        CpuEngine::predict(self, xs, ys, n);
    }
}

/// Predicts up to `most` samples at once, for which there are `outputs` and the engine has memory.
pub(crate) fn evaluate<M: Network, T: Ports, C: Metric<M::Output, T>>(
    engine: &mut impl Predict<M>,
    outputs: &mut <M::Output as Ports>::Owned,
    most: usize,
    data: &Dataset<M::Input, T>,
    metric: &C,
) -> Result<C::Value> {
    metric.check()?;
    check(data)?;
    let mut total = C::Total::default();
    predict(engine, outputs, most, data.samples(), &mut |output, samples| {
        add(metric, &mut total, output, data.targets(), samples)
    })?;
    Ok(metric.result(total))
}

/// What is done with the outputs for some samples, given which these are.
pub(crate) type See<'a, Output> = dyn FnMut(<Output as Ports>::Batch<'_>, Range<usize>) -> Result<()> + 'a;

/// Predicts samples in batches, and gives the outputs of each to `see` with the places of its samples.
pub(crate) fn predict<M: Network>(
    engine: &mut impl Predict<M>,
    outputs: &mut <M::Output as Ports>::Owned,
    most: usize,
    samples: <M::Input as Ports>::Batch<'_>,
    see: &mut See<'_, M::Output>,
) -> Result<()> {
    let (len, mut done) = (M::Input::len(samples)?, 0);
    refuse_out_of_range::<M::Input>(samples, M::LIMITS)?;
    while done < len {
        let at = done..len.min(done + most.max(1));
        let (output, _) = M::Output::split_mut(M::Output::view_mut(outputs), at.len());
        engine.predict(M::Input::range(samples, at.clone()), output, at.len());
        let output = M::Output::range(M::Output::view(outputs), 0..at.len());
        if let Some((port, sample, number)) = not_finite::<M::Output>(output) {
            let sample = done + sample;
            return Err(Error::not_finite("an evaluation", port, error::OUTPUT, sample, number));
        }
        see(output, at.clone())?;
        done = at.end;
    }
    Ok(())
}

/// Adds outputs to what a metric comes to; `targets` are those of all samples.
pub(crate) fn add<O: Ports, T: Ports, C: Metric<O, T>>(
    metric: &C,
    total: &mut C::Total,
    output: O::Batch<'_>,
    targets: T::Batch<'_>,
    samples: Range<usize>,
) -> Result<()> {
    let first = samples.start;
    let targets = T::range(targets, samples);
    metric.add(total, output, targets).map_err(|error| in_data_set(error, |i| first + i))
}

/// That the data set is fit for an evaluation.
pub(crate) fn check<S: Ports, T: Ports>(data: &Dataset<S, T>) -> Result<()> {
    data.refuse_empty("the data set of an evaluation")?;
    data.refuse_not_finite("an evaluation")
}

/// An error about a sample of a batch as one about a sample of the data set.
pub(crate) fn in_data_set(error: Error, index: impl Fn(usize) -> usize) -> Error {
    match error {
        Error::Target { sample, problem } => Error::Target { sample: index(sample), problem },
        Error::Output { sample, problem } => Error::Output { sample: index(sample), problem },
        error => error,
    }
}
