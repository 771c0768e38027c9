//! The rows of a CSV file, with their lines, in bounded memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use csv_core::ReadRecordResult as Found;
use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::text::counted;

/// As many columns as a table can have.
pub(super) const MAX_COLUMNS: usize = 1_000_000;
/// As many bytes as a row can have.
pub(super) const MAX_ROW: usize = 64 << 20;

/// How much a file may hold, and how its lines are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    /// What stands between two cells.
    pub delimiter: u8,
    /// What lines begin with that are left out.
    pub comment: Option<u8>,
    /// Lines at the start that are left out.
    pub skipped: u64,
    /// As many bytes as a compressed file can be unpacked to.
    pub max_unpacked: u64,
    /// As many rows.
    pub max_rows: u64,
    /// As many cells.
    pub max_cells: u64,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            delimiter: b',',
            comment: None,
            skipped: 0,
            max_unpacked: 4 << 30,
            max_rows: 10_000_000,
            max_cells: 100_000_000,
        }
    }
}

/// What a text in UTF-8 may begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// As many bytes are read on to see whether a compressed file is damaged.
const LOOKED_AT: u64 = 256 << 20;

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
    lines: Lines,
    /// Bytes that may still come, of what is packed.
    left: u64,
    rows: u64,
    cell_count: u64,
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
    /// The rows of a file, which may be compressed by gzip.
    pub fn new(path: &'a Path, mut file: BufReader<File>, lines: Lines) -> Result<Rows<'a>> {
        let start = file.fill_buf().map_err(|error| Error::io("reading", path, error))?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let mut input: Box<dyn BufRead> = match packed {
            true => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))),
            false => Box::new(file),
        };
        let start = input.fill_buf().map_err(|error| unread(path, packed, error))?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            let problem = "this is text in UTF-16\nhelp: save it as UTF-8".to_owned();
            return Err(Error::Data { path: path.to_owned(), line: None, column: None, problem });
        }
        if start.starts_with(BYTE_ORDER_MARK) {
            input.consume(BYTE_ORDER_MARK.len());
        }
        let core = csv_core::ReaderBuilder::new().delimiter(lines.delimiter).build();
        let (cells, ends) = (vec![0; 1 << 10], vec![0; 1 << 6]);
        let left = if packed { lines.max_unpacked } else { u64::MAX };
        let (line, last, rows, cell_count) = (1, 0, 0, 0);
        let mut rows =
            Rows { path, input, core, line, last, cells, ends, lines, left, rows, cell_count, packed };
        (0..lines.skipped).try_for_each(|_| rows.skip_line())?;
        Ok(rows)
    }

    /// Leaves out what is left of a line.
    fn skip_line(&mut self) -> Result<()> {
        let before = self.line;
        while self.line == before {
            let input = self.input.fill_buf().map_err(|error| unread(self.path, self.packed, error))?;
            if input.is_empty() {
                break;
            }
            // a line feed may still belong to the line before
            let end =
                input.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(input.len(), |i| i + 1);
            (self.line, self.last) = after(&input[..end], self.line, self.last);
            self.input.consume(end);
            self.count(end as u64, before)?;
        }
        Ok(())
    }

    /// Counts bytes of what is packed.
    fn count(&mut self, bytes: u64, line: u64) -> Result<()> {
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = if self.packed { left } else { self.left };
            return Ok(());
        }
        let most = self.lines.max_unpacked;
        let problem = format!(
            "the file unpacks to more than {}\nhelp: `.max_unpacked(…)` allows more, if they fit in memory",
            counted(most, "bytes")
        );
        Err(self.refuse(line, problem))
    }

    /// Counts a row.
    fn count_row(&mut self, line: u64, columns: usize) -> Result<()> {
        self.rows += 1;
        self.cell_count += columns as u64;
        let Lines { max_rows, max_cells, .. } = self.lines;
        let (what, most) = if self.rows > max_rows {
            ("rows", max_rows)
        } else if self.cell_count > max_cells {
            ("cells", max_cells)
        } else {
            return Ok(());
        };
        let problem = format!(
            "the table has more than {}\nhelp: `.max_{what}(…)` allows more, if they fit in memory",
            counted(most, what)
        );
        Err(self.refuse(line, problem))
    }

    /// What is wrong with a compressed file as a whole, if something is: then that explains what was found in it.
    pub fn damage(&mut self) -> Option<Error> {
        let mut looked_at = 0;
        while self.packed && looked_at < self.left.min(LOOKED_AT) {
            match self.input.fill_buf() {
                Ok([]) => return None,
                Ok(input) => {
                    let count = input.len();
                    looked_at += count as u64;
                    self.input.consume(count);
                }
                Err(error) => return Some(unread(self.path, true, error)),
            }
        }
        None
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
                    self.count(empty as u64, self.line)?;
                    continue;
                }
                if self.lines.comment == Some(input[0]) {
                    self.skip_line()?;
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
            self.count(if ended { 0 } else { read as u64 }, line)?;
            bytes += wrote;
            columns += cells;
            match found {
                Found::Record => {
                    self.count_row(line, columns)?;
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
