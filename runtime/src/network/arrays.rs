//! Numbers as arrays of the crate `ndarray`, and back, without a copy.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::error::{Error, Result};

/// There are as many numbers as the shape has.
pub(crate) fn view<'a>(shape: &[usize], numbers: &'a [f32]) -> ArrayViewD<'a, f32> {
    ArrayViewD::from_shape(IxDyn(shape), numbers).expect("as many numbers as the shape has")
}

/// As [`view`], to be changed.
pub(crate) fn view_mut<'a>(shape: &[usize], numbers: &'a mut [f32]) -> ArrayViewMutD<'a, f32> {
    ArrayViewMutD::from_shape(IxDyn(shape), numbers).expect("as many numbers as the shape has")
}

/// The numbers of an array of shape `[n, …shape]`, in order.
pub(crate) fn numbers<'a>(array: ArrayViewD<'a, f32>, shape: &[usize], kind: &str) -> Result<&'a [f32]> {
    let found = array.shape();
    let of_shape = found.split_first().is_some_and(|(_, rest)| rest == shape);
    match array.to_slice() {
        Some(numbers) if of_shape => Ok(numbers),
        None if of_shape => Err(Error::Shape {
            expected: "an array in standard layout, the last axis fastest".to_owned(),
            found: format!("strides {:?} for shape {found:?}", array.strides()),
            help: "`array.as_standard_layout()` is one, copied where it must be".to_owned(),
        }),
        _ => {
            let axes: String = shape.iter().map(|axis| format!(", {axis}")).collect();
            Err(Error::Shape {
                expected: format!("an array of shape [n{axes}], for `{kind}`"),
                found: format!("{found:?}"),
                help: format!("`array.to_shape((n{axes}))` has it, if there are as many numbers"),
            })
        }
    }
}
