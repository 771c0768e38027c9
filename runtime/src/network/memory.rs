//! The memory that a network works in, and how much of it.

use std::fmt;

use super::block::Aligned;
use super::sample::Real;
use crate::error::Result;

/// How many numbers, for a batch of so many samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Numbers per sample of the batch.
    pub per_sample: usize,
    /// Numbers whatever the batch.
    pub fixed: usize,
}

impl Amount {
    /// Numbers for a batch of `n`: `per_sample * n + fixed`, or `usize::MAX` where that is more.
    pub const fn of(self, n: usize) -> usize {
        self.per_sample.saturating_mul(n).saturating_add(self.fixed)
    }

    /// As [`of`](Amount::of), `None` where that is more than a machine can address.
    fn checked(self, n: usize) -> Option<usize> {
        self.per_sample.checked_mul(n)?.checked_add(self.fixed)
    }
}

/// An amount of working memory that grows with the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Real numbers.
    pub reals: Amount,
    /// Indices: `u32`.
    pub indices: Amount,
}

impl Memory {
    /// None.
    pub const NONE: Memory = Memory::reals(0, 0);

    /// So many real numbers for each sample and whatever the batch.
    pub const fn reals(per_sample: usize, fixed: usize) -> Memory {
        Memory { reals: Amount { per_sample, fixed }, indices: Amount { per_sample: 0, fixed: 0 } }
    }

    /// Bytes needed for a batch of `n` where the real numbers are `f32`, or `usize::MAX` where that is more.
    pub const fn bytes(self, n: usize) -> usize {
        self.reals.of(n).saturating_add(self.indices.of(n)).saturating_mul(4)
    }
}

/// What a network works in. A session makes it once, reserves it for its batch, and hands it to every pass: what the
/// forward pass leaves there, the backward pass reads.
pub trait WorkingMemory<T>: Default + Send + fmt::Debug {
    /// Room for a training step of up to `n` samples of a network whose step takes `amount`, or for a prediction. What
    /// was there is lost where there has to be more. `what` it is for stands in the [`Error::Memory`](crate::Error).
    fn reserve(&mut self, what: &'static str, amount: Memory, n: usize) -> Result<()>;
    /// Overwrites everything by `value`. Nothing that a pass computes depends on what was there before.
    #[doc(hidden)]
    fn fill(&mut self, value: T);
}

/// Working memory whose size is known before a pass: slots are cut from it, each for one value at a time. The first number
/// of either type lies at a multiple of 64 bytes.
#[doc(hidden)]
pub struct Arena<T: Real> {
    reals: Aligned<T>,
    indices: Aligned<u32>,
}

impl<T: Real> Arena<T> {
    /// For a batch of `n`.
    ///
    /// # Panics
    /// If there is not so much memory.
    pub fn of(amount: Memory, n: usize) -> Arena<T> {
        let mut arena = Arena::default();
        arena.reserve("a pass", amount, n).unwrap_or_else(|error| panic!("{error}"));
        arena
    }

    /// The real numbers, and the indices.
    #[inline]
    pub fn parts(&mut self) -> (&mut [T], &mut [u32]) {
        (self.reals.as_mut_slice(), self.indices.as_mut_slice())
    }

    /// The real numbers.
    #[inline]
    pub fn reals(&mut self) -> &mut [T] {
        self.reals.as_mut_slice()
    }
}

impl<T: Real> WorkingMemory<T> for Arena<T> {
    fn reserve(&mut self, what: &'static str, amount: Memory, n: usize) -> Result<()> {
        let (reals, indices) = (amount.reals.checked(n), amount.indices.checked(n));
        if reals.is_none_or(|len| len > self.reals.as_slice().len()) {
            self.reals = Aligned::try_zeroed(what, reals)?;
        }
        if indices.is_none_or(|len| len > self.indices.as_slice().len()) {
            self.indices = Aligned::try_zeroed(what, indices)?;
        }
        Ok(())
    }
    fn fill(&mut self, value: T) {
        self.reals.as_mut_slice().fill(value);
        self.indices.as_mut_slice().fill(u32::MAX);
    }
}

impl<T: Real> Default for Arena<T> {
    fn default() -> Self {
        Arena { reals: Aligned::empty(), indices: Aligned::empty() }
    }
}

impl<T: Real> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reals, indices) = (self.reals.as_slice().len(), self.indices.as_slice().len());
        write!(f, "Arena({reals} numbers, {indices} indices)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arena_grows_and_keeps_its_alignment() {
        fn grows<T: Real>() {
            let mut arena = Arena::<T>::default();
            let amount = Memory {
                reals: Amount { per_sample: 5, fixed: 3 },
                indices: Amount { per_sample: 2, fixed: 1 },
            };
            for (n, len, indices) in [(0, 3, 1), (2, 13, 5), (1, 13, 5), (400, 2003, 801)] {
                arena.reserve("a test", amount, n).unwrap();
                let (a, b) = arena.parts();
                assert_eq!((a.len(), a.as_ptr() as usize % 64), (len, 0));
                assert_eq!((b.len(), b.as_ptr() as usize % 64), (indices, 0));
            }
            arena.fill(T::from_f64(0.5));
            assert!(arena.parts().0.iter().all(|x| x.to_f64() == 0.5));
            assert!(arena.parts().1.iter().all(|x| *x == u32::MAX));
        }
        grows::<f32>();
        grows::<f64>();
    }

    #[test]
    fn more_than_can_be_counted_is_as_much_as_can() {
        let memory =
            Memory { reals: Amount { per_sample: 5, fixed: 3 }, indices: Amount { per_sample: 2, fixed: 1 } };
        assert_eq!(memory.bytes(10), 4 * (53 + 21));
        for n in [usize::MAX, usize::MAX / 5, usize::MAX / 8] {
            assert_eq!(memory.bytes(n), usize::MAX);
        }
        assert_eq!(Memory::reals(1, 1).reals.of(usize::MAX), usize::MAX);
    }

    #[test]
    fn too_much_memory_is_an_error_and_leaves_what_there_was() {
        let mut arena = Arena::<f64>::default();
        arena.reserve("a test", Memory::reals(2, 0), 4).unwrap();
        let much = Amount { per_sample: 2, fixed: 1 };
        let of_indices = Memory { reals: Amount::default(), indices: Amount { per_sample: 4, fixed: 1 } };
        for n in [usize::MAX, usize::MAX / 2, usize::MAX / 15] {
            for amount in [Memory { reals: much, ..Memory::NONE }, of_indices] {
                let error = arena.reserve("a test", amount, n).unwrap_err();
                assert!(error.to_string().contains("a test"), "{error}");
                assert_eq!((arena.parts().0.len(), arena.parts().1.len()), (8, 0));
            }
        }
    }
}
