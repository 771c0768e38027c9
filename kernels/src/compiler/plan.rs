//! Steps to memory: which slot holds which value when. Nothing here orders symbolic sizes; where only the user's
//! constants say which of two values is larger, their slot is as large as either.
use super::Forward;
use super::amount::Length;
use super::autodiff::Differentiated;
use super::fuse::{Wanted, fuse, root};
use super::steps::{Step, Work};
use crate::graph::{Graph, Kind, Region, Value};
use crate::shape::elements;
use std::collections::HashMap;
use std::rc::Rc;

/// A function to emit: one direction pair (or prediction alone) of the network or of a block.
pub struct Function {
    /// The graph its values are nodes of.
    pub graph: Graph,
    /// What runs, in order.
    pub steps: Vec<Step>,
    /// Where each value is.
    pub places: HashMap<Value, Place>,
    /// What each value is called.
    pub names: HashMap<Value, String>,
    /// Memory that is free again when the function returns; of a network that trains, all of it.
    pub slots: Vec<Slot>,
    /// Memory that a block's forward leaves for its backward; the output is first.
    pub kept: Vec<Slot>,
    /// The memory of each block it runs, by the step that runs it.
    pub blocks: HashMap<usize, Block>,
    /// What comes out.
    pub output: Value,
    /// What goes in.
    pub input: Option<Value>,
    /// Of a network that trains: the output's gradient. Of a block: the same, handed in.
    pub seed: Option<Value>,
    /// Of a block that trains: the gradient it hands on.
    pub handed_on: Option<Value>,
}

/// Where a value is while a function runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The function's input.
    Input,
    /// Where the function's caller wants the output.
    Output,
    /// The gradient of a block's output, handed in.
    Seed,
    /// Where a block's caller wants the gradient of its input.
    HandedOn,
    /// A parameter leaf.
    Parameter(usize),
    /// A slot.
    Slot(usize),
    /// A slot of what is kept.
    Kept(usize),
    /// The output of a block's last iteration, in what the block kept: the step that ran it.
    Last(usize),
}

/// A piece of memory that holds one value at a time.
#[derive(Clone, Debug)]
pub struct Slot {
    /// After the first value it holds.
    pub name: String,
    /// Large enough for all of them.
    pub length: Length,
    /// What it holds, in order.
    pub holds: Vec<String>,
    /// Whether it changes places with another, so that its length must not change.
    paired: bool,
    /// The last moment at which what it holds now is read.
    busy_until: usize,
}

/// What a step that runs a block needs.
#[derive(Clone)]
pub struct Block {
    /// The block's functions.
    pub function: Rc<Function>,
    /// Where every iteration's values are kept for the backward pass, if there is one.
    pub kept: Option<Place>,
    /// Where one iteration works, if it needs to.
    pub scratch: Option<Place>,
    /// What changes places with the output after every iteration.
    pub pair: Option<Place>,
}

/// Names that generated functions use for themselves.
const RESERVED: [&str; 18] = [
    "x",
    "y",
    "d_x",
    "d_y",
    "p",
    "q",
    "s",
    "k",
    "n",
    "i",
    "at",
    "frozen_at",
    "to",
    "cpu",
    "random",
    "memory",
    "before",
    "here",
];

/// What a function is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The network in training: forward, loss, backward.
    Training,
    /// The network in prediction.
    Prediction,
    /// A block in training.
    TrainedBlock,
    /// A block in training or prediction that no backward pass reads.
    PassedBlock,
}

impl Function {
    /// How many numbers per sample and besides its slots are.
    pub fn slots_length(&self) -> Length {
        total(&self.slots)
    }
    /// Whether one direction of it works in slots.
    pub fn works_in_slots(&self, backward: bool) -> bool {
        self.steps.iter().enumerate().filter(|(_, step)| step.backward == backward).any(|(at, step)| {
            let in_slot = |value: &Value| matches!(self.places.get(value), Some(Place::Slot(_)));
            let of_block = self.blocks.get(&at).is_some_and(|b| b.scratch.is_some() || b.pair.is_some());
            let kept_here = |b: &Block| matches!(b.kept, Some(Place::Slot(_)));
            step.output.iter().any(in_slot) || of_block || self.blocks.get(&at).is_some_and(kept_here)
        })
    }
    /// How many numbers one iteration keeps.
    pub fn kept_length(&self) -> Length {
        total(&self.kept)
    }
    /// The length of a value.
    pub fn length(&self, value: Value) -> Length {
        Length::of(&elements(self.graph.shape(value)))
    }
}

/// The memory for several slots.
fn total(slots: &[Slot]) -> Length {
    let padded: Vec<Length> = slots.iter().map(|slot| slot.length.padded()).collect();
    Length::sum(padded.iter())
}

/// The network as it trains.
pub fn training(differentiated: &Differentiated) -> Function {
    let Differentiated { graph, output, seed, gradients, forward } = differentiated;
    let (graph, output, seed, forward) = (graph.clone(), *output, *seed, *forward);
    let gradients: Vec<_> =
        gradients.iter().enumerate().filter_map(|(leaf, g)| g.map(|g| (leaf, g))).collect();
    let (gradients, outputs) = own(&graph, gradients, vec![output]);
    let steps = fuse(&graph, &Wanted { outputs: &outputs, gradients, forward });
    Planner::plan(graph, steps, output, Some(seed), None, Role::Training)
}

/// The network as it predicts.
pub fn prediction(forward: &Forward) -> Function {
    let (graph, output) = (forward.graph.clone(), forward.output);
    let forward = graph.len();
    let steps = fuse(&graph, &Wanted { outputs: &[output], gradients: vec![], forward });
    Planner::plan(graph, steps, output, None, None, Role::Prediction)
}

/// Gradients that this function makes, and what must run besides `outputs`: the gradients of a block's parameters are
/// made by the block.
fn own(
    graph: &Graph,
    gradients: Vec<(usize, Value)>,
    mut outputs: Vec<Value>,
) -> (Vec<(usize, Value)>, Vec<Value>) {
    let by_block = |g: &Value| matches!(graph.node(root(graph, *g)).kind, Kind::Part(..));
    outputs.extend(gradients.iter().map(|(_, g)| *g).filter(by_block));
    (gradients.into_iter().filter(|(_, g)| !by_block(g)).collect(), outputs)
}

/// A block that no backward pass reads: all of it, in prediction; in training what lies before everything that learns.
fn passed(region: &Region) -> Function {
    let graph = region.body.clone();
    let steps = fuse(&graph, &Wanted { outputs: &[region.output], gradients: vec![], forward: graph.len() });
    Planner::plan(graph, steps, region.output, None, None, Role::PassedBlock)
}

fn block(region: &Region) -> Function {
    let graph = region.body.clone();
    let leaves: Vec<usize> = (0..).take(region.gradients.len().saturating_sub(1)).collect();
    let seed = graph.nodes().iter().position(|n| matches!(n.kind, Kind::Seed)).map(Value);
    let forward = seed.map_or(graph.len(), |seed| seed.0);
    let handed_on = region.gradients[0];
    let outputs: Vec<Value> = std::iter::once(region.output).chain(handed_on).collect();
    let gradients = leaves.iter().filter_map(|leaf| region.gradients[leaf + 1].map(|g| (*leaf, g))).collect();
    let (gradients, outputs) = own(&graph, gradients, outputs);
    let steps = fuse(&graph, &Wanted { outputs: &outputs, gradients, forward });
    Planner::plan(graph, steps, region.output, seed, handed_on, Role::TrainedBlock)
}

struct Planner {
    function: Function,
    role: Role,
    /// The first and the last moment at which each value is needed: step `i` runs at moment `2 i`, the loss at the
    /// odd moment before the first backward step.
    lives: HashMap<Value, (usize, usize)>,
    names: Vec<String>,
}

impl Planner {
    fn plan(
        graph: Graph,
        steps: Vec<Step>,
        output: Value,
        seed: Option<Value>,
        handed_on: Option<Value>,
        role: Role,
    ) -> Function {
        let output = root(&graph, output);
        let handed_on = handed_on.map(|v| root(&graph, v));
        let input = graph.nodes().iter().position(|n| matches!(n.kind, Kind::Input(_))).map(Value);
        let function = Function {
            graph,
            steps,
            places: HashMap::new(),
            names: HashMap::new(),
            slots: vec![],
            kept: vec![],
            blocks: HashMap::new(),
            output,
            input,
            seed,
            handed_on,
        };
        let mut planner =
            Planner { function, role, lives: HashMap::new(), names: RESERVED.map(String::from).to_vec() };
        planner.leaves();
        planner.measure();
        planner.outside();
        for step in 0..planner.function.steps.len() {
            if planner.role == Role::Training && step == planner.loss_step() {
                planner.loss();
            }
            planner.step(step);
        }
        if planner.role == Role::Training && planner.loss_step() == planner.function.steps.len() {
            planner.loss();
        }
        planner.function
    }

    /// The first step of the backward pass: between it and the one before, the loss turns the output into the seed.
    fn loss_step(&self) -> usize {
        self.function.steps.iter().position(|s| s.backward).unwrap_or(self.function.steps.len())
    }

    fn loss_moment(&self) -> usize {
        (2 * self.loss_step()).saturating_sub(1)
    }

    fn leaves(&mut self) {
        for (i, node) in self.function.graph.nodes().iter().enumerate() {
            let place = match node.kind {
                Kind::Input(_) => Place::Input,
                Kind::Parameter(leaf) => Place::Parameter(leaf),
                Kind::Seed if self.role != Role::Training => Place::Seed,
                _ => continue,
            };
            self.function.places.insert(Value(i), place);
        }
    }

    /// Parts of a block's reverse are that step's output.
    fn stored(&self, value: Value) -> Value {
        match self.function.graph.node(value).kind {
            Kind::Part(of, _) => of,
            _ => value,
        }
    }

    fn measure(&mut self) {
        for (i, step) in self.function.steps.iter().enumerate() {
            let at = 2 * i;
            if let Some(output) = step.output {
                self.lives.insert(output, (at, at));
            }
            for value in step.reads() {
                let value = self.stored(value);
                self.lives.entry(value).and_modify(|(_, last)| *last = at);
            }
        }
        let loss = self.loss_moment();
        let output = self.function.output;
        // the loss reads the output while it writes the seed
        self.lives.entry(output).and_modify(|(_, last)| *last = (*last).max(loss));
        if let Some(seed) = self.function.seed {
            let reads = |step: &Step| step.reads().iter().any(|v| self.stored(*v) == seed);
            let last = self.function.steps.iter().rposition(reads).map_or(loss, |i| 2 * i);
            self.lives.insert(seed, (loss, last));
        }
    }

    /// Values that live where the caller says.
    fn outside(&mut self) {
        let output = self.function.output;
        match self.role {
            Role::Training => {}
            Role::Prediction | Role::PassedBlock => {
                self.function.places.insert(output, Place::Output);
            }
            Role::TrainedBlock => {
                self.keep(output);
                if let Some(handed_on) = self.function.handed_on {
                    self.function.places.insert(handed_on, Place::HandedOn);
                }
            }
        }
    }

    fn name(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "value" } else { wanted };
        let candidates = std::iter::once(wanted.to_string()).chain((2..).map(|i| format!("{wanted}_{i}")));
        let name = candidates.into_iter().find(|c| !self.names.contains(c)).unwrap_or_default();
        self.names.push(name.clone());
        name
    }

    fn label(&self, value: Value) -> String {
        let of_step = self.function.steps.iter().find(|s| s.output == Some(value)).map(|s| s.label.clone());
        of_step.unwrap_or_else(|| self.function.graph.node(value).label.clone())
    }

    fn keep(&mut self, value: Value) {
        let (label, length) = (self.label(value), self.function.length(value));
        let place = self.keep_slot(&label, length);
        self.call(value, place);
    }
    /// Notes where a value is, and that it is called what its slot was last said to hold.
    fn call(&mut self, value: Value, place: Place) {
        let slot = match &place {
            Place::Slot(i) => self.function.slots.get(*i),
            Place::Kept(i) => self.function.kept.get(*i),
            _ => None,
        };
        if let Some(name) = slot.and_then(|slot| slot.holds.last()) {
            self.function.names.insert(value, name.clone());
        }
        self.function.places.insert(value, place);
    }
    fn keep_slot(&mut self, label: &str, length: Length) -> Place {
        let name = self.name(label);
        self.function.kept.push(Slot {
            holds: vec![name.clone()],
            name,
            length,
            paired: false,
            busy_until: usize::MAX,
        });
        Place::Kept(self.function.kept.len() - 1)
    }

    /// A slot for something that lives from step `from` to step `to`.
    fn slot(&mut self, label: &str, length: Length, from: usize, to: usize, paired: bool) -> Place {
        let name = self.name(label);
        let free = |slot: &Slot| !paired && slot.busy_until < from;
        let fits = |slot: &Slot| match (slot.length.known(), length.known()) {
            (Some((a, b)), Some((c, d))) => a >= c && b >= d,
            _ => slot.length == length,
        };
        let slots = &self.function.slots;
        let candidates = || slots.iter().enumerate().filter(|(_, slot)| free(slot));
        let size = |(_, slot): &(usize, &Slot)| slot.length.known();
        // the tightest that is large enough; else the largest, grown; two that change places never grow
        let tight = candidates().filter(|(_, slot)| fits(slot)).min_by_key(size);
        let chosen =
            tight.or_else(|| candidates().filter(|(_, slot)| !slot.paired).max_by_key(size)).map(|(i, _)| i);
        let at = chosen.unwrap_or(slots.len());
        match self.function.slots.get_mut(at) {
            Some(slot) => {
                slot.length = if slot.paired { slot.length.clone() } else { slot.length.max(&length) };
                slot.holds.push(name);
                slot.busy_until = to;
            }
            None => {
                let slot = Slot { holds: vec![name.clone()], name, length, paired, busy_until: to };
                self.function.slots.push(slot);
            }
        }
        Place::Slot(at)
    }

    fn loss(&mut self) {
        let Some(seed) = self.function.seed else { return };
        let (from, to) = self.lives[&seed];
        let (label, length) = (self.label(seed), self.function.length(seed));
        let place = self.slot(&label, length, from, to, false);
        self.call(seed, place);
    }

    fn step(&mut self, at: usize) {
        let step = self.function.steps[at].clone();
        match &step.work {
            Work::Repeat { region, .. } => self.repeat(at, &step, region),
            Work::RepeatBackward { region, forward, .. } => self.repeat_backward(at, &step, region, *forward),
            _ => {
                if let Some(output) = step.output {
                    self.place(output, false);
                }
            }
        }
    }

    /// Whether a value made in forward is read in backward.
    fn crosses(&self, (from, to): (usize, usize)) -> bool {
        from < self.loss_moment() && to > self.loss_moment()
    }

    fn place(&mut self, value: Value, paired: bool) {
        if self.function.places.contains_key(&value) {
            return;
        }
        let life = self.lives[&value];
        if self.role == Role::TrainedBlock && self.crosses(life) {
            return self.keep(value);
        }
        let (label, length) = (self.label(value), self.function.length(value));
        let place = self.slot(&label, length, life.0, life.1, paired);
        self.call(value, place);
    }

    fn scratch(&mut self, at: usize, label: &str, function: &Function) -> Option<Place> {
        if !function.works_in_slots(self.function.steps[at].backward) {
            return None;
        }
        let length = function.slots_length();
        Some(self.slot(&format!("{label}_scratch"), length, 2 * at, 2 * at, false))
    }

    fn repeat(&mut self, at: usize, step: &Step, region: &Rc<Region>) {
        let Some(output) = step.output else { return };
        // where there is no backward pass, nobody reads what an iteration leaves
        let keeps = !region.gradients.is_empty();
        let function = Rc::new(if keeps { block(region) } else { passed(region) });
        let scratch = self.scratch(at, &step.label, &function);
        let (mut kept, mut pair) = (None, None);
        if keeps {
            let backward =
                |s: &Step| matches!(&s.work, Work::RepeatBackward { forward, .. } if *forward == output);
            let until = self.function.steps.iter().rposition(backward).map_or(2 * at, |i| 2 * i);
            let until = until.max(self.lives[&output].1);
            let length = function.kept_length().times(&region.count);
            let place = if self.role == Role::TrainedBlock && self.crosses((2 * at, until)) {
                self.keep_slot(&step.label, length)
            } else {
                self.slot(&step.label, length, 2 * at, until, false)
            };
            kept = Some(place);
            self.function.places.insert(output, Place::Last(at));
        } else {
            self.place(output, true);
            let length = self.function.length(output);
            pair = Some(self.slot(&format!("{}_next", step.label), length, 2 * at, 2 * at, true));
        }
        self.function.blocks.insert(at, Block { function, kept, scratch, pair });
    }

    fn repeat_backward(&mut self, at: usize, step: &Step, _: &Rc<Region>, forward: Value) {
        let Some(output) = step.output else { return };
        let Some((_, block)) =
            self.function.blocks.iter().find(|(i, _)| self.function.steps[**i].output == Some(forward))
        else {
            return;
        };
        let (function, kept) = (block.function.clone(), block.kept.clone());
        let scratch = self.scratch(at, &step.label, &function);
        self.place(output, true);
        let length = self.function.length(output);
        let pair = Some(self.slot(&format!("{}_next", step.label), length, 2 * at, 2 * at, true));
        // what is handed out of the block is its first part: the gradient of what went in
        let (place, name) =
            (self.function.places[&output].clone(), self.function.names.get(&output).cloned());
        let parts = (0..self.function.graph.len()).map(Value);
        let of_this =
            |v: &Value| matches!(self.function.graph.node(*v).kind, Kind::Part(of, 0) if of == output);
        if let Some(part) = parts.rev().find(of_this) {
            self.function.places.insert(part, place);
            self.function.names.extend(name.map(|name| (part, name)));
        }
        self.function.blocks.insert(at, Block { function, kept, scratch, pair });
    }
}
