//! State beside the parameters: when a step takes it over, what predicts with it, which files it is in.

use super::centred::Centred;
use crate::book::{losses::Mse, optim::Sgd};
use crate::network::parameters::state_places;
use crate::{Dataset, Device, Error, Model, Network, Predictor, Problem, Trainer};

fn trainer(rate: f64) -> Trainer<Centred, Mse, Sgd> {
    Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(rate)).batch(4).quiet().on(Device::Cpu).unwrap()
}

/// Weight and running mean.
fn numbers(model: &Centred) -> (f32, f32) {
    (model.blocks().parameters[0], model.blocks().state[0])
}

#[test]
fn a_gradient_through_state_is_right() {
    Centred::init(1).gradient_check(3).unwrap();
}

#[test]
fn an_accepted_step_takes_over_the_state_and_predictions_see_it() {
    let mut trainer = trainer(0.5);
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, 0.25));
    let data = Dataset::new(vec![1.0f32, 3.0], vec![0.0f32, 0.0]).unwrap();
    // w (x - m): what is evaluated changes with the state, though nothing is learned from targets that are met
    let before = trainer.evaluate(&data, Mse::mean()).unwrap();
    assert_eq!(before, (0.75f64.powi(2) + 2.75f64.powi(2)) / 2.0);
    trainer.step(&[1.0, 3.0], &[-1.0, 1.0]).unwrap();
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, 0.5 * 0.25 + 0.5 * 2.0));
    let after = trainer.evaluate(&data, Mse::mean()).unwrap();
    assert_eq!(after, (0.125f64.powi(2) + 1.875f64.powi(2)) / 2.0);
    // parameters that change are prepared anew too
    trainer.step(&[1.0, 3.0], &[0.0, 0.0]).unwrap();
    let model = trainer.model().unwrap().clone();
    let (w, m) = numbers(&model);
    assert_eq!((w, m), (0.0, 1.5625));
    assert_eq!(trainer.evaluate(&data, Mse::mean()).unwrap(), 0.0);
    let mut predictor = Predictor::new(Centred::init(1), Device::Cpu, 2).unwrap();
    assert_eq!(predictor.predict(&[1.0, 2.0, 3.0]).unwrap(), [0.75, 1.75, 2.75]);
    assert_eq!(Centred::init(1).predict(&[1.0, 2.0]).unwrap(), [0.75, 1.75]);
}

#[test]
fn every_micro_batch_writes_the_state_and_a_dropped_gradient_does_not_undo_it() {
    let trainer = Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(0.5)).batch(4).accumulate(2);
    let mut trainer = trainer.clip_norm(1.0).quiet().on(Device::Cpu).unwrap();
    trainer.step(&[1.0, 3.0], &[0.0, 0.0]).unwrap();
    assert_eq!((trainer.updates(), numbers(trainer.model().unwrap())), (0, (1.0, 1.125)));
    // the loss is finite, and the gradient is not
    let error = trainer.step(&[1e25, -1e25], &[1.0000005e25, -1.0000005e25]).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    let (w, m) = numbers(trainer.model().unwrap());
    assert_eq!((w, m), (1.0, 0.5625));
}

#[test]
fn a_step_that_is_not_made_leaves_the_state() {
    let mut trainer = trainer(0.5);
    let error = trainer.step(&[1e30, -1e30], &[0.0, 0.0]).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, 0.25));
    assert!(trainer.step(&[1.0], &[0.0, 0.0]).is_err());
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, 0.25));
}

#[test]
fn files_have_the_state_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("centred.safetensors");
    let mut model = Centred::init(1);
    assert_eq!(model.named_parameters().map(|p| p.name).collect::<Vec<_>>(), ["norm.weight"]);
    model.blocks_mut().state[0] = 7.0;
    model.save(&path).unwrap();
    assert_eq!(numbers(&Centred::load(&path).unwrap()), (1.0, 7.0));
    // a file without it lacks something
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("norm.weight").unwrap();
    std::fs::write(&path, safetensors::serialize([("norm.weight", weight)], None).unwrap()).unwrap();
    match model.reload(&path).unwrap_err() {
        Error::Checkpoint { problems, .. } => {
            assert_eq!(problems, [Problem::Missing { name: "norm.running_mean".to_owned(), shape: vec![1] }]);
        }
        other => panic!("{other}"),
    }
    assert_eq!(model.reload_matching(&path).unwrap().len(), 1);
    assert_eq!(numbers(&model), (1.0, 7.0));
    // and what is not finite is not written
    model.blocks_mut().state[0] = f32::NAN;
    let error = model.save(&path).unwrap_err().to_string();
    assert!(error.contains("`norm.running_mean[0]`"), "{error}");
}

#[test]
fn checkpoints_and_the_best_epoch_have_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trainer.safetensors");
    let mut first = trainer(0.1);
    first.step(&[1.0, 3.0], &[0.0, 0.0]).unwrap();
    first.save_checkpoint(&path).unwrap();
    let mut second = trainer(0.1);
    second.load_checkpoint(&path).unwrap();
    assert_eq!(numbers(second.model().unwrap()), numbers(first.model().unwrap()));
    second.step(&[5.0, 3.0], &[0.0, 0.0]).unwrap();
    first.step(&[5.0, 3.0], &[0.0, 0.0]).unwrap();
    assert_eq!(numbers(second.model().unwrap()), numbers(first.model().unwrap()));

    // a rate so high that every epoch after the first is worse, while the state goes on
    let data = Dataset::new(vec![1.0f32, 3.0], vec![-1.0f32, 1.0]).unwrap();
    let mut trainer = trainer(1.0);
    let mut states = vec![];
    let fit = trainer.fit(&data).validate(&data, Mse::mean()).epochs(4).restore_best(true);
    let fit = fit.checkpoint(folder.path().join("fit.safetensors"));
    let history = fit.on_epoch(|_, model| states.push(numbers(model))).run().unwrap();
    let best = history.best.unwrap().epoch as usize;
    assert_eq!(numbers(trainer.model().unwrap()), states[best - 1]);
    assert!(states.windows(2).all(|pair| pair[0].1 != pair[1].1), "{states:?}");
}

#[test]
fn the_state_of_every_iteration_of_a_repeat_has_its_place() {
    use crate::__private as ply;
    const fn entry(name: &'static str, offset: usize, role: ply::Role) -> ply::Entry {
        ply::Entry::Parameter {
            name,
            shape: &[2],
            offset,
            init: ply::Init::Constant(0.0),
            role,
            decays: false,
        }
    }
    const INSIDE: &[ply::Entry] = &[
        entry("weight", 0, ply::Role::Trained),
        entry("fixed", 1, ply::Role::Frozen),
        entry("mean", 0, ply::Role::State),
        entry("variance", 2, ply::Role::State),
    ];
    const ENTRIES: &[ply::Entry] = &[ply::Entry::Repeat {
        name: "blocks",
        count: 2,
        trained: ply::Iterations { offset: 10, stride: 3 },
        frozen: ply::Iterations { offset: 20, stride: 5 },
        state: ply::Iterations { offset: 1, stride: 4 },
        entries: INSIDE,
    }];
    let places = crate::network::parameters::places_of(ENTRIES);
    let found: Vec<_> = places.iter().map(|place| (place.name.as_str(), place.at.clone())).collect();
    assert_eq!(
        found,
        [
            ("blocks.0.weight", 10..12),
            ("blocks.0.fixed", 21..23),
            ("blocks.0.mean", 1..3),
            ("blocks.0.variance", 3..5),
            ("blocks.1.weight", 13..15),
            ("blocks.1.fixed", 26..28),
            ("blocks.1.mean", 5..7),
            ("blocks.1.variance", 7..9),
        ]
    );
    assert_eq!(state_places::<Centred>().len(), 1);
}
