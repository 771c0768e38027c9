//! Random numbers that stay the same: on every machine, in every version, for any number of threads.

use std::ops::Range;

use plywood_kernels::cpu::Random;
use plywood_kernels::cpu::random::fill_normal;

pub use crate::network::generator::Generator;
use crate::network::generator::{OF_NORMALS, OF_USERS, spread};
use crate::network::sample::{Sample, zeroed};

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

/// `n` samples of independent standard normal numbers: mean 0, variance 1.
///
/// ```
/// let x = plywood::random::normal::<[[f32; 2]; 3]>(1000, 7);
/// let mean = x.as_flattened().as_flattened().iter().sum::<f32>() / 6000.0;
/// assert!(mean.abs() < 0.05);
/// ```
pub fn normal<S: Sample>(n: usize, seed: u64) -> Box<[S]> {
    let mut samples = zeroed(n);
    fill_normal(Random::new(seed, 0).stream(OF_NORMALS), S::flat_mut(&mut samples));
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

    /// What both make of one seed has nothing in common: the one is often the input, the other the noise.
    #[test]
    fn normal_numbers_do_not_follow_uniform_ones_of_the_same_seed() {
        let (u, x) = (uniform::<f32>(100_000, -1.0..1.0, 7), normal::<f32>(100_000, 7));
        for apart in [0, 16, 32, 48] {
            let products = u.iter().zip(&x[apart..]).map(|(u, x)| f64::from(u * x.abs()));
            let mean = products.sum::<f64>() / 1e5;
            assert!(mean.abs() < 0.01, "{apart}: {mean}");
        }
    }

    #[test]
    fn normal_numbers_never_change() {
        assert_eq!(*normal::<f32>(4, 7), NORMAL);
    }
    const NORMAL: [f32; 4] = [-1.0894766, 0.44914666, 0.14170471, 0.6820415];

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
