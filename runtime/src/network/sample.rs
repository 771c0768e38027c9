//! Samples: Rust arrays of numbers, seen flat.

use std::alloc::Layout;
use std::any::type_name;
use std::fmt;

use plywood_kernels::cpu;

#[cfg(feature = "ndarray")]
use super::arrays;
use super::block::Plain;
use super::element::Element;
pub(crate) use super::element::Sealed;
use crate::error::{Error, Result};
use crate::text::counted;

/// What one sample of a network can be: `f32`, or arrays of it to any depth, such as `[[[f32; 28]; 28]; 1]`.
///
/// A batch is a slice of samples, which lie one after the other; [`flat`](Sample::flat) shows their numbers
/// without a copy. No function takes or returns a sample by value: a photograph does not fit on the stack.
///
/// ```
/// use plywood::Sample;
///
/// let mut batch = plywood::zeroed::<[[f32; 2]; 3]>(100);
/// batch[7][2][1] = 5.0;
/// assert_eq!(Sample::flat(&batch)[7 * 6 + 2 * 2 + 1], 5.0);
/// ```
///
/// # Making some
///
/// A Rust array is a batch as it stands, and so is a `Vec` of arrays. Others are [`zeroed`], [`ones`], [`full`],
/// [`random::uniform`](crate::random::uniform), [`random::normal`](crate::random::normal), and what lies flat somewhere
/// else: [`from_flat`](Sample::from_flat), [`from_vec`](Sample::from_vec).
///
/// ```
/// use plywood::prelude::*;
///
/// let two = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let same = <[f32; 3]>::from_flat(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(same, two);
/// assert_eq!(full::<[f32; 3]>(2, 0.5), vec![[0.5; 3]; 2].into());
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// # Asking
///
/// | What | of a sample | of a model | of a parameter |
/// |---|---|---|---|
/// | shape | `S::SHAPE` | `M::Input::SHAPE`, `M::Output::SHAPE` | `parameter.shape` |
/// | how many numbers | `S::LEN` | `M::PARAMETERS` | `parameter.values.len()` |
/// | their type | `S::DTYPE` | `M::Input::DTYPE` | `f32` |
///
/// A batch has `batch.len()` samples, a session says by `device()` where it runs.
///
/// ```
/// use plywood::{Dtype, Network, Sample, network};
///
/// network! { struct Net: [3, 2] -> [4] { Flatten, fc: Linear(4) } }
///
/// assert_eq!(<[[f32; 2]; 3]>::SHAPE, [3, 2]);
/// assert_eq!(<[[f32; 2]; 3]>::LEN, 6);
/// assert_eq!(<[[f32; 2]; 3]>::DTYPE, Dtype::F32);
/// assert_eq!(<Net as Network>::Input::SHAPE, [3, 2]);
/// let net = Net::init(7);
/// let weight = net.named_parameters().next().unwrap();
/// assert_eq!((weight.name.as_str(), weight.shape), ("fc.weight", [4, 6].as_slice()));
/// ```
#[diagnostic::on_unimplemented(
    message = "a sample is `f32` or arrays of it, found `{Self}`",
    label = "no sample",
    note = "a network computes in `f32`: convert other numbers with `as f32`, and a `Vec` of them to an array of known length"
)]
pub trait Sample: OfReals {
    /// Numbers in one sample.
    const LEN: usize = <Self as Nested>::COUNT;
    /// Lengths of the axes, outermost first; empty for `f32`.
    const SHAPE: &'static [usize] = <Self as Element>::AXES.as_slice();
    /// The type of the numbers.
    const DTYPE: Dtype = Dtype::F32;

    /// All numbers of some samples.
    fn flat(samples: &[Self]) -> &[f32] {
        Self::flatten(samples)
    }
    /// All numbers of some samples, to be changed.
    fn flat_mut(samples: &mut [Self]) -> &mut [f32] {
        Self::flatten_mut(samples)
    }
    /// The samples that these numbers are, one after the other. Numbers that do not fill the last sample are an
    /// [`Error::Shape`].
    fn from_flat(numbers: &[f32]) -> Result<&[Self]> {
        whole::<Self>(numbers.len())?;
        Ok(Self::nest(numbers))
    }
    /// As [`from_flat`](Sample::from_flat), to be changed.
    fn from_flat_mut(numbers: &mut [f32]) -> Result<&mut [Self]> {
        whole::<Self>(numbers.len())?;
        Ok(Self::nest_mut(numbers))
    }
    /// As [`from_flat`](Sample::from_flat), to be kept. Numbers that fill their `Vec` to its capacity are not copied.
    fn from_vec(numbers: Vec<f32>) -> Result<Vec<Self>> {
        let samples = whole::<Self>(numbers.len())?;
        let numbers = Box::into_raw(numbers.into_boxed_slice()).cast::<Self>();
        // SAFETY: a sample is an array of `LEN` numbers and is laid out and aligned as they are, so a box of
        // `samples` of them is one of `samples * LEN` numbers, which this is.
        Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(numbers, samples)) }.into_vec())
    }

    /// Some samples as an array of shape `[n, …SHAPE]` of the crate `ndarray`, without a copy. Behind the feature
    /// `ndarray`.
    ///
    /// ```
    /// use plywood::Sample;
    ///
    /// let batch = [[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// let mean = Sample::array_view(&batch).mean_axis(ndarray::Axis(0)).unwrap();
    /// assert_eq!(mean.as_slice(), Some([2.5, 3.5, 4.5].as_slice()));
    /// ```
    #[cfg(feature = "ndarray")]
    fn array_view(samples: &[Self]) -> ndarray::ArrayViewD<'_, f32> {
        arrays::view(&[&[samples.len()], Self::SHAPE].concat(), Self::flat(samples))
    }
    /// As [`array_view`](Sample::array_view), to be changed.
    #[cfg(feature = "ndarray")]
    fn array_view_mut(samples: &mut [Self]) -> ndarray::ArrayViewMutD<'_, f32> {
        arrays::view_mut(&[&[samples.len()], Self::SHAPE].concat(), Self::flat_mut(samples))
    }
    /// The samples that an array of the crate `ndarray` is, without a copy: its shape is `[n, …SHAPE]` and its numbers lie
    /// in order, the last axis fastest. Behind the feature `ndarray`.
    ///
    /// ```
    /// use plywood::Sample;
    ///
    /// let array = ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(<[f32; 3]>::from_array_view(array.view())?[1], [4.0, 5.0, 6.0]);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    #[cfg(feature = "ndarray")]
    fn from_array_view<D: ndarray::Dimension>(array: ndarray::ArrayView<'_, f32, D>) -> Result<&[Self]> {
        arrays::numbers(array.into_dyn(), Self::SHAPE, type_name::<Self>()).map(Self::nest)
    }
}
impl<S: OfReals> Sample for S {}

/// How many samples so many numbers are.
fn whole<S: Sample>(numbers: usize) -> Result<usize> {
    const { assert!(S::LEN > 0, "a sample has at least one number") };
    let samples = numbers / S::LEN;
    if numbers.is_multiple_of(S::LEN) {
        return Ok(samples);
    }
    Err(Error::Shape {
        expected: format!("a multiple of {}, as `{}` has", counted(S::LEN, "numbers"), type_name::<S>()),
        found: numbers.to_string(),
        help: format!(
            "{} make {samples} of them, {} make {}",
            counted(samples * S::LEN, "numbers"),
            (samples + 1) * S::LEN,
            samples + 1
        ),
    })
}

/// The type of the numbers in an array, or of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `f32`: samples, parameters, gradients.
    F32,
    /// `u32`: classes.
    U32,
}

/// As numpy and PyTorch call it: `float32`.
impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dtype::F32 => "float32",
            Dtype::U32 => "uint32",
        })
    }
}

/// `n` samples of zeros, made on the heap and never anywhere else.
pub fn zeroed<S: Sample>(n: usize) -> Box<[S]> {
    // SAFETY: a sample is an array of `f32`, for which zero bytes are a value.
    unsafe { Box::new_zeroed_slice(n).assume_init() }
}

/// `n` samples of ones.
///
/// ```
/// assert_eq!(plywood::ones::<[f32; 3]>(2), vec![[1.0; 3]; 2].into());
/// ```
pub fn ones<S: Sample>(n: usize) -> Box<[S]> {
    full(n, 1.0)
}

/// `n` samples with `value` for every number.
///
/// ```
/// let batch = plywood::full::<[[f32; 2]; 3]>(10, -1.0);
/// assert_eq!(batch[9][2], [-1.0, -1.0]);
/// ```
pub fn full<S: Sample>(n: usize, value: f32) -> Box<[S]> {
    let mut samples = zeroed(n);
    S::flat_mut(&mut samples).fill(value);
    samples
}

/// As [`zeroed`], or an error that says what the memory was for.
pub(crate) fn try_zeroed<S: Nested<Scalar: Plain>>(what: &'static str, n: usize) -> Result<Box<[S]>> {
    let layout = Layout::array::<S>(n).map_err(|_| Error::Memory { what, bytes: None })?;
    if layout.size() == 0 {
        // SAFETY: arrays of numbers for which zero bytes are a value.
        return Ok(unsafe { Box::new_zeroed_slice(n).assume_init() });
    }
    // SAFETY: the layout's size is not zero.
    let start = unsafe { std::alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return Err(Error::Memory { what, bytes: Some(layout.size() as u128) });
    }
    // SAFETY: `n` arrays of numbers for which zero bytes are a value, in memory of the layout that a box of them has.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start.cast::<S>(), n)) })
}

/// A scalar, or arrays of one to any depth. Every step is one of the standard library's safe views.
#[doc(hidden)]
pub trait Nested: Sealed + Sized {
    /// The number at the bottom.
    type Scalar;
    /// How many of them.
    const COUNT: usize;
    fn flatten(nested: &[Self]) -> &[Self::Scalar];
    fn flatten_mut(nested: &mut [Self]) -> &mut [Self::Scalar];
    fn nest(flat: &[Self::Scalar]) -> &[Self];
    fn nest_mut(flat: &mut [Self::Scalar]) -> &mut [Self];
}

/// What consists of `f32`. A trait and no `Nested<Scalar = f32>`, so that who has other numbers is told so.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a sample is `f32` or arrays of it, found `{Self}`",
    label = "not `f32`",
    note = "a network computes in `f32`: convert other numbers with `as f32`"
)]
pub trait OfReals: Nested<Scalar = f32> + Element + Copy + fmt::Debug {}
impl OfReals for f32 {}
impl<S: OfReals, const N: usize> OfReals for [S; N] {}

/// `f32`, to train and predict, or `f64`, to check gradients: generated functions and views are generic over
/// it.
#[doc(hidden)]
pub trait Real: cpu::Real + Nested<Scalar = Self> + Plain {}
impl<T: cpu::Real + Nested<Scalar = T> + Plain> Real for T {}

macro_rules! scalar {
    ($($t:ty)*) => { $(
        impl Nested for $t {
            type Scalar = $t;
            const COUNT: usize = 1;
            fn flatten(nested: &[$t]) -> &[$t] { nested }
            fn flatten_mut(nested: &mut [$t]) -> &mut [$t] { nested }
            fn nest(flat: &[$t]) -> &[$t] { flat }
            fn nest_mut(flat: &mut [$t]) -> &mut [$t] { flat }
        }
    )* };
}
scalar!(f32 f64 u32);

impl<S: Nested, const N: usize> Nested for [S; N] {
    type Scalar = S::Scalar;
    const COUNT: usize = N * S::COUNT;
    fn flatten(nested: &[Self]) -> &[S::Scalar] {
        S::flatten(nested.as_flattened())
    }
    fn flatten_mut(nested: &mut [Self]) -> &mut [S::Scalar] {
        S::flatten_mut(nested.as_flattened_mut())
    }
    fn nest(flat: &[S::Scalar]) -> &[Self] {
        S::nest(flat).as_chunks().0
    }
    fn nest_mut(flat: &mut [S::Scalar]) -> &mut [Self] {
        S::nest_mut(flat).as_chunks_mut().0
    }
}

/// The next `S` of a block, which then starts after it. Panics past the end: the compiler planned the block.
#[doc(hidden)]
pub fn take<'a, S: Nested>(block: &mut &'a [S::Scalar]) -> &'a S {
    let (head, rest) = block.split_at(S::COUNT);
    *block = rest;
    &S::nest(head)[0]
}

/// As [`take`], to be changed.
#[doc(hidden)]
pub fn take_mut<'a, S: Nested>(block: &mut &'a mut [S::Scalar]) -> &'a mut S {
    let (head, rest) = std::mem::take(block).split_at_mut(S::COUNT);
    *block = rest;
    &mut S::nest_mut(head)[0]
}

/// The next `len` numbers of a block, which then starts after them.
#[doc(hidden)]
pub fn take_slice<'a, T>(block: &mut &'a [T], len: usize) -> &'a [T] {
    let (head, rest) = block.split_at(len);
    *block = rest;
    head
}

/// As [`take_slice`], to be changed.
#[doc(hidden)]
pub fn take_slice_mut<'a, T>(block: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    let (head, rest) = std::mem::take(block).split_at_mut(len);
    *block = rest;
    head
}
