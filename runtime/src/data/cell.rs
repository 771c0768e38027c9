//! Cells as numbers, and what to do about one that is none.

use super::fields;
use super::table::Table;
use crate::error::Result;

/// What can be done about a text where a number is expected, depending on who reads it.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    /// An encoder that is fitted to an input.
    Input,
    /// An encoder that is fitted to a target, or a target's type.
    Target,
    /// An encoding that was fitted.
    Fitted,
}

impl Reads {
    fn help(self) -> &'static str {
        match self {
            Reads::Input => "if the column has categories, `.one_hot(…)` makes a feature of each",
            Reads::Target => "`.classes(…)` instead of `.targets(…)` numbers all that the column has",
            Reads::Fitted => "the column was numbers in the table that was fitted",
        }
    }
}

/// A cell as a number, or what is wrong with it.
pub(super) fn number(table: &Table, row: usize, column: usize, cell: &str, reads: Reads) -> Result<f32> {
    fields::number(cell)
        .map_err(|problem| table.wrong(row, column, problem + &help(table, row, column, cell, reads)))
}

/// What a cell says that is true or false.
pub(super) fn boolean(cell: &str) -> Option<bool> {
    let one_of = |words: [&str; 6]| words.iter().any(|word| word.eq_ignore_ascii_case(cell.trim()));
    if one_of(["true", "yes", "on", "t", "y", "1"]) {
        return Some(true);
    }
    one_of(["false", "no", "off", "f", "n", "0"]).then_some(false)
}

/// A cell as true or false, or what is wrong with it.
pub(super) fn truth(table: &Table, row: usize, column: usize, cell: &str) -> Result<bool> {
    boolean(cell).ok_or_else(|| {
        let problem = format!(
            "expected true or false, found `{}`\nhelp: `true`, `yes`, `on`, `t`, `y`, `1` and their opposites are read; if the \
             column has other categories, `.one_hot(…)` makes a feature of each",
            fields::short(cell)
        );
        table.wrong(row, column, problem)
    })
}

/// What to do about a cell that is no number, on a line of its own; nothing if it is one, but a wrong one.
pub(super) fn help(table: &Table, row: usize, column: usize, cell: &str, reads: Reads) -> String {
    if cell.parse::<f64>().is_ok() {
        return String::new();
    }
    let of_file = table.is_of_file();
    let help = if cell.starts_with('#') && of_file {
        "if this line is a comment, `.comment(b'#')` leaves out lines that begin with `#`".to_owned()
    } else if let Some(help) = fields::almost_number(cell, of_file) {
        help
    } else if table.is_name(row, column) {
        "the first line looks like names, since the column has numbers below it: leave `.no_header()` out"
            .to_owned()
    } else {
        reads.help().to_owned()
    };
    format!("\nhelp: {help}")
}
