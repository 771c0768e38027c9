//! What a value is: the type of its numbers, and its shape.
use crate::shape::{Shape, display};
use std::fmt;

/// The type of a value's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// Real numbers: what is differentiated. `f32` for work, `f64` where gradients are checked.
    #[default]
    F32,
    /// Indices and counts, exact, without a gradient.
    U32,
}

impl Element {
    /// All of them.
    pub const ALL: [Element; 2] = [Element::F32, Element::U32];

    /// As Rust and declarations write it.
    pub fn name(self) -> &'static str {
        match self {
            Element::F32 => "f32",
            Element::U32 => "u32",
        }
    }
    /// The type that Rust calls so.
    pub fn find(name: &str) -> Option<Element> {
        Element::ALL.into_iter().find(|element| element.name() == name)
    }
    /// Whether gradients exist for such numbers.
    pub fn is_real(self) -> bool {
        self == Element::F32
    }
}
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// The type of its numbers.
    pub element: Element,
    /// Its sizes, the batch first where it has one.
    pub shape: Shape,
}

impl Type {
    /// Real numbers in that shape.
    pub fn real(shape: Shape) -> Type {
        Type { element: Element::F32, shape }
    }
    /// Indices in that shape.
    pub fn index(shape: Shape) -> Type {
        Type { element: Element::U32, shape }
    }
}
/// `[3, 4]`, `u32 [3]`
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.element != Element::F32 {
            write!(f, "{} ", self.element)?;
        }
        f.write_str(&display(&self.shape))
    }
}
