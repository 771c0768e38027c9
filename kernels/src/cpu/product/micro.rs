//! The innermost loops of products.

#[cfg(target_arch = "x86_64")]
use crate::cpu::isa::{Isa, avx2, avx512, isa};
use crate::cpu::lanes;
use crate::cpu::real::{Overload, Real};
#[cfg(target_arch = "x86_64")]
use crate::cpu::simd::{Avx2, Avx512};
use crate::cpu::simd::{Four, LANES, Portable, Simd, Vector, read, write};

/// How a tile walks along the inner index.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// steps of the inner index
    pub len: usize,
    /// from row to row of A
    pub a_row: usize,
    /// from step to step in A
    pub a_step: usize,
    /// from step to step in B
    pub b_step: usize,
    /// whether to go on with the sums that are in the tile, instead of from zero
    pub resume: bool,
}

/// `tile[i][..] = sum over p of a(i, p) * b(p, ..)`. Compiled for one height and width of the tile.
///
/// # Safety
/// `a` and `b` are valid where `Walk` leads, `tile` for the tile; the machine has the instruction set.
pub type Micro<T> = unsafe fn(walk: &Walk, a: *const T, b: *const T, tile: *mut T);

/// `sums[i] = x · row i of w`, for `count` rows of `k` numbers.
///
/// # Safety
/// `x`, `w` and `sums` are valid for as many numbers; the machine has the instruction set.
pub type Dot<T> = unsafe fn(x: *const T, w: *const T, k: usize, count: usize, sums: *mut T);

/// Twelve rows are addressed by three pointers and two strides.
const GROUP: usize = 4;
const GROUPS: usize = 3;

#[inline(always)]
unsafe fn tile<T, V: Vector<T>, const ROWS: usize, const REGISTERS: usize>(
    walk: &Walk,
    a: *const T,
    b: *const T,
    tile: *mut T,
) where
    T: Real,
{
    // SAFETY: by the caller; pointers that are not read through may lead outside, hence `wrapping_add`
    unsafe {
        let Walk { len, a_row, a_step, b_step, resume } = *walk;
        let three = 3 * a_row;
        let mut sums = [[V::splat(T::ZERO); REGISTERS]; ROWS];
        if resume {
            for i in 0..ROWS {
                for v in 0..REGISTERS {
                    sums[i][v] = V::load(tile.wrapping_add((i * REGISTERS + v) * V::N));
                }
            }
        }
        let mut groups = [a; GROUPS];
        for g in 1..GROUPS {
            groups[g] = a.wrapping_add(g * GROUP * a_row);
        }
        let mut b = b;
        for _ in 0..len {
            let mut columns = [V::splat(T::ZERO); REGISTERS];
            for v in 0..REGISTERS {
                columns[v] = V::load(b.wrapping_add(v * V::N));
            }
            for i in 0..ROWS {
                let row = if i % GROUP == 3 { three } else { i % GROUP * a_row };
                let x = V::splat(read(groups[i / GROUP].wrapping_add(row)));
                for v in 0..REGISTERS {
                    sums[i][v] = V::fma(x, columns[v], sums[i][v]);
                }
            }
            for group in &mut groups {
                *group = group.wrapping_add(a_step);
            }
            b = b.wrapping_add(b_step);
        }
        for i in 0..ROWS {
            for v in 0..REGISTERS {
                sums[i][v].store(tile.wrapping_add((i * REGISTERS + v) * V::N));
            }
        }
    }
}

/// Dot products of `ROWS` rows at a time, each in sixteen chains.
#[inline(always)]
unsafe fn dot<T, S: Simd, V: Vector<T>, const ROWS: usize, const REGISTERS: usize>(
    x: *const T,
    w: *const T,
    k: usize,
    count: usize,
    sums: *mut T,
) where
    T: Real,
{
    // SAFETY: by the caller; rows beyond the last repeat it
    unsafe {
        let tail = S::load_part(x.wrapping_add(k / LANES * LANES), k % LANES);
        let mut o = 0;
        while o + ROWS <= count {
            // pointers that differ by constant multiples of a row stay in registers
            let mut rows = [w.wrapping_add(o * k); ROWS];
            for r in 1..ROWS {
                rows[r] = rows[r - 1].wrapping_add(k);
            }
            write(sums.wrapping_add(o), dots::<T, S, V, ROWS, REGISTERS>(x, tail, rows, k));
            o += ROWS;
        }
        if o < count {
            let mut rows = [w.wrapping_add((count - 1) * k); ROWS];
            for r in 0..count - o {
                rows[r] = w.wrapping_add((o + r) * k);
            }
            let last = dots::<T, S, V, ROWS, REGISTERS>(x, tail, rows, k);
            for r in 0..count - o {
                write(sums.wrapping_add(o + r), last[r]);
            }
        }
    }
}

/// Dot products of these rows with `x`, whose last numbers that do not fill a block are `tail`.
#[inline(always)]
unsafe fn dots<T: Real, S: Simd, V: Vector<T>, const ROWS: usize, const REGISTERS: usize>(
    x: *const T,
    tail: [T; LANES],
    rows: [*const T; ROWS],
    k: usize,
) -> [T; ROWS] {
    // SAFETY: by the caller
    unsafe {
        let whole = k / LANES * LANES;
        let mut chains = [[V::splat(T::ZERO); REGISTERS]; ROWS];
        let mut p = 0;
        while p < whole {
            for v in 0..REGISTERS {
                let at = p + v * V::N;
                let x = V::load(x.wrapping_add(at));
                for r in 0..ROWS {
                    chains[r][v] = V::fma(x, V::load(rows[r].wrapping_add(at)), chains[r][v]);
                }
            }
            p += LANES;
        }
        if whole < k {
            for r in 0..ROWS {
                let part = S::load_part(rows[r].wrapping_add(whole), k - whole);
                for v in 0..REGISTERS {
                    let x = V::load(tail.as_ptr().wrapping_add(v * V::N));
                    chains[r][v] = V::fma(x, V::load(part.as_ptr().wrapping_add(v * V::N)), chains[r][v]);
                }
            }
        }
        let mut lanes = [[T::ZERO; LANES]; ROWS];
        for r in 0..ROWS {
            for v in 0..REGISTERS {
                chains[r][v].store(lanes[r].as_mut_ptr().wrapping_add(v * V::N));
            }
        }
        fold::<T, S, ROWS>(&lanes)
    }
}

/// The sum of each row of chains, halves added to halves.
#[inline(always)]
unsafe fn fold<T: Real, S: Simd, const ROWS: usize>(chains: &[[T; LANES]; ROWS]) -> [T; ROWS] {
    let mut sums = [T::ZERO; ROWS];
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == size_of::<f32>() && S::EIGHT && ROWS.is_multiple_of(4) {
        for r in (0..ROWS).step_by(4) {
            // SAFETY: `T` is f32, the only four-byte `Real`, and four rows of chains and of sums are there
            unsafe { x86::fold_four(chains[r].as_ptr().cast(), sums.as_mut_ptr().wrapping_add(r).cast()) };
        }
        return sums;
    }
    for r in 0..ROWS {
        sums[r] = lanes::fold(chains[r]);
    }
    sums
}

/// The loops of a product and how far they go.
#[derive(Clone, Copy)]
pub struct Plan<T: 'static> {
    /// Columns of a panel.
    pub wide: usize,
    /// By height of the tile, from 1.
    pub kernels: &'static [Micro<T>],
    /// For a last panel of so many columns at most, ascending.
    pub narrow: &'static [(usize, &'static [Micro<T>])],
    pub dot: Dot<T>,
    /// For a single row: a tile of one row and `row_wide` columns, as many as there are registers for.
    pub row: Micro<T>,
    pub row_wide: usize,
    /// Rows up to which a contiguous panel of B is read in place and not packed.
    pub in_place: usize,
    /// The same for a panel of few steps.
    pub in_place_short: usize,
    /// Steps of the inner index that a packed panel may have in the nearest cache.
    pub deep: usize,
    /// Whether rows of A a multiple of 4 KiB apart are worth packing: twelve of them evict each other from the
    /// nearest cache.
    pub spread: bool,
}

/// Columns of the narrowest tiles at most.
pub const NARROWEST: usize = 8;

impl<T> Plan<T> {
    /// The widest tile of one row that is no wider than a row of `columns`, or the narrowest, with its width.
    pub fn row_tile(&self, columns: usize) -> (Micro<T>, usize) {
        let wide = [(self.row, self.row_wide), (self.kernels[0], self.wide)];
        let narrow = self.narrow.iter().rev().map(|(wide, kernels)| (kernels[0], *wide));
        let mut tile = wide[0];
        for next in wide.into_iter().chain(narrow) {
            if tile.1 > columns {
                tile = next;
            }
        }
        assert!(tile.1 <= columns || tile.1 <= NARROWEST, "a tile of {} for {columns} columns", tile.1);
        tile
    }
}

/// A table of micro-kernels by height.
macro_rules! table {
    ($name:ident: $t:ty = $kernel:ident, $registers:literal registers, heights $($rows:literal)*) => {
        const $name: &[Micro<$t>] = &[$($kernel::<$rows, $registers>),*];
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::*;
    use std::arch::x86_64::*;

    /// Four rows of chains side by side, in the order of [`lanes::fold`].
    #[inline(always)]
    pub unsafe fn fold_four(chains: *const f32, sums: *mut f32) {
        // SAFETY: by the caller
        unsafe {
            let mut halves = [_mm256_setzero_ps(); 4];
            for r in 0..4 {
                let row = chains.wrapping_add(r * LANES);
                halves[r] = _mm256_add_ps(read(row), read(row.wrapping_add(8)));
            }
            let mut quarters = [_mm256_setzero_ps(); 2];
            for i in 0..2 {
                let (a, b) = (halves[2 * i], halves[2 * i + 1]);
                let (low, high) =
                    (_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b));
                quarters[i] = _mm256_add_ps(low, high);
            }
            // rows 0 and 2 in the lower half, 1 and 3 in the upper
            let [a, b] = quarters;
            let pairs = _mm256_add_ps(_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
            let (even, odd) =
                (_mm256_shuffle_ps::<0x88>(pairs, pairs), _mm256_shuffle_ps::<0xdd>(pairs, pairs));
            let all = _mm256_add_ps(even, odd);
            let (low, high) = (_mm256_castps256_ps128(all), _mm256_extractf128_ps::<1>(all));
            write(sums, _mm_unpacklo_ps(low, high));
        }
    }

    avx512! {
        pub unsafe fn zmm<const ROWS: usize, const REGISTERS: usize>(
            walk: &Walk, a: *const f32, b: *const f32, to: *mut f32,
        ) {
            // SAFETY: by the caller
            unsafe { tile::<f32, __m512, ROWS, REGISTERS>(walk, a, b, to) }
        }
    }
    avx512! {
        // narrow tiles of the larger instruction set: its kernels are twelve rows high at any width
        pub unsafe fn ymm_of_avx512<const ROWS: usize, const REGISTERS: usize>(
            walk: &Walk, a: *const f32, b: *const f32, to: *mut f32,
        ) {
            // SAFETY: by the caller
            unsafe { tile::<f32, __m256, ROWS, REGISTERS>(walk, a, b, to) }
        }
    }
    avx2! {
        pub unsafe fn ymm<const ROWS: usize, const REGISTERS: usize>(
            walk: &Walk, a: *const f32, b: *const f32, to: *mut f32,
        ) {
            // SAFETY: by the caller
            unsafe { tile::<f32, __m256, ROWS, REGISTERS>(walk, a, b, to) }
        }
    }
    avx512! {
        pub unsafe fn zmm_dot(x: *const f32, w: *const f32, k: usize, count: usize, sums: *mut f32) {
            // SAFETY: by the caller
            unsafe { dot::<f32, Avx512, __m512, 8, 1>(x, w, k, count, sums) }
        }
    }
    avx2! {
        pub unsafe fn ymm_dot(x: *const f32, w: *const f32, k: usize, count: usize, sums: *mut f32) {
            // SAFETY: by the caller
            unsafe { dot::<f32, Avx2, __m256, 4, 2>(x, w, k, count, sums) }
        }
    }
    table!(ZMM_32: f32 = zmm, 2 registers, heights 1 2 3 4 5 6 7 8 9 10 11 12);
    table!(ZMM_16: f32 = zmm, 1 registers, heights 1 2 3 4 5 6 7 8 9 10 11 12);
    table!(ZMM_8: f32 = ymm_of_avx512, 1 registers, heights 1 2 3 4 5 6 7 8 9 10 11 12);
    table!(YMM_16: f32 = ymm, 2 registers, heights 1 2 3 4 5 6);
    table!(YMM_8: f32 = ymm, 1 registers, heights 1 2 3 4 5 6 7 8 9 10 11 12);

    type Narrow = &'static [(usize, &'static [Micro<f32>])];

    pub fn plan(columns: usize) -> Option<Plan<f32>> {
        let isa = isa();
        let (wide, kernels, narrow): (_, _, Narrow) = match (isa, columns) {
            (Isa::Avx512, 17..) => (32, ZMM_32, &[(8, ZMM_8), (16, ZMM_16)]),
            (Isa::Avx512, 9..) => (16, ZMM_16, &[(8, ZMM_8)]),
            (Isa::Avx512, _) => (8, ZMM_8, &[]),
            (Isa::Avx2, 9..) => (16, YMM_16, &[(8, YMM_8)]),
            (Isa::Avx2, _) => (8, YMM_8, &[]),
            (Isa::Portable, _) => return None,
        };
        let (dot, row, row_wide): (Dot<f32>, Micro<f32>, usize) = match isa {
            Isa::Avx512 => (zmm_dot, zmm::<1, 8>, 128),
            _ => (ymm_dot, ymm::<1, 8>, 64),
        };
        let (in_place_short, deep) = if wide == 32 { (192, 1024) } else { (72, 256) };
        Some(Plan {
            wide,
            kernels,
            narrow,
            dot,
            row,
            row_wide,
            in_place: 72,
            in_place_short,
            deep,
            spread: wide == 32,
        })
    }
}

unsafe fn four<T: Real, const ROWS: usize, const REGISTERS: usize>(
    walk: &Walk,
    a: *const T,
    b: *const T,
    to: *mut T,
) {
    // SAFETY: by the caller
    unsafe { tile::<T, Four<T>, ROWS, REGISTERS>(walk, a, b, to) }
}
unsafe fn four_dot<T: Real>(x: *const T, w: *const T, k: usize, count: usize, sums: *mut T) {
    // SAFETY: by the caller
    unsafe { dot::<T, Portable, Four<T>, 2, 4>(x, w, k, count, sums) }
}

macro_rules! portable {
    ($module:ident, $t:ty) => {
        mod $module {
            use super::*;
            unsafe fn kernel<const ROWS: usize, const REGISTERS: usize>(
                walk: &Walk,
                a: *const $t,
                b: *const $t,
                to: *mut $t,
            ) {
                // SAFETY: by the caller
                unsafe { four::<$t, ROWS, REGISTERS>(walk, a, b, to) }
            }
            table!(EIGHT: $t = kernel, 2 registers, heights 1 2 3 4);
            table!(FOUR: $t = kernel, 1 registers, heights 1 2 3 4);
            pub fn plan() -> Plan<$t> {
                Plan {
                    wide: 8,
                    kernels: EIGHT,
                    narrow: &[(4, FOUR)],
                    dot: four_dot::<$t>,
                    row: kernel::<1, 4>,
                    row_wide: 16,
                    in_place: 36,
                    in_place_short: 36,
                    deep: 256,
                    spread: false,
                }
            }
        }
    };
}
portable!(single, f32);
portable!(double, f64);

/// What suits the machine, this number and a product of so many columns.
pub fn plan<T: Real>(columns: usize) -> Plan<T> {
    T::call(ByColumns, columns)
}
struct ByColumns;
impl Overload for ByColumns {
    type Input<T: Real> = usize;
    type Output<T: Real> = Plan<T>;
    fn single(self, columns: usize) -> Plan<f32> {
        #[cfg(target_arch = "x86_64")]
        if let Some(plan) = x86::plan(columns) {
            return plan;
        }
        let _ = columns;
        single::plan()
    }
    fn double(self, _: usize) -> Plan<f64> {
        double::plan()
    }
}
