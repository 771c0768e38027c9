//! What generated code is written against: the trait that it implements, and everything it calls. Nothing here knows
//! how a network is trained, measured, saved or fed.

#[cfg(feature = "ndarray")]
mod arrays;
pub(crate) mod block;
mod book;
pub(crate) mod constants;
pub(crate) mod display;
pub(crate) mod element;
mod entries;
pub(crate) mod generator;
pub(crate) mod graphs;
pub(crate) mod init;
pub(crate) mod memory;
pub(crate) mod parameters;
pub(crate) mod ports;
pub mod private;
pub(crate) mod sample;

use std::fmt;

use plywood_kernels::cpu::{Cpu, Gradients, Random};

pub(crate) use self::block::{Block, Blocks};
pub use self::book::layers;
pub(crate) use self::entries::{Entry, Iterations, LayerRow, Role};
use self::graphs::Graphs;
pub(crate) use self::memory::{Memory, WorkingMemory};
pub(crate) use self::ports::{Flat, Numbers, Ports};
pub(crate) use self::sample::{Real, Sample};

/// What a declaration was compiled to: the sizes of a network, and its functions.
///
/// [`network!`](crate::network) and `#[model]` implement this trait; nobody else does, for its hidden part changes with the
/// compiler. What every network can do follows from it, and is in [`Model`](crate::Model).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no network",
    label = "not a network that is owned",
    note = "`Net::init(seed)` makes a network; one that is still needed is handed over as `net.clone()`"
)]
pub trait Network: Clone + fmt::Debug + fmt::Display + Send + Sync + Sized + 'static {
    /// One input sample as Rust arrays, for instance `[[[f32; 8]; 8]; 1]`; of several inputs, a struct of such by name.
    type Input: Ports;
    /// One output sample, likewise, for instance `[f32; 10]`.
    type Output: Numbers;
    /// What its passes work in: [`TRAIN`](Network::TRAIN) or [`PREDICT`](Network::PREDICT) says how much of it.
    type Memory<T: Real>: WorkingMemory<T>;
    /// The memory of one training step, divided between its values.
    type Slots<'m, T: Real>;
    /// A number for each parameter that learns, by name: `NetParameters` or, where layers are frozen, `NetGradients`.
    type Gradients<'a>;

    /// The name in the declaration.
    const NAME: &'static str;
    /// How many numbers the parameters are.
    const PARAMETERS: usize;
    /// How many of them learn: all but those of frozen layers. They are the first in the block; gradients and the states
    /// of optimizers are as long.
    const TRAINABLE: usize;
    /// How many numbers the state is: what training passes write and predictions read, such as running statistics.
    const STATE: usize;
    /// How many numbers [`prepare`](Network::prepare) makes of parameters and state.
    const PREPARED: usize;
    /// What the indices of each input are below, in declared order; `usize::MAX` where they have no limit, or where the input
    /// is of real numbers.
    const LIMITS: &'static [usize] = &[];
    /// What predicting one sample costs, in floating-point operations; a multiply-add counts as two.
    const FLOPS: usize;
    /// Working memory of a training step, without parameters, gradients and optimizer states.
    const TRAIN: Memory;
    /// Working memory of a prediction, without the parameters.
    const PREDICT: Memory;
    /// The tree of parameters and state.
    #[doc(hidden)]
    const ENTRIES: &'static [Entry];
    /// The lines of the table that `Display` prints.
    #[doc(hidden)]
    const LAYERS: &'static [LayerRow];
    /// The graphs it was compiled from.
    const GRAPHS: Graphs;

    /// The model around these blocks, of `PARAMETERS` and `STATE` numbers.
    #[doc(hidden)]
    fn from_blocks(blocks: Blocks) -> Self;
    /// Parameters and state.
    #[doc(hidden)]
    fn blocks(&self) -> &Blocks;
    /// Parameters and state, to be changed but not exchanged.
    #[doc(hidden)]
    fn blocks_mut(&mut self) -> &mut Blocks;

    /// The view of a block of [`TRAINABLE`](Network::TRAINABLE) numbers, such as a gradient, by name.
    ///
    /// # Panics
    /// If the block has another length.
    fn gradients(block: &[f32]) -> Self::Gradients<'_>;

    /// What predictions read besides parameters and state, made of these: what does not depend on inputs. It holds for as
    /// long as neither changes. `prepared` is `PREPARED` numbers with anything in them.
    fn prepare<T: Real>(cpu: &Cpu, parameters: &[T], state: &[T], prepared: &mut [T]) {
        let _ = (cpu, parameters, state, prepared);
    }

    /// Divides memory for a step of `n` samples: for a forward pass, and what follows it.
    ///
    /// # Panics
    /// If the memory was not reserved for [`TRAIN`](Network::TRAIN) at `n` samples.
    fn slots<T: Real>(memory: &mut Self::Memory<T>, n: usize) -> Self::Slots<'_, T>;

    /// Forward as in training, keeping in `slots` what the backward pass needs. `next_state` becomes what the pass makes of
    /// the state, `STATE` numbers: it is up to the caller to take it over, after the backward pass, which reads the state that
    /// this pass read.
    ///
    /// # Panics
    /// If an argument has another length than the network's, at `pass.n` samples.
    fn forward<T: Real>(
        pass: &Pass<'_, T>,
        parameters: &[T],
        state: &[T],
        next_state: &mut [T],
        slots: &mut Self::Slots<'_, T>,
    );

    /// Lends `with` what the forward pass of `n` samples gave: every output, `[n][…]`, and as much room for the gradient of
    /// each, in declared order.
    fn outputs<T: Real>(
        slots: &mut Self::Slots<'_, T>,
        n: usize,
        with: impl FnOnce(&[&[T]], &mut [&mut [T]]),
    );

    /// From the outputs' gradients to every parameter's, which goes to `to`. The pass, the parameters that `to` has and the
    /// slots are those of the forward pass before it.
    fn backward<T: Real>(
        pass: &Pass<'_, T>,
        state: &[T],
        to: &mut dyn Gradients<T>,
        slots: &mut Self::Slots<'_, T>,
    );

    /// Lends `with` the gradients with respect to inputs that the backward pass of `n` samples left, in declared order:
    /// those of inputs that were declared so.
    #[doc(hidden)]
    fn lend_input_gradients<T: Real>(slots: &Self::Slots<'_, T>, n: usize, with: impl FnOnce(&[&[T]])) {
        let _ = (slots, n);
        with(&[]);
    }

    /// `ys` = the outputs when the network predicts, each `[n][…]`, in declared order. `prepared` is what
    /// [`prepare`](Network::prepare) made.
    ///
    /// # Panics
    /// If `memory` was not reserved for [`PREDICT`](Network::PREDICT) at `pass.n` samples, or another argument has another
    /// length than the network's.
    fn predict_with<T: Real>(
        pass: &Pass<'_, T>,
        parameters: &[T],
        state: &[T],
        prepared: &[T],
        memory: &mut Self::Memory<T>,
        ys: &mut [&mut [T]],
    );
}

/// What a pass is made with, apart from what the network owns.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a, T> {
    /// What it runs on.
    pub cpu: &'a Cpu,
    /// What is drawn in it.
    pub random: Random,
    /// The numbers of every input, `[n][…]`, in declared order.
    pub inputs: &'a [Flat<'a, T>],
    /// How many samples.
    pub n: usize,
}

impl<'a, T> Pass<'a, T> {
    /// The numbers of an input of real numbers.
    ///
    /// # Panics
    /// If it is none.
    #[doc(hidden)]
    #[inline]
    pub fn real(&self, input: usize) -> &'a [T] {
        match self.inputs[input] {
            Flat::Real(numbers) => numbers,
            _ => panic!("input {input} is not of real numbers"),
        }
    }

    /// The numbers of an input of indices.
    ///
    /// # Panics
    /// If it is none.
    #[doc(hidden)]
    #[inline]
    pub fn indices(&self, input: usize) -> &'a [u32] {
        match self.inputs[input] {
            Flat::Index(numbers) => numbers,
            _ => panic!("input {input} is not of indices"),
        }
    }
}
