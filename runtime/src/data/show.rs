//! A table as text, for people to look at.

use std::fmt;

use super::table::Table;
use crate::text::counted;

/// As many rows as are shown.
const ROWS: usize = 5;
/// As many characters as are shown of a cell.
const CELL: usize = 20;
/// As many characters as a line has, if more than one column is on it.
const WIDTH: usize = 100;
/// As many columns as are named for their missing cells.
const NAMED: usize = 10;

/// How many rows and columns there are, the first rows as far as they fit on a line, with `—` for a missing cell, and the
/// columns that have any.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = (self.len().min(ROWS), self.names().len());
        write!(
            f,
            "{}: {}, {}",
            self.path().display(),
            counted(self.len(), "rows"),
            counted(columns, "columns")
        )?;
        let mut lines = vec![String::new(); if columns == 0 { 0 } else { rows + 1 }];
        let mut shown = 0;
        for (column, name) in self.names().iter().enumerate() {
            let cells = (0..rows).map(|row| self.cell(row, column));
            let numbers = cells.clone().all(|cell| cell.is_none_or(|cell| cell.parse::<f64>().is_ok()));
            let cells: Vec<String> = std::iter::once(Some(name.as_str()))
                .chain(cells)
                .map(|cell| cell.map_or("—".to_owned(), fitting))
                .collect();
            let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            if column > 0 && lines[0].chars().count() + 2 + width > WIDTH {
                break;
            }
            for (line, cell) in lines.iter_mut().zip(&cells) {
                let space = if column == 0 { "" } else { "  " };
                *line += &if numbers {
                    format!("{space}{cell:>width$}")
                } else {
                    format!("{space}{cell:<width$}")
                };
            }
            shown += 1;
        }
        lines.iter().try_for_each(|line| write!(f, "\n{}", line.trim_end()))?;
        if self.len() > rows {
            write!(f, "\n… {}", counted(self.len() - rows, "more rows"))?;
        }
        if columns > shown {
            let (names, more) = (self.names()[shown..].iter().take(NAMED), columns - shown > NAMED);
            let names: Vec<String> = names.map(|name| fitting(name)).collect();
            let more = if more { ", …" } else { "" };
            write!(f, "\n… {}: {}{more}", counted(columns - shown, "more columns"), names.join(", "))?;
        }
        let mut missing = (0..columns).filter(|column| self.missing(*column) > 0);
        let some: Vec<String> = missing
            .by_ref()
            .take(NAMED)
            .map(|column| format!("{} {}", fitting(&self.names()[column]), self.missing(column)))
            .collect();
        if some.is_empty() {
            return Ok(());
        }
        write!(f, "\nmissing cells: {}{}", some.join(", "), if missing.next().is_some() { ", …" } else { "" })
    }
}

/// What it is and how large; [`Display`](fmt::Display) shows some of what is in it.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path())
            .field("rows", &self.len())
            .field("columns", &self.names().len())
            .finish_non_exhaustive()
    }
}

/// A cell on one line, of which it takes a part.
fn fitting(cell: &str) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    match cell.char_indices().nth(CELL) {
        Some(_) => cell.chars().take(CELL - 1).map(line).chain(['…']).collect(),
        None => cell.chars().map(line).collect(),
    }
}
