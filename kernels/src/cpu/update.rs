//! Optimizers' rules: from a gradient and states to new states.

use std::marker::PhantomData;

use super::isa::{Work, go_wide};
use super::real::{Overload, Real};
use super::simd::{LANES, Simd, blocks_are_vectors, read, write};

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
    #[inline(always)]
    fn step<T: Real>(&self, gradient: T, states: [T; S]) -> [T; S] {
        T::call(StepOne(self), (gradient, states))
    }
    #[inline]
    fn step_block<T: Real>(&self, block: UpdateBlock<'_, T>) {
        T::call(StepBlock(self), block)
    }
}

/// [`StepFormula::step`], by [`Real::call`].
struct StepOne<'a, F, const S: usize>(&'a F);
impl<F: StepFormula<S>, const S: usize> Overload for StepOne<'_, F, S> {
    type Input<T: Real> = (T, [T; S]);
    type Output<T: Real> = [T; S];
    #[inline(always)]
    fn single(self, (gradient, states): (f32, [f32; S])) -> [f32; S] {
        self.0.single(gradient, states)
    }
    #[inline(always)]
    fn double(self, (gradient, states): (f64, [f64; S])) -> [f64; S] {
        self.0.double(gradient, states)
    }
}

/// [`StepFormula::step_block`], by [`Real::call`].
struct StepBlock<'a, F, const S: usize>(&'a F);
impl<'a, F: StepFormula<S>, const S: usize> Overload for StepBlock<'a, F, S> {
    type Input<T: Real> = UpdateBlock<'a, T>;
    type Output<T: Real> = ();
    #[inline]
    fn single(self, block: UpdateBlock<'a, f32>) {
        self.0.block_single(block)
    }
    #[inline]
    fn double(self, block: UpdateBlock<'a, f64>) {
        self.0.block_double(block)
    }
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
    if !(T::WIDE && go_wide(Run(rule, &block))) {
        numbers(&block, &|gradient, states| {
            let states = states.first_chunk_mut().expect("as many states as a rule may have");
            *states = rule.step(gradient, *states);
        });
    }
}

/// Number by number, by one loop for all rules, as for a [`rule!`](crate::rule).
#[inline(never)]
fn numbers<T: Real>(block: &UpdateBlock<'_, T>, step: &dyn Fn(T, &mut [T; MAX_STATES])) {
    let mut x = [T::ZERO; MAX_STATES];
    for r in 0..block.rows {
        for c in 0..block.columns {
            // SAFETY: `UpdateBlock::new` was promised that these rows and columns may be read and written.
            unsafe {
                let gradient: T = read(block.gradient.wrapping_add(r * block.gradient_row + c));
                let states =
                    block.states[..block.count].iter().map(|q| q.wrapping_add(r * block.state_row + c));
                x.iter_mut().zip(states.clone()).for_each(|(x, state)| *x = read(state));
                step(gradient * block.scale(r), &mut x);
                x.iter().zip(states).for_each(|(x, state)| write(state, *x));
            }
        }
    }
}

/// By reference: a copy of a block that was written just now waits for that.
struct Run<'a, T, R, const S: usize>(&'a R, &'a UpdateBlock<'a, T>);

impl<T: Real, R: StepFormula<N>, const N: usize> Work for Run<'_, T, R, N> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run(rule, block) = self;
        let (rule, columns) = (*rule, block.columns);
        for r in 0..block.rows {
            if !S::FUSED {
                // sixteen lanes would be sixteen calls for each fused multiply-add
                let at = blocks::<T, R, N, 4>(&rule, block, r, 0);
                blocks::<T, R, N, 1>(&rule, block, r, at);
                continue;
            }
            let at = blocks::<T, R, N, LANES>(&rule, block, r, 0);
            if at < columns {
                let count = columns - at;
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
    let (columns, mut at) = (block.columns, from);
    // SAFETY: `UpdateBlock::new` was promised that these rows and columns may be read and written.
    unsafe {
        let scale = block.scale(r);
        while at + L <= columns {
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
        let x = rule.step(gradient[l] * scale, x);
        for q in 0..S {
            states[q][l] = x[q];
        }
    }
    states
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
                $crate::cpu::StepFormula::<$count>::step(self, gradient, states)
            }
        }
        impl<T: $crate::cpu::Real> $crate::cpu::Update<T> for $name {
            #[inline]
            fn states(&self) -> ::core::primitive::usize {
                $count
            }
            #[inline]
            fn block(&self, block: $crate::cpu::UpdateBlock<'_, T>) {
                $crate::cpu::StepFormula::<$count>::step_block(self, block)
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
