//! Words and numbers in a checkpoint of training, one to a line: `updates = 120`. Numbers read back as they were, to the
//! bit.

use std::collections::HashMap;
use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;

use crate::error::Problem;

/// Notes that are being written.
#[derive(Default)]
pub(super) struct Notes(String);

impl Notes {
    /// A number. Rust's `Debug` of one is the shortest text that reads back as it.
    pub fn number(&mut self, key: &str, value: impl Debug) {
        self.text(key, &format!("{value:?}"));
    }

    /// A number that may not be there.
    pub fn option(&mut self, key: &str, value: Option<impl Debug>) {
        value.into_iter().for_each(|value| self.number(key, value));
    }

    /// A text of any number of lines, which reads back as it was.
    pub fn text(&mut self, key: &str, value: &str) {
        let value = value.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
        self.0.extend([key, " = ", &value, "\n"]);
    }

    pub fn finish(self) -> String {
        self.0
    }
}

/// Notes that are being read.
pub(super) struct Read<'a>(HashMap<&'a str, &'a str>);

impl<'a> Read<'a> {
    pub fn of(text: &'a str) -> Read<'a> {
        Read(text.lines().filter_map(|line| line.split_once(" = ")).collect())
    }

    pub fn text(&self, key: &str) -> Result<String, Problem> {
        let mut letters = self.raw(key)?.chars();
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            text.push(match letter {
                '\\' => match letters.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('\\') => '\\',
                    _ => return Err(damaged(key)),
                },
                other => other,
            });
        }
        Ok(text)
    }

    fn raw(&self, key: &str) -> Result<&'a str, Problem> {
        self.0.get(key).copied().ok_or_else(|| damaged(key))
    }

    pub fn number<T: FromStr>(&self, key: &str) -> Result<T, Problem> {
        parse(key, self.raw(key)?)
    }

    pub fn option<T: FromStr>(&self, key: &str) -> Result<Option<T>, Problem> {
        self.0.get(key).map(|text| parse(key, text)).transpose()
    }
}

/// A number from its text under `key`.
pub(super) fn parse<T: FromStr>(key: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| damaged(key))
}

pub(super) fn damaged(key: &str) -> Problem {
    Problem::Unreadable { reason: format!("its state of training is damaged at `{key}`") }
}

/// A time, from a line or lines of that key, that others can be added to without overflow.
pub(super) fn time(key: &str, seconds: u64, nanoseconds: u32) -> Result<Duration, Problem> {
    // a thousand years
    if seconds > 1 << 35 || nanoseconds >= 1_000_000_000 {
        return Err(damaged(key));
    }
    Ok(Duration::new(seconds, nanoseconds))
}

/// Whether it is 0 or any number above.
pub(super) fn is_amount(x: f64) -> bool {
    x >= 0.0 && x.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_to_the_bit() {
        let numbers = [
            0.1,
            -0.0,
            1e-310,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1.0 / 3.0,
            5e-324,
        ];
        let mut notes = Notes::default();
        numbers.iter().enumerate().for_each(|(i, x)| notes.number(&i.to_string(), x));
        notes.number("most", u64::MAX);
        notes.option("none", None::<f64>);
        notes.option("some", Some(f64::NAN));
        let words = "a = b\nc\r\n \\n \\\\ \n";
        notes.text("words", words);
        let text = notes.finish();
        let read = Read::of(&text);
        for (i, x) in numbers.iter().enumerate() {
            assert_eq!(read.number::<f64>(&i.to_string()).unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(read.number::<u64>("most"), Ok(u64::MAX));
        assert_eq!(read.option::<f64>("none"), Ok(None));
        assert!(read.option::<f64>("some").unwrap().unwrap().is_nan());
        assert_eq!(read.text("words").as_deref(), Ok(words));
        for spoiled in [r"odd = a\", r"odd = \a"] {
            assert!(Read::of(spoiled).text("odd").is_err(), "{spoiled}");
        }
        assert!(read.number::<u64>("words").is_err() && read.text("absent").is_err());
    }
}
