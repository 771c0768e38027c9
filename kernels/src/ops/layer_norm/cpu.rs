//! Normalisation of rows: forward, and the gradients of what goes in, of the weight, and of both at once. Nothing is kept
//! from forward but what went in: a row's mean and scale are computed again while the row is in the nearest cache.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::PARTS;
use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::{Squares, blocks, each_rows, fold, load, moments, store, total};
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::rows;
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
    /// [`backward`] and [`weight_backward`] in one pass over `x` and `dy`, for a weight that is there: the same bits.
    ///
    /// # Panics
    /// If lengths do not fit.
    #[allow(clippy::too_many_arguments)]
    pub fn both_backward<T>(
        cpu: &Cpu, dx: &mut [T], d: &mut [T], x: &[T], dy: &[T], weight: &[T], columns: usize, eps: f64,
        workspace: &mut [T],
    ) = both::<T, true>;
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
    /// [`rms_backward`] and [`rms_weight_backward`] in one pass over `x` and `dy`, as [`both_backward`].
    ///
    /// # Panics
    /// If lengths do not fit.
    #[allow(clippy::too_many_arguments)]
    pub fn rms_both_backward<T>(
        cpu: &Cpu, dx: &mut [T], d: &mut [T], x: &[T], dy: &[T], weight: &[T], columns: usize, eps: f64,
        workspace: &mut [T],
    ) = both::<T, false>;
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

/// A parameter, if it is there: as long as a row, which then needs no check of its own.
#[inline(always)]
fn parameter<T>(parameter: &[T], columns: usize) -> Option<&[T]> {
    (!parameter.is_empty()).then(|| &parameter[..columns])
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
        let (weight, bias) = (parameter(weight, columns), parameter(bias, columns));
        for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            let (mean, scale) = standard::<T, S, CENTRED>(x, eps);
            blocks!((at, WHOLE) in columns, of T => {
                let mut lanes = load::<T, S, WHOLE>(x, at, mean);
                for l in 0..LANES {
                    lanes[l] = (lanes[l] - mean) * scale;
                }
                if let Some(weight) = weight {
                    let weight = load::<T, S, WHOLE>(weight, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] * weight[l];
                    }
                }
                if let Some(bias) = bias {
                    let bias = load::<T, S, WHOLE>(bias, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] + bias[l];
                    }
                }
                store::<T, S, WHOLE>(y, at, lanes);
            });
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
        let (sums, buffer) = (&mut [][..], &mut [][..]);
        run::<T, _>(Adjoint::<T, CENTRED, true, false> { dx, sums, buffer, x, dy, weight, columns, eps })
    });
}

fn weights<T: Real, const CENTRED: bool>(
    cpu: &Cpu,
    d: &mut [T],
    x: &[T],
    dy: &[T],
    columns: usize,
    eps: f64,
    workspace: &mut [T],
) {
    let eps = T::from_f64(eps);
    in_parts(cpu, d, [x, dy], columns, workspace, |_, sums, buffer, [x, dy]| {
        let (dx, weight) = (&mut [][..], &[][..]);
        run::<T, _>(Adjoint::<T, CENTRED, false, true> { dx, sums, buffer, x, dy, weight, columns, eps })
    });
}

#[allow(clippy::too_many_arguments)]
fn both<T: Real, const CENTRED: bool>(
    cpu: &Cpu,
    dx: &mut [T],
    d: &mut [T],
    x: &[T],
    dy: &[T],
    weight: &[T],
    columns: usize,
    eps: f64,
    workspace: &mut [T],
) {
    assert_eq!(dx.len(), x.len(), "numbers and their gradients");
    assert_eq!(weight.len(), columns, "a number per column");
    let (dx, eps) = (Shared::new(dx), T::from_f64(eps));
    in_parts(cpu, d, [x, dy], columns, workspace, |at, sums, buffer, [x, dy]| {
        // SAFETY: parts are disjoint rows
        let dx = unsafe { dx.slice(at, x.len()) };
        run::<T, _>(Adjoint::<T, CENTRED, true, true> { dx, sums, buffer, x, dy, weight, columns, eps })
    });
}

/// Rows after which running sums are put aside, so that long sums do not lose precision.
const BLOCK: usize = 64;
/// Numbers per item of work at least.
const ITEM: usize = 8 * 1024;

/// `d` is the sum over all rows, which is made in parts: `part` is given where it begins, its sums, a buffer, and its rows
/// of numbers and their gradients.
fn in_parts<T: Real>(
    cpu: &Cpu,
    d: &mut [T],
    [x, dy]: [&[T]; 2],
    columns: usize,
    workspace: &mut [T],
    part: impl Fn(usize, &mut [T], &mut [T], [&[T]; 2]) + Sync,
) {
    assert_eq!(dy.len(), x.len(), "numbers and their gradients");
    assert_eq!(d.len(), columns, "a number per column");
    assert_eq!(workspace.len(), super::workspace(columns), "numbers to work in");
    let rows = rows(x.len(), columns);
    let per_item = rows.div_ceil(PARTS).max((ITEM / columns.max(1)).max(1));
    let parts = rows.div_ceil(per_item);
    // whole cache lines, so that no two members write one
    let wide = columns.next_multiple_of(16);
    let shared = Shared::new(workspace);
    cpu.each(parts, |_, item| {
        let (first, last) = (item * per_item, (item * per_item + per_item).min(rows));
        // SAFETY: every item has its own part
        let room = unsafe { shared.slice(item * 2 * wide, 2 * wide) };
        let (sums, buffer) = room.split_at_mut(wide);
        let at = first * columns..last * columns;
        part(at.start, &mut sums[..columns], &mut buffer[..columns], [&x[at.clone()], &dy[at]])
    });
    d.fill(T::ZERO);
    for sums in workspace.chunks_exact(2 * wide.max(1)).take(parts) {
        d.iter_mut().zip(sums).for_each(|(d, sum)| *d = *d + *sum);
    }
}

/// The gradients of some rows: with `INPUT` into `dx`, with `WEIGHT` summed over them into `sums`.
struct Adjoint<'a, T, const CENTRED: bool, const INPUT: bool, const WEIGHT: bool> {
    dx: &'a mut [T],
    sums: &'a mut [T],
    buffer: &'a mut [T],
    x: &'a [T],
    dy: &'a [T],
    weight: &'a [T],
    columns: usize,
    eps: T,
}

/// The gradient of a normalised row, `dy · weight`.
#[inline(always)]
fn inner<T: Real, S: Simd, const WHOLE: bool>(dy: &[T], weight: Option<&[T]>, at: usize) -> [T; LANES] {
    let mut lanes = load::<T, S, WHOLE>(dy, at, T::ZERO);
    if let Some(weight) = weight {
        let weight = load::<T, S, WHOLE>(weight, at, T::ZERO);
        for l in 0..LANES {
            lanes[l] = lanes[l] * weight[l];
        }
    }
    lanes
}

impl<T: Real, const CENTRED: bool, const INPUT: bool, const WEIGHT: bool> Work
    for Adjoint<'_, T, CENTRED, INPUT, WEIGHT>
{
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Adjoint { dx, sums, buffer, x, dy, weight, columns, eps } = self;
        let number = T::from_f64(columns as f64);
        let weight = parameter(weight, columns);
        // no check of its own for what is as long as a row
        let room = if WEIGHT { columns } else { 0 };
        let (sums, buffer) = (&mut sums[..room], &mut buffer[..room]);
        sums.fill(T::ZERO);
        let rows = x.chunks_exact(columns).zip(dy.chunks_exact(columns));
        for (r, (x, dy)) in rows.enumerate() {
            if WEIGHT && r % BLOCK == 0 {
                put_aside(sums, buffer, r > 0);
            }
            let (mean, scale) = standard::<T, S, CENTRED>(x, eps);
            // the sum of the row's gradient, and that of its products with `x - mean`
            let (mut plain, mut by_row) = ([T::ZERO; LANES], [T::ZERO; LANES]);
            blocks!((at, WHOLE) in columns, of T => {
                let mut x = load::<T, S, WHOLE>(x, at, mean);
                for l in 0..LANES {
                    x[l] = x[l] - mean;
                }
                if WEIGHT {
                    let dy = load::<T, S, WHOLE>(dy, at, T::ZERO);
                    let mut lanes = load::<T, S, WHOLE>(buffer, at, T::ZERO);
                    for l in 0..LANES {
                        lanes[l] = lanes[l] + dy[l] * (x[l] * scale);
                    }
                    store::<T, S, WHOLE>(buffer, at, lanes);
                }
                if INPUT {
                    let g = inner::<T, S, WHOLE>(dy, weight, at);
                    for l in 0..LANES {
                        plain[l] = plain[l] + g[l];
                    }
                    for l in 0..LANES {
                        by_row[l] = by_row[l] + g[l] * x[l];
                    }
                }
            });
            if !INPUT {
                continue;
            }
            let dx = &mut dx[r * columns..][..columns];
            let shift = if CENTRED { fold(plain) / number } else { T::ZERO };
            // of the row's scale: the normalised row's part in its own gradient
            let turn = fold(by_row) / number * (scale * scale);
            blocks!((at, WHOLE) in columns, of T => {
                let (mut lanes, x) = (inner::<T, S, WHOLE>(dy, weight, at), load::<T, S, WHOLE>(x, at, mean));
                for l in 0..LANES {
                    lanes[l] = ((lanes[l] - shift) - (x[l] - mean) * turn) * scale;
                }
                store::<T, S, WHOLE>(dx, at, lanes);
            });
        }
        if WEIGHT {
            put_aside(sums, buffer, !x.is_empty());
        }
    }
}

/// Adds the buffer to the sums, if there is anything in it, and empties it.
#[inline(always)]
fn put_aside<T: Real>(sums: &mut [T], buffer: &mut [T], full: bool) {
    for i in 0..buffer.len() {
        if full {
            sums[i] = sums[i] + buffer[i];
        }
        buffer[i] = T::ZERO;
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
                let (mut dx_too, mut d_too) = (nothing(), vec![T::from_f64(f64::NAN); columns]);
                let both = if centred { both_backward } else { rms_both_backward };
                both(cpu, &mut dx_too, &mut d_too, &x, &dy, &w, columns, 1e-5, &mut workspace);
                let all = |numbers: &[T]| numbers.iter().map(|x| x.to_f64().to_bits()).collect::<Vec<u64>>();
                assert!(all(&dx) == all(&dx_too) && all(&d) == all(&d_too), "{rows} x {columns}, {centred}");
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
