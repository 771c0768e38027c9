//! What becomes of the finished sums of a product.

use super::gemm::{HIGHEST, TILE};
use crate::cpu::{Block, Cpu, Inputs, Real, Rows, Shared, Source, States, Update, UpdateArea, UpdateBlock};

/// Takes the elements of a product, a block at a time; every element once, from any thread. What computes some sums twice
/// hands over those of one time: an element may replace what its formula reads.
pub trait Finish<T>: Sync {
    /// Asks the caches for what [`tile`](Finish::tile) will read, before the sums are computed.
    fn ahead(&self, at: [usize; 2], size: [usize; 2]);
    /// Numbers that [`tile`](Finish::tile) works in, [`BUFFER`](super::gemm::BUFFER) at most.
    fn buffer(&self) -> usize;
    /// Row `r` of the sums begins at `sums[r * stride]`. `buffer` is as long as [`buffer`](Finish::buffer) says.
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
    }
    fn buffer(&self) -> usize {
        self.inputs.buffer(HIGHEST, TILE / HIGHEST)
    }
    fn tile(&self, at: [usize; 2], size: [usize; 2], sums: &[T], stride: usize, buffer: &mut [T]) {
        let [rows, columns] = size;
        assert!((rows - 1) * stride + columns <= sums.len());
        let sums = Source { base: sums.as_ptr(), row: stride, advance: Source::<T>::ADVANCE };
        let y = self.y.part(at[0] * self.columns + at[1], (rows - 1) * self.columns + columns);
        let sources = self.inputs.sources(at, size, sums, y, buffer);
        // SAFETY: every element is taken once, so that what it replaces is still there; sources are as large as the
        // block, and either lie apart from it or at its start, row for row
        self.rule.rows(unsafe { Block::new(rows, columns, y, self.columns, sources.as_slice()) });
    }
}

/// Sums are gradients.
pub struct Updated<'a, T> {
    pub states: States<'a, T>,
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

impl<T: Real> Finish<T> for Updated<'_, T> {
    fn ahead(&self, [i, j]: [usize; 2], size: [usize; 2]) {
        let states = self.states.part(i * self.columns + j, 0);
        for state in &states[..self.states.count()] {
            prefetch_block(*state, self.columns, size);
        }
    }
    fn buffer(&self) -> usize {
        0
    }
    fn tile(&self, at: [usize; 2], size: [usize; 2], sums: &[T], stride: usize, _: &mut [T]) {
        assert!((size[0] - 1) * stride + size[1] <= sums.len());
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
    cpu.each(m.div_ceil(per_item), |_, item| {
        let first = item * per_item;
        let a = &a[first..(first + per_item).min(m)];
        // SAFETY: items are disjoint rows; a gradient row is all of b, a scale per row is there
        unsafe { done.block([first, 0], [a.len(), n], (b.as_ptr(), 0), (a.as_ptr(), 1)) };
    });
}
