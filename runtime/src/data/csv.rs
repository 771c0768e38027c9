//! Tables of numbers in CSV files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use flate2::bufread::MultiGzDecoder;

use super::Dataset;
use super::fields::{Column, Columns, Field};
use crate::error::{Error, Result};
use crate::sample::Sample;

/// A table of numbers in a CSV file, also one compressed by gzip, whatever its name.
///
/// Columns are chosen by name or by position, and become the arrays that a network takes:
///
/// ```
/// use plywood::data::{Csv, Dataset};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("startups.csv");
/// std::fs::write(&path, "spend,staff,profit\n1.0,3,2.5\n2.0,4,4.5\n").unwrap();
/// let data: Dataset<[f32; 2], f32> = Csv::open(&path)?.inputs(["spend", "staff"]).targets("profit").read()?;
/// assert_eq!(data.samples(), [[1.0, 3.0], [2.0, 4.0]]);
/// assert_eq!(data.targets(), [2.5, 4.5]);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// A class is a target of type `u32`, an image of `28 × 28` columns can be read as `[[f32; 28]; 28]`. Every
/// error names the line and the column.
#[derive(Debug)]
pub struct Csv {
    path: PathBuf,
    file: BufReader<File>,
    header: bool,
    delimiter: u8,
    inputs: Option<Columns>,
    targets: Option<Columns>,
}

impl Csv {
    /// Opens a file whose first line names the columns.
    pub fn open(path: impl AsRef<Path>) -> Result<Csv> {
        let path = path.as_ref().to_owned();
        let file = File::open(&path).map_err(|error| Error::io("reading", &path, error))?;
        Ok(Csv {
            path,
            file: BufReader::with_capacity(1 << 16, file),
            header: true,
            delimiter: b',',
            inputs: None,
            targets: None,
        })
    }

    /// The first line is numbers like the others; columns have positions only.
    pub fn no_header(self) -> Csv {
        Csv { header: false, ..self }
    }

    /// What stands between two cells, a comma if it is not said.
    pub fn delimiter(self, delimiter: u8) -> Csv {
        Csv { delimiter, ..self }
    }

    /// The columns of the samples, in the order of their numbers. All that are not targets, if it is not
    /// said.
    pub fn inputs(self, columns: impl Into<Columns>) -> Csv {
        Csv { inputs: Some(columns.into()), ..self }
    }

    /// The columns of the targets, in the order of their numbers.
    pub fn targets(self, columns: impl Into<Columns>) -> Csv {
        Csv { targets: Some(columns.into()), ..self }
    }

    /// Reads the whole table.
    pub fn read<I: Sample, T: Field>(self) -> Result<Dataset<I, T>> {
        let Csv { path, mut file, header, delimiter, inputs, targets } = self;
        let compressed =
            file.fill_buf().map_err(|error| Error::io("reading", &path, error))?.starts_with(&[0x1f, 0x8b]);
        let text: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(delimiter)
            .from_reader(text);

        let mut record = StringRecord::new();
        let mut table: Option<Table> = None;
        let (mut samples, mut classes) = (vec![], vec![]);
        while rows.read_record(&mut record).map_err(|error| refuse(&path, error))? {
            let table = match &mut table {
                Some(table) => table,
                None => {
                    let names = header.then(|| record.iter().map(str::to_owned).collect());
                    let new = Table::new(&path, record.len(), names, &inputs, &targets)?;
                    new.expect::<I>("samples", &new.inputs)?;
                    new.expect::<T>("targets", &new.targets)?;
                    let new = table.insert(new);
                    if header {
                        // a table without a header would lose its first row
                        if record.iter().all(|cell| cell.trim().parse::<f64>().is_ok()) {
                            let problem =
                                "the first line is numbers, not names\nhelp: call `.no_header()`".to_owned();
                            return Err(Error::Data { path, line: Some(1), column: None, problem });
                        }
                        continue;
                    }
                    new
                }
            };
            table.cells::<I>(&record, &table.inputs, &mut samples)?;
            table.cells::<T>(&record, &table.targets, &mut classes)?;
        }
        if samples.is_empty() {
            let problem = "there is no row of numbers in it".to_owned();
            return Err(Error::Data { path, line: None, column: None, problem });
        }
        Dataset::new(I::gather(samples), T::gather(classes))
    }
}

/// What the first line and the choices of columns say.
struct Table<'a> {
    path: &'a Path,
    width: usize,
    names: Option<Vec<String>>,
    inputs: Vec<usize>,
    targets: Vec<usize>,
}

impl<'a> Table<'a> {
    fn new(
        path: &'a Path,
        width: usize,
        names: Option<Vec<String>>,
        inputs: &Option<Columns>,
        targets: &Option<Columns>,
    ) -> Result<Table<'a>> {
        let mut table = Table { path, width, names, inputs: vec![], targets: vec![] };
        let Some(targets) = targets else {
            return Err(table.error("no columns were chosen for the targets\nhelp: call `.targets(…)`"));
        };
        table.targets = table.positions(targets)?;
        table.inputs = match inputs {
            Some(inputs) => table.positions(inputs)?,
            None => (0..width).filter(|i| !table.targets.contains(i)).collect(),
        };
        Ok(table)
    }

    fn positions(&self, columns: &Columns) -> Result<Vec<usize>> {
        columns.0.iter().map(|column| self.position(column)).collect()
    }

    fn position(&self, column: &Column) -> Result<usize> {
        let names = self.names.as_deref();
        match column {
            Column::Position(i) if *i < self.width => Ok(*i),
            Column::Position(i) => {
                Err(self.error(&format!("there is no column {i}: it has {}, counted from 0", self.width)))
            }
            Column::Name(name) => {
                let Some(names) = names else {
                    return Err(
                        self.error(&format!("column `{name}` was chosen by name, but there is no header"))
                    );
                };
                let mut found = names.iter().enumerate().filter(|(_, n)| *n == name);
                match (found.next(), found.next()) {
                    (Some((i, _)), None) => Ok(i),
                    (Some(_), Some(_)) => {
                        Err(self.error(&format!("two columns are called `{name}`\nhelp: choose by position")))
                    }
                    (None, _) => {
                        let some: Vec<_> = names.iter().take(20).map(|n| format!("`{n}`")).collect();
                        let more = if names.len() > 20 { ", …" } else { "" };
                        let some = some.join(", ");
                        Err(self.error(&format!(
                            "there is no column `{name}`\nhelp: its columns are {some}{more}"
                        )))
                    }
                }
            }
        }
    }

    /// As many columns were chosen as `F` takes.
    fn expect<F: Field>(&self, what: &str, chosen: &[usize]) -> Result<()> {
        if chosen.len() == F::COLUMNS {
            return Ok(());
        }
        let (expected, found) = (F::COLUMNS, chosen.len());
        let kind = std::any::type_name::<F>();
        Err(self.error(&format!("{what} of type `{kind}` take {expected} columns, {found} were chosen")))
    }

    /// Reads the cells of one row.
    fn cells<F: Field>(
        &self,
        record: &StringRecord,
        chosen: &[usize],
        cells: &mut Vec<F::Cell>,
    ) -> Result<()> {
        let line = record.position().map(|position| position.line());
        let refuse = |column, problem| Error::Data { path: self.path.to_owned(), line, column, problem };
        if record.len() != self.width {
            let problem =
                format!("expected {} cells, as in the first line, found {}", self.width, record.len());
            return Err(refuse(None, problem));
        }
        for i in chosen {
            let cell = F::cell(&record[*i]).map_err(|problem| refuse(Some(self.name(*i)), problem))?;
            cells.push(cell);
        }
        Ok(())
    }

    fn name(&self, position: usize) -> String {
        self.names.as_ref().map_or_else(|| position.to_string(), |names| names[position].clone())
    }

    fn error(&self, problem: &str) -> Error {
        Error::Data { path: self.path.to_owned(), line: None, column: None, problem: problem.to_owned() }
    }
}

/// An error of the reader, in our terms.
fn refuse(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map(|position| position.line());
    let problem = match error.into_kind() {
        ErrorKind::Io(error) => return Error::io("reading", path, error),
        ErrorKind::Utf8 { err, .. } => format!("this is not text in UTF-8 ({err})"),
        kind => return Error::io("reading", path, io::Error::other(format!("{kind:?}"))),
    };
    Error::Data { path: path.to_owned(), line, column: None, problem }
}
