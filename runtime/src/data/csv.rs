//! Tables in CSV files.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::Dataset;
use super::encoder::Encoder;
use super::encoding::Encoding;
use super::fields::{Columns, Field};
use super::missing::{Missing, NA_VALUES, NaValues};
use super::rows::{MAX_UNPACKED, Rows};
use super::table::{Header, Table};
use super::unknown::Unknown;
use crate::error::{Error, Result};

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
/// **The file** is text in UTF-8, with or without a byte order mark; lines end in `\n`, `\r\n` or `\r`, empty ones
/// count as none, and may all end with a delimiter. Cells may stand in quotes, two of which are one within them. It can
/// have up to 1,000,000 columns and 64 MiB a row, and is read whole.
#[derive(Debug)]
pub struct Csv {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    delimiter: Option<u8>,
    max_unpacked: u64,
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
            delimiter: None,
            max_unpacked: MAX_UNPACKED,
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
    pub fn delimiter(self, delimiter: u8) -> Csv {
        Csv { delimiter: Some(delimiter), ..self }
    }

    /// As many bytes as a compressed file may be unpacked to, 4 GiB if it is not said: a small one can hold more than any
    /// memory.
    pub fn max_unpacked(self, bytes: u64) -> Csv {
        Csv { max_unpacked: bytes, ..self }
    }

    /// What stands for a missing cell, besides nothing at all, instead of [`NA_VALUES`].
    pub fn na_values<S: Into<String>>(self, values: impl IntoIterator<Item = S>) -> Csv {
        Csv { na_values: NaValues::new(values), ..self }
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
        let Csv { path, file, header, delimiter, max_unpacked, na_values, .. } = self;
        let comma = delimiter.unwrap_or(b',');
        if matches!(comma, b'"' | b'\n' | b'\r') || !comma.is_ascii() {
            return Err(Error::Setting {
                name: "delimiter",
                expected: "any ASCII character that is neither a quote nor an end of line",
                found: format!("{:?}", comma as char),
            });
        }
        let mut rows = Rows::new(&path, file, comma, max_unpacked)?;
        Table::read(&path, &mut rows, header, delimiter.is_some(), &na_values)
    }
}
