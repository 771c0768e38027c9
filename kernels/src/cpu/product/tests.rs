use std::sync::Mutex;

use super::*;
use crate::cpu::isa::{Isa, each_isa};
use crate::cpu::{Fused, Gradients, Identity, Random, Stored};

crate::rule! {
    /// tells a bias, a column, a number and a whole operand apart
    Mixed(s, row, full, column, scalar) = (s + row) * column - full * scalar;
    Drop(s, u) = select(gt(u, 0.5), s, 0.0);
    /// another number each time it is applied
    Onto(s, y) = s + 0.5 * y
}
crate::update! {
    Descent { rate: f64 } (g; w, last) = [w - rate * g, g]
}

/// Numbers of few bits, so that products of moderate length are exact in `f64`.
fn numbers<T: Real>(count: usize, seed: u64) -> Vec<T> {
    let stream = Random::new(seed, 0).stream(0);
    (0..count as u64)
        .map(|i| T::from_f64((stream.uniform(i) as f64 * 2048.0).floor() / 1024.0 - 1.0))
        .collect()
}

/// An operand of `rows * columns` in one of the two layouts.
fn operand<T>(data: &[T], rows: usize, columns: usize, transposed: bool) -> Matrix<'_, T> {
    let m = if transposed { matrix(data, rows).t() } else { matrix(data, columns) };
    Matrix { rows, columns, ..m } // an empty operand does not know its sizes
}
fn at<T: Copy>(m: Matrix<'_, T>, r: usize, c: usize) -> T {
    m.data[r * m.down + c * m.right]
}
fn reference<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> Vec<f64> {
    let mut y = vec![0.0; a.rows * b.columns];
    for i in 0..a.rows {
        for p in 0..a.columns {
            for j in 0..b.columns {
                y[i * b.columns + j] += at(a, i, p).to_f64() * at(b, p, j).to_f64();
            }
        }
    }
    y
}
fn close<T: Real>(got: &[T], want: &[f64], k: usize, what: impl std::fmt::Debug) {
    let unit = if size_of::<T>() == 4 { 6e-8 } else { 1.2e-16 };
    let bound = 2.0 * unit * (2.0 + k as f64);
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got.to_f64() - want).abs() <= bound, "{what:?}: {i}: {got:?}, not {want}");
    }
}

const FORMS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

fn sizes<T: Real>(sizes: &[(usize, usize, usize)], cpu: &Cpu) {
    for &(m, n, k) in sizes {
        for (ta, tb) in FORMS {
            let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
            let (a, b) = (operand(&a, m, k, ta), operand(&b, k, n, tb));
            let mut y = vec![T::from_f64(9.0); m * n];
            matmul(cpu, &mut y, a, b, [Operand::Sums], &Identity);
            close(&y, &reference(a, b), k, (m, n, k, ta, tb));
        }
    }
}

fn odd_sizes() -> Vec<(usize, usize, usize)> {
    let mut all = vec![];
    for m in [0, 1, 2, 5, 12, 13, 32, 37] {
        for n in [0, 1, 3, 8, 9, 16, 17, 31, 33, 48, 70] {
            for k in [0, 1, 2, 7, 16, 17, 40] {
                all.push((m, n, k));
            }
        }
    }
    all
}

/// Rows narrower than a tile, of which the last are read from a copy, at every number of them.
#[test]
fn a_row_times_a_narrow_matrix() {
    let all: Vec<_> = (1..18).flat_map(|n| (0..26).map(move |k| (1, n, k))).collect();
    each_isa(|_| sizes::<f32>(&all, &Cpu::new(1)));
    sizes::<f64>(&all, &Cpu::new(1));
}

/// Every part of a row is whole tiles, but for the last: of one that is cut all columns would be computed in either part.
#[test]
fn a_row_is_split_between_tiles() {
    struct Starts(Mutex<Vec<usize>>);
    impl Finish<f32> for Starts {
        fn ahead(&self, _: [usize; 2], _: [usize; 2]) {}
        fn buffer(&self) -> usize {
            0
        }
        fn tile(&self, at: [usize; 2], _: [usize; 2], _: &[f32], _: usize, _: &mut [f32]) {
            self.0.lock().expect("no tile panics").push(at[1]);
        }
    }
    let k = 2000;
    for n in [70, 128, 200, 256, 512, 784, 1030] {
        let (a, b) = (numbers::<f32>(k, 1), numbers::<f32>(k * n, 2));
        each_isa(|isa| {
            let starts = Starts(Mutex::default());
            multiply(By::Team(&Cpu::new(3)), matrix(&a, k), matrix(&b, n), &starts);
            let mut starts = starts.0.into_inner().expect("no tile panics");
            starts.sort();
            let (_, wide) = plan::<f32>(n).row_tile(n);
            assert_eq!(starts, (0..n).step_by(wide).collect::<Vec<_>>(), "{n} {isa:?}");
        });
    }
}

#[test]
fn all_forms_and_odd_sizes() {
    let cpu = Cpu::new(1);
    each_isa(|_| sizes::<f32>(&odd_sizes(), &cpu));
    sizes::<f64>(&odd_sizes(), &cpu);
}

#[test]
fn all_ways_to_split() {
    // blocks of a, groups of panels, spread rows, rows of one and columns of one, with several members; packed rows of
    // a transposed a in one block and in several, turns of the inner index, a last panel that is narrow
    let large = [
        (300, 300, 40),
        (1, 1030, 300),
        (1030, 1, 300),
        (200, 40, 1030),
        (40, 400, 1024),
        (201, 290, 1024),
        (64, 100, 1000),
        (101, 132, 2050),
        (1000, 67, 300),
    ];
    for threads in [1, 3] {
        let cpu = Cpu::new(threads);
        each_isa(|isa| {
            if isa != Isa::Portable {
                sizes::<f32>(&large, &cpu);
            }
        });
        sizes::<f64>(&[large[0], large[1], large[2], large[6]], &cpu);
    }
}

#[test]
fn an_inner_index_too_long_for_a_panel() {
    let cpu = Cpu::new(1);
    let k = 100_003;
    for (m, n) in [(3, 33), (50, 2)] {
        let (a, b) = (numbers::<f32>(m * k, 1), numbers::<f32>(n * k, 2));
        let (a, b) = (operand(&a, m, k, false), operand(&b, k, n, true));
        let mut y = vec![0.0; m * n];
        matmul(&cpu, &mut y, a, b, [Operand::Sums], &Identity);
        close(&y, &reference(a, b), k, (m, n, k));
    }
}

#[test]
fn operands_of_every_kind() {
    for threads in [1, 2] {
        let cpu = Cpu::new(threads);
        for (m, n, k) in [(1, 1, 3), (1, 500, 20), (70, 1, 20), (37, 45, 9), (130, 300, 40), (3, 4, 1)] {
            for (ta, tb) in FORMS {
                let (a, b) = (numbers::<f32>(m * k, 1), numbers::<f32>(k * n, 2));
                let (a, b) = (operand(&a, m, k, ta), operand(&b, k, n, tb));
                let (row, column) = (numbers::<f32>(n, 3), numbers::<f32>(m, 4));
                let (full, scalar) = (numbers::<f32>(m * n, 5), [0.75]);
                let mut y = vec![0.0; m * n];
                let inputs = [
                    Operand::Sums,
                    Operand::Row(&row),
                    Operand::Full(&full),
                    Operand::Column(&column),
                    Operand::Scalar(&scalar),
                ];
                matmul(&cpu, &mut y, a, b, inputs, &Mixed);
                let mut want = reference(a, b);
                for (i, y) in want.iter_mut().enumerate() {
                    *y = (*y + row[i % n] as f64) * column[i / n] as f64 - full[i] as f64 * 0.75;
                }
                close(&y, &want, k + 10, (m, n, k, ta, tb));

                let stream = Random::new(3, 4).stream(5);
                matmul(&cpu, &mut y, a, b, [Operand::Sums, Operand::Uniform(stream)], &Drop);
                let mut want = reference(a, b);
                for (i, y) in want.iter_mut().enumerate() {
                    *y = if stream.uniform(i as u64) > 0.5 { *y } else { 0.0 };
                }
                close(&y, &want, k, (m, n, k, ta, tb));
            }
        }
    }
}

/// However a product is split, each element is replaced once: also where tiles compute some sums again.
#[test]
fn operands_are_replaced_once() {
    fn all<T: Real>(sizes: &[(usize, usize, usize)], cpu: &Cpu) {
        for &(m, n, k) in sizes {
            for (ta, tb) in FORMS {
                let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
                let (a, b) = (operand(&a, m, k, ta), operand(&b, k, n, tb));
                let full = numbers::<T>(m * n, 5);
                let (mut y, mut replaced) = (vec![T::ZERO; m * n], full.clone());
                matmul(cpu, &mut y, a, b, [Operand::Sums, Operand::Full(&full)], &Onto);
                matmul(cpu, &mut replaced, a, b, [Operand::Sums, Operand::InPlace], &Onto);
                let same = |(a, b): (&T, &T)| a.to_f64().to_bits() == b.to_f64().to_bits();
                assert!(replaced.iter().zip(&y).all(same), "{:?}", (m, n, k, ta, tb));
            }
        }
    }
    let large = [(300, 300, 40), (1, 1030, 300), (1030, 1, 300), (40, 400, 1024), (201, 290, 1024)];
    for threads in [1, 3] {
        let cpu = Cpu::new(threads);
        each_isa(|isa| {
            all::<f32>(&odd_sizes(), &cpu);
            if isa != Isa::Portable {
                all::<f32>(&large, &cpu);
                all::<f32>(&[(50, 33, 100_003)], &cpu);
            }
        });
        all::<f64>(&large[..3], &cpu);
    }
}

#[test]
fn gradients_of_products() {
    for threads in [1, 2] {
        let cpu = Cpu::new(threads);
        // rows narrower than a vector too, and more of them than are seen as one
        let narrow = [(64, 6, 1), (400, 6, 1), (300, 3, 1), (70, 6, 33), (37, 15, 40), (9, 16, 1)];
        let wide = [(1, 1, 1), (1, 40, 7), (40, 1, 7), (64, 50, 1), (70, 90, 33), (300, 100, 40)];
        for (m, n, k) in wide.into_iter().chain(narrow) {
            let (dy, x) = (numbers::<f32>(k * m, 1), numbers::<f32>(k * n, 2));
            let (a, b) = (matrix(&dy, m).t(), matrix(&x, n));
            let (a, b) = (operand(&dy, m, k, true), Matrix { rows: k, columns: n, ..b }.max_rows(a.columns));
            let want = reference(a, b);
            let at = 5..5 + m * n;
            let before = numbers::<f32>(m * n + 10, 3);

            let mut gradient = vec![1.0; m * n + 10];
            let mut stored = Stored { parameters: &before, gradient: &mut gradient, accumulate: false };
            stored.product(&cpu, at.clone(), a, b);
            stored.accumulate = true;
            stored.product(&cpu, at.clone(), a, b);
            let twice: Vec<f64> = want.iter().map(|g| 2.0 * g).collect();
            close(&gradient[at.clone()], &twice, 2 * k, (m, n, k));
            assert!(gradient[..5].iter().chain(&gradient[5 + m * n..]).all(|g| *g == 1.0));

            let (mut w, mut last) = (before.clone(), vec![1.0; m * n + 10]);
            let rule = Descent { rate: 0.5 };
            let mut fused = Fused::new([&mut w[..], &mut last[..]], &rule);
            assert_eq!(fused.parameters(), before);
            fused.product(&cpu, at.clone(), a, b);
            close(&last[at.clone()], &want, k, (m, n, k));
            let stepped: Vec<f64> = want.iter().zip(&before[5..]).map(|(g, w)| *w as f64 - 0.5 * g).collect();
            close(&w[at.clone()], &stepped, 2 * k, (m, n, k));
            assert!(last[..5].iter().chain(&last[5 + m * n..]).all(|g| *g == 1.0));
        }
    }
}
impl<T> Matrix<'_, T> {
    fn max_rows(self, rows: usize) -> Self {
        assert_eq!(self.rows, rows);
        self
    }
}

#[test]
fn bits_depend_on_nothing() {
    let shapes = [
        (128, 100, 300),
        (1, 700, 300),
        (2, 700, 300),
        (3, 130, 1100),
        (64, 1000, 64),
        (300, 1, 70),
        (24, 512, 1024),
    ];
    for (m, n, k) in shapes {
        for (ta, tb) in FORMS {
            let (a, b) = (numbers::<f32>(m * k, 1), numbers::<f32>(k * n, 2));
            let (a, b) = (operand(&a, m, k, ta), operand(&b, k, n, tb));
            let mut first: Option<Vec<u32>> = None;
            for threads in [1, 2, 4] {
                let cpu = Cpu::new(threads);
                each_isa(|isa| {
                    if isa == Isa::Portable {
                        return;
                    }
                    let mut y = vec![0.0f32; m * n];
                    matmul(&cpu, &mut y, a, b, [Operand::Sums], &Identity);
                    let bits: Vec<u32> = y.iter().map(|y| y.to_bits()).collect();
                    match &first {
                        None => first = Some(bits),
                        Some(first) => assert!(*first == bits, "{threads} {isa:?} {m} {n} {k} {ta} {tb}"),
                    }
                });
            }
        }
    }
}

#[test]
#[should_panic(expected = "inner sizes")]
fn inner_sizes_must_agree() {
    let (a, b) = ([0.0f32; 6], [0.0f32; 8]);
    matmul(&Cpu::new(1), &mut [0.0; 8], matrix(&a, 3), matrix(&b, 4), [Operand::Sums], &Identity);
}

#[test]
#[should_panic(expected = "input 1 has 3 numbers instead of 4")]
fn a_bias_must_fit() {
    let (a, b) = ([0.0f32; 4], [0.0f32; 8]);
    let inputs = [Operand::Sums, Operand::Row(&a[..3])];
    matmul(&Cpu::new(1), &mut [0.0; 8], matrix(&a, 2), matrix(&b, 4), inputs, &Drop);
}

/// Nothing times nothing is as large as its sizes say, however they wrap.
#[test]
fn sizes_do_not_fit_by_overflow() {
    let wide = usize::MAX / 30 * 2 + 2;
    assert!(wide.wrapping_mul(30) < 64);
    let mut y = vec![0.0f32; wide.wrapping_mul(30)];
    let (a, b) = (matrix(&[], 30).t(), matrix(&[], wide));
    let message = |f: &mut dyn FnMut()| {
        let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).expect_err("it panics");
        *thrown.downcast::<String>().expect("a message")
    };
    let cpu = Cpu::new(1);
    let said = message(&mut || matmul(&cpu, &mut y, a, b, [Operand::Sums], &Identity));
    assert!(said.contains("are too large"), "{said}");
    let len = y.len();
    let said = message(&mut || {
        let mut to = Stored { parameters: &[], gradient: &mut y, accumulate: false };
        to.product(&cpu, 0..len, a, b);
    });
    assert!(said.contains("are too large"), "{said}");
}
