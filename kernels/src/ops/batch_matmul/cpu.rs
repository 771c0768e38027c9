//! Many products at once: small ones are shared out among the members, large ones are computed by all of them, one
//! after the other.

#![allow(clippy::too_many_arguments, reason = "two factors, their sizes and how they are read")]

use crate::cpu::product::{ALONE, By, into, work};
use crate::cpu::sizes::elements;
use crate::cpu::{Cpu, Identity, Matrix, Operand, Real, Shared, kernel};

kernel! {
    /// `y = a b` for every matrix of `a`, of the sizes `a_shape`, and the one of `b`, of the sizes `b_shape`, at the
    /// same place; transposed on request. All axes but the last two count matrices.
    ///
    /// # Panics
    /// If lengths or sizes do not fit.
    pub fn forward<T>(
        cpu: &Cpu, y: &mut [T], a: &[T], b: &[T], a_shape: &[usize], b_shape: &[usize],
        transpose_a: bool, transpose_b: bool,
    ) = products;
}

/// From so many products on, every member computes whole ones.
const MANY: usize = 16;

fn products<T: Real>(
    cpu: &Cpu,
    y: &mut [T],
    a: &[T],
    b: &[T],
    a_shape: &[usize],
    b_shape: &[usize],
    transpose_a: bool,
    transpose_b: bool,
) {
    assert!(a_shape.len() >= 2 && b_shape.len() >= 2, "matrices of the sizes {a_shape:?} and {b_shape:?}");
    let (a_lead, a_sizes) = a_shape.split_at(a_shape.len() - 2);
    let (b_lead, b_sizes) = b_shape.split_at(b_shape.len() - 2);
    assert_eq!(a_lead, b_lead, "leading axes of two factors");
    let fit = a.len() == elements(a_shape) && b.len() == elements(b_shape);
    assert!(fit, "numbers of {a_shape:?} and {b_shape:?}");
    let (count, a_len, b_len) = (elements(a_lead), elements(a_sizes), elements(b_sizes));
    let turned =
        |sizes: &[usize], transpose| if transpose { [sizes[1], sizes[0]] } else { [sizes[0], sizes[1]] };
    let ([m, k], [b_rows, n]) = (turned(a_sizes, transpose_a), turned(b_sizes, transpose_b));
    assert_eq!(k, b_rows, "inner sizes of {count} products");
    assert_eq!(y.len(), elements(&[count, m, n]), "numbers of {count} products of {m} x {n}");
    if y.is_empty() {
        return;
    }
    let factor = |data, sizes: &[usize], transpose| {
        let matrix = Matrix::of_sizes(data, [sizes[0], sizes[1]]);
        if transpose { matrix.t() } else { matrix }
    };
    let y = Shared::new(y);
    let one = |by: By<'_>, i: usize| {
        let left = factor(&a[i * a_len..][..a_len], a_sizes, transpose_a);
        let right = factor(&b[i * b_len..][..b_len], b_sizes, transpose_b);
        // products are disjoint
        into(by, y.narrow(i * m * n, m * n), left, right, &[Operand::Sums], &Identity);
    };
    let work = work(m, n, k);
    if count < MANY && work >= ALONE {
        (0..count).for_each(|i| one(By::Team(cpu), i));
        return;
    }
    // products of nothing are work too: their sums are 0
    let per_item = (ALONE / 4 / work.max(m * n)).max(1);
    cpu.each(count.div_ceil(per_item), |scratch, item| {
        for i in item * per_item..(item * per_item + per_item).min(count) {
            one(By::Member(scratch), i);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa::{Isa, each_isa};
    use crate::cpu::{Random, matmul};

    #[test]
    fn every_product_is_that_of_its_matrices() {
        let sizes = [
            (3, 1, 1, 1),
            (5, 3, 4, 2),
            (2, 1, 70, 33),
            (40, 17, 9, 1),
            (3, 64, 64, 80),
            (20, 64, 64, 80),
            // sums of nothing
            (3, 2, 0, 5),
            (40, 1, 0, 33),
        ];
        for (count, m, k, n) in sizes {
            let numbers = |count: usize, seed: u64| -> Vec<f32> {
                let stream = Random::new(seed, 0).stream(0);
                (0..count as u64).map(|i| stream.uniform(i) - 0.5).collect()
            };
            let (a, b) = (numbers(count * m * k, 1), numbers(count * k * n, 2));
            for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
                let a_shape = if ta { [count, k, m] } else { [count, m, k] };
                let b_shape = if tb { [count, n, k] } else { [count, k, n] };
                let mut first: Option<Vec<f32>> = None;
                for threads in [1, 3] {
                    let cpu = Cpu::new(threads);
                    each_isa(|isa| {
                        let mut y = vec![f32::NAN; count * m * n];
                        forward(&cpu, &mut y, &a, &b, &a_shape, &b_shape, ta, tb);
                        for i in 0..count {
                            let left = Matrix::of_sizes(&a[i * m * k..][..m * k], [a_shape[1], a_shape[2]]);
                            let right = Matrix::of_sizes(&b[i * k * n..][..k * n], [b_shape[1], b_shape[2]]);
                            let left = if ta { left.t() } else { left };
                            let right = if tb { right.t() } else { right };
                            let mut want = vec![f32::NAN; m * n];
                            matmul(&cpu, &mut want, left, right, [Operand::Sums], &Identity);
                            assert_eq!(y[i * m * n..][..m * n], want, "{count} {m} {k} {n} {ta} {tb}");
                            assert!(k > 0 || want.iter().all(|y| *y == 0.0), "{count} {m} {k} {n} {ta} {tb}");
                        }
                        if isa != Isa::Portable {
                            assert!(first.get_or_insert(y.clone()) == &y, "{count} {m} {k} {n} {ta} {tb}");
                        }
                    });
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "are too large")]
    fn sizes_do_not_fit_by_overflow() {
        // of 64 bits: 2³² (2³² + 1) is 2³² where only the lower half is kept
        let half = usize::BITS / 2;
        let (rows, columns) = (1 << half, (1 << half) + 1);
        forward::<f32>(&Cpu::new(1), &mut [0.0; 4], &[], &[], &[rows, 0], &[0, columns], false, false);
    }

    #[test]
    #[should_panic(expected = "matrices of the sizes [3] and [3, 1]")]
    fn a_factor_is_a_matrix() {
        forward::<f32>(&Cpu::new(1), &mut [0.0], &[1.0; 3], &[1.0; 3], &[3], &[3, 1], false, false);
    }
}
