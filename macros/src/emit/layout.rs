//! Where parameters lie in the block, and the constants that say so: those that learn first, then the frozen ones.
//!
//! ```text
//! const FC1_WEIGHT: Range<usize> = 0..32;
//! const BLOCKS: usize = 40;            // iteration `i` starts at BLOCKS + i * BLOCKS_STRIDE,
//! const BLOCKS_STRIDE: usize = 72;     // which is how long one is
//! const BLOCKS_FC_WEIGHT: Range<usize> = 0..64;   // and ranges inside count from there
//! ```
use super::offsets::Offsets;
use crate::parameters::{Entry, Numbered, Parameters};
use crate::role::{PerRole, Role};
use crate::text::{constant, ident, tokens};
use plywood_kernels::shape::{Size, elements};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The parameters of the network, or of one run of a block.
#[derive(Default)]
pub struct Layout {
    /// Where the parameter of each number lies.
    pub leaves: Vec<Leaf>,
    /// Where the state of each number lies.
    states: Vec<Leaf>,
    /// The uses of blocks within, by their numbers.
    pub uses: Vec<Use>,
    /// Whether there is any parameter of each role.
    has: PerRole<bool>,
}

/// Where a parameter lies.
#[derive(Clone)]
pub enum Leaf {
    /// At that constant's range, among those of its role.
    Own {
        /// The constant for its range.
        constant: String,
        /// What training does to it.
        role: Role,
    },
    /// In that use of a block, as the block's parameter of that number.
    Within(usize, usize),
}

/// The parameters of a use of a block.
pub struct Use {
    /// Where those of each role lie, if there are any.
    pub runs: PerRole<Option<Iterations>>,
    /// How often it runs.
    pub count: Size,
    /// One run.
    pub inside: Rc<Layout>,
}

/// Where the runs of a block lie.
pub struct Iterations {
    /// The constant for the start of the first.
    pub start: String,
    /// The constant for how far apart they lie.
    pub stride: String,
}

impl Layout {
    /// Whether there is any parameter of that role.
    pub fn has(&self, role: Role) -> bool {
        self.has[role]
    }
    /// What training does to the parameter of that number.
    pub fn role(&self, number: usize) -> Role {
        match &self.leaves[number] {
            Leaf::Own { role, .. } => *role,
            Leaf::Within(used, inner) => self.uses[*used].inside.role(*inner),
        }
    }
    /// Where a layer's parameter lies.
    pub fn leaf(&self, parameter: &Numbered) -> &Leaf {
        match parameter.role {
            Role::Trained | Role::Frozen => &self.leaves[parameter.number],
            Role::State => &self.states[parameter.number],
        }
    }
}

/// The layout of these parameters, and the constants' declarations.
pub fn layout(parameters: &Parameters) -> (Layout, TokenStream) {
    let mut writer = Writer {
        taken: HashSet::from(["CHECK".into()]),
        constants: TokenStream::new(),
        kinds: HashMap::new(),
        strides: HashMap::new(),
    };
    // states have a block of their own
    let starts = PerRole::of(|role| match role {
        Role::Trained | Role::State => Size::known(0),
        Role::Frozen => parameters.len(Role::Trained).clone(),
    });
    let layout = writer.level(parameters, &[], starts);
    (layout, writer.constants)
}

struct Writer {
    taken: HashSet<String>,
    constants: TokenStream,
    /// The layouts of blocks, by what their functions are called.
    kinds: HashMap<String, Rc<Layout>>,
    /// The constants for how long the parameters of a kind are, by role.
    strides: HashMap<(String, Role), String>,
}

impl Writer {
    /// `starts`: where the parameters of each role begin.
    fn level(&mut self, parameters: &Parameters, path: &[&str], starts: PerRole<Size>) -> Layout {
        let mut offsets = PerRole::of(|role| {
            let table =
                |writer: &mut Writer| writer.unused(constant(&[path, word(role), &["offsets"]].concat()));
            Offsets::new(&starts[role], parameters.len(role), || table(self))
        });
        let mut layout = Layout { has: PerRole::of(|role| parameters.has(role)), ..Layout::default() };
        self.entries(parameters, path, &mut offsets, &mut layout);
        self.constants.extend(Role::ALL.into_iter().filter_map(|role| offsets[role].declaration()));
        layout
    }

    /// The entries of a level, or of a group in it.
    fn entries(
        &mut self,
        parameters: &Parameters,
        path: &[&str],
        offsets: &mut PerRole<Offsets>,
        layout: &mut Layout,
    ) {
        for entry in parameters.entries() {
            match entry {
                Entry::Layer(layer) => {
                    let field = layer.name.field.to_string();
                    for Numbered { number, role, row } in &layer.parameters {
                        let name = self.unused(constant(&[path, &[plain(&field), row.name]].concat()));
                        let (constant, (from, to)) =
                            (ident(&name), offsets[*role].next(&elements(&row.shape)));
                        self.constants.extend(quote! { const #constant: ply::Range<usize> = #from..#to; });
                        let leaves = match role {
                            Role::Trained | Role::Frozen => &mut layout.leaves,
                            Role::State => &mut layout.states,
                        };
                        debug_assert_eq!(leaves.len(), *number, "numbers follow each other");
                        leaves.push(Leaf::Own { constant: name, role: *role });
                    }
                }
                Entry::Group(group) => {
                    let field = group.name.field.to_string();
                    self.entries(&group.inside, &[path, &[plain(&field)]].concat(), offsets, layout);
                }
                Entry::Repeat(repeat) => {
                    let field = repeat.name.field.to_string();
                    let path = [path, &[plain(&field)]].concat();
                    let runs = PerRole::of(|role| {
                        let runs = repeat.inside.has(role);
                        runs.then(|| {
                            let (start, _) = offsets[role].next(&entry.len(role));
                            self.iterations(&path, &repeat.kind, role, &start, repeat.inside.len(role))
                        })
                    });
                    let inside = match self.kinds.get(&repeat.kind) {
                        Some(inside) => inside.clone(),
                        None => {
                            let starts = PerRole::of(|_| Size::known(0));
                            // what several uses have in common is called after none of them
                            let own = repeat.kind == repeat.name.label;
                            let path = if own { path } else { vec![repeat.kind.as_str()] };
                            let inside = Rc::new(self.level(&repeat.inside, &path, starts));
                            self.kinds.insert(repeat.kind.clone(), inside.clone());
                            inside
                        }
                    };
                    let used = repeat.number;
                    debug_assert_eq!(layout.uses.len(), used, "numbers follow each other");
                    layout.leaves.extend((0..inside.leaves.len()).map(|leaf| Leaf::Within(used, leaf)));
                    layout.states.extend((0..inside.states.len()).map(|leaf| Leaf::Within(used, leaf)));
                    layout.uses.push(Use { runs, count: repeat.times(), inside });
                }
            }
        }
    }

    /// The constants for the iterations of a block of that kind, of `len` numbers each.
    fn iterations(
        &mut self,
        path: &[&str],
        kind: &str,
        role: Role,
        from: &TokenStream,
        len: &Size,
    ) -> Iterations {
        let name = self.unused(constant(&[path, word(role)].concat()));
        let first = ident(&name);
        self.constants.extend(quote! { const #first: usize = #from; });
        let key = (kind.to_string(), role);
        if let Some(stride) = self.strides.get(&key) {
            return Iterations { start: name, stride: stride.clone() };
        }
        let stride = self.unused(constant(&[&[kind], word(role), &["stride"]].concat()));
        let (apart, len) = (ident(&stride), tokens(&len.rust()));
        self.constants.extend(quote! { const #apart: usize = #len; });
        self.strides.insert(key, stride.clone());
        Iterations { start: name, stride }
    }

    fn unused(&mut self, name: String) -> String {
        let mut candidates = std::iter::once(name.clone()).chain((2..).map(|i| format!("{name}_{i}")));
        let free = candidates.find(|c| !self.taken.contains(c)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }
}

/// What tells the constants of a role from those of what is trained.
fn word(role: Role) -> &'static [&'static str] {
    match role {
        Role::Trained => &[],
        Role::Frozen => &["frozen"],
        Role::State => &["state"],
    }
}

/// `r#type` as `type`.
fn plain(field: &str) -> &str {
    field.strip_prefix("r#").unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::tests::of_all_roles;

    #[test]
    fn frozen_parameters_lie_behind_those_that_learn_and_states_in_a_block_of_their_own() {
        let parameters = of_all_roles();
        let (layout, constants) = layout(&parameters);
        let range = |leaf: &Leaf| {
            let Leaf::Own { constant, role } = leaf else { panic!("a layer's own") };
            let text = constants.to_string();
            let start = text.find(constant.as_str()).expect("it is declared");
            (
                constant.clone(),
                *role,
                text[start..].split(['=', ';']).nth(1).unwrap_or_default().trim().to_string(),
            )
        };
        let leaves: Vec<_> = parameters
            .entries()
            .iter()
            .flat_map(|entry| match entry {
                Entry::Layer(layer) => layer.parameters.as_slice(),
                Entry::Group(_) | Entry::Repeat(_) => &[],
            })
            .map(|parameter| range(layout.leaf(parameter)))
            .collect();
        let expected = [
            ("A_WEIGHT", Role::Trained, "0 .. 3"),
            ("A_BIAS", Role::State, "0 .. 3"),
            ("B_WEIGHT", Role::State, "3 .. 6"),
            ("B_BIAS", Role::Frozen, "3 .. 6"),
        ];
        assert_eq!(leaves, expected.map(|(name, role, range)| (name.to_string(), role, range.to_string())));
    }
}
