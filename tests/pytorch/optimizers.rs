//! Every optimizer in every way in which it runs, step by step.
use crate::ok;
use plywood::optimizer::{Optimizer, Visit};
use plywood_kernels::cpu::{self, Cpu};
use plywood_kernels::optim::OPTIMIZERS;
use plywood_tests::fixture::{Running, cases, fill, list, read};
use plywood_tests::numbers::{close, double, single};

/// Runs the runtime's type from `start`, one step for each gradient; gives the parameter after each.
struct Steps<'a> {
    start: &'a [f64],
    gradients: &'a [Vec<f64>],
}

impl Visit for Steps<'_> {
    type Out = Vec<Vec<f64>>;
    fn visit<O: Optimizer>(self, optimizer: O) -> Self::Out {
        let mut blocks = vec![vec![0.0; self.start.len()]; 1 + optimizer.states().len()];
        blocks[0] = single(self.start);
        let mut after = vec![];
        for (t, gradient) in (1..).zip(self.gradients) {
            let mut states: Vec<&mut [f32]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
            optimizer.rule(t, &mut |rule| {
                assert_eq!(rule.states(), states.len());
                cpu::update(&Cpu::new(1), &mut states, &single(gradient), 1.0, rule);
            });
            after.push(double(&blocks[0]));
        }
        after
    }
}

#[test]
fn optimizers_step_by_step() {
    let file = read("optimizers");
    let start = fill(&file["parameter"]);
    let gradients: Vec<Vec<f64>> =
        file["gradients"].as_array().expect("gradients").iter().map(fill).collect();
    for case in cases("optimizers") {
        let name = case["optimizer"].to_string();
        let after: Vec<Vec<f64>> = case["after"].as_array().expect("steps").iter().map(list).collect();
        assert_eq!((after.len(), gradients.len()), (10, 10));
        let (mut parameters, mut running) = (start.clone(), Running::of(&case["optimizer"]));
        let in_single = running.with(Steps { start: &start, gradients: &gradients });
        for ((expected, gradient), found) in after.iter().zip(&gradients).zip(&in_single) {
            running.step(&mut parameters, gradient);
            ok(close(&name, expected, &parameters, 1e-13));
            ok(close(&name, expected, found, 2e-6));
        }
    }
}

#[test]
fn a_square_that_overflows_leaves_what_pytorch_leaves() {
    let file = read("optimizers");
    let start = fill(&file["parameter"]);
    let gradients: Vec<Vec<f64>> =
        list(&file["overflowing"]).iter().map(|gradient| vec![*gradient; start.len()]).collect();
    for case in cases("optimizers") {
        let name = case["optimizer"].to_string();
        let after: Vec<Vec<f64>> = case["overflow"].as_array().expect("steps").iter().map(list).collect();
        assert_eq!(after.len(), gradients.len());
        let found = Running::of(&case["optimizer"]).with(Steps { start: &start, gradients: &gradients });
        for (expected, found) in after.iter().zip(&found) {
            ok(close(&name, expected, found, 2e-6));
        }
    }
}

#[test]
fn no_optimizer_runs_in_a_way_that_pytorch_was_not_asked_about() {
    let all: Vec<Running> = cases("optimizers").iter().map(|case| Running::of(&case["optimizer"])).collect();
    for row in OPTIMIZERS {
        // dampening and Nesterov's form exclude each other
        let allowed = |runs: &Vec<bool>| {
            let switches = row.switches();
            let hyperparameters: Vec<f64> = (0..row.hyperparameters.len())
                .map(|i| switches.iter().position(|s| *s == i).map_or(0.5, |k| f64::from(u8::from(runs[k]))))
                .collect();
            let arguments: Vec<_> =
                (0..hyperparameters.len() as u32).map(plywood_kernels::scalar::argument).collect();
            row.constraints.iter().all(|c| (c.holds)(&arguments).evaluate(&hyperparameters) != 0.0)
        };
        for variant in row.variants().into_iter().filter(|variant| variant.runs.iter().any(allowed)) {
            let asked = all.iter().any(|running| {
                running.row.name == row.name && variant.runs.contains(&running.variant.runs[0])
            });
            assert!(asked, "`{}` is in no case of optimizers.json", variant.rule);
        }
        // and every hyperparameter was once something else than its default
        for h in row.hyperparameters {
            let told = |running: &&Running| {
                running.row.name == row.name
                    && running.given.iter().any(|(name, value)| name == h.name && Some(*value) != h.default)
            };
            assert!(all.iter().any(|r| told(&r)), "`{}` of `{}` is in no case", h.name, row.name);
        }
    }
}
