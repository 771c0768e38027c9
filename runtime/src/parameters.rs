//! The tree of parameters, walked: names and places.

use std::ops::Range;

use plywood_kernels::init::Init;

use crate::error::{Error, Result};
use crate::model::{Entry, Iterations, Model};

/// A parameter of a model.
#[derive(Clone, Debug, PartialEq)]
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

/// A parameter of a model, to be changed.
#[derive(Debug, PartialEq)]
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

/// Where a parameter lies in the block, and how it begins.
pub(crate) struct Place {
    pub name: String,
    pub shape: &'static [usize],
    pub at: Range<usize>,
    pub init: Init,
    pub frozen: bool,
    /// Whether it decays where weights alone do.
    pub decays: bool,
}

/// Every parameter of `M` in declared order.
pub(crate) fn places<M: Model>() -> Vec<Place> {
    let mut places = vec![];
    walk(M::ENTRIES, "", [0, 0], &mut places);
    places
}

/// Those that learn.
pub(crate) fn trained_places<M: Model>() -> Vec<Place> {
    places::<M>().into_iter().filter(|place| !place.frozen).collect()
}

/// `bases`: what offsets count from, of those that learn and of the frozen ones.
fn walk(entries: &'static [Entry], prefix: &str, bases: [usize; 2], places: &mut Vec<Place>) {
    for entry in entries {
        match *entry {
            Entry::Parameter { name, shape, offset, init, frozen, decays } => {
                let start = bases[usize::from(frozen)] + offset;
                let at = start..start + shape.iter().product::<usize>();
                places.push(Place { name: format!("{prefix}{name}"), shape, at, init, frozen, decays });
            }
            Entry::Group { name, entries } => walk(entries, &format!("{prefix}{name}."), bases, places),
            Entry::Repeat { name, count, trained, frozen, entries } => {
                for i in 0..count {
                    let at = |base: usize, Iterations { offset, stride }| base + offset + i * stride;
                    let bases = [at(bases[0], trained), at(bases[1], frozen)];
                    walk(entries, &format!("{prefix}{name}.{i}."), bases, places);
                }
            }
        }
    }
}

/// Every parameter in `block`; of a block as long as what learns, those that learn.
pub(crate) fn named<M: Model>(block: &[f32]) -> impl Iterator<Item = Parameter<'_>> {
    let there = places::<M>().into_iter().filter(|place| place.at.end <= block.len());
    there.map(|place| Parameter {
        name: place.name,
        shape: place.shape,
        values: &block[place.at],
        frozen: place.frozen,
    })
}

/// Every parameter in `block`, to be changed.
pub(crate) fn named_mut<M: Model>(block: &mut [f32]) -> impl Iterator<Item = ParameterMut<'_>> {
    let places = places::<M>();
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
        frozen: place.frozen,
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

/// The first number of `block` that is not finite, as `fc1.weight[3][17]`.
pub(crate) fn not_finite<M: Model>(block: &[f32]) -> Option<String> {
    named::<M>(block).find_map(|parameter| {
        let position = parameter.values.iter().position(|x| !x.is_finite())?;
        Some(format!("{}{}", parameter.name, index(parameter.shape, position)))
    })
}

/// An error if a parameter is not finite: `what` would be of no use.
pub(crate) fn refuse_not_finite<M: Model>(block: &[f32], what: &'static str) -> Result<()> {
    not_finite::<M>(block).map_or(Ok(()), |at| Err(Error::NotFinite { what, at: format!("`{at}`") }))
}
