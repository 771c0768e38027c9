//! Random numbers that stay the same: on every machine, in every version, for any number of threads.

use std::convert::Infallible;
use std::ops::Range;

use plywood_kernels::cpu::random::fill_uniform;
use plywood_kernels::cpu::{Random, Stream};
use rand::TryRng;
use rand_distr::{Distribution, StandardNormal};

use crate::sample::{Sample, zeroed};

/// A generator for the crate `rand` whose numbers depend on a seed and nothing else, ever: Philox 4×32-10.
///
/// The same generator gives first values, dropout and the order of an epoch.
///
/// ```
/// use plywood::random::Generator;
/// use rand::{Rng, RngExt};
///
/// let mut generator = Generator::new(7);
/// let noise: f32 = generator.random_range(-1.0..1.0);
/// assert_eq!(Generator::new(7).next_u32(), Generator::new(7).next_u32());
/// # assert!(noise.abs() <= 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    stream: Stream,
    /// Numbers given so far, of four in each element of the stream.
    given: u64,
}

/// What the streams of steps and first values never reach.
const OF_USERS: u32 = u32::MAX;
const OF_ORDERS: u32 = u32::MAX - 1;

impl Generator {
    /// The numbers of `seed`, from the first.
    pub fn new(seed: u64) -> Generator {
        Generator::of_stream(Random::new(seed, 0).stream(OF_USERS))
    }

    /// The numbers of a stream, four for every element of it.
    pub(crate) fn of_stream(stream: Stream) -> Generator {
        Generator { stream, given: 0 }
    }

    /// The numbers that put round `round` of `seed` in order.
    fn of_order(seed: u64, round: u32) -> Generator {
        Generator::of_stream(Random::new(seed, round).stream(OF_ORDERS))
    }

    fn next(&mut self) -> u32 {
        let word = self.stream.words(self.given / 4)[(self.given % 4) as usize];
        self.given += 1;
        word
    }

    /// Any of `0..n` with the same probability; `n` is at least 1.
    fn below(&mut self, n: u64) -> u64 {
        // The high word of a product with 64 random bits; those few that would favour some results are drawn
        // again.
        let excess = n.wrapping_neg() % n;
        loop {
            let bits = (self.next() as u64) << 32 | self.next() as u64;
            let product = bits as u128 * n as u128;
            if product as u64 >= excess {
                return (product >> 64) as u64;
            }
        }
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next())
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next() as u64 | (self.next() as u64) << 32)
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for bytes in bytes.chunks_mut(4) {
            bytes.copy_from_slice(&self.next().to_le_bytes()[..bytes.len()]);
        }
        Ok(())
    }
}

/// `0..n` in the order of round `round` of `seed`, into `order`, all orders being equally likely.
///
/// Fisher and Yates, written out here: `rand` does not promise that its `shuffle` stays the same between
/// versions, and an epoch must.
pub(crate) fn shuffle(order: &mut Vec<usize>, n: usize, seed: u64, round: u32) {
    order.clear();
    order.extend(0..n);
    let mut generator = Generator::of_order(seed, round);
    for last in (1..n).rev() {
        order.swap(last, generator.below(last as u64 + 1) as usize);
    }
}

/// `n` samples of independent numbers, uniform in `range`: at least its start, and below its end.
///
/// ```
/// let x = plywood::random::uniform::<[f32; 3]>(100, -1.0..1.0, 7);
/// assert!(x.as_flattened().iter().all(|x| (-1.0..1.0).contains(x)));
/// ```
///
/// # Panics
/// If there is no number in the range, or if an end of it is not finite.
#[track_caller]
pub fn uniform<S: Sample>(n: usize, range: Range<f32>, seed: u64) -> Box<[S]> {
    assert!(
        is_range(&range),
        "random numbers are drawn from a range whose ends are finite, the first below the second, not from {range:?}"
    );
    let mut samples = zeroed(n);
    spread(S::flat_mut(&mut samples), range.start, range.end, Random::new(seed, 0).stream(OF_USERS));
    samples
}

/// Whether numbers can be drawn from a range.
pub(crate) fn is_range(range: &Range<f32>) -> bool {
    range.start < range.end && range.start.is_finite() && range.end.is_finite()
}

/// Numbers from `low` up to and without `high`, unless both are the same. In `f64`, where no width is too large; what then is
/// nearest to the end as an `f32` is the number before it.
pub(crate) fn spread(numbers: &mut [f32], low: f32, high: f32, stream: Stream) {
    let (start, width, last) = (f64::from(low), f64::from(high) - f64::from(low), high.next_down().max(low));
    const PART: usize = 4096;
    for (i, part) in numbers.chunks_mut(PART).enumerate() {
        fill_uniform(stream, (i * PART) as u64, part);
        part.iter_mut().for_each(|u| *u = ((start + width * f64::from(*u)) as f32).min(last));
    }
}

/// `n` samples of independent standard normal numbers: mean 0, variance 1.
///
/// ```
/// let x = plywood::random::normal::<[[f32; 2]; 3]>(1000, 7);
/// let mean = x.as_flattened().as_flattened().iter().sum::<f32>() / 6000.0;
/// assert!(mean.abs() < 0.05);
/// ```
pub fn normal<S: Sample>(n: usize, seed: u64) -> Box<[S]> {
    let mut generator = Generator::new(seed);
    let mut samples = zeroed(n);
    S::flat_mut(&mut samples).iter_mut().for_each(|number| *number = StandardNormal.sample(&mut generator));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, RngExt};

    #[test]
    fn an_order_is_a_permutation_that_never_changes() {
        let mut order = vec![];
        shuffle(&mut order, 10, 7, 1);
        assert_eq!(order, GOLDEN);
        for n in [0, 1, 2, 1000] {
            shuffle(&mut order, n, 3, 5);
            let mut sorted = order.clone();
            sorted.sort();
            assert_eq!(sorted, (0..n).collect::<Vec<_>>());
        }
        let (mut a, mut b) = (vec![], vec![]);
        shuffle(&mut a, 100, 7, 1);
        shuffle(&mut b, 100, 7, 2);
        assert_ne!(a, b, "another epoch, another order");
        shuffle(&mut b, 100, 8, 1);
        assert_ne!(a, b, "another seed, another order");
    }
    const GOLDEN: [usize; 10] = [4, 8, 3, 0, 1, 7, 2, 5, 6, 9];

    #[test]
    fn every_order_is_as_likely_as_another() {
        let (mut counts, mut order) = ([0; 6], vec![]);
        for round in 0..6000 {
            shuffle(&mut order, 3, 1, round);
            counts[order[0] * 2 + (order[1] > order[2]) as usize] += 1;
        }
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
    }

    /// Narrow ranges far from 0, where rounding meets the end, and those wider than the largest number.
    #[test]
    fn uniform_numbers_are_in_their_range() {
        let wide = [(f32::MIN, f32::MAX), (-3e38, 3e38), (0.0, f32::MAX)];
        let narrow =
            [(1e6, 1e6 + 0.5), (1000.0, 1001.0), (-1e6 - 0.5, -1e6), (1.0, 1.0f32.next_up()), (-1e-45, 0.0)];
        for (start, end) in wide.into_iter().chain(narrow) {
            let x = uniform::<f32>(200_000, start..end, 3);
            assert!(x.iter().all(|x| (start..end).contains(x)), "{start}..{end}");
            // every number of the range is as likely as its neighbours: so is each half
            let middle = f64::from(start).midpoint(f64::from(end));
            let above = x.iter().filter(|x| f64::from(**x) >= middle).count() as f64 / 2e5;
            let few = f64::from(end) - f64::from(start) < 1e-3;
            assert!(few || (above - 0.5).abs() < 0.07, "{start}..{end}: {above}");
        }
        let x = uniform::<[f32; 2]>(50_000, -1.0..3.0, 7);
        let mean = x.as_flattened().iter().map(|x| f64::from(*x)).sum::<f64>() / 1e5;
        let variance = x.as_flattened().iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.02 && (variance - 16.0 / 12.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn ranges_that_hold_no_number_panic() {
        for range in [1.0..-1.0, 1.0..1.0, 0.0..f32::INFINITY, f32::NAN..1.0, f32::NEG_INFINITY..0.0] {
            let text = format!("{range:?}");
            let thrown = std::panic::catch_unwind(|| uniform::<f32>(1, range, 7)).expect_err(&text);
            let message = thrown.downcast::<String>().expect("a message");
            assert!(message.contains(&text), "{message}");
        }
    }

    #[test]
    fn the_generator_serves_rand() {
        let mut a = Generator::new(1);
        let mut b = a.clone();
        let words: Vec<u8> = (0..4).flat_map(|_| a.next_u32().to_le_bytes()).collect();
        let mut bytes = [0; 15];
        b.fill_bytes(&mut bytes);
        assert_eq!(words[..15], bytes);
        let mean = (0..4000).map(|_| a.random::<f64>()).sum::<f64>() / 4000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
