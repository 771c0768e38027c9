//! First values of parameters.

use plywood_kernels::cpu::{self, Cpu, Identity, Operand, Random, Stream};
use plywood_kernels::init::Init;
use rand_distr::{Distribution, StandardNormal};

use super::generator::{Generator, spread};
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
        Init::FanNormal { scale, fan } => normal(values, 0.0, per_root(scale, fan), stream),
        Init::Orthogonal { gain } => orthogonal(cpu, values, shape[0], gain, stream),
    }
}

fn normal(values: &mut [f32], mean: f64, std: f64, stream: Stream) {
    let mut generator = Generator::of_stream(stream);
    let mut draw = || -> f64 { StandardNormal.sample(&mut generator) };
    values.iter_mut().for_each(|value| *value = (mean + std * draw()) as f32);
}

/// Vectors that are orthogonalised together: those before them are subtracted by two products of matrices. It is the same
/// for any number of threads, and so are the bits.
const TOGETHER: usize = 64;

/// Rows, or columns if they are fewer, that are orthogonal and `gain` long, every direction being equally likely: normal
/// numbers, orthogonalised by Gram's and Schmidt's method, a block of vectors after the other. All of it is done twice,
/// as once is not enough for nearly parallel ones.
fn orthogonal(cpu: &Cpu, values: &mut [f32], rows: usize, gain: f64, stream: Stream) {
    let columns = values.len() / rows;
    let (count, len) = (rows.min(columns), rows.max(columns));
    let mut generator = Generator::of_stream(stream);
    let mut vectors: Vec<f64> = (0..count * len).map(|_| StandardNormal.sample(&mut generator)).collect();
    let (mut along, mut part) = (vec![0.0; TOGETHER * count], vec![0.0; TOGETHER * len]);
    for start in (0..count).step_by(TOGETHER) {
        let (before, rest) = vectors.split_at_mut(start * len);
        let together = TOGETHER.min(count - start);
        let block = &mut rest[..together * len];
        for _ in 0..2 {
            if start > 0 {
                let (along, part) = (&mut along[..together * start], &mut part[..together * len]);
                let before = cpu::matrix(before, len);
                cpu::matmul(cpu, along, cpu::matrix(block, len), before.t(), [Operand::Sums], &Identity);
                cpu::matmul(cpu, part, cpu::matrix(along, start), before, [Operand::Sums], &Identity);
                block.iter_mut().zip(part).for_each(|(x, p)| *x -= *p);
            }
            orthonormalise(block, len);
        }
    }
    let at =
        |row: usize, column: usize| if rows <= columns { row * len + column } else { column * len + row };
    for (i, value) in values.iter_mut().enumerate() {
        *value = (gain * vectors[at(i / columns, i % columns)]) as f32;
    }
}

/// One vector after the other, freed of those before it.
fn orthonormalise(vectors: &mut [f64], len: usize) {
    for i in 0..vectors.len() / len {
        let (before, rest) = vectors.split_at_mut(i * len);
        let vector = &mut rest[..len];
        for other in before.chunks_exact(len) {
            let along = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(x, o)| *x -= along * o);
        }
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

/// Summed in eight lanes, which the compiler turns into vectors.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
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
    fn orthogonal_vectors_are_so_within_and_between_blocks_for_any_number_of_threads() {
        for (rows, columns) in [(1, 1), (1, 9), (3, 2), (64, 64), (65, 65), (150, 200), (200, 150)] {
            let values = made(1, rows, columns);
            let (count, len) = (rows.min(columns), rows.max(columns));
            let at = |k: usize, i: usize| if rows <= columns { k * columns + i } else { i * columns + k };
            for a in 0..count {
                for b in 0..=a {
                    let product = |i: usize| f64::from(values[at(a, i)]) * f64::from(values[at(b, i)]);
                    let expected = if a == b { 4.0 } else { 0.0 };
                    let found: f64 = (0..len).map(product).sum();
                    assert!((found - expected).abs() < 1e-6, "{rows} x {columns}, {a} and {b}: {found}");
                }
            }
            assert_eq!(values, made(3, rows, columns), "{rows} x {columns}");
        }
    }
}
