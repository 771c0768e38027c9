//! The memory that parameters, gradients, moments and activations lie in.

use std::alloc::{self, Layout};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::{Network, Role};
use crate::error::{Error, Result};
use crate::text::counted;

/// A cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// Numbers on the heap, the first of them at a multiple of 64 bytes.
pub(super) struct Aligned<T> {
    start: NonNull<T>,
    len: usize,
}

// SAFETY: it owns its numbers as a `Box<[T]>` does, and shares nothing.
unsafe impl<T: Send> Send for Aligned<T> {}
// SAFETY: as above; `&Aligned<T>` gives `&[T]` only.
unsafe impl<T: Sync> Sync for Aligned<T> {}

/// What a machine's memory holds, zero where all its bytes are.
///
/// # Safety
/// Zero bytes are a value of the type.
pub unsafe trait Plain: Copy {}
// SAFETY: zero bytes are 0.0.
unsafe impl Plain for f32 {}
// SAFETY: as above.
unsafe impl Plain for f64 {}
// SAFETY: zero bytes are 0.
unsafe impl Plain for u32 {}

impl<T: Plain> Aligned<T> {
    /// `len` zeros. The error is the layout that the system refused, nothing when there is no such layout.
    fn zeroed(len: usize) -> std::result::Result<Aligned<T>, Option<Layout>> {
        let layout = Aligned::<T>::layout(len).ok_or(None)?;
        if len == 0 {
            return Ok(Aligned::empty());
        }
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc::alloc_zeroed(layout) };
        // zero bytes are a value of `T`, as of every `Plain`
        let start = NonNull::new(start.cast::<T>()).ok_or(Some(layout))?;
        Ok(Aligned { start, len })
    }

    /// As [`zeroed`](Aligned::zeroed), or an error that says what the memory was for.
    pub(super) fn try_zeroed(what: &'static str, len: Option<usize>) -> Result<Aligned<T>> {
        let bytes = len.map(|len| len as u128 * size_of::<T>() as u128);
        len.and_then(|len| Aligned::zeroed(len).ok()).ok_or(Error::Memory { what, bytes })
    }
}

impl<T> Aligned<T> {
    /// No numbers.
    pub(super) fn empty() -> Aligned<T> {
        Aligned { start: NonNull::<Line>::dangling().cast(), len: 0 }
    }
    fn layout(len: usize) -> Option<Layout> {
        Layout::array::<T>(len).ok()?.align_to(ALIGNMENT).ok()
    }
    pub(super) fn as_slice(&self) -> &[T] {
        // SAFETY: `len` initialised numbers start there, owned by `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: as in `as_slice`, and `&mut self` is the only way to them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

/// Only its alignment matters: where no numbers are, this is pointed to.
#[repr(align(64))]
struct Line;

impl<T> Drop for Aligned<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            let layout = Aligned::<T>::layout(self.len).expect("it was allocated with this layout");
            // SAFETY: allocated by `zeroed` with the same layout, and not used after.
            unsafe { alloc::dealloc(self.start.as_ptr().cast(), layout) }
        }
    }
}

/// Numbers on the heap, the first of them at a multiple of 64 bytes: a vector load never straddles cache
/// lines.
///
/// A block keeps its length. New ones are zero, and the system hands out their pages when they are first
/// touched.
pub struct Block(Aligned<f32>);

impl Block {
    /// `len` zeros. Where there is no memory it ends the program, as `vec!` does; a session's constructor gives an
    /// error instead.
    pub fn zeroed(len: usize) -> Block {
        match Aligned::zeroed(len) {
            Ok(numbers) => Block(numbers),
            Err(Some(layout)) => alloc::handle_alloc_error(layout),
            Err(None) => panic!("a block of {len} numbers is larger than the address space"),
        }
    }

    /// `len` zeros for `what`, or an error that says how much was asked for.
    pub(crate) fn try_zeroed(what: &'static str, len: Option<usize>) -> Result<Block> {
        Aligned::try_zeroed(what, len).map(Block)
    }
}

impl Deref for Block {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        self.0.as_slice()
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [f32] {
        self.0.as_mut_slice()
    }
}

impl Clone for Block {
    fn clone(&self) -> Block {
        let mut copy = Block::zeroed(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

/// The same numbers: as everywhere in Rust, 0 is -0, and what is no number (NaN) is not itself.
impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({})", counted(self.len(), "numbers"))
    }
}

/// What a model owns: its parameters and its state.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Those that learn, then the frozen ones.
    pub parameters: Block,
    /// What training passes write and predictions read.
    pub state: Block,
}

impl Blocks {
    /// Both of zeros, as long as a network's are.
    pub fn zeroed<N: Network>() -> Blocks {
        Blocks { parameters: Block::zeroed(N::PARAMETERS), state: Block::zeroed(N::STATE) }
    }

    /// As [`zeroed`](Blocks::zeroed), or an error that says what they were for.
    pub(crate) fn try_zeroed<N: Network>(what: &'static str) -> Result<Blocks> {
        let block = |len| Block::try_zeroed(what, Some(len));
        Ok(Blocks { parameters: block(N::PARAMETERS)?, state: block(N::STATE)? })
    }

    /// The block in which what has this role lies.
    pub(crate) fn of(&mut self, role: Role) -> &mut Block {
        match role {
            Role::Trained | Role::Frozen => &mut self.parameters,
            Role::State => &mut self.state,
        }
    }

    /// Takes over the numbers of blocks of the same network.
    pub(crate) fn copy_from(&mut self, other: &Blocks) {
        self.parameters.copy_from_slice(&other.parameters);
        self.state.copy_from_slice(&other.state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_zero_and_copied() {
        for len in [0, 1, 15, 16, 17, 4096] {
            let mut block = Block::zeroed(len);
            assert_eq!(block.as_ptr() as usize % ALIGNMENT, 0);
            assert_eq!(block.len(), len);
            assert!(block.iter().all(|x| *x == 0.0));
            block.fill(2.0);
            let copy = block.clone();
            block.fill(3.0);
            assert!(copy.iter().all(|x| *x == 2.0) && copy.len() == len);
        }
    }

    #[test]
    fn too_much_memory_is_an_error() {
        for len in [None, Some(usize::MAX), Some(usize::MAX / 8)] {
            let error = Block::try_zeroed("a batch", len).unwrap_err().to_string();
            assert!(error.contains("a batch"), "{error}");
        }
    }
}
