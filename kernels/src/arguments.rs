//! What a layer is told in its parentheses.
use crate::shape::{Shape, Size, display};
use std::fmt;

/// What kind of value an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A whole number, a `const` item, a const parameter, or what `+`, `-`, `*` and `/` make of them.
    Size,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// One of these words: `mean`.
    Word(&'static [&'static str]),
    /// An axis of a sample: 0 the first, -1 the last.
    Axis,
    /// Axes of a sample: `[1, 0]`.
    Axes,
    /// An axis of a sample, or a list of them: `-1`, `[1, 2]`.
    AxisOrAxes,
    /// The sizes of a sample or of its trailing axes: `[4, 7, 7]`.
    Shape,
}

/// What an argument is if it is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// It may be absent.
    Absent,
    /// This number.
    Number(f64),
    /// This choice.
    Flag(bool),
    /// This word.
    Word(&'static str),
    /// This size.
    Size(usize),
    /// This axis.
    Axis(i64),
}

/// What a value must be, in words, and whether one is.
pub type Check = (&'static str, fn(&Given) -> bool);

/// One argument of a layer.
pub struct Argument {
    /// Its name, PyTorch's where PyTorch has one.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it takes.
    pub kind: ArgumentKind,
    /// What it is if it is not given.
    pub default: Default,
    /// What a value must satisfy, in words and as a test; `None` for anything.
    pub check: Option<Check>,
}

impl Argument {
    /// The argument in a table: name, meaning, default.
    pub fn described(&self) -> String {
        let default = match self.default {
            Default::Number(n) if n != 0.0 && n.abs() < 1e-3 => format!(", `{n:e}` if not given"),
            Default::Number(n) => format!(", `{n}` if not given"),
            Default::Size(n) => format!(", `{n}` if not given"),
            Default::Axis(n) => format!(", `{n}` if not given"),
            Default::Flag(f) => format!(", `{f}` if not given"),
            Default::Word(word) => format!(", `{word}` if not given"),
            Default::Required | Default::Absent => String::new(),
        };
        format!("`{}`: {}{default}", self.name, self.doc)
    }
    /// A number that need not be given.
    pub const fn number(name: &'static str, doc: &'static str, default: f64) -> Argument {
        let default = Default::Number(default);
        Argument { name, doc, kind: ArgumentKind::Number, default, check: None }
    }
    /// A number that must be given.
    pub const fn needed(name: &'static str, doc: &'static str) -> Argument {
        Argument { default: Default::Required, ..Argument::number(name, doc, 0.0) }
    }
    /// A size of at least 1.
    pub const fn size(name: &'static str, doc: &'static str, default: Default) -> Argument {
        let check = Some(("at least 1", positive as fn(&Given) -> bool));
        Argument { name, doc, kind: ArgumentKind::Size, default, check }
    }
    /// A choice.
    pub const fn flag(name: &'static str, doc: &'static str, default: bool) -> Argument {
        Argument { name, doc, kind: ArgumentKind::Flag, default: Default::Flag(default), check: None }
    }
    /// One of several words, the first if it is not given.
    pub const fn word(name: &'static str, doc: &'static str, words: &'static [&'static str]) -> Argument {
        Argument { name, doc, kind: ArgumentKind::Word(words), default: Default::Word(words[0]), check: None }
    }
    /// Sizes of a sample or of its trailing axes.
    pub const fn shape(name: &'static str, doc: &'static str, default: Default) -> Argument {
        Argument { name, doc, kind: ArgumentKind::Shape, default, check: None }
    }
    /// The argument `axis`.
    pub const fn axis(doc: &'static str, default: Default) -> Argument {
        Argument { name: "axis", doc, kind: ArgumentKind::Axis, default, check: None }
    }
    /// The same, of any values of its kind.
    #[must_use]
    pub const fn of_any(self) -> Argument {
        Argument { check: None, ..self }
    }
    /// The same, of values that satisfy this.
    #[must_use]
    pub const fn must_be(self, words: &'static str, holds: fn(&Given) -> bool) -> Argument {
        Argument { check: Some((words, holds)), ..self }
    }
}

/// Whether a size is at least 1, where that is known.
fn positive(given: &Given) -> bool {
    !matches!(given, Given::Size(size) if size.as_known() == Some(0))
}

/// What arguments must be together, each being right by itself.
pub struct Together {
    /// Their names; the first is the one that is said to be wrong.
    pub arguments: &'static [&'static str],
    /// What that must be, in words: ``at least `min` ``.
    pub words: &'static str,
    /// Whether it is.
    pub holds: fn(&Arguments) -> bool,
}

/// A value that was given or filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A size.
    Size(Size),
    /// A number.
    Number(f64),
    /// A choice.
    Flag(bool),
    /// A word.
    Word(&'static str),
    /// An axis of a sample, from the end if negative.
    Axis(i64),
    /// Several, or one where there may be several.
    Axes(Vec<i64>),
    /// Sizes.
    Shape(Shape),
}
impl Given {
    /// The sizes in it.
    pub fn sizes(&self) -> &[Size] {
        match self {
            Given::Size(size) => std::slice::from_ref(size),
            Given::Shape(shape) => shape,
            Given::Number(_) | Given::Flag(_) | Given::Word(_) | Given::Axis(_) | Given::Axes(_) => &[],
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Given::Size(size) => size.fmt(f),
            Given::Number(number) => number.fmt(f),
            Given::Flag(flag) => flag.fmt(f),
            Given::Word(word) => word.fmt(f),
            Given::Axis(axis) => axis.fmt(f),
            Given::Axes(axes) => write!(f, "{axes:?}"),
            Given::Shape(shape) => display(shape).fmt(f),
        }
    }
}

/// A layer's arguments, complete and of the right kinds: the compiler makes no others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(pub Vec<(&'static str, Given)>);

impl Arguments {
    fn get(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, given)| given)
    }
    /// The size `name`, if it was given.
    pub fn optional_size(&self, name: &str) -> Option<&Size> {
        match self.get(name) {
            Some(Given::Size(size)) => Some(size),
            _ => None,
        }
    }
    /// The size `name`.
    ///
    /// # Panics
    /// If the layer has no such required argument: a bug of the row.
    pub fn size(&self, name: &str) -> &Size {
        self.optional_size(name).unwrap_or_else(|| panic!("no size `{name}`"))
    }
    /// The shape `name`, if it was given.
    pub fn optional_shape(&self, name: &str) -> Option<&Shape> {
        match self.get(name) {
            Some(Given::Shape(shape)) => Some(shape),
            _ => None,
        }
    }
    /// The shape `name`.
    ///
    /// # Panics
    /// If the layer has no such required argument: a bug of the row.
    pub fn shape(&self, name: &str) -> &Shape {
        self.optional_shape(name).unwrap_or_else(|| panic!("no shape `{name}`"))
    }
    /// The axis `name`, as it was given.
    ///
    /// # Panics
    /// If the layer has no such argument, required or with a default: a bug of the row.
    pub fn axis(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Given::Axis(axis)) => *axis,
            _ => panic!("no axis `{name}`"),
        }
    }
    /// The axes `name`, as they were given.
    ///
    /// # Panics
    /// If the layer has no such required argument: a bug of the row.
    pub fn axes(&self, name: &str) -> &[i64] {
        match self.get(name) {
            Some(Given::Axes(axes)) => axes,
            _ => panic!("no axes `{name}`"),
        }
    }
    /// The number `name`.
    ///
    /// # Panics
    /// If the layer has no such argument with a default: a bug of the row.
    pub fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Given::Number(number)) => *number,
            _ => panic!("no number `{name}`"),
        }
    }
    /// The choice `name`.
    ///
    /// # Panics
    /// If the layer has no such argument with a default: a bug of the row.
    pub fn flag(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Given::Flag(flag)) => *flag,
            _ => panic!("no choice `{name}`"),
        }
    }
    /// The word `name`.
    ///
    /// # Panics
    /// If the layer has no such argument with a default: a bug of the row.
    pub fn word(&self, name: &str) -> &'static str {
        match self.get(name) {
            Some(Given::Word(word)) => word,
            _ => panic!("no word `{name}`"),
        }
    }
}
