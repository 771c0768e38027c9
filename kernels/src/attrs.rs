//! What an op is told besides its inputs: typed, named, few.
use crate::scalar::Expr;
use crate::shape::{Shape, Size};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// One attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Attr {
    /// A choice.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A size: the start of a slice, the number of a stream of random numbers.
    Size(Size),
    /// Axes, outermost first.
    Axes(Vec<usize>),
    /// A shape.
    Shape(Shape),
    /// A formula over the op's inputs.
    Formula(Expr),
    /// What a formula is called in generated code.
    Name(String),
}

/// Numbers by their bits: equal attributes hash alike, except that 0 and -0, which are equal, may not.
impl Hash for Attr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Attr::Flag(flag) => flag.hash(state),
            Attr::Number(number) => number.to_bits().hash(state),
            Attr::Size(size) => size.hash(state),
            Attr::Axes(axes) => axes.hash(state),
            Attr::Shape(shape) => shape.hash(state),
            Attr::Formula(formula) => formula.hash(state),
            Attr::Name(name) => name.hash(state),
        }
    }
}

/// An op's attributes by name.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Attrs(Vec<(Cow<'static, str>, Attr)>);

macro_rules! getters {
    ($($(#[doc = $doc:literal])* $method:ident $variant:ident -> $type:ty, $name:ident => $value:expr;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Panics
        /// If the row that asks is not the row that was given it: a bug of the book.
        pub fn $method(&self, name: &str) -> $type {
            match self.get(name) {
                Some(Attr::$variant($name)) => $value,
                other => panic!("attribute `{name}` is {other:?}"),
            }
        }
    )*};
}

impl Attrs {
    /// No attributes.
    pub const NONE: Attrs = Attrs(Vec::new());
    /// These, and `name` with `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: Attr) -> Attrs {
        self.0.push((name.into(), value));
        self
    }
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Cow<'static, str>, Attr)> {
        self.0.iter()
    }
    /// Every size in them.
    pub fn sizes(&self) -> impl Iterator<Item = &Size> {
        self.0.iter().flat_map(|(_, attr)| match attr {
            Attr::Shape(shape) => shape.as_slice(),
            Attr::Size(size) => std::slice::from_ref(size),
            Attr::Flag(_) | Attr::Number(_) | Attr::Axes(_) | Attr::Formula(_) | Attr::Name(_) => &[],
        })
    }
    /// The attributes with every size replaced by what `value` makes of it.
    pub fn with_sizes(&self, value: &dyn Fn(&Size) -> Size) -> Attrs {
        let replaced = |attr: &Attr| match attr {
            Attr::Shape(shape) => Attr::Shape(shape.iter().map(value).collect()),
            Attr::Size(size) => Attr::Size(value(size)),
            other => other.clone(),
        };
        Attrs(self.0.iter().map(|(name, attr)| (name.clone(), replaced(attr))).collect())
    }
    fn get(&self, name: &str) -> Option<&Attr> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }
    /// Whether there is a choice `name`, and it is made.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Attr::Flag(true)))
    }
    /// The size `name`, if there is one.
    pub fn optional_size(&self, name: &str) -> Option<&Size> {
        match self.get(name) {
            Some(Attr::Size(size)) => Some(size),
            _ => None,
        }
    }
    /// The number `name`, if there is one.
    pub fn optional_number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(Attr::Number(number)) => Some(*number),
            _ => None,
        }
    }
    getters! {
        /// The choice `name`.
        flag Flag -> bool, v => *v;
        /// The number `name`.
        number Number -> f64, v => *v;
        /// The size `name`.
        size Size -> &Size, v => v;
        /// The axes `name`.
        axes Axes -> &[usize], v => v;
        /// The shape `name`.
        shape Shape -> &Shape, v => v;
        /// The formula `name`.
        formula Formula -> Expr, v => *v;
        /// The name `name`.
        name Name -> &str, v => v;
    }
}
