//! The rows of a CSV file, with their lines, in bounded memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use csv_core::ReadRecordResult as Found;
use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result};

/// As many columns as a table can have.
pub(super) const MAX_COLUMNS: usize = 1_000_000;
/// As many bytes as a row can have.
pub(super) const MAX_ROW: usize = 64 << 20;

/// As many bytes as a compressed file can be unpacked to, unless more is allowed.
pub(super) const MAX_UNPACKED: u64 = 4 << 30;

/// Reads one row after the other into the same memory. Empty lines are none.
///
/// The state machine is that of the crate `csv`. Its reader would make room for whatever stands between two ends of
/// lines, and could not tell a quote that is never closed from a row that ends with the file.
pub(super) struct Rows<'a> {
    path: &'a Path,
    input: Box<dyn BufRead>,
    core: csv_core::Reader,
    /// The line of the next byte.
    line: u64,
    /// The byte before the next one.
    last: u8,
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// Bytes that may still come.
    left: u64,
    most: u64,
    packed: bool,
}

/// One row, as it stands in the file but for its quotes.
pub(super) struct Row<'a> {
    /// The line on which it begins.
    pub line: u64,
    /// How many lines more it has: quoted cells can.
    pub more_lines: u64,
    cells: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn cell(&self, i: usize) -> &'a [u8] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.cells[start..self.ends[i]].trim_ascii()
    }
}

impl<'a> Rows<'a> {
    /// A file that is compressed by gzip may be unpacked to `most` bytes.
    pub fn new(path: &'a Path, mut file: BufReader<File>, delimiter: u8, most: u64) -> Result<Rows<'a>> {
        let start = file.fill_buf().map_err(|error| Error::io("reading", path, error))?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let most = if packed { most } else { u64::MAX };
        let mut input: Box<dyn BufRead> = match packed {
            true => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))),
            false => Box::new(file),
        };
        let start = input.fill_buf().map_err(|error| unread(path, packed, error))?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            let problem = "this is text in UTF-16\nhelp: save it as UTF-8".to_owned();
            return Err(Error::Data { path: path.to_owned(), line: None, column: None, problem });
        }
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let (cells, ends) = (vec![0; 1 << 10], vec![0; 1 << 6]);
        Ok(Rows { path, input, core, line: 1, last: 0, cells, ends, left: most, most, packed })
    }

    /// The next row, `None` after the last.
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        let (mut bytes, mut columns, mut first) = (0, 0, None);
        loop {
            let input = self.input.fill_buf().map_err(|error| unread(self.path, self.packed, error))?;
            let ended = input.is_empty();
            if first.is_none() {
                if ended {
                    return Ok(None);
                }
                let empty = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                if empty > 0 {
                    (self.line, self.last) = after(&input[..empty], self.line, self.last);
                    self.input.consume(empty);
                    continue;
                }
                first = Some(self.line);
            }
            let line = first.unwrap_or(self.line);
            // The last row may have no end of line. It is given one: within quotes that is no end.
            let input = if ended { b"\n" } else { input };
            let (found, read, wrote, cells) =
                self.core.read_record(input, &mut self.cells[bytes..], &mut self.ends[columns..]);
            if input[..read].contains(&0) {
                let problem = "this is not text: it has bytes that are 0, as files of other kinds do";
                return Err(self.refuse(line, problem.to_owned()));
            }
            let after = after(&input[..read], self.line, self.last);
            if !ended {
                (self.line, self.last) = after;
                self.input.consume(read);
            }
            let Some(left) = self.left.checked_sub(if ended { 0 } else { read as u64 }) else {
                let problem = format!(
                    "the file unpacks to more than {} bytes\nhelp: `.max_unpacked(…)` allows more, if they fit in memory",
                    self.most
                );
                return Err(self.refuse(line, problem));
            };
            self.left = left;
            bytes += wrote;
            columns += cells;
            match found {
                Found::Record => {
                    let (cells, ends) = (&self.cells[..bytes], &self.ends[..columns]);
                    let lines = if self.last == b'\n' || self.last == b'\r' { 1 } else { 0 };
                    let more_lines = (self.line - line).saturating_sub(lines);
                    return Ok(Some(Row { line, more_lines, cells, ends }));
                }
                Found::End => return Ok(None),
                Found::InputEmpty if ended => {
                    let problem = format!("the quote that begins its cell {} is never closed", columns + 1);
                    return Err(self.refuse(line, problem));
                }
                Found::InputEmpty => {}
                Found::OutputFull if self.cells.len() == MAX_ROW => {
                    let problem = format!(
                        "this row has more than {} MiB\nhelp: if it is a table, a quote may not be closed",
                        MAX_ROW >> 20
                    );
                    return Err(self.refuse(line, problem));
                }
                Found::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                Found::OutputEndsFull if self.ends.len() == MAX_COLUMNS => {
                    let problem = format!("this row has more than {MAX_COLUMNS} cells");
                    return Err(self.refuse(line, problem));
                }
                Found::OutputEndsFull => self.ends.resize((2 * self.ends.len()).min(MAX_COLUMNS), 0),
            }
        }
    }

    fn refuse(&self, line: u64, problem: String) -> Error {
        Error::Data { path: self.path.to_owned(), line: Some(line), column: None, problem }
    }
}

/// Why there are no more bytes: what the system says or, if what is compressed is wrong, that.
fn unread(path: &Path, packed: bool, error: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let problem = match error.kind() {
        UnexpectedEof if packed => "its end is missing: as a gzip file it is cut short",
        InvalidData | InvalidInput if packed => {
            "it is damaged: it begins as a gzip file and does not go on or end as one"
        }
        _ => return Error::io("reading", path, error),
    };
    let problem = format!(
        "{problem} ({error})\nhelp: copy or download it again, or unpack it with `gzip` and read that"
    );
    Error::Data { path: path.to_owned(), line: None, column: None, problem }
}

/// The line after some bytes, and the last of them: `\n`, `\r` and both together end one.
fn after(bytes: &[u8], mut line: u64, mut last: u8) -> (u64, u8) {
    for byte in bytes {
        line += (*byte == b'\r' || *byte == b'\n' && last != b'\r') as u64;
        last = *byte;
    }
    (line, last)
}
