//! How far numbers are from the numbers they should be.

use plywood_kernels::hyperparameter::Values;

use super::numbers::{Sums, no_numbers, of_numbers, same_length};
use super::{Direction, Metric, ScalarMetric};
use crate::error::Result;
use crate::loss::check_numbers;
use crate::network::sample::Sample;

/// The root of the mean of `(y - t)²` over all numbers: the root of what [`Mse::mean()`](crate::loss::Mse) is
/// when it is measured, in the unit of the targets.
///
/// scikit-learn's `root_mean_squared_error` of all numbers as one output; with several outputs to a sample it takes the
/// mean of their roots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rmse;
#[cfg(feature = "serde")]
crate::settings::table! { Rmse {} }

/// The coefficient of determination: `1 - Σ (y - t)² / Σ (t - mean of t)²`, for each number of an output by itself, then
/// the mean over them. 1 is perfect, 0 is as good as the mean, and it can be any negative number.
///
/// scikit-learn's `r2_score`. As there, where all targets are equal it is 1 if every output is right and 0 if not, and of
/// one sample alone it is not a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct R2;
#[cfg(feature = "serde")]
crate::settings::table! { R2 {} }

/// What [`Rmse`] adds up.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Squares {
    numbers: u64,
    /// Sum of `(y - t)²`.
    residual: f64,
}

impl Sums for Squares {
    fn add(&mut self, output: &[f32], targets: &[f32], width: usize) -> Result<()> {
        check_numbers(targets, width, Values::Finite)?;
        self.numbers += output.len() as u64;
        self.residual += output.iter().zip(targets).map(|(y, t)| square(*y, *t)).sum::<f64>();
        Ok(())
    }

    fn value(self) -> f64 {
        (self.residual / self.numbers as f64).sqrt()
    }
}

fn square(y: f32, t: f32) -> f64 {
    (f64::from(y) - f64::from(t)).powi(2)
}

/// What [`R2`] adds up for each number of an output.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    samples: f64,
    outputs: Vec<Moments>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Moments {
    /// Sum of `(y - t)²`.
    residual: f64,
    /// Mean of `t`.
    mean: f64,
    /// Sum of `(t - mean)²`.
    squares: f64,
}

/// Number `j` of every sample.
fn column(numbers: &[f32], j: usize, width: usize) -> impl Iterator<Item = f32> {
    numbers.iter().skip(j).step_by(width).copied()
}

impl Sums for Spread {
    /// Means and squares of batches are joined by the formulas of Chan, Golub and LeVeque (1979): `Σt² - n mean²` would
    /// cancel where the mean is large.
    fn add(&mut self, output: &[f32], targets: &[f32], width: usize) -> Result<()> {
        check_numbers(targets, width, Values::Finite)?;
        let (before, batch) = (self.samples, (targets.len() / width) as f64);
        let all = before + batch;
        self.outputs.resize(width, Moments::default());
        for (j, total) in self.outputs.iter_mut().enumerate() {
            let (y, t) = (|| column(output, j, width), || column(targets, j, width));
            let mean = t().map(f64::from).sum::<f64>() / batch;
            let squares: f64 = t().map(|t| (f64::from(t) - mean).powi(2)).sum();
            let apart = mean - total.mean;
            total.residual += y().zip(t()).map(|(y, t)| square(y, t)).sum::<f64>();
            total.mean += apart * batch / all;
            total.squares += squares + apart * apart * before * batch / all;
        }
        self.samples = all;
        Ok(())
    }

    fn value(self) -> f64 {
        if self.samples < 2.0 {
            return f64::NAN;
        }
        let one = |output: &Moments| match (output.residual, output.squares) {
            (0.0, 0.0) => 1.0,
            (_, 0.0) => 0.0,
            (residual, squares) => 1.0 - residual / squares,
        };
        self.outputs.iter().map(one).sum::<f64>() / self.outputs.len() as f64
    }
}

of_numbers! { Rmse, Lower, Squares: (f32, f32) [] ([S; N], [S; N]) [S, const N: usize] }
of_numbers! { R2, Higher, Spread: (f32, f32) [] ([S; N], [S; N]) [S, const N: usize] }
