//! First values of parameters.

use plywood_kernels::cpu::random::fill_normal;
use plywood_kernels::cpu::{self, Cpu, Operand, Random, Stream};
use plywood_kernels::init::Init;

use super::generator::spread;
use super::parameters::{Place, places};
use super::{Blocks, Network};

plywood_kernels::rule! {
    /// From `[0, 1)` to `[-bound, bound)`; what is in brackets is exact.
    Spread { bound: f64 } (u) = (2.0 * u - 1.0) * bound
}

/// Parameters for which other threads are worth starting.
const MANY: usize = 1 << 22;

/// As many threads as the machine runs at once.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// New parameters and state: those of the `k`-th entry come from stream `k` of `seed`, so they depend on nothing else.
pub(crate) fn init<N: Network>(seed: u64) -> N {
    let mut blocks = Blocks::zeroed::<N>();
    let cpu = Cpu::new(if N::PARAMETERS < MANY { 1 } else { threads() });
    // Step 0 is the beginning; training steps count from 1, so no two numbers are drawn alike.
    let random = Random::new(seed, 0);
    for (k, Place { at, shape, init, role, .. }) in places::<N>().into_iter().enumerate() {
        fill(&cpu, &mut blocks.of(role)[at], shape, init, random.stream(k as u32));
    }
    N::from_blocks(blocks)
}

fn fill(cpu: &Cpu, values: &mut [f32], shape: &[usize], init: Init, stream: Stream) {
    let columns = shape.last().copied().unwrap_or(1);
    let per_root = |scale: f64, fan: usize| scale / (fan as f64).sqrt();
    match init {
        Init::Constant(value) => values.fill(value as f32),
        Init::Uniform { low, high } => spread(values, low as f32, high as f32, stream),
        Init::FanUniform { scale, fan } => {
            let rule = Spread { bound: per_root(scale, fan) };
            cpu::map(cpu, values, columns, [Operand::Uniform(stream)], &rule);
        }
        Init::Normal { mean, std } => normal(values, mean, std, stream),
        Init::NormalRows { std, zero } => {
            normal(values, 0.0, std, stream);
            let row = values.len() / shape[0];
            values[zero * row..][..row].fill(0.0);
        }
        Init::FanNormal { scale, fan } => normal(values, 0.0, per_root(scale, fan), stream),
        Init::Orthogonal { gain } => orthogonal(cpu, values, shape[0], gain, stream),
    }
}

fn normal(values: &mut [f32], mean: f64, std: f64, stream: Stream) {
    fill_normal(stream, values);
    values.iter_mut().for_each(|value| *value = (mean + std * f64::from(*value)) as f32);
}

/// Reflections that are applied together, as two products of matrices. It is the same for any number of threads, and so
/// are the bits.
const TOGETHER: usize = 64;
/// Rows that they are applied to at a time: what is between the products stays in a cache.
const HIGH: usize = 128;

/// Rows, or columns if they are fewer, that are orthogonal and `gain` long, every direction being equally likely.
///
/// Reflection `k` maps a normal vector of the axes from `k` on to the first of them; the product of all, with signs,
/// is uniformly distributed (Stewart, *The efficient generation of random orthogonal matrices*, 1980), and orthogonal
/// to rounding whatever was drawn. They are collected as `I - Wᵀ T W` (Schreiber and Van Loan, *A storage-efficient WY
/// representation for products of Householder transformations*, 1989).
fn orthogonal(cpu: &Cpu, values: &mut [f32], rows: usize, gain: f64, stream: Stream) {
    let columns = values.len() / rows;
    let (count, len) = (rows.min(columns), rows.max(columns));
    let mut reflectors = vec![0.0; count * len];
    fill_normal(stream, &mut reflectors);
    let mut turned = if rows > columns { vec![0.0; count * len] } else { vec![] };
    let vectors = if rows > columns { &mut turned[..] } else { &mut *values };
    vectors.fill(0.0);
    let (mut along, mut mixed) = (vec![0.0; HIGH * TOGETHER], vec![0.0; HIGH * TOGETHER]);
    let (mut part, mut gram) = (vec![0.0; HIGH * len], vec![0.0; TOGETHER * TOGETHER]);
    for start in (0..count).step_by(TOGETHER).rev() {
        let together = TOGETHER.min(count - start);
        let block = &mut reflectors[start * len..][..together * len];
        let mut scales = [0.0; TOGETHER];
        for (k, scale) in scales[..together].iter_mut().enumerate() {
            let (at, vector) = (start + k, &mut block[k * len..][..len]);
            vectors[at * len + at] = if vector[at] > 0.0 { -gain as f32 } else { gain as f32 };
            *scale = reflector(vector, at);
        }
        let (square, w) = (&mut gram[..together * together], cpu::matrix(block, len));
        cpu::product(cpu, square, w, w.t());
        let mixing = mixing(square, &scales[..together]);
        for rows in vectors[start * len..].chunks_mut(HIGH * len) {
            let high = rows.len() / len;
            let (along, mixed) = (&mut along[..high * together], &mut mixed[..high * together]);
            let part = &mut part[..high * len];
            cpu::product(cpu, along, cpu::matrix(rows, len), w.t());
            cpu::product(cpu, mixed, cpu::matrix(along, together), cpu::matrix(&mixing, together).t());
            cpu::product(cpu, part, cpu::matrix(mixed, together), w);
            rows.iter_mut().zip(part).for_each(|(x, p)| *x -= *p);
        }
    }
    if rows > columns {
        cpu::transpose(cpu, values, &turned, &[count, len], &[1, 0]);
    }
}

/// Makes of normal numbers from `at` on the direction `w` of the reflection `I - scale wᵀ w` that maps them to the axis
/// `at`, and returns its scale.
fn reflector(vector: &mut [f32], at: usize) -> f64 {
    vector[..at].fill(0.0);
    let square = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    let length = square(&vector[at..]).sqrt();
    let first = f64::from(vector[at]);
    // away from 0, so that no digits are lost
    vector[at] = (if first > 0.0 { first + length } else { first - length }) as f32;
    // of what was rounded, so that it is a reflection
    2.0 / square(&vector[at..]).max(f64::MIN_POSITIVE)
}

/// `T` of reflections with these scales, of which `gram` has the products of each two.
fn mixing(gram: &[f32], scales: &[f64]) -> Vec<f32> {
    let n = scales.len();
    let mut mixing = vec![0.0; n * n];
    for (j, scale) in scales.iter().enumerate() {
        mixing[j * n + j] = *scale;
        for i in 0..j {
            let sum: f64 = (i..j).map(|m| mixing[i * n + m] * f64::from(gram[m * n + j])).sum();
            mixing[i * n + j] = -scale * sum;
        }
    }
    mixing.into_iter().map(|x| x as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(threads: usize, rows: usize, columns: usize) -> Vec<f32> {
        let mut values = vec![0.0; rows * columns];
        orthogonal(&Cpu::new(threads), &mut values, rows, 2.0, Random::new(3, 0).stream(1));
        values
    }

    #[test]
    fn uniform_numbers_are_in_their_range() {
        for (low, high) in [(1e6, 1e6 + 0.5), (1000.0, 1001.0), (1.0, 2.0), (-3e38, 3e38), (-0.25, 0.5)] {
            for threads in [1, 3] {
                let mut values = vec![0.0f32; 300_000];
                let stream = Random::new(9, 0).stream(2);
                fill(&Cpu::new(threads), &mut values, &[300, 1000], Init::Uniform { low, high }, stream);
                let within = |x: &f32| (low..high).contains(&f64::from(*x));
                assert!(values.iter().all(within), "{low}..{high}");
                let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / 3e5;
                let place = (mean - low) / (high - low);
                assert!((place - 0.5).abs() < 0.04, "{low}..{high}: {mean}");
            }
        }
    }

    #[test]
    fn orthogonal_vectors_are_so_within_and_between_blocks_of_reflections_for_any_number_of_threads() {
        for (rows, columns) in [(1, 1), (1, 9), (3, 2), (64, 64), (65, 65), (150, 200), (200, 150)] {
            let values = made(1, rows, columns);
            let (count, len) = (rows.min(columns), rows.max(columns));
            let at = |k: usize, i: usize| if rows <= columns { k * columns + i } else { i * columns + k };
            for a in 0..count {
                for b in 0..=a {
                    let product = |i: usize| f64::from(values[at(a, i)]) * f64::from(values[at(b, i)]);
                    let expected = if a == b { 4.0 } else { 0.0 };
                    let found: f64 = (0..len).map(product).sum();
                    assert!((found - expected).abs() < 4e-6, "{rows} x {columns}, {a} and {b}: {found}");
                }
            }
            assert_eq!(values, made(3, rows, columns), "{rows} x {columns}");
        }
    }
}
