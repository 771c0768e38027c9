//! How far a fit is: what it leaves to be done, and what it will come to.

use super::notes::{Notes, Read, damaged, is_amount, parse, time};
use super::{Epoch, Record};
use crate::block::Block;
use crate::checkpoint::Problem;
use crate::metric::Direction;

/// What a fit knows beside its trainer.
pub(super) struct Course {
    /// Epochs that the trainer had made before it.
    pub first: u32,
    /// Samples in its data set.
    pub length: usize,
    /// The names of its validations.
    pub names: Vec<String>,
    pub records: Vec<Record>,
    pub watch: Watch,
    /// Whether the program ended it.
    pub ended: bool,
    /// The parameters of the best epoch, where they are wanted.
    pub weights: Option<Block>,
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

impl Course {
    pub fn write(&self, notes: &mut Notes) {
        notes.number("fit.first", self.first);
        notes.number("fit.length", self.length);
        notes.number("fit.names", self.names.len());
        for (i, name) in self.names.iter().enumerate() {
            notes.text(&format!("fit.name.{i}"), name);
        }
        notes.number("fit.ended", self.ended);
        notes.option("fit.best", self.watch.best.map(|(value, _)| value));
        notes.option("fit.best_epoch", self.watch.best.map(|(_, epoch)| epoch));
        notes.option("fit.mark", self.watch.mark);
        notes.number("fit.bad", self.watch.bad);
        notes.number("fit.records", self.records.len());
        for (i, Record { epoch, validation }) in self.records.iter().enumerate() {
            let Epoch { number, loss, samples, updates, learning_rate, time } = epoch;
            let mut line = format!(
                "{number},{loss:?},{samples},{updates},{learning_rate:?},{},{}",
                time.as_secs(),
                time.subsec_nanos()
            );
            validation.iter().for_each(|(_, result)| line.push_str(&format!(",{result:?}")));
            notes.text(&format!("fit.record.{i}"), &line);
        }
    }

    /// Whether its numbers are such as a fit comes to, beside a trainer that has made so many epochs and updates.
    pub fn sound(&self, epochs: u32, updates: u64) -> [(&'static str, bool); 6] {
        let Watch { best, mark, bad } = self.watch;
        let mut next = self.first;
        let mut record = |record: &Record| {
            next = next.saturating_add(1);
            let Epoch { number, loss, samples, updates: made, learning_rate, .. } = record.epoch;
            let counts = number == next && samples == self.length && made <= updates;
            counts && loss.is_finite() && is_amount(learning_rate)
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
        let record = |i: usize| {
            let key = format!("fit.record.{i}");
            let line = notes.text(&key)?;
            let fields: Vec<&str> = line.split(',').collect();
            let ([number, loss, samples, updates, learning_rate, seconds, nanoseconds], results) =
                fields.split_first_chunk().ok_or_else(|| damaged(&key))?;
            if ![0, names.len()].contains(&results.len()) {
                return Err(damaged(&key));
            }
            let results =
                names.iter().zip(results).map(|(name, text)| Ok((name.clone(), parse(&key, text)?)));
            Ok(Record {
                epoch: Epoch {
                    number: parse(&key, number)?,
                    loss: parse(&key, loss)?,
                    samples: parse(&key, samples)?,
                    updates: parse(&key, updates)?,
                    learning_rate: parse(&key, learning_rate)?,
                    time: time(&key, parse(&key, seconds)?, parse(&key, nanoseconds)?)?,
                },
                validation: results.collect::<Result<_, Problem>>()?,
            })
        };
        Ok(Some(Course {
            first,
            length: notes.number("fit.length")?,
            records: (0..notes.number("fit.records")?).map(record).collect::<Result<_, _>>()?,
            watch: Watch {
                best: notes.option("fit.best")?.zip(notes.option("fit.best_epoch")?),
                mark: notes.option("fit.mark")?,
                bad: notes.number("fit.bad")?,
            },
            ended: notes.number("fit.ended")?,
            weights: None,
            names,
        }))
    }
}
