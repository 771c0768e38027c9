//! The distinct values of a column, in an order that does not depend on that of its rows.

use std::collections::{BTreeMap, BTreeSet};

/// The distinct values of a column: by number if all are numbers, by text otherwise. So `4` and `4.0` are one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Categories {
    names: Vec<String>,
    /// The same as numbers, if all are.
    numbers: Option<Vec<f64>>,
}

impl Categories {
    /// Of some cells, none of them missing.
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a str>) -> Categories {
        let names: BTreeSet<&str> = cells.into_iter().collect();
        let numbers: Option<Vec<f64>> = names.iter().map(|name| whole_or_exact(name)).collect();
        match numbers {
            Some(mut numbers) => {
                numbers.sort_by(f64::total_cmp);
                numbers.dedup();
                Categories { names: numbers.iter().map(f64::to_string).collect(), numbers: Some(numbers) }
            }
            None => Categories { names: names.into_iter().map(str::to_owned).collect(), numbers: None },
        }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The index of what stands in a cell.
    pub fn find(&self, cell: &str) -> Option<usize> {
        match &self.numbers {
            Some(numbers) => {
                let number = whole_or_exact(cell)?;
                numbers.binary_search_by(|other| other.total_cmp(&number)).ok()
            }
            None => self.names.binary_search_by(|name| name.as_str().cmp(cell)).ok(),
        }
    }

    /// The index of the one that occurs most often, of several the first.
    pub fn most_frequent<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        let mut counts = BTreeMap::<usize, usize>::new();
        cells.into_iter().filter_map(|cell| self.find(cell)).for_each(|i| *counts.entry(i).or_default() += 1);
        // of equal ones the last is the maximum
        counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(i, _)| i)
    }
}

/// A finite number that an `f64` holds exactly if it is whole: two long identifiers are never one category.
fn whole_or_exact(cell: &str) -> Option<f64> {
    let number: f64 = cell.parse().ok()?;
    // -0 is 0
    (number.abs() < (1u64 << 53) as f64).then_some(number + 0.0)
}
