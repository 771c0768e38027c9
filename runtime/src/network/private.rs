//! What generated code may name, and nobody else: it changes with the compiler. `lib.rs` adds the two names of its methods
//! that users call.

pub use std::convert::AsRef;
pub use std::iter::Iterator;
use std::iter::Rev;
pub use std::marker::PhantomData;
pub use std::ops::{FnOnce, Range};
pub use std::option::Option;
pub use std::path::Path;
pub use std::result::Result::{Err, Ok};
pub use std::string::String;
pub use std::vec::{IntoIter, Vec};
pub use std::{array::from_fn, clone::Clone, cmp::PartialEq, fmt};

pub use plywood_kernels::cpu::Operand::{Column, Full, InPlace, Row, Scalar, Sums, Uniform};
pub use plywood_kernels::cpu::{
    Collected, Cpu, Gradients, Random, TableRows, accumulate, broadcast, column_sums, map, matmul, matrix,
    product, sum,
};
pub use plywood_kernels::init::Init;
pub use plywood_kernels::ops;
pub use plywood_kernels::user_rule as rule;

pub use super::block::{Block, Blocks};
pub use super::book::{layers, rules};
pub use super::constants::{
    NO_LIMIT, Relation, SizeConstant, least, max, offsets, require, require_budget, require_divisor,
    require_number, require_size, size, value,
};
pub use super::display::{debug, display};
pub use super::entries::{Entry, Iterations, LayerRow, Role};
pub use super::graphs::Graphs;
pub use super::memory::{Amount, Arena, Memory, WorkingMemory};
pub use super::parameters::{Parameter, ParameterMut};
pub use super::ports::{Alike, Flat, IntoBatch, IntoPorts, NumberPort, Numbers, Port, PortInfo, Ports};
pub use super::sample::{Real, Sample, take, take_mut, take_slice, take_slice_mut};
pub use super::{Network, Pass};
pub use crate::error::Result;

/// `len` numbers and what is left of their last cache line: kernels that read two values a fraction of a line apart run
/// many times slower.
#[inline]
pub fn round(len: usize) -> usize {
    len.next_multiple_of(16)
}

/// The next `len` numbers of a session's memory, and the rest from the next cache line on.
#[inline]
pub fn slot<T>(memory: &mut [T], len: usize) -> (&mut [T], &mut [T]) {
    let (slot, rest) = memory.split_at_mut(round(len).min(memory.len()));
    (&mut slot[..len], rest)
}

/// As an array of them.
///
/// # Panics
/// If there are more or fewer.
#[inline]
pub fn exactly<T, const N: usize>(all: &mut [T]) -> &mut [T; N] {
    let found = all.len();
    all.try_into().unwrap_or_else(|_| panic!("expected {N} outputs, found {found}"))
}

/// Entry `i - 1` and entry `i` of what the runs of a block leave, each of `len` numbers, `each` apart. Before the first
/// there is none.
#[inline]
pub fn entry<T>(stack: &mut [T], i: usize, each: usize, len: usize) -> (&[T], &mut [T]) {
    let (before, here) = stack.split_at_mut(i * each);
    let before = if i == 0 { &[] } else { &before[(i - 1) * each..][..len] };
    (before, &mut here[..len])
}

/// Of two places that runs write in turn: the one that the run before wrote, and the one that this run writes, with so many
/// runs left after it. The last run writes the first.
#[inline]
pub fn turn<'a, T>(left: usize, first: &'a mut [T], second: &'a mut [T]) -> (&'a [T], &'a mut [T]) {
    if left.is_multiple_of(2) { (second, first) } else { (first, second) }
}

/// `0..times` from its end: the order of the backward pass.
#[inline]
pub fn last_first(times: usize) -> Rev<Range<usize>> {
    (0..times).rev()
}

/// A range of one iteration's parameters, for the iteration that starts at `by`.
#[inline]
pub fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// What goes in or out of a network with a mistake in its declaration, where that is not known: `<[f32; N] as Unknown>`, of
/// an `N` that is an error, is one itself, of which the compiler says nothing more. With two implementations neither is
/// taken for the only one.
pub trait Unknown {
    /// Any sample.
    type Sample: Sample;
}
impl Unknown for [f32; 1] {
    type Sample = [f32; 1];
}
impl Unknown for [f32; 2] {
    type Sample = [f32; 2];
}
