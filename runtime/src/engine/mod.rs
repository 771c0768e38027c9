//! What sessions run on. A session knows an engine's few calls and nothing of how they are made: parameters, state and
//! what an optimizer keeps, in and out; a pass; an update; a prediction.

mod predict;
mod states;

use std::fmt;

use plywood_kernels::cpu::{
    Cpu, Fused, MAX_STATES, Random, Rules, Run, Stored, sum_of_squares, update, update_rows,
};

pub(crate) use self::predict::{in_pieces, once, predict, reserve_kernels};
pub(crate) use self::states::States;
use crate::error::Result;
use crate::loss::Loss;
use crate::network::parameters::refuse_exchanged;
use crate::network::ports::refuse_out_of_range;
use crate::network::{Block, Blocks, Memory, Network, Numbers, Pass, Ports, WorkingMemory};
use crate::optimizer::Optimizer;

/// The generated code of a network on a team of threads.
pub(crate) struct CpuEngine<M: Network> {
    cpu: Cpu,
    model: M,
    /// Activations and their gradients; a prediction's when it predicts.
    memory: M::Memory<f32>,
    /// What `prepare` made of parameters and state.
    prepared: Block,
    /// What a pass makes of the state, until it is taken over.
    next_state: Block,
    /// Whether parameters or state have changed since `prepared` was made.
    stale: bool,
    /// What the optimizer keeps beside the parameters.
    states: States,
    /// What passes come to before their update, where that is kept.
    kept: Option<Kept>,
}

/// What the passes since the last update have come to. The model has nothing of it before the update.
pub(crate) struct Kept {
    /// The gradient of what learns.
    pub gradient: Block,
    /// What the last of them made of the state.
    pub state: Block,
}

/// A batch to learn from.
pub(crate) struct Batch<'x, 't, 'l, M: Network, L: Loss<M::Output>> {
    pub random: Random,
    pub xs: <M::Input as Ports>::Batch<'x>,
    pub targets: <L::Target as Ports>::Batch<'t>,
    /// How many samples.
    pub n: usize,
    pub loss: &'l L,
    /// What the gradient is multiplied by.
    pub scale: f64,
}

/// The optimizers of all groups of parameters at one update.
pub(crate) struct OptimizerStep<'a, O> {
    pub optimizers: &'a [O],
    /// Which parameters follow which; none where all follow the first.
    pub runs: &'a [Run],
    /// The update's number, from 1.
    pub number: u64,
}

impl<O: Optimizer> OptimizerStep<'_, O> {
    /// Hands `with` the rule of each group.
    fn rules(&self, with: &mut dyn FnMut(&Rules<'_, f32>)) {
        nest(self.optimizers, self.number, None, with);
    }
}

/// The rules of `optimizers`, after those `before` them.
fn nest<O: Optimizer>(
    optimizers: &[O],
    number: u64,
    before: Option<&Rules<'_, f32>>,
    with: &mut dyn FnMut(&Rules<'_, f32>),
) {
    match (optimizers.split_first(), before) {
        (Some((optimizer, rest)), _) => {
            optimizer.rule(number, &mut |rule| nest(rest, number, Some(&Rules::new(rule, before)), with))
        }
        (None, Some(rules)) => with(rules),
        (None, None) => {}
    }
}

/// Whether a step with this loss is made. As it will be reported: too large for `f32` is not finite either.
pub(crate) fn is_accepted(loss: f64) -> bool {
    (loss as f32).is_finite()
}

impl<M: Network> CpuEngine<M> {
    pub fn new(model: M, threads: usize) -> Result<CpuEngine<M>> {
        refuse_exchanged::<M>(model.blocks())?;
        let cpu = Cpu::new(threads);
        cpu.start();
        Ok(CpuEngine {
            cpu,
            model,
            memory: Default::default(),
            prepared: Block::try_zeroed("a prediction", Some(M::PREPARED))?,
            next_state: Block::try_zeroed("the state", Some(M::STATE))?,
            stale: true,
            states: States::default(),
            kept: None,
        })
    }

    /// Memory for `n` samples of what needs `amount`.
    pub fn reserve(&mut self, what: &'static str, amount: Memory, n: usize) -> Result<()> {
        self.memory.reserve(what, amount, n)?;
        reserve_kernels::<M>(&mut self.cpu, what, amount, n)
    }

    /// From now on gradients are kept, and the model follows them by [`update`](CpuEngine::update) alone.
    pub fn keep_gradient(&mut self) -> Result<()> {
        let gradient = Block::try_zeroed("the gradient", Some(M::TRAINABLE))?;
        self.kept = Some(Kept { gradient, state: Block::try_zeroed("the state", Some(M::STATE))? });
        Ok(())
    }

    /// The model, with the parameters and the state as they are now.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The model, to be changed.
    pub fn model_mut(&mut self) -> &mut M {
        self.stale = true;
        &mut self.model
    }

    pub fn into_model(self) -> M {
        self.model
    }

    /// Changes parameters and state.
    pub fn change(&mut self, change: impl FnOnce(&mut Blocks)) {
        change(self.model_mut().blocks_mut());
    }

    /// What the optimizer keeps.
    pub fn states(&self) -> &States {
        &self.states
    }

    pub fn states_mut(&mut self) -> &mut States {
        &mut self.states
    }

    /// Gradient and state since the last update, where they are kept.
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }

    pub fn kept_mut(&mut self) -> Option<&mut Kept> {
        self.kept.as_mut()
    }

    /// The loss of a batch. Unless it is [not accepted](is_accepted), which ends the pass, the gradient updates the
    /// parameters, and the state becomes what the batch made of it.
    ///
    /// Where the gradient is kept, neither changes before the [update](CpuEngine::update). The `first` of several passes
    /// reads the model's state, and each of the others what the one before it made of that; their gradients are added.
    ///
    /// What each part of the loss comes to goes into `parts`.
    pub fn pass<L: Loss<M::Output>, O: Optimizer>(
        &mut self,
        batch: &Batch<'_, '_, '_, M, L>,
        first: bool,
        step: &OptimizerStep<'_, O>,
        parts: &mut [f64],
    ) -> Result<f64> {
        let Batch { random, xs, targets, n, loss, scale } = *batch;
        let CpuEngine { cpu, model, memory, next_state, stale, states, kept, .. } = self;
        // it may have been changed since the last pass
        refuse_exchanged::<M>(model.blocks())?;
        refuse_out_of_range::<M::Input>(xs, M::LIMITS)?;
        let cpu = &*cpu;
        M::Input::ports(xs, |inputs| {
            let pass = &Pass { cpu, random, inputs, n };
            let Blocks { parameters, state } = model.blocks_mut();
            let slots = &mut M::slots(memory, n);
            let read = match kept {
                Some(kept) if !first => &kept.state,
                _ => &*state,
            };
            M::forward(pass, parameters, read, next_state, slots);
            let mut value = Ok(0.0);
            M::outputs(slots, n, |ys, ds| {
                let d = M::Output::of_ports_mut(&mut ds.iter_mut().map(|d| &mut **d));
                let y = M::Output::of_ports(&mut ys.iter().copied());
                value = loss.gradient_by_part(cpu, d, y, targets, scale, parts);
            });
            let value = value?;
            if !is_accepted(value) {
                return Ok(value);
            }
            match kept {
                Some(Kept { gradient, state: after }) => {
                    let read = if first { &*state } else { &*after };
                    let to = &mut Stored { parameters, gradient, accumulate: !first };
                    M::backward(pass, read, to, slots);
                    std::mem::swap(after, next_state);
                }
                None => {
                    *stale = true;
                    step.rules(&mut |rules| {
                        let all = all_states(parameters, &mut states.blocks).into_iter().take(rules.states());
                        M::backward(pass, state, &mut Fused::by_runs(all, rules, step.runs), slots);
                    });
                    state.copy_from_slice(next_state);
                }
            }
            Ok(value)
        })
    }

    /// Updates the parameters by `scale` times the gradient that is kept, and takes over the state beside it.
    pub fn update<O: Optimizer>(&mut self, scale: f64, step: &OptimizerStep<'_, O>) {
        let CpuEngine { cpu, model, states, kept, stale, .. } = self;
        let Some(Kept { gradient, state: after }) = kept else { return };
        *stale = true;
        let Blocks { parameters, state } = model.blocks_mut();
        state.copy_from_slice(after);
        let runs: &[Run] = match step.runs {
            [] => &[Run { end: M::TRAINABLE, rule: 0, columns: 0 }],
            runs => runs,
        };
        step.rules(&mut |rules| {
            let mut all = all_states(parameters, &mut states.blocks);
            let mut start = 0;
            for run in runs {
                let rule = rules.get(run.rule);
                let mut part = all.each_mut().map(|state| state.get_mut(start..run.end).unwrap_or_default());
                let (part, gradient) = (&mut part[..rule.states()], &gradient[start..run.end]);
                match run.columns {
                    0 => update(cpu, part, gradient, scale, rule),
                    columns => update_rows(cpu, part, gradient, scale, columns, rule),
                }
                start = run.end;
            }
        });
    }

    /// Multiplies the gradient that is kept by `scale`.
    pub fn scale(&mut self, scale: f32) {
        self.kept.iter_mut().flat_map(|kept| kept.gradient.iter_mut()).for_each(|g| *g *= scale);
    }

    /// Multiplies the gradient that is kept by `scale` and brings it into `-max..=max`; whether all of it was finite.
    pub fn clip(&mut self, scale: f32, max: f32) -> bool {
        let mut finite = true;
        for g in self.kept.iter_mut().flat_map(|kept| kept.gradient.iter_mut()) {
            finite &= g.is_finite();
            *g = (scale * *g).clamp(-max, max);
        }
        finite
    }

    /// The length of the gradient that is kept.
    pub fn gradient_norm(&self) -> f64 {
        self.kept.as_ref().map_or(0.0, |kept| sum_of_squares::<f32>(&self.cpu, &kept.gradient).sqrt())
    }

    /// The outputs for `n` samples, for as many as there is memory for.
    pub fn predict(
        &mut self,
        xs: <M::Input as Ports>::Batch<'_>,
        ys: <M::Output as Ports>::BatchMut<'_>,
        n: usize,
    ) {
        let CpuEngine { cpu, model, memory, prepared, stale, .. } = self;
        let blocks = model.blocks();
        if *stale {
            M::prepare(cpu, &blocks.parameters, &blocks.state, prepared);
            *stale = false;
        }
        predict::<M>(cpu, blocks, prepared, memory, xs, ys, n);
    }
}

/// The parameters, then the optimizer's states, then nothing, so that no list needs to be allocated.
#[inline]
fn all_states<'a>(parameters: &'a mut Block, states: &'a mut [Block]) -> [&'a mut [f32]; MAX_STATES] {
    let mut all: [&mut [f32]; MAX_STATES] = Default::default();
    let blocks = std::iter::once(parameters).chain(states);
    all.iter_mut().zip(blocks).for_each(|(to, block)| *to = block);
    all
}

impl<M: Network> fmt::Debug for CpuEngine<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpuEngine")
            .field("model", &self.model)
            .field("threads", &self.cpu.threads())
            .finish_non_exhaustive()
    }
}
