//! Ops, losses, optimizers and whole models against what PyTorch computed.
use plywood::prelude::*;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::autodiff::differentiate;
use plywood_kernels::cpu::{self, Cpu, Random, Stored};
use plywood_kernels::graph::{Graph, Value as Node};
use plywood_kernels::losses::LOSSES;
use plywood_kernels::ops::{self, matmul, sum};
use plywood_kernels::shape::shape;
use plywood_tests::fixture::{Running, cases, fill, list, number, read, sizes, word};
use plywood_tests::gradient::Expression;
use plywood_tests::kernels;
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

fn ok(result: Result<(), String>) {
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// The ops that a case's words mean, applied to its inputs.
fn expression(case: &Value) -> Expression {
    let mut e = Expression { graph: Graph::default(), root: Node(0), leaves: vec![], variable: vec![] };
    for description in case["inputs"].as_array().expect("a case has inputs") {
        e.leaf(&sizes(&description["shape"]), true);
        e.leaves.last_mut().expect("just pushed").1 = fill(description);
    }
    let (mut inputs, rank) = (e.variable.clone(), e.sizes(Node(0)).len());
    let axes = |axis: &Value| axis.as_u64().map_or(0..rank, |axis| axis as usize..axis as usize + 1);
    let flag = |name: &str| case[name].as_bool().expect("a choice");
    let (name, attrs) = match word(&case["op"]) {
        "gelu" if word(&case["approximate"]) == "tanh" => ("gelu_tanh", Attrs::NONE),
        "sum" => ("sum", sum::over(axes(&case["axis"]))),
        "mean" => ("sum", sum::mean_over(axes(&case["axis"]))),
        "reshape" => ("reshape", Attrs::NONE.with("shape", Attr::Shape(shape(&sizes(&case["to"]))))),
        "transpose" => ("transpose", Attrs::NONE.with("axes", Attr::Axes(sizes(&case["axes"])))),
        "matmul" => ("matmul", matmul::transposed(flag("transpose_a"), flag("transpose_b"))),
        "linear" => ("matmul", matmul::transposed(false, true)),
        "softmax_cross_entropy" => {
            let targets = list(&case["targets"]);
            inputs.push(e.leaf(&[targets.len()], false));
            e.leaves.last_mut().expect("just pushed").1 = targets;
            ("softmax_cross_entropy", Attrs::NONE)
        }
        other => (other, Attrs::NONE),
    };
    let op = ops::find(name).unwrap_or_else(|| panic!("no op `{name}`"));
    let bias = (word(&case["op"]) == "linear" && inputs.len() == 3).then(|| inputs.remove(2));
    e.root = e.graph.apply(op, attrs, &inputs).unwrap_or_else(|mismatch| panic!("{name}: {mismatch:?}"));
    if let Some(bias) = bias {
        e.root = e.graph.apply(&ops::ADD, Attrs::NONE, &[e.root, bias]).expect("a bias fits");
    }
    e
}

#[test]
fn ops_and_their_gradients() {
    let cpu = Cpu::new(2);
    for case in cases("ops") {
        let name = format!("{} {}", word(&case["op"]), case["inputs"]);
        let mut e = expression(&case);
        let (root, wanted) = (e.root, e.variable.clone());
        assert_eq!(e.sizes(root), sizes(&case["output"]["shape"]), "{name}");
        let seed = e.leaf(&sizes(&case["upstream"]["shape"]), false);
        e.leaves.last_mut().expect("just pushed").1 = fill(&case["upstream"]);
        let gradients = differentiate(&mut e.graph, root, seed, &wanted);
        let (reference, fast) = (e.evaluate(), kernels::run(&cpu, &e));
        let expected =
            [&case["output"]["values"]].into_iter().chain(case["gradients"].as_array().expect("gradients"));
        let found = [root].into_iter().chain(gradients.into_iter().map(|g| g.expect("each has a gradient")));
        for (k, (expected, found)) in expected.zip(found).enumerate() {
            let (name, expected) = (format!("{name}, result {k}"), list(expected));
            ok(close(&name, &expected, &reference[found.0], 1e-12));
            ok(close(&name, &expected, &double(&fast[found.0]), 1e-6));
        }
    }
}

/// The samples that these numbers are.
fn whole<S: Sample>(numbers: &[f64]) -> Vec<S> {
    S::from_vec(single(numbers)).expect("whole samples")
}

/// Outputs and targets of a case by the loss' own type.
fn loss_of<S: Sample, L: Loss<S>>(loss: L, case: &Value, targets: &[L::Target]) {
    let (output, expected) = (single(&fill(&case["prediction"])), list(&case["gradient"]));
    let output = S::from_flat(&output).expect("whole samples");
    let mut d = zeroed::<S>(targets.len());
    for scale in [1.0, 0.5] {
        let value =
            loss.gradient(&Cpu::new(1), &mut d, output, targets, scale).expect("the targets are right");
        let name = format!("{} {}", case["loss"], case["prediction"]);
        ok(close(&name, &[number(&case["value"])], &[value], 1e-6));
        let scaled: Vec<f64> = expected.iter().map(|g| scale * g).collect();
        ok(close(&name, &scaled, &double(S::flat(&d)), 1e-6));
        let value = loss.value(output, targets).expect("the targets are right");
        ok(close(&name, &[number(&case["value"])], &[value], 1e-6));
    }
}

#[test]
fn losses_and_their_gradients() {
    for case in cases("losses") {
        let shape = sizes(&case["prediction"]["shape"]);
        if case["targets"].is_array() {
            let targets: Vec<u32> = list(&case["targets"]).iter().map(|t| *t as u32).collect();
            match shape[1] {
                3 => loss_of::<[f32; 3], _>(CrossEntropy, &case, &targets),
                4 => loss_of::<[f32; 4], _>(CrossEntropy, &case, &targets),
                10 => loss_of::<[f32; 10], _>(CrossEntropy, &case, &targets),
                other => panic!("no test for {other} classes"),
            }
            let graph = serde_json::json!({
                "op": "softmax_cross_entropy", "inputs": [case["prediction"]], "targets": case["targets"],
            });
            let mut e = expression(&graph);
            let (root, wanted) = (e.root, e.variable.clone());
            let seed = e.leaf(&[], false);
            e.leaves.last_mut().expect("just pushed").1 = vec![1.0];
            let gradient = differentiate(&mut e.graph, root, seed, &wanted)[0].expect("it has a gradient");
            let nodes = e.evaluate();
            ok(close("value", &[number(&case["value"])], &nodes[root.0], 1e-13));
            ok(close("gradient", &list(&case["gradient"]), &nodes[gradient.0], 1e-13));
            continue;
        }
        let target = fill(&case["target"]);
        let mean = word(&case["reduction"]) == "mean";
        let loss = if mean { Mse::mean() } else { Mse::sum() };
        match shape[1..] {
            [1] => loss_of::<[f32; 1], _>(loss, &case, &whole(&target)),
            [3] => loss_of::<[f32; 3], _>(loss, &case, &whole(&target)),
            [2, 3] => loss_of::<[[f32; 3]; 2], _>(loss, &case, &whole(&target)),
            ref other => panic!("no test for {other:?}"),
        }
        let row = LOSSES
            .iter()
            .find(|row| format!("{}Loss", row.name.to_uppercase()) == word(&case["loss"]))
            .expect("a row");
        let (value, slope) = (row.value(), row.slope());
        let weight = if mean { 1.0 / target.len() as f64 } else { 1.0 };
        let pairs =
            || fill(&case["prediction"]).into_iter().zip(&target).map(|(y, t)| [y, *t]).collect::<Vec<_>>();
        let total: f64 = pairs().iter().map(|pair| weight * value.evaluate(pair)).sum();
        let gradient: Vec<f64> = pairs().iter().map(|pair| weight * slope.evaluate(pair)).collect();
        ok(close("value", &[number(&case["value"])], &[total], 1e-13));
        ok(close("gradient", &list(&case["gradient"]), &gradient, 1e-13));
    }
}

plywood::ops::rule! {
    /// The squared error of one number, in either precision: the loss itself is f32.
    MseValue(y, t) = (y - t) * (y - t);
    /// Its derivative by the output.
    MseSlope(y, t) = 2.0 * (y - t)
}

/// Makes one update: of that step, of these states, from this gradient.
type UpdateOf<'a> = dyn Fn(u64, &mut [&mut [f32]], &[f32]) + 'a;

/// The runtime's optimizers from a description in PyTorch's words.
fn with_optimizer(description: &Value, run: &mut dyn FnMut(&UpdateOf)) {
    fn step<O: Optimizer>(optimizer: O) -> impl Fn(u64, &mut [&mut [f32]], &[f32]) {
        move |step, states, gradient| {
            optimizer.rule(step, &mut |rule| {
                assert_eq!(rule.states(), optimizer.states() + 1);
                cpu::update(&Cpu::new(1), &mut states[..rule.states()], gradient, 1.0, rule);
            });
        }
    }
    let row = Running::of(description);
    let of = |name: &str| row.hyperparameter(name);
    match word(&description["name"]) {
        "SGD" => run(&step(Sgd::new(of("learning_rate")).momentum(of("momentum")))),
        "Adam" => {
            run(&step(Adam::new(of("learning_rate")).beta1(of("beta1")).beta2(of("beta2")).eps(of("eps"))))
        }
        other => panic!("no optimizer `{other}`"),
    }
}

#[test]
fn optimizers_step_by_step() {
    let file = read("optimizers");
    let (start, gradients) = (fill(&file["parameter"]), file["gradients"].as_array().expect("gradients"));
    for case in cases("optimizers") {
        let name = case["optimizer"].to_string();
        let after: Vec<Vec<f64>> = case["after"].as_array().expect("steps").iter().map(list).collect();
        assert_eq!((after.len(), gradients.len()), (10, 10));
        let (mut parameters, mut running) = (start.clone(), Running::of(&case["optimizer"]));
        for (expected, gradient) in after.iter().zip(gradients) {
            running.step(&mut parameters, &fill(gradient));
            ok(close(&name, expected, &parameters, 1e-13));
        }
        with_optimizer(&case["optimizer"], &mut |step| {
            let mut blocks = vec![vec![0.0; start.len()]; 4];
            blocks[0] = single(&start);
            for (t, (expected, gradient)) in (1..).zip(after.iter().zip(gradients)) {
                let mut states: Vec<&mut [f32]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
                step(t, &mut states, &single(&fill(gradient)));
                ok(close(&name, expected, &double(&blocks[0]), 1e-6));
            }
        });
    }
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
    let (mut gradient, mut output) = (vec![0.0; M::PARAMETERS], vec![]);
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
    let of = |hyperparameter: &str| optimizer.hyperparameter(hyperparameter);
    let ends = match word(&case["optimizer"]["name"]) {
        "SGD" => train(
            first,
            in_single,
            Sgd::new(of("learning_rate")).momentum(of("momentum")),
            inputs,
            &targets,
            &losses,
        ),
        _ => train(first, in_single, Adam::new(of("learning_rate")), inputs, &targets, &losses),
    };
    ends.iter().for_each(|end| ok(close(name, &trained, &double(end.block()), 1e-4)));
}

/// Trained with gradients used up at once, and with gradients kept for clipping, which has nothing to clip.
fn train<M: Model, L: Loss<M::Output> + Clone, O: Optimizer>(
    model: M,
    loss: L,
    optimizer: O,
    xs: &[M::Input],
    targets: &[L::Target],
    losses: &[f64],
) -> [M; 2] {
    [None, Some(1e30)].map(|clip| {
        let trainer =
            Trainer::new(model.clone(), loss.clone(), optimizer.clone()).batch(xs.len()).threads(1).quiet();
        let trainer = if let Some(norm) = clip { trainer.clip_norm(norm) } else { trainer };
        let mut trainer = trainer.on(Device::Cpu).expect("the settings are right");
        for expected in losses {
            let value = trainer.step(xs, targets).expect("training runs");
            ok(close(M::NAME, &[*expected], &[f64::from(value)], 1e-4));
        }
        trainer.finish().expect("training ended")
    })
}

#[test]
fn mlp_with_cross_entropy_and_adam() {
    model::<Mlp, _>("mlp", CrossEntropy, |case| list(&case["targets"]).iter().map(|t| *t as u32).collect());
}

#[test]
fn deep_with_mse_and_momentum() {
    model::<Deep, _>("deep", Mse::mean(), |case| whole::<[f32; 2]>(&fill(&case["target"])));
}

#[test]
fn two_layer_with_summed_mse_and_sgd() {
    model::<TwoLayer, _>("two_layer", Mse::sum(), |case| whole::<[f32; 4]>(&fill(&case["target"])));
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
