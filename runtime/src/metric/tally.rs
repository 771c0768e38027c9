//! Right and wrong predictions of each class, and what follows from them.

use crate::error::{Error, Result};
use crate::loss::check_classes;

/// Gives the target and the predicted class of every sample to `see`.
pub(super) fn decisions(
    scores: &[f32],
    classes: usize,
    targets: &[u32],
    mut see: impl FnMut(usize, usize),
) -> Result<()> {
    // Without a class, no number of outputs follows from the scores, and every target is wrong.
    let outputs = scores.len().checked_div(classes).unwrap_or(targets.len());
    check_classes(outputs, targets, classes)?;
    for (sample, (scores, target)) in scores.chunks(classes.max(1)).zip(targets).enumerate() {
        let Some(predicted) = largest(scores) else {
            let at = format!("each score of sample {sample}");
            return Err(Error::NotFinite { what: "counting predicted classes", at });
        };
        see(*target as usize, predicted);
    }
    Ok(())
}

/// The first of the largest scores, `None` if there is no number among them.
fn largest(scores: &[f32]) -> Option<usize> {
    let numbers = scores.iter().enumerate().filter(|(_, score)| !score.is_nan());
    numbers.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(class, _)| class)
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

impl Scores {
    fn of(class: Class) -> Scores {
        let Class { right, targets, predicted } = class;
        let ratio = |part: u64, all: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
        Scores {
            precision: ratio(right, predicted),
            recall: ratio(right, targets),
            f1: ratio(2 * right, targets + predicted),
            support: targets,
        }
    }
}

/// Counts of each class. As many numbers as there are classes, where a confusion matrix has their square.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<Class>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Class {
    /// Predicted to be of it, and of it.
    right: u64,
    /// Of it.
    targets: u64,
    /// Predicted to be of it.
    predicted: u64,
}

impl Tally {
    pub(super) fn new(classes: usize) -> Tally {
        Tally(vec![Class::default(); classes])
    }

    /// Adds `count` samples of class `target` that were predicted to be of class `predicted`.
    pub(super) fn add(&mut self, target: usize, predicted: usize, count: u64) {
        self.0[target].targets += count;
        self.0[predicted].predicted += count;
        if target == predicted {
            self.0[target].right += count;
        }
    }

    /// Adds samples by their scores.
    pub(super) fn add_scores(&mut self, scores: &[f32], classes: usize, targets: &[u32]) -> Result<()> {
        self.0.resize(classes, Class::default());
        decisions(scores, classes, targets, |target, predicted| self.add(target, predicted, 1))
    }

    pub(super) fn per_class(&self) -> Vec<Scores> {
        self.0.iter().copied().map(Scores::of).collect()
    }

    pub(super) fn macro_average(&self) -> Scores {
        self.mean(|class| f64::from(u8::from(class.targets + class.predicted > 0)))
    }

    pub(super) fn weighted_average(&self) -> Scores {
        self.mean(|class| class.targets as f64)
    }

    pub(super) fn micro_average(&self) -> Scores {
        Scores::of(self.0.iter().fold(Class::default(), |all, class| Class {
            right: all.right + class.right,
            targets: all.targets + class.targets,
            predicted: all.predicted + class.predicted,
        }))
    }

    fn mean(&self, weight: fn(&Class) -> f64) -> Scores {
        let all: f64 = self.0.iter().map(weight).sum();
        let mean = |value: fn(Scores) -> f64| {
            let sum: f64 = self.0.iter().map(|class| weight(class) * value(Scores::of(*class))).sum();
            if all == 0.0 { 0.0 } else { sum / all }
        };
        let support = self.micro_average().support;
        Scores { precision: mean(|s| s.precision), recall: mean(|s| s.recall), f1: mean(|s| s.f1), support }
    }
}
