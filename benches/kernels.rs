//! Kernels by rows, forward and backward: `kernels NAME [THREADS [SECONDS [ISA]]]` prints a JSON line with the median
//! time of both. The same names as in `peers/torch_kernels.py`.
mod timing;

use plywood_kernels::cpu::{Cpu, Random};
use plywood_kernels::ops::{batch_matmul, gather, layer_norm, softmax};
use std::hint::black_box;

const NAMES: [&str; 7] =
    ["softmax", "log-softmax", "layer-norm", "rms-norm", "batch-matmul", "gather", "scatter"];
/// Rows and columns of what is normalised.
const ROWS: [usize; 2] = [2048, 768];
/// Products, and the sizes of one: queries by keys of an attention.
const PRODUCTS: [usize; 4] = [96, 128, 64, 128];
/// Rows of a table, their columns, and how many are read: words of a batch.
const TABLE: [usize; 3] = [50_000, 64, 4096];

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let stream = Random::new(seed, 0).stream(0);
    (0..count as u64).map(|i| 4.0 * stream.uniform(i) - 2.0).collect()
}

fn main() -> plywood::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    if let Err(why) = timing::instruction_set(arguments.next().as_deref()) {
        eprintln!("{why}");
        std::process::exit(2);
    }
    let cpu = &Cpu::new(threads);
    let [rows, columns] = ROWS;
    let [count, m, k, n] = PRODUCTS;
    let (x, dy) = (numbers(rows * columns, 1), numbers(rows * columns, 2));
    let (mut y, mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; columns]);
    let (weight, bias) = (numbers(columns, 3), numbers(columns, 4));
    let mut workspace = vec![0.0; layer_norm::workspace(columns)];
    let (a, b) = (numbers(count * m * k, 5), numbers(count * n * k, 6));
    let (mut product, mut da, mut db) = (vec![0.0; count * m * n], vec![0.0; a.len()], vec![0.0; b.len()]);
    let [a_shape, b_shape, y_shape] = [[count, m, k], [count, n, k], [count, m, n]];
    let [vocabulary, width, words] = TABLE;
    let (table, rows) = (numbers(vocabulary * width, 7), numbers(words * width, 8));
    let indices: Vec<u32> =
        numbers(words, 9).iter().map(|x| ((x + 2.0) * 0.25 * vocabulary as f32) as u32).collect();
    let (mut read, mut added) = (vec![0.0; rows.len()], vec![0.0; table.len()]);
    let mut step = || {
        let x = black_box(&x[..]);
        match name.as_str() {
            "softmax" => {
                softmax::forward(cpu, &mut y, x, columns);
                softmax::backward(cpu, &mut dx, &y, &dy, columns);
            }
            "log-softmax" => {
                softmax::log_forward(cpu, &mut y, x, columns);
                softmax::log_backward(cpu, &mut dx, &y, &dy, columns);
            }
            "layer-norm" => {
                layer_norm::forward(cpu, &mut y, x, &weight, &bias, columns, 1e-5);
                layer_norm::both_backward(
                    cpu,
                    &mut dx,
                    &mut dw,
                    x,
                    &dy,
                    &weight,
                    columns,
                    1e-5,
                    &mut workspace,
                );
            }
            "rms-norm" => {
                layer_norm::rms_forward(cpu, &mut y, x, &weight, columns, 1e-5);
                layer_norm::rms_both_backward(
                    cpu,
                    &mut dx,
                    &mut dw,
                    x,
                    &dy,
                    &weight,
                    columns,
                    1e-5,
                    &mut workspace,
                );
            }
            "batch-matmul" => {
                batch_matmul::forward(cpu, &mut product, black_box(&a), &b, &a_shape, &b_shape, false, true);
                batch_matmul::forward(cpu, &mut da, &product, &b, &y_shape, &b_shape, false, false);
                batch_matmul::forward(cpu, &mut db, &product, &a, &y_shape, &a_shape, true, false);
            }
            "gather" => gather::forward(cpu, &mut read, black_box(&table), &indices, width),
            "scatter" => gather::scatter(cpu, &mut added, &indices, black_box(&rows), width),
            other => {
                eprintln!("`{other}` is not a kernel; they are {}", NAMES.join(", "));
                std::process::exit(2);
            }
        }
        Ok(())
    };
    let timing::Timing { median, min, max, runs, .. } = timing::time(seconds, &mut step)?;
    println!(
        "{{\"library\": \"plywood\", \"name\": \"{name}\", \"threads\": {threads}, \"median_us\": {median:.3}, \
         \"min_us\": {min:.3}, \"max_us\": {max:.3}, \"runs\": {runs}, \"peak_rss_mib\": {:.2}}}",
        timing::peak_rss_mib(),
    );
    Ok(())
}
