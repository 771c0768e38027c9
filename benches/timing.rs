//! How a step is timed, what the machine could do meanwhile, and what a process says of itself.
#![allow(dead_code, reason = "every program uses a part")]
use plywood_kernels::cpu::isa::{Isa, isa, restrict};
use std::hint::black_box;
use std::time::Instant;

/// Times of a step in microseconds.
pub struct Timing {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// How many were measured.
    pub runs: usize,
    /// Operations per nanosecond of a loop of fused multiply-adds on one thread, measured in turns with the step: the
    /// median, and the most.
    pub floor: [f64; 2],
}

/// Times `step` in groups of about a millisecond, for a warm-up and then for `seconds`.
pub fn time(seconds: f64, mut step: impl FnMut() -> plywood::Result<()>) -> plywood::Result<Timing> {
    let start = Instant::now();
    let mut warm = 0;
    while warm < 3 || start.elapsed().as_secs_f64() < seconds * 0.2 {
        step()?;
        warm += 1;
    }
    let each = start.elapsed().as_secs_f64() / warm as f64;
    let group = (1e-3 / each).ceil().max(1.0) as usize;
    let (mut samples, mut floors) = (vec![], vec![]);
    let start = Instant::now();
    while samples.len() < 5 || start.elapsed().as_secs_f64() < seconds {
        floors.push(multiply_adds());
        let start = Instant::now();
        for _ in 0..group {
            step()?;
        }
        samples.push(start.elapsed().as_secs_f64() / group as f64 * 1e6);
    }
    samples.sort_by(f64::total_cmp);
    floors.sort_by(f64::total_cmp);
    let (runs, median) = (samples.len(), samples[samples.len() / 2]);
    let floor = [floors[runs / 2], floors[runs - 1]];
    Ok(Timing { median, min: samples[0], max: samples[runs - 1], runs, floor })
}

/// The instruction set that an argument names: the machine's own if there is none.
///
/// # Errors
/// If there is no such, or the machine has it not.
pub fn instruction_set(name: Option<&str>) -> Result<Isa, String> {
    let Some(name) = name else { return Ok(isa()) };
    let wanted = match name {
        "portable" => Isa::Portable,
        "avx2" => Isa::Avx2,
        "avx512" => Isa::Avx512,
        _ => return Err(format!("`{name}` is no instruction set; they are portable, avx2 and avx512")),
    };
    let found = restrict(wanted);
    if found == wanted { Ok(wanted) } else { Err(format!("this machine has {found:?} at best, not {name}")) }
}

/// Steps of one measurement of [`multiply_adds`]: some twenty microseconds.
const STEPS: usize = 5_000;
/// Sums that go on side by side: more than a multiply-add takes turns.
const CHAINS: usize = 12;

/// Operations per nanosecond of fused multiply-adds in registers, with the instruction set in use.
pub fn multiply_adds() -> f64 {
    let start = Instant::now();
    let lanes = match isa() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has the instruction set in use, here and below
        Isa::Avx512 => unsafe { x86::avx512() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above
        Isa::Avx2 => unsafe { x86::avx2() },
        _ => portable(),
    };
    (2 * lanes * CHAINS * STEPS) as f64 / start.elapsed().as_secs_f64() * 1e-9
}

/// What a machine without fused multiply-adds does instead.
fn portable() -> usize {
    let (x, y) = black_box((0.5f32, 1.0f32));
    let mut sums = [[0.0f32; 4]; CHAINS];
    for _ in 0..STEPS {
        for sum in &mut sums {
            for sum in sum {
                *sum = *sum * x + y;
            }
        }
    }
    black_box(sums);
    4
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, STEPS, black_box, sums};
    use std::arch::x86_64::*;
    macro_rules! chains {
        ($name:ident, $features:literal, $lanes:literal, $splat:ident, $fma:ident) => {
            /// Numbers in a register.
            #[target_feature(enable = $features)]
            pub fn $name() -> usize {
                let (x, y) = black_box(($splat(0.5), $splat(1.0)));
                let mut sums = [x; CHAINS];
                for _ in 0..STEPS {
                    for sum in &mut sums {
                        *sum = $fma(*sum, x, y);
                    }
                }
                black_box(sums);
                $lanes
            }
        };
    }
    #[target_feature(enable = "avx512f")]
    pub fn sums_avx512(numbers: &[f32]) {
        sums(numbers);
    }
    #[target_feature(enable = "avx2")]
    pub fn sums_avx2(numbers: &[f32]) {
        sums(numbers);
    }
    chains!(avx512, "avx512f", 16, _mm512_set1_ps, _mm512_fmadd_ps);
    chains!(avx2, "avx2,fma", 8, _mm256_set1_ps, _mm256_fmadd_ps);
}

/// Bytes per nanosecond at which one thread reads so many numbers that it has read before: the most of many times.
pub fn read_rate(numbers: usize) -> f64 {
    let block = vec![1.0f32; numbers];
    let read = || {
        let start = Instant::now();
        for _ in 0..REPEATED {
            let block = black_box(&block[..]);
            match isa() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the instruction set in use, here and below
                Isa::Avx512 => unsafe { x86::sums_avx512(block) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above
                Isa::Avx2 => unsafe { x86::sums_avx2(block) },
                _ => sums(block),
            }
        }
        (REPEATED * size_of_val(&block[..])) as f64 / start.elapsed().as_nanos() as f64
    };
    (0..50).map(|_| read()).fold(0.0, f64::max)
}

/// How often numbers are read while the clock runs.
const REPEATED: usize = 20;

/// Reads all numbers, with as many sums as hide how long an addition takes.
#[inline(always)]
fn sums(numbers: &[f32]) {
    let mut sums = [0.0f32; 128];
    for chunk in numbers.chunks_exact(128) {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x;
        }
    }
    black_box(sums);
}

/// The most memory this process has had, from the system's account of it; 0 where there is none.
pub fn peak_rss_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
