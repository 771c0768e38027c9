//! Groups of parameters, and limits of gradients.

use super::{Small, allocations, bits, samples};
use crate::book::optim::{Adam, Sgd};
use crate::hyperparameters::Hyperparameters;
use crate::loss::CrossEntropy;
use crate::optimizer::{Optimizer, Update};
use crate::schedule::{Exponential, Schedule};
use crate::{Device, Error, Model, Result, Trainer, TrainerBuilder};

plywood_kernels::update! {
    /// Gradient descent with weight decay.
    DecayStep { rate: f64, decay: f64 } (g; w) = [w - rate * (g + decay * w)]
}

#[derive(Clone, Debug)]
struct Decay {
    learning_rate: f64,
    weight_decay: f64,
}

impl Hyperparameters for Decay {
    fn hyperparameters(&self) -> Vec<(&'static str, f64)> {
        vec![("learning_rate", self.learning_rate), ("weight_decay", self.weight_decay)]
    }
    fn set_hyperparameter(&mut self, name: &str, value: f64) -> Result<()> {
        match name {
            "learning_rate" => self.learning_rate = value,
            _ => self.weight_decay = value,
        }
        Ok(())
    }
}

impl Optimizer for Decay {
    fn states(&self) -> &'static [&'static str] {
        &[]
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }
    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }
    fn set_weight_decay(&mut self, weight_decay: f64) {
        self.weight_decay = weight_decay;
    }
    fn check(&self) -> Result<()> {
        let found = self.weight_decay.to_string();
        if self.weight_decay >= 0.0 {
            return Ok(());
        }
        Err(Error::Setting { name: "weight_decay", expected: "0 or any number above", found })
    }
    fn rule(&self, _: u64, with: &mut dyn FnMut(&dyn Update<f32>)) {
        with(&DecayStep { rate: self.learning_rate, decay: self.weight_decay });
    }
}

fn with<O: Optimizer>(optimizer: O) -> TrainerBuilder<Small, CrossEntropy, O> {
    Trainer::new(Small::init(7), CrossEntropy, optimizer).batch(32).seed(3).threads(1).quiet()
}

/// The model after some steps.
fn trained<O: Optimizer>(builder: TrainerBuilder<Small, CrossEntropy, O>, steps: usize) -> Small {
    let (xs, classes) = samples(32 * steps);
    let mut trainer = builder.on(Device::Cpu).unwrap();
    for (xs, t) in xs.chunks(32).zip(classes.chunks(32)) {
        trainer.step(xs, t).unwrap();
    }
    trainer.finish().unwrap()
}

type Builder<O> = TrainerBuilder<Small, CrossEntropy, O>;

/// The ways to an update: fused, of several steps, of a gradient that is looked at.
fn ways<O: Optimizer>() -> [fn(Builder<O>) -> Builder<O>; 4] {
    [|b| b, |b| b.accumulate(2), |b| b.clip_norm(1e3), |b| b.clip_value(1e3)]
}

#[test]
fn first_updates_are_those_of_each_groups_own_rate() {
    for (way, steps) in ways().into_iter().zip([1, 2, 1, 1]) {
        let slow = |adam: &mut Adam| adam.learning_rate = 1e-4;
        let groups = with(Adam::new(1e-2)).group("fc1", slow).group("blocks.1.fc.bias", slow);
        let grouped = trained(way(groups), steps);
        let [fast, slow] = [1e-2, 1e-4].map(|rate| trained(way(with(Adam::new(rate))), steps));
        let mut compared = 0;
        for ((one, fast), slow) in
            grouped.named_parameters().zip(fast.named_parameters()).zip(slow.named_parameters())
        {
            let in_group = one.name.starts_with("fc1.") || one.name == "blocks.1.fc.bias";
            assert_eq!(one.values, if in_group { slow.values } else { fast.values }, "{}", one.name);
            assert_ne!(fast.values, slow.values);
            compared += usize::from(in_group);
        }
        assert_eq!(compared, 3);
    }
}

#[test]
fn groups_that_differ_in_nothing_change_nothing() {
    for way in ways() {
        let one = trained(way(with(Adam::new(1e-2))), 6);
        let apart =
            with(Adam::new(1e-2)).group("fc1", |_| {}).group_where(|_, shape| shape.len() == 2, |_| {});
        assert_eq!(bits(&one), bits(&trained(way(apart), 6)));
    }
}

#[test]
fn a_group_may_keep_less_state_than_another() {
    for way in ways() {
        let momentum = Sgd::new(0.1).momentum(0.9);
        let plain = |sgd: &mut Sgd| sgd.momentum = 0.0;
        let mixed = trained(way(with(momentum).group("fc1", plain)), 6);
        assert_ne!(bits(&mixed), bits(&trained(way(with(momentum)), 6)));
        assert_ne!(bits(&mixed), bits(&trained(way(with(Sgd::new(0.1))), 6)));
        // and the other way round
        let none = trained(way(with(Sgd::new(0.1)).group_where(|_, _| true, |sgd| sgd.momentum = 0.9)), 6);
        assert_eq!(bits(&none), bits(&trained(way(with(momentum)), 6)));
    }
}

#[test]
fn what_is_selected_twice_is_changed_twice() {
    let trainer = with(Adam::new(1.0))
        .group("blocks", |adam| adam.learning_rate /= 2.0)
        .group("blocks.1", |adam| adam.learning_rate /= 2.0)
        .group_where(|name, shape| name.ends_with("bias") && shape.len() == 1, |adam| adam.eps = 1e-6)
        .on(Device::Cpu)
        .unwrap();
    let groups = trainer.groups();
    let of = |name: &str| {
        let group = groups.iter().find(|group| group.parameters.iter().any(|p| p == name)).unwrap();
        (group.optimizer.learning_rate, group.optimizer.eps)
    };
    assert_eq!(of("fc1.weight"), (1.0, 1e-8));
    assert_eq!(of("fc1.bias"), (1.0, 1e-6));
    assert_eq!(of("blocks.0.fc.bias"), (0.5, 1e-6));
    assert_eq!(of("blocks.1.fc.weight"), (0.25, 1e-8));
    assert_eq!(of("blocks.1.fc.bias"), (0.25, 1e-6));
    let names: usize = groups.iter().map(|group| group.parameters.len()).sum();
    assert_eq!((groups.len(), names), (6, Small::init(1).named_parameters().count()));
}

#[test]
fn only_weights_decay_where_that_was_asked_for() {
    let decay = Decay { learning_rate: 0.1, weight_decay: 0.5 };
    let mut trainer = with(decay.clone()).decay_weights_only().on(Device::Cpu).unwrap();
    for group in trainer.groups() {
        let bias = group.parameters[0].ends_with("bias");
        assert_eq!(group.optimizer.weight_decay(), if bias { 0.0 } else { 0.5 });
        assert!(group.parameters.iter().all(|name| name.ends_with("bias") == bias));
    }
    let (xs, classes) = samples(32);
    trainer.step(&xs, &classes).unwrap();
    let found = trainer.finish().unwrap();
    // A network without such parameters has nothing to leave out.
    plywood::network! { struct Bare: [2] -> [1] { Linear(1, bias: false) } }
    let bare = Trainer::new(Bare::init(1), crate::loss::Mse::mean(), decay.clone())
        .decay_weights_only()
        .on(Device::Cpu)
        .unwrap();
    assert_eq!(bare.groups().len(), 1);
    let all = trained(with(decay), 1);
    let none = trained(with(Decay { learning_rate: 0.1, weight_decay: 0.0 }), 1);
    for ((found, all), none) in
        found.named_parameters().zip(all.named_parameters()).zip(none.named_parameters())
    {
        assert_eq!(
            found.values,
            if found.shape.len() == 1 { none.values } else { all.values },
            "{}",
            found.name
        );
        assert_ne!(all.values, none.values);
    }
}

#[test]
fn schedules_scale_every_group() {
    let (xs, classes) = samples(32);
    let builder = || {
        with(Sgd::new(0.1))
            .group("fc1", |sgd| sgd.learning_rate = 0.01)
            .schedule_per_update(Exponential::new(0.5))
    };
    let mut trainer = builder().on(Device::Cpu).unwrap();
    trainer.step(&xs, &classes).unwrap();
    assert_eq!(trainer.learning_rate(), 0.05);
    // The second step has half of each rate: what a trainer with half of each would do from there.
    let model = trainer.model().unwrap().clone();
    let mut again = Trainer::new(model, CrossEntropy, Sgd::new(0.05))
        .group("fc1", |sgd| sgd.learning_rate = 0.005)
        .batch(32);
    again = again.seed(3).threads(1).quiet();
    let mut again = again.on(Device::Cpu).unwrap();
    // Dropout draws by the number of the pass.
    again.passes = 1;
    trainer.step(&xs, &classes).unwrap();
    again.step(&xs, &classes).unwrap();
    assert_eq!(bits(trainer.model().unwrap()), bits(again.model().unwrap()));
    let rates: Vec<f64> = trainer.optimizers_mut().iter().map(|sgd| sgd.learning_rate).collect();
    assert_eq!(rates, [0.1, 0.01], "what was set stays");
}

#[test]
fn wrong_groups_are_told() {
    let refused =
        |builder: TrainerBuilder<Small, CrossEntropy, Sgd>| builder.on(Device::Cpu).unwrap_err().to_string();
    let text = refused(with(Sgd::new(0.1)).group("fc", |_| {}));
    let found = "`group` is \"fc\", which selects no parameter of `Small` that learns: there are ";
    assert!(text.contains(&format!("{found}`fc1`, `blocks`, `fc2`; did you mean `fc1`?")), "{text}");
    let text = refused(with(Sgd::new(0.1)).group("blocks.0.fc.wieght", |_| {}));
    assert!(text.contains("did you mean `blocks.0.fc.weight`?"), "{text}");
    let text = refused(with(Sgd::new(0.1)).group("encoder", |_| {}));
    assert!(!text.contains("did you mean"), "{text}");
    let text = refused(with(Sgd::new(0.1)).group_where(|_, _| false, |_| {}));
    assert!(text.contains("a condition, which selects no"), "{text}");
    let text = refused(with(Sgd::new(0.1)).group("fc1", |sgd| sgd.learning_rate = f64::NAN));
    assert!(text.contains("`learning_rate` is NaN"), "{text}");
    plywood::network! { struct Deep: [1] -> [1] { blocks: repeat 256 { Linear(1, bias: false) } } }
    let deep = |groups: usize| {
        let builder = Trainer::new(Deep::init(1), crate::loss::Mse::mean(), Sgd::new(0.1));
        (0..groups).fold(builder, |builder, i| {
            let prefix = format!("blocks.{i}.");
            builder.group_where(
                move |name, _| name.starts_with(&prefix),
                move |sgd| sgd.learning_rate = i as f64,
            )
        })
    };
    let mut trainer = deep(255).on(Device::Cpu).unwrap();
    trainer.step(&[[1.0]], &[[2.0]]).unwrap();
    let rates: Vec<f64> = trainer.groups().iter().map(|group| group.optimizer.learning_rate).collect();
    assert_eq!(rates[..3], [0.1, 0.0, 1.0]);
    assert_eq!((rates.len(), rates[255]), (256, 254.0));
    let text = deep(256).on(Device::Cpu).unwrap_err().to_string();
    assert!(text.contains("there are 257 groups"), "{text}");
    let error = with(Decay { learning_rate: 0.1, weight_decay: -1.0 }).on(Device::Cpu).unwrap_err();
    assert!(error.to_string().contains("`weight_decay` is -1"), "{error}");
}

#[test]
fn steps_of_groups_allocate_nothing() {
    let (xs, classes) = samples(32);
    for way in ways() {
        let builder = with(Adam::new(1e-3))
            .group("fc1", |adam| adam.learning_rate = 1e-4)
            .decay_weights_only()
            .schedule_per_update(Exponential::new(0.9))
            .schedule_per_epoch(Exponential::new(0.9).warmup(3));
        let mut trainer = way(builder).on(Device::Cpu).unwrap();
        let calls = allocations(|| {
            for n in [32, 32, 10, 1] {
                trainer.step(&xs[..n], &classes[..n]).unwrap();
            }
        });
        assert_eq!(calls, 0);
    }
}

/// What one step of descent with rate 1 takes away: the gradient.
fn gradient(builder: TrainerBuilder<Small, CrossEntropy, Sgd>) -> Vec<f64> {
    let model = trained(builder, 1);
    let before = Small::init(7);
    before.block().iter().zip(model.block().iter()).map(|(a, b)| f64::from(a - b)).collect()
}

#[test]
fn numbers_of_a_clipped_gradient_are_within_the_limit() {
    let free = gradient(with(Sgd::new(1.0)).clip_norm(1e6));
    let max = 0.01;
    assert!(free.iter().filter(|g| g.abs() > max).count() > 10);
    let clipped = gradient(with(Sgd::new(1.0)).clip_value(max));
    for (free, clipped) in free.iter().zip(&clipped) {
        assert!((free.clamp(-max, max) - clipped).abs() < 1e-6, "{free} {clipped}");
    }
    // With both: first the numbers, then the length of what is left.
    let both = gradient(with(Sgd::new(1.0)).clip_value(max).clip_norm(0.02));
    let norm = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>().sqrt();
    let shorter = 0.02 / norm(&clipped);
    assert!(shorter < 1.0);
    for (clipped, both) in clipped.iter().zip(&both) {
        assert!((clipped * shorter - both).abs() < 1e-6, "{clipped} {both}");
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = with(Sgd::new(1.0)).clip_value(wrong).on(Device::Cpu).unwrap_err();
        assert!(matches!(error, Error::Setting { name: "clip_value", .. }), "{error}");
    }
}
