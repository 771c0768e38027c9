//! Steps to memory: which slot holds which value when. Nothing here orders symbolic sizes; where only the user's
//! constants say which of two values is larger, their slot is as large as either.
mod calls;
mod lives;
mod planner;
mod slots;

use super::amount::Length;
use super::steps::{Fused, Step};
use crate::graph::{Graph, Value};
use crate::shape::{Size, elements};
use crate::types::Element;
use std::collections::HashMap;
use std::rc::Rc;

/// A function to emit: one direction pair (or the forward direction alone) of the network or of a block.
pub struct Function {
    /// Its steps.
    pub fused: Rc<Fused>,
    /// What it is for.
    pub purpose: Purpose,
    /// What its inputs, outputs and their gradients are called.
    pub ports: Ports,
    /// Where each value is.
    pub places: HashMap<Value, Place>,
    /// What each value is called.
    pub names: HashMap<Value, String>,
    /// Memory that is free again when the function returns; of a network that trains, all of it.
    pub slots: Vec<Slot>,
    /// Memory that a block's forward leaves for its backward.
    pub kept: Vec<Slot>,
    /// What each step that runs a block needs.
    pub runs: HashMap<usize, RunPlan>,
    /// The workspace of each step that asks for one.
    pub workspaces: HashMap<usize, Place>,
}

/// What a function calls what its caller hands it.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    /// Inputs: `x` if there is one.
    pub inputs: Vec<String>,
    /// Outputs: `y` if there is one.
    pub outputs: Vec<String>,
    /// Gradients of outputs.
    pub seeds: Vec<String>,
    /// Gradients of inputs.
    pub gradients: Vec<String>,
    /// Rows for deferred products.
    pub rows: Vec<String>,
}

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The network in training: forward, loss, backward.
    Training,
    /// The network in prediction.
    Prediction,
    /// What is made before the first prediction, of parameters and states.
    Preparation,
    /// A block whose forward keeps what its backward needs.
    TrainedBlock,
    /// A block that no backward pass reads.
    PassedBlock,
}

/// Where a value is while a function runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The function's input of that number.
    Input(usize),
    /// Where the function's caller wants the output of that number.
    Output(usize),
    /// The gradient of a block's output of that number, handed in.
    Seed(usize),
    /// Where a block's caller wants the gradient of its input of that number.
    Gradient(usize),
    /// Where a block's caller wants the rows of that number.
    Rows(usize),
    /// A parameter by its number.
    Parameter(usize),
    /// A state by its number.
    State(usize),
    /// What this step makes of that state.
    NextState(usize),
    /// What was prepared, by its number.
    Prepared(usize),
    /// A slot.
    Slot(usize),
    /// A slot of what is kept.
    Kept(usize),
    /// The last run's output, in what all runs left: the step that ran the block, the output's number.
    Last(usize, usize),
    /// Among the gradients that the reverse at that step collected: the parameter's number in the block.
    Collected(usize, usize),
}

/// A piece of memory that holds one value at a time.
#[derive(Clone, Debug)]
pub struct Slot {
    /// After the first value it holds.
    pub name: String,
    /// The type of its numbers.
    pub element: Element,
    /// Large enough for all of them.
    pub length: Length,
    /// What it holds, in order.
    pub holds: Vec<String>,
}

/// What a step that runs a block needs.
#[derive(Clone)]
pub struct RunPlan {
    /// The block's functions.
    pub function: Rc<Function>,
    /// Where all runs keep what the backward pass reads, if they keep anything: real numbers, then indices.
    pub kept: [Option<Place>; 2],
    /// Where one run works, if it needs to: real numbers, then indices.
    pub scratch: [Option<Place>; 2],
    /// Of a forward step: where the runs leave each output.
    pub outputs: Vec<Left>,
    /// Of a reverse: where the gradient of each input is, where one is made.
    pub inputs: Vec<Option<Back>>,
    /// Of a reverse: a value of zeros for each output whose gradient only the last run is handed.
    pub zeros: Vec<Option<Place>>,
    /// Of a reverse: where the gradients of parameters are collected, if they are.
    pub collected: Option<Collected>,
    /// The step that runs the block forward.
    pub forward: usize,
}

/// Where a reverse collects the gradients of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// One run's after the other, as the parameters lie.
    pub place: Place,
    /// Whether it begins there, with zeros and what there is already of some gradients; else these lie there.
    pub begins: bool,
}

/// Where runs leave an output.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// Each in the same place.
    Once(Place),
    /// Run `i` in entry `i`; entries begin at cache lines if they are padded.
    Stack {
        /// The entries.
        place: Place,
        /// Whether there is room between them.
        padded: bool,
    },
    /// In turns in these, the last in the first.
    Pair(Place, Place),
}

/// Where runs backward leave the gradient of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Back {
    /// There is one run.
    Once(Place),
    /// In turns in these, the last in the first.
    Pair(Place, Place),
    /// Run `i` in entry `i`.
    Stack(Place),
    /// Each run writes the second, which is added to the first.
    Sum(Place, Place),
}

impl Function {
    /// The graph its values are of.
    pub fn graph(&self) -> &Graph {
        &self.fused.block.body
    }
    /// What runs, in order.
    pub fn steps(&self) -> &[Step] {
        &self.fused.steps
    }
    /// The slot of a place.
    pub fn slot(&self, place: &Place) -> Option<&Slot> {
        match place {
            Place::Slot(i) => self.slots.get(*i),
            Place::Kept(i) => self.kept.get(*i),
            _ => None,
        }
    }
    /// How many numbers of that type its slots are.
    pub fn slots_length(&self, element: Element) -> Length {
        total(&self.slots, element)
    }
    /// How many numbers of that type one run keeps.
    pub fn kept_length(&self, element: Element) -> Length {
        total(&self.kept, element)
    }
    /// How many numbers it works in and keeps, of any type.
    pub fn memory(&self) -> Length {
        let of = |element: Element| [self.slots_length(element), self.kept_length(element)];
        Length::sum(Element::ALL.map(of).as_flattened().iter())
    }
    /// Whether one direction of it works in slots of numbers of that type.
    pub fn works_in(&self, element: Element, backward: bool) -> bool {
        let steps = self.steps().iter().enumerate().filter(|(_, step)| step.backward == backward);
        let in_slot = |place: &Place| {
            matches!(place, Place::Slot(_)) && self.slot(place).is_some_and(|slot| slot.element == element)
        };
        steps.into_iter().any(|(at, step)| {
            let output = |v: &Value| self.places.get(v).is_some_and(in_slot);
            let run = self.runs.get(&at).is_some_and(|run| run.places().into_iter().any(in_slot));
            step.outputs.iter().any(output) || run || self.workspaces.get(&at).is_some_and(in_slot)
        })
    }
    /// The length of a value.
    pub fn length(&self, value: Value) -> Length {
        length(self.graph(), value)
    }
}

impl RunPlan {
    /// Every place that the step writes besides its results.
    pub fn places(&self) -> Vec<&Place> {
        let mut places: Vec<&Place> = self.kept.iter().chain(&self.scratch).flatten().collect();
        places.extend(self.outputs.iter().flat_map(Left::places));
        places.extend(self.inputs.iter().flatten().flat_map(Back::places));
        places.extend(
            self.zeros.iter().flatten().chain(self.collected.iter().map(|collected| &collected.place)),
        );
        places
    }
}
impl Left {
    /// What is written.
    pub fn places(&self) -> Vec<&Place> {
        match self {
            Left::Once(place) | Left::Stack { place, .. } => vec![place],
            Left::Pair(place, next) => vec![place, next],
        }
    }
}
impl Back {
    /// What is written.
    pub fn places(&self) -> Vec<&Place> {
        match self {
            Back::Once(place) | Back::Stack(place) => vec![place],
            Back::Pair(place, next) | Back::Sum(place, next) => vec![place, next],
        }
    }
}

fn length(graph: &Graph, value: Value) -> Length {
    Length::of(&elements(graph.shape(value)))
}

/// The memory for several slots.
fn total(slots: &[Slot], element: Element) -> Length {
    let of = slots.iter().filter(|slot| slot.element == element);
    let padded: Vec<Length> = of.map(|slot| slot.length.padded()).collect();
    Length::sum(padded.iter())
}

/// The functions of a network and of the blocks that it calls: one for each block, hanging below its calls.
pub fn plan(fused: &Rc<Fused>, purpose: Purpose) -> Function {
    planner::Planner::plan(fused, purpose, &mut planner::Functions::default())
}

/// The numbers of an entry with room up to the next cache line.
pub fn padded(length: &Length, count: &Size) -> Length {
    length.padded().times(count)
}
