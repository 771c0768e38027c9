//! Which columns of a table are meant.

use std::collections::HashMap;

use super::fields::{Choice, Columns, list_of, nearest, short};
use super::table::Table;
use crate::error::Result;

impl Table {
    /// The positions of some columns; `all` are those that `..` stands for.
    pub(super) fn positions(&self, columns: &Columns, all: &[usize]) -> Result<Vec<usize>> {
        let mut positions = vec![];
        let by_name = columns.0.iter().any(|column| matches!(column, Choice::Name(_)));
        let unique = if by_name { self.unique_names() } else { HashMap::new() };
        for column in &columns.0 {
            match column {
                Choice::All => positions.extend(all),
                Choice::Name(name) => positions.push(self.find(name, &unique)?),
                Choice::Position(i) if *i < self.names().len() => positions.push(*i),
                Choice::Position(i) => {
                    let width = self.names().len();
                    return Err(
                        self.error(format!("there is no column {i}: the table has {width}, counted from 0"))
                    );
                }
            }
        }
        Ok(positions)
    }

    /// The position of one column.
    pub(super) fn position(&self, column: &Columns) -> Result<usize> {
        match self.positions(column, &[])?[..] {
            [position] => Ok(position),
            ref several => Err(self.error(format!("expected one column, found {}", several.len()))),
        }
    }

    /// The positions of names that one column alone has. There may be many columns, and many to be found.
    pub(super) fn unique_names(&self) -> HashMap<&str, usize> {
        const SEVERAL: usize = usize::MAX;
        let mut found = HashMap::new();
        if self.named() {
            for (i, name) in self.names().iter().enumerate() {
                found.entry(name.as_str()).and_modify(|i| *i = SEVERAL).or_insert(i);
            }
        }
        found.retain(|_, i| *i != SEVERAL);
        found
    }

    /// The position of the only column of a name.
    pub(super) fn find(&self, name: &str, unique: &HashMap<&str, usize>) -> Result<usize> {
        if let Some(position) = unique.get(name) {
            return Ok(*position);
        }
        if !self.named() {
            let problem = format!(
                "column `{}` was chosen by name, but there is no header\nhelp: choose it by its position, from 0 to {}",
                short(name),
                self.names().len() - 1
            );
            return Err(self.error(problem));
        }
        let mut found = self.names().iter().enumerate().filter(|(_, other)| *other == name);
        match (found.next(), found.next()) {
            (Some((i, _)), Some((j, _))) => {
                let name = short(name);
                Err(self.error(format!(
                    "two columns are called `{name}`, those at positions {i} and {j}\nhelp: give one of them another name"
                )))
            }
            _ => {
                let help = match nearest(name, self.names()) {
                    Some(near) => format!("did you mean `{near}`? Its columns are"),
                    None => "its columns are".to_owned(),
                };
                let (name, names) = (short(name), list_of(self.names()));
                Err(self.error(format!("there is no column `{name}`\nhelp: {help} {names}")))
            }
        }
    }
}
