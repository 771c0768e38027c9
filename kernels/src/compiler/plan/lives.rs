//! The first and the last moment at which each value is needed: step `i` runs at moment `2 i`, the loss at the odd moment
//! before the first backward step.
use crate::compiler::steps::{Fused, Step, Work};
use crate::graph::Value;
use std::collections::HashMap;

pub(super) struct Lives {
    lives: HashMap<Value, (usize, usize)>,
    /// The first step of the backward pass; as many steps as there are where there is none.
    pub loss_step: usize,
    /// For each reverse, by its forward call's first result, the step that runs it last.
    reversed: HashMap<Value, usize>,
    /// The step of each call, by its first result.
    called: HashMap<Value, usize>,
    /// For each reverse that collects, the one that began to collect there.
    collections: HashMap<usize, usize>,
    /// The last moment at which what is collected is needed, by the step that began.
    collected_until: HashMap<usize, usize>,
}

impl Lives {
    pub fn of(fused: &Fused) -> Lives {
        let steps = &fused.steps;
        let loss_step = steps.iter().position(|s| s.backward).unwrap_or(steps.len());
        let mut lives = Lives {
            lives: HashMap::new(),
            loss_step,
            reversed: HashMap::new(),
            called: HashMap::new(),
            collections: HashMap::new(),
            collected_until: HashMap::new(),
        };
        for (i, step) in steps.iter().enumerate() {
            let at = 2 * i;
            for output in &step.outputs {
                lives.lives.entry(*output).or_insert((at, at));
            }
            for value in step.reads() {
                lives.last(value, at);
            }
            match &step.work {
                Work::Call(_) => {
                    lives.called.insert(step.outputs[0], i);
                }
                Work::Reverse(back) => {
                    lives.reversed.insert(back.outputs[0], i);
                }
                _ => {}
            }
        }
        lives.collect(steps);
        lives
    }
    /// Finds out which reverses collect in one slot: one that adds to what lies in one slot goes on there; one that adds
    /// to what lies in several, or elsewhere, begins anew with what there is.
    fn collect(&mut self, steps: &[Step]) {
        let mut began: HashMap<Value, usize> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            let Work::Reverse(back) = &step.work else { continue };
            if !back.collects {
                continue;
            }
            let mut there = back.onto.iter().map(|(_, value)| began.get(value).copied());
            let one = there.next().flatten().filter(|first| there.all(|other| other == Some(*first)));
            let first = one.unwrap_or(at);
            self.collections.insert(at, first);
            for value in back.results.parameters.iter().flatten() {
                began.insert(*value, first);
                let last = self.get(*value).1.max(2 * at);
                let until = self.collected_until.entry(first).or_default();
                *until = last.max(*until);
            }
        }
    }
    /// For a reverse that collects: the step that began to collect there, and the last moment at which that is needed.
    pub fn collection(&self, at: usize) -> (usize, usize) {
        let first = self.collections.get(&at).copied().unwrap_or(at);
        (first, self.collected_until.get(&first).copied().unwrap_or(2 * at))
    }
    /// The moment of the loss.
    pub fn loss(&self) -> usize {
        (2 * self.loss_step).saturating_sub(1)
    }
    /// When a value is needed; at no moment, if nobody makes it.
    pub fn get(&self, value: Value) -> (usize, usize) {
        self.lives.get(&value).copied().unwrap_or_default()
    }
    /// A value is still needed at that moment.
    pub fn last(&mut self, value: Value, at: usize) {
        self.lives.entry(value).and_modify(|(_, last)| *last = (*last).max(at));
    }
    /// A value is there from that moment on.
    pub fn begin(&mut self, value: Value, at: usize) {
        let last = self.get(value).1;
        self.lives.insert(value, (at, last.max(at)));
    }
    /// The step that reverses the call whose first result is this.
    pub fn reversed(&self, output: Value) -> Option<usize> {
        self.reversed.get(&output).copied()
    }
    /// The step that runs the call whose first result is this.
    pub fn called(&self, output: Value) -> Option<usize> {
        self.called.get(&output).copied()
    }
    /// Whether something is made before the loss and needed after it.
    pub fn crosses(&self, (from, to): (usize, usize)) -> bool {
        from < self.loss() && to > self.loss()
    }
}
