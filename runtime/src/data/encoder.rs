//! Which columns become numbers, and how: what is chosen before a table is looked at.

use super::categories::Categories;
use super::cell::{Reads, number};
use super::encoding::{Encoding, Gap, Input, Kind, Novel, Place, Target};
use super::fields::{Columns, list_of, short};
use super::missing::{Missing, mean, median};
use super::table::Table;
use super::unknown::Unknown;
use crate::error::Result;

/// As many categories as one column can be encoded to.
const MAX_CATEGORIES: usize = 1000;

/// A choice of columns and of what becomes of them, for a [`Table`]; [`fit`](Encoder::fit) makes an [`Encoding`] of it.
///
/// [`Csv`](super::Csv) has the same methods, for tables whose columns are known in advance.
///
/// ```
/// use plywood::data::{Dataset, Encoder, Table};
///
/// let rows = [["4.0", "usa", "slow"], ["6.5", "japan", "fast"], ["8", "usa", "fast"]];
/// let table = Table::new(["litres", "origin", "speed"], rows)?;
/// let encoding = Encoder::new().one_hot("origin").classes("speed").fit(&table)?;
/// let cars: Dataset<[f32; 3], u32> = encoding.dataset(&table)?;
/// assert_eq!(encoding.features(), ["litres", "origin=japan", "origin=usa"]);
/// assert_eq!(cars.samples(), [[4.0, 0.0, 1.0], [6.5, 1.0, 0.0], [8.0, 0.0, 1.0]]);
/// assert_eq!(encoding.class_names(), ["fast", "slow"]);
/// assert_eq!(cars.targets(), [1, 0, 0]);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    inputs: Option<Columns>,
    one_hot: Vec<Columns>,
    targets: Option<Columns>,
    classes: bool,
    missing: Vec<(Columns, Missing)>,
    unknown: Vec<(Columns, Unknown)>,
}

impl Encoder {
    /// All columns are inputs, and numbers.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// The columns of the samples, in the order of their numbers. All that are not targets, if it is not said.
    pub fn inputs(self, columns: impl Into<Columns>) -> Encoder {
        Encoder { inputs: Some(columns.into()), ..self }
    }

    /// The inputs among these are categories: each becomes as many features as it has distinct values, 1 where the row
    /// has that value and 0 elsewhere, in the order of the values: of numbers if all are numbers, of the alphabet
    /// otherwise. The features stand where the column does. One column can have up to 1000 categories. `..` are all
    /// inputs of text, in which there is no number.
    pub fn one_hot(mut self, columns: impl Into<Columns>) -> Encoder {
        self.one_hot.push(columns.into());
        self
    }

    /// The columns of the targets, in the order of their numbers.
    ///
    /// For targets of type `u32`, which are classes, a whole number is its own class, and a column of text, in which
    /// there is no number, is numbered as by [`classes`](Encoder::classes).
    ///
    /// For targets of type `f32`, as `BceWithLogits` takes them, a column of text with two values is numbered too: `no` and
    /// `yes` are 0 and 1. More values than two have no order, and are an error.
    pub fn targets(self, columns: impl Into<Columns>) -> Encoder {
        Encoder { targets: Some(columns.into()), classes: false, ..self }
    }

    /// The column of the targets, which are classes of type `u32`: its distinct values, numbered from 0 in the order
    /// of [`one_hot`](Encoder::one_hot), also if they are numbers. [`Encoding::class_names`] has the values. Two of them can be
    /// of type `f32`, 0 and 1.
    pub fn classes(self, column: impl Into<Columns>) -> Encoder {
        Encoder { targets: Some(column.into()), classes: true, ..self }
    }

    /// What becomes of missing cells in these columns, [`Missing::Refuse`] if it is not said; of two that speak of the
    /// same column the later holds.
    ///
    /// `..` are all for which it has a meaning: mean, median and a constant number for inputs that are numbers, a constant
    /// text for categories, the most frequent for both, and what does not fill for targets too. So
    /// `.missing(.., Missing::MostFrequent).missing(.., Missing::Mean)` fills categories by the former, numbers by the
    /// latter.
    pub fn missing(mut self, columns: impl Into<Columns>, missing: Missing) -> Encoder {
        self.missing.push((columns.into(), missing));
        self
    }

    /// What becomes of categories in these columns that the table that is fitted does not have, for instance a rare one that
    /// only the rows to test with have: [`Unknown::Refuse`] if it is not said. Of two that speak of the same column the later
    /// holds; `..` are all inputs that are one-hot encoded.
    pub fn unknown(mut self, columns: impl Into<Columns>, unknown: Unknown) -> Encoder {
        self.unknown.push((columns.into(), unknown));
        self
    }

    /// Looks through a table for what its encoding needs: categories, classes, and what missing cells are filled with,
    /// all without the rows that are left out. A cell that is no number, in a column that is to be numbers, is an error.
    pub fn fit(&self, table: &Table) -> Result<Encoding> {
        let targets = match &self.targets {
            Some(columns) => table.positions(columns, &[])?,
            None => vec![],
        };
        let width = table.names().len();
        let is_target = mask(width, &targets);
        let others: Vec<usize> = (0..width).filter(|i| !is_target[*i]).collect();
        let inputs = match &self.inputs {
            Some(columns) => table.positions(columns, &others)?,
            None => others,
        };
        if inputs.is_empty() {
            return Err(table.error("no column is left for the inputs".to_owned()));
        }
        for (what, columns) in [("inputs", &inputs), ("targets", &targets)] {
            let mut seen = vec![false; width];
            if let Some(twice) = columns.iter().find(|i| std::mem::replace(&mut seen[**i], true)) {
                let name = short(&table.names()[*twice]);
                return Err(table.error(format!("column `{name}` was chosen twice for the {what}")));
            }
        }
        if let Some(both) = inputs.iter().find(|i| targets.contains(i)) {
            let name = short(&table.names()[*both]);
            return Err(table.error(format!(
                "column `{name}` was chosen for the inputs and for the targets: a network would be given the answer\nhelp: \
                 for one that is to give its inputs back, choose inputs alone, and make a `Dataset` of `samples` and the same"
            )));
        }
        if self.classes && targets.len() != 1 {
            let found = targets.len();
            return Err(table.error(format!("the classes stand in one column, {found} were chosen")));
        }
        let text = inputs.iter().copied().filter(|i| !self.one_hot.is_empty() && table.is_text(*i));
        let text: Vec<usize> = text.collect();
        let (is_input, mut one_hot) = (mask(width, &inputs), vec![false; width]);
        for columns in &self.one_hot {
            for position in table.positions(columns, &text)? {
                if !is_input[position] {
                    let name = short(&table.names()[position]);
                    return Err(table.error(format!(
                        "column `{name}` was chosen for `.one_hot(…)`, but is not among the inputs\nhelp: name it in \
                         `.inputs(…)` too"
                    )));
                }
                one_hot[position] = true;
            }
        }
        let missing = self.treatments(table, &inputs, &one_hot, &targets)?;
        let unknown = self.unknowns(table, &one_hot)?;
        let dropped: Vec<usize> =
            (0..width).filter(|i| missing[*i] == Some(&Missing::Drop) && table.missing(*i) > 0).collect();
        let kept: Vec<bool> =
            (0..table.len()).map(|row| dropped.iter().all(|i| table.cell(row, *i).is_some())).collect();

        // Only what is left of the table counts.
        let rows = KeptRows { table, kept: &kept };
        let mut fitted = vec![];
        for position in inputs {
            fitted.push(rows.input(
                position,
                one_hot[position].then_some(unknown[position]),
                missing[position].unwrap_or(&Missing::Refuse),
            )?);
        }
        let classes = match targets[..] {
            [target] if self.classes || table.is_text(target) => Some(rows.categories(target)),
            _ => {
                for target in &targets {
                    rows.numbers(*target, Reads::Target)?;
                }
                None
            }
        };
        let targets = targets
            .iter()
            .map(|i| Target { place: place(table, *i), drop: missing[*i] == Some(&Missing::Drop) })
            .collect();
        Encoding::new(table, fitted, targets, classes)
    }

    /// What becomes of missing cells, for each column of the table.
    fn treatments(
        &self,
        table: &Table,
        inputs: &[usize],
        one_hot: &[bool],
        targets: &[usize],
    ) -> Result<Vec<Option<&Missing>>> {
        let width = table.names().len();
        let mut treatments = vec![None; width];
        let (is_input, is_target) = (mask(width, inputs), mask(width, targets));
        for (columns, missing) in &self.missing {
            let fills = !matches!(missing, Missing::Refuse | Missing::Drop);
            let of =
                |categories: bool| inputs.iter().copied().filter(|i| one_hot[*i] == categories).collect();
            let all = match missing {
                Missing::Refuse | Missing::Drop => [inputs, targets].concat(),
                Missing::Mean | Missing::Median => of(false),
                Missing::MostFrequent => inputs.to_vec(),
                Missing::Constant(cell) => of(cell.parse::<f64>().is_err()),
            };
            for position in table.positions(columns, &all)? {
                let name = || short(&table.names()[position]);
                let (input, target) = (is_input[position], is_target[position]);
                if target && !input && fills {
                    let name = name();
                    return Err(table.error(format!(
                        "column `{name}` has targets, which are not filled\nhelp: `.missing(\"{name}\", Missing::Drop)` \
                         leaves rows without one out"
                    )));
                }
                if !input && !target {
                    let name = name();
                    return Err(table.error(format!(
                        "column `{name}` was chosen for `.missing(…)`, but is neither among the inputs nor the targets"
                    )));
                }
                treatments[position] = Some(missing);
            }
        }
        Ok(treatments)
    }

    /// What becomes of categories that are not in the table, for each of its columns.
    fn unknowns(&self, table: &Table, one_hot: &[bool]) -> Result<Vec<&Unknown>> {
        let mut unknowns = vec![&Unknown::Refuse; one_hot.len()];
        let all: Vec<usize> = (0..one_hot.len()).filter(|i| one_hot[*i]).collect();
        for (columns, unknown) in &self.unknown {
            for position in table.positions(columns, &all)? {
                if !one_hot[position] {
                    let name = short(&table.names()[position]);
                    return Err(table.error(format!(
                        "column `{name}` was chosen for `.unknown(…)`, but is no input that is one-hot encoded\nhelp: it is \
                         said of categories, those of a column named in `.one_hot(…)`"
                    )));
                }
                unknowns[position] = unknown;
            }
        }
        Ok(unknowns)
    }
}

/// Which of so many columns are at these positions.
fn mask(width: usize, positions: &[usize]) -> Vec<bool> {
    let mut mask = vec![false; width];
    positions.iter().for_each(|i| mask[*i] = true);
    mask
}

fn place(table: &Table, position: usize) -> Place {
    Place { name: table.names()[position].clone(), position }
}

/// The rows of a table that count.
struct KeptRows<'a> {
    table: &'a Table,
    kept: &'a [bool],
}

impl<'a> KeptRows<'a> {
    fn cells(&self, column: usize) -> impl Iterator<Item = (usize, &'a str)> {
        self.table.filled(column).filter(|(row, _)| self.kept[*row])
    }

    fn categories(&self, column: usize) -> Categories {
        Categories::of(self.cells(column).map(|(_, cell)| cell))
    }

    /// The numbers of a column, or what is wrong with the first that is none.
    fn numbers(&self, column: usize, reads: Reads) -> Result<Vec<f64>> {
        let number = |(row, cell)| number(self.table, row, column, cell, reads).map(|_| cell);
        let cells = self.cells(column).map(number);
        cells.map(|cell| Ok(cell?.parse::<f64>().unwrap_or(f64::NAN))).collect()
    }

    /// A column as numbers or, if it is said what becomes of unknown ones, as categories.
    fn input(&self, column: usize, one_hot: Option<&Unknown>, missing: &Missing) -> Result<Input> {
        let table = self.table;
        let name = short(&table.names()[column]);
        let empty = || table.error(format!("column `{name}` has no cell to fill the missing ones from"));
        let Some(unknown) = one_hot else {
            let numbers = self.numbers(column, Reads::Input)?;
            let gap = match missing {
                Missing::Refuse => Gap::Refuse,
                Missing::Drop => Gap::Drop,
                Missing::Constant(cell) => match super::fields::number(cell) {
                    Ok(_) => Gap::Fill(cell.parse().unwrap_or(f64::NAN)),
                    Err(problem) => {
                        return Err(table.error(format!("what fills column `{name}`: {problem}")));
                    }
                },
                Missing::Mean => Gap::Fill(mean(&numbers).ok_or_else(empty)?),
                Missing::Median => Gap::Fill(median(numbers).ok_or_else(empty)?),
                Missing::MostFrequent => {
                    let cells = || self.cells(column).map(|(_, cell)| cell);
                    let categories = Categories::of(cells());
                    let most = categories.most_frequent(cells()).ok_or_else(empty)?;
                    Gap::Fill(categories.names()[most].parse().unwrap_or(f64::NAN))
                }
            };
            return Ok(Input { place: place(table, column), kind: Kind::Number, gap });
        };
        let cells = || self.cells(column).map(|(_, cell)| cell);
        let missing_as = if let Missing::Constant(cell) = missing { Some(cell.trim()) } else { None };
        let unknown_as = if let Unknown::Constant(cell) = unknown { Some(cell.trim()) } else { None };
        let categories = Categories::of(cells().chain(missing_as).chain(unknown_as));
        let count = categories.names().len();
        if count > MAX_CATEGORIES {
            return Err(table.error(format!(
                "column `{name}` has {count} distinct values: {}\nhelp: `.one_hot(…)` makes a feature of each, and is \
                 for up to {MAX_CATEGORIES}; leave the column out of the inputs",
                list_of(categories.names().iter().take(3))
            )));
        }
        let gap = match missing {
            Missing::Refuse => Gap::Refuse,
            Missing::Drop => Gap::Drop,
            Missing::Constant(cell) => {
                categories.find(cell.trim()).map_or(Gap::Refuse, |i| Gap::Fill(i as f64))
            }
            Missing::MostFrequent => Gap::Fill(categories.most_frequent(cells()).ok_or_else(empty)? as f64),
            Missing::Mean | Missing::Median => {
                return Err(table.error(format!(
                    "column `{name}` has categories, of which there is no mean and no median\nhelp: \
                     `.missing(\"{name}\", Missing::MostFrequent)`"
                )));
            }
        };
        let novel = match unknown {
            Unknown::Refuse => Novel::Refuse,
            Unknown::Zeros => Novel::Zeros,
            Unknown::Constant(cell) => categories.find(cell.trim()).map_or(Novel::Refuse, Novel::Is),
        };
        Ok(Input { place: place(table, column), kind: Kind::OneHot(categories, novel), gap })
    }
}
