//! What a model looks like when it is printed.

use std::fmt;

use crate::model::{LayerRow, Model};
use crate::sample::Sample;

/// `Digits { 27,562 parameters }`: the numbers themselves would fill pages.
pub fn debug<M: Model>(_: &M, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {{ {} parameters }}", M::NAME, thousands(M::PARAMETERS))
}

/// The table of layers.
pub fn display<M: Model>(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}: {} -> {}", M::NAME, shape(M::Input::SHAPE), shape(M::Output::SHAPE))?;
    let mut rows = vec![["name", "layer", "output", "parameters", "FLOPs"].map(str::to_owned)];
    rows.extend(M::LAYERS.iter().map(cells));
    rows.push([
        "total".to_owned(),
        String::new(),
        String::new(),
        thousands(M::PARAMETERS),
        thousands(M::FLOPS),
    ]);
    let widths: [usize; 5] =
        std::array::from_fn(|c| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0));
    let last = rows.len() - 1;
    for (i, [name, layer, output, parameters, flops]) in rows.iter().enumerate() {
        let [a, b, c, d, e] = widths;
        if i == 1 || i == last {
            writeln!(f, "{}", "-".repeat(a + b + c + d + e + 8))?;
        }
        write!(f, "{name:a$}  {layer:b$}  {output:c$}  {parameters:>d$}  {flops:>e$}")?;
        if i < last {
            writeln!(f)?;
        }
    }
    Ok(())
}

fn cells(row: &LayerRow) -> [String; 5] {
    // Rows of a repeat show all of its iterations, so that columns add up to the totals.
    let count = |n: usize| if n == 0 { String::new() } else { thousands(n * row.times) };
    let name = format!("{}{}", "  ".repeat(row.depth), row.name);
    [name, row.layer.to_owned(), shape(row.output), count(row.parameters), count(row.flops)]
}

fn shape(shape: &[usize]) -> String {
    format!("{shape:?}")
}

/// `27562` as `27,562`.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 epoch`, `5 epochs`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {what}{end}")
}

/// A text as a cell of a table, in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The last word of a type's path: `Adam` for `plywood::optimizer::Adam`, `Of` for `my::Of<f32>`.
pub(crate) fn type_word<T: ?Sized>() -> &'static str {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_types() {
        struct Of<T>(T);
        assert_eq!(type_word::<crate::loss::CrossEntropy>(), "CrossEntropy");
        assert_eq!(type_word::<Of<fmt::Error>>(), "Of");
        let _ = Of(0).0;
    }
}
