//! Scores of classes, at one position or at several, and what they are compared with.

use plywood_kernels::cpu::{self, Compared, Comparison, Cpu};

use super::{Reduction, check_positions, refuse_nothing, same_length};
use crate::error::Result;
use crate::network::ports::Element;
use crate::network::sample::{Nested, Sample};

/// Scores of classes along the last axis: `[f32; C]`, compared with a class, `u32`; `[[f32; C]; T]`, compared with one at
/// each position, `[u32; T]`; and so on.
pub trait Scores: Sample {
    /// The scores at a position: `[f32; C]`.
    type Row: Sample;
    /// A class for every position.
    type Classes: Classes;
    /// Numbers from the score of a class to that of the next.
    #[doc(hidden)]
    const STRIDE: usize = 1;
}
impl<const C: usize> Scores for [f32; C] {
    type Row = [f32; C];
    type Classes = u32;
}
impl<S: Scores, const T: usize> Scores for [S; T] {
    type Row = S::Row;
    type Classes = [S::Classes; T];
}

/// Scores of classes along the first axis: `[[f32; T]; C]`, compared with a class at each position, `[u32; T]`;
/// `[[[f32; W]; H]; C]`, compared with `[[u32; W]; H]`; and so on.
pub trait Channels: Sample {
    /// The scores at a position: `[f32; C]`.
    type Row: Sample;
    /// A class for every position.
    type Classes: Classes;
    /// Numbers from the score of a class to that of the next.
    #[doc(hidden)]
    const STRIDE: usize;
}
impl<P: Positions, const C: usize> Channels for [P; C] {
    type Row = [f32; C];
    type Classes = P::Classes;
    const STRIDE: usize = P::LEN;
}

/// A number at each position: `f32`, `[f32; T]`, `[[f32; W]; H]`.
pub trait Positions: Sample {
    /// A class for every position: `u32`, `[u32; T]`, `[[u32; W]; H]`.
    type Classes: Classes;
}
impl Positions for f32 {
    type Classes = u32;
}
impl<P: Positions, const T: usize> Positions for [P; T] {
    type Classes = [P::Classes; T];
}

/// A class, or one for every position.
pub trait Classes: Element + Nested<Scalar = u32> {}
impl<T: Element + Nested<Scalar = u32>> Classes for T {}

/// What the scores of a batch are compared with, and how that becomes one number.
pub(super) struct Batch<'a> {
    /// How many samples there are.
    pub samples: usize,
    /// Numbers from the score of a class to that of the next.
    pub stride: usize,
    pub reduction: Reduction,
    pub compared: Comparison<'a, f32>,
}

impl Batch<'_> {
    /// That these many samples have classes at all positions.
    pub fn check(&self, outputs: usize, numbers: usize) -> Result<()> {
        let Comparison { classes, ignored, targets, .. } = self.compared;
        match targets {
            Compared::Classes(targets) => check_positions(outputs, self.samples, targets, classes, ignored)?,
            Compared::Probabilities(_) => same_length("targets", outputs, self.samples)?,
        }
        refuse_nothing(outputs, numbers)
    }

    /// How much it counts: the weights of its classes.
    pub fn share(&self) -> f64 {
        match (self.reduction, self.compared.targets) {
            (Reduction::Mean, Compared::Classes(targets)) => {
                let seen = targets.iter().filter(|t| Some(**t) != self.compared.ignored);
                match self.compared.weights {
                    Some(weights) => {
                        seen.map(|t| weights.get(*t as usize).map_or(0.0, |w| f64::from(*w))).sum()
                    }
                    None => seen.count() as f64,
                }
            }
            _ => self.reduction.share(self.samples),
        }
    }

    /// The loss, and `scale` times its gradient.
    pub fn gradient(&self, cpu: &Cpu, d: &mut [f32], scores: &[f32], scale: f64) -> f64 {
        let share = self.share();
        let scale = self.reduction.combine(scale, share);
        let sum = match self.stride {
            1 => cpu::weighted_cross_entropy(cpu, d, scores, &self.compared, scale),
            stride => cpu::channel_cross_entropy(cpu, d, scores, stride, &self.compared, scale),
        };
        self.reduction.combine(sum, share)
    }

    /// The loss in f64. What is not generic is compiled here, at this crate's level, however the user's crate is built.
    pub fn value(&self, scores: &[f32]) -> f64 {
        let Batch { stride, compared, .. } = self;
        let classes = compared.classes;
        let one = |row: usize| {
            let first = row / stride * classes * stride + row % stride;
            let scores = || scores[first..].iter().step_by(*stride).take(classes);
            let most = f64::from(scores().copied().fold(f32::NEG_INFINITY, f32::max));
            let sum: f64 = scores().map(|s| (f64::from(*s) - most).exp()).sum();
            let term = |(class, score): (usize, &f32)| {
                let probability = compared.probability(row, class);
                if probability == 0.0 { 0.0 } else { probability * (most + sum.ln() - f64::from(*score)) }
            };
            scores().enumerate().map(term).sum::<f64>()
        };
        let rows = scores.len() / classes.max(1);
        let sum = (0..rows).filter(|row| !compared.ignores(*row)).map(one).sum();
        self.reduction.combine(sum, self.share())
    }
}
