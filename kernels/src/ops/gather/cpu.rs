//! Rows by their numbers: copied from a table, and added up in one.

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::lanes::each_rows;
use crate::cpu::simd::{LANES, Simd};
use crate::cpu::sizes::{elements, rows};
use crate::cpu::{Cpu, Real, Shared, kernel};
use std::ops::Range;

kernel! {
    /// `y[n][j] = table[indices[n]][j]`, in rows of `columns` numbers.
    ///
    /// # Panics
    /// If lengths do not fit, or an index has no row.
    pub fn forward<T>(cpu: &Cpu, y: &mut [T], table: &[T], indices: &[u32], columns: usize) = gather;
    /// The same, but `fill` in the rows whose index is `padding`.
    ///
    /// # Panics
    /// If lengths do not fit, or an index has no row.
    pub fn filled<T>(
        cpu: &Cpu, y: &mut [T], table: &[T], indices: &[u32], columns: usize, padding: usize, fill: f64,
    ) = gather_filled;
    /// `d[i][j] = Σ dy[n][j]` over all `n` with `indices[n] = i`, in their order, in rows of `columns` numbers; 0 in rows
    /// that no index names.
    ///
    /// # Panics
    /// If lengths do not fit, or an index has no row.
    pub fn scatter<T>(cpu: &Cpu, d: &mut [T], indices: &[u32], dy: &[T], columns: usize) = add_all;
    /// The same, but 0 in the row `padding`.
    ///
    /// # Panics
    /// If lengths do not fit, or an index has no row.
    pub fn scatter_without<T>(
        cpu: &Cpu, d: &mut [T], indices: &[u32], dy: &[T], columns: usize, padding: usize,
    ) = add_others;
    /// `y[n]` is 0 where `indices[n]` is `value`, else 1.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn not_equal<T>(cpu: &Cpu, y: &mut [T], indices: &[u32], value: usize) = differ;
}

/// The positions of `indices`, sorted by them, those of equal ones in their order.
///
/// # Panics
/// If there are not as many positions.
pub fn order(_: &Cpu, at: &mut [u32], indices: &[u32]) {
    assert_eq!(at.len(), indices.len(), "positions and indices");
    (0..).zip(at.iter_mut()).for_each(|(n, at)| *at = n);
    // no two are equal: what is in place sorts them as well
    at.sort_unstable_by_key(|n| (indices[*n as usize], *n));
}

/// Demands that there is a row for every index, and a row of as many `numbers` of its own.
///
/// # Panics
/// If there is none.
fn fit(table: usize, numbers: usize, indices: &[u32], columns: usize) {
    assert_eq!(
        numbers,
        elements(&[indices.len(), columns]),
        "rows of {columns} for {} indices",
        indices.len()
    );
    let count = rows(table, columns);
    let worst = indices.iter().max().map_or(0, |worst| *worst as usize);
    assert!(indices.is_empty() || columns == 0 || worst < count, "index {worst} of {count} rows");
}

fn gather<T: Real>(cpu: &Cpu, y: &mut [T], table: &[T], indices: &[u32], columns: usize) {
    copy(cpu, y, table, indices, columns, None);
}

fn gather_filled<T: Real>(
    cpu: &Cpu,
    y: &mut [T],
    table: &[T],
    indices: &[u32],
    columns: usize,
    padding: usize,
    fill: f64,
) {
    copy(cpu, y, table, indices, columns, Some((padding, T::from_f64(fill))));
}

fn copy<T: Real>(
    cpu: &Cpu,
    y: &mut [T],
    table: &[T],
    indices: &[u32],
    columns: usize,
    filled: Option<(usize, T)>,
) {
    fit(table.len(), y.len(), indices, columns);
    if y.is_empty() {
        return;
    }
    let y = Shared::new(y);
    each_rows(cpu, indices.len(), columns, |first, count| {
        // SAFETY: items are disjoint rows
        let y = unsafe { y.slice(first * columns, count * columns) };
        for (y, index) in y.chunks_exact_mut(columns).zip(&indices[first..first + count]) {
            let index = *index as usize;
            match filled {
                Some((padding, fill)) if index == padding => y.fill(fill),
                _ => y.copy_from_slice(&table[index * columns..][..columns]),
            }
        }
    });
}

fn add_all<T: Real>(cpu: &Cpu, d: &mut [T], indices: &[u32], dy: &[T], columns: usize) {
    add(cpu, d, indices, dy, columns, None);
}

fn add_others<T: Real>(cpu: &Cpu, d: &mut [T], indices: &[u32], dy: &[T], columns: usize, padding: usize) {
    add(cpu, d, indices, dy, columns, Some(padding));
}

/// Numbers of an item at least.
const ITEM: usize = 32 * 1024;
/// Items at most that look at every index.
const ITEMS: usize = 16;

/// How many parts rows, and how many parts columns are divided into. A large table is divided by rows, which lie together,
/// and into no more parts than there are columns: so indices are compared no more often than numbers are added. A small one
/// is divided by columns: it stays in the cache, and all parts have as much to add, whatever the indices.
fn parts(table: usize, added: usize, columns: usize) -> (usize, usize) {
    let by_rows = (table / ITEM).clamp(1, ITEMS.min(columns.max(1)));
    let by_columns = if by_rows == 1 { (added / ITEM).clamp(1, (columns / LANES).max(1)) } else { 1 };
    (by_rows, by_columns)
}

fn add<T: Real>(cpu: &Cpu, d: &mut [T], indices: &[u32], dy: &[T], columns: usize, padding: Option<usize>) {
    fit(d.len(), dy.len(), indices, columns);
    if d.is_empty() {
        return;
    }
    let count = d.len() / columns;
    let (by_rows, by_columns) = parts(d.len(), dy.len(), columns);
    let (tall, wide) = (count.div_ceil(by_rows), columns.div_ceil(by_columns).next_multiple_of(LANES));
    let by_columns = columns.div_ceil(wide);
    let d = Shared::new(d);
    cpu.each(count.div_ceil(tall) * by_columns, |_, item| {
        let (row, column) = (item / by_columns * tall, item % by_columns * wide);
        let (rows, part) = (row..(row + tall).min(count), column..(column + wide).min(columns));
        run::<T, _>(Sums { d, indices, dy, columns, rows, part, padding });
    });
}

/// A part of all rows of the table, which nobody else writes.
struct Sums<'a, T> {
    d: Shared<'a, T>,
    indices: &'a [u32],
    dy: &'a [T],
    columns: usize,
    rows: Range<usize>,
    part: Range<usize>,
    padding: Option<usize>,
}

impl<T: Real> Work for Sums<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Sums { d, indices, dy, columns, rows, part, padding } = self;
        let own = |row: usize| {
            // SAFETY: items are disjoint parts of rows, and of one item one row is borrowed at a time
            unsafe { d.slice(row * columns + part.start, part.len()) }
        };
        if part.len() == columns {
            // SAFETY: items are disjoint rows
            unsafe { d.slice(rows.start * columns, rows.len() * columns) }.fill(T::ZERO);
        } else {
            rows.clone().for_each(|row| own(row).fill(T::ZERO));
        }
        for (dy, index) in dy.chunks_exact(columns).zip(indices) {
            let index = *index as usize;
            if rows.contains(&index) && padding != Some(index) {
                for (d, dy) in own(index).iter_mut().zip(&dy[part.clone()]) {
                    *d = *d + *dy;
                }
            }
        }
    }
}

fn differ<T: Real>(cpu: &Cpu, y: &mut [T], indices: &[u32], value: usize) {
    assert_eq!(y.len(), indices.len(), "numbers and indices");
    let y = Shared::new(y);
    each_rows(cpu, indices.len(), 1, |first, count| {
        // SAFETY: items are disjoint
        let y = unsafe { y.slice(first, count) };
        for (y, index) in y.iter_mut().zip(&indices[first..first + count]) {
            *y = if *index as usize == value { T::ZERO } else { T::ONE };
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;

    /// A table of so many rows and columns, and so many indices into it.
    const SIZES: [[usize; 3]; 9] = [
        [1, 1, 1],
        [5, 3, 0],
        [3, 0, 4],
        [7, 16, 20],
        [5, 17, 3000],
        [2, 70, 5000],
        [9000, 5, 700],
        [40_000, 1, 90],
        [3000, 64, 1000],
    ];

    #[test]
    fn rows_are_read_and_added_up_in_order() {
        for [rows, columns, count] in SIZES {
            let stream = Random::new(1, 0).stream(0);
            let number = |i: usize| stream.uniform(i as u64) - 0.5;
            let table: Vec<f32> = (0..rows * columns).map(number).collect();
            let indices: Vec<u32> =
                (0..count).map(|n| (number(n + 9) + 0.5) * rows as f32).map(|x| x as u32).collect();
            let dy: Vec<f32> = (0..count * columns).map(|i| number(i + 77)).collect();
            let padding = indices.first().map_or(0, |index| *index as usize);
            let mut sums = vec![0.0f32; table.len()];
            for (n, index) in indices.iter().enumerate() {
                (0..columns).for_each(|j| sums[*index as usize * columns + j] += dy[n * columns + j]);
            }
            let mut others = sums.clone();
            others[padding * columns..][..columns].fill(0.0);
            for threads in [1, 3] {
                let cpu = Cpu::new(threads);
                each_isa(|_| {
                    let [mut y, mut z] = [(); 2].map(|_| vec![f32::NAN; dy.len()]);
                    let [mut d, mut e] = [(); 2].map(|_| vec![f32::NAN; table.len()]);
                    let mut counts = vec![f32::NAN; count];
                    forward(&cpu, &mut y, &table, &indices, columns);
                    filled(&cpu, &mut z, &table, &indices, columns, padding, -7.0);
                    not_equal(&cpu, &mut counts, &indices, padding);
                    for (n, index) in indices.iter().enumerate() {
                        let row = &table[*index as usize * columns..][..columns];
                        let is_padding = *index as usize == padding;
                        assert_eq!(&y[n * columns..][..columns], row);
                        let wanted = if is_padding { vec![-7.0; columns] } else { row.to_vec() };
                        assert_eq!(z[n * columns..][..columns], wanted);
                        assert_eq!(counts[n], f32::from(u8::from(!is_padding)));
                    }
                    // the same order for every split: the same bits
                    scatter(&cpu, &mut d, &indices, &dy, columns);
                    assert_eq!(d, sums, "{rows} {columns} {count}");
                    scatter_without(&cpu, &mut e, &indices, &dy, columns, padding);
                    assert_eq!(e, others, "{rows} {columns} {count}");
                });
            }
        }
    }

    #[test]
    fn tables_are_divided_both_ways() {
        let split = |[rows, columns, count]: [usize; 3]| parts(rows * columns, count * columns, columns);
        let splits = SIZES.map(split);
        assert!(splits.iter().any(|(rows, _)| *rows > 1) && splits.iter().any(|(_, columns)| *columns > 1));
        assert_eq!(split([1 << 20, 2, 1 << 20]), (2, 1), "few columns are few parts");
    }

    #[test]
    #[should_panic(expected = "index 3 of 3 rows")]
    fn an_index_has_a_row() {
        forward(&Cpu::new(1), &mut [0.0f32; 2], &[0.0; 6], &[3], 2);
    }

    #[test]
    #[should_panic(expected = "index 4294967295 of 3 rows")]
    fn a_gradient_has_a_row() {
        scatter(&Cpu::new(1), &mut [0.0f32; 6], &[u32::MAX], &[0.0; 2], 2);
    }

    #[test]
    #[should_panic(expected = "rows of 2 for 1 indices")]
    fn an_index_has_room() {
        forward(&Cpu::new(1), &mut [0.0f32; 3], &[0.0; 6], &[1], 2);
    }
}
