//! Elementwise operations, and where a formula's inputs come from.

use super::real::Real;
use super::rule::{Block, MAX_INPUTS, Map, Rows, Source};
use super::simd::LANES;
use super::{Cpu, Shared};
use crate::ops::random::{Stream, cpu::fill_uniform};

/// Where one input of a formula comes from, for an output that is seen as rows and columns.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a, T> {
    /// The finished sums of the product. Only in [`matmul`](super::matmul).
    Sums,
    /// A number for every element of the output, in the same order.
    Full(&'a [T]),
    /// A number for every column, the same in all rows: a bias.
    Row(&'a [T]),
    /// A number for every row.
    Column(&'a [T]),
    /// One number, a slice of length 1.
    Scalar(&'a [T]),
    /// Random numbers, uniform in [0, 1): number `i` of the stream for element `i` of the output.
    Uniform(Stream),
}

/// The inputs of a formula over an output of `rows * columns` numbers.
pub(crate) struct Inputs<'a, T> {
    operands: &'a [Operand<'a, T>],
    columns: usize,
}

impl<'a, T: Real> Inputs<'a, T> {
    /// # Panics
    /// If an operand has not the length that its kind asks for, or is `Sums` where there are none.
    pub fn new(operands: &'a [Operand<'a, T>], rows: usize, columns: usize, sums: bool) -> Self {
        assert!(operands.len() <= MAX_INPUTS, "a formula of more than {MAX_INPUTS} inputs");
        for (q, operand) in operands.iter().enumerate() {
            let (len, want) = match operand {
                Operand::Sums => {
                    assert!(sums, "input {q} is sums, but there is no product");
                    continue;
                }
                Operand::Uniform(_) => continue,
                Operand::Full(x) => (x.len(), rows * columns),
                Operand::Row(x) => (x.len(), columns),
                Operand::Column(x) => (x.len(), rows),
                Operand::Scalar(x) => (x.len(), 1),
            };
            assert!(len == want, "input {q} has {len} numbers instead of {want}");
        }
        Inputs { operands, columns }
    }

    /// Numbers of buffer that [`sources`](Self::sources) needs for blocks of `rows * columns`.
    pub fn buffer(&self, rows: usize, columns: usize) -> usize {
        let of = |operand: &Operand<'_, T>| match operand {
            Operand::Column(_) => rows * LANES,
            Operand::Scalar(_) => LANES,
            Operand::Uniform(_) => (rows * columns).next_multiple_of(LANES),
            Operand::Sums | Operand::Full(_) | Operand::Row(_) => 0,
        };
        self.operands.iter().map(of).sum()
    }

    /// Whether the output may be seen as a single row.
    fn flat(&self) -> bool {
        !self.operands.iter().any(|operand| matches!(operand, Operand::Row(_) | Operand::Column(_)))
    }

    /// Where the inputs of rows `i..i + rows`, columns `j..j + columns` are, which lie inside the output.
    /// Numbers that do not lie anywhere are put into `buffer`.
    #[inline]
    pub fn sources(
        &self,
        [i, j]: [usize; 2],
        [rows, columns]: [usize; 2],
        sums: Source<T>,
        buffer: &mut [T],
    ) -> [Source<T>; MAX_INPUTS] {
        let mut sources = [Source::EMPTY; MAX_INPUTS];
        let mut buffer = buffer;
        for (source, operand) in sources.iter_mut().zip(self.operands) {
            *source = match *operand {
                Operand::Sums => sums,
                Operand::Full(x) => {
                    let at = i * self.columns + j;
                    let base = x[at..][..(rows - 1) * self.columns + columns].as_ptr();
                    Source { base, row: self.columns, advance: Source::<T>::ADVANCE }
                }
                Operand::Row(x) => {
                    Source { base: x[j..][..columns].as_ptr(), row: 0, advance: Source::<T>::ADVANCE }
                }
                Operand::Column(x) => {
                    let part = take(&mut buffer, rows * LANES);
                    for (lanes, x) in part.chunks_exact_mut(LANES).zip(&x[i..][..rows]) {
                        lanes.fill(*x);
                    }
                    Source { base: part.as_ptr(), row: LANES, advance: 0 }
                }
                Operand::Scalar(x) => {
                    let part = take(&mut buffer, LANES);
                    part.fill(x[0]);
                    Source { base: part.as_ptr(), row: 0, advance: 0 }
                }
                Operand::Uniform(stream) => {
                    let part = take(&mut buffer, (rows * columns).next_multiple_of(LANES));
                    for r in 0..rows {
                        let first = ((i + r) * self.columns + j) as u64;
                        fill_uniform(stream, first, &mut part[r * columns..][..columns]);
                    }
                    Source { base: part.as_ptr(), row: columns, advance: Source::<T>::ADVANCE }
                }
            };
        }
        sources
    }

    pub fn count(&self) -> usize {
        self.operands.len()
    }

    /// Calls `f` with every whole operand.
    #[inline]
    pub fn each_full(&self, mut f: impl FnMut(&'a [T])) {
        for operand in self.operands {
            if let Operand::Full(x) = operand {
                f(x)
            }
        }
    }
}

fn take<'a, T>(buffer: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    buffer.split_off_mut(..len).expect("as long as `buffer` says")
}

/// Numbers per item of work.
const ITEM: usize = 16 * 1024;
/// Columns, and about as many numbers, per call of the formula, so that buffers stay in the nearest cache.
const BLOCK: usize = 1024;
/// Rows per call of the formula.
const ROWS: usize = 32;

/// `y[i] = rule(inputs at i)`, where `y` is seen as rows of `columns` numbers.
///
/// # Panics
/// If `columns` does not divide the length of `y`, or an input has not the length that its kind asks for.
#[inline]
pub fn map<T: Real, const N: usize>(
    cpu: &Cpu,
    y: &mut [T],
    columns: usize,
    inputs: [Operand<'_, T>; N],
    rule: &dyn Map<T, N>,
) {
    T::map(cpu, y, columns, &inputs, rule)
}

pub(super) fn kernel<T: Real>(
    cpu: &Cpu,
    y: &mut [T],
    columns: usize,
    inputs: &[Operand<'_, T>],
    rule: &dyn Rows<T>,
) {
    let len = y.len();
    if len == 0 {
        return;
    }
    assert!(columns > 0 && len % columns == 0, "rows of {columns} in {len} numbers");
    let inputs = Inputs::new(inputs, len / columns, columns, false);
    let inputs = if inputs.flat() { Inputs { columns: len, ..inputs } } else { inputs };
    let columns = inputs.columns;
    let rows = len / columns;
    // an item is some rows, or part of one row
    let wide = columns.min(ITEM);
    let high = (ITEM / wide).min(rows);
    let across = columns.div_ceil(wide);
    let y = Shared::new(y);
    cpu.each(across * rows.div_ceil(high), |scratch, item| {
        let buffer = scratch.numbers();
        let (top, left) = (item / across * high, item % across * wide);
        let (bottom, right) = ((top + high).min(rows), (left + wide).min(columns));
        // without buffers to keep in cache, one call for all
        let (step, rows) = if inputs.buffer(1, LANES) == 0 {
            (wide, high)
        } else {
            (wide.min(BLOCK), (BLOCK / wide.min(BLOCK)).min(ROWS))
        };
        for i in (top..bottom).step_by(rows) {
            for j in (left..right).step_by(step) {
                let size = [rows.min(bottom - i), step.min(right - j)];
                let sources = inputs.sources([i, j], size, Source::EMPTY, buffer);
                let y = y.part(i * columns + j, (size[0] - 1) * columns + size[1]);
                // SAFETY: items are disjoint; `sources` are as large as the block
                let block = unsafe { Block::new(size[0], size[1], y, columns, &sources[..inputs.count()]) };
                rule.rows(block);
            }
        }
    });
}
