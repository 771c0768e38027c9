//! A network with state and with something to prepare, written by hand.

use std::fmt;

use plywood::__private as ply;

/// `w (x - m)` for one number: `m` is the mean of the batch in training, and a running mean in prediction, which a step
/// moves halfway to the batch's. What is prepared is `-w m`.
#[derive(Clone)]
pub struct Centred(pub ply::Blocks);

impl fmt::Debug for Centred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::debug(self, f)
    }
}
impl fmt::Display for Centred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::display::<Self>(f)
    }
}

/// What a step works in.
pub struct Slots<'m, T> {
    centred: &'m mut [T],
    y: &'m mut [T],
    d_y: &'m mut [T],
}

impl ply::Network for Centred {
    type Input = f32;
    type Output = f32;
    type Memory<T: ply::Real> = ply::Arena<T>;
    type Slots<'m, T: ply::Real> = Slots<'m, T>;
    type Gradients<'a> = &'a [f32];
    const NAME: &'static str = "Centred";
    const PARAMETERS: usize = 1;
    const TRAINABLE: usize = 1;
    const STATE: usize = 1;
    const PREPARED: usize = 1;
    const FLOPS: usize = 2;
    const TRAIN: ply::Memory = ply::Memory::reals(3, 64);
    const PREDICT: ply::Memory = ply::Memory::reals(0, 0);
    const ENTRIES: &'static [ply::Entry] = &[ply::Entry::Group {
        name: "norm",
        entries: &[
            ply::Entry::Parameter {
                name: "weight",
                shape: &[1],
                offset: 0,
                init: ply::Init::Constant(1.0),
                role: ply::Role::Trained,
                decays: true,
                sparse: false,
            },
            ply::Entry::Parameter {
                name: "running_mean",
                shape: &[1],
                offset: 0,
                init: ply::Init::Constant(0.25),
                role: ply::Role::State,
                decays: false,
                sparse: false,
            },
        ],
    }];
    const LAYERS: &'static [ply::LayerRow] = &[];
    const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[], numbers: &[] };

    fn from_blocks(blocks: ply::Blocks) -> Self {
        Centred(blocks)
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
    fn prepare<T: ply::Real>(_: &ply::Cpu, p: &[T], state: &[T], prepared: &mut [T]) {
        prepared[0] = -(p[0] * state[0]);
    }
    fn slots<T: ply::Real>(memory: &mut ply::Arena<T>, n: usize) -> Slots<'_, T> {
        let (centred, memory) = ply::slot(memory.reals(), n);
        let (y, memory) = ply::slot(memory, n);
        let (d_y, _) = ply::slot(memory, n);
        Slots { centred, y, d_y }
    }
    fn forward<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        p: &[T],
        state: &[T],
        next: &mut [T],
        s: &mut Slots<'_, T>,
    ) {
        let (x, half) = (pass.real(0), T::from_f64(0.5));
        let mean = x.iter().fold(T::ZERO, |sum, x| sum + *x) * T::from_f64(1.0 / pass.n as f64);
        for ((centred, y), x) in s.centred.iter_mut().zip(&mut *s.y).zip(x) {
            *centred = *x - mean;
            *y = p[0] * *centred;
        }
        next[0] = half * state[0] + half * mean;
    }
    fn outputs<T: ply::Real>(s: &mut Slots<'_, T>, _: usize, with: impl FnOnce(&[&[T]], &mut [&mut [T]])) {
        with(&[s.y], &mut [s.d_y]);
    }
    fn backward<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        _: &[T],
        to: &mut dyn ply::Gradients<T>,
        s: &mut Slots<'_, T>,
    ) {
        let d_w = s.d_y.iter().zip(&*s.centred).fold(T::ZERO, |sum, (d, x)| sum + *d * *x);
        to.store(pass.cpu, 0..1, &[d_w]);
    }
    fn predict_with<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        p: &[T],
        _: &[T],
        prepared: &[T],
        _: &mut ply::Arena<T>,
        ys: &mut [&mut [T]],
    ) {
        for (y, x) in ys[0].iter_mut().zip(pass.real(0)) {
            *y = p[0] * *x + prepared[0];
        }
    }
}
