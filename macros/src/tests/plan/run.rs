//! Runs a plan on what each piece of memory holds: what is read must still be there, what is written must not lie where
//! something is that the same step reads, everything must fit where it is put.
use plywood_kernels::compiler::amount::{Amount, Length};
use plywood_kernels::compiler::plan::{Function, Left, Place, Purpose, RunPlan};
use plywood_kernels::compiler::root;
use plywood_kernels::compiler::steps::{Run, RunBack, Source, Step, Work};
use plywood_kernels::graph::{Kind, Leaving, Value};
use plywood_kernels::shape::{Atom, Size};
use plywood_kernels::types::Element;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

pub type Checked = Result<(), String>;

pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// What a piece of memory holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Value(Value),
    /// What every run of the block at that step kept.
    Kept(usize),
    /// What every run of the block at that step left as that output.
    Left(usize, usize),
    /// The gradients of a block's parameters that were collected there, each the value that it is by now; 0 of the others.
    Collected(BTreeMap<usize, Value>),
    /// Something that nobody may read.
    Scratch,
}

/// One function, as it runs.
pub struct Machine<'a> {
    pub(super) function: &'a Function,
    /// Which of its parameters learn, where that is known.
    pub(super) learns: Option<&'a [bool]>,
    /// What the user's constant is.
    constant: usize,
    pub(super) memory: HashMap<String, Held>,
}

/// What is wrong with the plan of a function, and with those of the blocks that it calls.
pub fn check(function: &Function, learns: Option<&[bool]>, constant: usize) -> Checked {
    let mut seen = HashSet::new();
    check_unseen(function, learns, constant, &mut seen)
}

fn check_unseen(
    function: &Function,
    learns: Option<&[bool]>,
    constant: usize,
    seen: &mut HashSet<usize>,
) -> Checked {
    Machine { function, learns, constant, memory: HashMap::new() }.check()?;
    for run in function.runs.values() {
        if seen.insert(Rc::as_ptr(&run.function).addr()) {
            check_unseen(&run.function, None, constant, seen)
                .map_err(|wrong| format!("in `{}`: {wrong}", run.function.fused.block.name))?;
        }
    }
    Ok(())
}

impl<'a> Machine<'a> {
    fn check(mut self) -> Checked {
        self.gradients()?;
        self.lengths()?;
        let steps = self.function.steps();
        let first_backward = steps.iter().position(|step| step.backward).unwrap_or(steps.len());
        ensure(steps[first_backward..].iter().all(|step| step.backward), || {
            "forward steps after backward ones".into()
        })?;
        for at in 0..=steps.len() {
            if at == first_backward {
                self.between()?;
            }
            if at < steps.len() {
                self.step(at, &steps[at])?;
            }
        }
        self.end()
    }

    fn outputs(&self) -> Vec<Value> {
        self.function.fused.block.outputs.iter().map(|v| root(self.function.graph(), *v)).collect()
    }

    /// Between forward and backward: the loss turns outputs into their gradients; of a block, what it keeps stays, and
    /// what it gave its caller.
    fn between(&mut self) -> Checked {
        match self.function.purpose {
            Purpose::Training => {
                let outputs = self.outputs();
                outputs.iter().try_for_each(|output| self.read(*output, "the loss"))?;
                let reverse = self.function.fused.block.reverse.clone();
                for seed in reverse.iter().flat_map(|reverse| reverse.seeds.iter().flatten()) {
                    self.apart(*seed, &outputs, "the loss")?;
                    self.write(*seed)?;
                }
            }
            Purpose::TrainedBlock => {
                let outputs = self.outputs();
                outputs.iter().try_for_each(|output| self.read(*output, "the caller"))?;
                self.memory.retain(|place, _| place.starts_with("Kept") || place.starts_with("Output"));
            }
            Purpose::Prediction | Purpose::Preparation | Purpose::PassedBlock => {}
        }
        Ok(())
    }

    fn end(&self) -> Checked {
        match self.function.purpose {
            Purpose::Prediction | Purpose::Preparation | Purpose::PassedBlock => {
                self.outputs().iter().try_for_each(|output| self.read(*output, "who predicts"))
            }
            Purpose::TrainedBlock | Purpose::Training => {
                let block = &self.function.fused.block;
                let reverse = block.reverse.iter();
                for (number, value) in &block.states {
                    let value = root(&block.body, *value);
                    self.read(value, "the next step")?;
                    let place = self.place(value, "the next step")?;
                    ensure(*place == Place::NextState(*number), || {
                        format!("state {number} lies in {place:?}")
                    })?;
                }
                let handed = reverse.flat_map(|reverse| reverse.inputs.iter().flatten().chain(&reverse.rows));
                handed.copied().try_for_each(|v| self.read(root(&block.body, v), "the caller"))
            }
        }
    }

    fn step(&mut self, at: usize, step: &Step) -> Checked {
        let function = self.function;
        let label =
            step.outputs.first().map_or_else(String::new, |v| function.graph().origin(*v).to_string());
        let name = format!("step {at}, `{label}`,");
        let reads = step.reads();
        for value in &reads {
            self.read(*value, &name)?;
        }
        let (mut written, mut kept): (Vec<(String, Held)>, Vec<String>) = (vec![], vec![]);
        match &step.work {
            Work::Call(run) => self.call(at, step, run, &mut written)?,
            Work::Reverse(back) => kept = self.reverse(at, back, &mut written, &name)?,
            Work::Gradient(number, contribution) => self.handed_over(*number, contribution, &name)?,
            _ => {
                for output in &step.outputs {
                    let place = self.writable(*output, &name)?;
                    written.push((key(place), Held::Value(*output)));
                }
            }
        }
        written.extend(function.workspaces.get(&at).map(|place| (key(place), Held::Scratch)));
        let distinct: HashSet<&String> = written.iter().map(|(key, _)| key).collect();
        ensure(distinct.len() == written.len(), || {
            format!("{name} writes two things to one place: {written:?}")
        })?;
        let added_to = self.added_to(at, step);
        for value in reads.iter().filter(|v| !added_to.contains(v)) {
            let read = key(&self.memory_of(self.place(*value, &name)?)?);
            ensure(!distinct.contains(&read) || self.replaces(step, *value), || {
                format!("{name} writes what it reads, {value:?}")
            })?;
        }
        ensure(!kept.iter().any(|place| distinct.contains(place)), || {
            format!("{name} writes over what was kept for it")
        })?;
        self.memory.extend(written);
        Ok(())
    }

    fn call(&self, at: usize, step: &Step, run: &Run, written: &mut Vec<(String, Held)>) -> Checked {
        let plan = self.plan(at)?;
        written.extend(plan.kept.iter().flatten().map(|place| (key(place), Held::Kept(at))));
        written.extend(plan.scratch.iter().flatten().map(|place| (key(place), Held::Scratch)));
        for (k, left) in plan.outputs.iter().enumerate() {
            let result = step.outputs[k];
            self.is_looked_for(result, left.places()[0], matches!(left, Left::Stack { padded: true, .. }))?;
            match left {
                Left::Once(place) => written.push((key(place), Held::Value(result))),
                Left::Stack { place, .. } if run.call.outputs[k] == Leaving::Stacked => {
                    written.push((key(place), Held::Value(result)));
                }
                Left::Stack { place, .. } => written.push((key(place), Held::Left(at, k))),
                Left::Pair(place, next) => {
                    written.push((key(place), Held::Value(result)));
                    written.push((key(next), Held::Scratch));
                }
            }
        }
        Ok(())
    }

    /// Notes what a reverse writes, and gives the places of what was kept for it.
    fn reverse(
        &self,
        at: usize,
        back: &RunBack,
        written: &mut Vec<(String, Held)>,
        name: &str,
    ) -> Result<Vec<String>, String> {
        let mut kept: Vec<String> = vec![];
        let plan = self.plan(at)?;
        let steps = self.function.steps();
        let ran =
            |step: &Step| matches!(step.work, Work::Call(_)) && step.outputs.first() == back.outputs.first();
        let forward =
            steps.iter().position(ran).ok_or_else(|| "a block runs backward that never ran".to_string())?;
        let forward_plan = self.plan(forward)?;
        ensure(plan.kept == forward_plan.kept, || format!("{name} looks elsewhere for what was kept"))?;
        for place in plan.kept.iter().flatten() {
            ensure(self.memory.get(&key(place)) == Some(&Held::Kept(forward)), || {
                format!("{name} no longer finds what was kept")
            })?;
            kept.push(key(place));
        }
        for (k, left) in forward_plan.outputs.iter().enumerate() {
            if let Left::Stack { place, padded: true } = left {
                ensure(self.memory.get(&key(place)) == Some(&Held::Left(forward, k)), || {
                    format!("{name} no longer finds what the runs left")
                })?;
                kept.push(key(place));
            }
        }
        written.extend(plan.scratch.iter().chain(&plan.zeros).flatten().map(|p| (key(p), Held::Scratch)));
        for (k, to) in plan.inputs.iter().enumerate() {
            let Some(to) = to else { continue };
            let result = back.results.inputs[k].ok_or_else(|| format!("{name} makes what nobody named"))?;
            let mut places = to.places().into_iter();
            self.is_looked_for(result, to.places()[0], false)?;
            written.extend(places.next().map(|place| (key(place), Held::Value(result))));
            written.extend(places.map(|place| (key(place), Held::Scratch)));
        }
        for rows in &back.results.rows {
            written.push((key(self.writable(*rows, name)?), Held::Value(*rows)));
        }
        written.extend(self.collect(at, back, name)?);
        Ok(kept)
    }

    /// Whether a step may write its result where it reads that value: a formula that reads it number for number.
    fn replaces(&self, step: &Step, value: Value) -> bool {
        let (operands, factors) = match &step.work {
            Work::Map { operands, .. } => (operands, [None; 2]),
            Work::Product { a, b, operands, .. } => (operands, [Some(a.value), Some(b.value)]),
            _ => return false,
        };
        let numbers = |value: Value| self.numbers(&self.function.length(value));
        let mut read = operands.iter().filter(|operand| operand.value == value);
        matches!(self.function.places.get(&value), Some(Place::Slot(_)))
            && !factors.contains(&Some(value))
            && read.all(|operand| operand.source == Source::Full)
            && numbers(value) == numbers(step.outputs[0])
    }

    pub(super) fn plan(&self, at: usize) -> Result<&'a RunPlan, String> {
        self.function.runs.get(&at).ok_or_else(|| format!("step {at} runs a block without a plan"))
    }

    fn place(&self, value: Value, who: &str) -> Result<&'a Place, String> {
        self.function.places.get(&value).ok_or_else(|| format!("{who} needs {value:?}, which has no place"))
    }

    /// The memory in which a value lies.
    pub(super) fn memory_of(&self, place: &Place) -> Result<Place, String> {
        match place {
            Place::Last(at, k) => match self.plan(*at)?.outputs.get(*k) {
                Some(Left::Stack { place, .. }) => Ok(place.clone()),
                other => Err(format!("the last of what is no stack: {other:?}")),
            },
            Place::Collected(at, _) => {
                let collected = self.plan(*at)?.collected.as_ref();
                collected.map(|collected| collected.place.clone()).ok_or("nothing is collected there".into())
            }
            place => Ok(place.clone()),
        }
    }

    fn read(&self, value: Value, who: &str) -> Checked {
        let place = self.place(value, who)?;
        let held = self.memory.get(&key(&self.memory_of(place)?));
        let wrong = || format!("{who} reads {value:?} in {place:?}, which holds {held:?}");
        let kind = self.function.graph().kind(value);
        match place {
            Place::Input(k) => ensure(matches!(kind, Kind::Input(i) if i == k), wrong),
            Place::Parameter(k) => ensure(matches!(kind, Kind::Parameter(i) if i == k), wrong),
            Place::State(k) => ensure(matches!(kind, Kind::State(i) if i == k), wrong),
            Place::Prepared(k) => ensure(matches!(kind, Kind::Prepared(i) if i == k), wrong),
            Place::Seed(k) => ensure(matches!(kind, Kind::Seed(i) if i == k), wrong),
            Place::Last(at, k) => ensure(held == Some(&Held::Left(*at, *k)), wrong),
            Place::Collected(_, p) => {
                let is = |held: &Held| matches!(held, Held::Collected(all) if all.get(p) == Some(&value));
                ensure(held.is_some_and(is), wrong)
            }
            Place::NextState(_)
            | Place::Slot(_)
            | Place::Kept(_)
            | Place::Output(_)
            | Place::Gradient(_)
            | Place::Rows(_) => ensure(held == Some(&Held::Value(value)), wrong),
        }
    }

    /// That a result of runs is looked for where they leave it; the last of what all left, if they leave all.
    fn is_looked_for(&self, result: Value, left: &Place, all: bool) -> Checked {
        let place = self.place(result, "who reads it")?;
        let found = if all { self.memory_of(place)? } else { place.clone() };
        ensure(found == *left, || format!("{result:?} is left in {left:?}, and looked for in {place:?}"))
    }

    fn writable(&self, value: Value, who: &str) -> Result<&'a Place, String> {
        let place = self.place(value, who)?;
        let writable = matches!(
            place,
            Place::NextState(_)
                | Place::Slot(_)
                | Place::Kept(_)
                | Place::Output(_)
                | Place::Gradient(_)
                | Place::Rows(_)
        );
        ensure(writable, || format!("{value:?} is written to {place:?}")).map(|()| place)
    }

    fn write(&mut self, value: Value) -> Checked {
        let place = self.writable(value, "the loss")?;
        self.memory.insert(key(place), Held::Value(value));
        Ok(())
    }

    fn apart(&self, output: Value, reads: &[Value], who: &str) -> Checked {
        let to = key(self.place(output, who)?);
        for value in reads {
            let from = key(&self.memory_of(self.place(*value, who)?)?);
            ensure(to != from, || format!("{who} writes {output:?} over {value:?}, which it reads"))?;
        }
        Ok(())
    }

    /// Everything fits where it is put; no memory is there for nothing.
    fn lengths(&self) -> Checked {
        let function = self.function;
        let room = |place: &Place| function.slot(place).map(|slot| self.numbers(&slot.length));
        let mut needed: HashMap<Element, (usize, usize)> = HashMap::new();
        let mut needs = |place: &Place, element: Element, length: &Length, what: &dyn Fn() -> String| {
            let Some(slot) = function.slot(place) else { return Ok(()) };
            let (room, needs) = (room(place).unwrap_or_default(), self.numbers(length));
            let sum = needed.entry(element).or_default();
            *sum = (sum.0 + needs.0, sum.1 + needs.1);
            ensure(slot.element == element, || format!("{} lies among {}", what(), slot.element))?;
            ensure(room.0 >= needs.0 && room.1 >= needs.1, || {
                format!("{} needs {needs:?}, has {room:?}", what())
            })
        };
        for (value, place) in &function.places {
            let element = function.graph().element(*value);
            needs(place, element, &function.length(*value), &|| format!("{value:?}"))?;
        }
        for (at, plan) in &function.runs {
            let (Work::Call(run) | Work::Reverse(RunBack { run, .. })) = &function.steps()[*at].work else {
                return Err(format!("step {at} runs no block"));
            };
            let times = &run.call.times;
            for ((kept, scratch), element) in plan.kept.iter().zip(&plan.scratch).zip(Element::ALL) {
                if let Some(kept) = kept {
                    let one = plan.function.kept_length(element);
                    needs(kept, element, &one.times(times), &|| format!("what step {at} keeps"))?;
                }
                if let Some(scratch) = scratch {
                    let one = plan.function.slots_length(element);
                    needs(scratch, element, &one, &|| format!("a run of step {at}"))?;
                }
            }
            for (k, left) in plan.outputs.iter().enumerate() {
                let result = function.steps()[*at].outputs[k];
                let (one, element) = (function.length(result), function.graph().element(result));
                match left {
                    Left::Once(_) => {}
                    Left::Stack { place, padded } => {
                        let all = if *padded { one.padded().times(times) } else { one };
                        needs(place, element, &all, &|| format!("output {k} of step {at}"))?;
                    }
                    Left::Pair(place, next) => {
                        needs(place, element, &one, &|| format!("output {k} of step {at}"))?;
                        needs(next, element, &one, &|| format!("output {k} of step {at}"))?;
                    }
                }
            }
            if let Work::Reverse(back) = &function.steps()[*at].work {
                for (result, to) in back.results.inputs.iter().zip(&plan.inputs) {
                    let (Some(result), Some(to)) = (result, to) else { continue };
                    for place in to.places() {
                        needs(place, Element::F32, &function.length(*result), &|| format!("step {at}"))?;
                    }
                }
                for (seed, zeros) in back.seeds.iter().zip(&plan.zeros) {
                    let (Some(seed), Some(zeros)) = (seed, zeros) else { continue };
                    needs(zeros, Element::F32, &function.length(*seed), &|| format!("zeros of step {at}"))?;
                }
            }
        }
        for element in Element::ALL {
            let slots = function.slots.iter().chain(&function.kept).filter(|slot| slot.element == element);
            let total = slots.map(|slot| self.numbers(&slot.length));
            let total = total.fold((0, 0), |sum, length| (sum.0 + length.0, sum.1 + length.1));
            let mut needed = needed.get(&element).copied().unwrap_or_default();
            // collected gradients and workspaces are counted by their own slots
            let collected = function.runs.values().filter_map(|run| run.collected.as_ref());
            for place in collected.map(|collected| &collected.place).chain(function.workspaces.values()) {
                let room = room(place).unwrap_or_default();
                needed = (needed.0 + room.0, needed.1 + room.1);
            }
            ensure(total.0 <= needed.0 && total.1 <= needed.1, || {
                format!("{total:?} numbers of memory for {needed:?} of values")
            })?;
        }
        Ok(())
    }

    fn numbers(&self, length: &Length) -> (usize, usize) {
        (self.amount(&length.per_sample), self.amount(&length.fixed))
    }
    fn amount(&self, amount: &Amount) -> usize {
        match amount {
            Amount::Size(size) => self.size(size),
            Amount::Max(of) => of.iter().map(|one| self.amount(one)).max().unwrap_or(0),
            Amount::Sum(of) => of.iter().map(|one| self.amount(one)).sum(),
            Amount::Times(count, one) => self.size(count) * self.amount(one),
        }
    }
    fn size(&self, size: &Size) -> usize {
        size.evaluate(&|atom| match atom {
            Atom::Batch => unreachable!("lengths are split into per sample and fixed"),
            Atom::Symbol(_) => self.constant,
        })
    }
}

pub(super) fn key(place: &Place) -> String {
    format!("{place:?}")
}
