//! Every elementwise row: how exact its rules are, and how many numbers a second they make on one thread.
//!
//! ```sh
//! target/release/elementwise [SECONDS] [ROW …]
//! ```
//!
//! One line of JSON per row; `elementwise.py` puts PyTorch's beside it.
use plywood_kernels::cpu::Cpu;
use plywood_kernels::ops;
use plywood_kernels::scalar::argument;
use plywood_tests::numbers::{double, numbers, single, ulp, within};
use plywood_tests::rules::{Compiled, compiled};
use std::hint::black_box;
use std::time::Instant;

/// Numbers in a first-level cache, and in none but the last.
const SIZES: [(&str, usize); 2] = [("16Ki", 1 << 14), ("1Mi", 1 << 20)];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let seconds = arguments.next_if(|a| a.parse::<f64>().is_ok()).and_then(|a| a.parse().ok()).unwrap_or(0.2);
    let wanted: Vec<String> = arguments.collect();
    let bench = Bench { cpu: Cpu::new(1), seconds };
    let named = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    for row in ops::UNARY.iter().filter(|row| named(row.name)) {
        // what must be told something has no rule of its own
        let Some(numbers) = row.defaults() else { continue };
        let forward = compiled(row.formula(numbers));
        let slope = row.slope(numbers);
        let backward = compiled(argument(0) * slope.substitute(&[argument(1); 2]));
        let x = sweep();
        let y = bench.single(forward, &[&x]);
        let saved = if slope.uses(1) { &y } else { &x };
        let ones = vec![1.0; x.len()];
        let (wide_x, wide_ones) = (double(&x), double(&ones));
        let wide_y = bench.double(forward, &[&wide_x]);
        let wide_saved = if slope.uses(1) { &wide_y } else { &wide_x };
        let found = bench.single(backward, &[&ones, saved]);
        let expected = bench.double(backward, &[&wide_ones, wide_saved]);
        let report = Report {
            row: row.name,
            absolute: row.error.1,
            domains: vec![row.domain],
            ulp: worst(&y, &wide_y, row.error.1),
            slope: Some(beside_one(&found, &expected)),
            forward: bench.rates(forward, &[row.domain]),
            gradient: bench.rates(backward, &[(-1.0, 1.0), row.domain]),
        };
        report.print();
    }
    for row in ops::BINARY.iter().filter(|row| named(row.name)) {
        let forward = compiled(row.formula());
        let inputs = [0, 1].map(|k| single(&inside(row.domains[k], k as u32, 1 << 20)));
        let wide = [0, 1].map(|k: usize| double(&inputs[k]));
        let found = bench.single(forward, &[&inputs[0], &inputs[1]]);
        let expected = bench.double(forward, &[&wide[0], &wide[1]]);
        let report = Report {
            row: row.name,
            absolute: 1e-36,
            domains: row.domains.to_vec(),
            ulp: worst(&found, &expected, 1e-36),
            slope: None,
            forward: bench.rates(forward, &row.domains),
            gradient: vec![],
        };
        report.print();
    }
}

/// What is known of a row.
struct Report {
    row: &'static str,
    /// Errors so small do not count in `ulp`.
    absolute: f64,
    domains: Vec<(f64, f64)>,
    ulp: f64,
    /// The largest error of the slope beside its size or 1.
    slope: Option<f64>,
    /// Numbers per second for every size.
    forward: Vec<f64>,
    gradient: Vec<f64>,
}

impl Report {
    fn print(&self) {
        let domains: Vec<String> =
            self.domains.iter().map(|(low, high)| format!("[{low}, {high}]")).collect();
        let mut line = format!(
            "{{\"library\": \"plywood\", \"row\": \"{}\", \"absolute\": {:e}, \"domains\": [{}], \"ulp\": {:.3}",
            self.row,
            self.absolute,
            domains.join(", "),
            // JSON knows no infinity
            self.ulp.min(f64::MAX)
        );
        line += &self.slope.map_or(String::new(), |error| format!(", \"slope\": {error:e}"));
        for (direction, rates) in [("forward", &self.forward), ("gradient", &self.gradient)] {
            for ((size, _), rate) in SIZES.iter().zip(rates) {
                line += &format!(", \"{direction}_{size}\": {rate:e}");
            }
        }
        println!("{line}}}");
    }
}

struct Bench {
    cpu: Cpu,
    seconds: f64,
}

impl Bench {
    fn single(&self, rule: &Compiled, x: &[&[f32]]) -> Vec<f32> {
        let mut y = vec![0.0; x[0].len()];
        (rule.single)(&self.cpu, &mut y, x);
        y
    }
    fn double(&self, rule: &Compiled, x: &[&[f64]]) -> Vec<f64> {
        let mut y = vec![0.0; x[0].len()];
        (rule.double)(&self.cpu, &mut y, x);
        y
    }
    /// Numbers per second for every size: the median of runs of about a millisecond.
    fn rates(&self, rule: &Compiled, domains: &[(f64, f64)]) -> Vec<f64> {
        let rate = |(_, len): &(&str, usize)| {
            let inputs: Vec<Vec<f32>> =
                domains.iter().zip(0..).map(|(domain, k)| single(&inside(*domain, k, *len))).collect();
            let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            let mut y = vec![0.0; *len];
            let mut run = |count: usize| {
                let start = Instant::now();
                for _ in 0..count {
                    (rule.single)(&self.cpu, black_box(&mut y), black_box(&inputs));
                }
                start.elapsed().as_secs_f64() / count as f64
            };
            run(3);
            let group = (1e-3 / run(3)).ceil().max(1.0) as usize;
            let (start, mut times) = (Instant::now(), vec![]);
            while times.len() < 5 || start.elapsed().as_secs_f64() < self.seconds {
                times.push(run(group));
            }
            times.sort_by(f64::total_cmp);
            *len as f64 / times[times.len() / 2]
        };
        SIZES.iter().map(rate).collect()
    }
}

fn inside(domain: (f64, f64), k: u32, len: usize) -> Vec<f64> {
    let mut all = numbers(k, len);
    within(domain, &mut all);
    all
}

/// Every so many bits, and finely where functions bend; the peer's program does the same.
fn sweep() -> Vec<f32> {
    let all = (0..=u32::MAX).step_by(20_011).map(f32::from_bits);
    all.chain((-60_000..60_000).map(|i| i as f32 * 0.001)).filter(|x| !x.is_nan()).collect()
}

fn worst(found: &[f32], expected: &[f64], absolute: f64) -> f64 {
    // a difference that is no number is not small
    let small = |(f, e): &(&f32, &f64)| (f64::from(**f) - **e).abs() <= absolute;
    let large = found.iter().zip(expected).filter(|pair| !small(pair));
    large.map(|(f, e)| ulp(*f, *e)).fold(0.0, f64::max)
}

fn beside_one(found: &[f32], expected: &[f64]) -> f64 {
    let pairs =
        found.iter().zip(expected).filter(|(found, expected)| found.is_finite() && expected.is_finite());
    pairs.map(|(f, e)| (f64::from(*f) - e).abs() / e.abs().max(1.0)).fold(0.0, f64::max)
}
