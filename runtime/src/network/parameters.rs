//! The tree of parameters and state, walked: names and places.

use std::fmt;
use std::ops::Range;

use plywood_kernels::init::Init;

#[cfg(feature = "ndarray")]
use super::arrays;
use super::display::Few;
use super::{Blocks, Entry, Iterations, Network, Role};
use crate::error::{Error, NOT_FINITE_MODEL, Result};

/// A parameter of a model. `{:?}` shows the first of its numbers.
#[derive(Clone, PartialEq)]
pub struct Parameter<'a> {
    /// Its name in checkpoints: declared names joined by dots, for instance `blocks.1.fc.weight`.
    pub name: String,
    /// The lengths of its axes in PyTorch's order, for instance `[out, in]`.
    pub shape: &'static [usize],
    /// Its numbers, the last axis fastest.
    pub values: &'a [f32],
    /// Whether training leaves it as it is.
    pub frozen: bool,
}

/// A parameter of a model, to be changed. `{:?}` shows the first of its numbers.
#[derive(PartialEq)]
pub struct ParameterMut<'a> {
    /// Its name in checkpoints: declared names joined by dots, for instance `blocks.1.fc.weight`.
    pub name: String,
    /// The lengths of its axes in PyTorch's order, for instance `[out, in]`.
    pub shape: &'static [usize],
    /// Its numbers, the last axis fastest.
    pub values: &'a mut [f32],
    /// Whether training leaves it as it is.
    pub frozen: bool,
}

macro_rules! short {
    ($($name:ident)*) => { $(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $name { name, shape, values, frozen } = self;
                f.debug_struct(stringify!($name))
                    .field("name", name)
                    .field("shape", &fmt::from_fn(|f| write!(f, "{shape:?}")))
                    .field("values", &Few(values))
                    .field("frozen", frozen)
                    .finish()
            }
        }
    )* };
}
short! { Parameter ParameterMut }

#[cfg(feature = "ndarray")]
impl<'a> Parameter<'a> {
    /// Its numbers as an array of the crate `ndarray`. Behind the feature `ndarray`.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Net: [3] -> [2] { fc1: Linear(4), Relu, fc2: Linear(2) } }
    ///
    /// let mut net = Net::init(7);
    /// for parameter in net.named_parameters() {
    ///     println!("{}: {:?}", parameter.name, parameter.array_view().shape());
    /// }
    /// for mut parameter in net.named_parameters_mut() {
    ///     parameter.array_view_mut().mapv_inplace(|x| 2.0 * x);
    /// }
    /// ```
    pub fn array_view(&self) -> ndarray::ArrayViewD<'a, f32> {
        arrays::view(self.shape, self.values)
    }
}

#[cfg(feature = "ndarray")]
impl ParameterMut<'_> {
    /// Its numbers as an array of the crate `ndarray`, to be changed. Behind the feature `ndarray`.
    pub fn array_view_mut(&mut self) -> ndarray::ArrayViewMutD<'_, f32> {
        arrays::view_mut(self.shape, self.values)
    }
}

/// Where a parameter, or an array of the state, lies in its block, and how it begins.
pub(crate) struct Place {
    pub name: String,
    pub shape: &'static [usize],
    pub at: Range<usize>,
    pub init: Init,
    pub role: Role,
    /// Whether it decays where weights alone do.
    pub decays: bool,
    /// Whether its rows without a gradient stay as they are.
    pub sparse: bool,
}

/// Every parameter and every array of the state of `N`, in declared order.
pub(crate) fn places<N: Network>() -> Vec<Place> {
    places_of(N::ENTRIES)
}

/// As [`places`], of a tree.
pub(crate) fn places_of(entries: &'static [Entry]) -> Vec<Place> {
    let mut places = vec![];
    walk(entries, "", [0; 3], &mut places);
    places
}

/// The parameters.
pub(crate) fn parameter_places<N: Network>() -> Vec<Place> {
    places::<N>().into_iter().filter(|place| place.role != Role::State).collect()
}

/// The parameters that learn.
pub(crate) fn trained_places<N: Network>() -> Vec<Place> {
    places::<N>().into_iter().filter(|place| place.role == Role::Trained).collect()
}

/// The state.
pub(crate) fn state_places<N: Network>() -> Vec<Place> {
    places::<N>().into_iter().filter(|place| place.role == Role::State).collect()
}

/// `bases`: what offsets count from, by role.
fn walk(entries: &'static [Entry], prefix: &str, bases: [usize; 3], places: &mut Vec<Place>) {
    for entry in entries {
        match *entry {
            Entry::Parameter { name, shape, offset, init, role, decays, sparse } => {
                let start = bases[role as usize] + offset;
                let at = start..start + shape.iter().product::<usize>();
                places.push(Place { name: format!("{prefix}{name}"), shape, at, init, role, decays, sparse });
            }
            Entry::Group { name, entries } => walk(entries, &format!("{prefix}{name}."), bases, places),
            Entry::Block { name, trained, frozen, state, entries } => {
                let bases = run(bases, [trained, frozen, state], 0);
                walk(entries, &format!("{prefix}{name}."), bases, places);
            }
            Entry::Repeat { name, count, trained, frozen, state, entries } => {
                for i in 0..count {
                    let bases = run(bases, [trained, frozen, state], i);
                    walk(entries, &format!("{prefix}{name}.{i}."), bases, places);
                }
            }
        }
    }
}

/// What offsets within run `i` of a block count from.
fn run(bases: [usize; 3], runs: [Iterations; 3], i: usize) -> [usize; 3] {
    let at = |role: Role| {
        let Iterations { offset, stride } = runs[role as usize];
        bases[role as usize] + offset + i * stride
    };
    [at(Role::Trained), at(Role::Frozen), at(Role::State)]
}

/// Every parameter in `block`; of a block as long as what learns, those that learn.
pub(crate) fn named<N: Network>(block: &[f32]) -> impl Iterator<Item = Parameter<'_>> {
    let there = parameter_places::<N>().into_iter().filter(|place| place.at.end <= block.len());
    there.map(|place| place.of(block))
}

/// Every array of the state in `block`.
pub(crate) fn named_state<N: Network>(block: &[f32]) -> impl Iterator<Item = Parameter<'_>> {
    state_places::<N>().into_iter().map(|place| place.of(block))
}

/// Every parameter, then every array of the state.
pub(crate) fn all_named<N: Network>(blocks: &Blocks) -> impl Iterator<Item = Parameter<'_>> {
    named::<N>(&blocks.parameters).chain(named_state::<N>(&blocks.state))
}

impl Place {
    fn of(self, block: &[f32]) -> Parameter<'_> {
        let Place { name, shape, at, role, .. } = self;
        Parameter { name, shape, values: &block[at], frozen: role == Role::Frozen }
    }
}

/// Every parameter in `block`, to be changed.
pub(crate) fn named_mut<N: Network>(block: &mut [f32]) -> impl Iterator<Item = ParameterMut<'_>> {
    let places = parameter_places::<N>();
    // Cut the block in its own order, hand the pieces out in declared order.
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|i| places[*i].at.start);
    let mut pieces: Vec<Option<&mut [f32]>> = places.iter().map(|_| None).collect();
    let (mut rest, mut position) = (block, 0);
    for i in order {
        let at = &places[i].at;
        let piece = rest.split_off_mut(at.start - position..).expect("parameters lie in the block");
        let (piece, after) = piece.split_at_mut(at.len());
        (pieces[i], rest, position) = (Some(piece), after, at.end);
    }
    places.into_iter().zip(pieces).map(|(place, values)| ParameterMut {
        name: place.name,
        shape: place.shape,
        values: values.expect("every place was cut"),
        frozen: place.role == Role::Frozen,
    })
}

/// The index within `shape` of the number at `position`: `[3][17]`.
pub(crate) fn index(shape: &[usize], mut position: usize) -> String {
    let mut axes: Vec<String> = shape
        .iter()
        .rev()
        .map(|length| {
            let at = position % length;
            position /= length;
            format!("[{at}]")
        })
        .collect();
    axes.reverse();
    axes.concat()
}

/// The first number of parameters or state that is not finite, as `fc1.weight[3][17]`.
pub(crate) fn not_finite<N: Network>(blocks: &Blocks) -> Option<String> {
    all_named::<N>(blocks).find_map(|parameter| {
        let position = parameter.values.iter().position(|x| !x.is_finite())?;
        Some(format!("{}{}", parameter.name, index(parameter.shape, position)))
    })
}

/// An error if the blocks are not those of the network: each keeps its length, but two can change places.
pub(crate) fn refuse_exchanged<N: Network>(blocks: &Blocks) -> Result<()> {
    let Blocks { parameters, state } = blocks;
    let sizes = [
        ("numbers in the block of parameters", N::PARAMETERS, parameters),
        ("numbers in the state", N::STATE, state),
    ];
    match sizes.into_iter().find(|(_, expected, block)| block.len() != *expected) {
        None => Ok(()),
        Some((what, expected, block)) => Err(Error::Length {
            what,
            expected,
            found: block.len(),
            help: "the model's block was exchanged for that of another network: copy numbers, not blocks",
        }),
    }
}

/// An error if a parameter, or a number of the state, is not finite: `what` would be of no use.
pub(crate) fn refuse_not_finite<N: Network>(blocks: &Blocks, what: &'static str) -> Result<()> {
    refuse_exchanged::<N>(blocks)?;
    let refuse = |at| Err(Error::NotFinite { what, at: format!("`{at}`"), help: NOT_FINITE_MODEL });
    not_finite::<N>(blocks).map_or(Ok(()), refuse)
}
