//! The memory that a network works in, and how much of it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::block::Aligned;
use super::sample::Real;
use crate::error::Result;

/// An amount of working memory that grows with the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Numbers per sample of the batch.
    pub per_sample: usize,
    /// Numbers whatever the batch.
    pub fixed: usize,
}

impl Memory {
    /// Numbers needed for a batch of `n`: `per_sample * n + fixed`.
    pub const fn floats(self, n: usize) -> usize {
        self.per_sample * n + self.fixed
    }

    /// Bytes needed for a batch of `n` numbers of type `f32`.
    pub const fn bytes(self, n: usize) -> usize {
        self.floats(n) * 4
    }

    /// As [`floats`](Memory::floats), `None` where that is more than a machine can address.
    pub(crate) fn checked_floats(self, n: usize) -> Option<usize> {
        self.per_sample.checked_mul(n)?.checked_add(self.fixed)
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
/// lies at a multiple of 64 bytes.
#[doc(hidden)]
pub struct Arena<T: Real>(Aligned<T>);

impl<T: Real> WorkingMemory<T> for Arena<T> {
    fn reserve(&mut self, what: &'static str, amount: Memory, n: usize) -> Result<()> {
        let floats = amount.checked_floats(n);
        if floats.is_none_or(|floats| floats > self.len()) {
            self.0 = Aligned::try_zeroed(what, floats)?;
        }
        Ok(())
    }
    fn fill(&mut self, value: T) {
        self.0.as_mut_slice().fill(value);
    }
}

impl<T: Real> Default for Arena<T> {
    fn default() -> Self {
        Arena(Aligned::empty())
    }
}

impl<T: Real> Deref for Arena<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_slice()
    }
}

impl<T: Real> DerefMut for Arena<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_mut_slice()
    }
}

impl<T: Real> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} numbers)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arena_grows_and_keeps_its_alignment() {
        fn grows<T: Real>() {
            let mut arena = Arena::<T>::default();
            for (n, len) in [(0, 3), (2, 13), (1, 13), (400, 2003)] {
                arena.reserve("a test", Memory { per_sample: 5, fixed: 3 }, n).unwrap();
                assert_eq!((arena.len(), arena.as_ptr() as usize % 64), (len, 0));
            }
            arena.fill(T::from_f64(0.5));
            assert!(arena.iter().all(|x| x.to_f64() == 0.5));
        }
        grows::<f32>();
        grows::<f64>();
    }

    #[test]
    fn too_much_memory_is_an_error_and_leaves_what_there_was() {
        let mut arena = Arena::<f64>::default();
        arena.reserve("a test", Memory { per_sample: 2, fixed: 0 }, 4).unwrap();
        for n in [usize::MAX, usize::MAX / 2, usize::MAX / 32] {
            let error = arena.reserve("a test", Memory { per_sample: 2, fixed: 1 }, n).unwrap_err();
            assert!(error.to_string().contains("a test"), "{error}");
            assert_eq!(arena.len(), 8);
        }
    }
}
