//! How a parameter's numbers begin.
#[cfg(feature = "compiler")]
mod initializers;
#[cfg(feature = "compiler")]
pub use initializers::*;

/// How a parameter begins. `N` is a [`Size`](crate::shape::Size) in a row and a number in a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init<N = usize> {
    /// This number everywhere.
    Constant(f64),
    /// Uniform, from `low` to below `high`.
    Uniform {
        /// The least number.
        low: f64,
        /// What every number is below.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
    /// Normal with mean 0, but 0 in one row along the first axis.
    NormalRows {
        /// The standard deviation.
        std: f64,
        /// The row that is 0.
        zero: N,
    },
    /// Uniform in `±scale / √fan`.
    FanUniform {
        /// What is divided.
        scale: f64,
        /// How many numbers an output is summed from, or whatever else the variance is to follow.
        fan: N,
    },
    /// Normal with mean 0 and standard deviation `scale / √fan`.
    FanNormal {
        /// What is divided.
        scale: f64,
        /// As in [`Init::FanUniform`].
        fan: N,
    },
    /// Seen as a matrix of `shape[0]` rows: rows, or columns if they are fewer, of length `gain`, each orthogonal to the
    /// others.
    Orthogonal {
        /// Their length.
        gain: f64,
    },
}
