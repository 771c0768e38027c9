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
//! * **Samples** are Rust arrays, batches are slices of them: [`Sample`], [`zeroed`], [`Dataset`].
//! * **Sessions** own a model and the memory to run it: a [`Trainer`] learns, a [`Predictor`] predicts.
//! * **What is learned by**: a [`loss`], an [`optimizer`]; **measured by**: a [`metric`].
//! * **Nothing panics** on what a user or a file brings: it is an [`Error`], which says what to do.

// Generated code names this crate from outside; inside, the book's rows and the tests do so too.
extern crate self as plywood;

// What generated code calls.
mod block;
mod book;
mod constants;
mod display;
mod graphs;
mod model;
mod parameters;
mod sample;

// What users call.
mod checkpoint;
pub mod data;
mod device;
mod error;
mod gradient_check;
pub mod loss;
pub mod metric;
pub mod ops;
pub mod optimizer;
mod predictor;
pub mod random;
mod trainer;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(test)]
mod tests;

// What is written at compile time.
pub use plywood_macros::{model, network};

pub use book::layers;
pub use checkpoint::Problem;
pub use data::Dataset;
pub use device::Device;
pub use error::{Error, Result};
pub use gradient_check::GradientReport;
pub use graphs::Graphs;
pub use model::{Memory, Model};
pub use parameters::{Parameter, ParameterMut};
pub use predictor::Predictor;
pub use sample::{Sample, zeroed};
pub use trainer::{Epoch, Trainer, TrainerBuilder};

/// Everything that a program with a network usually names.
pub mod prelude {
    pub use crate::book::{losses::*, optim::*};
    #[cfg(feature = "data")]
    pub use crate::data::Csv;
    pub use crate::data::Dataset;
    pub use crate::loss::{CrossEntropy, Loss, Reduction};
    pub use crate::metric::{Accuracy, Metric};
    pub use crate::optimizer::Optimizer;
    pub use crate::random;
    pub use crate::{Device, Model, Predictor, Sample, Trainer, model, network, zeroed};
}
