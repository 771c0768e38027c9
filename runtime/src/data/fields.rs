//! What the columns of a table become.

use std::ops::{Range, RangeInclusive};

use crate::sample::{Sample, Sealed, zeroed};

/// What some columns of a table can become, once per row: a [`Sample`] of as many numbers, or a class, `u32`.
pub trait Field: Sealed + Sized {
    /// How many columns it takes.
    const COLUMNS: usize;
    /// What a cell becomes first.
    #[doc(hidden)]
    type Cell;
    /// A cell, or what is wrong with it.
    #[doc(hidden)]
    fn cell(text: &str) -> Result<Self::Cell, String>;
    /// All rows, from all their cells.
    #[doc(hidden)]
    fn gather(cells: Vec<Self::Cell>) -> Vec<Self>;
}

impl<S: Sample> Field for S {
    const COLUMNS: usize = S::LEN;
    type Cell = f32;

    fn cell(text: &str) -> Result<f32, String> {
        match text.parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(format!("expected a finite number, found `{text}`")),
            Err(_) if text.is_empty() => Err("expected a number, found nothing".to_owned()),
            Err(_) => Err(format!("expected a number, found `{text}`")),
        }
    }

    fn gather(cells: Vec<f32>) -> Vec<S> {
        let mut samples = zeroed::<S>(cells.len() / S::LEN);
        S::flat_mut(&mut samples).copy_from_slice(&cells);
        samples.into_vec()
    }
}

impl Field for u32 {
    const COLUMNS: usize = 1;
    type Cell = u32;

    fn cell(text: &str) -> Result<u32, String> {
        // Programs that know only one kind of number write class 3 as `3.0`.
        let whole = |x: &f64| x.fract() == 0.0 && (0.0..=u32::MAX as f64).contains(x);
        match text.parse::<u32>().ok().or_else(|| text.parse::<f64>().ok().filter(whole).map(|x| x as u32)) {
            Some(class) => Ok(class),
            None if text.is_empty() => Err("expected a class, 0, 1, …, found nothing".to_owned()),
            None => Err(format!("expected a class, 0, 1, …, found `{text}`")),
        }
    }

    fn gather(cells: Vec<u32>) -> Vec<u32> {
        cells
    }
}

/// A choice of columns, in order: `"Profit"`, `["x", "y"]`, `3`, `[0, 2]`, `1..785`.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns(pub(super) Vec<Column>);

/// A column by its name in the header, or by its position from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    Name(String),
    Position(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Column {
        Column::Name(name.to_owned())
    }
}
impl From<String> for Column {
    fn from(name: String) -> Column {
        Column::Name(name)
    }
}
impl From<usize> for Column {
    fn from(position: usize) -> Column {
        Column::Position(position)
    }
}

fn list<C: Into<Column>>(columns: impl IntoIterator<Item = C>) -> Columns {
    Columns(columns.into_iter().map(Into::into).collect())
}

macro_rules! columns {
    ($([$($generic:tt)*] $from:ty, $columns:ident => $list:expr;)*) => { $(
        impl<$($generic)*> From<$from> for Columns {
            fn from($columns: $from) -> Columns {
                list($list)
            }
        }
    )* };
}
columns! {
    [] &str, name => [name];
    [] String, name => [name];
    [] usize, position => [position];
    [] Range<usize>, positions => positions;
    [] RangeInclusive<usize>, positions => positions;
    [const N: usize] [&str; N], names => names;
    [const N: usize] [String; N], names => names;
    [const N: usize] [usize; N], positions => positions;
    [] &[&str], names => names.iter().copied();
    [] &[usize], positions => positions.iter().copied();
    [] Vec<&str>, names => names;
    [] Vec<String>, names => names;
    [] Vec<usize>, positions => positions;
}
