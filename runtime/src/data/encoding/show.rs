//! An encoding as text, for people to look at.

use std::fmt;

use super::{Encoding, Gap, Input, Kind, Novel};
use crate::data::fields::{list_of, short};
use crate::text::counted;

/// A line for each column: what is made of it, and of missing and unknown cells.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<_> = self.inputs.iter().map(|input| (&input.place, described(input))).collect();
        let targets = self.targets.iter().map(|target| {
            let mut text = match self.class_names() {
                [] => "number".to_owned(),
                names => format!("classes: {}", list_of(names)),
            };
            if target.drop {
                text += "; rows without one are left out";
            }
            (&target.place, text)
        });
        let targets: Vec<_> = targets.collect();
        let name = |name: &str| short(&name.replace(char::is_control, " "));
        let all = inputs.iter().chain(&targets);
        let width = all.map(|(place, _)| name(&place.name).chars().count()).max().unwrap_or(0);
        let features = counted(self.features.len(), "features");
        write!(f, "inputs: {}, {features}", counted(inputs.len(), "columns"))?;
        for (place, text) in &inputs {
            write!(f, "\n  {:width$}  {text}", name(&place.name))?;
        }
        if !targets.is_empty() {
            write!(f, "\ntargets: {}", counted(targets.len(), "columns"))?;
        }
        targets.iter().try_for_each(|(place, text)| write!(f, "\n  {:width$}  {text}", name(&place.name)))
    }
}

/// How many columns it reads, and of how many numbers; [`Display`](fmt::Display) shows them.
impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoding")
            .field("inputs", &self.inputs.len())
            .field("features", &self.features.len())
            .field("targets", &self.targets.len())
            .field("classes", &self.class_names().len())
            .finish_non_exhaustive()
    }
}

fn described(input: &Input) -> String {
    let category = |index: usize| match &input.kind {
        Kind::OneHot(of, _) => list_of(&of.names()[index..=index]),
        Kind::Number | Kind::Boolean => String::new(),
    };
    let mut text = match &input.kind {
        Kind::Number => "number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::OneHot(categories, _) => format!("one-hot: {}", list_of(categories.names())),
    };
    match (&input.gap, &input.kind) {
        (Gap::Refuse, _) => {}
        (Gap::Drop, _) => text += "; rows without one are left out",
        (Gap::Fill(number), Kind::Number) => text += &format!("; a missing one is {number}"),
        (Gap::Fill(number), Kind::Boolean) => text += &format!("; a missing one is {}", *number == 1.0),
        (Gap::Fill(index), Kind::OneHot(..)) => {
            text += &format!("; a missing one is {}", category(*index as usize))
        }
    }
    match &input.kind {
        Kind::Number | Kind::Boolean | Kind::OneHot(_, Novel::Refuse) => {}
        Kind::OneHot(_, Novel::Zeros) => text += "; an unknown one is zeros",
        Kind::OneHot(_, Novel::Is(index)) => text += &format!("; an unknown one is {}", category(*index)),
    }
    text
}
