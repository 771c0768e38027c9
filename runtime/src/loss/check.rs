//! A loss's gradient beside differences of its value.

use plywood_kernels::cpu::Cpu;

use super::{Loss, same_length};
use crate::error::{Error, Result};
use crate::sample::{Sample, try_zeroed};

/// How far a derivative may be from what differences give, beside the largest of all derivatives.
const TOLERANCE: f64 = 1e-2;
/// How exact a loss is that is computed in `f32`, beside its size.
const ROUNDING: f64 = 1e-6;
/// By how much an output is changed, beside its size or 1: where the first step meets a kink, the second may not.
const STEPS: [f32; 2] = [1.0 / 256.0, 1.0 / 2048.0];

pub(super) fn check<Output: Sample, L: Loss<Output> + ?Sized>(
    loss: &L,
    output: &[Output],
    targets: &[L::Target],
) -> Result<f64> {
    loss.check()?;
    same_length("targets", output.len(), targets.len())?;
    if output.is_empty() || Output::LEN == 0 {
        return Err(Error::empty("what a loss is checked with"));
    }
    let wrong = |problem: String| Err(Error::LossGradient { loss: loss.name(), problem });
    let cpu = Cpu::new(1);
    let gradient = |scale: f64| {
        let mut d = try_zeroed::<Output>("the gradient of a loss", output.len())?;
        // what was there before must not matter
        Output::flat_mut(&mut d).fill(f32::NAN);
        loss.gradient(&cpu, &mut d, output, targets, scale).map(|value| (value, d))
    };
    let ((value, whole), (unscaled, half)) = (gradient(1.0)?, gradient(0.5)?);
    let own = loss.value(output, targets)?;
    for (by, found) in [("`gradient`", value), ("`gradient` with scale 0.5", unscaled)] {
        // what is not a number is not close
        let close = (found - own).abs() <= 1e-5 * own.abs().max(1e-3);
        if !close {
            return wrong(format!("{by} returns the loss {found}, `value` {own}"));
        }
    }
    let (whole, half) = (Output::flat(&whole), Output::flat(&half));
    let largest = whole.iter().fold(0.0, |largest: f64, d| largest.max(f64::from(d.abs())));
    let at = |i: usize| format!("number {} of output {}", i % Output::LEN, i / Output::LEN);
    let mut changed: Vec<Output> = output.to_vec();
    let mut worst = 0.0f64;
    for (i, (d, half)) in whole.iter().zip(half).enumerate() {
        let close = d.is_nan() || (0.5 * d - half).abs() <= 1e-5 * d.abs().max(f32::MIN_POSITIVE);
        if !close {
            let problem = format!("the derivative by {} is {d} with scale 1, {half} with scale 0.5", at(i));
            return wrong(problem);
        }
        let y = Output::flat(output)[i];
        let mut least = (f64::INFINITY, f64::NAN);
        for step in STEPS {
            let step = step * y.abs().max(1.0);
            let mut moved = |to: f32| {
                Output::flat_mut(&mut changed)[i] = to;
                loss.value(&changed, targets)
            };
            let between = f64::from(y + step) - f64::from(y - step);
            let measured = (moved(y + step)? - moved(y - step)?) / between;
            moved(y)?;
            let rounding = ROUNDING * own.abs() / between;
            let apart = (f64::from(*d) - measured).abs() - rounding;
            // what is not a number is as far apart as can be
            let apart = if apart.is_nan() { f64::INFINITY } else { apart.max(0.0) };
            let apart = apart / largest.max(measured.abs()).max(f64::MIN_POSITIVE);
            if apart <= least.0 {
                least = (apart, measured);
            }
        }
        if least.0 > TOLERANCE {
            let problem =
                format!("the derivative by {} is {:e} by differences, {d:e} by `gradient`", at(i), least.1);
            return wrong(problem);
        }
        worst = worst.max(least.0);
    }
    Ok(worst)
}
