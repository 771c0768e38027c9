use super::*;
use crate::cpu::isa::{Isa, Work, each_isa, go};
use crate::cpu::simd::Simd;

/// Distance of `got` from `want`, in units of the spacing of `f32` around `want`.
fn ulp(got: f32, want: f64) -> f64 {
    let rounded = want as f32;
    if got.is_nan() || rounded.is_nan() {
        return if got.is_nan() && rounded.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if rounded.is_infinite() || got.is_infinite() {
        // the last number before infinity may round up
        return if got == rounded || (want.abs() > 3.402_823e38) { 0.0 } else { f64::INFINITY };
    }
    let size = rounded.abs().max(f32::MIN_POSITIVE);
    let spacing = f32::from_bits(size.to_bits() + 1) as f64 - size as f64;
    ((got as f64 - want) / spacing).abs()
}

struct Loop<'a, F>(&'a mut [f32], &'a [f32], F);
trait Function {
    fn at(&self, x: f32) -> f32;
}
impl<F: Function> Work for Loop<'_, F> {
    type Out = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (y, x) in self.0.iter_mut().zip(self.1) {
            *y = self.2.at(*x);
        }
    }
}

/// Worst error of `f` over every `step`-th bit pattern for which `inside` holds, on every instruction set.
fn worst(step: usize, f: impl Function + Copy, reference: fn(f64) -> f64, inside: fn(f32) -> bool) -> f64 {
    let mut worst: f64 = 0.0;
    each_isa(|isa| {
        // the portable code calls the C library for every fused multiply-add
        let step = if isa == Isa::Portable { 97 * step } else { step };
        let patterns = (0..=u32::MAX).step_by(step).map(f32::from_bits);
        let special = [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE];
        let xs: Vec<f32> = patterns.chain(special).filter(|x| inside(*x)).collect();
        let mut ys = vec![0.0; xs.len()];
        go(Loop(&mut ys, &xs, f));
        for (x, y) in xs.iter().zip(&ys) {
            let error = ulp(*y, reference(*x as f64));
            assert!(error < 1e6, "{isa:?}: at {x:e} got {y:e}, not {:e}", reference(*x as f64));
            worst = worst.max(error);
        }
    });
    worst
}

macro_rules! bounds {
    ($($name:ident: |$x:ident| $f:expr, $reference:expr, $inside:expr, $bound:literal;)*) => { $(
        #[test]
        fn $name() {
            #[derive(Clone, Copy)]
            struct Formula;
            impl Function for Formula {
                #[inline(always)]
                fn at(&self, $x: f32) -> f32 {
                    $f
                }
            }
            let worst = worst(3_001, Formula, $reference, $inside);
            println!("{}: {worst:.3} ulp", stringify!($name));
            assert!(worst <= $bound, "{worst} ulp");
        }
    )* };
}
fn all(_: f32) -> bool {
    true
}
fn not_tiny(x: f32) -> bool {
    x.abs() >= 1e-37 || x.is_nan()
}
fn not_low(x: f32) -> bool {
    x >= -87.0 || x.is_nan()
}
bounds! {
    exp_is_close: |x| exp(x), f64::exp, all, 1.0;
    exp_nonpositive_is_close: |x| exp_nonpositive(x), f64::exp, |x| x <= 0.0 && x > -87.3, 1.0;
    expm1_is_close: |x| expm1(x), f64::exp_m1, not_tiny, 2.5;
    ln_is_close: |x| ln(x), f64::ln, all, 1.0;
    ln_1p_is_close: |x| ln_1p(x), f64::ln_1p, not_tiny, 2.5;
    tanh_is_close: |x| tanh(x), f64::tanh, not_tiny, 2.5;
    erf_is_close: |x| erf(x), libm::erf, not_tiny, 1.0;
    sigmoid_is_close: |x| sigmoid(x), |x| 1.0 / (1.0 + (-x).exp()), not_low, 2.5;
    softplus_is_close: |x| softplus(x), Math::softplus, not_low, 3.0;
    square_root_is_exact: |x| sqrt(x), f64::sqrt, all, 0.51;
    power_half_is_close: |x| powf(x, 0.3), |x| x.powf(0.3f32 as f64), all, 1.0;
    power_large_is_close: |x| powf(x, -7.0), |x| x.powf(-7.0), all, 1.0;
    power_of_constant_is_close: |x| powf(1.7, x), |x| (1.7f32 as f64).powf(x), all, 1.0;
}

#[test]
fn sine_and_cosine_are_close() {
    #[derive(Clone, Copy)]
    struct Sin;
    impl Function for Sin {
        #[inline(always)]
        fn at(&self, x: f32) -> f32 {
            sin(x)
        }
    }
    #[derive(Clone, Copy)]
    struct Cos;
    impl Function for Cos {
        #[inline(always)]
        fn at(&self, x: f32) -> f32 {
            cos(x)
        }
    }
    fn inside(x: f32) -> bool {
        not_tiny(x) && (x.abs() <= 1e6 || !x.is_finite())
    }
    for worst in [worst(3_001, Sin, f64::sin, inside), worst(3_001, Cos, f64::cos, inside)] {
        println!("{worst:.3} ulp");
        assert!(worst <= 2.0, "{worst} ulp");
    }
}

#[test]
fn powers_of_special_numbers() {
    let numbers = [
        0.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
        3.0,
        0.5,
        -0.5,
        2.5,
        -3.0,
        1e-40,
        1e30,
        -1e30,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        16_777_216.0,
        7.0,
    ];
    for x in numbers {
        for y in numbers {
            // the C library gives 1 for (−1)^±∞; infinities are even "integers" here too
            let (got, want) = (powf(x, y), (x as f64).powf(y as f64));
            assert!(ulp(got, want) <= 1.0, "{x}^{y} = {got}, not {want}");
        }
    }
}

#[test]
fn selections() {
    assert_eq!(max(1.0f32, 2.0), 2.0);
    assert!(max(f32::NAN, 0.0).is_nan());
    assert_eq!(max(0.0, f32::NAN), 0.0);
    assert_eq!(min(1.0f64, 2.0), 1.0);
    assert_eq!(select(gt(2.0f32, 1.0), 3.0, 4.0), 3.0);
    assert_eq!(select(gt(1.0f32, 1.0), 3.0, 4.0), 4.0);
    assert_eq!((ge(1.0f32, 1.0), lt(1.0f32, 1.0), le(1.0f32, 1.0)), (1.0, 0.0, 1.0));
    assert_eq!((eq(1.0f32, 1.0), ne(1.0f32, 1.0)), (1.0, 0.0));
    assert_eq!((sign(-3.0f32), sign(0.0f32), sign(3.0f64)), (-1.0, 0.0, 1.0));
    assert_eq!((floor(-1.5f32), abs(-1.5f32), recip(4.0f32), fma(2.0f32, 3.0, 1.0)), (-2.0, 1.5, 0.25, 7.0));
}
