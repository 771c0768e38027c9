//! What a network's scores mean: names of classes, and probabilities.

use super::Encoding;
use crate::error::{Error, NOT_FINITE_OUTPUT, Result};

impl Encoding {
    /// The probability of each class by its name, in the order of [`class_names`](Encoding::class_names), of the scores that a
    /// network gives for one sample: `exp(sᵢ) / Σⱼ exp(sⱼ)` of a score for each class, as networks learn them with
    /// `CrossEntropy`; of a single score for two classes, learned with `BceWithLogits`, `1 / (1 + exp(-s))` for the second.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Flowers: [2] -> [3] { line: Linear(3) } }
    ///
    /// let rows = [["1", "2", "rose"], ["2", "2", "lily"], ["3", "1", "iris"]];
    /// let table = Table::new(["length", "width", "kind"], rows)?;
    /// let encoding = Encoder::new().targets("kind").fit(&table)?;
    /// let flowers: Dataset<[f32; 2], u32> = encoding.dataset(&table)?;
    /// let mut trainer = Trainer::new(Flowers::init(7), CrossEntropy, Adam::new(0.1)).on(Device::Cpu)?;
    /// trainer.fit(&flowers).epochs(100).run()?;
    /// let model = trainer.finish()?;
    ///
    /// let x: [f32; 2] = encoding.sample([("length", "3"), ("width", "1")])?;
    /// let scores = model.predict(&[x])[0];
    /// let (kind, probability) = encoding.classify(&scores)?;
    /// assert_eq!(kind, "iris");
    /// assert!(probability > 0.5);
    /// assert_eq!(encoding.probabilities(&scores)?[0], (kind, probability));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    ///
    /// # Errors
    /// If targets are numbers and no classes, if there are not as many scores as classes, or if one is not finite.
    pub fn probabilities(&self, scores: &[f32]) -> Result<Vec<(&str, f32)>> {
        let names = self.class_names();
        if names.is_empty() {
            let help = "the targets of this encoding are numbers, or there are none: `.classes(…)`, instead of \
                        `.targets(…)`, gives what a column has the names of classes";
            return Err(Error::Empty { what: "the list of classes", help: help.to_owned() });
        }
        // of one score, that of the other class is 0
        let both = if let ([score], 2) = (scores, names.len()) { vec![0.0, *score] } else { scores.to_vec() };
        if both.len() != names.len() {
            return Err(Error::Length {
                what: "scores of a sample, one for each class",
                expected: names.len(),
                found: scores.len(),
                help: "give the output for one sample, of the network that learned these classes",
            });
        }
        if let Some(i) = scores.iter().position(|score| !score.is_finite()) {
            return Err(Error::NotFinite {
                what: "probabilities of classes",
                at: format!("score {i}"),
                help: NOT_FINITE_OUTPUT,
            });
        }
        let most = both.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let parts: Vec<f64> =
            both.iter().map(|score| libm::exp(f64::from(*score) - f64::from(most))).collect();
        let all: f64 = parts.iter().sum();
        Ok(names.iter().map(String::as_str).zip(parts.iter().map(|part| (part / all) as f32)).collect())
    }

    /// The class of the largest score by its name, of equal ones the first, and its probability: see
    /// [`probabilities`](Encoding::probabilities).
    pub fn classify(&self, scores: &[f32]) -> Result<(&str, f32)> {
        let mut answers = self.probabilities(scores)?.into_iter();
        // there are names, or that was an error
        let first = answers.next().unwrap_or(("", 0.0));
        Ok(answers.fold(first, |best, next| if next.1 > best.1 { next } else { best }))
    }
}
