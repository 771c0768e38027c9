//! Parameters that follow the same rule with different numbers.

use std::fmt;

use plywood_kernels::cpu::Run;

use super::Trainer;
use super::rates::Rates;
use crate::engine::{CpuEngine, OptimizerStep};
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::network::parameters::{Place, parameter_places, trained_places};
use crate::optimizer::{self, Optimizer};
use crate::text::nearest;

/// Groups at most, one of them that of the parameters which nothing selects: each takes some of the stack.
const MAX_GROUPS: usize = 256;

/// Some parameters, and what is different about their optimizer.
pub(super) struct Selection<O> {
    pub asked: Asked,
    pub select: Box<Select>,
    pub adjust: Box<dyn Fn(&mut O) + Send>,
}

/// How parameters are selected, for messages.
pub(super) enum Asked {
    /// By the name of what they are in.
    Name(String),
    /// By a function of the user's.
    Condition,
    /// By what they are: there may be none.
    Decay,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Name(name) => write!(f, "{name:?}"),
            Asked::Condition => f.write_str("a condition"),
            Asked::Decay => f.write_str("`decay_weights_only`"),
        }
    }
}

/// Whether a parameter is meant.
type Select = dyn Fn(&Place) -> bool + Send;

impl<O> fmt::Debug for Selection<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.asked, f)
    }
}

/// Whether `name` is `prefix`, or the name of something in it.
pub(super) fn is_within(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The optimizer, once for each group.
pub(super) struct Groups<O> {
    /// As they were given; the first is that of the parameters which nothing selects.
    pub optimizers: Vec<O>,
    /// With the learning rates of the next update.
    now: Vec<O>,
    /// Which parameters follow which; none where all follow the first.
    pub runs: Vec<Run>,
}

impl<O: Optimizer> Groups<O> {
    pub fn new<M: Model>(optimizer: O, selections: &[Selection<O>]) -> Result<Groups<O>> {
        let mut optimizers = vec![optimizer];
        // The selections that each optimizer's parameters are in: those in the same ones are a group.
        let mut groups = vec![vec![]];
        let mut places = trained_places::<M>();
        places.sort_by_key(|place| place.at.start);
        let mut runs: Vec<Run> = vec![];
        let mut used = vec![false; selections.len()];
        for place in places.iter().filter(|place| !place.at.is_empty()) {
            let is_in = |i: &usize| (selections[*i].select)(place);
            let within: Vec<usize> = (0..selections.len()).filter(is_in).collect();
            within.iter().for_each(|i| used[*i] = true);
            let rule = groups.iter().position(|group| *group == within).unwrap_or_else(|| {
                let mut optimizer = optimizers[0].clone();
                within.iter().for_each(|i| (selections[*i].adjust)(&mut optimizer));
                optimizers.push(optimizer);
                groups.push(within);
                groups.len() - 1
            });
            let columns = if place.sparse { place.shape.last().copied().unwrap_or(1) } else { 0 };
            match runs.last_mut() {
                Some(run) if run.rule == rule && columns == 0 && run.columns == 0 => run.end = place.at.end,
                _ => runs.push(Run { end: place.at.end, rule, columns }),
            }
        }
        if let Some(i) = (0..used.len()).find(|i| !matches!(selections[*i].asked, Asked::Decay) && !used[*i])
        {
            return Err(Error::Setting {
                name: "group",
                expected: "the name of a layer, a block or a parameter; `named_parameters()` has them all",
                found: format!(
                    "{}, which selects no parameter of `{}` that learns: {}",
                    selections[i].asked,
                    M::NAME,
                    instead::<M, O>(&selections[i], &places)
                ),
            });
        }
        if optimizers.len() > MAX_GROUPS {
            return Err(Error::Setting {
                name: "group",
                expected: "256 different ones at most, that of the other parameters and those that overlaps make included",
                found: format!("given so that there are {} groups", optimizers.len()),
            });
        }
        let any_sparse = runs.iter().any(|run| run.columns > 0);
        match runs.last_mut() {
            Some(run) if optimizers.len() > 1 || any_sparse => run.end = M::TRAINABLE,
            _ => runs.clear(),
        }
        Ok(Groups { now: optimizers.clone(), optimizers, runs })
    }

    /// Takes the rates of the next update, checks the numbers of all, and makes room for their states: any of that may
    /// have changed since the last one.
    pub fn prepare<M: Model>(
        &mut self,
        rates: &Rates,
        updates: u64,
        epochs: u32,
        engine: &mut CpuEngine<M>,
    ) -> Result<()> {
        for (now, optimizer) in self.now.iter_mut().zip(&self.optimizers) {
            now.clone_from(optimizer);
            let base = optimizer.learning_rate();
            optimizer::check_rate(base)?;
            now.set_learning_rate(rates.checked(base, updates, epochs)?);
            optimizer::check(now)?;
        }
        engine.states_mut().arrange(self.now.iter().map(O::states), &self.runs, M::TRAINABLE)
    }

    /// The names of each optimizer's parameters.
    pub fn parameters<M: Model>(&self) -> Vec<Vec<String>> {
        let mut parameters = vec![vec![]; self.optimizers.len()];
        for place in trained_places::<M>() {
            let run = self.runs.get(self.runs.partition_point(|run| run.end <= place.at.start));
            parameters[run.map_or(0, |run| run.rule)].push(place.name);
        }
        parameters
    }

    /// The rate of the next update that [`prepare`](Groups::prepare) found, of the first group.
    pub fn rate(&self) -> f64 {
        self.now[0].learning_rate()
    }

    /// All of them at update `number`, counted from 1.
    pub fn step(&self, number: u64) -> OptimizerStep<'_, O> {
        OptimizerStep { optimizers: &self.now, runs: &self.runs, number }
    }
}

/// What there is, for one who selects nothing of it.
fn instead<M: Model, O>(selection: &Selection<O>, learns: &[Place]) -> String {
    const MOST: usize = 10;
    if let Some(frozen) = parameter_places::<M>().iter().find(|place| (selection.select)(place)) {
        return format!("`{}` is frozen", frozen.name);
    }
    let mut near = None;
    if let Asked::Name(name) = &selection.asked {
        // of all that could be said: what each parameter is in, and itself
        let within = |place: &Place| -> Vec<String> {
            let ends = place.name.match_indices('.').map(|(dot, _)| dot).chain([place.name.len()]);
            ends.map(|end| place.name[..end].to_owned()).collect()
        };
        let known: Vec<String> = learns.iter().flat_map(within).collect();
        near = nearest(name, &known).map(|near| format!("; did you mean `{near}`?"));
    }
    let mut fields: Vec<&str> = vec![];
    for place in learns {
        let field = place.name.split('.').next().unwrap_or_default();
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    let some: Vec<String> = fields.iter().take(MOST).map(|field| format!("`{field}`")).collect();
    let more = if fields.len() > MOST { ", …" } else { "" };
    format!("there are {}{more}{}", some.join(", "), near.unwrap_or_default())
}

/// Parameters that are updated alike; [`Trainer::groups`] lists them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Group<'a, O> {
    /// The optimizer, with its own learning rate, whatever a schedule makes of it.
    pub optimizer: &'a O,
    /// The names of the parameters.
    pub parameters: Vec<String>,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// The optimizer of the parameters that no [`group`](crate::TrainerBuilder::group) selects; of all of them where
    /// there are no groups.
    pub fn optimizer(&self) -> &O {
        &self.groups.optimizers[0]
    }

    /// The optimizer, for instance to set another learning rate; it holds from the next update on. One that now
    /// keeps a state that it did not keep before gets it, zero, with the next step; the others go on. What a schedule does
    /// starts from the rate set here.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.groups.optimizers[0]
    }

    /// Every group: first that of the parameters which nothing selects, even if there are none, then the others in the
    /// order of their first parameters.
    pub fn groups(&self) -> Vec<Group<'_, O>> {
        let parameters = self.groups.parameters::<M>();
        let groups = self.groups.optimizers.iter().zip(parameters);
        groups.map(|(optimizer, parameters)| Group { optimizer, parameters }).collect()
    }

    /// The optimizers of all [`groups`](Trainer::groups), in their order, to be changed.
    pub fn optimizers_mut(&mut self) -> &mut [O] {
        &mut self.groups.optimizers
    }
}
