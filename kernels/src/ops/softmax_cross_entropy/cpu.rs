//! The cross entropy of a softmax, by rows.

use crate::cpu::isa::Work;
use crate::cpu::lanes::run;
use crate::cpu::math::ln;
use crate::cpu::simd::Simd;
use crate::cpu::{Cpu, Real, Shared, kernel};
use crate::ops::softmax::cpu::{exponentials, multiply};

mod weighted;

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
}

/// Numbers per item of work at least.
const ITEM: usize = 4 * 1024;
/// Items at most: rows are split by their number alone, because items have sums of their own.
const PARTS: usize = 64;

fn by_rows<T: Real>(cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], scale: f64) -> f64 {
    let rows = targets.len();
    assert_eq!(d.len(), logits.len(), "numbers of logits and gradients");
    let columns = logits.len().checked_div(rows).unwrap_or(0);
    let fit = columns * rows == logits.len() && (columns > 0 || rows == 0);
    assert!(fit, "{rows} targets for {} logits", logits.len());
    if rows == 0 {
        return 0.0;
    }
    let worst = targets.iter().max().copied().unwrap_or(0) as usize;
    assert!(worst < columns, "target {worst} of {columns} classes");
    let scale = T::from_f64(scale / rows as f64);
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
        let work = CrossEntropy { d, logits, targets: &targets[first..][..count], columns, scale };
        let sum = run::<T, _>(work);
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum::<f64>() / rows as f64
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::{Isa, each_isa};

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
        }
        bits
    }

    #[test]
    fn against_double_precision() {
        let mut first: Option<Vec<u64>> = None;
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            each_isa(|isa| {
                let bits = check::<f32>(&cpu, 1.2e-7);
                if isa != Isa::Portable {
                    assert!(first.get_or_insert(bits.clone()) == &bits, "{threads} {isa:?}");
                }
            });
            check::<f64>(&cpu, 1e-15);
        }
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
    fn targets_are_classes() {
        softmax_cross_entropy(&Cpu::new(1), &mut [0.0f32; 3], &[0.0; 3], &[3], 1.0);
    }
}
