//! What every declared network can do.

use std::path::Path;

use crate::checkpoint;
use crate::engine;
use crate::error::{Problem, Result};
use crate::gradient_check::{self, GradientReport};
use crate::network::parameters::{self, Parameter, ParameterMut};
use crate::network::{Block, Blocks, Network, Ports, init};

/// A network with its parameters, and what can be done with it.
///
/// Every [`Network`] is one: its sizes and its functions are constants and functions of that trait. Code over any network is
/// written as `fn report<M: Model>(model: &M)`, where `M::Input` and `M::PARAMETERS` are the network's.
///
/// # A loop of one's own
///
/// A step is three calls: [`forward`](Network::forward), a loss that reads the [`outputs`](Network::outputs) and fills
/// their gradients, and [`backward`](Network::backward), which hands every parameter's gradient on. A
/// [`Trainer`](crate::Trainer) is a loop around them. Here is another: gradients are kept and read by name, and the update
/// is whatever one writes; that of an optimizer is an [`Updater`](crate::Updater)'s, and its example has a loss of this
/// crate as well.
///
/// ```
/// use plywood::ops::{Cpu, Random, Stored};
/// use plywood::prelude::*;
/// use plywood::{Flat, Pass, WorkingMemory};
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let (cpu, mut model) = (Cpu::new(1), Line::init(1));
/// let (x, t) = ([-1.0f32, 0.0, 1.0], [-1.0f32, 1.0, 3.0]);
/// let mut memory = <Line as Network>::Memory::<f32>::default();
/// memory.reserve("three samples", Line::TRAIN, x.len())?;
/// let mut gradient = vec![0.0; Line::TRAINABLE];
/// for step in 0..200 {
///     let pass = Pass { cpu: &cpu, random: Random::new(7, step), inputs: &[Flat::Real(&x)], n: x.len() };
///     let mut slots = Line::slots(&mut memory, x.len());
///     Line::forward(&pass, model.block(), &[], &mut [], &mut slots);
///     Line::outputs(&mut slots, x.len(), |y, d| {
///         // of the squared error
///         for ((d, y), t) in d[0].iter_mut().zip(y[0]).zip(&t) {
///             *d = 2.0 * (y - t);
///         }
///     });
///     let mut to = Stored { parameters: model.block(), gradient: &mut gradient, accumulate: false };
///     Line::backward(&pass, &[], &mut to, &mut slots);
///     let slope = LineParameters::of(&gradient).line.weight[0][0];
///     assert!(slope.is_finite());
///     for (w, g) in model.block_mut().iter_mut().zip(&gradient) {
///         *w -= 0.1 * g;
///     }
/// }
/// assert!((model.parameters().line.weight[0][0] - 2.0).abs() < 1e-3);
/// # Ok::<(), plywood::Error>(())
/// ```
pub trait Model: Network {
    /// The parameters as one block.
    fn block(&self) -> &Block {
        &self.blocks().parameters
    }

    /// The parameters as one block, to be changed but not exchanged.
    fn block_mut(&mut self) -> &mut Block {
        &mut self.blocks_mut().parameters
    }

    /// New parameters, drawn from `seed` as the layers ask for: the same on every machine, orthogonal ones on every machine
    /// with fused multiply-add.
    fn init(seed: u64) -> Self {
        init::init(seed)
    }

    /// The outputs for `xs`, with memory made for this call only, and threads where there is work for them; a
    /// [`Predictor`](crate::Predictor) keeps both. A sample costs little more than a pass over the weights, on any thread, and
    /// several threads may predict at once.
    ///
    /// Several inputs that disagree about the number of samples are an error, and so are a block that was exchanged for
    /// another model's and too little memory, but for the 70 KB that kernels take in a pass of less than a million operations:
    /// without those the program ends. The method of a network with one input, which needs no `use`, panics with the same
    /// words.
    fn predict(&self, xs: <Self::Input as Ports>::Batch<'_>) -> Result<<Self::Output as Ports>::Owned> {
        engine::once(self, xs)
    }

    /// Every parameter with its name, such as `blocks.1.fc.weight`, in declared order.
    fn named_parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        parameters::named::<Self>(self.block())
    }

    /// As [`named_parameters`](Model::named_parameters), to be changed.
    fn named_parameters_mut(&mut self) -> impl Iterator<Item = ParameterMut<'_>> {
        parameters::named_mut::<Self>(self.block_mut())
    }

    /// Writes all parameters, and the state, to a safetensors file: whole or, on an error, not at all. Numbers that are not
    /// finite are not written.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::save(self, path.as_ref())
    }

    /// A model with the parameters in a safetensors file, found by name; every name and shape must match. Where the file
    /// has other names, a [`ParameterFile`](crate::ParameterFile) changes them.
    fn load(path: impl AsRef<Path>) -> Result<Self> {
        let mut model = Self::from_blocks(Blocks::zeroed::<Self>());
        checkpoint::load(&mut model, path.as_ref(), &checkpoint::as_they_are)?;
        Ok(model)
    }

    /// Replaces the parameters by those in a safetensors file; on an error they are as before.
    fn reload(&mut self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::load(self, path.as_ref(), &checkpoint::as_they_are)
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
        checkpoint::load_matching(self, path.as_ref(), &checkpoint::as_they_are)
    }

    /// Compares the generated gradients with differences of the generated forward pass, both in `f64`, at the
    /// present parameters and at inputs drawn from `seed`; an error names the parameter where they disagree.
    /// Where the output is not finite, which is another error, there is nothing to compare.
    fn gradient_check(&self, seed: u64) -> Result<GradientReport> {
        gradient_check::check(self, seed)
    }
}

impl<N: Network> Model for N {}
