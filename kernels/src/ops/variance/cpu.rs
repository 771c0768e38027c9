//! Variance over the middle axis of `x[outer][len][inner]`, in two passes: the mean, then squares about it.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{block, each_rows, moments, put};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::middle;
use crate::cpu::{Cpu, Real, Shared, kernel};
use std::ops::Range;

kernel! {
    /// The variance over the axes `axes` of `x`, which has the sizes `shape`: `Σ (x - mean)² / (len - correction)`,
    /// `len` numbers lying along them. `y` has the other axes.
    ///
    /// # Panics
    /// If lengths do not fit, or nothing lies along the axes.
    pub fn forward<T>(
        cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>, correction: f64,
    ) = variances;
    /// The gradient of a variance from what went in and its result's gradient: `2 (x - mean) dy / (len - correction)`.
    ///
    /// # Panics
    /// If lengths do not fit, or nothing lies along the axes.
    pub fn backward<T>(
        cpu: &Cpu, dx: &mut [T], x: &[T], dy: &[T], shape: &[usize], axes: Range<usize>, correction: f64,
    ) = gradients;
}

/// Columns that are summed together, as many as a member's stack has room for.
const TILE: usize = 4 * LANES;
/// Rows after which running sums are put aside, so that long sums do not lose precision.
const BLOCK: usize = 64;

fn variances<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>, correction: f64) {
    let [outer, len, inner] = middle(y.len(), x.len(), shape, axes);
    if y.is_empty() {
        return;
    }
    let scale = T::from_f64(1.0 / (len as f64 - correction).max(0.0));
    let y = Shared::new(y);
    each_rows(cpu, outer, len * inner, |first, count| {
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(first * inner, count * inner) };
        let x = &x[first * len * inner..][..count * len * inner];
        run::<T, _>(Variances { y, x, len, inner, scale })
    });
}

struct Variances<'a, T> {
    y: &'a mut [T],
    x: &'a [T],
    len: usize,
    inner: usize,
    scale: T,
}

impl<T: Real> Work for Variances<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Variances { y, x, len, inner, scale } = self;
        for (y, x) in y.chunks_exact_mut(inner).zip(x.chunks_exact(len * inner)) {
            if inner == 1 {
                y[0] = moments::<T, S>(x).1 * scale;
                continue;
            }
            for first in (0..inner).step_by(TILE) {
                let y = &mut y[first..inner.min(first + TILE)];
                let mean = means(&x[first..], inner, y.len(), len);
                let squares = sums::<T, true>(&x[first..], inner, y.len(), &mean);
                for i in 0..y.len() {
                    y[i] = squares[i] * scale;
                }
            }
        }
    }
}

fn gradients<T: Real>(
    cpu: &Cpu,
    dx: &mut [T],
    x: &[T],
    dy: &[T],
    shape: &[usize],
    axes: Range<usize>,
    correction: f64,
) {
    assert_eq!(dx.len(), x.len(), "numbers and their gradients");
    let [outer, len, inner] = middle(dy.len(), x.len(), shape, axes);
    if dx.is_empty() {
        return;
    }
    let scale = T::from_f64(2.0 / (len as f64 - correction).max(0.0));
    let dx = Shared::new(dx);
    each_rows(cpu, outer, len * inner, |first, count| {
        let (at, numbers) = (first * len * inner, count * len * inner);
        // SAFETY: items are disjoint rows
        let dx = unsafe { dx.slice(at, numbers) };
        let dy = &dy[first * inner..][..count * inner];
        run::<T, _>(Adjoint { dx, x: &x[at..at + numbers], dy, len, inner, scale })
    });
}

struct Adjoint<'a, T> {
    dx: &'a mut [T],
    x: &'a [T],
    dy: &'a [T],
    len: usize,
    inner: usize,
    scale: T,
}

impl<T: Real> Work for Adjoint<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Adjoint { dx, x, dy, len, inner, scale } = self;
        let rows = x.chunks_exact(len * inner).zip(dy.chunks_exact(inner));
        for (dx, (x, dy)) in dx.chunks_exact_mut(len * inner).zip(rows) {
            if inner == 1 {
                let (mean, factor) = (moments::<T, S>(x).0, scale * dy[0]);
                let mut at = 0;
                while at < len {
                    let mut lanes = block::<T, S>(x, at, mean);
                    for l in 0..LANES {
                        lanes[l] = (lanes[l] - mean) * factor;
                    }
                    put::<T, S>(dx, at, lanes);
                    at += LANES;
                }
                continue;
            }
            for first in (0..inner).step_by(TILE) {
                let wide = TILE.min(inner - first);
                let mean = means(&x[first..], inner, wide, len);
                let dy = &dy[first..first + wide];
                for p in 0..len {
                    let at = p * inner + first;
                    let (dx, x) = (&mut dx[at..at + wide], &x[at..at + wide]);
                    for i in 0..wide {
                        dx[i] = (x[i] - mean[i]) * (scale * dy[i]);
                    }
                }
            }
        }
    }
}

/// The means of the first `wide` columns of rows `inner` apart.
#[inline(always)]
fn means<T: Real>(x: &[T], inner: usize, wide: usize, len: usize) -> [T; TILE] {
    let mut mean = sums::<T, false>(x, inner, wide, &[T::ZERO; TILE]);
    let len = T::from_f64(len as f64);
    mean.iter_mut().for_each(|mean| *mean = *mean / len);
    mean
}

/// Sums over the rows of the first `wide` columns, or of the squares about `mean`.
#[inline(always)]
fn sums<T: Real, const SQUARES: bool>(x: &[T], inner: usize, wide: usize, mean: &[T; TILE]) -> [T; TILE] {
    let mut total = [T::ZERO; TILE];
    for rows in x.chunks(BLOCK.saturating_mul(inner)) {
        let mut sums = [T::ZERO; TILE];
        for x in rows.chunks(inner) {
            let x = &x[..wide];
            for i in 0..wide {
                let c = x[i] - mean[i];
                sums[i] = sums[i] + if SQUARES { c * c } else { x[i] };
            }
        }
        for i in 0..TILE {
            total[i] = total[i] + sums[i];
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;

    #[test]
    fn far_from_zero_and_however_split() {
        for (outer, len, inner) in [(1, 2, 1), (3, 5, 1), (2, 4000, 1), (4, 5, 3), (2, 130, 70), (600, 33, 2)]
        {
            let stream = Random::new(1, 0).stream(0);
            let count = (outer * len * inner) as u64;
            // a large mean: one pass over sums of squares would find nothing
            let x: Vec<f32> = (0..count).map(|i| 1000.0 + stream.uniform(i)).collect();
            let mut first: Option<Vec<f32>> = None;
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let (mut y, mut dx) = (vec![f32::NAN; outer * inner], vec![f32::NAN; x.len()]);
                    let dy = vec![0.5; y.len()];
                    forward(&cpu, &mut y, &x, &[outer, len, inner], 1..2, 1.0);
                    backward(&cpu, &mut dx, &x, &dy, &[outer, len, inner], 1..2, 1.0);
                    for (k, y) in y.iter().enumerate() {
                        let at = |p: usize| (k / inner * len + p) * inner + k % inner;
                        let row: Vec<f64> = (0..len).map(|p| f64::from(x[at(p)])).collect();
                        let mean = row.iter().sum::<f64>() / len as f64;
                        let want = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (len as f64 - 1.0);
                        assert!(
                            (f64::from(*y) - want).abs() < 2e-3 * want.max(1e-3),
                            "{len} {inner}: {y} {want}"
                        );
                        for p in 0..len {
                            let want = (row[p] - mean) / (len as f64 - 1.0);
                            assert!((f64::from(dx[at(p)]) - want).abs() < 1e-3 / len as f64);
                        }
                    }
                    let all = [&y[..], &dx].concat();
                    assert!(first.get_or_insert(all.clone()) == &all, "{outer} {len} {inner}");
                });
            }
        }
    }
}
