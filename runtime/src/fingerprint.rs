//! Numbers by which two things are told apart, the same on every machine and in every version of Rust.

/// FNV-1a, of words instead of bytes: quick, and kept in files. It is no defence against one who means harm.
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub fn new() -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }

    pub fn of(numbers: &[f32]) -> u64 {
        let mut fingerprint = Fingerprint::new();
        fingerprint.words(numbers.iter().map(|x| u64::from(x.to_bits())));
        fingerprint.value()
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
