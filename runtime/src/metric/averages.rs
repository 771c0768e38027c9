//! Precision, recall and F1 as one number each.

use super::tally::{Scores, Tally, check_several, of_one_logit, two_classes};
use super::{Direction, Metric, ScalarMetric};
use crate::error::{Error, Result};
use crate::network::sample::Sample;

/// Which number stands for those of all classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
enum Average {
    Macro,
    Micro,
    Weighted,
    Class(usize),
}

impl Average {
    fn check(self, metric: &'static str, classes: usize) -> Result<()> {
        check_several(metric, classes)?;
        if let Average::Class(class) = self
            && class >= classes
        {
            let expected = "a class of the network, counted from 0";
            let found = format!("{class}, and the network has {classes} classes");
            return Err(Error::Setting { name: "of_class", expected, found });
        }
        Ok(())
    }

    fn of(self, tally: &Tally) -> Scores {
        match self {
            Average::Macro => tally.macro_average(),
            Average::Micro => tally.micro_average(),
            Average::Weighted => tally.weighted_average(),
            Average::Class(class) => tally.per_class().get(class).copied().unwrap_or_default(),
        }
    }

    fn name(self, metric: &str) -> String {
        match self {
            Average::Macro => format!("{metric}, macro average"),
            Average::Micro => format!("{metric}, micro average"),
            Average::Weighted => format!("{metric}, weighted average"),
            Average::Class(class) => format!("{metric} of class {class}"),
        }
    }
}

macro_rules! averaged {
    ($($(#[$doc:meta])* $metric:ident $field:ident;)*) => { $(
        $(#[$doc])*
        ///
        /// By scikit-learn's definition, with a share of nothing being 0. Of equal scores the first counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $metric {
            average: Average,
        }

        #[cfg(feature = "serde")]
        crate::settings::table! { $metric { average } }

        impl $metric {
            /// The mean over the classes that occur, as a target or as a prediction: each counts the same.
            pub const fn macro_average() -> Self {
                Self { average: Average::Macro }
            }
            /// Of all decisions counted together, which is the accuracy.
            pub const fn micro_average() -> Self {
                Self { average: Average::Micro }
            }
            /// The mean over the classes, each weighted by how many samples are of it.
            pub const fn weighted_average() -> Self {
                Self { average: Average::Weighted }
            }
            /// Of one class, counted from 0.
            pub const fn of_class(class: usize) -> Self {
                Self { average: Average::Class(class) }
            }
        }

        impl<const C: usize> Metric<[f32; C], u32> for $metric {
            type Total = Tally;
            type Value = f64;

            fn check(&self) -> Result<()> {
                self.average.check(stringify!($metric), C)
            }

            fn add(&self, total: &mut Tally, output: &[[f32; C]], targets: &[u32]) -> Result<()> {
                self.average.check(stringify!($metric), C)?;
                total.add_scores(output.as_flattened(), C, targets)
            }

            fn result(&self, total: Tally) -> f64 {
                self.average.of(&total).$field
            }
        }

        impl<const C: usize> ScalarMetric<[f32; C], u32> for $metric {
            fn direction(&self) -> Direction {
                Direction::Higher
            }
            fn name(&self) -> String {
                self.average.name(stringify!($metric))
            }
        }

        of_one_logit! { $metric, scalar }
    )* };
}
averaged! {
    /// Of what was predicted to be of a class, the share that is: `Precision::macro_average()`.
    Precision precision;
    /// Of what is of a class, the share that was predicted to be: `Recall::macro_average()`.
    Recall recall;
    /// The harmonic mean of precision and recall of a class: `F1::macro_average()`. An average is that of the classes' F1.
    F1 f1;
}
