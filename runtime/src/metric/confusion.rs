//! Which classes are taken for which.

use std::fmt;

use super::Metric;
use crate::error::{Error, Result};
use crate::loss::check_classes;

/// Counts how often each class was taken for each: a [`ConfusionMatrix`].
///
/// ```
/// use plywood::metric::{Confusion, Metric};
///
/// let scores = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.5, 0.1, 0.2]];
/// let mut total = Default::default();
/// Confusion.add(&mut total, &scores, &[0, 1, 2])?;
/// let matrix = Metric::<[f32; 3], u32>::result(&Confusion, total);
/// assert_eq!(matrix.count(2, 0), 1);
/// assert_eq!(matrix.per_class()[0].precision, 0.5);
/// println!("{}", matrix.names(["cat", "dog", "bird"]));
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion;

impl<const C: usize> Metric<[f32; C], u32> for Confusion {
    type Total = Counts;
    type Value = ConfusionMatrix;

    fn add(&self, total: &mut Counts, output: &[[f32; C]], targets: &[u32]) -> Result<()> {
        total.add(output.as_flattened(), C, targets)
    }

    fn result(&self, total: Counts) -> ConfusionMatrix {
        total.matrix()
    }
}

/// What is added up for a confusion matrix.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    classes: usize,
    /// `[target][predicted]`.
    counts: Vec<u64>,
}

impl Counts {
    pub(super) fn add(&mut self, scores: &[f32], classes: usize, targets: &[u32]) -> Result<()> {
        check_classes(targets, classes)?;
        self.classes = classes;
        self.counts.resize(classes * classes, 0);
        for (sample, (scores, target)) in scores.chunks(classes).zip(targets).enumerate() {
            let Some(predicted) = largest(scores) else {
                let at = format!("each score of sample {sample}");
                return Err(Error::NotFinite { what: "counting predicted classes", at });
            };
            self.counts[*target as usize * classes + predicted] += 1;
        }
        Ok(())
    }

    pub(super) fn matrix(self) -> ConfusionMatrix {
        ConfusionMatrix { classes: self.classes, counts: self.counts, names: vec![] }
    }
}

/// The first of the largest scores, `None` if there is no number among them.
fn largest(scores: &[f32]) -> Option<usize> {
    let numbers = scores.iter().enumerate().filter(|(_, score)| !score.is_nan());
    numbers.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(class, _)| class)
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

/// How well one class is found, or all on average, by scikit-learn's definitions. A share of nothing is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Of what was predicted to be of the class, the share that is.
    pub precision: f64,
    /// Of what is of the class, the share that was predicted to be.
    pub recall: f64,
    /// The harmonic mean of precision and recall: twice the right ones, divided by all that are of the class plus all that
    /// were predicted to be.
    pub f1: f64,
    /// How many samples are of the class.
    pub support: u64,
}

impl ConfusionMatrix {
    /// What the classes are called when the matrix is printed, the first first. A class without a name has its number.
    pub fn names<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> ConfusionMatrix {
        ConfusionMatrix { names: names.into_iter().map(Into::into).collect(), ..self }
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
        ratio(self.right(), self.samples())
    }

    /// How well each class is found.
    pub fn per_class(&self) -> Vec<Scores> {
        let one = |class| {
            let right = self.count(class, class);
            let targets: u64 = (0..self.classes).map(|other| self.count(class, other)).sum();
            Scores::of(right, targets, self.predicted(class))
        };
        (0..self.classes).map(one).collect()
    }

    /// The mean over the classes that occur, as a target or as a prediction: each counts the same.
    pub fn macro_average(&self) -> Scores {
        let classes = self.per_class();
        let occurs = |class: usize| classes[class].support + self.predicted(class) > 0;
        self.mean(&classes, |class| f64::from(u8::from(occurs(class))))
    }

    /// The mean over the classes, each weighted by its support.
    pub fn weighted_average(&self) -> Scores {
        let classes = self.per_class();
        self.mean(&classes, |class| classes[class].support as f64)
    }

    /// The scores of all decisions counted together. As every sample has one class and one prediction, all three are the
    /// accuracy.
    pub fn micro_average(&self) -> Scores {
        Scores::of(self.right(), self.samples(), self.samples())
    }

    fn right(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// How many samples were predicted to be of a class.
    fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|target| self.count(target, class)).sum()
    }

    fn mean(&self, classes: &[Scores], weight: impl Fn(usize) -> f64) -> Scores {
        let all: f64 = (0..classes.len()).map(&weight).sum();
        let mean = |value: fn(&Scores) -> f64| {
            let sum: f64 = classes.iter().enumerate().map(|(i, scores)| weight(i) * value(scores)).sum();
            if all == 0.0 { 0.0 } else { sum / all }
        };
        Scores {
            precision: mean(|s| s.precision),
            recall: mean(|s| s.recall),
            f1: mean(|s| s.f1),
            support: self.samples(),
        }
    }

    fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

impl Scores {
    fn of(right: u64, targets: u64, predicted: u64) -> Scores {
        Scores {
            precision: ratio(right, predicted),
            recall: ratio(right, targets),
            f1: ratio(2 * right, targets + predicted),
            support: targets,
        }
    }
}

/// A share, 0 of nothing.
fn ratio(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scores = self.per_class();
        let names = (0..self.classes).map(|class| self.name(class));
        let share = |share: f64| format!("{share:.4}");
        let row = |first: &str, cells: Vec<String>, last: &str| -> Vec<String> {
            [first.to_owned()].into_iter().chain(cells).chain([last.to_owned()]).collect()
        };
        let mut rows = vec![row("target \\ predicted", names.clone().collect(), "recall")];
        for ((name, counts), scores) in names.zip(self.rows()).zip(&scores) {
            rows.push(row(&name, counts.iter().map(u64::to_string).collect(), &share(scores.recall)));
        }
        let accuracy = format!("accuracy {}", share(self.accuracy()));
        rows.push(row("precision", scores.iter().map(|s| share(s.precision)).collect(), &accuracy));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.classes + 2).map(width).collect();
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
