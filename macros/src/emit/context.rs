//! Where the emitter stands, and the names that follow from it.
use super::layout::{Layout, Leaf, Use};
use super::rules::Rules;
use crate::role::Role;
use crate::text::{ident, tokens, type_ident};
use plywood_kernels::compiler::plan::{Function, Place, Purpose, Slot};
use plywood_kernels::compiler::steps::{RunBack, Work};
use plywood_kernels::graph::{Kind, Value};
use plywood_kernels::names::type_name;
use plywood_kernels::shape::Size;
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The structs of slots and of what is kept, after the blocks around them. None ends as another does: so no block's can
/// be called what another block's is.
pub const SLOTS: &str = "Slots";
/// As [`SLOTS`], in prediction.
pub const PREDICT_SLOTS: &str = "SlotsToPredict";
/// As [`SLOTS`], of what is made before the first prediction.
pub const PREPARE_SLOTS: &str = "SlotsToPrepare";
/// As [`SLOTS`], of what an iteration keeps.
pub const KEPT: &str = "Kept";
/// What the functions are methods of.
pub const CODE: &str = "Code";

/// What a block's functions call their parameters.
pub struct Parts {
    /// An iteration's numbers, in `forward`.
    pub slice: Ident,
    /// Where these start, in `backward`.
    pub start: Ident,
}

/// Those of that role. States are handed over as values.
pub fn parts(role: Role) -> Parts {
    let (slice, start) = match role {
        Role::Trained => ("p", "at"),
        Role::Frozen => ("q", "frozen_at"),
        Role::State => ("state", "state_at"),
    };
    Parts { slice: ident(slice), start: ident(start) }
}

/// What the functions of a network are called, by where they lie.
#[derive(Default)]
pub struct Names {
    names: HashMap<usize, String>,
    /// Their names as types.
    taken: HashSet<String>,
    emitted: HashSet<usize>,
}

impl Names {
    /// What a function is called: as its block, with a number where another function of the block is called so.
    pub fn of(&mut self, function: &Rc<Function>) -> String {
        let at = Rc::as_ptr(function).addr();
        if let Some(name) = self.names.get(&at) {
            return name.clone();
        }
        let wanted = &function.fused.block.name;
        let mut candidates = std::iter::once(wanted.clone()).chain((2..).map(|i| format!("{wanted}_{i}")));
        // as a type it is what no other is
        let name = candidates.find(|name| self.taken.insert(type_name(name))).unwrap_or_default();
        self.names.insert(at, name.clone());
        name
    }
    /// Whether nobody has emitted the function yet; somebody does now.
    pub fn begin(&mut self, function: &Rc<Function>) -> bool {
        self.emitted.insert(Rc::as_ptr(function).addr())
    }
}

/// Where the emitter stands: which function, with which parameters.
pub struct Context<'a> {
    /// What is emitted.
    pub function: &'a Function,
    /// Its parameters.
    pub layout: &'a Layout,
    /// The rules named so far.
    pub rules: &'a mut Rules,
    /// What the functions of blocks are called.
    pub names: &'a mut Names,
    /// What it is called; nothing for the network.
    pub path: String,
    /// Whether it is of the network in training.
    pub training: bool,
    /// Locals that are bound, by direction.
    pub bound: HashSet<(bool, String)>,
    /// The network.
    pub network: &'a Ident,
    /// The network's const parameters.
    pub constants: &'a [Ident],
}

impl<'a> Context<'a> {
    /// The use of a block that step `at` runs; nothing for one without parameters.
    pub fn used(&self, at: usize) -> Option<&'a Use> {
        let (Work::Call(run) | Work::Reverse(RunBack { run, .. })) = &self.function.steps()[at].work else {
            return None;
        };
        let Kind::Parameter(number) = self.function.graph().kind(*run.parameters.first()?) else {
            return None;
        };
        match self.layout.leaves.get(*number)? {
            Leaf::Within(used, _) => self.layout.uses.get(*used),
            Leaf::Own { .. } => None,
        }
    }
    /// The slot of a place.
    pub fn slot(&self, place: &Place) -> &Slot {
        self.function.slot(place).unwrap_or_else(|| unreachable!("{place:?} is not a slot"))
    }
    /// `s.fc1` or `k.fc1`
    pub fn field(&self, place: &Place) -> TokenStream {
        let name = ident(&self.slot(place).name);
        match place {
            Place::Kept(_) => quote! { k.#name },
            _ => quote! { s.#name },
        }
    }
    /// `::<H>`, for a network with const parameters.
    pub fn turbofish(&self) -> TokenStream {
        let constants = self.constants;
        if constants.is_empty() {
            quote! {}
        } else {
            quote! { ::<#(#constants),*> }
        }
    }
    /// Whether it is the network's own function, and not a block's.
    pub fn is_network(&self) -> bool {
        matches!(self.function.purpose, Purpose::Training | Purpose::Prediction | Purpose::Preparation)
    }
    /// Whether the block has parameters of that kind.
    pub fn has_frozen(&self) -> bool {
        !self.is_network() && self.layout.has(Role::Frozen)
    }
    /// The stream of random numbers that a value is.
    pub fn stream(&self, value: Value) -> &Size {
        match self.function.graph().kind(value) {
            Kind::Apply(_, attrs) => attrs.size("stream"),
            other => unreachable!("{other:?} is not random"),
        }
    }
    /// The struct of its slots.
    pub fn slots_type(&self) -> Ident {
        let slots = match self.function.purpose {
            Purpose::Preparation => PREPARE_SLOTS,
            _ if self.training => SLOTS,
            _ => PREDICT_SLOTS,
        };
        self.type_ident(&self.path, slots)
    }
    /// A type of the block at `path`.
    pub fn type_ident(&self, path: &str, suffix: &str) -> Ident {
        type_ident(path, suffix, self.network)
    }
    /// The length of a value as Rust.
    pub fn length(&self, value: Value) -> TokenStream {
        tokens(&self.function.length(value).rust())
    }
    /// The type of a slice of such numbers.
    pub fn slice(&self, value: Value) -> TokenStream {
        slice(self.function.graph().element(value))
    }
}

/// `[T]` or `[u32]`
pub fn slice(element: Element) -> TokenStream {
    match element {
        Element::F32 => quote! { [T] },
        Element::U32 => quote! { [u32] },
    }
}
