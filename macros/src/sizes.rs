//! Expressions of a declaration to sizes and numbers.
use crate::assertions::{Assertion, Assertions};
use crate::constants::Constants;
use crate::diagnostics::{Diagnostics, Place, tidy};
use crate::text::UNKNOWN;
use plywood_kernels::shape::{Deferred, Requirements, Size};
use quote::ToTokens;
use std::cell::Cell;
use syn::ext::IdentExt;
use syn::{BinOp, Expr, Ident, Lit, Path, UnOp};

/// No value has more numbers: as many as 64 GB are, so that sums and products of counts fit a machine word.
const LARGEST: f64 = (1u64 << 34) as f64;

/// The most that a constant may be of which so many are multiplied with each other: no count leaves a machine word.
pub fn largest_constant(degree: usize) -> usize {
    if degree < 2 { LARGEST as usize } else { 1 << (54 / degree) }
}

/// Whether there is a machine for so many numbers.
pub fn fits(numbers: f64) -> bool {
    numbers <= LARGEST
}

/// How many numbers a value has at least.
pub fn numbers(shape: &[Size]) -> f64 {
    shape.iter().map(Size::least).product()
}

/// The size that stands for every one that is not known. It remembers whether it stands for any: a declaration with a
/// placeholder in it is never compiled, even where nobody said why.
#[derive(Clone)]
pub struct Placeholder {
    size: Size,
    stands_in: Cell<bool>,
}

impl Placeholder {
    /// It, which stands for none yet.
    pub fn new() -> Placeholder {
        Placeholder { size: Size::symbol_shown(UNKNOWN, "_"), stands_in: Cell::new(false) }
    }
    /// It, in place of a size.
    pub fn stand_in(&self) -> Size {
        self.stands_in.set(true);
        self.size.clone()
    }
    /// Whether it stands for any size.
    pub fn stands_in(&self) -> bool {
        self.stands_in.get()
    }
    /// Whether a size is only this.
    pub fn is(&self, size: &Size) -> bool {
        *size == self.size
    }
}

/// Reads sizes.
pub struct Sizes<'a> {
    /// Where mistakes go.
    pub diagnostics: &'a mut Diagnostics,
    /// The const parameters, and the user's constants met so far.
    pub constants: &'a mut Constants,
    /// What only the constants decide of the sizes read.
    pub assertions: &'a mut Assertions,
    /// The network's name.
    pub network: &'a Ident,
}

impl Sizes<'_> {
    /// The size that `expr` is; what is none is said.
    pub fn size(&mut self, expr: &Expr) -> Option<Size> {
        if !fits(magnitude(expr)) {
            let what = format!("`{}` is more than any size can be", written(expr));
            self.diagnostics.error(Place::of(expr), what, "");
            return None;
        }
        self.checked(expr)
    }

    fn checked(&mut self, expr: &Expr) -> Option<Size> {
        let what = match expr {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Int(int) if matches!(int.suffix(), "" | "usize") => match int.base10_parse() {
                    Ok(size) => return Some(Size::known(size)),
                    // an attribute's tokens may have a literal with its sign
                    Err(_) => format!("`{}` is not a size", written(expr)),
                },
                Lit::Int(int)
                    if int.suffix().strip_prefix('x').is_some_and(|n| n.parse::<usize>().is_ok()) =>
                {
                    let (a, b) = (int.base10_digits(), &int.suffix()[1..]);
                    let what = format!("a size is a whole number, found `{}`", written(expr));
                    let help = format!("two sizes are `{a}, {b}`, and their product is `{a} * {b}`");
                    self.diagnostics.error(Place::of(expr), what, help);
                    return None;
                }
                lit => {
                    if let Some(plain) = whole(lit) {
                        let what = format!("a size is a whole number, found `{}`", written(expr));
                        self.diagnostics.error(Place::of(expr), what, format!("write `{plain}`"));
                        return None;
                    }
                    format!("a size is a whole number, found `{}`", written(expr))
                }
            },
            Expr::Unary(_) if number(expr) == Some(-1.0) => {
                let help = "no size here is inferred: write it out";
                self.diagnostics.error(Place::of(expr), "`-1` is not a size", help);
                return None;
            }
            Expr::Path(path) => {
                let parameter = path.path.get_ident().and_then(|word| self.constants.parameter(word));
                if parameter.is_some() {
                    return parameter;
                }
                let last =
                    path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                let wrong = if path.qself.is_some()
                    || path.path.segments.iter().any(|s| !s.arguments.is_empty())
                {
                    Some(format!("`{}` has no name of its own", written(expr)))
                } else if last.starts_with(char::is_lowercase) {
                    let found = written(expr);
                    Some(format!("a size names constants, which are written in upper case, found `{found}`"))
                } else {
                    None
                };
                if path.path.segments.first().is_some_and(|first| first.ident == "Self") {
                    let what = format!("`Self` is not known in a size, found `{}`", written(expr));
                    self.diagnostics.error(Place::of(expr), what, self.instead_of_self(&path.path));
                    return None;
                }
                if let Some(what) = wrong {
                    let help = self.instead_of(&path.path);
                    self.diagnostics.error(Place::of(expr), what, help);
                    return None;
                }
                return Some(self.constants.size(&path.path));
            }
            Expr::Paren(inner) => return self.checked(&inner.expr),
            Expr::Group(inner) => return self.checked(&inner.expr),
            Expr::Binary(binary) if is_arithmetic(&binary.op) => {
                let (left, right) = (self.checked(&binary.left), self.checked(&binary.right));
                let (left, right) = (left?, right?);
                return match binary.op {
                    BinOp::Add(_) => Some(&left + &right),
                    BinOp::Mul(_) => Some(&left * &right),
                    BinOp::Sub(_) => {
                        let help = "take less away";
                        self.require(&right, &left, (expr, &binary.left), "is less than 0", help)
                            .then(|| &left - &right)
                    }
                    _ => {
                        let (one, help) = (Size::known(1), "divide by 1 or more");
                        self.require(&one, &right, (expr, &binary.right), "divides by 0", help)
                            .then(|| left.quotient(&right))
                    }
                };
            }
            Expr::Verbatim(_) => {
                let help = "a size is a number or the name of a `const`; other arguments stand before the field, as in \
                            `#[with(bias: false)]`";
                self.diagnostics.error(
                    Place::of(expr),
                    format!("expected a size, found `{}`", written(expr)),
                    help,
                );
                return None;
            }
            _ => format!("`{}` is not a size", written(expr)),
        };
        let help = "a size is a whole number, the name of a `const`, or what `+`, `-`, `*` and `/` make of them; \
                    for anything else declare a `const` and name it";
        self.diagnostics.error(Place::of(expr), what, help);
        None
    }

    /// What to write for a path that names no constant.
    fn instead_of(&self, path: &Path) -> String {
        let upper = |word: &Ident| Ident::new(&word.unraw().to_string().to_uppercase(), word.span());
        match path.get_ident().map(upper) {
            Some(meant) if self.constants.parameter(&meant).is_some() => format!("did you mean `{meant}`?"),
            Some(meant) => format!(
                "declare `const {meant}: usize = …;` beside the network and name it; \
                 what a `let` holds is not known when the program is compiled"
            ),
            None => "declare a constant beside the network and name it: `const WIDTH: usize = …;`".into(),
        }
    }

    /// What to write for a path that begins with `Self`.
    fn instead_of_self(&self, path: &Path) -> String {
        if path.segments.len() < 2 || self.constants.has_parameters() {
            return "declare a constant beside the network and name it: `const WIDTH: usize = …;`".into();
        }
        let rest = path.segments.iter().skip(1).map(|segment| format!("::{}", segment.ident));
        format!("name the network: `{}{}`", self.network, rest.collect::<String>())
    }

    /// Demands that `part` of `expr`, which is `found`, is at least `least`: without it `expr` is no size, which `wrong`
    /// says. Whether that is so, or left to the constants.
    fn require(
        &mut self,
        least: &Size,
        found: &Size,
        (expr, part): (&Expr, &Expr),
        wrong: &str,
        help: &str,
    ) -> bool {
        let mut require = Requirements::default();
        if require.require_le(0, "", least, found).is_err() {
            self.diagnostics.error(Place::of(expr), format!("`{}` {wrong}", written(expr)), help);
            return false;
        }
        let (place, origin) = (Place::of(expr), format!("\nhelp: {help}"));
        for Deferred { relation, left, right, what, .. } in require.deferred {
            let subject = format!("expected `{}` in `{}` to be", written(part), written(expr));
            let origin = origin.clone();
            self.assertions.at_least(Assertion { relation, left, right, subject, what, origin, place });
        }
        true
    }
}

/// The whole number above 0 that a literal of another type is: of `8.0` and `8_i32` this is `8`.
fn whole(lit: &Lit) -> Option<usize> {
    match lit {
        Lit::Int(int) => int.base10_digits().parse().ok(),
        Lit::Float(float) => {
            let number: f64 = float.base10_parse().ok()?;
            (number.fract() == 0.0 && fits(number)).then_some(number as usize)
        }
        _ => None,
    }
    .filter(|number| *number > 0)
}

/// Whether sizes have such an operator.
fn is_arithmetic(operator: &BinOp) -> bool {
    matches!(operator, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_))
}

/// How large the numbers in a size are together, before they are multiplied out.
fn magnitude(expr: &Expr) -> f64 {
    match expr {
        Expr::Lit(_) => number(expr).unwrap_or(1.0),
        Expr::Paren(inner) => magnitude(&inner.expr),
        Expr::Group(inner) => magnitude(&inner.expr),
        Expr::Binary(binary) => match binary.op {
            BinOp::Add(_) => magnitude(&binary.left) + magnitude(&binary.right),
            BinOp::Mul(_) => magnitude(&binary.left) * magnitude(&binary.right),
            BinOp::Sub(_) => magnitude(&binary.left).max(magnitude(&binary.right)),
            BinOp::Div(_) => magnitude(&binary.left),
            _ => 1.0,
        },
        _ => 1.0,
    }
}

/// An expression as a person would write it.
pub fn written(expr: &Expr) -> String {
    match expr {
        Expr::Unary(unary) => format!("{}{}", unary.op.to_token_stream(), written(&unary.expr)),
        Expr::Path(path) if path.qself.is_none() => path.to_token_stream().to_string().replace(' ', ""),
        Expr::Paren(inner) => format!("({})", written(&inner.expr)),
        // what a macro or an argument of a block stands for is one value
        Expr::Group(inner) if matches!(*inner.expr, Expr::Binary(_) | Expr::Unary(_)) => {
            format!("({})", written(&inner.expr))
        }
        Expr::Group(inner) => written(&inner.expr),
        Expr::Binary(binary) => {
            let operator = binary.op.to_token_stream();
            format!("{} {operator} {}", written(&binary.left), written(&binary.right))
        }
        other => tidy(&other.to_token_stream()),
    }
}

/// The number that `value` is, if it is one.
pub fn number(value: &Expr) -> Option<f64> {
    match value {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Float(float) => float.base10_parse().ok(),
            Lit::Int(int) => int.base10_digits().parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|n| -n),
        Expr::Group(inner) => number(&inner.expr),
        Expr::Paren(inner) => number(&inner.expr),
        _ => None,
    }
}
