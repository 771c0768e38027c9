//! One step, and the update that it leads to.

use plywood_kernels::cpu::Random;

use super::{Pending, Trainer};
use crate::engine::{Batch, is_accepted};
use crate::error::{self, Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::network::{Ports, parameters, ports};
use crate::optimizer::Optimizer;

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Learns from up to a batch of samples; gives their loss before that. Allocates nothing.
    ///
    /// The parameters are updated at once, or with the last step of a group where steps are
    /// [accumulated](super::TrainerBuilder::accumulate).
    #[doc(alias = "train", alias = "backward")]
    pub fn step(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
    ) -> Result<f32> {
        self.advance(xs, targets).map(|loss| loss as f32)
    }

    /// [`step`](Trainer::step), with the loss as it was summed.
    pub(super) fn advance(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
    ) -> Result<f64> {
        let n = M::Input::len(xs)?;
        self.check_lengths(n, L::Target::len(targets)?)?;
        self.groups.prepare(&self.rates, self.updates, self.epochs, &mut self.engine)?;
        // What a group comes to is not known before its end: gradients are added up by their batches' shares, then
        // divided.
        let share = self.loss.share(targets);
        let scale = if self.adds_shares() { share } else { 1.0 };
        let random = Random::new(self.settings.seed, self.passes.wrapping_add(1));
        let batch = Batch { random, xs, targets, n, loss: &self.loss, scale };
        let (first, step) = (self.pending.batches == 0, self.groups.step(self.updates + 1));
        self.followed = false;
        let value = self.engine.pass(&batch, first, &step, &mut self.parts.step)?;
        if !is_accepted(value) {
            return Err(self.why_not_finite(xs, targets));
        }
        self.passes = self.passes.wrapping_add(1);
        if self.engine.kept().is_none() {
            self.updates += 1;
        } else {
            self.pending.batches += 1;
            self.pending.shares += share;
            if self.pending.batches == self.settings.accumulate {
                self.flush()?;
            }
        }
        Ok(value)
    }

    /// Updates the parameters with the steps that still wait for the others of their group; does nothing when
    /// none does.
    pub fn flush(&mut self) -> Result<()> {
        self.groups.prepare(&self.rates, self.updates, self.epochs, &mut self.engine)?;
        let Pending { batches, shares } = std::mem::take(&mut self.pending);
        if self.engine.kept().is_none() || batches == 0 {
            return Ok(());
        }
        let mut scale = if self.adds_shares() { self.loss.reduction().combine(1.0, shares) } else { 1.0 };
        if let Some(max) = self.settings.clip_value {
            if !self.engine.clip(scale as f32, max as f32) {
                return Err(self.diverged("a number of the gradient is not finite".to_owned()));
            }
            scale = 1.0;
        }
        if let Some(max) = self.settings.clip_norm {
            let norm = scale * self.engine.gradient_norm();
            if !norm.is_finite() {
                return Err(self.diverged(format!("the norm of the gradient is {norm}")));
            }
            // PyTorch's formula: a little short of the limit, and nothing is divided by 0.
            scale *= (max / (norm + 1e-6)).min(1.0);
        }
        if self.settings.keep_gradient && scale != 1.0 {
            self.engine.scale(scale as f32);
            scale = 1.0;
        }
        self.engine.update(scale, &self.groups.step(self.updates + 1));
        self.updates += 1;
        self.followed = true;
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

    /// Why the loss of these samples is not finite: for one of their numbers or, where those are finite, for what training
    /// came to.
    fn why_not_finite(
        &self,
        xs: <M::Input as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
    ) -> Error {
        if let Some((port, sample, number)) = ports::not_finite::<M::Input>(xs) {
            return Error::not_finite("a step", port, "sample", sample, number);
        }
        if let Some((port, sample, number)) = ports::not_finite::<L::Target>(targets) {
            let of = if port.is_empty() { String::new() } else { format!(" of `{port}`") };
            let problem = format!("number {number}{of} is not finite\nhelp: {}", error::NOT_FINITE_SAMPLE);
            return Error::Target { sample, problem };
        }
        self.diverged(match parameters::not_finite::<M>(self.engine.model().blocks()) {
            Some(at) => format!("the loss is not finite, as `{at}` is not since the step before"),
            None => "the loss is not finite, though inputs, targets and parameters are: outputs are huge"
                .to_owned(),
        })
    }

    fn diverged(&self, cause: String) -> Error {
        Error::Diverged { step: self.updates + 1, learning_rate: self.groups.rate(), cause }
    }
}
