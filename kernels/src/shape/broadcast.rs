//! Broadcasting by NumPy's rule: axes are aligned at the right, and an axis of size 1 repeats.
use super::{Mismatch, Requirements, Shape, Size, elements};

/// The shape to which these are broadcast.
pub fn broadcast(shapes: &[&Shape], require: &mut Requirements) -> Result<Shape, Mismatch> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let one = Size::known(1);
    let mut out: Shape = vec![one.clone(); rank];
    for (input, shape) in shapes.iter().enumerate() {
        for (axis, size) in out[rank - shape.len()..].iter_mut().zip(shape.iter()) {
            if *axis == one {
                *axis = size.clone();
            } else if *size != one {
                require.require_eq(input, "elements along an axis", axis, size)?;
            }
        }
    }
    Ok(out)
}

/// Where element `i` of a value of shape `to` is read in a value of shape `from` that is broadcast to it.
pub fn broadcast_index(mut i: usize, to: &[usize], from: &[usize]) -> usize {
    let (mut at, mut stride) = (0, 1);
    for (axis, size) in to.iter().enumerate().rev() {
        let k = i % size;
        i /= size;
        if let Some(axis) = axis.checked_sub(to.len() - from.len()) {
            if from[axis] != 1 {
                at += k * stride;
            }
            stride *= from[axis];
        }
    }
    at
}

/// How an elementwise formula reads an input where it lies, its result seen as rows and columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// One number per element.
    Full,
    /// One number per column; a row is so wide.
    Row(Size),
    /// One number per row; a row is so wide.
    Column(Size),
    /// One number.
    Scalar,
}

impl Reading {
    /// How a value of shape `from` is read for a result of shape `to`; `None` where it must be repeated in memory first.
    pub fn of(from: &Shape, to: &Shape) -> Option<Reading> {
        let one = Size::known(1);
        if from == to {
            return Some(Reading::Full);
        }
        let Some(start) = from.iter().position(|size| *size != one) else { return Some(Reading::Scalar) };
        if to.ends_with(&from[start..]) {
            return Some(Reading::Row(elements(&from[start..])));
        }
        let end = from.iter().rposition(|size| *size != one)? + 1;
        let same_rank = from.len() == to.len() && to[..end] == from[..end];
        same_rank.then(|| Reading::Column(elements(&to[end..])))
    }
    /// How wide it takes a row to be.
    pub fn width(&self) -> Option<&Size> {
        match self {
            Reading::Row(width) | Reading::Column(width) => Some(width),
            Reading::Full | Reading::Scalar => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_reads_what_numpy_reads() {
        let at: Vec<usize> = (0..6).map(|i| broadcast_index(i, &[2, 3], &[2, 1])).collect();
        assert_eq!(at, [0, 0, 0, 1, 1, 1]);
        let at: Vec<usize> = (0..6).map(|i| broadcast_index(i, &[2, 3], &[3])).collect();
        assert_eq!(at, [0, 1, 2, 0, 1, 2]);
    }
}
