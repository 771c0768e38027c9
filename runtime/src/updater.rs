//! An optimizer in a loop of one's own.

use std::fmt;

use plywood_kernels::cpu::{Cpu, MAX_STATES, update};

use crate::engine::States;
use crate::error::{Error, Result};
use crate::optimizer::{self, Optimizer};

/// An [optimizer](Optimizer) with what it keeps of a block of parameters, such as momentum: from a gradient that is at hand
/// to new parameters, in a loop of one's own. A [`Trainer`](crate::Trainer) has one inside.
///
/// ```
/// use plywood::ops::{Cpu, Random, Stored};
/// use plywood::prelude::*;
/// use plywood::{Flat, Pass, Updater, WorkingMemory};
///
/// network! { struct Line: [1] -> [1] { line: Linear(1) } }
///
/// let (cpu, mut model) = (Cpu::new(1), Line::init(1));
/// let (xs, targets) = ([[-1.0f32], [0.0], [1.0]], [[-1.0f32], [1.0], [3.0]]);
/// let mut memory = <Line as Network>::Memory::<f32>::default();
/// memory.reserve("three samples", Line::TRAIN, xs.len())?;
/// let mut gradient = vec![0.0; Line::TRAINABLE];
/// let mut updater = Updater::new(Adam::new(0.05), Line::TRAINABLE)?;
/// for step in 0..500 {
///     let inputs = &[Flat::Real(xs.as_flattened())];
///     let pass = Pass { cpu: &cpu, random: Random::new(7, step), inputs, n: xs.len() };
///     let mut slots = Line::slots(&mut memory, xs.len());
///     // forward
///     Line::forward(&pass, model.block(), &[], &mut [], &mut slots);
///     // the loss, and its gradient, by outputs of one number each
///     let mut loss = Ok(0.0);
///     Line::outputs(&mut slots, xs.len(), |y, d| {
///         let (y, _) = y[0].as_chunks::<1>();
///         let (d, _) = d[0].as_chunks_mut::<1>();
///         loss = Mse::mean().gradient(&cpu, d, y, &targets, 1.0);
///     });
///     assert!(loss?.is_finite());
///     // backward
///     let mut to = Stored { parameters: model.block(), gradient: &mut gradient, accumulate: false };
///     Line::backward(&pass, &[], &mut to, &mut slots);
///     // the update
///     updater.update(&cpu, &mut model.block_mut()[..Line::TRAINABLE], &gradient)?;
/// }
/// assert!((model.parameters().line.weight[0][0] - 2.0).abs() < 1e-2);
/// # Ok::<(), plywood::Error>(())
/// ```
pub struct Updater<O: Optimizer> {
    optimizer: O,
    states: States,
    len: usize,
    updates: u64,
}

impl<O: Optimizer> Updater<O> {
    /// Of `len` parameters; a network's that learn are [`TRAINABLE`](crate::Network::TRAINABLE), and the first in its block.
    ///
    /// # Errors
    /// [`Error::Setting`] if a number of the optimizer means nothing, [`Error::Memory`] if there is too little for its
    /// states.
    pub fn new(optimizer: O, len: usize) -> Result<Updater<O>> {
        let mut updater = Updater { optimizer, states: States::default(), len, updates: 0 };
        updater.prepare()?;
        Ok(updater)
    }

    /// `parameters` = what the optimizer makes of them and their gradient. Both are as long as was said in
    /// [`new`](Updater::new); of a network's block that is `&mut model.block_mut()[..Net::TRAINABLE]`. Allocates nothing,
    /// unless a number of the optimizer was changed so that it needs another state.
    ///
    /// # Errors
    /// [`Error::Length`] if one of them has another length, [`Error::Setting`] if a number of the optimizer means nothing any
    /// more, [`Error::Memory`] if there is too little for a state that it did not need before. The parameters are then as
    /// before; states that the changed optimizer does without may be gone. Whether the gradient is finite is not looked at.
    pub fn update(&mut self, cpu: &Cpu, parameters: &mut [f32], gradient: &[f32]) -> Result<()> {
        for (what, found) in
            [("parameters to update", parameters.len()), ("numbers in their gradient", gradient.len())]
        {
            if found != self.len {
                let help = "give both as long as the updater was made for; of a network's block, the first `TRAINABLE` \
                            numbers learn";
                return Err(Error::Length { what, expected: self.len, found, help });
            }
        }
        self.prepare()?;
        self.updates += 1;
        let mut all: [&mut [f32]; MAX_STATES] = Default::default();
        let blocks = self.states.blocks.iter_mut().map(|block| &mut block[..]);
        all.iter_mut().zip(std::iter::once(parameters).chain(blocks)).for_each(|(to, block)| *to = block);
        let used = 1 + self.optimizer.states().len();
        self.optimizer.rule(self.updates, &mut |rule| update(cpu, &mut all[..used], gradient, 1.0, rule));
        Ok(())
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The optimizer, whose numbers may change from update to update: the learning rate by a
    /// [schedule](crate::schedule), for instance.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// How many updates it has made.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Checks the numbers, which may have changed, and makes room for the states that they want.
    fn prepare(&mut self) -> Result<()> {
        optimizer::check(&self.optimizer)?;
        self.states.arrange(std::iter::once(self.optimizer.states()), &[], self.len)
    }
}

impl<O: Optimizer> fmt::Debug for Updater<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updater")
            .field("optimizer", &self.optimizer.hyperparameters())
            .field("parameters", &self.len)
            .field("updates", &self.updates)
            .finish_non_exhaustive()
    }
}
