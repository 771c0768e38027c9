//! Parameters in safetensors files, by name and shape.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, View};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::parameters::{index, named, places, refuse_not_finite};

/// One thing that is wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// The file is not a whole safetensors file.
    Unreadable {
        /// Why not.
        reason: String,
    },
    /// A parameter of the model is not in the file.
    Missing {
        /// The parameter.
        name: String,
        /// Its shape in the model.
        shape: Vec<usize>,
    },
    /// The file has a tensor that the model does not know.
    Surplus {
        /// The tensor.
        name: String,
        /// Its shape in the file.
        shape: Vec<usize>,
    },
    /// A parameter has another shape in the file.
    Shape {
        /// The parameter.
        name: String,
        /// Its shape in the model.
        expected: Vec<usize>,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// A tensor's numbers are of a type that is not read: only F32, and F64, F16 and BF16 as the nearest F32.
    Type {
        /// The parameter.
        name: String,
        /// The type in the file.
        found: String,
    },
    /// Some numbers of a tensor are infinite or not a number.
    NotFinite {
        /// The parameter.
        name: String,
        /// How many of its numbers.
        count: usize,
        /// The first of them, as `[3][17]`.
        first: String,
    },
}

impl Problem {
    /// Whether it speaks of another network rather than of a damaged file.
    pub(crate) fn is_a_mismatch(&self) -> bool {
        matches!(self, Problem::Missing { .. } | Problem::Surplus { .. } | Problem::Shape { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unreadable { reason } => f.write_str(reason),
            Problem::Missing { name, shape } => write!(f, "`{name}` {shape:?} is missing"),
            Problem::Surplus { name, shape } => write!(f, "`{name}` {shape:?} is not in the model"),
            Problem::Shape { name, expected, found } => {
                write!(f, "`{name}`: expected shape {expected:?}, found {found:?}")
            }
            Problem::Type { name, found } => {
                write!(f, "`{name}`: expected F32 (or F64, F16, BF16), found {found}")
            }
            Problem::NotFinite { name, count, first } => {
                write!(f, "`{name}`: {count} of its numbers are not finite, the first at {first}")
            }
        }
    }
}

/// Writes the parameters of `model`.
pub(crate) fn save<M: Model>(model: &M, path: &Path) -> Result<()> {
    // what `load` would refuse is not written over what it would not
    refuse_not_finite::<M>(model.block(), "saving the model")?;
    let tensors = named::<M>(model.block()).map(|parameter| {
        let bytes = parameter.values.iter().flat_map(|x| x.to_le_bytes()).collect();
        (parameter.name, Tensor { shape: parameter.shape, bytes })
    });
    // Programs built on PyTorch look for this entry; the numbers are in PyTorch's order.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|error| Error::io("writing", path, io::Error::other(error)))?;
    atomic_write(path, |file| file.write_all(&bytes))
}

struct Tensor {
    shape: &'static [usize],
    bytes: Vec<u8>,
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Replaces the parameters of `model` by those in a file. The whole file is checked before the first is
/// replaced.
pub(crate) fn load<M: Model>(model: &mut M, path: &Path) -> Result<()> {
    let bytes = fs::read(path).map_err(|error| Error::io("reading", path, error))?;
    let refuse = |problems| Error::Checkpoint { path: path.to_owned(), model: M::NAME, problems };
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| refuse(vec![Problem::Unreadable { reason: reason(&bytes, &error) }]))?;

    let mut problems = vec![];
    let places = places::<M>();
    let mut tensors: HashMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let mut found = vec![];
    for place in &places {
        match tensors.remove(&place.name) {
            None => problems.push(Problem::Missing { name: place.name.clone(), shape: place.shape.to_vec() }),
            Some(tensor) => match check(&place.name, place.shape, &tensor) {
                Some(problem) => problems.push(problem),
                None => found.push((place.at.clone(), tensor)),
            },
        }
    }
    let mut surplus: Vec<_> = tensors.into_iter().collect();
    surplus.sort_by(|a, b| a.0.cmp(&b.0));
    problems.extend(
        surplus.into_iter().map(|(name, tensor)| Problem::Surplus { name, shape: tensor.shape().to_vec() }),
    );
    if !problems.is_empty() {
        return Err(refuse(problems));
    }
    let block = model.block_mut();
    for (at, tensor) in found {
        let values = numbers(&tensor).expect("checked above");
        block[at].iter_mut().zip(values).for_each(|(to, from)| *to = from);
    }
    Ok(())
}

/// What is wrong with a tensor for a parameter of that name and shape.
fn check(name: &str, shape: &[usize], tensor: &TensorView<'_>) -> Option<Problem> {
    let name = name.to_owned();
    if tensor.shape() != shape {
        return Some(Problem::Shape { name, expected: shape.to_vec(), found: tensor.shape().to_vec() });
    }
    let Some(values) = numbers(tensor) else {
        return Some(Problem::Type { name, found: tensor.dtype().to_string() });
    };
    let mut bad = values.enumerate().filter(|(_, x)| !x.is_finite());
    let (first, _) = bad.next()?;
    Some(Problem::NotFinite { name, count: 1 + bad.count(), first: index(shape, first) })
}

/// A tensor's numbers as the nearest `f32`, `None` for a type that is not one of floating-point numbers.
fn numbers<'a>(tensor: &TensorView<'a>) -> Option<Box<dyn Iterator<Item = f32> + 'a>> {
    let bytes = tensor.data();
    Some(match tensor.dtype() {
        Dtype::F32 => Box::new(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
        Dtype::F64 => Box::new(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32)),
        Dtype::F16 => Box::new(bytes.as_chunks().0.iter().map(|b| half(u16::from_le_bytes(*b)))),
        Dtype::BF16 => Box::new(
            bytes.as_chunks().0.iter().map(|b| f32::from_bits((u16::from_le_bytes(*b) as u32) << 16)),
        ),
        _ => return None,
    })
}

/// An IEEE half-precision number, exactly.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = ((bits >> 10 & 31) as i32, (bits & 1023) as f32);
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// Why a file could not be read, for people who did not write it.
pub(crate) fn reason(bytes: &[u8], error: &SafeTensorError) -> String {
    match error {
        _ if bytes.is_empty() => "the file is empty".to_owned(),
        SafeTensorError::MetadataIncompleteBuffer => {
            format!(
                "the file has {} bytes, its header speaks of another number: it was cut off, or added to",
                bytes.len()
            )
        }
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            format!(
                "the file ends within its header, after {} bytes: it was cut off, or is no safetensors file",
                bytes.len()
            )
        }
        error => format!("this is not a safetensors file ({error})"),
    }
}

/// Writes a file so that its name always stands for a whole one, the old or the new, even if the program or
/// the machine stops meanwhile: into a temporary file in the same folder, to the disk, then renamed.
pub(crate) fn atomic_write(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    write_then_rename(path, write).map_err(|error| Error::io("writing", path, error))
}

fn write_then_rename(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // A link goes on pointing to the file that it points to.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".plywood-");
    #[cfg(unix)]
    {
        // As any new file: all that the user's mask allows. Temporary files are private otherwise.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on the disk when the folder is; where folders cannot be opened, this is the system's
    // affair.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
