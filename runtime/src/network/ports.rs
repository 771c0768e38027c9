//! The border of a network: what a batch of inputs, outputs or targets is. Of one array it is a slice, of several a struct of
//! slices with the declared names.

use std::ops::Range;

pub use super::element::{Element, Flat, PortKind};
use super::sample::{Nested, Sample, try_zeroed};
use crate::error::{Error, Result};

/// What a network takes, what it gives, or what that is compared with: one array, or several by name.
///
/// Every [`Sample`] is one port, `u32` and arrays of it are, and so are other types of the standard library; [`Each`] makes
/// one of any other type. [`network!`](crate::network) declares the structs of several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that batches are of",
    note = "numbers, arrays of them and other types of the standard library are; `Each<{Self}>` stands for any other type"
)]
pub trait Ports: 'static {
    /// Some samples: `&[S]`, or a struct of such.
    type Batch<'a>: Copy;
    /// The same, to be changed: `&mut [S]`, or a struct of such.
    type BatchMut<'a>;
    /// The same, owned: `Vec<S>`, or a struct of such.
    type Owned: Clone + Default + Send + Sync;
    /// What each port is, in declared order.
    const PORTS: &'static [PortInfo];

    /// How many samples; an [`Error::Length`] where the ports disagree.
    fn len(batch: Self::Batch<'_>) -> Result<usize>;
    /// Some of them.
    fn range<'a>(batch: Self::Batch<'a>, at: Range<usize>) -> Self::Batch<'a>;
    /// The first `at` of them, and the others.
    fn split_mut<'a>(batch: Self::BatchMut<'a>, at: usize) -> (Self::BatchMut<'a>, Self::BatchMut<'a>);
    /// What can be changed, only to be read.
    fn shared<'a>(batch: &'a Self::BatchMut<'_>) -> Self::Batch<'a>;
    /// Lends all ports in declared order. Nothing is allocated, nothing copied.
    fn ports<R>(batch: Self::Batch<'_>, with: impl FnOnce(&[Flat<'_, f32>]) -> R) -> R;
    /// What is owned, to be read.
    fn view(owned: &Self::Owned) -> Self::Batch<'_>;
    /// What is owned, to be changed.
    fn view_mut(owned: &mut Self::Owned) -> Self::BatchMut<'_>;
    /// Makes room for `n` samples, so that as many are gathered without an allocation. `what` stands in the
    /// [`Error::Memory`].
    fn reserve(owned: &mut Self::Owned, what: &'static str, n: usize) -> Result<()>;
    /// Replaces what is there by the samples at these places, from slice to slice: none passes over the stack.
    fn gather(owned: &mut Self::Owned, from: Self::Batch<'_>, at: &[usize]);
}

/// [Ports](Ports) of real numbers, which can be made and written: the outputs of a network.
pub trait Numbers: Ports {
    /// `n` samples of zeros. `what` stands in the [`Error::Memory`].
    fn zeros(what: &'static str, n: usize) -> Result<Self::Owned>;
    /// The samples that these numbers are, one slice for each port in declared order.
    ///
    /// # Panics
    /// If there are fewer slices, or one does not end with a whole sample.
    fn of_ports<'a>(ports: &mut impl Iterator<Item = &'a [f32]>) -> Self::Batch<'a>;
    /// As [`of_ports`](Numbers::of_ports), to be changed.
    fn of_ports_mut<'a>(ports: &mut impl Iterator<Item = &'a mut [f32]>) -> Self::BatchMut<'a>;
    /// As [`ports`](Ports::ports), to be changed.
    fn ports_mut<R>(batch: Self::BatchMut<'_>, with: impl FnOnce(&mut [&mut [f32]]) -> R) -> R;
}

/// What one port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// Its declared name; empty where there is one port, which needs none.
    pub name: &'static str,
    /// What it has for every sample.
    pub kind: PortKind,
    /// Lengths of a sample's axes, outermost first; empty for a single number.
    pub shape: &'static [usize],
}

impl PortInfo {
    /// Numbers in one sample.
    pub const fn numbers(&self) -> usize {
        let (mut numbers, mut i) = (1, 0);
        while i < self.shape.len() {
            numbers *= self.shape[i];
            i += 1;
        }
        numbers
    }
}

/// Exactly one port.
#[doc(hidden)]
pub trait Port: Ports {
    /// What it is, without a name.
    const PORT: PortInfo;
    /// Its numbers.
    fn port(batch: Self::Batch<'_>) -> Flat<'_, f32>;
}

/// Exactly one port of real numbers.
#[doc(hidden)]
pub trait NumberPort: Port + Numbers {
    /// Its numbers, to be changed.
    fn port_mut(batch: Self::BatchMut<'_>) -> &mut [f32];
}

/// So many ports of real numbers, all of one shape: what a loss between them is for.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not {N} outputs of one shape",
    label = "not {N} of one shape"
)]
pub trait Alike<const N: usize>: Numbers {
    /// What each of them has for every sample.
    type Port: Sample;
    /// They, in declared order.
    fn each<'a>(batch: Self::Batch<'a>) -> [&'a [Self::Port]; N];
    /// They, to be changed.
    fn each_mut<'a>(batch: Self::BatchMut<'a>) -> [&'a mut [Self::Port]; N];
}

/// A slice is one port.
macro_rules! slice {
    ($e:ty, $info:expr, $flat:expr) => {
        type Batch<'a> = &'a [$e];
        type BatchMut<'a> = &'a mut [$e];
        type Owned = Vec<$e>;
        const PORTS: &'static [PortInfo] = &[$info];

        fn len(batch: &[$e]) -> Result<usize> {
            Ok(batch.len())
        }
        fn range<'a>(batch: Self::Batch<'a>, at: Range<usize>) -> Self::Batch<'a> {
            &batch[at]
        }
        fn split_mut<'a>(batch: Self::BatchMut<'a>, at: usize) -> (Self::BatchMut<'a>, Self::BatchMut<'a>) {
            batch.split_at_mut(at)
        }
        fn shared<'a>(batch: &'a Self::BatchMut<'_>) -> Self::Batch<'a> {
            batch
        }
        #[inline]
        fn ports<R>(batch: Self::Batch<'_>, with: impl FnOnce(&[Flat<'_, f32>]) -> R) -> R {
            with(&[$flat(batch)])
        }
        fn view(owned: &Self::Owned) -> Self::Batch<'_> {
            owned
        }
        fn view_mut(owned: &mut Self::Owned) -> Self::BatchMut<'_> {
            owned
        }
        fn reserve(owned: &mut Self::Owned, what: &'static str, n: usize) -> Result<()> {
            let more = n.saturating_sub(owned.len());
            owned.try_reserve_exact(more).map_err(|_| {
                let bytes = (n as u128).checked_mul(size_of::<$e>() as u128);
                Error::Memory { what, bytes: bytes.filter(|bytes| *bytes <= u128::from(u64::MAX)) }
            })
        }
        fn gather(owned: &mut Self::Owned, from: Self::Batch<'_>, at: &[usize]) {
            owned.clear();
            owned.reserve(at.len());
            at.iter().for_each(|i| owned.extend_from_slice(&from[*i..=*i]));
        }
    };
}

impl<E: Element> Ports for E {
    slice! { E, <E as Port>::PORT, E::port }
}
impl<E: Element> Port for E {
    const PORT: PortInfo = PortInfo { name: "", kind: E::KIND, shape: E::AXES.as_slice() };
    fn port(batch: Self::Batch<'_>) -> Flat<'_, f32> {
        <E as Element>::port(batch)
    }
}

impl<S: Sample> Numbers for S {
    fn zeros(what: &'static str, n: usize) -> Result<Vec<S>> {
        Ok(try_zeroed(what, n)?.into_vec())
    }
    #[inline]
    fn of_ports<'a>(ports: &mut impl Iterator<Item = &'a [f32]>) -> Self::Batch<'a> {
        Nested::nest(ports.next().expect("a slice for every port"))
    }
    #[inline]
    fn of_ports_mut<'a>(ports: &mut impl Iterator<Item = &'a mut [f32]>) -> Self::BatchMut<'a> {
        Nested::nest_mut(ports.next().expect("a slice for every port"))
    }
    #[inline]
    fn ports_mut<R>(batch: Self::BatchMut<'_>, with: impl FnOnce(&mut [&mut [f32]]) -> R) -> R {
        with(&mut [S::flat_mut(batch)])
    }
}
impl<S: Sample> NumberPort for S {
    fn port_mut(batch: Self::BatchMut<'_>) -> &mut [f32] {
        S::flat_mut(batch)
    }
}

/// Inputs or targets of a type of one's own: trees, games, whatever a loss of one's own compares with. A data set is made
/// of `Each(vec)`, a loss has `type Target = Each<Game>`, and a batch is `&[Game]`.
///
/// ```
/// use plywood::loss::Cpu;
/// use plywood::prelude::*;
/// use plywood::Each;
///
/// #[derive(Clone)]
/// struct Game { won: bool }
///
/// /// The squared error of one number that says who wins.
/// struct Winner;
/// impl Loss<[f32; 1]> for Winner {
///     type Target = Each<Game>;
///     fn reduction(&self) -> Reduction {
///         Reduction::Mean
///     }
///     fn gradient(&self, _: &Cpu, d: &mut [[f32; 1]], y: &[[f32; 1]], games: &[Game], scale: f64) -> plywood::Result<f64> {
///         for ((d, y), game) in d.iter_mut().zip(y).zip(games) {
///             d[0] = scale as f32 * 2.0 * (y[0] - f32::from(game.won)) / y.len() as f32;
///         }
///         self.value(y, games)
///     }
///     fn value(&self, y: &[[f32; 1]], games: &[Game]) -> plywood::Result<f64> {
///         let squares = y.iter().zip(games).map(|(y, game)| f64::from(y[0] - f32::from(game.won)).powi(2));
///         Ok(squares.sum::<f64>() / y.len() as f64)
///     }
/// }
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let games = vec![Game { won: false }, Game { won: true }];
/// let data = Dataset::new(vec![[0.0], [1.0]], Each(games))?;
/// let mut trainer = Trainer::new(Line::init(1), Winner, Sgd::new(0.3)).quiet().on(Device::Cpu)?;
/// trainer.epochs(&data, 100)?;
/// assert!(trainer.evaluate(&data, Winner)? < 1e-3);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Each<T>(
    /// One value, or a `Vec` of them.
    pub T,
);

impl<T: Clone + Send + Sync + 'static> Ports for Each<T> {
    slice! { T, <Each<T> as Port>::PORT, |_: &[T]| Flat::Opaque }
}
impl<T: Clone + Send + Sync + 'static> Port for Each<T> {
    const PORT: PortInfo = PortInfo { name: "", kind: PortKind::Opaque, shape: &[] };
    fn port(_: Self::Batch<'_>) -> Flat<'_, f32> {
        Flat::Opaque
    }
}

/// What a data set is made of: samples or targets that are owned, and say of which [`Ports`] they are. A `Vec`, a boxed slice,
/// an array or a slice of samples; [`Each`] of a `Vec`; a struct of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a data set is made of",
    note = "a `Vec`, a boxed slice, an array or a slice of samples is, and `Each(vec)` of any other type"
)]
pub trait IntoPorts {
    /// What it is some samples of.
    type Of: Ports;
    /// They.
    fn into_owned(self) -> <Self::Of as Ports>::Owned;
}

macro_rules! into_ports {
    ($($from:ty, [$($n:tt)*], $owned:ident => $vec:expr;)*) => { $(
        impl<E: Element, $($n)*> IntoPorts for $from {
            type Of = E;
            fn into_owned(self) -> Vec<E> {
                let $owned = self;
                $vec
            }
        }
    )* };
}
into_ports! {
    Vec<E>, [], owned => owned;
    Box<[E]>, [], owned => owned.into_vec();
    [E; N], [const N: usize], owned => owned.into();
    &[E], [], owned => owned.to_vec();
    &[E; N], [const N: usize], owned => owned.to_vec();
}
impl<T: Clone + Send + Sync + 'static> IntoPorts for Each<Vec<T>> {
    type Of = Each<T>;
    fn into_owned(self) -> Vec<T> {
        self.0
    }
}

/// What a batch can be borrowed from, where its type must say of which [`Ports`] it is: a reference to samples, or a struct of
/// such.
pub trait IntoBatch<'a> {
    /// What it is some samples of.
    type Of: Ports;
    /// They.
    fn into_batch(self) -> <Self::Of as Ports>::Batch<'a>;
}

macro_rules! into_batch {
    ($($from:ty, [$($n:tt)*];)*) => { $(
        impl<'a, E: Element, $($n)*> IntoBatch<'a> for &'a $from {
            type Of = E;
            fn into_batch(self) -> &'a [E] {
                self
            }
        }
    )* };
}
into_batch! {
    [E], [];
    [E; N], [const N: usize];
    Vec<E>, [];
    Box<[E]>, [];
}

/// An error that names the first index of a batch that is not below its input's limit.
pub(crate) fn refuse_out_of_range<P: Ports>(batch: P::Batch<'_>, limits: &[usize]) -> Result<()> {
    let is_limited = |limit: &usize| *limit != usize::MAX;
    if !limits.iter().any(is_limited) {
        return Ok(());
    }
    P::ports(batch, |flat| {
        for ((port, flat), limit) in P::PORTS.iter().zip(flat).zip(limits) {
            let Flat::Index(indices) = flat else { continue };
            let Some(i) = indices.iter().position(|index| *index as usize >= *limit) else { continue };
            let (name, sample, number) = (port.name, i / port.numbers(), i % port.numbers());
            return Err(Error::Index { port: name, sample, number, found: indices[i], limit: *limit });
        }
        Ok(())
    })
}

/// The first number of a batch that is not finite: its port's name, its sample, and which number of that it is.
pub(crate) fn not_finite<P: Ports>(batch: P::Batch<'_>) -> Option<(&'static str, usize, usize)> {
    P::ports(batch, |flat| {
        P::PORTS.iter().zip(flat).find_map(|(port, flat)| {
            let Flat::Real(numbers) = flat else { return None };
            let i = numbers.iter().position(|x| !x.is_finite())?;
            Some((port.name, i / port.numbers(), i % port.numbers()))
        })
    })
}
