//! The few vector operations that kernels cannot leave to the compiler, once per instruction set.
//!
//! Everything is `#[inline(always)]` and gets its instructions from the function it is inlined into.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;
use std::mem::transmute;

use super::real::Real;

/// Elementwise kernels work on blocks of this many lanes, whatever the register width: long enough to fill the
/// widest register, short enough that nothing is unrolled past a row of a matrix tile.
pub const LANES: usize = 16;

/// Stands in a loop over blocks of [`LANES`], each of which becomes a vector or two. LLVM may take them apart instead and
/// vectorise the loop around them, gathering lane by lane of 16 blocks at a time, which is ten times slower; it does not
/// vectorise a loop with assembly in it, be there none.
#[inline(always)]
pub fn blocks_are_vectors() {
    // Miri, which checks the loops, runs no assembly.
    #[cfg(all(not(miri), any(target_arch = "x86_64", target_arch = "aarch64")))]
    // SAFETY: no instruction
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags))
    }
}

/// A value at any address.
#[derive(Clone, Copy)]
#[repr(C, packed)]
struct Packed<V>(V);

/// Reads a `V`, at any alignment.
///
/// Everything else that reads through a pointer is checked where debug assertions are on, which a crate's users
/// usually leave on for dependencies that they optimise. `read_unaligned`, and the vector loads that are made of
/// it, compare addresses of source and destination and so keep registers in memory; `*p` compares with null,
/// which costs more branches than the loop has multiply-adds. A reference is taken at its word.
///
/// # Safety
/// `p` is valid for reading a `V`, all of whose bits are a value of it.
#[inline(always)]
#[allow(clippy::transmute_ptr_to_ref)]
pub unsafe fn read<V: Copy, T>(p: *const T) -> V {
    // SAFETY: by the caller; any address is aligned for `Packed`
    unsafe { transmute::<*const Packed<V>, &Packed<V>>(p.cast()).0 }
}
/// Writes a `V`, at any alignment; as [`read`].
///
/// # Safety
/// `p` is valid for writing a `V`.
#[inline(always)]
#[allow(clippy::transmute_ptr_to_ref)]
pub unsafe fn write<V: Copy, T>(p: *mut T, value: V) {
    // SAFETY: by the caller; any address is aligned for `Packed`, and any bits are a value of what is written
    unsafe { transmute::<*mut Packed<V>, &mut Packed<V>>(p.cast()).0 = value }
}
/// The bits of `a` as a `B` of the same size; `transmute_copy` compares addresses too.
///
/// # Safety
/// All bits of `a` are a `B`, which is not larger.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn cast<A: Copy, B: Copy>(a: A) -> B {
    union Bits<A: Copy, B: Copy> {
        a: A,
        b: B,
    }
    // SAFETY: by the caller
    unsafe { Bits { a }.b }
}

/// An instruction set as a type: loads and stores of less than [`LANES`] numbers.
pub trait Simd {
    /// Whether it has registers of eight `f32`, those of x86-64.
    const EIGHT: bool = false;
    /// Whether fused multiply-add is an instruction, and not a call for every number.
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    /// The first `count` lanes from `p`, the others zero.
    ///
    /// # Safety
    /// `p` is valid for reads of `count` numbers, `count < LANES`, and the machine has the instruction set.
    #[inline(always)]
    unsafe fn load_part<T: Real>(p: *const T, count: usize) -> [T; LANES] {
        let mut lanes = [T::ZERO; LANES];
        // SAFETY: by the caller; `lanes` is longer than `count`
        unsafe { copy_part(p, lanes.as_mut_ptr(), count) };
        lanes
    }
    /// Writes the first `count` lanes to `p`.
    ///
    /// # Safety
    /// As for `load_part`, with writes.
    #[inline(always)]
    unsafe fn store_part<T: Real>(p: *mut T, count: usize, lanes: [T; LANES]) {
        // SAFETY: by the caller; `lanes` is longer than `count`
        unsafe { copy_part(lanes.as_ptr(), p, count) }
    }
}

/// Copies fewer than 16 numbers as 8 + 4 + 2 + 1: a `memcpy` of variable length would be a call.
///
/// # Safety
/// Both pointers are valid for `count` numbers and do not overlap.
#[inline(always)]
unsafe fn copy_part<T: Real>(from: *const T, to: *mut T, count: usize) {
    let mut at = 0;
    // SAFETY: `at` stays at most `count`, which is a sum of the sizes that are copied
    unsafe {
        if count & 8 != 0 {
            write(to.wrapping_add(at), read::<[T; 8], T>(from.wrapping_add(at)));
            at += 8;
        }
        if count & 4 != 0 {
            write(to.wrapping_add(at), read::<[T; 4], T>(from.wrapping_add(at)));
            at += 4;
        }
        if count & 2 != 0 {
            write(to.wrapping_add(at), read::<[T; 2], T>(from.wrapping_add(at)));
            at += 2;
        }
        if count & 1 != 0 {
            write(to.wrapping_add(at), read::<T, T>(from.wrapping_add(at)));
        }
    }
}

/// What every machine has.
pub struct Portable;
impl Simd for Portable {}

/// 256-bit vectors. (Masked stores are slow on some machines that have them; masked loads are not.)
#[cfg(target_arch = "x86_64")]
pub struct Avx2;
#[cfg(target_arch = "x86_64")]
impl Simd for Avx2 {
    const EIGHT: bool = true;
    const FUSED: bool = true;
    #[inline(always)]
    unsafe fn load_part<T: Real>(p: *const T, count: usize) -> [T; LANES] {
        if size_of::<T>() != size_of::<f32>() {
            // SAFETY: by the caller
            return unsafe { Portable::load_part(p, count) };
        }
        static MASKS: [i32; 2 * LANES] = {
            let mut masks = [0; 2 * LANES];
            let mut lane = 0;
            while lane < LANES {
                masks[lane] = -1;
                lane += 1;
            }
            masks
        };
        // SAFETY: `T` is f32, the only four-byte `Real`; masked lanes are not read; count <= LANES keeps the
        // masks inside the table
        unsafe {
            let mask = MASKS.as_ptr().wrapping_add(LANES - count);
            let p = p.cast::<f32>();
            let low = _mm256_maskload_ps(p, read(mask));
            let high = _mm256_maskload_ps(p.wrapping_add(8), read(mask.wrapping_add(8)));
            cast([low, high])
        }
    }
}

/// 512-bit vectors.
#[cfg(target_arch = "x86_64")]
pub struct Avx512;
#[cfg(target_arch = "x86_64")]
impl Simd for Avx512 {
    const EIGHT: bool = true;
    const FUSED: bool = true;
    #[inline(always)]
    unsafe fn load_part<T: Real>(p: *const T, count: usize) -> [T; LANES] {
        // SAFETY: `T` is f32, the only four-byte `Real`; masked lanes are not read
        unsafe {
            if size_of::<T>() != size_of::<f32>() {
                return Portable::load_part(p, count);
            }
            cast(_mm512_maskz_loadu_ps((1u16 << count) - 1, p.cast()))
        }
    }
    #[inline(always)]
    unsafe fn store_part<T: Real>(p: *mut T, count: usize, lanes: [T; LANES]) {
        // SAFETY: `T` is f32, the only four-byte `Real`; masked lanes are not written
        unsafe {
            if size_of::<T>() != size_of::<f32>() {
                return Portable::store_part(p, count, lanes);
            }
            _mm512_mask_storeu_ps(p.cast(), (1u16 << count) - 1, cast(lanes));
        }
    }
}

/// A register of a matrix kernel.
///
/// # Safety
/// All methods need the machine to have the registers; pointers are valid for `N` numbers.
#[allow(clippy::missing_safety_doc)]
pub trait Vector<T>: Copy {
    /// Numbers in a register.
    const N: usize;
    /// `x` in every lane.
    unsafe fn splat(x: T) -> Self;
    /// `N` numbers from `p`.
    unsafe fn load(p: *const T) -> Self;
    /// `N` numbers to `p`.
    unsafe fn store(self, p: *mut T);
    /// `a * b + c`, fused where [`Four`] says so.
    unsafe fn fma(a: Self, b: Self, c: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
macro_rules! vector {
    ($register:ident, $count:literal, $splat:ident, $fma:ident) => {
        impl Vector<f32> for $register {
            const N: usize = $count;
            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                // SAFETY: by the caller, here and below
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(p: *const f32) -> Self {
                // SAFETY: as above
                unsafe { read(p) }
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut f32) {
                // SAFETY: as above
                unsafe { write(p, self) }
            }
            #[inline(always)]
            unsafe fn fma(a: Self, b: Self, c: Self) -> Self {
                // SAFETY: as above
                unsafe { $fma(a, b, c) }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
vector!(__m512, 16, _mm512_set1_ps, _mm512_fmadd_ps);
#[cfg(target_arch = "x86_64")]
vector!(__m256, 8, _mm256_set1_ps, _mm256_fmadd_ps);

/// Four lanes that any compiler turns into a register or two.
///
/// Fused only where fused multiply-add is part of the target: elsewhere it would be a library call.
#[derive(Clone, Copy)]
pub struct Four<T>([T; 4]);
impl<T: Real> Vector<T> for Four<T> {
    const N: usize = 4;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Four([x; 4])
    }
    #[inline(always)]
    unsafe fn load(p: *const T) -> Self {
        // SAFETY: by the caller
        Four(unsafe { read(p) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T) {
        // SAFETY: by the caller
        unsafe { write(p, self.0) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self, b: Self, c: Self) -> Self {
        let mut sum = c.0;
        for l in 0..4 {
            sum[l] = if Portable::FUSED { a.0[l].mul_add(b.0[l], sum[l]) } else { a.0[l] * b.0[l] + sum[l] };
        }
        Four(sum)
    }
}
