//! The memory of steps that run blocks: what the runs leave, keep and hand back.
use super::planner::Planner;
use super::{Back, Collected, Function, Left, Place, RunPlan, length, padded};
use crate::compiler::amount::Length;
use crate::compiler::steps::{Run, RunBack, Step};
use crate::graph::{Entering, Leaving, Value};
use crate::shape::{Size, elements};
use crate::types::Element;
use std::rc::Rc;

const REALS: usize = 0;

impl Planner<'_> {
    pub(super) fn call(&mut self, at: usize, step: &Step, run: &Run) {
        let Run { call, function, .. } = run;
        let callee = self.callee(function);
        let reversed = self.lives.reversed(step.outputs[0]);
        let until = reversed.map_or(2 * at, |i| 2 * i);
        let scratch = self.scratch(at, &call.name, &callee, false);
        let mut kept = [None, None];
        for (i, element) in Element::ALL.into_iter().enumerate() {
            let one = callee.kept_length(element);
            if callee.kept.iter().any(|slot| slot.element == element) {
                let name =
                    if i == REALS { format!("{}_kept", call.name) } else { format!("{}_indices", call.name) };
                kept[i] = Some(self.room_for(&name, element, one.times(&call.times), (2 * at, until)));
            }
        }
        let once = call.is_single();
        let reads_back = &function.reads_back;
        let mut outputs = vec![];
        for (k, result) in step.outputs.iter().enumerate() {
            let carried = call.carried_into(k);
            let read_back = reversed.is_some()
                && (reads_back.outputs.get(k) == Some(&true)
                    || carried.is_some_and(|input| reads_back.inputs.get(input) == Some(&true)));
            let label = self.label(*result);
            let left = if call.outputs[k] == Leaving::Stacked {
                self.place(*result, &label);
                Left::Stack { place: self.function.places[result].clone(), padded: false }
            } else if once {
                self.place(*result, &label);
                Left::Once(self.function.places[result].clone())
            } else if read_back {
                let one = length(self.graph(), *result);
                let (element, until) = (self.graph().element(*result), until.max(self.lives.get(*result).1));
                let all = padded(&one, &call.times);
                let place = self.room_for(&label, element, all, (2 * at, until));
                self.function.places.insert(*result, Place::Last(at, k));
                Left::Stack { place, padded: true }
            } else if carried.is_some() {
                let (place, next) = self.pair(at, *result, &label);
                self.note(*result, place.clone());
                Left::Pair(place, next)
            } else {
                self.place(*result, &label);
                Left::Once(self.function.places[result].clone())
            };
            outputs.push(left);
        }
        let plan = RunPlan {
            function: callee,
            kept,
            scratch,
            outputs,
            inputs: vec![],
            zeros: vec![],
            collected: None,
            forward: at,
        };
        self.function.runs.insert(at, plan);
    }

    pub(super) fn reverse(&mut self, at: usize, back: &RunBack) {
        let call = &back.run.call;
        let callee = self.callee(&back.run.function);
        let forward = self.forward_of(back);
        let kept = self.function.runs[&forward].kept.clone();
        let scratch = self.scratch(at, &format!("d_{}", call.name), &callee, true);
        let once = call.is_single();
        let mut inputs = vec![];
        for (k, result) in back.results.inputs.iter().enumerate() {
            let Some(result) = *result else {
                inputs.push(None);
                continue;
            };
            let label = self.label(result);
            inputs.push(Some(match call.inputs[k] {
                _ if once && call.inputs[k] != Entering::Sliced => {
                    self.place(result, &label);
                    Back::Once(self.function.places[&result].clone())
                }
                Entering::Sliced => {
                    self.place(result, &label);
                    Back::Stack(self.function.places[&result].clone())
                }
                Entering::Carried(_) => {
                    let (place, next) = self.pair(at, result, &label);
                    self.note(result, place.clone());
                    Back::Pair(place, next)
                }
                Entering::Shared => {
                    self.place(result, &label);
                    let next = self.beside(at, result, &format!("{label}_run"));
                    Back::Sum(self.function.places[&result].clone(), next)
                }
            }));
        }
        for rows in &back.results.rows {
            self.place(*rows, &self.label(*rows));
        }
        let mut zeros = vec![];
        for (k, seed) in back.seeds.iter().enumerate() {
            let handed_back = call.carried_into(k).and_then(|input| back.results.inputs[input]);
            let only_last = call.outputs[k] == Leaving::Last && !once && handed_back.is_none();
            let needed = seed.filter(|_| only_last);
            zeros.push(needed.map(|seed| self.beside(at, seed, &format!("{}_zeros", call.name))));
        }
        let collected = back.collects.then(|| self.collected(at, back));
        let plan =
            RunPlan { function: callee, kept, scratch, outputs: vec![], inputs, zeros, collected, forward };
        self.function.runs.insert(at, plan);
    }

    /// The step that ran forward what a reverse runs back.
    fn forward_of(&self, back: &RunBack) -> usize {
        self.lives.called(back.outputs[0]).expect("what runs backward ran forward")
    }

    /// Where the gradients of a block's parameters are collected, for as long as somebody reads them.
    fn collected(&mut self, at: usize, back: &RunBack) -> Collected {
        let results = back.results.parameters.iter().enumerate().filter_map(|(p, v)| Some((p, (*v)?)));
        for (p, value) in results {
            self.function.places.insert(value, Place::Collected(at, p));
        }
        let (first, until) = self.lives.collection(at);
        let begun = self.function.runs.get(&first).and_then(|plan| plan.collected.clone());
        if let Some(Collected { place, .. }) = begun {
            return Collected { place, begins: false };
        }
        let block = &back.run.call.block;
        let numbers = block.parameters.iter().map(|leaf| elements(block.body.shape(*leaf)));
        let numbers = numbers.fold(Size::known(0), |sum, size| &sum + &size);
        let numbers = if back.run.call.own_parameters { &numbers * &back.run.call.times } else { numbers };
        let name = format!("d_{}_parameters", back.run.call.name);
        let place = self.slots.take(&name, Element::F32, Length::of(&numbers), (2 * at, until));
        Collected { place, begins: true }
    }

    /// Room for a value that a step hands from run to run, and for the run before.
    fn pair(&mut self, at: usize, value: Value, label: &str) -> (Place, Place) {
        let first = self.room(value, label);
        (first, self.beside(at, value, &format!("{label}_next")))
    }

    /// Room beside a value, as large, while a step runs.
    fn beside(&mut self, at: usize, value: Value, label: &str) -> Place {
        let (element, length) = (self.graph().element(value), length(self.graph(), value));
        self.slots.take(label, element, length, (2 * at, 2 * at))
    }

    fn scratch(
        &mut self,
        at: usize,
        label: &str,
        callee: &Rc<Function>,
        backward: bool,
    ) -> [Option<Place>; 2] {
        let mut scratch = [None, None];
        // who works in some slots is handed all
        let works = Element::ALL.into_iter().any(|element| callee.works_in(element, backward));
        for (i, element) in Element::ALL.into_iter().enumerate() {
            if works && callee.slots.iter().any(|slot| slot.element == element) {
                let name =
                    if i == REALS { format!("{label}_scratch") } else { format!("{label}_index_scratch") };
                let length = callee.slots_length(element);
                scratch[i] = Some(self.slots.take(&name, element, length, (2 * at, 2 * at)));
            }
        }
        scratch
    }
}
