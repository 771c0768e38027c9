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
use crate::network::sample::zeroed;
use crate::network::{Block, WorkingMemory};

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
    pub fn predict_into(&mut self, xs: &[M::Input], ys: &mut [M::Output]) -> Result<()> {
        if xs.len() != ys.len() {
            return Err(Error::Length {
                what: "outputs",
                expected: xs.len(),
                found: ys.len(),
                help: "give room for one output per input",
            });
        }
        for (xs, ys) in xs.chunks(self.capacity).zip(ys.chunks_mut(self.capacity)) {
            self.engine.predict(xs, ys);
        }
        Ok(())
    }

    /// The outputs for `xs`.
    pub fn predict(&mut self, xs: &[M::Input]) -> Result<Vec<M::Output>> {
        let mut ys = zeroed::<M::Output>(xs.len());
        self.predict_into(xs, &mut ys)?;
        Ok(ys.into_vec())
    }

    /// Measures the model: `evaluate(&test, Accuracy)`, or with several metrics at once, `evaluate(&test, (R2, Rmse))`. See
    /// [`metric`](crate::metric).
    pub fn evaluate<T, C>(&mut self, data: &Dataset<M::Input, T>, metric: C) -> Result<C::Value>
    where
        C: Metric<M::Output, T>,
    {
        let mut outputs = zeroed::<M::Output>(self.capacity.min(data.len()));
        evaluate(&mut self.engine, &mut outputs, data, &metric)
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
pub(crate) fn once<M: Model>(model: &M, xs: &[M::Input]) -> Vec<M::Output> {
    let threads = if M::FLOPS.saturating_mul(xs.len()) < WORTH_THREADS { 1 } else { device::threads(None) };
    let (cpu, piece) = (Cpu::new(threads), xs.len().min(PIECE));
    let mut memory = M::Memory::<f32>::default();
    // a piece's length is limited, so that this is no more than a machine has
    memory.reserve("a prediction", M::PREDICT, piece).unwrap_or_else(|error| panic!("{error}"));
    let (blocks, mut prepared) = (model.blocks(), Block::zeroed(M::PREPARED));
    M::prepare(&cpu, &blocks.parameters, &blocks.state, &mut prepared);
    let mut ys = zeroed::<M::Output>(xs.len());
    for (xs, ys) in xs.chunks(PIECE).zip(ys.chunks_mut(PIECE)) {
        engine::predict::<M>(&cpu, blocks, &prepared, &mut memory, xs, ys);
    }
    ys.into_vec()
}
