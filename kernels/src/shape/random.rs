//! Random sizes with what they must come to, computed beside them step by step.
use super::{Atom, Size};

/// A size, and its value where the symbols have the numbers of [`value`].
#[derive(Clone, Debug)]
pub struct Sample {
    pub size: Size,
    pub value: i128,
}

/// What the atoms are in case `seed`: at least 1, as they are wherever a program is compiled.
pub fn value(seed: u64) -> impl Fn(&Atom) -> usize {
    move |atom| match atom {
        Atom::Batch => 1 + Random(seed).below(4) as usize,
        Atom::Symbol(symbol) => 1 + Random(seed + symbol.name.len() as u64).below(9) as usize,
    }
}

/// splitmix64
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    /// A polynomial with quotients where `quotients`, of the atoms that `value` gives.
    pub fn sample(&mut self, depth: u32, quotients: bool, value: &dyn Fn(&Atom) -> usize) -> Sample {
        let number = |n: u64| Sample { size: Size::known(n as usize), value: n as i128 };
        if depth == 0 {
            let atom = match self.below(8) {
                0 => Size::batch(),
                n @ 1..=4 => Size::symbol(["H", "KK", "crate", "Self::LL"][n as usize - 1]),
                _ => return number(self.below(13)),
            };
            let value = atom.evaluate(value) as i128;
            return Sample { size: atom, value };
        }
        let [mut a, mut b] = [(); 2].map(|_| self.sample(depth - 1, quotients, value));
        match self.below(if quotients { 8 } else { 5 }) {
            0 | 1 => Sample { size: &a.size + &b.size, value: a.value + b.value },
            2 => {
                if a.value < b.value {
                    std::mem::swap(&mut a, &mut b);
                }
                Sample { size: &a.size - &b.size, value: a.value - b.value }
            }
            3 | 4 if a.value * b.value < 1 << 40 => {
                Sample { size: &a.size * &b.size, value: a.value * b.value }
            }
            n => {
                if n == 7 {
                    b = number(self.below(9));
                }
                if b.value == 0 {
                    b = Sample { size: &b.size + &Size::known(1), value: 1 };
                }
                Sample { size: a.size.quotient(&b.size), value: a.value / b.value }
            }
        }
    }
}
