//! Products by tiles: `b` in panels of columns, `a` in tiles of rows, sums in registers over all of the inner
//! index, the finished tile handed over while it is in the nearest cache.

use std::ops::Range;

use super::Matrix;
use super::finish::Finish;
use super::micro::{Plan, Walk};
use super::pack::{Pack, pack};
use crate::cpu::{MAX_INPUTS, Real, Scratch};

/// Rows of the highest tile.
pub const HIGHEST: usize = 12;
/// Numbers of the largest tile.
pub const TILE: usize = HIGHEST * 32;
/// Numbers that [`Finish`] may work in: for every input of a formula as many as a tile has.
pub const BUFFER: usize = MAX_INPUTS * TILE;
/// Numbers of `a` that stay in the second cache while panels go by: all of it, or a block of that size.
const SMALL: usize = 192 * 1024;
const BLOCK: usize = 64 * 1024;
/// Tiles that are kept unfinished where the inner index is too long for a packed panel.
const UNFINISHED: usize = 16;
/// Columns of the widest panel.
const WIDEST: usize = 32;

/// Numbers that a product packs at once at most.
const fn most<T>() -> usize {
    (10 << 20) / size_of::<T>()
}
/// Numbers that every product does with, if need be in many turns.
const ENOUGH: usize = BUFFER + UNFINISHED * TILE + 64 * WIDEST;

/// Numbers that a product of factors of at most `numbers` asks for at most: a factor of one row or column is packed as
/// eight.
pub fn room<T>(numbers: usize) -> usize {
    let packed = numbers.saturating_mul(2 * 8);
    BUFFER + TILE + if packed < most::<T>() { packed } else { most::<T>() }
}

/// A product and how to compute it.
pub struct Gemm<'a, T: 'static> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    plan: Plan<T>,
    done: &'a dyn Finish<T>,
}

/// In which order a product goes over its factors.
struct Order {
    /// whether rows of `a` are packed
    spread: bool,
    /// rows per tile
    step: usize,
    /// rows of `a` that go by all panels that stay packed
    block: usize,
    /// numbers of packed rows of `a`
    kept: usize,
    /// panels of `b` that stay packed
    slots: usize,
    /// whether a panel is too long to be packed at once
    deep: bool,
    /// numbers of what is packed
    pack: usize,
}

/// A member's working memory, in parts.
struct Memory<'a, T> {
    buffer: &'a mut [T],
    tile: &'a mut [T],
    pack: &'a mut [T],
}

/// Where the innermost loop finds a panel of `b`.
struct Panel<T: 'static> {
    start: *const T,
    step: usize,
    /// first column, and their number
    first: usize,
    columns: usize,
    /// columns of a tile
    wide: usize,
    kernels: &'static [super::micro::Micro<T>],
}

impl<'a, T: Real> Gemm<'a, T> {
    /// # Panics
    /// If an operand's data is shorter than its sizes say.
    pub fn new(a: Matrix<'a, T>, b: Matrix<'a, T>, plan: Plan<T>, done: &'a dyn Finish<T>) -> Self {
        for matrix in [&a, &b] {
            assert_eq!(matrix.data.len(), matrix.rows * matrix.columns);
        }
        Gemm { a, b, plan, done }
    }

    pub fn panels(&self) -> usize {
        self.b.columns.div_ceil(self.plan.wide)
    }

    /// Which part of it is packed at a time, for so many rows of so many panels.
    fn order(&self, m: usize, panels: usize) -> Order {
        let (k, wide, highest) = (self.a.columns, self.plan.wide, self.plan.kernels.len());
        let spread = self.plan.spread
            && self.a.right == 1
            && self.a.down.is_multiple_of(1024)
            && self.b.columns >= 128
            && k >= 512;
        let step = if spread { 8.min(highest) } else { even(m, highest) };
        let block = if m * k <= SMALL { m } else { (BLOCK / k).max(1).next_multiple_of(step) };
        // half of the memory for a panel leaves the other half for rows of `a`
        let deep = k * wide > most::<T>() / 2;
        let kept = if spread && !deep { block.next_multiple_of(step) * k } else { 0 };
        // As many panels stay packed as there is room for, if blocks of `a` go by repeatedly.
        let slots = if block >= m { 1 } else { ((most::<T>() - kept) / (k * wide).max(1)).clamp(1, panels) };
        let pack = if deep { most::<T>() } else { kept + slots * k * wide };
        Order { spread, step, block, kept, slots, deep, pack }
    }

    /// Computes the given rows of the given panels.
    pub fn run(&self, scratch: &mut Scratch, rows: Range<usize>, panels: Range<usize>) {
        if rows.is_empty() || panels.is_empty() {
            return;
        }
        let (m, k, wide) = (rows.len(), self.a.columns, self.plan.wide);
        let Order { spread, step, block, kept, slots, deep, pack } = self.order(m, panels.len());
        let buffer = self.done.buffer();
        let (buffer, rest) = scratch.numbers_or(buffer + TILE + pack, ENOUGH).split_at_mut(buffer);
        let (tile, rest) = rest.split_at_mut(TILE);
        let memory = Memory { buffer, tile, pack: rest };
        if deep || memory.pack.len() < pack {
            return self.run_deep(memory, rows, panels);
        }
        let (a_pack, b_pack) = memory.pack.split_at_mut(kept);
        let mut first = panels.start;
        while first < panels.end {
            let last = (first + slots).min(panels.end);
            for top in rows.clone().step_by(block) {
                let bottom = (top + block).min(rows.end);
                if spread {
                    self.pack_rows(top..bottom, step, a_pack);
                }
                for p in first..last {
                    let slot = &mut b_pack[(p - first) * k * wide..][..k * wide];
                    let panel = self.panel(p, m, top == rows.start, slot);
                    let mut i = top;
                    while i < bottom {
                        let height = step.min(bottom - i);
                        self.done.ahead([i, panel.first], [height, panel.columns]);
                        let (a, a_row, a_step) = if spread {
                            (a_pack.as_ptr().wrapping_add((i - top) * k), 1, step)
                        } else {
                            (self.a.data.as_ptr().wrapping_add(i * self.a.down), self.a.down, self.a.right)
                        };
                        let walk = Walk { len: k, a_row, a_step, b_step: panel.step, resume: false };
                        // SAFETY: rows i..i + height of `a`, which has k columns, or their packed copy; a
                        // panel of k steps; a tile of at most TILE; `plan` only knows what the machine has
                        unsafe {
                            panel.kernels[height - 1](&walk, a, panel.start, memory.tile.as_mut_ptr());
                        }
                        self.done.tile(
                            [i, panel.first],
                            [height, panel.columns],
                            memory.tile,
                            panel.wide,
                            memory.buffer,
                        );
                        i += height;
                    }
                }
            }
            first = last;
        }
    }

    /// The panel of number `p`: where it lies in `b`, or a packed copy of it in `slot`, which is made if
    /// `fresh`.
    fn panel(&self, p: usize, rows: usize, fresh: bool, slot: &mut [T]) -> Panel<T> {
        let (b, Plan { wide: widest, kernels, narrow, in_place, .. }) = (&self.b, self.plan);
        let first = p * widest;
        let columns = widest.min(b.columns - first);
        let (wide, kernels) =
            if 2 * columns <= widest && widest > 8 { (widest / 2, narrow) } else { (widest, kernels) };
        let (start, step) = if b.right == 1 && columns == wide && (rows <= in_place || b.columns == wide) {
            (b.data.as_ptr().wrapping_add(first), b.down)
        } else {
            if fresh {
                self.pack_panel(first, columns, wide, 0..b.rows, slot);
            }
            (slot.as_ptr(), wide)
        };
        Panel { start, step, first, columns, wide, kernels }
    }

    fn pack_panel(&self, first: usize, count: usize, wide: usize, steps: Range<usize>, to: &mut [T]) {
        if steps.is_empty() {
            return;
        }
        let Matrix { data, down, right, .. } = self.b;
        pack(Pack { data, down, right, step: steps.start, steps: steps.len(), first, count, wide, to });
    }

    /// Rows of `a`, `step` of them side by side.
    fn pack_rows(&self, rows: Range<usize>, step: usize, to: &mut [T]) {
        let k = self.a.columns;
        let Matrix { data, down, right, .. } = self.a.t();
        for (i, to) in rows.clone().step_by(step).zip(to.chunks_exact_mut(step * k)) {
            let count = step.min(rows.end - i);
            pack(Pack { data, down, right, step: 0, steps: k, first: i, count, wide: step, to });
        }
    }

    /// The same where the inner index is so long that no panel fits: tiles are computed in several turns.
    fn run_deep(&self, memory: Memory<'_, T>, rows: Range<usize>, panels: Range<usize>) {
        let Memory { buffer, pack: memory, .. } = memory;
        let (tiles, slot) = memory.split_at_mut(UNFINISHED * TILE);
        let (k, widest) = (self.a.columns, self.plan.wide);
        let turn = (slot.len() / widest).max(1);
        let step = even(rows.len(), self.plan.kernels.len());
        for p in panels {
            let first = p * widest;
            let columns = widest.min(self.b.columns - first);
            for group in rows.clone().step_by(UNFINISHED * step) {
                let group = group..(group + UNFINISHED * step).min(rows.end);
                for from in (0..k).step_by(turn) {
                    let len = turn.min(k - from);
                    self.pack_panel(first, columns, widest, from..from + len, slot);
                    for (i, tile) in group.clone().step_by(step).zip(tiles.chunks_exact_mut(TILE)) {
                        let height = step.min(group.end - i);
                        let a = self.a.data[i * self.a.down + from * self.a.right..].as_ptr();
                        let (a_row, a_step) = (self.a.down, self.a.right);
                        let walk = Walk { len, a_row, a_step, b_step: widest, resume: from > 0 };
                        // SAFETY: as in `run`, over `len` steps from `from` on
                        unsafe {
                            self.plan.kernels[height - 1](&walk, a, slot.as_ptr(), tile.as_mut_ptr());
                        }
                    }
                }
                for (i, tile) in group.clone().step_by(step).zip(tiles.chunks_exact(TILE)) {
                    let height = step.min(group.end - i);
                    self.done.tile([i, first], [height, columns], tile, widest, buffer);
                }
            }
        }
    }
}

/// Rows per tile such that the last is not a sliver: 32 rows as 11 + 11 + 10, not 12 + 12 + 8.
fn even(rows: usize, highest: usize) -> usize {
    rows.div_ceil(rows.div_ceil(highest))
}
