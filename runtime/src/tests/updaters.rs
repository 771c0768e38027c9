//! Optimizers in loops of one's own.

use plywood_kernels::cpu::Cpu;

use super::{Small, bits, samples};
use crate::book::optim::{Adam, RmsProp, Sgd};
use crate::loss::CrossEntropy;
use crate::optimizer::Optimizer;
use crate::{Device, Error, Model, Trainer, Updater};

/// That an updater which is given a trainer's gradients comes to the trainer's parameters.
fn agrees<O: Optimizer>(optimizer: O, change: fn(&mut O)) {
    let (xs, classes) = samples(16);
    let trainer = Trainer::new(Small::init(7), CrossEntropy, optimizer.clone()).batch(16).keep_gradient();
    let mut trainer = trainer.quiet().on(Device::Cpu).unwrap();
    let (cpu, mut model) = (Cpu::new(2), Small::init(7));
    let mut updater = Updater::new(optimizer, Small::TRAINABLE).unwrap();
    for step in 0..10 {
        if step == 5 {
            change(trainer.optimizer_mut());
            change(updater.optimizer_mut());
        }
        trainer.step(&xs, &classes).unwrap();
        // parameters in declared order are a block in its order, where none is frozen
        let gradient: Vec<f32> = trainer.named_gradient().unwrap().flat_map(|g| g.values.to_vec()).collect();
        updater.update(&cpu, model.block_mut(), &gradient).unwrap();
        assert_eq!(bits(&model), bits(trainer.model().unwrap()), "step {step}");
    }
    assert_eq!(updater.updates(), 10);
}

#[test]
fn an_updater_does_what_a_trainer_does() {
    agrees(Sgd::new(0.1), |sgd| sgd.momentum = 0.9);
    agrees(Adam::new(1e-2), |adam| adam.learning_rate = 1e-3);
    agrees(RmsProp::new(1e-2).momentum(0.5), |rms| rms.momentum = 0.0);
}

#[test]
fn wrong_lengths_and_numbers_are_errors_and_change_nothing() {
    assert!(matches!(Updater::new(Sgd::new(f64::NAN), 3), Err(Error::Setting { name: "learning_rate", .. })));
    let (cpu, mut parameters) = (Cpu::new(1), [1.0f32, 2.0, 3.0]);
    let mut updater = Updater::new(Sgd::new(0.5), 3).unwrap();
    let error = updater.update(&cpu, &mut parameters, &[1.0; 2]).unwrap_err().to_string();
    assert!(error.starts_with("expected 3 numbers in their gradient, found 2\nhelp: "), "{error}");
    let error = updater.update(&cpu, &mut parameters[..2], &[1.0; 3]).unwrap_err().to_string();
    assert!(error.starts_with("expected 3 parameters to update, found 2\nhelp: "), "{error}");
    updater.optimizer_mut().momentum = -1.0;
    assert!(matches!(updater.update(&cpu, &mut parameters, &[1.0; 3]), Err(Error::Setting { .. })));
    assert_eq!((updater.updates(), parameters), (0, [1.0, 2.0, 3.0]));
    updater.optimizer_mut().momentum = 0.0;
    updater.update(&cpu, &mut parameters, &[2.0; 3]).unwrap();
    assert_eq!(parameters, [0.0, 1.0, 2.0]);
    assert!(format!("{updater:?}").contains("parameters: 3, updates: 1"), "{updater:?}");
}
