//! What a port of a network has for every sample.

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u32 {}
    impl<S: Sealed, const N: usize> Sealed for [S; N] {}
}
pub(crate) use sealed::Sealed;

/// The numbers of one port of a batch, as generated code and devices take them; `T` is `f32`, or `f64` where gradients are
/// checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flat<'a, T> {
    /// Real numbers.
    Real(&'a [T]),
    /// Indices.
    Index(&'a [u32]),
    /// Values of another type, which only the host can read.
    Opaque,
}

/// What a port has for every sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// Real numbers, in an array.
    Real,
    /// Indices, in an array.
    Index,
    /// A value of another type.
    Opaque,
}

/// What a port of its own can have for every sample: a number, arrays of numbers to any depth, or another type of the standard
/// library. Types of one's own are put into [`Each`](crate::Each).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no port of a batch",
    note = "numbers, arrays of them and other types of the standard library are; `Each<{Self}>` stands for any other type"
)]
pub trait Element: Sealed + Clone + Send + Sync + 'static {
    /// What it is.
    #[doc(hidden)]
    const KIND: PortKind;
    /// Lengths of the axes.
    #[doc(hidden)]
    const AXES: &'static Axes;
    /// The numbers of some.
    #[doc(hidden)]
    fn port(elements: &[Self]) -> Flat<'_, f32>;
}

macro_rules! elements {
    ($($t:ty)*) => { $(
        impl Sealed for $t {}
        impl Element for $t {
            const KIND: PortKind = PortKind::Opaque;
            const AXES: &'static Axes = &Axes::NONE;
            fn port(_: &[$t]) -> Flat<'_, f32> {
                Flat::Opaque
            }
        }
    )* };
}
elements! { () f64 i8 i16 i32 i64 i128 isize u8 u16 u64 u128 usize bool char String Vec<f32> }

impl Element for f32 {
    const KIND: PortKind = PortKind::Real;
    const AXES: &'static Axes = &Axes::NONE;
    fn port(elements: &[f32]) -> Flat<'_, f32> {
        Flat::Real(elements)
    }
}

impl Element for u32 {
    const KIND: PortKind = PortKind::Index;
    const AXES: &'static Axes = &Axes::NONE;
    fn port(elements: &[u32]) -> Flat<'_, f32> {
        Flat::Index(elements)
    }
}

impl<E: Element, const N: usize> Element for [E; N] {
    const KIND: PortKind = E::KIND;
    const AXES: &'static Axes = &E::AXES.within(N);
    fn port(elements: &[Self]) -> Flat<'_, f32> {
        E::port(elements.as_flattened())
    }
}

/// Lengths of up to eight axes, known when the program is compiled.
#[doc(hidden)]
pub struct Axes {
    lengths: [usize; 8],
    rank: usize,
}

impl Axes {
    pub(super) const NONE: Axes = Axes { lengths: [0; 8], rank: 0 };

    /// The axes of an array of `n` of these.
    pub(super) const fn within(&self, n: usize) -> Axes {
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
