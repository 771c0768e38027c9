//! Scalar formulas, and the loops that apply them to blocks of numbers.

use std::marker::PhantomData;

use super::isa::{Work, go_wide};
use super::real::{Overload, Real};
use super::simd::{LANES, Simd, blocks_are_vectors, read, write};

/// Inputs that a formula may have at most.
pub const MAX_INPUTS: usize = 16;

/// A scalar formula of `N` inputs. Declare one with [`rule!`](crate::rule).
pub trait Map<T, const N: usize>: Rows<T> {
    /// The formula.
    fn at(&self, x: [T; N]) -> T;
}

/// A formula with its loops: what kernels see of a rule, whatever its number of inputs. Implemented by
/// [`rule!`](crate::rule).
pub trait Rows<T>: Sync {
    /// Applies the formula to every element of a block.
    fn rows(&self, block: Block<'_, T>);
}

/// What [`rule!`](crate::rule) writes: a formula for each number, and the loops around it. The methods are not
/// generic, so they are compiled in the crate that declares the rule; `compute` and `fill` call those of `T`.
#[doc(hidden)]
#[allow(missing_docs)]
pub trait Formula<const N: usize>: Copy + Sync {
    fn single(&self, x: [f32; N]) -> f32;
    fn double(&self, x: [f64; N]) -> f64;
    fn rows_single(&self, block: Block<'_, f32>);
    fn rows_double(&self, block: Block<'_, f64>);
    #[inline(always)]
    fn compute<T: Real>(&self, x: [T; N]) -> T {
        T::call(Compute(self), x)
    }
    #[inline]
    fn fill<T: Real>(&self, block: Block<'_, T>) {
        T::call(Fill(self), block)
    }
}

/// [`Formula::compute`], by [`Real::call`].
struct Compute<'a, F, const N: usize>(&'a F);
impl<F: Formula<N>, const N: usize> Overload for Compute<'_, F, N> {
    type Input<T: Real> = [T; N];
    type Output<T: Real> = T;
    #[inline(always)]
    fn single(self, x: [f32; N]) -> f32 {
        self.0.single(x)
    }
    #[inline(always)]
    fn double(self, x: [f64; N]) -> f64 {
        self.0.double(x)
    }
}

/// [`Formula::fill`], by [`Real::call`].
struct Fill<'a, F, const N: usize>(&'a F);
impl<'a, F: Formula<N>, const N: usize> Overload for Fill<'a, F, N> {
    type Input<T: Real> = Block<'a, T>;
    type Output<T: Real> = ();
    #[inline]
    fn single(self, block: Block<'a, f32>) {
        self.0.rows_single(block)
    }
    #[inline]
    fn double(self, block: Block<'a, f64>) {
        self.0.rows_double(block)
    }
}

/// Where one input of a formula is read for a block of rows: row `r` starts at `base + r * row`.
#[derive(Debug)]
pub(crate) struct Source<T> {
    pub base: *const T,
    pub row: usize,
    /// All bits set where a row goes on from lane to lane; 0 where the same [`LANES`] numbers at the row's
    /// start serve every block of lanes. A mask and not a flag, so that loops do not branch on it.
    pub advance: usize,
}
impl<T> Clone for Source<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Source<T> {}
impl<T> Source<T> {
    pub const ADVANCE: usize = usize::MAX;
    pub const EMPTY: Self = Source { base: std::ptr::null(), row: 0, advance: 0 };

    /// Where column `c` of row `r` is read.
    pub fn number(self, r: usize, c: usize) -> *const T {
        // of lanes that serve every block one of the first is that of the column
        let c = if self.advance == 0 { c % LANES } else { c };
        self.base.wrapping_add(r * self.row + c)
    }
    /// Where column `c` of the first row is read.
    #[inline(always)]
    fn at(self, c: usize) -> *const T {
        self.base.wrapping_add(c & self.advance)
    }
}

/// A block of rows for a formula to fill. Only kernels make them.
#[derive(Debug)]
pub struct Block<'a, T> {
    rows: usize,
    columns: usize,
    y: *mut T,
    y_row: usize,
    inputs: &'a [Source<T>],
    _output: PhantomData<&'a mut [T]>,
}

impl<'a, T> Block<'a, T> {
    /// Rows of `columns` numbers, the first at `y`, each `y_row` after the last.
    ///
    /// # Safety
    /// As long as the block lives, nobody else touches these elements of `y`, and every input is valid for
    /// reads of the same rows and columns (of [`LANES`] numbers at every row if it does not advance). An input that
    /// advances may be `y` itself, with the same rows: a formula is given all its numbers before its result is
    /// written, and no element is computed twice. Else inputs lie apart from `y`.
    pub(crate) unsafe fn new(
        rows: usize,
        columns: usize,
        y: *mut T,
        y_row: usize,
        inputs: &'a [Source<T>],
    ) -> Self {
        Block { rows, columns, y, y_row, inputs, _output: PhantomData }
    }
    /// Rows and columns.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }
    pub(super) fn inputs(&self) -> &'a [Source<T>] {
        self.inputs
    }
    /// Where column `c` of row `r` is written.
    pub(super) fn output(&self, r: usize, c: usize) -> *mut T {
        self.y.wrapping_add(r * self.y_row + c)
    }
    /// Row `r`: its output and its inputs. A copy, which loops may keep in registers.
    #[inline(always)]
    fn row<const N: usize>(&self, r: usize) -> (*mut T, [Source<T>; N]) {
        let mut inputs = [Source::EMPTY; N];
        for q in 0..N {
            let Source { base, row, advance } = self.inputs[q];
            inputs[q] = Source { base: base.wrapping_add(r * row), row, advance };
        }
        (self.y.wrapping_add(r * self.y_row), inputs)
    }
}

/// The loops of a rule, compiled for each instruction set where this is instantiated: in the crate that
/// declares the rule, by the non-generic methods that [`rule!`](crate::rule) writes.
#[doc(hidden)]
#[inline]
pub fn run<T: Real, R: Formula<N>, const N: usize>(rule: &R, block: Block<'_, T>) {
    assert!(block.inputs.len() == N, "a rule of {N} inputs was given {}", block.inputs.len());
    const { assert!(N <= MAX_INPUTS) };
    if !(T::WIDE && go_wide(Run(rule, &block))) {
        numbers(&block, &|x| rule.compute(*x.first_chunk().expect("as many inputs as a formula may have")));
    }
}

/// Number by number, by one loop for all rules: what is not [`Real::WIDE`] is not worth compiling one for, nor are machines
/// without vectors to speak of.
#[inline(never)]
fn numbers<T: Real>(block: &Block<'_, T>, formula: &dyn Fn(&[T; MAX_INPUTS]) -> T) {
    let mut x = [T::ZERO; MAX_INPUTS];
    for r in 0..block.rows {
        for c in 0..block.columns {
            // SAFETY: `Block::new` was promised that these rows and columns may be read and written.
            unsafe {
                for (x, input) in x.iter_mut().zip(block.inputs) {
                    *x = read(input.number(r, c));
                }
                write(block.output(r, c), formula(&x));
            }
        }
    }
}

/// By reference: a copy of a block that was written just now waits for that.
struct Run<'a, T, R, const N: usize>(&'a R, &'a Block<'a, T>);

impl<T: Real, R: Formula<N>, const N: usize> Work for Run<'_, T, R, N> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Run(rule, block) = self;
        let (rule, columns) = (*rule, block.columns);
        for r in 0..block.rows {
            if !S::FUSED {
                let at = blocks::<T, R, N, 4>(&rule, block, r, 0);
                blocks::<T, R, N, 1>(&rule, block, r, at);
                continue;
            }
            let at = blocks::<T, R, N, LANES>(&rule, block, r, 0);
            if at < columns {
                let count = columns - at;
                let (y, inputs) = block.row::<N>(r);
                let mut x = [[T::ZERO; LANES]; N];
                // SAFETY: `Block::new` was promised that these rows and columns may be read and written.
                unsafe {
                    for q in 0..N {
                        x[q] = S::load_part(inputs[q].at(at), count);
                    }
                    S::store_part(y.wrapping_add(at), count, lanes(&rule, x));
                }
            }
        }
    }
}

/// Row `r` from a column on in blocks of `L` numbers, up to the column where none fits any more.
#[inline(always)]
fn blocks<T: Real, R: Formula<N>, const N: usize, const L: usize>(
    rule: &R,
    block: &Block<'_, T>,
    r: usize,
    from: usize,
) -> usize {
    let (y, inputs) = block.row::<N>(r);
    let (columns, mut at) = (block.columns, from);
    while at + L <= columns {
        blocks_are_vectors();
        let mut x = [[T::ZERO; L]; N];
        // SAFETY: `Block::new` was promised that these rows and columns may be read and written.
        unsafe {
            for q in 0..N {
                x[q] = read(inputs[q].at(at));
            }
            write(y.wrapping_add(at), lanes(rule, x));
        }
        at += L;
    }
    at
}

#[inline(always)]
fn lanes<T: Real, R: Formula<N>, const N: usize, const L: usize>(rule: &R, x: [[T; L]; N]) -> [T; L] {
    let mut y = [T::ZERO; L];
    for l in 0..L {
        let mut inputs = [T::ZERO; N];
        for q in 0..N {
            inputs[q] = x[q][l];
        }
        y[l] = rule.compute(inputs);
    }
    y
}

crate::rule! {
    /// `x`: a product that is only a product has `Identity` of its [`Operand::Sums`](super::Operand::Sums).
    pub Identity(x) = x
}

/// Declares scalar formulas and compiles their loops for every instruction set, where the macro stands.
///
/// ```
/// plywood_kernels::rule! {
///     /// `max(x + b, 0)`
///     pub BiasRelu(x, b) = max(x + b, 0.0);
///
///     /// `x` above 0, `slope x` below
///     pub Leaky { slope: f64 } (x) = select(gt(x, 0.0), x, slope * x);
///
///     /// `s sigmoid(s)` where `s = x + b`
///     BiasSilu(x, b) = { let s = x + b; s * sigmoid(s) }
/// }
/// # use plywood_kernels::cpu::Map;
/// assert_eq!(BiasRelu.at([1.0f32, -3.0]), 0.0);
/// assert_eq!(Leaky { slope: 0.5 }.at([-3.0f64]), -1.5);
/// # BiasSilu.at([1.0f32, 2.0]);
/// ```
///
/// Each becomes a `Copy` struct with [`Map`](crate::cpu::Map) for `f32` and `f64`. A formula is an expression, or a block
/// with `let`s, over its inputs, its fields (`f64` in the struct, the formula's type inside), unsuffixed
/// literals, and the functions of `cpu::math`, which are in scope and which `plywood` shows as `ops::math`.
#[macro_export]
macro_rules! rule {
    ($($rules:tt)*) => {
        $crate::__rules!(loops { $($rules)* });
    };
}

/// As [`rule!`](crate::rule), for crates that may be compiled without optimisation, whose loops would take a hundred times as
/// long: where debug assertions are on, formulas in `f32` are computed [by chunks](crate::cpu::chunk), to the same bits. What
/// it declares, and of what, is the same.
///
/// ```
/// plywood_kernels::user_rule! {
///     /// `max(x + b, 0)`
///     pub BiasRelu(x, b) = max(x + b, 0.0);
///
///     /// `x` above 0, `slope x` below
///     pub Leaky { slope: f64 } (x) = select(gt(x, 0.0), x, slope * x);
/// }
/// # use plywood_kernels::cpu::Map;
/// assert_eq!(BiasRelu.at([1.0f32, -3.0]), 0.0);
/// assert_eq!(Leaky { slope: 0.5 }.at([-3.0f64]), -1.5);
/// ```
#[macro_export]
macro_rules! user_rule {
    ($($rules:tt)*) => {
        $crate::__rules!(users { $($rules)* });
    };
}

/// Rules whose `f32` is computed in `loops`, in `chunks`, or as suits a crate of `users`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rules {
    ($how:ident { $(
        $(#[$meta:meta])*
        $vis:vis $name:ident $({ $($(#[$field_meta:meta])* $field:ident: f64),* $(,)? })?
            ($($x:ident),* $(,)?) = $formula:expr
    );* $(;)? }) => { $(
        $crate::__rule_struct!($(#[$meta])* $vis $name $({ $($(#[$field_meta])* $field),* })?);
        $crate::__rule_impl!(
            $how,
            $name,
            { <[&::core::primitive::str]>::len(&[$(::core::stringify!($x)),*]) },
            [$($($field)*)?],
            [$($x),*],
            $formula
        );
    )* };
}

/// The struct of a rule: a unit struct if it has no fields.
#[doc(hidden)]
#[macro_export]
macro_rules! __rule_struct {
    ($(#[$meta:meta])* $vis:vis $name:ident) => {
        $(#[$meta])*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        $vis struct $name;
    };
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$field_meta:meta])* $field:ident),* }) => {
        $(#[$meta])*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[allow(missing_docs)]
        $vis struct $name { $($(#[$field_meta])* pub $field: ::core::primitive::f64),* }
    };
}

/// The implementations of a rule.
#[doc(hidden)]
#[macro_export]
macro_rules! __rule_impl {
    (users, $($rule:tt)*) => {
        #[cfg(not(debug_assertions))]
        $crate::__rule_impl!(loops, $($rule)*);
        #[cfg(debug_assertions)]
        $crate::__rule_impl!(chunks, $($rule)*);
    };
    ($how:ident, $name:ident, $count:block, $fields:tt, $arguments:tt, $formula:expr) => {
        impl $crate::cpu::Formula<$count> for $name {
            $crate::__formula!(f32, single, $count, $fields, $arguments, $formula);
            $crate::__formula!(f64, double, $count, $fields, $arguments, $formula);
            $crate::__rows_single!($how, $count, $fields, $arguments, $formula);
            fn rows_double(&self, block: $crate::cpu::Block<'_, ::core::primitive::f64>) {
                $crate::cpu::run_rule(self, block)
            }
        }
        impl<T: $crate::cpu::Real> $crate::cpu::Map<T, $count> for $name {
            #[inline(always)]
            fn at(&self, x: [T; $count]) -> T {
                $crate::cpu::Formula::<$count>::compute(self, x)
            }
        }
        impl<T: $crate::cpu::Real> $crate::cpu::Rows<T> for $name {
            #[inline]
            fn rows(&self, block: $crate::cpu::Block<'_, T>) {
                $crate::cpu::Formula::<$count>::fill(self, block)
            }
        }
    };
}

/// The loops of a rule for `f32`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rows_single {
    (loops, $($formula:tt)*) => {
        fn rows_single(&self, block: $crate::cpu::Block<'_, ::core::primitive::f32>) {
            $crate::cpu::run_rule(self, block)
        }
    };
    (chunks, $count:block, [$($field:ident)*], [$($x:ident),*], $formula:expr) => {
        #[allow(unused, clippy::all)]
        fn rows_single(&self, block: $crate::cpu::Block<'_, ::core::primitive::f32>) {
            use $crate::cpu::chunk::*;
            $(let $field = self.$field as ::core::primitive::f32;)*
            $crate::cpu::chunk::run(block, &|x| {
                let x: &[Chunk; $count] =
                    ::core::convert::TryFrom::try_from(x).expect("as many inputs as the formula has");
                let [$($x),*] = *x;
                ::core::convert::From::from($formula)
            });
        }
    };
}

/// A formula as a method for one number.
#[doc(hidden)]
#[macro_export]
macro_rules! __formula {
    ($real:ident, $method:ident, $count:block, [$($field:ident)*], [$($x:ident),*], $formula:expr) => {
        #[inline(always)]
        #[allow(unused, clippy::all)]
        fn $method(
            &self,
            [$($x),*]: [::core::primitive::$real; $count],
        ) -> ::core::primitive::$real {
            use $crate::cpu::math::*;
            $(let $field = self.$field as ::core::primitive::$real;)*
            $formula
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::cpu::Map;

    crate::rule! {
        /// `max(x + b, 0)`
        pub BiasRelu(x, b) = max(x + b, 0.0);
        Leaky { slope: f64 } (x) = select(gt(x, 0.0), x, slope * x);
        BiasSilu(x, b) = { let s = x + b; s * sigmoid(s) };
        Constant() = 0.25
    }

    #[test]
    fn formulas_in_both_numbers() {
        assert_eq!(BiasRelu.at([1.0f32, 2.0]), 3.0);
        assert_eq!(BiasRelu.at([1.0f64, -2.0]), 0.0);
        assert_eq!(Leaky { slope: 0.1 }.at([-2.0f64]), -0.2);
        assert_eq!(Leaky { slope: 0.1 }.at([-2.0f32]), -0.2);
        assert!((BiasSilu.at([1.0f64, 1.0]) - 2.0 / (1.0 + (-2.0f64).exp())).abs() < 1e-15);
        assert_eq!(Map::<f32, 0>::at(&Constant, []), 0.25);
    }

    #[test]
    fn rules_of_generic_code() {
        fn apply<T: crate::cpu::Real>(rule: &dyn Map<T, 2>) -> f64 {
            rule.at([T::ONE, T::ONE]).to_f64()
        }
        fn both<T: crate::cpu::Real>() -> f64 {
            apply::<T>(&BiasRelu)
        }
        assert_eq!((both::<f32>(), both::<f64>()), (2.0, 2.0));
    }
}
