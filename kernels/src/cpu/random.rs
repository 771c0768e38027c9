//! Random numbers by the vector.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

use super::isa::run;
use super::isa::{Work, go};
use super::math::single::turn;
use super::math::{ln, sqrt};
use super::real::Real;
use super::simd::{LANES, Simd, blocks_are_vectors};
use crate::random::{Stream, philox, to_unit};

/// `out[i]` = number `first + i` of `stream`.
pub fn fill_uniform<T: Real>(stream: Stream, first: u64, out: &mut [T]) {
    run::<T, _>(Fill(stream, first, out))
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

/// Normal numbers that are made together: four of each of as many elements as there are lanes.
const NORMALS: usize = 4 * LANES;

/// The standard normal numbers of `stream`, from the first: mean 0, variance 1, at most 6.8 from 0.
///
/// Box and Muller (*A note on the generation of random normal deviates*, 1958): of two words `u` and `v`, as fractions,
/// `√(-2 ln u) cos 2πv` and `√(-2 ln u) sin 2πv`. Element `16 b + l` has four words and gives the numbers `64 b + l`,
/// `64 b + 16 + l`, `64 b + 32 + l` and `64 b + 48 + l`.
pub fn fill_normal(stream: Stream, out: &mut [f32]) {
    go(FillNormal(stream, out))
}

struct FillNormal<'a>(Stream, &'a mut [f32]);

impl Work for FillNormal<'_> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let FillNormal(stream, out) = self;
        let (blocks, rest) = out.as_chunks_mut::<NORMALS>();
        let mut element = 0;
        for block in blocks {
            *block = normals(stream, element);
            element += LANES as u64;
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&normals(stream, element)[..rest.len()]);
        }
    }
}

/// The numbers of [`LANES`] elements from `first` on.
#[inline(always)]
fn normals(stream: Stream, first: u64) -> [f32; NORMALS] {
    let key = [stream.seed as u32, (stream.seed >> 32) as u32];
    let mut words = [[0; LANES]; 4];
    for l in 0..LANES {
        let element = first + l as u64;
        let counter = [element as u32, (element >> 32) as u32, stream.step, stream.stream];
        let [a, b, c, d] = philox(counter, key);
        (words[0][l], words[1][l], words[2][l], words[3][l]) = (a, b, c, d);
    }
    let mut out = [0.0; NORMALS];
    for pair in 0..2 {
        blocks_are_vectors();
        let (cosines, sines) = out[2 * LANES * pair..][..2 * LANES].split_at_mut(LANES);
        let (lengths, angles) = (&words[2 * pair], &words[2 * pair + 1]);
        for l in 0..LANES {
            let (cos, sin) = turn(angles[l]);
            // all 32 bits, so that small fractions, the large numbers, have all of their digits; never 0
            let u = (lengths[l] as f32 + 0.5) * (1.0 / 4_294_967_296.0);
            let length = sqrt(-2.0 * ln(u));
            (cosines[l], sines[l]) = (length * cos, length * sin);
        }
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

    #[test]
    fn normal_numbers_are_the_same_for_every_length_and_instruction_set() {
        let stream = Random::new(0x1234_5678_9abc_def0, 77).stream(3);
        let mut whole = vec![0.0; 1000];
        fill_normal(stream, &mut whole);
        each_isa(|isa| {
            for len in [0, 1, 15, 16, 17, 63, 64, 65, 130, 1000] {
                let mut some = vec![f32::NAN; len];
                fill_normal(stream, &mut some);
                assert!(some == whole[..len], "{isa:?}, {len}");
            }
        });
        // by the definition
        for (i, x) in whole.iter().enumerate() {
            let words = stream.words((i / NORMALS * LANES + i % LANES) as u64);
            let pair = i / (2 * LANES) % 2;
            let fraction = |word: u32| (f64::from(word) + 0.5) / 4_294_967_296.0;
            let length = (-2.0 * fraction(words[2 * pair]).ln()).sqrt();
            let angle = std::f64::consts::TAU * f64::from(words[2 * pair + 1]) / 4_294_967_296.0;
            let want = length * if (i / LANES).is_multiple_of(2) { angle.cos() } else { angle.sin() };
            assert!((f64::from(*x) - want).abs() < 3e-4 * (0.002 + want.abs()), "{i}: {x} {want}");
        }
    }

    /// Their distribution function is that of the normal distribution, neighbours and squares of neighbours are not
    /// correlated.
    #[test]
    fn normal_numbers_are_normal() {
        const N: usize = 1 << 20;
        let mut numbers = vec![0.0; N];
        fill_normal(Random::new(7, 0).stream(1), &mut numbers);
        let mut sorted: Vec<f64> = numbers.iter().map(|x| f64::from(*x)).collect();
        sorted.sort_by(f64::total_cmp);
        let below = |x: f64| 0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2));
        let far = |(i, x): (usize, &f64)| (below(*x) - (i as f64 + 0.5) / N as f64).abs();
        let furthest = sorted.iter().enumerate().map(far).fold(0.0, f64::max);
        // Kolmogorov's and Smirnov's bound for one in a thousand
        assert!(furthest < 1.95 / (N as f64).sqrt(), "{furthest}");
        assert!((4.3..6.8).contains(&sorted[N - 1]) && (4.3..6.8).contains(&-sorted[0]));
        for apart in [1, 2, 3, LANES, 2 * LANES, 3 * LANES, NORMALS] {
            let pairs = || numbers.iter().zip(&numbers[apart..]).map(|(a, b)| (f64::from(*a), f64::from(*b)));
            let plain = pairs().map(|(a, b)| a * b).sum::<f64>() / (N as f64).sqrt();
            let squares = pairs().map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)).sum::<f64>();
            let squares = squares / (2.0 * (N as f64).sqrt());
            assert!(plain.abs() < 4.0 && squares.abs() < 4.0, "{apart}: {plain} {squares}");
        }
    }
}
