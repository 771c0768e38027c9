//! The numbers of an array, from and to bytes.

use std::fmt::Display;
use std::io::{Read, Write};
use std::{io, mem};

use super::Numbers;
use super::header::{Fault, Header, Kind, Stored, fill};
use crate::checkpoint::half;
use crate::network::block::Plain;
use crate::network::sample::Dtype;
use crate::text::counted;

/// A number of a file before it becomes what was asked for.
#[derive(Clone, Copy)]
pub enum Number {
    Float(f64),
    /// Every integer that numpy has fits.
    Whole(i128),
}

/// What a number of a file can become.
#[diagnostic::on_unimplemented(
    message = "numbers of type `{Self}` are not read from numpy's files, nor written to them",
    note = "`f32`, `u32` and arrays of them are"
)]
pub trait Cell: Plain + Default + Display {
    /// The type of the numbers that are written.
    const DTYPE: Dtype;
    /// The nearest, or what is wrong with it.
    fn nearest(number: Number) -> Result<Self, String>;
    /// Whether it is one to compute with.
    fn is_finite(self) -> bool;
    /// Some of them, to be written.
    fn all(numbers: &[Self]) -> Numbers<'_>;
}

impl Cell for f32 {
    const DTYPE: Dtype = Dtype::F32;
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn all(numbers: &[f32]) -> Numbers<'_> {
        Numbers::F32(numbers)
    }
    fn nearest(number: Number) -> Result<f32, String> {
        Ok(match number {
            Number::Float(x) => x as f32,
            Number::Whole(x) => x as f32,
        })
    }
}

impl Cell for u32 {
    const DTYPE: Dtype = Dtype::U32;
    fn is_finite(self) -> bool {
        true
    }
    fn all(numbers: &[u32]) -> Numbers<'_> {
        Numbers::U32(numbers)
    }
    fn nearest(number: Number) -> Result<u32, String> {
        let refuse = |found: &dyn Display| format!("expected a class or an index, 0, 1, …, found {found}");
        match number {
            Number::Whole(x) => u32::try_from(x).map_err(|_| refuse(&x)),
            Number::Float(x) if x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&x) => Ok(x as u32),
            Number::Float(x) => Err(refuse(&x)),
        }
    }
}

/// Reads the numbers that follow a header, in C order, of which there are `to.len()`; whether something follows them.
pub(super) fn read<T: Cell>(from: &mut dyn Read, header: &Header, to: &mut [T]) -> Result<bool, Fault> {
    let &Stored::Number { kind, size, big_endian } = &header.dtype else {
        return Err(format!("expected numbers, found {}", header.dtype).into());
    };
    use Number::{Float, Whole};
    match (kind, size) {
        (Kind::Float, 2) => convert(from, to, big_endian, |b| Float(half(u16::from_le_bytes(b)).into())),
        (Kind::Float, 4) => convert(from, to, big_endian, |b| Float(f32::from_le_bytes(b).into())),
        (Kind::Float, _) => convert(from, to, big_endian, |b| Float(f64::from_le_bytes(b))),
        (Kind::Int, 1) => convert(from, to, big_endian, |b| Whole(i8::from_le_bytes(b).into())),
        (Kind::Int, 2) => convert(from, to, big_endian, |b| Whole(i16::from_le_bytes(b).into())),
        (Kind::Int, 4) => convert(from, to, big_endian, |b| Whole(i32::from_le_bytes(b).into())),
        (Kind::Int, _) => convert(from, to, big_endian, |b| Whole(i64::from_le_bytes(b).into())),
        (Kind::Bool, _) => convert(from, to, big_endian, |[b]| Whole((b != 0).into())),
        (Kind::Uint, 1) => convert(from, to, big_endian, |b| Whole(u8::from_le_bytes(b).into())),
        (Kind::Uint, 2) => convert(from, to, big_endian, |b| Whole(u16::from_le_bytes(b).into())),
        (Kind::Uint, 4) => convert(from, to, big_endian, |b| Whole(u32::from_le_bytes(b).into())),
        (Kind::Uint, _) => convert(from, to, big_endian, |b| Whole(u64::from_le_bytes(b).into())),
    }?;
    // An archive compares its check sum with what was read when there is no more, which a byte more than there should be
    // shows as well as all of them.
    let more = io::copy(&mut from.take(1), &mut io::sink())? > 0;
    if header.fortran_order {
        into_c_order(to, &header.shape);
    }
    Ok(more)
}

/// Reads numbers of `N` bytes.
fn convert<T: Cell, const N: usize>(
    from: &mut dyn Read,
    to: &mut [T],
    big_endian: bool,
    number: impl Fn([u8; N]) -> Number,
) -> Result<(), Fault> {
    let ended = format!("it ends before the end of its {}: it was cut off", counted(to.len(), "numbers"));
    let (mut done, mut bytes) = (0, vec![0; 1 << 16]);
    for to in to.chunks_mut((1 << 16) / N) {
        let bytes = &mut bytes[..to.len() * N];
        fill(from, bytes, &ended)?;
        for (i, (to, bytes)) in to.iter_mut().zip(bytes.as_chunks::<N>().0).enumerate() {
            let mut bytes = *bytes;
            if big_endian {
                bytes.reverse();
            }
            *to = T::nearest(number(bytes)).map_err(|problem| format!("number {}: {problem}", done + i))?;
        }
        done += to.len();
    }
    Ok(())
}

/// Numbers that lie with the first axis fastest, with the last axis fastest.
fn into_c_order<T: Cell>(numbers: &mut [T], shape: &[u64]) {
    let shape: Vec<usize> = shape.iter().map(|axis| *axis as usize).collect();
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    let (mut index, mut at, mut ordered) = (vec![0; shape.len()], 0, vec![T::default(); numbers.len()]);
    for number in numbers.iter() {
        ordered[at] = *number;
        for axis in 0..shape.len() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * mem::take(&mut index[axis]);
        }
    }
    numbers.copy_from_slice(&ordered);
}

/// Writes numbers, a piece at a time.
pub(super) fn write<T: Copy>(to: &mut dyn Write, numbers: &[T], bytes: fn(T) -> [u8; 4]) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(1 << 16);
    for numbers in numbers.chunks(1 << 14) {
        buffer.clear();
        buffer.extend(numbers.iter().flat_map(|number| bytes(*number)));
        to.write_all(&buffer)?;
    }
    Ok(())
}
