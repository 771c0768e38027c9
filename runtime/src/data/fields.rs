//! What the columns of a table become.

use std::ops::{Range, RangeFull, RangeInclusive};

use crate::network::ports::Element;
use crate::network::sample::{Sample, try_zeroed};

/// What some columns of a table can become, once per row: a [`Sample`] of as many numbers, `Vec<f32>` of any number
/// of them, or a class, `u32`.
#[diagnostic::on_unimplemented(
    message = "columns of a table do not become `{Self}`",
    note = "samples, and targets that are numbers, are `f32`, arrays of it or `Vec<f32>`; classes are `u32`"
)]
pub trait Field: Element {
    /// How many numbers it takes; `None` for as many as there are.
    const COLUMNS: Option<usize>;
    /// What one of its numbers is: `f32`, or `u32` for a class.
    type Number: Copy;
    /// What a cell of a column of numbers becomes, or what is wrong with it.
    #[doc(hidden)]
    fn number(text: &str) -> Result<Self::Number, String>;
    /// What a class of so many becomes, if it can.
    #[doc(hidden)]
    fn class(index: u32, of: usize) -> Option<Self::Number>;
    /// `n` of them, of `width` numbers each, which `fill` sets for each index.
    #[doc(hidden)]
    fn rows(n: usize, width: usize, fill: &mut Fill<'_, Self::Number>) -> crate::Result<Vec<Self>>;
}

/// Sets all numbers of one row, which are zero before.
#[doc(hidden)]
pub type Fill<'a, N> = dyn FnMut(usize, &mut [N]) -> crate::Result<()> + 'a;

impl<S: Sample> Field for S {
    const COLUMNS: Option<usize> = Some(S::LEN);
    type Number = f32;

    fn number(text: &str) -> Result<f32, String> {
        number(text)
    }

    fn class(index: u32, of: usize) -> Option<f32> {
        (of == 2).then_some(index as f32)
    }

    fn rows(n: usize, _: usize, fill: &mut Fill<'_, f32>) -> crate::Result<Vec<S>> {
        let mut samples = try_zeroed::<S>("a data set", n)?;
        let rows = S::flat_mut(&mut samples).chunks_exact_mut(S::LEN.max(1));
        rows.enumerate().try_for_each(|(i, row)| fill(i, row))?;
        Ok(samples.into_vec())
    }
}

impl Field for Vec<f32> {
    const COLUMNS: Option<usize> = None;
    type Number = f32;

    fn number(text: &str) -> Result<f32, String> {
        number(text)
    }

    fn class(_: u32, _: usize) -> Option<f32> {
        None
    }

    fn rows(n: usize, width: usize, fill: &mut Fill<'_, f32>) -> crate::Result<Vec<Vec<f32>>> {
        let row = |i| {
            let mut row = vec![0.0; width];
            fill(i, &mut row).map(|()| row)
        };
        (0..n).map(row).collect()
    }
}

impl Field for u32 {
    const COLUMNS: Option<usize> = Some(1);
    type Number = u32;

    fn number(text: &str) -> Result<u32, String> {
        // Programs that know only one kind of number write class 3 as `3.0`.
        let whole = |x: &f64| x.fract() == 0.0 && (0.0..=u32::MAX as f64).contains(x);
        match text.parse::<u32>().ok().or_else(|| text.parse::<f64>().ok().filter(whole).map(|x| x as u32)) {
            Some(class) => Ok(class),
            None => Err(format!("expected a class, 0, 1, …, found `{}`", short(text))),
        }
    }

    fn class(index: u32, _: usize) -> Option<u32> {
        Some(index)
    }

    fn rows(n: usize, _: usize, fill: &mut Fill<'_, u32>) -> crate::Result<Vec<u32>> {
        let mut classes = vec![0; n];
        classes.chunks_exact_mut(1).enumerate().try_for_each(|(i, row)| fill(i, row))?;
        Ok(classes)
    }
}

/// A cell as a finite number.
pub(super) fn number(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(format!("expected a finite number, found `{}`", short(text))),
        Err(_) => Err(format!("expected a number, found `{}`", short(text))),
    }
}

/// A cell that has a number, but is none as it is written.
struct Almost<'a> {
    /// Without what stands before and after the number.
    bare: &'a str,
    /// As a number, if a comma is the decimal sign and, where a point stands before it, points are between thousands.
    point: Option<String>,
    /// Whether there are such points.
    is_turned: bool,
    /// As a number, if commas are between thousands.
    none: Option<String>,
}

impl Almost<'_> {
    fn of(cell: &str) -> Option<Almost<'_>> {
        // a letter before or after is more likely to be a name, such as `A1`
        let bare = cell.trim_matches(|c: char| !c.is_alphanumeric() && !"+-.,".contains(c)).trim();
        let is_number = |text: &String| {
            text.ends_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok()
        };
        // of two signs the last is the decimal one
        let is_turned = bare.rfind(',') > bare.rfind('.') && bare.contains('.');
        let point =
            if is_turned { bare.replace('.', "").replacen(',', ".", 1) } else { bare.replacen(',', ".", 1) };
        let point = Some(point).filter(is_number);
        let none = Some(bare.replace(',', "")).filter(|none| !is_turned && is_number(none));
        (point.is_some() || none.is_some()).then_some(Almost { bare, point, is_turned, none })
    }
}

/// Whether a cell has a number, but with a decimal comma, with something between thousands, or with a sign such as that of a
/// currency before or after it. A column of such is not one of text.
pub(super) fn is_almost_number(cell: &str) -> bool {
    Almost::of(cell).is_some()
}

/// What to do about such a cell: of a file by its options, of a table in memory by writing another.
pub(super) fn almost_number(cell: &str, of_file: bool) -> Option<String> {
    let Almost { bare, point, is_turned, none } = Almost::of(cell)?;
    let signs = if bare == cell {
        String::new()
    } else {
        format!("there must be nothing but the number in a cell, here `{}`", short(bare))
    };
    let commas = match (&point, &none) {
        _ if !bare.contains(',') => String::new(),
        (Some(point), _) if of_file && is_turned => format!(
            "`.decimal(b',').thousands(b'.')` reads a decimal comma and points between thousands, here `{}`",
            short(point)
        ),
        (Some(point), _) if of_file => format!(
            "`.decimal(b',')` reads a decimal comma, here `{}`; `.thousands(b',')` one between thousands",
            short(point)
        ),
        (None, _) if of_file => "`.thousands(b',')` reads commas between thousands".to_owned(),
        (Some(point), Some(none)) => format!(
            "a cell in memory has a point as its decimal sign and nothing between thousands: `{}`, or `{}`",
            short(point),
            short(none)
        ),
        (one, other) => format!(
            "a cell in memory has a point as its decimal sign and nothing between thousands: `{}`",
            short(one.as_ref().or(other.as_ref()).map_or("", String::as_str))
        ),
    };
    let both = [signs, commas];
    Some(both.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("; "))
}

/// Text as a message can bear it.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first of some names, as a message can bear them.
pub(super) fn list_of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    const MOST: usize = 10;
    let mut names = names.into_iter();
    let some: Vec<_> = names.by_ref().take(MOST).map(|name| format!("`{}`", short(name.as_ref()))).collect();
    some.join(", ") + if names.next().is_some() { ", …" } else { "" }
}

/// A choice of columns, in order: `"Profit"`, `["x", "y"]`, `3`, `[0, 2]`, `1..785`, or `..`, all that come into
/// question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns(pub(super) Vec<Choice>);

impl Columns {
    /// These, and then others.
    pub(super) fn extend(&mut self, others: Columns) {
        self.0.extend(others.0);
    }
}

/// A column by its name in the header, or by its position from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice {
    Name(String),
    Position(usize),
    All,
}

impl From<&str> for Choice {
    fn from(name: &str) -> Choice {
        Choice::Name(name.to_owned())
    }
}
impl From<String> for Choice {
    fn from(name: String) -> Choice {
        Choice::Name(name)
    }
}
impl From<usize> for Choice {
    fn from(position: usize) -> Choice {
        Choice::Position(position)
    }
}
impl From<RangeFull> for Choice {
    fn from(_: RangeFull) -> Choice {
        Choice::All
    }
}

fn list<C: Into<Choice>>(columns: impl IntoIterator<Item = C>) -> Columns {
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
    [] &String, name => [name.as_str()];
    [] RangeFull, all => [all];
    [const N: usize] [&str; N], names => names;
    [const N: usize] [String; N], names => names;
    [const N: usize] [usize; N], positions => positions;
    [] &[&str], names => names.iter().copied();
    [] &[String], names => names.iter().map(String::as_str);
    [] &[usize], positions => positions.iter().copied();
    [] Vec<&str>, names => names;
    [] Vec<String>, names => names;
    [] &Vec<String>, names => names.iter().map(String::as_str);
    [] Vec<usize>, positions => positions;
}
