//! Which columns become numbers, and how: what is chosen before a table is looked at.

use super::categories::Categories;
use super::cell::{Reads, boolean, number, truth};
use super::encoding::{Encoding, Gap, Input, Kind, Novel, Place, Target};
use super::fields::{Columns, list_of, short};
use super::lookup::Lookup;
use super::missing::{ALL_LEFT_OUT, Missing, mean, median};
use super::table::Table;
use super::unknown::Unknown;
use crate::error::{Error, Result};

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
///
/// With the feature `serde` it is kept in files of configuration: in TOML, for instance,
///
/// ```toml
/// one_hot = "origin"
/// targets = "speed"
/// classes = true
/// missing = [["horsepower", "median"], ["origin", { constant = "elsewhere" }]]
/// ```
///
/// `classes = true` makes [classes](Encoder::classes) of the column of the targets; without it they are
/// [targets](Encoder::targets).
///
/// Columns are a name, a position, a list of them, or `".."`, all of them; `{ name = ".." }` is a column that is called so.
/// What is left out is as with [`Encoder::new`]. [`Csv::encoder`](super::Csv::encoder) takes it.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "`.fit(&table)` makes the encoding"]
pub struct Encoder {
    inputs: Option<Columns>,
    one_hot: Columns,
    booleans: Columns,
    targets: Option<Columns>,
    classes: bool,
    missing: Vec<(Columns, Missing)>,
    unknown: Vec<(Columns, Unknown)>,
}

#[cfg(feature = "serde")]
crate::settings::table! {
    Encoder { inputs, one_hot, booleans, targets, classes, missing, unknown }, or default
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
        self.one_hot.extend(columns.into());
        self
    }

    /// The inputs among these are true or false, and become one feature each: 1 for `true`, `yes`, `on`, `t`, `y` and `1`,
    /// 0 for `false`, `no`, `off`, `f`, `n` and `0`, in capitals or not. `..` are all inputs of text in which there is
    /// nothing else.
    ///
    /// ```
    /// use plywood::data::{Encoder, Table};
    ///
    /// let table = Table::new(["smokes", "age"], [["yes", "40"], ["No", "31"]])?;
    /// let encoding = Encoder::new().booleans("smokes").fit(&table)?;
    /// assert_eq!(encoding.samples::<[f32; 2]>(&table)?, [[1.0, 40.0], [0.0, 31.0]]);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn booleans(mut self, columns: impl Into<Columns>) -> Encoder {
        self.booleans.extend(columns.into());
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
    /// all without the rows that are left out. A cell that is no number, in a column that is to be numbers, is an error, and
    /// so is a table of which no row is left.
    pub fn fit(&self, table: &Table) -> Result<Encoding> {
        if table.is_empty() {
            return Err(table.error(table.why_empty()));
        }
        let lookup = &Lookup::of(table);
        let targets = match &self.targets {
            Some(columns) => lookup.positions(columns, Vec::new)?,
            None => vec![],
        };
        let width = table.names().len();
        let is_target = mask(width, &targets);
        let others = || (0..width).filter(|i| !is_target[*i]).collect();
        let inputs = match &self.inputs {
            Some(columns) => lookup.positions(columns, others)?,
            None => others(),
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
        if let Some(both) = inputs.iter().find(|i| is_target[**i]) {
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
        let becomes = self.kinds(table, lookup, &inputs)?;
        let missing = self.treatments(table, lookup, &inputs, &becomes, &targets)?;
        let one_hot: Vec<bool> = becomes.iter().map(|becomes| *becomes == Becomes::Categories).collect();
        let unknown = self.unknowns(table, lookup, &one_hot)?;
        let dropped: Vec<usize> =
            (0..width).filter(|i| missing[*i] == Some(&Missing::Drop) && table.missing(*i) > 0).collect();
        let kept: Vec<bool> =
            (0..table.len()).map(|row| dropped.iter().all(|i| table.cell(row, *i).is_some())).collect();

        if !kept.contains(&true) {
            return Err(table.error(ALL_LEFT_OUT.to_owned()));
        }

        // Only what is left of the table counts.
        let rows = KeptRows { table, kept: &kept };
        let mut fitted = vec![];
        for position in inputs {
            let missing = missing[position].unwrap_or(&Missing::Refuse);
            fitted.push(match becomes[position] {
                Becomes::Number => rows.number(position, missing)?,
                Becomes::Boolean => rows.boolean(position, missing)?,
                Becomes::Categories => rows.one_hot(position, unknown[position], missing)?,
            });
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

    /// What becomes of each column of the table, if it is an input.
    fn kinds(&self, table: &Table, lookup: &Lookup<'_>, inputs: &[usize]) -> Result<Vec<Becomes>> {
        let width = table.names().len();
        let (is_input, mut kinds) = (mask(width, inputs), vec![Becomes::Number; width]);
        let told = [
            (".booleans(…)", &self.booleans, Becomes::Boolean),
            (".one_hot(…)", &self.one_hot, Becomes::Categories),
        ];
        for (method, columns, becomes) in told {
            let fits = |i: &usize| {
                table.is_text(*i)
                    && match becomes {
                        Becomes::Boolean => table.filled(*i).all(|(_, cell)| boolean(cell).is_some()),
                        // what was already said of it stays
                        _ => kinds[*i] == Becomes::Number,
                    }
            };
            let text = || inputs.iter().copied().filter(&fits).collect();
            for position in lookup.positions(columns, text)? {
                let name = short(&table.names()[position]);
                if !is_input[position] {
                    return Err(table.error(format!(
                        "column `{name}` was chosen for `{method}`, but is not among the inputs\nhelp: name it in \
                         `.inputs(…)` too"
                    )));
                }
                if ![Becomes::Number, becomes].contains(&kinds[position]) {
                    return Err(table.error(format!(
                        "column `{name}` was chosen for `.booleans(…)` and for `.one_hot(…)`: it becomes one or the other"
                    )));
                }
                kinds[position] = becomes;
            }
        }
        Ok(kinds)
    }

    /// What becomes of missing cells, for each column of the table.
    fn treatments(
        &self,
        table: &Table,
        lookup: &Lookup<'_>,
        inputs: &[usize],
        becomes: &[Becomes],
        targets: &[usize],
    ) -> Result<Vec<Option<&Missing>>> {
        let width = table.names().len();
        let mut treatments = vec![None; width];
        let (is_input, is_target) = (mask(width, inputs), mask(width, targets));
        for (columns, missing) in &self.missing {
            let fills = !matches!(missing, Missing::Refuse | Missing::Drop);
            let of = |kind: Becomes| inputs.iter().copied().filter(|i| becomes[*i] == kind).collect();
            let all = || match missing {
                Missing::Refuse | Missing::Drop => [inputs, targets].concat(),
                Missing::Mean | Missing::Median => of(Becomes::Number),
                Missing::MostFrequent => inputs.to_vec(),
                Missing::Constant(cell) if cell.parse::<f64>().is_ok() => of(Becomes::Number),
                Missing::Constant(_) => of(Becomes::Categories),
            };
            for position in lookup.positions(columns, all)? {
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
    fn unknowns(&self, table: &Table, lookup: &Lookup<'_>, one_hot: &[bool]) -> Result<Vec<&Unknown>> {
        let mut unknowns = vec![&Unknown::Refuse; one_hot.len()];
        let all = || (0..one_hot.len()).filter(|i| one_hot[*i]).collect();
        for (columns, unknown) in &self.unknown {
            for position in lookup.positions(columns, all)? {
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

/// What is made of an input.
#[derive(Clone, Copy, PartialEq)]
enum Becomes {
    Number,
    Boolean,
    Categories,
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

    /// That a column has nothing to fill its missing cells from.
    fn empty(&self, column: usize) -> Error {
        let name = short(&self.table.names()[column]);
        self.table.error(format!("column `{name}` has no cell to fill the missing ones from"))
    }

    /// A column as numbers.
    fn number(&self, column: usize, missing: &Missing) -> Result<Input> {
        let table = self.table;
        let empty = || self.empty(column);
        let numbers = self.numbers(column, Reads::Input)?;
        let gap = match missing {
            Missing::Refuse => Gap::Refuse,
            Missing::Drop => Gap::Drop,
            Missing::Constant(cell) => match super::fields::number(cell) {
                Ok(_) => Gap::Fill(cell.parse().unwrap_or(f64::NAN)),
                Err(problem) => {
                    let name = short(&table.names()[column]);
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
        Ok(Input { place: place(table, column), kind: Kind::Number, gap })
    }

    /// A column of what is true or false.
    fn boolean(&self, column: usize, missing: &Missing) -> Result<Input> {
        let table = self.table;
        let mut counts = [0; 2];
        for (row, cell) in self.cells(column) {
            counts[usize::from(truth(table, row, column, cell)?)] += 1;
        }
        let name = || short(&table.names()[column]);
        let gap = match missing {
            Missing::Refuse => Gap::Refuse,
            Missing::Drop => Gap::Drop,
            Missing::MostFrequent if counts == [0, 0] => return Err(self.empty(column)),
            Missing::MostFrequent => Gap::Fill(f64::from(counts[1] > counts[0])),
            Missing::Constant(cell) => match boolean(cell) {
                Some(truth) => Gap::Fill(f64::from(truth)),
                None => {
                    let (name, cell) = (name(), short(cell));
                    return Err(table.error(format!(
                        "what fills column `{name}`: expected true or false, found `{cell}`"
                    )));
                }
            },
            Missing::Mean | Missing::Median => {
                let name = name();
                return Err(table.error(format!(
                    "column `{name}` is true or false, of which there is no mean and no median\nhelp: \
                     `.missing(\"{name}\", Missing::MostFrequent)`"
                )));
            }
        };
        Ok(Input { place: place(table, column), kind: Kind::Boolean, gap })
    }

    /// A column as categories.
    fn one_hot(&self, column: usize, unknown: &Unknown, missing: &Missing) -> Result<Input> {
        let table = self.table;
        let name = short(&table.names()[column]);
        let empty = || self.empty(column);
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
