//! Predicting with what is kept from call to call.

use std::fmt;

use plywood_kernels::cpu::Cpu;

use crate::data::Dataset;
use crate::device::{self, Device};
use crate::engine::{self, CpuEngine};
use crate::error::{Error, Result};
use crate::evaluation::evaluate;
use crate::metric::Metric;
use crate::model::Model;
use crate::network::{Block, Numbers, Ports, WorkingMemory};

/// A model with memory and threads to predict with.
///
/// ```
/// use plywood::prelude::*;
///
/// network! { struct Xor: [2] -> [1] { hidden: Linear(8), Tanh, out: Linear(1) } }
///
/// let mut predictor = Predictor::new(Xor::init(7), Device::best(), 256)?;
/// let xs = zeroed::<[f32; 2]>(1000);
/// let mut ys = zeroed::<[f32; 1]>(1000);
/// predictor.predict_into(&xs, &mut ys)?;
/// let rmse = predictor.evaluate(&Dataset::new(xs, ys)?, Rmse)?;
/// assert_eq!(rmse, 0.0, "these are its own outputs");
/// # Ok::<(), plywood::Error>(())
/// ```
pub struct Predictor<M: Model> {
    engine: CpuEngine<M>,
    device: Device,
    capacity: usize,
}

impl<M: Model> Predictor<M> {
    /// A predictor that runs up to `capacity` samples at once, on as many threads as the machine has. It can
    /// predict any number; more than `capacity` in pieces.
    pub fn new(model: M, device: Device, capacity: usize) -> Result<Predictor<M>> {
        if capacity == 0 {
            return Err(Error::Setting { name: "capacity", expected: "1 or more", found: "0".to_owned() });
        }
        crate::profile::advise();
        let mut engine = CpuEngine::new(model, device::threads(None))?;
        engine.reserve("a prediction", M::PREDICT, capacity)?;
        Ok(Predictor { engine, device, capacity })
    }

    /// Uses `n` threads, at least one and 1024 at most, instead of as many as the machine has. The results are the same
    /// to the bit. Threads that the system refuses to start are done without.
    pub fn threads(self, n: usize) -> Result<Predictor<M>> {
        device::check_threads(n)?;
        Ok(Predictor { engine: self.engine.threads(n), ..self })
    }

    /// `ys[i]` = the network at `xs[i]`. Allocates nothing.
    pub fn predict_into(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
    ) -> Result<()> {
        let (n, found) = (M::Input::len(xs)?, M::Output::len(M::Output::shared(&ys))?);
        if n != found {
            return Err(Error::Length {
                what: "outputs",
                expected: n,
                found,
                help: "give room for one output per input",
            });
        }
        in_pieces::<M>(xs, ys, n, self.capacity, |xs, ys, n| self.engine.predict(xs, ys, n));
        Ok(())
    }

    /// The outputs for `xs`.
    pub fn predict(&mut self, xs: <M::Input as Ports>::Batch<'_>) -> Result<<M::Output as Ports>::Owned> {
        let mut ys = M::Output::zeros("the outputs", M::Input::len(xs)?)?;
        self.predict_into(xs, M::Output::view_mut(&mut ys))?;
        Ok(ys)
    }

    /// Measures the model: `evaluate(&test, Accuracy)`, or with several metrics at once, `evaluate(&test, (R2, Rmse))`. See
    /// [`metric`](crate::metric).
    pub fn evaluate<T, C>(&mut self, data: &Dataset<M::Input, T>, metric: C) -> Result<C::Value>
    where
        T: Ports,
        C: Metric<M::Output, T>,
    {
        let most = self.capacity.min(data.len());
        let mut outputs = M::Output::zeros("the outputs", most)?;
        evaluate(&mut self.engine, &mut outputs, most, data, &metric)
    }

    /// The model.
    pub fn model(&self) -> &M {
        self.engine.model()
    }

    /// Where it predicts.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Gives the model back.
    pub fn finish(self) -> M {
        self.engine.into_model()
    }
}

impl<M: Model> fmt::Debug for Predictor<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("engine", &self.engine)
            .field("device", &self.device)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Samples that [`once`] predicts at once at most: enough to use the machine, little memory.
const PIECE: usize = 256;
/// Operations below which other threads cost more to start than they save.
const WORTH_THREADS: usize = 100_000_000;

/// The outputs for `xs`, with memory and threads made for the occasion.
pub(crate) fn once<M: Model>(
    model: &M,
    xs: <M::Input as Ports>::Batch<'_>,
) -> Result<<M::Output as Ports>::Owned> {
    let n = M::Input::len(xs)?;
    let threads = if M::FLOPS.saturating_mul(n) < WORTH_THREADS { 1 } else { device::threads(None) };
    let cpu = Cpu::new(threads);
    let mut memory = M::Memory::<f32>::default();
    memory.reserve("a prediction", M::PREDICT, n.min(PIECE))?;
    let (blocks, mut prepared) = (model.blocks(), Block::zeroed(M::PREPARED));
    M::prepare(&cpu, &blocks.parameters, &blocks.state, &mut prepared);
    let mut ys = M::Output::zeros("the outputs", n)?;
    in_pieces::<M>(xs, M::Output::view_mut(&mut ys), n, PIECE, |xs, ys, n| {
        engine::predict::<M>(&cpu, blocks, &prepared, &mut memory, xs, ys, n);
    });
    Ok(ys)
}

/// Hands `n` samples and the room for their outputs to `predict`, up to `most` at a time.
pub(crate) fn in_pieces<M: Model>(
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
