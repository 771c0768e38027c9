//! The memory that parameters, gradients, moments and activations lie in.

use std::alloc::{self, Layout};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::error::{Error, Result};

/// Numbers on the heap, the first of them at a multiple of 64 bytes: a vector load never straddles cache
/// lines.
///
/// A block keeps its length. New ones are zero, and the system hands out their pages when they are first
/// touched.
pub struct Block {
    start: NonNull<f32>,
    len: usize,
}

/// A cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

// SAFETY: a block owns its numbers as a `Box<[f32]>` does, and shares nothing.
unsafe impl Send for Block {}
// SAFETY: as above; `&Block` gives `&[f32]` only.
unsafe impl Sync for Block {}

impl Block {
    /// `len` zeros. Where there is no memory it ends the program, as `vec!` does; a session's constructor gives an
    /// error instead.
    pub fn zeroed(len: usize) -> Block {
        match Block::allocate(len) {
            Ok(block) => block,
            Err(Some(layout)) => alloc::handle_alloc_error(layout),
            Err(None) => panic!("a block of {len} numbers is larger than the address space"),
        }
    }

    /// `len` zeros for `what`, or an error that says how much was asked for.
    pub(crate) fn try_zeroed(what: &'static str, len: Option<usize>) -> Result<Block> {
        len.and_then(|len| Block::allocate(len).ok())
            .ok_or(Error::Memory { what, bytes: len.map(|len| 4 * len as u128) })
    }

    /// The error is the layout that the system refused, nothing when there is no such layout.
    fn allocate(len: usize) -> std::result::Result<Block, Option<Layout>> {
        let layout = Block::layout(len).ok_or(None)?;
        if len == 0 {
            return Ok(Block { start: NonNull::<Line>::dangling().cast(), len });
        }
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc::alloc_zeroed(layout) };
        let start = NonNull::new(start.cast::<f32>()).ok_or(Some(layout))?;
        Ok(Block { start, len })
    }

    fn layout(len: usize) -> Option<Layout> {
        Layout::array::<f32>(len).ok()?.align_to(ALIGNMENT).ok()
    }
}

/// Only its alignment matters: where an empty block points to.
#[repr(align(64))]
struct Line;

impl Drop for Block {
    fn drop(&mut self) {
        if self.len > 0 {
            let layout = Block::layout(self.len).expect("it was allocated with this layout");
            // SAFETY: allocated by `allocate` with the same layout, and not used after.
            unsafe { alloc::dealloc(self.start.as_ptr().cast(), layout) }
        }
    }
}

impl Deref for Block {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        // SAFETY: `len` initialised numbers start there, owned by this block.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`, and `&mut self` is the only way to them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Clone for Block {
    fn clone(&self) -> Block {
        let mut copy = Block::zeroed(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} numbers)", self.len)
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
