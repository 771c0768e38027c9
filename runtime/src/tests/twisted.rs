//! A network of one linear layer and `relu` whose backward pass can be made wrong.

use std::fmt;

use plywood::__private as ply;

/// `relu(w x + b)` for one number; `F` is the fault in its backward pass.
#[derive(Clone)]
pub struct Twisted<const F: usize>(pub ply::Block);

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

impl<const F: usize> ply::Model for Twisted<F> {
    type Input = f32;
    type Output = f32;
    const NAME: &'static str = "Twisted";
    const PARAMETERS: usize = 2;
    const TRAINABLE: usize = 2;
    const FLOPS: usize = 4;
    const TRAIN: ply::Memory = ply::Memory { per_sample: 2, fixed: 2 };
    const PREDICT: ply::Memory = ply::Memory { per_sample: 0, fixed: 0 };
    const ENTRIES: &'static [ply::Entry] = &[
        ply::Entry::Parameter {
            name: "weight",
            shape: &[1, 1],
            offset: 0,
            init: ply::Init::Constant(1.0),
            frozen: false,
            decays: true,
        },
        ply::Entry::Parameter {
            name: "bias",
            shape: &[1],
            offset: 1,
            init: ply::Init::Constant(0.0),
            frozen: false,
            decays: false,
        },
    ];
    const LAYERS: &'static [ply::LayerRow] = &[];
    const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[] };
    fn from_block(parameters: ply::Block) -> Self {
        Twisted(parameters)
    }
    fn block(&self) -> &ply::Block {
        &self.0
    }
    fn block_mut(&mut self) -> &mut ply::Block {
        &mut self.0
    }
    fn predict_with<T: ply::Real>(_: &ply::Cpu, p: &[T], _: &mut [T], x: &[T], y: &mut [T], _: usize) {
        for (y, x) in y.iter_mut().zip(x) {
            let s = p[0] * *x + p[1];
            *y = if s > T::ZERO { s } else { T::ZERO };
        }
    }
    fn step_with<T: ply::Real>(
        cpu: &ply::Cpu,
        _: ply::Random,
        to: &mut dyn ply::Gradients<T>,
        memory: &mut [T],
        x: &[T],
        n: usize,
        loss: &mut dyn FnMut(&mut [T], &[T]) -> ply::Result<f64>,
    ) -> ply::Result<f64> {
        let (y, d) = memory[..2 * n].split_at_mut(n);
        Self::predict_with(cpu, to.parameters(), &mut [], x, y, n);
        let value = loss(d, y)?;
        let (mut weight, mut bias) = (T::ZERO, T::ZERO);
        for ((d, y), x) in d.iter().zip(&*y).zip(x) {
            if *y > T::ZERO || F == MASK {
                (weight, bias) = (weight + *d * *x, bias + *d);
            }
        }
        match F {
            SIGN => bias = -bias,
            SCALE => weight = weight * T::from_f64(1.001),
            _ => {}
        }
        to.store(cpu, 0..1, &[weight]);
        to.store(cpu, 1..2, &[bias]);
        Ok(value)
    }
}
