//! What becomes of the finished sums of a product.

use crate::cpu::lanes::{Lanes, block};
use crate::cpu::map::{Inputs, Sources};
use crate::cpu::processor::Cpu;
use crate::cpu::real::Real;
use crate::cpu::rule::{Block, MAX_INPUTS, Rows, Source};
use crate::cpu::scratch::Shared;
use crate::cpu::simd::{LANES, Portable};
use crate::cpu::states::SharedStates;
use crate::cpu::update::{Update, UpdateArea, UpdateBlock};

/// Numbers that are handed over at once: the largest tile, or several smaller ones.
pub const TILE: usize = 12 * 32;
/// Numbers that [`Finish`] may work in: for every input of a formula as many as a tile has.
pub const BUFFER: usize = MAX_INPUTS * TILE;

/// Takes the elements of a product, a block at a time; every element once, from any thread. What computes some sums twice
/// hands over those of one time: an element may replace what its formula reads.
pub trait Finish<T>: Sync {
    /// Asks the caches for what [`tile`](Finish::tile) will read, before the sums are computed.
    fn ahead(&self, at: [usize; 2], size: [usize; 2]);
    /// Numbers that [`tile`](Finish::tile) works in, [`BUFFER`] at most.
    fn buffer(&self) -> usize;
    /// Row `r` of the sums begins at `sums[r * stride]`, and there are [`TILE`] / [`LANES`] rows at most. Of several rows
    /// each goes on for a block of lanes, whatever is in it beyond the row. `buffer` is as long as
    /// [`buffer`](Finish::buffer) says.
    fn tile(&self, at: [usize; 2], size: [usize; 2], sums: &[T], stride: usize, buffer: &mut [T]);
}

/// Numbers on a cache line.
const fn line<T>() -> usize {
    64 / size_of::<T>()
}

#[inline(always)]
fn prefetch<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: asking for memory that is not there does nothing
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

#[inline(always)]
fn prefetch_block<T>(start: *const T, row: usize, [rows, columns]: [usize; 2]) {
    for r in 0..rows {
        for c in (0..columns).step_by(line::<T>()) {
            prefetch(start.wrapping_add(r * row + c));
        }
    }
}

/// Sums go into a formula.
pub struct Mapped<'a, T> {
    pub y: Shared<'a, T>,
    pub columns: usize,
    pub inputs: Inputs<'a, T>,
    pub rule: &'a dyn Rows<T>,
}

impl<T: Real> Finish<T> for Mapped<'_, T> {
    fn ahead(&self, [i, j]: [usize; 2], size: [usize; 2]) {
        let at = i * self.columns + j;
        let y = self.y.part(0, 0);
        self.inputs.each_full(y, |x| prefetch_block(x.wrapping_add(at), self.columns, size));
        // what is only written is fetched as well
        prefetch_block(y.wrapping_add(at), self.columns, size);
    }
    fn buffer(&self) -> usize {
        self.inputs.buffer(TILE / LANES, LANES)
    }
    fn tile(&self, at: [usize; 2], size: [usize; 2], sums: &[T], stride: usize, buffer: &mut [T]) {
        let [rows, columns] = size;
        assert!((rows - 1) * stride + columns <= sums.len());
        let sums = Source { base: sums.as_ptr(), row: stride, advance: Source::<T>::ADVANCE };
        let y = self.y.part(at[0] * self.columns + at[1], (rows - 1) * self.columns + columns);
        let mut sources = Sources::new();
        let sources = self.inputs.sources(at, size, sums, y, buffer, &mut sources);
        // SAFETY: every element is taken once, so that what it replaces is still there; sources are as large as the
        // block, and either lie apart from it or at its start, row for row
        self.rule.rows(unsafe { Block::new(rows, columns, y, self.columns, sources) });
    }
}

/// Sums are gradients.
pub struct Updated<'a, T> {
    pub states: &'a SharedStates<'a, T>,
    pub columns: usize,
    pub rule: &'a dyn Update<T>,
}

impl<T: Real> Updated<'_, T> {
    /// Updates a block with gradients in rows `stride` apart, row `r` multiplied by `scale[r * scale_row]`.
    ///
    /// # Safety
    /// Nobody else updates these elements; gradients and scales are valid for so many.
    unsafe fn block(
        &self,
        [i, j]: [usize; 2],
        [rows, columns]: [usize; 2],
        (gradient, stride): (*const T, usize),
        (scale, scale_row): (*const T, usize),
    ) {
        let at = i * self.columns + j;
        let len = (rows - 1) * self.columns + columns;
        // SAFETY: by the caller; `part` checks that states reach that far
        self.rule.block(unsafe {
            UpdateBlock::new(UpdateArea {
                rows,
                columns,
                gradient,
                gradient_row: stride,
                scale,
                scale_row,
                states: self.states.part(at, len),
                state_row: self.columns,
                count: self.states.count(),
            })
        });
    }
}

/// Numbers of narrow rows that are seen as one.
const FLAT: usize = 1024;

impl<T: Real> Updated<'_, T> {
    /// Whether whole rows are narrower than a vector. A row by itself would then be read where the one before it was
    /// written just now, which waits for the nearest cache: they are seen as one row.
    fn narrow(&self, columns: usize) -> bool {
        columns == self.columns && columns < LANES
    }
    /// Updates whole rows from `top` on with gradients that lie side by side.
    ///
    /// # Safety
    /// Nobody else updates these elements.
    unsafe fn flat(&self, top: usize, gradients: &[T]) {
        let columns = gradients.len();
        // SAFETY: by the caller; gradients are as long as the block
        unsafe {
            self.block([top, 0], [1, columns], (gradients.as_ptr(), columns), (&T::ONE, 0));
        }
    }
}

/// Writes a row narrower than a block to the start of `to`, with anything beyond it: a whole block, because a copy of so
/// many numbers as a row has is a call.
#[inline(always)]
fn lay<T: Real>(to: &mut [T], row: Lanes<T>) {
    *to.first_chunk_mut().expect("room for a block") = row;
}

impl<T: Real> Finish<T> for Updated<'_, T> {
    fn ahead(&self, [i, j]: [usize; 2], size: [usize; 2]) {
        let states = self.states.part(i * self.columns + j, 0);
        for state in &states[..self.states.count()] {
            prefetch_block(*state, self.columns, size);
        }
    }
    fn buffer(&self) -> usize {
        if self.narrow(self.columns) { TILE + LANES } else { 0 }
    }
    fn tile(&self, at: [usize; 2], size: [usize; 2], sums: &[T], stride: usize, buffer: &mut [T]) {
        assert!((size[0] - 1) * stride + size[1] <= sums.len());
        if self.narrow(size[1]) && size[0] > 1 {
            let [rows, columns] = size;
            for r in 0..rows {
                let row = sums[r * stride..].first_chunk().expect("a block of every row");
                lay(&mut buffer[r * columns..], *row);
            }
            // SAFETY: every element is taken once
            return unsafe { self.flat(at[0], &buffer[..rows * columns]) };
        }
        // SAFETY: every element is taken once; the sums are long enough
        unsafe { self.block(at, size, (sums.as_ptr(), stride), (&T::ONE, 0)) }
    }
}

/// Numbers per item of work.
const ITEM: usize = 16 * 1024;

/// The gradient is `a bᵀ` of two vectors: nothing to compute ahead of the rule.
pub fn finish_outer<T: Real>(cpu: &Cpu, done: &Updated<'_, T>, a: &[T], b: &[T]) {
    let (m, n) = (a.len(), b.len());
    assert_eq!(n, done.columns);
    let per_item = (ITEM / n).max(1);
    cpu.each(m.div_ceil(per_item), |scratch, item| {
        let first = item * per_item;
        let a = &a[first..(first + per_item).min(m)];
        if done.narrow(n) {
            let row = block::<T, Portable>(b, 0, T::ZERO);
            let gradients = &mut scratch.numbers(FLAT + LANES)[..FLAT + LANES];
            for (i, a) in a.chunks(FLAT / n).enumerate() {
                for (r, a) in a.iter().enumerate() {
                    let mut row = row;
                    for l in 0..LANES {
                        row[l] = row[l] * *a;
                    }
                    lay(&mut gradients[r * n..], row);
                }
                // SAFETY: items are disjoint rows
                unsafe { done.flat(first + i * (FLAT / n), &gradients[..a.len() * n]) };
            }
            return;
        }
        // SAFETY: items are disjoint rows; a gradient row is all of b, a scale per row is there
        unsafe { done.block([first, 0], [a.len(), n], (b.as_ptr(), 0), (a.as_ptr(), 1)) };
    });
}
