//! Random numbers by the vector.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::Real;
use super::isa::{Work, go};
use super::simd::{LANES, Simd};
use crate::random::{Stream, philox, to_unit};

/// `out[i]` = number `first + i` of `stream`.
pub fn fill_uniform<T: Real>(stream: Stream, first: u64, out: &mut [T]) {
    go(Fill(stream, first, out))
}

struct Fill<'a, T>(Stream, u64, &'a mut [T]);

impl<T: Real> Work for Fill<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Fill(stream, first, out) = self;
        let (blocks, rest) = out.as_chunks_mut::<LANES>();
        let mut element = first;
        for block in blocks {
            *block = lanes(stream, element);
            element = element.wrapping_add(LANES as u64);
        }
        if !rest.is_empty() {
            // SAFETY: as long as `rest`, which is shorter than a block
            unsafe { S::store_part(rest.as_mut_ptr(), rest.len(), lanes(stream, element)) };
        }
    }
}

#[inline(always)]
fn lanes<T: Real>(stream: Stream, first: u64) -> [T; LANES] {
    let key = [stream.seed as u32, (stream.seed >> 32) as u32];
    let mut out = [T::ZERO; LANES];
    for l in 0..LANES {
        let element = first.wrapping_add(l as u64);
        let counter = [element as u32, (element >> 32) as u32, stream.step, stream.stream];
        out[l] = T::from_f64(to_unit(philox(counter, key)[0]) as f64);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa::each_isa;
    use crate::random::Random;

    #[test]
    fn same_as_one_by_one() {
        let stream = Random::new(0x1234_5678_9abc_def0, 77).stream(3);
        each_isa(|_| {
            for len in 0..50 {
                for first in [0, 5, u32::MAX as u64 - 20] {
                    let (mut single, mut double) = (vec![0.0f32; len], vec![0.0f64; len]);
                    fill_uniform(stream, first, &mut single);
                    fill_uniform(stream, first, &mut double);
                    for i in 0..len {
                        let want = stream.uniform(first + i as u64);
                        assert_eq!((single[i], double[i]), (want, want as f64));
                    }
                }
            }
        });
    }
}
