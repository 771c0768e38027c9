//! Where gradients go: generated backward code hands every parameter's gradient to a [`Gradients`], in the form
//! in which it arises, and does not know whether it is kept or used up at once.

use std::fmt;
use std::ops::Range;

use super::real::Real;
use super::update::{self, MAX_STATES, Update};
use super::{Cpu, Matrix, Shared, reduce};
use crate::ops::matmul::cpu as matmul;

/// A destination of gradients. `at` is a range of the parameter block.
pub trait Gradients<T> {
    /// The parameter block.
    fn parameters(&self) -> &[T];
    /// The gradient at `at` is `a * b`. For a linear layer's weight `[out][in]`, from `dy` and `x`:
    /// `matrix(dy, out).t()` times `matrix(x, in)`.
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>);
    /// The gradient at `at` is `scale` times the sum over the middle axis of `x[outer][len][inner]`. Sums of
    /// columns, as a bias has it: `inner` as long as `at`.
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64);
    /// The gradient at `at` is `values`.
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]);
}

/// Part of some states, and the rule that updates it from a gradient: what a kernel is given.
pub(crate) struct Place<'a, T> {
    states: [&'a mut [T]; MAX_STATES],
    count: usize,
    rule: &'a dyn Update<T>,
}

impl<'a, T> Place<'a, T> {
    /// # Panics
    /// If `states` are not as many as the rule has, or differ in length.
    #[inline]
    pub fn new(states: impl IntoIterator<Item = &'a mut [T]>, rule: &'a dyn Update<T>) -> Self {
        let mut place = Place { states: Default::default(), count: 0, rule };
        for state in states {
            assert!(place.count < MAX_STATES, "more than {MAX_STATES} states");
            place.states[place.count] = state;
            place.count += 1;
        }
        assert_eq!(place.count, rule.states(), "number of an optimizer's states");
        let states = &place.states[..place.count];
        assert!(states.iter().all(|state| state.len() == states[0].len()), "states of different lengths");
        place
    }

    /// The part of these states at `at`.
    #[inline]
    fn part(&mut self, at: Range<usize>) -> Place<'_, T> {
        let mut part = Place { states: Default::default(), count: self.count, rule: self.rule };
        for (part, state) in part.states.iter_mut().zip(&mut self.states[..self.count]) {
            *part = &mut state[at.clone()];
        }
        part
    }

    /// Numbers per state.
    pub fn len(&self) -> usize {
        self.states[0].len()
    }
    /// Number of states.
    pub fn count(&self) -> usize {
        self.count
    }
    pub fn rule(&self) -> &'a dyn Update<T> {
        self.rule
    }
    /// The states, for several members to update disjoint parts of.
    pub fn shared(&mut self) -> [Shared<'_, T>; MAX_STATES] {
        self.states.each_mut().map(|state| Shared::new(state))
    }
}

crate::update! {
    /// Replaces what was there.
    Keep(g; _old) = [g];
    /// Adds to what was there.
    Accumulate(g; sum) = [sum + g]
}

super::kernel! {
    /// The rule by which [`Stored`] stores.
    fn store_rule<T>(accumulate: bool) -> &'static dyn Update<T> = keep_or_accumulate;
}
fn keep_or_accumulate<T: Real>(accumulate: bool) -> &'static dyn Update<T> {
    if accumulate { &Accumulate } else { &Keep }
}

/// Keeps gradients in a block of their own, for what needs all of them before the first is used: accumulation
/// over batches, clipping by the common norm, a parameter with several contributions.
pub struct Stored<'a, T> {
    /// The parameter block.
    pub parameters: &'a [T],
    /// The gradient block, of the same length.
    pub gradient: &'a mut [T],
    /// Whether to add to what is in the gradient block, or to replace it.
    pub accumulate: bool,
}

impl<T: Real> Stored<'_, T> {
    fn place(&mut self, at: Range<usize>) -> Place<'_, T> {
        Place::new([&mut self.gradient[at]], store_rule(self.accumulate))
    }
}

impl<T: Real> Gradients<T> for Stored<'_, T> {
    fn parameters(&self) -> &[T] {
        self.parameters
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        matmul::update(cpu, self.place(at), a, b);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        reduce::sum_update(cpu, self.place(at), x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        update::values(cpu, self.place(at), values);
    }
}

/// Uses gradients up at once: the optimizer's rule runs where the gradient arises, in the epilogue of the
/// product, and the gradient is never stored. The gradient that generated code needs of a parameter's layer is
/// therefore computed before the parameter's own.
pub struct Fused<'a, T>(Place<'a, T>);

impl<'a, T> Fused<'a, T> {
    /// States in the order of the rule, the parameter block first, all of the same length. Takes any iterator,
    /// so that neither arrays nor vectors of blocks need an allocation:
    /// `Fused::new([&mut w[..], &mut m[..], &mut v[..]], &rule)`,
    /// `Fused::new(blocks.iter_mut().map(|block| &mut block[..]), &rule)`.
    ///
    /// # Panics
    /// If `states` are not as many as the rule has, or differ in length.
    pub fn new(states: impl IntoIterator<Item = &'a mut [T]>, rule: &'a dyn Update<T>) -> Self {
        Fused(Place::new(states, rule))
    }
}

impl<T: Real> Gradients<T> for Fused<'_, T> {
    fn parameters(&self) -> &[T] {
        self.0.states[0]
    }
    fn product(&mut self, cpu: &Cpu, at: Range<usize>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
        matmul::update(cpu, self.0.part(at), a, b);
    }
    fn sum(&mut self, cpu: &Cpu, at: Range<usize>, x: &[T], len: usize, inner: usize, scale: f64) {
        reduce::sum_update(cpu, self.0.part(at), x, len, inner, scale);
    }
    fn store(&mut self, cpu: &Cpu, at: Range<usize>, values: &[T]) {
        update::values(cpu, self.0.part(at), values);
    }
}

impl<T> fmt::Debug for Stored<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("accumulate", &self.accumulate).finish_non_exhaustive()
    }
}
impl<T> fmt::Debug for Fused<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fused").field("states", &self.0.count).finish_non_exhaustive()
    }
}
