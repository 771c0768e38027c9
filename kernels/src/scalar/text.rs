//! Formulas as `const` data: a prefix text that can be written into a program and read back.
use super::table::PRIMITIVES;
use super::{Expr, Term, apply, argument, constant, named};
use std::fmt;

/// Writes the formula in prefix form, `max add @0 @1 0.0`; read back by [`Expr::parse`].
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.term() {
            Term::Argument(i) => write!(f, "@{i}"),
            Term::Constant(v) => write!(f, "{v:?}"),
            Term::Named(_) => write!(f, "${}", self.name().unwrap_or_default()),
            Term::Apply(primitive, arguments) => {
                f.write_str(primitive.name)?;
                arguments[..primitive.arity].iter().try_for_each(|a| write!(f, " {a}"))
            }
        }
    }
}
impl Expr {
    /// Reads what `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Expr> {
        let mut words = text.split(' ');
        let expr = read(&mut words)?;
        words.next().is_none().then_some(expr)
    }
}
fn read<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Expr> {
    let word = words.next()?;
    if let Some(i) = word.strip_prefix('@') {
        return i.parse().ok().map(argument);
    }
    if let Some(name) = word.strip_prefix('$') {
        return Some(named(name));
    }
    if let Some(primitive) = PRIMITIVES.iter().find(|p| p.name == word) {
        let arguments: Option<Vec<Expr>> = (0..primitive.arity).map(|_| read(words)).collect();
        return Some(apply(primitive, &arguments?));
    }
    word.parse().ok().map(constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_as_the_same_formula() {
        let (x, b) = (argument(0), argument(1));
        for e in [
            x,
            named("SCALE") * x,
            (x + b).max(0.0),
            (x * -2.5e-9).sigmoid() / b,
            crate::scalar::select(x.gt(b), x, b),
        ] {
            assert_eq!(Expr::parse(&e.to_string()), Some(e));
        }
        assert_eq!(Expr::parse("max @0"), None);
        assert_eq!(Expr::parse("@0 @1"), None);
    }
}
