//! How settings stand in files of configuration where serde's own form is another: everything is a table of names, what has
//! no setting an empty one, so that a name which is none is refused everywhere.

use serde::{Deserialize, Serialize};

use crate::loss::{
    CrossEntropy, CrossEntropyWith, Nll, ProbabilityCrossEntropy, Reduction, SoftCrossEntropy, Weighted,
};
use crate::metric::{Accuracy, BinaryAccuracy, Confusion, R2, Rmse, TopK};

/// What has no setting.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

macro_rules! nothing {
    ($($name:ident)*) => { $(
        impl From<Nothing> for $name {
            fn from(_: Nothing) -> $name {
                $name
            }
        }
        impl From<$name> for Nothing {
            fn from(_: $name) -> Nothing {
                Nothing {}
            }
        }
    )* };
}
nothing! { CrossEntropy Accuracy BinaryAccuracy Confusion Rmse R2 }

/// So many of the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct First {
    k: usize,
}
impl From<First> for TopK {
    fn from(First { k }: First) -> TopK {
        TopK(k)
    }
}
impl From<TopK> for First {
    fn from(TopK(k): TopK) -> First {
        First { k }
    }
}

/// A loss times a number.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Times<L> {
    weight: f64,
    loss: L,
}
impl<L> From<Times<L>> for Weighted<L> {
    fn from(Times { weight, loss }: Times<L>) -> Weighted<L> {
        Weighted(weight, loss)
    }
}
impl<L> From<Weighted<L>> for Times<L> {
    fn from(Weighted(weight, loss): Weighted<L>) -> Times<L> {
        Times { weight, loss }
    }
}

/// A cross entropy of scores.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scored {
    reduction: Reduction,
    label_smoothing: f64,
    class_weights: Option<Vec<f32>>,
}

/// A loss that looks at the output for the target's class.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Picked {
    reduction: Reduction,
    class_weights: Option<Vec<f32>>,
}

macro_rules! weighted {
    ($($name:ident as $table:ident { $($field:ident),* })*) => { $(
        impl<W: ListedWeights> TryFrom<$table> for $name<W> {
            type Error = String;
            fn try_from(from: $table) -> Result<$name<W>, String> {
                Ok($name { class_weights: W::of_list(from.class_weights)?, $($field: from.$field),* })
            }
        }
        impl<W: ListedWeights> From<$name<W>> for $table {
            fn from(from: $name<W>) -> $table {
                $table { class_weights: from.class_weights.list(), $($field: from.$field),* }
            }
        }
    )* };
}
weighted! {
    CrossEntropyWith as Scored { reduction, label_smoothing }
    SoftCrossEntropy as Scored { reduction, label_smoothing }
    Nll as Picked { reduction }
    ProbabilityCrossEntropy as Picked { reduction }
}

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
