//! Moving numbers: transposing and broadcasting.

use std::ops::Range;

use super::kernel::kernel;
use super::processor::Cpu;
use super::real::Real;
use super::scratch::Shared;
use super::sizes::elements;

/// Axes that a shape may have.
pub const MAX_RANK: usize = 16;
/// Numbers per item of work.
const ITEM: usize = 16 * 1024;
/// Side of the square blocks in which matrices are transposed: both sides of a block stay in the nearest cache.
const SQUARE: usize = 16;

kernel! {
    /// `x` of shape `shape` with its axes permuted: axis `i` of `y` is axis `axes[i]` of `x`.
    ///
    /// # Panics
    /// If `axes` is not a permutation, there are more than [`MAX_RANK`] of them, or lengths do not fit.
    pub fn transpose<T>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: &[usize]) = transpose_kernel;
    /// `y = scale * x`, with `x` of shape `from` repeated to shape `to`. Axes are aligned at their last; those that
    /// are 1 or missing in `from` are repeated. The gradient of a sum, or with `scale = 1 / len` of a mean.
    ///
    /// # Panics
    /// If `from` cannot be repeated to `to`, that has more than [`MAX_RANK`] axes, or lengths do not fit.
    pub fn broadcast<T>(
        cpu: &Cpu, y: &mut [T], x: &[T], from: &[usize], to: &[usize], scale: f64,
    ) = broadcast_kernel;
}

fn transpose_kernel<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axes: &[usize]) {
    let rank = shape.len();
    assert!(rank <= MAX_RANK, "more than {MAX_RANK} axes");
    assert_eq!(axes.len(), rank, "number of axes");
    assert_eq!(x.len(), elements(shape), "numbers in a tensor of shape {shape:?}");
    let strides = strides(shape);
    let (mut sizes, mut steps, mut used) = ([0; MAX_RANK], [0; MAX_RANK], [false; MAX_RANK]);
    for (i, &axis) in axes.iter().enumerate() {
        assert!(axis < rank && !used[axis], "{axes:?} is not a permutation");
        used[axis] = true;
        (sizes[i], steps[i]) = (shape[axis], strides[axis]);
    }
    gather(cpu, y, x, &sizes[..rank], &steps[..rank], T::ONE);
}

/// How far apart neighbours along each axis are in memory. Where there are no numbers, nobody asks.
fn strides(shape: &[usize]) -> [usize; MAX_RANK] {
    let (mut strides, mut stride) = ([0; MAX_RANK], 1usize);
    for (to, size) in strides[..shape.len()].iter_mut().zip(shape).rev() {
        *to = stride;
        stride = stride.saturating_mul(*size);
    }
    strides
}

fn broadcast_kernel<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], from: &[usize], to: &[usize], scale: f64) {
    let rank = to.len();
    assert!(rank <= MAX_RANK, "more than {MAX_RANK} axes");
    assert!(from.len() <= rank, "{from:?} has more axes than {to:?}");
    assert_eq!(x.len(), elements(from), "numbers in a tensor of shape {from:?}");
    let (mut steps, strides) = ([0; MAX_RANK], strides(from));
    for (i, &size) in from.iter().enumerate() {
        let axis = rank - from.len() + i;
        assert!(size == 1 || size == to[axis], "{from:?} does not repeat to {to:?}");
        steps[axis] = if size == 1 { 0 } else { strides[i] };
    }
    gather(cpu, y, x, to, &steps[..rank], T::from_f64(scale));
}

/// An axis of a copy: so many, so far apart in source and destination.
#[derive(Clone, Copy, Default)]
struct Axis {
    size: usize,
    x: usize,
    y: usize,
}

/// `y[..]`, a tensor of shape `sizes`, from `x` with the given strides, times `scale`.
fn gather<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], sizes: &[usize], steps: &[usize], scale: T) {
    assert_eq!(y.len(), elements(sizes), "numbers in a tensor of shape {sizes:?}");
    if y.is_empty() {
        return;
    }
    let (axes, rank) = merge(sizes, steps);
    let mut axes = &axes[..rank];
    let y = Shared::new(y);
    let Some((&last, others)) = axes.split_last() else {
        // SAFETY: one number, not shared
        unsafe { *y.part(0, 1) = x[0] * scale };
        return;
    };
    // The axis that is contiguous in x, if the last is not.
    let swap = if last.x > 1 { others.iter().position(|axis| axis.x == 1) } else { None };
    let mut rest = [Axis::default(); MAX_RANK];
    if let Some(q) = swap {
        rest[..q].copy_from_slice(&axes[..q]);
        rest[q..rank - 2].copy_from_slice(&axes[q + 1..rank - 1]);
        let across = axes[q];
        axes = &rest[..rank - 2];
        // an item is some rows of one matrix, or some matrices
        let band = (ITEM / last.size).max(1).next_multiple_of(SQUARE);
        let bands = across.size.div_ceil(band);
        let count: usize = axes.iter().map(|axis| axis.size).product();
        let per_item = (ITEM / (across.size * last.size)).max(1);
        let units = count * bands;
        let block = |from: usize, to: usize, rows: Range<usize>, columns: Range<usize>| {
            for r in rows {
                // SAFETY: items are disjoint rows of disjoint matrices
                let y = unsafe { y.slice(to + r * across.y + columns.start, columns.len()) };
                for (c, y) in columns.clone().zip(y) {
                    *y = x[from + r + c * last.x] * scale;
                }
            }
        };
        cpu.each(units.div_ceil(per_item), |_, item| {
            let first = item * per_item;
            let mut walk = Walk::new(axes, first / bands);
            for unit in first..(first + per_item).min(units) {
                let Walk { x: from, y: to, .. } = walk;
                if across.size <= SQUARE && last.size <= SQUARE {
                    block(from, to, 0..across.size, 0..last.size);
                } else {
                    let first = unit % bands * band;
                    let end = (first + band).min(across.size);
                    for top in (first..end).step_by(SQUARE) {
                        for left in (0..last.size).step_by(SQUARE) {
                            let (bottom, right) = ((top + SQUARE).min(end), (left + SQUARE).min(last.size));
                            block(from, to, top..bottom, left..right);
                        }
                    }
                }
                // several units are whole matrices
                walk.step();
            }
        });
        return;
    }
    let rows: usize = others.iter().map(|axis| axis.size).product();
    let per_item = (ITEM / last.size).max(1);
    cpu.each(rows.div_ceil(per_item), |_, item| {
        let first = item * per_item;
        let mut walk = Walk::new(others, first);
        for _ in first..(first + per_item).min(rows) {
            let from = walk.x;
            // SAFETY: rows are disjoint
            let y = unsafe { y.slice(walk.y, last.size) };
            match last.x {
                0 => y.fill(x[from] * scale),
                1 if scale == T::ONE => y.copy_from_slice(&x[from..from + last.size]),
                1 => y.iter_mut().zip(&x[from..from + last.size]).for_each(|(y, x)| *y = *x * scale),
                _ => y.iter_mut().enumerate().for_each(|(i, y)| *y = x[from + i * last.x] * scale),
            }
            walk.step();
        }
    });
}

/// Drops axes of one, and joins neighbours that lie in memory as one axis would.
fn merge(sizes: &[usize], steps: &[usize]) -> ([Axis; MAX_RANK], usize) {
    let mut axes = [Axis::default(); MAX_RANK];
    let mut rank = 0;
    for (&size, &x) in sizes.iter().zip(steps) {
        if size == 1 {
            continue;
        }
        if rank > 0 && axes[rank - 1].x == x * size {
            axes[rank - 1].size *= size;
            axes[rank - 1].x = x;
        } else {
            axes[rank] = Axis { size, x, y: 0 };
            rank += 1;
        }
    }
    let mut stride = 1;
    for axis in axes[..rank].iter_mut().rev() {
        axis.y = stride;
        stride *= axis.size;
    }
    (axes, rank)
}

/// Where a combination of the axes' indices lies in source and destination. From one combination to the next there is
/// nothing to divide.
struct Walk<'a> {
    axes: &'a [Axis],
    indices: [usize; MAX_RANK],
    x: usize,
    y: usize,
}

impl<'a> Walk<'a> {
    /// At combination `index`.
    fn new(axes: &'a [Axis], mut index: usize) -> Self {
        let mut walk = Walk { axes, indices: [0; MAX_RANK], x: 0, y: 0 };
        for (i, axis) in axes.iter().enumerate().rev() {
            walk.indices[i] = index % axis.size;
            index /= axis.size;
            walk.x += walk.indices[i] * axis.x;
            walk.y += walk.indices[i] * axis.y;
        }
        walk
    }
    /// To the next combination; from the last to the first.
    fn step(&mut self) {
        for (index, axis) in self.indices.iter_mut().zip(self.axes).rev() {
            *index += 1;
            self.x += axis.x;
            self.y += axis.y;
            if *index < axis.size {
                return;
            }
            *index = 0;
            self.x -= axis.size * axis.x;
            self.y -= axis.size * axis.y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every index of `shape`.
    fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
        shape.iter().fold(vec![vec![]], |all, &size| {
            all.iter().flat_map(|head| (0..size).map(move |i| [&head[..], &[i]].concat())).collect()
        })
    }
    fn at(shape: &[usize], index: &[usize]) -> usize {
        shape.iter().zip(index).fold(0, |at, (size, i)| at * size + i)
    }
    fn numbers(shape: &[usize]) -> Vec<f32> {
        (0..shape.iter().product()).map(|i| i as f32).collect()
    }

    #[test]
    fn transposes() {
        let cases: &[(&[usize], &[usize])] = &[
            (&[], &[]),
            (&[5], &[0]),
            (&[3, 4], &[1, 0]),
            (&[37, 130], &[1, 0]),
            (&[2, 3, 4], &[0, 2, 1]),
            (&[2, 3, 4], &[2, 1, 0]),
            (&[2, 3, 4], &[1, 2, 0]),
            (&[2, 3, 4], &[1, 0, 2]),
            (&[3, 1, 5, 2], &[3, 1, 0, 2]),
            (&[9, 17, 5, 20], &[0, 3, 1, 2]),
            (&[9, 17, 5, 20], &[2, 0, 3, 1]),
            (&[150, 20, 30], &[0, 2, 1]),
            (&[9000, 2, 3], &[0, 2, 1]),
            (&[5, 1700, 3, 2], &[1, 3, 0, 2]),
            (&[20_000, 3], &[1, 0]),
            (&[3, 20_000], &[1, 0]),
            (&[0, 3], &[1, 0]),
        ];
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            for (shape, axes) in cases {
                let x = numbers(shape);
                let mut y = vec![-1.0; x.len()];
                transpose(&cpu, &mut y, &x, shape, axes);
                let to: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
                for index in indices(shape) {
                    let moved: Vec<usize> = axes.iter().map(|&axis| index[axis]).collect();
                    assert_eq!(y[at(&to, &moved)], x[at(shape, &index)], "{shape:?} {axes:?} {index:?}");
                }
            }
        }
    }

    #[test]
    fn broadcasts() {
        let cases: &[(&[usize], &[usize])] = &[
            (&[], &[2, 3]),
            (&[1], &[4]),
            (&[3], &[3]),
            (&[3], &[5, 3]),
            (&[5, 1], &[5, 3]),
            (&[2, 1, 4], &[2, 3, 4]),
            (&[1, 3, 1], &[2, 3, 4]),
            (&[7, 1], &[300, 7, 20]),
            (&[1, 1], &[0, 1]),
        ];
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            for (from, to) in cases {
                let x = numbers(from);
                let mut y = vec![-1.0; to.iter().product()];
                broadcast(&cpu, &mut y, &x, from, to, 0.5);
                for index in indices(to) {
                    let tail = &index[to.len() - from.len()..];
                    let source: Vec<usize> =
                        tail.iter().zip(*from).map(|(i, size)| if *size == 1 { 0 } else { *i }).collect();
                    assert_eq!(y[at(to, &index)], 0.5 * x[at(from, &source)], "{from:?} {to:?} {index:?}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "are too large")]
    fn numbers_that_cannot_be_counted_are_not_transposed() {
        transpose::<f32>(&Cpu::new(1), &mut [], &[], &[1 << (usize::BITS - 1), 2], &[1, 0]);
    }

    #[test]
    #[should_panic(expected = "are too large")]
    fn nothing_is_not_repeated_to_more_than_can_be_counted() {
        broadcast(&Cpu::new(1), &mut [], &[1.0f32], &[1], &[1 << (usize::BITS - 1), 2], 1.0);
    }
}
