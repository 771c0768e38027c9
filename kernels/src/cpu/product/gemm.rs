//! Products by tiles: `b` in panels of columns, `a` in tiles of rows, sums in registers over a turn of the inner index,
//! finished tiles handed over while they are in the nearest cache.

use std::ops::Range;

use super::finish::{BUFFER, Finish, TILE};
use super::matrix::Matrix;
use super::micro::{Micro, Plan, Walk};
use super::pack::{Pack, pack};
use super::packed::Panels;
use crate::cpu::real::Real;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::LANES;

/// Numbers of `a` that stay in the second cache while panels go by: all of it, or a block of that size.
pub const CACHED: usize = 192 * 1024;
const BLOCK: usize = 32 * 1024;
/// Steps up to which a panel that is not packed stays in the second cache, even if its rows are a page apart.
const SHORT: usize = 512;
/// Numbers of `b` that are packed at once while they stay in the nearest cache.
const NEAR: usize = 8 * 1024;
/// Steps from which on rows of a transposed `a` are packed, if they are not near each other: fewer numbers apart than this,
/// all of them in the second cache.
const FAR: usize = 96;
const APART: usize = 256;
/// Numbers of a result from which on it pays to ask the caches for what a tile's end reads and writes: fewer lie in the
/// nearest one already, or are as quickly there.
const LARGE: usize = 8 * 1024;
/// Sums of a panel that may wait for the next turn of the inner index.
const UNFINISHED: usize = 16 * TILE;

/// Numbers that a product packs at once at most.
const fn most<T>() -> usize {
    (10 << 20) / size_of::<T>()
}
/// Numbers that every product does with, if need be in many turns.
const ENOUGH: usize = BUFFER + UNFINISHED + LANES + FEWEST * 32;
/// Steps of a turn at least.
const FEWEST: usize = 64;

/// Numbers that a product of factors of at most `numbers` asks for at most: a factor of one row or column is packed as
/// eight.
pub fn room<T>(numbers: usize) -> usize {
    let packed = numbers.saturating_mul(2 * 8);
    BUFFER + UNFINISHED + LANES + if packed < most::<T>() { packed } else { most::<T>() }
}

/// A product and how to compute it.
pub struct Gemm<'a, T: 'static> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    /// `b`, where it is packed already.
    packed: Option<Panels<'a, T>>,
    plan: Plan<T>,
    done: &'a dyn Finish<T>,
}

/// How a part of a product goes through memory.
struct Blocks {
    /// Rows of a tile at most.
    high: usize,
    /// Rows of `a` that all panels go by before the next ones.
    rows: usize,
    /// Steps of the inner index that a tile is computed for before the next tile.
    turn: usize,
    /// Whether `a` is packed.
    pack_a: bool,
    /// Panels of `b` that are packed at once; none where they are packed turn by turn.
    group: usize,
}

impl Blocks {
    /// Numbers of packed rows of `a`, of so many columns.
    fn packed_a(&self, columns: usize) -> usize {
        if self.pack_a { self.rows.div_ceil(self.high) * self.high * columns } else { 0 }
    }
}

/// A panel of `b` and the innermost loops for it.
#[derive(Clone, Copy)]
struct Panel<T: 'static> {
    /// First column, and their number.
    first: usize,
    columns: usize,
    /// Columns of a tile.
    wide: usize,
    kernels: &'static [Micro<T>],
    /// Where it begins and how far it is from row to row, if it is not packed here: in `b`, or packed before.
    lies: Option<(*const T, usize)>,
}

/// Where a packed panel is.
enum Room<'a, T> {
    Whole(&'a [T]),
    /// Nowhere yet: room for a turn of it.
    Turn(&'a mut [T]),
}

impl<'a, T: Real> Gemm<'a, T> {
    /// # Panics
    /// If an operand's data is shorter than its sizes say.
    pub fn new(
        a: Matrix<'a, T>,
        b: Matrix<'a, T>,
        packed: Option<Panels<'a, T>>,
        plan: Plan<T>,
        done: &'a dyn Finish<T>,
    ) -> Self {
        for matrix in [&a, &b] {
            assert_eq!(matrix.data.len(), matrix.rows * matrix.columns);
        }
        Gemm { a, b, packed, plan, done }
    }

    pub fn panels(&self) -> usize {
        self.b.columns.div_ceil(self.plan.wide)
    }

    /// Whether rows of `a` lie so that it pays to pack them: far apart, where they evict each other from the nearest
    /// cache, or column by column, where every step is on another line and page.
    pub fn packs_a(&self) -> bool {
        let (k, n) = (self.a.columns, self.b.columns);
        let highest = self.plan.kernels.len();
        if self.a.rows < highest || k * highest > BLOCK {
            return false;
        }
        if self.a.right == 1 {
            self.plan.spread && self.a.down.is_multiple_of(1024) && n >= 128 && k >= 512
        } else {
            let far = self.a.right >= APART || self.a.rows * k > CACHED;
            far && k >= FAR && n >= 4 * self.plan.wide
        }
    }

    /// For so many rows of so many panels.
    fn blocks(&self, m: usize, panels: usize) -> Blocks {
        let (k, wide, highest) = (self.a.columns, self.plan.wide, self.plan.kernels.len());
        let pack_a = self.packs_a();
        let high = if pack_a && self.a.right == 1 { 8.min(highest) } else { highest };
        let turn = k.div_ceil(k.div_ceil(self.plan.deep).max(1)).max(1);
        let mut rows = if m * k <= CACHED { m } else { (BLOCK / k).max(1) };
        if turn < k {
            rows = rows.min(UNFINISHED / wide);
        }
        let rows = if rows < m { (rows / high).max(1) * high } else { m };
        let blocks = Blocks { high, rows, turn, pack_a, group: 0 };
        // As many panels are packed at once as there is room for, if blocks of `a` go by repeatedly; else as many as stay
        // in the nearest cache, or one if its columns are contiguous.
        let room = most::<T>() - blocks.packed_a(k);
        let some = match (rows < m, self.b.right) {
            (true, _) => room,
            (false, 1) => NEAR.min(room),
            (false, _) => 0,
        };
        let group = if k * wide <= room { (some / (k * wide).max(1)).clamp(1, panels) } else { 0 };
        Blocks { group, ..blocks }
    }

    /// Computes the given rows of the given panels.
    pub fn run(&self, scratch: &mut Scratch, rows: Range<usize>, panels: Range<usize>) {
        if rows.is_empty() || panels.is_empty() {
            return;
        }
        let (k, wide) = (self.a.columns, self.plan.wide);
        let mut blocks = self.blocks(rows.len(), panels.len());
        // of the last row a block of lanes may be read
        let sums = |turn: usize| LANES + if turn < k { UNFINISHED } else { TILE };
        let packed = match (&self.packed, blocks.group) {
            (Some(_), _) => 0,
            (None, 0) => blocks.turn * wide,
            (None, group) => group * k * wide,
        };
        let (buffer, all) = (self.done.buffer(), sums(blocks.turn) + blocks.packed_a(k) + packed);
        let (buffer, rest) = scratch.numbers_or(buffer + all, ENOUGH).split_at_mut(buffer);
        if rest.len() < all {
            let turn = ((rest.len() - UNFINISHED - LANES) / wide).min(k);
            let some = (UNFINISHED / wide).min(rows.len());
            blocks = Blocks { rows: some, turn, pack_a: false, group: 0, high: self.plan.kernels.len() };
        }
        let (tiles, rest) = rest.split_at_mut(sums(blocks.turn));
        let (a_pack, b_pack) = rest.split_at_mut(blocks.packed_a(k));
        let group = blocks.group.max(1);
        for first in panels.clone().step_by(group) {
            let group = first..(first + group).min(panels.end);
            for top in rows.clone().step_by(blocks.rows) {
                let block = top..(top + blocks.rows).min(rows.end);
                if blocks.group > 0 && top == rows.start {
                    self.pack_panels(group.clone(), rows.len(), b_pack);
                }
                // of a single block of rows the packed copy is there since the first panels
                if blocks.pack_a && (blocks.rows < rows.len() || first == panels.start) {
                    self.pack_rows(block.clone(), blocks.high, a_pack);
                }
                for p in group.clone() {
                    let panel = self.panel(p, rows.len());
                    let packed = match blocks.group {
                        _ if panel.lies.is_some() => Room::Whole(&[]),
                        0 => Room::Turn(&mut *b_pack),
                        _ => Room::Whole(&b_pack[(p - first) * k * wide..][..k * wide]),
                    };
                    self.tiles(&blocks, block.clone(), panel, (a_pack, packed), tiles, buffer);
                }
            }
        }
    }

    /// Computes a block of rows of one panel.
    fn tiles(
        &self,
        blocks: &Blocks,
        rows: Range<usize>,
        panel: Panel<T>,
        (a_pack, mut b_pack): (&[T], Room<'_, T>),
        tiles: &mut [T],
        buffer: &mut [T],
    ) {
        let (k, high, Panel { first, columns, wide, .. }) = (self.a.columns, blocks.high, panel);
        let heights = Heights::new(rows.len(), high);
        let large = self.a.rows * self.b.columns >= LARGE;
        // as many tiles at once as are no more numbers than the largest, in as many rows as a taker may ask for a block of
        // lanes each; and several as one where sums are few
        let group = (TILE / wide.max(LANES) / high).max(1);
        let join = if blocks.pack_a { 1 } else { panel.kernels.len() / high };
        let mut from = 0;
        loop {
            let len = blocks.turn.min(k - from);
            let (b, b_step) = match (panel.lies, &mut b_pack) {
                (Some((start, down)), _) => (start.wrapping_add(from * down), down),
                (None, Room::Whole(packed)) => (packed[from * wide..][..len * wide].as_ptr(), wide),
                (None, Room::Turn(room)) => {
                    self.pack_b(first..first + columns, wide, from..from + len, room);
                    (room.as_ptr(), wide)
                }
            };
            let finished = from + len == k;
            for t in (0..heights.count).step_by(group) {
                let last = (t + group).min(heights.count);
                let (i, end) = (heights.start(t), heights.start(last));
                let tiles = if len == k { &mut *tiles } else { &mut tiles[i * wide..] };
                let (at, size) = ([rows.start + i, first], [end - i, columns]);
                if finished && large {
                    self.done.ahead(at, size);
                }
                for t in (t..last).step_by(join) {
                    let (top, bottom) = (heights.start(t), heights.start((t + join).min(last)));
                    let height = bottom - top;
                    let (a, a_row, a_step) = if blocks.pack_a {
                        (a_pack[(t * k + from) * high..][..len * high].as_ptr(), 1, high)
                    } else {
                        let Matrix { data, down, right, .. } = self.a;
                        (data.as_ptr().wrapping_add((rows.start + top) * down + from * right), down, right)
                    };
                    let walk = Walk { len, a_row, a_step, b_step, resume: from > 0 };
                    let tile = &mut tiles[(top - i) * wide..][..height * wide];
                    // SAFETY: `len` steps from `from` on of rows top..top + height of `a`, or of their packed copy;
                    // a panel of as many steps; a tile of that size; `plan` only knows what the machine has
                    unsafe { panel.kernels[height - 1](&walk, a, b, tile.as_mut_ptr()) };
                }
                if finished {
                    self.done.tile(at, size, tiles, wide, buffer);
                }
            }
            from += len;
            if from == k {
                break;
            }
        }
    }

    /// The panel of number `p` for so many rows.
    fn panel(&self, p: usize, rows: usize) -> Panel<T> {
        let (b, Plan { wide: widest, kernels, narrow, .. }) = (&self.b, self.plan);
        let first = p * widest;
        let columns = widest.min(b.columns - first);
        let narrow = narrow.iter().find(|(wide, _)| columns <= *wide);
        let (wide, kernels) = *narrow.unwrap_or(&(widest, kernels));
        let often = if b.rows <= SHORT { self.plan.in_place_short } else { self.plan.in_place };
        let in_place = b.right == 1 && columns == wide && (rows <= often || b.columns == wide);
        let lies = match &self.packed {
            Some(packed) => Some(packed.columns(first, wide)),
            None => in_place.then(|| (b.data.as_ptr().wrapping_add(first), b.down)),
        };
        Panel { first, columns, wide, kernels, lies }
    }

    /// Packs panels of `b` for so many rows one after the other, a panel as long as the widest: those that are not read
    /// in place.
    fn pack_panels(&self, panels: Range<usize>, rows: usize, to: &mut [T]) {
        let (k, widest) = (self.a.columns, self.plan.wide);
        let mut first = panels.start;
        while first < panels.end {
            let panel = self.panel(first, rows);
            // those of full width together: so whole rows of `b` are read
            let full = self.b.columns / widest;
            let last = if panel.columns == widest { full.clamp(first + 1, panels.end) } else { first + 1 };
            if panel.lies.is_none() {
                let lanes = panel.first..(last * widest).min(self.b.columns);
                self.pack_b(lanes, panel.wide, 0..k, &mut to[(first - panels.start) * k * widest..]);
            }
            first = last;
        }
    }

    fn pack_b(&self, lanes: Range<usize>, wide: usize, steps: Range<usize>, to: &mut [T]) {
        let Matrix { data, down, right, .. } = self.b;
        let apart = steps.len() * wide;
        pack(Pack { data, down, right, steps, lanes, wide, advance: wide, apart, to });
    }

    /// Rows of `a`, those of a tile side by side, with room for `high` of them.
    fn pack_rows(&self, rows: Range<usize>, high: usize, to: &mut [T]) {
        let k = self.a.columns;
        let Matrix { data, down, right, .. } = self.a.t();
        let heights = Heights::new(rows.len(), high);
        let Heights { count, step, full } = heights;
        for (tiles, advance) in [(0..full, step), (full..count, step - 1)] {
            let lanes = rows.start + heights.start(tiles.start)..rows.start + heights.start(tiles.end);
            let to = &mut to[tiles.start * high * k..];
            pack(Pack { data, down, right, steps: 0..k, lanes, wide: high, advance, apart: high * k, to });
        }
    }
}

/// Rows in tiles of one height or one less, first the higher ones: a sliver would leave registers unused.
struct Heights {
    count: usize,
    step: usize,
    /// How many are of that height.
    full: usize,
}

impl Heights {
    fn new(rows: usize, highest: usize) -> Self {
        let count = rows.div_ceil(highest);
        let step = rows.div_ceil(count.max(1));
        Heights { count, step, full: rows - count * step.saturating_sub(1) }
    }
    /// Where tile `t` starts.
    fn start(&self, t: usize) -> usize {
        t * self.step - t.saturating_sub(self.full)
    }
}
