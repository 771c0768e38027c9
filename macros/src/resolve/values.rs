//! Expressions of Rust's as what arguments are told: words, axes, lists.
use super::meant::word;
use crate::sizes::number;
use syn::{Expr, Lit};

/// What a macro around this one, or an argument of a block, stands for.
pub fn bare(value: &Expr) -> &Expr {
    match value {
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

/// The one of some words that an expression is.
pub fn one_of(words: &[&'static str], value: &Expr) -> Option<&'static str> {
    let written = word(value).filter(|_| matches!(value, Expr::Path(_)))?;
    words.iter().copied().find(|word| *word == written)
}

/// The number of an axis.
pub fn axis(value: &Expr) -> Option<i64> {
    let number = number(value).filter(|_| !is_float(value))?;
    (number.fract() == 0.0 && number.abs() < f64::from(u16::MAX)).then_some(number as i64)
}

/// Whether it is written with a point: `0.0`.
fn is_float(value: &Expr) -> bool {
    match bare(value) {
        Expr::Unary(unary) => is_float(&unary.expr),
        Expr::Lit(lit) => matches!(lit.lit, Lit::Float(_)),
        _ => false,
    }
}

/// The numbers of axes in a list, of which there must be some.
pub fn axes(value: &Expr) -> Option<Vec<i64>> {
    let axes = elements(value).filter(|axes| !axes.is_empty())?;
    axes.into_iter().map(axis).collect()
}

/// The elements of a list in brackets.
pub fn elements(value: &Expr) -> Option<Vec<&Expr>> {
    match value {
        Expr::Array(list) => Some(list.elems.iter().collect()),
        Expr::Group(inner) => elements(&inner.expr),
        Expr::Paren(inner) => elements(&inner.expr),
        _ => None,
    }
}
