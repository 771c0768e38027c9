//! Optimizers' rules: from a gradient and states to new states.

use std::marker::PhantomData;

use super::gradients::Place;
use super::isa::{Work, go};
use super::real::Real;
use super::simd::{LANES, Simd, blocks_are_vectors, read, write};
use super::{Cpu, Shared};

/// States, the parameter included, that an optimizer may keep per number at most.
pub const MAX_STATES: usize = 4;

/// The formula of an optimizer's rule. Declare one with [`update!`](crate::update).
pub trait Step<T, const S: usize>: Update<T> {
    /// From a gradient and `S` states, the parameter first, to new states.
    fn at(&self, gradient: T, states: [T; S]) -> [T; S];
}

/// An optimizer's rule with its loops: what kernels see of it. Implemented by [`update!`](crate::update).
pub trait Update<T>: Sync {
    /// States per number, the parameter included.
    fn states(&self) -> usize;
    /// Applies the rule to every element of a block.
    fn block(&self, block: UpdateBlock<'_, T>);
}

/// What [`update!`](crate::update) writes; as [`Formula`](super::Formula).
#[doc(hidden)]
#[allow(missing_docs)]
pub trait StepFormula<const S: usize>: Copy + Sync {
    fn single(&self, gradient: f32, states: [f32; S]) -> [f32; S];
    fn double(&self, gradient: f64, states: [f64; S]) -> [f64; S];
    fn block_single(&self, block: UpdateBlock<'_, f32>);
    fn block_double(&self, block: UpdateBlock<'_, f64>);
}

/// A block of rows for a rule to update. Only kernels make them.
#[derive(Debug)]
pub struct UpdateBlock<'a, T> {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Row `r` of the gradient starts at `gradient + r * gradient_row`.
    pub(crate) gradient: *const T,
    pub(crate) gradient_row: usize,
    /// What to multiply row `r` of the gradient with, at `scale + r * scale_row`.
    pub(crate) scale: *const T,
    pub(crate) scale_row: usize,
    /// Row `r` of every state starts at `states[..] + r * state_row`.
    pub(crate) states: [*mut T; MAX_STATES],
    pub(crate) state_row: usize,
    pub(crate) count: usize,
    _states: PhantomData<&'a mut [T]>,
}

/// The fields of an [`UpdateBlock`], by name.
pub(crate) struct UpdateArea<T> {
    pub rows: usize,
    pub columns: usize,
    pub gradient: *const T,
    pub gradient_row: usize,
    pub scale: *const T,
    pub scale_row: usize,
    pub states: [*mut T; MAX_STATES],
    pub state_row: usize,
    pub count: usize,
}

impl<T> UpdateBlock<'_, T> {
    /// # Safety
    /// As long as the block lives, the first `count` states are valid, and nobody else's, in its rows and
    /// columns; the gradient is valid for reads in the same; the scale in its rows.
    pub(crate) unsafe fn new(area: UpdateArea<T>) -> Self {
        let UpdateArea { rows, columns, gradient, gradient_row, scale, scale_row, states, state_row, count } =
            area;
        UpdateBlock {
            rows,
            columns,
            gradient,
            gradient_row,
            scale,
            scale_row,
            states,
            state_row,
            count,
            _states: PhantomData,
        }
    }
    /// Row `r`: its gradient and its states. A copy, which loops may keep in registers.
    #[inline(always)]
    fn row<const S: usize>(&self, r: usize) -> (*const T, [*mut T; S]) {
        let mut states = [std::ptr::null_mut(); S];
        for q in 0..S {
            states[q] = self.states[q].wrapping_add(r * self.state_row);
        }
        (self.gradient.wrapping_add(r * self.gradient_row), states)
    }
}
impl<T: Copy> UpdateBlock<'_, T> {
    /// What row `r` of the gradient is multiplied with.
    ///
    /// # Safety
    /// There is such a row.
    #[inline(always)]
    unsafe fn scale(&self, r: usize) -> T {
        // SAFETY: `new` was promised that this may be read
        unsafe { read(self.scale.wrapping_add(r * self.scale_row)) }
    }
}

/// The loops of a rule, compiled for each instruction set where this is instantiated; see
/// [`run_rule`](super::run_rule).
#[doc(hidden)]
#[inline]
pub fn run<T: Real, R: StepFormula<S>, const S: usize>(rule: &R, block: UpdateBlock<'_, T>) {
    const { assert!(S <= MAX_STATES) };
    assert!(block.count == S, "a rule of {S} states was given {}", block.count);
    if T::WIDE {
        go(Run(*rule, block));
    } else {
        // number by number: no vectors are worth compiling for
        (0..block.rows).for_each(|r| {
            blocks::<T, R, S, 1>(rule, &block, r, 0);
        });
    }
}

struct Run<'a, T, R, const S: usize>(R, UpdateBlock<'a, T>);

impl<T: Real, R: StepFormula<N>, const N: usize> Work for Run<'_, T, R, N> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run(rule, block) = self;
        for r in 0..block.rows {
            if !S::FUSED {
                // sixteen lanes would be sixteen calls for each fused multiply-add
                let at = blocks::<T, R, N, 4>(&rule, &block, r, 0);
                blocks::<T, R, N, 1>(&rule, &block, r, at);
                continue;
            }
            let at = blocks::<T, R, N, LANES>(&rule, &block, r, 0);
            if at < block.columns {
                let count = block.columns - at;
                let (gradient, states) = block.row::<N>(r);
                // SAFETY: `UpdateBlock::new` was promised that these rows and columns may be read and written.
                unsafe {
                    let g = S::load_part(gradient.wrapping_add(at), count);
                    let mut x = [[T::ZERO; LANES]; N];
                    for q in 0..N {
                        x[q] = S::load_part(states[q].wrapping_add(at), count);
                    }
                    let x = lanes(&rule, block.scale(r), g, x);
                    for q in 0..N {
                        S::store_part(states[q].wrapping_add(at), count, x[q]);
                    }
                }
            }
        }
    }
}

/// Row `r` from a column on in blocks of `L` numbers, up to the column where none fits any more.
#[inline(always)]
fn blocks<T: Real, R: StepFormula<S>, const S: usize, const L: usize>(
    rule: &R,
    block: &UpdateBlock<'_, T>,
    r: usize,
    from: usize,
) -> usize {
    let (gradient, states) = block.row::<S>(r);
    let mut at = from;
    // SAFETY: `UpdateBlock::new` was promised that these rows and columns may be read and written.
    unsafe {
        let scale = block.scale(r);
        while at + L <= block.columns {
            blocks_are_vectors();
            let mut x = [[T::ZERO; L]; S];
            for q in 0..S {
                x[q] = read(states[q].wrapping_add(at));
            }
            let x = lanes(rule, scale, read(gradient.wrapping_add(at)), x);
            for q in 0..S {
                write(states[q].wrapping_add(at), x[q]);
            }
            at += L;
        }
    }
    at
}

#[inline(always)]
fn lanes<T: Real, R: StepFormula<S>, const S: usize, const L: usize>(
    rule: &R,
    scale: T,
    gradient: [T; L],
    mut states: [[T; L]; S],
) -> [[T; L]; S] {
    for l in 0..L {
        let mut x = [T::ZERO; S];
        for q in 0..S {
            x[q] = states[q][l];
        }
        let x = T::step(rule, gradient[l] * scale, x);
        for q in 0..S {
            states[q][l] = x[q];
        }
    }
    states
}

/// Numbers per item of work: a whole pass over memory, so large enough that claiming costs nothing.
const ITEM: usize = 16 * 1024;

super::kernel! {
    /// `states[..][i] = rule(scale * gradient[i], states[..][i])` over whole blocks, in parallel.
    ///
    /// # Panics
    /// If there are not as many states as the rule wants, or one has another length than `gradient`.
    pub fn update<T>(
        cpu: &Cpu, states: &mut [&mut [T]], gradient: &[T], scale: f64, rule: &dyn Update<T>,
    ) = kernel;
    /// The gradient of `to` is `values`.
    pub(super) fn values<T>(cpu: &Cpu, to: Place<'_, T>, values: &[T]) = values_kernel;
}

fn kernel<T: Real>(cpu: &Cpu, states: &mut [&mut [T]], gradient: &[T], scale: f64, rule: &dyn Update<T>) {
    let place = Place::new(states.iter_mut().map(|state| &mut **state), rule);
    scaled(cpu, place, gradient, T::from_f64(scale));
}

fn values_kernel<T: Real>(cpu: &Cpu, to: Place<'_, T>, values: &[T]) {
    scaled(cpu, to, values, T::ONE);
}

fn scaled<T: Real>(cpu: &Cpu, mut to: Place<'_, T>, gradient: &[T], scale: T) {
    let len = gradient.len();
    assert_eq!(to.len(), len, "lengths of a gradient and of its place");
    let rule = to.rule();
    let states = to.shared();
    let gradient = Shared::read(gradient);
    cpu.each(len.div_ceil(ITEM), |_, item| {
        let at = item * ITEM;
        let columns = ITEM.min(len - at);
        // SAFETY: items are disjoint parts of the states; `part` checks that they lie inside
        rule.block(unsafe {
            UpdateBlock::new(UpdateArea {
                rows: 1,
                columns,
                gradient: gradient.part(at, columns),
                gradient_row: 0,
                scale: &scale,
                scale_row: 0,
                states: states.part(at, columns),
                state_row: 0,
                count: states.count(),
            })
        });
    });
}

/// Declares optimizers' rules and compiles their loops for every instruction set, where the macro stands.
///
/// ```
/// plywood_kernels::update! {
///     /// Gradient descent with momentum
///     pub Momentum { rate: f64, momentum: f64 } (g; w, v) = {
///         let v = momentum * v + g;
///         [w - rate * v, v]
///     }
/// }
/// # use plywood_kernels::cpu::Step;
/// assert_eq!(Momentum { rate: 0.5, momentum: 0.5 }.at(1.0f32, [3.0, 2.0]), [2.0, 2.0]);
/// ```
///
/// Each becomes a `Copy` struct with [`Update`](crate::cpu::Update) for `f32` and `f64`. The gradient stands before the
/// semicolon, the states after it, the parameter first; the formula is an array of the new states. Fields,
/// literals and functions are as in [`rule!`](crate::rule).
#[macro_export]
macro_rules! update {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident $({ $($(#[$field_meta:meta])* $field:ident: f64),* $(,)? })?
            ($gradient:ident; $($state:ident),+ $(,)?) = $formula:expr
    );* $(;)?) => { $(
        $crate::__rule_struct!($(#[$meta])* $vis $name $({ $($(#[$field_meta])* $field),* })?);
        $crate::__update_impl!(
            $name,
            { <[&::core::primitive::str]>::len(&[$(::core::stringify!($state)),*]) },
            [$($($field)*)?],
            $gradient,
            [$($state),*],
            $formula
        );
    )* };
}

/// The implementations of an optimizer's rule.
#[doc(hidden)]
#[macro_export]
macro_rules! __update_impl {
    ($name:ident, $count:block, $fields:tt, $gradient:ident, $states:tt, $formula:expr) => {
        impl $crate::cpu::StepFormula<$count> for $name {
            $crate::__step_formula!(f32, single, $count, $fields, $gradient, $states, $formula);
            $crate::__step_formula!(f64, double, $count, $fields, $gradient, $states, $formula);
            fn block_single(&self, block: $crate::cpu::UpdateBlock<'_, ::core::primitive::f32>) {
                $crate::cpu::run_update(self, block)
            }
            fn block_double(&self, block: $crate::cpu::UpdateBlock<'_, ::core::primitive::f64>) {
                $crate::cpu::run_update(self, block)
            }
        }
        impl<T: $crate::cpu::Real> $crate::cpu::Step<T, $count> for $name {
            #[inline(always)]
            fn at(&self, gradient: T, states: [T; $count]) -> [T; $count] {
                <T as $crate::cpu::Pick>::step(self, gradient, states)
            }
        }
        impl<T: $crate::cpu::Real> $crate::cpu::Update<T> for $name {
            #[inline]
            fn states(&self) -> ::core::primitive::usize {
                $count
            }
            #[inline]
            fn block(&self, block: $crate::cpu::UpdateBlock<'_, T>) {
                <T as $crate::cpu::Pick>::block(self, block)
            }
        }
    };
}

/// An optimizer's formula as a method for one number.
#[doc(hidden)]
#[macro_export]
macro_rules! __step_formula {
    (
        $real:ident, $method:ident, $count:block, [$($field:ident)*], $gradient:ident, [$($state:ident),*],
        $formula:expr
    ) => {
        #[inline(always)]
        #[allow(unused, clippy::all)]
        fn $method(
            &self,
            $gradient: ::core::primitive::$real,
            [$($state),*]: [::core::primitive::$real; $count],
        ) -> [::core::primitive::$real; $count] {
            use $crate::cpu::math::*;
            $(let $field = self.$field as ::core::primitive::$real;)*
            $formula
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa::each_isa;
    use crate::cpu::{Fused, Gradients, Random, Stored};

    crate::update! {
        Adam { rate: f64, beta1: f64, beta2: f64, epsilon: f64 } (g; w, m, v) = {
            let m = beta1 * m + (1.0 - beta1) * g;
            let v = beta2 * v + (1.0 - beta2) * (g * g);
            [w - rate * m / (sqrt(v) + epsilon), m, v]
        };
        Plain { rate: f64 } (g; w) = [w - rate * g]
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
    fn sums_and_values_as_gradients() {
        let cpu = Cpu::new(2);
        let (len, inner) = (37, 90);
        let x: Vec<f64> = numbers(len * inner, 1).iter().map(|x| *x as f64).collect();
        let mut sums = vec![0.0; inner];
        crate::cpu::sum(&cpu, &mut sums, &x, len, inner, 0.5);
        let before: Vec<f64> = (0..inner + 7).map(|i| i as f64).collect();

        let mut w = before.clone();
        let rule = Plain { rate: 2.0 };
        let mut fused = Fused::new([&mut w[..]], &rule);
        fused.sum(&cpu, 7..7 + inner, &x, len, inner, 0.5);
        fused.store(&cpu, 0..7, &sums[..7]);
        let grads = [&sums[..7], &sums[..]].concat();
        let want: Vec<f64> = before.iter().zip(&grads).map(|(w, g)| w - 2.0 * g).collect();
        assert_eq!(w, want);

        let mut gradient = vec![3.0; inner + 7];
        let mut stored = Stored { parameters: &before, gradient: &mut gradient, accumulate: false };
        stored.sum(&cpu, 7..7 + inner, &x, len, inner, 0.5);
        stored.store(&cpu, 0..7, &sums[..7]);
        stored.accumulate = true;
        stored.store(&cpu, 0..7, &sums[..7]);
        assert_eq!(stored.parameters(), before);
        let twice: Vec<f64> = sums[..7].iter().map(|g| 2.0 * g).collect();
        assert_eq!(gradient, [&twice[..], &sums[..]].concat());
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
