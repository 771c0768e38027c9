//! Files of parameters whose names are not the network's.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::checkpoint;
use crate::error::{Problem, Result};
use crate::model::Model;
use crate::network::Blocks;

/// A safetensors file of parameters, and what becomes of its names before they are looked up in a network.
///
/// [`Model::load`] takes a file under the network's own names. Other programs have others: what PyTorch's
/// `DataParallel` saved begins with `module.`, and a `Sequential` counts its layers.
///
/// ```
/// use plywood::ParameterFile;
/// use plywood::prelude::*;
///
/// network! { struct Old: [4] -> [2] { encoder: repeat 1 { fc1: Linear(4) }, Relu, out: Linear(2) } }
/// network! { struct New: [4] -> [2] { fc1: Linear(4), Relu, head: Linear(2) } }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("old.safetensors");
/// let old = Old::init(1);
/// old.save(&path)?;
/// let file = ParameterFile::new(&path).strip_prefix("encoder.0.").rename(|name| name.replace("out.", "head."));
/// let new: New = file.load()?;
/// assert_eq!(new.parameters().head.weight, old.parameters().out.weight);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// The file is read by [`load`](ParameterFile::load), [`reload`](ParameterFile::reload) or
/// [`reload_matching`](ParameterFile::reload_matching), each time anew.
pub struct ParameterFile {
    path: PathBuf,
    changes: Vec<Change>,
}

/// What becomes of names.
enum Change {
    Strip(String),
    Rename(Box<dyn Fn(&str) -> String + Send + Sync>),
}

impl ParameterFile {
    /// The file of that name, with the names as they stand in it.
    pub fn new(path: impl AsRef<Path>) -> ParameterFile {
        ParameterFile { path: path.as_ref().to_owned(), changes: vec![] }
    }

    /// Takes `prefix` from the names that begin with it, for instance `"module."`; others stay as they are. That no name
    /// begins with it, or that a dot is left where one begins, is a [`Problem::Prefix`].
    #[must_use]
    pub fn strip_prefix(mut self, prefix: impl Into<String>) -> ParameterFile {
        self.changes.push(Change::Strip(prefix.into()));
        self
    }

    /// Every name becomes what `rename` makes of it. Several changes are made in the order in which they were asked for.
    #[must_use]
    pub fn rename(mut self, rename: impl Fn(&str) -> String + Send + Sync + 'static) -> ParameterFile {
        self.changes.push(Change::Rename(Box::new(rename)));
        self
    }

    /// A model with the parameters in the file: as [`Model::load`], every name and shape must match. Two tensors that come
    /// to have one name are an error.
    pub fn load<M: Model>(&self) -> Result<M> {
        let mut model = M::from_blocks(Blocks::zeroed::<M>());
        self.reload(&mut model)?;
        Ok(model)
    }

    /// As [`Model::reload`]: replaces the parameters by those in the file; on an error they are as before.
    pub fn reload<M: Model>(&self, model: &mut M) -> Result<()> {
        checkpoint::load(model, &self.path, &|names| self.renamed(names))
    }

    /// As [`Model::reload_matching`]: replaces what the file has under the network's names and in their shapes, and returns
    /// what was not taken.
    #[must_use = "it says what was not taken"]
    pub fn reload_matching<M: Model>(&self, model: &mut M) -> Result<Vec<Problem>> {
        checkpoint::load_matching(model, &self.path, &|names| self.renamed(names))
    }

    /// What the names in the file become, in their order, and what is wrong with the prefixes.
    fn renamed(&self, names: &[String]) -> (Vec<String>, Vec<Problem>) {
        let (mut now, mut problems, mut dots) = (names.to_vec(), vec![], vec![]);
        for change in &self.changes {
            match change {
                Change::Rename(rename) => now.iter_mut().for_each(|name| *name = rename(name)),
                Change::Strip(prefix) => {
                    let wrong =
                        |name: &String| Problem::Prefix { prefix: prefix.clone(), name: name.clone() };
                    let met = now.iter().any(|name| name.starts_with(prefix));
                    problems.extend(now.iter().min().filter(|_| !met).map(wrong));
                    let dotted =
                        |name: &String| name.strip_prefix(prefix).is_some_and(|n| n.starts_with('.'));
                    dots.extend(now.iter().position(dotted).map(|at| (at, wrong(&now[at]))));
                    for name in &mut now {
                        if let Some(rest) = name.strip_prefix(prefix) {
                            *name = rest.to_owned();
                        }
                    }
                }
            }
        }
        // what is done later may have taken the dot
        problems.extend(dots.into_iter().filter(|(at, _)| now[*at].starts_with('.')).map(|(_, dot)| dot));
        (now, problems)
    }
}

impl fmt::Debug for ParameterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterFile").field("path", &self.path).finish_non_exhaustive()
    }
}
