//! Whose turn it is with a team and its memory.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, TryLockError};

thread_local! {
    /// The team that this thread is a member of, not as its caller; 0 if it is of none.
    static TEAM: Cell<usize> = const { Cell::new(0) };
    /// Only its address counts, which no two threads that run have in common.
    static THREAD: Cell<u8> = const { Cell::new(0) };
}

/// Says that this thread works for the team of that number, which is not 0, as long as it lives.
pub(super) fn belong_to(team: usize) {
    TEAM.set(team);
}

fn this_thread() -> usize {
    THREAD.with(|thread| (thread as *const Cell<u8>).addr())
}

/// One turn at a time.
pub(super) struct Turns {
    held: Mutex<()>,
    /// The thread whose turn it is, 0 where it is nobody's.
    holder: AtomicUsize,
}

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    holder: &'a AtomicUsize,
    _held: MutexGuard<'a, ()>,
}

impl Turns {
    pub fn new() -> Turns {
        Turns { held: Mutex::new(()), holder: AtomicUsize::new(0) }
    }

    /// Waits for a turn with the team of that number, if it has been started.
    ///
    /// # Panics
    /// If it is this thread's turn, or that of the caller that this thread works for: it would wait for itself.
    pub fn take(&self, team: &dyn Fn() -> Option<usize>) -> Turn<'_> {
        let held = match self.held.try_lock() {
            Ok(held) => held,
            // A panic of a formula leaves nothing behind that the next turn would mind.
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => {
                // Only this thread ever writes its own number here, and takes it back before others can have a turn.
                let own = self.holder.load(Relaxed) == this_thread();
                assert!(
                    !own && team().is_none_or(|team| TEAM.get() != team),
                    "a formula calls a kernel on the `Cpu` that it is itself computed on, which would wait for itself \
                     for ever: give it a `Cpu` of its own, or compute before the call what it needs"
                );
                self.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
            }
        };
        self.holder.store(this_thread(), Relaxed);
        Turn { holder: &self.holder, _held: held }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.holder.store(0, Relaxed);
    }
}
