//! How far a fit is: what it leaves to be done, and what it will come to.

use super::notes::{Notes, Read, damaged, is_amount, parse, time};
use super::{Epoch, Record};
use crate::error::{Error, Problem};
use crate::metric::Direction;
use crate::network::Blocks;

/// What a fit knows beside its trainer.
pub(super) struct Course {
    /// Epochs that the trainer had made before it.
    pub first: u32,
    pub data: Data,
    pub records: Vec<Record>,
    pub watch: Watch,
    /// Whether the program ended it.
    pub ended: bool,
    /// The parameters and the state of the best epoch, where they are wanted.
    pub weights: Option<Blocks>,
}

/// What it learns from, and is validated by.
#[derive(Debug, PartialEq)]
pub(super) struct Data {
    /// Samples in its data set.
    pub length: usize,
    /// The names of its validations.
    pub names: Vec<String>,
    /// Fingerprints of the samples that it learns from, then of those of each data set that it is validated by; none
    /// without a checkpoint.
    pub samples: Vec<u64>,
}

/// What it remembers of the results that decide.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Watch {
    /// The best, and its epoch.
    pub best: Option<(f64, u32)>,
    /// What the next must be better than to count as better.
    pub mark: Option<f64>,
    /// Results since then.
    pub bad: u32,
}

impl Watch {
    /// Takes note of a result; whether it is the best.
    pub fn observe(&mut self, better: Direction, min_delta: f64, epoch: u32, result: f64) -> bool {
        if better.beats(result, self.mark, min_delta) {
            (self.mark, self.bad) = (Some(result), 0);
        } else {
            self.bad += 1;
        }
        let best = better.beats(result, self.best.map(|(value, _)| value), 0.0);
        if best {
            self.best = Some((result, epoch));
        }
        best
    }
}

/// The key of the name of a part of the loss.
fn part_key(part: usize) -> String {
    format!("fit.part.{part}")
}

impl Course {
    pub fn write(&self, notes: &mut Notes) {
        notes.number("fit.first", self.first);
        let Data { length, names, samples } = &self.data;
        notes.number("fit.length", length);
        notes.number("fit.names", names.len());
        for (i, name) in names.iter().enumerate() {
            notes.text(&format!("fit.name.{i}"), name);
        }
        let samples: Vec<String> = samples.iter().map(u64::to_string).collect();
        notes.text("fit.samples", &samples.join(","));
        notes.number("fit.ended", self.ended);
        notes.option("fit.best", self.watch.best.map(|(value, _)| value));
        notes.option("fit.best_epoch", self.watch.best.map(|(_, epoch)| epoch));
        notes.option("fit.mark", self.watch.mark);
        notes.number("fit.bad", self.watch.bad);
        let parts = self.records.first().map_or(&[][..], |record| &record.epoch.parts);
        for (i, (name, _)) in parts.iter().enumerate() {
            notes.text(&part_key(i), name);
        }
        notes.option("fit.parts", Some(parts.len()).filter(|parts| *parts > 0));
        notes.number("fit.records", self.records.len());
        for (i, Record { epoch, validation }) in self.records.iter().enumerate() {
            let Epoch { number, loss, parts, samples, updates, learning_rate, time } = epoch;
            let mut line = format!(
                "{number},{loss:?},{samples},{updates},{learning_rate:?},{},{}",
                time.as_secs(),
                time.subsec_nanos()
            );
            parts.iter().chain(validation).for_each(|(_, result)| line.push_str(&format!(",{result:?}")));
            notes.text(&format!("fit.record.{i}"), &line);
        }
    }

    /// That a fit with this data goes on from here, where the best parameters are if it is to `keep` them.
    pub fn check(&self, data: &Data, keep: bool) -> Result<(), Error> {
        let expected = "what it was when the fit began";
        if self.data.length != data.length {
            return Err(Error::Length {
                what: "samples in the data set",
                expected: self.data.length,
                found: data.length,
                help: "a fit goes on with the data set that it began with; to learn from another, call \
                       `trainer.load_checkpoint(…)`, `trainer.abandon_epoch()` and begin a fit with another file",
            });
        }
        if self.data.names != data.names {
            let found = format!("that of {:?}, but {:?} in the checkpoint", data.names, self.data.names);
            return Err(Error::Setting { name: "validate", expected, found });
        }
        if self.data.samples != data.samples {
            let learned = self.data.samples.first() != data.samples.first();
            let which = if learned { "that are learned from" } else { "of a validation" };
            let found = format!("said with other samples {which} than the checkpoint's");
            let expected = "said with the same ones, of the same table, split and scaler; to learn from others, call \
                            `trainer.load_checkpoint(…)`, `trainer.abandon_epoch()` and begin a fit with another file";
            return Err(Error::Setting { name: "resume", expected, found });
        }
        if keep && self.weights.is_none() && self.watch.best.is_some() {
            let found = "true, but the checkpoint has no best parameters".to_owned();
            return Err(Error::Setting { name: "restore_best", expected, found });
        }
        Ok(())
    }

    /// Whether its numbers are such as a fit comes to, beside a trainer that has made so many epochs and updates.
    pub fn sound(&self, epochs: u32, updates: u64) -> [(&'static str, bool); 6] {
        let Watch { best, mark, bad } = self.watch;
        let mut next = self.first;
        let mut record = |record: &Record| {
            next = next.saturating_add(1);
            let Epoch { number, loss, ref parts, samples, updates: made, learning_rate, .. } = record.epoch;
            let counts = number == next && samples == self.data.length && made <= updates;
            let finite = loss.is_finite() && parts.iter().all(|(_, part)| part.is_finite());
            counts && finite && is_amount(learning_rate)
        };
        let of_these = |(value, epoch): (f64, u32)| !value.is_nan() && epoch > self.first && epoch <= epochs;
        [
            ("fit.first", self.first <= epochs),
            (
                "fit.records",
                epochs.checked_sub(self.first).is_some_and(|made| made as usize == self.records.len()),
            ),
            ("fit.record", self.records.iter().all(&mut record)),
            ("fit.best", best.is_none_or(of_these)),
            ("fit.mark", mark.is_none_or(|mark| !mark.is_nan())),
            ("fit.bad", bad as usize <= self.records.len()),
        ]
    }

    /// `None` where the file was not saved by a fit.
    pub fn read(notes: &Read<'_>) -> Result<Option<Course>, Problem> {
        let Some(first) = notes.option("fit.first")? else { return Ok(None) };
        let name = |i: usize| notes.text(&format!("fit.name.{i}"));
        let names: Vec<String> = (0..notes.number("fit.names")?).map(name).collect::<Result<_, _>>()?;
        let part = |i: usize| notes.text(&part_key(i));
        let parts = notes.option("fit.parts")?.unwrap_or(0);
        let parts: Vec<String> = (0..parts).map(part).collect::<Result<_, _>>()?;
        let record = |i: usize| {
            let key = format!("fit.record.{i}");
            let line = notes.text(&key)?;
            let fields: Vec<&str> = line.split(',').collect();
            let ([number, loss, samples, updates, learning_rate, seconds, nanoseconds], results) =
                fields.split_first_chunk().ok_or_else(|| damaged(&key))?;
            let (of_parts, results) = results.split_at_checked(parts.len()).ok_or_else(|| damaged(&key))?;
            if ![0, names.len()].contains(&results.len()) {
                return Err(damaged(&key));
            }
            let named = |(name, text): (&String, &&str)| Ok((name.clone(), parse(&key, text)?));
            Ok(Record {
                epoch: Epoch {
                    number: parse(&key, number)?,
                    loss: parse(&key, loss)?,
                    parts: parts.iter().zip(of_parts).map(named).collect::<Result<_, Problem>>()?,
                    samples: parse(&key, samples)?,
                    updates: parse(&key, updates)?,
                    learning_rate: parse(&key, learning_rate)?,
                    time: time(&key, parse(&key, seconds)?, parse(&key, nanoseconds)?)?,
                },
                validation: names.iter().zip(results).map(named).collect::<Result<_, Problem>>()?,
            })
        };
        let records = (0..notes.number("fit.records")?).map(record).collect::<Result<_, _>>()?;
        let samples = notes.text("fit.samples")?;
        let samples = samples.split(',').map(|text| parse("fit.samples", text)).collect::<Result<_, _>>()?;
        Ok(Some(Course {
            first,
            data: Data { length: notes.number("fit.length")?, samples, names },
            records,
            watch: Watch {
                best: notes.option("fit.best")?.zip(notes.option("fit.best_epoch")?),
                mark: notes.option("fit.mark")?,
                bad: notes.number("fit.bad")?,
            },
            ended: notes.number("fit.ended")?,
            weights: None,
        }))
    }
}
