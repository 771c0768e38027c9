//! The numbers that kernels compute with, and the table of kernels that exist for each of them.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::gradients::Place;
use super::map::Operand;
use super::math::Math;
use super::rule::{Pick, Rows};
use super::update::Update;
use super::{Comparison, Cpu, Matrix};
use crate::ops::matmul::cpu::micro::Plans;

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
    + Kernels
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
}

macro_rules! real {
    ($($real:ident, wide: $wide:literal;)*) => { $(
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
        }
    )* };
}
real! {
    f32, wide: true;
    f64, wide: false;
}

/// Declares [`Kernels`]: kernels are written once, generic over [`Real`], and compiled here for both numbers,
/// at this crate's optimisation level, whatever the level of the crate that calls them. Never inlined, for
/// the same reason.
macro_rules! kernels {
    ($(fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $kernel:path;)*) => {
        /// The kernels, compiled. What the public functions of [`crate::cpu`] forward to.
        #[doc(hidden)]
        #[allow(missing_docs, private_interfaces)]
        pub trait Kernels: Sized {
            $(fn $name($($argument: $type),*) $(-> $out)?;)*
        }
        kernels!(@for f32 $(fn $name($($argument: $type),*) $(-> $out)? = $kernel;)*);
        kernels!(@for f64 $(fn $name($($argument: $type),*) $(-> $out)? = $kernel;)*);
    };
    (@for $real:ident $(fn $name:ident($($argument:ident: $type:ty),*) $(-> $out:ty)? = $kernel:path;)*) => {
        impl Kernels for $real {
            $(
                #[inline(never)]
                #[allow(private_interfaces)]
                fn $name($($argument: $type),*) $(-> $out)? {
                    $kernel($($argument),*)
                }
            )*
        }
    };
}
kernels! {
    fn map(cpu: &Cpu, y: &mut [Self], columns: usize, inputs: &[Operand<'_, Self>], rule: &dyn Rows<Self>)
        = super::map::kernel;
    fn update(cpu: &Cpu, states: &mut [&mut [Self]], gradient: &[Self], scale: f64, rule: &dyn Update<Self>)
        = super::update::kernel;
    fn matmul(
        cpu: &Cpu, y: &mut [Self], a: Matrix<'_, Self>, b: Matrix<'_, Self>,
        inputs: &[Operand<'_, Self>], rule: &dyn Rows<Self>,
    ) = crate::ops::matmul::cpu::kernel;
    fn matmul_update(cpu: &Cpu, to: Place<'_, Self>, a: Matrix<'_, Self>, b: Matrix<'_, Self>)
        = crate::ops::matmul::cpu::update_kernel;
    fn sum(cpu: &Cpu, y: &mut [Self], x: &[Self], len: usize, inner: usize, scale: f64)
        = super::reduce::sum_kernel;
    fn sum_update(cpu: &Cpu, to: Place<'_, Self>, x: &[Self], len: usize, inner: usize, scale: f64)
        = super::reduce::sum_update_kernel;
    fn values_update(cpu: &Cpu, to: Place<'_, Self>, values: &[Self])
        = super::update::values_kernel;
    fn store_rule(accumulate: bool) -> &'static dyn Update<Self>
        = super::gradients::store_rule;
    fn sum_of_squares(cpu: &Cpu, x: &[Self]) -> f64
        = super::reduce::sum_of_squares_kernel;
    fn elementwise_loss(
        cpu: &Cpu, d: &mut [Self], y: &[Self], t: &[Self], scale: f64,
        value: &dyn Rows<Self>, slope: &dyn Rows<Self>,
    ) -> f64 = super::reduce::elementwise_loss_kernel;
    fn transpose(cpu: &Cpu, y: &mut [Self], x: &[Self], shape: &[usize], axes: &[usize])
        = super::layout::transpose_kernel;
    fn broadcast(cpu: &Cpu, y: &mut [Self], x: &[Self], from: &[usize], to: &[usize], scale: f64)
        = super::layout::broadcast_kernel;
    fn softmax(cpu: &Cpu, y: &mut [Self], x: &[Self], columns: usize)
        = crate::ops::softmax_cross_entropy::cpu::softmax_kernel;
    fn softmax_cross_entropy(
        cpu: &Cpu, d: &mut [Self], logits: &[Self], targets: &[u32], scale: f64,
    ) -> f64 = crate::ops::softmax_cross_entropy::cpu::kernel;
    fn weighted_cross_entropy(
        cpu: &Cpu, d: &mut [Self], logits: &[Self], compared: &Comparison<'_, Self>, scale: f64,
    ) -> f64 = crate::ops::softmax_cross_entropy::cpu::weighted_kernel;
}
