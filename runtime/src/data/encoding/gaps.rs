//! Missing cells of a table that is encoded: which rows are left, and what was done about the others.

use super::{Encoding, Gap, Input, Kind, Place, Places};
use crate::data::fields::short;
use crate::data::missing::Repair;
use crate::data::table::Table;
use crate::error::Result;

/// As many missing cells are named in an error.
const MISSING_LISTED: usize = 5;

/// Of cells by row and column those that stand first in the file, in its order.
fn keep_first(table: &Table, cells: &mut Vec<(usize, usize)>) {
    // stable: a row's cells stay in the order of the inputs
    cells.sort_by_key(|(row, _)| table.line(*row));
    cells.truncate(MISSING_LISTED);
}

impl Encoding {
    /// The rows that are encoded. Rows are left out only together with their targets.
    pub(super) fn kept(&self, table: &Table, places: &Places) -> Result<Vec<usize>> {
        let all = places.inputs.iter().chain(places.targets.iter().flatten());
        if all.into_iter().all(|column| table.missing(*column) == 0) {
            return Ok((0..table.len()).collect());
        }
        let drops = places.targets.is_some();
        let mut kept = vec![];
        let (mut first, mut refused) = (vec![], 0);
        let targets = places.targets.as_deref().unwrap_or(&[]);
        let mut missing = vec![];
        for row in 0..table.len() {
            let mut keep = true;
            missing.clear();
            let inputs = self.inputs.iter().zip(&places.inputs);
            let inputs = inputs.map(|(input, column)| match input.gap {
                Gap::Fill(_) => (*column, true, false),
                Gap::Drop => (*column, false, drops),
                Gap::Refuse => (*column, false, false),
            });
            let targets =
                self.targets.iter().zip(targets).map(|(target, column)| (*column, false, target.drop));
            for (column, filled, drop) in inputs.chain(targets) {
                if !filled && table.cell(row, column).is_none() {
                    keep &= !drop;
                    missing.push(column);
                }
            }
            if keep {
                kept.push(row);
                refused += missing.len();
                // in the order of the file, from which a part may have its rows in any other
                first.extend(missing.drain(..).map(|column| (row, column)));
                if first.len() > 100 * MISSING_LISTED {
                    keep_first(table, &mut first);
                }
            }
        }
        if refused == 0 {
            return Ok(kept);
        }
        keep_first(table, &mut first);
        let place = |(row, column): &(usize, usize)| {
            format!("line {}, column `{}`", table.line(*row), short(&table.names()[*column]))
        };
        let listed: Vec<_> = first.iter().map(place).collect();
        let more = if refused > listed.len() { "; …" } else { "" };
        let (cells, listed) = (if refused == 1 { "cell is" } else { "cells are" }, listed.join("; "));
        // What fills all that are listed, if anything does.
        let kind = |(_, column): &(usize, usize)| {
            let at = places.inputs.iter().position(|input| input == column);
            at.filter(|_| !targets.contains(column)).map(|at| &self.inputs[at].kind)
        };
        let fill = if first.iter().all(|cell| matches!(kind(cell), Some(Kind::Number))) {
            "`.missing(…, Missing::Mean)` fills those of a column, "
        } else if first.iter().all(|cell| kind(cell).is_some()) {
            "`.missing(…, Missing::MostFrequent)` fills those of a column, "
        } else {
            ""
        };
        Err(table.error(format!(
            "{refused} {cells} missing: {listed}{more}\nhelp: {fill}`.missing(…, Missing::Drop)` leaves \
             their rows out; it is said before the encoding is fitted"
        )))
    }

    pub(super) fn repairs_at(&self, table: &Table, places: &Places, kept: &[usize]) -> Vec<Repair> {
        let mut repairs = vec![];
        let mut add = |place: &Place, column, filled_with: Option<String>| {
            let cells = match filled_with {
                Some(_) if table.missing(column) > 0 => {
                    kept.iter().filter(|row| table.cell(**row, column).is_none()).count()
                }
                _ => table.missing(column),
            };
            if cells > 0 {
                repairs.push(Repair { column: place.name.clone(), cells, filled_with });
            }
        };
        for (Input { place, kind, gap }, column) in self.inputs.iter().zip(&places.inputs) {
            let filled_with = match (gap, kind) {
                (Gap::Refuse | Gap::Drop, _) => None,
                (Gap::Fill(number), Kind::Number) => Some(number.to_string()),
                (Gap::Fill(number), Kind::Boolean) => Some((*number == 1.0).to_string()),
                (Gap::Fill(index), Kind::OneHot(of, _)) => Some(format!("`{}`", of.names()[*index as usize])),
            };
            add(place, *column, filled_with);
        }
        for (target, column) in self.targets.iter().zip(places.targets.iter().flatten()) {
            add(&target.place, *column, None);
        }
        repairs
    }
}
