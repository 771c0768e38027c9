//! The book's kernels as its rows call them, printed by the compiler, and what they are called on.
use plywood_kernels::cpu::{Cpu, Random};
use plywood_kernels::types::Element;
use std::ops::Range;

/// The numbers of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers<T> {
    /// Real ones.
    Real(Vec<T>),
    /// Indices.
    Index(Vec<u32>),
}

impl<T: Copy> Numbers<T> {
    /// Numbers of that type, real ones by `real`.
    pub fn of(element: Element, numbers: &[f64], real: impl Fn(f64) -> T) -> Numbers<T> {
        match element {
            Element::F32 => Numbers::Real(numbers.iter().map(|x| real(*x)).collect()),
            Element::U32 => Numbers::Index(numbers.iter().map(|x| *x as u32).collect()),
        }
    }
    /// All of them in f64.
    pub fn double(&self, real: impl Fn(T) -> f64) -> Vec<f64> {
        match self {
            Numbers::Real(numbers) => numbers.iter().map(|x| real(*x)).collect(),
            Numbers::Index(numbers) => numbers.iter().map(|x| f64::from(*x)).collect(),
        }
    }
    fn real(&self) -> &[T] {
        let Numbers::Real(numbers) = self else { panic!("indices where real numbers are read") };
        numbers
    }
    fn real_mut(&mut self) -> &mut [T] {
        let Numbers::Real(numbers) = self else { panic!("indices where real numbers are written") };
        numbers
    }
    fn index(&self) -> &[u32] {
        let Numbers::Index(numbers) = self else { panic!("real numbers where indices are read") };
        numbers
    }
    fn index_mut(&mut self) -> &mut [u32] {
        let Numbers::Index(numbers) = self else { panic!("real numbers where indices are written") };
        numbers
    }
}

/// What a call works on.
pub struct Operands<'a, T> {
    /// Where it runs.
    pub cpu: &'a Cpu,
    /// The random numbers.
    pub random: Random,
    /// What goes in.
    pub inputs: &'a [Numbers<T>],
    /// What comes out.
    pub results: &'a mut [Numbers<T>],
    /// What it works in.
    pub workspace: &'a mut [T],
}

/// The call of a row with a sample.
pub struct Call {
    /// The row's name.
    pub row: &'static str,
    /// Which of the samples that it accepts.
    pub sample: usize,
    /// In f32.
    pub single: fn(Operands<'_, f32>),
    /// In f64.
    pub double: fn(Operands<'_, f64>),
}

/// A call with two arguments of one type exchanged, which no compiler finds.
pub struct Fault {
    /// The row's name.
    pub row: &'static str,
    /// Which of the samples that it accepts.
    pub sample: usize,
    /// Which arguments are exchanged.
    pub arguments: [usize; 2],
    /// In f64.
    pub double: fn(Operands<'_, f64>),
}

/// A kernel that is told its arguments when the program runs.
pub struct Kernel {
    /// Its path below `ops`.
    pub path: &'static str,
    /// What it writes, and then its arguments.
    pub run: fn(&Cpu, &mut [Told<'_>], &mut [Told<'_>]),
}

/// An argument of a kernel, or a result.
#[derive(Debug)]
pub enum Told<'a> {
    /// Numbers to read.
    Real(&'a [f32]),
    /// Indices to read.
    Index(&'a [u32]),
    /// The numbers of several values.
    Several(Vec<&'a [f32]>),
    /// Numbers to write, or to work in.
    RealMut(Vec<f32>),
    /// Indices to write.
    IndexMut(Vec<u32>),
    /// Sizes, or axes.
    Sizes(Vec<usize>),
    /// Neighbouring axes.
    Range(Range<usize>),
    /// A size.
    Size(usize),
    /// A number.
    Number(f64),
    /// A choice.
    Flag(bool),
}

impl Told<'_> {
    fn take<'a, X: Taken<'a>>(&'a mut self) -> X {
        let told = format!("{self:?}");
        X::taken(self).unwrap_or_else(|| panic!("a kernel takes something else than {told}"))
    }
}

/// The types that kernels take.
trait Taken<'a>: Sized {
    fn taken(told: &'a mut Told<'_>) -> Option<Self>;
}
macro_rules! taken {
    ($($type:ty = $pattern:pat => $value:expr;)*) => { $(
        impl<'a> Taken<'a> for $type {
            fn taken(told: &'a mut Told<'_>) -> Option<Self> {
                match told {
                    $pattern => Some($value),
                    _ => None,
                }
            }
        }
    )* };
}
taken! {
    &'a [f32] = Told::Real(x) => x;
    &'a [u32] = Told::Index(x) => x;
    &'a [&'a [f32]] = Told::Several(x) => x;
    &'a mut [f32] = Told::RealMut(x) => x;
    &'a mut [u32] = Told::IndexMut(x) => x;
    &'a [usize] = Told::Sizes(x) => x;
    Range<usize> = Told::Range(x) => x.clone();
    usize = Told::Size(x) => *x;
    f64 = Told::Number(x) => *x;
    bool = Told::Flag(x) => *x;
}

plywood_macros::calls!();
