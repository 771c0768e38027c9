//! Formulas over many numbers at once, for debug builds.
//!
//! A formula that a network or a program declares is compiled in their crate. Where that crate is not optimised, its loops
//! would take a hundred times as long as the kernels around them. There the formula is computed on [`Chunk`]s instead: each
//! of its operations is a call of a function that is compiled here, for as many numbers as a chunk holds, and does with each
//! what the loops do, so that the bits are the same.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::isa::{Work, go};
use super::math;
use super::rule::{Block, MAX_INPUTS};
use super::simd::{LANES, Simd, blocks_are_vectors, read, write};

/// Numbers of a chunk.
const LEN: usize = 8 * LANES;

/// Numbers that a formula computes with as if they were one.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Chunk([f32; LEN]);

impl From<f32> for Chunk {
    #[inline(never)]
    fn from(x: f32) -> Chunk {
        Chunk([x; LEN])
    }
}

/// Functions of one number, by the name that [`math`] has for them.
macro_rules! functions {
    ($($name:ident),*) => { $(
        #[allow(missing_docs)]
        pub fn $name(x: impl Into<Chunk>) -> Chunk {
            struct Each(Chunk);
            impl Work for Each {
                type Out = Chunk;
                #[inline(always)]
                fn run<S: Simd>(mut self) -> Chunk {
                    if !S::FUSED {
                        self.0.0.iter_mut().for_each(|x| *x = math::$name(*x));
                        return self.0;
                    }
                    for block in self.0.0.as_chunks_mut::<LANES>().0 {
                        blocks_are_vectors();
                        for l in 0..LANES {
                            block[l] = math::$name(block[l]);
                        }
                    }
                    self.0
                }
            }
            #[inline(never)]
            fn each(x: Chunk) -> Chunk {
                go(Each(x))
            }
            each(x.into())
        }
    )* };
}
functions!(cos, erf, exp, exp_nonpositive, expm1, floor, ln, ln_1p, sigmoid, sin, softplus, tanh);

/// Functions of several numbers.
macro_rules! functions_of_several {
    ($($name:ident($x:ident $(, $more:ident)*)),*) => { $(
        #[allow(missing_docs)]
        pub fn $name($x: impl Into<Chunk> $(, $more: impl Into<Chunk>)*) -> Chunk {
            struct Each { $x: Chunk $(, $more: Chunk)* }
            impl Work for Each {
                type Out = Chunk;
                #[inline(always)]
                fn run<S: Simd>(self) -> Chunk {
                    let Each { mut $x $(, $more)* } = self;
                    for at in (0..LEN).step_by(LANES) {
                        blocks_are_vectors();
                        for l in at..at + LANES {
                            $x.0[l] = math::$name($x.0[l] $(, $more.0[l])*);
                        }
                    }
                    $x
                }
            }
            #[inline(never)]
            fn each($x: Chunk $(, $more: Chunk)*) -> Chunk {
                go(Each { $x $(, $more)* })
            }
            each($x.into() $(, $more.into())*)
        }
    )* };
}
functions_of_several!(fma(a, b, c), powf(x, y));

/// Functions that are an instruction or two, which every machine has: not worth compiling once per instruction set.
macro_rules! instructions {
    ($($name:ident($x:ident $(, $more:ident)*)),*) => { $(
        #[allow(missing_docs)]
        pub fn $name($x: impl Into<Chunk> $(, $more: impl Into<Chunk>)*) -> Chunk {
            #[inline(never)]
            fn each(mut $x: Chunk $(, $more: Chunk)*) -> Chunk {
                for l in 0..LEN {
                    $x.0[l] = math::$name($x.0[l] $(, $more.0[l])*);
                }
                $x
            }
            each($x.into() $(, $more.into())*)
        }
    )* };
}
instructions!(
    abs(x),
    recip(x),
    sign(x),
    sqrt(x),
    max(a, b),
    min(a, b),
    select(c, a, b),
    gt(a, b),
    ge(a, b),
    lt(a, b),
    le(a, b),
    eq(a, b),
    ne(a, b)
);

macro_rules! operators {
    ($($trait:ident $method:ident $operator:tt),*) => { $(
        impl $trait for Chunk {
            type Output = Chunk;
            #[inline(never)]
            fn $method(self, b: Chunk) -> Chunk {
                let mut y = [0.0; LEN];
                for l in 0..LEN {
                    y[l] = self.0[l] $operator b.0[l];
                }
                Chunk(y)
            }
        }
        impl $trait<f32> for Chunk {
            type Output = Chunk;
            fn $method(self, b: f32) -> Chunk {
                self $operator Chunk::from(b)
            }
        }
        impl $trait<Chunk> for f32 {
            type Output = Chunk;
            fn $method(self, b: Chunk) -> Chunk {
                Chunk::from(self) $operator b
            }
        }
    )* };
}
operators!(Add add +, Sub sub -, Mul mul *, Div div /);

impl Neg for Chunk {
    type Output = Chunk;
    #[inline(never)]
    fn neg(mut self) -> Chunk {
        self.0.iter_mut().for_each(|x| *x = -*x);
        self
    }
}

/// Fills a block with a formula of as many inputs as the block has.
pub fn run(block: Block<'_, f32>, formula: &dyn Fn(&[Chunk]) -> Chunk) {
    let (rows, columns) = block.sizes();
    let count = rows * columns;
    let mut x = [Chunk([0.0; LEN]); MAX_INPUTS];
    let inputs = block.inputs();
    for first in (0..count).step_by(LEN) {
        let len = LEN.min(count - first);
        // parts of rows, each with its place in the chunk
        let parts = || {
            let mut at = 0;
            std::iter::from_fn(move || {
                let (r, c) = ((first + at) / columns, (first + at) % columns);
                let part = (columns - c).min(len - at);
                at += part;
                (part > 0).then_some((r, c, at - part, part))
            })
        };
        for (x, input) in x.iter_mut().zip(inputs) {
            for (r, c, at, part) in parts() {
                for i in 0..part {
                    // SAFETY: `Block::new` was promised that these rows and columns may be read, or the first lanes
                    x.0[at + i] = unsafe { read(input.number(r, c + i)) };
                }
            }
        }
        let y = formula(&x[..inputs.len()]);
        for (r, c, at, part) in parts() {
            for i in 0..part {
                // SAFETY: and that they may be written
                unsafe { write(block.output(r, c + i), y.0[at + i]) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cpu::isa::each_isa;
    use crate::cpu::{Cpu, Map, Operand, Random, map};

    /// The same formula twice: in loops, and on chunks.
    macro_rules! twice {
        ($($name:ident($($x:ident),*) = $formula:expr;)*) => {
            mod loops { crate::__rules!(loops { $(pub $name($($x),*) = $formula);* }); }
            mod chunks { crate::__rules!(chunks { $(pub $name($($x),*) = $formula);* }); }
            const FORMULAS: &[(&str, &dyn Map<f32, 3>, &dyn Map<f32, 3>)] =
                &[$((stringify!($name), &loops::$name, &chunks::$name)),*];
        };
    }
    twice! {
        Dropout(x, b, u) = { let _ = b; select(ge(u, 0.25), x * 1.3333333333333333, 0.0) };
        BiasSilu(x, b, u) = { let s = x + b; s * sigmoid(s) - -u / 2.0 };
        Bounds(x, b, u) = max(min(x, 0.75), -0.75) + select(le(b, u), sign(x), abs(b)) * select(lt(x, b), 1.0, 0.0);
        Waves(x, b, u) = sin(x) * cos(b) + fma(x, b, floor(4.0 * u)) + recip(1.5 + u) * ne(x, b) + eq(b, x);
        Powers(x, b, u) = exp(x) + expm1(b) * ln(u + 0.5) + ln_1p(u) + powf(u, 1.0 + abs(b)) + exp_nonpositive(-abs(x));
        Shapes(x, b, u) = erf(x) + tanh(b) * softplus(x) + sqrt(u) + select(gt(x, b), 2.0, 3.0 - 1.0);
        Constant(x, b, u) = { let _ = (x, b, u); 0.25 };
    }

    #[test]
    fn the_bits_of_loops() {
        let stream = Random::new(3, 0).stream(0);
        for (rows, columns) in [(1, 1), (1, 1000), (70, 3), (9, 128), (33, 17), (5, 300)] {
            let count = rows * columns;
            let numbers: Vec<f32> = (0..count as u64).map(|i| 4.0 * stream.uniform(i) - 2.0).collect();
            let cpu = Cpu::new(1);
            each_isa(|isa| {
                for (name, in_loops, on_chunks) in FORMULAS {
                    let run = |rule: &dyn Map<f32, 3>| {
                        let mut y = numbers.clone();
                        let inputs =
                            [Operand::InPlace, Operand::Row(&numbers[..columns]), Operand::Uniform(stream)];
                        map(&cpu, &mut y, columns, inputs, rule);
                        y.iter().map(|y| y.to_bits()).collect::<Vec<_>>()
                    };
                    assert!(run(*in_loops) == run(*on_chunks), "{name} {rows} x {columns} {isa:?}");
                }
            });
        }
    }
}
