//! A network with two inputs and two outputs, written by hand in the form that the compiler is to print.

use std::fmt;

use plywood::__private as ply;

ply::ports!(pub PolicyInput { tokens: A AM AT, weights: B BM BT });
ply::ports!(pub PolicyOutput, PolicyLoss { next: A AM AT, value: B BM BT });

/// `next = E[first token]`, three scores of a table of four rows, and `value = Σ v · weights`.
#[derive(Clone)]
pub struct Policy(ply::Blocks);

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::debug(self, f)
    }
}
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ply::display::<Self>(f)
    }
}

/// What a step works in.
pub struct Slots<'m, T> {
    next: &'m mut [T],
    d_next: &'m mut [T],
    value: &'m mut [T],
    d_value: &'m mut [T],
}

const ROWS: usize = 4;
const SCORES: usize = 3;
/// Where `v` lies, behind `E`.
const V: ply::Range<usize> = ROWS * SCORES..ROWS * SCORES + 2;

fn forward<T: ply::Real>(pass: &ply::Pass<'_, T>, p: &[T], next: &mut [T], value: &mut [T]) {
    let (tokens, weights, v) = (pass.indices(0), pass.real(1), &p[V]);
    for i in 0..pass.n {
        let row = tokens[2 * i] as usize * SCORES;
        next[i * SCORES..(i + 1) * SCORES].copy_from_slice(&p[row..row + SCORES]);
        value[i] = v[0] * weights[2 * i] + v[1] * weights[2 * i + 1];
    }
}

impl ply::Network for Policy {
    type Input = PolicyInput<[u32; 2], [f32; 2]>;
    type Output = PolicyOutput<[f32; 3], [f32; 1]>;
    type Memory<T: ply::Real> = ply::Arena<T>;
    type Slots<'m, T: ply::Real> = Slots<'m, T>;
    type Gradients<'a> = &'a [f32];
    const NAME: &'static str = "Policy";
    const PARAMETERS: usize = V.end;
    const TRAINABLE: usize = V.end;
    const STATE: usize = 0;
    const PREPARED: usize = 0;
    const FLOPS: usize = 4;
    const TRAIN: ply::Memory = ply::Memory::reals(8, 64);
    const PREDICT: ply::Memory = ply::Memory::reals(0, 0);
    const ENTRIES: &'static [ply::Entry] = &[
        ply::Entry::Parameter {
            name: "table",
            shape: &[ROWS, SCORES],
            offset: 0,
            init: ply::Init::Normal { mean: 0.0, std: 1.0 },
            role: ply::Role::Trained,
            decays: true,
            sparse: false,
        },
        ply::Entry::Parameter {
            name: "v",
            shape: &[2],
            offset: V.start,
            init: ply::Init::Constant(0.0),
            role: ply::Role::Trained,
            decays: true,
            sparse: false,
        },
    ];
    const LAYERS: &'static [ply::LayerRow] = &[];
    const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[], numbers: &[] };

    fn from_blocks(blocks: ply::Blocks) -> Self {
        Policy(blocks)
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
    fn slots<T: ply::Real>(memory: &mut ply::Arena<T>, n: usize) -> Slots<'_, T> {
        let (next, memory) = ply::slot(memory.reals(), n * SCORES);
        let (d_next, memory) = ply::slot(memory, n * SCORES);
        let (value, memory) = ply::slot(memory, n);
        let (d_value, _) = ply::slot(memory, n);
        Slots { next, d_next, value, d_value }
    }
    fn forward<T: ply::Real>(pass: &ply::Pass<'_, T>, p: &[T], _: &[T], _: &mut [T], s: &mut Slots<'_, T>) {
        forward(pass, p, s.next, s.value);
    }
    fn outputs<T: ply::Real>(s: &mut Slots<'_, T>, _: usize, with: impl FnOnce(&[&[T]], &mut [&mut [T]])) {
        with(&[s.next, s.value], &mut [s.d_next, s.d_value]);
    }
    fn backward<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        _: &[T],
        to: &mut dyn ply::Gradients<T>,
        s: &mut Slots<'_, T>,
    ) {
        let (tokens, weights) = (pass.indices(0), pass.real(1));
        let (mut table, mut v) = ([T::ZERO; ROWS * SCORES], [T::ZERO; 2]);
        for i in 0..pass.n {
            let row = tokens[2 * i] as usize * SCORES;
            for k in 0..SCORES {
                table[row + k] = table[row + k] + s.d_next[i * SCORES + k];
            }
            for k in 0..2 {
                v[k] = v[k] + s.d_value[i] * weights[2 * i + k];
            }
        }
        to.store(pass.cpu, 0..V.start, &table);
        to.store(pass.cpu, V, &v);
    }
    fn predict_with<T: ply::Real>(
        pass: &ply::Pass<'_, T>,
        p: &[T],
        _: &[T],
        _: &[T],
        _: &mut ply::Arena<T>,
        ys: &mut [&mut [T]],
    ) {
        let [next, value] = ys else { panic!("two outputs") };
        forward(pass, p, next, value);
    }
}
