//! The border of a network: what a batch of inputs, outputs or targets is.

/// The numbers of one port of a batch, as generated code and devices take them; `T` is `f32`, or `f64` where gradients are
/// checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flat<'a, T> {
    /// Real numbers.
    Real(&'a [T]),
    /// Indices.
    Index(&'a [u32]),
}
