//! Data sets: samples and their targets.

#[cfg(feature = "data")]
mod categories;
#[cfg(feature = "data")]
mod cell;
#[cfg(all(feature = "data", feature = "serde"))]
mod columns;
#[cfg(feature = "data")]
mod csv;
#[cfg(feature = "data")]
mod encoder;
#[cfg(feature = "data")]
mod encoding;
#[cfg(feature = "data")]
mod fields;
#[cfg(feature = "data")]
mod format;
#[cfg(feature = "data")]
mod lookup;
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

use std::fmt;
use std::sync::OnceLock;

use self::split::Emptied;
use crate::error::{Error, Result};
use crate::network::Ports;
use crate::network::ports::{IntoPorts, not_finite};

/// Where a number of a sample is: the name of its input, the sample, its place in it.
type Position = (&'static str, usize, usize);

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
pub struct Dataset<I: Ports, T: Ports> {
    samples: I::Owned,
    targets: T::Owned,
    len: usize,
    /// Why it has no sample, where a split knows.
    emptied: Option<Emptied>,
    /// Which of its numbers is not finite, once somebody has looked; forgotten where samples can be changed.
    not_finite: OnceLock<Option<Position>>,
}

impl<I: Ports, T: Ports> Clone for Dataset<I, T> {
    fn clone(&self) -> Dataset<I, T> {
        let Dataset { samples, targets, len, emptied, not_finite } = self;
        Dataset {
            samples: samples.clone(),
            targets: targets.clone(),
            len: *len,
            emptied: *emptied,
            not_finite: not_finite.clone(),
        }
    }
}

impl<I: Ports<Owned: fmt::Debug>, T: Ports<Owned: fmt::Debug>> fmt::Debug for Dataset<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Dataset { samples, targets, .. } = self;
        f.debug_struct("Dataset").field("samples", samples).field("targets", targets).finish_non_exhaustive()
    }
}

/// The same samples with the same targets, in the same order.
impl<I: Ports<Owned: PartialEq>, T: Ports<Owned: PartialEq>> PartialEq for Dataset<I, T> {
    fn eq(&self, other: &Dataset<I, T>) -> bool {
        self.samples == other.samples && self.targets == other.targets
    }
}

impl<I: Ports, T: Ports> Dataset<I, T> {
    /// The samples with the target of the same index; a `Vec` or the boxed slice that
    /// [`zeroed`](crate::zeroed) makes, neither is copied. Samples or targets of a type of one's own are
    /// [`Each(vec)`](crate::Each).
    pub fn new(samples: impl IntoPorts<Of = I>, targets: impl IntoPorts<Of = T>) -> Result<Dataset<I, T>> {
        let (samples, targets) = (samples.into_owned(), targets.into_owned());
        let (len, found) = (I::len(I::view(&samples))?, T::len(T::view(&targets))?);
        if len != found {
            return Err(Error::Length {
                what: "targets",
                expected: len,
                found,
                help: "give every sample one target",
            });
        }
        Ok(Dataset::of(samples, targets, len, None))
    }

    /// Samples and targets that are known to be `len` both.
    fn of(samples: I::Owned, targets: T::Owned, len: usize, emptied: Option<Emptied>) -> Dataset<I, T> {
        Dataset { samples, targets, len, emptied, not_finite: OnceLock::new() }
    }

    /// How many samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no sample at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An error that says why, if there is no sample.
    pub(crate) fn refuse_empty(&self, what: &'static str) -> Result<()> {
        match self.emptied {
            _ if !self.is_empty() => Ok(()),
            None => Err(Error::empty(what)),
            Some(emptied) => Err(Error::Empty { what, help: emptied.to_string() }),
        }
    }

    /// An error that names the first number of a sample that is not finite, if there is one. All samples are looked at the
    /// first time, and again after they may have been changed.
    pub(crate) fn refuse_not_finite(&self, what: &'static str) -> Result<()> {
        let found = self.not_finite.get_or_init(|| not_finite::<I>(self.samples()));
        found.map_or(Ok(()), |(port, sample, number)| {
            Err(Error::not_finite(what, port, "sample", sample, number))
        })
    }

    /// The samples.
    pub fn samples(&self) -> I::Batch<'_> {
        I::view(&self.samples)
    }

    /// The samples, for instance to scale them.
    pub fn samples_mut(&mut self) -> I::BatchMut<'_> {
        self.not_finite.take();
        I::view_mut(&mut self.samples)
    }

    /// The targets.
    pub fn targets(&self) -> T::Batch<'_> {
        T::view(&self.targets)
    }

    /// The targets, to be changed.
    pub fn targets_mut(&mut self) -> T::BatchMut<'_> {
        T::view_mut(&mut self.targets)
    }

    /// The samples and the targets.
    pub fn into_parts(self) -> (I::Owned, T::Owned) {
        (self.samples, self.targets)
    }

    /// Up to `batch` samples at a time with their targets, in order; the last batch may be shorter. A `batch`
    /// of 0 counts as 1.
    pub fn batches(&self, batch: usize) -> impl Iterator<Item = (I::Batch<'_>, T::Batch<'_>)> {
        let batch = batch.max(1);
        (0..self.len).step_by(batch).map(move |start| {
            let at = start..self.len.min(start.saturating_add(batch));
            (I::range(self.samples(), at.clone()), T::range(self.targets(), at))
        })
    }
}
