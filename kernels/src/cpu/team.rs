//! Threads that wait by spinning inside a training step and by sleeping outside it.
//!
//! One job at a time. Its items are claimed one by one from a word that also carries the job's number, and the
//! caller, who is member 0 and works too, waits for *items*: a member that is late, asleep or has lost its
//! core is never waited for.

use std::any::Any;
use std::hint;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Turns of the waiting loop before a member sleeps: about 40 µs.
const SPINS: u32 = 1_500;
/// Every so many turns the core is offered to others, so that more threads than cores still make progress.
const YIELD: u32 = 64;

/// Low bits of a claim: the next unclaimed item. The bits above number the job; they wrap after days of jobs
/// without a pause, and only a member that slept through exactly that many could be confused.
const ITEM_BITS: u32 = 24;
const ITEMS: u64 = (1 << ITEM_BITS) - 1;

use super::turn;

/// `f(member, item)`
type Call<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A value on cache lines of its own (two, because adjacent lines are fetched in pairs).
#[repr(align(128))]
struct Line<T>(T);

struct Shared {
    claim: Line<AtomicU64>,
    /// items of the current job that are finished
    done: Line<AtomicUsize>,
    items: AtomicUsize,
    /// `*const Call` of the current job, on its caller's stack
    call: AtomicPtr<()>,
    asleep: Box<[Line<AtomicBool>]>,
    stop: AtomicBool,
    /// members that began to serve
    arrived: AtomicUsize,
    /// what the first panicking item of the current job threw
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Shared {
    /// What no other team has.
    fn number(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn job(&self) -> u64 {
        self.claim.0.load(SeqCst) >> ITEM_BITS
    }

    /// Takes items of `job` until there are none left.
    fn work(&self, member: usize, job: u64) {
        loop {
            let seen = self.claim.0.load(Acquire);
            // Acquire: whoever reads a field of the next job also sees that this one was closed, and its
            // claim below fails.
            let (call, items) = (self.call.load(Acquire), self.items.load(Acquire));
            let item = (seen & ITEMS) as usize;
            if seen >> ITEM_BITS != job || item >= items {
                return;
            }
            if self.claim.0.compare_exchange_weak(seen, seen + 1, AcqRel, Relaxed).is_err() {
                continue;
            }
            // SAFETY: the claim succeeded, so `call` belongs to the current job, and its caller stays in
            // `each`, where the pointee lives, until this item is done: nothing unwinds from here to there.
            let call = unsafe { *call.cast::<Call<'_>>() };
            if let Err(thrown) = panic::catch_unwind(AssertUnwindSafe(|| call(member, item))) {
                self.keep_first(thrown);
            }
            self.done.0.fetch_add(1, Release);
        }
    }

    /// Keeps what an item threw for the caller, and drops what the others threw. Never unwinds, though what is dropped
    /// may.
    fn keep_first(&self, thrown: Box<dyn Any + Send>) {
        let mut first = self.panic.lock().unwrap_or_else(|e| e.into_inner());
        if first.is_none() {
            *first = Some(thrown);
            return;
        }
        drop(first);
        if let Err(again) = panic::catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
            // whose own drop might panic too
            mem::forget(again);
        }
    }

    /// What a member does for a living.
    fn serve(&self, member: usize) {
        turn::belong_to(self.number());
        let asleep = &self.asleep[member - 1].0;
        self.arrived.fetch_add(1, Release);
        let mut seen = 0;
        loop {
            let mut turns = 0;
            while self.job() == seen {
                turns += 1;
                if turns < SPINS {
                    wait(turns);
                } else {
                    asleep.store(true, SeqCst);
                    if self.job() == seen {
                        thread::park();
                    }
                    asleep.store(false, SeqCst);
                }
            }
            seen = self.job();
            if self.stop.load(Acquire) {
                return;
            }
            self.work(member, seen);
        }
    }
}

fn wait(turn: u32) {
    if turn.is_multiple_of(YIELD) { thread::yield_now() } else { hint::spin_loop() }
}

/// A team of threads: the caller and `threads - 1` others.
pub(super) struct Team {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
    /// The process that they are threads of.
    process: u32,
}

impl Team {
    /// Threads that the system refuses to start are left out: results do not depend on their number.
    pub fn new(threads: usize) -> Team {
        let shared = Arc::new(Shared {
            claim: Line(AtomicU64::new(0)),
            done: Line(AtomicUsize::new(0)),
            items: AtomicUsize::new(0),
            call: AtomicPtr::new(ptr::null_mut()),
            asleep: (1..threads).map(|_| Line(AtomicBool::new(false))).collect(),
            stop: AtomicBool::new(false),
            arrived: AtomicUsize::new(0),
            panic: Mutex::new(None),
        });
        let start = |member: usize| {
            let shared = shared.clone();
            let name = format!("plywood-{member}");
            thread::Builder::new().name(name).spawn(move || shared.serve(member)).ok()
        };
        let members: Vec<_> = (1..threads).map_while(start).collect();
        // A thread that starts allocates: not any more once this returns.
        while shared.arrived.load(Acquire) < members.len() {
            thread::yield_now();
        }
        Team { shared, members, process: process::id() }
    }

    /// What no other team has.
    pub fn number(&self) -> usize {
        self.shared.number()
    }

    pub fn threads(&self) -> usize {
        self.members.len() + 1
    }

    /// Calls `f(member, item)` once for every item, on all members, and returns when nobody works on one any more. If
    /// items panic, some of the others may be left out, and then the first panic goes on in the caller.
    ///
    /// Must not be called by two threads at once, nor by `f`.
    pub fn each(&self, items: usize, f: Call<'_>) {
        if self.members.is_empty() || items < 2 {
            for item in 0..items {
                f(0, item);
            }
            return;
        }
        if items as u64 >= ITEMS {
            // More than a claim can count are claimed some at a time.
            let some = items.div_ceil(ITEMS as usize / 2);
            return self.each(items.div_ceil(some), &|member, part| {
                let first = part * some;
                (first..first + some.min(items - first)).for_each(|item| f(member, item));
            });
        }
        let shared = &*self.shared;
        let call: *const Call<'_> = &f;
        let last = shared.claim.0.load(Relaxed) >> ITEM_BITS;
        // Nobody can claim from the last job any more, before its fields change.
        shared.claim.0.store(last << ITEM_BITS | ITEMS, SeqCst);
        shared.done.0.store(0, Relaxed);
        shared.call.store(call.cast_mut().cast(), Release);
        shared.items.store(items, Release);
        let job = (last + 1) & (u64::MAX >> ITEM_BITS);
        shared.claim.0.store(job << ITEM_BITS, SeqCst);
        let sleepers = self.members.iter().zip(&shared.asleep).filter(|(_, asleep)| asleep.0.load(SeqCst));
        for (member, _) in sleepers.take(items - 1) {
            member.thread().unpark();
        }
        shared.work(0, job);
        let mut turns = 0u32;
        while shared.done.0.load(Acquire) != items {
            turns = turns.wrapping_add(1);
            wait(turns);
        }
        let thrown = shared.panic.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(thrown) = thrown {
            panic::resume_unwind(thrown);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if self.process != process::id() {
            // A process that was forked has no thread but its own: there is nobody to wait for.
            self.members.drain(..).for_each(mem::forget);
            return;
        }
        let shared = &*self.shared;
        shared.stop.store(true, Release);
        shared.items.store(0, Release);
        shared.claim.0.fetch_add(1 << ITEM_BITS, SeqCst);
        for member in self.members.drain(..) {
            member.thread().unpark();
            // A member catches what its items throw, so it cannot have panicked.
            let _ = member.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_once() {
        for threads in [1, 2, 4, 9] {
            let team = Team::new(threads);
            assert!(team.threads() <= threads);
            for items in (0..40).chain([1000]) {
                let counts: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
                team.each(items, &|member, item| {
                    assert!(member < threads);
                    counts[item].fetch_add(1, Relaxed);
                });
                assert!(counts.iter().all(|c| c.load(Relaxed) == 1));
            }
        }
    }

    /// More than a claim can count.
    #[test]
    fn any_number_of_items() {
        let team = Team::new(2);
        for items in [ITEMS as usize - 1, ITEMS as usize, ITEMS as usize + 1, 3 * ITEMS as usize + 5] {
            let (count, sum) = ([0, 1].map(|_| AtomicU64::new(0)), [0, 1].map(|_| AtomicU64::new(0)));
            team.each(items, &|member, item| {
                count[member].fetch_add(1, Relaxed);
                sum[member].fetch_add(item as u64, Relaxed);
            });
            let (both, items) =
                (|of: &[AtomicU64; 2]| of[0].load(Relaxed) + of[1].load(Relaxed), items as u64);
            assert_eq!((both(&count), both(&sum)), (items, items * (items - 1) / 2));
        }
    }

    /// A process that is forked has the caller's thread alone, which does all the work.
    #[cfg(unix)]
    #[test]
    fn a_forked_process_works_and_drops_alone() {
        unsafe extern "C" {
            fn fork() -> i32;
            fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
            fn _exit(status: i32) -> !;
        }
        let team = Team::new(3);
        team.each(10, &|_, _| {});
        // SAFETY: the new process allocates at most, for which the C library prepares it, and ends without a word
        match unsafe { fork() } {
            0 => {
                let whole = panic::catch_unwind(AssertUnwindSafe(|| {
                    let count = AtomicUsize::new(0);
                    team.each(100, &|_, _| _ = count.fetch_add(1, Relaxed));
                    drop(team);
                    count.into_inner() == 100
                }));
                // SAFETY: as above
                unsafe { _exit(if whole.unwrap_or(false) { 0 } else { 1 }) }
            }
            child => {
                let mut status = -1;
                // SAFETY: `status` is valid for a write
                assert_eq!(unsafe { waitpid(child, &mut status, 0) }, child);
                assert_eq!(status, 0);
            }
        }
    }

    #[test]
    fn stress() {
        // Short jobs, of sizes that differ from one to the next, with pauses long enough to fall asleep.
        let team = Team::new(4);
        let total = AtomicU64::new(0);
        let mut expected = 0;
        for job in 0..60_000u64 {
            let items = job % 7;
            team.each(items as usize, &|_, item| {
                total.fetch_add(item as u64 + job, Relaxed);
            });
            expected += (0..items).map(|item| item + job).sum::<u64>();
            assert_eq!(total.load(Relaxed), expected);
            if job % 5_000 == 0 {
                thread::sleep(std::time::Duration::from_millis(1));
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_survives() {
        let team = Team::new(3);
        for bad in 0..20 {
            let ran = AtomicUsize::new(0);
            let result = panic::catch_unwind(AssertUnwindSafe(|| {
                team.each(20, &|_, item| {
                    ran.fetch_add(1, Relaxed);
                    if item == bad {
                        panic::resume_unwind(Box::new("item"));
                    }
                })
            }));
            assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "item");
            assert_eq!(ran.load(Relaxed), 20);
            team.each(5, &|_, _| {});
        }
    }

    /// What is thrown may panic again when it is dropped, and what that throws too.
    #[test]
    fn what_panics_when_dropped_is_dropped_by_nobody_who_counts() {
        struct Thrown(usize);
        impl Drop for Thrown {
            fn drop(&mut self) {
                if self.0 > 0 {
                    panic::resume_unwind(Box::new(Thrown(self.0 - 1)));
                }
            }
        }
        for threads in [2, 4] {
            let team = Team::new(threads);
            for _ in 0..50 {
                let (begun, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
                let result = panic::catch_unwind(AssertUnwindSafe(|| {
                    team.each(20, &|_, _| {
                        begun.fetch_add(1, Relaxed);
                        // long enough that others are still at work when the first payloads are dropped
                        thread::sleep(std::time::Duration::from_micros(50));
                        ended.fetch_add(1, Relaxed);
                        panic::resume_unwind(Box::new(Thrown(3)));
                    })
                }));
                assert_eq!((begun.load(Relaxed), ended.load(Relaxed)), (20, 20));
                mem::forget(result);
                // nobody is lost
                assert!(team.members.iter().all(|member| !member.is_finished()));
                team.each(5, &|_, _| {});
            }
        }
    }
}
