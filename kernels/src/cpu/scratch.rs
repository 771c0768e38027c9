//! Memory that kernels work in.

use std::alloc::{self, Layout};
use std::marker::PhantomData;

use super::real::Real;

/// Kernels may rely on buffers to start on a cache line.
const ALIGN: usize = 64;

/// A member's working memory, of numbers of any kind: none until something is asked for, and never less than before.
pub(crate) struct Scratch {
    memory: Vec<u64>,
}

impl Scratch {
    pub const fn new() -> Scratch {
        Scratch { memory: vec![] }
    }

    /// Bytes that can be used.
    fn bytes(&self) -> usize {
        (self.memory.len() * size_of::<u64>()).saturating_sub(ALIGN)
    }

    /// Room for so many bytes. Where the system has none, nothing changes, and this says so.
    pub fn reserve(&mut self, bytes: usize) -> bool {
        if bytes <= self.bytes() {
            return true;
        }
        let words = bytes.div_ceil(size_of::<u64>()).saturating_add(ALIGN / size_of::<u64>());
        match zeroed(words) {
            Some(memory) => self.memory = memory,
            None => return false,
        }
        true
    }

    /// All of it: at least `len` numbers or, where the system has no room for so many, `enough`. What it holds is what the
    /// last user left.
    #[inline]
    pub fn numbers_or<T: Real>(&mut self, len: usize, enough: usize) -> &mut [T] {
        if self.bytes() < len * size_of::<T>() {
            self.grow::<T>(len, enough);
        }
        let start = self.memory.as_mut_ptr().cast::<u8>();
        let (skip, len) = (start.addr().wrapping_neg() % ALIGN, self.bytes() / size_of::<T>());
        let skip = if len == 0 { 0 } else { skip };
        // SAFETY: skip < ALIGN, which the memory is longer by unless there is none; it is aligned for any `Real`, and any
        // bits are a number
        unsafe { std::slice::from_raw_parts_mut(start.add(skip).cast::<T>(), len) }
    }

    /// All of it: at least `len` numbers.
    #[inline]
    pub fn numbers<T: Real>(&mut self, len: usize) -> &mut [T] {
        self.numbers_or(len, len)
    }

    #[cold]
    fn grow<T: Real>(&mut self, len: usize, enough: usize) {
        let enough = enough.min(len) * size_of::<T>();
        if !self.reserve(len * size_of::<T>()) && !self.reserve(enough) {
            alloc::handle_alloc_error(Layout::from_size_align(enough, ALIGN).unwrap_or(Layout::new::<u64>()));
        }
    }
}

/// So many zeros, or nothing where the system has no room for them. Zeroed pages come from it as they are first touched.
fn zeroed(words: usize) -> Option<Vec<u64>> {
    let layout = Layout::array::<u64>(words).ok().filter(|layout| layout.size() > 0)?;
    // SAFETY: its size is not zero
    let start = unsafe { alloc::alloc_zeroed(layout) }.cast::<u64>();
    // SAFETY: allocated as a vector would with this capacity; zero bytes are numbers
    (!start.is_null()).then(|| unsafe { Vec::from_raw_parts(start, words, words) })
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
    /// Of no elements.
    pub const NONE: Self =
        Shared { start: std::ptr::NonNull::dangling().as_ptr(), len: 0, _slice: PhantomData };

    pub fn new(slice: &'a mut [T]) -> Self {
        Shared { start: slice.as_mut_ptr(), len: slice.len(), _slice: PhantomData }
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
