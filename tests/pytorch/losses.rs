//! Every loss, values and gradients.
use crate::ok;
use crate::ops::expression;
use plywood::prelude::*;
use plywood_kernels::autodiff::differentiate;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::losses::LOSSES;
use plywood_tests::fixture::{cases, fill, list, number, sizes, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

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
