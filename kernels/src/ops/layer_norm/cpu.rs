//! Normalisation of rows: forward, and the gradients of what goes in and of the weight. Nothing is kept from forward
//! but what went in: a row's mean and scale are computed again while the row is in the nearest cache.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::PARTS;
use crate::cpu::isa::Work;
use crate::cpu::lanes::{Squares, block, each_rows, fold, moments, put, rows, run, total};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::{Cpu, Real, Shared, kernel};

kernel! {
    /// Every row of `columns` numbers becomes `(x - mean) / √(variance + eps) · weight + bias`; an empty `weight` is 1
    /// and an empty `bias` is 0 everywhere. The variance is that of what is there, and computed in two passes.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn forward<T>(
        cpu: &Cpu, y: &mut [T], x: &[T], weight: &[T], bias: &[T], columns: usize, eps: f64,
    ) = normalise::<T, true>;
    /// The gradient of what was normalised, from that, the weight and the result's gradient. The bias's is the sum of the
    /// result's over all rows.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn backward<T>(
        cpu: &Cpu, dx: &mut [T], x: &[T], dy: &[T], weight: &[T], columns: usize, eps: f64,
    ) = gradients::<T, true>;
    /// The gradient of the weight, from what was normalised and the result's gradient: the sum over all rows of
    /// `dy (x - mean) / √(variance + eps)`, over blocks of 64 rows, which are added up in turn, in up to sixteen parts.
    /// Works in as many numbers as [`workspace`](super::workspace) says.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn weight_backward<T>(
        cpu: &Cpu, d: &mut [T], x: &[T], dy: &[T], columns: usize, eps: f64, workspace: &mut [T],
    ) = weights::<T, true>;
    /// Every row of `columns` numbers becomes `x / √(mean of x² + eps) · weight`; an empty `weight` is 1 everywhere.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn rms_forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], weight: &[T], columns: usize, eps: f64) = rms_norm;
    /// The gradient of what was normalised by its mean square, from that, the weight and the result's gradient.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn rms_backward<T>(
        cpu: &Cpu, dx: &mut [T], x: &[T], dy: &[T], weight: &[T], columns: usize, eps: f64,
    ) = gradients::<T, false>;
    /// The gradient of the weight, from what was normalised by its mean square and the result's gradient, as
    /// [`weight_backward`].
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn rms_weight_backward<T>(
        cpu: &Cpu, d: &mut [T], x: &[T], dy: &[T], columns: usize, eps: f64, workspace: &mut [T],
    ) = weights::<T, false>;
}

fn rms_norm<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], weight: &[T], columns: usize, eps: f64) {
    normalise::<T, false>(cpu, y, x, weight, &[], columns, eps)
}

/// # Panics
/// If a parameter is there and not as long as a row.
fn fits<T>(parameter: &[T], columns: usize) {
    assert!(
        parameter.is_empty() || parameter.len() == columns,
        "{} parameters for rows of {columns}",
        parameter.len()
    );
}

/// What a row is moved by and multiplied by.
#[inline(always)]
fn standard<T: Real, S: Simd, const CENTRED: bool>(x: &[T], eps: T) -> (T, T) {
    let (mean, squares) =
        if CENTRED { moments::<T, S>(x) } else { (T::ZERO, total::<T, S>(&Squares(x, T::ZERO))) };
    (mean, T::ONE / (squares / T::from_f64(x.len() as f64) + eps).sqrt())
}

fn normalise<T: Real, const CENTRED: bool>(
    cpu: &Cpu,
    y: &mut [T],
    x: &[T],
    weight: &[T],
    bias: &[T],
    columns: usize,
    eps: f64,
) {
    assert_eq!(y.len(), x.len(), "numbers in and out");
    fits(weight, columns);
    fits(bias, columns);
    let (y, eps) = (Shared::new(y), T::from_f64(eps));
    each_rows(cpu, rows(x.len(), columns), columns, |first, count| {
        let (at, len) = (first * columns, count * columns);
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(at, len) };
        run::<T, _>(Normalise::<T, CENTRED> { y, x: &x[at..at + len], weight, bias, columns, eps })
    });
}

struct Normalise<'a, T, const CENTRED: bool> {
    y: &'a mut [T],
    x: &'a [T],
    weight: &'a [T],
    bias: &'a [T],
    columns: usize,
    eps: T,
}

impl<T: Real, const CENTRED: bool> Work for Normalise<'_, T, CENTRED> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Normalise { y, x, weight, bias, columns, eps } = self;
        for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            let (mean, scale) = standard::<T, S, CENTRED>(x, eps);
            let mut at = 0;
            while at < columns {
                let mut lanes = block::<T, S>(x, at, mean);
                for l in 0..LANES {
                    lanes[l] = (lanes[l] - mean) * scale;
                }
                if !weight.is_empty() {
                    let weight = block::<T, S>(weight, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] * weight[l];
                    }
                }
                if !bias.is_empty() {
                    let bias = block::<T, S>(bias, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] + bias[l];
                    }
                }
                put::<T, S>(y, at, lanes);
                at += LANES;
            }
        }
    }
}

fn gradients<T: Real, const CENTRED: bool>(
    cpu: &Cpu,
    dx: &mut [T],
    x: &[T],
    dy: &[T],
    weight: &[T],
    columns: usize,
    eps: f64,
) {
    assert!(dx.len() == x.len() && dy.len() == x.len(), "numbers and their gradients");
    fits(weight, columns);
    let (dx, eps) = (Shared::new(dx), T::from_f64(eps));
    each_rows(cpu, rows(x.len(), columns), columns, |first, count| {
        let (at, len) = (first * columns, count * columns);
        // SAFETY: items are disjoint rows
        let dx = unsafe { dx.slice(at, len) };
        let (x, dy) = (&x[at..at + len], &dy[at..at + len]);
        run::<T, _>(Adjoint::<T, CENTRED> { dx, x, dy, weight, columns, eps })
    });
}

struct Adjoint<'a, T, const CENTRED: bool> {
    dx: &'a mut [T],
    x: &'a [T],
    dy: &'a [T],
    weight: &'a [T],
    columns: usize,
    eps: T,
}

/// The normalised row's gradient, `g = dy · weight`, with its sum and that of `g (x - mean)`.
#[inline(always)]
fn inner<T: Real, S: Simd>(g: &mut [T], x: &[T], dy: &[T], weight: &[T], mean: T) -> (T, T) {
    let (mut plain, mut by_row) = ([T::ZERO; LANES], [T::ZERO; LANES]);
    let mut at = 0;
    while at < g.len() {
        let (mut lanes, x) = (block::<T, S>(dy, at, T::ZERO), block::<T, S>(x, at, mean));
        if !weight.is_empty() {
            let weight = block::<T, S>(weight, at, T::ZERO);
            for l in 0..LANES {
                lanes[l] = lanes[l] * weight[l];
            }
        }
        put::<T, S>(g, at, lanes);
        for l in 0..LANES {
            plain[l] = plain[l] + lanes[l];
        }
        for l in 0..LANES {
            by_row[l] = by_row[l] + lanes[l] * (x[l] - mean);
        }
        at += LANES;
    }
    (fold(plain), fold(by_row))
}

impl<T: Real, const CENTRED: bool> Work for Adjoint<'_, T, CENTRED> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Adjoint { dx, x, dy, weight, columns, eps } = self;
        let count = T::from_f64(columns as f64);
        let rows = x.chunks_exact(columns).zip(dy.chunks_exact(columns));
        for (dx, (x, dy)) in dx.chunks_exact_mut(columns).zip(rows) {
            let (mean, scale) = standard::<T, S, CENTRED>(x, eps);
            let (plain, by_row) = inner::<T, S>(dx, x, dy, weight, mean);
            let shift = if CENTRED { plain / count } else { T::ZERO };
            // of the row's scale: the normalised row's part in its own gradient
            let turn = by_row / count * (scale * scale);
            let mut at = 0;
            while at < columns {
                let (mut lanes, x) = (block::<T, S>(dx, at, T::ZERO), block::<T, S>(x, at, mean));
                for l in 0..LANES {
                    lanes[l] = ((lanes[l] - shift) - (x[l] - mean) * turn) * scale;
                }
                put::<T, S>(dx, at, lanes);
                at += LANES;
            }
        }
    }
}

/// Rows after which running sums are put aside, so that long sums do not lose precision.
const BLOCK: usize = 64;
/// Numbers per item of work at least.
const ITEM: usize = 8 * 1024;

fn weights<T: Real, const CENTRED: bool>(
    cpu: &Cpu,
    d: &mut [T],
    x: &[T],
    dy: &[T],
    columns: usize,
    eps: f64,
    workspace: &mut [T],
) {
    assert_eq!(dy.len(), x.len(), "numbers and their gradients");
    assert_eq!(d.len(), columns, "a number per column");
    assert_eq!(workspace.len(), super::workspace(columns), "numbers to work in");
    let (rows, eps) = (rows(x.len(), columns), T::from_f64(eps));
    let per_item = rows.div_ceil(PARTS).max((ITEM / columns.max(1)).max(1));
    let parts = rows.div_ceil(per_item);
    // whole cache lines, so that no two members write one
    let wide = columns.next_multiple_of(16);
    let shared = Shared::new(workspace);
    cpu.each(parts, |_, item| {
        let (first, last) = (item * per_item, (item * per_item + per_item).min(rows));
        // SAFETY: every item has its own part
        let part = unsafe { shared.slice(item * 2 * wide, 2 * wide) };
        let (sums, buffer) = part.split_at_mut(wide);
        let (sums, buffer) = (&mut sums[..columns], &mut buffer[..columns]);
        let (x, dy) = (&x[first * columns..last * columns], &dy[first * columns..last * columns]);
        run::<T, _>(Weights::<T, CENTRED> { sums, buffer, x, dy, eps })
    });
    d.fill(T::ZERO);
    for sums in workspace.chunks_exact(2 * wide.max(1)).take(parts) {
        d.iter_mut().zip(sums).for_each(|(d, sum)| *d = *d + *sum);
    }
}

/// Sums of all columns over some rows.
struct Weights<'a, T, const CENTRED: bool> {
    sums: &'a mut [T],
    buffer: &'a mut [T],
    x: &'a [T],
    dy: &'a [T],
    eps: T,
}

impl<T: Real, const CENTRED: bool> Work for Weights<'_, T, CENTRED> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Weights { sums, buffer, x, dy, eps } = self;
        sums.fill(T::ZERO);
        let columns = sums.len();
        let block_len = BLOCK.saturating_mul(columns);
        for (x, dy) in x.chunks(block_len).zip(dy.chunks(block_len)) {
            buffer.fill(T::ZERO);
            for (x, dy) in x.chunks_exact(columns).zip(dy.chunks_exact(columns)) {
                let (mean, scale) = standard::<T, S, CENTRED>(x, eps);
                let mut at = 0;
                while at < columns {
                    let (x, dy) = (block::<T, S>(x, at, mean), block::<T, S>(dy, at, T::ZERO));
                    let mut lanes = block::<T, S>(buffer, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] + dy[l] * ((x[l] - mean) * scale);
                    }
                    put::<T, S>(buffer, at, lanes);
                    at += LANES;
                }
            }
            for i in 0..columns {
                sums[i] = sums[i] + buffer[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;

    fn numbers<T: Real>(count: usize, seed: u64, shift: f64) -> Vec<T> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| T::from_f64(shift + f64::from(stream.uniform(i)))).collect()
    }

    /// Forward, the input's gradient and the weight's, in double precision.
    fn reference<T: Real>(x: &[T], dy: &[T], w: &[T], columns: usize, centred: bool) -> [Vec<f64>; 3] {
        let mut all = [vec![], vec![], vec![0.0; columns]];
        for (x, dy) in x.chunks_exact(columns).zip(dy.chunks_exact(columns)) {
            let double = |v: &[T]| v.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
            let (x, dy, w) = (double(x), double(dy), double(w));
            let n = columns as f64;
            let mean = if centred { x.iter().sum::<f64>() / n } else { 0.0 };
            let scale = 1.0 / (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n + 1e-5).sqrt();
            let row: Vec<f64> = x.iter().map(|x| (x - mean) * scale).collect();
            let inner: Vec<f64> = dy.iter().zip(&w).map(|(d, w)| d * w).collect();
            let shift = if centred { inner.iter().sum::<f64>() / n } else { 0.0 };
            let turn = inner.iter().zip(&row).map(|(d, y)| d * y).sum::<f64>() / n;
            all[0].extend(row.iter().zip(&w).map(|(y, w)| y * w + w));
            all[1].extend(inner.iter().zip(&row).map(|(d, y)| scale * (d - shift - y * turn)));
            all[2].iter_mut().zip(dy.iter().zip(&row)).for_each(|(sum, (d, y))| *sum += d * y);
        }
        all
    }

    fn check<T: Real>(cpu: &Cpu, unit: f64) -> Vec<u64> {
        let mut bits = vec![];
        for (rows, columns) in
            [(0, 3), (1, 1), (5, 3), (2, 16), (7, 33), (1, 5000), (3000, 10), (130, 70), (2, 64 * 1024 + 40)]
        {
            let (x, dy) = (numbers::<T>(rows * columns, 1, 3.0), numbers::<T>(rows * columns, 2, -0.5));
            let w = numbers::<T>(columns, 3, 0.5);
            let mut workspace = vec![T::from_f64(f64::NAN); crate::ops::layer_norm::workspace(columns)];
            for centred in [true, false] {
                let nothing = || vec![T::from_f64(f64::NAN); rows * columns];
                let (mut y, mut dx, mut d) = (nothing(), nothing(), vec![T::from_f64(f64::NAN); columns]);
                if centred {
                    forward(cpu, &mut y, &x, &w, &w, columns, 1e-5);
                    backward(cpu, &mut dx, &x, &dy, &w, columns, 1e-5);
                    weight_backward(cpu, &mut d, &x, &dy, columns, 1e-5, &mut workspace);
                } else {
                    rms_forward(cpu, &mut y, &x, &w, columns, 1e-5);
                    y.iter_mut().enumerate().for_each(|(i, y)| *y = *y + w[i % columns]);
                    rms_backward(cpu, &mut dx, &x, &dy, &w, columns, 1e-5);
                    rms_weight_backward(cpu, &mut d, &x, &dy, columns, 1e-5, &mut workspace);
                }
                let want = reference(&x, &dy, &w, columns, centred);
                for (k, (found, want)) in [&y, &dx, &d].into_iter().zip(&want).enumerate() {
                    let largest = want.iter().fold(1.0f64, |m, x| m.max(x.abs()));
                    assert_eq!(found.len(), want.len());
                    for (found, want) in found.iter().zip(want) {
                        // a row's mean is 7 times its deviation here
                        let agree = (found.to_f64() - want).abs() <= 100.0 * unit * largest;
                        assert!(agree, "{k} of {rows} x {columns}, {centred}: {found:?} {want}");
                    }
                    bits.extend(found.iter().map(|x| x.to_f64().to_bits()));
                }
            }
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
                assert!(first.get_or_insert(bits.clone()) == &bits, "{threads} {isa:?}");
            });
            check::<f64>(&cpu, 2.3e-16);
        }
    }

    #[test]
    fn a_row_of_equal_numbers_is_its_bias() {
        let (cpu, mut y) = (Cpu::new(1), [0.0f32; 20]);
        forward(&cpu, &mut y, &[1e4; 20], &[], &[], 20, 1e-5);
        assert!(y.iter().all(|y| y.abs() < 1e-3), "{y:?}");
        forward(&cpu, &mut y, &[0.0; 20], &[], &[0.5; 10], 10, 1e-5);
        assert_eq!(y, [0.5; 20]);
    }
}
