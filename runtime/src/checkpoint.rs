//! Parameters in safetensors files, by name and shape.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, View};

pub(crate) use crate::atomic::atomic_write;
use crate::error::{Error, Problem, Result};
use crate::file_kind;
use crate::network::parameters::{
    Parameter, Place, all_named, index, parameter_places, refuse_exchanged, refuse_not_finite, state_places,
};
use crate::network::{Blocks, Network};
use crate::text::counted;

/// Writes the parameters and the state of `model`.
pub(crate) fn save<N: Network>(model: &N, path: &Path) -> Result<()> {
    // what `load` would refuse is not written over what it would not
    refuse_not_finite::<N>(model.blocks(), "saving the model")?;
    // Programs built on PyTorch look for this entry; the numbers are in PyTorch's order.
    write(path, all_named::<N>(model.blocks()), ("format", "pt".to_owned()))
}

/// Writes some tensors, and a note beside them.
pub(crate) fn write<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = Parameter<'a>>,
    (key, note): (&str, String),
) -> Result<()> {
    let tensors = tensors.into_iter().map(|parameter| (parameter.name.clone(), Tensor(parameter)));
    let metadata = HashMap::from([(key.to_owned(), note)]);
    let bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|error| Error::io("writing", path, io::Error::other(error)))?;
    atomic_write(path, |file| file.write_all(&bytes))
}

struct Tensor<'a>(Parameter<'a>);

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        self.0.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.0.values.iter().flat_map(|x| x.to_le_bytes()).collect()
    }
    fn data_len(&self) -> usize {
        size_of_val(self.0.values)
    }
}

/// What the names of tensors begin with that a checkpoint of training has beside the parameters. No parameter's
/// name does.
pub(crate) const BESIDE: &str = "trainer/";

/// What names become, and what is wrong with that.
pub(crate) type Rename<'a> = dyn Fn(&[String]) -> (Vec<String>, Vec<Problem>) + 'a;

/// Names that stay as they are.
pub(crate) fn as_they_are(names: &[String]) -> (Vec<String>, Vec<Problem>) {
    (names.to_vec(), vec![])
}

/// A file that is being read: its tensors are taken out, and what is wrong with them is gathered.
pub(crate) struct Reading<'a> {
    tensors: HashMap<String, TensorView<'a>>,
    notes: HashMap<String, String>,
    pub problems: Vec<Problem>,
    /// How many parameters were found in their shapes.
    pub fits: usize,
}

impl<'a> Reading<'a> {
    pub fn of(bytes: &'a [u8]) -> Result<Reading<'a>, Problem> {
        let wrong = |error: SafeTensorError| Problem::Unreadable { reason: reason(bytes, &error) };
        let file = SafeTensors::deserialize(bytes).map_err(wrong)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(wrong)?;
        let notes = header.metadata().clone().unwrap_or_default();
        Ok(Reading { tensors: file.tensors().into_iter().collect(), notes, problems: vec![], fits: 0 })
    }

    /// Gives the parameters other names. Of two that come to have one, both are a problem.
    fn rename(&mut self, rename: &Rename<'_>) {
        let (beside, before): (Vec<_>, Vec<_>) =
            self.tensors.drain().partition(|(name, _)| name.starts_with(BESIDE));
        let (old, tensors): (Vec<String>, Vec<_>) = by_name(before).into_iter().unzip();
        let (new, problems) = rename(&old);
        self.problems.extend(problems);
        let mut names = HashMap::new();
        for ((from, name), tensor) in old.into_iter().zip(new).zip(tensors) {
            if let Some(other) = names.insert(name.clone(), from.clone()) {
                self.problems.push(Problem::Renamed { name: name.clone(), from: [other, from] });
            }
            self.tensors.insert(name, tensor);
        }
        self.tensors.extend(beside);
    }

    /// The note of that key.
    pub fn note(&mut self, key: &str) -> Option<String> {
        self.notes.remove(key)
    }

    /// Whether a tensor's name begins like that.
    pub fn has(&self, prefix: &str) -> bool {
        self.tensors.keys().any(|name| name.starts_with(prefix))
    }

    /// The tensors of every one of `places`, whose names in the file begin with `prefix`; what is missing or does not fit
    /// is a problem. The parameters themselves, which have no prefix, must be finite.
    pub fn take(&mut self, prefix: &str, places: &[Place]) -> Found<'a> {
        let mut found = vec![];
        for place in places {
            let name = format!("{prefix}{}", place.name);
            match self.tensors.remove(&name) {
                None => self.problems.push(Problem::Missing { name, shape: place.shape.to_vec() }),
                Some(tensor) => match check(&name, place.shape, &tensor, prefix.is_empty()) {
                    Some(problem) => self.problems.push(problem),
                    None => {
                        self.fits += usize::from(prefix.is_empty());
                        found.push((place.at.clone(), tensor));
                    }
                },
            }
        }
        Found(found)
    }

    /// The parameters and the state of a network, whose names in the file begin with `prefix`.
    pub fn take_network<N: Network>(&mut self, prefix: &str) -> FoundNetwork<'a> {
        let parameters = self.take(prefix, &parameter_places::<N>());
        FoundNetwork { parameters, state: self.take(prefix, &state_places::<N>()) }
    }

    /// The tensors that are left, as problems. Those of a checkpoint of training beside the parameters are none.
    pub fn refuse_others(&mut self) {
        let surplus = self.tensors.drain().filter(|(name, _)| !name.starts_with(BESIDE));
        let surplus = by_name(surplus.collect());
        self.problems.extend(
            surplus
                .into_iter()
                .map(|(name, tensor)| Problem::Surplus { name, shape: tensor.shape().to_vec() }),
        );
    }
}

/// In the order of their names.
fn by_name(mut tensors: Vec<(String, TensorView<'_>)>) -> Vec<(String, TensorView<'_>)> {
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    tensors
}

/// Tensors that fit their places.
pub(crate) struct Found<'a>(Vec<(Range<usize>, TensorView<'a>)>);

impl Found<'_> {
    /// Puts them there.
    pub fn into(self, block: &mut [f32]) {
        for (at, tensor) in self.0 {
            let values = numbers(&tensor).expect("checked as it was found");
            block[at].iter_mut().zip(values).for_each(|(to, from)| *to = from);
        }
    }
}

/// Parameters and state that fit a network.
pub(crate) struct FoundNetwork<'a> {
    parameters: Found<'a>,
    state: Found<'a>,
}

impl FoundNetwork<'_> {
    /// Puts them into its blocks.
    pub fn into(self, blocks: &mut Blocks) {
        self.parameters.into(&mut blocks.parameters);
        self.state.into(&mut blocks.state);
    }
}

/// Replaces the parameters and the state of `model` by those in a file. The whole file is checked before the first is
/// replaced. Names in the file are first made others by `rename`.
pub(crate) fn load<N: Network>(model: &mut N, path: &Path, rename: &Rename<'_>) -> Result<()> {
    read(model, path, rename, |_, problems| problems.is_empty()).map(drop)
}

/// As [`load`], of those alone that the file has, in their shape. Returns what else there is; only where nothing fits
/// that is an error.
pub(crate) fn load_matching<N: Network>(
    model: &mut N,
    path: &Path,
    rename: &Rename<'_>,
) -> Result<Vec<Problem>> {
    read(model, path, rename, |fits, problems| fits > 0 && problems.iter().all(Problem::is_a_mismatch))
}

/// Replaces what a file has if `enough` of how many tensors that is and of what is wrong; returns what is wrong.
fn read<N: Network>(
    model: &mut N,
    path: &Path,
    rename: &Rename<'_>,
    enough: impl FnOnce(usize, &[Problem]) -> bool,
) -> Result<Vec<Problem>> {
    refuse_exchanged::<N>(model.blocks())?;
    let bytes = fs::read(path).map_err(|error| Error::io("reading", path, error))?;
    let refuse = |problems, fits| Error::Checkpoint { path: path.to_owned(), model: N::NAME, problems, fits };
    if file_kind::of(path).is_some_and(|(_, reads)| reads != file_kind::NETWORK) {
        let reason = file_kind::explain(path, "it has no parameters of a network".to_owned());
        return Err(refuse(vec![Problem::Unreadable { reason }], 0));
    }
    let mut file = Reading::of(&bytes).map_err(|problem| refuse(vec![problem], 0))?;
    file.rename(rename);
    let found = file.take_network::<N>("");
    file.refuse_others();
    if !enough(file.fits, &file.problems) {
        return Err(refuse(file.problems, file.fits));
    }
    found.into(model.blocks_mut());
    Ok(file.problems)
}

/// What is wrong with a tensor for a parameter of that name and shape.
fn check(name: &str, shape: &[usize], tensor: &TensorView<'_>, finite: bool) -> Option<Problem> {
    let name = name.to_owned();
    if tensor.shape() != shape {
        return Some(Problem::Shape { name, expected: shape.to_vec(), found: tensor.shape().to_vec() });
    }
    let Some(values) = numbers(tensor) else {
        return Some(Problem::Type { name, found: tensor.dtype().to_string() });
    };
    let mut bad = values.enumerate().filter(|(_, x)| finite && !x.is_finite());
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
pub(crate) fn half(bits: u16) -> f32 {
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
                "the file has {}, its header speaks of another number: it was cut off, or added to",
                counted(bytes.len(), "bytes")
            )
        }
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            format!(
                "the file ends within its header, after {}: it was cut off, or is no safetensors file",
                counted(bytes.len(), "bytes")
            )
        }
        error => format!("this is not a safetensors file ({error})"),
    }
}
