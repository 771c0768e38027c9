//! Operands brought into the order in which the innermost loops read them.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::cpu::Real;
use crate::cpu::isa::{Work, go};
use crate::cpu::simd::Simd;
#[cfg(target_arch = "x86_64")]
use crate::cpu::simd::{read, write};

/// `to[p][l]` = element (`steps.start + p`, `first + l`) of a matrix, zero from lane `count` on.
pub struct Pack<'a, T> {
    pub data: &'a [T],
    /// Element (p, j) is `data[p * down + j * right]`; one of the two is 1.
    pub down: usize,
    pub right: usize,
    pub step: usize,
    pub steps: usize,
    pub first: usize,
    pub count: usize,
    /// lanes per step
    pub wide: usize,
    pub to: &'a mut [T],
}

pub fn pack<T: Real>(work: Pack<'_, T>) {
    assert!(work.to.len() >= work.steps * work.wide && work.count <= work.wide && work.wide > 0);
    if T::WIDE { go(work) } else { work.run::<crate::cpu::simd::Portable>() }
}

impl<T: Real> Work for Pack<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        if self.right == 1 { self.rows() } else { self.columns::<S>() }
    }
}

impl<T: Real> Pack<'_, T> {
    #[inline(always)]
    fn rows(self) {
        for (p, to) in self.to.chunks_exact_mut(self.wide).take(self.steps).enumerate() {
            let from = &self.data[(self.step + p) * self.down + self.first..][..self.count];
            to[..self.count].copy_from_slice(from);
            to[self.count..].fill(T::ZERO);
        }
    }

    /// Columns are contiguous: eight of them at a time are transposed.
    #[inline(always)]
    fn columns<S: Simd>(self) {
        let Pack { data, right, step, steps, first, count, wide, to, .. } = self;
        for lane in (0..wide).step_by(8) {
            let lanes = 8.min(wide - lane);
            let mut p = 0;
            #[cfg(target_arch = "x86_64")]
            if size_of::<T>() == size_of::<f32>() && lane + 8 <= count && S::EIGHT {
                let from = (first + lane) * right + step;
                assert!(from + 7 * right + steps <= data.len());
                while p + 8 <= steps {
                    // SAFETY: `T` is f32, the only four-byte `Real`; eight columns of at least p + 8 numbers,
                    // asserted here, and as many rows of `to`, asserted in `pack`
                    unsafe {
                        let from = data.as_ptr().wrapping_add(from + p).cast();
                        transpose(from, right, to.as_mut_ptr().wrapping_add(p * wide + lane).cast(), wide);
                    }
                    p += 8;
                }
            }
            for l in lane..lane + lanes {
                if l < count {
                    let from = &data[(first + l) * right + step..][..steps];
                    for p in p..steps {
                        to[p * wide + l] = from[p];
                    }
                } else {
                    for p in p..steps {
                        to[p * wide + l] = T::ZERO;
                    }
                }
            }
        }
    }
}

/// Eight rows of eight numbers, transposed.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
    // SAFETY: by the caller
    unsafe {
        let zero = _mm256_setzero_ps();
        let (mut rows, mut pairs, mut fours) = ([zero; 8], [zero; 8], [zero; 8]);
        for i in 0..8 {
            rows[i] = read(from.wrapping_add(i * from_row));
        }
        for i in 0..4 {
            pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
            pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
        }
        for half in [0, 4] {
            for i in 0..2 {
                let (a, b) = (pairs[half + i], pairs[half + i + 2]);
                fours[half + 2 * i] = _mm256_shuffle_ps::<0x44>(a, b);
                fours[half + 2 * i + 1] = _mm256_shuffle_ps::<0xee>(a, b);
            }
        }
        for i in 0..4 {
            let (a, b) = (fours[i], fours[i + 4]);
            write(to.wrapping_add(i * to_row), _mm256_permute2f128_ps::<0x20>(a, b));
            write(to.wrapping_add((i + 4) * to_row), _mm256_permute2f128_ps::<0x31>(a, b));
        }
    }
}
