//! Extremes over the middle axis of `x[outer][len][inner]`, and where they are.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{better, block, each_rows, extreme, fold, inlined, put};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::{elements, middle, rows};
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
    /// The gradient of the largest over the axes `axes` of `x`, which has the sizes `shape`, from the result's gradient:
    /// `dy / count` at each of the `count` numbers that are the largest, 0 elsewhere; NaN where the largest is NaN.
    ///
    /// # Panics
    /// If lengths do not fit, or there is nothing to choose from.
    pub fn backward<T>(
        cpu: &Cpu, dx: &mut [T], x: &[T], dy: &[T], shape: &[usize], axes: Range<usize>,
    ) = gradients::<T, false>;
    /// The gradient of the smallest, as [`backward`] is that of the largest.
    ///
    /// # Panics
    /// If lengths do not fit, or there is nothing to choose from.
    pub fn amin_backward<T>(
        cpu: &Cpu, dx: &mut [T], x: &[T], dy: &[T], shape: &[usize], axes: Range<usize>,
    ) = gradients::<T, true>;
    /// The position of the largest over the axes `axes` of `x`, which has the sizes `shape`, in row-major order of these
    /// axes: `at` has the others. Of several the first, and of a NaN before all others.
    ///
    /// # Panics
    /// If lengths do not fit, there is nothing to choose from, or more than a `u32` counts.
    pub fn argmax<T>(cpu: &Cpu, at: &mut [u32], x: &[T], shape: &[usize], axes: Range<usize>) = position;
    /// The largest over the axes `axes` of `x`, which has the sizes `shape`, and its position in row-major order of these
    /// axes: `y` and `at` have the others. Of several the first, and of a NaN before all others.
    ///
    /// # Panics
    /// If lengths do not fit, there is nothing to choose from, or more than a `u32` counts.
    pub fn max_with_indices<T>(
        cpu: &Cpu, y: &mut [T], at: &mut [u32], x: &[T], shape: &[usize], axes: Range<usize>,
    ) = largest;
    /// `dx[outer][len][inner]`, which is `dy[outer][inner]` at the positions `at[outer][inner]` of the middle axis and 0
    /// elsewhere.
    ///
    /// # Panics
    /// If lengths do not fit, or a position is none of `len`.
    pub fn max_with_indices_backward<T>(
        cpu: &Cpu, dx: &mut [T], at: &[u32], dy: &[T], len: usize, inner: usize,
    ) = scatter;
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

fn gradients<T: Real, const SMALLEST: bool>(
    cpu: &Cpu,
    dx: &mut [T],
    x: &[T],
    dy: &[T],
    shape: &[usize],
    axes: Range<usize>,
) {
    assert_eq!(dx.len(), x.len(), "numbers and their gradients");
    let [outer, len, inner] = middle(dy.len(), x.len(), shape, axes);
    if dx.is_empty() {
        return;
    }
    let dx = Shared::new(dx);
    each_rows(cpu, outer, len * inner, |first, count| {
        let (at, numbers) = (first * len * inner, count * len * inner);
        // SAFETY: items are disjoint rows
        let dx = unsafe { dx.slice(at, numbers) };
        let dy = &dy[first * inner..][..count * inner];
        run::<T, _>(Adjoint::<T, SMALLEST> { dx, x: &x[at..at + numbers], dy, len, inner })
    });
}

struct Adjoint<'a, T, const SMALLEST: bool> {
    dx: &'a mut [T],
    x: &'a [T],
    dy: &'a [T],
    len: usize,
    inner: usize,
}

impl<T: Real, const SMALLEST: bool> Work for Adjoint<'_, T, SMALLEST> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Adjoint { dx, x, dy, len, inner } = self;
        let rows = x.chunks_exact(len * inner).zip(dy.chunks_exact(inner));
        for (dx, (x, dy)) in dx.chunks_exact_mut(len * inner).zip(rows) {
            if inner == 1 {
                let y = extreme::<T, SMALLEST>(x);
                let count = equal(x, y);
                // of a NaN, which nothing is equal to, both are NaN
                let (share, nothing) = (dy[0] / count, T::ZERO / count);
                for i in 0..len {
                    dx[i] = if x[i] == y { share } else { nothing };
                }
                continue;
            }
            for first in (0..inner).step_by(LANES) {
                columns::<T, S, SMALLEST>(dx, x, dy, first);
            }
        }
    }
}

inlined! {
    /// How many numbers of a row are `y`.
    fn equal<T: Real>(x: &[T], y: T) -> T {
        let (whole, rest) = x.as_chunks::<LANES>();
        let mut counts = [T::ZERO; LANES];
        for x in whole {
            for l in 0..LANES {
                counts[l] = counts[l] + if x[l] == y { T::ONE } else { T::ZERO };
            }
        }
        for (count, x) in counts.iter_mut().zip(rest) {
            *count = *count + if *x == y { T::ONE } else { T::ZERO };
        }
        fold(counts)
    }
}

inlined! {
    /// The gradients of a block of columns, from column `first` on, in rows as long as `dy`.
    #[allow(clippy::eq_op, reason = "only what is not a number is unequal to itself")]
    fn columns<T: Real, S: Simd; const SMALLEST: bool>(dx: &mut [T], x: &[T], dy: &[T], first: usize) {
        let inner = dy.len();
        let mut best = block::<T, S>(x, first, T::ZERO);
        // 0, or NaN: two simple choices a lane are vectors, where one of both conditions is not
        let mut odd = [T::ZERO; LANES];
        for x in x.chunks_exact(inner) {
            let x = block::<T, S>(x, first, T::ZERO);
            for l in 0..LANES {
                let beyond = if SMALLEST { x[l] < best[l] } else { x[l] > best[l] };
                best[l] = if beyond { x[l] } else { best[l] };
            }
            for l in 0..LANES {
                odd[l] = if x[l] == x[l] { odd[l] } else { x[l] };
            }
        }
        for l in 0..LANES {
            best[l] = best[l] + odd[l];
        }
        let mut count = [T::ZERO; LANES];
        for x in x.chunks_exact(inner) {
            let x = block::<T, S>(x, first, T::ZERO);
            for l in 0..LANES {
                count[l] = count[l] + if x[l] == best[l] { T::ONE } else { T::ZERO };
            }
        }
        let (mut share, mut nothing) = (block::<T, S>(dy, first, T::ZERO), [T::ZERO; LANES]);
        for l in 0..LANES {
            share[l] = share[l] / count[l];
            nothing[l] = T::ZERO / count[l];
        }
        for (dx, x) in dx.chunks_exact_mut(inner).zip(x.chunks_exact(inner)) {
            let mut lanes = block::<T, S>(x, first, T::ZERO);
            for l in 0..LANES {
                lanes[l] = if lanes[l] == best[l] { share[l] } else { nothing[l] };
            }
            put::<T, S>(dx, first, lanes);
        }
    }
}

/// Calls `put(i, position)` for every number `i` that comes out, on all threads.
fn positions<T: Real>(
    cpu: &Cpu,
    x: &[T],
    [outer, len, inner]: [usize; 3],
    put: impl Fn(usize, u32, T) + Sync,
) {
    if outer == 0 || inner == 0 {
        return;
    }
    assert!(u32::try_from(len - 1).is_ok(), "{len} positions are more than a u32 counts");
    each_rows(cpu, outer, len * inner, |first, count| {
        for o in first..first + count {
            let x = &x[o * len * inner..][..len * inner];
            for i in 0..inner {
                let (mut best, mut position) = (x[i], 0);
                for p in 1..len {
                    if better::<T, false>(x[p * inner + i], best) {
                        (best, position) = (x[p * inner + i], p as u32);
                    }
                }
                put(o * inner + i, position, best);
            }
        }
    });
}

fn position<T: Real>(cpu: &Cpu, at: &mut [u32], x: &[T], shape: &[usize], axes: Range<usize>) {
    let sizes = middle(at.len(), x.len(), shape, axes);
    let at = Shared::new(at);
    // SAFETY: every number comes out once
    positions(cpu, x, sizes, |i, position, _| unsafe { *at.part(i, 1) = position });
}

fn largest<T: Real>(cpu: &Cpu, y: &mut [T], at: &mut [u32], x: &[T], shape: &[usize], axes: Range<usize>) {
    assert_eq!(y.len(), at.len(), "largest numbers and their positions");
    let sizes = middle(y.len(), x.len(), shape, axes);
    let (y, at) = (Shared::new(y), Shared::new(at));
    positions(cpu, x, sizes, |i, position, best| {
        // SAFETY: every number comes out once
        unsafe { (*y.part(i, 1), *at.part(i, 1)) = (best, position) }
    });
}

fn scatter<T: Real>(cpu: &Cpu, dx: &mut [T], at: &[u32], dy: &[T], len: usize, inner: usize) {
    assert_eq!(at.len(), dy.len(), "positions and gradients");
    let outer = rows(dy.len(), inner);
    assert_eq!(dx.len(), elements(&[outer, len, inner]), "numbers of {outer} x {len} x {inner}");
    let worst = at.iter().max().map_or(0, |worst| *worst as usize);
    assert!(at.is_empty() || worst < len, "position {worst} of {len}");
    if dx.is_empty() {
        return;
    }
    let dx = Shared::new(dx);
    each_rows(cpu, outer, len * inner, |first, count| {
        // SAFETY: items are disjoint rows
        let dx = unsafe { dx.slice(first * len * inner, count * len * inner) };
        dx.fill(T::ZERO);
        for o in 0..count {
            for i in 0..inner {
                let from = (first + o) * inner + i;
                dx[(o * len + at[from] as usize) * inner + i] = dy[from];
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
                    let [mut top, mut low, mut largest] = [(); 3].map(|_| vec![f32::NAN; outer * inner]);
                    let [mut at, mut again] = [(); 2].map(|_| vec![u32::MAX; outer * inner]);
                    let [mut d_top, mut d_low, mut d_at] = [(); 3].map(|_| vec![f32::NAN; x.len()]);
                    let dy: Vec<f32> = (0..outer * inner).map(|k| k as f32 + 1.0).collect();
                    let shape = [outer, len, inner];
                    forward(&cpu, &mut top, &x, &shape, 1..2);
                    amin_forward(&cpu, &mut low, &x, &shape, 1..2);
                    argmax(&cpu, &mut at, &x, &shape, 1..2);
                    max_with_indices(&cpu, &mut largest, &mut again, &x, &shape, 1..2);
                    assert_eq!((&largest, &again), (&top, &at), "{shape:?}");
                    backward(&cpu, &mut d_top, &x, &dy, &shape, 1..2);
                    amin_backward(&cpu, &mut d_low, &x, &dy, &shape, 1..2);
                    max_with_indices_backward(&cpu, &mut d_at, &at, &dy, len, inner);
                    for o in 0..outer {
                        for i in 0..inner {
                            let row: Vec<f32> = (0..len).map(|p| x[(o * len + p) * inner + i]).collect();
                            let want = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                            let least = row.iter().copied().fold(f32::INFINITY, f32::min);
                            let place = row.iter().position(|x| *x == want).expect("it is there");
                            let k = o * inner + i;
                            assert_eq!((top[k], low[k], at[k]), (want, least, place as u32), "{shape:?}");
                            let share = |y: f32| dy[k] / row.iter().filter(|x| **x == y).count() as f32;
                            let slope = |x: f32, y: f32| if x == y { share(y) } else { 0.0 };
                            for (p, x) in row.iter().enumerate() {
                                let d = (o * len + p) * inner + i;
                                let picked = if p == place { dy[k] } else { 0.0 };
                                let wanted = (slope(*x, want), slope(*x, least), picked);
                                assert_eq!((d_top[d], d_low[d], d_at[d]), wanted, "{shape:?}");
                            }
                        }
                    }
                });
            }
        }
    }

    #[test]
    fn what_is_no_number_comes_before_all() {
        let (cpu, mut at) = (Cpu::new(1), [0]);
        let mut x = [1.0f32; 40];
        (x[20], x[30]) = (f32::NAN, f32::NAN);
        for shape in [[1, 40, 1], [1, 20, 2]] {
            let (mut y, mut at) = (vec![0.0; shape[2]], vec![0; shape[2]]);
            forward(&cpu, &mut y, &x, &shape, 1..2);
            assert!(y[0].is_nan(), "{shape:?}");
            amin_forward(&cpu, &mut y, &x, &shape, 1..2);
            assert!(y[0].is_nan(), "{shape:?}");
            max_with_indices(&cpu, &mut y, &mut at, &x, &shape, 1..2);
            assert!(y[0].is_nan() && at[0] == (20 / shape[2]) as u32, "{shape:?}");
            // as PyTorch's: the gradient of what is equal to nothing is 0 / 0
            let mut dx = [0.0; 40];
            backward(&cpu, &mut dx, &x, &vec![1.0; shape[2]], &shape, 1..2);
            assert!(dx.iter().step_by(shape[2]).all(|d| d.is_nan()), "{shape:?}: {dx:?}");
        }
        argmax(&cpu, &mut at, &x, &[40], 0..1);
        assert_eq!(at, [20]);
    }

    #[test]
    #[should_panic(expected = "position 3 of 3")]
    fn positions_are_there() {
        max_with_indices_backward(&Cpu::new(1), &mut [0.0f32; 3], &[3], &[1.0], 3, 1);
    }
}
