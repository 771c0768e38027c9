//! The states that optimizers' rules update, and updating them from a gradient that lies in memory.

use std::ops::Range;
use std::ptr;

use super::kernel::kernel;
use super::processor::Cpu;
use super::real::Real;
use super::scratch::Shared;
use super::update::{MAX_STATES, Update, UpdateArea, UpdateBlock};

/// States as they were handed over, of any lengths.
pub(super) struct Blocks<'a, T> {
    /// Of which the first `count` are there: a state without numbers is a state too.
    pub states: [&'a mut [T]; MAX_STATES],
    pub count: usize,
}

impl<'a, T> Blocks<'a, T> {
    /// # Panics
    /// If there are more than a rule may have.
    #[inline]
    pub fn new(states: impl IntoIterator<Item = &'a mut [T]>) -> Self {
        let mut blocks = Blocks { states: Default::default(), count: 0 };
        for state in states {
            assert!(blocks.count < MAX_STATES, "more than {MAX_STATES} states");
            blocks.states[blocks.count] = state;
            blocks.count += 1;
        }
        blocks
    }

    /// Whether the states from `first` on are `len` long.
    #[inline]
    pub fn are_of_length(&self, first: usize, len: usize) -> bool {
        (first..self.count).all(|i| self.states[i].len() == len)
    }

    /// # Panics
    /// If they are not as many as the rule has, those after the first differ in length, or the first is shorter.
    #[inline]
    pub fn check(&self, rule: &dyn Update<T>) {
        assert_eq!(self.count, rule.states(), "number of an optimizer's states");
        let len = if self.count > 1 { self.states[1].len() } else { 0 };
        let same = self.are_of_length(1, len) && len <= self.states[0].len();
        assert!(same, "states of different lengths");
    }

    /// The part at `at` of as many of these states as `rule` has.
    #[inline]
    pub fn part<'b>(&'b mut self, at: Range<usize>, rule: &'b dyn Update<T>) -> Updatable<'b, T> {
        let count = rule.states();
        Updatable::new(
            self.states[..self.count].iter_mut().take(count).map(|state| &mut state[at.clone()]),
            rule,
        )
    }
}

/// Part of some states, all of one length, and the rule that updates it from a gradient: what a kernel is given.
pub(crate) struct Updatable<'a, T> {
    states: SharedStates<'a, T>,
    len: usize,
    rule: &'a dyn Update<T>,
}

impl<'a, T> Updatable<'a, T> {
    /// # Panics
    /// If `states` are not as many as the rule has, or differ in length.
    #[inline]
    pub fn new(states: impl IntoIterator<Item = &'a mut [T]>, rule: &'a dyn Update<T>) -> Self {
        let all = SharedStates { states: [const { Shared::NONE }; MAX_STATES], count: 0 };
        // filled where it will lie: a copy waits for what was written just now
        let mut part = Updatable { states: all, len: 0, rule };
        for state in states {
            let count = part.states.count;
            assert!(count < MAX_STATES, "more than {MAX_STATES} states");
            assert!(count == 0 || state.len() == part.len, "states of different lengths");
            part.len = state.len();
            part.states.states[count] = Shared::new(state);
            part.states.count += 1;
        }
        assert_eq!(part.states.count, rule.states(), "number of an optimizer's states");
        part
    }

    /// Numbers per state.
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn rule(&self) -> &'a dyn Update<T> {
        self.rule
    }
    /// The states, for several members to update disjoint parts of.
    pub fn shared(&mut self) -> &SharedStates<'a, T> {
        &self.states
    }
}

/// The states of an [`Updatable`], for several members to update disjoint parts of.
pub(crate) struct SharedStates<'a, T> {
    states: [Shared<'a, T>; MAX_STATES],
    count: usize,
}

impl<T> SharedStates<'_, T> {
    /// Number of states.
    pub fn count(&self) -> usize {
        self.count
    }
    /// Where elements `at..at + len` of every state are; null beyond the last state.
    ///
    /// # Panics
    /// If they are not inside.
    #[inline]
    pub fn part(&self, at: usize, len: usize) -> [*mut T; MAX_STATES] {
        let mut parts = [ptr::null_mut(); MAX_STATES];
        for q in 0..self.count {
            parts[q] = self.states[q].part(at, len);
        }
        parts
    }
}

impl<T> SharedStates<'_, T> {
    /// Updates what begins at `at` by `scale` times its gradient.
    ///
    /// # Safety
    /// As long as this runs, nobody else has that part of the states.
    ///
    /// # Panics
    /// If it does not lie inside.
    pub unsafe fn update(&self, at: usize, gradient: &[T], scale: &T, rule: &dyn Update<T>) {
        let columns = gradient.len();
        // SAFETY: as is demanded; `part` checks that it lies inside
        rule.block(unsafe {
            UpdateBlock::new(UpdateArea {
                rows: 1,
                columns,
                gradient: gradient.as_ptr(),
                gradient_row: 0,
                scale,
                scale_row: 0,
                states: self.part(at, columns),
                state_row: 0,
                count: self.count,
            })
        });
    }
}

/// Numbers per item of work: a whole pass over memory, so large enough that claiming costs nothing.
const ITEM: usize = 16 * 1024;

kernel! {
    /// `states[..][i] = rule(scale * gradient[i], states[..][i])` over whole blocks, in parallel.
    ///
    /// # Panics
    /// If there are not as many states as the rule wants, or one has another length than `gradient`.
    pub fn update<T>(
        cpu: &Cpu, states: &mut [&mut [T]], gradient: &[T], scale: f64, rule: &dyn Update<T>,
    ) = kernel;
    /// The gradient of `to` is `values`.
    pub(super) fn values<T>(cpu: &Cpu, to: &mut Updatable<'_, T>, values: &[T]) = values_kernel;
}

fn kernel<T: Real>(cpu: &Cpu, states: &mut [&mut [T]], gradient: &[T], scale: f64, rule: &dyn Update<T>) {
    let mut to = Updatable::new(states.iter_mut().map(|state| &mut **state), rule);
    scaled(cpu, &mut to, gradient, T::from_f64(scale));
}

fn values_kernel<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, values: &[T]) {
    scaled(cpu, to, values, T::ONE);
}

/// The gradient of `to` is `scale` times `gradient`.
///
/// # Panics
/// If they differ in length.
pub(super) fn scaled<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, gradient: &[T], scale: T) {
    let len = gradient.len();
    assert_eq!(to.len(), len, "lengths of a gradient and of what it updates");
    let (rule, states) = (to.rule(), to.shared());
    cpu.each(len.div_ceil(ITEM), |_, item| {
        let at = item * ITEM;
        let columns = ITEM.min(len - at);
        // SAFETY: items are disjoint parts of the states
        unsafe { states.update(at, &gradient[at..at + columns], &scale, rule) };
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::each_isa;
    use crate::cpu::update::Step;

    crate::update! {
        Adam { rate: f64, beta1: f64, beta2: f64, epsilon: f64 } (g; w, m, v) = {
            let m = beta1 * m + (1.0 - beta1) * g;
            let v = beta2 * v + (1.0 - beta2) * (g * g);
            [w - rate * m / (sqrt(v) + epsilon), m, v]
        }
    }
    const ADAM: Adam = Adam { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| stream.uniform(i)).collect()
    }

    #[test]
    fn same_as_a_loop() {
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            each_isa(|_| {
                for len in [0, 1, 15, 16, 17, 1000, 50_001] {
                    let (mut w, mut m, mut v) = (numbers(len, 1), numbers(len, 2), numbers(len, 3));
                    let g = numbers(len, 4);
                    let mut want: Vec<[f32; 3]> = (0..len).map(|i| [w[i], m[i], v[i]]).collect();
                    for _ in 0..2 {
                        for (state, g) in want.iter_mut().zip(&g) {
                            *state = ADAM.at(0.25 * g, *state);
                        }
                        update(&cpu, &mut [&mut w, &mut m, &mut v], &g, 0.25, &ADAM);
                    }
                    for i in 0..len {
                        assert_eq!([w[i], m[i], v[i]], want[i]);
                    }
                }
            });
        }
    }

    #[test]
    #[should_panic(expected = "number of an optimizer's states")]
    fn every_state_is_needed() {
        update(&Cpu::new(1), &mut [&mut [0.0f32; 4][..]], &[0.0; 4], 1.0, &ADAM);
    }

    #[test]
    #[should_panic(expected = "states of different lengths")]
    fn states_are_of_one_length() {
        let (mut w, mut m, mut v) = ([0.0f32; 4], [0.0; 4], [0.0; 5]);
        update(&Cpu::new(1), &mut [&mut w, &mut m, &mut v], &[0.0; 4], 1.0, &ADAM);
    }
}
