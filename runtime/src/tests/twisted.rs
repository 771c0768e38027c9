//! A network of one linear layer and `relu` whose backward pass can be made wrong.

use std::fmt;

use plywood::__private as ply;

/// `relu(w x + b)` for one number; `F` is the fault in its backward pass.
#[derive(Clone)]
pub struct Twisted<const F: usize>(pub ply::Blocks);

/// No fault.
pub const RIGHT: usize = 0;
/// The bias' gradient with the wrong sign.
pub const SIGN: usize = 1;
/// The weight's gradient a thousandth too large.
pub const SCALE: usize = 2;
/// The mask of `relu` forgotten.
pub const MASK: usize = 3;

impl<const F: usize> fmt::Debug for Twisted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::debug(self, f)
    }
}
impl<const F: usize> fmt::Display for Twisted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::display::<Self>(f)
    }
}

impl<const F: usize> ply::Network for Twisted<F> {
    type Input = f32;
    type Output = f32;
    type Memory<T: ply::Real> = ply::Arena<T>;
    /// The output and its gradient.
    type Slots<'m, T: ply::Real> = (&'m mut [T], &'m mut [T]);
    type Gradients<'a> = &'a [f32];
    const NAME: &'static str = "Twisted";
    const PARAMETERS: usize = 2;
    const TRAINABLE: usize = 2;
    const STATE: usize = 0;
    const PREPARED: usize = 0;
    const FLOPS: usize = 4;
    const TRAIN: ply::Memory = ply::Memory::reals(2, 2);
    const PREDICT: ply::Memory = ply::Memory::reals(0, 0);
    const ENTRIES: &'static [ply::Entry] = &[
        ply::Entry::Parameter {
            name: "weight",
            shape: &[1, 1],
            offset: 0,
            init: ply::Init::Constant(1.0),
            role: ply::Role::Trained,
            decays: true,
            sparse: false,
        },
        ply::Entry::Parameter {
            name: "bias",
            shape: &[1],
            offset: 1,
            init: ply::Init::Constant(0.0),
            role: ply::Role::Trained,
            decays: false,
            sparse: false,
        },
    ];
    const LAYERS: &'static [ply::LayerRow] = &[];
    const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[], numbers: &[] };
    fn from_blocks(blocks: ply::Blocks) -> Self {
        Twisted(blocks)
    }
    fn gradients(block: &[f32]) -> &[f32] {
        block
    }
    fn blocks(&self) -> &ply::Blocks {
        &self.0
    }
    fn blocks_mut(&mut self) -> &mut ply::Blocks {
        &mut self.0
    }
    fn slots<T: ply::Real>(memory: &mut ply::Arena<T>, n: usize) -> Self::Slots<'_, T> {
        memory.reals()[..2 * n].split_at_mut(n)
    }
    fn forward<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        p: &[T],
        _: &[T],
        _: &mut [T],
        (y, _): &mut Self::Slots<'_, T>,
    ) {
        forward(p, pass.real(0), y);
    }
    fn outputs<T: ply::Real>(
        (y, d): &mut Self::Slots<'_, T>,
        _: usize,
        with: impl FnOnce(&[&[T]], &mut [&mut [T]]),
    ) {
        with(&[y], &mut [d]);
    }
    fn backward<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        _: &[T],
        to: &mut dyn ply::Gradients<T>,
        (y, d): &mut Self::Slots<'_, T>,
    ) {
        let (mut weight, mut bias) = (T::ZERO, T::ZERO);
        for ((d, y), x) in d.iter().zip(&**y).zip(pass.real(0)) {
            if *y > T::ZERO || F == MASK {
                (weight, bias) = (weight + *d * *x, bias + *d);
            }
        }
        match F {
            SIGN => bias = -bias,
            SCALE => weight = weight * T::from_f64(1.001),
            _ => {}
        }
        to.store(pass.cpu, 0..1, &[weight]);
        to.store(pass.cpu, 1..2, &[bias]);
    }
    fn predict_with<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        p: &[T],
        _: &[T],
        _: &[T],
        _: &mut ply::Arena<T>,
        ys: &mut [&mut [T]],
    ) {
        forward(p, pass.real(0), ys[0]);
    }
}

fn forward<T: ply::Real>(p: &[T], x: &[T], y: &mut [T]) {
    for (y, x) in y.iter_mut().zip(x) {
        let s = p[0] * *x + p[1];
        *y = if s > T::ZERO { s } else { T::ZERO };
    }
}
