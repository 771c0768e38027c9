//! Memory that kernels work in.

use std::marker::PhantomData;

use super::real::Real;

/// Bytes per member. Untouched pages cost nothing, and small networks touch few.
const BYTES: usize = 10 << 20;
/// Kernels may rely on buffers to start on a cache line.
const ALIGN: usize = 64;

/// A member's working memory, of numbers of any kind.
pub(crate) struct Scratch {
    memory: Vec<u64>,
}

impl Scratch {
    pub fn new() -> Scratch {
        // Zeroed pages come from the system as they are first touched.
        Scratch { memory: vec![0; (BYTES + ALIGN) / size_of::<u64>()] }
    }

    /// All of it. What it holds is what the last user left.
    #[inline]
    pub fn numbers<T: Real>(&mut self) -> &mut [T] {
        let start = self.memory.as_mut_ptr().cast::<u8>();
        let skip = start.addr().wrapping_neg() % ALIGN;
        // SAFETY: skip < ALIGN, which the memory is longer by; it is aligned for any `Real`, and any bits are
        // a number
        unsafe { std::slice::from_raw_parts_mut(start.add(skip).cast::<T>(), BYTES / size_of::<T>()) }
    }
}

/// A slice whose disjoint parts are used by several members at once.
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    _slice: PhantomData<&'a mut [T]>,
}

impl<T> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<'_, T> {}
// SAFETY: all access is through `part`, whose pointers are used by the promises of those that dereference them.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Self {
        Shared { start: slice.as_mut_ptr(), len: slice.len(), _slice: PhantomData }
    }
    /// To be read only: what `part` returns must not be written through.
    pub fn read(slice: &'a [T]) -> Self {
        Shared { start: slice.as_ptr().cast_mut(), len: slice.len(), _slice: PhantomData }
    }
    /// Where elements `at..at + len` are.
    ///
    /// # Panics
    /// If they are not inside.
    #[inline]
    pub fn part(&self, at: usize, len: usize) -> *mut T {
        assert!(at <= self.len && len <= self.len - at, "{at} + {len} of {}", self.len);
        self.start.wrapping_add(at)
    }
    /// The elements `at..at + len` alone.
    ///
    /// # Panics
    /// If they are not inside.
    #[inline]
    pub fn narrow(&self, at: usize, len: usize) -> Self {
        Shared { start: self.part(at, len), len, _slice: PhantomData }
    }
    /// The elements `at..at + len`.
    ///
    /// # Safety
    /// Nobody else uses them as long as the slice is alive.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn slice(&self, at: usize, len: usize) -> &'a mut [T] {
        // SAFETY: inside, by `part`; not aliased, by the caller
        unsafe { std::slice::from_raw_parts_mut(self.part(at, len), len) }
    }
}
