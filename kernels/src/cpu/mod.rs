//! The kernels of the CPU: what generated code and the optimizers call.
//!
//! Plain functions over slices, generic over [`Real`]. Each states its formula; sizes come from the slices and
//! are asserted once per call. What they work in belongs to a [`Cpu`]: they allocate only where a thread's memory has
//! to grow, which `Cpu::reserve` makes happen before.
//!
//! * **Formulas are types.** A scalar formula is a struct that [`rule!`](crate::rule) declares, because only so
//!   can its code be forced into the loops of every instruction set; [`Map`] is the formula, [`Rows`] its loops.
//! * **Nothing heavy is generic.** A kernel meets a formula behind `&dyn Rows`, a block of rows at a time, and
//!   each public function only forwards to kernels that are compiled in this crate (`kernel.rs`). A crate that
//!   calls them may be built without optimisation and still run at full speed.
//! * **Bits do not depend on** the number of threads, nor on the instruction set among those with fused
//!   multiply-add: work is split by sizes alone, and every sum has one order.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

mod gradients;
pub mod isa;
pub(crate) mod kernel;
pub(crate) mod lanes;
mod layout;
mod map;
pub mod math;
pub(crate) mod product;
pub mod random;
pub mod real;
mod reduce;
mod rule;
mod scratch;
pub(crate) mod simd;
mod states;
mod team;
mod turn;
mod update;

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::OnceLock;

pub use crate::ops::softmax::cpu::forward as softmax;
pub use crate::ops::softmax_cross_entropy::cpu::{
    Compared, Comparison, softmax_cross_entropy, weighted_cross_entropy,
};
pub use crate::random::{Random, Stream};
pub use gradients::{Collected, Fused, Gradients, Rules, Run, Stored, accumulate};
pub use layout::{MAX_RANK, broadcast, transpose};
pub use map::{Operand, map};
#[doc(hidden)]
pub use product::Packed;
pub use product::{Matrix, matmul, matrix, product};
pub use real::Real;
pub use reduce::{column_sums, elementwise_loss, sum, sum_of_squares};
pub use rule::{Block, Identity, MAX_INPUTS, Map, Rows};
#[doc(hidden)]
pub use rule::{Formula, run as run_rule};
pub use states::update;
pub use update::{MAX_STATES, Step, Update, UpdateBlock};
#[doc(hidden)]
pub use update::{StepFormula, run as run_update};

pub(crate) use kernel::kernel;
pub(crate) use map::Inputs;
pub(crate) use rule::Source;
pub(crate) use scratch::{Scratch, Shared};
pub(crate) use states::{SharedStates, Updatable};
pub(crate) use update::UpdateArea;

/// Numbers that a kernel asks its member's memory for at most, if none of its operands has more than `numbers`.
fn room<T: Real>(numbers: usize) -> usize {
    product::room::<T>(numbers).max(map::ROOM).max(reduce::ROOM)
}

/// Whether the kernels were compiled with optimisation: without, they are about a hundred times slower.
pub const OPTIMISED: bool = cfg!(optimised);

/// The processor as kernels see it: a team of threads and their working memory.
///
/// Threads start with the first work that is worth sharing, or with [`start`](Cpu::start), and end when it is dropped;
/// between calls they spin for a moment, then sleep. Working memory grows with what kernels ask for, and is kept. May be
/// shared: kernels that are called at once from several threads take turns. So a formula must not call a kernel on the
/// `Cpu` that it is computed on: that panics. Nor may formulas on two of them call kernels on each other's: they would wait
/// for ever.
pub struct Cpu {
    /// what there is if there is more than one member
    team: OnceLock<team::Team>,
    /// one per member
    scratch: Box<[UnsafeCell<Scratch>]>,
    /// what it knows of factors that do not change
    constants: product::Constants,
    /// of which one is held while team or scratch are in use
    turns: turn::Turns,
}

// SAFETY: scratch is only reached through `each` and `alone`, which hold a turn, and within a call every
// member of the team touches its own only.
unsafe impl Sync for Cpu {}

impl Cpu {
    /// More threads than this make nothing faster, and where the system has no room for one that it began to start, the
    /// program ends.
    pub const MAX_THREADS: usize = 1024;

    /// A team of `threads`, the caller included; 0 is treated as 1, more than [`MAX_THREADS`](Cpu::MAX_THREADS) as that
    /// many. Those that the system refuses to start are left out. Good numbers are up to
    /// [`std::thread::available_parallelism`]. Results do not depend on it.
    pub fn new(threads: usize) -> Cpu {
        let threads = threads.clamp(1, Self::MAX_THREADS);
        let scratch = (0..threads).map(|_| UnsafeCell::new(Scratch::new())).collect();
        Cpu { team: OnceLock::new(), scratch, constants: Default::default(), turns: turn::Turns::new() }
    }

    /// Number of threads, the caller included.
    pub fn threads(&self) -> usize {
        self.team.get().map_or(self.scratch.len(), team::Team::threads)
    }

    /// The same with another number of threads, which do not run yet. What there is of working memory is kept.
    #[doc(hidden)]
    pub fn set_threads(&mut self, threads: usize) {
        let mut scratch = std::mem::take(&mut self.scratch).into_vec();
        scratch.resize_with(threads.clamp(1, Self::MAX_THREADS), || UnsafeCell::new(Scratch::new()));
        (self.team, self.scratch) = (OnceLock::new(), scratch.into());
    }

    /// Starts the threads, unless they have been. What is done after this starts none.
    pub fn start(&self) {
        if self.scratch.len() > 1 {
            self.team.get_or_init(|| team::Team::new(self.scratch.len()));
        }
    }

    /// Room for kernels whose operands have at most so many numbers: they ask for no more memory after this. How many bytes
    /// the system refused, where it has no such room.
    #[doc(hidden)]
    pub fn reserve<T: Real>(&mut self, numbers: usize) -> Result<(), usize> {
        let bytes = room::<T>(numbers) * size_of::<T>();
        let has_room = self.scratch.iter_mut().all(|scratch| scratch.get_mut().reserve(bytes));
        if has_room { Ok(()) } else { Err(bytes.saturating_mul(self.scratch.len())) }
    }

    /// Calls `f(scratch, item)` once for every item, on all threads.
    pub(crate) fn each(&self, items: usize, f: impl Fn(&mut Scratch, usize) + Sync) {
        let _turn = self.turns.take(|| self.team.get().map(team::Team::number));
        // SAFETY: a turn is held
        unsafe { self.items(items, f) }
    }

    /// # Safety
    /// The caller holds a turn.
    unsafe fn items(&self, items: usize, f: impl Fn(&mut Scratch, usize) + Sync) {
        struct Members<'a>(&'a [UnsafeCell<Scratch>]);
        // SAFETY: see below
        unsafe impl Sync for Members<'_> {}
        impl Members<'_> {
            fn get(&self, member: usize) -> *mut Scratch {
                self.0[member].get()
            }
        }
        let members = Members(&self.scratch);
        // SAFETY: no other call is in here, by the caller, and no other thread is this member
        let call = |member, item| f(unsafe { &mut *members.get(member) }, item);
        if items < 2 || self.scratch.len() == 1 {
            return (0..items).for_each(|item| call(0, item));
        }
        self.team.get_or_init(|| team::Team::new(self.scratch.len())).each(items, &call);
    }

    /// Calls `f(scratch)` on this thread.
    pub(crate) fn alone<R>(&self, f: impl FnOnce(&mut Scratch) -> R) -> R {
        let _turn = self.turns.take(|| self.team.get().map(team::Team::number));
        // SAFETY: no other call is in here while a turn is held
        f(unsafe { &mut *self.scratch[0].get() })
    }
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cpu").field("threads", &self.threads()).field("isa", &isa::isa()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the caller's thread and on the others.
    #[test]
    fn a_formula_that_calls_its_own_cpu_panics_and_another_may() {
        for threads in [1, 3] {
            let (cpu, other) = (Cpu::new(threads), Cpu::new(2));
            let nested = |inner: &Cpu| {
                let run = || {
                    cpu.each(64, |_, _| {
                        std::thread::sleep(std::time::Duration::from_micros(100));
                        inner.alone(|_| ());
                        inner.each(2, |_, _| ());
                    });
                };
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            };
            for _ in 0..3 {
                let thrown = nested(&cpu).expect_err("a formula on its own Cpu");
                let text = thrown.downcast_ref::<&str>().expect("a message");
                assert!(text.contains("give it a `Cpu` of its own"), "{text}");
                assert!(nested(&other).is_ok());
            }
        }
    }

    #[test]
    fn shared_between_threads() {
        fn sendable<T: Send + Sync>(_: &T) {}
        let cpu = Cpu::new(2);
        sendable(&cpu);
        std::thread::scope(|scope| {
            for seed in 0..4 {
                let cpu = &cpu;
                scope.spawn(move || {
                    let (a, b) = (vec![seed as f32; 300 * 50], vec![1.0; 50 * 70]);
                    for _ in 0..50 {
                        let mut y = vec![0.0; 300 * 70];
                        crate::rule!(Same(x) = x);
                        matmul(cpu, &mut y, matrix(&a, 50), matrix(&b, 70), [Operand::Sums], &Same);
                        assert!(y.iter().all(|y| *y == 50.0 * seed as f32));
                    }
                });
            }
        });
    }
}
