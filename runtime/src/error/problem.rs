//! What can be wrong with a file of parameters, and what helps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::text::noun;

/// What helps where a file has other tensors than a network.
pub(super) fn mismatch(model: &str, fits: usize, problems: &[Problem]) -> String {
    const OTHER: &str = "made by another network, or by another version of this one";
    let missing = problems.iter().filter_map(|p| match p {
        Problem::Missing { name, .. } => Some(&**name),
        _ => None,
    });
    let surplus = problems.iter().filter_map(|p| match p {
        Problem::Surplus { name, .. } => Some(&**name),
        _ => None,
    });
    let (missing, surplus): (BTreeSet<&str>, BTreeSet<&str>) = (missing.collect(), surplus.collect());
    // the dot before a name is what a wrong prefix left of it, which is said with that
    let of_file = prefix(&surplus, &missing).filter(|found| found.prefix != ".");
    let of_model = prefix(&missing, &surplus);
    let (advice, all) = match (of_file, of_model) {
        (Some(Prefix { prefix, names }), _) => {
            let names = names.len();
            let begin = which(names, &surplus, "in the file that the model does not have", "in the file");
            let advice = format!(
                "{begin} with `{prefix}`: `ParameterFile::new(path).strip_prefix({prefix:?})` takes it from them, and has \
                 `load`, `reload` and `reload_matching`"
            );
            (advice, names == missing.len() && names == surplus.len())
        }
        (None, Some(Prefix { prefix, names })) => {
            let begin =
                which(names.len(), &missing, "in the model that the file does not have", "in the model");
            let all = names.len() == missing.len() && names.len() == surplus.len();
            // others in the file are as they should be
            let (change, to) = if all && fits == 0 {
                (format!("|name| format!(\"{prefix}{{name}}\")"), "those in the file".to_owned())
            } else {
                ("…".to_owned(), format!("{}, and to no other in the file", some(&names)))
            };
            let advice = format!(
                "{begin} with `{prefix}`: `ParameterFile::new(path).rename({change})` gives it to {to}; it has `load`, \
                 `reload` and `reload_matching`"
            );
            (advice, all)
        }
        (None, None) if problems.iter().any(|p| matches!(p, Problem::Prefix { .. })) => {
            return "mend the prefix first; `rename(…)` changes names in any other way".to_owned();
        }
        (None, None) if fits == 0 => {
            return format!(
                "the file was made by another network; if only names differ, `ParameterFile::new(path).rename(…)` makes those \
                 of the file those of `{model}`, and has `load`, `reload` and `reload_matching`"
            );
        }
        (None, None) => return format!("the file was {OTHER}; `reload_matching` takes what fits"),
    };
    if all {
        return advice;
    }
    format!(
        "{advice}; the file was {OTHER}, so that some will not fit then either: `reload_matching` takes what does"
    )
}

/// A prefix without which some names are known.
struct Prefix<'a> {
    prefix: &'a str,
    /// These names, without it.
    names: Vec<&'a str>,
}

/// What most of some names have before them that the others do not know.
fn prefix<'a>(longer: &BTreeSet<&'a str>, shorter: &BTreeSet<&str>) -> Option<Prefix<'a>> {
    let mut found = BTreeMap::<&str, Vec<&str>>::new();
    for name in longer {
        // a prefix ends where a member does
        for (dot, _) in name.match_indices('.').filter(|(dot, _)| shorter.contains(&name[dot + 1..])) {
            found.entry(&name[..=dot]).or_default().push(&name[dot + 1..]);
        }
    }
    let most = found.into_iter().max_by_key(|(prefix, names)| (names.len(), Reverse(prefix.len())));
    most.map(|(prefix, names)| Prefix { prefix, names })
}

/// The first of some names.
fn some(names: &[&str]) -> String {
    const MOST: usize = 4;
    let first: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    first.join(", ") + if names.len() > MOST { ", …" } else { "" }
}

/// `names in the file begin`, or how many of which names do where not all of them do.
fn which(names: usize, of: &BTreeSet<&str>, those: &str, all: &str) -> String {
    if names == of.len() {
        return format!("{} {all} {}", noun(&names.to_string(), "names"), begin(names));
    }
    format!("{names} of the {} names {those} {}", of.len(), begin(names))
}

fn begin(names: usize) -> &'static str {
    if names == 1 { "begins" } else { "begin" }
}

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
    /// A checkpoint of training was saved by a trainer with another setting.
    Setting {
        /// What is set, by the builder's method.
        name: &'static str,
        /// What this trainer has.
        expected: String,
        /// What the file's had.
        found: String,
    },
    /// Two tensors of the file were given the same name.
    Renamed {
        /// The name.
        name: String,
        /// What they are called in the file.
        from: [String; 2],
    },
    /// A [`strip_prefix`](crate::ParameterFile::strip_prefix) that no name in the file begins with, or that leaves a dot at
    /// the start of a name.
    Prefix {
        /// What was to be taken from names.
        prefix: String,
        /// A name in the file, the first in the alphabet or the first that was left with a dot.
        name: String,
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
        use Problem::{Missing, Prefix, Shape, Surplus};
        matches!(self, Missing { .. } | Surplus { .. } | Shape { .. } | Prefix { .. })
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
            Problem::Setting { name, expected, found } => {
                write!(f, "`{name}`: this trainer has {expected}, the file's had {found}")
            }
            Problem::Renamed { name, from: [a, b] } => {
                write!(f, "`{a}` and `{b}` of the file are both renamed to `{name}`")
            }
            Problem::Prefix { prefix, name } if name.starts_with(prefix) => write!(
                f,
                "`strip_prefix({prefix:?})` leaves a dot where `{name}` begins: the dot belongs to it, \
                 `strip_prefix(\"{prefix}.\")`"
            ),
            Problem::Prefix { prefix, name } => {
                write!(f, "`strip_prefix({prefix:?})`: no name in the file begins so, the first is `{name}`")
            }
            Problem::NotFinite { name, count, first } => {
                let (are, at) = if *count == 1 { ("is", "it is") } else { ("are", "the first") };
                write!(f, "`{name}`: {count} of its numbers {are} not finite, {at} at {first}")
            }
        }
    }
}
