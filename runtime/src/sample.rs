//! Samples: Rust arrays of numbers, seen flat.

use std::alloc::Layout;
use std::fmt;

use plywood_kernels::cpu;

use crate::error::{Error, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for u32 {}
    impl Sealed for Vec<f32> {}
    impl<S: Sealed, const N: usize> Sealed for [S; N] {}
}
pub(crate) use sealed::Sealed;

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
/// assert_eq!(<[[f32; 2]; 3] as Sample>::SHAPE, [3, 2]);
/// ```
pub trait Sample: Nested<Scalar = f32> + Copy + Send + Sync + fmt::Debug + 'static {
    /// Numbers in one sample.
    const LEN: usize = <Self as Nested>::COUNT;
    /// Lengths of the axes, outermost first; empty for `f32`.
    const SHAPE: &'static [usize] = <Self as Nested>::AXES.as_slice();

    /// All numbers of some samples.
    fn flat(samples: &[Self]) -> &[f32] {
        Self::flatten(samples)
    }
    /// All numbers of some samples, to be changed.
    fn flat_mut(samples: &mut [Self]) -> &mut [f32] {
        Self::flatten_mut(samples)
    }
    /// The samples that these numbers are; what does not fill a sample is left out.
    fn of(numbers: &[f32]) -> &[Self] {
        Self::nest(numbers)
    }
}
impl<S: Nested<Scalar = f32> + Copy + Send + Sync + fmt::Debug + 'static> Sample for S {}

/// `n` samples of zeros, made on the heap and never anywhere else.
pub fn zeroed<S: Sample>(n: usize) -> Box<[S]> {
    // SAFETY: a sample is an array of `f32`, for which zero bytes are a value.
    unsafe { Box::new_zeroed_slice(n).assume_init() }
}

/// As [`zeroed`], or an error that says what the memory was for.
pub(crate) fn try_zeroed<S: Sample>(what: &'static str, n: usize) -> Result<Box<[S]>> {
    let layout = Layout::array::<S>(n).map_err(|_| Error::Memory { what, bytes: None })?;
    if layout.size() == 0 {
        return Ok(zeroed(n));
    }
    // SAFETY: the layout's size is not zero.
    let start = unsafe { std::alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return Err(Error::Memory { what, bytes: Some(layout.size() as u128) });
    }
    // SAFETY: `n` samples of zeros, as in `zeroed`, in memory of the layout that a box of them has.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start.cast::<S>(), n)) })
}

/// A scalar, or arrays of one to any depth. Every step is one of the standard library's safe views.
#[doc(hidden)]
pub trait Nested: Sealed + Sized {
    /// The number at the bottom.
    type Scalar;
    /// How many of them.
    const COUNT: usize;
    /// Lengths of the axes.
    const AXES: &'static Axes;
    fn flatten(nested: &[Self]) -> &[Self::Scalar];
    fn flatten_mut(nested: &mut [Self]) -> &mut [Self::Scalar];
    fn nest(flat: &[Self::Scalar]) -> &[Self];
    fn nest_mut(flat: &mut [Self::Scalar]) -> &mut [Self];
}

/// `f32`, to train and predict, or `f64`, to check gradients: generated functions and views are generic over
/// it.
#[doc(hidden)]
pub trait Real: cpu::Real + Nested<Scalar = Self> {}
impl<T: cpu::Real + Nested<Scalar = T>> Real for T {}

macro_rules! scalar {
    ($($t:ty)*) => { $(
        impl Nested for $t {
            type Scalar = $t;
            const COUNT: usize = 1;
            const AXES: &'static Axes = &Axes::NONE;
            fn flatten(nested: &[$t]) -> &[$t] { nested }
            fn flatten_mut(nested: &mut [$t]) -> &mut [$t] { nested }
            fn nest(flat: &[$t]) -> &[$t] { flat }
            fn nest_mut(flat: &mut [$t]) -> &mut [$t] { flat }
        }
    )* };
}
scalar!(f32 f64);

impl<S: Nested, const N: usize> Nested for [S; N] {
    type Scalar = S::Scalar;
    const COUNT: usize = N * S::COUNT;
    const AXES: &'static Axes = &S::AXES.within(N);
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

/// Lengths of up to eight axes, known when the program is compiled.
#[doc(hidden)]
pub struct Axes {
    lengths: [usize; 8],
    rank: usize,
}

impl Axes {
    const NONE: Axes = Axes { lengths: [0; 8], rank: 0 };

    /// The axes of an array of `n` of these.
    const fn within(&self, n: usize) -> Axes {
        assert!(self.rank < 8, "arrays have at most eight axes");
        let mut lengths = [0; 8];
        lengths[0] = n;
        let mut i = 0;
        while i < self.rank {
            lengths[i + 1] = self.lengths[i];
            i += 1;
        }
        Axes { lengths, rank: self.rank + 1 }
    }

    pub(crate) const fn as_slice(&self) -> &[usize] {
        self.lengths.split_at(self.rank).0
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
