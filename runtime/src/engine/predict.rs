//! Predictions: one, those of many samples in pieces, and those of a model that keeps nothing for them.

use plywood_kernels::cpu::{Cpu, Random};

use crate::device;
use crate::error::{Error, Result};
use crate::network::parameters::refuse_exchanged;
use crate::network::ports::refuse_out_of_range;
use crate::network::{Block, Blocks, Memory, Network, Numbers, Pass, Ports, WorkingMemory};

/// Room for kernels to work in when they compute passes of `n` samples that take `amount`: they ask for no more after this.
pub(crate) fn reserve_kernels<N: Network>(
    cpu: &mut Cpu,
    what: &'static str,
    amount: Memory,
    n: usize,
) -> Result<()> {
    // operands are parameters, slots or inputs
    let input: usize = N::Input::PORTS.iter().map(|port| port.numbers()).max().unwrap_or_default();
    let numbers = N::PARAMETERS.max(amount.reals.of(n)).max(input.saturating_mul(n));
    cpu.reserve::<f32>(numbers).map_err(|bytes| Error::Memory { what, bytes: Some(bytes as u128) })
}

/// The outputs for `n` samples, with these parameters.
pub(crate) fn predict<N: Network>(
    cpu: &Cpu,
    blocks: &Blocks,
    prepared: &[f32],
    memory: &mut N::Memory<f32>,
    xs: <N::Input as Ports>::Batch<'_>,
    ys: <N::Output as Ports>::BatchMut<'_>,
    n: usize,
) {
    // Nothing is drawn when a network predicts.
    let random = Random::new(0, 0);
    N::Input::ports(xs, |inputs| {
        let pass = &Pass { cpu, random, inputs, n };
        N::Output::ports_mut(ys, |ys| {
            N::predict_with(pass, &blocks.parameters, &blocks.state, prepared, memory, ys);
        });
    });
}

/// Samples that [`once`] predicts at once at most: enough to use the machine, little memory.
const PIECE: usize = 256;
/// Operations below which room for kernels, cleared at once, would be a good part of a pass that may need none of it.
const WORTH_ROOM: usize = 1_000_000;
/// Operations below which other threads cost more to start than they save.
const WORTH_THREADS: usize = 100_000_000;

/// The outputs for `xs`, with memory made for the occasion, and threads if they are worth their start.
pub(crate) fn once<M: Network>(
    model: &M,
    xs: <M::Input as Ports>::Batch<'_>,
) -> Result<<M::Output as Ports>::Owned> {
    refuse_exchanged::<M>(model.blocks())?;
    let n = M::Input::len(xs)?;
    refuse_out_of_range::<M::Input>(xs, M::LIMITS)?;
    let work = M::FLOPS.saturating_mul(n);
    let mut cpu = Cpu::new(if work < WORTH_THREADS { 1 } else { device::threads(None) });
    let mut memory = M::Memory::<f32>::default();
    memory.reserve("a prediction", M::PREDICT, n.min(PIECE))?;
    if work >= WORTH_ROOM {
        // the least that every kernel does with: as much as it likes best would take longer to clear than one pass
        let no_room = |bytes| Error::Memory { what: "a prediction", bytes: Some(bytes as u128) };
        cpu.reserve::<f32>(0).map_err(no_room)?;
    }
    let (blocks, mut prepared) = (model.blocks(), Block::try_zeroed("a prediction", Some(M::PREPARED))?);
    M::prepare(&cpu, &blocks.parameters, &blocks.state, &mut prepared);
    let mut ys = M::Output::zeros("the outputs", n)?;
    in_pieces::<M>(xs, M::Output::view_mut(&mut ys), n, PIECE, |xs, ys, n| {
        predict::<M>(&cpu, blocks, &prepared, &mut memory, xs, ys, n);
    });
    Ok(ys)
}

/// Hands `n` samples and the room for their outputs to `predict`, up to `most` at a time.
pub(crate) fn in_pieces<M: Network>(
    xs: <M::Input as Ports>::Batch<'_>,
    mut ys: <M::Output as Ports>::BatchMut<'_>,
    n: usize,
    most: usize,
    mut predict: impl FnMut(<M::Input as Ports>::Batch<'_>, <M::Output as Ports>::BatchMut<'_>, usize),
) {
    let mut done = 0;
    while n - done > most {
        let (now, rest) = M::Output::split_mut(ys, most);
        predict(M::Input::range(xs, done..done + most), now, most);
        (ys, done) = (rest, done + most);
    }
    if n > done {
        predict(M::Input::range(xs, done..n), ys, n - done);
    }
}
