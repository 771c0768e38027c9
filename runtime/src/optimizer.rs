//! Optimizers: from a gradient to new parameters.

use std::fmt;

pub use crate::book::optim::*;
#[doc(hidden)]
pub use crate::book::with_optimizer as with;
pub use crate::hyperparameters::Hyperparameters;
#[doc(hidden)]
pub use plywood_kernels::cpu::Update;

use plywood_kernels::cpu::MAX_STATES;
use plywood_kernels::optim::{self, OPTIMIZERS, Variant};

use crate::error::{Error, Result};

/// A rule by which parameters follow their gradient, with the numbers that stay the same from step to step.
///
/// The state that changes, such as momentum, lies in blocks as long as the parameters, which a
/// [`Trainer`](crate::Trainer) keeps or, in a loop of one's own, an [`Updater`](crate::Updater).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no optimizer",
    label = "not an optimizer",
    note = "the loss stands before the optimizer: `Trainer::new(model, CrossEntropy, Adam::new(1e-3))`"
)]
pub trait Optimizer: Hyperparameters + Clone + Send + Sync + 'static {
    /// The names of what it keeps of every parameter, three at most, no two alike. What is 0 or `false` needs none:
    /// momentum, for instance. By its name a state is known from step to step, should others come or go.
    fn states(&self) -> &'static [&'static str];

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate from the next step on.
    fn set_learning_rate(&mut self, rate: f64);

    /// The weight decay of the next step, 0 for an optimizer without.
    fn weight_decay(&self) -> f64 {
        0.0
    }

    /// Sets the weight decay from the next step on; does nothing to an optimizer without.
    fn set_weight_decay(&mut self, _weight_decay: f64) {}

    /// An error if one of its numbers means nothing. A [`Trainer`](crate::Trainer) asks before every step, for they may
    /// change while it runs.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The rule as data, with its numbers, for a session on a device that compiles its own code. A rule of one's own has
    /// none.
    #[doc(hidden)]
    fn row(&self) -> Option<OptimizerRow> {
        None
    }

    /// Hands `with` the update of step `step`, counted from 1: a formula of the gradient, the parameter and
    /// its [`states`](Optimizer::states) in their order, all of which it gives anew.
    #[doc(hidden)]
    fn rule(&self, step: u64, with: &mut dyn FnMut(&dyn Update<f32>));
}

/// An optimizer of the book with its numbers.
#[doc(hidden)]
#[derive(Clone)]
pub struct OptimizerRow {
    /// The book's row.
    pub row: &'static optim::Optimizer,
    /// Its hyperparameters, in the row's order.
    pub hyperparameters: Vec<f64>,
}

impl OptimizerRow {
    /// The formulas that run with these numbers.
    pub fn variant(&self) -> Variant {
        self.row.variant(&self.hyperparameters)
    }
}

impl fmt::Debug for OptimizerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {:?}", self.row.name, self.hyperparameters)
    }
}

/// That an update can be made with an optimizer as it is.
pub(crate) fn check(optimizer: &impl Optimizer) -> Result<()> {
    check_rate(optimizer.learning_rate())?;
    optimizer.check()?;
    let count = optimizer.states().len();
    if count >= MAX_STATES {
        let found = format!("one of {count}");
        return Err(Error::Setting {
            name: "optimizer",
            expected: "one of up to 3 states per parameter",
            found,
        });
    }
    Ok(())
}

/// That a learning rate means something.
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    if rate >= 0.0 && rate.is_finite() {
        return Ok(());
    }
    let found = rate.to_string();
    Err(Error::Setting { name: "learning_rate", expected: "0 or any number above", found })
}

/// The row of the optimizer of that name.
pub(crate) fn row(name: &str, told: &impl Hyperparameters) -> Option<OptimizerRow> {
    let row = OPTIMIZERS.iter().find(|row| row.name == name)?;
    let hyperparameters = told.hyperparameters().into_iter().map(|(_, value)| value).collect();
    Some(OptimizerRow { row, hyperparameters })
}

/// What is done with an optimizer that is known by its name; see [`with`].
#[doc(hidden)]
pub trait Visit {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<O: Optimizer>(self, optimizer: O) -> Self::Out;
}

#[cfg(test)]
mod tests {
    use plywood_kernels::cpu::{Cpu, update};

    use super::*;
    use crate::random;

    const LEN: usize = 7;

    /// Three steps by the optimizer's own rule, in `f32`.
    fn by_rule<O: Optimizer>(optimizer: &O) -> Vec<Vec<f64>> {
        let cpu = Cpu::new(1);
        let mut blocks = vec![random::normal::<f32>(LEN, 1).into_vec()];
        blocks.extend(optimizer.states().iter().map(|_| vec![0.0; LEN]));
        for step in 1..=3 {
            let gradient = random::normal::<f32>(LEN, 1 + step);
            let mut states: Vec<&mut [f32]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
            optimizer.rule(step, &mut |rule| update(&cpu, &mut states, &gradient, 1.0, rule));
        }
        blocks.into_iter().map(|block| block.into_iter().map(f64::from).collect()).collect()
    }

    /// The same by the row's formulas, in `f64`.
    fn by_row(row: &OptimizerRow) -> Vec<Vec<f64>> {
        let variant = row.variant();
        let mut blocks =
            vec![random::normal::<f32>(LEN, 1).iter().map(|x| f64::from(*x)).collect::<Vec<_>>()];
        blocks.extend(variant.states.iter().map(|_| vec![0.0; LEN]));
        for step in 1..=3u64 {
            let gradient = random::normal::<f32>(LEN, 1 + step);
            let told = [row.hyperparameters.as_slice(), &[step as f64]].concat();
            let scalars: Vec<f64> =
                variant.scalars.iter().map(|(_, scalar)| scalar.evaluate(&told)).collect();
            for i in 0..LEN {
                let mut at = vec![f64::from(gradient[i])];
                at.extend(blocks.iter().map(|block| block[i]));
                at.extend(&scalars);
                let new: Vec<f64> = variant.update.iter().map(|formula| formula.evaluate(&at)).collect();
                blocks.iter_mut().zip(new).for_each(|(block, x)| block[i] = x);
            }
        }
        blocks
    }

    struct Agree(&'static optim::Optimizer);
    impl Visit for Agree {
        type Out = ();
        fn visit<O: Optimizer>(self, mut optimizer: O) {
            optimizer.set_learning_rate(0.05);
            let switches = self.0.switches();
            for on in 0..1usize << switches.len() {
                for (k, i) in switches.iter().enumerate() {
                    let h = &self.0.hyperparameters[*i];
                    let value = if on >> k & 1 == 0 {
                        0.0
                    } else if h.is_flag() {
                        1.0
                    } else {
                        0.3
                    };
                    optimizer.set_hyperparameter(h.name, value).unwrap();
                }
                // some combinations are refused
                if optimizer.check().is_err() {
                    continue;
                }
                let row = optimizer.row().expect("an optimizer of the book");
                assert_eq!(row.variant().states, optimizer.states(), "{row:?}");
                let (found, expected) = (by_rule(&optimizer), by_row(&row));
                assert_eq!(found.len(), expected.len(), "{row:?}");
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    let close = (found - expected).abs() < 1e-4 * (1.0 + expected.abs());
                    assert!(close, "{row:?}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn every_optimizer_is_its_row() {
        for row in OPTIMIZERS {
            with(row.name, Agree(row)).expect("an optimizer of that name");
        }
    }
}
