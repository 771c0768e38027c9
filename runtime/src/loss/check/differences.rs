//! Differences of a loss's value along directions through its outputs, and how exact they are.

/// Relative difference that is a disagreement: half of the least fault that is to be found.
const TOLERANCE: f64 = 5e-3;
/// By how much outputs are changed at most, beside the power of two above their size or 1, and by how much less every time.
const LARGEST: f32 = 0.25;
const SHORTER: f32 = 0.25;
const STEPS: usize = 11;
/// Differences of an exact value begin here: what is larger meets kinks.
const SMALL: f32 = 1.0 / 1024.0;
/// A difference is taken for as inexact as this many deviations of the value's noise.
const DEVIATIONS: f64 = 5.0;
/// A hundredth of a derivative that is smaller than this, beside the root mean square of those that are not 0, need not be
/// told, but is where the value is exact enough.
const SMALLEST: f64 = 0.05;
/// The same where noise would hide it.
const SMALLEST_IN_NOISE: f64 = 0.1;
/// By how much outputs are changed to see noise, times odd numbers from 9 on: a power of two might take a value in `f32` from
/// one number to the next, and show no rounding.
const TINY: f32 = f32::EPSILON;
/// The noise is at least this fraction of the smallest difference between values: half the deviation of what is rounded to
/// steps of that size, since one may be several of them.
const GAP: f64 = 0.15;

/// What became of the comparison along one direction.
pub(super) enum Outcome {
    /// They agree: how far they may be apart, beside the gradient along the direction or the typical
    /// derivative, whichever is larger.
    Agree(f64),
    /// There is no derivative that differences could show.
    Kink,
    /// The value's noise hides what is to be told: that noise, and by how much the gradient says that the value changes.
    Coarse { noise: f64, change: f64 },
    /// They do not.
    Disagree { derived: f64, measured: f64 },
}

/// What is known of a loss at some outputs, to be compared with its values nearby.
pub(super) struct Differences<'a> {
    value: &'a dyn Fn(&[f32]) -> Option<f64>,
    /// The loss itself.
    middle: f64,
    gradient: &'a [f32],
    /// How exact each derivative is.
    rounding: Vec<f64>,
    /// The outputs, of which some are moved and put back.
    output: Vec<f32>,
    /// What a step of 1 is for each number: a power of two, so that steps are exact.
    scales: Vec<f32>,
    /// By how much a step of 1 would change the loss, as the gradient says.
    pub sizes: Vec<f64>,
    /// Which numbers are moved down.
    pub signs: Vec<bool>,
    /// The standard deviation of the value's rounding.
    noise: f64,
    /// The root mean square of what a step of 1 changes, by numbers that change anything.
    typical: f64,
}

/// One look at a direction with one step.
#[derive(Clone, Copy)]
struct Look {
    /// The measured slope minus the derived one.
    apart: f64,
    /// By how much slopes of both sides differ.
    bend: f64,
    /// How exact slopes are.
    lost: f64,
    measured: f64,
    derived: f64,
}

impl Look {
    /// What a curve adds to a slope, which falls with the square of the step, taken away by the look before with a longer
    /// step.
    fn extrapolated(self, longer: Look) -> Look {
        let ratio = f64::from(SHORTER * SHORTER);
        let beyond = |near: f64, far: f64| (near - ratio * far) / (1.0 - ratio);
        Look {
            apart: beyond(self.apart, longer.apart),
            measured: beyond(self.measured, longer.measured),
            lost: (self.lost + ratio * longer.lost) / (1.0 - ratio),
            ..self
        }
    }
}

impl<'a> Differences<'a> {
    /// `unit` is what a derivative of 1 becomes by the reduction.
    pub fn new(
        value: &'a dyn Fn(&[f32]) -> Option<f64>,
        output: Vec<f32>,
        middle: f64,
        gradient: &'a [f32],
        rounding: Vec<f64>,
        unit: f64,
    ) -> Self {
        let scales: Vec<f32> = output.iter().map(|y| y.abs().max(1.0).log2().ceil().exp2()).collect();
        let sizes: Vec<f64> =
            gradient.iter().zip(&scales).map(|(d, scale)| f64::from(d.abs()) * f64::from(*scale)).collect();
        let (sum, count) =
            (sizes.iter().map(|c| c * c).sum::<f64>(), sizes.iter().filter(|c| **c > 0.0).count());
        let typical = if sum > 0.0 { (sum / count as f64).sqrt() } else { unit };
        let mut differences = Differences {
            value,
            middle,
            gradient,
            rounding,
            output,
            signs: vec![false; scales.len()],
            scales,
            sizes,
            noise: 0.0,
            typical,
        };
        let all: Vec<usize> = (0..differences.scales.len()).collect();
        // All derivatives add up, so that the value changes by as much as can be. Where a sign is wrong they might cancel, if
        // steps were the same.
        differences.signs = gradient.iter().map(|d| *d < 0.0).collect();
        differences.noise = differences.noise(&all);
        differences
    }

    /// The derivative by one number for people, by the first step that the value is defined at.
    pub fn measure(&mut self, i: usize) -> f64 {
        steps(SMALL).find_map(|step| self.look(&[i], step)).map_or(f64::NAN, |look| look.measured)
            / f64::from(self.scales[i])
    }

    /// Compares along one direction. Where noise would hide what is to be told, the noise of what stays as it is is left out,
    /// and so are curves: that takes longer, but larger steps tell as much then.
    pub fn compare(&mut self, group: &[usize]) -> Outcome {
        let outcome = self.compare_slopes(group, false);
        if !matches!(outcome, Outcome::Coarse { .. }) {
            return outcome;
        }
        let own = self.noise(group).min(self.noise);
        let noise = std::mem::replace(&mut self.noise, own);
        let outcome = self.compare_slopes(group, true);
        self.noise = noise;
        outcome
    }

    /// Compares along one direction, largest step first. A slope is taken for measured when a smaller step leaves it as it
    /// is: neither curves nor a kink further away have a part in it then. It may be extrapolated from two steps.
    fn compare_slopes(&mut self, group: &[usize], extrapolates: bool) -> Outcome {
        let size = |of: &dyn Fn(usize) -> f64| group.iter().map(|i| of(*i) * of(*i)).sum::<f64>().sqrt();
        let smallest = group.iter().fold(f64::INFINITY, |least, i| least.min(self.sizes[*i]));
        let rounding = size(&|i| self.rounding[i] * f64::from(self.scales[i]));
        let size = size(&|i| self.sizes[i]).max(self.typical);
        let least = self.typical * if extrapolates { SMALLEST_IN_NOISE } else { SMALLEST };
        let need = TOLERANCE / 3.0 * smallest.max(least);
        let noise = self.noise;
        let told = |step: &f32| lost(noise, *step) <= need;
        // As small as noise allows with room to spare: what is lost is returned as apart.
        let spare = |step: &f32| 16.0 * lost(noise, step * SHORTER * SHORTER) <= need;
        let first = steps(LARGEST).find(|step| *step <= SMALL || !spare(step));
        let (mut longer, mut before): (Option<Look>, Option<Look>) = (None, None);
        let mut verdict: Option<Outcome> = None;
        let (mut last, mut coarse) = (LARGEST, false);
        for step in steps(first.unwrap_or(LARGEST)) {
            // Beyond what is to be told a step has something to say as long as it could end a disagreement that is seen. One
            // that noise hides more from does not overrule one that showed a fault.
            let shows = before.as_ref().is_none_or(|before| lost(noise, step) <= 0.25 * before.apart.abs());
            let fault = matches!(verdict, Some(Outcome::Disagree { .. }));
            coarse = !told(&step);
            if !shows && (coarse || fault) {
                break;
            }
            last = step;
            // Where the value is not defined on one side, a smaller step may find it to be.
            let look = self.look(group, step);
            let before_it = std::mem::replace(&mut longer, look);
            let look = match (look, before_it) {
                (Some(look), Some(longer)) if extrapolates => look.extrapolated(longer),
                (Some(look), _) if !extrapolates => look,
                _ => continue,
            };
            if let Some(before) = before {
                let apart = look.apart.abs();
                let changed = (look.apart - before.apart).abs();
                let settled =
                    changed <= 0.25 * (TOLERANCE * smallest + rounding + apart) + look.lost + before.lost;
                let agree = apart <= TOLERANCE * smallest + rounding + look.lost;
                if settled && agree && !coarse {
                    return Outcome::Agree((apart + look.lost) / size);
                }
                // At a kink slopes of both sides differ however small the step, and the derived one lies between them.
                let kink = look.bend > (0.5 * before.bend).max(look.lost)
                    && apart <= 0.5 * look.bend + look.lost + rounding;
                verdict = if kink {
                    Some(Outcome::Kink)
                } else if settled && !agree {
                    let scale = if let [i] = group { f64::from(self.scales[*i]) } else { 1.0 };
                    Some(Outcome::Disagree { derived: look.derived / scale, measured: look.measured / scale })
                } else {
                    None
                };
            }
            before = Some(look);
        }
        verdict.unwrap_or(if coarse {
            Outcome::Coarse { noise, change: 2.0 * f64::from(last) * smallest }
        } else {
            Outcome::Kink
        })
    }

    /// Slopes along a direction, per step of 1. None where the value is not a number on one side.
    fn look(&mut self, group: &[usize], step: f32) -> Option<Look> {
        let (above, up) = self.moved(group, step);
        let (below, down) = self.moved(group, -step);
        let (above, below, step_by) = (above?, below?, f64::from(step));
        let (measured, derived) = ((above - below) / (2.0 * step_by), (up - down) / (2.0 * step_by));
        let bend = ((above - self.middle) - (self.middle - below)).abs() / step_by;
        Some(Look { apart: measured - derived, bend, lost: lost(self.noise, step), measured, derived })
    }

    /// The loss at outputs of which some are moved, and by how much the gradient says that it differs: by what `f32` has
    /// made of the steps.
    fn moved(&mut self, group: &[usize], step: f32) -> (Option<f64>, f64) {
        let mut change = 0.0;
        let mut kept = Vec::with_capacity(group.len());
        let output = &mut self.output;
        for i in group {
            let y = output[*i];
            let by = if self.signs[*i] { -step } else { step } * self.scales[*i];
            kept.push(y);
            output[*i] = y + by;
            change += f64::from(self.gradient[*i]) * (f64::from(output[*i]) - f64::from(y));
        }
        let value = (self.value)(&self.output);
        let output = &mut self.output;
        for (i, y) in group.iter().zip(kept) {
            output[*i] = y;
        }
        (value, change)
    }

    /// The standard deviation of what rounding adds to the value, from high differences of values at neighbouring outputs,
    /// where nothing else is left (Moré and Wild 2011, "Estimating computational noise").
    fn noise(&mut self, group: &[usize]) -> f64 {
        let scales = self.scales.clone();
        self.scales.iter_mut().enumerate().for_each(|(i, scale)| *scale *= (9 + 2 * (i % 8)) as f32);
        let noise = self.noise_along(group);
        self.scales = scales;
        noise
    }

    fn noise_along(&mut self, group: &[usize]) -> f64 {
        let least = 0.5 * f64::EPSILON * self.middle.abs();
        let mut step = TINY;
        loop {
            let values = (-4i8..=4).filter_map(|k| self.moved(group, f32::from(k) * step).0);
            let mut differences: Vec<f64> = values.collect();
            let equal = differences.windows(2).filter(|pair| pair[0] == pair[1]).count();
            let single = differences.iter().all(|value| f64::from(*value as f32) == *value);
            if 2 * equal < differences.len() || 4.0 * step >= LARGEST {
                let mut noise = if single {
                    0.5 * f64::from(f32::EPSILON) * self.middle.abs()
                } else {
                    least.max(f64::MIN_POSITIVE)
                };
                // Values of a few numbers may go up one rounding step at a time, which no high difference shows.
                if group.len() < self.scales.len() {
                    let gaps = differences.windows(2).map(|pair| (pair[1] - pair[0]).abs());
                    let least = gaps.filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
                    if least.is_finite() {
                        noise = noise.max(GAP * least);
                    }
                }
                // (k!)² / (2 k)!
                let mut factor = 1.0;
                for k in 1..=5 {
                    differences = differences.windows(2).map(|pair| pair[1] - pair[0]).collect();
                    factor *= f64::from(k) / f64::from(2 * (2 * k - 1));
                    if k >= 3 && !differences.is_empty() {
                        let squares = differences.iter().map(|d| d * d).sum::<f64>();
                        noise = noise.max((factor * squares / differences.len() as f64).sqrt());
                    }
                }
                return noise;
            }
            step *= 8.0;
        }
    }
}

/// How exact slopes with a step are.
fn lost(noise: f64, step: f32) -> f64 {
    DEVIATIONS * noise / f64::from(step)
}

/// Steps from one on, each a quarter of the one before.
fn steps(first: f32) -> impl Iterator<Item = f32> {
    let all = (0..STEPS).scan(LARGEST / SHORTER, |step, _| {
        *step *= SHORTER;
        Some(*step)
    });
    all.skip_while(move |step| *step > first)
}
