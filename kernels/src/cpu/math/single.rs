//! Elementary functions of `f32`. Coefficients are least-squares fits, reweighted towards the least maximum of
//! the relative error, rounded to `f32`; bounds are stated at the functions of the parent module and tested.

use std::f32::consts::LOG2_E;
use std::f64::consts;

use super::{Math, max, min};

/// ln 2 in two parts; the first has nine bits, so that small integers times it are exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits of the mantissa.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}
/// `coefficients[0] + x coefficients[1] + …`
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    let mut n = N - 1;
    while n > 0 {
        n -= 1;
        sum = fma(x, sum, coefficients[n]);
    }
    sum
}
#[inline(always)]
fn polynomial64<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    let mut n = N - 1;
    while n > 0 {
        n -= 1;
        sum = x.mul_add(sum, coefficients[n]);
    }
    sum
}
/// 2ᵏ for k of normal numbers
#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) << 23) as u32)
}
#[inline(always)]
fn with_sign_of(magnitude: f32, sign: f32) -> f32 {
    f32::from_bits((magnitude.to_bits() & 0x7fff_ffff) | (sign.to_bits() & 0x8000_0000))
}

/// x = k ln 2 + r with |r| ≤ ln 2 / 2
#[inline(always)]
fn reduce(x: f32) -> (f32, i32) {
    let shifted = fma(x, LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
    // `as i32` would cost instructions for its saturation
    (r, (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32))
}
/// eʳ − 1 for a reduced r
#[inline(always)]
fn expm1_reduced(r: f32) -> f32 {
    let q = polynomial(r, [0.5, 0.166_666_67, 4.166_627e-2, 8.333_266e-3, 1.394_608_6e-3, 1.991_783_2e-4]);
    fma(r * r, q, r)
}
/// ln(1 + f) for 1 + f in [√½, √2), as (leading, correction)
#[inline(always)]
fn ln_reduced(f: f32) -> f32 {
    polynomial(
        f,
        [
            0.333_333_13,
            -0.250_000_1,
            0.200_021_24,
            -0.166_680_05,
            0.142_194_51,
            -0.124_053_43,
            0.118_887_09,
            -0.116_775_05,
            0.067_476_92,
        ],
    )
}
/// The bits of √½: what exponents are split off from, so that mantissas are in [√½, √2).
const SQRT_HALF: i32 = 0x3f35_04f3;

/// ln(1 + u) for u in [0, 1]
#[inline(always)]
fn ln_1p_unit(u: f32) -> f32 {
    let z = u / (2.0 + u);
    let s = z * z;
    let q = polynomial(s, [0.333_333_37, 0.199_994_39, 0.143_084_42, 0.107_138_28, 0.121_504_69]);
    let twice = z + z;
    fma(twice * s, q, twice)
}

/// r in [−π/4, π/4] and the quadrant of x = quadrant · π/2 + r
#[inline(always)]
fn reduce_angle(x: f32) -> (f32, i32) {
    const ROUND64: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
    let x = x as f64;
    let shifted = x.mul_add(consts::FRAC_2_PI, ROUND64);
    let n = shifted - ROUND64;
    let r = n.mul_add(-6.123_233_995_736_766e-17, n.mul_add(-consts::FRAC_PI_2, x));
    // keeps NaN, and what lies beyond the range of the reduction, from growing
    let r = if r > 0.8 { 0.8 } else { r };
    let r = if r < -0.8 { -0.8 } else { r };
    (r as f32, shifted.to_bits() as i32)
}
/// cos and sin of `word` / 2³² turns.
#[inline(always)]
pub(in crate::cpu) fn turn(word: u32) -> (f32, f32) {
    // the nearest quadrant, and what is left as a signed number of 2⁻³² turns
    let quadrant = word.wrapping_add(1 << 29) >> 30;
    let left = word.wrapping_sub(quadrant << 30) as i32;
    let r = left as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    (sin_quadrant(r, quadrant.wrapping_add(1) as i32), sin_quadrant(r, quadrant as i32))
}
/// sin(quadrant · π/2 + r)
#[inline(always)]
fn sin_quadrant(r: f32, quadrant: i32) -> f32 {
    let s = r * r;
    let sin = polynomial(s, [-0.166_666_55, 8.332_161e-3, -1.951_529_6e-4]);
    let sin = fma(r * s, sin, r);
    let cos = polynomial(s, [4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5]);
    let cos = fma(s * s, cos, fma(s, -0.5, 1.0));
    let value = if quadrant & 1 == 0 { sin } else { cos };
    f32::from_bits(value.to_bits() ^ ((quadrant as u32 & 2) << 30))
}

impl Math for f32 {
    const FALSE: Self = 0.0;
    const TRUE: Self = 1.0;

    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }

    #[inline(always)]
    fn cos(self) -> f32 {
        let (r, quadrant) = reduce_angle(self);
        sin_quadrant(r, quadrant.wrapping_add(1))
    }

    #[inline(always)]
    fn sin(self) -> f32 {
        let (r, quadrant) = reduce_angle(self);
        sin_quadrant(r, quadrant)
    }

    #[inline(always)]
    fn exp(self) -> f32 {
        let (r, k) = reduce(max(min(self, 89.0), -105.0));
        let p = 1.0 + expm1_reduced(r);
        // two factors, so that 2^128 and denormals come out right
        let half = k >> 1;
        p * power_of_two(half) * power_of_two(k.wrapping_sub(half))
    }

    #[inline(always)]
    fn exp_nonpositive(self) -> f32 {
        let (r, k) = reduce(max(self, -87.336_54));
        // adding k to the bits of the exponent would be cheaper, and would lose NaN
        let y = (1.0 + expm1_reduced(r)) * power_of_two(k);
        // of what would be denormal nothing is left, so that e^-∞ is 0
        if self < -87.336_54 { 0.0 } else { y }
    }

    #[inline(always)]
    fn expm1(self) -> f32 {
        let (r, k) = reduce(max(min(self, 89.0), -20.0));
        let p = expm1_reduced(r);
        let half = k >> 1;
        let (a, b) = (power_of_two(half), power_of_two(k.wrapping_sub(half)));
        // a b (1 + p) - 1 with the 1 inside, so that only the result can overflow
        a * fma(b, p, b - power_of_two(half.wrapping_neg()))
    }

    #[inline(always)]
    fn ln(self) -> f32 {
        let x = self;
        let denormal = x < f32::MIN_POSITIVE;
        let scaled = if denormal { x * 8_388_608.0 } else { x };
        let shift = if denormal { -23 } else { 0 };
        let bits = (scaled.to_bits() as i32).wrapping_sub(SQRT_HALF);
        let n = (bits >> 23).wrapping_add(shift) as f32;
        let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF) as u32) - 1.0;
        let square = f * f;
        let q = fma(f * square, ln_reduced(f), n * LN2_LOW);
        let y = fma(n, LN2_HIGH, fma(square, -0.5, q) + f);
        let y = if x < f32::INFINITY { y } else { x };
        let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
        if x < 0.0 { f32::NAN } else { y }
    }

    #[inline(always)]
    fn ln_1p(self) -> f32 {
        // ln(u) where u = 1 + x was rounded, put right by what the rounding lost
        let x = self;
        let u = 1.0 + x;
        let lost = x - (u - 1.0);
        let y = Math::ln(u) + lost / u;
        let y = if x.abs() < 1e-4 { fma(x * x, fma(x, 0.333_333_34, -0.5), x) } else { y };
        // at both ends the correction is NaN
        let y = if u == f32::INFINITY { u } else { y };
        if u == 0.0 { f32::NEG_INFINITY } else { y }
    }

    #[inline(always)]
    fn fma(self, b: f32, c: f32) -> f32 {
        fma(self, b, c)
    }

    #[inline(always)]
    fn floor(self) -> f32 {
        f32::floor(self)
    }

    /// exp(y ln |x|) in `f64`, where the product's error stays far below an ulp of `f32`.
    #[inline(always)]
    fn powf(self, y: f32) -> f32 {
        let x = self;
        let magnitude = x.abs() as f64; // normal in f64, even where x is denormal
        let bits = (magnitude.to_bits() as i64).wrapping_sub(0x3fe6_a09e_667f_3bcd);
        // an arithmetic shift of 64 bits needs AVX-512; the exponent fits in the upper half
        let n = ((bits >> 32) as i32 >> 20) as f64;
        let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_667f_3bcd) as u64);
        let z = (m - 1.0) / (m + 1.0);
        let s = z * z;
        let atanh = polynomial64(
            s,
            [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0],
        );
        let ln = n.mul_add(consts::LN_2, 2.0 * z * atanh);
        let ln = if magnitude == 0.0 { -1e300 } else { ln };
        let ln = if magnitude < f64::INFINITY { ln } else { magnitude }; // infinity and NaN
        let exponent = if magnitude == 1.0 { 0.0 } else { ln * y as f64 };
        let exponent = if exponent > 90.0 { 90.0 } else { exponent };
        let exponent = if exponent < -110.0 { -110.0 } else { exponent };
        const ROUND64: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
        let shifted = exponent.mul_add(consts::LOG2_E, ROUND64);
        let k = shifted - ROUND64;
        let r = k.mul_add(-consts::LN_2, exponent);
        let p = polynomial64(
            r,
            [
                1.0,
                1.0,
                1.0 / 2.0,
                1.0 / 6.0,
                1.0 / 24.0,
                1.0 / 120.0,
                1.0 / 720.0,
                1.0 / 5040.0,
                1.0 / 40320.0,
                1.0 / 362880.0,
            ],
        );
        let scale = f64::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
        let power = (p * scale) as f32;
        let integer = f32::floor(y) == y;
        let odd = f32::floor(0.5 * y) != 0.5 * y;
        let signed = if odd { -power } else { power };
        let signed = if integer || magnitude == f64::INFINITY { signed } else { f32::NAN };
        let power = if x < 0.0 { signed } else { power };
        // Nothing else may decide these two, NaN included.
        if x == 1.0 || y == 0.0 { 1.0 } else { power }
    }

    #[inline(always)]
    fn recip(self) -> f32 {
        1.0 / self
    }

    #[inline(always)]
    fn sigmoid(self) -> f32 {
        1.0 / (1.0 + Math::exp(-self))
    }

    #[inline(always)]
    fn softplus(self) -> f32 {
        max(self, 0.0) + ln_1p_unit(Math::exp(-f32::abs(self)))
    }

    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }

    #[inline(always)]
    fn tanh(self) -> f32 {
        let magnitude = min(f32::abs(self), 10.0);
        let e = Math::expm1(magnitude + magnitude);
        with_sign_of(e / (e + 2.0), self)
    }

    #[inline(always)]
    fn erf(self) -> f32 {
        let x = self;
        let s = x * x;
        // |x| ≤ 15/16: x + x P(x²)
        let p = polynomial(
            s,
            [
                0.128_379_17,
                -0.376_126_32,
                0.112_836_79,
                -2.685_85e-2,
                5.198_83e-3,
                -8.118_075e-4,
                8.267_459e-5,
            ],
        );
        let small = fma(x, p, x);
        // above: 1 − exp(−(t + t Q(t)))
        let t = min(f32::abs(x), 4.0);
        let q = polynomial(
            t,
            [
                0.128_661_44,
                0.635_098_6,
                0.106_324_35,
                -2.383_761_9e-2,
                3.678_277_4e-3,
                -3.316_35e-4,
                1.211_560_6e-5,
            ],
        );
        let large = 1.0 - Math::exp_nonpositive(-fma(t, q, t));
        if f32::abs(x) <= 0.9375 { small } else { with_sign_of(large, x) }
    }
}
