//! Slots under allocation: which are free at a moment, and which of these suits a value best. Nothing here searches what is
//! in use, so that a network of thousands of layers is planned in time.
use super::{Place, Slot};
use crate::compiler::amount::Length;
use crate::types::Element;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

/// A slot's length as far as it can be ordered: numbers per sample, and besides.
type Known = (usize, usize);

#[derive(Default)]
pub(super) struct Slots {
    pub slots: Vec<Slot>,
    names: HashSet<String>,
    /// How often each name was wanted.
    wanted: HashMap<String, usize>,
    /// The last moment of each slot in use.
    until: Vec<Option<usize>>,
    /// The slots in use by their last moment. One that was handed on stands there twice, once with what is no longer its
    /// last moment.
    busy: BinaryHeap<Reverse<(usize, usize)>>,
    /// Free slots of known length.
    free: HashMap<Element, BTreeMap<Known, Vec<usize>>>,
    /// Free slots whose length only the user's constants decide.
    symbolic: Vec<usize>,
}

impl Slots {
    /// None so far, and names that none may have.
    pub fn new(reserved: impl IntoIterator<Item = String>) -> Slots {
        Slots { names: reserved.into_iter().collect(), ..Slots::default() }
    }

    /// A name that nothing else has.
    pub fn name(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "value" } else { wanted };
        if self.names.insert(wanted.to_string()) {
            return wanted.to_string();
        }
        let count = self.wanted.entry(wanted.to_string()).or_insert(1);
        loop {
            *count += 1;
            let name = format!("{wanted}_{count}");
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }

    /// A slot for something that lives from one moment to another: the tightest free one that is large enough, else the
    /// largest free one, grown, else a new one.
    pub fn take(
        &mut self,
        name: &str,
        element: Element,
        length: Length,
        (from, to): (usize, usize),
    ) -> Place {
        let name = self.name(name);
        while let Some(Reverse((until, at))) = self.busy.peek().copied() {
            if until >= from {
                break;
            }
            self.busy.pop();
            if self.until[at] == Some(until) {
                self.release(at);
            }
        }
        let at = match self.fitting(element, &length) {
            Some(at) => {
                let slot = &mut self.slots[at];
                slot.length.grow(&length);
                slot.holds.push(name);
                at
            }
            None => {
                self.slots.push(Slot { holds: vec![name.clone()], name, element, length });
                self.until.push(None);
                self.slots.len() - 1
            }
        };
        self.occupy(at, to)
    }

    /// A slot in use, for something as long that takes the place of what it holds and lives until then.
    pub fn hand_on(&mut self, at: usize, name: &str, to: usize) -> Place {
        let name = self.name(name);
        self.slots[at].holds.push(name);
        self.occupy(at, to)
    }

    fn occupy(&mut self, at: usize, to: usize) -> Place {
        self.until[at] = Some(to);
        self.busy.push(Reverse((to, at)));
        Place::Slot(at)
    }

    fn release(&mut self, at: usize) {
        self.until[at] = None;
        let slot = &self.slots[at];
        match slot.length.known() {
            Some(known) => self.free.entry(slot.element).or_default().entry(known).or_default().push(at),
            None => self.symbolic.push(at),
        }
    }

    fn fitting(&mut self, element: Element, length: &Length) -> Option<usize> {
        if let Some(known) = length.known() {
            let free = self.free.entry(element).or_default();
            let fits = free.range(known..).find(|((_, fixed), _)| *fixed >= known.1).map(|(key, _)| *key);
            if let Some(key) = fits.or_else(|| free.keys().next_back().copied()) {
                let slots = free.get_mut(&key)?;
                let at = slots.pop();
                if slots.is_empty() {
                    free.remove(&key);
                }
                return at;
            }
        }
        let of = |at: &usize| self.slots[*at].element == element;
        let equal = self.symbolic.iter().position(|at| of(at) && self.slots[*at].length == *length);
        let any = || self.symbolic.iter().position(of);
        if let Some(i) = equal.or_else(any) {
            return Some(self.symbolic.swap_remove(i));
        }
        // a symbolic value in a slot of known length: both parts of it as large as either
        let free = self.free.get_mut(&element)?;
        let key = *free.keys().next_back()?;
        let at = free.get_mut(&key)?.pop();
        if free.get(&key).is_some_and(Vec::is_empty) {
            free.remove(&key);
        }
        at
    }
}
