//! Which classes are taken for which.

use std::fmt;

use super::Metric;
use super::tally::{Scores, Tally, check_several, decisions, of_one_logit, two_classes};
use crate::error::{Error, Result};
use crate::network::sample::Sample;

/// Counts how often each class was taken for each: a [`ConfusionMatrix`].
///
/// ```
/// use plywood::metric::{Confusion, Metric};
///
/// let scores = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.5, 0.1, 0.2]];
/// let matrix = Confusion.measure(&scores, &[0, 1, 2])?;
/// assert_eq!(matrix.count(2, 0), 1);
/// assert_eq!(matrix.per_class()[0].precision, 0.5);
/// println!("{}", matrix.names(["cat", "dog", "bird"])?);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion;
#[cfg(feature = "serde")]
crate::settings::table! { Confusion {} }

impl<const C: usize> Metric<[f32; C], u32> for Confusion {
    type Total = Counts;
    type Value = ConfusionMatrix;

    fn check(&self) -> Result<()> {
        check_several("Confusion", C)
    }

    fn add(&self, total: &mut Counts, output: &[[f32; C]], targets: &[u32]) -> Result<()> {
        total.add(output.as_flattened(), C, targets)
    }

    fn result(&self, total: Counts) -> ConfusionMatrix {
        ConfusionMatrix { classes: total.classes, counts: total.counts, names: vec![] }
    }
}

of_one_logit! { Confusion }

/// What is added up for a confusion matrix.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    classes: usize,
    /// `[target][predicted]`.
    counts: Vec<u64>,
}

impl Counts {
    fn add(&mut self, scores: &[f32], classes: usize, targets: &[u32]) -> Result<()> {
        if self.counts.is_empty() {
            let bytes = classes as u128 * classes as u128 * 8;
            let memory = || Error::Memory { what: "a confusion matrix", bytes: Some(bytes) };
            let cells = classes.checked_mul(classes).ok_or_else(memory)?;
            self.counts.try_reserve_exact(cells).map_err(|_| memory())?;
            self.counts.resize(cells, 0);
            self.classes = classes;
        }
        decisions(scores, classes, targets, |target, predicted| {
            self.counts[target * classes + predicted] += 1
        })
    }
}

/// How often each class, a row, was taken for each class, a column; of equal scores the first counts. scikit-learn's
/// `confusion_matrix`.
///
/// Printed, it is a table with the recall at the end of each row and the precision below each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
    names: Vec<String>,
}

impl ConfusionMatrix {
    /// What the classes are called when the matrix is printed, the first first. A class without a name has its number, and
    /// is not printed if it occurs neither as a target nor as a prediction: a network can have more classes than its data.
    ///
    /// Of classes that a table named, they are `matrix.names(encoding.class_names())?`.
    ///
    /// # Errors
    /// [`Error::Length`] if there are more names than classes.
    pub fn names<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Result<ConfusionMatrix> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() > self.classes {
            return Err(Error::Length {
                what: "names of classes, or fewer",
                expected: self.classes,
                found: names.len(),
                help: "give the names of the classes that the network was trained with, the first first",
            });
        }
        Ok(ConfusionMatrix { names, ..self })
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many samples.
    pub fn samples(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many samples of class `target` were predicted to be of class `predicted`; 0 for classes that there are not.
    pub fn count(&self, target: usize, predicted: usize) -> u64 {
        if target.max(predicted) < self.classes { self.counts[target * self.classes + predicted] } else { 0 }
    }

    /// For each class, how often its samples were predicted to be of each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// The share of samples that were put into their class.
    pub fn accuracy(&self) -> f64 {
        self.micro_average().recall
    }

    /// How well each class is found.
    pub fn per_class(&self) -> Vec<Scores> {
        self.tally().per_class()
    }

    /// The mean over the classes that occur, as a target or as a prediction: each counts the same.
    pub fn macro_average(&self) -> Scores {
        self.tally().macro_average()
    }

    /// The mean over the classes, each weighted by its support.
    pub fn weighted_average(&self) -> Scores {
        self.tally().weighted_average()
    }

    /// The scores of all decisions counted together. As every sample has one class and one prediction, all three are the
    /// accuracy.
    pub fn micro_average(&self) -> Scores {
        self.tally().micro_average()
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::new(self.classes);
        for (target, row) in self.rows().enumerate() {
            for (predicted, count) in row.iter().enumerate() {
                tally.add(target, predicted, *count);
            }
        }
        tally
    }

    /// The classes that are printed.
    fn shown(&self) -> Vec<usize> {
        let occurs = |class: usize| {
            (0..self.classes).any(|other| self.count(class, other) + self.count(other, class) > 0)
        };
        let named = |class| self.names.is_empty() || class < self.names.len();
        (0..self.classes).filter(|class| named(*class) || occurs(*class)).collect()
    }

    fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scores = self.per_class();
        let shown = self.shown();
        let names = || shown.iter().map(|class| self.name(*class));
        let share = |share: f64| format!("{share:.4}");
        let row = |first: &str, cells: Vec<String>, last: &str| -> Vec<String> {
            [first.to_owned()].into_iter().chain(cells).chain([last.to_owned()]).collect()
        };
        let mut rows = vec![row("target \\ predicted", names().collect(), "recall")];
        for (name, class) in names().zip(&shown) {
            let counts = shown.iter().map(|predicted| self.count(*class, *predicted).to_string());
            rows.push(row(&name, counts.collect(), &share(scores[*class].recall)));
        }
        let accuracy = format!("accuracy {}", share(self.accuracy()));
        rows.push(row(
            "precision",
            shown.iter().map(|class| share(scores[*class].precision)).collect(),
            &accuracy,
        ));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..shown.len() + 2).map(width).collect();
        for (i, row) in rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "{cell:width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            if i + 1 < rows.len() {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
