//! Cross entropy with weighted classes, smoothed labels, or targets that are probabilities.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::{ITEM, PARTS};
use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{block, fold, put};
use crate::cpu::math::{ln, select};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::elements;
use crate::cpu::{Cpu, Real, Shared, kernel};
use crate::ops::softmax::cpu::exponentials;

/// What every row of scores is compared with: `u[c] = weight[c] (smoothing / C + (1 - smoothing) target[c])` for each of
/// `C` classes.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a, T> {
    /// How many classes there are: scores in a row.
    pub classes: usize,
    /// The targets.
    pub targets: Compared<'a, T>,
    /// A number per class; all 1 if there are none.
    pub weights: Option<&'a [T]>,
    /// How much of every target is spread evenly over all classes.
    pub smoothing: f64,
    /// What stands for a class where there is nothing to compare with: such a row has no loss and no gradient, whatever its
    /// scores are.
    pub ignored: Option<u32>,
}

/// Targets of rows.
#[derive(Clone, Copy, Debug)]
pub enum Compared<'a, T> {
    /// A class per row.
    Classes(&'a [u32]),
    /// A probability per row and class.
    Probabilities(&'a [T]),
}

impl<T: Real> Comparison<'_, T> {
    /// Whether a row has nothing to be compared with.
    #[inline(always)]
    pub fn ignores(&self, row: usize) -> bool {
        match self.targets {
            Compared::Classes(targets) => Some(targets[row]) == self.ignored,
            Compared::Probabilities(_) => false,
        }
    }

    /// That there is a score for every target, and a weight for every class.
    ///
    /// # Panics
    /// If not.
    pub(super) fn check(&self) {
        let columns = self.classes;
        let weights = self.weights.is_none_or(|weights| weights.len() == columns);
        assert!(weights, "not a weight for each of {columns} classes");
        if let Compared::Classes(targets) = self.targets {
            let worst = targets.iter().filter(|target| Some(**target) != self.ignored).max();
            let worst = worst.copied().unwrap_or(0) as usize;
            assert!(targets.is_empty() || worst < columns.max(1), "target {worst} of {columns} classes");
        }
    }

    /// `u[class]` of a row.
    pub fn probability(&self, row: usize, class: usize) -> f64 {
        if self.ignores(row) {
            return 0.0;
        }
        let target = match self.targets {
            Compared::Classes(targets) => f64::from(u8::from(targets[row] as usize == class)),
            Compared::Probabilities(targets) => targets[row * self.classes + class].to_f64(),
        };
        let weight = self.weights.map_or(1.0, |weights| weights[class].to_f64());
        weight * (self.smoothing / self.classes as f64 + (1.0 - self.smoothing) * target)
    }
}

kernel! {
    /// The sum over rows of `-Σ u[c] ln softmax(logits)[c]`, and `d = scale (softmax(logits) Σ u[c] - u)`, the sum's
    /// gradient times `scale`; the sum is not scaled.
    ///
    /// # Panics
    /// If `d` and `logits` differ in length, that is not a row per target, there is not a weight per class, or a target
    /// has no logit.
    pub fn weighted_cross_entropy<T>(
        cpu: &Cpu, d: &mut [T], logits: &[T], compared: &Comparison<'_, T>, scale: f64,
    ) -> f64 = by_rows;
}

fn by_rows<T: Real>(cpu: &Cpu, d: &mut [T], logits: &[T], compared: &Comparison<'_, T>, scale: f64) -> f64 {
    let columns = compared.classes;
    assert_eq!(d.len(), logits.len(), "numbers of logits and gradients");
    compared.check();
    let rows = match compared.targets {
        Compared::Classes(targets) => targets.len(),
        Compared::Probabilities(targets) => targets.len() / columns.max(1),
    };
    let wanted = elements(&[rows, columns]);
    let numbers =
        if let Compared::Probabilities(targets) = compared.targets { targets.len() } else { wanted };
    assert!(logits.len() == wanted && numbers == wanted, "{rows} targets for {} logits", logits.len());
    if logits.is_empty() {
        return 0.0;
    }
    let per_item = (ITEM / columns).max(1).max(rows.div_ceil(PARTS));
    let items = rows.div_ceil(per_item);
    let mut sums = [0.0; PARTS];
    let shared = Shared::new(&mut sums);
    let d = Shared::new(d);
    cpu.each(items, |_, item| {
        let first = item * per_item;
        let count = per_item.min(rows - first);
        // SAFETY: items are disjoint rows
        let d = unsafe { d.slice(first * columns, count * columns) };
        let logits = &logits[first * columns..][..count * columns];
        let work = Weighted { d, logits, compared, first, scale: T::from_f64(scale) };
        let sum = run::<T, _>(work);
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum()
}

struct Weighted<'a, T> {
    d: &'a mut [T],
    logits: &'a [T],
    compared: &'a Comparison<'a, T>,
    /// The first row's number.
    first: usize,
    scale: T,
}

/// What a row is compared with: `weights (even + share target)`, and `hot` at one class.
struct Row<'a, T> {
    weights: Option<&'a [T]>,
    even: T,
    target: Option<(&'a [T], T)>,
    hot: Option<(usize, T)>,
}

impl<T: Real> Row<'_, T> {
    /// The block from `at` on, 0 beyond the end, without what is hot.
    #[inline(always)]
    fn block<S: Simd>(&self, at: usize, columns: usize) -> [T; LANES] {
        let mut u = [self.even; LANES];
        if let Some((target, share)) = self.target {
            let target = block::<T, S>(target, at, T::ZERO);
            for l in 0..LANES {
                u[l] = u[l] + share * target[l];
            }
        }
        if let Some(weights) = self.weights {
            let weights = block::<T, S>(weights, at, T::ZERO);
            for l in 0..LANES {
                u[l] = u[l] * weights[l];
            }
        }
        for l in 0..LANES {
            u[l] = if l < columns - at { u[l] } else { T::ZERO };
        }
        u
    }
}

impl<T: Real> Work for Weighted<'_, T> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let Weighted { d, logits, compared, first, scale } = self;
        let Comparison { classes, weights, smoothing, .. } = *compared;
        let (even, share) = (T::from_f64(smoothing / classes as f64), T::from_f64(1.0 - smoothing));
        let mut loss = 0.0;
        let rows = d.chunks_exact_mut(classes).zip(logits.chunks_exact(classes));
        for (r, (d, x)) in rows.enumerate() {
            if compared.ignores(first + r) {
                d.fill(T::ZERO);
                continue;
            }
            let row = match compared.targets {
                Compared::Classes(targets) => {
                    let class = targets[first + r] as usize;
                    let weight = weights.map_or(T::ONE, |weights| weights[class]);
                    Row { weights, even, target: None, hot: Some((class, share * weight)) }
                }
                Compared::Probabilities(targets) => {
                    let target = &targets[(first + r) * classes..][..classes];
                    Row { weights, even, target: Some((target, share)), hot: None }
                }
            };
            loss += one::<T, S>(d, x, &row, scale).to_f64();
        }
        loss
    }
}

/// A row's cross entropy, and its gradient times `scale`.
#[inline(always)]
fn one<T: Real, S: Simd>(d: &mut [T], x: &[T], row: &Row<'_, T>, scale: T) -> T {
    let (top, sum) = exponentials::<T, S>(d, x);
    let (mut totals, mut below) = ([T::ZERO; LANES], [T::ZERO; LANES]);
    let mut at = 0;
    while at < x.len() {
        let (u, x) = (row.block::<S>(at, x.len()), block::<T, S>(x, at, top));
        for l in 0..LANES {
            totals[l] = totals[l] + u[l];
            // a score of -infinity that nothing is compared with is no matter
            below[l] = below[l] + select(u[l], u[l] * (top - x[l]), T::ZERO);
        }
        at += LANES;
    }
    let (mut total, mut below) = (fold(totals), fold(below));
    if let Some((class, hot)) = row.hot {
        total = total + hot;
        below = below + select(hot, hot * (top - x[class]), T::ZERO);
    }
    let factor = scale * total / sum;
    let mut at = 0;
    while at < x.len() {
        let (u, mut lanes) = (row.block::<S>(at, x.len()), block::<T, S>(d, at, T::ZERO));
        for l in 0..LANES {
            lanes[l] = lanes[l] * factor - scale * u[l];
        }
        put::<T, S>(d, at, lanes);
        at += LANES;
    }
    if let Some((class, hot)) = row.hot {
        d[class] = d[class] - scale * hot;
    }
    total * ln(sum) + below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::processor::same_bits;
    use crate::cpu::{Random, softmax_cross_entropy};

    fn numbers<T: Real>(count: usize, seed: u64, from: f64, to: f64) -> Vec<T> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| T::from_f64(from + (to - from) * stream.uniform(i) as f64)).collect()
    }

    /// Loss and gradient in f64, term by term.
    fn reference<T: Real>(x: &[T], compared: &Comparison<'_, T>, scale: f64) -> (f64, Vec<f64>) {
        let (mut loss, mut d) = (0.0, vec![]);
        for (r, x) in x.chunks(compared.classes).enumerate() {
            let x: Vec<f64> = x.iter().map(|x| x.to_f64()).collect();
            let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
            let u: Vec<f64> = (0..x.len()).map(|c| compared.probability(r, c)).collect();
            let total: f64 = u.iter().sum();
            loss += x.iter().zip(&u).map(|(x, u)| u * (top + sum.ln() - x)).sum::<f64>();
            d.extend(x.iter().zip(&u).map(|(x, u)| scale * (total * (x - top).exp() / sum - u)));
        }
        (loss, d)
    }

    fn check<T: Real>(cpu: &Cpu, unit: f64) -> Vec<u64> {
        let mut bits = vec![];
        let ignoring = [None, Some(0), Some(u32::MAX)];
        let sizes = [(1, 1), (1, 10), (7, 10), (5, 16), (5, 17), (3, 100), (1, 1000), (3000, 10)];
        for ((rows, classes), ignored) in sizes.into_iter().flat_map(|size| ignoring.map(|i| (size, i))) {
            let x = numbers::<T>(rows * classes, 1, -10.0, 10.0);
            let mut picked: Vec<u32> = (0..rows).map(|r| (r * 7 % classes) as u32).collect();
            if ignored == Some(u32::MAX) {
                picked[rows / 2] = u32::MAX;
            }
            let soft = numbers::<T>(rows * classes, 2, 0.0, 1.0);
            let weights = numbers::<T>(classes, 3, 0.0, 2.0);
            for targets in [Compared::Classes(&picked), Compared::Probabilities(&soft)] {
                for weights in [None, Some(&weights[..])] {
                    for smoothing in [0.0, 0.1] {
                        let compared = Comparison { classes, targets, weights, smoothing, ignored };
                        let mut d = vec![T::from_f64(f64::NAN); x.len()];
                        let loss = weighted_cross_entropy(cpu, &mut d, &x, &compared, 3.0);
                        let (want, want_d) = reference(&x, &compared, 3.0);
                        let what = format!("{rows} {classes} {smoothing}");
                        assert!((loss - want).abs() <= unit * 40.0 * (1.0 + want), "{what}: {loss} {want}");
                        let most = want_d.iter().fold(1.0, |most: f64, d| most.max(d.abs()));
                        for (d, want) in d.iter().zip(&want_d) {
                            let apart = (d.to_f64() - want).abs();
                            assert!(apart <= unit * 40.0 * most, "{what}: {d:?} {want}");
                        }
                        bits.push(loss.to_bits());
                        bits.extend(d.iter().map(|d| d.to_f64().to_bits()));
                    }
                }
            }
        }
        bits
    }

    #[test]
    fn against_double_precision() {
        same_bits(|cpu| check::<f32>(cpu, 1.2e-7), |cpu| check::<f64>(cpu, 1e-15));
    }

    #[test]
    fn without_weights_it_is_the_plain_one() {
        let cpu = Cpu::new(1);
        let (x, targets) = (numbers::<f32>(70, 1, -10.0, 10.0), [3, 1, 9, 0, 0, 5, 2]);
        let (mut plain, mut weighted) = (vec![0.0; 70], vec![0.0; 70]);
        let mean = softmax_cross_entropy(&cpu, &mut plain, &x, &targets, 7.0);
        let targets = Compared::Classes(&targets);
        let compared = Comparison { classes: 10, targets, weights: None, smoothing: 0.0, ignored: None };
        let sum = weighted_cross_entropy(&cpu, &mut weighted, &x, &compared, 1.0);
        assert!((sum - 7.0 * mean).abs() < 1e-5, "{sum} {mean}");
        assert!(plain.iter().zip(&weighted).all(|(a, b)| (a - b).abs() < 1e-7));
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let cpu = Cpu::new(1);
        let mut d = [0.0f32; 3];
        let targets = Compared::Probabilities(&[1.0, 0.0, 0.0]);
        let compared = Comparison { classes: 3, targets, weights: None, smoothing: 0.0, ignored: None };
        let loss = weighted_cross_entropy(&cpu, &mut d, &[1e30, 0.0, f32::NEG_INFINITY], &compared, 1.0);
        assert!(loss == 0.0 && d.iter().all(|d| d.abs() < 1e-37), "{loss} {d:?}");
    }
}
