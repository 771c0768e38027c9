//! Goes through the steps in order and gives each value its place.
use super::lives::Lives;
use super::slots::Slots;
use super::{Function, Place, Ports, Purpose, Slot, length};
use crate::compiler::amount::Length;
use crate::compiler::root;
use crate::compiler::steps::{Fused, Step, Work};
use crate::graph::{Graph, Kind, Value};
use crate::types::Element;
use std::collections::HashMap;
use std::rc::Rc;

/// Planned blocks, by where they lie.
pub(super) type Functions = HashMap<usize, Rc<Function>>;

/// Names that generated functions use for themselves.
const RESERVED: [&str; 28] = [
    "x",
    "y",
    "d_x",
    "d_y",
    "rows",
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
    "state",
    "next_state",
    "prepared",
    "last",
    "collected",
    "si",
    "ki",
    "ply",
    "index",
];

pub(super) struct Planner<'f> {
    pub function: Function,
    pub lives: Lives,
    pub slots: Slots,
    pub functions: &'f mut Functions,
    /// Whether a result may take the place of what its step reads last.
    pub in_place: bool,
}

impl Planner<'_> {
    /// With results in the place of operands, if that takes no more room whatever the batch and the user's constants are:
    /// slots are given out step by step, so that what saves one now may cost another later.
    pub fn plan(fused: &Rc<Fused>, purpose: Purpose, functions: &mut Functions) -> Function {
        let [in_place, apart] =
            [true, false].map(|in_place| Self::planned(fused, purpose, functions, in_place));
        if apart.memory().covers(&in_place.memory()) { in_place } else { apart }
    }

    fn planned(fused: &Rc<Fused>, purpose: Purpose, functions: &mut Functions, in_place: bool) -> Function {
        let function = Function {
            fused: fused.clone(),
            purpose,
            ports: Ports::default(),
            places: HashMap::new(),
            names: HashMap::new(),
            slots: vec![],
            kept: vec![],
            runs: HashMap::new(),
            workspaces: HashMap::new(),
        };
        let slots = Slots::new(RESERVED.map(String::from));
        let mut planner = Planner { function, lives: Lives::of(fused), slots, functions, in_place };
        planner.ports();
        planner.border();
        let steps = fused.steps.len();
        for step in 0..=steps {
            if planner.function.purpose == Purpose::Training && step == planner.lives.loss_step {
                planner.loss();
            }
            if step < steps {
                planner.step(step);
            }
        }
        planner.function.slots = std::mem::take(&mut planner.slots.slots);
        planner.function
    }

    /// The function of a block, one for all its calls.
    pub fn callee(&mut self, fused: &Rc<Fused>) -> Rc<Function> {
        let at = Rc::as_ptr(fused).addr();
        if let Some(done) = self.functions.get(&at) {
            return done.clone();
        }
        let trains = fused.block.reverse.is_some();
        let purpose = if trains { Purpose::TrainedBlock } else { Purpose::PassedBlock };
        let function = Rc::new(Planner::plan(fused, purpose, self.functions));
        self.functions.insert(at, function.clone());
        function
    }

    pub fn graph(&self) -> &Graph {
        self.function.graph()
    }
    fn root(&self, value: Value) -> Value {
        root(self.graph(), value)
    }

    /// Names for what the caller hands over: those of the values, where there are several.
    fn ports(&mut self) {
        let block = self.function.fused.block.clone();
        let mut names = |values: &[Value], one: &str, prefix: &str| -> Vec<String> {
            if values.len() == 1 {
                return vec![one.into()];
            }
            let mut name = |v: &Value| self.slots.name(&format!("{prefix}{}", block.body.origin(*v)));
            values.iter().map(&mut name).collect()
        };
        let inputs = names(&block.inputs, "x", "");
        let outputs = names(&block.outputs, "y", "y_");
        let seeds = names(&block.outputs, "d_y", "d_y_");
        let gradients = names(&block.inputs, "d_x", "d_");
        let rows = block.reverse.as_ref().map_or(0, |reverse| reverse.rows.len());
        let rows = (0..rows).map(|r| self.slots.name(&format!("rows_{r}"))).collect();
        self.function.ports = Ports { inputs, outputs, seeds, gradients, rows };
    }

    /// Values that are where the caller says.
    fn border(&mut self) {
        let purpose = self.function.purpose;
        let block = self.function.fused.block.clone();
        for node in block.body.nodes() {
            let place = match node.kind {
                Kind::Input(k) => Place::Input(k),
                Kind::Parameter(k) => Place::Parameter(k),
                Kind::State(k) => Place::State(k),
                Kind::Prepared(k) => Place::Prepared(k),
                Kind::Seed(k) if purpose == Purpose::TrainedBlock => Place::Seed(k),
                _ => continue,
            };
            self.function.places.insert(node.results[0], place);
        }
        let loss = self.lives.loss();
        for (k, output) in block.outputs.iter().enumerate() {
            let output = self.root(*output);
            if purpose == Purpose::Training {
                // the loss reads the output while it writes the seed
                self.lives.last(output, loss);
            } else {
                self.function.places.insert(output, Place::Output(k));
            }
        }
        for (number, value) in &block.states {
            let value = self.root(*value);
            self.function.places.insert(value, Place::NextState(*number));
        }
        let Some(reverse) = &block.reverse else { return };
        for seed in reverse.seeds.iter().flatten().filter(|_| purpose == Purpose::Training) {
            let last = self.function.steps().iter().rposition(|step| step.reads().contains(seed));
            self.lives.begin(*seed, loss);
            self.lives.last(*seed, last.map_or(loss, |i| 2 * i));
        }
        for (k, gradient) in reverse.inputs.iter().enumerate() {
            let Some(gradient) = gradient.map(|v| self.root(v)) else { continue };
            if purpose == Purpose::Training {
                // who asked for it reads it at the end
                self.lives.last(gradient, 2 * self.function.steps().len());
            } else {
                self.function.places.insert(gradient, Place::Gradient(k));
            }
        }
        for (r, rows) in reverse.rows.iter().enumerate() {
            let rows = self.root(*rows);
            self.function.places.insert(rows, Place::Rows(r));
        }
    }

    /// What a value is called.
    pub fn label(&self, value: Value) -> String {
        let graph = self.graph();
        let step = graph.origin(value);
        step.to_string()
    }

    fn loss(&mut self) {
        let Some(reverse) = self.function.fused.block.reverse.clone() else { return };
        for seed in reverse.seeds.into_iter().flatten() {
            self.place(seed, &self.label(seed));
        }
    }

    fn step(&mut self, at: usize) {
        let step = self.function.steps()[at].clone();
        match &step.work {
            Work::Call(run) => self.call(at, &step, run),
            Work::Reverse(back) => self.reverse(at, back),
            work => {
                // a product is called after its layer, anything else after its last op
                let label = match work {
                    Work::Product { .. } if !step.backward => {
                        let value = step.outputs[0];
                        let product = self.product_of(value);
                        Some(product.map_or_else(
                            || self.label(value),
                            |v| self.graph().origin(v).layer().to_string(),
                        ))
                    }
                    _ => None,
                };
                let one_takes_it = step.outputs.len() < 2 || step.overwritable().is_empty();
                assert!(one_takes_it, "two results of a step would take the place of one operand");
                for output in &step.outputs {
                    let label = label.clone().unwrap_or_else(|| self.label(*output));
                    match self.overwritten(at, &step, *output) {
                        Some(slot) => {
                            let place = self.slots.hand_on(slot, &label, self.lives.get(*output).1);
                            self.note(*output, place);
                        }
                        None => self.place(*output, &label),
                    }
                }
                if let Work::Kernel(kernel) = work
                    && kernel.workspace.as_known() != Some(0)
                {
                    let label = step.outputs.first().map_or_else(String::new, |v| self.label(*v));
                    let length = Length::of(&kernel.workspace);
                    let name = format!("{label}_workspace");
                    let place = self.slots.take(&name, Element::F32, length, (2 * at, 2 * at));
                    self.function.workspaces.insert(at, place);
                }
            }
        }
    }

    /// The slot of an operand that a step reads last and whose place its result takes, where it is just as long: a longer
    /// one would be lost to what needs it.
    fn overwritten(&self, at: usize, step: &Step, output: Value) -> Option<usize> {
        let has_place = self.function.places.contains_key(&output) || self.is_kept(self.lives.get(output));
        if has_place || !self.in_place {
            return None;
        }
        let length = length(self.graph(), output);
        step.overwritable().into_iter().find_map(|value| match self.function.places.get(&value) {
            Some(Place::Slot(slot))
                if self.lives.get(value).1 == 2 * at && self.slots.slots[*slot].length == length =>
            {
                Some(*slot)
            }
            _ => None,
        })
    }

    /// The product whose epilogue makes a value.
    fn product_of(&self, value: Value) -> Option<Value> {
        let graph = self.graph();
        let mut look = vec![value];
        while let Some(value) = look.pop() {
            let Kind::Apply(op, _) = graph.kind(value) else { continue };
            if op.name() == "matmul" {
                return Some(value);
            }
            // what has a place of its own is not made here
            let made_here = |v: &&Value| !self.function.places.contains_key(v);
            look.extend(graph.inputs(value).iter().filter(made_here));
        }
        None
    }

    /// Gives a value that a step makes a place, unless it has one.
    pub fn place(&mut self, value: Value, label: &str) {
        if !self.function.places.contains_key(&value) {
            let place = self.room(value, label);
            self.note(value, place);
        }
    }

    /// Room for a value, for as long as it is needed.
    pub fn room(&mut self, value: Value, label: &str) -> Place {
        let (life, length) = (self.lives.get(value), length(self.graph(), value));
        self.room_for(label, self.graph().element(value), length, life)
    }

    /// Whether what lives so long is kept for the backward part of a block.
    fn is_kept(&self, life: (usize, usize)) -> bool {
        self.function.purpose == Purpose::TrainedBlock && self.lives.crosses(life)
    }

    /// Room for something: among what is kept, where a block's backward part reads it.
    pub fn room_for(&mut self, label: &str, element: Element, length: Length, life: (usize, usize)) -> Place {
        if self.is_kept(life) {
            let name = self.slots.name(label);
            self.function.kept.push(Slot { holds: vec![name.clone()], name, element, length });
            return Place::Kept(self.function.kept.len() - 1);
        }
        self.slots.take(label, element, length, life)
    }

    /// Notes where a value is, and that it is called what its slot was last said to hold.
    pub fn note(&mut self, value: Value, place: Place) {
        let slot = match &place {
            Place::Slot(i) => self.slots.slots.get(*i),
            Place::Kept(i) => self.function.kept.get(*i),
            _ => None,
        };
        if let Some(name) = slot.and_then(|slot| slot.holds.last()) {
            self.function.names.insert(value, name.clone());
        }
        self.function.places.insert(value, place);
    }
}
