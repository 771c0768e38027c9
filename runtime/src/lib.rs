//! Declare a neural network; get plain Rust: shapes checked at compile time, backprop generated.
//!
//! ```standalone_crate
//! use plywood::prelude::*;
//!
//! network! {
//!     /// Classifies 8×8 grey digits.
//!     pub struct Digits: [1, 8, 8] -> [10] {
//!         Flatten,
//!         fc1: Linear(64),
//!         Relu,
//!         Dropout(0.2),
//!         fc2: Linear(10),
//!     }
//! }
//!
//! # /// Which of eight rows is bright.
//! # fn digits() -> plywood::Result<Dataset<[[[f32; 8]; 8]; 1], u32>> {
//! #     let mut xs = zeroed::<[[[f32; 8]; 8]; 1]>(100);
//! #     xs.iter_mut().enumerate().for_each(|(i, x)| x[0][i % 8] = [1.0; 8]);
//! #     Dataset::new(xs, (0..100).map(|i| i % 8).collect::<Vec<u32>>())
//! # }
//! fn main() -> plywood::Result<()> {
//! #   let folder = tempfile::tempdir().unwrap();
//! #   std::env::set_current_dir(&folder).unwrap();
//!     let (train, test) = digits()?.split(0.8, 7);
//!     let mut trainer =
//!         Trainer::new(Digits::init(7), CrossEntropy, Adam::new(1e-3)).batch(64).on(Device::best())?;
//!     for epoch in 1..=10 {
//!         println!("epoch {epoch}: {}", trainer.epoch(&train)?);
//!     }
//!     println!("test accuracy: {:.4}", trainer.evaluate(&test, Accuracy)?);
//!     trainer.finish()?.save("digits.safetensors")
//! }
//! ```
//!
//! * **A network** is declared; its shapes are checked when the program is built. What every network can do
//!   is in [`Model`].
//! * **Samples** are Rust arrays, batches are slices of them: [`Sample`] says how to make some, with [`zeroed`],
//!   [`ones`], [`full`], [`random`] or from flat numbers, and how to ask for shapes. A [`Dataset`] has targets too.
//!   The feature `npy` reads and writes numpy's files, the feature `ndarray` gives views as arrays of that crate.
//! * **Settings** of optimizers, losses, metrics, schedules, encoders, trainers ([`TrainerSettings`]) and fits ([`FitSettings`])
//!   are read from files of configuration with the feature `serde`: each is a table of its names, `CrossEntropy` and `Rmse`,
//!   which have none, an empty one. What a file leaves out is the default, and a name that it misspells is an error.
//! * **Sessions** own a model and the memory to run it: a [`Trainer`] learns, a [`Predictor`] predicts.
//! * **What is learned by**: a [`loss`], an [`optimizer`], a [`schedule`] of its rate; **measured by**: a [`metric`].
//! * **Debug builds**: the kernels are in two crates, which Cargo leaves unoptimised in a debug build, a hundred times
//!   slower. Add to the program's `Cargo.toml`:
//!
//!   ```toml
//!   [profile.dev.package]
//!   plywood.opt-level = 3
//!   plywood-kernels.opt-level = 3
//!   ```
//! * **Nothing panics** on what a user or a file brings: it is an [`Error`], which says what to do. A mistake of the program's
//!   own that does panic, such as an empty range for [`random::uniform`], stands under *Panics* where it can be made.

// The README's programs compile as they stand.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// Generated code names this crate from outside; inside, the book's rows and the tests do so too.
extern crate self as plywood;

// What generated code calls.
mod network;

// What users call.
mod atomic;
mod book;
mod checkpoint;
pub mod data;
mod device;
mod engine;
mod error;
mod evaluation;
mod file_kind;
mod fingerprint;
mod gradient_check;
mod hyperparameters;
mod input_gradients;
mod lanes;
pub mod loss;
pub mod metric;
mod model;
#[cfg(feature = "npy")]
pub mod npy;
pub mod ops;
pub mod optimizer;
mod parameter_file;
mod ports;
mod predictor;
mod profile;
pub mod random;
pub mod schedule;
#[cfg(feature = "serde")]
mod settings;
mod text;
mod trainer;
mod updater;

#[doc(hidden)]
pub mod __private {
    pub use crate::gradient_check::GradientReport;
    pub use crate::model::Model;
    pub use crate::network::private::*;
    // What `ports!` names.
    pub use crate::__ports as ports;
    pub use crate::error::Error;
    pub use crate::input_gradients::{input_gradients, samples};
    pub use crate::loss::{Loss, LossRow, Reduction};
    pub use crate::metric::{Metric, ScalarMetric};
    pub use crate::ports::{add_parts, check_reductions, count, describe, in_port, plain, reduction, row};
    pub use crate::trainer::{ByPort, List, Validations};
}

#[cfg(test)]
mod tests;

// What is written at compile time.

/// Declares a network: a stack of layers, blocks that are written once, or a `fn forward` over values with names.
///
/// ```
/// use plywood::prelude::*;
///
/// network! {
///     /// Any attributes and documentation.
///     pub struct Digits: [1, 8, 8] -> [10] {
///         Flatten,
///         fc1: Linear(32), Relu,
///         body: { Block(32), Block(32) },
///         fc2: Linear(10),
///     }
///
///     block Block(width) { residual { LayerNorm, Linear(width), Relu, Linear(width) } }
/// }
///
/// let digits = Digits::init(7);
/// println!("{digits}");
/// assert_eq!(digits.predict(&[[[[0.0; 8]; 8]; 1]; 3]).len(), 3);
/// ```
#[doc = include_str!("language.md")]
#[doc = include_str!("layers.md")]
///
/// # First values
///
/// A parameter begins as its layer's documentation in PyTorch says, or as `weight_init:` and `bias_init:` do:
/// `Linear(64, weight_init: kaiming_normal, bias_init: constant(0.1))`.
#[doc = include_str!("initialisers.md")]
pub use plywood_macros::network;

/// Declares a network as a struct, one field per layer.
///
/// What stands in a layer's parentheses in [`network!`] stands between angle brackets here, if Rust can read it as an
/// argument of a type; anything else goes into `#[with(…)]`. A field of several layers with `#[repeat(n)]` is a block.
///
/// ```
/// use plywood::prelude::*;
///
/// #[model([784] -> [10])]
/// pub struct Classifier {
///     hidden: Linear<256>,
///     relu: Relu,
///     #[with(p: 0.1)]
///     drop: Dropout,
///     #[repeat(2)]
///     blocks: (Linear<256>, Tanh),
///     #[with(bias: false)]
///     out: Linear<10>,
/// }
///
/// let classifier = Classifier::init(7);
/// assert_eq!(classifier.parameters().hidden.weight.len(), 256);
/// ```
///
/// The struct holds the parameters as one block; the fields are those of `parameters()`.
///
/// # Groups and branches
///
/// A tuple is a group, whose layers are called by their positions. What `network!` says as `residual { … }`,
/// `add { …, … }` and `concat(axis: 0) { …, … }` stands before the field; `()` is the value itself.
///
/// ```
/// use plywood::prelude::*;
///
/// #[model([16] -> [10])]
/// struct Wide {
///     body: (Linear<32>, Relu, Linear<16>),
///     #[residual]
///     around: (LayerNorm, Linear<16>, Tanh),
///     #[concat(axis: 0)]
///     beside: ((Linear<8>, Relu), ()),
///     out: Linear<10>,
/// }
///
/// let wide = Wide::init(7);
/// assert_eq!(wide.parameters().body.layer_2.weight.len(), 16);
/// assert_eq!(wide.parameters().out.weight[0].len(), 8 + 16);
/// ```
///
/// # Blocks and `forward`: a module
///
/// Before a module `#[model]` reads several items: each struct with `#[model(…)]` is a network, each with `#[block]` a
/// block that layers may name, told by its const parameters, and an `impl` has the `forward` of either. Methods beside
/// `forward`, and what else stands in the module, stay.
///
/// ```
/// use plywood::prelude::*;
///
/// #[model]
/// mod siamese {
///     #[model((left: [784], right: [784]) -> [1])]
///     pub struct Siamese {
///         body: Body<64>,
///         out: Linear<1>,
///     }
///
///     impl Siamese {
///         fn forward(&self, left: _, right: _) -> _ {
///             self.out((self.body(left) - self.body(right)).abs())
///         }
///     }
///
///     #[block]
///     struct Body<const WIDTH: usize, const HIDDEN: usize = 256> {
///         fc1: Linear<HIDDEN>,
///         relu: Relu,
///         fc2: Linear<WIDTH>,
///     }
/// }
///
/// use siamese::{Siamese, SiameseInput};
/// let net = Siamese::init(7);
/// let apart = net.predict(SiameseInput { left: &[[0.5; 784]], right: &[[0.5; 784]] })?;
/// assert_eq!(apart.len(), 1);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// `forward` is what [`network!`] says of it, in an order of tokens that Rust reads: members are applied as
/// `self.fc1(x)`, arguments are named by `=`, as in `concat([a, b], axis = 0)`, named outputs too, and the types of
/// inputs and of what it gives are `_`, as they follow.
pub use plywood_macros::model;

pub use data::Dataset;
pub use device::Device;
pub use error::{Error, Problem, Result};
pub use gradient_check::GradientReport;
pub use model::Model;
pub use network::block::Block;
pub use network::graphs::Graphs;
pub use network::layers;
pub use network::memory::{Amount, Memory, WorkingMemory};
pub use network::parameters::{Parameter, ParameterMut};
pub use network::ports::{Each, Element, Flat, IntoBatch, IntoPorts, Numbers, PortInfo, PortKind, Ports};
pub use network::sample::{Dtype, Sample, full, ones, zeroed};
pub use network::{Network, Pass};
pub use parameter_file::ParameterFile;
pub use predictor::Predictor;
pub use trainer::{
    Best, Epoch, Fit, FitSettings, Flow, Group, History, Record, Stopped, Trainer, TrainerBuilder,
    TrainerSettings, Validations,
};
pub use updater::Updater;

/// Everything that a program with a network usually names.
pub mod prelude {
    pub use crate::book::{losses::*, optim::*};
    #[cfg(feature = "data")]
    pub use crate::data::{Csv, Encoder, Encoding, Missing, Table, Unknown};
    pub use crate::data::{Dataset, MinMaxScaler, StandardScaler};
    pub use crate::hyperparameters::Hyperparameters;
    pub use crate::loss::{
        ChannelCrossEntropy, CosineEmbedding, CrossEntropy, Elementwise, Loss, MarginRanking, Nll,
        ProbabilityCrossEntropy, Reduction, SoftCrossEntropy, TripletMargin, Weighted,
    };
    pub use crate::metric::{
        Accuracy, BinaryAccuracy, Confusion, F1, Metric, Precision, R2, Recall, Rmse, ScalarMetric, TopK,
    };
    pub use crate::optimizer::Optimizer;
    pub use crate::schedule::Schedule;
    pub use crate::{Device, Model, Network, Predictor, Sample, Trainer, full, model, network, ones, zeroed};
    pub use crate::{random, schedule};
}
