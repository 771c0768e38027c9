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
        let required = required_of(rows, &stays);
        // between angle brackets Rust takes no lists
        let plain = |row: &Argument| {
            row.name == rows[0].name && (form != Form::Struct || !text(row).starts_with('['))
        };
        let (first, named): (Vec<&Argument>, Vec<&Argument>) = required.partition(|row| plain(row));
        let first: Vec<String> = first.iter().map(|row| text(row)).collect();
        let named: Vec<String> = named.iter().map(|row| form.named(row.name, &text(row))).collect();
        match form {
            // values stand before what a function is told
            Form::Network | Form::Call if layers::function(word).is_some() => {
                let missing = rows.iter().filter(|row| row.default == Default::Required && !stays(row));
                let missing: Vec<String> =
                    missing.map(|row| format!("`{}`", form.named(row.name, example(row)))).collect();
                format!("write, for instance, {}", missing.join(", "))
            }
            Form::Network | Form::Call => format!("write `{word}({})`", [first, named].concat().join(", ")),
            Form::Attribute => {
                let all = required_of(rows, &stays).map(|row| form.named(row.name, &text(row)));
                format!("write `#[{word}({})]`", all.collect::<Vec<_>>().join(", "))
            }
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

    /// What to write so that it is told one thing more by name, beside what stands first.
    pub fn told(&self, first: Option<&str>, name: &str, value: &str) -> String {
        let Callee { word, form, .. } = *self;
        let named = form.named(name, value);
        match form {
            Form::Struct => format!("write `#[with({named})]` before the field"),
            Form::Attribute => format!("write `#[{word}({named})]`"),
            Form::Network | Form::Call => match first {
                Some(first) => format!("write `{word}({first}, {named})`"),
                None => format!("write `{word}({named})`"),
            },
        }
    }
}

/// The rows that are given or must be.
fn required_of<'a>(
    rows: &'static [Argument],
    stays: &'a impl Fn(&&Argument) -> bool,
) -> impl Iterator<Item = &'static Argument> + 'a {
    rows.iter().filter(|row| row.default == Default::Required || stays(row))
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
