//! Numbers to test with, and how close two of them are.
use plywood_kernels::cpu::Random;

/// `count` numbers in `[-1, 1)`, others for every `k`.
pub fn numbers(k: u32, count: usize) -> Vec<f64> {
    let stream = Random::new(0x7e57, 0).stream(k);
    (0..count as u64).map(|i| 2.0 * f64::from(stream.uniform(i)) - 1.0).collect()
}

/// Numbers of `[-1, 1)` to these bounds.
pub fn within((low, high): (f64, f64), numbers: &mut [f64]) {
    numbers.iter_mut().for_each(|x| *x = low + (high - low) * 0.5 * (*x + 1.0));
}

/// How many `f32` lie between `found` and `expected`, as a number that need not be whole.
pub fn ulp(found: f32, expected: f64) -> f64 {
    let rounded = expected as f32;
    if found.is_nan() || rounded.is_nan() || rounded.is_infinite() || found.is_infinite() {
        // what lies between the last number and infinity may be either
        let last = expected.abs() >= f64::from(f32::MAX) && found.abs() >= f32::MAX;
        let same = found == rounded || (found.is_nan() && rounded.is_nan());
        return if same || (last && found.is_sign_positive() == (expected > 0.0)) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let size = rounded.abs().max(f32::MIN_POSITIVE);
    let spacing =
        f64::from(size.next_up().min(f32::MAX)) - f64::from(size.next_up().min(f32::MAX).next_down());
    (f64::from(found) - expected).abs() / spacing
}

/// The nearest `f32` of every number.
pub fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|x| *x as f32).collect()
}
/// Every number as `f64`.
pub fn double(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|x| f64::from(*x)).collect()
}

/// That `found` is `expected` up to `tolerance` times the largest of the expected numbers, or what is not.
pub fn close(what: &str, expected: &[f64], found: &[f64], tolerance: f64) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("{what}: {} numbers, not {}", found.len(), expected.len()));
    }
    let largest = expected.iter().fold(1e-3, |m: f64, x| m.max(x.abs()));
    for (i, (e, f)) in expected.iter().zip(found).enumerate() {
        // not `>`: what is not a number is not close
        // a difference that is no number is no agreement
        let agree = (e - f).abs() <= tolerance * largest;
        if !agree {
            return Err(format!(
                "{what}: number {i} is {f:?}, not {e:?} (largest {largest:e}, tolerance {tolerance:e})"
            ));
        }
    }
    Ok(())
}
