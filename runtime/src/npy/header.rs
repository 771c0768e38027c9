//! What an array of a `.npy` file says of itself: numpy's format, versions 1.0 to 3.0.
//!
//! A magic word, a version, a length, and a Python dictionary of three entries: `{'descr': '<f4', 'fortran_order': False,
//! 'shape': (60000, 28, 28), }`. No other Python is read, so that a file of bad intent can do nothing.

use std::fmt;
use std::io::{self, Read, Write};

use crate::network::sample::Dtype;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// numpy itself reads no longer ones unless it is told to.
const LONGEST: usize = 10_000;

/// What stands before the numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub dtype: Stored,
    /// The first axis runs fastest, not the last.
    pub fortran_order: bool,
    pub shape: Vec<u64>,
}

/// The type of the numbers in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Number {
        kind: Kind,
        /// Bytes of a number.
        size: usize,
        big_endian: bool,
    },
    /// What holds no numbers, as the file calls it.
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Bool,
    Int,
    Uint,
    Float,
}

impl Stored {
    /// From numpy's own word: byte order, kind, bytes.
    fn of(word: &str) -> Stored {
        let other = || Stored::Other(format!("`{word}`"));
        let (order, rest) = match word.split_at_checked(1) {
            Some((order @ ("<" | ">" | "|" | "="), rest)) => (order, rest),
            _ => ("|", word),
        };
        let (kind, size) = match rest {
            "b1" => (Kind::Bool, 1),
            "i1" => (Kind::Int, 1),
            "i2" => (Kind::Int, 2),
            "i4" => (Kind::Int, 4),
            "i8" => (Kind::Int, 8),
            "u1" => (Kind::Uint, 1),
            "u2" => (Kind::Uint, 2),
            "u4" => (Kind::Uint, 4),
            "u8" => (Kind::Uint, 8),
            "f2" => (Kind::Float, 2),
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            _ => return other(),
        };
        Stored::Number { kind, size, big_endian: order == ">" }
    }
}

/// As numpy calls it: `float32`.
impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stored::Number { kind: Kind::Bool, .. } => f.write_str("bool"),
            Stored::Number { kind, size, .. } => {
                let name = match kind {
                    Kind::Int => "int",
                    Kind::Uint => "uint",
                    _ => "float",
                };
                write!(f, "{name}{}", 8 * size)
            }
            Stored::Other(text) => f.write_str(text),
        }
    }
}

impl Header {
    /// Reads all that stands before the numbers. What is wrong is said in words; where reading failed, it is the system's
    /// error.
    pub fn read(from: &mut dyn Read) -> Result<Header, Fault> {
        let mut start = [0; 8];
        fill(from, &mut start, "this is not a `.npy` array: it has fewer bytes than any")?;
        if &start[..6] != MAGIC {
            return Err("this is not a `.npy` array: it does not begin as one".to_owned().into());
        }
        let mut length = [0; 4];
        let bytes = match start[6] {
            1 => 2,
            2 | 3 => 4,
            other => return Err(format!("version {other} of the format is not read, only 1 to 3").into()),
        };
        fill(from, &mut length[..bytes], "the array ends within its header: it was cut off")?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST {
            return Err(format!("the header has {length} bytes, more than any array of numbers needs").into());
        }
        let mut text = vec![0; length];
        fill(from, &mut text, "the array ends within its header: it was cut off")?;
        let text = String::from_utf8_lossy(&text);
        Reader(&text).header().ok_or_else(|| format!("its header cannot be read: {}", text.trim()).into())
    }

    /// What numpy itself would write before numbers of this type, in C order.
    pub fn write(to: &mut dyn Write, dtype: Dtype, shape: &[usize]) -> io::Result<()> {
        let descr = match dtype {
            Dtype::F32 => "<f4",
            Dtype::U32 => "<u4",
        };
        let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
        // A tuple of one is written with a comma.
        let comma = if shape.len() == 1 { "," } else { "" };
        let mut text = format!(
            "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
            axes.join(", ")
        );
        // Numbers begin at a multiple of 64 bytes.
        let before = MAGIC.len() + 4;
        let padding = (before + text.len() + 1).next_multiple_of(64) - (before + text.len() + 1);
        text.extend(std::iter::repeat_n(' ', padding));
        text.push('\n');
        let length = u16::try_from(text.len()).map_err(io::Error::other)?;
        to.write_all(MAGIC)?;
        to.write_all(&[1, 0])?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(text.as_bytes())
    }
}

/// Why an array could not be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// What is wrong with it.
    Problem(String),
    /// What the system said.
    Io(io::Error),
}

impl From<String> for Fault {
    fn from(problem: String) -> Fault {
        Fault::Problem(problem)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        match error.kind() {
            // what a check of an archive finds
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Fault::Problem(format!("it is damaged ({error})"))
            }
            _ => Fault::Io(error),
        }
    }
}

/// Fills `bytes`; an early end is the problem that is given.
pub(super) fn fill(from: &mut dyn Read, bytes: &mut [u8], problem: &str) -> Result<(), Fault> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Problem(problem.to_owned()),
        _ => error.into(),
    })
}

/// What is left to read of a dictionary.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn header(mut self) -> Option<Header> {
        let (mut dtype, mut fortran_order, mut shape) = (None, None, None);
        self.expect("{")?;
        while self.expect("}").is_none() {
            let key = self.string()?;
            self.expect(":")?;
            match key {
                "descr" => dtype = Some(self.dtype()?),
                "fortran_order" => fortran_order = Some(self.boolean()?),
                "shape" => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.expect(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        Some(Header { dtype: dtype?, fortran_order: fortran_order?, shape: shape? })
    }

    /// Takes a word if it comes next.
    fn expect(&mut self, word: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(word)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = self.0.trim_start().chars().next().filter(|c| ['\'', '"'].contains(c))?;
        let (text, rest) = self.0.trim_start()[1..].split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.expect("True").map(|()| true).or_else(|| self.expect("False").map(|()| false))
    }

    fn dtype(&mut self) -> Option<Stored> {
        if !self.0.trim_start().starts_with('[') {
            return self.string().map(Stored::of);
        }
        // A record of several fields: its text up to the bracket that closes it.
        let text = self.0.trim_start();
        let mut depth = 0;
        let end = text.find(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth == 0
        })?;
        self.0 = &text[end + 1..];
        Some(Stored::Other(format!("records {}", &text[..=end])))
    }

    fn shape(&mut self) -> Option<Vec<u64>> {
        let mut shape = vec![];
        self.expect("(")?;
        while self.expect(")").is_none() {
            let text = self.0.trim_start();
            let end = text.find(|c: char| !c.is_ascii_digit())?;
            shape.push(text[..end].parse().ok()?);
            // Python 2 wrote `3L`.
            self.0 = text[end..].strip_prefix('L').unwrap_or(&text[end..]);
            if self.expect(",").is_none() {
                self.expect(")")?;
                break;
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Header> {
        Reader(text).header()
    }

    #[test]
    fn a_header_is_read_as_python_would() {
        let number = |kind, size, big_endian| Stored::Number { kind, size, big_endian };
        let header = read("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }  \n").unwrap();
        assert_eq!(header.dtype, number(Kind::Float, 4, false));
        assert_eq!((header.fortran_order, header.shape), (false, vec![3, 2]));
        let header = read(r#"{"shape":(7L,),"fortran_order":True,"descr":">i8"}"#).unwrap();
        assert_eq!(header.dtype, number(Kind::Int, 8, true));
        assert_eq!((header.fortran_order, header.shape), (true, vec![7]));
        let header = read("{'descr': '|b1', 'fortran_order': False, 'shape': ()}").unwrap();
        assert_eq!((header.dtype.to_string(), header.shape), ("bool".to_owned(), vec![]));
        let header =
            read("{'descr': [('a', '<f4', [2]), ('b', '<i8')], 'fortran_order': False, 'shape': (1,)}");
        assert_eq!(header.unwrap().dtype.to_string(), "records [('a', '<f4', [2]), ('b', '<i8')]");
    }

    #[test]
    fn what_is_no_header_is_none() {
        for text in [
            "",
            "{",
            "{}",
            "{'descr': '<f4'",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': [('a', '<f4', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4' 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'other': 1}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
