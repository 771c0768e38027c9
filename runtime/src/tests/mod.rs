//! Tests of what every model can do, with one network written by hand.

mod centred;
mod checkpoints;
mod finite;
mod fits;
mod frozen;
mod gradients;
mod groups;
mod hostile;
mod look;
mod models;
mod nothing;
mod optimizers;
mod policy;
mod ports;
mod small;
mod state;
mod states;
mod switches;
pub(crate) mod twisted;
mod updaters;
mod validations;

pub(crate) use small::Small;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting the calls of each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all of it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(start, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as promised to this function.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as promised to this function.
        unsafe { System.realloc(start, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often `f` allocates on this thread.
pub(crate) fn allocations(f: impl FnOnce()) -> usize {
    let before = CALLS.get();
    f();
    CALLS.get() - before
}

/// `n` inputs that are the same every time, and classes that can be learned from them.
pub(crate) fn samples(n: usize) -> (Vec<[f32; 4]>, Vec<u32>) {
    let mut state = 1u32;
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let xs: Vec<[f32; 4]> = (0..n).map(|_| std::array::from_fn(|_| number())).collect();
    let classes = xs.iter().map(|x| (x[0] > 0.0) as u32 + (x[1] > x[2]) as u32).collect();
    (xs, classes)
}

/// The parameters as bits, so that comparing them forgives nothing.
pub(crate) fn bits<M: crate::Model>(model: &M) -> Vec<u32> {
    model.block().iter().map(|x| x.to_bits()).collect()
}
