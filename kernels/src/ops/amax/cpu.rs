//! Extremes over the middle axis of `x[outer][len][inner]`, and where they are.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use crate::cpu::isa::Work;
use crate::cpu::lanes::{better, each_rows, extreme, middle, run};
use crate::cpu::simd::Simd;
use crate::cpu::{Cpu, Real, Shared, kernel};
use std::ops::Range;

kernel! {
    /// The largest over the axes `axes` of `x`, which has the sizes `shape`: `y` has the other axes. NaN where one is NaN.
    ///
    /// # Panics
    /// If lengths do not fit, or there is nothing to choose from.
    pub fn forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>) = extremes::<T, false>;
    /// The smallest over the axes `axes` of `x`, which has the sizes `shape`: `y` has the other axes. NaN where one is NaN.
    ///
    /// # Panics
    /// If lengths do not fit, or there is nothing to choose from.
    pub fn amin_forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>) = extremes::<T, true>;
    /// The position of the largest over the axes `axes` of `x`, which has the sizes `shape`, in row-major order of these
    /// axes: `y` has the others. Of several the first, and of a NaN before all others.
    ///
    /// # Panics
    /// If lengths do not fit, or there is nothing to choose from.
    pub fn argmax<T>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>) = position;
}

fn extremes<T: Real, const SMALLEST: bool>(
    cpu: &Cpu,
    y: &mut [T],
    x: &[T],
    shape: &[usize],
    axes: Range<usize>,
) {
    let [outer, len, inner] = middle(y.len(), x.len(), shape, axes);
    if y.is_empty() {
        return;
    }
    let y = Shared::new(y);
    each_rows(cpu, outer, len * inner, |first, count| {
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(first * inner, count * inner) };
        let x = &x[first * len * inner..][..count * len * inner];
        run::<T, _>(Extremes::<T, SMALLEST> { y, x, len, inner })
    });
}

struct Extremes<'a, T, const SMALLEST: bool> {
    y: &'a mut [T],
    x: &'a [T],
    len: usize,
    inner: usize,
}

impl<T: Real, const SMALLEST: bool> Work for Extremes<'_, T, SMALLEST> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Extremes { y, x, len, inner } = self;
        for (y, x) in y.chunks_exact_mut(inner).zip(x.chunks_exact(len * inner)) {
            if inner == 1 {
                y[0] = extreme::<T, SMALLEST>(x);
                continue;
            }
            y.copy_from_slice(&x[..inner]);
            for x in x.chunks_exact(inner).skip(1) {
                for i in 0..inner {
                    y[i] = if better::<T, SMALLEST>(x[i], y[i]) { x[i] } else { y[i] };
                }
            }
        }
    }
}

fn position<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: Range<usize>) {
    let [outer, len, inner] = middle(y.len(), x.len(), shape, axes);
    if y.is_empty() {
        return;
    }
    let y = Shared::new(y);
    each_rows(cpu, outer, len * inner, |first, count| {
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(first * inner, count * inner) };
        let x = &x[first * len * inner..][..count * len * inner];
        for (y, x) in y.chunks_exact_mut(inner).zip(x.chunks_exact(len * inner)) {
            for (i, y) in y.iter_mut().enumerate() {
                let mut best = 0;
                for p in 1..len {
                    if better::<T, false>(x[p * inner + i], x[best * inner + i]) {
                        best = p;
                    }
                }
                *y = T::from_f64(best as f64);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;

    #[test]
    fn over_the_middle_axis() {
        for (outer, len, inner) in [(1, 1, 1), (3, 5, 1), (2, 70, 1), (4, 5, 3), (2, 3, 40), (600, 33, 2)] {
            let stream = Random::new(1, 0).stream(0);
            // few values, so that there are ties
            let count = (outer * len * inner) as u64;
            let x: Vec<f32> = (0..count).map(|i| (stream.uniform(i) * 20.0).floor() - 10.0).collect();
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let [mut top, mut low, mut at] = [(); 3].map(|_| vec![f32::NAN; outer * inner]);
                    let shape = [outer, len, inner];
                    forward(&cpu, &mut top, &x, &shape, 1..2);
                    amin_forward(&cpu, &mut low, &x, &shape, 1..2);
                    argmax(&cpu, &mut at, &x, &shape, 1..2);
                    for o in 0..outer {
                        for i in 0..inner {
                            let row: Vec<f32> = (0..len).map(|p| x[(o * len + p) * inner + i]).collect();
                            let want = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                            let least = row.iter().copied().fold(f32::INFINITY, f32::min);
                            let place = row.iter().position(|x| *x == want).expect("it is there");
                            let k = o * inner + i;
                            assert_eq!((top[k], low[k], at[k]), (want, least, place as f32), "{shape:?}");
                        }
                    }
                });
            }
        }
    }

    #[test]
    fn what_is_no_number_comes_before_all() {
        let (cpu, mut y) = (Cpu::new(1), [0.0f32]);
        let mut x = [1.0f32; 40];
        (x[20], x[30]) = (f32::NAN, f32::NAN);
        for shape in [[1, 40, 1], [1, 20, 2]] {
            let mut y = vec![0.0; shape[2]];
            forward(&cpu, &mut y, &x, &shape, 1..2);
            assert!(y[0].is_nan(), "{shape:?}");
            amin_forward(&cpu, &mut y, &x, &shape, 1..2);
            assert!(y[0].is_nan(), "{shape:?}");
        }
        argmax(&cpu, &mut y, &x, &[40], 0..1);
        assert_eq!(y, [20.0]);
    }
}
