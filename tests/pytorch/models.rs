//! Whole models: outputs, gradients, ten steps.
use crate::ok;
use plywood::optimizer::Visit;
use plywood::prelude::*;
use plywood_kernels::cpu::{self, Cpu, Random, Stored};
use plywood_tests::fixture::{Running, cases, fill, list, number, read, sizes, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

plywood::ops::rule! {
    /// The squared error of one number, in either precision: the loss itself is f32.
    MseValue(y, t) = (y - t) * (y - t);
    /// Its derivative by the output.
    MseSlope(y, t) = 2.0 * (y - t)
}
network! { struct Mlp: [6] -> [3] { Linear(5), Tanh, Linear(4), Gelu, Linear(3) } }
network! {
    struct Deep: [5] -> [2] {
        first: Linear(4), relu: Relu, blocks: repeat 3 { fc: Linear(4), act: Sigmoid }, last: Linear(2, bias: false),
    }
}
network! { struct TwoLayer: [10] -> [4] { Linear(8), Relu, Linear(4) } }
network! { struct Line: [1] -> [1] { line: Linear(1) } }

/// The model with a case's parameters.
fn start<M: Model>(case: &Value) -> M {
    let mut model = M::init(0);
    let described = case["parameters"].as_array().expect("parameters");
    assert_eq!(described.len(), model.named_parameters().count());
    for (parameter, description) in model.named_parameters_mut().zip(described) {
        assert_eq!(
            (parameter.name.as_str(), parameter.shape),
            (word(&description["name"]), &sizes(&description["shape"])[..])
        );
        parameter.values.copy_from_slice(&single(&fill(description)));
    }
    model
}

/// A list per parameter as one block.
fn block(lists: &Value) -> Vec<f64> {
    lists.as_array().expect("a list per parameter").iter().flat_map(list).collect()
}

/// Value and output gradient of a case's loss, in f64.
fn loss(case: &Value, d: &mut [f64], y: &[f64]) -> f64 {
    let cpu = Cpu::new(1);
    if case["targets"].is_array() {
        let targets: Vec<u32> = list(&case["targets"]).iter().map(|t| *t as u32).collect();
        return cpu::softmax_cross_entropy(&cpu, d, y, &targets, 1.0);
    }
    let weight = if word(&case["loss"]["reduction"]) == "mean" { 1.0 / y.len() as f64 } else { 1.0 };
    weight * cpu::elementwise_loss(&cpu, d, y, &fill(&case["target"]), weight, &MseValue, &MseSlope)
}

/// Output, loss and gradient by generated code in f64.
fn pass<M: Model>(case: &Value, parameters: &[f64], x: &[f64]) -> (Vec<f64>, f64, Vec<f64>) {
    let n = x.len() / M::Input::LEN;
    let (mut gradient, mut output) = (vec![0.0; M::TRAINABLE], vec![]);
    let to = &mut Stored { parameters, gradient: &mut gradient, accumulate: false };
    let mut memory = vec![0.0; M::TRAIN.floats(n)];
    let value = M::step_with::<f64>(&Cpu::new(1), Random::new(0, 1), to, &mut memory, x, n, &mut |d, y| {
        output = y.to_vec();
        Ok(loss(case, d, y))
    });
    (output, value.expect("the loss is no error"), gradient)
}

fn model<M: Model, L: Loss<M::Output> + Clone>(
    name: &str,
    in_single: L,
    targets: impl Fn(&Value) -> Vec<L::Target>,
) {
    let all = cases("models");
    let case = all.iter().find(|case| word(&case["model"]) == name).expect("the file has the model");
    let (x, first) = (fill(&case["x"]), start::<M>(case));
    // in f64, from parameters that no f32 has rounded
    let described = case["parameters"].as_array().expect("parameters");
    let mut parameters: Vec<f64> = described.iter().flat_map(fill).collect();
    let (output, value, gradient) = pass::<M>(case, &parameters, &x);
    ok(close(name, &list(&case["output"]["values"]), &output, 1e-12));
    ok(close(name, &[number(&case["value"])], &[value], 1e-12));
    ok(close(name, &block(&case["gradients"]), &gradient, 1e-12));
    let (losses, trained) = (list(&case["training_losses"]), block(&case["trained"]));
    assert_eq!(losses.len(), 10);
    let mut optimizer = Running::of(&case["optimizer"]);
    for expected in &losses {
        let (_, value, gradient) = pass::<M>(case, &parameters, &x);
        ok(close(name, &[*expected], &[value], 1e-10));
        optimizer.step(&mut parameters, &gradient);
    }
    ok(close(name, &trained, &parameters, 1e-10));

    // in f32, as everybody trains
    let (inputs, targets) = (single(&x), targets(case));
    let inputs = M::Input::from_flat(&inputs).expect("whole samples");
    let predicted: Vec<f64> = double(M::Output::flat(&first.predict(inputs)));
    ok(close(name, &list(&case["output"]["values"]), &predicted, 1e-5));
    let training = Training { model: first, loss: in_single, xs: inputs, targets: &targets, losses: &losses };
    let ends = optimizer.with(training);
    ends.iter().for_each(|end| ok(close(name, &trained, &double(end.block()), 1e-4)));
}

/// Trains with gradients used up at once, and with gradients kept for clipping, which has nothing to clip.
struct Training<'a, M: Model, L: Loss<M::Output>> {
    model: M,
    loss: L,
    xs: &'a [M::Input],
    targets: &'a [L::Target],
    losses: &'a [f64],
}

impl<M: Model, L: Loss<M::Output> + Clone> Visit for Training<'_, M, L> {
    type Out = [M; 2];
    fn visit<O: Optimizer>(self, optimizer: O) -> [M; 2] {
        [None, Some(1e30)].map(|clip| {
            let trainer = Trainer::new(self.model.clone(), self.loss.clone(), optimizer.clone());
            let trainer = trainer.batch(self.xs.len()).threads(1).quiet();
            let trainer = if let Some(norm) = clip { trainer.clip_norm(norm) } else { trainer };
            let mut trainer = trainer.on(Device::Cpu).expect("the settings are right");
            for expected in self.losses {
                let value = trainer.step(self.xs, self.targets).expect("training runs");
                ok(close(M::NAME, &[*expected], &[f64::from(value)], 1e-4));
            }
            trainer.finish().expect("training ended")
        })
    }
}

#[test]
fn mlp_with_cross_entropy_and_adam() {
    model::<Mlp, _>("mlp", CrossEntropy, |case| list(&case["targets"]).iter().map(|t| *t as u32).collect());
}

#[test]
fn deep_with_mse_and_momentum() {
    model::<Deep, _>("deep", Mse::mean(), |case| {
        <[f32; 2]>::from_vec(single(&fill(&case["target"]))).expect("whole samples")
    });
}

#[test]
fn two_layer_with_summed_mse_and_sgd() {
    model::<TwoLayer, _>("two_layer", Mse::sum(), |case| {
        <[f32; 4]>::from_vec(single(&fill(&case["target"]))).expect("whole samples")
    });
}

#[test]
fn a_line_gives_pytorchs_ten_losses() {
    let file = read("line");
    let xs: Vec<[f32; 1]> = (0..100).map(|i| [i as f32]).collect();
    let ys: Vec<[f32; 1]> = xs.iter().map(|[x]| [2.0 * x + 1.0]).collect();
    let mut line = Line::init(0);
    line.named_parameters_mut().for_each(|parameter| parameter.values.fill(1.0));
    let mut trainer = Trainer::new(line, Mse::mean(), Sgd::new(1e-6))
        .batch(100)
        .quiet()
        .on(Device::Cpu)
        .expect("right settings");
    let found: Vec<f64> = (0..10).map(|_| f64::from(trainer.step(&xs, &ys).expect("it trains"))).collect();
    for kind in ["float64", "float32"] {
        for (expected, found) in list(&file[kind]["training_losses"]).iter().zip(&found) {
            ok(close(kind, &[*expected], &[*found], 1e-6));
        }
        let end = trainer.model().expect("it is here").block().to_vec();
        ok(close(kind, &[number(&file[kind]["weight"]), number(&file[kind]["bias"])], &double(&end), 1e-6));
    }
}
