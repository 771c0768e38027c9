//! How a step is timed, and what a process says of itself.
use std::time::Instant;

/// Times of a step in microseconds.
pub struct Timing {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// How many were measured.
    pub runs: usize,
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
    let mut samples = vec![];
    let start = Instant::now();
    while samples.len() < 5 || start.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        for _ in 0..group {
            step()?;
        }
        samples.push(start.elapsed().as_secs_f64() / group as f64 * 1e6);
    }
    samples.sort_by(f64::total_cmp);
    let (runs, median) = (samples.len(), samples[samples.len() / 2]);
    Ok(Timing { median, min: samples[0], max: samples[runs - 1], runs })
}

/// The most memory this process has had, from the system's account of it; 0 where there is none.
pub fn peak_rss_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
