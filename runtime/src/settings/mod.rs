//! How settings stand in files of configuration: everything is a table of names, what has no setting an empty one. So what
//! is written without names is refused, and so is a name that is none.

mod table;

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::table::{Named, Tabled, table};

/// Weights of classes as a list, which does not say in its type how many there are.
pub trait ListedWeights: Copy {
    /// The list; none where there are no weights.
    fn list(&self) -> Option<Vec<f32>>;
    /// They from a list, or what is wrong with it.
    fn of_list(list: Option<Vec<f32>>) -> Result<Self, String>;
}

impl ListedWeights for () {
    fn list(&self) -> Option<Vec<f32>> {
        None
    }
    fn of_list(list: Option<Vec<f32>>) -> Result<(), String> {
        list.map_or(Ok(()), |list| Err(format!("expected no `class_weights`, found {}", list.len())))
    }
}

impl<const C: usize> ListedWeights for [f32; C] {
    fn list(&self) -> Option<Vec<f32>> {
        Some(self.to_vec())
    }
    fn of_list(list: Option<Vec<f32>>) -> Result<[f32; C], String> {
        let found = list.as_ref().map_or("none".to_owned(), |list| list.len().to_string());
        let all = list.and_then(|list| list.try_into().ok());
        all.ok_or_else(|| format!("expected {C} `class_weights`, one for each class, found {found}"))
    }
}

/// Weights of classes in a file.
pub(crate) struct Weights<W>(pub W);

impl<'de, W: ListedWeights> Deserialize<'de> for Weights<W> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        W::of_list(Deserialize::deserialize(from)?).map(Weights).map_err(de::Error::custom)
    }
}
impl<W: ListedWeights> Serialize for Weights<W> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.list().serialize(to)
    }
}

/// What is to stand in a cell of a table: a text, a number, or true or false, as `Missing::constant` takes them.
#[cfg_attr(not(feature = "data"), allow(dead_code))]
pub(crate) fn cell<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    struct Cell;
    impl Visitor<'_> for Cell {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("what a cell can be: a text, a number, true or false")
        }
        fn visit_str<E>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
        fn visit_bool<E>(self, truth: bool) -> Result<String, E> {
            Ok(truth.to_string())
        }
        fn visit_i64<E>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }
        fn visit_u64<E>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
        fn visit_f64<E>(self, number: f64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }
    from.deserialize_any(Cell)
}
