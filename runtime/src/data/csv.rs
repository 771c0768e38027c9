//! Tables in CSV files.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::Dataset;
use super::encoder::Encoder;
use super::encoding::Encoding;
use super::fields::{Columns, Field};
use super::format::Format;
use super::missing::{Missing, NA_VALUES, NaValues};
use super::rows::{Lines, Rows};
use super::table::{Header, Table};
use super::unknown::Unknown;
use crate::error::{Error, Result};
use crate::file_kind;

/// A table in a CSV file, also one compressed by gzip, whatever its name.
///
/// Columns are chosen by name or by position, and become the arrays that a network takes:
///
/// ```
/// use plywood::data::{Csv, Dataset};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("startups.csv");
/// std::fs::write(&path, "spend,staff,state,profit\n1.0,3,Utah,2.5\n2.0,4,Ohio,4.5\n").unwrap();
/// let data: Dataset<[f32; 2], f32> = Csv::open(&path)?.inputs(["spend", "staff"]).targets("profit").read()?;
/// assert_eq!(data.samples(), [[1.0, 3.0], [2.0, 4.0]]);
/// assert_eq!(data.targets(), [2.5, 4.5]);
///
/// // a column of text makes a feature of each of its categories
/// let (data, encoding) = Csv::open(&path)?.one_hot("state").targets("profit").fit::<[f32; 4], f32>()?;
/// assert_eq!(encoding.features(), ["spend", "staff", "state=Ohio", "state=Utah"]);
/// assert_eq!(data.samples()[0], [1.0, 3.0, 0.0, 1.0]);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// A class is a target of type `u32`, see [`targets`](Csv::targets). An image of `28 × 28` columns can be read as
/// `[[f32; 28]; 28]`, a row of any length as `Vec<f32>`. Every error names the line and the column.
///
/// **The file** is text in UTF-8, with or without a byte order mark, or in [Latin-1](Csv::latin1); lines end in `\n`,
/// `\r\n` or `\r`, empty ones count as none, and may all end with a delimiter. Cells may stand in quotes, two of which are
/// one within them. It can have up to 1,000,000 columns and 64 MiB a row, and, unless more is allowed, 10,000,000 rows and
/// 100,000,000 cells. It is read whole.
#[derive(Debug)]
#[must_use = "`.table()`, `.read()` or `.fit()` reads the file"]
pub struct Csv {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    /// Whether it was said what stands between cells.
    delimited: bool,
    lines: Lines,
    format: Format,
    na_values: NaValues,
    encoder: Encoder,
}

impl Csv {
    /// Opens a file whose first line names the columns.
    pub fn open(path: impl AsRef<Path>) -> Result<Csv> {
        let path = path.as_ref().to_owned();
        let file = File::open(&path).map_err(|error| Error::io("reading", &path, error))?;
        Ok(Csv {
            path,
            file: BufReader::with_capacity(1 << 16, file),
            header: Header::Likely,
            delimited: false,
            lines: Lines::default(),
            format: Format::PLAIN,
            na_values: NaValues::new(NA_VALUES),
            encoder: Encoder::new(),
        })
    }

    /// The first line is a row like the others; columns have positions only.
    pub fn no_header(self) -> Csv {
        Csv { header: Header::Numbers, ..self }
    }

    /// The first line is names, even where they are numbers. If it is not said, a first line of which most are numbers
    /// is an error, since its table would lose its first row.
    pub fn header(self) -> Csv {
        Csv { header: Header::Names, ..self }
    }

    /// What stands between two cells, a comma if it is not said.
    pub fn delimiter(mut self, delimiter: u8) -> Csv {
        self.lines.delimiter = delimiter;
        Csv { delimited: true, ..self }
    }

    /// The decimal sign of numbers, a point if it is not said: with `b','` the cell `1,5` is the number 1.5. In the
    /// [`Table`] numbers have a point, and so has whatever reads as one among texts: an identifier `+3` becomes `3`.
    ///
    /// ```
    /// use plywood::data::Csv;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("prices.csv");
    /// std::fs::write(&path, "# 2024, in euros\nyear;price\n2023;1.250,75\n2024;980,5\n").unwrap();
    /// let table = Csv::open(&path)?.comment(b'#').delimiter(b';').decimal(b',').thousands(b'.').table()?;
    /// assert_eq!((table.cell(0, 1), table.cell(1, 1)), (Some("1250.75"), Some("980.5")));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn decimal(mut self, sign: u8) -> Csv {
        self.format.decimal = sign;
        self
    }

    /// What stands between each three digits before the decimal sign, for instance `b','` in `1,234,567`; nothing if it is
    /// not said. A space stands for those that do not break a line too. Cells whose digits are grouped in another way are
    /// no numbers, and neither are those whose thousands begin with a 0: `0,125` is an eighth.
    pub fn thousands(mut self, sign: u8) -> Csv {
        self.format.thousands = Some(sign);
        self
    }

    /// Lines that begin with this are left out, for instance `b'#'`.
    pub fn comment(mut self, sign: u8) -> Csv {
        self.lines.comment = Some(sign);
        self
    }

    /// As many lines at the start of the file are left out, whatever is in them.
    pub fn skip_lines(mut self, lines: u64) -> Csv {
        self.lines.skipped = lines;
        self
    }

    /// The file is text in Latin-1 (ISO 8859-1), in which each byte is a letter, not in UTF-8.
    pub fn latin1(mut self) -> Csv {
        self.format.latin1 = true;
        self
    }

    /// As many bytes as a compressed file may be unpacked to, 4 GiB if it is not said: a small one can hold more than any
    /// memory.
    pub fn max_unpacked(mut self, bytes: u64) -> Csv {
        self.lines.max_unpacked = bytes;
        self
    }

    /// As many rows as the table may have, the header being one, 10,000,000 if it is not said. Each takes memory, also one
    /// with a single letter in it.
    pub fn max_rows(mut self, rows: u64) -> Csv {
        self.lines.max_rows = rows;
        self
    }

    /// As many cells as the table may have, 100,000,000 if it is not said. Each takes 4 bytes beside its text.
    pub fn max_cells(mut self, cells: u64) -> Csv {
        self.lines.max_cells = cells;
        self
    }

    /// What stands for a missing cell, besides nothing at all, instead of [`NA_VALUES`].
    pub fn na_values<S: Into<String>>(self, values: impl IntoIterator<Item = S>) -> Csv {
        Csv { na_values: NaValues::new(values), ..self }
    }

    /// The choices of an encoder, made elsewhere, instead of those made so far.
    pub fn encoder(self, encoder: Encoder) -> Csv {
        Csv { encoder, ..self }
    }

    /// The columns of the samples, in the order of their numbers. All that are not targets, if it is not
    /// said.
    pub fn inputs(self, columns: impl Into<Columns>) -> Csv {
        Csv { encoder: self.encoder.inputs(columns), ..self }
    }

    /// The inputs among these are categories: see [`Encoder::one_hot`].
    pub fn one_hot(self, columns: impl Into<Columns>) -> Csv {
        Csv { encoder: self.encoder.one_hot(columns), ..self }
    }

    /// The inputs among these are true or false: see [`Encoder::booleans`].
    pub fn booleans(self, columns: impl Into<Columns>) -> Csv {
        Csv { encoder: self.encoder.booleans(columns), ..self }
    }

    /// The columns of the targets, in the order of their numbers: see [`Encoder::targets`] for classes.
    pub fn targets(self, columns: impl Into<Columns>) -> Csv {
        Csv { encoder: self.encoder.targets(columns), ..self }
    }

    /// The column of the classes, which are numbered: see [`Encoder::classes`].
    pub fn classes(self, column: impl Into<Columns>) -> Csv {
        Csv { encoder: self.encoder.classes(column), ..self }
    }

    /// What becomes of missing cells in some columns: see [`Encoder::missing`].
    pub fn missing(self, columns: impl Into<Columns>, missing: Missing) -> Csv {
        Csv { encoder: self.encoder.missing(columns, missing), ..self }
    }

    /// What becomes of categories that this table does not have, in another one: see [`Encoder::unknown`].
    pub fn unknown(self, columns: impl Into<Columns>, unknown: Unknown) -> Csv {
        Csv { encoder: self.encoder.unknown(columns, unknown), ..self }
    }

    /// Reads the whole table as samples and targets.
    pub fn read<I: Field<Number = f32>, T: Field>(self) -> Result<Dataset<I, T>> {
        Ok(self.fit()?.0)
    }

    /// As [`read`](Csv::read), with what is needed to read another table in the same way: the names of features and
    /// classes, the categories, and what missing cells were filled with.
    pub fn fit<I: Field<Number = f32>, T: Field>(self) -> Result<(Dataset<I, T>, Encoding)> {
        let encoder = self.encoder.clone();
        let table = self.table()?;
        let encoding = encoder.fit(&table)?;
        Ok((encoding.dataset(&table)?, encoding))
    }

    /// Reads the whole table as it stands, all columns of it, whichever were chosen.
    pub fn table(self) -> Result<Table> {
        let Csv { path, mut file, header, delimited, lines, format, na_values, .. } = self;
        let comma = lines.delimiter;
        if matches!(comma, b'"' | b'\n' | b'\r') || !comma.is_ascii() {
            return Err(Error::Setting {
                name: "delimiter",
                expected: "any ASCII character that is neither a quote nor an end of line",
                found: format!("{:?}", comma as char),
            });
        }
        format.check()?;
        let start = file.fill_buf().map_err(|error| Error::io("reading", &path, error))?;
        if let Some(problem) = file_kind::no_table(start) {
            return Err(Error::Data { path, line: None, column: None, problem });
        }
        let mut rows = Rows::new(&path, file, lines)?;
        let table = Table::read(&path, &mut rows, header, delimited, (&na_values, format));
        table.map_err(|error| rows.damage().unwrap_or(error))
    }
}
