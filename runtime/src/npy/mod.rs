//! Arrays in numpy's files: `.npy` of one array, `.npz` of several by name. Behind the feature `npy`.
//!
//! ```standalone_crate
//! use plywood::npy::{self, Npz, NpzWriter};
//! use plywood::prelude::*;
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # std::env::set_current_dir(&folder).unwrap();
//! let images = random::uniform::<[[f32; 8]; 8]>(100, 0.0..1.0, 7);
//! let classes: Vec<u32> = (0..100).map(|i| i % 10).collect();
//!
//! // np.load("images.npy").shape == (100, 8, 8)
//! npy::write("images.npy", &images)?;
//! let same: Vec<[[f32; 8]; 8]> = npy::read("images.npy")?;
//! assert_eq!(same, *images);
//!
//! // np.load("digits.npz")["x"]
//! NpzWriter::new().array("x", &images).array("y", &classes).write("digits.npz")?;
//! let mut file = Npz::open("digits.npz")?;
//! let data: Dataset<[[f32; 8]; 8], u32> = Dataset::new(file.read("x")?, file.read::<u32>("y")?)?;
//! assert_eq!(data.len(), 100);
//! # Ok::<(), plywood::Error>(())
//! ```
//!
//! **Shapes.** An array of shape `[n, 8, 8]` is `n` samples `[[f32; 8]; 8]`, one of shape `[n]` is `n` samples `f32`, or
//! `n` classes `u32`; one of shape `[n, 6]` may be `n` times six indices, `[u32; 6]`. Nothing is reshaped on the way.
//!
//! **Types.** Samples are read from floats of 2, 4 and 8 bytes, from integers and from bools, as the nearest `f32`, and
//! must be finite; classes and indices from any of these that are whole numbers. Both byte orders and both of C's and
//! Fortran's order of axes are read. Written are `float32` and `uint32`, in C order.
//!
//! **Files** are written whole or, on an error, not at all.

mod header;
mod npz;
mod numbers;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

pub use npz::{Array, Npz, NpzWriter, read_parameters, write_parameters};

use self::header::{Fault, Header, Kind, Stored};
use self::numbers::Cell;
use crate::checkpoint::atomic_write;
use crate::error::{Error, Result};
use crate::file_kind;
use crate::network::element::Element;
use crate::network::parameters::index;
use crate::network::sample::{Dtype, Nested, Sealed, try_zeroed};
use crate::text::counted;

/// What one step along an array's first axis is: a [`Sample`](crate::Sample), a class or an index, `u32`, or an array of
/// these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not read from numpy's files, nor written to them",
    note = "`f32`, `u32` and arrays of them are"
)]
pub trait Item: Sealed + Sized + 'static {
    /// The type of the numbers that are written.
    const DTYPE: Dtype;
    /// Lengths of the axes after the first.
    const SHAPE: &'static [usize];
    /// `n` of them from what follows a header.
    #[doc(hidden)]
    fn read(source: &mut Source<'_>, n: usize) -> Result<Vec<Self>>;
    /// All their numbers.
    #[doc(hidden)]
    fn numbers(items: &[Self]) -> Numbers<'_>;
}

impl<E: Element + Nested<Scalar: Cell>> Item for E {
    const DTYPE: Dtype = <E::Scalar as Cell>::DTYPE;
    const SHAPE: &'static [usize] = <E as Element>::AXES.as_slice();

    fn read(source: &mut Source<'_>, n: usize) -> Result<Vec<E>> {
        let mut items = try_zeroed::<E>("an array", n)?.into_vec();
        source.finite(E::flatten_mut(&mut items), Self::SHAPE)?;
        Ok(items)
    }

    fn numbers(items: &[E]) -> Numbers<'_> {
        Cell::all(E::flatten(items))
    }
}

/// Numbers to be written.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    F32(&'a [f32]),
    U32(&'a [u32]),
}

/// Reads an array of shape `[n, …]` from a `.npy` file.
pub fn read<T: Item>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    let path = path.as_ref();
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (bytes, file) = opened.map_err(|error| Error::io("reading", path, error))?;
    Source::open(path, None, bytes, &mut BufReader::new(file))?.items()
}

/// Writes an array of shape `[n, …]` to a `.npy` file. Numbers that are not finite are written as they are.
pub fn write<T: Item>(path: impl AsRef<Path>, items: &[T]) -> Result<()> {
    let shape = shape_of(items);
    write_array(path.as_ref(), &shape, T::numbers(items))
}

fn write_array(path: &Path, shape: &[usize], numbers: Numbers<'_>) -> Result<()> {
    atomic_write(path, |file| {
        let mut file = BufWriter::new(file);
        numbers.write(shape, &mut file)?;
        file.flush()
    })
}

/// The shape of the array that some items are.
fn shape_of<T: Item>(items: &[T]) -> Vec<usize> {
    [&[items.len()], T::SHAPE].concat()
}

impl Numbers<'_> {
    /// Writes a whole array.
    fn write(self, shape: &[usize], to: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Numbers::F32(numbers) => {
                Header::write(to, Dtype::F32, shape)?;
                numbers::write(to, numbers, f32::to_le_bytes)
            }
            Numbers::U32(numbers) => {
                Header::write(to, Dtype::U32, shape)?;
                numbers::write(to, numbers, u32::to_le_bytes)
            }
        }
    }
}

/// An array whose header has been read.
#[doc(hidden)]
pub struct Source<'a> {
    path: &'a Path,
    /// Its name in an archive.
    name: Option<&'a str>,
    /// How long it says it is, header and all.
    bytes: u64,
    header: Header,
    from: &'a mut dyn Read,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path, name: Option<&'a str>, bytes: u64, from: &'a mut dyn Read) -> Result<Source<'a>> {
        match Header::read(from) {
            Ok(header) => Ok(Source { path, name, bytes, header, from }),
            // what an archive has in it is no file
            Err(Fault::Problem(problem)) if name.is_none() => {
                let problem = match file_kind::of(path) {
                    Some((_, reader)) if reader.starts_with("`npy::read`") => problem,
                    _ => file_kind::explain(path, problem),
                };
                Err(refuse(path, name, Fault::Problem(problem)))
            }
            Err(fault) => Err(refuse(path, name, fault)),
        }
    }

    fn items<T: Item>(mut self) -> Result<Vec<T>> {
        let n = self.expect::<T>()?;
        T::read(&mut self, n)
    }

    /// How many items there are, if the array is of such.
    fn expect<T: Item>(&self) -> Result<usize> {
        let (found, shape, kind) = (&self.header.shape, T::SHAPE, std::any::type_name::<T>());
        let axes: Vec<u64> = shape.iter().map(|axis| *axis as u64).collect();
        match found.split_first() {
            Some((n, rest)) if *rest == axes => {
                self.check_length()?;
                // as many bytes as are there fit in memory's numbers
                Ok(*n as usize)
            }
            _ => {
                let expected = [vec!["n".to_owned()], shape.iter().map(usize::to_string).collect()].concat();
                let expected = expected.join(", ");
                let help = self.help(&axes, T::DTYPE);
                Err(self.error(format!("expected shape [{expected}], for `{kind}`, found {found:?}{help}")))
            }
        }
    }

    /// What to do about another shape than items of these axes have.
    fn help(&self, axes: &[u64], wanted: Dtype) -> String {
        match self.header.shape.split_first() {
            None => {
                "\nhelp: the array is a single number; in numpy, `np.atleast_1d(x)` has shape [1]".to_owned()
            }
            Some((_, rest)) if product(rest) == product(axes) => {
                let axes: String = axes.iter().map(|axis| format!(", {axis}")).collect();
                format!("\nhelp: in numpy, `x.reshape(-1{axes})` has it")
            }
            Some((_, rest)) => {
                let is_float = matches!(self.header.dtype, Stored::Number { kind: Kind::Float, .. });
                let number = if wanted == Dtype::U32 && !is_float { "u32" } else { "f32" };
                let kind =
                    rest.iter().rev().fold(number.to_owned(), |kind, axis| format!("[{kind}; {axis}]"));
                format!("\nhelp: its samples are of type `{kind}`")
            }
        }
    }

    /// An error if the array cannot be as large as its header says: before memory is asked for.
    fn check_length(&self) -> Result<()> {
        let Stored::Number { size, .. } = self.header.dtype else {
            let help = "help: in numpy, `x.astype(np.float32)` makes numbers of what can be one";
            return Err(self.error(format!("expected numbers, found {}\n{help}", self.header.dtype)));
        };
        let bytes = product(&self.header.shape).and_then(|numbers| numbers.checked_mul(size as u64));
        if bytes.is_some_and(|bytes| bytes <= self.bytes) {
            return Ok(());
        }
        let shape = &self.header.shape;
        Err(self.error(format!(
            "it has {}, too few for its shape {shape:?}: it was cut off",
            counted(self.bytes, "bytes")
        )))
    }

    /// Numbers of items of some shape, all of them finite.
    fn finite<T: Cell>(&mut self, to: &mut [T], shape: &[usize]) -> Result<()> {
        self.numbers(to)?;
        let Some(at) = to.iter().position(|x| !x.is_finite()) else { return Ok(()) };
        let len = shape.iter().product::<usize>();
        let (item, within) = (at / len, index(shape, at % len));
        Err(self.error(format!("expected finite numbers, found {} at [{item}]{within}", to[at])))
    }

    fn numbers<T: Cell>(&mut self, to: &mut [T]) -> Result<()> {
        let more = numbers::read(self.from, &self.header, to);
        if !more.map_err(|fault| refuse(self.path, self.name, fault))? {
            return Ok(());
        }
        let shape = &self.header.shape;
        Err(self.error(match self.name {
            Some(_) => format!("it is longer than its shape {shape:?} says: it is damaged"),
            // numpy reads the first of several
            None => format!(
                "it is longer than its shape {shape:?} says: it was added to, or has several arrays\nhelp: in numpy, \
                 `np.savez` writes several by name, and `Npz::open` reads them"
            ),
        }))
    }

    fn error(&self, problem: String) -> Error {
        refuse(self.path, self.name, Fault::Problem(problem))
    }
}

/// `None` if it does not fit in 64 bits.
fn product(axes: &[u64]) -> Option<u64> {
    axes.iter().try_fold(1u64, |product, axis| product.checked_mul(*axis))
}

fn refuse(path: &Path, name: Option<&str>, fault: Fault) -> Error {
    match fault {
        Fault::Io(error) => Error::io("reading", path, error),
        Fault::Problem(problem) => {
            let problem = name.map_or_else(|| problem.clone(), |name| format!("array `{name}`: {problem}"));
            Error::Data { path: path.to_owned(), line: None, column: None, problem }
        }
    }
}
