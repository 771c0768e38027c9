//! A whole model beside PyTorch's: output, loss, gradients and ten steps, in `f64` by generated code and in `f32` by a
//! trainer.
use std::ops::Range;

use crate::ok;
use plywood::optimizer::Visit;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Schedule};
use plywood::{Flat, Numbers, Pass, Ports, WorkingMemory};
use plywood_kernels::cpu::{self, Compared, Comparison, Cpu, Random, Stored};
use plywood_kernels::hyperparameter::Hyperparameter;
use plywood_kernels::losses::{ElementwiseLoss, LOSSES};
use plywood_tests::fixture::{Running, cases, fill, list, number, sizes, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::{Value, json};

/// The cases of a model, one for each way in which it is trained.
pub fn ways(file: &str, model: &str) -> Vec<Value> {
    let all: Vec<Value> = cases(file).into_iter().filter(|case| word(&case["model"]) == model).collect();
    assert!(!all.is_empty(), "{file}.json has no `{model}`");
    all
}

/// A case's targets that are classes.
pub fn classes(case: &Value) -> Vec<u32> {
    list(&case["targets"]).iter().map(|target| *target as u32).collect()
}

/// A case's targets that are samples.
pub fn samples<S: Sample>(case: &Value) -> Vec<S> {
    S::from_vec(single(&fill(&case["target"]))).expect("whole samples")
}

/// A parameter of a case.
struct Place {
    name: String,
    /// Where it lies in the block: frozen ones after those that learn, whatever their order in the case.
    at: Range<usize>,
    decays: bool,
    frozen: bool,
}

/// The parameters in a case's order, which are those of the model.
fn places<M: Model>(case: &Value) -> Vec<Place> {
    // the number of a place in the block stands in it
    let mut numbered = M::init(0);
    numbered.block_mut().iter_mut().enumerate().for_each(|(i, x)| *x = i as f32);
    let described = case["parameters"].as_array().expect("parameters");
    assert_eq!(described.len(), numbered.named_parameters().count());
    let one = |(k, parameter): (usize, plywood::Parameter)| {
        let (name, shape) = (word(&described[k]["name"]), sizes(&described[k]["shape"]));
        let decays = described[k]["decays"].as_bool().expect("whether it decays where weights alone do");
        assert_eq!((parameter.name.as_str(), parameter.shape), (name, shape.as_slice()));
        assert_eq!(parameter.frozen, case["gradients"][k].is_null(), "{name} is frozen");
        let start = parameter.values[0] as usize;
        let at = start..start + parameter.values.len();
        Place { name: parameter.name, at, decays, frozen: parameter.frozen }
    };
    numbered.named_parameters().enumerate().map(one).collect()
}

/// The row that a loss of PyTorch's is.
fn row(name: &str) -> &'static ElementwiseLoss {
    let name = match name {
        "MSELoss" => "Mse",
        "HuberLoss" => "Huber",
        "BCEWithLogitsLoss" => "BceWithLogits",
        "KLDivLoss" => "KlDivergence",
        other => panic!("no loss for `{other}`"),
    };
    LOSSES.iter().find(|row| row.name == name).expect("a row")
}

/// Value and output gradient of a case's loss, in f64.
fn loss(case: &Value, d: &mut [f64], y: &[f64]) -> f64 {
    let (cpu, told) = (Cpu::new(1), &case["loss"]);
    let weights = told["weight"].is_array().then(|| list(&told["weight"]));
    if case["targets"].is_array() {
        let targets = classes(case);
        let count = y.len() / targets.len();
        let weight = |target: &u32| weights.as_ref().map_or(1.0, |weights| weights[*target as usize]);
        let share: f64 = targets.iter().map(weight).sum();
        return match (word(&told["name"]), told["label_smoothing"].as_f64()) {
            ("CrossEntropyLoss", None) => cpu::softmax_cross_entropy(&cpu, d, y, &targets, 1.0),
            ("CrossEntropyLoss", Some(smoothing)) => {
                let (targets, weights) = (Compared::Classes(&targets), weights.as_deref());
                let compared = Comparison { classes: count, targets, weights, smoothing, ignored: None };
                cpu::weighted_cross_entropy(&cpu, d, y, &compared, 1.0 / share) / share
            }
            ("NLLLoss", _) => {
                d.fill(0.0);
                let picked = |(row, target): (usize, &u32)| (row * count + *target as usize, weight(target));
                let picked: Vec<(usize, f64)> = targets.iter().enumerate().map(picked).collect();
                picked.iter().for_each(|(at, weight)| d[*at] = -weight / share);
                picked.iter().map(|(at, weight)| -weight * y[*at] / share).sum()
            }
            (other, _) => panic!("no loss for `{other}`"),
        };
    }
    let row = row(word(&told["name"]));
    let given = |h: &Hyperparameter| told[h.name].as_f64().or(h.default).expect("given or with a default");
    let rest: Vec<f64> = row.hyperparameters.iter().map(given).collect();
    let samples = sizes(&case["output"]["shape"])[0];
    let reduction = match word(&told["reduction"]) {
        "mean" => Reduction::Mean,
        "batchmean" => Reduction::BatchMean,
        _ => Reduction::Sum,
    };
    let weight = reduction.weight(samples, y.len() / samples);
    let (value, slope) = (row.value(), row.slope());
    let one = |((d, y), t): ((&mut f64, &f64), f64)| {
        let at = [&[*y, t], rest.as_slice()].concat();
        *d = weight * slope.evaluate(&at);
        weight * value.evaluate(&at)
    };
    d.iter_mut().zip(y).zip(fill(&case["target"])).map(one).sum()
}

/// Output, loss and gradient by generated code in f64.
fn pass<M: Model>(case: &Value, parameters: &[f64], x: &[f64]) -> (Vec<f64>, f64, Vec<f64>) {
    let n = x.len() / M::Input::PORTS[0].numbers();
    let (mut gradient, mut output) = (vec![0.0; M::TRAINABLE], vec![]);
    let mut memory = M::Memory::<f64>::default();
    memory.reserve("a case", M::TRAIN, n).expect("it is small");
    let (cpu, inputs, mut value) = (Cpu::new(1), [Flat::Real(x)], 0.0);
    let pass = &Pass { cpu: &cpu, random: Random::new(0, 1), inputs: &inputs, n };
    let slots = &mut M::slots(&mut memory, n);
    M::forward(pass, parameters, &[], &mut [], slots);
    M::outputs(slots, n, |y, d| {
        output = y[0].to_vec();
        value = loss(case, d[0], y[0]);
    });
    let to = &mut Stored { parameters, gradient: &mut gradient, accumulate: false };
    M::backward(pass, &[], to, slots);
    (output, value, gradient)
}

/// What becomes of the learning rate.
fn schedule(case: &Value) -> Option<impl Schedule> {
    let told = &case["schedule"];
    let count = |name: &str| number(&told[name]) as u64;
    told.is_object()
        .then(|| Cosine::new(count("T_max")).eta_min(number(&told["eta_min"])).warmup(count("warmup")))
}

/// Whether only weights decay.
fn decays_weights_only(case: &Value) -> bool {
    case["decay_weights_only"].as_bool().unwrap_or(false)
}

/// A case's optimizer in f64, once for each group of parameters, with the places of their numbers.
struct Update<'a> {
    case: &'a Value,
    groups: Vec<(Running, Vec<usize>)>,
    steps: u64,
}

impl Update<'_> {
    fn of<'a>(case: &'a Value, places: &[Place]) -> Update<'a> {
        let numbers = |apart: bool| -> Vec<usize> {
            let within =
                |place: &&Place| !place.frozen && (decays_weights_only(case) && !place.decays) == apart;
            places.iter().filter(within).flat_map(|place| place.at.clone()).collect()
        };
        let mut undecayed = case["optimizer"].clone();
        undecayed["weight_decay"] = json!(0.0);
        let groups =
            vec![(Running::of(&case["optimizer"]), numbers(false)), (Running::of(&undecayed), numbers(true))];
        Update { case, groups, steps: 0 }
    }

    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let scale = self.case["clip_norm"].as_f64().map_or(1.0, |max| (max / (norm + 1e-6)).min(1.0));
        for (running, at) in &mut self.groups {
            if let Some(schedule) = schedule(self.case) {
                running.set_learning_rate(schedule.rate(number(&self.case["optimizer"]["lr"]), self.steps));
            }
            let mut own: Vec<f64> = at.iter().map(|i| parameters[*i]).collect();
            let scaled: Vec<f64> = at.iter().map(|i| scale * gradient[*i]).collect();
            running.step(&mut own, &scaled);
            at.iter().zip(own).for_each(|(i, x)| parameters[*i] = x);
        }
        self.steps += 1;
    }
}

/// Compares a model with a case. `loss` and `targets` are the case's, for training in `f32`.
pub fn compare<M, L>(case: &Value, loss: L, targets: <L::Target as Ports>::Batch<'_>)
where
    M: Model<Input: Numbers>,
    L: Loss<M::Output> + Clone,
{
    let name = format!("{} {} {}", M::NAME, case["loss"], case["optimizer"]);
    let (x, places) = (fill(&case["x"]), places::<M>(case));
    let close_each = |lists: &Value, found: &[f64], tolerance: f64| {
        let all = lists.as_array().expect("a list per parameter");
        assert_eq!(all.len(), places.len());
        for (place, expected) in places.iter().zip(all).filter(|(_, expected)| !expected.is_null()) {
            let at = format!("{name} {}", place.name);
            ok(close(&at, &list(expected), &found[place.at.clone()], tolerance));
        }
    };
    // in f64, from parameters that no f32 has rounded
    let mut parameters = vec![0.0; M::PARAMETERS];
    for (place, description) in places.iter().zip(case["parameters"].as_array().expect("parameters")) {
        parameters[place.at.clone()].copy_from_slice(&fill(description));
    }
    let mut first = M::init(0);
    first.block_mut().copy_from_slice(&single(&parameters));
    let (output, value, gradient) = pass::<M>(case, &parameters, &x);
    ok(close(&name, &list(&case["output"]["values"]), &output, 1e-12));
    ok(close(&name, &[number(&case["value"])], &[value], 1e-12));
    close_each(&case["gradients"], &gradient, 1e-12);
    let losses = list(&case["training_losses"]);
    assert_eq!(losses.len(), 10);
    let mut update = Update::of(case, &places);
    for expected in &losses {
        let (_, value, gradient) = pass::<M>(case, &parameters, &x);
        ok(close(&name, &[*expected], &[value], 1e-10));
        update.step(&mut parameters, &gradient);
    }
    close_each(&case["trained"], &parameters, 1e-10);

    // in f32, as everybody trains
    let inputs = single(&x);
    let inputs = M::Input::of_ports(&mut std::iter::once(&*inputs));
    let predicted = first.predict(inputs).expect("there is memory");
    let predicted: Vec<f64> = M::Output::ports(M::Output::view(&predicted), |ports| match ports {
        [Flat::Real(numbers)] => double(numbers),
        other => panic!("{other:?}"),
    });
    ok(close(&name, &list(&case["output"]["values"]), &predicted, 1e-5));
    let training = Training { case, model: &first, loss, xs: inputs, targets, losses: &losses };
    for end in Running::of(&case["optimizer"]).with(training) {
        close_each(&case["trained"], &double(end.block()), 1e-4);
        assert!(end.block()[M::TRAINABLE..] == first.block()[M::TRAINABLE..], "{name}: what is frozen moved");
    }
}

/// Trains as the case says; where it does not clip, with gradients used up at once, and with gradients kept for clipping,
/// which has nothing to clip.
struct Training<'a, 'x, 't, M: Model, L: Loss<M::Output>> {
    case: &'a Value,
    model: &'a M,
    loss: L,
    xs: <M::Input as Ports>::Batch<'x>,
    targets: <L::Target as Ports>::Batch<'t>,
    losses: &'a [f64],
}

impl<M: Model, L: Loss<M::Output> + Clone> Visit for Training<'_, '_, '_, M, L> {
    type Out = Vec<M>;
    fn visit<O: Optimizer>(self, optimizer: O) -> Vec<M> {
        let norms = match self.case["clip_norm"].as_f64() {
            Some(norm) => vec![Some(norm)],
            None => vec![None, Some(1e30)],
        };
        let train = |norm: Option<f64>| {
            let mut trainer = Trainer::new(self.model.clone(), self.loss.clone(), optimizer.clone())
                .batch(M::Input::len(self.xs).expect("one port"))
                .threads(1)
                .quiet();
            if let Some(norm) = norm {
                trainer = trainer.clip_norm(norm);
            }
            if let Some(schedule) = schedule(self.case) {
                trainer = trainer.schedule_per_update(schedule);
            }
            if decays_weights_only(self.case) {
                trainer = trainer.decay_weights_only();
            }
            let mut trainer = trainer.on(Device::Cpu).expect("the settings are right");
            for expected in self.losses {
                let value = trainer.step(self.xs, self.targets).expect("training runs");
                ok(close(M::NAME, &[*expected], &[f64::from(value)], 1e-4));
            }
            trainer.finish().expect("training ended")
        };
        norms.into_iter().map(train).collect()
    }
}
