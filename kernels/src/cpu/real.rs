//! The numbers that kernels compute with.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::kernel::Signature;
use super::math::Math;
use super::rule::Pick;
use crate::cpu::product::micro::Plans;

/// `f32`, the number of training and predicting, or `f64`, the number of gradient checks: same kernels,
/// portable code. Sealed.
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
    + Pick
    + Plans
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
    /// That of two compiled kernels which computes with this type.
    #[doc(hidden)]
    fn choose<S: Signature>(single: S::Of<f32>, double: S::Of<f64>) -> S::Of<Self>;
}

macro_rules! real {
    ($($real:ident, wide: $wide:literal, $single:ident, $double:ident => $chosen:ident;)*) => { $(
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
            fn choose<S: Signature>($single: S::Of<f32>, $double: S::Of<f64>) -> S::Of<Self> {
                $chosen
            }
        }
    )* };
}
real! {
    f32, wide: true, single, _double => single;
    f64, wide: false, _single, double => double;
}
