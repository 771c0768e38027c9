//! How a kernel is compiled: written once, generic over [`Real`](super::Real), and compiled in this crate for both
//! numbers, at this crate's optimisation level, whatever the level of the crate that calls it.

use super::real::{Overload, Real};

/// The type of a kernel's pointer, for every number.
#[doc(hidden)]
pub trait Signature {
    /// For `T`.
    type Of<T: Real>;
}

/// That of two compiled kernels which computes with `T`.
#[inline(always)]
pub fn choose<T: Real, S: Signature>(single: S::Of<f32>, double: S::Of<f64>) -> S::Of<T> {
    T::call(Compiled::<S> { single, double }, ())
}
struct Compiled<S: Signature> {
    single: S::Of<f32>,
    double: S::Of<f64>,
}
impl<S: Signature> Overload for Compiled<S> {
    type Input<T: Real> = ();
    type Output<T: Real> = S::Of<T>;
    #[inline(always)]
    fn single(self, (): ()) -> S::Of<f32> {
        self.single
    }
    #[inline(always)]
    fn double(self, (): ()) -> S::Of<f64> {
        self.double
    }
}

/// Declares functions that forward to kernels: `pub fn sum<T>(cpu: &Cpu, y: &mut [T], x: &[T]) = sum_kernel;`
///
/// What is generic is compiled in the crate that calls it, perhaps without optimisation. So the functions declared
/// here only choose between two that are not generic and never inlined, and those are compiled where they stand.
macro_rules! kernel {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$T:ident>($($argument:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $kernel:path;
    )*) => {$(
        $(#[$attribute])*
        #[inline]
        $visibility fn $name<$T: $crate::cpu::Real>($($argument: $type),*) $(-> $out)? {
            struct Pointer;
            impl $crate::cpu::kernel::Signature for Pointer {
                type Of<$T: $crate::cpu::Real> = fn($($type),*) $(-> $out)?;
            }
            let single = {
                type $T = f32;
                #[inline(never)]
                fn single($($argument: $type),*) $(-> $out)? {
                    $kernel($($argument),*)
                }
                single
            };
            let double = {
                type $T = f64;
                #[inline(never)]
                fn double($($argument: $type),*) $(-> $out)? {
                    $kernel($($argument),*)
                }
                double
            };
            $crate::cpu::kernel::choose::<$T, Pointer>(single, double)($($argument),*)
        }
    )*};
}
pub(crate) use kernel;
