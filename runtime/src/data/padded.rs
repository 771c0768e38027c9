//! Rows of any length as samples of a fixed one.

use super::Dataset;
use crate::error::{Error, Result};
use crate::network::Ports;
use crate::network::sample::{Sample, try_zeroed};

impl<T: Ports> Dataset<Vec<f32>, T> {
    /// Rows whose length only the run knows, as samples of a network whose input is at least as long: the numbers of
    /// each row, then zeros.
    ///
    /// ```
    /// use plywood::Dataset;
    ///
    /// let data = Dataset::new(vec![vec![1.0, 2.0], vec![3.0, 4.0]], vec![0, 1])?;
    /// assert_eq!(data.padded::<[f32; 3]>()?.samples(), [[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]]);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn padded<S: Sample>(self) -> Result<Dataset<S, T>> {
        let (rows, targets) = self.into_parts();
        let mut samples = try_zeroed::<S>("a data set", rows.len())?;
        if let Some(found) = rows.iter().map(Vec::len).max().filter(|longest| *longest > S::LEN) {
            return Err(Error::Length {
                what: "features at most",
                expected: S::LEN,
                found,
                help: "choose fewer columns, or a network with a longer input",
            });
        }
        for (sample, row) in S::flat_mut(&mut samples).chunks_exact_mut(S::LEN.max(1)).zip(&rows) {
            sample[..row.len()].copy_from_slice(row);
        }
        let len = samples.len();
        Ok(Dataset::of(samples.into_vec(), targets, len, None))
    }
}
