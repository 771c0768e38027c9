//! Sums, each in one order that depends on sizes alone.

use super::isa::Work;
use super::isa::run;
use super::kernel::kernel;
use super::processor::Cpu;
use super::real::Real;
use super::rule::{Block, Map, Rows, Source};
use super::scratch::{Scratch, Shared};
use super::simd::{LANES, Simd, read};
use super::sizes::elements;
use super::states::{Updatable, scaled};
use super::update::{UpdateArea, UpdateBlock};

/// Columns that are summed together.
const TILE: usize = 4 * LANES;
/// Rows after which running sums are put aside, so that long sums do not lose precision.
const BLOCK: usize = 64;
/// Numbers per item of work.
const ITEM: usize = 16 * 1024;

kernel! {
    /// `y[o][i] = scale * sum over p of x[o][p][i]`, for `x[outer][len][inner]`; a mean has `scale = 1 / len`.
    ///
    /// Sums run over `p` in ascending order, in blocks of 64 that are added up in turn; where `inner` is below 64,
    /// `64 / inner` neighbours in `p` make sums of their own, which are added up pairwise.
    ///
    /// # Panics
    /// If the length of `y` is not a multiple of `inner`, or that of `x` not `len` times as much.
    pub fn sum<T>(cpu: &Cpu, y: &mut [T], x: &[T], len: usize, inner: usize, scale: f64) = sum_kernel;
    /// The gradient of `to` is what [`sum`] computes.
    pub(super) fn sum_update<T>(
        cpu: &Cpu, to: &mut Updatable<'_, T>, x: &[T], len: usize, inner: usize, scale: f64,
    ) = sum_update_kernel;
}

/// `y` = the sum of the rows of `x`, as many numbers each as `y` has: as [`sum`].
///
/// # Panics
/// If `x` has not `rows` times the length of `y`.
#[inline]
pub fn column_sums<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], rows: usize) {
    let columns = y.len();
    sum(cpu, y, x, rows, columns, 1.0)
}

fn sum_kernel<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], len: usize, inner: usize, scale: f64) {
    let scale = T::from_f64(scale);
    let count = y.len();
    let y = Shared::new(y);
    sums(cpu, count, x, len, inner, &|at, sums| {
        // SAFETY: every sum is handed over once
        let y = unsafe { y.slice(at, sums.len()) };
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = *sum * scale;
        }
    });
}

fn sum_update_kernel<T: Real>(
    cpu: &Cpu,
    to: &mut Updatable<'_, T>,
    x: &[T],
    len: usize,
    inner: usize,
    scale: f64,
) {
    let scale = T::from_f64(scale);
    if len == 1 {
        // a sum of one number is that number
        return scaled(cpu, to, x, scale);
    }
    let (length, rule) = (to.len(), to.rule());
    let states = to.shared();
    sums(cpu, length, x, len, inner, &|at, sums| {
        // SAFETY: every sum is handed over once, so blocks are disjoint; `part` checks that they are inside
        rule.block(unsafe {
            UpdateBlock::new(UpdateArea {
                rows: 1,
                columns: sums.len(),
                gradient: sums.as_ptr(),
                gradient_row: 0,
                scale: &scale,
                scale_row: 0,
                states: states.part(at, sums.len()),
                state_row: 0,
                count: states.count(),
            })
        });
    });
}

/// Hands over all `count` sums, some at a time, as `done(at, sums)`.
fn sums<T: Real>(
    cpu: &Cpu,
    count: usize,
    x: &[T],
    len: usize,
    inner: usize,
    done: &(dyn Fn(usize, &[T]) + Sync),
) {
    assert_eq!(x.len(), elements(&[count, len]), "numbers to sum");
    if count == 0 {
        return;
    }
    assert!(inner > 0 && count.is_multiple_of(inner), "{count} sums in rows of {inner}");
    // A unit is a tile of columns of one matrix [len][inner].
    let tiles = inner.div_ceil(TILE);
    let units = count / inner * tiles;
    let per_item = (ITEM / (len * inner.min(TILE)).max(1)).max(1);
    cpu.each(units.div_ceil(per_item), |_, item| {
        let units = item * per_item..(item * per_item + per_item).min(units);
        if tiles == 1 && len * inner <= TILE {
            // so little that vectors, and choosing them, cost more than they bring
            for o in units {
                let sums = short(&x[o * len * inner..][..len * inner], inner);
                done(o * inner, &sums[..inner]);
            }
            return;
        }
        for unit in units {
            let (o, first) = (unit / tiles, unit % tiles * TILE);
            let work = Columns { x: &x[o * len * inner..][..len * inner], inner, first };
            let sums = run::<T, _>(work);
            done(o * inner + first, &sums.as_flattened()[..TILE.min(inner - first)]);
        }
    });
}

/// Sums of all columns of a matrix of at most [`TILE`] numbers, in the order in which [`Columns`] adds them.
#[inline]
fn short<T: Real>(x: &[T], inner: usize) -> [T; TILE] {
    let mut total = [T::ZERO; TILE];
    for (total, x) in total.iter_mut().zip(x) {
        // of -0 the sum is 0
        *total = *total + *x;
    }
    halve(&mut total, x.len() / inner, inner);
    total
}

/// Adds up `rows` rows of `inner` numbers in place, halves to halves.
#[inline(always)]
fn halve<T: Real>(total: &mut [T], mut rows: usize, inner: usize) {
    while rows > 1 {
        let half = rows.div_ceil(2);
        for at in 0..(rows - half) * inner {
            total[at] = total[at] + total[half * inner + at];
        }
        rows = half;
    }
}

/// Sums of the columns from `first` on of a matrix with rows of `inner`, up to [`TILE`] of them.
struct Columns<'a, T> {
    x: &'a [T],
    inner: usize,
    first: usize,
}

type Tile<T> = [[T; LANES]; TILE / LANES];

impl<T: Real> Work for Columns<'_, T> {
    type Out = Tile<T>;
    #[inline(always)]
    fn run<S: Simd>(self) -> Tile<T> {
        let Columns { x, inner, first } = self;
        if inner >= TILE {
            // The last tile ends with the row and may begin within the tile before it.
            let start = first.min(inner - TILE);
            let total = tile_sums::<T, S>(x, start, inner, x.len() / inner);
            if start == first {
                return total;
            }
            let mut shifted = [[T::ZERO; LANES]; TILE / LANES];
            let keep = TILE - (first - start);
            shifted.as_flattened_mut()[..keep].copy_from_slice(&total.as_flattened()[first - start..]);
            return shifted;
        }
        // As many rows as fit make one long row, and their sums are added up at the end.
        let rows = (TILE / inner).min((x.len() / inner).max(1));
        let long = rows * inner;
        let mut total = tile_sums::<T, S>(x, 0, long, x.len().div_ceil(long));
        halve(total.as_flattened_mut(), rows, inner);
        total
    }
}

/// `[p]`: sum of `x[start + p + stride * row]` over the rows; where `x` ends early, of what there is. Lanes
/// from `stride` on are not meaningful.
#[inline(always)]
fn tile_sums<T: Real, S: Simd>(x: &[T], start: usize, stride: usize, rows: usize) -> Tile<T> {
    let mut total = [[T::ZERO; LANES]; TILE / LANES];
    // rows of which a whole tile may be read
    let whole = if x.len() < start + TILE { 0 } else { ((x.len() - start - TILE) / stride + 1).min(rows) };
    let mut row = 0;
    while row < whole {
        let end = (row + BLOCK).min(whole);
        // Four names, not an array: an array would live in memory.
        let (mut a, mut b) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        let (mut c, mut d) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        while row < end {
            // SAFETY: a whole tile, by the choice of `whole`
            let tile: Tile<T> = unsafe { read(x.as_ptr().wrapping_add(start + row * stride)) };
            for l in 0..LANES {
                a[l] = a[l] + tile[0][l];
            }
            for l in 0..LANES {
                b[l] = b[l] + tile[1][l];
            }
            for l in 0..LANES {
                c[l] = c[l] + tile[2][l];
            }
            for l in 0..LANES {
                d[l] = d[l] + tile[3][l];
            }
            row += 1;
        }
        for l in 0..LANES {
            total[0][l] = total[0][l] + a[l];
            total[1][l] = total[1][l] + b[l];
            total[2][l] = total[2][l] + c[l];
            total[3][l] = total[3][l] + d[l];
        }
    }
    while row < rows {
        let rest = &x[start + row * stride..];
        let rest = &rest[..rest.len().min(stride)];
        for (total, part) in total.iter_mut().zip(rest.chunks(LANES)) {
            // SAFETY: as long as the part
            let part = unsafe {
                match part.as_chunks::<LANES>() {
                    ([whole], _) => *whole,
                    _ => S::load_part(part.as_ptr(), part.len()),
                }
            };
            for l in 0..LANES {
                total[l] = total[l] + part[l];
            }
        }
        row += 1;
    }
    total
}

/// Sums over long blocks are split into at most this many items, by length alone, with a sum each.
const PARTS: usize = 64;

/// Sum over `0..len` of what `part(at, len)` returns for its parts, added up in order.
fn in_parts(cpu: &Cpu, len: usize, part: impl Fn(&mut Scratch, usize, usize) -> f64 + Sync) -> f64 {
    let size = len.div_ceil(PARTS).next_multiple_of(TILE).max(ITEM);
    let items = len.div_ceil(size);
    let mut sums = [0.0; PARTS];
    let shared = Shared::new(&mut sums);
    cpu.each(items, |scratch, item| {
        let at = item * size;
        let sum = part(scratch, at, size.min(len - at));
        // SAFETY: every item has its own
        unsafe { *shared.part(item, 1) = sum };
    });
    sums[..items].iter().sum()
}

kernel! {
    /// Sum of squares, computed in `f64`: of 64 lanes each, which are added up in turn. For a norm over several
    /// blocks, add theirs up.
    pub fn sum_of_squares<T>(cpu: &Cpu, x: &[T]) -> f64 = sum_of_squares_kernel;
}

fn sum_of_squares_kernel<T: Real>(cpu: &Cpu, x: &[T]) -> f64 {
    in_parts(cpu, x.len(), |_, at, len| run::<T, _>(InDouble(&x[at..at + len], Square)))
}

/// `f` of every number, summed in `f64`.
struct InDouble<'a, T, F>(&'a [T], F);
trait Function {
    fn at(&self, x: f64) -> f64;
}
struct Square;
impl Function for Square {
    #[inline(always)]
    fn at(&self, x: f64) -> f64 {
        x * x
    }
}
struct Same;
impl Function for Same {
    #[inline(always)]
    fn at(&self, x: f64) -> f64 {
        x
    }
}

impl<T: Real, F: Function> Work for InDouble<'_, T, F> {
    type Out = f64;
    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let InDouble(x, f) = self;
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        let (blocks, rest) = x.as_chunks::<{ 2 * LANES }>();
        for x in blocks {
            for l in 0..LANES {
                a[l] += f.at(x[l].to_f64());
            }
            for l in 0..LANES {
                b[l] += f.at(x[LANES + l].to_f64());
            }
        }
        for (l, x) in rest.iter().enumerate() {
            a[l % LANES] += f.at(x.to_f64());
        }
        for l in 0..LANES {
            a[l] += b[l];
        }
        let mut width = LANES / 2;
        while width > 0 {
            for l in 0..width {
                a[l] += a[l + width];
            }
            width /= 2;
        }
        a[0]
    }
}

/// A loss of single numbers: `d[i] = scale * slope(y[i], t[i])`; returns the sum of `value(y[i], t[i])`, added
/// up in `f64` and not scaled.
///
/// # Panics
/// If `d`, `y` and `t` differ in length.
#[inline]
pub fn elementwise_loss<T: Real>(
    cpu: &Cpu,
    d: &mut [T],
    y: &[T],
    t: &[T],
    scale: f64,
    value: &dyn Map<T, 2>,
    slope: &dyn Map<T, 2>,
) -> f64 {
    loss(cpu, d, y, t, scale, value, slope)
}
kernel! {
    fn loss<T>(
        cpu: &Cpu, d: &mut [T], y: &[T], t: &[T], scale: f64, value: &dyn Rows<T>, slope: &dyn Rows<T>,
    ) -> f64 = elementwise_loss_kernel;
}

/// Values of a loss are summed from a buffer of this many.
const VALUES: usize = 1024;
/// Numbers of working memory that this needs at most.
pub(super) const ROOM: usize = VALUES;

fn elementwise_loss_kernel<T: Real>(
    cpu: &Cpu,
    d: &mut [T],
    y: &[T],
    t: &[T],
    scale: f64,
    value: &dyn Rows<T>,
    slope: &dyn Rows<T>,
) -> f64 {
    assert!(d.len() == y.len() && d.len() == t.len(), "outputs and targets of different lengths");
    let (len, scale) = (d.len(), T::from_f64(scale));
    let d = Shared::new(d);
    in_parts(cpu, len, |scratch, at, len| {
        let buffer = &mut scratch.numbers(VALUES)[..VALUES];
        let mut sum = 0.0;
        for at in (at..at + len).step_by(VALUES).map(|from| from..(from + VALUES).min(at + len)) {
            let source =
                |x: &[T]| Source { base: x[at.clone()].as_ptr(), row: 0, advance: Source::<T>::ADVANCE };
            let inputs = [source(y), source(t)];
            let values = &mut buffer[..at.len()];
            // SAFETY: inputs and values are as long as the block
            value.rows(unsafe { Block::new(1, at.len(), values.as_mut_ptr(), 0, &inputs) });
            sum += run::<T, _>(InDouble(values, Same));
            // SAFETY: items are disjoint
            let d = unsafe { d.slice(at.start, at.len()) };
            // SAFETY: as above
            slope.rows(unsafe { Block::new(1, at.len(), d.as_mut_ptr(), 0, &inputs) });
            for d in d {
                *d = *d * scale;
            }
        }
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::{each_isa, go};

    crate::rule! {
        Squared(y, t) = (y - t) * (y - t);
        Slope(y, t) = 2.0 * (y - t)
    }

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| stream.uniform(i) - 0.5).collect()
    }

    /// To the sign of 0.
    #[test]
    fn short_matrices_have_the_bits_of_all_others() {
        for inner in 1..=TILE {
            for len in 1..=TILE / inner {
                let mut x = numbers(len * inner, 5);
                x.iter_mut().step_by(3).for_each(|x| *x = -0.0);
                each_isa(|_| {
                    let long = go(Columns { x: &x, inner, first: 0 });
                    let bits = |sums: &[f32]| sums[..inner].iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    assert_eq!(bits(&short(&x, inner)), bits(long.as_flattened()), "{len} {inner}");
                });
            }
        }
    }

    #[test]
    fn sums_over_the_middle_axis() {
        let mut sizes =
            vec![(1, 100_000, 1), (1, 3000, 7), (300, 1, 5), (40_000, 3, 2), (2, 700, 200), (1, 128, 512)];
        for outer in [0, 1, 3] {
            for len in [0, 1, 2, 5, 63, 64, 65, 130] {
                for inner in [1, 2, 3, 10, 16, 31, 33, 63, 64, 65, 100, 130] {
                    sizes.push((outer, len, inner));
                }
            }
        }
        for (outer, len, inner) in sizes {
            let x = numbers(outer * len * inner, 1);
            let mut want = vec![0.0f64; outer * inner];
            for (i, x) in x.iter().enumerate() {
                want[i / (len * inner) * inner + i % inner] += *x as f64;
            }
            let mut first: Option<Vec<f32>> = None;
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let mut y = vec![f32::NAN; outer * inner];
                    sum(&cpu, &mut y, &x, len, inner, 0.25);
                    for (y, want) in y.iter().zip(&want) {
                        let bound = 1e-7 * (2.0 + (len as f64).sqrt());
                        assert!((*y as f64 - 0.25 * want).abs() < bound, "{outer} {len} {inner}: {y} {want}");
                    }
                    assert_eq!(first.get_or_insert(y.clone()), &y);
                });
            }
        }
    }

    #[test]
    fn sums_of_squares_and_losses() {
        for len in [0, 1, 31, 33, 1024, 1025, 100_000] {
            let (y, t) = (numbers(len, 1), numbers(len, 2));
            let squares: f64 = y.iter().map(|y| (*y as f64).powi(2)).sum();
            let value: f64 = y.iter().zip(&t).map(|(y, t)| ((y - t) * (y - t)) as f64).sum();
            let mut first: Option<[u64; 2]> = None;
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let got = sum_of_squares(&cpu, &y);
                    assert!((got - squares).abs() <= 1e-12 * squares);
                    let mut d = vec![0.0; len];
                    let loss = elementwise_loss(&cpu, &mut d, &y, &t, 0.5, &Squared, &Slope);
                    assert!((loss - value).abs() <= 1e-12 * value, "{loss} {value}");
                    assert!(d.iter().zip(&y).zip(&t).all(|((d, y), t)| *d == y - t));
                    let bits = [got.to_bits(), loss.to_bits()];
                    assert_eq!(*first.get_or_insert(bits), bits);
                });
            }
        }
    }
}
