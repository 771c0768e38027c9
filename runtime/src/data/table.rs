//! Tables whose columns need not be known in advance.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::categories::Categories;
use super::fields::{is_almost_number, number, short};
use super::format::Format;
use super::missing::{NA_VALUES, NaValues};
use super::rows::{Row, Rows};
use super::split::{Emptied, Part};
use crate::error::{Error, Result};
use crate::text::counted;

/// Any table of text, in memory: what [`Csv::table`](super::Csv::table) reads, or rows of a program's own.
///
/// It says what is in its columns, so that a program can choose among them; an [`Encoding`](super::Encoding) makes
/// numbers of them.
///
/// ```
/// use plywood::data::Table;
///
/// let table = Table::new(["length", "kind"], [["1.5", "cat"], ["", "dog"], ["2", "cat"]])?;
/// let kind = table.column("kind")?;
/// assert!(!kind.numeric);
/// assert_eq!((kind.distinct, kind.missing), (2, 0));
/// assert_eq!(table.columns().filter(|column| column.missing > 0).count(), 1);
/// assert_eq!(table.cell(2, 0), Some("2"));
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// Cells stand without the spaces around them. A missing cell is `None`: an empty one, or one of
/// [`NA_VALUES`](super::NA_VALUES), unless [`Csv::na_values`](super::Csv::na_values) said otherwise. `println!("{table}")`
/// shows the first rows.
#[derive(Clone)]
pub struct Table {
    pub(super) path: PathBuf,
    names: Vec<String>,
    /// Whether the names are the file's.
    named: bool,
    /// All cells, row by row; a missing one is empty.
    text: String,
    /// Where each cell ends, counted from the start of its row.
    ends: Vec<u32>,
    /// Where each row begins.
    starts: Vec<usize>,
    /// The rows that do not begin on the line after that of the row before, with their lines.
    lines: Vec<(usize, u64)>,
    /// How many cells of each column are missing.
    missing: Vec<usize>,
    /// Why it has no row, where a split knows.
    emptied: Option<Emptied>,
    /// The line on which the first row began of what was read.
    first: u64,
}

/// What is in a column of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its name. One without a name is called by its position, as `Unnamed: 3`; in a table without a header, `3`.
    pub name: String,
    /// Its position, from 0.
    pub position: usize,
    /// Whether all cells that are not missing are finite numbers, as encodings take them; if not, the column can be one-hot
    /// encoded, or be classes.
    pub numeric: bool,
    /// Whether all of these are whole numbers, as classes and counts are.
    pub whole: bool,
    /// How many different values they have; `4` and `4.0` are one if all are numbers.
    pub distinct: usize,
    /// How many cells are missing.
    pub missing: usize,
}

/// What the first line of a file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Header {
    Names,
    Numbers,
    /// Names, if it does not look like numbers.
    Likely,
}

/// What a table is called that is of no file.
const IN_MEMORY: &str = "table in memory";

impl Table {
    /// A table of these rows, each with a cell for every name.
    pub fn new<N, R>(names: impl IntoIterator<Item = N>, rows: impl IntoIterator<Item = R>) -> Result<Table>
    where
        N: Into<String>,
        R: IntoIterator<Item: AsRef<str>>,
    {
        let names = names.into_iter().map(|name| name.into().trim().to_owned()).collect();
        let mut table = Table::empty(Path::new(IN_MEMORY), names, true);
        let na_values = NaValues::new(NA_VALUES);
        for (i, row) in rows.into_iter().enumerate() {
            let cells: Vec<_> = row.into_iter().collect();
            let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
            let line = i as u64 + 1;
            if cells.len() != table.names.len() {
                return Err(table.ragged(line, cells.len(), 0));
            }
            table.push(line, cells, (&na_values, Format::PLAIN))?;
        }
        Ok(table)
    }

    /// Whether it was read from a file.
    pub(super) fn is_of_file(&self) -> bool {
        self.path != Path::new(IN_MEMORY)
    }

    fn empty(path: &Path, names: Vec<String>, named: bool) -> Table {
        let missing = vec![0; names.len()];
        let (path, text) = (path.to_owned(), String::new());
        Table {
            path,
            names,
            named,
            text,
            ends: vec![],
            starts: vec![],
            lines: vec![],
            missing,
            emptied: None,
            first: 1,
        }
    }

    /// All rows of a file.
    pub(super) fn read(
        path: &Path,
        rows: &mut Rows<'_>,
        header: Header,
        sure_of_delimiter: bool,
        how: (&NaValues, Format),
    ) -> Result<Table> {
        let mut table: Option<Table> = None;
        let refuse =
            |line, problem: String| Error::Data { path: path.to_owned(), line, column: None, problem };
        while let Some(row) = rows.next()? {
            let decoded = text(path, table.as_ref(), &row, how.1)?;
            let cells: Vec<&str> = decoded.iter().map(|cell| cell.trim()).collect();
            let Some(table) = &mut table else {
                // spaces alone are an empty line
                if cells == [""] {
                    continue;
                }
                if let [cell] = cells[..]
                    && !sure_of_delimiter
                    && let Some((word, byte)) = delimiter(cell)
                {
                    let problem = format!(
                        "its only column is `{}`\nhelp: if its columns are separated by {word}, call \
                         `.delimiter({byte})`; if not, `.delimiter(b',')`",
                        short(cell)
                    );
                    return Err(refuse(Some(row.line), problem));
                }
                let numbers = cells.iter().filter(|cell| cell.parse::<f64>().is_ok()).count();
                // a table without a header would lose its first row
                if header == Header::Likely && 2 * numbers > cells.len() {
                    let which = if numbers == cells.len() { "" } else { "mostly " };
                    let problem = format!(
                        "the first line is {which}numbers, not names\nhelp: call `.no_header()`, or `.header()` if \
                         they are names"
                    );
                    return Err(refuse(Some(row.line), problem));
                }
                if header == Header::Numbers {
                    let names = (0..cells.len()).map(|i| i.to_string()).collect();
                    let mut new = Table::empty(path, names, false);
                    new.push(row.line, cells, how)?;
                    table = Some(new);
                } else {
                    table = Some(Table::empty(path, cells.into_iter().map(str::to_owned).collect(), true));
                }
                continue;
            };
            table.push_ragged(&row, cells, how)?;
        }
        let Some(mut table) = table else {
            return Err(refuse(None, "the file has no row".to_owned()));
        };
        if table.is_empty() {
            let problem = "there is a header, but no row below it".to_owned();
            return Err(refuse(None, problem));
        }
        table.name_the_nameless();
        Ok(table)
    }

    /// Adds a row whose last cell may be one too many, or one too few, if the line ends with a delimiter or the header's
    /// does.
    fn push_ragged(&mut self, row: &Row<'_>, mut cells: Vec<&str>, how: (&NaValues, Format)) -> Result<()> {
        let width = self.names.len();
        if cells.len() == width + 1 && cells[width].is_empty() {
            cells.pop();
        } else if width > 1 && cells.len() + 1 == width && self.names[width - 1].is_empty() {
            cells.push("");
        } else if width > 1 && cells == [""] {
            // spaces alone are an empty line
            return Ok(());
        } else if cells.len() != width {
            return Err(self.ragged(row.line, cells.len(), row.more_lines));
        }
        self.push(row.line, cells, how)
    }

    fn push(&mut self, line: u64, cells: Vec<&str>, (na_values, format): (&NaValues, Format)) -> Result<()> {
        let start = self.text.len();
        let bytes = cells.iter().map(|cell| cell.len()).sum();
        let room = self.text.try_reserve(bytes).and_then(|()| self.ends.try_reserve(cells.len()));
        if room.and_then(|()| self.starts.try_reserve(1)).is_err() {
            let problem =
                format!("there is not enough memory for this row, beside {start} bytes of those before it");
            return Err(self.refuse(Some(line), None, problem));
        }
        self.begin(line);
        for (column, cell) in cells.into_iter().enumerate().take(self.names.len()) {
            let cell = cell.trim();
            if cell.is_empty() || na_values.contains(cell) {
                self.missing[column] += 1;
            } else {
                let plain = format.plain(cell);
                self.text.push_str(&plain.map_err(|problem| self.refuse(Some(line), Some(column), problem))?);
            }
            let Ok(end) = u32::try_from(self.text.len() - start) else {
                return Err(self.refuse(Some(line), None, "this row has more than 4 GiB".to_owned()));
            };
            self.ends.push(end);
        }
        Ok(())
    }

    /// Begins a row.
    fn begin(&mut self, line: u64) {
        let row = self.len();
        if row == 0 {
            self.first = line;
        }
        if row == 0 || line != self.line(row - 1) + 1 {
            self.lines.push((row, line));
        }
        self.starts.push(self.text.len());
    }

    /// The rows of a part, as they stand and with their lines.
    pub(super) fn pick(&self, part: &Part) -> Table {
        let mut table = Table::empty(&self.path, self.names.clone(), self.named);
        table.emptied = part.emptied;
        let width = self.names.len();
        for row in &part.rows {
            table.begin(self.line(*row));
            let ends = &self.ends[row * width..(row + 1) * width];
            let start = self.starts[*row];
            table.text.push_str(&self.text[start..start + ends.last().map_or(0, |end| *end as usize)]);
            table.ends.extend_from_slice(ends);
            for (column, missing) in table.missing.iter_mut().enumerate() {
                *missing += usize::from(self.cell(*row, column).is_none());
            }
        }
        table.first = self.first;
        table
    }

    /// Why there is no row in it.
    pub(super) fn why_empty(&self) -> String {
        let why = self.emptied.map(|emptied| format!("\nhelp: {emptied}"));
        format!("it has no row{}", why.unwrap_or_default())
    }

    fn ragged(&self, line: u64, found: usize, more_lines: u64) -> Error {
        let like = if self.named { "header" } else { "first row" };
        let expected = counted(self.names.len(), "cells");
        let mut problem = format!("expected {expected}, as in the {like}, found {found}");
        if more_lines > 0 {
            let last = line + more_lines;
            problem += &format!("\nhelp: this row goes on to line {last}: a quote in it may not be closed");
        } else if [self.names.first().map(String::as_str), self.cell(0, 0)]
            .iter()
            .flatten()
            .any(|cell| cell.starts_with('#'))
        {
            problem += "\nhelp: the first line looks like a comment: `.comment(b'#')` leaves lines out that begin with `#`";
        }
        self.refuse(Some(line), None, problem)
    }

    /// A last column without a name and without a cell is what a delimiter at the end of each line makes.
    fn name_the_nameless(&mut self) {
        let width = self.names.len();
        let nameless = width > 1 && (!self.named || self.names[width - 1].is_empty());
        if nameless && self.missing[width - 1] == self.len() {
            self.names.pop();
            self.missing.pop();
            self.ends = self.ends.chunks(width).flat_map(|ends| &ends[..width - 1]).copied().collect();
        }
        for (i, name) in self.names.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
            *name = format!("Unnamed: {i}");
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The names of its columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What stands in a cell; `None` if it is missing, or if there is no such row or column. Both are counted from 0.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        let width = self.names.len();
        if column >= width {
            return None;
        }
        let (start, ends) = (*self.starts.get(row)?, &self.ends[row * width..(row + 1) * width]);
        let from = if column == 0 { 0 } else { ends[column - 1] };
        let cell = &self.text[start + from as usize..start + ends[column] as usize];
        (!cell.is_empty()).then_some(cell)
    }

    /// What is in each column, in order. Each is looked through when it is asked for.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        (0..self.names.len()).map(|position| self.describe(position))
    }

    pub(super) fn describe(&self, position: usize) -> Column {
        let cells = || self.filled(position);
        let numeric = cells().all(|(_, cell)| number(cell).is_ok());
        let is_whole = |cell: &str| cell.parse::<f64>().is_ok_and(|number| number.fract() == 0.0);
        let whole = numeric && cells().all(|(_, cell)| is_whole(cell));
        let distinct = match numeric {
            true => Categories::of(cells().map(|(_, cell)| cell)).names().len(),
            false => cells().map(|(_, cell)| cell).collect::<BTreeSet<_>>().len(),
        };
        let missing = self.missing[position];
        Column { name: self.names[position].clone(), position, numeric, whole, distinct, missing }
    }

    /// The cells of a column that are not missing, with their rows.
    pub(super) fn filled(&self, column: usize) -> impl Iterator<Item = (usize, &str)> {
        (0..self.len()).filter_map(move |row| Some((row, self.cell(row, column)?)))
    }

    /// Whether there is text in a column and no number.
    pub(super) fn is_text(&self, column: usize) -> bool {
        let mut cells = self.filled(column).peekable();
        let is_number = |cell: &str| cell.parse::<f64>().is_ok() || is_almost_number(cell);
        cells.peek().is_some() && cells.all(|(_, cell)| !is_number(cell))
    }

    /// Whether a cell of the first row is probably the name of its column: a text, with numbers in all other rows.
    pub(super) fn is_name(&self, row: usize, column: usize) -> bool {
        let mut others = self.filled(column).filter(|(other, _)| *other != row).peekable();
        !self.named
            && self.line(row) == self.first
            && others.peek().is_some()
            && others.all(|(_, cell)| number(cell).is_ok())
    }

    /// How many cells of a column are missing.
    pub(super) fn missing(&self, column: usize) -> usize {
        self.missing[column]
    }

    /// The file, or what else it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn named(&self) -> bool {
        self.named
    }

    /// What is wrong with the table as a whole.
    pub(super) fn error(&self, problem: String) -> Error {
        self.refuse(None, None, problem)
    }

    /// What is wrong with a cell.
    pub(super) fn wrong(&self, row: usize, column: usize, problem: String) -> Error {
        self.refuse(Some(self.line(row)), Some(column), problem)
    }

    /// The line on which a row begins.
    pub(super) fn line(&self, row: usize) -> u64 {
        let (from, line) = self.lines[self.lines.partition_point(|(from, _)| *from <= row) - 1];
        line + (row - from) as u64
    }

    fn refuse(&self, line: Option<u64>, column: Option<usize>, problem: String) -> Error {
        let column = column.map(|column| short(&self.names[column]));
        Error::Data { path: self.path.clone(), line, column, problem }
    }
}

/// The cells of a row as text.
fn text<'a>(path: &Path, table: Option<&Table>, row: &Row<'a>, format: Format) -> Result<Vec<Cow<'a, str>>> {
    let cell = |i| {
        format.text(row.cell(i)).ok_or_else(|| {
            let name = table.and_then(|table| table.names.get(i)).map(|name| short(name));
            let problem = "this is not text in UTF-8\nhelp: if it is text at all, save it as UTF-8, or call \
                           `.latin1()` if each of its letters is a byte"
                .to_owned();
            let column = Some(name.unwrap_or_else(|| i.to_string()));
            Error::Data { path: path.to_owned(), line: Some(row.line), column, problem }
        })
    };
    (0..row.len()).map(cell).collect()
}

/// What the cells of a line probably are separated by, in words and in Rust, if it is no comma.
fn delimiter(line: &str) -> Option<(&'static str, &'static str)> {
    let known = [(';', "semicolons", "b';'"), ('\t', "tabs", "b'\\t'"), ('|', "bars", "b'|'")];
    known.into_iter().find(|(delimiter, ..)| line.contains(*delimiter)).map(|(_, word, byte)| (word, byte))
}
