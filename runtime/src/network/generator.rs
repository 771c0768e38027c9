//! Random numbers that stay the same on every machine and in every version.

use std::convert::Infallible;

use plywood_kernels::cpu::random::fill_uniform;
use plywood_kernels::cpu::{Random, Stream};
use rand::TryRng;

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
pub(crate) const OF_USERS: u32 = u32::MAX;
const OF_ORDERS: u32 = u32::MAX - 1;
pub(crate) const OF_NORMALS: u32 = u32::MAX - 2;

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
    pub(crate) fn of_order(seed: u64, round: u32) -> Generator {
        Generator::of_stream(Random::new(seed, round).stream(OF_ORDERS))
    }

    fn next(&mut self) -> u32 {
        let word = self.stream.words(self.given / 4)[(self.given % 4) as usize];
        self.given += 1;
        word
    }

    /// Any of `0..n` with the same probability; `n` is at least 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
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
