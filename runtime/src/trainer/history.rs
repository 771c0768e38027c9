//! What a fit came to.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::Epoch;
use super::parts::words;
use crate::atomic::atomic_write;
use crate::error::Result;
use crate::network::display::thousands;
use crate::text::{self, counted, quoted};

/// One epoch of a [fit](super::Fit): what was learned, and how it was validated.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Number, loss and its parts, learning rate, samples, updates, time.
    pub epoch: Epoch,
    /// Each validation's name and result, in the order in which they were asked for; empty for an epoch without.
    pub validation: Vec<(String, f64)>,
}

impl Record {
    /// The result of the validation of that name, for instance `Accuracy`.
    pub fn validation(&self, name: &str) -> Option<f64> {
        self.validation.iter().find(|(found, _)| found == name).map(|(_, result)| *result)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}: {}", self.epoch.number, self.epoch)?;
        self.validation.iter().try_for_each(|(name, result)| write!(f, ", {name} {result:.6}"))
    }
}

/// The best epoch of a fit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Best {
    /// Its number.
    pub epoch: u32,
    /// What was watched: the name of the first validation, or `loss` where there was none.
    pub name: String,
    /// Its result.
    pub value: f64,
}

/// Why a fit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// All epochs were made.
    Done,
    /// So many validations in a row were no better than the best before them.
    Early {
        /// How many.
        patience: u32,
    },
    /// What [`on_epoch`](super::Fit::on_epoch) called said so.
    Callback,
    /// An error ended it, which [`run`](super::Fit::run) returned.
    Error,
}

/// What a [fit](super::Fit) came to: a record of every epoch, the best of them, and why it ended.
///
/// Its `Display` is a summary, which tells of results that were no numbers; [`to_csv`](History::to_csv) has the numbers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// Every epoch in order.
    pub records: Vec<Record>,
    /// The best epoch; `None` if no result was a number.
    pub best: Option<Best>,
    /// Why it ended.
    pub stopped: Stopped,
}

impl History {
    /// The time that learning took, without validation.
    pub fn time(&self) -> Duration {
        self.records.iter().map(|record| record.epoch.time).sum()
    }

    /// Samples learned from per second.
    pub fn speed(&self) -> f64 {
        let samples: usize = self.records.iter().map(|record| record.epoch.samples).sum();
        samples as f64 / self.time().as_secs_f64()
    }

    /// The records as a table: a line of names, then a line for each epoch. Every number reads back as it is; what was not
    /// measured is empty.
    ///
    /// The columns are `epoch`, `loss`, one for each of its parts such as `loss.value`, one for each validation by its name,
    /// `learning_rate`, `samples`, `updates`, `seconds`.
    pub fn to_csv(&self) -> String {
        let longest = self.records.iter().max_by_key(|record| record.validation.len());
        let names: Vec<&str> = longest
            .into_iter()
            .flat_map(|record| &record.validation)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut text = "epoch,loss,".to_owned();
        let parts = self.records.first().map_or(&[][..], |record| &record.epoch.parts);
        parts.iter().for_each(|(name, _)| text.extend(["loss.", name, ","]));
        for name in &names {
            let quotes = name.contains([',', '"', '\n', '\r']);
            text += &if quotes { quoted(name) } else { (*name).to_owned() };
            text.push(',');
        }
        text.push_str("learning_rate,samples,updates,seconds\n");
        for record in &self.records {
            let Epoch { number, loss, parts, samples, updates, learning_rate, time } = &record.epoch;
            // Writing to a string cannot fail.
            let _ = write!(text, "{number},{loss:?},");
            for (_, part) in parts {
                let _ = write!(text, "{part:?},");
            }
            for name in &names {
                if let Some(result) = record.validation(name) {
                    let _ = write!(text, "{result:?}");
                }
                text.push(',');
            }
            let _ = writeln!(text, "{learning_rate:?},{samples},{updates},{:?}", time.as_secs_f64());
        }
        text
    }

    /// The validations whose result was no number (NaN) at some time, and how often.
    fn not_numbers(&self) -> Vec<(&str, usize)> {
        let mut found: Vec<(&str, usize)> = vec![];
        let results = self.records.iter().flat_map(|record| &record.validation);
        for (name, _) in results.filter(|(_, result)| result.is_nan()) {
            match found.iter_mut().find(|(other, _)| other == name) {
                Some((_, times)) => *times += 1,
                None => found.push((name, 1)),
            }
        }
        found
    }

    /// Writes [`to_csv`](History::to_csv) to a file: whole or, on an error, not at all.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic_write(path.as_ref(), |file| file.write_all(self.to_csv().as_bytes()))
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", counted(self.records.len(), "epochs"), text::time(self.time()))?;
        if let Some(last) = self.records.last() {
            let speed = thousands(self.speed() as usize);
            let Epoch { loss, parts, .. } = &last.epoch;
            let loss = words(*loss, parts.iter().map(|(name, part)| (name, *part)));
            write!(f, " ({speed} samples per second), the last with loss {loss}")?;
        }
        if let Some(Best { epoch, name, value }) = &self.best {
            write!(f, "\nbest: epoch {epoch} with {name} {value:.6}")?;
        }
        for (name, not) in self.not_numbers() {
            let all = self.records.iter().filter(|record| record.validation(name).is_some()).count();
            write!(f, "\nno number: {name}, in {not} of {}", counted(all, "validations"))?;
        }
        match self.stopped {
            Stopped::Done => write!(f, "\nended: all epochs were made"),
            Stopped::Early { patience } => match patience {
                1 => write!(f, "\nended early: a result was no better"),
                _ => write!(f, "\nended early: {patience} in a row were no better"),
            },
            Stopped::Callback => write!(f, "\nended early: the program said so"),
            Stopped::Error => write!(f, "\nended by an error"),
        }
    }
}
