//! What losses are told, what they refuse, and how their batches combine.

use super::*;
use crate::book::{losses::*, optim::*};
use crate::metric::*;
use crate::tests::{Small, samples};
use crate::{Dataset, Device, Element, Model, Trainer, random};

/// Dropout is after a layer whose outputs are 0, and so stay 0 whatever it draws. What comes out is below 0, as logarithms of
/// probabilities are.
fn still() -> Small {
    let mut model = Small::init(7);
    model.parameters_mut().fc1.bias.fill(-100.0);
    model.parameters_mut().fc2.bias.iter_mut().for_each(|b| *b -= 1.0);
    model
}

const WEIGHTS: [f32; 3] = [0.25, 1.0, 4.0];

/// Two updates, each from all samples in batches of `batch`.
fn trained<T: Element, L: Loss<[f32; 3], Target = T>>(
    loss: L,
    batch: usize,
    accumulate: usize,
    xs: &[[f32; 4]],
    t: &[T],
) -> Vec<f32> {
    let mut trainer = Trainer::new(still(), loss, Sgd::new(0.05).momentum(0.9))
        .batch(batch)
        .accumulate(accumulate)
        .on(Device::Cpu)
        .unwrap();
    for _ in 0..2 {
        for (xs, t) in xs.chunks(batch).zip(t.chunks(batch)) {
            trainer.step(xs, t).unwrap();
        }
        trainer.flush().unwrap();
    }
    trainer.finish().unwrap().block().to_vec()
}

/// Batches of 25, 25 and 10 are one of 60: in a group, in an epoch, in an evaluation.
fn combines<T: Element, L: Loss<[f32; 3], Target = T> + Clone>(loss: L, targets: Vec<T>) {
    let (xs, _) = samples(60);
    let whole = trained(loss.clone(), 60, 1, &xs, &targets);
    let moved = still().block().iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    for accumulate in [3, 10] {
        let parts = trained(loss.clone(), 25, accumulate, &xs, &targets);
        let apart = whole.iter().zip(&parts).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(moved > 1e-3 && apart < 1e-5 * (1.0 + moved), "{moved} {apart}");
    }
    let all = loss.value(&still().predict(&xs), &targets).unwrap();
    let data = Dataset::new(xs, targets).unwrap();
    let trainer = Trainer::new(still(), loss.clone(), Sgd::new(0.0)).batch(25).quiet();
    let mut trainer = trainer.on(Device::Cpu).unwrap();
    for found in [trainer.evaluate(&data, loss).unwrap(), trainer.epoch(&data).unwrap().loss] {
        assert!((found - all).abs() < 1e-6 * (1.0 + all), "{found} {all}");
    }
}

#[test]
fn batches_count_as_much_as_their_targets_weigh() {
    let (_, classes) = samples(60);
    combines(CrossEntropy.class_weights(WEIGHTS), classes.clone());
    combines(CrossEntropy.class_weights(WEIGHTS).label_smoothing(0.2), classes.clone());
    combines(CrossEntropy.class_weights(WEIGHTS).sum(), classes.clone());
    combines(Nll::mean().class_weights(WEIGHTS), classes.clone());
    let soft: Vec<[f32; 3]> =
        classes.iter().map(|t| [[0.8, 0.1, 0.1], [0.0, 0.5, 0.5], [0.2, 0.2, 0.6]][*t as usize]).collect();
    combines(SoftCrossEntropy::mean().class_weights(WEIGHTS), soft.clone());
    combines(Huber::batch_mean(), soft.clone());
    combines(Mse::sum(), soft);
}

#[test]
fn every_loss_begins_with_its_reduction() {
    assert_eq!(CrossEntropy::mean(), CrossEntropy);
    let (mean, sum) =
        (CrossEntropy::mean().class_weights(WEIGHTS), CrossEntropy::sum().class_weights(WEIGHTS));
    assert_eq!(mean.sum(), sum);
    assert_eq!(CrossEntropy::sum().label_smoothing(0.1), CrossEntropy.label_smoothing(0.1).sum());
    // -ln of the softmax of a sample with equal scores is ln 3
    let (y, t) = ([[1f32; 3]; 2], [0, 2]);
    assert!((CrossEntropy::mean().value(&y, &t).unwrap() - 3f64.ln()).abs() < 1e-12);
    assert!((CrossEntropy::sum().value(&y, &t).unwrap() - 2.0 * 3f64.ln()).abs() < 1e-12);
}

#[test]
fn a_batch_that_weighs_nothing_changes_nothing() {
    let (xs, _) = samples(8);
    let loss = CrossEntropy.class_weights([1.0, 0.0, 1.0]);
    for accumulate in [1, 2] {
        let trainer = Trainer::new(still(), loss, Sgd::new(0.1)).batch(4).accumulate(accumulate);
        let mut trainer = trainer.on(Device::Cpu).unwrap();
        for xs in xs.chunks(4) {
            assert_eq!(trainer.step(xs, &[1; 4]).unwrap(), 0.0);
        }
        assert_eq!(trainer.finish().unwrap().block().to_vec(), still().block().to_vec());
    }
}

#[test]
fn targets_that_mean_nothing_are_named() {
    let cpu = Cpu::new(1);
    let (y, mut d) = ([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], [[0.0; 3]; 2]);
    fn text<T: Element, L: Loss<[f32; 3], Target = T>>(loss: L, y: &[[f32; 3]], targets: &[T]) -> String {
        loss.value(y, targets).unwrap_err().to_string()
    }
    let odd = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.5]];
    let message = "the target of sample 1: number 2 is 1.5; it can be any number from 0 to 1";
    assert_eq!(text(BceWithLogits::mean(), &y, &odd), message);
    assert_eq!(text(Bce::mean(), &y, &odd), message);
    assert_eq!(text(SoftCrossEntropy::mean(), &y, &odd), message);
    let error = Bce::mean().gradient(&cpu, &mut d, &y, &odd, 1.0).unwrap_err();
    assert_eq!(error.to_string(), message);
    for loss in [Hinge::mean(), Hinge::sum()] {
        assert!(text(loss, &y, &odd).contains("number 0 is 0; it can be -1 or 1"));
    }
    let negative = [[0.0, 1.0, 1.0], [f32::NAN, 0.0, 1.0]];
    assert!(text(KlDivergence::mean(), &y, &negative).contains("sample 1: number 0 is NaN"));
    assert!(text(PoissonNll::mean(), &y, &negative).contains("0 or any number above"));
    assert!(text(Nll::mean(), &y, &[0, 3]).contains("class 3 is not among the network's 3"));
    assert!(text(CrossEntropy.label_smoothing(0.1), &y, &[0, 3]).contains("class 3"));
}

#[test]
fn options_that_mean_nothing_are_refused_before_training() {
    fn refused<L: Loss<[f32; 3]>>(loss: L) -> String {
        Trainer::new(Small::init(1), loss, Sgd::new(0.1)).on(Device::Cpu).expect_err("refused").to_string()
    }
    assert_eq!(refused(Huber::mean().delta(0.0)), "`delta` is 0\nhelp: it can be any number above 0");
    assert!(refused(SmoothL1::mean().beta(-1.0)).contains("`beta` is -1"));
    assert!(refused(BceWithLogits::mean().pos_weight(f64::NAN)).contains("`pos_weight` is NaN"));
    assert!(refused(CrossEntropy.label_smoothing(1.5)).contains("`label_smoothing` is 1.5"));
    let message = refused(CrossEntropy.class_weights([1.0, -2.0, 1.0]));
    assert_eq!(message, "`class_weights` is -2\nhelp: it can be 0 or any number above for every class");
    assert!(refused(Nll::mean().class_weights([f32::INFINITY; 3])).contains("`class_weights` is inf"));
    // of weights that are all 0 nothing is learned
    let message = refused(CrossEntropy.class_weights([0.0; 3]));
    assert!(
        message.starts_with("`class_weights` is 0 for every class\nhelp: it can be above 0"),
        "{message}"
    );
    assert_eq!(refused(SoftCrossEntropy::sum().class_weights([0.0, -0.0, 0.0])), message);
    assert_eq!(refused(ProbabilityCrossEntropy::mean().class_weights([0.0; 3])), message);
    assert_eq!(refused(Weighted(0.5, Nll::mean().class_weights([0.0; 3]))), message);
}

#[test]
fn losses_of_ones_own_are_as_good() {
    plywood_kernels::rule! {
        Value(y, t) = (y - t) * (y - t);
        Slope(y, t) = 2.0 * (y - t)
    }
    let cpu = Cpu::new(1);
    let (y, t) = ([[0.1, 0.2], [0.3, -2.0]], [[1.0, 0.0], [0.5, 0.25]]);
    for (own, known) in [
        (Elementwise::mean(Value, Slope), Mse::mean()),
        (Elementwise::batch_mean(Value, Slope), Mse::batch_mean()),
        (Elementwise::sum(Value, Slope), Mse::sum()),
    ] {
        let (mut a, mut b) = ([[0.0f32; 2]; 2], [[0.0f32; 2]; 2]);
        let values = [own.gradient(&cpu, &mut a, &y, &t, 2.0), known.gradient(&cpu, &mut b, &y, &t, 2.0)];
        assert_eq!((values[0].as_ref().unwrap(), a), (values[1].as_ref().unwrap(), b));
        assert_eq!(own.value(&y, &t).unwrap(), known.value(&y, &t).unwrap());
    }
}

#[test]
fn a_probability_of_0_has_a_finite_loss() {
    let cpu = Cpu::new(1);
    let mut d = [[9.0f32; 2]];
    let value = ProbabilityCrossEntropy::mean().gradient(&cpu, &mut d, &[[0.0, 1.0]], &[0], 1.0).unwrap();
    assert_eq!((value, d), (100.0, [[-1e12, 0.0]]));
    let value = Bce::mean().gradient(&cpu, &mut d, &[[0.0, 1.0]], &[[1.0, 0.0]], 1.0).unwrap();
    assert_eq!((value, d), (100.0, [[-0.5e12, 0.5e12]]));
}

#[test]
fn lengths_that_differ_are_told() {
    /// For too many targets, too few and too little room.
    fn check<const C: usize, T: Element, L: Loss<[f32; C], Target = T>>(loss: L, target: T) {
        let wrong = |result: Result<f64>, what: &str, found: usize| {
            let text = result.unwrap_err().to_string();
            assert!(text.starts_with(&format!("expected 2 {what}, found {found}\nhelp: ")), "{text}");
        };
        let y = [[0.5; C]; 2];
        for n in [0, 1, 3] {
            let targets = vec![target.clone(); n];
            wrong(loss.value(&y, &targets), "targets", n);
            wrong(loss.gradient(&Cpu::new(1), &mut [[0.0; C]; 2], &y, &targets, 1.0), "targets", n);
            let (room, targets) = (&mut vec![[0.0; C]; n], vec![target.clone(); 2]);
            wrong(loss.gradient(&Cpu::new(1), room, &y, &targets, 1.0), "gradients", n);
            let metric = Metric::<[f32; C], T>::add(&loss, &mut (0.0, 0.0), &y, &vec![target.clone(); n]);
            assert!(matches!(metric, Err(Error::Length { expected: 2, .. })));
        }
    }
    check::<3, _, _>(CrossEntropy, 1);
    check::<3, _, _>(CrossEntropy::mean().label_smoothing(0.1), 1);
    check::<3, _, _>(CrossEntropy.label_smoothing(0.1), 1);
    check::<3, _, _>(SoftCrossEntropy::mean(), [0.5; 3]);
    check::<3, _, _>(Nll::mean(), 1);
    check::<3, _, _>(ProbabilityCrossEntropy::mean(), 1);
    check::<3, _, _>(Mse::mean(), [0.5; 3]);
    check::<3, _, _>(Bce::mean(), [0.5; 3]);
    check::<3, _, _>(BceWithLogits::mean(), [0.5; 3]);

    let (two, one) = ([[0.5, 1.0]; 2], [1.0; 2]);
    fn added<O: Sample, T: Element>(metric: impl Metric<O, T>, output: &[O], targets: &[T]) -> Result<()> {
        metric.add(&mut Default::default(), output, targets)
    }
    macro_rules! refuses {
        ($($metric:expr, $output:expr, $targets:expr;)*) => { $(
            let result = added($metric, $output, $targets);
            assert!(matches!(result, Err(Error::Length { what: "targets", expected: 2, .. })), stringify!($metric));
        )* };
    }
    refuses! {
        Accuracy, &two, &[0];
        TopK(1), &two, &[0, 1, 1];
        F1::macro_average(), &two, &[0];
        Confusion, &two, &[0, 1, 1];
        BinaryAccuracy, &two, &[[0.0, 1.0]];
        Rmse, &two, &[[0.0, 1.0]; 3];
        R2, &one, &[0.0];
    }
}

#[test]
fn outputs_that_a_loss_is_not_for_are_told() {
    let (cpu, mut d) = (Cpu::new(1), [[0.0; 3]; 2]);
    let scores = [[-0.1, -2.0, 0.0], [-1.0, 3.5, -1.0]];
    let expected = "the output for sample 1: number 1 is 3.5, expected the logarithm of a probability, 0 or below\nhelp: \
                    end the network with `LogSoftmax`, or take `CrossEntropy`, which is for scores as they come out of a \
                    `Linear`";
    assert_eq!(Nll::mean().value(&scores, &[0, 1]).unwrap_err().to_string(), expected);
    let error = Nll::mean().gradient(&cpu, &mut d, &scores, &[0, 1], 1.0).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let error = ProbabilityCrossEntropy::mean().value(&scores, &[0, 1]).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "the output for sample 0: number 0 is -0.1, expected a probability, 0 to 1\nhelp: end"
        )
    );
    // rounding is no mistake, and what is no number is for the trainer to say
    assert!(Nll::mean().value(&[[1e-6, -20.0, f32::NAN]], &[0]).is_ok());
    let one = CrossEntropy.value(&[[0.5]], &[1]).unwrap_err().to_string();
    assert!(one.contains("take `BceWithLogits` or `BinaryAccuracy`, and targets `f32`"), "{one}");
}

#[test]
fn outputs_that_no_probability_or_rate_could_be_are_told_by_elementwise_losses() {
    let mut d = [[0.0; 2]; 2];
    let mut told = |loss: &dyn Loss<[f32; 2], Target = [f32; 2]>, odd: f32| {
        let (y, t) = ([[0.5, 0.25], [0.0, odd]], [[0.5; 2]; 2]);
        let error = loss.value(&y, &t).unwrap_err().to_string();
        assert_eq!(loss.gradient(&Cpu::new(1), &mut d, &y, &t, 1.0).unwrap_err().to_string(), error);
        error
    };
    assert_eq!(
        told(&Bce::mean(), 1.5),
        "the output for sample 1: number 1 is 1.5, expected a probability, 0 to 1\nhelp: end the network with `Sigmoid`, or \
         take `BceWithLogits`, which is for scores as they come out of a `Linear`"
    );
    assert!(told(&Bce::sum(), -2.0).contains("number 1 is -2, expected a probability, 0 to 1\nhelp: end"));
    let message = "the output for sample 1: number 1 is 0.75, expected the logarithm of a probability, 0 or below\nhelp: end \
                   the network with `LogSoftmax`, or take `SoftCrossEntropy`, which is for scores as they come out of a \
                   `Linear`";
    let y = [[-0.5f32, -0.25], [0.0, 0.75]];
    assert_eq!(KlDivergence::batch_mean().value(&y, &[[0.5; 2]; 2]).unwrap_err().to_string(), message);
    assert_eq!(
        told(&PoissonNll::mean().log_input(false), -1.5),
        "the output for sample 1: number 1 is -1.5, expected a rate, 0 or above\nhelp: end the network with `Softplus`, or \
         leave out `.log_input(false)`: outputs are then logarithms of rates"
    );
    // logarithms of rates are any numbers; rounding is no mistake, nor are the ends
    assert!(PoissonNll::mean().value(&[[-3.0f32, 2.0]], &[[1.0, 0.0]]).is_ok());
    assert!(KlDivergence::mean().value(&[[1e-6f32, 0.0]], &[[0.5, 1.0]]).unwrap().is_finite());
    // to probabilities that rounding has taken beyond their ends, a loss and a slope as at the ends
    let (beyond, ends, t) = ([[-1e-7f32, 1.0 + 2e-7]], [[0.0, 1.0]], [[0.0, 1.0]]);
    let mut slopes = [[[9.0; 2]]; 2];
    let values = [beyond, ends].map(|y| Bce::mean().value(&y, &t).unwrap());
    for (y, d) in [beyond, ends].iter().zip(&mut slopes) {
        Bce::mean().gradient(&Cpu::new(1), d, y, &t, 1.0).unwrap();
    }
    assert_eq!((values, slopes), ([0.0; 2], [[[0.0; 2]]; 2]));
}

#[test]
fn slopes_of_ones_own_are_checked() {
    plywood_kernels::rule! {
        Good(y, t) = ln(1.0 + exp(y)) - y * t;
        GoodSlope(y, t) = 1.0 / (1.0 + exp(-y)) - t;
        Halved(y, t) = 0.5 / (1.0 + exp(-y)) - t;
        Endless(y, t) = ln(y) + t
    }
    let good = Elementwise::mean(Good, GoodSlope);
    assert!(good.slope_check(-4.0..4.0, 0.0..1.0, 3).unwrap() < 1e-8);
    assert_eq!(Metric::<[f32; 2], _>::measure(&good, &[[0.0; 2]], &[[0.0; 2]]).unwrap() as f32, 2f32.ln());
    assert_eq!(ScalarMetric::<[f32; 2], _>::name(&good), "Good");
    match Elementwise::mean(Good, Halved).slope_check(-4.0..4.0, 0.0..1.0, 3) {
        Err(Error::Slope { loss, at: (y, t), given, measured }) => {
            assert_eq!(loss, "Good");
            assert!(y > 3.9, "where it is worst");
            assert!((measured - (1.0 / (1.0 + (-y).exp()) - t)).abs() < 1e-6);
            assert!((given - (0.5 / (1.0 + (-y).exp()) - t)).abs() < 1e-12);
        }
        other => panic!("{other:?}"),
    }
    for (outputs, targets, name) in
        [(1.0..1.0, 0.0..1.0, "outputs"), (0.0..1.0, 1.0..f32::INFINITY, "targets")]
    {
        let error = good.slope_check(outputs, targets, 3).unwrap_err();
        assert!(matches!(error, Error::Setting { name: found, .. } if found == name), "{error}");
    }
    assert!(Elementwise::mean(Endless, GoodSlope).slope_check(-4.0..-1.0, 0.0..1.0, 3).is_err());
}

/// Squared error of the first number with one fault or none.
struct Faulty(&'static str);

impl Loss<[f32; 3]> for Faulty {
    type Target = f32;
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(&self, _: &Cpu, d: &mut [[f32; 3]], y: &[[f32; 3]], t: &[f32], scale: f64) -> Result<f64> {
        let scale = if self.0 == "scale" { 1.0 } else { scale as f32 };
        let n = if self.0 == "mean" { 1.0 } else { y.len() as f32 };
        for ((d, y), t) in d.iter_mut().zip(y).zip(t) {
            d[0] = scale * 2.0 * (y[0] - t) / n;
            if self.0 != "rest" {
                d[1..].fill(0.0);
            }
        }
        Ok(self.value(y, t)? + if self.0 == "value" { 0.1 } else { 0.0 })
    }
    fn value(&self, y: &[[f32; 3]], t: &[f32]) -> Result<f64> {
        Ok(y.iter().zip(t).map(|(y, t)| f64::from((y[0] - t) * (y[0] - t))).sum::<f64>() / y.len() as f64)
    }
}

#[test]
fn a_loss_of_ones_own_can_be_checked() {
    let (y, t) = (random::normal::<[f32; 3]>(6, 1), random::normal::<f32>(6, 2));
    assert!(Faulty("").gradient_check(&y, &t).unwrap() < 1e-3);
    for (fault, expected) in [
        ("mean", "the derivative by number 0 of output "),
        ("scale", "with scale 0.5"),
        ("rest", "the derivative by number 1 of output 0 is 0e0 by differences, NaN by `gradient`"),
        ("value", "`gradient` returns the loss"),
    ] {
        let error = Faulty(fault).gradient_check(&y, &t).unwrap_err().to_string();
        assert!(error.starts_with("`Faulty`: ") && error.contains(expected), "{fault}: {error}");
    }
    let scores = random::normal::<[f32; 4]>(6, 3);
    let classes = [0, 1, 2, 3, 3, 1];
    for apart in [
        CrossEntropy.gradient_check(&scores, &classes),
        CrossEntropy
            .label_smoothing(0.1)
            .class_weights([1.0, 2.0, 0.5, 3.0])
            .gradient_check(&scores, &classes),
        Mae::mean().gradient_check(&scores, &random::normal::<[f32; 4]>(6, 4)),
        Huber::sum().gradient_check(&scores, &random::normal::<[f32; 4]>(6, 5)),
    ] {
        assert!(apart.unwrap() < 1e-3);
    }
    assert!(Faulty("").gradient_check(&[], &[]).is_err());
    assert!(Faulty("").gradient_check(&y, &t[1..]).is_err());
}
