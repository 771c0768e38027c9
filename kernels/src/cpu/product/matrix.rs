//! The operands of products.

use crate::cpu::sizes::elements;

/// A matrix operand of a product.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Element (r, c) is `data[r * down + c * right]`; one of the two is 1.
    pub(super) down: usize,
    pub(super) right: usize,
}

/// Numbers row by row, `columns` per row.
///
/// # Panics
/// If `columns` does not divide the length of `data`.
#[inline]
pub fn matrix<T>(data: &[T], columns: usize) -> Matrix<'_, T> {
    let rows = data.len().checked_div(columns).unwrap_or(0);
    assert!(rows * columns == data.len(), "rows of {columns} in {} numbers", data.len());
    Matrix { data, rows, columns, down: columns, right: 1 }
}

impl<'a, T> Matrix<'a, T> {
    /// Numbers row by row, of which there may be none: rows of no columns are rows too.
    ///
    /// # Panics
    /// If there are not `rows * columns` numbers.
    #[inline]
    pub(crate) fn of_sizes(data: &'a [T], [rows, columns]: [usize; 2]) -> Self {
        assert_eq!(data.len(), elements(&[rows, columns]), "numbers of a matrix of {rows} x {columns}");
        Matrix { data, rows, columns, down: columns, right: 1 }
    }
    /// The transposed matrix; nothing is moved.
    #[inline]
    pub fn t(self) -> Matrix<'a, T> {
        Matrix { rows: self.columns, columns: self.rows, down: self.right, right: self.down, data: self.data }
    }
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }
    /// Whether columns, and not rows, are contiguous.
    pub(super) fn transposed(&self) -> bool {
        self.right != 1 || self.columns == 1
    }
}
