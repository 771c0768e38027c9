//! What is called with arguments, and how a call of it is written.
use crate::syntax::ast::Form;
use plywood_kernels::layers::{self, Argument, ArgumentKind, Default, Together};
use proc_macro2::Span;

/// A word with arguments: a layer, an initialiser.
pub struct Callee<'a> {
    pub word: &'a str,
    pub rows: &'static [Argument],
    pub together: &'static [Together],
    /// How its arguments are written.
    pub form: Form,
    pub span: Span,
}

impl Callee<'_> {
    /// How it is written with the arguments that it needs; those that are given stay.
    pub fn example(&self, given: &[(&'static str, String)]) -> String {
        let Callee { word, rows, form, .. } = *self;
        let text = |row: &Argument| {
            given
                .iter()
                .find(|(name, _)| *name == row.name)
                .map_or_else(|| example(row).to_string(), |(_, text)| text.clone())
        };
        let stays = |row: &&Argument| given.iter().any(|(name, _)| *name == row.name);
        let required = rows.iter().filter(|row| row.default == Default::Required || stays(row));
        // between angle brackets Rust takes no lists
        let plain = |row: &Argument| {
            row.name == rows[0].name && (form == Form::Network || !text(row).starts_with('['))
        };
        let (first, named): (Vec<&Argument>, Vec<&Argument>) = required.partition(|row| plain(row));
        let first: Vec<String> = first.iter().map(|row| text(row)).collect();
        let named: Vec<String> = named.iter().map(|row| format!("{}: {}", row.name, text(row))).collect();
        match form {
            // values stand before what a function is told
            Form::Network if layers::function(word).is_some() => {
                let missing = rows.iter().filter(|row| row.default == Default::Required && !stays(row));
                let missing: Vec<String> =
                    missing.map(|row| format!("`{}: {}`", row.name, example(row))).collect();
                format!("write, for instance, {}", missing.join(", "))
            }
            Form::Network => format!("write `{word}({})`", [first, named].concat().join(", ")),
            Form::Struct if named.is_empty() => format!("write `{word}<{}>`", first.concat()),
            Form::Struct if first.is_empty() => {
                format!("write `#[with({})]` before the field", named.join(", "))
            }
            Form::Struct => {
                format!(
                    "write `{word}<{}>`, and `#[with({})]` before the field",
                    first.concat(),
                    named.join(", ")
                )
            }
        }
    }
}

/// A value that an argument may have.
pub fn example(row: &Argument) -> &'static str {
    match row.kind {
        ArgumentKind::Axis | ArgumentKind::AxisOrAxes => "-1",
        ArgumentKind::Axes => "[1, 0]",
        ArgumentKind::Shape => "[4, 7, 7]",
        ArgumentKind::Size => "64",
        ArgumentKind::Number if row.name == "eps" => "1e-5",
        ArgumentKind::Number => "0.5",
        ArgumentKind::Flag => "false",
        ArgumentKind::Word(words) => words.first().copied().unwrap_or_default(),
    }
}
