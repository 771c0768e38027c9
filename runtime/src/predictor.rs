//! Predicting with what is kept from call to call.

use std::fmt;
use std::sync::Arc;

use plywood_kernels::cpu::{Cpu, Packed, Random};

use crate::data::Dataset;
use crate::device::{self, Device};
use crate::engine::{self, in_pieces};
use crate::error::{Error, Result};
use crate::evaluation::{Predict, evaluate};
use crate::lanes::Lanes;
use crate::metric::Metric;
use crate::model::Model;
use crate::network::parameters::refuse_exchanged;
use crate::network::ports::{PortKind, refuse_out_of_range};
use crate::network::{Block, Flat, Numbers, Pass, Ports, WorkingMemory};

/// A model with memory and threads to predict with.
///
/// ```
/// use plywood::prelude::*;
///
/// network! { struct Xor: [2] -> [1] { hidden: Linear(8), Tanh, out: Linear(1) } }
///
/// let predictor = Predictor::new(Xor::init(7), Device::best(), 256)?;
/// let xs = zeroed::<[f32; 2]>(1000);
/// let mut ys = zeroed::<[f32; 1]>(1000);
/// predictor.predict_into(&xs, &mut ys)?;
/// let rmse = predictor.evaluate(&Dataset::new(xs, ys)?, Rmse)?;
/// assert_eq!(rmse, 0.0, "these are its own outputs");
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// # In a server
///
/// A predictor is shared by reference. It has as many *lanes* as it was made for, one if it is not said: working memory and
/// threads of their own, beside the parameters, which all share. Whoever predicts takes a free lane; where there is none,
/// threads wait asleep; one that has waited for a millisecond goes before those that come later. Threads that answer one
/// request each are best given a lane each, and no other threads to help them:
///
/// ```
/// use std::sync::Arc;
/// use std::thread;
/// use plywood::prelude::*;
///
/// network! { struct Policy: [4] -> [2] { fc1: Linear(64), Tanh, fc2: Linear(2) } }
///
/// let workers = 8;
/// let predictor = Arc::new(Predictor::new(Policy::init(7), Device::best(), 1)?.threads(1)?.lanes(workers)?);
/// let answers = (0..workers).map(|worker| {
///     let predictor = predictor.clone();
///     thread::spawn(move || {
///         let mut action = [[0.0; 2]];
///         predictor.predict_into(&[[worker as f32, 0.0, 0.0, 1.0]], &mut action).map(|()| action)
///     })
/// });
/// for answer in answers.collect::<Vec<_>>() {
///     assert!(answer.join().unwrap()?[0][0].is_finite());
/// }
/// # Ok::<(), plywood::Error>(())
/// ```
pub struct Predictor<M: Model> {
    model: M,
    /// What `prepare` made of parameters and state.
    prepared: Block,
    lanes: Lanes<Lane<M>>,
    device: Device,
    capacity: usize,
    /// The weights in the order in which products of several rows read them, where there are such.
    packed: Option<Arc<Packed>>,
}

/// More threads than this predict in turns.
const MAX_LANES: usize = 1024;

/// What a prediction needs to itself.
struct Lane<M: Model> {
    cpu: Cpu,
    memory: M::Memory<f32>,
}

impl<M: Model> Lane<M> {
    fn new(threads: usize, capacity: usize, packed: Option<&Arc<Packed>>) -> Result<Lane<M>> {
        let mut lane = Lane::<M> { cpu: Cpu::new(1), memory: M::Memory::<f32>::default() };
        lane.memory.reserve("a prediction", M::PREDICT, capacity)?;
        lane.set_threads(threads, capacity)?;
        lane.read(packed);
        Ok(lane)
    }

    /// So many threads, each with room for kernels.
    fn set_threads(&mut self, threads: usize, capacity: usize) -> Result<()> {
        self.cpu.set_threads(threads);
        engine::reserve_kernels::<M>(&mut self.cpu, "a prediction", M::PREDICT, capacity)
    }

    /// From now on products read the weights as they are packed.
    fn read(&mut self, packed: Option<&Arc<Packed>>) {
        if let Some(packed) = packed {
            self.cpu.read_packed(packed.clone());
        }
    }
}

/// The weights of products of several rows, packed once instead of at each product: those that a few samples meet.
fn pack<M: Model>(
    model: &M,
    prepared: &[f32],
    Lane { cpu, memory }: &mut Lane<M>,
    capacity: usize,
) -> Result<Option<Arc<Packed>>> {
    let (what, n, blocks) = ("a prediction", capacity.min(2), model.blocks());
    let most = M::Input::PORTS.iter().map(|port| port.numbers()).max().unwrap_or_default();
    let reals = Block::try_zeroed(what, most.checked_mul(n))?;
    // the same zeros as indices: there are not more of them
    let indices: Vec<u32> = reals.iter().map(|zero| zero.to_bits()).collect();
    let inputs: Vec<Flat<'_, f32>> = M::Input::PORTS
        .iter()
        .map(|port| match port.kind {
            PortKind::Real => Flat::Real(&reals[..port.numbers() * n]),
            PortKind::Index => Flat::Index(&indices[..port.numbers() * n]),
            PortKind::Opaque => Flat::Opaque,
        })
        .collect();
    cpu.note_factors(&blocks.parameters);
    let mut ys = M::Output::zeros(what, n)?;
    let pass = Pass { cpu, random: Random::new(0, 0), inputs: &inputs, n };
    M::Output::ports_mut(M::Output::view_mut(&mut ys), |ys| {
        M::predict_with(&pass, &blocks.parameters, &blocks.state, prepared, memory, ys);
    });
    cpu.pack_noted(&blocks.parameters).map_err(|bytes| Error::Memory { what, bytes: Some(bytes as u128) })
}

impl<M: Model> Predictor<M> {
    /// A predictor that runs up to `capacity` samples at once, in one lane, on as many threads as the machine has. It can
    /// predict any number; more than `capacity` in pieces.
    ///
    /// Threads start with the first prediction that is worth sharing. Where `capacity` is more than 1 the weights are packed,
    /// which [takes](Predictor::bytes) as much memory again as they do.
    pub fn new(model: M, device: Device, capacity: usize) -> Result<Predictor<M>> {
        if capacity == 0 {
            return Err(Error::Setting { name: "capacity", expected: "1 or more", found: "0".to_owned() });
        }
        refuse_exchanged::<M>(model.blocks())?;
        crate::profile::advise();
        let mut prepared = Block::try_zeroed("a prediction", Some(M::PREPARED))?;
        let (mut lane, blocks) = (Lane::new(1, capacity, None)?, model.blocks());
        M::prepare(&lane.cpu, &blocks.parameters, &blocks.state, &mut prepared);
        let packed = pack(&model, &prepared, &mut lane, capacity)?;
        lane.read(packed.as_ref());
        lane.set_threads(device::threads(None), capacity)?;
        Ok(Predictor { model, prepared, lanes: Lanes::new(lane), device, capacity, packed })
    }

    /// Uses `n` threads in every lane, at least one and 1024 at most, instead of as many as the machine has. The results are
    /// the same to the bit. Threads that the system refuses to start are done without.
    pub fn threads(mut self, n: usize) -> Result<Predictor<M>> {
        device::check_threads(n)?;
        for lane in self.lanes.all() {
            lane.set_threads(n, self.capacity)?;
        }
        Ok(self)
    }

    /// Lets `n` threads predict at once, at least one and 1024 at most: each lane takes the memory of a prediction, and has
    /// threads as [`threads`](Predictor::threads) says.
    pub fn lanes(mut self, n: usize) -> Result<Predictor<M>> {
        if n == 0 || n > MAX_LANES {
            let expected = "1 or more, up to 1024";
            return Err(Error::Setting { name: "lanes", expected, found: n.to_string() });
        }
        self.lanes.truncate(n);
        let threads = self.lanes.take().cpu.threads();
        for _ in self.lanes.count()..n {
            let no_room = |_| Error::Memory { what: "the lanes of a predictor", bytes: None };
            let lane = Lane::new(threads, self.capacity, self.packed.as_ref())?;
            self.lanes.push(lane).map_err(no_room)?;
        }
        Ok(self)
    }

    /// `ys[i]` = the network at `xs[i]`. Allocates nothing, once the lane's threads have started.
    pub fn predict_into(
        &self,
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
        refuse_out_of_range::<M::Input>(xs, M::LIMITS)?;
        let mut lane = self.lanes.take();
        in_pieces::<M>(xs, ys, n, self.capacity, |xs, ys, n| self.run(&mut lane, xs, ys, n));
        Ok(())
    }

    /// The outputs for up to `capacity` samples.
    fn run(
        &self,
        Lane { cpu, memory }: &mut Lane<M>,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
        n: usize,
    ) {
        engine::predict::<M>(cpu, self.model.blocks(), &self.prepared, memory, xs, ys, n);
    }

    /// The outputs for `xs`.
    pub fn predict(&self, xs: <M::Input as Ports>::Batch<'_>) -> Result<<M::Output as Ports>::Owned> {
        let mut ys = M::Output::zeros("the outputs", M::Input::len(xs)?)?;
        self.predict_into(xs, M::Output::view_mut(&mut ys))?;
        Ok(ys)
    }

    /// Measures the model: `evaluate(&test, Accuracy)`, or with several metrics at once, `evaluate(&test, (R2, Rmse))`. See
    /// [`metric`](crate::metric).
    ///
    /// A lane is taken for each `capacity` samples and handed back before the metric sees their outputs: others predict in
    /// between, and so may the metric.
    pub fn evaluate<T, C>(&self, data: &Dataset<M::Input, T>, metric: C) -> Result<C::Value>
    where
        T: Ports,
        C: Metric<M::Output, T>,
    {
        let most = self.capacity.min(data.len());
        let mut outputs = M::Output::zeros("the outputs", most)?;
        evaluate(&mut &*self, &mut outputs, most, data, &metric)
    }

    /// The memory that it has besides the parameters, in bytes: what each lane works in, what is made of parameters and state
    /// once, and the weights once more, packed for products of several rows. A predictor for one sample at a time packs none
    /// unless a sample is several rows.
    ///
    /// Kernels' own memory is not counted: each thread has a little more than 10 MiB of it at most, and less where a network
    /// is small.
    pub fn bytes(&self) -> usize {
        let packed = self.packed.as_ref().map_or(0, |packed| packed.bytes());
        self.lanes.count() * M::PREDICT.bytes(self.capacity) + M::PREPARED * size_of::<f32>() + packed
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Where it predicts.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Gives the model back.
    pub fn finish(self) -> M {
        self.model
    }
}

impl<M: Model> Predict<M> for &Predictor<M> {
    fn predict(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
        n: usize,
    ) {
        self.run(&mut self.lanes.take(), xs, ys, n);
    }
}

impl<M: Model> fmt::Debug for Predictor<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("model", &self.model)
            .field("device", &self.device)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
