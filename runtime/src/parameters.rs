//! The tree of parameters, walked: names, views, first values.

use std::ops::Range;

use plywood_kernels::cpu::{self, Cpu, Operand, Random};
use plywood_kernels::layers::Init;

use crate::block::Block;
use crate::device;
use crate::error::{Error, Result};
use crate::model::{Entry, Model};

/// A parameter of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter<'a> {
    /// Its name in checkpoints: declared names joined by dots, for instance `blocks.1.fc.weight`.
    pub name: String,
    /// The lengths of its axes in PyTorch's order, for instance `[out, in]`.
    pub shape: &'static [usize],
    /// Its numbers, the last axis fastest.
    pub values: &'a [f32],
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
}

/// Where a parameter lies in the block, and how it begins.
pub(crate) struct Place {
    pub name: String,
    pub shape: &'static [usize],
    pub at: Range<usize>,
    pub init: Init,
}

/// Every parameter of `M` in declared order.
pub(crate) fn places<M: Model>() -> Vec<Place> {
    let mut places = vec![];
    walk(M::ENTRIES, "", 0, &mut places);
    places
}

fn walk(entries: &'static [Entry], prefix: &str, base: usize, places: &mut Vec<Place>) {
    for entry in entries {
        match *entry {
            Entry::Parameter { name, shape, offset, init } => {
                let start = base + offset;
                let at = start..start + shape.iter().product::<usize>();
                places.push(Place { name: format!("{prefix}{name}"), shape, at, init });
            }
            Entry::Group { name, entries } => walk(entries, &format!("{prefix}{name}."), base, places),
            Entry::Repeat { name, count, offset, stride, entries } => {
                for i in 0..count {
                    walk(entries, &format!("{prefix}{name}.{i}."), base + offset + i * stride, places);
                }
            }
        }
    }
}

/// Every parameter in `block`.
pub(crate) fn named<M: Model>(block: &[f32]) -> impl Iterator<Item = Parameter<'_>> {
    places::<M>().into_iter().map(|place| Parameter {
        name: place.name,
        shape: place.shape,
        values: &block[place.at],
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
    })
}

plywood_kernels::rule! {
    /// From `[0, 1)` to `[-bound, bound)`; what is in brackets is exact.
    Spread { bound: f64 } (u) = (2.0 * u - 1.0) * bound
}

/// Parameters for which other threads are worth starting.
const MANY: usize = 1 << 22;

/// New parameters: element `i` of the `k`-th parameter comes from number `i` of stream `k` of `seed`, so it
/// depends on nothing else.
pub(crate) fn init<M: Model>(seed: u64) -> M {
    let mut block = Block::zeroed(M::PARAMETERS);
    let cpu = Cpu::new(if M::PARAMETERS < MANY { 1 } else { device::threads(None) });
    // Step 0 is the beginning; training steps count from 1, so no two numbers are drawn alike.
    let random = Random::new(seed, 0);
    for (k, place) in places::<M>().into_iter().enumerate() {
        let values = &mut block[place.at];
        match place.init {
            Init::Zeros => {}
            Init::Ones => values.fill(1.0),
            Init::Constant(number) => values.fill(number as f32),
            Init::Uniform { fan_in } => {
                let rule = Spread { bound: 1.0 / (fan_in as f64).sqrt() };
                let columns = place.shape.last().copied().unwrap_or(1);
                cpu::map(&cpu, values, columns, [Operand::Uniform(random.stream(k as u32))], &rule);
            }
        }
    }
    M::from_block(block)
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
