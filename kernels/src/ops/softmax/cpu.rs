//! Softmax and its logarithm by rows, and their gradients.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{Lanes, Plain, Products, block, each_rows, extreme, fold, inlined, put, total};
use crate::cpu::math::{exp, exp_nonpositive, ln};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::rows;
use crate::cpu::{Cpu, Real, Shared, kernel};

kernel! {
    /// Every row of `columns` numbers becomes `exp(x) / sum of exp(x)`, computed from `x - max(x)`.
    ///
    /// # Panics
    /// If `x` and `y` differ in length, or `columns` does not divide it.
    pub fn forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], columns: usize) = by_rows::<T, false>;
    /// The gradient of a softmax from its result `y` and its result's gradient: `y (dy - sum of y dy)` in every row.
    ///
    /// # Panics
    /// If lengths differ, or `columns` does not divide them.
    pub fn backward<T>(cpu: &Cpu, dx: &mut [T], y: &[T], dy: &[T], columns: usize) = gradient_by_rows::<T, false>;
    /// Every row of `columns` numbers becomes `x - max(x) - ln(sum of exp(x - max(x)))`.
    ///
    /// # Panics
    /// If `x` and `y` differ in length, or `columns` does not divide it.
    pub fn log_forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], columns: usize) = by_rows::<T, true>;
    /// The gradient of a softmax's logarithm from its result `y` and its result's gradient: `dy - exp(y) · sum of dy` in
    /// every row.
    ///
    /// # Panics
    /// If lengths differ, or `columns` does not divide them.
    pub fn log_backward<T>(cpu: &Cpu, dx: &mut [T], y: &[T], dy: &[T], columns: usize) = gradient_by_rows::<T, true>;
}

fn by_rows<T: Real, const LOG: bool>(cpu: &Cpu, y: &mut [T], x: &[T], columns: usize) {
    assert_eq!(y.len(), x.len(), "numbers in and out");
    let y = Shared::new(y);
    each_rows(cpu, rows(x.len(), columns), columns, |first, count| {
        let (at, len) = (first * columns, count * columns);
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(at, len) };
        run::<T, _>(Normalise::<T, LOG> { y, x: &x[at..at + len], columns })
    });
}

fn gradient_by_rows<T: Real, const LOG: bool>(cpu: &Cpu, dx: &mut [T], y: &[T], dy: &[T], columns: usize) {
    assert!(dx.len() == y.len() && y.len() == dy.len(), "numbers of a result and of its gradient");
    let dx = Shared::new(dx);
    each_rows(cpu, rows(y.len(), columns), columns, |first, count| {
        let (at, len) = (first * columns, count * columns);
        // SAFETY: items are disjoint rows
        let dx = unsafe { dx.slice(at, len) };
        run::<T, _>(Adjoint::<T, LOG> { dx, y: &y[at..at + len], dy: &dy[at..at + len], columns })
    });
}

struct Normalise<'a, T, const LOG: bool> {
    y: &'a mut [T],
    x: &'a [T],
    columns: usize,
}

impl<T: Real, const LOG: bool> Work for Normalise<'_, T, LOG> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Normalise { y, x, columns } = self;
        for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            let (top, sum) = exponentials::<T, S>(y, x);
            if LOG {
                let sum = ln(sum);
                let mut at = 0;
                while at < columns {
                    let mut lanes = block::<T, S>(x, at, top);
                    for l in 0..LANES {
                        // near the largest both differences are exact, or small
                        lanes[l] = (lanes[l] - top) - sum;
                    }
                    put::<T, S>(y, at, lanes);
                    at += LANES;
                }
            } else {
                multiply::<T, S>(y, T::ONE / sum);
            }
        }
    }
}

struct Adjoint<'a, T, const LOG: bool> {
    dx: &'a mut [T],
    y: &'a [T],
    dy: &'a [T],
    columns: usize,
}

impl<T: Real, const LOG: bool> Work for Adjoint<'_, T, LOG> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Adjoint { dx, y, dy, columns } = self;
        let rows = y.chunks_exact(columns).zip(dy.chunks_exact(columns));
        for (dx, (y, dy)) in dx.chunks_exact_mut(columns).zip(rows) {
            let sum = if LOG { total::<T, S>(&Plain(dy)) } else { total::<T, S>(&Products(y, dy)) };
            let mut at = 0;
            while at < columns {
                let (y, d) = (block::<T, S>(y, at, T::ZERO), block::<T, S>(dy, at, T::ZERO));
                let mut lanes = [T::ZERO; LANES];
                for l in 0..LANES {
                    lanes[l] = if LOG { d[l] - exp(y[l]) * sum } else { y[l] * (d[l] - sum) };
                }
                put::<T, S>(dx, at, lanes);
                at += LANES;
            }
        }
    }
}

/// `exp(x - top)`
#[inline(always)]
pub(crate) fn terms<T: Real>(x: &Lanes<T>, top: T) -> Lanes<T> {
    let mut lanes = [T::ZERO; LANES];
    for l in 0..LANES {
        lanes[l] = exp_nonpositive(x[l] - top);
    }
    lanes
}

inlined! {
    /// `y = exp(x - max x)`; the maximum and the sum.
    pub(crate) fn exponentials<T: Real, S: Simd>(y: &mut [T], x: &[T]) -> (T, T) {
        let top = extreme::<T, false>(x);
        let mut sums = [T::ZERO; LANES];
        let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks_mut::<LANES>());
        for (y, x) in y.iter_mut().zip(x) {
            *y = terms(x, top);
            for l in 0..LANES {
                sums[l] = sums[l] + y[l];
            }
        }
        if !x_rest.is_empty() {
            let e = terms(&block::<T, S>(x_rest, 0, top), top);
            put::<T, S>(y_rest, 0, e);
            for l in 0..LANES {
                sums[l] = sums[l] + if l < x_rest.len() { e[l] } else { T::ZERO };
            }
        }
        (top, fold(sums))
    }
}

/// As [`exponentials`], bit for bit, without keeping them.
#[inline(always)]
pub(crate) fn sum_of_exponentials<T: Real, S: Simd>(x: &[T]) -> (T, T) {
    let top = extreme::<T, false>(x);
    let mut sums = [T::ZERO; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        let e = terms(x, top);
        for l in 0..LANES {
            sums[l] = sums[l] + e[l];
        }
    }
    if !rest.is_empty() {
        let e = terms(&block::<T, S>(rest, 0, top), top);
        for l in 0..LANES {
            sums[l] = sums[l] + if l < rest.len() { e[l] } else { T::ZERO };
        }
    }
    (top, fold(sums))
}

inlined! {
    /// `y *= factor`
    pub(crate) fn multiply<T: Real, S: Simd>(y: &mut [T], factor: T) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;
    use crate::cpu::processor::same_bits;

    fn numbers<T: Real>(count: usize, seed: u64) -> Vec<T> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| T::from_f64(20.0 * stream.uniform(i) as f64 - 10.0)).collect()
    }
    fn double<T: Real>(x: &[T]) -> Vec<f64> {
        x.iter().map(|x| x.to_f64()).collect()
    }

    fn check<T: Real>(cpu: &Cpu, unit: f64) -> Vec<u64> {
        let mut bits = vec![];
        for (rows, columns) in
            [(0, 3), (1, 1), (1, 10), (7, 10), (5, 16), (5, 17), (3, 100), (1, 1000), (3000, 10)]
        {
            let count = rows * columns;
            let (x, dy) = (numbers::<T>(count, 1), numbers::<T>(count, 2));
            let [mut y, mut log, mut dx, mut dlog] = [(); 4].map(|_| vec![T::from_f64(f64::NAN); count]);
            forward(cpu, &mut y, &x, columns);
            log_forward(cpu, &mut log, &x, columns);
            backward(cpu, &mut dx, &y, &dy, columns);
            log_backward(cpu, &mut dlog, &log, &dy, columns);
            for r in 0..rows {
                let at = r * columns..(r + 1) * columns;
                let [x, d, y, log, dx, dlog] =
                    [&x, &dy, &y, &log, &dx, &dlog].map(|v| double(&v[at.clone()]));
                let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
                let want: Vec<f64> = x.iter().map(|x| (x - top).exp() / sum).collect();
                let dot: f64 = want.iter().zip(&d).map(|(y, d)| y * d).sum();
                let plain: f64 = d.iter().sum();
                for c in 0..columns {
                    let close = |what: &str, found: f64, want: f64, scale: f64| {
                        let agree = (found - want).abs() <= 20.0 * unit * scale;
                        assert!(agree, "{what} {rows} {columns}: {found} {want}");
                    };
                    close("y", y[c], want[c], want[c].max(1e-3));
                    close("log y", log[c], x[c] - top - sum.ln(), 10.0);
                    close("dx", dx[c], want[c] * (d[c] - dot), 10.0);
                    // the sum's error is as large as its terms, and what is subtracted as large as the sum
                    let scale = 10.0 + want[c] * 10.0 * (columns as f64).sqrt() + (want[c] * plain).abs();
                    close("d log", dlog[c], d[c] - want[c] * plain, scale);
                }
            }
            bits.extend([&y, &log, &dx, &dlog].into_iter().flatten().map(|y| y.to_f64().to_bits()));
        }
        bits
    }

    #[test]
    fn against_double_precision() {
        same_bits(|cpu| check::<f32>(cpu, 1.2e-7), |cpu| check::<f64>(cpu, 2.3e-16));
    }

    #[test]
    fn large_numbers_and_what_is_no_number() {
        let cpu = Cpu::new(1);
        let mut y = [0.0f32; 3];
        log_forward(&cpu, &mut y, &[1e30, 0.0, -1e30], 3);
        assert_eq!(y, [0.0, -1e30, -2e30]);
        forward(&cpu, &mut y, &[0.0, f32::NAN, 0.0], 3);
        assert!(y.iter().all(|y| y.is_nan()));
    }

    #[test]
    fn what_is_infinitely_unlikely_has_a_probability_of_0() {
        const NEVER: f32 = f32::NEG_INFINITY;
        let cpu = Cpu::new(1);
        each_isa(|_| {
            for columns in [3, 16, 19, 40] {
                let x: Vec<f32> = (0..columns).map(|i| if i < columns - 2 { NEVER } else { 1e4 }).collect();
                let wanted: Vec<f32> =
                    (0..columns).map(|i| if i < columns - 2 { 0.0 } else { 0.5 }).collect();
                let d: Vec<f32> = (0..columns).map(|i| i as f32).collect();
                let [mut y, mut log, mut dx] = [(); 3].map(|_| vec![f32::NAN; columns]);
                forward(&cpu, &mut y, &x, columns);
                assert_eq!(y, wanted);
                backward(&cpu, &mut dx, &y, &d, columns);
                assert!(dx[..columns - 2].iter().all(|d| *d == 0.0), "{dx:?}");
                assert_eq!(dx[columns - 2..], [-0.25, 0.25]);
                log_forward(&cpu, &mut log, &x, columns);
                assert!(log[..columns - 2].iter().all(|y| *y == NEVER), "{log:?}");
                // the gradient of the last logarithm
                let last: Vec<f32> = (0..columns).map(|i| if i + 1 == columns { 1.0 } else { 0.0 }).collect();
                log_backward(&cpu, &mut dx, &log, &last, columns);
                assert!(dx[..columns - 2].iter().all(|d| *d == 0.0), "{dx:?}");
                assert!((dx[columns - 2] + 0.5).abs() < 1e-6 && (dx[columns - 1] - 0.5).abs() < 1e-6);
            }
            // what is this far off the largest is denormal in exact arithmetic
            let mut y = [f32::NAN; 3];
            forward(&cpu, &mut y, &[-90.0, -1e30, 0.0], 3);
            assert_eq!(y, [0.0, 0.0, 1.0]);
        });
    }
}
