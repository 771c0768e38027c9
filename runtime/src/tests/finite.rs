//! Targets and results that are not finite: who says so, and where.

use super::{Small, samples};
use crate::book::{losses::*, optim::Sgd};
use crate::loss::{Cpu, Elementwise, Loss, Reduction};
use crate::metric::{Metric, R2, Rmse};
use crate::{Dataset, Device, Error, Result, Stopped, Trainer};

plywood_kernels::rule! {
    Value(y, t) = (y - t) * (y - t);
    Slope(y, t) = 2.0 * (y - t)
}

/// Samples with targets of three numbers; number 2 of the target of sample 21 is `odd`.
fn data(odd: f32) -> Dataset<[f32; 4], [f32; 3]> {
    let (xs, _) = samples(40);
    let mut targets: Vec<[f32; 3]> = (0..40).map(|i| [i as f32 / 40.0, 0.5, -0.25]).collect();
    targets[21][2] = odd;
    Dataset::new(xs, targets).unwrap()
}

fn trainer<L: Loss<[f32; 3]>>(loss: L) -> Trainer<Small, L, Sgd> {
    Trainer::new(Small::init(7), loss, Sgd::new(0.01)).batch(8).quiet().on(Device::Cpu).unwrap()
}

/// In an evaluation, an epoch and a step, by the index that the program knows.
fn names_the_target<L: Loss<[f32; 3], Target = [f32; 3]> + Clone>(loss: L) {
    for (odd, word) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let data = data(odd);
        let mut trainer = trainer(loss.clone());
        let expected = format!("the target of sample 21: number 2 is {word}; it can be any finite number");
        assert_eq!(trainer.evaluate(&data, loss.clone()).unwrap_err().to_string(), expected);
        assert_eq!(trainer.epoch(&data).unwrap_err().to_string(), expected);
        let error = trainer.step(&data.samples()[20..23], &data.targets()[20..23]).unwrap_err();
        assert!(matches!(&error, Error::Target { sample: 1, .. }), "{error}");
    }
}

#[test]
fn a_target_that_is_not_finite_is_named_wherever_it_is_met() {
    names_the_target(Mse::mean());
    names_the_target(Mae::sum());
    names_the_target(Huber::batch_mean());
    names_the_target(SmoothL1::mean());
    names_the_target(SmoothL1::mean().beta(0.0));
    names_the_target(LogCosh::mean());
    names_the_target(Elementwise::mean(Value, Slope));
    for odd in [f32::NAN, f32::INFINITY] {
        let data = data(odd);
        let mut trainer = trainer(Mse::mean());
        let expected = format!("the target of sample 21: number 2 is {odd}; it can be any finite number");
        assert_eq!(trainer.evaluate(&data, Rmse).unwrap_err().to_string(), expected);
        assert_eq!(trainer.evaluate(&data, R2).unwrap_err().to_string(), expected);
        let fit = trainer.fit(&data).validate(&data, Rmse).epochs(3).early_stopping(2);
        assert_eq!(fit.run().unwrap_err().to_string(), expected);
    }
    let error = Metric::<f32, f32>::measure(&R2, &[1.0, 2.0], &[1.0, f32::NAN]).unwrap_err();
    assert!(matches!(error, Error::Target { sample: 1, .. }), "{error}");
}

#[test]
fn what_diverges_with_finite_targets_is_not_their_fault() {
    let (good, bad) = (data(0.5), data(f32::NAN));
    let mut trainer = trainer(Mse::mean());
    let error = trainer.fit(&good).validate(&bad, Mse::mean()).epochs(9).early_stopping(2).run().unwrap_err();
    assert!(error.to_string().starts_with("the target of sample 21: number 2 is NaN"), "{error}");
    let mut d = [[0.0f32; 3]];
    let loss = Mse::mean().gradient(&Cpu::new(1), &mut d, &[[1e30f32, 0.0, 0.0]], &[[0.0; 3]], 1.0).unwrap();
    assert_eq!(loss, f64::INFINITY, "the trainer says where it comes from");
    let mut huge = Small::init(7);
    huge.parameters_mut().fc2.bias[0] = 1e30;
    let mut trainer = Trainer::new(huge, Mse::mean(), Sgd::new(0.01)).quiet().on(Device::Cpu).unwrap();
    let text = trainer.step(&[[1.0; 4]], &[[0.0; 3]]).unwrap_err().to_string();
    assert!(text.starts_with("training diverged") && text.contains("outputs are huge"), "{text}");
}

/// A loss of one's own that looks at nothing: the step does.
#[derive(Clone)]
struct Blind;
impl Loss<[f32; 3]> for Blind {
    type Target = [f32; 3];
    fn reduction(&self) -> Reduction {
        Reduction::Sum
    }
    fn gradient(&self, _: &Cpu, d: &mut [[f32; 3]], y: &[[f32; 3]], t: &[[f32; 3]], _: f64) -> Result<f64> {
        d.fill([0.0; 3]);
        self.value(y, t)
    }
    fn value(&self, y: &[[f32; 3]], t: &[[f32; 3]]) -> Result<f64> {
        Ok(y.iter().zip(t).map(|(y, t)| f64::from(y[2] - t[2])).sum())
    }
}

#[test]
fn what_a_loss_of_ones_own_is_given_is_told_from_what_training_came_to() {
    let (data, expected) = (data(f32::NAN), "the target of sample 21: number 2 is not finite\nhelp: repair");
    let mut trainer = trainer(Blind);
    let text = trainer.epoch(&data).unwrap_err().to_string();
    assert!(text.starts_with(expected), "{text}");
    let text = trainer.step(&data.samples()[20..23], &data.targets()[20..23]).unwrap_err().to_string();
    assert!(text.starts_with("the target of sample 1: number 2 is not finite\nhelp: repair"), "{text}");
    // what was saved is read by these
    trainer.model_mut().unwrap().parameters_mut().fc2.bias[0] = f32::NAN;
    let folder = tempfile::tempdir().unwrap();
    let error = trainer.save_checkpoint(folder.path().join("a")).unwrap_err().to_string();
    let evaluated = trainer.evaluate(&self::data(0.0), Mse::mean()).unwrap_err().to_string();
    for text in [error, evaluated] {
        assert!(text.contains("load`") && text.contains("`trainer.load_checkpoint(path)`"), "{text}");
    }
}

/// R² of one sample is no number, as in scikit-learn: a fit that waits for better ones says that there were none.
#[test]
fn results_that_are_no_numbers_are_told_at_the_end() {
    let good = data(0.5);
    let one = Dataset::new(vec![good.samples()[3]], vec![good.targets()[3]]).unwrap();
    let mut trainer = trainer(Mse::mean());
    let history = trainer
        .fit(&good)
        .validate(&one, R2)
        .validate(&one, Mse::mean())
        .epochs(9)
        .early_stopping(2)
        .run()
        .unwrap();
    assert_eq!((history.stopped.clone(), history.best.clone()), (Stopped::Early { patience: 2 }, None));
    let text = history.to_string();
    assert!(
        text.ends_with("\nno number: R2, in 2 of 2 validations\nended early: 2 in a row were no better"),
        "{text}"
    );
    let text = trainer.fit(&good).validate(&one, Mse::mean()).run().unwrap().to_string();
    assert!(text.starts_with("1 epoch in ") && !text.contains("no number"), "{text}");
}
