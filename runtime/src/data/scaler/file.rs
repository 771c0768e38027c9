//! Scalers in safetensors files.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::checkpoint::{atomic_write, reason};
use crate::error::{Error, Result};
use crate::file_kind;

/// The entry of a file's metadata that says which scaler it is.
const KEY: &str = "scaler";

/// Writes named numbers and the scaler that they make.
pub(super) fn save(path: &Path, scaler: &str, tensors: &[(&str, &[usize], &[f64])]) -> Result<()> {
    let failed = |error| Error::io("writing", path, io::Error::other(error));
    let bytes = |numbers: &[f64]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let bytes: Vec<_> = tensors.iter().map(|(name, shape, numbers)| (name, shape, bytes(numbers))).collect();
    let mut views = vec![];
    for (name, shape, bytes) in &bytes {
        views.push((*name, TensorView::new(Dtype::F64, shape.to_vec(), bytes).map_err(failed)?));
    }
    let metadata = HashMap::from([(KEY.to_owned(), scaler.to_owned())]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(failed)?;
    atomic_write(path, |file| file.write_all(&bytes))
}

/// Reads the numbers of these names and shapes, if they make this scaler.
pub(super) fn load<const N: usize>(
    path: &Path,
    scaler: &str,
    tensors: [(&str, &[usize]); N],
) -> Result<[Vec<f64>; N]> {
    let bytes = fs::read(path).map_err(|error| Error::io("reading", path, error))?;
    let unreadable = |error| {
        // one that begins like a file of tensors was meant to be one, and is damaged
        let other =
            file_kind::of(path).filter(|_| !bytes.get(8..).is_some_and(|rest| rest.starts_with(b"{")));
        let problem = match other {
            Some(_) => file_kind::explain(path, format!("expected a `{scaler}`")),
            None => reason(&bytes, &error),
        };
        refuse(path, problem)
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(unreadable)?;
    let file = SafeTensors::deserialize(&bytes).map_err(unreadable)?;
    match header.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) {
        Some(found) if found == scaler => {}
        Some(found) => {
            let problem = format!(
                "expected a `{scaler}`, found a `{found}`\nhelp: read it with `{found}::load`, or write it anew"
            );
            return Err(refuse(path, problem));
        }
        None => {
            let problem = format!("expected a `{scaler}`, found tensors that are no scaler's");
            return Err(refuse(path, file_kind::explain(path, problem)));
        }
    }
    let mut numbers = [const { vec![] }; N];
    for (to, (name, expected)) in numbers.iter_mut().zip(tensors) {
        let tensor = file.tensor(name).map_err(|_| damaged(path, &format!("`{name}` is missing")))?;
        if tensor.shape() != expected {
            let problem = format!(
                "expected a scaler for samples of shape {expected:?}, found one for {:?}\nhelp: it was fitted to other \
                 data",
                tensor.shape()
            );
            return Err(refuse(path, problem));
        }
        if tensor.dtype() != Dtype::F64 {
            return Err(damaged(path, &format!("`{name}` has numbers of type {}, not F64", tensor.dtype())));
        }
        *to = tensor.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        if to.iter().any(|x| !x.is_finite()) {
            return Err(damaged(path, &format!("a number of `{name}` is not finite")));
        }
        // A variance is a square of numbers of samples, all others are as such numbers.
        let number = |x: &f64| if name == "variance" { x.abs().sqrt() } else { *x } as f32;
        if to.iter().any(|x| !number(x).is_finite()) {
            return Err(damaged(path, &format!("a number of `{name}` is larger than any of a sample")));
        }
    }
    Ok(numbers)
}

/// A file that `save` did not write like this.
pub(super) fn damaged(path: &Path, problem: &str) -> Error {
    refuse(path, format!("{problem}\nhelp: the file is damaged: write it anew"))
}

fn refuse(path: &Path, problem: String) -> Error {
    Error::Data { path: path.to_owned(), line: None, column: None, problem }
}
