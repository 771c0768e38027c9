//! Where the emitter stands, and the names that follow from it.
use super::layout::Layout;
use super::rules::Rules;
use super::text::{ident, type_ident};
use plywood_kernels::compiler::plan::{Function, Place, Slot};
use plywood_kernels::compiler::steps::Work;
use plywood_kernels::graph::{Kind, Region, Value};
use plywood_kernels::shape::Size;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashSet;
use std::rc::Rc;

/// The structs of slots and of what is kept, after the blocks around them. None ends as another does: so no block's can
/// be called what another block's is.
pub const SLOTS: &str = "Slots";
/// As [`SLOTS`], in prediction.
pub const PREDICT_SLOTS: &str = "SlotsToPredict";
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

/// Those that learn, or the frozen ones.
pub fn parts(frozen: bool) -> Parts {
    let (slice, start) = if frozen { ("q", "frozen_at") } else { ("p", "at") };
    Parts { slice: ident(slice), start: ident(start) }
}

/// Where the emitter stands: which function, with which parameters, at which place in the tree of blocks.
pub struct Context<'a> {
    /// What is emitted.
    pub function: &'a Function,
    /// Its parameters.
    pub layout: &'a Layout,
    /// The rules named so far.
    pub rules: &'a mut Rules,
    /// Whether it is a block with frozen parameters.
    pub frozen: bool,
    /// The blocks around it, joined by `_`; empty for the network.
    pub path: String,
    /// Whether it trains.
    pub training: bool,
    /// Locals that are bound, by direction.
    pub bound: HashSet<(bool, String)>,
    /// The network.
    pub network: &'a Ident,
    /// The network's const parameters.
    pub constants: &'a [Ident],
}

impl Context<'_> {
    /// The slot of a place.
    pub fn slot(&self, place: &Place) -> &Slot {
        match place {
            Place::Kept(i) => &self.function.kept[*i],
            Place::Slot(i) => &self.function.slots[*i],
            other => unreachable!("{other:?} is not a slot"),
        }
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
    /// The block that step `at` runs.
    pub fn region(&self, at: usize) -> Rc<Region> {
        match &self.function.steps[at].work {
            Work::Repeat { region, .. } | Work::RepeatBackward { region, .. } => region.clone(),
            other => unreachable!("{other:?} runs no block"),
        }
    }
    /// The last iteration of the block that step `at` runs.
    pub fn last(&self, at: usize) -> String {
        let count = &self.region(at).count;
        count.as_known().map_or_else(|| format!("({} - 1)", count.rust()), |count| (count - 1).to_string())
    }
    /// The stream of random numbers that a value is.
    pub fn stream(&self, value: Value) -> &Size {
        match &self.function.graph.node(value).kind {
            Kind::Apply(_, attrs, _) => attrs.size("stream"),
            other => unreachable!("{other:?} is not random"),
        }
    }
    /// The struct of its slots.
    pub fn slots_type(&self) -> Ident {
        self.type_ident(&self.path, if self.training { SLOTS } else { PREDICT_SLOTS })
    }
    /// A type of the block at `path`.
    pub fn type_ident(&self, path: &str, suffix: &str) -> Ident {
        type_ident(path, suffix, self.network)
    }
}
