//! Checkpoints of training: all that a trainer needs to go on as if it had never stopped.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::time::Instant;

use plywood_kernels::cpu::MAX_STATES;

use super::course::Course;
use super::epoch::Within;
use super::groups::Groups;
use super::notes::{Notes, Read, damaged, is_amount, time};
use super::rates::Rates;
use super::{Pending, Trainer, TrainerSettings};
use crate::checkpoint::{BESIDE, Reading, write};
use crate::engine::States;
use crate::error::{Error, Problem, Result};
use crate::fingerprint::Fingerprint;
use crate::loss::Loss;
use crate::model::Model;
use crate::network::graphs::Graphs;
use crate::network::parameters::{
    Parameter, all_named, named, named_state, refuse_not_finite, state_places, trained_places,
};
use crate::network::{Block, Blocks};
use crate::optimizer::Optimizer;
use crate::schedule::Plateau;
use crate::schedule::plateau::Seen;
use crate::text::type_word;

/// Under which name the notes stand in the file's header.
const NOTE: &str = "plywood.trainer";
/// How they are written.
const VERSION: u32 = 3;

impl<M: Model, L: Loss<M::Output>, O: Optimizer> Trainer<M, L, O> {
    /// Writes a checkpoint of training: parameters, the optimizer's states and numbers, schedules, counters, gradients
    /// and state of batches that wait for others of their group, and the place in an epoch that has not ended. A trainer that
    /// [loads](Trainer::load_checkpoint) it goes on to the same bits.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("line.safetensors");
    /// let data = Dataset::new(random::uniform::<[f32; 1]>(100, -1.0..1.0, 1), vec![[0.5]; 100])?;
    /// let made = || Trainer::new(Line::init(7), Mse::mean(), Adam::new(1e-2)).quiet().on(Device::Cpu);
    ///
    /// let mut first = made()?;
    /// first.epoch(&data)?;
    /// first.save_checkpoint(&path)?;
    /// first.epoch(&data)?;
    ///
    /// let mut second = made()?;
    /// second.load_checkpoint(&path)?;
    /// second.epoch(&data)?;
    /// assert_eq!(first.finish()?.parameters().line.weight, second.finish()?.parameters().line.weight);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    ///
    /// The file is a safetensors file with the parameters under their names, so that [`load`](Model::load) reads the model
    /// from it. It is written whole or, on an error or when the program is killed, not at all. Parameters that are not
    /// finite are not written.
    pub fn save_checkpoint(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save(path.as_ref(), None)
    }

    /// Goes on where the trainer was that saved the checkpoint. Its next [`epoch`](Trainer::epoch) ends the one that
    /// was interrupted, if one was, and its optimizers have the numbers that they had then.
    ///
    /// This trainer must have been made as that one was: the same parameters by name and shape, the same loss, optimizer and
    /// groups, batch, seed, accumulation, limits and schedules; what differs is listed in the error, and the trainer is
    /// unchanged. Threads and device may differ. What is to be different from now on, such as the learning rate, is set
    /// [after](Trainer::optimizer_mut) this.
    pub fn load_checkpoint(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.restore(path.as_ref(), &mut |_, _| Ok(())).map(drop)
    }

    pub(super) fn save(&self, path: &Path, course: Option<&Course>) -> Result<()> {
        let model = self.engine.model().blocks();
        refuse_not_finite::<M>(model, "saving a checkpoint")?;
        let kept = self.engine.kept().filter(|_| self.pending.batches > 0);
        let states = self.engine.states().used().iter().enumerate().map(|(k, block)| (state(k), block));
        let beside = states
            .chain(kept.map(|kept| (gradient(), &kept.gradient)))
            .flat_map(|(prefix, block)| named::<M>(block).map(move |p| under(&prefix, p)));
        let weights = course.and_then(|course| course.weights.as_ref());
        let best = weights.into_iter().flat_map(|blocks| all_named::<M>(blocks).map(|p| under(&best(), p)));
        let waiting =
            kept.into_iter().flat_map(|kept| named_state::<M>(&kept.state).map(|p| under(&waiting(), p)));
        let all = all_named::<M>(model).chain(beside).chain(waiting).chain(best);
        write(path, all, (NOTE, self.notes(course)))
    }

    fn notes(&self, course: Option<&Course>) -> String {
        let mut notes = Notes::default();
        notes.number("version", VERSION);
        for (name, value) in &self.described {
            notes.text(&format!("setting.{name}"), value);
        }
        for (i, optimizer) in self.groups.optimizers.iter().enumerate() {
            for (name, value) in optimizer.hyperparameters() {
                notes.number(&format!("optimizer.{i}.{name}"), value);
            }
            let held = &self.engine.states().held[i];
            notes.number(&format!("optimizer.{i}.states"), held.len());
            for (k, name) in held.iter().enumerate() {
                notes.text(&held_key(i, k), name);
            }
        }
        notes.number("passes", self.passes);
        notes.number("updates", self.updates);
        notes.number("epochs", self.epochs);
        notes.number("pending.batches", self.pending.batches);
        notes.number("pending.shares", self.pending.shares);
        let seen = &self.rates.seen;
        notes.option("plateau.best", seen.best);
        notes.number("plateau.bad", seen.bad);
        notes.number("plateau.cooldown", seen.cooldown);
        notes.number("plateau.reductions", seen.reductions);
        if let Some(within) = &self.within {
            notes.number("epoch.length", within.length);
            notes.number("epoch.samples", within.samples);
            notes.number("epoch.sum", within.sum);
            notes.number("epoch.shares", within.shares);
            self.parts.write(&mut notes);
            notes.number("epoch.updates", within.updates);
            notes.number("epoch.learning_rate", within.learning_rate);
            notes.number("epoch.seconds", within.time().as_secs());
            notes.number("epoch.nanoseconds", within.time().subsec_nanos());
        }
        if let Some(course) = course {
            course.write(&mut notes);
        }
        notes.finish()
    }

    /// Takes on the state in a file, if all is right with it and `check`, which sees how far the fit was that saved it, if
    /// it was one, and how many updates had been made, has no objection; gives that fit.
    pub(super) fn restore(
        &mut self,
        path: &Path,
        check: &mut dyn FnMut(Option<&Course>, u64) -> Result<()>,
    ) -> Result<Option<Course>> {
        let bytes = fs::read(path).map_err(|error| Error::io("reading", path, error))?;
        let refuse =
            |problems, fits| Error::Checkpoint { path: path.to_owned(), model: M::NAME, problems, fits };
        let one = |problem| refuse(vec![problem], 0);
        let mut file = Reading::of(&bytes).map_err(one)?;
        let text = file.note(NOTE).ok_or_else(|| {
            let reason = "it has no state of training: parameters alone are read by `load`";
            one(Problem::Unreadable { reason: reason.to_owned() })
        })?;
        let notes = Read::of(&text);
        let version: u32 = notes.number("version").map_err(one)?;
        if version != VERSION {
            let reason =
                format!("its state of training is of version {version}, this program reads {VERSION}");
            return Err(one(Problem::Unreadable { reason }));
        }

        // what is said of the trainer comes first: from another network, every parameter differs as well
        for (name, expected) in &self.described {
            match notes.text(&format!("setting.{name}")) {
                Ok(found) if found == *expected => {}
                Ok(found) => {
                    let expected = expected.clone();
                    file.problems.push(Problem::Setting { name, expected, found });
                }
                Err(problem) => file.problems.push(problem),
            }
        }
        let trained = trained_places::<M>();
        let model = file.take_network::<M>("");
        let states = (0..).map(state).take_while(|prefix| file.has(prefix)).collect::<Vec<_>>();
        let states: Vec<_> = states.iter().map(|prefix| file.take(prefix, &trained)).collect();
        let gradient = file.has(&gradient()).then(|| file.take(&gradient(), &trained));
        let waiting = gradient.is_some().then(|| file.take(&waiting(), &state_places::<M>()));
        let best = file.has(&best()).then(|| file.take_network::<M>(&best()));
        file.refuse_others();
        if !file.problems.is_empty() {
            return Err(refuse(file.problems, file.fits));
        }
        let state = self.parse(&notes).map_err(one)?;
        if (state.pending.batches > 0) != gradient.is_some()
            || gradient.is_some() && self.engine.kept().is_none()
        {
            return Err(one(damaged("pending.batches")));
        }

        let held = state.held.iter().map(Vec::len).max().unwrap_or_default();
        if states.len() != held {
            return Err(one(damaged("optimizer.0.states")));
        }

        // What can fail comes before the first change.
        let blank = |_| Block::try_zeroed("the optimizer", Some(M::TRAINABLE));
        let mut blocks: Vec<Block> =
            (0..states.len().max(self.engine.states().blocks.len())).map(blank).collect::<Result<_>>()?;
        let mut course = state.course;
        if let (Some(course), Some(best)) = (&mut course, best) {
            let mut blocks = Blocks::try_zeroed::<M>("the best parameters")?;
            best.into(&mut blocks);
            course.weights = Some(blocks);
        }
        check(course.as_ref(), state.updates)?;
        states.into_iter().zip(&mut blocks).for_each(|(found, block)| found.into(block));
        *self.engine.states_mut() = States { blocks, held: state.held };
        if let (Some(found), Some(after), Some(kept)) = (gradient, waiting, self.engine.kept_mut()) {
            found.into(&mut kept.gradient);
            after.into(&mut kept.state);
        }
        self.followed = false;
        self.engine.change(|blocks| model.into(blocks));
        self.groups.optimizers = state.optimizers;
        (self.passes, self.updates, self.epochs) = (state.passes, state.updates, state.epochs);
        (self.pending, self.rates.seen, self.within) = (state.pending, state.seen, state.within);
        self.parts.epoch = state.parts;
        Ok(course)
    }

    fn parse(&self, notes: &Read<'_>) -> Result<State<O>, Problem> {
        let mut optimizers = self.groups.optimizers.clone();
        for (i, optimizer) in optimizers.iter_mut().enumerate() {
            for (name, _) in optimizer.hyperparameters() {
                let key = format!("optimizer.{i}.{name}");
                optimizer.set_hyperparameter(name, notes.number(&key)?).map_err(|_| damaged(&key))?;
            }
        }
        let held = (0..optimizers.len()).map(|i| held(notes, i)).collect::<Result<_, _>>()?;
        let within = match notes.option("epoch.length")? {
            None => None,
            Some(length) => {
                let within = Within {
                    length,
                    samples: notes.number("epoch.samples")?,
                    sum: notes.number("epoch.sum")?,
                    shares: notes.number("epoch.shares")?,
                    updates: notes.number("epoch.updates")?,
                    learning_rate: notes.number("epoch.learning_rate")?,
                    before: time(
                        "epoch",
                        notes.number("epoch.seconds")?,
                        notes.number("epoch.nanoseconds")?,
                    )?,
                    since: Instant::now(),
                };
                Some(within)
            }
        };
        let state = State {
            parts: self.parts.read(notes, within.is_some())?,
            optimizers,
            held,
            passes: notes.number("passes")?,
            updates: notes.number("updates")?,
            epochs: notes.number("epochs")?,
            pending: Pending {
                batches: notes.number("pending.batches")?,
                shares: notes.number("pending.shares")?,
            },
            seen: Seen {
                best: notes.option("plateau.best")?,
                bad: notes.number("plateau.bad")?,
                cooldown: notes.number("plateau.cooldown")?,
                reductions: notes.number("plateau.reductions")?,
            },
            within,
            course: Course::read(notes)?,
        };
        match state.implausible(self.settings.accumulate, self.rates.plateau.as_ref()) {
            Some(key) => Err(damaged(key)),
            None => Ok(state),
        }
    }
}

/// What the notes say.
struct State<O> {
    optimizers: Vec<O>,
    held: Vec<Vec<Cow<'static, str>>>,
    passes: u32,
    updates: u64,
    epochs: u32,
    pending: Pending,
    seen: Seen,
    within: Option<Within>,
    /// What the parts of the loss have come to in it.
    parts: Vec<f64>,
    course: Option<Course>,
}

impl<O> State<O> {
    /// The first number that no training comes to. What is counted on from these must not overflow, whatever a file says.
    fn implausible(&self, accumulate: usize, plateau: Option<&Plateau>) -> Option<&'static str> {
        let State { updates, epochs, pending, seen, within, course, .. } = self;
        let most = |limit: fn(&Plateau) -> u32| plateau.map_or(0, limit);
        let sound = [
            ("updates", *updates <= MOST),
            ("epochs", u64::from(*epochs) <= *updates && *epochs <= u32::MAX / 2),
            ("pending.batches", pending.batches < accumulate),
            ("pending.shares", is_amount(pending.shares)),
            ("plateau.best", seen.best.is_none_or(|best| !best.is_nan())),
            ("plateau.bad", seen.bad <= most(|plateau| plateau.patience)),
            ("plateau.cooldown", seen.cooldown <= most(|plateau| plateau.cooldown)),
            ("plateau.reductions", seen.reductions <= most(|_| u32::MAX / 2)),
        ];
        let found =
            |sound: &[(&'static str, bool)]| sound.iter().find(|(_, sound)| !sound).map(|(key, _)| *key);
        let within = within.as_ref().and_then(|within| {
            found(&[
                ("epoch.samples", within.samples <= within.length),
                ("epoch.sum", within.sum.is_finite()),
                ("epoch.shares", is_amount(within.shares)),
                ("epoch.updates", within.updates <= *updates),
                ("epoch.learning_rate", is_amount(within.learning_rate)),
            ])
        });
        let course = || course.as_ref().and_then(|course| found(&course.sound(*epochs, *updates)));
        found(&sound).or(within).or_else(course)
    }
}

/// More updates than any machine makes, and few enough to count on from.
const MOST: u64 = 1 << 53;

/// The names of what lies in the optimizer's states, for group `group`: with other numbers it may be something else than
/// what the group's optimizer wants of them.
fn held(notes: &Read<'_>, group: usize) -> Result<Vec<Cow<'static, str>>, Problem> {
    let key = format!("optimizer.{group}.states");
    let count: usize = notes.number(&key)?;
    if count >= MAX_STATES {
        return Err(damaged(&key));
    }
    (0..count).map(|k| Ok(Cow::Owned(notes.text(&held_key(group, k))?.to_owned()))).collect()
}
fn held_key(group: usize, k: usize) -> String {
    format!("optimizer.{group}.state.{k}")
}

/// A tensor under a name that begins like that.
fn under<'a>(prefix: &str, tensor: Parameter<'a>) -> Parameter<'a> {
    Parameter { name: format!("{prefix}{}", tensor.name), ..tensor }
}

/// What the names of the optimizer's `k`-th state begin with.
fn state(k: usize) -> String {
    format!("{BESIDE}state.{k}/")
}
/// Those of the gradient that waits.
fn gradient() -> String {
    format!("{BESIDE}gradient/")
}
/// Those of what the batches behind it made of the state.
fn waiting() -> String {
    format!("{BESIDE}waiting/")
}
/// Those of the best parameters of a fit.
fn best() -> String {
    format!("{BESIDE}best/")
}

/// All settings that decide what is learned, by the name of the method that sets them.
pub(super) fn describe<M: Model, L: Loss<M::Output>, O: Optimizer>(
    settings: &TrainerSettings,
    loss: &L,
    groups: &Groups<O>,
    rates: &Rates,
) -> Vec<(&'static str, String)> {
    let numbers = |optimizer: &O| {
        let numbers = optimizer.hyperparameters();
        numbers.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    };
    let parameters = groups.parameters::<M>();
    let group = groups.optimizers.iter().zip(parameters).skip(1);
    let group = group.map(|(optimizer, names)| format!("{}: {}", names.join(", "), numbers(optimizer)));
    let group = group.collect::<Vec<_>>().join("; ");
    let limit = |max: Option<f64>| max.map_or("none".to_owned(), |max| max.to_string());
    let mut described = vec![
        ("network", format!("{} of graph {:016x}", M::NAME, fingerprint(&M::GRAPHS))),
        ("loss", loss.describe()),
        ("optimizer", format!("{} with {}", type_word::<O>(), numbers(&groups.optimizers[0]))),
        ("group", if group.is_empty() { "none".to_owned() } else { group }),
        ("batch", settings.batch.to_string()),
        ("seed", settings.seed.to_string()),
        ("accumulate", settings.accumulate.to_string()),
        ("clip_norm", limit(settings.clip_norm)),
        ("clip_value", limit(settings.clip_value)),
    ];
    described.extend(rates.describe());
    for (_, text) in &mut described {
        // as it will be read back
        *text = text.replace(['\n', '\r'], " ").trim_end().to_owned();
    }
    described
}

/// A number that differs where networks do: in an activation, a rate of dropout, anything that the shapes of parameters
/// do not show.
fn fingerprint(graphs: &Graphs) -> u64 {
    let mut fingerprint = Fingerprint::new();
    for line in graphs.training {
        fingerprint.text(line);
        fingerprint.text("\n");
    }
    for (name, value) in graphs.symbols {
        fingerprint.text(name);
        fingerprint.words([*value as u64]);
    }
    fingerprint.value()
}
