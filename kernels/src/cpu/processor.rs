//! A team of threads with their working memory, and what it knows of factors that do not change.

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::isa;
use super::product::packed::{Constants, Packed};
use super::scratch::Scratch;
use super::team::Team;
use super::turn::{Turn, Turns};

/// The processor as kernels see it: a team of threads and their working memory.
///
/// Threads start with the first work that is worth sharing, or with [`start`](Cpu::start), and end when it is dropped;
/// between calls they spin for a moment, then sleep. Working memory grows with what kernels ask for, and is kept. May be
/// shared: kernels that are called at once from several threads take turns. So a formula must not call a kernel on the
/// `Cpu` that it is computed on: that panics. Nor may formulas on two of them call kernels on each other's: they would wait
/// for ever.
pub struct Cpu {
    /// what there is if there is more than one member
    team: OnceLock<Team>,
    /// one per member
    scratch: Box<[UnsafeCell<Scratch>]>,
    /// what it knows of factors that do not change
    pub(super) constants: Constants,
    /// of which one is held while team or scratch are in use
    turns: Turns,
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
        Cpu { team: OnceLock::new(), scratch, constants: Default::default(), turns: Turns::new() }
    }

    /// Number of threads, the caller included.
    pub fn threads(&self) -> usize {
        self.team.get().map_or(self.scratch.len(), Team::threads)
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
            self.team.get_or_init(|| Team::new(self.scratch.len()));
        }
    }

    /// So much memory for each member. How many bytes the system refused, where it has no such room.
    pub(super) fn reserve_bytes(&mut self, bytes: usize) -> Result<(), usize> {
        let has_room = self.scratch.iter_mut().all(|scratch| scratch.get_mut().reserve(bytes));
        if has_room { Ok(()) } else { Err(bytes.saturating_mul(self.scratch.len())) }
    }

    fn turn(&self) -> Turn<'_> {
        self.turns.take(&|| self.team.get().map(Team::number))
    }

    /// Calls `f(scratch, item)` once for every item, on all threads.
    pub(crate) fn each(&self, items: usize, f: impl Fn(&mut Scratch, usize) + Sync) {
        self.share(items, &f);
    }

    /// [`each`](Cpu::each), compiled once for all kernels.
    fn share(&self, items: usize, f: &(dyn Fn(&mut Scratch, usize) + Sync)) {
        let _turn = self.turn();
        struct Members<'a>(&'a [UnsafeCell<Scratch>]);
        // SAFETY: see below
        unsafe impl Sync for Members<'_> {}
        impl Members<'_> {
            fn get(&self, member: usize) -> *mut Scratch {
                self.0[member].get()
            }
        }
        let members = Members(&self.scratch);
        // SAFETY: no other call is in here while a turn is held, and no other thread is this member
        let call = |member, item| f(unsafe { &mut *members.get(member) }, item);
        if items < 2 || self.scratch.len() == 1 {
            return (0..items).for_each(|item| call(0, item));
        }
        self.team.get_or_init(|| Team::new(self.scratch.len())).each(items, &call);
    }

    /// Calls `f(scratch)` on this thread.
    pub(crate) fn alone<R>(&self, f: impl FnOnce(&mut Scratch) -> R) -> R {
        let _turn = self.turn();
        // SAFETY: no other call is in here while a turn is held
        f(unsafe { &mut *self.scratch[0].get() })
    }
}

/// Right factors that do not change are packed once: a first [`Cpu`] notes what they are, any number of others read them.
impl Cpu {
    /// From now on takes note of the right factors that lie in `constants`, for [`pack_noted`](Cpu::pack_noted).
    #[doc(hidden)]
    pub fn note_factors(&mut self, constants: &[f32]) {
        self.constants = Constants::noted(constants);
    }

    /// Packs what was noted. How many bytes the system refused, where it has no room for the panels.
    #[doc(hidden)]
    pub fn pack_noted(&mut self, constants: &[f32]) -> Result<Option<Arc<Packed>>, usize> {
        std::mem::take(&mut self.constants).pack(constants)
    }

    /// From now on products read `packed` instead of the factors that it was made of, which must not have changed.
    #[doc(hidden)]
    pub fn read_packed(&mut self, packed: Arc<Packed>) {
        self.constants = Constants::Known(packed);
    }
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cpu").field("threads", &self.threads()).field("isa", &isa::isa()).finish()
    }
}

/// Runs a check with one thread and with three, in `f32` by each instruction set and in `f64`: it must give the same bits each
/// time, but for portable code in `f32`, whose sums are in another order.
#[cfg(test)]
pub(crate) fn same_bits(single: impl Fn(&Cpu) -> Vec<u64>, double: impl Fn(&Cpu) -> Vec<u64>) {
    let mut first: [Option<Vec<u64>>; 2] = [None, None];
    for threads in [1, 3] {
        let cpu = Cpu::new(threads);
        isa::each_isa(|isa| {
            let bits = single(&cpu);
            if isa != isa::Isa::Portable {
                assert!(first[0].get_or_insert_with(|| bits.clone()) == &bits, "{threads} threads, {isa:?}");
            }
        });
        let bits = double(&cpu);
        assert!(first[1].get_or_insert_with(|| bits.clone()) == &bits, "{threads} threads, f64");
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
}
