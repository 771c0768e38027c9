//! Several arrays in one file, by name: a zip archive of `.npy` files.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::header::{Fault, Stored};
use super::{Item, Numbers, Source, refuse, shape_of};
use crate::checkpoint::atomic_write;
use crate::error::{Error, Problem, Result};
use crate::file_kind;
use crate::model::Model;
use crate::network::Blocks;
use crate::network::parameters::{all_named, index, places, refuse_not_finite};

/// A `.npz` file to read arrays from, compressed or not.
pub struct Npz {
    path: PathBuf,
    /// Bytes of the file.
    length: u64,
    archive: ZipArchive<BufReader<File>>,
    arrays: Vec<Array>,
}

/// What a `.npz` file says of an array in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Array {
    /// Its name, as in `np.load(path)[name]`.
    pub name: String,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// The type of its numbers as numpy calls it, for instance `float32`.
    pub dtype: String,
}

impl Npz {
    /// Opens a file and reads what arrays are in it.
    pub fn open(path: impl AsRef<Path>) -> Result<Npz> {
        let path = path.as_ref().to_owned();
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = opened.map_err(|error| Error::io("reading", &path, error))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&path, None, error))?;
        let mut npz = Npz { path, length, archive, arrays: vec![] };
        let files: Vec<String> = npz
            .archive
            .file_names()
            .collect::<Result<Vec<_>, ZipError>>()
            .map(|names| names.into_iter().map(Into::into).collect())
            .map_err(|error| damaged(&npz.path, None, error))?;
        for name in files.iter().filter_map(|file| file.strip_suffix(".npy")) {
            let array = npz.with(name, |source| {
                // sizes that a machine cannot address are not those of an array in the file
                let shape =
                    source.header.shape.iter().map(|axis| usize::try_from(*axis).unwrap_or(usize::MAX));
                Ok(Array {
                    name: name.to_owned(),
                    shape: shape.collect(),
                    dtype: source.header.dtype.to_string(),
                })
            })?;
            npz.arrays.push(array);
        }
        // other programs write archives too
        if npz.arrays.is_empty() && file_kind::of(&npz.path).is_some_and(|(_, reads)| reads != file_kind::NPZ)
        {
            let problem = file_kind::explain(&npz.path, "there is no array in this archive".to_owned());
            return Err(refuse(&npz.path, None, Fault::Problem(problem)));
        }
        Ok(npz)
    }

    /// The arrays in it.
    pub fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    /// Reads the array of that name, of shape `[n, …]`.
    pub fn read<T: Item>(&mut self, name: &str) -> Result<Vec<T>> {
        if !self.arrays.iter().any(|array| array.name == name) {
            let names: Vec<_> = self.arrays.iter().map(|array| format!("`{}`", array.name)).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let problem = format!("there is no array `{name}`\nhelp: its arrays are {there}");
            return Err(refuse(&self.path, None, Fault::Problem(problem)));
        }
        self.with(name, |source| source.items())
    }

    /// Gives an array of the archive to `read`.
    fn with<R>(&mut self, name: &str, read: impl FnOnce(Source<'_>) -> Result<R>) -> Result<R> {
        let path = &self.path;
        let mut file =
            self.archive.by_name(&format!("{name}.npy")).map_err(|error| damaged(path, Some(name), error))?;
        // What an archive says of sizes is worth no memory: deflate makes no more than 1032 bytes of one.
        let packed = file.compressed_size().min(self.length);
        let most = if file.compression() == CompressionMethod::Stored {
            packed
        } else {
            packed.saturating_mul(1032)
        };
        let bytes = file.size().min(most);
        read(Source::open(path, Some(name), bytes, &mut file)?)
    }
}

impl fmt::Debug for Npz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Npz").field("path", &self.path).field("arrays", &self.arrays).finish_non_exhaustive()
    }
}

/// An error of the archive in our terms.
fn damaged(path: &Path, name: Option<&str>, error: ZipError) -> Error {
    let problem = match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Error::io("reading", path, error);
        }
        error => {
            let problem = format!("this is not a whole `.npz` file ({error})");
            match file_kind::of(path) {
                Some((_, file_kind::NPZ)) => problem,
                _ => file_kind::explain(path, problem),
            }
        }
    };
    refuse(path, name, Fault::Problem(problem))
}

/// Writes until it fails once, and then nothing any more, as if all were well: an archive that is dropped tries to write
/// its end, and would complain beside the error that its caller is given.
struct Quiet<W> {
    to: W,
    failed: bool,
}

impl<W> Quiet<W> {
    fn once<R>(&mut self, of_failed: R, act: impl FnOnce(&mut W) -> io::Result<R>) -> io::Result<R> {
        if self.failed {
            return Ok(of_failed);
        }
        let result = act(&mut self.to);
        self.failed = result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        result
    }
}

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.once(bytes.len(), |to| to.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.once((), W::flush)
    }
}

impl<W: Seek> Seek for Quiet<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.once(0, |inner| inner.seek(to))
    }
}

/// Writes arrays under names to a `.npz` file, uncompressed, as `np.savez` does.
#[derive(Clone, Debug, Default)]
#[must_use = "`.write(path)` writes the file"]
pub struct NpzWriter<'a> {
    arrays: Vec<(String, Vec<usize>, Numbers<'a>)>,
}

impl<'a> NpzWriter<'a> {
    /// A file with no array so far.
    pub fn new() -> NpzWriter<'a> {
        NpzWriter::default()
    }

    /// Adds an array of shape `[n, …]`, or rather where it lies: it is copied when the file is written.
    pub fn array<T: Item>(mut self, name: impl Into<String>, items: &'a [T]) -> NpzWriter<'a> {
        self.arrays.push((name.into(), shape_of(items), T::numbers(items)));
        self
    }

    /// Writes the file. Numbers that are not finite are written as they are.
    pub fn write(self, path: impl AsRef<Path>) -> Result<()> {
        let mut names = HashSet::new();
        if let Some((name, ..)) = self.arrays.iter().find(|(name, ..)| !names.insert(name)) {
            let found = format!("`{name}` twice");
            return Err(Error::Setting { name: "array", expected: "each name once", found });
        }
        atomic_write(path.as_ref(), |file| {
            let mut archive = ZipWriter::new(Quiet { to: BufWriter::new(file), failed: false });
            for (name, shape, numbers) in &self.arrays {
                // with room for lengths of 64 bits, which are not known beforehand
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .large_file(true);
                archive.start_file(format!("{name}.npy"), options)?;
                numbers.write(shape, &mut archive)?;
            }
            archive.finish()?.flush()
        })
    }
}

/// Writes all parameters of a model, and its state, to a `.npz` file under their names: `np.load("net.npz")["fc1.weight"]`,
/// in PyTorch's order. Numbers that are not finite are not written.
///
/// ```
/// use plywood::npy;
/// use plywood::prelude::*;
///
/// network! { struct Net: [3] -> [2] { fc1: Linear(4), Relu, fc2: Linear(2) } }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("net.npz");
/// npy::write_parameters(&Net::init(7), &path)?;
/// let net: Net = npy::read_parameters(&path)?;
/// assert_eq!(net.block()[..], Net::init(7).block()[..]);
/// # Ok::<(), plywood::Error>(())
/// ```
pub fn write_parameters<M: Model>(model: &M, path: impl AsRef<Path>) -> Result<()> {
    refuse_not_finite::<M>(model.blocks(), "saving the model")?;
    let arrays = all_named::<M>(model.blocks())
        .map(|parameter| (parameter.name, parameter.shape.to_vec(), Numbers::F32(parameter.values)));
    NpzWriter { arrays: arrays.collect() }.write(path)
}

/// A model with the parameters in a `.npz` file, found by name; every name and shape must match.
pub fn read_parameters<M: Model>(path: impl AsRef<Path>) -> Result<M> {
    let (path, mut npz) = (path.as_ref(), Npz::open(path.as_ref())?);
    let (mut blocks, mut problems, places) = (Blocks::zeroed::<M>(), vec![], places::<M>());
    for place in &places {
        let name = place.name.clone();
        match npz.arrays.iter().find(|array| array.name == name) {
            None => problems.push(Problem::Missing { name, shape: place.shape.to_vec() }),
            Some(array) if array.shape != place.shape => {
                problems.push(Problem::Shape {
                    name,
                    expected: place.shape.to_vec(),
                    found: array.shape.clone(),
                });
            }
            Some(_) => {
                let values = &mut blocks.of(place.role)[place.at.clone()];
                let problem = npz.with(&place.name, |mut source| {
                    if let Stored::Other(found) = &source.header.dtype {
                        return Ok(Some(Problem::Type { name, found: found.clone() }));
                    }
                    source.numbers(values)?;
                    let mut bad = values.iter().enumerate().filter(|(_, x)| !x.is_finite());
                    let first = bad.next().map(|(at, _)| index(place.shape, at));
                    Ok(first.map(|first| Problem::NotFinite { name, count: 1 + bad.count(), first }))
                })?;
                problems.extend(problem);
            }
        }
    }
    let surplus = npz.arrays.iter().filter(|array| places.iter().all(|place| place.name != array.name));
    problems.extend(
        surplus.map(|array| Problem::Surplus { name: array.name.clone(), shape: array.shape.clone() }),
    );
    if !problems.is_empty() {
        let fits = places
            .len()
            .saturating_sub(problems.iter().filter(|p| !matches!(p, Problem::Surplus { .. })).count());
        return Err(Error::Checkpoint { path: path.to_owned(), model: M::NAME, problems, fits });
    }
    Ok(M::from_blocks(blocks))
}
