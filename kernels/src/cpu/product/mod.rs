//! Matrix products whose results go straight into a formula or an optimizer's rule.
//!
//! * `matrix`: the operands.
//! * `micro`: the innermost loops, one per instruction set and tile height.
//! * `pack`: operands brought into the order in which those read them.
//! * `packed`: right factors that do not change, packed once.
//! * `gemm`: tiles and panels.
//! * `finish`: what becomes of a tile's sums.
//! * this file: which way a product is computed, and how it is split.
//!
//! Every element of a product is one chain of fused multiply-adds over the inner index, ascending, so that its
//! bits do not depend on how the product is split, packed or vectorised. The exception are products whose right operand is
//! contiguous along the inner index, of a single row, or of two or three contiguous ones where that operand is not among
//! those that are packed once; a single column is seen as a row. These are sums of sixteen chains, folded in a fixed order.

#![allow(clippy::needless_range_loop, reason = "loops over lanes and registers read best by index")]

mod finish;
mod gemm;
mod matrix;
mod micro;
mod pack;
pub(super) mod packed;
#[cfg(test)]
mod tests;

pub(crate) use gemm::room;
pub use matrix::{Matrix, matrix};

use std::ops::Range;

use crate::cpu::kernel::kernel;
use crate::cpu::map::{Inputs, Operand};
use crate::cpu::processor::Cpu;
use crate::cpu::real::Real;
use crate::cpu::rule::{Identity, MAX_INPUTS, Map, Rows};
use crate::cpu::scratch::{Scratch, Shared};
use crate::cpu::sizes::elements;
use crate::cpu::states::Updatable;
use finish::{Finish, Mapped, TILE, Updated, finish_outer};
use gemm::{CACHED, Gemm};
use micro::{Micro, Walk, plan};

/// `y = rule(inputs)`, where [`Operand::Sums`] stands for the elements of `a * b`, and `y` has `a.rows()` rows
/// of `b.columns()` numbers.
///
/// # Panics
/// If the sizes of `a`, `b` and `y` do not fit, or an input has not the length that its kind asks for.
#[inline]
pub fn matmul<T: Real, const N: usize>(
    cpu: &Cpu,
    y: &mut [T],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    inputs: [Operand<'_, T>; N],
    rule: &dyn Map<T, N>,
) {
    compiled(cpu, y, a, b, &inputs, rule)
}
/// `y = a * b`, where `y` has `a.rows()` rows of `b.columns()` numbers.
///
/// # Panics
/// If the sizes of `a`, `b` and `y` do not fit.
#[inline]
pub fn product<T: Real>(cpu: &Cpu, y: &mut [T], a: Matrix<'_, T>, b: Matrix<'_, T>) {
    matmul(cpu, y, a, b, [Operand::Sums], &Identity)
}
kernel! {
    fn compiled<T>(
        cpu: &Cpu, y: &mut [T], a: Matrix<'_, T>, b: Matrix<'_, T>, inputs: &[Operand<'_, T>], rule: &dyn Rows<T>,
    ) = whole;
    /// The gradient of `to` is `a * b`.
    pub(crate) fn update<T>(cpu: &Cpu, to: &mut Updatable<'_, T>, a: Matrix<'_, T>, b: Matrix<'_, T>) = update_kernel;
}

fn whole<T: Real>(
    cpu: &Cpu,
    y: &mut [T],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    inputs: &[Operand<'_, T>],
    rule: &dyn Rows<T>,
) {
    let (rows, columns) = (a.rows, b.columns);
    assert_eq!(y.len(), elements(&[rows, columns]), "numbers of a product of {rows} x {columns}");
    into(By::Team(cpu), Shared::new(y), a, b, inputs, rule)
}

/// Who computes a product.
pub(crate) enum By<'a> {
    /// All members, each a part of it.
    Team(&'a Cpu),
    /// The member that this memory belongs to.
    Member(&'a mut Scratch),
}

/// `y = rule(inputs)`, where `y` is as long as the product, whose numbers can be counted.
pub(crate) fn into<T: Real>(
    by: By<'_>,
    y: Shared<'_, T>,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    inputs: &[Operand<'_, T>],
    rule: &dyn Rows<T>,
) {
    let (rows, columns) = (a.rows, b.columns);
    if columns == 1 && rows > 1 {
        // a product of one row, seen from the other side
        let mut turned = [Operand::Sums; MAX_INPUTS];
        assert!(inputs.len() <= MAX_INPUTS, "a formula of more than {MAX_INPUTS} inputs");
        for (turned, input) in turned.iter_mut().zip(inputs) {
            *turned = match *input {
                Operand::Row(x) => Operand::Column(x),
                Operand::Column(x) => Operand::Row(x),
                other => other,
            };
        }
        let inputs = Inputs::new(&turned[..inputs.len()], 1, rows, true);
        multiply(by, b.t(), a.t(), &Mapped { y, columns: rows, inputs, rule });
    } else {
        let inputs = Inputs::new(inputs, rows, columns, true);
        multiply(by, a, b, &Mapped { y, columns, inputs, rule });
    }
}

fn update_kernel<T: Real>(cpu: &Cpu, to: &mut Updatable<'_, T>, a: Matrix<'_, T>, b: Matrix<'_, T>) {
    let (rows, columns) = (a.rows, b.columns);
    assert_eq!(a.columns, b.rows, "inner sizes of a product");
    assert_eq!(to.len(), elements(&[rows, columns]), "numbers of a product of {rows} x {columns}");
    if to.len() == 0 {
        return;
    }
    let rule = to.rule();
    let states = to.shared();
    if a.columns == 1 {
        let update = Updated { states, columns, rule };
        finish_outer(cpu, &update, a.data, b.data);
    } else if columns == 1 && rows > 1 {
        multiply(By::Team(cpu), b.t(), a.t(), &Updated { states, columns: rows, rule });
    } else {
        multiply(By::Team(cpu), a, b, &Updated { states, columns, rule });
    }
}

/// Below this many multiply-adds a second thread costs more than it brings.
pub(crate) const ALONE: usize = 1 << 17;
/// How many multiply-adds a product has, or the largest number there is: two matrices may fit an address space of 32
/// bits, and their product's work not.
pub(crate) fn work(m: usize, n: usize, k: usize) -> usize {
    m.saturating_mul(n).saturating_mul(k)
}
/// Rows up to which a product by dot products is faster than one by tiles, for which the other factor would be packed.
const FEW: usize = 3;
/// Numbers that stay in the nearest cache.
const NEAR: usize = 4 * 1024;
/// Rows per item where panels are few, or a multiple of it.
const BLOCK: usize = 48;
/// Multiply-adds per item at least, where there are so many.
const ITEM: usize = 1 << 14;

/// Computes `a * b` and hands its elements to `done`, split into panels of columns, or blocks of rows where
/// panels are few.
fn multiply<T: Real>(by: By<'_>, a: Matrix<'_, T>, b: Matrix<'_, T>, done: &dyn Finish<T>) {
    assert_eq!(a.columns, b.rows, "inner sizes of a product");
    let (m, n, k) = (a.rows, b.columns, a.columns);
    if m == 0 || n == 0 {
        return;
    }
    let by_columns = k > 0 && b.transposed();
    if m == 1 && by_columns {
        return dots(by, a, b, done);
    }
    let plan = plan::<T>(n);
    if m == 1 {
        return row(by, a, b, plan.row_tile(n), done);
    }
    let packed = match &by {
        By::Team(cpu) => cpu.constants.panels(&b),
        By::Member(_) => None,
    };
    if m <= FEW && by_columns && a.right == 1 && packed.is_none() {
        return dots(by, a, b, done);
    }
    let gemm = Gemm::new(a, b, packed, plan, done);
    let panels = gemm.panels();
    let run = |scratch: &mut _, rows: Range<usize>, panels: Range<usize>| gemm.run(scratch, rows, panels);
    let cpu = match by {
        By::Member(scratch) => return run(scratch, 0..m, 0..panels),
        By::Team(cpu) => cpu,
    };
    if work(m, n, k) < ALONE || cpu.threads() == 1 {
        cpu.alone(|scratch| run(scratch, 0..m, 0..panels));
    } else if panels >= 4 && m * k <= CACHED && !gemm.packs_a() {
        let group = (ITEM / work(m, plan.wide, k).max(1)).max(1);
        let part = |p: usize| p * group..(p * group + group).min(panels);
        cpu.each(panels.div_ceil(group), |scratch, p| run(scratch, 0..m, part(p)));
    } else if panels >= 8 {
        // `a` does not fit a cache, or is packed: groups of panels, so that a block of it is read once per group
        let group = panels.div_ceil(4);
        let part = |p: usize| p * group..(p * group + group).min(panels);
        cpu.each(panels.div_ceil(group), |scratch, p| run(scratch, 0..m, part(p)));
    } else {
        let high = BLOCK * (ITEM / work(BLOCK, n, k).max(1)).max(1);
        let part = |i: usize| i * high..(i * high + high).min(m);
        cpu.each(m.div_ceil(high), |scratch, i| run(scratch, part(i), 0..panels));
    }
}

/// Splits the columns of a product of one row for several members, between tiles of `wide` columns: `f(sums, buffer,
/// columns)`, with room for the sums of so many columns, and a buffer for [`Finish`].
fn split_row<T: Real>(
    by: By<'_>,
    (n, k): (usize, usize),
    wide: usize,
    buffer: usize,
    f: impl Fn(&mut [T], &mut [T], Range<usize>) + Sync,
) {
    let items = if n * k < ALONE { 1 } else { 8 };
    // of whole tiles: of one that is cut every part would compute all columns
    let part = n.div_ceil(items).next_multiple_of(wide.max(32));
    let run = |scratch: &mut Scratch, item: usize| {
        let (sums, buffer) = scratch.numbers(TILE + buffer).split_at_mut(TILE);
        let end = (item * part + part).min(n);
        for first in (item * part..end).step_by(TILE) {
            f(sums, buffer, first..(first + TILE).min(end));
        }
    };
    match by {
        By::Team(cpu) => cpu.each(n.div_ceil(part), run),
        By::Member(scratch) => (0..n.div_ceil(part)).for_each(|item| run(scratch, item)),
    }
}

/// One row times a matrix with contiguous rows, read in place.
fn row<T: Real>(
    by: By<'_>,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    (tile, wide): (Micro<T>, usize),
    done: &dyn Finish<T>,
) {
    let (n, k) = (b.columns, b.rows);
    // Of rows narrower than a tile those after it are read too. The last ones, after which there are not enough numbers, are
    // copied to where there are.
    let whole = if n < wide { (k * n).checked_sub(wide).map_or(0, |rest| rest / n + 1) } else { k };
    assert!(whole == 0 || (whole - 1) * n + n.max(wide) <= b.data.len(), "a tile beyond the last row");
    let mut end = [T::ZERO; 2 * micro::NARROWEST];
    if whole < k {
        end[..(k - whole) * n].copy_from_slice(&b.data[whole * n..]);
    }
    let walk = Walk { len: whole, a_row: 0, a_step: 1, b_step: n, resume: false };
    let last = Walk { len: k - whole, resume: true, ..walk };
    split_row(by, (n, k), wide, done.buffer(), |sums, buffer, columns| {
        for first in columns.clone().step_by(wide) {
            let count = wide.min(columns.end - first);
            // The last tile may begin within the one before it, and compute some elements again.
            let start = first.min(n.saturating_sub(wide));
            let b = b.data.as_ptr().wrapping_add(start);
            // SAFETY: `whole` numbers of `a`, which is one row, and `whole` rows in `b`, of each of which a tile's width may
            // be read; the sums are as long as the largest tile; `plan` only knows what the machine has
            unsafe { tile(&walk, a.data.as_ptr(), b, sums.as_mut_ptr()) };
            if whole < k {
                // SAFETY: the rest of `a`, and of `b`: fewer numbers than a tile is wide, and as many can be read after them
                unsafe { tile(&last, a.data.as_ptr().add(whole), end.as_ptr(), sums.as_mut_ptr()) };
            }
            done.tile([0, first], [1, count], &sums[first - start..], count, buffer);
        }
    });
}

/// A few contiguous rows times a matrix with contiguous columns: a dot product per element.
fn dots<T: Real>(by: By<'_>, a: Matrix<'_, T>, b: Matrix<'_, T>, done: &dyn Finish<T>) {
    let (m, n, k) = (a.rows, b.columns, b.rows);
    let dot = plan::<T>(n).dot;
    // of several rows each goes by some columns while they are in the nearest cache
    let some = if m == 1 { TILE } else { (NEAR / k / 8 * 8).clamp(8, TILE) };
    split_row(by, (n, k), 1, done.buffer(), |sums, buffer, columns| {
        for first in columns.clone().step_by(some) {
            let count = some.min(columns.end - first);
            let columns = &b.data[first * k..][..count * k];
            for (i, row) in a.data.chunks_exact(k).enumerate() {
                // SAFETY: `count` columns of k numbers, as many as a row has; `plan` only knows what the machine has
                unsafe { dot(row.as_ptr(), columns.as_ptr(), k, count, sums.as_mut_ptr()) };
                done.tile([i, first], [1, count], &sums[..count], count, buffer);
            }
        }
    });
}
