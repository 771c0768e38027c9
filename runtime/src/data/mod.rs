//! Data sets: samples and their targets.

#[cfg(feature = "data")]
mod categories;
#[cfg(feature = "data")]
mod cell;
#[cfg(feature = "data")]
mod csv;
#[cfg(feature = "data")]
mod encoder;
#[cfg(feature = "data")]
mod encoding;
#[cfg(feature = "data")]
mod fields;
#[cfg(feature = "data")]
mod missing;
mod padded;
#[cfg(feature = "data")]
mod rows;
mod scaler;
#[cfg(feature = "data")]
mod show;
mod split;
mod stratify;
#[cfg(feature = "data")]
mod table;
#[cfg(feature = "data")]
mod table_split;
#[cfg(test)]
mod tests;
#[cfg(feature = "data")]
mod unknown;

#[cfg(feature = "data")]
pub use self::csv::Csv;
#[cfg(feature = "data")]
pub use encoder::Encoder;
#[cfg(feature = "data")]
pub use encoding::Encoding;
#[cfg(feature = "data")]
pub use fields::{Columns, Field};
#[cfg(feature = "data")]
pub use missing::{Missing, NA_VALUES, Repair};
pub use scaler::{MinMaxScaler, StandardScaler};
#[cfg(feature = "data")]
pub use table::{Column, Table};
#[cfg(feature = "data")]
pub use unknown::Unknown;

use self::split::Emptied;
use crate::error::{Error, Result};

/// Samples with a target each, in memory.
///
/// ```
/// use plywood::Dataset;
///
/// let xs = vec![[0.0], [1.0], [2.0], [3.0]];
/// let classes = vec![0, 0, 1, 1];
/// let (train, test) = Dataset::new(xs, classes)?.split(0.75, 7);
/// assert_eq!((train.len(), test.len()), (3, 1));
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset<I, T> {
    samples: Vec<I>,
    targets: Vec<T>,
    /// Why it has no sample, where a split knows.
    emptied: Option<Emptied>,
}

/// The same samples with the same targets, in the same order.
impl<I: PartialEq, T: PartialEq> PartialEq for Dataset<I, T> {
    fn eq(&self, other: &Dataset<I, T>) -> bool {
        self.samples == other.samples && self.targets == other.targets
    }
}

impl<I, T> Dataset<I, T> {
    /// The samples with the target of the same index; a `Vec` or the boxed slice that
    /// [`zeroed`](crate::zeroed) makes, neither is copied.
    pub fn new(samples: impl Into<Vec<I>>, targets: impl Into<Vec<T>>) -> Result<Dataset<I, T>> {
        let (samples, targets) = (samples.into(), targets.into());
        if samples.len() != targets.len() {
            return Err(Error::Length {
                what: "targets",
                expected: samples.len(),
                found: targets.len(),
                help: "give every sample one target",
            });
        }
        Ok(Dataset { samples, targets, emptied: None })
    }

    /// How many samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample at all.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// An error that says why, if there is no sample.
    pub(crate) fn refuse_empty(&self, what: &'static str) -> Result<()> {
        match self.emptied {
            _ if !self.is_empty() => Ok(()),
            None => Err(Error::empty(what)),
            Some(emptied) => Err(Error::Empty { what, help: emptied.to_string() }),
        }
    }

    /// The samples.
    pub fn samples(&self) -> &[I] {
        &self.samples
    }

    /// The samples, for instance to scale them.
    pub fn samples_mut(&mut self) -> &mut [I] {
        &mut self.samples
    }

    /// The targets.
    pub fn targets(&self) -> &[T] {
        &self.targets
    }

    /// The targets, to be changed.
    pub fn targets_mut(&mut self) -> &mut [T] {
        &mut self.targets
    }

    /// The samples and the targets.
    pub fn into_parts(self) -> (Vec<I>, Vec<T>) {
        (self.samples, self.targets)
    }

    /// Up to `batch` samples at a time with their targets, in order; the last batch may be shorter. A `batch`
    /// of 0 counts as 1.
    pub fn batches(&self, batch: usize) -> impl Iterator<Item = (&[I], &[T])> {
        let batch = batch.max(1);
        self.samples.chunks(batch).zip(self.targets.chunks(batch))
    }
}
