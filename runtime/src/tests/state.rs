//! State beside the parameters: when a step takes it over, what predicts with it, which files it is in.

use super::centred::Centred;
use crate::book::{losses::Mse, optim::Sgd};
use crate::network::parameters::state_places;
use crate::{Dataset, Device, Error, Model, Network, Predictor, Problem, Trainer, TrainerBuilder};

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
    let predictor = Predictor::new(Centred::init(1), Device::Cpu, 2).unwrap();
    assert_eq!(predictor.predict(&[1.0, 2.0, 3.0]).unwrap(), [0.75, 1.75, 2.75]);
    assert_eq!(Centred::init(1).predict(&[1.0, 2.0]).unwrap(), [0.75, 1.75]);
}

/// Adds up the gradients of three steps, or drops them if they are not finite.
fn accumulating() -> Trainer<Centred, Mse, Sgd> {
    let trainer = Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(0.5)).batch(4).accumulate(3);
    trainer.clip_norm(1.0).quiet().on(Device::Cpu).unwrap()
}

/// A batch whose loss is finite and whose gradient is not.
fn overflow(trainer: &mut Trainer<Centred, Mse, Sgd>) {
    let error = trainer.step(&[1e25, -1e25], &[1.0000005e25, -1.0000005e25]).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
}

/// What batches of these means make of a running mean.
fn running(mean: f32, batches: &[f32]) -> f32 {
    batches.iter().fold(mean, |running, mean| 0.5 * running + 0.5 * mean)
}

#[test]
fn batches_of_a_group_read_the_state_of_the_one_before_and_the_model_has_that_of_the_last() {
    let mut trainer = accumulating();
    let data = Dataset::new(vec![1.0f32, 3.0], vec![0.0f32, 0.0]).unwrap();
    let before = trainer.evaluate(&data, Mse::mean()).unwrap();
    for mean in [2.0, 5.0] {
        trainer.step(&[mean - 1.0, mean + 1.0], &[-1.0, 1.0]).unwrap();
        assert_eq!((trainer.updates(), numbers(trainer.model().unwrap())), (0, (1.0, 0.25)));
        assert_eq!(trainer.evaluate(&data, Mse::mean()).unwrap(), before);
    }
    trainer.step(&[-1.0, 1.0], &[-1.0, 1.0]).unwrap();
    let after = running(0.25, &[2.0, 5.0, 0.0]);
    assert_eq!((trainer.updates(), numbers(trainer.model().unwrap())), (1, (1.0, after)));
    assert_ne!(trainer.evaluate(&data, Mse::mean()).unwrap(), before);
    // a group that is cut short counts as well
    trainer.step(&[6.0, 8.0], &[-1.0, 1.0]).unwrap();
    trainer.flush().unwrap();
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, running(after, &[7.0])));
}

#[test]
fn a_group_that_is_refused_leaves_the_state_from_before_its_first_batch() {
    let mut trainer = accumulating();
    trainer.step(&[1.0, 3.0], &[-1.0, 1.0]).unwrap();
    trainer.step(&[4.0, 6.0], &[-1.0, 1.0]).unwrap();
    overflow(&mut trainer);
    assert_eq!((trainer.updates(), numbers(trainer.model().unwrap())), (0, (1.0, 0.25)));
    // the next group begins from there
    for _ in 0..2 {
        trainer.step(&[7.0, 9.0], &[-1.0, 1.0]).unwrap();
    }
    // a batch that is refused itself leaves what those before it made
    assert!(trainer.step(&[1e30, -1e30], &[0.0, 0.0]).is_err());
    trainer.step(&[7.0, 9.0], &[-1.0, 1.0]).unwrap();
    assert_eq!(numbers(trainer.model().unwrap()), (1.0, running(0.25, &[8.0; 3])));
}

#[test]
fn a_step_that_clipping_refuses_leaves_the_state() {
    for clip in
        [|t: TrainerBuilder<_, _, _>| t.clip_norm(1.0), |t: TrainerBuilder<_, _, _>| t.clip_value(1.0)]
    {
        let trainer = clip(Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(0.5)));
        let mut trainer = trainer.batch(4).quiet().on(Device::Cpu).unwrap();
        trainer.step(&[1.0, 3.0], &[-1.0, 1.0]).unwrap();
        let before = numbers(trainer.model().unwrap());
        assert_eq!(before, (1.0, 1.125));
        overflow(&mut trainer);
        assert_eq!(numbers(trainer.model().unwrap()), before);
    }
}

#[test]
fn batches_that_a_fit_discards_leave_the_state() {
    // Two batches of equal samples, whose loss is finite whatever the weight, and one of others, whose loss is not
    // at the weight that the first epoch comes to: in some orders batches wait for it.
    let data = Dataset::new(vec![1.0f32, 1.0, 1.0, 1.0, 1.0, 3.0], vec![0.0; 6]).unwrap();
    let mut waited = 0;
    for seed in 0..20 {
        let trainer = Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(1e30)).batch(2).accumulate(4);
        let mut trainer = trainer.seed(seed).quiet().on(Device::Cpu).unwrap();
        let mut best = (0.0, 0.0);
        let fit = trainer.fit(&data).epochs(2).restore_best(true);
        let error = fit.on_epoch(|_, model| best = numbers(model)).run().unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
        waited += usize::from(trainer.passes > 3);
        assert_eq!(numbers(trainer.model().unwrap()), best);
        trainer.flush().unwrap();
        assert_eq!((trainer.updates(), numbers(trainer.model().unwrap())), (1, best));
    }
    assert!(waited > 0);
}

#[test]
fn a_checkpoint_in_the_middle_of_a_group_has_both_states() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trainer.safetensors");
    let batches = [[1.0, 3.0], [4.0, 8.0], [0.0, 1.0], [5.0, 6.0], [9.0, 2.0], [3.0, 3.5], [7.0, 1.0]];
    for cut in 0..batches.len() {
        let mut first = accumulating();
        for xs in &batches[..cut] {
            first.step(xs, &[0.5, 0.25]).unwrap();
        }
        first.save_checkpoint(&path).unwrap();
        // a model that is loaded from it has nothing of batches that wait
        assert_eq!(numbers(&Centred::load(&path).unwrap()), numbers(first.model().unwrap()));
        let mut second = accumulating();
        second.step(&[100.0, 101.0], &[0.0, 0.0]).unwrap();
        second.load_checkpoint(&path).unwrap();
        for xs in &batches[cut..] {
            let loss = first.step(xs, &[0.5, 0.25]).unwrap();
            assert_eq!(second.step(xs, &[0.5, 0.25]).unwrap().to_bits(), loss.to_bits());
            assert_eq!(numbers(second.model().unwrap()), numbers(first.model().unwrap()), "{cut}");
        }
        assert_eq!(numbers(&second.finish().unwrap()), numbers(&first.finish().unwrap()), "{cut}");
    }
    // and refused after it was resumed, it leaves the state from before its first batch
    let mut first = accumulating();
    for xs in &batches[..2] {
        first.step(xs, &[0.5, 0.25]).unwrap();
    }
    first.save_checkpoint(&path).unwrap();
    let mut second = accumulating();
    second.load_checkpoint(&path).unwrap();
    overflow(&mut second);
    assert_eq!(numbers(second.model().unwrap()), (1.0, 0.25));
    // a file without the state that waits is damaged
    let bytes = std::fs::read(&path).unwrap();
    let text = b"trainer/waiting/norm.running_mean";
    let at = bytes.windows(text.len()).position(|part| part == text).unwrap();
    let mut spoiled = bytes.clone();
    spoiled[at + text.len() - 1] = b'x';
    std::fs::write(&path, spoiled).unwrap();
    let error = accumulating().load_checkpoint(&path).unwrap_err().to_string();
    assert!(error.contains("`trainer/waiting/norm.running_mean` [1] is missing"), "{error}");
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
            sparse: false,
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
