//! Checkpoints of training: going on to the bit from anywhere, and everything that a file can have wrong.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Small, bits, samples};
use crate::book::optim::{Adam, Sgd};
use crate::loss::{CrossEntropy, Huber, Loss, Mse, Nll, SoftCrossEntropy};
use crate::metric::Direction;
use crate::schedule::{Cosine, Plateau, Step};
use crate::trainer::Progress;
use crate::{Dataset, Device, Error, Model, Problem, Trainer, TrainerBuilder};

fn adam() -> TrainerBuilder<Small, CrossEntropy, Adam> {
    Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2))
        .batch(16)
        .seed(5)
        .accumulate(3)
        .schedule_per_update(Cosine::new(20))
        .quiet()
}

fn sgd(learning_rate: f64) -> TrainerBuilder<Small, CrossEntropy, Sgd> {
    Trainer::new(Small::init(7), CrossEntropy, Sgd::new(learning_rate)).batch(16).quiet()
}

fn data(n: usize) -> Dataset<[f32; 4], u32> {
    let (xs, classes) = samples(n);
    Dataset::new(xs, classes).unwrap()
}

#[test]
fn steps_go_on_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps");
    let (xs, classes) = samples(16 * 8);
    let steps = || xs.chunks(16).zip(classes.chunks(16));
    let mut whole = adam().threads(1).on(Device::Cpu).unwrap();
    for (at, (x, t)) in steps().enumerate() {
        whole.save_checkpoint(&path).unwrap();
        let mut other = adam().threads(2).on(Device::Cpu).unwrap();
        // What it learned before does not matter.
        other.step(x, t).unwrap();
        other.load_checkpoint(&path).unwrap();
        assert_eq!(other.updates(), at as u64 / 3);
        let loss = whole.step(x, t).unwrap();
        assert_eq!(other.step(x, t).unwrap().to_bits(), loss.to_bits());
        let mut on = other;
        for (x, t) in steps().skip(at + 1) {
            on.step(x, t).unwrap();
        }
        let mut all = adam().on(Device::Cpu).unwrap();
        for (x, t) in steps() {
            all.step(x, t).unwrap();
        }
        assert_eq!(bits(&on.finish().unwrap()), bits(&all.finish().unwrap()), "from step {at}");
    }
}

#[test]
fn an_epoch_goes_on_from_each_of_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(100);
    let mut whole = adam().on(Device::Cpu).unwrap();
    whole.epoch(&data).unwrap();
    let mut saved = 0;
    let mut progress = Progress::new(false, 2, 1, data.len());
    let pause = Duration::from_millis(5);
    let epoch = whole
        .learn(&data, &mut progress, &mut |trainer| {
            saved += 1;
            std::thread::sleep(if saved == 1 { pause } else { Duration::ZERO });
            trainer.save_checkpoint(folder.path().join(saved.to_string()))
        })
        .unwrap();
    assert_eq!(saved, 7);
    for step in 1..=saved {
        let path = folder.path().join(step.to_string());
        let mut other = adam().on(Device::Cpu).unwrap();
        other.load_checkpoint(&path).unwrap();
        let error = other.epoch(&self::data(99)).unwrap_err();
        assert!(matches!(error, Error::Length { expected: 100, found: 99, .. }), "{error}");
        assert!(error.to_string().contains("`trainer.abandon_epoch()` drops it"), "{error}");
        let mut dropped = adam().on(Device::Cpu).unwrap();
        dropped.load_checkpoint(&path).unwrap();
        dropped.abandon_epoch();
        let anew = dropped.epoch(&self::data(99)).unwrap();
        assert_eq!((anew.number, anew.samples, dropped.epochs_made()), (2, 99, 2));
        let rest = other.epoch(&data).unwrap();
        assert!(rest.time >= pause, "the time before counts");
        assert_eq!(
            (rest.number, rest.loss.to_bits(), rest.samples, rest.updates, rest.learning_rate),
            (2, epoch.loss.to_bits(), 100, 3, epoch.learning_rate)
        );
        assert_eq!(bits(other.model().unwrap()), bits(whole.model().unwrap()), "from step {step}");
        assert_eq!(other.epoch(&data).unwrap().number, 3);
    }
}

#[test]
fn an_interrupted_epoch_is_begun_anew() {
    let data = data(100);
    let (mut cut, mut whole) = (sgd(0.1).on(Device::Cpu).unwrap(), sgd(0.1).on(Device::Cpu).unwrap());
    let mut progress = Progress::new(false, 1, 1, data.len());
    let stopped = cut.learn(&data, &mut progress, &mut |trainer| match trainer.updates() {
        3 => Err(Error::empty("the rest of the epoch")),
        _ => Ok(()),
    });
    assert!(stopped.is_err());
    let epoch = cut.epoch(&data).unwrap();
    assert_eq!((epoch.number, epoch.samples, cut.updates()), (1, 100, 3 + 7));
    assert_ne!(epoch.loss, whole.epoch(&data).unwrap().loss);
}

#[test]
fn numbers_that_were_set_on_the_way_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers");
    let data = data(64);
    let builder = || {
        sgd(0.1).group("fc1", |sgd| sgd.learning_rate = 0.03).reduce_on_plateau(Plateau::new().patience(0))
    };
    let mut first = builder().on(Device::Cpu).unwrap();
    first.optimizer_mut().learning_rate = 0.1 + 0.2;
    first.optimizers_mut()[1].momentum = 1.0 / 3.0;
    first.observe(1.0);
    first.observe(1.0);
    first.epoch(&data).unwrap();
    first.save_checkpoint(&path).unwrap();
    let mut second = builder().on(Device::Cpu).unwrap();
    second.load_checkpoint(&path).unwrap();
    assert_eq!(second.optimizer(), &Sgd::new(0.1 + 0.2));
    assert_eq!(second.optimizers_mut()[1], Sgd::new(0.03).momentum(1.0 / 3.0));
    assert_eq!(second.learning_rate(), first.learning_rate());
    assert_eq!((second.epochs_made(), second.updates()), (1, 4));
    for trainer in [&mut first, &mut second] {
        trainer.observe(1.0);
        trainer.epoch(&data).unwrap();
    }
    assert_eq!(bits(first.model().unwrap()), bits(second.model().unwrap()));
    // Nothing but the state decides the file.
    first.save_checkpoint(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    second.save_checkpoint(&path).unwrap();
    assert_eq!(bytes, fs::read(&path).unwrap());
}

#[test]
fn the_model_is_read_from_a_checkpoint_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut trainer = adam().on(Device::Cpu).unwrap();
    trainer.epoch(&data(64)).unwrap();
    trainer.save_checkpoint(&path).unwrap();
    assert_eq!(bits(&Small::load(&path).unwrap()), bits(trainer.model().unwrap()));
}

/// What is wrong with a file, after a check that the trainer is as before.
#[track_caller]
fn refused(builder: TrainerBuilder<Small, CrossEntropy, Adam>, path: &Path) -> (Vec<Problem>, String) {
    let mut trainer = builder.on(Device::Cpu).unwrap();
    let before = format!("{trainer:?}");
    let error = trainer.load_checkpoint(path).unwrap_err();
    assert_eq!(bits(trainer.model().unwrap()), bits(&Small::init(7)));
    assert_eq!(before, format!("{trainer:?}"));
    let text = error.to_string();
    match error {
        Error::Checkpoint { problems, .. } => (problems, text),
        other => panic!("{other}"),
    }
}

#[test]
fn everything_that_differs_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut trainer = adam().on(Device::Cpu).unwrap();
    trainer.epoch(&data(64)).unwrap();
    trainer.save_checkpoint(&path).unwrap();
    let other = adam()
        .batch(32)
        .seed(6)
        .accumulate(2)
        .clip_norm(1.0)
        .clip_value(0.5)
        .schedule_per_update(Cosine::new(21))
        .schedule_per_epoch(Step::new(3))
        .reduce_on_plateau(Plateau::new().mode(Direction::Lower))
        .group("fc1", |adam| adam.learning_rate = 1e-3);
    let (problems, text) = refused(other, &path);
    let names: Vec<_> = problems
        .iter()
        .map(|problem| match problem {
            Problem::Setting { name, .. } => *name,
            other => panic!("{other}"),
        })
        .collect();
    let all = [
        "group",
        "batch",
        "seed",
        "accumulate",
        "clip_norm",
        "clip_value",
        "schedule_per_update",
        "schedule_per_epoch",
        "reduce_on_plateau",
    ];
    assert_eq!(names, all);
    for part in [
        "`batch`: this trainer has 32, the file's had 16",
        "`clip_norm`: this trainer has 1, the file's had none",
        "t_max: 21",
        "`group`: this trainer has fc1.weight, fc1.bias: learning_rate 0.001, beta1 0.9",
        "\nhelp: make the trainer as the file's was",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    let mut other =
        sgd(0.1).seed(5).accumulate(3).schedule_per_update(Cosine::new(20)).on(Device::Cpu).unwrap();
    let text = other.load_checkpoint(&path).unwrap_err().to_string();
    assert!(text.contains("`optimizer`: this trainer has Sgd with learning_rate 0.1"), "{text}");
    assert!(text.contains("the file's had Adam with learning_rate 0.01"), "{text}");
}

/// Networks with the parameters of [`Small`], by name and shape.
mod alike {
    plywood::network! {
        pub struct Other: [4] -> [3] {
            fc1: Linear(8), Tanh, Dropout(0.25), blocks: repeat 3 { fc: Linear(8), Tanh }, fc2: Linear(3),
        }
    }
    plywood::network! {
        pub struct Rate: [4] -> [3] {
            fc1: Linear(8), Relu, Dropout(0.5), blocks: repeat 3 { fc: Linear(8), Tanh }, fc2: Linear(3),
        }
    }
}

/// What a trainer of a network and a loss finds in the file of another.
fn differs<M, L>(model: M, loss: L, path: &Path) -> Option<String>
where
    M: Model<Input = [f32; 4], Output = [f32; 3]>,
    L: Loss<[f32; 3]>,
{
    let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).quiet().on(Device::Cpu).unwrap();
    trainer.load_checkpoint(path).err().map(|error| error.to_string())
}

#[test]
fn another_network_with_the_same_parameters_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let trainer = Trainer::new(Small::init(7), CrossEntropy, Sgd::new(0.1)).quiet().on(Device::Cpu).unwrap();
    trainer.save_checkpoint(&path).unwrap();
    assert_eq!(differs(Small::init(7), CrossEntropy, &path), None);
    for text in [
        differs(alike::Other::init(7), CrossEntropy, &path),
        differs(alike::Rate::init(7), CrossEntropy, &path),
    ] {
        let text = text.expect("it computes something else");
        assert!(
            text.contains("`network`: this trainer has") && text.contains("the file's had Small"),
            "{text}"
        );
    }
    // by more than its name
    let text = differs(alike::Rate::init(7), CrossEntropy, &path).unwrap();
    let graphs: Vec<_> = text.split("of graph ").skip(1).map(|rest| &rest[..16]).collect();
    assert!(graphs.len() == 2 && graphs[0] != graphs[1], "{text}");
}

#[test]
fn another_loss_is_told_by_each_of_its_options() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    /// That a file of one loss is refused for the other.
    fn check<A: Loss<[f32; 3]>, B: Loss<[f32; 3]>>(path: &Path, a: A, b: B, part: &str) {
        let trainer = Trainer::new(Small::init(7), a, Sgd::new(0.1)).quiet().on(Device::Cpu).unwrap();
        trainer.save_checkpoint(path).unwrap();
        let text = differs(Small::init(7), b, path).expect("another loss");
        assert!(text.contains("`loss`: this trainer has") && text.contains(part), "{text}");
    }
    let smooth = |smoothing| CrossEntropy.label_smoothing(smoothing);
    check(&path, smooth(0.1), smooth(0.9), "label_smoothing: 0.9");
    check(
        &path,
        CrossEntropy.class_weights([1.0, 2.0, 3.0]),
        CrossEntropy.class_weights([1.0, 2.0, 4.0]),
        "4.0]",
    );
    check(&path, Nll::mean().class_weights([1.0, 2.0, 3.0]), Nll::mean(), "Nll");
    check(&path, SoftCrossEntropy::mean(), SoftCrossEntropy::mean().label_smoothing(0.5), "0.5");
    check(&path, Huber::mean().delta(1.0), Huber::mean().delta(2.0), "2.0");
    check(&path, Mse::mean(), Mse::sum(), "Sum");
    check(&path, CrossEntropy, CrossEntropy::sum(), "CrossEntropyWith");
}

#[test]
fn spoiled_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut trainer = adam().on(Device::Cpu).unwrap();
    let (xs, classes) = samples(16);
    trainer.step(&xs, &classes).unwrap();
    trainer.save_checkpoint(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let spoil = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let text = whole.windows(from.len()).position(|part| part == from.as_bytes());
        let at = text.unwrap_or_else(|| panic!("`{from}` is not in the file"));
        let mut bytes = whole.clone();
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, bytes).unwrap();
        refused(adam(), &path).1
    };
    for (from, to, told) in [
        ("updates = 0", "updates = x", "damaged at `updates`"),
        ("passes = 1", "pasess = 1", "damaged at `passes`"),
        ("version = 3", "version = 9", "of version 9, this program reads 3"),
        ("optimizer.0.states = 2", "optimizer.0.states = 1", "damaged at `optimizer.0.states`"),
        ("optimizer.0.states = 2", "optimizer.0.states = 4", "damaged at `optimizer.0.states`"),
        ("optimizer.0.state.1", "optimizer.0.stale.1", "damaged at `optimizer.0.state.1`"),
        ("optimizer.0.eps", "optimizer.0.epz", "damaged at `optimizer.0.eps`"),
        ("pending.batches = 1", "pending.batches = 0", "damaged at `pending.batches`"),
        ("plywood.trainer", "plywood.trained", "no state of training: parameters alone are read by `load`"),
        ("trainer/state.1/fc2.bias", "trainer/state.1/fc2.bIas", "`trainer/state.1/fc2.bias` [3] is missing"),
        (
            "trainer/gradient/fc1.bias",
            "trainer/gradient/fc1.bIas",
            "`trainer/gradient/fc1.bias` [8] is missing",
        ),
        ("\"fc1.bias\"", "\"fc7.bias\"", "`fc7.bias` [8] is not in the model"),
    ] {
        let text = spoil(from, to);
        assert!(text.contains(told), "`{told}` is not in {text}");
    }
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(refused(adam(), &path).1.contains("cut off"));
    let mut trainer = adam().on(Device::Cpu).unwrap();
    assert!(matches!(trainer.load_checkpoint(folder.path().join("absent")), Err(Error::Io { .. })));
    // and the file that was not spoiled is not
    fs::write(&path, &whole).unwrap();
    trainer.load_checkpoint(&path).unwrap();
}

#[test]
fn what_is_not_finite_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut model = Small::init(7);
    model.parameters_mut().fc2.bias[1] = f32::INFINITY;
    let trainer = Trainer::new(model, CrossEntropy, Sgd::new(0.1)).on(Device::Cpu).unwrap();
    let error = trainer.save_checkpoint(&path).unwrap_err();
    assert!(error.to_string().starts_with("saving a checkpoint: `fc2.bias[1]` is not"), "{error}");
    assert!(!path.exists());
}
