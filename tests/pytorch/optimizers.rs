//! Every optimizer, step by step.
use crate::ok;
use plywood::prelude::*;
use plywood_kernels::cpu::{self, Cpu};
use plywood_tests::fixture::{Running, cases, fill, list, read, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

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
