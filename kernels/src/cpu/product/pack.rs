//! Operands brought into the order in which the innermost loops read them.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;
use std::ops::Range;

use crate::cpu::isa::Work;
use crate::cpu::isa::run;
use crate::cpu::real::Real;
use crate::cpu::simd::{LANES, Simd, read, write};

/// Lanes of a matrix, side by side in panels of `wide` lanes, of which the next panel starts `advance` lanes after the
/// last: `to[q * apart + p * wide + l]` = element (`steps.start + p`, `lanes.start + q * advance + l`). Beyond the last
/// lane there is 0 or that lane again.
pub struct Pack<'a, T> {
    pub data: &'a [T],
    /// Element (p, j) is `data[p * down + j * right]`; one of the two is 1.
    pub down: usize,
    pub right: usize,
    pub steps: Range<usize>,
    pub lanes: Range<usize>,
    pub wide: usize,
    pub advance: usize,
    pub apart: usize,
    pub to: &'a mut [T],
}

pub fn pack<T: Real>(work: Pack<'_, T>) {
    let Pack { data, down, right, steps, lanes, wide, advance, apart, to } = &work;
    if steps.is_empty() || lanes.is_empty() {
        return;
    }
    let panels = lanes.len().div_ceil(*advance);
    assert!(*apart >= steps.len() * wide && to.len() >= (panels - 1) * apart + steps.len() * wide);
    assert!((steps.end - 1) * down + (lanes.end - 1) * right < data.len());
    run::<T, _>(work)
}

/// Steps that all panels are packed for before the next, where steps are rows: whole lines are read once.
const ROWS: usize = 16;
/// And where they are contiguous: the part of a panel that is written eight lanes at a time stays in the nearest cache.
const COLUMNS: usize = 64;

impl<T: Real> Work for Pack<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Pack { data, down, right, steps, lanes, wide, advance, apart, to } = self;
        let turn = if right == 1 { ROWS } else { COLUMNS };
        for from in (0..steps.len()).step_by(turn) {
            let len = turn.min(steps.len() - from);
            for (q, first) in lanes.clone().step_by(advance).enumerate() {
                let count = wide.min(lanes.end - first);
                let at = (steps.start + from) * down + first * right;
                let data = data.as_ptr().wrapping_add(at);
                let to = to.as_mut_ptr().wrapping_add(q * apart + from * wide);
                // SAFETY: `len` steps of `count` lanes of the data, and of `wide` lanes of `to`, as asserted in `pack`
                unsafe {
                    if right == 1 {
                        rows::<T, S>(data, down, to, wide, [len, count]);
                    } else {
                        columns::<T, S>(data, right, to, wide, [len, count]);
                    }
                }
            }
        }
    }
}

/// Lanes are contiguous.
#[inline(always)]
unsafe fn rows<T: Real, S: Simd>(
    from: *const T,
    down: usize,
    to: *mut T,
    wide: usize,
    [steps, count]: [usize; 2],
) {
    // SAFETY: by the caller, here and below
    unsafe {
        match (wide, count) {
            (6, 6) => return exactly::<T, 6>(from, down, to, steps),
            (12, 12) => return exactly::<T, 12>(from, down, to, steps),
            (16, 16) => return exactly::<T, 16>(from, down, to, steps),
            (32, 32) => return exactly::<T, 32>(from, down, to, steps),
            _ => {}
        }
    }
    for p in 0..steps {
        let (from, to) = (from.wrapping_add(p * down), to.wrapping_add(p * wide));
        for lane in (0..wide).step_by(LANES) {
            let (from, to) = (from.wrapping_add(lane), to.wrapping_add(lane));
            // SAFETY: as above
            unsafe {
                let x = match count.saturating_sub(lane) {
                    LANES.. => read(from),
                    left => S::load_part(from, left),
                };
                match wide - lane {
                    LANES.. => write(to, x),
                    left => S::store_part(to, left, x),
                }
            }
        }
    }
}

/// As many lanes as there are in a panel: moved by registers.
#[inline(always)]
unsafe fn exactly<T: Real, const N: usize>(from: *const T, down: usize, to: *mut T, steps: usize) {
    for p in 0..steps {
        // SAFETY: by the caller
        unsafe { write(to.wrapping_add(p * N), read::<[T; N], T>(from.wrapping_add(p * down))) };
    }
}

/// Steps are contiguous: eight of eight lanes at a time are transposed.
#[inline(always)]
unsafe fn columns<T: Real, S: Simd>(
    from: *const T,
    right: usize,
    to: *mut T,
    wide: usize,
    [steps, count]: [usize; 2],
) {
    for lane in (0..wide).step_by(8) {
        // where there is nothing, the last lane again
        let first = lane.min(count - 1);
        let last = count - 1 - first;
        let (from, to) = (from.wrapping_add(first * right), to.wrapping_add(lane));
        let eights =
            if size_of::<T>() == size_of::<f32>() && lane + 8 <= wide && S::EIGHT { steps / 8 } else { 0 };
        #[cfg(target_arch = "x86_64")]
        for p in (0..eights).map(|eight| 8 * eight) {
            let (from, to) = (from.wrapping_add(p).cast(), to.wrapping_add(p * wide).cast());
            // SAFETY: `T` is f32, the only four-byte `Real`; the rest by the caller
            unsafe { transpose(from, right, last, to, wide) };
        }
        for p in 8 * eights..steps {
            for l in 0..8.min(wide - lane) {
                // SAFETY: by the caller
                let x: T = unsafe { read(from.wrapping_add(l.min(last) * right + p)) };
                // SAFETY: by the caller
                unsafe { write(to.wrapping_add(p * wide + l), x) };
            }
        }
    }
}

/// Eight rows of eight numbers, transposed; instead of rows after number `last` that one again.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn transpose(from: *const f32, from_row: usize, last: usize, to: *mut f32, to_row: usize) {
    // SAFETY: by the caller
    unsafe {
        for half in [0, 4] {
            let mut rows = [_mm256_setzero_ps(); 4];
            for i in 0..4 {
                let low = read(from.wrapping_add(i.min(last) * from_row + half));
                let high = read(from.wrapping_add((i + 4).min(last) * from_row + half));
                rows[i] = _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high);
            }
            for i in 0..2 {
                let (a, b) = if i == 0 {
                    (_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpacklo_ps(rows[2], rows[3]))
                } else {
                    (_mm256_unpackhi_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[2], rows[3]))
                };
                let to = to.wrapping_add((half + 2 * i) * to_row);
                write(to, _mm256_shuffle_ps::<0x44>(a, b));
                write(to.wrapping_add(to_row), _mm256_shuffle_ps::<0xee>(a, b));
            }
        }
    }
}
