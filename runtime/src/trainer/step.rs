//! One step, and the update that it leads to.

use plywood_kernels::cpu::{Cpu, Fused, Gradients, MAX_STATES, Random, Run, Stored, sum_of_squares, update};

use super::{Pending, Trainer};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::parameters;
use crate::sample::{Nested, Sample};

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Learns from up to a batch of samples; gives their loss before that. Allocates nothing.
    ///
    /// The parameters are updated at once, or with the last step of a group where steps are
    /// [accumulated](super::TrainerBuilder::accumulate).
    pub fn step(&mut self, xs: &[M::Input], targets: &[L::Target]) -> Result<f32> {
        self.advance(xs, targets).map(|loss| loss as f32)
    }

    /// [`step`](Trainer::step), with the loss as it was summed.
    pub(super) fn advance(&mut self, xs: &[M::Input], targets: &[L::Target]) -> Result<f64> {
        self.check_lengths(xs.len(), targets.len())?;
        self.groups.prepare::<M>(&self.rates, self.updates, self.epochs, &mut self.states)?;
        // What a group comes to is not known before its end: gradients are added up by their batches' shares, then
        // divided.
        let share = self.loss.share(targets);
        let scale = if self.adds_shares() { share } else { 1.0 };
        let value = self.pass(xs, targets, scale)?;
        self.passes = self.passes.wrapping_add(1);
        match self.gradient {
            None => self.updates += 1,
            Some(_) => {
                self.pending.batches += 1;
                self.pending.shares += share;
                if self.pending.batches == self.settings.accumulate {
                    self.flush()?;
                }
            }
        }
        Ok(value)
    }

    /// Updates the parameters with the steps that still wait for the others of their group; does nothing when
    /// none does.
    pub fn flush(&mut self) -> Result<()> {
        self.groups.prepare::<M>(&self.rates, self.updates, self.epochs, &mut self.states)?;
        let Pending { batches, shares } = std::mem::take(&mut self.pending);
        let adds_shares = self.adds_shares();
        let Some(gradient) = self.gradient.as_mut().filter(|_| batches > 0) else { return Ok(()) };
        let mut scale = if adds_shares { self.loss.reduction().combine(1.0, shares) } else { 1.0 };
        if let Some(max) = self.settings.clip_value {
            if !clip(gradient, scale as f32, max as f32) {
                return Err(self.diverged("a number of the gradient is not finite".to_owned()));
            }
            scale = 1.0;
        }
        if let Some(max) = self.settings.clip_norm {
            let norm = scale * sum_of_squares::<f32>(&self.cpu, gradient).sqrt();
            if !norm.is_finite() {
                return Err(self.diverged(format!("the norm of the gradient is {norm}")));
            }
            // PyTorch's formula: a little short of the limit, and nothing is divided by 0.
            scale *= (max / (norm + 1e-6)).min(1.0);
        }
        let (cpu, states, model) = (&self.cpu, &mut self.states.blocks, &mut self.model);
        let runs: &[Run] = match &*self.groups.runs {
            [] => &[Run { end: M::TRAINABLE, rule: 0 }],
            runs => runs,
        };
        self.groups.rules(self.updates + 1, &mut |rules| {
            let mut all = all_states(model, states);
            let mut start = 0;
            for run in runs {
                let rule = rules.get(run.rule);
                let mut part = all.each_mut().map(|state| state.get_mut(start..run.end).unwrap_or_default());
                update(cpu, &mut part[..rule.states()], &gradient[start..run.end], scale, rule);
                start = run.end;
            }
        });
        self.updates += 1;
        Ok(())
    }

    /// Whether the gradients of several batches are added up, each as much as it counts.
    fn adds_shares(&self) -> bool {
        self.settings.accumulate > 1
    }

    fn check_lengths(&self, samples: usize, targets: usize) -> Result<()> {
        let wrong = |what, expected, found, help| Err(Error::Length { what, expected, found, help });
        if samples == 0 {
            return Err(Error::empty("the batch of a step"));
        }
        if samples > self.settings.batch {
            return wrong(
                "samples at most",
                self.settings.batch,
                samples,
                "make the trainer with a larger `.batch(…)`, or step through the samples in pieces",
            );
        }
        if targets != samples {
            return wrong("targets", samples, targets, "give every sample one target");
        }
        Ok(())
    }

    /// Forward and backward; the gradient goes into the update where it is not kept.
    fn pass(&mut self, xs: &[M::Input], targets: &[L::Target], scale: f64) -> Result<f64> {
        let random = Random::new(self.settings.seed, self.passes.wrapping_add(1));
        let (cpu, loss, memory, states) = (&self.cpu, &self.loss, &mut self.memory, &mut self.states.blocks);
        let model = &mut self.model;
        let mut not_finite = false;
        let result = match &mut self.gradient {
            Some(gradient) => {
                let first = self.pending.batches == 0;
                let to = &mut Stored { parameters: model.block(), gradient, accumulate: !first };
                run::<M, L>(cpu, random, to, memory, xs, loss, targets, scale, &mut not_finite)
            }
            None => {
                let mut result = Ok(0.0);
                let runs = &self.groups.runs;
                self.groups.rules(self.updates + 1, &mut |rules| {
                    let all = all_states(model, states).into_iter().take(rules.states());
                    let to = &mut Fused::by_runs(all, rules, runs);
                    result = run::<M, L>(cpu, random, to, memory, xs, loss, targets, scale, &mut not_finite);
                });
                result
            }
        };
        match result {
            Err(Error::Stopped) if not_finite => Err(self.diverged(self.why_not_finite(xs))),
            result => result,
        }
    }

    /// Where a loss that is not finite comes from, as far as it can be told.
    fn why_not_finite(&self, xs: &[M::Input]) -> String {
        let input =
            xs.iter().position(|x| M::Input::flat(std::slice::from_ref(x)).iter().any(|x| !x.is_finite()));
        match (input, parameters::not_finite::<M>(self.model.block())) {
            (Some(sample), _) => {
                format!("the loss is not finite, as the input of sample {sample} of the batch is not")
            }
            (None, Some(at)) => format!("the loss is not finite, as `{at}` is not since the step before"),
            (None, None) => "the loss is not finite, though inputs and parameters are: outputs are huge or, where the loss is one's own, a target is not".to_owned(),
        }
    }

    fn diverged(&self, cause: String) -> Error {
        Error::Diverged { step: self.updates + 1, learning_rate: self.groups.rate(), cause }
    }
}

/// The parameters, then the optimizer's states, then nothing, so that no list needs to be allocated.
fn all_states<'a, M: Model>(model: &'a mut M, states: &'a mut [Block]) -> [&'a mut [f32]; MAX_STATES] {
    let mut all: [&mut [f32]; MAX_STATES] = Default::default();
    let blocks = std::iter::once(model.block_mut()).chain(states);
    all.iter_mut().zip(blocks).for_each(|(to, block)| *to = block);
    all
}

/// Multiplies a gradient by `scale` and brings it into `-max..=max`; whether all of it was finite.
fn clip(gradient: &mut [f32], scale: f32, max: f32) -> bool {
    let mut finite = true;
    for g in gradient {
        finite &= g.is_finite();
        *g = (scale * *g).clamp(-max, max);
    }
    finite
}

/// The pass with its loss, which stops it with [`Error::Stopped`] and a note where it is not finite.
#[allow(clippy::too_many_arguments)]
fn run<M: Model, L: Loss<M::Output>>(
    cpu: &Cpu,
    random: Random,
    to: &mut dyn Gradients<f32>,
    memory: &mut [f32],
    xs: &[M::Input],
    loss: &L,
    targets: &[L::Target],
    scale: f64,
    not_finite: &mut bool,
) -> Result<f64> {
    M::step_with::<f32>(cpu, random, to, memory, M::Input::flat(xs), xs.len(), &mut |d, output| {
        let value = loss.gradient(cpu, M::Output::nest_mut(d), M::Output::nest(output), targets, scale)?;
        // As it will be reported: too large for `f32` is not finite either.
        *not_finite = !(value as f32).is_finite();
        if *not_finite { Err(Error::Stopped) } else { Ok(value) }
    })
}
