//! Parts of rows moved from one place to another: what slicing, padding and joining along an axis come down to.

use crate::cpu::sizes::elements;
use crate::cpu::{Cpu, Real, Shared, kernel};

kernel! {
    /// `y[…, i, …] = x[…, start + i, …]` along `axis` of `x`, which has the sizes `shape`; as many as `y` has room for.
    ///
    /// # Panics
    /// If they are not there, or lengths do not fit.
    pub fn forward<T>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axis: usize, start: usize) = slice;
    /// `x`, which has the sizes `shape`, with `before` elements along `axis` before it and as many after it as `y` has
    /// room for, all of them `value`.
    ///
    /// # Panics
    /// If there is no room, or lengths do not fit.
    pub fn pad<T>(
        cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axis: usize, before: usize, value: f64,
    ) = padded;
    /// All of `parts` one after the other along `axis`; `shape` are the sizes of the first.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn concat<T>(cpu: &Cpu, y: &mut [T], parts: &[&[T]], shape: &[usize], axis: usize) = joined;
}

/// Numbers per item of work.
const ITEM: usize = 16 * 1024;

/// Rows of so many numbers, and where in them a part begins.
#[derive(Clone, Copy)]
struct Part {
    row: usize,
    start: usize,
}

/// How many matrices lie along the axes before `axis`, and how many numbers in a step along it.
fn around(shape: &[usize], axis: usize) -> (usize, usize) {
    assert!(axis < shape.len(), "axis {axis} of {shape:?}");
    (elements(&shape[..axis]), elements(&shape[axis + 1..]))
}

/// Writes a part of every row of `x` to a part of the same row of `y`, both `len` long; with `fill`, the rest of the
/// row is that.
fn copy<T: Real>(
    cpu: &Cpu,
    y: Shared<'_, T>,
    to: Part,
    x: &[T],
    from: Part,
    (rows, len): (usize, usize),
    fill: Option<T>,
) {
    let per_item = (ITEM / to.row.max(1)).max(1);
    cpu.each(rows.div_ceil(per_item), |_, item| {
        for row in item * per_item..(item * per_item + per_item).min(rows) {
            let x = &x[row * from.row + from.start..][..len];
            match fill {
                // SAFETY: rows are disjoint
                None => unsafe { y.slice(row * to.row + to.start, len) }.copy_from_slice(x),
                Some(value) => {
                    // SAFETY: rows are disjoint
                    let y = unsafe { y.slice(row * to.row, to.row) };
                    let (before, rest) = y.split_at_mut(to.start);
                    let (middle, after) = rest.split_at_mut(len);
                    before.fill(value);
                    middle.copy_from_slice(x);
                    after.fill(value);
                }
            }
        }
    });
}

fn slice<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axis: usize, start: usize) {
    if y.is_empty() {
        return;
    }
    let (outer, inner) = around(shape, axis);
    let length = y.len().checked_div(elements(&[outer, inner])).unwrap_or(0);
    assert_eq!(y.len(), outer * length * inner, "numbers of a slice of {shape:?}");
    assert_eq!(x.len(), elements(shape), "numbers of shape {shape:?}");
    assert!(
        start <= shape[axis] && length <= shape[axis] - start,
        "{length} elements from {start} on of {}",
        shape[axis]
    );
    let (to, from) =
        (Part { row: length * inner, start: 0 }, Part { row: shape[axis] * inner, start: start * inner });
    copy(cpu, Shared::new(y), to, x, from, (outer, length * inner), None);
}

fn padded<T: Real>(cpu: &Cpu, y: &mut [T], x: &[T], shape: &[usize], axis: usize, before: usize, value: f64) {
    if y.is_empty() {
        return;
    }
    let (outer, inner) = around(shape, axis);
    let total = y.len().checked_div(elements(&[outer, inner])).unwrap_or(0);
    assert_eq!(y.len(), outer * total * inner, "numbers of {shape:?} with padding");
    assert_eq!(x.len(), elements(shape), "numbers of shape {shape:?}");
    assert!(
        shape[axis] <= total && before <= total - shape[axis],
        "{before} before {} in {total} elements",
        shape[axis]
    );
    let len = shape[axis] * inner;
    let (to, from) = (Part { row: total * inner, start: before * inner }, Part { row: len, start: 0 });
    copy(cpu, Shared::new(y), to, x, from, (outer, len), Some(T::from_f64(value)));
}

fn joined<T: Real>(cpu: &Cpu, y: &mut [T], parts: &[&[T]], shape: &[usize], axis: usize) {
    let (outer, inner) = around(shape, axis);
    let all = parts.iter().try_fold(0usize, |all, part| all.checked_add(part.len()));
    assert_eq!(Some(y.len()), all, "numbers of all parts");
    if let Some(first) = parts.first() {
        assert_eq!(first.len(), elements(shape), "numbers of shape {shape:?}");
    }
    if y.is_empty() {
        return;
    }
    // as many along the other axes as the first part
    let others = elements(&[outer, inner]);
    let fit = others > 0 && parts.iter().all(|part| part.len().is_multiple_of(others));
    assert!(fit, "parts of {outer} rows of so many times {inner} numbers");
    let (row, y) = (y.len() / outer, Shared::new(y));
    let mut start = 0;
    for part in parts {
        let len = part.len() / outer;
        copy(cpu, y, Part { row, start }, part, Part { row: len, start: 0 }, (outer, len), None);
        start += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn along_every_axis() {
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            for (outer, size, inner) in [(1, 5, 1), (3, 4, 5), (2, 3, 9000), (30_000, 3, 2), (0, 3, 2)] {
                let shape = [outer, size, inner];
                let x: Vec<f32> = (0..outer * size * inner).map(|i| i as f32).collect();
                let at = |o: usize, s: usize, i: usize| x[(o * size + s) * inner + i];
                let mut part = vec![f32::NAN; outer * 2 * inner];
                forward(&cpu, &mut part, &x, &shape, 1, 1);
                let mut wide = vec![f32::NAN; outer * (size + 3) * inner];
                pad(&cpu, &mut wide, &x, &shape, 1, 2, -1.0);
                let mut both = vec![f32::NAN; part.len() + x.len()];
                concat(&cpu, &mut both, &[&part, &x], &[outer, 2, inner], 1);
                for o in 0..outer {
                    for i in 0..inner {
                        let along = |y: &[f32], size: usize| -> Vec<f32> {
                            (0..size).map(|s| y[(o * size + s) * inner + i]).collect()
                        };
                        let row: Vec<f32> = (0..size).map(|s| at(o, s, i)).collect();
                        assert_eq!(along(&part, 2), row[1..3]);
                        assert_eq!(along(&wide, size + 3), [&[-1.0, -1.0], &row[..], &[-1.0]].concat());
                        assert_eq!(along(&both, size + 2), [&row[1..3], &row[..]].concat());
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "parts of 2 rows of so many times 3 numbers")]
    fn parts_agree_in_all_other_axes() {
        concat(&Cpu::new(1), &mut [0.0f32; 20], &[&[0.0; 12], &[0.0; 8]], &[2, 2, 3], 1);
    }

    #[test]
    #[should_panic(expected = "2 elements from 4 on of 5")]
    fn slices_end_with_the_axis() {
        forward(&Cpu::new(1), &mut [0.0f32; 2], &[0.0; 5], &[5], 0, 4);
    }
}
