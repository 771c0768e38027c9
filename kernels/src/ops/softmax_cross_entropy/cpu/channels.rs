//! Cross entropy where the scores of a class at all positions lie side by side, as the channels of an image do.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::PARTS;
use super::weighted::{Compared, Comparison};
use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{block, put};
use crate::cpu::math::{ln, max, select};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::elements;
use crate::cpu::{Cpu, Real, Shared, kernel};
use crate::ops::softmax::cpu::terms;

kernel! {
    /// As [`weighted_cross_entropy`](super::weighted_cross_entropy), for targets that are classes, where the scores of a
    /// sample are `[classes, positions]`: a row is the scores of a position, `positions` apart.
    ///
    /// # Panics
    /// If `d` and `logits` differ in length, that is not a score for every class of every target, the targets are not
    /// `positions` for every sample or no classes, there is not a weight per class, or a target has no logit.
    pub fn channel_cross_entropy<T>(
        cpu: &Cpu, d: &mut [T], logits: &[T], positions: usize, compared: &Comparison<'_, T>, scale: f64,
    ) -> f64 = by_samples;
}

fn by_samples<T: Real>(
    cpu: &Cpu,
    d: &mut [T],
    logits: &[T],
    positions: usize,
    compared: &Comparison<'_, T>,
    scale: f64,
) -> f64 {
    assert_eq!(d.len(), logits.len(), "numbers of logits and gradients");
    compared.check();
    let Compared::Classes(targets) = compared.targets else { panic!("targets of positions are classes") };
    let samples = targets.len() / positions.max(1);
    let numbers = elements(&[compared.classes, positions]);
    let whole = elements(&[samples, positions]) == targets.len();
    assert!(
        whole && elements(&[samples, numbers]) == logits.len(),
        "{} targets for {} logits at {positions} positions",
        targets.len(),
        logits.len()
    );
    if logits.is_empty() {
        return 0.0;
    }
    let per_item = (super::ITEM / numbers).max(1).max(samples.div_ceil(PARTS));
    let items = samples.div_ceil(per_item);
    let mut sums = [0.0; PARTS];
    let shared = Shared::new(&mut sums);
    let d = Shared::new(d);
    cpu.each(items, |_, item| {
        let first = item * per_item;
        let count = per_item.min(samples - first);
        // SAFETY: items are disjoint samples
        let d = unsafe { d.slice(first * numbers, count * numbers) };
        let logits = &logits[first * numbers..][..count * numbers];
        let targets = &targets[first * positions..][..count * positions];
        let work = Channels { d, logits, targets, positions, compared, scale: T::from_f64(scale) };
        let sum = run::<T, _>(work);
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum()
}

struct Channels<'a, T> {
    d: &'a mut [T],
    logits: &'a [T],
    targets: &'a [u32],
    positions: usize,
    compared: &'a Comparison<'a, T>,
    scale: T,
}

impl<T: Real> Work for Channels<'_, T> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let Channels { d, logits, targets, positions, compared, scale } = self;
        let Comparison { classes, weights, smoothing, ignored, .. } = *compared;
        let (even, share) = (T::from_f64(smoothing / classes as f64), T::from_f64(1.0 - smoothing));
        let weight = |class: usize| weights.map_or(T::ONE, |weights| weights[class]);
        let spread = (0..classes).fold(T::ZERO, |sum, class| sum + even * weight(class));
        let numbers = classes * positions;
        let mut loss = 0.0;
        let samples = d.chunks_exact_mut(numbers).zip(logits.chunks_exact(numbers));
        for ((d, x), targets) in samples.zip(targets.chunks_exact(positions)) {
            let mut at = 0;
            while at < positions {
                let count = LANES.min(positions - at);
                let channel = |class: usize| class * positions..(class + 1) * positions;
                let mut tops = [T::from_f64(f64::NEG_INFINITY); LANES];
                for class in 0..classes {
                    let x = block::<T, S>(&x[channel(class)], at, T::ZERO);
                    for l in 0..LANES {
                        tops[l] = max(tops[l], x[l]);
                    }
                }
                let (mut sums, mut below) = ([T::ZERO; LANES], [T::ZERO; LANES]);
                for class in 0..classes {
                    let (x, u) = (block::<T, S>(&x[channel(class)], at, T::ZERO), even * weight(class));
                    let mut e = [T::ZERO; LANES];
                    for l in 0..LANES {
                        e[l] = x[l] - tops[l];
                    }
                    let far = e;
                    e = terms(&e, T::ZERO);
                    for l in 0..LANES {
                        sums[l] = sums[l] + e[l];
                        // a score of -infinity that nothing is compared with is no matter
                        below[l] = below[l] - select(u, u * far[l], T::ZERO);
                    }
                    put::<T, S>(&mut d[channel(class)], at, e);
                }
                let (mut factors, mut hots) = ([T::ZERO; LANES], [T::ZERO; LANES]);
                for (l, target) in targets[at..at + count].iter().enumerate() {
                    if Some(*target) != ignored {
                        let class = *target as usize;
                        hots[l] = share * weight(class);
                        let total = spread + hots[l];
                        factors[l] = scale * total / sums[l];
                        let far = tops[l] - x[class * positions + at + l];
                        let at_target = select(hots[l], hots[l] * far, T::ZERO);
                        loss += (total * ln(sums[l]) + below[l] + at_target).to_f64();
                    }
                }
                for class in 0..classes {
                    let (d, u) = (&mut d[channel(class)], scale * even * weight(class));
                    let mut lanes = block::<T, S>(d, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] * factors[l] - u;
                    }
                    put::<T, S>(d, at, lanes);
                }
                for (l, target) in targets[at..at + count].iter().enumerate() {
                    if Some(*target) != ignored {
                        let at = *target as usize * positions + at + l;
                        d[at] = d[at] - scale * hots[l];
                    } else {
                        (0..classes).for_each(|class| d[class * positions + at + l] = T::ZERO);
                    }
                }
                at += LANES;
            }
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::super::weighted_cross_entropy;
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::processor::same_bits;

    /// Against rows of the same numbers: loss and gradient, then their bits.
    fn check<T: Real>(cpu: &Cpu, unit: f64) -> Vec<u64> {
        let mut bits = vec![];
        let stream = Random::new(1, 0).stream(0);
        for (samples, classes, positions) in
            [(1, 1, 1), (3, 4, 1), (2, 3, 5), (2, 3, 16), (1, 10, 37), (70, 5, 40), (1, 2, 5000)]
        {
            let numbers = samples * classes * positions;
            let x: Vec<T> = (0..numbers as u64)
                .map(|i| T::from_f64(20.0 * f64::from(stream.uniform(i)) - 10.0))
                .collect();
            let rows: Vec<usize> = (0..samples * positions)
                .flat_map(|row| {
                    let (sample, p) = (row / positions, row % positions);
                    (0..classes).map(move |class| (sample * classes + class) * positions + p)
                })
                .collect();
            let by_rows: Vec<T> = rows.iter().map(|i| x[*i]).collect();
            let mut picked: Vec<u32> = (0..samples * positions).map(|r| (r * 7 % classes) as u32).collect();
            picked[samples * positions / 2] = 255;
            let weights: Vec<T> = (0..classes).map(|c| T::from_f64(0.5 + (c * 3 % 5) as f64 / 4.0)).collect();
            for weights in [None, Some(&weights[..])] {
                for smoothing in [0.0, 0.1] {
                    let targets = Compared::Classes(&picked);
                    let compared = Comparison { classes, targets, weights, smoothing, ignored: Some(255) };
                    let (mut d, mut want_d) = (vec![T::from_f64(f64::NAN); numbers], vec![T::ZERO; numbers]);
                    let loss = channel_cross_entropy(cpu, &mut d, &x, positions, &compared, 3.0);
                    let want = weighted_cross_entropy(cpu, &mut want_d, &by_rows, &compared, 3.0);
                    let what = format!("{samples} {classes} {positions} {smoothing}");
                    assert!((loss - want).abs() <= unit * 40.0 * (1.0 + want), "{what}: {loss} {want}");
                    for (i, want) in rows.iter().zip(&want_d) {
                        let apart = (d[*i].to_f64() - want.to_f64()).abs();
                        assert!(apart <= unit * 80.0, "{what}: {:?} {want:?}", d[*i]);
                    }
                    bits.push(loss.to_bits());
                    bits.extend(d.iter().map(|d| d.to_f64().to_bits()));
                }
            }
        }
        bits
    }

    #[test]
    fn channels_are_rows_that_lie_otherwise() {
        same_bits(|cpu| check::<f32>(cpu, 1.2e-7), |cpu| check::<f64>(cpu, 1e-15));
    }

    #[test]
    fn what_is_ignored_may_be_no_number() {
        let mut d = [1.0f32; 4];
        let targets = Compared::Classes(&[9, 1]);
        let compared = Comparison { classes: 2, targets, weights: None, smoothing: 0.0, ignored: Some(9) };
        let x = [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, 0.0];
        let loss = channel_cross_entropy(&Cpu::new(1), &mut d, &x, 2, &compared, 1.0);
        assert_eq!((loss, d), (0.0, [0.0; 4]));
        let rows = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0];
        let loss = weighted_cross_entropy(&Cpu::new(1), &mut d, &rows, &compared, 1.0);
        assert_eq!((loss, d), (0.0, [0.0; 4]));
    }

    #[test]
    #[should_panic(expected = "3 targets for 12 logits at 2 positions")]
    fn targets_are_whole_samples() {
        let targets = Compared::Classes(&[0, 1, 0]);
        let compared = Comparison { classes: 2, targets, weights: None, smoothing: 0.0, ignored: None };
        channel_cross_entropy(&Cpu::new(1), &mut [0.0f32; 12], &[0.0; 12], 2, &compared, 1.0);
    }
}
