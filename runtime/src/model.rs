//! What every declared network has in common.

use std::fmt;
use std::path::Path;

use plywood_kernels::cpu::{Cpu, Gradients, Random};
use plywood_kernels::init::Init;

use crate::block::Block;
use crate::checkpoint::{self, Problem};
use crate::error::Result;
use crate::gradient_check::{self, GradientReport};
use crate::graphs::Graphs;
use crate::init;
use crate::parameters::{self, Parameter, ParameterMut};
use crate::predictor;
use crate::sample::{Real, Sample};

/// A network: parameters in one block, and the functions that a declaration was compiled to.
///
/// [`network!`](crate::network) and `#[model]` implement this trait; nobody else does, for its hidden part
/// changes with the compiler. Code over any network is written as `fn report<M: Model>(model: &M)`.
///
/// # A loop of one's own
///
/// A [`Trainer`](crate::Trainer) is a loop around [`step_with`](Model::step_with). Here is another: gradients are
/// kept and read by name, and the update is whatever one writes.
///
/// ```
/// use plywood::ops::{Cpu, Random, Stored};
/// use plywood::prelude::*;
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let (cpu, mut model) = (Cpu::new(1), Line::init(1));
/// let (x, t) = ([-1.0f32, 0.0, 1.0], [-1.0f32, 1.0, 3.0]);
/// let mut memory = vec![0.0; Line::TRAIN.floats(x.len())];
/// let mut gradient = vec![0.0; Line::TRAINABLE];
/// for step in 0..200 {
///     let random = Random::new(7, step);
///     let mut to = Stored { parameters: model.block(), gradient: &mut gradient, accumulate: false };
///     Line::step_with(&cpu, random, &mut to, &mut memory, &x, x.len(), &mut |d, y| {
///         let mut loss = 0.0;
///         for ((d, y), t) in d.iter_mut().zip(y).zip(&t) {
///             *d = 2.0 * (y - t);
///             loss += f64::from((y - t) * (y - t));
///         }
///         Ok(loss)
///     })?;
///     let slope = LineParameters::of(&gradient).line.weight[0][0];
///     assert!(slope.is_finite());
///     for (w, g) in model.block_mut().iter_mut().zip(&gradient) {
///         *w -= 0.1 * g;
///     }
/// }
/// assert!((model.parameters().line.weight[0][0] - 2.0).abs() < 1e-3);
/// # Ok::<(), plywood::Error>(())
/// ```
pub trait Model: Clone + fmt::Debug + fmt::Display + Send + Sync + Sized + 'static {
    /// One input sample as Rust arrays, for instance `[[[f32; 8]; 8]; 1]`.
    type Input: Sample;
    /// One output sample as Rust arrays, for instance `[f32; 10]`.
    type Output: Sample;

    /// The name in the declaration.
    const NAME: &'static str;
    /// How many numbers the parameters are.
    const PARAMETERS: usize;
    /// How many of them learn: all but those of frozen layers. They are the first in the block; gradients and the states
    /// of optimizers are as long.
    const TRAINABLE: usize;
    /// What predicting one sample costs, in floating-point operations; a multiply-add counts as two.
    const FLOPS: usize;
    /// Working memory of a training step, without parameters, gradients and optimizer states.
    const TRAIN: Memory;
    /// Working memory of a prediction, without the parameters.
    const PREDICT: Memory;
    /// The tree of parameters.
    #[doc(hidden)]
    const ENTRIES: &'static [Entry];
    /// The lines of the table that `Display` prints.
    #[doc(hidden)]
    const LAYERS: &'static [LayerRow];
    /// The graphs it was compiled from.
    const GRAPHS: Graphs;

    /// The model around a block of `PARAMETERS` numbers.
    #[doc(hidden)]
    fn from_block(parameters: Block) -> Self;
    /// The parameters as one block.
    fn block(&self) -> &Block;
    /// The parameters as one block, to be changed but not exchanged.
    fn block_mut(&mut self) -> &mut Block;

    /// `y` = the network at `x` when it predicts; `x` is `[n][Input]`, `y` is `[n][Output]`, both flat,
    /// `memory` has at least `PREDICT.floats(n)` numbers with anything in them.
    fn predict_with<T: Real>(cpu: &Cpu, parameters: &[T], memory: &mut [T], x: &[T], y: &mut [T], n: usize);

    /// One pass of training over `x`, `[n][Input]`: forward; then `loss(d_output, output)`, which fills
    /// `d_output` from `output`; then backward, every parameter's gradient into `to`. Returns what `loss`
    /// returned. When that is an error, backward does not run and `to` is untouched. `memory` has at least
    /// `TRAIN.floats(n)` numbers with anything in them.
    #[allow(clippy::type_complexity)]
    fn step_with<T: Real>(
        cpu: &Cpu,
        random: Random,
        to: &mut dyn Gradients<T>,
        memory: &mut [T],
        x: &[T],
        n: usize,
        loss: &mut dyn FnMut(&mut [T], &[T]) -> Result<f64>,
    ) -> Result<f64>;

    /// New parameters, drawn from `seed` as the layers ask for: the same on every machine.
    fn init(seed: u64) -> Self {
        init::init(seed)
    }

    /// The outputs for `xs`, with memory and threads made for this call only; a
    /// [`Predictor`](crate::Predictor) keeps them.
    fn predict(&self, xs: &[Self::Input]) -> Vec<Self::Output> {
        predictor::once(self, xs)
    }

    /// Every parameter with its name, such as `blocks.1.fc.weight`, in declared order.
    fn named_parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        parameters::named::<Self>(self.block())
    }

    /// As [`named_parameters`](Model::named_parameters), to be changed.
    fn named_parameters_mut(&mut self) -> impl Iterator<Item = ParameterMut<'_>> {
        parameters::named_mut::<Self>(self.block_mut())
    }

    /// Writes all parameters to a safetensors file: whole or, on an error, not at all. Parameters that are not finite are
    /// not written.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::save(self, path.as_ref())
    }

    /// A model with the parameters in a safetensors file, found by name; every name and shape must match.
    fn load(path: impl AsRef<Path>) -> Result<Self> {
        let mut model = Self::from_block(Block::zeroed(Self::PARAMETERS));
        checkpoint::load(&mut model, path.as_ref())?;
        Ok(model)
    }

    /// Replaces the parameters by those in a safetensors file; on an error they are as before.
    fn reload(&mut self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::load(self, path.as_ref())
    }

    /// Replaces those parameters that a safetensors file has under their names and in their shapes, for instance those of a
    /// network with another last layer. Returns what was not taken, in the file and in the model: read it, since a name
    /// that is spelled in another way looks the same. A file in which nothing fits is an error, and so is a damaged one;
    /// on an error the parameters are as before.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Digits: [64] -> [10] { body: Linear(32), Relu, out: Linear(10) } }
    /// network! { struct Letters: [64] -> [26] { #[frozen] body: Linear(32), Relu, letter: Linear(26) } }
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("digits.safetensors");
    /// let digits = Digits::init(1);
    /// digits.save(&path)?;
    ///
    /// let mut letters = Letters::init(2);
    /// let left: Vec<String> = letters.reload_matching(&path)?.iter().map(ToString::to_string).collect();
    /// assert_eq!(letters.parameters().body.weight, digits.parameters().body.weight);
    /// assert_eq!(left[0], "`letter.weight` [26, 32] is missing");
    /// assert_eq!(left[3], "`out.weight` [10, 32] is not in the model");
    /// # Ok::<(), plywood::Error>(())
    /// ```
    #[must_use = "it says what was not taken"]
    fn reload_matching(&mut self, path: impl AsRef<Path>) -> Result<Vec<Problem>> {
        checkpoint::load_matching(self, path.as_ref())
    }

    /// Compares the generated gradients with differences of the generated forward pass, both in `f64`, at the
    /// present parameters and at inputs drawn from `seed`; an error names the parameter where they disagree.
    /// Where the output is not finite, which is another error, there is nothing to compare.
    fn gradient_check(&self, seed: u64) -> Result<GradientReport> {
        gradient_check::check(self, seed)
    }
}

/// An amount of working memory that grows with the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Numbers per sample of the batch.
    pub per_sample: usize,
    /// Numbers whatever the batch.
    pub fixed: usize,
}

impl Memory {
    /// Numbers needed for a batch of `n`: `per_sample * n + fixed`.
    pub const fn floats(self, n: usize) -> usize {
        self.per_sample * n + self.fixed
    }

    /// Bytes needed for a batch of `n` numbers of type `f32`.
    pub const fn bytes(self, n: usize) -> usize {
        self.floats(n) * 4
    }

    /// As [`floats`](Memory::floats), `None` where that is more than a machine can address.
    pub(crate) fn checked_floats(self, n: usize) -> Option<usize> {
        self.per_sample.checked_mul(n)?.checked_add(self.fixed)
    }
}

/// A node in the tree of parameters. Offsets count numbers from the start of the block, inside a `Repeat`
/// from the start of the iteration.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// One array of numbers.
    Parameter {
        /// Its own name, for instance `weight`.
        name: &'static str,
        /// In PyTorch's order, for instance `[out, in]`; empty for a single number.
        shape: &'static [usize],
        /// Where it starts.
        offset: usize,
        /// What it holds at first.
        init: Init,
        /// Whether it lies among the frozen ones.
        frozen: bool,
        /// Whether it decays where weights alone do.
        decays: bool,
    },
    /// A layer or a group of layers: its name goes before the names within.
    Group {
        /// `fc1` in `fc1.weight`.
        name: &'static str,
        /// What is in it, at the same offsets as outside.
        entries: &'static [Entry],
    },
    /// The same entries several times: `blocks.0.…`, `blocks.1.…`.
    Repeat {
        /// `blocks` in `blocks.1.fc.weight`.
        name: &'static str,
        /// How often.
        count: usize,
        /// Where those that learn lie.
        trained: Iterations,
        /// Where the frozen ones lie.
        frozen: Iterations,
        /// One iteration, at offsets from these.
        entries: &'static [Entry],
    },
}

/// Where the iterations of a block lie.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Iterations {
    /// Where the first starts.
    pub offset: usize,
    /// From the start of one to the start of the next.
    pub stride: usize,
}

impl Iterations {
    /// Where there are none.
    pub const NONE: Iterations = Iterations { offset: 0, stride: 0 };
}

/// A line in the table of layers.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct LayerRow {
    /// The declared name, or the position for a layer without one.
    pub name: &'static str,
    /// The layer with what was inferred, for instance `Linear(4 -> 8)`; for a group or a repeat `group`,
    /// `repeat 3`.
    pub layer: &'static str,
    /// Shape of one sample's output.
    pub output: &'static [usize],
    /// Numbers in the parameters of one iteration, 0 for a block.
    pub parameters: usize,
    /// Operations of one iteration for one sample, 0 for a block.
    pub flops: usize,
    /// How many blocks it is in.
    pub depth: usize,
    /// How often it runs: the product of their counts.
    pub times: usize,
}
