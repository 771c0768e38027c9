//! What a loss or an optimizer can be told, and which numbers mean something.

/// Numbers that mean something at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// All that are finite.
    Finite,
    /// 0 and finite numbers above.
    NotNegative,
    /// Finite numbers above 0.
    Positive,
    /// From 0 to below 1: what is kept of something from step to step.
    Kept,
    /// From 0 to 1, for instance a probability.
    Unit,
    /// -1 or 1.
    Sign,
    /// A choice: 0 for no, 1 for yes.
    Flag,
}

impl Values {
    /// Whether `x` is one of them.
    pub const fn contains(self, x: f64) -> bool {
        match self {
            Values::Finite => x.is_finite(),
            Values::NotNegative => x >= 0.0 && x.is_finite(),
            Values::Positive => x > 0.0 && x.is_finite(),
            Values::Kept => x >= 0.0 && x < 1.0,
            Values::Unit => x >= 0.0 && x <= 1.0,
            Values::Sign => x == -1.0 || x == 1.0,
            Values::Flag => x == 0.0 || x == 1.0,
        }
    }

    /// The same in words, after "it can be".
    pub const fn words(self) -> &'static str {
        match self {
            Values::Finite => "any finite number",
            Values::NotNegative => "0 or any number above",
            Values::Positive => "any number above 0",
            Values::Kept => "0 or any number above, less than 1",
            Values::Unit => "any number from 0 to 1",
            Values::Sign => "-1 or 1",
            Values::Flag => "true or false",
        }
    }
}

/// A number or a choice that the user may set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameter {
    /// Its name, PyTorch's where PyTorch has one.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it is if it is not set; `None` if it must be given.
    pub default: Option<f64>,
    /// What it may be. A [`Values::Flag`] is a `bool` to the user and 0 or 1 in formulas.
    pub values: Values,
    /// Whether formulas are simplified for when it is 0, so that what it is for costs nothing then. Flags always are.
    pub switch: bool,
    /// The setter that it shares with its neighbours of the same word, if not one of its own.
    pub setter: Option<&'static str>,
}

impl Hyperparameter {
    /// A number with a default.
    pub const fn number(name: &'static str, default: f64, values: Values, doc: &'static str) -> Self {
        Hyperparameter { name, doc, default: Some(default), values, switch: false, setter: None }
    }
    /// A choice.
    pub const fn flag(name: &'static str, default: bool, doc: &'static str) -> Self {
        let default = if default { 1.0 } else { 0.0 };
        Hyperparameter { switch: true, ..Self::number(name, default, Values::Flag, doc) }
    }
    /// With formulas of their own for when it is 0.
    pub const fn switch(self) -> Self {
        Hyperparameter { switch: true, ..self }
    }
    /// Set by `setter`, together with its neighbours that say the same.
    pub const fn set_by(self, setter: &'static str) -> Self {
        Hyperparameter { setter: Some(setter), ..self }
    }
    /// It in a table: name, meaning, default, and how it is set if not by a method of its name.
    pub fn described(&self) -> String {
        let default = self.default.map(|value| match value {
            _ if self.is_flag() => (value != 0.0).to_string(),
            _ if value != 0.0 && value.abs() < 1e-3 => format!("{value:e}"),
            _ => value.to_string(),
        });
        let default = default.map_or(String::new(), |value| format!(" `{value}` if not set"));
        let setter = self.setter.map_or(String::new(), |setter| format!(" by `{setter}`"));
        let end = if default.is_empty() { "" } else { "." };
        format!("`{}`: {}{default}{setter}{end}", self.name, self.doc)
    }
    /// Whether it is a choice.
    pub const fn is_flag(&self) -> bool {
        matches!(self.values, Values::Flag)
    }
}

/// A table of rows, in Markdown: name, what each computes, what it can be told.
pub(crate) fn table(
    of: &str,
    rows: impl Iterator<Item = (&'static str, &'static str, &'static [Hyperparameter])>,
) -> String {
    let row = |(name, doc, hyperparameters): (&str, &str, &[Hyperparameter])| {
        let told: Vec<String> = hyperparameters.iter().map(Hyperparameter::described).collect();
        let told = if told.is_empty() { String::new() } else { format!("{} ", told.join(" ")) };
        // a bar ends a cell, in code too; and what leads somewhere in the documentation of Rust does not here
        let [doc, told] = [doc, &told].map(|text| unlinked(text).replace('|', "\\|"));
        format!("| `{name}` | {doc} | {told}|\n")
    };
    format!("| {of} | Computes | Hyperparameters |\n|---|---|---|\n{}", rows.map(row).collect::<String>())
}

/// ``[`Adam`](crate::prelude::Adam)`` as `` `Adam` ``.
fn unlinked(text: &str) -> String {
    let mut parts = text.split("](crate::");
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        if let Some(open) = plain.rfind('[') {
            plain.remove(open);
        }
        plain += part.split_once(')').map_or(part, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::Values;

    #[test]
    fn nothing_that_is_no_number_means_anything() {
        use Values::*;
        for values in [Finite, NotNegative, Positive, Kept, Unit, Sign, Flag] {
            for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert!(!values.contains(x), "{values:?} {x}");
            }
            assert!(values.contains(-0.5) == (values == Finite), "{values:?}");
            assert!(values.contains(1.0) != (values == Kept), "{values:?}");
        }
        assert!(!Positive.contains(0.0) && !Sign.contains(0.0) && Kept.contains(0.0) && !Flag.contains(0.5));
    }
}
