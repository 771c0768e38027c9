//! The cross entropy of a softmax, by rows.

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::math::ln;
use crate::cpu::simd::Simd;
use crate::cpu::{Cpu, Real, Shared, kernel};
use crate::ops::softmax::cpu::{exponentials, multiply, sum_of_exponentials};

mod channels;
mod weighted;

pub use channels::channel_cross_entropy;
pub use weighted::{Compared, Comparison, weighted_cross_entropy};

kernel! {
    /// Mean over rows of `-ln softmax(logits)[target]`, with a row of logits per target.
    /// `d = scale / rows * (softmax(logits) - 1 at the target)`, the value's gradient times `scale`; the value is
    /// not scaled.
    ///
    /// # Panics
    /// If `d` and `logits` differ in length, there is not a row per target, or a target has no logit.
    pub fn softmax_cross_entropy<T>(
        cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], scale: f64,
    ) -> f64 = by_rows;
    /// `y`, one number: the mean over rows of `-ln softmax(logits)[target]`, with a row of logits per target. Losses are
    /// added in `f64`, the rows of an item in turn, then the items; the bits are those of [`softmax_cross_entropy`].
    ///
    /// # Panics
    /// If `y` is not one number, there is not a row per target, or a target has no logit.
    pub fn forward<T>(cpu: &Cpu, y: &mut [T], logits: &[T], targets: &[u32]) = value;
    /// The gradient of that mean: `d = dy / rows * (softmax(logits) - 1 at the target)`, `dy` being one number.
    ///
    /// # Panics
    /// If `dy` is not one number, `d` and `logits` differ in length, there is not a row per target, or a target has no
    /// logit.
    pub fn backward<T>(cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], dy: &[T]) = gradient;
}

/// Numbers per item of work at least.
const ITEM: usize = 4 * 1024;
/// Items at most: rows are split by their number alone, because items have sums of their own.
const PARTS: usize = 64;

/// How many logits there are for each target.
///
/// # Panics
/// If there is not a row per target, or a target has no logit.
fn classes(logits: usize, targets: &[u32]) -> usize {
    let rows = targets.len();
    let columns = logits.checked_div(rows).unwrap_or(0);
    assert!(columns * rows == logits && (columns > 0 || rows == 0), "{rows} targets for {logits} logits");
    let worst = targets.iter().max().copied().unwrap_or(0) as usize;
    assert!(worst < columns || rows == 0, "target {worst} of {columns} classes");
    columns
}

/// The mean over `rows` rows of the losses that `part(first, count)` adds up.
fn mean(cpu: &Cpu, rows: usize, columns: usize, part: impl Fn(usize, usize) -> f64 + Sync) -> f64 {
    let per_item = (ITEM / columns).max(1).max(rows.div_ceil(PARTS));
    let items = rows.div_ceil(per_item);
    let mut sums = [0.0; PARTS];
    let shared = Shared::new(&mut sums);
    cpu.each(items, |_, item| {
        let first = item * per_item;
        let sum = part(first, per_item.min(rows - first));
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum::<f64>() / rows as f64
}

fn by_rows<T: Real>(cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], scale: f64) -> f64 {
    let (rows, columns) = (targets.len(), classes(logits.len(), targets));
    assert_eq!(d.len(), logits.len(), "numbers of logits and gradients");
    if rows == 0 {
        return 0.0;
    }
    let scale = T::from_f64(scale / rows as f64);
    let d = Shared::new(d);
    mean(cpu, rows, columns, |first, count| {
        // SAFETY: items are disjoint rows
        let d = unsafe { d.slice(first * columns, count * columns) };
        let logits = &logits[first * columns..][..count * columns];
        run::<T, _>(CrossEntropy { d, logits, targets: &targets[first..][..count], columns, scale })
    })
}

fn value<T: Real>(cpu: &Cpu, y: &mut [T], logits: &[T], targets: &[u32]) {
    assert_eq!(y.len(), 1, "numbers that a mean is");
    let (rows, columns) = (targets.len(), classes(logits.len(), targets));
    y[0] = T::ZERO;
    if rows > 0 {
        y[0] = T::from_f64(mean(cpu, rows, columns, |first, count| {
            let logits = &logits[first * columns..][..count * columns];
            run::<T, _>(Losses { logits, targets: &targets[first..][..count], columns })
        }));
    }
}

fn gradient<T: Real>(cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], dy: &[T]) {
    assert_eq!(dy.len(), 1, "gradients of a mean");
    by_rows(cpu, d, logits, targets, dy[0].to_f64());
}

struct CrossEntropy<'a, T> {
    d: &'a mut [T],
    logits: &'a [T],
    targets: &'a [u32],
    columns: usize,
    scale: T,
}

impl<T: Real> Work for CrossEntropy<'_, T> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let CrossEntropy { d, logits, targets, columns, scale } = self;
        let mut loss = 0.0;
        let rows = d.chunks_exact_mut(columns).zip(logits.chunks_exact(columns));
        for ((d, x), target) in rows.zip(targets) {
            let target = *target as usize;
            let (top, sum) = exponentials::<T, S>(d, x);
            loss += (ln(sum) + (top - x[target])).to_f64();
            multiply::<T, S>(d, scale / sum);
            d[target] = d[target] - scale;
        }
        loss
    }
}

struct Losses<'a, T> {
    logits: &'a [T],
    targets: &'a [u32],
    columns: usize,
}

impl<T: Real> Work for Losses<'_, T> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let Losses { logits, targets, columns } = self;
        let mut loss = 0.0;
        for (x, target) in logits.chunks_exact(columns).zip(targets) {
            let (top, sum) = sum_of_exponentials::<T, S>(x);
            loss += (ln(sum) + (top - x[*target as usize])).to_f64();
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::processor::same_bits;

    fn numbers<T: Real>(count: usize) -> Vec<T> {
        let stream = Random::new(1, 0).stream(0);
        (0..count as u64).map(|i| T::from_f64(20.0 * stream.uniform(i) as f64 - 10.0)).collect()
    }
    /// Softmax of a row.
    fn reference<T: Real>(x: &[T]) -> Vec<f64> {
        let top = x.iter().map(|x| x.to_f64()).fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = x.iter().map(|x| (x.to_f64() - top).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.iter().map(|e| e / sum).collect()
    }
    fn check<T: Real>(cpu: &Cpu, unit: f64) -> Vec<u64> {
        let mut bits = vec![];
        for (rows, columns) in
            [(0, 3), (1, 1), (1, 10), (7, 10), (5, 16), (5, 17), (3, 100), (1, 1000), (3000, 10)]
        {
            let x = numbers::<T>(rows * columns);
            let targets: Vec<u32> = (0..rows).map(|r| (r * 7 % columns) as u32).collect();
            let mut d = vec![T::ZERO; x.len()];
            let loss = softmax_cross_entropy(cpu, &mut d, &x, &targets, 3.0);
            let mut want_loss = 0.0;
            for r in 0..rows {
                let at = r * columns..(r + 1) * columns;
                let want = reference(&x[at.clone()]);
                want_loss -= want[targets[r] as usize].ln() / rows as f64;
                for (c, want) in want.iter().enumerate() {
                    let hot = if c == targets[r] as usize { 1.0 } else { 0.0 };
                    let want = 3.0 / rows as f64 * (want - hot);
                    let d = d[at.start + c].to_f64();
                    assert!((d - want).abs() <= unit * 20.0 / rows as f64, "{rows} {columns}: {d} {want}");
                }
            }
            assert!((loss - want_loss).abs() <= unit * 20.0, "{rows} {columns}: {loss} {want_loss}");
            bits.push(loss.to_bits());
            bits.extend(d.iter().map(|y| y.to_f64().to_bits()));
            // apart they are the same
            let (mut y, mut again) = ([T::from_f64(f64::NAN)], vec![T::from_f64(f64::NAN); x.len()]);
            forward(cpu, &mut y, &x, &targets);
            backward(cpu, &mut again, &x, &targets, &[T::from_f64(3.0)]);
            assert_eq!((y[0], again), (T::from_f64(loss), d), "{rows} {columns}");
        }
        bits
    }

    #[test]
    fn against_double_precision() {
        same_bits(|cpu| check::<f32>(cpu, 1.2e-7), |cpu| check::<f64>(cpu, 1e-15));
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let cpu = Cpu::new(1);
        let mut d = [0.0f32; 3];
        let loss = softmax_cross_entropy(&cpu, &mut d, &[1e30, 0.0, -1e30], &[0], 1.0);
        assert!(loss == 0.0 && d.iter().all(|d| d.abs() < 1e-37));
    }

    #[test]
    #[should_panic(expected = "0 targets for 3 logits")]
    fn logits_have_targets() {
        softmax_cross_entropy(&Cpu::new(1), &mut [0.0f32; 3], &[0.0; 3], &[], 1.0);
    }

    #[test]
    #[should_panic(expected = "target 3 of 3 classes")]
    fn targets_are_classes_of_the_value_too() {
        forward(&Cpu::new(1), &mut [0.0f32], &[0.0; 3], &[3]);
    }

    #[test]
    #[should_panic(expected = "target 3 of 3 classes")]
    fn targets_are_classes() {
        softmax_cross_entropy(&Cpu::new(1), &mut [0.0f32; 3], &[0.0; 3], &[3], 1.0);
    }
}
