//! What layers that work along axes have in common. Axes are those of a sample: the batch is not counted, and negative
//! ones count from the end, as in PyTorch.
use crate::attrs::{Attr, Attrs};
use crate::shape::{Mismatch, Requirements, Shape, Size};

/// Where axis `axis` of a sample is in `input`, which begins with the batch; demands that there is one.
pub fn axis(input: &Shape, axis: i64, require: &mut Requirements) -> Result<usize, Mismatch> {
    let needed = if axis < 0 { axis.unsigned_abs() } else { axis.unsigned_abs() + 1 };
    require.require_le(0, "axes", &Size::known(needed as usize), &Size::known(input.len() - 1))?;
    Ok(at(input, axis))
}

/// The same where it is known to be there.
pub fn at(input: &Shape, axis: i64) -> usize {
    let count = axis.unsigned_abs() as usize;
    if axis < 0 { input.len() - count } else { 1 + count }
}

/// How long the last axis is.
pub fn last(input: &Shape) -> &Size {
    &input[input.len() - 1]
}

/// The axes of a value with two of them changing places.
pub fn swapped(rank: usize, a: usize, b: usize) -> Attrs {
    let mut axes: Vec<usize> = (0..rank).collect();
    axes.swap(a, b);
    Attrs::NONE.with("axes", Attr::Axes(axes))
}
