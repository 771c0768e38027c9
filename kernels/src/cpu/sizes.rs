//! Sizes of operands, and whether lengths agree with them.

/// How many numbers there are in these sizes.
///
/// # Panics
/// If they are more than a machine word counts: so that no length agrees by chance.
pub fn elements(sizes: &[usize]) -> usize {
    let product = sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    product.unwrap_or_else(|| panic!("sizes {sizes:?} are too large"))
}

/// `x`, of the sizes `shape`, as `[outer][len][inner]`, `len` being what lies along `axes`.
///
/// # Panics
/// If there are no such axes, not as many numbers, or nothing lies along the axes.
pub fn middle(y: usize, x: usize, shape: &[usize], axes: std::ops::Range<usize>) -> [usize; 3] {
    assert!(axes.start <= axes.end && axes.end <= shape.len(), "axes {axes:?} of {shape:?}");
    assert_eq!(x, elements(shape), "numbers of shape {shape:?}");
    let sizes =
        [elements(&shape[..axes.start]), elements(&shape[axes.clone()]), elements(&shape[axes.end..])];
    let [outer, len, inner] = sizes;
    assert_eq!(y, elements(&[outer, inner]), "numbers of shape {shape:?} without the axes {axes:?}");
    assert!(y == 0 || len > 0, "nothing along the axes {axes:?} of {shape:?}");
    sizes
}

/// Rows of `columns` numbers in `count` numbers.
///
/// # Panics
/// If they do not fill rows.
pub fn rows(count: usize, columns: usize) -> usize {
    assert!(
        count == 0 || columns > 0 && count.is_multiple_of(columns),
        "rows of {columns} in {count} numbers"
    );
    count.checked_div(columns).unwrap_or(0)
}
