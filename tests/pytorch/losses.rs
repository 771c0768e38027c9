//! Every loss, values and gradients.
use crate::ops::expression;
use crate::{ok, positions};
use plywood::Element;
use plywood::loss::{Visit, with};
use plywood::prelude::*;
use plywood_kernels::compiler::autodiff::differentiate;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::losses::LOSSES;
use plywood_tests::fixture::{cases, fill, hyperparameters, list, number, sizes, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

/// Compares a loss with a case in f32.
pub struct Compare<'a>(pub &'a Value);

impl Compare<'_> {
    fn name(&self) -> String {
        format!("{} {} {} {}", self.0["loss"], self.0["reduction"], self.0["options"], self.0["prediction"])
    }

    /// Values and gradients for targets of the loss' own type.
    pub fn by<S: Sample, T: Element, L: Loss<S, Target = T>>(&self, loss: L, targets: &[T]) {
        let (output, expected) = (single(&fill(&self.0["prediction"])), list(&self.0["gradient"]));
        loss.check().expect("the options are right");
        let output = S::from_flat(&output).expect("whole samples");
        let mut d = zeroed::<S>(targets.len());
        for scale in [1.0, 0.5] {
            let value =
                loss.gradient(&Cpu::new(1), &mut d, output, targets, scale).expect("the targets are right");
            ok(close(&self.name(), &[number(&self.0["value"])], &[value], 1e-6));
            let scaled: Vec<f64> = expected.iter().map(|g| scale * g).collect();
            ok(close(&self.name(), &scaled, &double(S::flat(&d)), 2e-6));
            let value = loss.value(output, targets).expect("the targets are right");
            ok(close(&self.name(), &[number(&self.0["value"])], &[value], 1e-6));
        }
    }
}

impl<S: Sample> Visit<S> for Compare<'_> {
    type Out = ();
    fn visit<L: Loss<S, Target = S> + Hyperparameters + Clone>(self, mut loss: L) {
        for (name, value) in hyperparameters(&self.0["options"]) {
            loss.set_hyperparameter(&name, value).unwrap_or_else(|error| panic!("{error}"));
        }
        let targets = single(&fill(&self.0["target"]));
        self.by(loss, S::from_flat(&targets).expect("whole samples"));
    }
}

pub fn reduction(case: &Value) -> Reduction {
    match word(&case["reduction"]) {
        "mean" => Reduction::Mean,
        "batchmean" => Reduction::BatchMean,
        _ => Reduction::Sum,
    }
}

/// A row in f64.
fn by_formula(case: &Value, shape: &[usize]) {
    let name = word(&case["loss"]);
    let row = LOSSES.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no loss `{name}`"));
    let options = hyperparameters(&case["options"]);
    let given = |h: &str| options.iter().find(|(name, _)| name == h).map(|(_, value)| *value);
    let rest: Vec<f64> = row
        .hyperparameters
        .iter()
        .map(|h| given(h.name).or(h.default).expect("given or with a default"))
        .collect();
    let (value, slope) = (row.value(), row.slope());
    let weight = reduction(case).weight(shape[0], shape[1..].iter().product());
    let (outputs, targets) = (fill(&case["prediction"]), fill(&case["target"]));
    let arguments: Vec<Vec<f64>> =
        outputs.iter().zip(&targets).map(|(y, t)| [&[*y, *t], rest.as_slice()].concat()).collect();
    let total: f64 = arguments.iter().map(|at| weight * value.evaluate(at)).sum();
    let gradient: Vec<f64> = arguments.iter().map(|at| weight * slope.evaluate(at)).collect();
    ok(close(name, &[number(&case["value"])], &[total], 1e-13));
    ok(close(name, &list(&case["gradient"]), &gradient, 1e-13));
}

/// The graph's own cross entropy in f64.
fn by_graph(case: &Value) {
    let graph = serde_json::json!({
        "op": "softmax_cross_entropy", "inputs": [case["prediction"]], "targets": case["targets"],
    });
    let mut e = expression(&graph);
    let (root, wanted) = (e.root, e.variable.clone());
    let seed = e.leaf(&[], false);
    e.leaves.last_mut().expect("just pushed").1 = vec![1.0];
    let gradient = differentiate(&mut e.graph, &[(root, seed)], &wanted)[0].expect("it has a gradient");
    let nodes = e.evaluate();
    ok(close("value", &[number(&case["value"])], &nodes[root.0], 1e-13));
    ok(close("gradient", &list(&case["gradient"]), &nodes[gradient.0], 1e-13));
}

/// A loss of classes with weights or without.
macro_rules! weighted {
    ($compare:expr, $loss:expr, $targets:expr, $weights:expr) => {
        match $weights {
            Some(weights) => $compare.by::<[f32; C], _, _>($loss.class_weights(weights), $targets),
            None => $compare.by::<[f32; C], _, _>($loss, $targets),
        }
    };
}

fn of_classes<const C: usize>(case: &Value) {
    let compare = Compare(case);
    let options = case["options"].as_object().expect("options");
    let weights: Option<[f32; C]> =
        options.get("class_weights").map(|w| single(&list(w)).try_into().expect("a weight per class"));
    let smoothing = options.get("label_smoothing").map(number);
    let sums = reduction(case) == Reduction::Sum;
    if word(&case["loss"]) == "SoftCrossEntropy" {
        let targets = single(&fill(&case["target"]));
        let loss = if sums { SoftCrossEntropy::sum() } else { SoftCrossEntropy::mean() };
        let loss = loss.label_smoothing(smoothing.unwrap_or(0.0));
        return weighted!(compare, loss, <[f32; C]>::from_flat(&targets).expect("whole samples"), weights);
    }
    let targets: Vec<u32> = list(&case["targets"]).iter().map(|t| *t as u32).collect();
    match (word(&case["loss"]), sums) {
        ("CrossEntropy", false) if options.is_empty() => {
            compare.by::<[f32; C], _, _>(CrossEntropy, &targets);
            by_graph(case);
        }
        ("CrossEntropy", _) => {
            let smoothing = smoothing.unwrap_or(0.0);
            let (mean, sum) = (CrossEntropy::mean(), CrossEntropy::sum());
            let loss = if sums { sum.label_smoothing(smoothing) } else { mean.label_smoothing(smoothing) };
            weighted!(compare, loss, &targets, weights)
        }
        ("Nll", true) => weighted!(compare, Nll::sum(), &targets, weights),
        ("Nll", false) => weighted!(compare, Nll::mean(), &targets, weights),
        ("ProbabilityCrossEntropy", true) => {
            weighted!(compare, ProbabilityCrossEntropy::sum(), &targets, weights)
        }
        ("ProbabilityCrossEntropy", false) => {
            weighted!(compare, ProbabilityCrossEntropy::mean(), &targets, weights)
        }
        (other, _) => panic!("no test for `{other}`"),
    }
}

#[test]
fn losses_and_their_gradients() {
    for case in cases("losses") {
        let shape = sizes(&case["prediction"]["shape"]);
        let name = word(&case["loss"]);
        if LOSSES.iter().any(|row| row.name == name) {
            by_formula(&case, &shape);
            let (reduction, compare) = (reduction(&case), Compare(&case));
            let found = match shape[1..] {
                [1] => with::<[f32; 1], _>(name, reduction, compare),
                [3] => with::<[f32; 3], _>(name, reduction, compare),
                [2, 3] => with::<[[f32; 3]; 2], _>(name, reduction, compare),
                ref other => panic!("no test for {other:?}"),
            };
            found.expect("every row has a type");
        } else if name == "ChannelCrossEntropy" || shape.len() > 2 {
            positions::compare(&case);
        } else {
            match shape[1] {
                3 => of_classes::<3>(&case),
                4 => of_classes::<4>(&case),
                10 => of_classes::<10>(&case),
                other => panic!("no test for {other} classes"),
            }
        }
    }
}

#[test]
fn no_loss_or_option_is_without_a_case() {
    let all = cases("losses");
    let of = |name: &str| all.iter().filter(|case| word(&case["loss"]) == name).collect::<Vec<_>>();
    for row in LOSSES {
        let cases = of(row.name);
        for wanted in [Reduction::Mean, Reduction::Sum] {
            assert!(cases.iter().any(|case| reduction(case) == wanted), "`{}` as {wanted:?}", row.name);
        }
        for h in row.hyperparameters {
            let told = |case: &&Value| {
                hyperparameters(&case["options"])
                    .iter()
                    .any(|(name, value)| name == h.name && Some(*value) != h.default)
            };
            assert!(cases.iter().any(told), "`{}` of `{}` is in no case", h.name, row.name);
        }
    }
    for (name, options) in [
        ("CrossEntropy", &["class_weights", "label_smoothing", "ignore_index"][..]),
        ("ChannelCrossEntropy", &["class_weights", "label_smoothing", "ignore_index"]),
        ("SoftCrossEntropy", &["class_weights", "label_smoothing"]),
        ("Nll", &["class_weights"]),
        ("ProbabilityCrossEntropy", &["class_weights"]),
    ] {
        let cases = of(name);
        assert!(cases.iter().any(|case| case["options"].as_object().is_some_and(|o| o.is_empty())), "{name}");
        for option in options {
            assert!(cases.iter().any(|case| !case["options"][option].is_null()), "`{option}` of `{name}`");
        }
    }
}
