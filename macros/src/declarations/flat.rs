//! The same network in one `fn forward`: every layer of every run a member of its own, every step a `let`.
use super::run::{Applied, Machine, Meaning, Place, Refused};
use super::tree::{Argument, Operator, Told, Written, has_own};
use plywood_kernels::names::words;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A `forward` that is written step by step.
#[derive(Default)]
pub struct Flat {
    /// The network around it, with `BODY` in place of what is in it.
    pub signature: String,
    pub inputs: Vec<String>,
    pub results: Vec<String>,
    /// What stands where a member is declared, in declared order.
    members: BTreeMap<Place, String>,
    statements: Vec<(String, String)>,
    read: HashSet<String>,
}

impl Flat {
    /// Notes that something reads a value.
    pub fn read(&mut self, name: &str) {
        self.read.insert(name.to_string());
    }

    fn step(&mut self, value: String) -> String {
        let name = format!("v{}", self.statements.len());
        self.statements.push((name.clone(), value));
        name
    }

    /// The declaration.
    pub fn text(&self) -> String {
        let names: HashMap<&Place, String> =
            self.members.keys().enumerate().map(|(number, place)| (place, format!("m{number}"))).collect();
        let mut text = String::new();
        let called = |text: &str| {
            let mut text = text.to_string();
            for (place, name) in &names {
                text = text.replace(&marker(place), name);
            }
            text
        };
        for member in self.members.values() {
            text += &format!("    {}\n", called(member));
        }
        text += &format!("    fn forward({}) {{\n", self.inputs.join(", "));
        for (name, value) in &self.statements {
            let unread = if self.read.contains(name) { "" } else { "_" };
            text += &format!("        let {unread}{name} = {};\n", called(value));
        }
        let result = match self.results.as_slice() {
            [only] => only.clone(),
            several => format!("({})", several.join(", ")),
        };
        text += &format!("        {result}\n    }}\n");
        self.signature.replace("BODY", &text)
    }
}

/// What stands for a member until all are known.
fn marker(place: &Place) -> String {
    format!("<{place:?}>")
}

impl Machine for Flat {
    type Value = String;

    fn apply(&mut self, applied: &Applied, values: &[String]) -> Result<String, Refused> {
        values.iter().for_each(|value| self.read(value));
        let told: Vec<String> = applied
            .told
            .iter()
            .map(|given| match applied.weight_of {
                Some(place) if matches!(given.told, Told::Weight(_)) => {
                    format!("{}: {}.weight", given.name, marker(place))
                }
                _ => Argument { written: Written::Named, ..given.clone() }.to_string(),
            })
            .collect();
        let several = values.join(", ");
        if applied.row.fields().is_empty() {
            let values = if values.len() == 1 { several } else { format!("[{several}]") };
            let name = words(applied.row.name());
            let told = told.iter().map(|told| format!(", {told}")).collect::<String>();
            return Ok(self.step(format!("{name}({values}{told})")));
        }
        let frozen = if applied.frozen && has_own(applied.row, applied.told) { "#[frozen] " } else { "" };
        let told = if told.is_empty() { String::new() } else { format!("({})", told.join(", ")) };
        let member = format!("{frozen}{}: {}{told},", marker(applied.place), applied.row.name());
        self.members.insert(applied.place.clone(), member);
        Ok(self.step(format!("{}({several})", marker(applied.place))))
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Meaning<String>,
        right: &Meaning<String>,
    ) -> Result<String, Refused> {
        let mut written = |meaning: &Meaning<String>| match meaning {
            Meaning::One(name) => {
                self.read(name);
                Ok(name.clone())
            }
            Meaning::Number(number) if *number < 0.0 => Ok(format!("({number:?})")),
            Meaning::Number(number) => Ok(format!("{number:?}")),
            Meaning::Several(_) => Err("several values".to_string()),
        };
        let (left, right) = (written(left)?, written(right)?);
        Ok(self.step(format!("{left} {} {right}", operator.sign())))
    }

    fn negative(&mut self, value: &String) -> Result<String, Refused> {
        self.read(value);
        Ok(self.step(format!("-{value}")))
    }
}
