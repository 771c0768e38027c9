//! Softmax, and the cross entropy of a softmax, by rows.
//!
//! A row is read in blocks of sixteen lanes, its end padded, so that rows of ten are still one vector. Sums run
//! in sixteen lanes that are folded in a fixed order.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

mod weighted;

pub(crate) use weighted::weighted_kernel;
pub use weighted::{Compared, Comparison, weighted_cross_entropy};

use crate::cpu::isa::{Work, go};
use crate::cpu::math::{exp_nonpositive, ln, max};
use crate::cpu::simd::{LANES, Portable, Simd};
use crate::cpu::{Cpu, Real, Shared};

/// Every row of `columns` numbers becomes `exp(x) / sum of exp(x)`, computed from `x - max(x)`.
///
/// # Panics
/// If `x` and `y` differ in length, or `columns` does not divide it.
#[inline]
pub fn softmax<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], columns: usize) {
    T::softmax(cpu, y, x, columns)
}

/// Mean over rows of `-ln softmax(logits)[target]`, with a row of logits per target.
/// `d = scale / rows * (softmax(logits) - 1 at the target)`, the value's gradient times `scale`; the value is
/// not scaled.
///
/// # Panics
/// If `d` and `logits` differ in length, there is not a row per target, or a target has no logit.
#[inline]
pub fn softmax_cross_entropy<T: Real>(
    cpu: &Cpu,
    d: &mut [T],
    logits: &[T],
    targets: &[u32],
    scale: f64,
) -> f64 {
    T::softmax_cross_entropy(cpu, d, logits, targets, scale)
}

/// Numbers per item of work at least.
const ITEM: usize = 4 * 1024;
/// Items at most: rows are split by their number alone, because items have sums of their own.
const PARTS: usize = 64;

pub(crate) fn softmax_kernel<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], columns: usize) {
    assert_eq!(y.len(), x.len(), "numbers in and out");
    if x.is_empty() {
        return;
    }
    assert!(columns > 0 && x.len().is_multiple_of(columns), "rows of {columns} in {} numbers", x.len());
    let rows = x.len() / columns;
    let per_item = (ITEM / columns).max(1);
    let y = Shared::new(y);
    cpu.each(rows.div_ceil(per_item), |_, item| {
        let first = item * per_item;
        let count = per_item.min(rows - first);
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(first * columns, count * columns) };
        let work = Softmax { y, x: &x[first * columns..][..count * columns], columns };
        if T::WIDE { go(work) } else { work.run::<Portable>() }
    });
}

pub(crate) fn kernel<T: Real>(cpu: &Cpu, d: &mut [T], logits: &[T], targets: &[u32], scale: f64) -> f64 {
    let rows = targets.len();
    assert_eq!(d.len(), logits.len(), "numbers of logits and gradients");
    if rows == 0 {
        return 0.0;
    }
    let columns = logits.len() / rows;
    assert!(columns > 0 && columns * rows == logits.len(), "{rows} targets for {} logits", logits.len());
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
        let sum = if T::WIDE { go(work) } else { work.run::<Portable>() };
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum::<f64>() / rows as f64
}

struct Softmax<'a, T> {
    y: &'a mut [T],
    x: &'a [T],
    columns: usize,
}

impl<T: Real> Work for Softmax<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Softmax { y, x, columns } = self;
        for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            let (_, sum) = exponentials::<T, S>(y, x);
            multiply::<T, S>(y, T::ONE / sum);
        }
    }
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

/// The block of `x` from `at` on, with `padding` beyond the end.
#[inline(always)]
fn block<T: Real, S: Simd>(x: &[T], at: usize, padding: T) -> [T; LANES] {
    if let Some((whole, _)) = x[at..].split_first_chunk() {
        return *whole;
    }
    let count = x.len() - at;
    // SAFETY: that many are left, fewer than a block
    let mut lanes: [T; LANES] = unsafe { S::load_part(x[at..].as_ptr(), count) };
    for l in 0..LANES {
        lanes[l] = if l < count { lanes[l] } else { padding };
    }
    lanes
}

/// Writes a block that may reach beyond the end of `y`.
#[inline(always)]
fn put<T: Real, S: Simd>(y: &mut [T], at: usize, lanes: [T; LANES]) {
    match y[at..].split_first_chunk_mut() {
        Some((whole, _)) => *whole = lanes,
        // SAFETY: that many are left, fewer than a block
        None => unsafe { S::store_part(y[at..].as_mut_ptr(), y.len() - at, lanes) },
    }
}

/// `y = exp(x - max x)`; the maximum and the sum.
#[inline(always)]
fn exponentials<T: Real, S: Simd>(y: &mut [T], x: &[T]) -> (T, T) {
    let mut tops = [x[0]; LANES];
    let mut at = 0;
    while at < x.len() {
        let x = block::<T, S>(x, at, x[0]);
        for l in 0..LANES {
            tops[l] = max(x[l], tops[l]);
        }
        at += LANES;
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            tops[l] = max(tops[l + width], tops[l]);
        }
        width /= 2;
    }
    let top = tops[0];
    let mut sums = [T::ZERO; LANES];
    let mut at = 0;
    while at < x.len() {
        let lanes = block::<T, S>(x, at, top);
        let mut e = [T::ZERO; LANES];
        for l in 0..LANES {
            e[l] = exp_nonpositive(lanes[l] - top);
        }
        put::<T, S>(y, at, e);
        for l in 0..LANES {
            sums[l] = sums[l] + if l < x.len() - at { e[l] } else { T::ZERO };
        }
        at += LANES;
    }
    (top, fold(sums))
}

/// The sum of all lanes, in one order.
#[inline(always)]
fn fold<T: Real>(mut sums: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            sums[l] = sums[l] + sums[l + width];
        }
        width /= 2;
    }
    sums[0]
}

/// `y *= factor`
#[inline(always)]
fn multiply<T: Real, S: Simd>(y: &mut [T], factor: T) {
    let mut at = 0;
    while at < y.len() {
        let mut lanes = block::<T, S>(y, at, T::ZERO);
        for l in 0..LANES {
            lanes[l] = lanes[l] * factor;
        }
        put::<T, S>(y, at, lanes);
        at += LANES;
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
            let mut y = vec![T::ZERO; x.len()];
            softmax(cpu, &mut y, &x, columns);
            let mut d = vec![T::ZERO; x.len()];
            let loss = softmax_cross_entropy(cpu, &mut d, &x, &targets, 3.0);
            let mut want_loss = 0.0;
            for r in 0..rows {
                let at = r * columns..(r + 1) * columns;
                let want = reference(&x[at.clone()]);
                want_loss -= want[targets[r] as usize].ln() / rows as f64;
                for (c, want) in want.iter().enumerate() {
                    let y = y[at.start + c].to_f64();
                    assert!((y - want).abs() <= unit * 6.0 * want.max(1e-3), "{rows} {columns}: {y} {want}");
                    let hot = if c == targets[r] as usize { 1.0 } else { 0.0 };
                    let want = 3.0 / rows as f64 * (want - hot);
                    let d = d[at.start + c].to_f64();
                    assert!((d - want).abs() <= unit * 20.0 / rows as f64, "{rows} {columns}: {d} {want}");
                }
            }
            assert!((loss - want_loss).abs() <= unit * 20.0, "{rows} {columns}: {loss} {want_loss}");
            bits.push(loss.to_bits());
            bits.extend(y.iter().chain(&d).map(|y| y.to_f64().to_bits()));
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
        let mut y = [0.0f32; 3];
        softmax(&cpu, &mut y, &[0.0, f32::NAN, 0.0], 3);
        assert!(y.iter().all(|y| y.is_nan()));
    }

    #[test]
    #[should_panic(expected = "target 3 of 3 classes")]
    fn targets_are_classes() {
        softmax_cross_entropy(&Cpu::new(1), &mut [0.0f32; 3], &[0.0; 3], &[3], 1.0);
    }
}
