//! Elementwise operations, and where a formula's inputs come from.

use std::mem::MaybeUninit;
use std::slice;

use super::kernel::kernel;
use super::processor::Cpu;
use super::random::fill_uniform;
use super::real::Real;
use super::rule::{Block, MAX_INPUTS, Map, Rows, Source};
use super::scratch::Shared;
use super::simd::LANES;
use super::sizes::elements;
use crate::random::Stream;

/// Where one input of a formula comes from, for an output that is seen as rows and columns.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a, T> {
    /// The finished sums of the product. Only in [`matmul`](super::matmul).
    Sums,
    /// A number for every element of the output, in the same order.
    Full(&'a [T]),
    /// What the output holds before the call: a number for every element, which the result replaces.
    InPlace,
    /// A number for every column, the same in all rows: a bias.
    Row(&'a [T]),
    /// A number for every row.
    Column(&'a [T]),
    /// One number, a slice of length 1.
    Scalar(&'a [T]),
    /// Random numbers, uniform in [0, 1): number `i` of the stream for element `i` of the output.
    Uniform(Stream),
}

/// Where all inputs of a block are: a list on the stack, of which only what is used is written.
pub(crate) struct Sources<T> {
    all: [MaybeUninit<Source<T>>; MAX_INPUTS],
    count: usize,
}

impl<T> Sources<T> {
    pub fn new() -> Self {
        Sources { all: [const { MaybeUninit::uninit() }; MAX_INPUTS], count: 0 }
    }
    fn push(&mut self, source: Source<T>) {
        self.all[self.count].write(source);
        self.count += 1;
    }
    #[inline]
    fn as_slice(&self) -> &[Source<T>] {
        // SAFETY: the first `count` were written
        unsafe { slice::from_raw_parts(self.all.as_ptr().cast(), self.count) }
    }
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
                Operand::InPlace | Operand::Uniform(_) => continue,
                Operand::Full(x) => (x.len(), elements(&[rows, columns])),
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
            Operand::Sums | Operand::Full(_) | Operand::InPlace | Operand::Row(_) => 0,
        };
        self.operands.iter().map(of).sum()
    }

    /// Whether the output may be seen as a single row.
    fn flat(&self) -> bool {
        !self.operands.iter().any(|operand| matches!(operand, Operand::Row(_) | Operand::Column(_)))
    }

    /// Where the inputs of rows `i..i + rows`, columns `j..j + columns` are, which lie inside the output, at `y`.
    /// Numbers that do not lie anywhere are put into `buffer`. The list is written into `sources`, which is new: a list that is
    /// returned would be copied whole.
    #[inline]
    pub fn sources<'s>(
        &self,
        [i, j]: [usize; 2],
        [rows, columns]: [usize; 2],
        sums: Source<T>,
        y: *const T,
        buffer: &mut [T],
        sources: &'s mut Sources<T>,
    ) -> &'s [Source<T>] {
        let mut buffer = buffer;
        for operand in self.operands {
            sources.push(match *operand {
                Operand::Sums => sums,
                Operand::Full(x) => {
                    let at = i * self.columns + j;
                    let base = x[at..][..(rows - 1) * self.columns + columns].as_ptr();
                    Source { base, row: self.columns, advance: Source::<T>::ADVANCE }
                }
                Operand::InPlace => Source { base: y, row: self.columns, advance: Source::<T>::ADVANCE },
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
            });
        }
        sources.as_slice()
    }

    /// Calls `f` with the start of every whole operand of an output that starts at `y`.
    #[inline]
    pub fn each_full(&self, y: *const T, mut f: impl FnMut(*const T)) {
        for operand in self.operands {
            match operand {
                Operand::Full(x) => f(x.as_ptr()),
                Operand::InPlace => f(y),
                _ => {}
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
/// Numbers of working memory that this needs at most.
pub(super) const ROOM: usize = MAX_INPUTS * (BLOCK + LANES);

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
    compiled(cpu, y, columns, &inputs, rule)
}
kernel! {
    fn compiled<T>(cpu: &Cpu, y: &mut [T], columns: usize, inputs: &[Operand<'_, T>], rule: &dyn Rows<T>) = kernel;
}

fn kernel<T: Real>(cpu: &Cpu, y: &mut [T], columns: usize, inputs: &[Operand<'_, T>], rule: &dyn Rows<T>) {
    let len = y.len();
    if len == 0 {
        return;
    }
    assert!(columns > 0 && len.is_multiple_of(columns), "rows of {columns} in {len} numbers");
    let inputs = Inputs::new(inputs, len / columns, columns, false);
    let inputs = if inputs.flat() { Inputs { columns: len, ..inputs } } else { inputs };
    let columns = inputs.columns;
    let rows = len / columns;
    // an item is some rows, or part of one row
    let wide = columns.min(ITEM);
    let high = (ITEM / wide).min(rows);
    let across = columns.div_ceil(wide);
    let y = Shared::new(y);
    // without buffers to keep in cache, one call for all
    let (step, some) = if inputs.buffer(1, LANES) == 0 {
        (wide, high)
    } else {
        (wide.min(BLOCK), (BLOCK / wide.min(BLOCK)).min(ROWS))
    };
    let room = inputs.buffer(some, step);
    cpu.each(across * rows.div_ceil(high), |scratch, item| {
        let buffer = scratch.numbers(room);
        let (top, left) = (item / across * high, item % across * wide);
        let (bottom, right) = ((top + high).min(rows), (left + wide).min(columns));
        for i in (top..bottom).step_by(some) {
            for j in (left..right).step_by(step) {
                let size = [some.min(bottom - i), step.min(right - j)];
                let y = y.part(i * columns + j, (size[0] - 1) * columns + size[1]);
                let mut sources = Sources::new();
                let sources = inputs.sources([i, j], size, Source::EMPTY, y, buffer, &mut sources);
                // SAFETY: items are disjoint; `sources` are as large as the block, and either lie apart from it or at
                // its start, row for row: numbers that no other block writes
                let block = unsafe { Block::new(size[0], size[1], y, columns, sources) };
                rule.rows(block);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Random;
    use crate::cpu::isa::{Isa, each_isa};

    crate::rule! {
        Mixed(full, row, column, scalar, u) = (full + row) * column - scalar * u;
        Flat(a, b, u) = select(gt(u, 0.25), exp(a) * tanh(b), 0.0)
    }

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let stream = Random::new(seed, 0).stream(0);
        (0..count as u64).map(|i| 4.0 * stream.uniform(i) - 2.0).collect()
    }

    #[test]
    fn operands_of_every_kind() {
        let sizes = [
            (0, 3),
            (1, 1),
            (1, 17),
            (5, 1),
            (3, 10),
            (40, 16),
            (33, 33),
            (2000, 10),
            (3, 40_000),
            (70, 1500),
        ];
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            for (rows, columns) in sizes {
                let (full, row) = (numbers(rows * columns, 1), numbers(columns, 2));
                let (column, scalar) = (numbers(rows, 3), [0.5]);
                let stream = Random::new(9, 2).stream(1);
                let mut y = vec![f32::NAN; rows * columns];
                let inputs = [
                    Operand::Full(&full[..]),
                    Operand::Row(&row),
                    Operand::Column(&column),
                    Operand::Scalar(&scalar),
                    Operand::Uniform(stream),
                ];
                map(&cpu, &mut y, columns, inputs, &Mixed);
                for (i, y) in y.iter().enumerate() {
                    let (r, c) = (i / columns, i % columns);
                    let want = (full[i] + row[c]) * column[r] - 0.5 * stream.uniform(i as u64);
                    assert_eq!(*y, want, "{rows} x {columns} at {r}, {c}");
                }
                // the same in the place of what is read, which is read but once
                let mut replaced = full.clone();
                let inputs = [Operand::InPlace, inputs[1], inputs[2], inputs[3], inputs[4]];
                map(&cpu, &mut replaced, columns, inputs, &Mixed);
                assert_eq!(replaced, y, "{rows} x {columns}");
            }
        }
    }

    #[test]
    fn an_operand_is_replaced_in_every_loop() {
        fn all<T: Real>(cpu: &Cpu) {
            for len in [1, 15, 16, 17, 40, 100_003] {
                let full: Vec<T> = numbers(len, 1).into_iter().map(|x| T::from_f64(x as f64)).collect();
                let (mut y, mut replaced) = (vec![T::ZERO; len], full.clone());
                let u = Operand::Uniform(Random::new(1, 1).stream(1));
                map(cpu, &mut y, len, [Operand::Full(&full[..]), Operand::Full(&full), u], &Flat);
                map(cpu, &mut replaced, len, [Operand::InPlace, Operand::InPlace, u], &Flat);
                assert!(replaced.iter().zip(&y).all(|(a, b)| a.to_f64().to_bits() == b.to_f64().to_bits()));
            }
        }
        for threads in [1, 3] {
            let cpu = Cpu::new(threads);
            each_isa(|_| all::<f32>(&cpu));
            all::<f64>(&cpu);
        }
    }

    #[test]
    fn bits_depend_on_nothing() {
        let (a, b) = (numbers(100_003, 1), numbers(100_003, 2));
        let inputs =
            [Operand::Full(&a[..]), Operand::Full(&b), Operand::Uniform(Random::new(1, 1).stream(1))];
        let mut first: Option<Vec<u32>> = None;
        for threads in [1, 2, 4] {
            let cpu = Cpu::new(threads);
            each_isa(|isa| {
                let mut y = vec![0.0; a.len()];
                map(&cpu, &mut y, a.len(), inputs, &Flat);
                let bits: Vec<u32> = y.iter().map(|y| y.to_bits()).collect();
                // elementwise, even the portable code has the same bits
                assert!(first.get_or_insert(bits.clone()) == &bits, "{threads} {isa:?}");
            });
        }
    }

    /// A formula whose functions are not all inlined into the loops runs a hundred times slower, because every
    /// fused multiply-add in it becomes a library call.
    #[test]
    fn large_formulas_are_vectorised() {
        crate::rule! {
            Small(x) = exp(x);
            Large(x, y) = {
                let a = 0.5 * x * (1.0 + erf(x));
                let b = softplus(a) * sigmoid(y);
                let c = a * tanh(b) + ln(abs(b) + 1.0);
                let d = erf(c) * tanh(a) + sin(b);
                d + expm1(c) * ln_1p(abs(a)) + select(gt(c, y), cos(a), sqrt(abs(d)))
            }
        }
        let (cpu, x) = (Cpu::new(1), numbers(4096, 1));
        let mut y = vec![0.0; x.len()];
        each_isa(|isa| {
            if isa == Isa::Portable {
                return;
            }
            let x = Operand::Full(&x[..]);
            let mut best = [f64::INFINITY; 2];
            for _ in 0..20 {
                let start = std::time::Instant::now();
                map(&cpu, &mut y, 4096, [x], &Small);
                best[0] = best[0].min(start.elapsed().as_secs_f64());
                let start = std::time::Instant::now();
                map(&cpu, &mut y, 4096, [x, x], &Large);
                best[1] = best[1].min(start.elapsed().as_secs_f64());
            }
            // twenty to thirty times as much work
            assert!(best[1] < 200.0 * best[0], "{isa:?}: {best:?}");
        });
    }

    #[test]
    #[should_panic(expected = "input 0 is sums")]
    fn sums_are_of_products() {
        map(&Cpu::new(1), &mut [0.0f32; 4], 2, [Operand::Sums], &crate::cpu::Identity);
    }
}
