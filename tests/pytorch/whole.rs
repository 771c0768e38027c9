//! A whole model beside PyTorch's: outputs, loss, gradients and ten steps, in `f64` by generated code and in `f32` by a
//! trainer, from a file with PyTorch's names.
use std::iter;
use std::ops::Range;

use crate::ok;
use plywood::optimizer::Visit;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Schedule};
use plywood::{Flat, Numbers, Pass, PortInfo, PortKind, Ports, WorkingMemory};
use plywood_kernels::cpu::{self, Compared, Comparison, Cpu, Random, Stored};
use plywood_kernels::hyperparameter::Hyperparameter;
use plywood_kernels::losses::{ElementwiseLoss, LOSSES};
use plywood_tests::fixture::{Running, cases, fill, list, number, sizes, word};
use plywood_tests::numbers::{close, double, single};
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::{Value, json};

/// The cases of a model, one for each way in which it is trained.
pub fn ways(file: &str, model: &str) -> Vec<Value> {
    let all: Vec<Value> = cases(file).into_iter().filter(|case| word(&case["model"]) == model).collect();
    assert!(!all.is_empty(), "{file}.json has no `{model}`");
    all
}

/// The output of a case that has one.
pub fn only(case: &Value) -> &Value {
    let [output] = case["outputs"].as_array().expect("outputs").as_slice() else { panic!("several outputs") };
    output
}

/// An output's targets that are classes.
pub fn classes(output: &Value) -> Vec<u32> {
    list(&output["targets"]).iter().map(|target| *target as u32).collect()
}

/// An output's targets that are samples.
pub fn samples<S: Sample>(output: &Value) -> Vec<S> {
    reals(&output["target"])
}

/// Samples that are described.
pub fn reals<S: Sample>(description: &Value) -> Vec<S> {
    S::from_vec(single(&fill(description))).expect("whole samples")
}

/// Indices of an input.
pub fn indices<const N: usize>(input: &Value) -> Vec<[u32; N]> {
    let indices: Vec<u32> = sizes(&input["indices"]).into_iter().map(|index| index as u32).collect();
    indices.as_chunks().0.to_vec()
}

/// What goes into a port.
enum Input {
    Real(Vec<f64>),
    Index(Vec<u32>),
}

impl Input {
    fn flat(&self) -> Flat<'_, f64> {
        match self {
            Input::Real(numbers) => Flat::Real(numbers),
            Input::Index(indices) => Flat::Index(indices),
        }
    }
}

/// What goes into each port of a model.
fn inputs<M: Model>(case: &Value) -> Vec<Input> {
    let described = case["inputs"].as_array().expect("inputs");
    assert_eq!(described.len(), M::Input::PORTS.len());
    let one = |(input, port): (&Value, &PortInfo)| {
        assert_eq!(input["name"].as_str().unwrap_or_default(), port.name);
        assert_eq!(sizes(&input["shape"])[1..], *port.shape);
        match port.kind {
            PortKind::Index => Input::Index(indices::<1>(input).into_iter().flatten().collect()),
            _ => Input::Real(fill(input)),
        }
    };
    described.iter().zip(M::Input::PORTS).map(one).collect()
}

/// A parameter of a case.
struct Place {
    name: String,
    /// Where it lies in the block: frozen ones after those that learn, whatever their order in the case.
    at: Range<usize>,
    decays: bool,
    frozen: bool,
}

/// The parameters in a case's order, which is that of the model.
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

/// The model in a file of these parameters, as PyTorch's `state_dict` would be saved.
fn loaded<M: Model>(case: &Value, places: &[Place], parameters: &[f32]) -> M {
    let bytes = |place: &Place| parameters[place.at.clone()].iter().flat_map(|x| x.to_le_bytes()).collect();
    let bytes: Vec<Vec<u8>> = places.iter().map(bytes).collect();
    let tensor = |(k, place): (usize, &Place)| {
        let shape = sizes(&case["parameters"][k]["shape"]);
        (
            place.name.clone(),
            TensorView::new(Dtype::F32, shape, &bytes[k]).expect("as many as its shape says"),
        )
    };
    let file = serialize(places.iter().enumerate().map(tensor), None).expect("tensors make a file");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state_dict.safetensors");
    std::fs::write(&path, file).expect("it is written");
    M::load(&path).unwrap_or_else(|error| panic!("{error}"))
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

/// What an output adds to the loss, and its gradient, in f64.
fn loss(output: &Value, d: &mut [f64], y: &[f64]) -> f64 {
    let (weight, value) = (output["weight"].as_f64().unwrap_or(1.0), unweighted_loss(output, d, y));
    d.iter_mut().for_each(|d| *d *= weight);
    weight * value
}

fn unweighted_loss(output: &Value, d: &mut [f64], y: &[f64]) -> f64 {
    let (cpu, told) = (Cpu::new(1), &output["loss"]);
    let weights = told["weight"].is_array().then(|| list(&told["weight"]));
    if output["targets"].is_array() {
        let targets = classes(output);
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
    let samples = sizes(&output["output"]["shape"])[0];
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
    d.iter_mut().zip(y).zip(fill(&output["target"])).map(one).sum()
}

/// What a step computes in f64.
struct Computed {
    outputs: Vec<Vec<f64>>,
    value: f64,
    gradient: Vec<f64>,
}

/// Outputs, loss and gradient by generated code in f64.
fn pass<M: Model>(case: &Value, parameters: &[f64], inputs: &[Input]) -> Computed {
    let (n, inputs) = (samples_of(case), inputs.iter().map(Input::flat).collect::<Vec<_>>());
    let mut computed = Computed { outputs: vec![], value: 0.0, gradient: vec![0.0; M::TRAINABLE] };
    let mut memory = M::Memory::<f64>::default();
    memory.reserve("a case", M::TRAIN, n).expect("it is small");
    let cpu = Cpu::new(1);
    let pass = &Pass { cpu: &cpu, random: Random::new(0, 1), inputs: &inputs, n };
    let slots = &mut M::slots(&mut memory, n);
    M::forward(pass, parameters, &[], &mut [], slots);
    M::outputs(slots, n, |ys, ds| {
        computed.outputs = ys.iter().map(|y| y.to_vec()).collect();
        let described = case["outputs"].as_array().expect("outputs");
        let values = described.iter().zip(ys).zip(ds).map(|((output, y), d)| loss(output, d, y));
        computed.value = values.sum();
    });
    let to = &mut Stored { parameters, gradient: &mut computed.gradient, accumulate: false };
    M::backward(pass, &[], to, slots);
    computed
}

fn samples_of(case: &Value) -> usize {
    sizes(&case["inputs"][0]["shape"])[0]
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

/// Compares a model of one input and one output with a case. `loss` and `targets` are the case's, for training in `f32`.
pub fn compare<M, L>(case: &Value, loss: L, targets: <L::Target as Ports>::Batch<'_>)
where
    M: Model<Input: Numbers>,
    L: Loss<M::Output> + Clone,
{
    let x = single(&fill(&case["inputs"][0]));
    compare_with::<M, L>(case, M::Input::of_ports(&mut iter::once(&*x)), loss, targets);
}

/// Compares a model with a case. `xs`, `loss` and `targets` are the case's, for training in `f32`.
pub fn compare_with<M, L>(
    case: &Value,
    xs: <M::Input as Ports>::Batch<'_>,
    loss: L,
    targets: <L::Target as Ports>::Batch<'_>,
) where
    M: Model,
    L: Loss<M::Output> + Clone,
{
    let name = format!("{} {}", M::NAME, case["optimizer"]);
    let (inputs, places) = (inputs::<M>(case), places::<M>(case));
    let close_each = |lists: &Value, found: &[f64], tolerance: f64| {
        let all = lists.as_array().expect("a list per parameter");
        assert_eq!(all.len(), places.len());
        for (place, expected) in places.iter().zip(all).filter(|(_, expected)| !expected.is_null()) {
            let at = format!("{name} {}", place.name);
            ok(close(&at, &list(expected), &found[place.at.clone()], tolerance));
        }
    };
    let close_outputs = |found: &[Vec<f64>], tolerance: f64| {
        let described = case["outputs"].as_array().expect("outputs");
        assert_eq!((described.len(), found.len()), (M::Output::PORTS.len(), M::Output::PORTS.len()));
        for ((output, port), found) in described.iter().zip(M::Output::PORTS).zip(found) {
            assert_eq!(output["name"].as_str().unwrap_or_default(), port.name);
            assert_eq!(sizes(&output["output"]["shape"])[1..], *port.shape);
            let at = format!("{name} output {}", port.name);
            ok(close(&at, &list(&output["output"]["values"]), found, tolerance));
        }
    };
    // in f64, from parameters that no f32 has rounded
    let mut parameters = vec![0.0; M::PARAMETERS];
    for (place, description) in places.iter().zip(case["parameters"].as_array().expect("parameters")) {
        parameters[place.at.clone()].copy_from_slice(&fill(description));
    }
    let first: M = loaded(case, &places, &single(&parameters));
    assert_eq!(first.block()[..], single(&parameters)[..]);
    let Computed { outputs, value, gradient } = pass::<M>(case, &parameters, &inputs);
    close_outputs(&outputs, 1e-12);
    ok(close(&name, &[number(&case["value"])], &[value], 1e-12));
    close_each(&case["gradients"], &gradient, 1e-12);
    let losses = list(&case["training_losses"]);
    assert_eq!(losses.len(), 10);
    let mut update = Update::of(case, &places);
    for expected in &losses {
        let Computed { value, gradient, .. } = pass::<M>(case, &parameters, &inputs);
        ok(close(&name, &[*expected], &[value], 1e-10));
        update.step(&mut parameters, &gradient);
    }
    close_each(&case["trained"], &parameters, 1e-10);

    // in f32, as everybody trains
    let predicted = first.predict(xs).expect("there is memory");
    let predicted = M::Output::ports(M::Output::view(&predicted), |ports| {
        let real = |port: &Flat<'_, f32>| match port {
            Flat::Real(numbers) => double(numbers),
            other => panic!("{other:?}"),
        };
        ports.iter().map(real).collect::<Vec<_>>()
    });
    close_outputs(&predicted, 1e-5);
    let training = Training { case, model: &first, loss, xs, targets, losses: &losses };
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
                .batch(samples_of(self.case))
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
