//! Elementary functions, the words that formulas of [`rule!`](crate::rule) and [`update!`](crate::update) are
//! written in.
//!
//! For `f32` they are branch-free sequences of adds, multiplies, fused multiplies, selects and bit moves
//! (`math/single.rs`): a loop over any of them vectorises at any width, and no lane's result depends on the
//! width or on its position. For `f64` they are the standard library's.

pub(super) mod single;
#[cfg(test)]
mod tests;

/// A number with elementary functions. Use the functions of this module.
#[doc(hidden)]
#[allow(missing_docs)]
pub trait Math: Copy + PartialOrd {
    /// how conditions are written
    const FALSE: Self;
    const TRUE: Self;
    fn abs(self) -> Self;
    fn cos(self) -> Self;
    fn erf(self) -> Self;
    fn exp(self) -> Self;
    fn exp_nonpositive(self) -> Self;
    fn expm1(self) -> Self;
    fn floor(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn fma(self, b: Self, c: Self) -> Self;
    fn powf(self, y: Self) -> Self;
    fn recip(self) -> Self;
    fn sigmoid(self) -> Self;
    fn sin(self) -> Self;
    fn softplus(self) -> Self;
    fn sqrt(self) -> Self;
    fn tanh(self) -> Self;
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($x:ident $(, $more:ident)*);)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<T: Math>($x: T $(, $more: T)*) -> T {
            Math::$name($x $(, $more)*)
        }
    )* };
}
functions! {
    /// |x|
    abs(x);
    /// cos x, within 2 ulp up to |x| = 10⁶; far beyond, meaningless.
    cos(x);
    /// The error function, within 1 ulp.
    erf(x);
    /// eˣ, within 1 ulp over the whole range, denormals included.
    exp(x);
    /// eˣ for x ≤ 0, within 1 ulp; results below 2⁻¹²⁶ are 0.
    exp_nonpositive(x);
    /// eˣ − 1, without cancellation near 0, within 2.5 ulp.
    expm1(x);
    /// The largest integer that is at most x.
    floor(x);
    /// Natural logarithm, within 1 ulp; −∞ at 0, NaN below.
    ln(x);
    /// ln(1 + x), without cancellation near 0, within 2.5 ulp.
    ln_1p(x);
    /// a · b + c, rounded once.
    fma(a, b, c);
    /// xʸ, within 1 ulp; NaN for negative x unless y is an integer.
    powf(x, y);
    /// 1 / x
    recip(x);
    /// 1 / (1 + e⁻ˣ), within 2.5 ulp; 0 below −88.
    sigmoid(x);
    /// sin x; precision as for [`cos`].
    sin(x);
    /// ln(1 + eˣ), within 3 ulp.
    softplus(x);
    /// Square root, correctly rounded.
    sqrt(x);
    /// Hyperbolic tangent, within 2.5 ulp.
    tanh(x);
}

/// The larger of the two. NaN if `a` is NaN; `a` if `b` is NaN.
#[inline(always)]
pub fn max<T: Math>(a: T, b: T) -> T {
    // one instruction, where `f32::max` has another rule for NaN and costs three
    if b > a { b } else { a }
}
/// The smaller of the two. NaN if `a` is NaN; `a` if `b` is NaN.
#[inline(always)]
pub fn min<T: Math>(a: T, b: T) -> T {
    if b < a { b } else { a }
}
/// `a` where the condition `c` is not 0, else `b`.
#[inline(always)]
pub fn select<T: Math>(c: T, a: T, b: T) -> T {
    if c != T::FALSE { a } else { b }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $operator:tt;)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<T: Math>(a: T, b: T) -> T {
            if a $operator b { T::TRUE } else { T::FALSE }
        }
    )* };
}
comparisons! {
    /// 1 where a > b, else 0.
    gt >;
    /// 1 where a ≥ b, else 0.
    ge >=;
    /// 1 where a < b, else 0.
    lt <;
    /// 1 where a ≤ b, else 0.
    le <=;
    /// 1 where a = b, else 0.
    eq ==;
    /// 1 where a ≠ b, else 0.
    ne !=;
}

/// −1, 0 or 1; 0 for NaN.
#[inline(always)]
pub fn sign<T: Math + std::ops::Sub<Output = T>>(x: T) -> T {
    gt(x, T::FALSE) - lt(x, T::FALSE)
}

impl Math for f64 {
    const FALSE: Self = 0.0;
    const TRUE: Self = 1.0;
    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        f64::cos(self)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        libm::erf(self)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        f64::exp(self)
    }
    #[inline(always)]
    fn exp_nonpositive(self) -> Self {
        f64::exp(self)
    }
    #[inline(always)]
    fn expm1(self) -> Self {
        f64::exp_m1(self)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        f64::floor(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        f64::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        f64::ln_1p(self)
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        f64::mul_add(self, b, c)
    }
    #[inline(always)]
    fn powf(self, y: Self) -> Self {
        f64::powf(self, y)
    }
    #[inline(always)]
    fn recip(self) -> Self {
        1.0 / self
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + f64::exp(-self))
    }
    #[inline(always)]
    fn sin(self) -> Self {
        f64::sin(self)
    }
    #[inline(always)]
    fn softplus(self) -> Self {
        max(self, 0.0) + f64::ln_1p(f64::exp(-f64::abs(self)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        f64::tanh(self)
    }
}
