//! A model measured on a data set, as it predicts.

use crate::data::Dataset;
use crate::engine::CpuEngine;
use crate::error::{Error, Result};
use crate::metric::Metric;
use crate::model::Model;
use crate::network::sample::Sample;

/// Predicts as many samples at once as there are `outputs`, for which the engine has memory.
pub(crate) fn evaluate<M: Model, T, C: Metric<M::Output, T>>(
    engine: &mut CpuEngine<M>,
    outputs: &mut [M::Output],
    data: &Dataset<M::Input, T>,
    metric: &C,
) -> Result<C::Value> {
    check::<M::Input, M::Output, T, C>(data, metric)?;
    let mut total = C::Total::default();
    predict(engine, outputs, data.samples(), &mut |output, first| {
        add(metric, &mut total, output, data.targets(), first)
    })?;
    Ok(metric.result(total))
}

/// What is done with the outputs for some samples, given the index of the first.
pub(crate) type See<'a, Output> = dyn FnMut(&[Output], usize) -> Result<()> + 'a;

/// Predicts samples in batches, and gives the outputs of each to `see` with the index of the first.
pub(crate) fn predict<M: Model>(
    engine: &mut CpuEngine<M>,
    outputs: &mut [M::Output],
    samples: &[M::Input],
    see: &mut See<'_, M::Output>,
) -> Result<()> {
    let mut done = 0;
    for xs in samples.chunks(outputs.len().max(1)) {
        let output = &mut outputs[..xs.len()];
        engine.predict(xs, output);
        finite("an evaluation", "the output for sample", output, done)?;
        see(output, done)?;
        done += xs.len();
    }
    Ok(())
}

/// Adds outputs to what a metric comes to; `targets` are those of all samples.
pub(crate) fn add<O: Sample, T, C: Metric<O, T>>(
    metric: &C,
    total: &mut C::Total,
    output: &[O],
    targets: &[T],
    first: usize,
) -> Result<()> {
    let targets = &targets[first..first + output.len()];
    metric.add(total, output, targets).map_err(|error| in_data_set(error, |i| first + i))
}

/// That the data set and the metric are fit for an evaluation, as far as this can be told before any prediction.
pub(crate) fn check<S: Sample, O: Sample, T, C: Metric<O, T>>(
    data: &Dataset<S, T>,
    metric: &C,
) -> Result<()> {
    metric.check()?;
    data.refuse_empty("the data set of an evaluation")?;
    finite("an evaluation", "sample", data.samples(), 0)
}

/// An error that names the first of some samples, numbered from `first` on, with a number that is not finite: such a one
/// may leave the loss finite and the parameters not.
pub(crate) fn finite<S: Sample>(what: &'static str, name: &str, samples: &[S], first: usize) -> Result<()> {
    match S::flat(samples).iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            let (sample, number) = (first + i / S::LEN, i % S::LEN);
            Err(Error::NotFinite { what, at: format!("number {number} of {name} {sample}") })
        }
    }
}

/// An error about a sample of a batch as one about a sample of the data set.
pub(crate) fn in_data_set(error: Error, index: impl Fn(usize) -> usize) -> Error {
    match error {
        Error::Target { sample, problem } => Error::Target { sample: index(sample), problem },
        Error::Output { sample, problem } => Error::Output { sample: index(sample), problem },
        error => error,
    }
}
