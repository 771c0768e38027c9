//! The parameters of a network as a tree, and their numbers. Each is numbered once, here, where its member is declared:
//! whoever builds graphs, lays out memory or prints views reads the numbers.
use crate::body::Body;
use crate::resolve::Name;
use crate::role::{PerRole, Role};
use crate::shape::{ShapedGroup, ShapedLayer, ShapedMember, ShapedRepeat};
use plywood_kernels::layers::{Layer, Parameter};
use plywood_kernels::shape::{Size, elements};
use std::collections::HashSet;

/// The parameters of a level: of the network, or of one run of a block.
#[derive(Clone)]
pub struct Parameters {
    /// The members that have any, in declared order.
    entries: Vec<Entry>,
    /// The entry of each member, if it has parameters.
    members: Vec<Option<usize>>,
    /// How many numbers the parameters of each role are.
    lengths: PerRole<Size>,
    /// The role of each parameter, by its number.
    roles: Vec<Role>,
    /// How many states there are.
    states: usize,
    /// How many blocks there are.
    repeats: usize,
}

/// The parameters of a member.
#[derive(Clone)]
pub enum Entry {
    /// Those of a layer.
    Layer(LayerEntry),
    /// Those of members under one name, which are parameters of the level around them.
    Group(Box<GroupEntry>),
    /// Those of a block, once per iteration.
    Repeat(Box<RepeatEntry>),
}

/// The parameters of members under one name.
#[derive(Clone)]
pub struct GroupEntry {
    /// Its names.
    pub name: Name,
    /// What its view is called.
    pub kind: String,
    /// They, by the numbers of the level around.
    pub inside: Parameters,
}

/// A layer's parameters.
#[derive(Clone)]
pub struct LayerEntry {
    /// The layer's names.
    pub name: Name,
    /// Its row, which knows what other parameters it could have had.
    pub layer: &'static dyn Layer,
    /// The layer with its inferred sizes.
    pub description: String,
    /// Its parameters, in the row's order.
    pub parameters: Vec<Numbered>,
}

/// A parameter of a layer with its number.
#[derive(Clone)]
pub struct Numbered {
    /// Its number among the parameters of its level, or among the states of it.
    pub number: usize,
    /// What training does to it.
    pub role: Role,
    /// Its row's word on it.
    pub row: Parameter,
}

/// A block's parameters.
#[derive(Clone)]
pub struct RepeatEntry {
    /// The block's names.
    pub name: Name,
    /// What the block's functions are called: uses of one block have one layout.
    pub kind: String,
    /// How often it runs; nothing for a use of a block, which runs once and has no axis of runs.
    pub count: Option<Size>,
    /// Its number among the blocks with parameters of its level.
    pub number: usize,
    /// The number, in its level, of the first parameter within; the others follow.
    pub first: usize,
    /// One iteration's.
    pub inside: Parameters,
}

impl RepeatEntry {
    /// How many sets of parameters it has.
    pub fn times(&self) -> Size {
        self.count.clone().unwrap_or(Size::known(1))
    }
}

impl Parameters {
    /// None.
    pub fn none() -> Parameters {
        let lengths = PerRole::of(|_| Size::known(0));
        Parameters { entries: vec![], members: vec![], lengths, roles: vec![], states: 0, repeats: 0 }
    }
    /// Those of a body's members.
    pub fn of(body: &Body<ShapedMember>, called: &HashSet<String>) -> Parameters {
        let mut parameters = Parameters::none();
        parameters.members_of(body, called);
        parameters
    }
    fn members_of(&mut self, body: &Body<ShapedMember>, called: &HashSet<String>) {
        for member in &body.members {
            match member {
                ShapedMember::Layer(ShapedLayer {
                    name, layer, description, parameters: rows, role, ..
                }) => {
                    let rows = rows.iter().map(|row| (*role, row.clone())).collect();
                    self.layer(name, *layer, description, rows);
                }
                ShapedMember::Repeat(ShapedRepeat { name, kind, count, body, .. }) => {
                    self.block(name, kind, Some(count), Parameters::of(body, called));
                }
                ShapedMember::Group(ShapedGroup { name, kind, body, .. }) if called.contains(kind) => {
                    self.block(name, kind, None, Parameters::of(body, called));
                }
                ShapedMember::Group(ShapedGroup { name, kind, body, .. }) => {
                    // its numbers are those that follow here
                    let mut inside = Parameters::none();
                    inside.take_numbers(self);
                    inside.members_of(body, called);
                    self.take_numbers(&mut inside);
                    self.group(name, kind, inside);
                }
            }
        }
    }
    /// Goes on with the numbers of another.
    fn take_numbers(&mut self, other: &mut Parameters) {
        self.roles = std::mem::take(&mut other.roles);
        (self.states, self.repeats) = (other.states, other.repeats);
    }
    fn group(&mut self, name: &Name, kind: &str, inside: Parameters) {
        for role in Role::ALL {
            self.lengths[role] += inside.len(role);
        }
        let entry = (!inside.entries.is_empty()).then(|| {
            Entry::Group(Box::new(GroupEntry { name: name.clone(), kind: kind.to_string(), inside }))
        });
        self.member(entry);
    }
    /// One more member: a layer with these parameters.
    pub fn layer(
        &mut self,
        name: &Name,
        layer: &'static dyn Layer,
        description: &str,
        rows: Vec<(Role, Parameter)>,
    ) {
        let numbered = rows.into_iter().map(|(role, row)| {
            self.lengths[role] += &elements(&row.shape);
            Numbered { number: self.number(role), role, row }
        });
        let parameters: Vec<Numbered> = numbered.collect();
        let entry =
            LayerEntry { name: name.clone(), layer, description: description.to_string(), parameters };
        self.member((!entry.parameters.is_empty()).then_some(Entry::Layer(entry)));
    }
    /// One more member: a block with these parameters, in each of `count` iterations if it has such.
    pub fn block(&mut self, name: &Name, kind: &str, count: Option<&Size>, inside: Parameters) {
        let times = count.cloned().unwrap_or(Size::known(1));
        for role in Role::ALL {
            self.lengths[role] += &(&times * inside.len(role));
        }
        if inside.entries.is_empty() {
            return self.member(None);
        }
        let (number, first) = (self.repeats, self.roles.len());
        self.repeats += 1;
        self.roles.extend(&inside.roles);
        self.states += inside.states;
        let (name, kind, count) = (name.clone(), kind.to_string(), count.cloned());
        self.member(Some(Entry::Repeat(Box::new(RepeatEntry { name, kind, count, number, first, inside }))));
    }
    /// The next number of a parameter with that role.
    fn number(&mut self, role: Role) -> usize {
        if role == Role::State {
            self.states += 1;
            return self.states - 1;
        }
        self.roles.push(role);
        self.roles.len() - 1
    }
    fn member(&mut self, entry: Option<Entry>) {
        self.members.push(entry.is_some().then_some(self.entries.len()));
        self.entries.extend(entry);
    }

    /// The members that have parameters, in declared order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// The parameters of the member of that number; nothing if it has none.
    pub fn of_member(&self, member: usize) -> Option<&Entry> {
        self.members.get(member).copied().flatten().map(|entry| &self.entries[entry])
    }
    /// The role of each parameter, by its number.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }
    /// Whether each parameter learns, by its number.
    pub fn learn(&self) -> Vec<bool> {
        self.roles.iter().map(|role| *role == Role::Trained).collect()
    }
    /// How many numbers those of that role are.
    pub fn len(&self, role: Role) -> &Size {
        &self.lengths[role]
    }
    /// Whether there is any of that role.
    pub fn has(&self, role: Role) -> bool {
        self.lengths[role] != Size::known(0)
    }
}

impl Entry {
    /// How many numbers of it have that role.
    pub fn len(&self, role: Role) -> Size {
        match self {
            Entry::Layer(layer) => {
                let own = layer.parameters.iter().filter(|parameter| parameter.role == role);
                own.fold(Size::known(0), |sum, parameter| &sum + &elements(&parameter.row.shape))
            }
            Entry::Group(group) => group.inside.len(role).clone(),
            Entry::Repeat(repeat) => &repeat.times() * repeat.inside.len(role),
        }
    }
    /// Whether any of it has that role.
    pub fn has(&self, role: Role) -> bool {
        match self {
            Entry::Layer(layer) => layer.parameters.iter().any(|parameter| parameter.role == role),
            Entry::Group(group) => group.inside.has(role),
            Entry::Repeat(repeat) => repeat.inside.has(role),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use plywood_kernels::init::Init;
    use plywood_kernels::layers;
    use proc_macro2::{Ident, Span};

    fn called(name: &str) -> Name {
        let field = Ident::new(name, Span::call_site());
        Name { key: name.into(), field, label: name.into(), declared: true }
    }

    /// A layer whose first parameter learns and whose second is a state, then one with a state and a frozen parameter.
    pub fn of_all_roles() -> Parameters {
        let layer = layers::find("Linear").expect("a row");
        let mut parameters = Parameters::none();
        let members = [("a", [Role::Trained, Role::State]), ("b", [Role::State, Role::Frozen])];
        for (name, roles) in members {
            let rows = roles.into_iter().zip(["weight", "bias"]).map(|(role, name)| {
                (
                    role,
                    Parameter {
                        name,
                        shape: vec![Size::known(3)],
                        init: Init::ZEROS,
                        decays: false,
                        sparse: false,
                    },
                )
            });
            parameters.layer(&called(name), layer, "", rows.collect());
        }
        parameters
    }

    #[test]
    fn states_have_numbers_of_their_own() {
        let parameters = of_all_roles();
        let of = |entry: &Entry| match entry {
            Entry::Layer(layer) => layer.parameters.iter().map(|p| (p.role, p.number)).collect::<Vec<_>>(),
            Entry::Group(_) | Entry::Repeat(_) => vec![],
        };
        let numbers: Vec<_> = parameters.entries().iter().map(of).collect();
        assert_eq!(numbers, [[(Role::Trained, 0), (Role::State, 0)], [(Role::State, 1), (Role::Frozen, 1)]]);
        assert_eq!(parameters.learn(), [true, false]);
    }

    #[test]
    fn a_block_has_its_parameters_as_often_as_it_runs() {
        let lengths = |parameters: &Parameters| Role::ALL.map(|role| parameters.len(role).as_known());
        let inside = of_all_roles();
        assert_eq!(lengths(&inside), [Some(3), Some(3), Some(6)]);
        let mut parameters = of_all_roles();
        parameters.block(&called("blocks"), "blocks", Some(&Size::known(5)), inside);
        parameters.block(&called("nothing"), "nothing", Some(&Size::known(5)), Parameters::none());
        assert_eq!(lengths(&parameters), [Some(18), Some(18), Some(36)]);
        assert_eq!(parameters.learn(), [true, false, true, false]);
        let Some(Entry::Repeat(blocks)) = parameters.of_member(2) else { panic!("the third member") };
        assert_eq!((blocks.number, blocks.first), (0, 2));
        assert!(parameters.of_member(3).is_none(), "what has no parameters has no entry");
    }
}
