//! What a fit is validated by: metrics of outputs that are predicted once for all of them.

use std::ops::Range;

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::evaluation;
use crate::metric::{Direction, ScalarMetric};
use crate::network::Ports;

/// A metric with the targets of a data set.
pub(super) struct Validation<'a, Output: Ports> {
    pub name: String,
    pub better: Direction,
    /// What is wrong with it that can be told before the first epoch.
    pub fault: Option<Error>,
    pub measure: Box<dyn Measure<Output> + 'a>,
}

/// The samples of some validations.
pub(super) struct ValidationSet<'a, Input: Ports> {
    pub samples: Input::Batch<'a>,
    /// Where the data set lies: by this it is known when it is given again.
    pub at: *const (),
    /// Which of the validations.
    pub of: Vec<usize>,
}

/// What is measured on the outputs for the samples of a data set, batch by batch.
pub(super) trait Measure<Output: Ports> {
    /// Adds the outputs of these samples.
    fn add(&mut self, output: Output::Batch<'_>, samples: Range<usize>) -> Result<()>;
    /// The value of what was added, which then is nothing.
    fn take(&mut self) -> f64;
}

struct Measured<'a, C, Target: Ports, Total> {
    metric: C,
    targets: Target::Batch<'a>,
    total: Total,
}

impl<Output: Ports, Target: Ports, C: ScalarMetric<Output, Target>> Measure<Output>
    for Measured<'_, C, Target, C::Total>
{
    fn add(&mut self, output: Output::Batch<'_>, samples: Range<usize>) -> Result<()> {
        evaluation::add(&self.metric, &mut self.total, output, self.targets, samples)
    }

    fn take(&mut self) -> f64 {
        self.metric.result(std::mem::take(&mut self.total))
    }
}

impl<'a, Output: Ports> Validation<'a, Output> {
    /// Called by the metric's name or, where others are, by that and a number.
    pub fn new<Input: Ports, Target: Ports, C: ScalarMetric<Output, Target> + 'a>(
        data: &'a Dataset<Input, Target>,
        metric: C,
        others: &[Validation<'_, Output>],
    ) -> Self {
        let (word, better) = (metric.name(), metric.direction());
        let mut name = word.clone();
        let mut number = 2;
        while others.iter().any(|validation| validation.name == name) {
            name = format!("{word} {number}");
            number += 1;
        }
        let fault = evaluation::check::<Input, Output, Target, C>(data, &metric).err();
        let measure =
            Measured::<C, Target, C::Total> { metric, targets: data.targets(), total: C::Total::default() };
        Validation { name, better, fault, measure: Box::new(measure) }
    }
}
