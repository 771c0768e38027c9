//! Which columns of a table are meant.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::fields::{Choice, Columns, list_of, short};
use super::table::{Column, Table};
use crate::error::Result;
use crate::text::nearest;

/// Finds columns of one table, as often as is asked. The first one that is asked for by name has all names looked at, the
/// others find them looked at: so many columns can each be named by itself.
pub(super) struct Lookup<'a> {
    table: &'a Table,
    /// The positions of names that one column alone has.
    unique: OnceCell<HashMap<&'a str, usize>>,
}

impl<'a> Lookup<'a> {
    pub fn of(table: &'a Table) -> Lookup<'a> {
        Lookup { table, unique: OnceCell::new() }
    }

    /// The positions of some columns; `all` are those that `..` stands for.
    pub fn positions(&self, columns: &Columns, all: impl Fn() -> Vec<usize>) -> Result<Vec<usize>> {
        let mut positions = vec![];
        for column in &columns.0 {
            match column {
                Choice::All => positions.extend(all()),
                Choice::Name(name) => positions.push(self.find(name)?),
                Choice::Position(i) => positions.push(self.at(*i)?),
            }
        }
        Ok(positions)
    }

    /// The position of one column.
    pub fn position(&self, column: &Columns) -> Result<usize> {
        match self.positions(column, Vec::new)?[..] {
            [position] => Ok(position),
            ref several => Err(self.table.error(format!("expected one column, found {}", several.len()))),
        }
    }

    /// A position, if there is one such.
    pub fn at(&self, position: usize) -> Result<usize> {
        let width = self.table.names().len();
        if position < width {
            return Ok(position);
        }
        Err(self.table.error(format!("there is no column {position}: the table has {width}, counted from 0")))
    }

    fn unique(&self) -> &HashMap<&'a str, usize> {
        const SEVERAL: usize = usize::MAX;
        self.unique.get_or_init(|| {
            let mut found = HashMap::new();
            if self.table.named() {
                for (i, name) in self.table.names().iter().enumerate() {
                    found.entry(name.as_str()).and_modify(|i| *i = SEVERAL).or_insert(i);
                }
            }
            found.retain(|_, i| *i != SEVERAL);
            found
        })
    }

    /// The position of the only column of a name.
    pub fn find(&self, name: &str) -> Result<usize> {
        let table = self.table;
        if let Some(position) = self.unique().get(name) {
            return Ok(*position);
        }
        if !table.named() {
            let problem = format!(
                "column `{}` was chosen by name, but there is no header\nhelp: choose it by its position, from 0 to {}",
                short(name),
                table.names().len() - 1
            );
            return Err(table.error(problem));
        }
        let mut found = table.names().iter().enumerate().filter(|(_, other)| *other == name);
        match (found.next(), found.next()) {
            (Some((i, _)), Some((j, _))) => {
                let name = short(name);
                Err(table.error(format!(
                    "two columns are called `{name}`, those at positions {i} and {j}\nhelp: give one of them another name"
                )))
            }
            _ => {
                let help = match nearest(name, table.names()) {
                    Some(near) => format!("did you mean `{near}`? Its columns are"),
                    None => "its columns are".to_owned(),
                };
                let (name, names) = (short(name), list_of(table.names()));
                Err(table.error(format!("there is no column `{name}`\nhelp: {help} {names}")))
            }
        }
    }
}

impl Table {
    /// What is in one column, by name or by position.
    pub fn column(&self, column: impl Into<Columns>) -> Result<Column> {
        Ok(self.describe(Lookup::of(self).position(&column.into())?))
    }
}
