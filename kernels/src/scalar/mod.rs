//! The scalar language: a formula is written once, as ordinary arithmetic on [`Expr`], and read many times: as a
//! value in f64, as a derivative, as Rust, as CUDA, as a count of operations.
//!
//! Formulas live in one arena per thread and are hash-consed, so that a handle is `Copy`, equal formulas are equal
//! handles, and shared parts are free. That thread-local state is confined to this folder.
pub mod print;
pub mod table;
mod text;

use std::cell::RefCell;
use std::collections::HashMap;
use table::{
    ABS, ADD, DIV, ERF, EXP, EXPM1, GE, GT, LN, LN_1P, MAX, MIN, MUL, NEG, POW, Primitive, SELECT, SOFTPLUS,
    SQRT, SUB, TANH,
};

/// A formula over numbered arguments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Expr(u32);

/// What a formula is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Term {
    /// The argument of that number.
    Argument(u32),
    /// A number.
    Constant(f64),
    /// A number that only the program knows, by its name's number: [`Expr::name`] gives the name.
    Named(u32),
    /// A primitive and as many arguments as it takes (the rest repeat the first).
    Apply(&'static Primitive, [Expr; 3]),
}

/// Constants by their bits and primitives by name, so that it can be a key.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Argument(u32),
    Constant(u64),
    Named(u32),
    Apply(&'static str, [Expr; 3]),
}

#[derive(Default)]
struct Arena {
    terms: Vec<Term>,
    known: HashMap<Key, Expr>,
    /// What the numbers are called that only the program knows.
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}
thread_local!(static ARENA: RefCell<Arena> = RefCell::default());

fn intern(term: Term) -> Expr {
    let key = match term {
        Term::Argument(i) => Key::Argument(i),
        Term::Constant(value) => Key::Constant(value.to_bits()),
        Term::Named(i) => Key::Named(i),
        Term::Apply(primitive, arguments) => Key::Apply(primitive.name, arguments),
    };
    ARENA.with_borrow_mut(|arena| {
        let Arena { terms, known, .. } = arena;
        *known.entry(key).or_insert_with(|| {
            terms.push(term);
            Expr(terms.len() as u32 - 1)
        })
    })
}

/// Argument number `i`.
pub fn argument(i: u32) -> Expr {
    intern(Term::Argument(i))
}
/// The number `value`.
pub fn constant(value: f64) -> Expr {
    intern(Term::Constant(value))
}
/// The number that the program calls so.
pub fn named(name: &str) -> Expr {
    let number = ARENA.with_borrow_mut(|Arena { names, numbers, .. }| match numbers.get(name) {
        Some(known) => *known,
        None => {
            names.push(name.to_string());
            let number = names.len() as u32 - 1;
            numbers.insert(name.to_string(), number);
            number
        }
    });
    intern(Term::Named(number))
}
/// `a` where `condition` is not 0, else `b`.
pub fn select(condition: Expr, a: impl Into<Expr>, b: impl Into<Expr>) -> Expr {
    apply(&SELECT, &[condition, a.into(), b.into()])
}

/// A primitive applied, simplified where that is exact for finite numbers: `0 x` is 0.
pub fn apply(primitive: &'static Primitive, arguments: &[Expr]) -> Expr {
    let number = |e: &Expr| match e.term() {
        Term::Constant(v) => Some(v),
        _ => None,
    };
    let numbers: Vec<Option<f64>> = arguments.iter().map(number).collect();
    if numbers.iter().all(Option::is_some) {
        let mut values = [0.0; 3];
        for (value, n) in values.iter_mut().zip(&numbers) {
            *value = n.unwrap_or_default();
        }
        return constant((primitive.evaluate)(values));
    }
    let chosen = |e: Expr| match e.term() {
        Term::Apply(p, [c, kept, other]) if p == &SELECT && other == constant(0.0) => Some((c, kept)),
        _ => None,
    };
    let is_indicator = |e: Expr| matches!(e.term(), Term::Apply(p, _) if p == &GT || p == &GE);
    match (primitive.name, arguments, numbers.as_slice()) {
        ("mul", _, [Some(0.0), _] | [_, Some(0.0)]) => return constant(0.0),
        ("mul", [_, b], [Some(1.0), _]) => return *b,
        ("mul", [a, _], [_, Some(1.0)]) => return *a,
        ("mul", [_, b], [Some(-1.0), _]) => return -*b,
        ("mul", [a, _], [_, Some(-1.0)]) => return -*a,
        // a factor of 0 or something is a choice: one blend, and nothing infinite is multiplied by 0
        ("mul", [a, b], _) if let Some((c, kept)) = chosen(*b) => return select(c, *a * kept, 0.0),
        ("mul", [a, b], _) if let Some((c, kept)) = chosen(*a) => return select(c, kept * *b, 0.0),
        ("mul", [a, b], _) if is_indicator(*b) => return select(*b, *a, 0.0),
        ("mul", [a, b], _) if is_indicator(*a) => return select(*a, *b, 0.0),
        ("add", [_, b], [Some(0.0), _]) => return *b,
        ("add", [a, _], [_, Some(0.0)]) => return *a,
        ("sub", [a, _], [_, Some(0.0)]) => return *a,
        ("sub", [_, b], [Some(0.0), _]) => return -*b,
        ("div", [a, _], [_, Some(1.0)]) => return *a,
        ("neg", [a], _) => {
            if let Term::Apply(p, [inner, ..]) = a.term()
                && p == &NEG
            {
                return inner;
            }
        }
        ("max", [a, _], [_, Some(f64::NEG_INFINITY)]) => return *a,
        ("min", [a, _], [_, Some(f64::INFINITY)]) => return *a,
        ("select", [_, a, b], _) if a == b => return *a,
        ("select", [_, a, b], [Some(c), ..]) => return if *c != 0.0 { *a } else { *b },
        _ => {}
    }
    let first = arguments[0];
    let at = |i: usize| arguments.get(i).copied().unwrap_or(first);
    intern(Term::Apply(primitive, [first, at(1), at(2)]))
}

impl Expr {
    /// The outermost term.
    pub fn term(self) -> Term {
        ARENA.with_borrow(|arena| arena.terms[self.0 as usize])
    }
    /// What the program calls it, if that is all it is.
    pub fn name(self) -> Option<String> {
        let Term::Named(i) = self.term() else { return None };
        ARENA.with_borrow(|arena| arena.names.get(i as usize).cloned())
    }
    /// The formulas this one applies its primitive to.
    pub fn operands(self) -> Vec<Expr> {
        match self.term() {
            Term::Apply(primitive, arguments) => arguments[..primitive.arity].to_vec(),
            _ => vec![],
        }
    }
    /// Every part of the formula, itself last, each once, parts before wholes.
    pub fn parts(self) -> Vec<Expr> {
        fn visit(e: Expr, seen: &mut HashMap<Expr, ()>, order: &mut Vec<Expr>) {
            if seen.insert(e, ()).is_none() {
                e.operands().into_iter().for_each(|o| visit(o, seen, order));
                order.push(e);
            }
        }
        let mut order = vec![];
        visit(self, &mut HashMap::new(), &mut order);
        order
    }
    /// Whether argument `i` occurs.
    pub fn uses(self, i: u32) -> bool {
        self.parts().contains(&argument(i))
    }
    /// The formula with every argument `i` replaced by `by[i]`.
    pub fn substitute(self, by: &[Expr]) -> Expr {
        self.replace(&|part| match part.term() {
            Term::Argument(i) => by[i as usize],
            _ => part,
        })
    }
    /// The formula with every part that applies nothing replaced.
    pub fn replace(self, by: &dyn Fn(Expr) -> Expr) -> Expr {
        let mut new: HashMap<Expr, Expr> = HashMap::new();
        for part in self.parts() {
            let replaced = match part.term() {
                Term::Argument(_) | Term::Constant(_) | Term::Named(_) => by(part),
                Term::Apply(primitive, arguments) => {
                    let operands: Vec<Expr> = arguments[..primitive.arity].iter().map(|a| new[a]).collect();
                    apply(primitive, &operands)
                }
            };
            new.insert(part, replaced);
        }
        new[&self]
    }
    /// The derivative with respect to argument `i`.
    pub fn derivative(self, i: u32) -> Expr {
        let mut slope: HashMap<Expr, Expr> = HashMap::new();
        for part in self.parts() {
            let d = match part.term() {
                Term::Argument(k) => constant(f64::from(u8::from(k == i))),
                Term::Constant(_) | Term::Named(_) => constant(0.0),
                // no sum of both: where the branch not taken has an infinite slope, 0 times that is no number
                Term::Apply(primitive, [condition, a, b]) if primitive == &SELECT => {
                    select(condition, slope[&a], slope[&b])
                }
                Term::Apply(primitive, arguments) => {
                    let outer = (primitive.derivative)(arguments, part);
                    let inner = arguments[..primitive.arity].iter().map(|a| slope[a]);
                    inner.zip(outer).fold(constant(0.0), |sum, (inner, outer)| {
                        if inner == constant(0.0) { sum } else { sum + outer * inner }
                    })
                }
            };
            slope.insert(part, d);
        }
        slope[&self]
    }
    /// The value when argument `i` is `arguments[i]`.
    ///
    /// # Panics
    /// If there is a number in it that only the program knows.
    pub fn evaluate(self, arguments: &[f64]) -> f64 {
        let mut values: HashMap<Expr, f64> = HashMap::new();
        for part in self.parts() {
            let value = match part.term() {
                Term::Argument(i) => arguments[i as usize],
                Term::Constant(v) => v,
                Term::Named(_) => panic!("what `{part}` is knows only the program"),
                Term::Apply(primitive, operands) => (primitive.evaluate)(operands.map(|o| values[&o])),
            };
            values.insert(part, value);
        }
        values[&self]
    }
    /// Floating-point operations of one evaluation, shared parts counted once.
    pub fn flops(self) -> usize {
        let count = |part: Expr| match part.term() {
            Term::Apply(primitive, _) => primitive.flops,
            _ => 0,
        };
        self.parts().into_iter().map(count).sum()
    }
    /// `eˣ`
    pub fn exp(self) -> Expr {
        apply(&EXP, &[self])
    }
    /// `eˣ - 1`, without cancellation near 0.
    pub fn expm1(self) -> Expr {
        apply(&EXPM1, &[self])
    }
    /// `ln(1 + eˣ)`
    pub fn softplus(self) -> Expr {
        apply(&SOFTPLUS, &[self])
    }
    /// The natural logarithm.
    pub fn ln(self) -> Expr {
        apply(&LN, &[self])
    }
    /// `ln(1 + x)`, precise near 0.
    pub fn ln_1p(self) -> Expr {
        apply(&LN_1P, &[self])
    }
    /// The square root.
    pub fn sqrt(self) -> Expr {
        apply(&SQRT, &[self])
    }
    /// The hyperbolic tangent.
    pub fn tanh(self) -> Expr {
        apply(&TANH, &[self])
    }
    /// The error function.
    pub fn erf(self) -> Expr {
        apply(&ERF, &[self])
    }
    /// The absolute value.
    pub fn abs(self) -> Expr {
        apply(&ABS, &[self])
    }
    /// `1 / (1 + e⁻ˣ)`
    pub fn sigmoid(self) -> Expr {
        1.0 / (1.0 + (-self).exp())
    }
    /// The larger of two.
    pub fn max(self, other: impl Into<Expr>) -> Expr {
        apply(&MAX, &[self, other.into()])
    }
    /// The smaller of two.
    pub fn min(self, other: impl Into<Expr>) -> Expr {
        apply(&MIN, &[self, other.into()])
    }
    /// `selfᵉ` for positive `self`.
    pub fn pow(self, exponent: impl Into<Expr>) -> Expr {
        apply(&POW, &[self, exponent.into()])
    }
    /// 1 where `self > other`, else 0.
    pub fn gt(self, other: impl Into<Expr>) -> Expr {
        apply(&GT, &[self, other.into()])
    }
    /// 1 where `self >= other`, else 0.
    pub fn ge(self, other: impl Into<Expr>) -> Expr {
        apply(&GE, &[self, other.into()])
    }
    /// 1 where `self < other`, else 0.
    pub fn lt(self, other: impl Into<Expr>) -> Expr {
        other.into().gt(self)
    }
    /// 1 where `self <= other`, else 0.
    pub fn le(self, other: impl Into<Expr>) -> Expr {
        other.into().ge(self)
    }
}

impl From<f64> for Expr {
    fn from(value: f64) -> Expr {
        constant(value)
    }
}
macro_rules! operators {
    ($($name:ident $method:ident $row:ident),*) => {$(
        impl<R: Into<Expr>> std::ops::$name<R> for Expr {
            type Output = Expr;
            fn $method(self, right: R) -> Expr {
                apply(&$row, &[self, right.into()])
            }
        }
        impl std::ops::$name<Expr> for f64 {
            type Output = Expr;
            fn $method(self, right: Expr) -> Expr {
                apply(&$row, &[constant(self), right])
            }
        }
    )*};
}
operators!(Add add ADD, Sub sub SUB, Mul mul MUL, Div div DIV);
impl std::ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        apply(&NEG, &[self])
    }
}

#[cfg(test)]
mod tests {
    use super::table::PRIMITIVES;
    use super::*;

    #[test]
    fn every_primitive_has_the_derivative_that_differences_show() {
        let points = [[0.3, 1.7, 0.9], [1.2, 0.4, -0.7], [2.5, 2.1, 0.2]];
        for primitive in PRIMITIVES {
            let arguments: Vec<Expr> = (0..primitive.arity as u32).map(argument).collect();
            let y = apply(primitive, &arguments);
            for point in points {
                for i in 0..primitive.arity {
                    let at = |h: f64| {
                        let mut p = point;
                        p[i] += h;
                        y.evaluate(&p)
                    };
                    let numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let derived = y.derivative(i as u32).evaluate(&point);
                    assert!(
                        (numeric - derived).abs() < 1e-7,
                        "{} by {i} at {point:?}: {numeric} {derived}",
                        primitive.name
                    );
                }
            }
        }
    }

    #[test]
    fn equal_formulas_are_equal_handles() {
        let (x, b) = (argument(0), argument(1));
        assert_eq!((x + b).max(0.0), (x + b).max(0.0));
        assert_eq!((x * 1.0 + 0.0) / 1.0, x);
        assert_eq!(-(-x), x);
        assert_eq!(x * b.gt(0.0), select(b.gt(0.0), x, 0.0));
        assert_eq!(x.max(f64::NEG_INFINITY).min(f64::INFINITY), x);
        assert_eq!(x.sigmoid().flops(), 4);
    }

    #[test]
    fn a_branch_that_is_not_taken_has_no_slope() {
        let x = argument(0);
        let root = select(x.gt(0.0), x.sqrt(), -x);
        assert_eq!(root.derivative(0).evaluate(&[0.0]), -1.0);
        assert_eq!(root.derivative(0).evaluate(&[4.0]), 0.25);
    }

    #[test]
    fn substitution_replaces_every_argument() {
        let (x, b) = (argument(0), argument(1));
        assert_eq!((x * b + x).substitute(&[b, x]), b * x + b);
    }
}
