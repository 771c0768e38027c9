//! The numbers that kernels compute with.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::math::Math;

/// `f32`, the number of training and predicting, or `f64`, the number of gradient checks: same kernels,
/// portable code. Sealed, because unsafe code relies on there being no other.
pub trait Real:
    Copy
    + Default
    + PartialEq
    + PartialOrd
    + Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Math
    + Sealed
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// Whether elementwise code is worth compiling once per instruction set.
    #[doc(hidden)]
    const WIDE: bool;
    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// The same number in `f64`.
    fn to_f64(self) -> f64;
    /// `self * b + c`, rounded once.
    #[doc(hidden)]
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Calls that body of `function` which computes with this type.
    #[doc(hidden)]
    fn call<F: Overload>(function: F, input: F::Input<Self>) -> F::Output<Self>;
}

/// A function with a body for each number: what knows a number only as [`Real`] calls it by [`Real::call`].
#[doc(hidden)]
pub trait Overload {
    /// What it takes.
    type Input<T: Real>;
    /// What it returns.
    type Output<T: Real>;
    /// Its body for `f32`.
    fn single(self, input: Self::Input<f32>) -> Self::Output<f32>;
    /// Its body for `f64`.
    fn double(self, input: Self::Input<f64>) -> Self::Output<f64>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
use sealed::Sealed;

macro_rules! real {
    ($($real:ident, wide: $wide:literal, $body:ident;)*) => { $(
        impl Real for $real {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const WIDE: bool = $wide;
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $real
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $real::mul_add(self, b, c)
            }
            #[inline(always)]
            fn call<F: Overload>(function: F, input: F::Input<Self>) -> F::Output<Self> {
                function.$body(input)
            }
        }
    )* };
}
real! {
    f32, wide: true, single;
    f64, wide: false, double;
}
