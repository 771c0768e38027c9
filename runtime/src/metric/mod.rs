//! What a trained network is measured by.
//!
//! | Metric | Outputs | Targets | Value |
//! |---|---|---|---|
//! | [`Accuracy`], [`TopK`] | scores `[f32; C]` | classes `u32` | a share, 0 to 1 |
//! | [`Precision`], [`Recall`], [`F1`] | scores `[f32; C]` | classes `u32` | a share, 0 to 1 |
//! | [`Confusion`] | scores `[f32; C]` | classes `u32` | a [`ConfusionMatrix`] |
//! | [`Precision`], [`Recall`], [`F1`], [`Confusion`] | one logit, `[f32; 1]` or `f32` | 0 or 1 as `f32` | of classes 0 and 1 |
//! | [`BinaryAccuracy`] | logits, of any shape | 0 or 1 for each | a share, 0 to 1 |
//! | [`Rmse`], [`R2`] | numbers, of any shape | the same | a number |
//! | any [`Loss`] | what the loss takes | what the loss takes | the loss |
//!
//! Several of them in a tuple are one metric, which predicts once and gives the values of all:
//!
//! ```
//! use plywood::prelude::*;
//!
//! network! { struct Net: [4] -> [3] { fc1: Linear(8), Relu, fc2: Linear(3) } }
//!
//! # let xs = random::normal::<[f32; 4]>(60, 7);
//! # let test = Dataset::new(xs, (0..60).map(|i| i % 3).collect::<Vec<u32>>())?;
//! let mut trainer = Trainer::new(Net::init(7), CrossEntropy, Adam::new(1e-3)).on(Device::best())?;
//! let (loss, accuracy, top2, matrix) = trainer.evaluate(&test, (CrossEntropy, Accuracy, TopK(2), Confusion))?;
//! println!("loss {loss:.4}, accuracy {accuracy:.4}, among the first two {top2:.4}");
//! println!("{}", matrix.names(["setosa", "versicolor", "virginica"])?);
//! let f1 = trainer.evaluate(&test, F1::macro_average())?;
//! # assert!(loss > 0.0 && accuracy <= top2 && f1 <= 1.0);
//! # Ok::<(), plywood::Error>(())
//! ```

mod accuracy;
mod averages;
mod confusion;
mod numbers;
mod regression;
mod tally;

pub use accuracy::{Accuracy, BinaryAccuracy, TopK};
pub use averages::{F1, Precision, Recall};
pub use confusion::{Confusion, ConfusionMatrix};
pub use regression::{R2, Rmse};
pub use tally::Scores;

use crate::error::{Error, Result};
use crate::loss::{Loss, same_length};
use crate::network::ports::IntoBatch;
use crate::network::{Numbers, Ports, Sample};

/// What says how good outputs are, over a data set of any length.
///
/// Every loss is one too: `trainer.evaluate(&test, CrossEntropy)` is the loss of the data set. A tuple of up to eight
/// metrics is a metric whose value is the tuple of their values.
///
/// The value is that of all samples seen as one batch, however they were cut into batches, up to rounding in `f64`, in which
/// metrics and losses are measured: from the numbers that a network gives, which are `f32`. An empty batch adds nothing.
///
/// Here is one of a user's own, the largest error:
///
/// ```
/// use plywood::prelude::*;
///
/// struct Largest;
/// impl<const N: usize> Metric<[f32; N], [f32; N]> for Largest {
///     type Total = f32;
///     type Value = f32;
///     fn add(&self, total: &mut f32, output: &[[f32; N]], targets: &[[f32; N]]) -> plywood::Result<()> {
///         let pairs = output.as_flattened().iter().zip(targets.as_flattened());
///         *total = pairs.map(|(y, t)| (y - t).abs()).fold(*total, f32::max);
///         Ok(())
///     }
///     fn result(&self, total: f32) -> f32 {
///         total
///     }
/// }
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let data = Dataset::new(random::uniform::<[f32; 1]>(20, -1.0..1.0, 1), zeroed::<[f32; 1]>(20))?;
/// let mut trainer = Trainer::new(Line::init(1), Mse::mean(), Sgd::new(0.1)).on(Device::best())?;
/// let (largest, rmse) = trainer.evaluate(&data, (Largest, Rmse))?;
/// assert!(f64::from(largest) >= rmse);
/// # Ok::<(), plywood::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not measure outputs of type `{Output}` against targets of type `{Target}`",
    note = "`Accuracy`, `TopK` and `CrossEntropy` take scores `[f32; C]` and classes `u32`; `Mse`, `Rmse` and `R2` take targets \
            like their outputs; `BinaryAccuracy` takes logits and `f32`; `F1`, `Precision`, `Recall` and \
            `Confusion` take either",
    note = "a tuple measures what all of its metrics do, eight at most"
)]
pub trait Metric<Output: Ports, Target: Ports> {
    /// What is added up from batch to batch.
    type Total: Default;
    /// What comes of it: `f64` for most.
    type Value;

    /// That what the metric was told means something; if not, an [`Error::Setting`] that says what does not. Looked at
    /// before anything is predicted, and before a [fit](crate::Trainer::fit) begins.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Adds some outputs and their targets. A target that means nothing is an
    /// [`Error::Target`] with its index in `targets`.
    fn add(
        &self,
        total: &mut Self::Total,
        output: <Output as Ports>::Batch<'_>,
        targets: <Target as Ports>::Batch<'_>,
    ) -> Result<()>;

    /// The value, from the total over at least one sample.
    fn result(&self, total: Self::Total) -> Self::Value;

    /// The value of outputs that are at hand, such as predictions that were scaled back.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// let (r2, rmse) = (R2, Rmse).measure(&[1.0, 2.0, 3.5], &[1.0, 2.0, 3.0])?;
    /// assert!((rmse - (0.25f64 / 3.0).sqrt()).abs() < 1e-12 && r2 > 0.8);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    fn measure<'a>(
        &self,
        output: impl IntoBatch<'a, Of = Output>,
        targets: impl IntoBatch<'a, Of = Target>,
    ) -> Result<Self::Value> {
        let (output, targets) = (output.into_batch(), targets.into_batch());
        let samples = Output::len(output)?;
        same_length("targets", samples, Target::len(targets)?)?;
        if samples == 0 {
            return Err(Error::empty("what is to be measured"));
        }
        self.check()?;
        let mut total = Self::Total::default();
        self.add(&mut total, output, targets)?;
        Ok(self.result(total))
    }
}

/// A metric whose value is a number of which more, or less, is better: what a training run can be stopped by, or its
/// best model chosen.
///
/// Every loss is one, and so are all metrics here but [`Confusion`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no single number for outputs of type `{Output}` and targets of type `{Target}`",
    note = "losses, `Accuracy`, `TopK`, `Precision`, `Recall`, `F1`, `BinaryAccuracy`, `Rmse` and `R2` do"
)]
pub trait ScalarMetric<Output: Ports, Target: Ports>: Metric<Output, Target, Value = f64> {
    /// Which values are better.
    fn direction(&self) -> Direction;

    /// What it is called where its value is shown, for instance `Accuracy` or `TopK(5)`.
    fn name(&self) -> String;
}

/// Which of two numbers is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Direction {
    /// The higher, as of an accuracy.
    Higher,
    /// The lower, as of a loss.
    Lower,
}

impl Direction {
    /// Whether `new` is better than the `best` before it, if there was one, by more than `margin`. What is not a number
    /// is never better.
    pub(crate) fn beats(self, new: f64, best: Option<f64>, margin: f64) -> bool {
        let mark = |best| match self {
            Direction::Higher => best + margin,
            Direction::Lower => best - margin,
        };
        self.is_better(new, best.map_or(f64::NAN, mark))
    }

    /// Whether `new` is better than `old`. What is not a number is never better, and worse than any number.
    pub fn is_better(self, new: f64, old: f64) -> bool {
        match self {
            _ if new.is_nan() => false,
            _ if old.is_nan() => true,
            Direction::Higher => new > old,
            Direction::Lower => new < old,
        }
    }
}

/// The loss of all samples as one batch.
#[diagnostic::do_not_recommend]
impl<Output: Numbers, L: Loss<Output>> Metric<Output, L::Target> for L {
    /// The sum of shares and losses, the sum of shares.
    type Total = (f64, f64);
    type Value = f64;

    fn check(&self) -> Result<()> {
        Loss::check(self)
    }

    fn add(
        &self,
        (sum, shares): &mut (f64, f64),
        output: <Output as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
    ) -> Result<()> {
        if Output::len(output)? == 0 && L::Target::len(targets)? == 0 {
            return Ok(());
        }
        let share = self.share(targets);
        *sum += share * Loss::value(self, output, targets)?;
        *shares += share;
        Ok(())
    }

    fn result(&self, (sum, shares): (f64, f64)) -> f64 {
        self.reduction().combine(sum, shares)
    }
}

#[diagnostic::do_not_recommend]
impl<Output: Numbers, L: Loss<Output>> ScalarMetric<Output, L::Target> for L {
    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn name(&self) -> String {
        Loss::name(self)
    }
}

// Every impl beside those for losses is for outputs that are `f32` or an array, never for all samples: as far as rustc can
// tell, another crate might make a loss over a type of its own of anything here, and it would be measured twice.

/// Metrics in a tuple.
macro_rules! together {
    ($($($metric:ident $i:tt)+;)+) => { $(
        together! { @ f32, [] $($metric $i)+ }
        together! { @ [S; N], [S, const N: usize] $($metric $i)+ }
    )+ };
    (@ $output:ty, [$($of:tt)*] $($metric:ident $i:tt)+) => {
        impl<Target: Ports, $($metric: Metric<$output, Target>,)+ $($of)*> Metric<$output, Target> for ($($metric,)+)
        where
            $output: Sample,
        {
            type Total = ($($metric::Total,)+);
            type Value = ($($metric::Value,)+);

            fn check(&self) -> Result<()> {
                $(self.$i.check()?;)+
                Ok(())
            }

            fn add(
                &self,
                total: &mut Self::Total,
                output: &[$output],
                targets: <Target as Ports>::Batch<'_>,
            ) -> Result<()> {
                $(self.$i.add(&mut total.$i, output, targets)?;)+
                Ok(())
            }

            fn result(&self, total: Self::Total) -> Self::Value {
                ($(self.$i.result(total.$i),)+)
            }
        }
    };
}
together! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
