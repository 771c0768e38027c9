//! Numbers by which two things are told apart, the same on every machine and in every version of Rust.

use crate::network::{Flat, Ports};

/// Of all numbers of a batch, port by port. Of values of other types it is their number alone.
pub(crate) fn of<P: Ports>(batch: P::Batch<'_>) -> u64 {
    let mut fingerprint = Fingerprint::new();
    P::ports(batch, |ports| {
        for port in ports {
            match port {
                Flat::Real(numbers) => fingerprint.words(numbers.iter().map(|x| u64::from(x.to_bits()))),
                Flat::Index(numbers) => fingerprint.words(numbers.iter().map(|x| u64::from(*x))),
                Flat::Opaque => fingerprint.words(P::len(batch).map(|n| n as u64)),
            }
        }
    });
    fingerprint.value()
}

/// FNV-1a, of words instead of bytes: quick, and kept in files. It is no defence against one who means harm.
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub fn new() -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }

    pub fn words(&mut self, words: impl IntoIterator<Item = u64>) {
        for word in words {
            self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn text(&mut self, text: &str) {
        self.words(text.bytes().map(u64::from));
    }

    pub fn value(&self) -> u64 {
        self.0
    }
}
