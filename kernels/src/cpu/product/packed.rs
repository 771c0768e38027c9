//! Right factors that do not change, packed once for all products that read them.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::matrix::Matrix;
use super::pack::{Pack, pack};
use crate::cpu::real::Real;

/// Columns of the panels of a factor: a multiple of what any instruction set's tiles have.
fn wide(columns: usize) -> usize {
    match columns {
        ..=8 => 8,
        9..=16 => 16,
        17.. => 32,
    }
}

/// A factor is known by where it lies and by its sizes: generated code hands slices of the parameters to kernels, and so do
/// all runs of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Factor {
    /// Its first number, among all that do not change.
    at: usize,
    rows: usize,
    columns: usize,
}

impl Factor {
    /// Numbers of its panels.
    fn packed(self) -> usize {
        self.rows * self.columns.next_multiple_of(wide(self.columns))
    }
}

/// Where numbers lie.
#[derive(Clone, Debug)]
pub(crate) struct Place(Range<usize>);

impl Place {
    fn of(numbers: &[f32]) -> Place {
        let range = numbers.as_ptr_range();
        Place(range.start.addr()..range.end.addr())
    }

    /// What a product knows this factor by, if it lies here and would have to be packed: if its columns are contiguous.
    fn factor<T: Real>(&self, b: &Matrix<'_, T>) -> Option<Factor> {
        let start = b.data.as_ptr().addr();
        let is_here = size_of::<T>() == size_of::<f32>() && self.0.contains(&start);
        let at = start.wrapping_sub(self.0.start) / size_of::<f32>();
        let packs = b.right != 1 && b.rows > 0 && b.columns > 1;
        (is_here && packs).then_some(Factor { at, rows: b.rows, columns: b.columns })
    }
}

/// What a [`Cpu`](crate::cpu::Cpu) does about right factors that do not change.
#[derive(Debug, Default)]
pub(crate) enum Constants {
    /// It knows none.
    #[default]
    Unknown,
    /// It notes those that lie there.
    Noted(Place, Mutex<Vec<Factor>>),
    /// It reads these.
    Known(Arc<Packed>),
}

impl Constants {
    /// Notes the right factors that lie in `numbers`.
    pub fn noted(numbers: &[f32]) -> Constants {
        Constants::Noted(Place::of(numbers), Mutex::default())
    }

    /// The panels of a factor, if it is among those that are packed.
    pub fn panels<T: Real>(&self, b: &Matrix<'_, T>) -> Option<Panels<'_, T>> {
        match self {
            Constants::Unknown => None,
            Constants::Noted(place, noted) => {
                let factor = place.factor(b)?;
                noted.lock().unwrap_or_else(|e| e.into_inner()).push(factor);
                None
            }
            Constants::Known(packed) => packed.panels(b),
        }
    }

    /// Packs what was noted, which lies in `constants`. How many bytes the system refused, where it has no room for the
    /// panels.
    pub fn pack(self, constants: &[f32]) -> Result<Option<Arc<Packed>>, usize> {
        let Constants::Noted(place, noted) = self else { return Ok(None) };
        let mut noted = noted.into_inner().unwrap_or_else(|e| e.into_inner());
        noted.sort();
        noted.dedup();
        let mut len = 0;
        let factors: Box<[(Factor, usize)]> = noted
            .into_iter()
            .map(|factor| {
                let start = len;
                len += factor.packed().next_multiple_of(LINE);
                (factor, start)
            })
            .collect();
        if factors.is_empty() {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        numbers.try_reserve_exact(len + LINE).map_err(|_| (len + LINE) * size_of::<f32>())?;
        numbers.resize(len + LINE, 0.0f32);
        let skip = numbers.as_ptr().addr().wrapping_neg() % (LINE * size_of::<f32>()) / size_of::<f32>();
        for (Factor { at, rows, columns }, start) in &factors {
            let data = &constants[*at..][..rows * columns];
            let wide = wide(*columns);
            let (lanes, to) = (0..*columns, &mut numbers[skip + start..]);
            let apart = rows * wide;
            pack(Pack {
                data,
                down: 1,
                right: *rows,
                steps: 0..*rows,
                lanes,
                wide,
                advance: wide,
                apart,
                to,
            });
        }
        Ok(Some(Arc::new(Packed { place, factors, numbers, skip })))
    }
}

/// Numbers that do not change, where products read them as right factors, in the order in which they read them.
///
/// A factor of `k` rows lies in panels of as many columns as `wide` says, `k` rows each, the last one filled up with lanes
/// that nobody takes. That order is the same for every instruction set.
#[derive(Debug)]
pub struct Packed {
    place: Place,
    /// Sorted, each with where its panels begin.
    factors: Box<[(Factor, usize)]>,
    /// On a cache line from `skip` on.
    numbers: Vec<f32>,
    skip: usize,
}

/// The panels of a factor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels<'a, T> {
    numbers: &'a [T],
    rows: usize,
    wide: usize,
}

impl<T> Panels<'_, T> {
    /// Where columns `first..first + columns` begin, which are those of a tile, and how far it is from row to row.
    ///
    /// # Panics
    /// If a panel has no such columns.
    pub fn columns(&self, first: usize, columns: usize) -> (*const T, usize) {
        let (panel, column) = (first / self.wide, first % self.wide);
        assert!(column + columns <= self.wide, "columns of a panel");
        let panel = &self.numbers[panel * self.rows * self.wide..][..self.rows * self.wide];
        (panel.as_ptr().wrapping_add(column), self.wide)
    }
}

impl Packed {
    /// Bytes that the panels take, with room to begin on a cache line.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.numbers)
    }

    fn panels<T: Real>(&self, b: &Matrix<'_, T>) -> Option<Panels<'_, T>> {
        let factor = self.place.factor(b)?;
        let i = self.factors.binary_search_by_key(&factor, |(factor, _)| *factor).ok()?;
        let numbers = &self.numbers[self.skip + self.factors[i].1..][..factor.packed()];
        // SAFETY: `T` is the only `Real` as long as `f32`, which is `f32`
        let numbers = unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast::<T>(), numbers.len()) };
        Some(Panels { numbers, rows: factor.rows, wide: wide(factor.columns) })
    }
}

/// Numbers on a cache line.
const LINE: usize = 16;

#[cfg(test)]
mod tests {
    use crate::cpu::isa::each_isa;
    use crate::cpu::{Cpu, Random, matrix, product};

    /// Products read what was packed, which here is made to differ, and the bits are those of products that pack. Two or
    /// three rows are dot products where nothing is packed: the same numbers but for rounding.
    #[test]
    fn what_is_packed_is_read() {
        let stream = Random::new(1, 0).stream(0);
        let numbers: Vec<f32> = (0..60_000).map(|i| stream.uniform(i) - 0.5).collect();
        let sizes = [
            (4, 1, 7),
            (4, 2, 1),
            (9, 5, 40),
            (13, 16, 33),
            (30, 9, 20),
            (200, 23, 30),
            (2, 30, 90),
            (3, 70, 300),
            (4, 70, 300),
            (40, 100, 512),
        ];
        for (m, n, k) in sizes {
            let weights = numbers[5..5 + n * k].to_vec();
            let a = matrix(&numbers[..m * k], k);
            let multiply = |cpu: &Cpu, weights: &[f32]| {
                let mut y = vec![f32::NAN; m * n];
                product(cpu, &mut y, a, matrix(weights, k).t());
                y.iter().map(|y| y.to_bits()).collect::<Vec<_>>()
            };
            let mut first = Cpu::new(1);
            first.note_factors(&weights);
            multiply(&first, &weights);
            let packed = first.pack_noted(&weights).expect("there is memory");
            assert_eq!(packed.is_some(), n > 1 && k > 1, "{m} {n} {k}");
            let Some(packed) = packed else { continue };
            assert!(packed.bytes() >= 4 * n * k);
            for threads in [1, 3] {
                each_isa(|isa| {
                    let (plain, mut reads) = (Cpu::new(threads), Cpu::new(threads));
                    reads.read_packed(packed.clone());
                    let (found, expected) = (multiply(&reads, &weights), multiply(&plain, &weights));
                    let close = |(a, b): (&u32, &u32)| {
                        let few =
                            (f32::from_bits(*a) - f32::from_bits(*b)).abs() < 1e-5 && m <= super::super::FEW;
                        a == b || few
                    };
                    assert!(found.iter().zip(&expected).all(close), "{m} {n} {k} {isa:?}");
                    // other numbers are not those that were packed
                    let others: Vec<f32> = weights.iter().map(|w| 2.0 * w).collect();
                    assert!(multiply(&reads, &others) == multiply(&plain, &others), "{m} {n} {k} {isa:?}");
                });
            }
            // to see that they are read: where the weights lay are others now
            let mut weights = weights;
            let mut reads = Cpu::new(1);
            reads.read_packed(packed);
            let before = multiply(&reads, &weights);
            weights.fill(0.0);
            assert!(multiply(&reads, &weights) == before, "{m} {n} {k}");
        }
    }
}
