//! Sizes and shapes. A size is a polynomial over the batch, named symbols and quotients, so that a `const` item or a const
//! parameter can stand wherever a number can, and equal sizes compare equal however they were computed.
pub mod broadcast;
mod quotient;
mod require;
mod size;
mod text;

#[cfg(test)]
pub(crate) mod random;
#[cfg(test)]
mod tests;

pub use require::{Deferred, Mismatch, Requirements};
pub use size::{Atom, Size, Symbol};
pub use text::grouped;

/// The size of every axis, outermost first.
pub type Shape = Vec<Size>;

/// A shape of known sizes.
pub fn shape(sizes: &[usize]) -> Shape {
    sizes.iter().map(|n| Size::known(*n)).collect()
}
/// How many numbers a value of this shape has: the product of its sizes.
pub fn elements(shape: &[Size]) -> Size {
    shape.iter().fold(Size::known(1), |product, size| &product * size)
}
/// `[1, 28, 28]`, without the batch axis that every activation begins with.
pub fn display(shape: &[Size]) -> String {
    let axes = shape.strip_prefix(&[Size::batch()]).unwrap_or(shape);
    format!("[{}]", axes.iter().map(Size::to_string).collect::<Vec<_>>().join(", "))
}
