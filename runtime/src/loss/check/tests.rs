//! Right losses pass, and faults of a hundredth do not.

use std::sync::Arc;

use plywood_kernels::hyperparameter::Values;
use plywood_kernels::losses::{ElementwiseLoss, LOSSES};

use crate::hyperparameters::Hyperparameters;
use crate::loss::*;
use crate::network::sample::Sample;
use crate::{Element, Error, Result, random};

/// What is done with every loss of the book.
trait Each {
    fn each<S: Sample, T: Element>(
        &mut self,
        loss: Arc<dyn Loss<S, Target = T>>,
        output: &[S],
        targets: &[T],
    );
}

/// Numbers that an elementwise loss is for, by drawing.
fn outputs<S: Sample>(row: &ElementwiseLoss, told: &[(&str, f64)], n: usize) -> Vec<S> {
    let wanted = row.outputs.filter(|wanted| {
        !wanted.unless.is_some_and(|flag| told.iter().any(|(name, x)| *name == flag && *x != 0.0))
    });
    let range = match wanted {
        None => return random::normal::<S>(n, 1).into(),
        Some(wanted) => wanted.least.max(-4.0) as f32..wanted.most.min(4.0) as f32,
    };
    random::uniform::<S>(n, range, 1).into()
}

fn targets<S: Sample>(values: Values, n: usize) -> Vec<S> {
    let mut targets: Vec<S> = match values {
        Values::Finite => random::normal::<S>(n, 2).into(),
        _ => random::uniform::<S>(n, 0.0..1.0, 2).into(),
    };
    if values == Values::Sign {
        S::flat_mut(&mut targets).iter_mut().for_each(|t| *t = if *t < 0.5 { -1.0 } else { 1.0 });
    }
    targets
}

/// One elementwise loss as it is by default, and with each option set to other numbers.
struct Options<'a, E>(&'a mut E, &'static ElementwiseLoss, usize);

impl<S: Sample, E: Each> Visit<S> for Options<'_, E> {
    type Out = ();
    fn visit<L: Loss<S, Target = S> + Hyperparameters + Clone>(self, loss: L) {
        let Options(each, row, n) = self;
        let targets = targets::<S>(row.targets, n);
        let mut run = |loss: L| {
            let output = outputs::<S>(row, &loss.hyperparameters(), n);
            each.each(Arc::new(loss) as Arc<dyn Loss<S, Target = S>>, &output, &targets);
        };
        for (name, default) in loss.hyperparameters() {
            for x in [0.0, 0.4 * default, 2.5 * default] {
                let mut other = loss.clone();
                if other.set_hyperparameter(name, x).is_ok() {
                    run(other);
                }
            }
        }
        run(loss);
    }
}

/// Does it with every elementwise loss on samples of one type.
fn elementwise<S: Sample>(each: &mut impl Each, n: usize) {
    for row in LOSSES {
        for reduction in [Reduction::Mean, Reduction::BatchMean, Reduction::Sum] {
            with::<S, _>(row.name, reduction, Options(each, row, n)).expect("it is in the book");
        }
    }
}

/// Does it with every loss that is not elementwise.
fn classes(each: &mut impl Each, n: usize) {
    const WEIGHTS: [f32; 5] = [0.25, 1.0, 4.0, 0.5, 2.0];
    let scores = random::normal::<[f32; 5]>(n, 3);
    let soft = random::uniform::<[f32; 5]>(n, 0.0..1.0, 4);
    let probabilities = random::uniform::<[f32; 5]>(n, 0.0..1.0, 5);
    let logarithms = random::uniform::<[f32; 5]>(n, -5.0..0.0, 6);
    let classes: Vec<u32> = (0..n as u32).map(|i| i * 7 % 5).collect();
    macro_rules! each {
        ($output:expr, $targets:expr; $($loss:expr),* $(,)?) => { $(each.each(Arc::new($loss), $output, $targets);)* };
    }
    each!(&scores, &classes; CrossEntropy, CrossEntropy::sum(), CrossEntropy.label_smoothing(0.2),
        CrossEntropy.class_weights(WEIGHTS), CrossEntropy::sum().class_weights(WEIGHTS).label_smoothing(0.1));
    each!(&scores, &soft; SoftCrossEntropy::mean(), SoftCrossEntropy::sum().label_smoothing(0.2),
        SoftCrossEntropy::mean().class_weights(WEIGHTS));
    each!(&logarithms, &classes; Nll::mean(), Nll::sum(), Nll::mean().class_weights(WEIGHTS));
    each!(&probabilities, &classes; ProbabilityCrossEntropy::mean(), ProbabilityCrossEntropy::sum(),
        ProbabilityCrossEntropy::mean().class_weights(WEIGHTS));
}

/// What may be wrong with a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// All of it, by a factor.
    Whole(f64),
    /// That of a sum where the mean is meant.
    Sum,
    /// One number, by a factor.
    Number(usize, f64),
    /// One sample, by a factor.
    Sample(usize, f64),
    /// One number, by something added.
    Leak(usize, f32),
}

/// A loss with a fault, with something added to its value, and computed in `f32` or not.
struct Planted<S: Sample, T: Element> {
    loss: Arc<dyn Loss<S, Target = T>>,
    fault: Fault,
    constant: f64,
    single: bool,
}

impl<S: Sample, T: Element> Loss<S> for Planted<S, T> {
    type Target = T;
    fn reduction(&self) -> Reduction {
        self.loss.reduction()
    }
    fn share(&self, targets: &[T]) -> f64 {
        self.loss.share(targets)
    }
    fn gradient(&self, cpu: &Cpu, d: &mut [S], output: &[S], targets: &[T], scale: f64) -> Result<f64> {
        self.loss.gradient(cpu, d, output, targets, scale)?;
        let flat = S::flat_mut(d);
        let numbers = flat.len();
        let mut multiply = |at: std::ops::Range<usize>, by: f64| {
            flat[at].iter_mut().for_each(|d| *d = (f64::from(*d) * by) as f32);
        };
        match self.fault {
            Fault::None => {}
            Fault::Whole(by) => multiply(0..numbers, by),
            Fault::Sum => multiply(0..numbers, output.len() as f64),
            Fault::Number(i, by) => multiply(i..i + 1, by),
            Fault::Sample(i, by) => multiply(i * S::LEN..(i + 1) * S::LEN, by),
            Fault::Leak(i, by) => flat[i] += scale as f32 * by,
        }
        self.value(output, targets)
    }
    fn value(&self, output: &[S], targets: &[T]) -> Result<f64> {
        let value = self.loss.value(output, targets)? + self.constant;
        Ok(if self.single { f64::from(value as f32) } else { value })
    }
}

/// That they pass, and are looked at.
struct Pass(usize);
impl Each for Pass {
    fn each<S: Sample, T: Element>(
        &mut self,
        loss: Arc<dyn Loss<S, Target = T>>,
        output: &[S],
        targets: &[T],
    ) {
        let name = format!("{} at {}", loss.describe(), output.len());
        for constant in [0.0, 1000.0, -1000.0] {
            let planted = Planted { loss: loss.clone(), fault: Fault::None, constant, single: false };
            let apart =
                planted.gradient_check(output, targets).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(apart > 0.0 && apart < 1e-3, "{name}: {apart:e}");
            self.0 += 1;
        }
    }
}

#[test]
fn every_loss_of_the_book_passes() {
    let mut pass = Pass(0);
    for n in [1, 16, 1024] {
        elementwise::<[f32; 3]>(&mut pass, n);
        elementwise::<f32>(&mut pass, n);
        classes(&mut pass, n);
    }
    assert!(pass.0 > 1000, "{}", pass.0);
}

/// That every fault is told.
struct Found(usize);
impl Each for Found {
    fn each<S: Sample, T: Element>(
        &mut self,
        loss: Arc<dyn Loss<S, Target = T>>,
        output: &[S],
        targets: &[T],
    ) {
        let mut d = crate::zeroed::<S>(output.len());
        loss.gradient(&Cpu::new(1), &mut d, output, targets, 1.0).unwrap();
        let d = S::flat(&d);
        let mut order: Vec<usize> = (0..d.len()).filter(|i| d[*i] != 0.0).collect();
        if order.is_empty() {
            // one output beyond the margin of a hinge
            return;
        }
        order.sort_by(|a, b| d[*a].abs().total_cmp(&d[*b].abs()));
        let mut faults = vec![Fault::Whole(1.01), Fault::Whole(0.99), Fault::Whole(0.0), Fault::Whole(-1.0)];
        if loss.reduction() != Reduction::Sum && output.len() > 1 {
            faults.push(Fault::Sum);
        }
        // as large as any, of middle size, and small
        let places = [order.len() / 2, order.len() - 1, order.len() / 10];
        // large batches take their time
        for i in places.into_iter().take(if output.len() > 100 { 1 } else { 3 }).map(|k| order[k]) {
            faults.extend([1.01, 0.99, 0.0, -1.0].map(|by| Fault::Number(i, by)));
            faults.extend([1.01, 0.99, 0.0].map(|by| Fault::Sample(i / S::LEN, by)));
        }
        let typical = d[order[order.len() / 2]].abs();
        faults.extend([0, d.len() / 2, d.len() - 1].map(|i| Fault::Leak(i, 0.01 * typical.max(d[i].abs()))));
        let values = [(0.0, false), (1000.0, false), (-1000.0, false), (0.0, true), (1000.0, true)];
        for fault in faults {
            let (constant, single) = values[self.0 % values.len()];
            let name = format!("{fault:?} + {constant}, {single}: {} at {}", loss.describe(), output.len());
            let planted = Planted { loss: loss.clone(), fault, constant, single };
            let checked = planted.gradient_check(output, targets);
            self.0 += 1;
            let Err(error) = checked else {
                // what the value's digits can hide: a hundredth of a tenth of most derivatives
                let mut faulty = crate::zeroed::<S>(output.len());
                planted.gradient(&Cpu::new(1), &mut faulty, output, targets, 1.0).unwrap();
                let numbers = S::flat(output).iter().map(|y| y.abs().max(1.0).log2().ceil().exp2());
                let pairs = numbers.zip(d.iter().zip(S::flat(&faulty)));
                let (squares, apart) = pairs.fold((0.0f32, 0.0f32), |(squares, apart), (by, (d, faulty))| {
                    (squares + (by * d).powi(2), apart.max(by * (faulty - d).abs()))
                });
                assert!(single && apart <= 1e-3 * (squares / order.len() as f32).sqrt(), "{name}");
                continue;
            };
            let Error::LossGradient { problem, .. } = &error else { panic!("{name}: {error}") };
            let told = problem.contains("by differences") || single && problem.contains("too coarse");
            assert!(told, "{name}: {error}");
            if let (Fault::Number(i, _) | Fault::Leak(i, _), false) = (fault, single) {
                let at = format!("number {} of output {} ", i % S::LEN, i / S::LEN);
                assert!(problem.contains(&at), "{name}: {error}");
            }
        }
    }
}

#[test]
fn faults_of_a_hundredth_are_found_in_every_loss_of_one_number() {
    let mut found = Found(0);
    for n in [1, 2, 16, 1024] {
        elementwise::<f32>(&mut found, n);
    }
    assert!(found.0 > 1000, "{}", found.0);
}

#[test]
fn faults_of_a_hundredth_are_found_in_every_loss_of_arrays() {
    let mut found = Found(0);
    for n in [1, 7, 4096] {
        classes(&mut found, n);
    }
    for n in [1, 100] {
        elementwise::<[[f32; 2]; 3]>(&mut found, n);
    }
    assert!(found.0 > 1000, "{}", found.0);
}

/// Counts the calls of `value`.
struct Counted(Arc<std::sync::atomic::AtomicUsize>);
impl Loss<[f32; 10]> for Counted {
    type Target = u32;
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; 10]],
        y: &[[f32; 10]],
        t: &[u32],
        scale: f64,
    ) -> Result<f64> {
        CrossEntropy.gradient(cpu, d, y, t, scale)
    }
    fn value(&self, y: &[[f32; 10]], t: &[u32]) -> Result<f64> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        CrossEntropy.value(y, t)
    }
}

#[test]
fn more_outputs_take_no_more_calls() {
    for n in [64, 1024, 4096] {
        let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let classes: Vec<u32> = (0..n as u32).map(|i| i % 10).collect();
        Counted(calls.clone()).gradient_check(&random::normal::<[f32; 10]>(n, 1), &classes).unwrap();
        let calls = calls.load(std::sync::atomic::Ordering::Relaxed);
        assert!((50..1500).contains(&calls), "{calls} calls for {n} outputs");
    }
}

#[test]
fn a_kink_is_no_fault_and_kinks_everywhere_are_told() {
    // the first number is at the kink, the others are not
    let mut output = [[1.0f32, 0.25, -0.5], [0.5, 2.0, 0.125]];
    assert!(Hinge::mean().gradient_check(&output, &[[1.0; 3]; 2]).is_ok());
    output = [[1.0; 3]; 2];
    let error = Hinge::mean().gradient_check(&output, &[[1.0; 3]; 2]).unwrap_err().to_string();
    assert!(
        error.starts_with("`Hinge`: `value` has a kink at every output\nhelp: check at other"),
        "{error}"
    );
}

/// The distance between output and target as one would write it, in `f32` for each sample.
struct Distance;
impl<const N: usize> Loss<[f32; N]> for Distance {
    type Target = [f32; N];
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(
        &self,
        _: &Cpu,
        d: &mut [[f32; N]],
        y: &[[f32; N]],
        t: &[[f32; N]],
        scale: f64,
    ) -> Result<f64> {
        let scale = scale as f32 / y.len() as f32;
        for ((d, y), t) in d.iter_mut().zip(y).zip(t) {
            let length = distance(y, t).max(1e-12);
            *d = std::array::from_fn(|i| scale * (y[i] - t[i]) / length);
        }
        self.value(y, t)
    }
    fn value(&self, y: &[[f32; N]], t: &[[f32; N]]) -> Result<f64> {
        Ok(y.iter().zip(t).map(|(y, t)| f64::from(distance(y, t))).sum::<f64>() / y.len() as f64)
    }
}

fn distance<const N: usize>(y: &[f32; N], t: &[f32; N]) -> f32 {
    y.iter().zip(t).map(|(y, t)| (y - t) * (y - t)).sum::<f32>().sqrt()
}

/// Whatever is drawn: where rounding leaves little to be seen, it is not taken for a fault.
#[test]
fn a_right_loss_that_is_computed_in_f32_passes() {
    for seed in 0..100 {
        for n in [1, 3, 10, 100] {
            let draw = |seed| random::normal::<[f32; 4]>(n, seed);
            let checked = Distance.gradient_check(&draw(2 * seed), &draw(2 * seed + 1));
            checked.unwrap_or_else(|error| panic!("seed {seed}, {n}: {error}"));
        }
    }
}
