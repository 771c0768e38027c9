//! Products of the sizes that networks have, beside a loop of fused multiply-adds: `products [SECONDS [ISA]]` prints a
//! table of how much of the machine each transposition uses, one thread.
mod timing;

use plywood_kernels::cpu::isa::Isa;
use plywood_kernels::cpu::{Cpu, Matrix, matrix, product};
use std::hint::black_box;
use std::time::Instant;
use timing::{instruction_set, multiply_adds};

/// Batch, inputs and outputs of a layer.
const LAYERS: [[usize; 3]; 3] = [[64, 1000, 100], [128, 784, 512], [2048, 512, 128]];

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 7919 % 1000) as f32 / 500.0 - 1.0).collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(0.1);
    let isas = match arguments.next() {
        Some(name) => vec![name],
        None => vec!["avx512".to_owned(), "avx2".to_owned()],
    };
    let cpu = &Cpu::new(1);
    println!("| rows × inner × columns | left, right | instruction set | GFLOP/s | of the machine's |");
    println!("|---|---|---|---|---|");
    for [batch, inputs, outputs] in LAYERS {
        // forward, the gradients of what went in and of the weight, and the roles that only blocks of one's own have
        let roles = [
            (batch, inputs, outputs, [false, true]),
            (batch, outputs, inputs, [false, false]),
            (outputs, batch, inputs, [true, false]),
            (batch, inputs, outputs, [false, false]),
            (batch, inputs, outputs, [true, false]),
            (batch, inputs, outputs, [true, true]),
        ];
        for (m, k, n, transposed) in roles {
            for name in &isas {
                match instruction_set(Some(name)) {
                    Ok(isa) => one(cpu, seconds, isa, [m, k, n], transposed),
                    Err(why) => eprintln!("skipped: {why}"),
                }
            }
        }
    }
}

fn operand(data: &[f32], rows: usize, columns: usize, transposed: bool) -> Matrix<'_, f32> {
    if transposed { matrix(data, rows).t() } else { matrix(data, columns) }
}

/// The best of many short runs, in turns with the loop: on a machine that others use as well, what neither was disturbed
/// in.
fn one(cpu: &Cpu, seconds: f64, isa: Isa, [m, k, n]: [usize; 3], transposed: [bool; 2]) {
    let (a, b, mut y) = (numbers(m * k), numbers(k * n), vec![0.0; m * n]);
    let a = operand(&a, m, k, transposed[0]);
    let b = operand(&b, k, n, transposed[1]);
    let (mut best, mut floor) = (0.0f64, 0.0f64);
    let begin = Instant::now();
    let mut turns = 0;
    while turns < 20 || begin.elapsed().as_secs_f64() < seconds {
        floor = floor.max(multiply_adds());
        let start = Instant::now();
        product(cpu, black_box(&mut y), a, b);
        best = best.max((2 * m * n * k) as f64 / start.elapsed().as_secs_f64() * 1e-9);
        turns += 1;
    }
    let how = transposed.map(|t| if t { "transposed" } else { "plain" }).join(", ");
    println!("| {m} × {k} × {n} | {how} | {isa:?} | {best:.1} | {:.0} % |", 100.0 * best / floor);
}
