//! The planner: no two values that are needed at the same time share memory, everything fits where it is put, and a
//! parameter's gradient is handed over after all that reads the parameter. Checked on random stacks by running the plan
//! on what each piece of memory holds.
use super::planned;
use super::random::Stack;
use crate::emit::Planned;
use crate::lower::{Entry, frozen};
use plywood_kernels::compiler::amount::{Amount, Length};
use plywood_kernels::compiler::plan::{Function, Place};
use plywood_kernels::compiler::steps::{Step, Work};
use plywood_kernels::graph::{Kind, Value};
use plywood_kernels::shape::{Atom, Size};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What a piece of memory holds.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Value(Value),
    /// What every iteration of the block at that step kept.
    Kept(usize),
    /// Something that nobody may read.
    Scratch,
}

/// Whose plan is checked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Training,
    Prediction,
    TrainedBlock,
    PassedBlock,
}

/// One function, as it runs.
struct Run<'a> {
    function: &'a Function,
    /// Its parameters.
    entries: &'a [Entry],
    role: Role,
    /// What the user's constant is.
    constant: usize,
    memory: HashMap<String, Held>,
}

type Checked = Result<(), String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// What is wrong with the plans of a network whose constants are all `constant`.
fn check(network: &Planned, constant: usize) -> Checked {
    Run::of(&network.training, &network.entries, Role::Training, constant).check()?;
    Run::of(&network.prediction, &network.entries, Role::Prediction, constant).check()
}

impl<'a> Run<'a> {
    fn of(function: &'a Function, entries: &'a [Entry], role: Role, constant: usize) -> Run<'a> {
        Run { function, entries, role, constant, memory: HashMap::new() }
    }

    /// The parameters of the block that a step runs; none for a block without.
    fn inside(&self, at: usize) -> &'a [Entry] {
        let (Work::Repeat { region, .. } | Work::RepeatBackward { region, .. }) =
            &self.function.steps[at].work
        else {
            return &[];
        };
        let block = self.entries.iter().find_map(|entry| match entry {
            Entry::Repeat(repeat) if repeat.name.label == region.name => Some(repeat.entries.as_slice()),
            _ => None,
        });
        block.unwrap_or_default()
    }

    fn check(mut self) -> Checked {
        self.gradients()?;
        self.lengths()?;
        let steps = &self.function.steps;
        let first_backward = steps.iter().position(|step| step.backward).unwrap_or(steps.len());
        ensure(steps[first_backward..].iter().all(|step| step.backward), || {
            "forward steps after backward ones".into()
        })?;
        for at in 0..steps.len() {
            if at == first_backward {
                self.between()?;
            }
            self.step(at)?;
        }
        if first_backward == steps.len() {
            self.between()?;
        }
        self.end()?;
        for (at, block) in &self.function.blocks {
            let role = if block.kept.is_some() { Role::TrainedBlock } else { Role::PassedBlock };
            // both directions have the same function: it is run once, whole
            if !matches!(self.function.steps[*at].work, Work::RepeatBackward { .. }) {
                Run::of(&block.function, self.inside(*at), role, self.constant).check()?;
            }
        }
        Ok(())
    }

    /// Between forward and backward: the loss turns the output into its gradient; of a block, only what it keeps stays.
    fn between(&mut self) -> Checked {
        match self.role {
            Role::Training => {
                self.read(self.function.output, "the loss")?;
                if let Some(seed) = self.function.seed {
                    self.apart(seed, &[self.function.output], "the loss")?;
                    self.write(seed)?;
                }
            }
            Role::TrainedBlock => {
                self.read(self.function.output, "the next iteration")?;
                self.memory.retain(|place, _| place.starts_with("Kept"));
            }
            Role::Prediction | Role::PassedBlock => {}
        }
        Ok(())
    }

    fn end(&self) -> Checked {
        match self.role {
            Role::Prediction | Role::PassedBlock => self.read(self.function.output, "who predicts"),
            Role::TrainedBlock => {
                self.read(self.function.output, "the block around")?;
                self.function
                    .handed_on
                    .map_or(Ok(()), |handed_on| self.read(handed_on, "the iteration before"))
            }
            Role::Training => Ok(()),
        }
    }

    fn step(&mut self, at: usize) -> Checked {
        let (function, step) = (self.function, &self.function.steps[at]);
        let name = format!("step {at}, `{}`,", step.label);
        let reads = step.reads();
        for value in &reads {
            self.read(*value, &name)?;
        }
        let block = function.blocks.get(&at);
        let mut written: Vec<String> = vec![];
        if let Some(output) = step.output {
            self.apart(output, &reads, &name)?;
            match function.places.get(&output) {
                // the last iteration's result lies among what the block keeps
                Some(Place::Last(_)) => {}
                _ => {
                    written.push(key(self.place(output, &name)?));
                    self.write(output)?;
                }
            }
        }
        let Some(block) = block else { return Ok(()) };
        let backward = matches!(step.work, Work::RepeatBackward { .. });
        for place in [&block.scratch, &block.pair].into_iter().flatten() {
            written.push(key(place));
            self.memory.insert(key(place), Held::Scratch);
        }
        if let Some(kept) = &block.kept {
            if !backward {
                self.memory.insert(key(kept), Held::Kept(at));
            } else {
                let forward = Some(&Held::Kept(self.forward_of(step)?));
                ensure(self.memory.get(&key(kept)) == forward, || {
                    format!("{name} no longer finds what was kept")
                })?;
            }
            written.push(key(kept));
        }
        for value in &reads {
            // what was kept is read by the block that kept it
            let read = self.place(*value, &name)?;
            let own = backward && block.kept.as_ref() == Some(&self.memory_of(read)?);
            ensure(own || !written.contains(&key(&self.memory_of(read)?)), || {
                format!("{name} writes what it reads, {value:?}")
            })?;
        }
        let distinct: HashSet<&String> = written.iter().collect();
        ensure(distinct.len() == written.len(), || {
            format!("{name} writes two things to one place: {written:?}")
        })
    }

    fn forward_of(&self, step: &Step) -> Result<usize, String> {
        let Work::RepeatBackward { forward, .. } = step.work else {
            return Err("no backward of a block".into());
        };
        let made = self.function.steps.iter().position(|s| s.output == Some(forward));
        made.ok_or_else(|| "a block runs backward that never ran forward".into())
    }

    fn place(&self, value: Value, who: &str) -> Result<&'a Place, String> {
        self.function.places.get(&value).ok_or_else(|| format!("{who} needs {value:?}, which has no place"))
    }

    /// The memory in which a value lies.
    fn memory_of(&self, place: &Place) -> Result<Place, String> {
        let Place::Last(at) = place else { return Ok(place.clone()) };
        let kept = self.function.blocks.get(at).and_then(|block| block.kept.clone());
        kept.ok_or_else(|| "a block's last result, of a block that keeps nothing".into())
    }

    fn read(&self, value: Value, who: &str) -> Checked {
        let place = self.place(value, who)?;
        let held = self.memory.get(&key(&self.memory_of(place)?));
        let wrong = || format!("{who} reads {value:?} in {place:?}, which holds {held:?}");
        let node = &self.function.graph.node(value).kind;
        match place {
            Place::Input => ensure(matches!(node, Kind::Input(_)), wrong),
            Place::Parameter(leaf) => ensure(matches!(node, Kind::Parameter(i) if i == leaf), wrong),
            Place::Seed => ensure(self.role == Role::TrainedBlock && matches!(node, Kind::Seed), wrong),
            Place::Last(at) => ensure(held == Some(&Held::Kept(*at)), wrong),
            Place::Slot(_) | Place::Kept(_) | Place::Output | Place::HandedOn => {
                // the gradient of what went into a block is that block's step's result
                let made = match node {
                    Kind::Part(of, 0) => *of,
                    _ => value,
                };
                ensure(held == Some(&Held::Value(made)) || held == Some(&Held::Value(value)), wrong)
            }
        }
    }

    fn write(&mut self, value: Value) -> Checked {
        let place = self.place(value, "a step")?;
        let writable = matches!(place, Place::Slot(_) | Place::Kept(_) | Place::Output | Place::HandedOn);
        ensure(writable, || format!("{value:?} is written to {place:?}"))?;
        self.memory.insert(key(place), Held::Value(value));
        Ok(())
    }

    fn apart(&self, output: Value, reads: &[Value], who: &str) -> Checked {
        let to = self.place(output, who)?;
        for value in reads {
            let from = self.place(*value, who)?;
            ensure(key(to) != key(from), || {
                format!("{who} writes {output:?} over {value:?}, which it reads")
            })?;
        }
        Ok(())
    }

    /// Every parameter's gradient is made once, after the last step that reads the parameter.
    fn gradients(&self) -> Checked {
        if matches!(self.role, Role::Prediction | Role::PassedBlock) || self.function.seed.is_none() {
            return Ok(());
        }
        let graph = &self.function.graph;
        let leaf = |value: Value| match graph.node(value).kind {
            Kind::Parameter(leaf) => Some(leaf),
            _ => None,
        };
        let frozen = frozen(self.entries);
        let mut made: HashMap<usize, usize> = HashMap::new();
        for (at, step) in self.function.steps.iter().enumerate() {
            let leaves: Vec<usize> = match &step.work {
                Work::Gradient(leaf, _) => vec![*leaf],
                Work::RepeatBackward { inputs, .. } => {
                    let leaves = inputs.iter().filter_map(|value| leaf(*value));
                    leaves.filter(|leaf| frozen.get(*leaf) != Some(&true)).collect()
                }
                _ => vec![],
            };
            for leaf in leaves {
                ensure(made.insert(leaf, at).is_none(), || {
                    format!("the gradient of parameter {leaf} is made twice")
                })?;
            }
        }
        for (i, _) in graph.nodes().iter().enumerate() {
            let Some(leaf) = leaf(Value(i)) else { continue };
            if frozen.get(leaf) == Some(&true) {
                ensure(!made.contains_key(&leaf), || format!("frozen parameter {leaf} gets a gradient"))?;
                continue;
            }
            let Some(at) = made.get(&leaf) else { return Err(format!("parameter {leaf} gets no gradient")) };
            let later = self.function.steps.iter().skip(at + 1).find(|step| step.reads().contains(&Value(i)));
            ensure(later.is_none(), || format!("parameter {leaf} is read after it may have changed"))?;
        }
        Ok(())
    }

    /// Everything fits where it is put; no memory is there for nothing.
    fn lengths(&self) -> Checked {
        let Function { slots, kept, blocks, places, .. } = self.function;
        let room = |place: &Place| match place {
            Place::Slot(i) => Some(self.numbers(&slots[*i].length)),
            Place::Kept(i) => Some(self.numbers(&kept[*i].length)),
            _ => None,
        };
        let fits = |place: &Place, needs: (usize, usize), what: &dyn Fn() -> String| match room(place) {
            Some(room) => ensure(room.0 >= needs.0 && room.1 >= needs.1, || {
                format!("{} needs {needs:?}, has {room:?}", what())
            }),
            None => Ok(()),
        };
        let mut needed = (0, 0);
        let mut add = |needs: (usize, usize)| needed = (needed.0 + needs.0, needed.1 + needs.1);
        for (value, place) in places {
            let needs = self.numbers(&self.function.length(*value));
            fits(place, needs, &|| format!("{value:?}"))?;
            // a part is another name for its step's result
            if room(place).is_some() && !matches!(self.function.graph.node(*value).kind, Kind::Part(..)) {
                add(needs);
            }
        }
        for (at, block) in blocks {
            let step = &self.function.steps[*at];
            let (Work::Repeat { region, .. } | Work::RepeatBackward { region, .. }) = &step.work else {
                return Err(format!("step {at} runs no block"));
            };
            let one = self.numbers(&block.function.kept_length());
            let count = self.size(&region.count);
            if let Some(kept) = &block.kept {
                let needs = (one.0 * count, one.1 * count);
                fits(kept, needs, &|| format!("what `{}` keeps", region.name))?;
                if matches!(step.work, Work::Repeat { .. }) {
                    add(needs);
                }
            }
            if let Some(scratch) = &block.scratch {
                let needs = self.numbers(&block.function.slots_length());
                fits(scratch, needs, &|| format!("an iteration of `{}`", region.name))?;
                add(needs);
            }
            if let (Some(pair), Some(output)) = (&block.pair, step.output) {
                let own = self.place(output, "a block").map(room)?;
                // inside a block in prediction the result's place is the caller's, as long as the value
                let own = own.unwrap_or_else(|| self.numbers(&self.function.length(output)));
                ensure(room(pair) == Some(own), || {
                    format!("`{}` changes places of different lengths", region.name)
                })?;
                add(self.numbers(&self.function.length(output)));
            }
        }
        let total = slots.iter().chain(kept).map(|slot| self.numbers(&slot.length));
        let total = total.fold((0, 0), |sum, length| (sum.0 + length.0, sum.1 + length.1));
        ensure(total.0 <= needed.0 && total.1 <= needed.1, || {
            format!("{total:?} numbers of memory for {needed:?} of values")
        })
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

fn key(place: &Place) -> String {
    format!("{place:?}")
}

#[test]
fn random_stacks_are_planned_without_sharing() {
    let mut steps = 0;
    for seed in 0..400 {
        let declaration = Stack::random(seed);
        let (network, messages) = planned(&declaration);
        let Some(network) = network else { panic!("{declaration}\n{messages:?}") };
        steps += network.training.steps.len();
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

#[test]
fn two_values_in_one_slot_are_found() {
    let count = example().training.slots.len();
    assert!(count > 2);
    for (from, to) in (0..count).flat_map(|from| (0..from).map(move |to| (from, to))) {
        let mut network = example();
        let merge = |place: &mut Place| {
            if *place == Place::Slot(from) {
                *place = Place::Slot(to);
            }
        };
        network.training.places.values_mut().for_each(merge);
        for block in network.training.blocks.values_mut() {
            [&mut block.kept, &mut block.scratch, &mut block.pair].into_iter().flatten().for_each(merge);
        }
        // room is not what is wrong
        let longest = network.training.slots[from].length.max(&network.training.slots[to].length);
        network.training.slots[to].length = longest;
        check(&network, 1).expect_err("slots that could be one are one already");
    }
}

#[test]
fn a_short_slot_is_found() {
    for slot in 0..example().training.slots.len() {
        let mut network = example();
        network.training.slots[slot].length = Length::of(&(&Size::known(2) * &Size::batch()));
        check(&network, 1).expect_err("two numbers a sample are too few for anything there");
    }
}

#[test]
fn a_gradient_before_the_last_read_is_found() {
    let mut network = example();
    let graph = &network.training.graph;
    let read_backward = |leaf: usize| {
        let mut backward =
            network.training.steps.iter().filter(|step| step.backward && step.output.is_some());
        backward.any(|step| {
            step.reads().iter().any(|v| matches!(graph.node(*v).kind, Kind::Parameter(i) if i == leaf))
        })
    };
    let is_read = |step: &Step| matches!(step.work, Work::Gradient(leaf, _) if read_backward(leaf));
    let steps = &network.training.steps;
    let (from, to) = (steps.iter().position(is_read), steps.iter().position(|step| step.backward));
    let (Some(from), Some(to)) = (from, to) else { panic!("the gradient of `fc2`'s input reads its weight") };
    let steps = &mut network.training.steps;
    let gradient = steps.remove(from);
    steps.insert(to, gradient);
    let wrong = Run::of(&network.training, &network.entries, Role::Training, 1)
        .gradients()
        .expect_err("it is read after");
    assert!(wrong.contains("is read after"), "{wrong}");
}

#[test]
fn blocks_that_forget_are_found() {
    let mut network = example();
    let at = network
        .training
        .steps
        .iter()
        .position(|s| matches!(s.work, Work::Repeat { .. }))
        .expect("there is a block");
    let block = network.training.blocks.get_mut(&at).expect("it has a plan");
    let function = Rc::get_mut(&mut block.function);
    // forward and backward share the function: what one forgets the other misses
    assert!(function.is_none());
    let shared = Rc::clone(&block.function);
    let kept: Vec<Value> =
        shared.places.iter().filter(|(_, p)| matches!(p, Place::Kept(_))).map(|(v, _)| *v).collect();
    assert!(kept.len() > 1, "the block keeps more than its output");
    for value in kept {
        let mut places = shared.places.clone();
        places.insert(value, Place::Slot(0));
        let function = Function {
            graph: shared.graph.clone(),
            steps: shared.steps.clone(),
            names: shared.names.clone(),
            slots: shared.slots.iter().chain(&shared.kept).take(1).cloned().collect(),
            kept: shared.kept.clone(),
            blocks: shared.blocks.clone(),
            places,
            output: shared.output,
            input: shared.input,
            seed: shared.seed,
            handed_on: shared.handed_on,
        };
        Run::of(&function, &[], Role::TrainedBlock, 1)
            .check()
            .expect_err("a slot does not outlive the forward pass");
    }
}
