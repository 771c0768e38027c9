//! The rules that every network shares, each beside its formula, printed by the compiler.
use plywood::__private as ply;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::scalar::Expr;

/// A rule beside its formula.
#[derive(Debug)]
pub struct Compiled {
    /// The rule's name.
    pub name: &'static str,
    /// The formula, as `Expr` displays it.
    pub formula: &'static str,
    /// The rule for every element of `y`, from inputs as long as `y`.
    pub single: fn(&Cpu, &mut [f32], &[&[f32]]),
    /// The same in `f64`.
    pub double: fn(&Cpu, &mut [f64], &[&[f64]]),
}

plywood_macros::rules!();

/// The rule of that formula.
pub fn find(formula: Expr) -> Option<&'static Compiled> {
    RULES.iter().find(|rule| Expr::parse(rule.formula) == Some(formula))
}

/// The rule of that formula.
///
/// # Panics
/// If there is none.
pub fn compiled(formula: Expr) -> &'static Compiled {
    find(formula).unwrap_or_else(|| panic!("no rule is `{formula}`"))
}
