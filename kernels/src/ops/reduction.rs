//! What ops that reduce neighbouring axes have in common. Such axes are one in memory, the middle of
//! `x[outer][len][inner]`.
use crate::attrs::{Attr, Attrs};
use crate::shape::{Mismatch, Requirements, Shape, Size};
use std::ops::Range;

/// Attributes for these axes.
pub fn over(axes: Range<usize>) -> Attrs {
    Attrs::NONE.with("axes", Attr::Axes(vec![axes.start, axes.end]))
}
/// The axes that attributes name.
pub fn axes(attrs: &Attrs) -> Range<usize> {
    let axes = attrs.axes("axes");
    axes[0]..axes[1]
}
/// The runs of neighbours among ascending axes, the innermost first: so the numbers of the outer ones stay right while
/// one after the other disappears.
pub fn runs(axes: &[usize]) -> impl Iterator<Item = Range<usize>> {
    axes.chunk_by(|a, b| a + 1 == *b).rev().map(|run| run[0]..run[run.len() - 1] + 1)
}

/// `x` without these axes, of which there must be some.
pub fn without(x: &Shape, axes: Range<usize>, require: &mut Requirements) -> Result<Shape, Mismatch> {
    require.require_le(0, "axes", &Size::known(axes.end), &Size::known(x.len()))?;
    require.require_le(0, "axes to reduce", &Size::known(1), &Size::known(axes.len()))?;
    Ok([&x[..axes.start], &x[axes.end..]].concat())
}
/// Attributes for a reshape of what comes out that repeats along `x` again: `x`, with these axes of size 1.
pub fn kept(x: &Shape, axes: Range<usize>) -> Attrs {
    let mut kept = x.clone();
    kept[axes].fill(Size::known(1));
    Attrs::NONE.with("shape", Attr::Shape(kept))
}

/// Where the numbers along the axes are, for every number that comes out.
pub fn groups(shape: &[usize], axes: Range<usize>) -> impl Iterator<Item = Vec<usize>> {
    let [outer, len, inner] = [&shape[..axes.start], &shape[axes.clone()], &shape[axes.end..]]
        .map(|sizes| sizes.iter().product::<usize>());
    (0..outer * inner).map(move |i| (0..len).map(|k| (i / inner * len + k) * inner + i % inner).collect())
}
