//! How every program here times a step.
use std::time::Instant;

/// Microseconds per step, over groups of about a millisecond.
pub struct Times {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    pub groups: usize,
}

/// Runs `step` for a warm-up and then for `seconds`.
pub fn times(seconds: f64, mut step: impl FnMut() -> plywood::Result<()>) -> plywood::Result<Times> {
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
    let groups = samples.len();
    Ok(Times { median: samples[groups / 2], min: samples[0], max: samples[groups - 1], groups })
}
