//! Steps, epochs, and what can be wrong with them.

use crate::book::{losses::Mse, optim::*};
use crate::loss::{Cpu, CrossEntropy, Loss, Reduction};
use crate::metric::Accuracy;

use crate::tests::{Small, allocations, bits, samples};
use crate::{Dataset, Device, Element, Error, Model, Result, Trainer, TrainerBuilder};

/// Cross entropy as a sum, to see how sums combine.
struct Total;
impl<const C: usize> Loss<[f32; C]> for Total {
    type Target = u32;
    fn reduction(&self) -> Reduction {
        Reduction::Sum
    }
    fn gradient(&self, cpu: &Cpu, d: &mut [[f32; C]], y: &[[f32; C]], t: &[u32], scale: f64) -> Result<f64> {
        let n = y.len() as f64;
        Ok(n * CrossEntropy.gradient(cpu, d, y, t, scale * n)?)
    }
    fn value(&self, y: &[[f32; C]], t: &[u32]) -> Result<f64> {
        Ok(y.len() as f64 * CrossEntropy.value(y, t)?)
    }
}

fn sgd(learning_rate: f64) -> TrainerBuilder<Small, CrossEntropy, Sgd> {
    Trainer::new(Small::init(7), CrossEntropy, Sgd::new(learning_rate)).batch(64).threads(1).quiet()
}

/// The largest difference of two models' parameters.
fn distance<M: Model>(a: &M, b: &M) -> f32 {
    a.block().iter().zip(b.block().iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_network_learns() {
    let (xs, classes) = samples(1200);
    let (train, test) = Dataset::new(xs, classes).unwrap().split(0.8, 7);
    let mut trainer = Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2))
        .batch(50)
        .seed(3)
        .quiet()
        .on(Device::best())
        .unwrap();
    let before = trainer.evaluate(&test, CrossEntropy).unwrap();
    let first = trainer.epoch(&train).unwrap();
    for _ in 0..14 {
        trainer.epoch(&train).unwrap();
    }
    let last = trainer.epoch(&train).unwrap();
    assert!(last.loss < 0.6 * first.loss, "{first} {last}");
    assert_eq!((last.number, last.samples, last.updates, trainer.updates()), (16, 960, 20, 320));
    assert!(trainer.evaluate(&test, CrossEntropy).unwrap() < 0.5 * before);
    let accuracy = trainer.evaluate(&test, Accuracy).unwrap();
    assert!(accuracy > 0.9, "{accuracy}");
    let text = last.to_string();
    assert!(text.starts_with("loss 0.") && text.contains("960 samples in "), "{text}");
    assert_eq!(bits(trainer.model().unwrap()), bits(&trainer.finish().unwrap()));
}

#[test]
fn bits_do_not_depend_on_threads() {
    let (xs, classes) = samples(200);
    let data = Dataset::new(xs, classes).unwrap();
    let run = |threads: usize, accumulate: usize| {
        let mut trainer = Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2))
            .batch(32)
            .threads(threads)
            .accumulate(accumulate)
            .quiet()
            .on(Device::Cpu)
            .unwrap();
        let loss = (trainer.epoch(&data).unwrap().loss, trainer.epoch(&data).unwrap().loss);
        (loss, bits(&trainer.finish().unwrap()))
    };
    for accumulate in [1, 3] {
        let one = run(1, accumulate);
        assert_eq!(one, run(1, accumulate), "again");
        assert_eq!(one, run(2, accumulate));
        assert_eq!(one, run(4, accumulate));
    }
}

#[test]
fn the_seed_decides_order_and_dropout() {
    let (xs, classes) = samples(100);
    let data = Dataset::new(xs, classes).unwrap();
    let run = |seed: u64| {
        let mut trainer = sgd(0.1).batch(10).seed(seed).on(Device::Cpu).unwrap();
        trainer.epoch(&data).unwrap();
        bits(&trainer.finish().unwrap())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn steps_allocate_nothing() {
    let (xs, classes) = samples(64);
    for (accumulate, clip) in [(1, None), (2, None), (1, Some(0.1))] {
        let builder =
            Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-3)).batch(64).accumulate(accumulate);
        let builder = if let Some(max) = clip { builder.clip_norm(max) } else { builder };
        let mut trainer = builder.threads(2).on(Device::Cpu).unwrap();
        let calls = allocations(|| {
            for n in [64, 64, 10, 1] {
                trainer.step(&xs[..n], &classes[..n]).unwrap();
            }
        });
        assert_eq!(calls, 0, "accumulate {accumulate}, clip {clip:?}");
    }
    let data = Dataset::new(xs, classes).unwrap();
    let mut trainer = sgd(0.1).batch(10).on(Device::Cpu).unwrap();
    trainer.epoch(&data).unwrap();
    assert_eq!(allocations(|| assert!(trainer.epoch(&data).is_ok())), 0, "an epoch but the first");
    assert_eq!(allocations(|| assert!(trainer.evaluate(&data, Accuracy).is_ok())), 0);
}

/// The model without dropout's randomness: its first layer's outputs are all negative, so `relu` and dropout
/// give 0 whatever they draw.
fn still() -> Small {
    let mut model = Small::init(7);
    model.parameters_mut().fc1.bias.fill(-100.0);
    model
}

#[test]
fn accumulated_steps_are_one_large_batch() {
    let (xs, classes) = samples(60);
    fn run<L: Loss<[f32; 3], Target = u32>>(
        loss: L,
        batch: usize,
        accumulate: usize,
        xs: &[[f32; 4]],
        t: &[u32],
    ) -> Small {
        let mut trainer = Trainer::new(still(), loss, Sgd::new(0.01).momentum(0.9))
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
        assert_eq!(trainer.updates(), 2);
        trainer.finish().unwrap()
    }
    for accumulate in [3, 10] {
        // Batches of 25, 25 and 10: the last counts for what it has. With `accumulate(10)` the group is cut
        // short.
        let (whole, parts) =
            (run(CrossEntropy, 60, 1, &xs, &classes), run(CrossEntropy, 25, accumulate, &xs, &classes));
        let moved = distance(&whole, &still());
        assert!(moved > 1e-3 && distance(&whole, &parts) < 1e-6, "{moved} {}", distance(&whole, &parts));
        let (whole, parts) = (run(Total, 60, 1, &xs, &classes), run(Total, 25, accumulate, &xs, &classes));
        let moved = distance(&whole, &still());
        assert!(moved > 0.1 && distance(&whole, &parts) < 1e-5, "{moved} {}", distance(&whole, &parts));
    }
}

#[test]
fn what_waits_is_not_lost() {
    let (xs, classes) = samples(20);
    let mut trainer = sgd(0.1).accumulate(4).on(Device::Cpu).unwrap();
    trainer.step(&xs, &classes).unwrap();
    assert_eq!((trainer.updates(), bits(trainer.model().unwrap())), (0, bits(&Small::init(7))));
    let model = trainer.finish().unwrap();
    assert_ne!(bits(&model), bits(&Small::init(7)));
    // Kept or used at once, a gradient is the same.
    let mut fused = sgd(0.1).on(Device::Cpu).unwrap();
    fused.step(&xs, &classes).unwrap();
    assert!(distance(&model, fused.model().unwrap()) < 1e-6);
}

#[test]
fn a_clipped_gradient_has_the_length_that_was_asked_for() {
    let (xs, classes) = samples(60);
    let moved = |builder: TrainerBuilder<Small, CrossEntropy, Sgd>| {
        let mut trainer = builder.on(Device::Cpu).unwrap();
        trainer.step(&xs, &classes).unwrap();
        let (a, b) = (trainer.finish().unwrap(), Small::init(7));
        let squares = a.block().iter().zip(b.block().iter()).map(|(a, b)| ((a - b) as f64).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let free = moved(sgd(1.0));
    assert!(free > 0.1, "{free}");
    assert!((moved(sgd(1.0).clip_norm(0.05)) - 0.05).abs() < 1e-5);
    assert!((moved(sgd(1.0).clip_norm(0.05).accumulate(1)) - 0.05).abs() < 1e-5);
    assert!((moved(sgd(1.0).clip_norm(100.0)) - free).abs() < 1e-6, "a short one stays as it is");
}

#[test]
fn the_learning_rate_can_change() {
    let (xs, classes) = samples(60);
    let mut trainer = sgd(0.1).on(Device::Cpu).unwrap();
    crate::optimizer::Optimizer::set_learning_rate(trainer.optimizer_mut(), 0.0);
    trainer.step(&xs, &classes).unwrap();
    assert_eq!(bits(trainer.model().unwrap()), bits(&Small::init(7)));
    crate::optimizer::Optimizer::set_learning_rate(trainer.optimizer_mut(), f64::NAN);
    let error = trainer.step(&xs, &classes).unwrap_err();
    assert_eq!(error.to_string(), "`learning_rate` is NaN\nhelp: it can be 0 or any number above");
    assert_eq!(bits(trainer.model().unwrap()), bits(&Small::init(7)));
    // An optimizer may even take on a state while it runs.
    *trainer.optimizer_mut() = Sgd::new(0.1).momentum(0.9);
    trainer.step(&xs, &classes).unwrap();
    assert_ne!(bits(trainer.model().unwrap()), bits(&Small::init(7)));
}

#[test]
fn losses_of_batches_combine() {
    let (xs, classes) = samples(70);
    let data = Dataset::new(xs.clone(), classes.clone()).unwrap();
    let still = |loss| Trainer::new(still(), loss, Sgd::new(0.0)).batch(32).quiet().on(Device::Cpu).unwrap();
    let mut trainer = still(CrossEntropy);
    let epoch = trainer.epoch(&data).unwrap().loss;
    let all = CrossEntropy.value(&trainer.model().unwrap().predict(&xs), &classes).unwrap();
    assert!((epoch - all).abs() < 1e-6, "{epoch} {all}");
    assert!((trainer.evaluate(&data, CrossEntropy).unwrap() - all).abs() < 1e-6);
    let sum = trainer.evaluate(&data, Total).unwrap();
    assert!((sum - 70.0 * all).abs() < 1e-4, "{sum} {all}");

    // An elementwise loss: means over all numbers of all samples.
    let targets = vec![[0.5f32, -1.0, 2.0]; 70];
    let data = Dataset::new(xs.clone(), targets.clone()).unwrap();
    let ys = trainer.model().unwrap().predict(&xs);
    let pairs = ys.as_flattened().iter().zip(targets.as_flattened());
    let sum: f64 = pairs.map(|(y, t)| ((y - t) as f64).powi(2)).sum();
    for (reduction, expected) in [(Reduction::Mean, sum / 210.0), (Reduction::Sum, sum)] {
        let mut trainer = Trainer::new(super::tests::still(), Mse { reduction }, Sgd::new(0.0))
            .batch(32)
            .quiet()
            .on(Device::Cpu)
            .unwrap();
        let (epoch, value) =
            (trainer.epoch(&data).unwrap().loss, trainer.evaluate(&data, Mse { reduction }).unwrap());
        assert!((epoch - expected).abs() < 1e-5 * expected, "{epoch} {expected}");
        assert!((value - expected).abs() < 1e-5 * expected, "{value} {expected}");
    }
}

#[test]
fn gradients_of_losses_are_slopes() {
    let cpu = Cpu::new(1);
    fn check<T: Element, L: Loss<[f32; 3], Target = T>>(cpu: &Cpu, loss: &L, targets: &[T]) {
        let y = [[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]];
        let mut d = [[9.0; 3]; 2];
        let value = loss.gradient(cpu, &mut d, &y, targets, 2.0).unwrap();
        assert!((value - loss.value(&y, targets).unwrap()).abs() < 1e-6, "the loss itself is not scaled");
        for i in 0..6 {
            let at = |h: f32| {
                let mut y = y;
                y.as_flattened_mut()[i] += h;
                loss.value(&y, targets).unwrap()
            };
            let slope = 2.0 * (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((slope - d.as_flattened()[i] as f64).abs() < 1e-3, "{slope} {d:?}");
        }
    }
    check(&cpu, &CrossEntropy, &[2, 0]);
    check(&cpu, &Total, &[2, 0]);
    for reduction in [Reduction::Mean, Reduction::Sum] {
        check(&cpu, &Mse { reduction }, &[[1.0, 2.0, 3.0], [0.0, 0.0, -1.0]]);
    }
}

#[test]
fn wrong_calls_are_errors_and_change_nothing() {
    let (xs, classes) = samples(65);
    let mut trainer = sgd(0.1).on(Device::Cpu).unwrap();
    let error = trainer.step(&xs, &classes).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 64, found: 65, .. }), "{error}");
    assert!(error.to_string().contains(".batch"), "{error}");
    let error = trainer.step(&xs[..3], &classes[..2]).unwrap_err();
    assert_eq!(error.to_string(), "expected 3 targets, found 2\nhelp: give every sample one target");
    assert!(matches!(trainer.step(&[], &[]), Err(Error::Empty { .. })));
    let none = Dataset::new(vec![], vec![]).unwrap();
    assert!(matches!(trainer.epoch(&none), Err(Error::Empty { .. })));
    assert!(matches!(trainer.evaluate(&none, Accuracy), Err(Error::Empty { .. })));
    let error = trainer.step(&xs[..3], &[0, 1, 3]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the target of sample 2: class 3 is not among the network's 3, 0 to 2\nhelp: give the network more outputs, or \
         number the classes from 0; `.classes(…)` does it for a column of a table"
    );
    assert_eq!((trainer.updates(), bits(trainer.model().unwrap())), (0, bits(&Small::init(7))));

    // In a data set, the sample's index is that of the data set.
    let mut classes = classes;
    classes[40] = 9;
    let data = Dataset::new(xs, classes).unwrap();
    let mut trainer = sgd(0.1).batch(7).on(Device::Cpu).unwrap();
    let error = trainer.epoch(&data).unwrap_err();
    assert!(matches!(error, Error::Target { sample: 40, .. }), "{error}");
    let error = trainer.evaluate(&data, Accuracy).unwrap_err();
    assert!(matches!(error, Error::Target { sample: 40, .. }), "{error}");
    assert!(matches!(trainer.evaluate(&data, CrossEntropy), Err(Error::Target { sample: 40, .. })));
}

#[test]
fn settings_are_checked() {
    let name = |builder: TrainerBuilder<Small, CrossEntropy, Sgd>| match builder.on(Device::Cpu) {
        Err(Error::Setting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(sgd(0.1).batch(0)), "batch");
    assert_eq!(name(sgd(0.1).accumulate(0)), "accumulate");
    for norm in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(name(sgd(0.1).clip_norm(norm)), "clip_norm");
    }
    for rate in [-0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(name(sgd(rate)), "learning_rate");
    }
    for batch in [usize::MAX, usize::MAX / 10_000] {
        assert!(matches!(sgd(0.1).batch(batch).on(Device::Cpu), Err(Error::Memory { .. })));
        assert!(matches!(
            crate::network::sample::try_zeroed::<[f32; 4]>("it", batch),
            Err(Error::Memory { .. })
        ));
    }
    assert!(sgd(0.1).threads(0).on(Device::Cpu).is_err(), "nothing runs on no thread");
}

#[test]
fn divergence_is_told_before_it_does_harm() {
    let (mut xs, classes) = samples(64);
    let mut trainer = sgd(0.1).on(Device::Cpu).unwrap();
    trainer.step(&xs, &classes).unwrap();
    let before = bits(trainer.model().unwrap());
    xs[5][2] = f32::NAN;
    let error = trainer.step(&xs, &classes).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("a step: number 2 of sample 5 is not a finite number\nhelp: repair"), "{text}");
    assert_eq!(bits(trainer.model().unwrap()), before);
    // The trainer goes on as if nothing had happened, dropout included.
    let mut other = sgd(0.1).on(Device::Cpu).unwrap();
    let (xs, _) = samples(64);
    other.step(&xs, &classes).unwrap();
    assert_eq!(trainer.step(&xs, &classes).unwrap(), other.step(&xs, &classes).unwrap());
    assert_eq!(bits(trainer.model().unwrap()), bits(other.model().unwrap()));

    let mut trainer =
        Trainer::new(Small::init(7), Mse::mean(), Sgd::new(1e9)).batch(64).on(Device::Cpu).unwrap();
    let error =
        (0..20).find_map(|_| trainer.step(&xs, &[[1.0; 3]; 64]).err()).expect("that rate is too large");
    assert!(matches!(error, Error::Diverged { learning_rate: 1e9, .. }), "{error}");
    let text = error.to_string();
    for part in ["training diverged at step ", "learning rate 1000000000", "help: "] {
        assert!(text.contains(part), "{part} is not in {text}");
    }

    let mut model = Small::init(7);
    model.parameters_mut().fc2.weight[1][3] = f32::INFINITY;
    let mut trainer = Trainer::new(model, CrossEntropy, Sgd::new(0.1)).on(Device::Cpu).unwrap();
    let error = trainer.step(&xs[..9], &classes[..9]).unwrap_err();
    assert!(error.to_string().contains("`fc2.weight[1][3]`"), "{error}");
}

#[test]
fn an_infinite_gradient_is_not_clipped_but_told() {
    /// A finite loss with an infinite slope.
    struct Cliff;
    impl Loss<[f32; 3]> for Cliff {
        type Target = u32;
        fn reduction(&self) -> Reduction {
            Reduction::Mean
        }
        fn gradient(&self, _: &Cpu, d: &mut [[f32; 3]], _: &[[f32; 3]], _: &[u32], _: f64) -> Result<f64> {
            d.as_flattened_mut().fill(f32::INFINITY);
            Ok(1.0)
        }
        fn value(&self, _: &[[f32; 3]], _: &[u32]) -> Result<f64> {
            Ok(1.0)
        }
    }
    let (xs, classes) = samples(8);
    let mut trainer =
        Trainer::new(Small::init(7), Cliff, Sgd::new(0.1)).clip_norm(1.0).on(Device::Cpu).unwrap();
    let error = trainer.step(&xs, &classes).unwrap_err();
    assert!(error.to_string().contains("the norm of the gradient is"), "{error}");
    assert_eq!((trainer.updates(), bits(trainer.model().unwrap())), (0, bits(&Small::init(7))));
}

#[test]
fn sessions_can_be_sent_to_other_threads() {
    fn sendable<T: Send>(_: &T) {}
    sendable(&sgd(0.1).on(Device::Cpu).unwrap());
    sendable(&crate::Predictor::new(Small::init(1), Device::Cpu, 1).unwrap());
}

#[test]
fn a_sample_that_is_not_finite_is_named_before_anything_is_learned() {
    let (mut xs, classes) = samples(130);
    xs[77][2] = f32::INFINITY;
    let data = Dataset::new(xs, classes).unwrap();
    let mut trainer = sgd(0.1).on(Device::Cpu).unwrap();
    let at = |error: Error| matches!(&error, Error::NotFinite { at, .. } if at == "number 2 of sample 77");
    assert!(at(trainer.epoch(&data).unwrap_err()));
    assert!(at(trainer.evaluate(&data, Accuracy).unwrap_err()));
    assert_eq!((trainer.updates(), bits(trainer.model().unwrap())), (0, bits(&Small::init(7))));

    let (xs, classes) = samples(3);
    let mut broken = Small::init(7);
    broken.parameters_mut().fc2.bias[1] = f32::NAN;
    let mut trainer = Trainer::new(broken, CrossEntropy, Sgd::new(0.1)).batch(2).on(Device::Cpu).unwrap();
    let error = trainer.evaluate(&Dataset::new(xs, classes).unwrap(), Accuracy).unwrap_err();
    assert!(error.to_string().contains("number 1 of the output for sample 0"), "{error}");
}
