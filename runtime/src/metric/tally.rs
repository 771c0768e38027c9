//! Right and wrong predictions of each class, and what follows from them.

use crate::error::{Error, NOT_FINITE_OUTPUT, Result};
use crate::loss::{check_classes, same_length};

/// One logit a sample as the scores of two classes, 0 and 1: a logit above 0 says 1.
pub(super) fn two_classes(logits: &[f32], targets: &[f32]) -> Result<(Vec<[f32; 2]>, Vec<u32>)> {
    same_length("targets", logits.len(), targets.len())?;
    check_sides(targets, 1)?;
    // no number at all where the logit is none
    let scores = logits.iter().map(|y| [if y.is_nan() { f32::NAN } else { 0.0 }, *y]);
    Ok((scores.collect(), targets.iter().map(|t| *t as u32).collect()))
}

/// That all targets, `width` to a sample, are 0 or 1.
pub(super) fn check_sides(targets: &[f32], width: usize) -> Result<()> {
    match targets.iter().position(|t| *t != 0.0 && *t != 1.0) {
        None => Ok(()),
        Some(i) => {
            let problem = format!("expected 0 or 1, found {}", targets[i]);
            Err(Error::Target { sample: i / width, problem })
        }
    }
}

/// That there are scores of several classes: a single one is always the largest.
pub(super) fn check_several(metric: &'static str, classes: usize) -> Result<()> {
    if classes > 1 {
        return Ok(());
    }
    let found = format!("asked of {classes} score a sample, which is always the largest");
    let expected =
        "asked of one score for each of 2 classes or more, or of one logit and targets that are `f32`";
    Err(Error::Setting { name: metric, expected, found })
}

/// Makes a metric of classes, 0 and 1, of one that takes scores of several.
macro_rules! of_one_logit {
    ($metric:ident) => { of_one_logit! { $metric: (f32, f32) ([f32; 1], f32) ([f32; 1], [f32; 1]) } };
    ($metric:ident: $(($output:ty, $target:ty))+) => { $(
        impl Metric<$output, $target> for $metric {
            type Total = <$metric as Metric<[f32; 2], u32>>::Total;
            type Value = <$metric as Metric<[f32; 2], u32>>::Value;

            fn check(&self) -> Result<()> {
                Metric::<[f32; 2], u32>::check(self)
            }

            fn add(&self, total: &mut Self::Total, output: &[$output], targets: &[$target]) -> Result<()> {
                let (scores, classes) = two_classes(Sample::flat(output), Sample::flat(targets))?;
                Metric::<[f32; 2], u32>::add(self, total, &scores, &classes)
            }

            fn result(&self, total: Self::Total) -> Self::Value {
                Metric::<[f32; 2], u32>::result(self, total)
            }
        }
    )+ };
    ($metric:ident, scalar) => { of_one_logit! { $metric, scalar: (f32, f32) ([f32; 1], f32) ([f32; 1], [f32; 1]) } };
    ($metric:ident, scalar: $(($output:ty, $target:ty))+) => {
        of_one_logit! { $metric: $(($output, $target))+ }
        $(
            impl ScalarMetric<$output, $target> for $metric {
                fn direction(&self) -> Direction {
                    ScalarMetric::<[f32; 2], u32>::direction(self)
                }
                fn name(&self) -> String {
                    ScalarMetric::<[f32; 2], u32>::name(self)
                }
            }
        )+
    };
}
pub(super) use of_one_logit;

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
            return Err(Error::NotFinite { what: "counting predicted classes", at, help: NOT_FINITE_OUTPUT });
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
