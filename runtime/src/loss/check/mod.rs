//! A loss's gradient beside differences of its value.
//!
//! Numbers whose derivatives are of one size are moved together, each up or down by chance: a fault in any one of them
//! shows beside its like as it would alone, and every number is looked at for the price of a few groups. What does not
//! agree is halved until it does, or is one number.

mod differences;
#[cfg(test)]
mod tests;

use plywood_kernels::cpu::{Cpu, Random};

use self::differences::{Differences, Outcome};
use super::{Loss, Reduction, same_length};
use crate::error::{Error, Result};
use crate::network::ports::{Flat, PortInfo};
use crate::network::{Numbers, Ports};

/// Signs are drawn so often, lest faults of several numbers cancel.
const ROUNDS: u32 = 3;
/// A group holds this fraction of all numbers at most, so that the number of groups does not grow with theirs.
const GROUPS: usize = 32;
/// Derivatives below the largest by more than this power of two are one group, with those that are 0.
const OCTAVES: f64 = 30.0;
/// Comparisons in all: a fault takes as many more as there are halvings, and every kink does.
const COMPARISONS: usize = 800;
/// How exact a gradient in `f32` is beside the terms that it is the difference of.
const ROUNDING: f64 = 4.0 * 0.5 * f32::EPSILON as f64;

const GRADIENT: &str = "`gradient` is to set every number of `d` to `scale` times the derivative of what `value` returns; a \
                        mean over samples divides both by their number";
const COARSE: &str = "compute `value` in `f64`, without a constant that is large beside what it varies by, or \
    check fewer samples";
const KINKS: &str = "check at other outputs, drawn by chance for instance: at a kink or a jump there is no derivative \
    to compare with";

pub(super) fn check<Output: Numbers, L: Loss<Output>>(
    loss: &L,
    output: Output::Batch<'_>,
    targets: <L::Target as Ports>::Batch<'_>,
) -> Result<f64> {
    loss.check()?;
    let samples = Output::len(output)?;
    same_length("targets", samples, L::Target::len(targets)?)?;
    if samples == 0 || Output::PORTS.iter().map(PortInfo::numbers).min().unwrap_or(0) == 0 {
        return Err(Error::empty("what a loss is checked with"));
    }
    let wrong = |problem: String, help: &str| Error::LossGradient {
        loss: loss.name(),
        problem: format!("{problem}\nhelp: {help}"),
    };
    let at = |i: usize| {
        let (port, i) = port_of::<Output>(samples, i);
        let of = if port.name.is_empty() { String::new() } else { format!(" of `{}`", port.name) };
        format!("number {}{of} of output {}", i % port.numbers(), i / port.numbers())
    };
    let cpu = Cpu::new(1);
    let gradient = |scale: f64| {
        let mut d = Output::zeros("the gradient of a loss", samples)?;
        // what was there before must not matter
        Output::ports_mut(Output::view_mut(&mut d), |ports| {
            ports.iter_mut().for_each(|port| port.fill(f32::NAN));
        });
        let value = loss.gradient(&cpu, Output::view_mut(&mut d), output, targets, scale)?;
        Ok((value, flat::<Output>(Output::view(&d))))
    };
    let ((value, whole), (unscaled, half)) = (gradient(1.0)?, gradient(0.5)?);
    let own = loss.value(output, targets)?;
    for (by, found) in [("`gradient`", value), ("`gradient` with scale 0.5", unscaled)] {
        // what is not a number is not close
        let close = (found - own).abs() <= 1e-5 * own.abs().max(1e-3);
        if !close {
            return Err(wrong(format!("{by} returns the loss {found}, `value` {own}"), GRADIENT));
        }
    }
    let whole = whole.as_slice();
    let unit = match (loss.reduction(), loss.share(targets)) {
        (Reduction::Mean | Reduction::BatchMean, share) if share > 0.0 => 1.0 / share,
        _ => 1.0,
    };
    let rounding = rounding(&split::<Output>(samples, whole), unit);
    for (i, ((d, half), rounding)) in whole.iter().zip(&half).zip(&rounding).enumerate() {
        let (d, half) = (f64::from(*d), f64::from(*half));
        let close = (0.5 * d - half).abs() <= 1e-5 * d.abs() + rounding;
        if d.is_finite() && !close {
            let problem =
                format!("the derivative by {} is {d:e} with scale 1, {half:e} with scale 0.5", at(i));
            return Err(wrong(problem, GRADIENT));
        }
    }
    let value = |output: &[f32]| {
        let mut ports = split::<Output>(samples, output).into_iter().map(|(_, port)| port);
        loss.value(Output::of_ports(&mut ports), targets).ok().filter(|value| value.is_finite())
    };
    let mut differences = Differences::new(&value, flat::<Output>(output), own, whole, rounding, unit);
    if let Some(i) = whole.iter().position(|d| !d.is_finite()) {
        let (measured, d) = (differences.measure(i), whole[i]);
        let problem =
            format!("the derivative by {} is {measured:e} by differences, {d:e} by `gradient`", at(i));
        return Err(wrong(problem, GRADIENT));
    }
    let (mut worst, mut compared, mut left) = (0.0f64, false, COMPARISONS);
    let groups = groups(&differences.sizes);
    for round in 0..ROUNDS {
        let random = Random::new(0, round + 1).stream(0);
        differences.signs = (0..whole.len() as u64).map(|i| random.uniform(i) < 0.5).collect();
        // The last is looked at first.
        let mut waiting: Vec<&[usize]> = groups.iter().rev().map(Vec::as_slice).collect();
        while let Some(group) = waiting.pop() {
            if left == 0 {
                return Err(wrong("too many outputs are at a kink of `value`".to_owned(), KINKS));
            }
            left -= 1;
            match (differences.compare(group), group) {
                (Outcome::Agree(relative), _) => (worst, compared) = (worst.max(relative), true),
                (Outcome::Disagree { derived, measured }, [i]) => {
                    let problem = format!(
                        "the derivative by {} is {measured:e} by differences, {derived:e} by `gradient`",
                        at(*i)
                    );
                    return Err(wrong(problem, GRADIENT));
                }
                (Outcome::Coarse { noise, change }, [i]) => {
                    let problem = format!(
                        "`value` is too coarse to tell a hundredth of a derivative: it is {own}, correct to about {noise:.0e}, \
                         and {} changes it by {change:.0e}",
                        at(*i)
                    );
                    return Err(wrong(problem, COARSE));
                }
                (Outcome::Kink, [_]) => {}
                (_, group) => {
                    let (first, second) = group.split_at(group.len() / 2);
                    waiting.extend([second, first]);
                }
            }
        }
    }
    if compared { Ok(worst) } else { Err(wrong("`value` has a kink at every output".to_owned(), KINKS)) }
}

/// All numbers of a batch, port by port.
fn flat<Output: Numbers>(output: Output::Batch<'_>) -> Vec<f32> {
    let reals = |port: &Flat<'_, f32>| if let Flat::Real(numbers) = port { numbers.to_vec() } else { vec![] };
    Output::ports(output, |ports| ports.iter().flat_map(reals).collect())
}

/// The ports that these numbers are.
fn split<Output: Numbers>(samples: usize, mut numbers: &[f32]) -> Vec<(PortInfo, &[f32])> {
    let port = |port: &PortInfo| {
        let (own, rest) = numbers.split_at(samples * port.numbers());
        numbers = rest;
        (*port, own)
    };
    Output::PORTS.iter().map(port).collect()
}

/// The port that number `i` of all is of, and which number of that it is.
fn port_of<Output: Numbers>(samples: usize, mut i: usize) -> (PortInfo, usize) {
    let mut ports = Output::PORTS.iter().copied();
    let mut port = ports.next().expect("a network has an output");
    while let Some(next) = (i >= samples * port.numbers()).then(|| ports.next()).flatten() {
        i -= samples * port.numbers();
        port = next;
    }
    (port, i)
}

/// How far rounding may take every derivative: a difference of two terms, `p - t`, is as exact as they are and not as it is.
/// They are about as large as the sample's largest derivative, or of the size that the reduction makes of 1.
fn rounding(gradient: &[(PortInfo, &[f32])], unit: f64) -> Vec<f64> {
    let largest = |d: &[f32]| d.iter().fold(0.0, |largest: f64, d| largest.max(f64::from(d.abs())));
    let least = unit.min(gradient.iter().map(|(_, d)| largest(d)).fold(0.0, f64::max));
    let of = |sample: &[f32]| ROUNDING * largest(sample).max(least);
    let samples = gradient.iter().flat_map(|(port, d)| d.chunks(port.numbers()));
    samples.flat_map(|sample| std::iter::repeat_n(of(sample), sample.len())).collect()
}

/// Numbers with derivatives that differ by less than a factor of two, the largest first.
fn groups(sizes: &[f64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    let largest = sizes[order[0]];
    let octave = |i: &usize| match sizes[*i] / largest {
        ratio if ratio > 0.0 => ratio.log2().floor().max(-OCTAVES),
        _ => -OCTAVES,
    };
    let most = sizes.len().div_ceil(GROUPS);
    let mut groups = vec![];
    for alike in order.chunk_by(|a, b| octave(a) == octave(b)) {
        // Neighbours go to different groups: where derivatives are all the same they are of one sample.
        let parts = alike.len().div_ceil(most);
        groups.extend((0..parts).map(|part| alike.iter().copied().skip(part).step_by(parts).collect()));
    }
    groups
}
