//! The planner: no two values that are needed at the same time share memory, everything fits where it is put, and a
//! parameter's gradient is handed over after all that reads the parameter. Checked on random stacks by running the plan
//! on what each piece of memory holds.
mod collected;
mod gradients;
pub mod run;

use super::planned;
use super::random::Stack;
use crate::emit::{Functions, Planned};
use crate::graphs::compile;
use crate::graphs::generate::Case;
use plywood_kernels::compiler::amount::Length;
use plywood_kernels::compiler::plan::{Back, Function, Left, Place, RunPlan};
use plywood_kernels::compiler::steps::{Fused, Step, Work};
use plywood_kernels::graph::{Kind, Value};
use plywood_kernels::shape::Size;
use run::Checked;
use std::rc::Rc;

/// What is wrong with the plans of a network whose constants are all `constant`.
fn check(network: &Planned, constant: usize) -> Checked {
    run::check(&network.functions.training, Some(&network.parameters.learn()), constant)?;
    run::check(&network.functions.prediction, None, constant)
}

#[test]
fn random_stacks_are_planned_without_sharing() {
    let mut steps = 0;
    for seed in 0..400 {
        let declaration = Stack::random(seed);
        let (network, messages) = planned(&declaration);
        let Some(network) = network else { panic!("{declaration}\n{messages:?}") };
        steps += network.functions.training.steps().len();
        for constant in [1, 3, 50] {
            check(&network, constant)
                .unwrap_or_else(|wrong| panic!("{wrong}\nseed {seed}, constant {constant}:\n{declaration}"));
        }
    }
    assert!(steps > 4000, "the stacks were small: {steps} steps");
}

const EXAMPLE: &str = "struct Net: [4] -> [3] {
    fc1: Linear(8), Relu, Dropout(0.25), blocks: repeat 3 { fc: Linear(8), Tanh, Linear(8) }, fc2: Linear(3)
}";

fn example() -> Planned {
    let (network, messages) = planned(EXAMPLE);
    let network = network.unwrap_or_else(|| panic!("{messages:?}"));
    check(&network, 1).expect("the example is planned rightly");
    network
}

/// Every place in what a step that runs a block needs.
fn places(plan: &mut RunPlan) -> Vec<&mut Place> {
    let mut places: Vec<&mut Place> = plan.kept.iter_mut().chain(&mut plan.scratch).flatten().collect();
    for left in &mut plan.outputs {
        match left {
            Left::Once(place) | Left::Stack { place, .. } => places.push(place),
            Left::Pair(place, next) => places.extend([place, next]),
        }
    }
    for back in plan.inputs.iter_mut().flatten() {
        match back {
            Back::Once(place) | Back::Stack(place) => places.push(place),
            Back::Pair(place, next) | Back::Sum(place, next) => places.extend([place, next]),
        }
    }
    places.extend(plan.zeros.iter_mut().flatten());
    places.extend(plan.collected.iter_mut().map(|collected| &mut collected.place));
    places
}

#[test]
fn two_values_in_one_slot_are_found() {
    let count = example().functions.training.slots.len();
    assert!(count > 2);
    for (from, to) in (0..count).flat_map(|from| (0..from).map(move |to| (from, to))) {
        let mut network = example();
        let merge = |place: &mut Place| {
            if *place == Place::Slot(from) {
                *place = Place::Slot(to);
            }
        };
        network.functions.training.places.values_mut().for_each(merge);
        network.functions.training.runs.values_mut().flat_map(places).for_each(merge);
        // room is not what is wrong
        let longer = network.functions.training.slots[from].length.clone();
        network.functions.training.slots[to].length.grow(&longer);
        let (one, other) =
            (&network.functions.training.slots[from].holds, &network.functions.training.slots[to].holds);
        let apart = format!("{one:?} and {other:?} could be one, and are not");
        check(&network, 1).expect_err(&apart);
    }
}

/// Every result of a formula in the place of every value that its step reads, but of those that it may take.
#[test]
fn results_in_places_that_they_may_not_take_are_found() {
    let (mut taken, mut later, mut otherwise) = (0, 0, 0);
    for seed in 0..40 {
        let Functions { mut training, mut prediction, .. } = compile(Case::of(seed)).functions;
        for function in [&mut training, &mut prediction] {
            let steps = function.steps().to_vec();
            let formulas = |step: &&Step| matches!(step.work, Work::Map { .. } | Work::Product { .. });
            for step in steps.iter().filter(formulas) {
                let output = step.outputs[0];
                let Some(Place::Slot(own)) = function.places.get(&output).cloned() else { continue };
                for value in step.reads() {
                    let Some(Place::Slot(slot)) = function.places.get(&value).cloned() else { continue };
                    if slot == own {
                        taken += 1;
                        continue;
                    }
                    function.places.insert(output, Place::Slot(slot));
                    let found = run::check(function, None, 4);
                    function.places.insert(output, Place::Slot(own));
                    match found {
                        // another operand's place was taken
                        Ok(()) => assert!(step.overwritable().contains(&value), "seed {seed}: {value:?}"),
                        Err(wrong) if wrong.contains("which holds") => later += 1,
                        Err(wrong) if wrong.contains("writes what it reads") => otherwise += 1,
                        Err(wrong) => assert!(wrong.contains(", has "), "seed {seed}: {wrong}"),
                    }
                }
            }
        }
    }
    assert!(taken > 30 && later > 30 && otherwise > 30, "{taken} taken, {later} and {otherwise} found");
}

/// Two operands of one formula in one place.
#[test]
fn two_operands_in_one_place_are_found() {
    let mut found = 0;
    for seed in 0..40 {
        let mut function = compile(Case::of(seed)).functions.training;
        for step in function.steps().to_vec() {
            let values = step.overwritable();
            let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
            let [one, other] = [first, last].map(|value| function.places.get(value).cloned());
            let (Some(one @ Place::Slot(_)), Some(other @ Place::Slot(_))) = (one, other) else { continue };
            if one == other {
                continue;
            }
            function.places.insert(*last, one);
            run::check(&function, None, 4).expect_err("one of the operands lies there");
            function.places.insert(*last, other);
            found += 1;
        }
    }
    assert!(found > 10, "{found}");
}

#[test]
fn a_short_slot_is_found() {
    for slot in 0..example().functions.training.slots.len() {
        let mut network = example();
        network.functions.training.slots[slot].length = Length::of(&(&Size::known(2) * &Size::batch()));
        check(&network, 1).expect_err("two numbers a sample are too few for anything there");
    }
}

/// The function with other steps.
fn with_steps(function: Function, steps: Vec<Step>) -> Function {
    let Fused { block, reads_back, .. } = &*function.fused;
    let fused = Rc::new(Fused { block: block.clone(), reads_back: reads_back.clone(), steps });
    Function { fused, ..function }
}

#[test]
fn a_gradient_before_the_last_read_is_found() {
    let network = example();
    let graph = network.functions.training.graph();
    let mut steps = network.functions.training.steps().to_vec();
    let read_backward = |number: usize| {
        let mut backward = steps.iter().filter(|step| step.backward && !step.outputs.is_empty());
        backward.any(|step| {
            step.reads().iter().any(|v| matches!(graph.kind(*v), Kind::Parameter(i) if *i == number))
        })
    };
    let is_read = |step: &Step| matches!(step.work, Work::Gradient(number, _) if read_backward(number));
    let (from, to) = (steps.iter().position(is_read), steps.iter().position(|step| step.backward));
    let (Some(from), Some(to)) = (from, to) else { panic!("the gradient of `fc2`'s input reads its weight") };
    let gradient = steps.remove(from);
    steps.insert(to, gradient);
    let wrong =
        run::check(&with_steps(network.functions.training, steps), None, 1).expect_err("it is read after");
    assert!(wrong.contains("is read after"), "{wrong}");
}

#[test]
fn blocks_that_forget_are_found() {
    let network = example();
    let steps = network.functions.training.steps();
    let at = steps.iter().position(|s| matches!(s.work, Work::Call(_))).expect("there is a block");
    let block = network.functions.training.runs[&at].function.clone();
    run::check(&block, None, 1).expect("the block is planned rightly");
    let kept: Vec<Value> =
        block.places.iter().filter(|(_, p)| matches!(p, Place::Kept(_))).map(|(v, _)| *v).collect();
    assert!(!kept.is_empty(), "the block keeps something");
    for value in kept {
        let mut places = block.places.clone();
        places.insert(value, Place::Slot(0));
        let forgetful = Function {
            fused: block.fused.clone(),
            purpose: block.purpose,
            ports: block.ports.clone(),
            names: block.names.clone(),
            slots: block.slots.iter().chain(&block.kept).take(1).cloned().collect(),
            kept: block.kept.clone(),
            runs: block.runs.clone(),
            workspaces: block.workspaces.clone(),
            places,
        };
        run::check(&forgetful, None, 1).expect_err("a slot does not outlive the forward pass");
    }
}
