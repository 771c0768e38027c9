//! Metrics of outputs that are compared with targets number by number.

use crate::error::Result;

/// What such a metric adds up. Not generic, so that it is compiled here, at this crate's level, however the user's crate is
/// built.
pub(super) trait Sums: Default {
    /// Adds samples, one at least, of `width` numbers each, one at least.
    fn add(&mut self, output: &[f32], targets: &[f32], width: usize) -> Result<()>;
    /// The metric's value.
    fn value(self) -> f64;
}

/// Makes a metric of a type: by which sums, for which outputs and targets.
macro_rules! of_numbers {
    ($metric:ident, $direction:ident, $sums:ty: $(($output:ty, $target:ty) [$($of:tt)*])+) => { $(
        impl<$($of)*> Metric<$output, $target> for $metric
        where
            $output: Sample,
        {
            type Total = $sums;
            type Value = f64;

            fn add(&self, total: &mut $sums, output: &[$output], targets: &[$target]) -> Result<()> {
                same_length("targets", output.len(), targets.len())?;
                match <$output as Sample>::LEN {
                    _ if output.is_empty() => return Ok(()),
                    0 => return Err(no_numbers()),
                    _ => {}
                }
                Sums::add(total, Sample::flat(output), Sample::flat(targets), <$output as Sample>::LEN)
            }

            fn result(&self, total: $sums) -> f64 {
                total.value()
            }
        }

        impl<$($of)*> ScalarMetric<$output, $target> for $metric
        where
            $output: Sample,
        {
            fn direction(&self) -> Direction {
                Direction::$direction
            }
            fn name(&self) -> String {
                stringify!($metric).to_owned()
            }
        }
    )+ };
}
pub(super) use crate::loss::{no_numbers, same_length};
pub(super) use of_numbers;
