//! Several named inputs and outputs, from data sets to predictions.

use super::centred::Centred;
use super::policy::{Policy, PolicyInput, PolicyLoss, PolicyOutput};
use super::{allocations, bits};
use crate::book::losses::{Mae, Mse};
use crate::book::optim::{Adam, Sgd};
use crate::loss::{Cpu, CrossEntropy, Loss, LossFormula, Reduction, Weighted};
use crate::metric::{Accuracy, Metric, Rmse};
use crate::trainer::Progress;
use crate::{Dataset, Device, Each, Error, Model, Predictor, Result, Trainer, random, zeroed};

type Inputs = PolicyInput<[u32; 2], [f32; 2]>;
type Outputs = PolicyOutput<[f32; 3], [f32; 1]>;
type Targets = PolicyOutput<u32, [f32; 1]>;

/// The class follows from the first token, the value from the weights.
fn data(n: usize) -> Dataset<Inputs, Targets> {
    let tokens: Vec<[u32; 2]> = (0..n as u32).map(|i| [i * 7 % 4, i]).collect();
    let weights = random::uniform::<[f32; 2]>(n, -1.0..1.0, 3);
    let next: Vec<u32> = tokens.iter().map(|t| t[0] % 3).collect();
    let value: Vec<[f32; 1]> = weights.iter().map(|w| [2.0 * w[0] - w[1]]).collect();
    Dataset::new(PolicyInput { tokens, weights }, PolicyOutput { next, value }).unwrap()
}

fn loss() -> PolicyLoss<CrossEntropy, Weighted<Mse>> {
    PolicyLoss { next: CrossEntropy, value: Weighted(0.5, Mse::mean()) }
}

fn trainer() -> crate::TrainerBuilder<Policy, PolicyLoss<CrossEntropy, Weighted<Mse>>, Adam> {
    Trainer::new(Policy::init(1), loss(), Adam::new(0.05)).batch(8).quiet()
}

#[test]
fn the_gradient_of_two_outputs_is_right() {
    let report = Policy::init(1).gradient_check(3).unwrap();
    assert!(report.checked > 0 && report.worst < 1e-6, "{report}");
}

#[test]
fn a_network_with_two_inputs_and_two_outputs_learns_predicts_and_is_measured() {
    let (train, test) = data(120).split(0.8, 7);
    let mut trainer = trainer().on(Device::Cpu).unwrap();
    let before = trainer.evaluate(&test, loss()).unwrap();
    let history = trainer
        .fit(&train)
        .validate(&test, loss())
        .epochs(60)
        .on_epoch(|record, _| assert_eq!(record.validation.len(), 1))
        .run()
        .unwrap();
    assert_eq!((history.records.len(), trainer.updates()), (60, 60 * 12));
    let measured = trainer.evaluate(&test, PolicyOutput { next: Accuracy, value: Rmse }).unwrap();
    assert_eq!(measured.next, 1.0);
    assert!(measured.value < 0.01, "{measured:?}");
    let after = trainer.evaluate(&test, loss()).unwrap();
    assert!(after < 0.1 * before, "{before} {after}");
    // the loss is the sum of its parts, in their weights
    let parts = PolicyOutput { next: CrossEntropy, value: Mse::mean() };
    let parts = trainer.evaluate(&test, parts).unwrap();
    assert!((after - (parts.next + 0.5 * parts.value)).abs() < 1e-12);

    let model = trainer.finish().unwrap();
    let xs = test.samples();
    let ys = model.predict(xs).unwrap();
    let best = |y: &[f32; 3]| (0..3).max_by(|a, b| y[*a].total_cmp(&y[*b])).unwrap() as u32;
    assert_eq!(ys.next.iter().map(best).collect::<Vec<_>>(), test.targets().next);
    // in pieces, into memory of one's own, by arrays, slices and vectors
    let predictor = Predictor::new(model.clone(), Device::Cpu, 5).unwrap();
    let mut next = zeroed::<[f32; 3]>(test.len());
    let mut value = vec![[0.0]; test.len()];
    predictor.predict_into(xs, PolicyOutput { next: &mut next, value: &mut value }).unwrap();
    assert_eq!((next.into_vec(), value), (ys.next, ys.value));
    let one = predictor.predict(PolicyInput { weights: &[[1.0, 0.0]], tokens: &[[0, 0]] }).unwrap();
    assert!((one.value[0][0] - 2.0).abs() < 0.02 && one.next.len() == 1);
    let metrics = PolicyOutput { next: Accuracy, value: Mae::mean() };
    assert_eq!(predictor.evaluate(&test, metrics).unwrap().next, 1.0);
}

#[test]
fn batches_of_ports_that_disagree_are_errors_that_say_which() {
    let (tokens, weights) = ([[0, 0], [1, 1]], [[1.0, 0.0]]);
    let said = |error: Error| error.to_string();
    let lengths = "expected 2 samples in `weights`, found 1\nhelp: give every one of them as many samples";
    let xs = PolicyInput { tokens: &tokens[..], weights: &weights[..] };
    assert_eq!(said(Policy::init(1).predict(xs).unwrap_err()), lengths);
    let mut trainer = trainer().on(Device::Cpu).unwrap();
    let ts = PolicyOutput { next: &[0u32, 1][..], value: &[[0.0], [0.0]][..] };
    assert_eq!(said(trainer.step(xs, ts).unwrap_err()), lengths);
    let owned = PolicyInput { tokens: tokens.to_vec(), weights: weights.to_vec() };
    let targets = PolicyOutput { next: vec![0, 1], value: vec![[0.0], [0.0]] };
    assert_eq!(said(Dataset::<Inputs, Targets>::new(owned, targets).unwrap_err()), lengths);
    // a literal knows by its place that slices are wanted, a variable does not
    let xs = PolicyInput { tokens: &tokens[..], weights: &[[1.0, 0.0], [0.0, 1.0]][..] };
    let error = trainer.step(xs, PolicyOutput { next: &[0], value: &[[0.0], [0.0]] });
    let error = said(error.unwrap_err());
    assert!(error.starts_with("expected 1 sample in `value`, found 2"), "{error}");
    let error = trainer.step(xs, PolicyOutput { next: &[0, 3], value: &[[0.0], [0.0]] });
    let error = said(error.unwrap_err());
    assert!(error.starts_with("the target of sample 1: `next`: class 3 is not among"), "{error}");
    let odd = PolicyInput { tokens: &tokens[..], weights: &[[1.0, 0.0], [f32::NAN, 1.0]][..] };
    let error = trainer.step(odd, PolicyOutput { next: &[0, 1], value: &[[0.0], [0.0]] });
    let error = said(error.unwrap_err());
    assert!(error.starts_with("a step: number 0 of `weights` of sample 1 is not a finite number"), "{error}");
    let odd = PolicyInput { tokens: &tokens[..], weights: &[[1.0, 0.0], [0.5, 1.0]][..] };
    let error = trainer.step(odd, PolicyOutput { next: &[0, 1], value: &[[0.0], [f32::INFINITY]] });
    let error = said(error.unwrap_err());
    assert!(error.starts_with("the target of sample 1: `value`: number 0 is inf"), "{error}");
    assert_eq!(bits(trainer.model().unwrap()), bits(&Policy::init(1)), "nothing was learned");
    let mut data = data(20);
    data.samples_mut().weights[17][1] = f32::INFINITY;
    let error = said(trainer.epoch(&data).unwrap_err());
    assert!(error.contains("number 1 of `weights` of sample 17"), "{error}");
    let mut ys = [[0.0]; 2];
    let room = PolicyOutput { next: &mut [[0.0; 3]; 3][..2], value: &mut ys[..1] };
    let error = Predictor::new(Policy::init(1), Device::Cpu, 4).unwrap().predict_into(xs, room).unwrap_err();
    assert!(said(error).contains("`value`"));
}

#[test]
fn steps_of_several_ports_allocate_nothing_and_bits_are_those_of_a_loop() {
    let data = data(8);
    let mut stepped = trainer().on(Device::Cpu).unwrap();
    let step = |trainer: &mut Trainer<_, _, _>| trainer.step(data.samples(), data.targets()).unwrap();
    step(&mut stepped);
    let count = allocations(|| {
        step(&mut stepped);
    });
    assert_eq!(count, 0);
    // accumulated halves are the whole
    let mut halves = trainer().accumulate(2).on(Device::Cpu).unwrap();
    let mut whole = trainer().on(Device::Cpu).unwrap();
    for (xs, ts) in data.batches(4) {
        halves.step(xs, ts).unwrap();
    }
    step(&mut whole);
    let apart = halves.model().unwrap().block().iter().zip(&**whole.model().unwrap().block());
    assert!(apart.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 1e-5);
}

#[test]
fn a_fit_over_several_ports_goes_on_to_the_same_bits_with_the_same_samples() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.safetensors");
    let (data, valid) = data(40).split(0.75, 1);
    let run = |data: &Dataset<Inputs, Targets>, epochs, resume: bool| -> Result<Policy> {
        let mut trainer = trainer().on(Device::Cpu)?;
        let fit = trainer.fit(data).validate(&valid, loss()).epochs(epochs).checkpoint(&path);
        if resume {
            fit.resume().run()?
        } else {
            fit.overwrite().run()?
        };
        trainer.finish()
    };
    let whole = run(&data, 4, false).unwrap();
    run(&data, 2, false).unwrap();
    assert_eq!(bits(&run(&data, 4, true).unwrap()), bits(&whole));
    // another token is another data set
    run(&data, 2, false).unwrap();
    let mut other = data.clone();
    assert_eq!(other, data);
    other.samples_mut().tokens[3][1] += 1;
    assert_ne!(other, data);
    let error = run(&other, 4, true).unwrap_err().to_string();
    assert!(error.contains("with other samples that are learned from"), "{error}");
}

#[test]
fn parts_of_an_epoch_that_was_interrupted_are_those_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (data, path) = (data(40), |step: usize| folder.path().join(step.to_string()));
    let (mut whole, mut step) = (trainer().on(Device::Cpu).unwrap(), 0);
    whole.epoch(&data).unwrap();
    let epoch = whole
        .learn(&data, &mut Progress::new(false, 2, 1, data.len()), &mut |trainer| {
            step += 1;
            trainer.save_checkpoint(path(step))
        })
        .unwrap();
    let sum: f64 = epoch.parts.iter().map(|(_, part)| part).sum();
    assert!((epoch.loss - sum).abs() < 1e-12);
    for step in 1..=step {
        let mut rest = trainer().on(Device::Cpu).unwrap();
        rest.load_checkpoint(path(step)).unwrap();
        assert_eq!(rest.epoch(&data).unwrap().parts, epoch.parts, "from step {step}");
    }
}

#[test]
fn a_joint_loss_is_the_sum_of_its_parts_and_says_what_it_is() {
    let data = data(6);
    let (output, targets) = (
        PolicyOutput { next: random::normal::<[f32; 3]>(6, 1), value: random::normal::<[f32; 1]>(6, 2) },
        data.targets(),
    );
    let output = PolicyOutput { next: &output.next[..], value: &output.value[..] };
    let (mut next, mut value) = ([[0.0; 3]; 6], [[0.0; 1]; 6]);
    let d = PolicyOutput { next: &mut next[..], value: &mut value[..] };
    let joint: &dyn Loss<Outputs, Target = Targets> = &loss();
    let found = joint.gradient(&Cpu::new(1), d, output, targets, 2.0).unwrap();
    let (mut by_next, mut by_value) = ([[0.0; 3]; 6], [[0.0; 1]; 6]);
    let a = CrossEntropy.gradient(&Cpu::new(1), &mut by_next, output.next, targets.next, 2.0).unwrap();
    let b = Mse::mean().gradient(&Cpu::new(1), &mut by_value, output.value, targets.value, 1.0).unwrap();
    assert_eq!((found, next, value), (a + 0.5 * b, by_next, by_value));
    assert!((loss().measure(output, targets).unwrap() - found).abs() < 1e-6);
    assert_eq!(
        joint.describe(),
        "PolicyLoss { next: CrossEntropy with Mean, value: 0.5 times Mse { reduction: Mean } }"
    );
    let row = joint.row().unwrap();
    let LossFormula::Joint(parts) = &row.formula else { panic!("{row:?}") };
    assert_eq!(parts.iter().map(|part| part.weight).collect::<Vec<_>>(), [1.0, 0.5]);
    // sums add up to a sum, and do not stand beside means
    let sums: &dyn Loss<Outputs, Target = Targets> =
        &PolicyLoss { next: CrossEntropy::sum(), value: Mse::sum() };
    assert_eq!((sums.reduction(), sums.share(targets)), (Reduction::Sum, 1.0));
    assert_eq!((joint.reduction(), joint.share(targets)), (Reduction::Mean, 6.0));
    let mixed = PolicyLoss { next: CrossEntropy, value: Mse::sum() };
    let error = Trainer::new(Policy::init(1), mixed, Sgd::new(0.1)).on(Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("a sum for every output or for none"), "{error}");
    let weighted = PolicyLoss { next: CrossEntropy, value: Weighted(f64::NAN, Mse::mean()) };
    assert!(Trainer::new(Policy::init(1), weighted, Sgd::new(0.1)).on(Device::Cpu).is_err());
}

/// A loss over both outputs at once, with targets of a type of its own.
struct Both;
#[derive(Clone)]
struct Game {
    won: bool,
}
impl Loss<Outputs> for Both {
    type Target = Each<Game>;
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(
        &self,
        _: &Cpu,
        d: PolicyOutput<&mut [[f32; 3]], &mut [[f32; 1]]>,
        y: PolicyOutput<&[[f32; 3]], &[[f32; 1]]>,
        games: &[Game],
        scale: f64,
    ) -> Result<f64> {
        d.next.as_flattened_mut().fill(0.0);
        for ((d, y), game) in d.value.iter_mut().zip(y.value).zip(games) {
            d[0] = (scale * 2.0 / games.len() as f64) as f32 * (y[0] - f32::from(game.won));
        }
        self.value(y, games)
    }
    fn value(&self, y: PolicyOutput<&[[f32; 3]], &[[f32; 1]]>, games: &[Game]) -> Result<f64> {
        let squares =
            y.value.iter().zip(games).map(|(y, game)| f64::from(y[0] - f32::from(game.won)).powi(2));
        Ok(squares.sum::<f64>() / games.len() as f64)
    }
}

#[test]
fn a_loss_of_ones_own_sees_all_outputs_and_targets_of_any_type() {
    let samples = data(30).into_parts().0;
    let games: Vec<Game> = samples.weights.iter().map(|w| Game { won: w[0] > 0.0 }).collect();
    let data = Dataset::new(samples, Each(games)).unwrap();
    let mut trainer = Trainer::new(Policy::init(1), Both, Adam::new(0.05)).quiet().on(Device::Cpu).unwrap();
    let before = trainer.evaluate(&data, Both).unwrap();
    trainer.epochs(&data, 50).unwrap();
    assert!(trainer.evaluate(&data, Both).unwrap() < 0.7 * before);
    let (train, _) = data.split(0.5, 1);
    assert_eq!(train.targets().len(), 15);
}

/// Code over any network, and code over any that takes and gives one array.
fn sizes<M: Model>(model: &M, data: &Dataset<M::Input, impl crate::Ports>) -> (usize, usize) {
    use crate::Ports;
    let ys = model.predict(M::Input::range(data.samples(), 0..1)).unwrap();
    (M::Output::len(M::Output::view(&ys)).unwrap(), M::PARAMETERS)
}
fn first<S: crate::Sample, const C: usize, M: Model<Input = S, Output = [f32; C]>>(
    model: &M,
    xs: &[S],
) -> f32 {
    model.predict(xs).unwrap()[0][0]
}

#[test]
fn code_over_any_network_is_written_once() {
    assert_eq!(sizes(&Policy::init(1), &data(3)), (1, 14));
    let one = Dataset::new(vec![1.0f32, 2.0], vec![0u32, 1]).unwrap();
    assert_eq!(sizes(&Centred::init(1), &one), (1, 1));
    assert_eq!(first(&super::Small::init(1), &[[0.5; 4]]), super::Small::init(1).predict(&[[0.5; 4]])[0][0]);
    assert_eq!(
        Policy::init(1).to_string().lines().next(),
        Some("Policy: (tokens: u32 [2], weights: [2]) -> (next: [3], value: [1])")
    );
}
