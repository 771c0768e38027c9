//! A few of something for many threads: whoever needs one takes it, and waits asleep while there is none.

use std::collections::TryReserveError;
use std::hint;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering::*, fence};
use std::sync::{Condvar, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// How long a thread waits before those that come later must let it pass. Handing each lane to the thread that has waited
/// longest would cost a wake-up, a hundred times a small prediction, every time.
const PATIENCE: Duration = Duration::from_millis(1);

/// How often a thread looks for a free lane before it sleeps: as long as a small prediction takes.
const TRIES: usize = 50;

/// Lanes that are taken one by one. Each thread has a number and looks first at the lane of that number: so as many threads as
/// lanes, of numbers that follow each other, write to nothing that they share.
pub(crate) struct Lanes<L> {
    lanes: Vec<Place<L>>,
    /// How many threads wait, and how many of these have waited for long. Written under `beds` only.
    waiting: AtomicUsize,
    impatient: AtomicUsize,
    beds: Mutex<()>,
    /// Where those sleep that have not waited long, and where the others do.
    patience: Condvar,
    impatience: Condvar,
}

/// A lane, on cache lines of its own: processors fetch them in pairs.
#[repr(align(128))]
struct Place<L>(Mutex<L>);

/// A lane that somebody has, until it is dropped.
pub(crate) struct Taken<'a, L> {
    lanes: &'a Lanes<L>,
    /// There is one until it goes back.
    lane: Option<MutexGuard<'a, L>>,
}

impl<L> Lanes<L> {
    /// With this one.
    pub fn new(lane: L) -> Lanes<L> {
        Lanes {
            lanes: vec![Place(Mutex::new(lane))],
            waiting: AtomicUsize::new(0),
            impatient: AtomicUsize::new(0),
            beds: Mutex::new(()),
            patience: Condvar::new(),
            impatience: Condvar::new(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lanes.len()
    }

    /// All of them: `&mut` says that nobody has any.
    pub fn all(&mut self) -> impl Iterator<Item = &mut L> {
        self.lanes.iter_mut().map(|place| place.0.get_mut().unwrap_or_else(|e| e.into_inner()))
    }

    /// Keeps the first `n`.
    pub fn truncate(&mut self, n: usize) {
        self.lanes.truncate(n);
    }

    /// Adds one more.
    pub fn push(&mut self, lane: L) -> Result<(), TryReserveError> {
        self.lanes.try_reserve(1)?;
        self.lanes.push(Place(Mutex::new(lane)));
        Ok(())
    }

    /// A free lane. Where there is none, or somebody has waited for long, this sleeps.
    pub fn take(&self) -> Taken<'_, L> {
        let tries = (0..TRIES).find_map(|_| {
            let lane = self.free(false);
            if lane.is_none() {
                hint::spin_loop();
            }
            lane
        });
        let lane = tries.unwrap_or_else(|| self.wait());
        Taken { lanes: self, lane: Some(lane) }
    }

    /// A lane that is free, for a thread that has waited for long or has not.
    fn free(&self, long: bool) -> Option<MutexGuard<'_, L>> {
        if !long && self.impatient.load(Relaxed) > 0 {
            return None;
        }
        let first = THREAD.with(|number| *number) % self.lanes.len();
        let (before, from) = self.lanes.split_at(first);
        from.iter().chain(before).find_map(|place| match place.0.try_lock() {
            Ok(lane) => Some(lane),
            // what a panic left in a lane is overwritten by the next prediction
            Err(TryLockError::Poisoned(lane)) => Some(lane.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Sleeps until there is a lane.
    fn wait(&self) -> MutexGuard<'_, L> {
        let mut bed = self.beds();
        self.waiting.fetch_add(1, Relaxed);
        // Who gives a lane back makes it free and then looks whether somebody waits, this says that it waits and then looks
        // whether a lane is free: one of both sees the other.
        fence(SeqCst);
        let (came, mut long) = (Instant::now(), false);
        loop {
            if let Some(lane) = self.free(long) {
                self.waiting.fetch_sub(1, Relaxed);
                self.impatient.fetch_sub(usize::from(long), Relaxed);
                // there may be another lane, or nobody any more who goes first
                self.wake();
                return lane;
            }
            if long {
                bed = self.impatience.wait(bed).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            let left = PATIENCE.saturating_sub(came.elapsed());
            (bed, _) = self.patience.wait_timeout(bed, left).unwrap_or_else(|e| e.into_inner());
            long = came.elapsed() >= PATIENCE;
            self.impatient.fetch_add(usize::from(long), Relaxed);
        }
    }

    /// Wakes one of those who wait, if there are any, by somebody who has `beds`.
    fn wake(&self) {
        if self.waiting.load(Relaxed) > 0 {
            let bed = if self.impatient.load(Relaxed) > 0 { &self.impatience } else { &self.patience };
            bed.notify_one();
        }
    }

    /// Nothing panics while it is held.
    fn beds(&self) -> MutexGuard<'_, ()> {
        self.beds.lock().unwrap_or_else(|e| e.into_inner())
    }
}

thread_local! {
    /// Threads are numbered as they first take a lane.
    static THREAD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed)
    };
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
        self.lane = None;
        fence(SeqCst);
        if self.lanes.waiting.load(Relaxed) > 0 {
            let _bed = self.lanes.beds();
            self.lanes.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::tests::allocations;

    #[test]
    fn every_lane_has_one_owner_and_none_is_lost() {
        let mut lanes = Lanes::new(0usize);
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
        let mut all: Vec<usize> = lanes.all().map(|lane| *lane).collect();
        all.sort();
        assert_eq!(all, [0, 1, 2]);
        assert_eq!((lanes.waiting.into_inner(), lanes.impatient.into_inner()), (0, 0));
    }

    /// Whoever has waited for long goes before those that come.
    #[test]
    fn who_has_waited_for_long_goes_first() {
        let lanes = Lanes::new(());
        let mut first = lanes.take();
        assert_eq!(lanes.count(), 1);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(lanes.take()));
            while lanes.impatient.load(Relaxed) == 0 {
                assert!(!waiting.is_finished(), "nobody has a lane twice");
                thread::yield_now();
            }
            // it is free, and nobody is woken yet
            first.lane = None;
            assert!(lanes.free(false).is_none(), "the one that waits comes first");
            assert!(lanes.free(true).is_some());
            drop(first);
        });
        assert!(lanes.free(false).is_some());
        assert_eq!((lanes.waiting.into_inner(), lanes.impatient.into_inner()), (0, 0));
    }

    /// So that a thread finds its own free, whatever the others do.
    #[test]
    fn threads_begin_at_different_lanes() {
        let mut lanes = Lanes::new(0usize);
        (1..4).for_each(|lane| lanes.push(lane).unwrap());
        let first = || THREAD.with(|number| (*number, [(); 2].map(|()| *lanes.take())));
        let mut numbers = vec![];
        for _ in 0..8 {
            let (number, lanes) = thread::scope(|scope| scope.spawn(first).join().unwrap());
            assert_eq!(lanes, [number % 4; 2]);
            numbers.push(number);
        }
        numbers.dedup();
        assert_eq!(numbers.len(), 8);
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
