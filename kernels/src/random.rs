//! Random numbers that need no state: number `i` of stream `s` at step `t` is a function of these and the seed.
//!
//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, 2011), with the
//! seed as key and `[element low, element high, step, stream]` as counter. Whoever computes an element, on which
//! thread and in which order, gets the same bits, and backward code asks again instead of keeping a mask.

/// The random numbers of one training step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Random {
    /// Fixed for a training run.
    pub seed: u64,
    /// The number of the training step.
    pub step: u32,
    /// The number of the first stream.
    pub base: u32,
}

impl Random {
    /// Streams from number 0 on.
    pub fn new(seed: u64, step: u32) -> Random {
        Random { seed, step, base: 0 }
    }
    /// The `k`-th stream.
    pub fn stream(self, k: u32) -> Stream {
        Stream { seed: self.seed, step: self.step, stream: self.base.wrapping_add(k) }
    }
    /// The streams after the first `streams`: for a part of a network that numbers its own from 0.
    pub fn skip(self, streams: u32) -> Random {
        Random { base: self.base.wrapping_add(streams), ..self }
    }
}

/// A sequence of 2⁶⁴ random numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream {
    pub(crate) seed: u64,
    pub(crate) step: u32,
    pub(crate) stream: u32,
}

impl Stream {
    /// The four words that belong to an element.
    pub fn words(self, element: u64) -> [u32; 4] {
        let counter = [element as u32, (element >> 32) as u32, self.step, self.stream];
        philox(counter, [self.seed as u32, (self.seed >> 32) as u32])
    }
    /// `(word 0 >> 8) * 2^-24`: uniform in [0, 1).
    pub fn uniform(self, element: u64) -> f32 {
        to_unit(self.words(element)[0])
    }
}

/// The upper 24 bits as a fraction.
#[inline(always)]
pub(crate) fn to_unit(word: u32) -> f32 {
    // through i32, which vector units convert in one instruction
    (word >> 8) as i32 as f32 * (1.0 / 16_777_216.0)
}

/// Philox4x32-10.
#[inline(always)]
pub(crate) fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    // Words stand in the lower halves of 64 bits, with anything above: products need no splitting then, and a
    // loop over elements is two multiplications, two shifts and two exclusive ors per round.
    const WORD: u64 = u32::MAX as u64;
    let [mut a, mut b, mut c, mut d] = counter.map(u64::from);
    let [mut k, mut l] = key;
    let mut round = 0;
    while round < 10 {
        let p = (a & WORD).wrapping_mul(0xd251_1f53);
        let q = (c & WORD).wrapping_mul(0xcd9e_8d57);
        (a, b, c, d) = ((q >> 32) ^ b ^ k as u64, q, (p >> 32) ^ d ^ l as u64, p);
        k = k.wrapping_add(0x9e37_79b9);
        l = l.wrapping_add(0xbb67_ae85);
        round += 1;
    }
    [a as u32, b as u32, c as u32, d as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that Random123 publishes for `philox4x32 10`.
    #[test]
    fn known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([!0; 4], [!0; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn streams_are_numbered() {
        let random = Random::new(0xa409_3822_299f_31d0, 5);
        assert_eq!(random.skip(3).stream(4), random.stream(7));
        let stream = Stream { seed: 0x299f_31d0_a409_3822, step: 0x1319_8a2e, stream: 0x0370_7344 };
        assert_eq!(stream.words(0x85a3_08d3_243f_6a88)[0], 0xd16c_fe09);
        assert_eq!(stream.uniform(0x85a3_08d3_243f_6a88), 0xd1_6cfe as f32 / 16_777_216.0);
    }

    #[test]
    fn uniform_numbers_are_uniform() {
        let stream = Random::new(7, 1).stream(0);
        let numbers: Vec<f64> = (0..100_000).map(|i| stream.uniform(i) as f64).collect();
        assert!(numbers.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = numbers.iter().sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|u| (u - 0.5).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 0.004 && (variance - 1.0 / 12.0).abs() < 0.001, "{mean} {variance}");
    }
}
