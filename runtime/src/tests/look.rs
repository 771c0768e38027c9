//! A trainer looked at from outside: its model changed, its outputs, its gradient.

use super::centred::Centred;
use super::{Small, allocations, bits, samples};
use crate::book::losses::Mse;
use crate::book::optim::{Adam, Sgd};
use crate::loss::CrossEntropy;
use crate::{Dataset, Device, Error, Model, Network, Predictor, Trainer, TrainerBuilder};

fn builder() -> TrainerBuilder<Small, CrossEntropy, Sgd> {
    Trainer::new(Small::init(7), CrossEntropy, Sgd::new(0.1)).batch(16).quiet()
}

fn on<M: Model, L: crate::loss::Loss<M::Output>, O: crate::optimizer::Optimizer>(
    builder: TrainerBuilder<M, L, O>,
) -> Trainer<M, L, O> {
    builder.on(Device::Cpu).unwrap()
}

#[test]
fn predictions_are_the_models_for_any_number_of_samples() {
    let (xs, classes) = samples(40);
    let mut trainer = on(builder());
    for steps in 0..2 {
        let predictor = Predictor::new(trainer.model().unwrap().clone(), Device::Cpu, 16).unwrap();
        for n in [0, 1, 16, 17, 40] {
            let found = trainer.predict(&xs[..n]).unwrap();
            assert_eq!(found, predictor.predict(&xs[..n]).unwrap(), "{n} after {steps} steps");
        }
        trainer.step(&xs[..16], &classes[..16]).unwrap();
    }
}

#[test]
fn a_model_that_was_changed_is_prepared_anew() {
    let trainer = Trainer::new(Centred::init(1), Mse::mean(), Sgd::new(0.5)).batch(2).accumulate(2).quiet();
    let mut trainer = on(trainer);
    assert_eq!(trainer.predict(&[1.0, 2.0, 3.0]).unwrap(), [0.75, 1.75, 2.75]);
    trainer.model_mut().unwrap().block_mut()[0] = 2.0;
    assert_eq!(trainer.predict(&[1.0, 2.0, 3.0]).unwrap(), [1.5, 3.5, 5.5]);
    // another model may take its place
    let mut other = Centred::init(1);
    other.blocks_mut().state[0] = 0.0;
    *trainer.model_mut().unwrap() = other;
    assert_eq!(trainer.predict(&[1.0]).unwrap(), [1.0]);
    // batches that wait are applied before
    trainer.step(&[1.0, 3.0], &[-1.0, 1.0]).unwrap();
    assert_eq!((trainer.updates(), trainer.model().unwrap().blocks().state[0]), (0, 0.0));
    assert_eq!(trainer.model_mut().unwrap().blocks().state[0], 1.0);
    assert_eq!(trainer.updates(), 1);
}

#[test]
fn equal_models_are_equal() {
    let (one, mut other) = (Small::init(1), Small::init(1));
    assert_eq!(one, other);
    assert_ne!(one, Small::init(2));
    other.parameters_mut().fc2.bias[2] += 1.0;
    assert_ne!(one, other);
    let nan = {
        other.parameters_mut().fc2.bias[2] = f32::NAN;
        other
    };
    assert_ne!(nan, nan.clone());
}

/// The same with what was not kept: `w` minus the new `w`, over the rate.
fn by_difference(before: &Small, after: &Small) -> Vec<f32> {
    before.block().iter().zip(after.block().iter()).map(|(before, after)| (before - after) / 0.1).collect()
}

/// Beside the largest: differences of parameters lose a little of each number.
fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().fold(0.0f32, |largest, a| largest.max(a.abs()));
    let apart = a.iter().zip(b).fold(0.0f32, |apart, (a, b)| apart.max((a - b).abs()));
    assert!(apart <= 1e-5 * largest, "{apart} beside {largest}: {a:?} {b:?}");
}

#[test]
fn the_gradient_is_what_the_update_followed() {
    let (xs, classes) = samples(48);
    for clip in [None, Some(0.1)] {
        for steps in [1, 3] {
            let builder = builder().accumulate(steps).keep_gradient();
            let builder = if let Some(max) = clip { builder.clip_norm(max) } else { builder };
            let mut trainer = on(builder);
            let before = trainer.model().unwrap().clone();
            for i in 0..steps {
                assert!(matches!(trainer.gradient(), Err(Error::Empty { .. })), "none yet");
                trainer.step(&xs[16 * i..16 * (i + 1)], &classes[16 * i..16 * (i + 1)]).unwrap();
            }
            let expected = by_difference(&before, trainer.model().unwrap());
            let found = trainer.named_gradient().unwrap().flat_map(|g| g.values.to_vec()).collect::<Vec<_>>();
            close(&found, &expected);
            let names: Vec<_> = trainer.named_gradient().unwrap().map(|g| (g.name, g.shape)).collect();
            let model = trainer.model().unwrap();
            assert_eq!(names, model.named_parameters().map(|p| (p.name, p.shape)).collect::<Vec<_>>());
            // by its fields
            assert_eq!(trainer.gradient().unwrap().fc2.bias[..], found[found.len() - 3..]);
            let norm = found.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            assert!(norm > 0.01 && clip.is_none_or(|max| norm < max + 1e-6), "{norm}");
        }
    }
}

#[test]
fn keeping_the_gradient_changes_nothing_else() {
    let (xs, classes) = samples(16);
    let learned = |builder: TrainerBuilder<Small, CrossEntropy, Sgd>| {
        let mut trainer = on(builder);
        trainer.step(&xs, &classes).unwrap();
        let count = allocations(|| (0..20).for_each(|_| drop(trainer.step(&xs, &classes))));
        assert_eq!(count, 0);
        trainer.finish().unwrap()
    };
    close(learned(builder().keep_gradient()).block(), learned(builder()).block());
    let clipped = || builder().clip_value(0.01);
    assert_eq!(bits(&learned(clipped().keep_gradient())), bits(&learned(clipped())));
}

#[test]
fn where_there_is_no_gradient_it_is_said() {
    let (xs, classes) = samples(32);
    let mut trainer = on(builder().clip_norm(1.0));
    trainer.step(&xs[..16], &classes[..16]).unwrap();
    let error = trainer.gradient().err().unwrap().to_string();
    assert_eq!(
        error,
        "`keep_gradient` is not said: an update takes each gradient as it is made, and none is stored\nhelp: it can be said \
         where the trainer is made, `.keep_gradient()`"
    );
    let mut trainer = on(builder().accumulate(2).keep_gradient());
    let error =
        |trainer: &Trainer<Small, CrossEntropy, Sgd>| trainer.named_gradient().err().unwrap().to_string();
    assert!(error(&trainer).contains("make a step first"), "{}", error(&trainer));
    trainer.step(&xs[..16], &classes[..16]).unwrap();
    assert!(
        error(&trainer)
            .contains("the next update waits for 2 batches, of which 1 came; `flush()` makes it now")
    );
    trainer.flush().unwrap();
    assert!(trainer.gradient().is_ok());
    // a batch that is refused before its pass leaves it, one that is not takes its place
    assert!(trainer.step(&xs[..2], &classes[..1]).is_err());
    assert!(trainer.gradient().is_ok());
    trainer.step(&xs[..16], &classes[..16]).unwrap();
    assert!(trainer.gradient().is_err());
    trainer.flush().unwrap();
    let folder = tempfile::tempdir().unwrap();
    trainer.save_checkpoint(folder.path().join("trainer")).unwrap();
    trainer.load_checkpoint(folder.path().join("trainer")).unwrap();
    assert!(error(&trainer).contains("no checkpoint has it"));
}

#[test]
fn a_data_set_is_looked_at_again_where_its_samples_may_have_changed() {
    let (xs, classes) = samples(32);
    let mut data = Dataset::new(xs, classes).unwrap();
    let mut trainer =
        Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-3)).quiet().on(Device::Cpu).unwrap();
    trainer.epoch(&data).unwrap();
    data.samples_mut()[5][2] = f32::NAN;
    for data in [&data, &data.clone()] {
        let error = trainer.epoch(data).unwrap_err().to_string();
        assert!(error.contains("number 2 of sample 5"), "{error}");
        let error = trainer.evaluate(data, CrossEntropy).unwrap_err().to_string();
        assert!(error.contains("number 2 of sample 5"), "{error}");
    }
    data.samples_mut()[5][2] = 0.0;
    trainer.epoch(&data).unwrap();
    assert_eq!(trainer.epochs_made(), 2);
}

#[test]
fn a_parameter_shows_its_first_numbers() {
    plywood::network! { struct Wide: [1000] -> [2] { fc: Linear(2) } }
    let mut wide = Wide::init(1);
    wide.block_mut().fill(0.25);
    let numbers = "[0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, …";
    let shown: Vec<String> = wide.named_parameters().map(|parameter| format!("{parameter:?}")).collect();
    let weight = "{ name: \"fc.weight\", shape: [2, 1000], values:";
    assert_eq!(shown[0], format!("Parameter {weight} {numbers}, frozen: false }}"));
    assert!(shown[1].ends_with("shape: [2], values: [0.25, 0.25], frozen: false }"), "{}", shown[1]);
    let shown = format!("{:?}", wide.named_parameters_mut().next().unwrap());
    assert_eq!(shown, format!("ParameterMut {weight} {numbers}, frozen: false }}"));
    assert_eq!(
        format!("{:?}", wide.parameters().fc),
        format!("Linear {{ weight: [{numbers}, bias: [0.25, 0.25] }}")
    );
}
