//! What a wrong argument was meant as, for the help.
use super::callee::{Callee, example};
use crate::diagnostics::{Place, nearest};
use crate::sizes::{number, written};
use crate::syntax::ast::{ArgumentDecl, Form};
use plywood_kernels::layers::{self, Argument, ArgumentKind, Elsewhere, Given, Layer};
use quote::ToTokens;
use syn::{Expr, Lit};

/// One close to what was written: `[64]` for `64`, where a list is wanted; `1e-5` for `-1e-5`; `mean`
/// for `"Mean"`.
pub fn instance(row: &Argument, value: &Expr) -> String {
    let written = written(value);
    match row.kind {
        ArgumentKind::Shape | ArgumentKind::Axes if is_size(value) => format!("[{written}]"),
        ArgumentKind::Flag => match (number(value), text(value).or_else(|| word(value))) {
            (Some(0.0), _) => "false".into(),
            (Some(_), _) => "true".into(),
            (None, Some(word)) if word.eq_ignore_ascii_case("true") => "true".into(),
            _ => "false".into(),
        },
        ArgumentKind::Word(words) => {
            let said = text(value).or_else(|| word(value)).unwrap_or_default().to_ascii_lowercase();
            nearest(&said, words.iter().copied()).unwrap_or_else(|| example(row)).into()
        }
        ArgumentKind::Number => {
            let positive =
                number(value).filter(|x| *x < 0.0).map(|_| written.trim_start_matches('-').to_string());
            let given = |x: f64| Given::Number(x);
            let holds = |x: f64| row.check.is_none_or(|(_, holds)| holds(&given(x)));
            positive.filter(|text| text.parse().is_ok_and(holds)).unwrap_or_else(|| example(row).into())
        }
        _ => example(row).into(),
    }
}

/// Whether an expression looks like the name of a constant, `P` or `config::RATE`, or is made of such.
pub fn is_constant(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let word = last.ident.to_string();
            !word.contains(char::is_lowercase) && word.contains(char::is_uppercase)
        }),
        Expr::Unary(unary) => is_constant(&unary.expr),
        Expr::Binary(binary) => is_constant(&binary.left) || is_constant(&binary.right),
        Expr::Paren(inner) => is_constant(&inner.expr),
        _ => false,
    }
}

/// Whether an expression may be a size: a number, or the name of a constant.
pub fn is_size(value: &Expr) -> bool {
    match value {
        Expr::Path(_) => word(value)
            .is_none_or(|word| layers::find(&word).is_none() && !word.starts_with(char::is_lowercase)),
        Expr::Binary(binary) => is_size(&binary.left) && is_size(&binary.right),
        Expr::Paren(inner) => is_size(&inner.expr),
        other => number(other).is_some(),
    }
}

/// The layer that an expression names.
pub fn layer_named(value: &Expr) -> Option<&'static dyn Layer> {
    word(value).and_then(|word| layers::find(&word))
}

/// The word that an expression is, or is called by.
pub fn word(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Call(call) => word(&call.func),
        _ => None,
    }
}

/// What stands in an expression's quotes.
pub fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The row of the argument that another library calls so.
pub fn argument_meant(rows: &'static [Argument], name: &str) -> Option<&'static str> {
    let called = match layers::argument(name) {
        Some(Elsewhere::Called(ours)) => ours,
        _ => &[],
    };
    rows.iter().map(|row| row.name).find(|row| *row == name || called.contains(row))
}

/// What a further argument without a name was meant as: a layer, an argument's name, a flag. The place, what is wrong with
/// it, and what to do.
pub fn meant_otherwise(
    callee: &Callee,
    first: &ArgumentDecl,
    wrong: &ArgumentDecl,
) -> Option<(Place, String, String)> {
    let Callee { word: layer, rows, form, .. } = *callee;
    let place = Place::of(&wrong.value);
    let (kept, found) = (written(&first.value), written(&wrong.value));
    let with = |argument: &Argument, value: &str| callee.told(Some(&kept), argument.name, value);
    if let Expr::Binary(binary) = &wrong.value
        && let Some(name) = word(&binary.left)
        && let Some(row) = rows.iter().find(|row| row.name == name)
    {
        let operator = binary.op.to_token_stream();
        let what = format!("expected `:` after the argument's name `{name}`, found `{operator}`");
        return Some((place, what, with(row, &written(&binary.right))));
    }
    let named = word(&wrong.value).or_else(|| text(&wrong.value));
    if let Some(named) = named {
        let ours = match layers::argument(&named) {
            Some(Elsewhere::Called(ours)) => rows.iter().find(|row| ours.contains(&row.name)),
            _ => None,
        };
        // half typed, an argument begins so
        let begins = |row: &&Argument| row.name.starts_with(&named);
        if let Some(row) = rows.iter().skip(1).find(begins).or(ours) {
            let what = format!("expected a value for `{}` of `{layer}`, found `{found}`", row.name);
            return Some((place, what, with(row, example(row))));
        }
        let known = layers::find(&named).or_else(|| layers::renamed(&named)).map(|layer| layer.name());
        let known = known.or_else(|| nearest(&named, layers::all().map(|layer| layer.name())));
        if let Some(known) = known {
            let what = format!("`{found}` is a layer of its own");
            let help = match form {
                Form::Struct => format!("write a field of its own: `{}: {known}`", known.to_lowercase()),
                _ => format!("write `{layer}({kept}), {known}`"),
            };
            return Some((place, what, help));
        }
    }
    let flag = matches!(&wrong.value, Expr::Lit(lit) if matches!(lit.lit, Lit::Bool(_)));
    let mut flags = rows.iter().filter(|row| row.kind == ArgumentKind::Flag);
    match (flags.next(), flags.next()) {
        (Some(row), None) if flag => Some((
            place,
            format!("only the first argument of `{layer}` may stand without a name"),
            with(row, &found),
        )),
        _ => None,
    }
}
