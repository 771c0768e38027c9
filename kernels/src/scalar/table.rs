//! The primitives of the scalar language: one row each, and everything that is known about one is in its row.
use super::{Expr, constant, select};

/// A scalar function of one to three numbers.
pub struct Primitive {
    /// Its name in formulas.
    pub name: &'static str,
    /// How many numbers it takes.
    pub arity: usize,
    /// Its value: the definition that kernels are held against.
    pub evaluate: fn([f64; 3]) -> f64,
    /// Rust text, `{0}` to `{2}` standing for the arguments. Functions are those of `cpu::math`.
    pub rust: &'static str,
    /// CUDA text.
    pub cuda: &'static str,
    /// The derivative for each argument, from the arguments and the value.
    pub derivative: fn([Expr; 3], Expr) -> [Expr; 3],
    /// What one evaluation counts as in floating-point operations.
    pub flops: usize,
}
impl PartialEq for Primitive {
    fn eq(&self, other: &Primitive) -> bool {
        self.name == other.name
    }
}
impl Eq for Primitive {}
impl std::fmt::Debug for Primitive {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! primitives {
    ($(
        $(#[doc = $doc:literal])* $row:ident = $name:literal ($($arg:ident),*) =>
        $evaluate:expr, $rust:literal, $cuda:literal, $flops:literal, [$($d:expr),*];
    )*) => {
        $($(#[doc = $doc])* pub static $row: Primitive = Primitive {
            name: $name,
            arity: [$(stringify!($arg)),*].len(),
            evaluate: |v| { let [$($arg,)* ..] = v; $evaluate },
            rust: $rust,
            cuda: $cuda,
            derivative: |v, y| {
                let (_, [$($arg,)* ..]) = (y, v);
                let _ = ($($arg,)*);
                let mut slopes = [constant(0.0); 3];
                for (slope, d) in slopes.iter_mut().zip([$({ let d: fn([Expr; 3], Expr) -> Expr = $d; d(v, y) }),*]) {
                    *slope = d;
                }
                slopes
            },
            flops: $flops,
        };)*
        /// Every primitive.
        pub static PRIMITIVES: &[&Primitive] = &[$(&$row),*];
    };
}

fn indicator(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

primitives! {
    /// `a + b`
    ADD = "add"(a, b) => a + b, "({0} + {1})", "({0} + {1})", 1, [|_, _| constant(1.0), |_, _| constant(1.0)];
    /// `a - b`
    SUB = "sub"(a, b) => a - b, "({0} - {1})", "({0} - {1})", 1, [|_, _| constant(1.0), |_, _| constant(-1.0)];
    /// `a b`
    MUL = "mul"(a, b) => a * b, "({0} * {1})", "({0} * {1})", 1, [|[_, b, _], _| b, |[a, ..], _| a];
    /// `a / b`
    DIV = "div"(a, b) => a / b, "({0} / {1})", "({0} / {1})", 1, [|[_, b, _], _| 1.0 / b, |[_, b, _], y| -(y / b)];
    /// `-a`
    NEG = "neg"(a) => -a, "(-{0})", "(-{0})", 1, [|_, _| constant(-1.0)];
    /// The larger of two; the derivative goes to the first where they are equal.
    MAX = "max"(a, b) => if a >= b || a.is_nan() { a } else { b }, "max({0}, {1})", "fmaxf({0}, {1})", 1,
        [|[a, b, _], _| a.ge(b), |[a, b, _], _| b.gt(a)];
    /// The smaller of two; the derivative goes to the first where they are equal.
    MIN = "min"(a, b) => if a <= b || a.is_nan() { a } else { b }, "min({0}, {1})", "fminf({0}, {1})", 1,
        [|[a, b, _], _| b.ge(a), |[a, b, _], _| a.gt(b)];
    /// `eᵃ`
    EXP = "exp"(a) => a.exp(), "exp({0})", "expf({0})", 1, [|_, y| y];
    /// `eᵃ - 1`, without cancellation near 0.
    EXPM1 = "expm1"(a) => a.exp_m1(), "expm1({0})", "expm1f({0})", 1, [|[a, ..], _| a.exp()];
    /// `ln(1 + eᵃ)`, which neither overflows nor cancels.
    SOFTPLUS = "softplus"(a) => a.max(0.0) + (-a.abs()).exp().ln_1p(), "softplus({0})",
        "(fmaxf({0}, 0.0f) + log1pf(expf(-fabsf({0}))))", 1, [|[a, ..], _| a.sigmoid()];
    /// The natural logarithm.
    LN = "ln"(a) => a.ln(), "ln({0})", "logf({0})", 1, [|[a, ..], _| 1.0 / a];
    /// `ln(1 + a)`, precise near 0.
    LN_1P = "ln_1p"(a) => a.ln_1p(), "ln_1p({0})", "log1pf({0})", 1, [|[a, ..], _| 1.0 / (1.0 + a)];
    /// The square root.
    SQRT = "sqrt"(a) => a.sqrt(), "sqrt({0})", "sqrtf({0})", 1, [|_, y| 0.5 / y];
    /// The hyperbolic tangent.
    TANH = "tanh"(a) => a.tanh(), "tanh({0})", "tanhf({0})", 1, [|_, y| 1.0 - y * y];
    /// The error function, `2/√π ∫₀ᵃ exp(-t²) dt`.
    ERF = "erf"(a) => libm::erf(a), "erf({0})", "erff({0})", 1,
        [|[a, ..], _| std::f64::consts::FRAC_2_SQRT_PI * (-(a * a)).exp()];
    /// `|a|`; the derivative at 0 is 0.
    ABS = "abs"(a) => a.abs(), "abs({0})", "fabsf({0})", 1, [|[a, ..], _| a.gt(0.0) - constant(0.0).gt(a)];
    /// `aᵇ` for positive `a`.
    POW = "pow"(a, b) => a.powf(b), "powf({0}, {1})", "powf({0}, {1})", 1,
        [|[a, b, _], _| b * a.pow(b - 1.0), |[a, ..], y| y * a.ln()];
    /// 1 where `a > b`, else 0.
    GT = "gt"(a, b) => indicator(a > b), "gt({0}, {1})", "({0} > {1} ? 1.0f : 0.0f)", 1,
        [|_, _| constant(0.0), |_, _| constant(0.0)];
    /// 1 where `a >= b`, else 0.
    GE = "ge"(a, b) => indicator(a >= b), "ge({0}, {1})", "({0} >= {1} ? 1.0f : 0.0f)", 1,
        [|_, _| constant(0.0), |_, _| constant(0.0)];
    /// `a` where the condition is not 0, else `b`.
    SELECT = "select"(condition, a, b) => if condition != 0.0 { a } else { b }, "select({0}, {1}, {2})",
        "({0} != 0.0f ? {1} : {2})", 1,
        [|_, _| constant(0.0), |[c, ..], _| select(c, 1.0, 0.0), |[c, ..], _| select(c, 0.0, 1.0)];
}
