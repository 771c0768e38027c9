//! A few of something for many threads: whoever needs one takes it, in the order of coming.

use std::collections::TryReserveError;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard};

/// Threads that wait share so many places to sleep: those whose tickets differ by a multiple of it wake together.
const BEDS: usize = 16;

/// Lanes that are taken one by one.
pub(crate) struct Lanes<L> {
    state: Mutex<State<L>>,
    beds: [Condvar; BEDS],
}

struct State<L> {
    /// Those that nobody has.
    free: Vec<L>,
    /// How many somebody has.
    taken: usize,
    /// The ticket of the next thread that comes.
    next: usize,
    /// The ticket of the next thread that takes a lane.
    turn: usize,
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
        let state = State { free: vec![lane], taken: 0, next: 0, turn: 0 };
        Lanes { state: Mutex::new(state), beds: Default::default() }
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

    /// A lane, when it is this thread's turn and there is one. Sleeps until then.
    pub fn take(&self) -> Taken<'_, L> {
        let mut state = self.state();
        let ticket = state.next;
        state.next = ticket.wrapping_add(1);
        loop {
            if state.turn == ticket
                && let Some(lane) = state.free.pop()
            {
                state.turn = ticket.wrapping_add(1);
                state.taken += 1;
                self.wake(&state);
                return Taken { lanes: self, lane: Some(lane) };
            }
            state = self.beds[ticket % BEDS].wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Wakes whose turn it is, if somebody waits and there is a lane.
    fn wake(&self, state: &State<L>) {
        if state.turn != state.next && !state.free.is_empty() {
            self.beds[state.turn % BEDS].notify_all();
        }
    }

    /// Nothing panics while it is held.
    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
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
    use std::time::Duration;

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

    /// Whoever comes first is served first, even if the lane is wanted again at once by those that had it.
    #[test]
    fn lanes_go_to_who_waits_longest() {
        let lanes = Lanes::new(());
        let order = Mutex::new(vec![]);
        let first = lanes.take();
        assert_eq!(lanes.count(), 1);
        thread::scope(|scope| {
            for i in 0..20 {
                let (lanes, order) = (&lanes, &order);
                scope.spawn(move || {
                    let _lane = lanes.take();
                    order.lock().unwrap().push(i);
                });
                while lanes.state().next < i + 2 {
                    thread::sleep(Duration::from_millis(1));
                }
            }
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), Vec::from_iter(0..20));
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
