//! A few of something for many threads: whoever needs one takes it, and waits asleep while there is none.

use std::collections::TryReserveError;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long a thread waits before those that come later must let it pass. Handing each lane to the thread that has waited
/// longest would cost a wake-up, a hundred times a small prediction, every time.
const PATIENCE: Duration = Duration::from_millis(1);

/// Lanes that are taken one by one.
pub(crate) struct Lanes<L> {
    state: Mutex<State<L>>,
    /// Where those sleep that have not waited long, and where the others do.
    patient: Condvar,
    impatient: Condvar,
}

struct State<L> {
    /// Those that nobody has.
    free: Vec<L>,
    /// How many somebody has.
    taken: usize,
    /// How many threads wait.
    waiting: usize,
    /// How many of these have waited for long.
    impatient: usize,
}

/// A lane that somebody has, until it is dropped.
pub(crate) struct Taken<'a, L> {
    lanes: &'a Lanes<L>,
    /// There is one until it goes back.
    lane: Option<L>,
}

impl<L> Lanes<L> {
    /// With this one.
    pub fn new(lane: L) -> Lanes<L> {
        let state = State { free: vec![lane], taken: 0, waiting: 0, impatient: 0 };
        Lanes { state: Mutex::new(state), patient: Condvar::new(), impatient: Condvar::new() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let state = self.state();
        state.free.len() + state.taken
    }

    /// Those that nobody has, which are all of them: `&mut` says that nobody is here.
    pub fn all(&mut self) -> &mut Vec<L> {
        &mut self.state.get_mut().unwrap_or_else(|e| e.into_inner()).free
    }

    /// Adds one more.
    pub fn push(&mut self, lane: L) -> Result<(), TryReserveError> {
        let all = self.all();
        all.try_reserve(1)?;
        all.push(lane);
        Ok(())
    }

    /// A free lane. Where there is none, or somebody has waited for long, this sleeps.
    pub fn take(&self) -> Taken<'_, L> {
        let mut state = self.state();
        if let Some(lane) = state.give(false) {
            return Taken { lanes: self, lane: Some(lane) };
        }
        state.waiting += 1;
        let (came, mut long) = (Instant::now(), false);
        loop {
            if let Some(lane) = state.give(long) {
                state.waiting -= 1;
                state.impatient -= usize::from(long);
                self.wake(&state);
                return Taken { lanes: self, lane: Some(lane) };
            }
            if long {
                state = self.impatient.wait(state).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            let left = PATIENCE.saturating_sub(came.elapsed());
            (state, _) = self.patient.wait_timeout(state, left).unwrap_or_else(|e| e.into_inner());
            long = came.elapsed() >= PATIENCE;
            state.impatient += usize::from(long);
        }
    }

    /// Wakes somebody who waits, if there is a lane.
    fn wake(&self, state: &State<L>) {
        if state.waiting > 0 && !state.free.is_empty() {
            let bed = if state.impatient > 0 { &self.impatient } else { &self.patient };
            bed.notify_one();
        }
    }

    /// Nothing panics while it is held.
    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl<L> State<L> {
    /// A lane for a thread that has waited for long or has not.
    fn give(&mut self, long: bool) -> Option<L> {
        if self.impatient > 0 && !long {
            return None;
        }
        let lane = self.free.pop()?;
        self.taken += 1;
        Some(lane)
    }
}

impl<L> Deref for Taken<'_, L> {
    type Target = L;
    fn deref(&self) -> &L {
        self.lane.as_ref().expect("it has not gone back")
    }
}

impl<L> DerefMut for Taken<'_, L> {
    fn deref_mut(&mut self) -> &mut L {
        self.lane.as_mut().expect("it has not gone back")
    }
}

impl<L> Drop for Taken<'_, L> {
    fn drop(&mut self) {
        let mut state = self.lanes.state();
        state.free.extend(self.lane.take());
        state.taken -= 1;
        self.lanes.wake(&state);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::*};
    use std::thread;

    use super::*;
    use crate::tests::allocations;

    #[test]
    fn every_lane_has_one_owner_and_none_is_lost() {
        let mut lanes = Lanes::new(0);
        (1..3).for_each(|lane| lanes.push(lane).unwrap());
        let (inside, users) = (AtomicUsize::new(0), [const { AtomicUsize::new(0) }; 3]);
        let count = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let lane = lanes.take();
                        assert!(inside.fetch_add(1, SeqCst) < 3);
                        assert_eq!(users[*lane].fetch_add(1, SeqCst), 0);
                        thread::yield_now();
                        users[*lane].fetch_sub(1, SeqCst);
                        inside.fetch_sub(1, SeqCst);
                        count.fetch_add(1, Relaxed);
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 40 * 200);
        lanes.all().sort();
        assert_eq!(*lanes.all(), [0, 1, 2]);
    }

    /// Whoever has waited for long goes before those that come.
    #[test]
    fn who_has_waited_for_long_goes_first() {
        let lanes = Lanes::new(());
        let first = lanes.take();
        assert_eq!(lanes.count(), 1);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(lanes.take()));
            while lanes.state().impatient == 0 {
                assert!(!waiting.is_finished(), "nobody has a lane twice");
                thread::yield_now();
            }
            let mut state = lanes.state();
            state.free.push(());
            assert!(state.give(false).is_none(), "the one that waits comes first");
            assert!(state.give(true).is_some());
            state.taken -= 1;
            drop(state);
            drop(first);
        });
        let state = lanes.state();
        assert_eq!((state.free.len(), state.taken, state.waiting, state.impatient), (1, 0, 0, 0));
    }

    #[test]
    fn a_panic_gives_the_lane_back_and_taking_allocates_nothing() {
        let lanes = Lanes::new(7);
        let panics = thread::scope(|scope| {
            let run = || {
                let _lane = lanes.take();
                std::panic::resume_unwind(Box::new(()));
            };
            scope.spawn(run).join().is_err()
        });
        assert!(panics);
        let count = allocations(|| (0..100).for_each(|_| assert_eq!(*lanes.take(), 7)));
        assert_eq!(count, 0);
    }
}
