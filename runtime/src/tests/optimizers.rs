//! Every optimizer of the book: what it is told by name, what it refuses, that it trains.

use plywood_kernels::optim::OPTIMIZERS;

use super::{Small, samples};
use crate::book::optim::*;
use crate::loss::CrossEntropy;
use crate::optimizer::{Optimizer, Visit, with};
use crate::{Device, Model, Trainer};

/// That the type is what its row says.
struct Names(usize);
impl Visit for Names {
    type Out = ();
    fn visit<O: Optimizer>(self, mut optimizer: O) {
        let row = OPTIMIZERS[self.0];
        let told = optimizer.hyperparameters();
        for (h, (name, value)) in row.hyperparameters.iter().zip(&told) {
            assert_eq!((*name, *value), (h.name, h.default.unwrap_or(0.0)), "{}", row.name);
            for wrong in [f64::NAN, -1.5, f64::INFINITY] {
                let error = optimizer.set_hyperparameter(name, wrong).unwrap_err().to_string();
                assert!(error.starts_with(&format!("`{name}` is {wrong}\nhelp: it can be ")), "{error}");
            }
            assert_eq!(optimizer.hyperparameters(), told, "what is refused changes nothing");
            optimizer.set_hyperparameter(name, 0.0).unwrap();
            assert!(optimizer.hyperparameters().contains(&(name, 0.0)));
            optimizer.set_hyperparameter(name, *value).unwrap();
        }
        assert_eq!(told.len(), row.hyperparameters.len());
        let error = optimizer.set_hyperparameter("speed", 1.0).unwrap_err().to_string();
        assert!(error.contains("`speed`") && error.contains("one of `learning_rate`, `"), "{error}");
        optimizer.set_weight_decay(0.25);
        assert_eq!(optimizer.weight_decay(), 0.25, "{}", row.name);
        assert!(optimizer.hyperparameters().contains(&("weight_decay", 0.25)));
        optimizer.set_weight_decay(-1.0);
        assert!(optimizer.check().unwrap_err().to_string().contains("`weight_decay` is -1"));
    }
}

#[test]
fn hyperparameters_are_known_by_name() {
    for (i, row) in OPTIMIZERS.iter().enumerate() {
        with(row.name, Names(i)).expect("every row has a type");
    }
    assert!(with("Nothing", Names(0)).is_none());
}

#[test]
fn what_means_nothing_is_refused_before_training() {
    fn refused<O: Optimizer>(optimizer: O) -> String {
        Trainer::new(Small::init(1), CrossEntropy, optimizer)
            .on(Device::Cpu)
            .expect_err("refused")
            .to_string()
    }
    let words = "help: it can be 0 or any number above, less than 1";
    assert_eq!(refused(Adam::new(1e-3).betas(1.0, 0.999)), format!("`beta1` is 1\n{words}"));
    assert_eq!(refused(Lion::new(1e-4).betas(0.9, -0.1)), format!("`beta2` is -0.1\n{words}"));
    assert_eq!(refused(Sgd::new(f64::NAN)), "`learning_rate` is NaN\nhelp: it can be 0 or any number above");
    assert!(refused(Sgd::new(0.1).momentum(-0.9)).contains("`momentum` is -0.9"));
    assert!(refused(AdamW::new(0.1).weight_decay(f64::INFINITY)).contains("`weight_decay` is inf"));
    let nesterov =
        "`nesterov` is true\nhelp: it can be false, or true with a `momentum` above 0 and a `dampening` of 0";
    assert_eq!(refused(Sgd::new(0.1).nesterov(true)), nesterov);
    assert_eq!(refused(Sgd::new(0.1).momentum(0.9).dampening(0.1).nesterov(true)), nesterov);
    Sgd::new(0.1).momentum(0.9).nesterov(true).check().unwrap();
}

/// That the loss falls with some learning rate, to the same bits whether gradients are used at once or kept.
struct Learns;
impl Visit for Learns {
    type Out = bool;
    fn visit<O: Optimizer>(self, mut optimizer: O) -> bool {
        let (xs, classes) = samples(60);
        let before = CrossEntropy.value(&Small::init(7).predict(&xs), &classes).unwrap();
        [0.01, 0.1, 1.0, 10.0].into_iter().any(|rate| {
            optimizer.set_learning_rate(rate);
            let [fused, kept] = [None, Some(1e30)].map(|clip| {
                let trainer = Trainer::new(Small::init(7), CrossEntropy, optimizer.clone()).batch(60);
                let trainer = if let Some(norm) = clip { trainer.clip_norm(norm) } else { trainer };
                let mut trainer = trainer.on(Device::Cpu).unwrap();
                for _ in 0..100 {
                    trainer.step(&xs, &classes).ok()?;
                }
                trainer.finish().ok()
            });
            let (Some(fused), Some(kept)) = (fused, kept) else { return false };
            assert_eq!(fused.block().to_vec(), kept.block().to_vec());
            CrossEntropy.value(&fused.predict(&xs), &classes).unwrap() < 0.8 * before
        })
    }
}

#[test]
fn every_optimizer_learns() {
    for row in OPTIMIZERS {
        assert_eq!(with(row.name, Learns), Some(true), "{}", row.name);
    }
}
