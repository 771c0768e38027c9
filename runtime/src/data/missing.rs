//! Cells with nothing in them, and what becomes of them.

use std::fmt;

use crate::text::counted;

/// What stands for nothing in a table, besides an empty cell, in capitals or not;
/// [`Csv::na_values`](super::Csv::na_values) changes it. The most usual of those that pandas knows, and `?`.
pub const NA_VALUES: [&str; 10] = ["NA", "N/A", "#N/A", "#NA", "<NA>", "NaN", "-NaN", "null", "None", "?"];

/// What becomes of cells with nothing in them.
///
/// Whatever they are filled with belongs to the [`Encoding`](super::Encoding): another table is filled with the same.
/// Targets are never filled, they can be refused or dropped.
///
/// ```
/// use plywood::data::{Encoder, Missing, Table};
///
/// let table = Table::new(["power", "origin"], [["100", "usa"], ["?", "japan"], ["130", "usa"], ["130", ""]])?;
/// let encoding = Encoder::new()
///     .one_hot("origin")
///     .missing("power", Missing::Mean)
///     .missing("origin", Missing::constant("elsewhere"))
///     .fit(&table)?;
/// let cars: Vec<[f32; 4]> = encoding.samples(&table)?;
/// assert_eq!(encoding.features(), ["power", "origin=elsewhere", "origin=japan", "origin=usa"]);
/// assert_eq!(cars[1], [120.0, 0.0, 1.0, 0.0]);
/// assert_eq!(cars[3], [130.0, 1.0, 0.0, 0.0]);
/// assert_eq!(encoding.repairs()[0].to_string(), "1 missing cell of `power` filled with 120");
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Missing {
    /// They are an error that lists the first of them. What is done if nothing is said.
    #[default]
    Refuse,
    /// Filled with the mean of the column's numbers.
    Mean,
    /// Filled with the median of the column's numbers, of an even number of them the mean of those in the middle.
    Median,
    /// Filled with what occurs most often in the column; of several the smallest number, or the first in the alphabet.
    MostFrequent,
    /// Filled with a number, or with a category, which then always has a feature of its own. See
    /// [`constant`](Missing::constant).
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::settings::cell"))]
    Constant(String),
    /// Their rows are left out.
    Drop,
}

impl Missing {
    /// Filled with this, as if it stood in the cell: `Missing::constant(0)`, `Missing::constant("unknown")`.
    pub fn constant(cell: impl ToString) -> Missing {
        Missing::Constant(cell.to_string())
    }
}

/// Why a table of which no row is left fits nothing and gives nothing.
pub(super) const ALL_LEFT_OUT: &str = "each of its rows was left out for a missing cell";

/// What was done about the missing cells of one column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Repair {
    /// The column.
    pub column: String,
    /// How many of its cells were missing.
    pub cells: usize,
    /// What they were filled with; `None` if their rows were left out.
    pub filled_with: Option<String>,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repair { column, cells, filled_with } = self;
        match filled_with {
            Some(with) => write!(f, "{} of `{column}` filled with {with}", counted(cells, "missing cells")),
            None => write!(f, "{} left out for a missing `{column}`", counted(cells, "rows")),
        }
    }
}

/// What stands for a missing cell, to be asked of every cell.
#[derive(Clone, Debug)]
pub(super) struct NaValues {
    values: Vec<String>,
    /// The first bytes of the values, as small letters: most cells are none of them by that alone.
    first: [bool; 256],
}

impl NaValues {
    pub fn new<S: Into<String>>(values: impl IntoIterator<Item = S>) -> NaValues {
        let values: Vec<String> = values.into_iter().map(|value| value.into().trim().to_owned()).collect();
        let mut first = [false; 256];
        values
            .iter()
            .filter_map(|v| v.bytes().next())
            .for_each(|b| first[b.to_ascii_lowercase() as usize] = true);
        NaValues { values, first }
    }

    pub fn contains(&self, cell: &str) -> bool {
        let first = cell.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
        self.first[first as usize] && self.values.iter().any(|value| value.eq_ignore_ascii_case(cell))
    }
}

/// The median of some numbers, `None` of none.
pub(super) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        n if n.is_multiple_of(2) => Some(0.5 * numbers[middle - 1] + 0.5 * numbers[middle]),
        _ => Some(numbers[middle]),
    }
}

/// The mean of some numbers, `None` of none.
pub(super) fn mean(numbers: &[f64]) -> Option<f64> {
    let sum: f64 = numbers.iter().sum();
    (!numbers.is_empty()).then(|| sum / numbers.len() as f64)
}
