//! Gradients to which several calls contribute: a plan that collects in the wrong slot, forgets a contribution, adds one
//! twice, or hands over twice, never, or something else, is found.
use super::run::check;
use super::{places, with_steps};
use crate::graphs::compile;
use crate::graphs::shared::{Member, Network, Way};
use plywood_kernels::compiler::plan::{Function, Place};
use plywood_kernels::compiler::steps::{Contribution, Step, Work};
use plywood_kernels::graph::Value;

/// Two members in turns: each is called three times, once for one of its parameters only.
fn training(way: Way) -> Function {
    let mut network = Network::new();
    let members = [Member::of(way), Member::of(way)].map(|member| (network.leaves(&member), member));
    for used in [[true, true], [false, true], [true, true]] {
        for (leaves, member) in &members {
            network.call(member, leaves, used);
        }
    }
    compile(network.finish()).functions.training
}

/// Steps that collect, and whether they begin.
fn collecting(function: &Function) -> Vec<(usize, bool)> {
    let collected = |at: usize| Some((at, function.runs.get(&at)?.collected.as_ref()?.begins));
    (0..function.steps().len()).filter_map(collected).collect()
}

fn place(function: &mut Function, at: usize) -> &mut Place {
    &mut function.runs.get_mut(&at).and_then(|plan| plan.collected.as_mut()).expect("it collects").place
}

/// Hand-overs of what was stored, by their steps.
fn stored(function: &Function) -> Vec<(usize, Value)> {
    let steps = function.steps().iter().enumerate();
    let value = |(at, step): (usize, &Step)| match step.work {
        Work::Gradient(_, Contribution::Store(value)) => Some((at, value)),
        _ => None,
    };
    steps.filter_map(value).collect()
}

/// That `plant` makes a wrong plan of a right one, wherever it finds something to change; what it is wrong in, once for
/// each way in which a member is called.
fn found(plant: impl Fn(Function, usize) -> Option<Function>) -> Vec<String> {
    let mut said = vec![];
    for way in Way::ALL {
        let learns = Some(&[true; 4][..]);
        check(&training(way), learns, 1).unwrap_or_else(|wrong| panic!("{way:?}: {wrong}"));
        let mut planted = 0;
        for at in 0..training(way).steps().len() {
            let Some(function) = plant(training(way), at) else { continue };
            let wrong = check(&function, learns, 1);
            said.push(wrong.expect_err(&format!("{way:?}: the fault at step {at} is not found")));
            planted += 1;
        }
        assert!(planted > 0, "{way:?}: there is nothing to plant it in");
    }
    said
}

#[test]
fn contributions_of_one_member_lie_in_one_slot_each_time() {
    for way in Way::ALL {
        let mut function = training(way);
        let mut of_steps: Vec<Place> =
            collecting(&function).into_iter().map(|(at, _)| place(&mut function, at).clone()).collect();
        assert_eq!(of_steps.len(), 6, "{way:?}");
        of_steps.sort_by_key(|place| format!("{place:?}"));
        of_steps.dedup();
        assert_eq!(of_steps.len(), 2, "{way:?}");
    }
}

#[test]
fn a_slot_of_somebody_else_is_found() {
    // of the other member
    found(|mut function, at| {
        let steps = collecting(&function);
        let here = steps.iter().find(|(step, _)| *step == at)?;
        let own = place(&mut function, here.0).clone();
        let mut others = steps.into_iter().map(|(step, _)| place(&mut function, step).clone());
        let other = others.find(|other| *other != own)?;
        *place(&mut function, at) = other;
        Some(function)
    });
    // of nobody
    found(|mut function, at| {
        let (_, begins) = collecting(&function).into_iter().find(|(step, _)| *step == at)?;
        let Place::Slot(slot) = *place(&mut function, at) else { return None };
        function.slots.push(function.slots[slot].clone());
        *place(&mut function, at) = Place::Slot(function.slots.len() - 1);
        (!begins).then_some(function)
    });
}

#[test]
fn one_slot_for_two_members_is_found() {
    found(|mut function, at| {
        let begun: Vec<usize> =
            collecting(&function).iter().filter(|(_, begins)| *begins).map(|(at, _)| *at).collect();
        let [first, second] = begun[..] else { return None };
        if at != first {
            return None;
        }
        let (from, to) = (place(&mut function, second).clone(), place(&mut function, first).clone());
        let all = function.runs.values_mut().flat_map(places);
        all.filter(|place| **place == from).for_each(|place| *place = to.clone());
        Some(function)
    });
}

#[test]
fn to_begin_anew_or_not_at_all_is_found() {
    let said = found(|mut function, at| {
        let collected = function.runs.get_mut(&at)?.collected.as_mut()?;
        collected.begins = !collected.begins;
        Some(function)
    });
    let both = ["writes what it reads", "which was not collected"];
    for what in both {
        assert!(said.iter().any(|said| said.contains(what)), "{what}: {said:?}");
    }
}

/// As a function, with another step in that place.
fn with_step(function: Function, at: usize, change: impl FnOnce(&mut Step) -> bool) -> Option<Function> {
    let mut steps = function.steps().to_vec();
    change(&mut steps[at]).then(|| with_steps(function, steps))
}

#[test]
fn a_contribution_that_is_forgotten_or_added_twice_is_found() {
    found(|function, at| {
        with_step(function, at, |step| {
            let Work::Reverse(back) = &mut step.work else { return false };
            back.onto.pop().is_some()
        })
    });
    found(|function, at| {
        with_step(function, at, |step| {
            let Work::Reverse(back) = &mut step.work else { return false };
            let twice = back.onto.first().copied();
            back.onto.extend(twice);
            twice.is_some()
        })
    });
}

#[test]
fn what_is_handed_over_twice_or_never_is_found() {
    let said = found(|function, at| {
        let mut steps = function.steps().to_vec();
        stored(&function).iter().find(|(step, _)| *step == at)?;
        steps.push(steps[at].clone());
        Some(with_steps(function, steps))
    });
    assert!(said.iter().all(|said| said.ends_with("is handed over twice")), "{said:?}");
    let said = found(|function, at| {
        let mut steps = function.steps().to_vec();
        stored(&function).iter().find(|(step, _)| *step == at)?;
        // something else in its place: so every step stays where its plan says
        steps[at] = steps.iter().find(|step| matches!(step.work, Work::Map { .. }))?.clone();
        Some(with_steps(function, steps))
    });
    assert!(said.iter().all(|said| said.ends_with("gets no gradient")), "{said:?}");
}

#[test]
fn a_part_or_the_gradient_of_another_is_found() {
    // what was made before the last call contributed
    found(|function, at| {
        let (_, whole) = stored(&function).into_iter().find(|(step, _)| *step == at)?;
        let part = function.steps().iter().find_map(|step| match &step.work {
            Work::Reverse(back) if back.results.parameters.contains(&Some(whole)) => {
                back.onto.first().copied()
            }
            _ => None,
        });
        let (_, part) = part?;
        with_step(function, at, |step| {
            if let Work::Gradient(_, contribution) = &mut step.work {
                *contribution = Contribution::Store(part);
            }
            true
        })
    });
    found(|function, at| {
        let all = stored(&function);
        let (_, own) = *all.iter().find(|(step, _)| *step == at)?;
        let (_, other) = *all.iter().find(|(_, value)| *value != own)?;
        with_step(function, at, |step| {
            if let Work::Gradient(_, contribution) = &mut step.work {
                *contribution = Contribution::Store(other);
            }
            true
        })
    });
}
