//! What was found out about a table, to make numbers of it and of others.

mod answers;
mod file;
mod gaps;
mod show;

use std::collections::HashSet;
use std::path::Path;

use super::Dataset;
use super::categories::Categories;
use super::cell::{Reads, help, number, truth};
use super::fields::{Field, list_of, short};
use super::lookup::Lookup;
use super::missing::{ALL_LEFT_OUT, Repair};
use super::table::Table;
use crate::error::{Error, Result};
use crate::text::{counted, nearest};

/// How the columns of a table become numbers: what an [`Encoder`](super::Encoder) found in one table, applied to it and
/// to others.
///
/// ```
/// use plywood::data::{Csv, Table};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("train.csv");
/// std::fs::write(&path, "size,kind,price\n1,old,3\n2,new,5\n3,old,4\n").unwrap();
/// let (train, encoding) = Csv::open(&path)?.one_hot("kind").targets("price").fit::<[f32; 3], f32>()?;
/// assert_eq!(encoding.features(), ["size", "kind=new", "kind=old"]);
/// assert_eq!(train.len(), 3);
///
/// // another table, to predict its prices; columns are found by their names
/// let row = Table::new(["kind", "size"], [["old", "2.5"]])?;
/// assert_eq!(encoding.samples::<[f32; 3]>(&row)?, [[2.5, 0.0, 1.0]]);
///
/// let strange = Table::new(["kind", "size"], [["nwe", "2.5"]])?;
/// let error = encoding.samples::<[f32; 3]>(&strange).unwrap_err();
/// assert!(error.to_string().contains("did you mean `new`?"));
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// Columns are found by name, so that they may stand in another order and others may stand between them; in tables
/// without a header, by position. [`sample`](Encoding::sample) encodes one row without a table, and `println!("{encoding}")`
/// shows what is made of which column.
#[derive(Clone)]
pub struct Encoding {
    named: bool,
    inputs: Vec<Input>,
    targets: Vec<Target>,
    classes: Option<Categories>,
    features: Vec<String>,
    repairs: Vec<Repair>,
    dropped: usize,
}

/// They make the same numbers of any table. What was done to the table that they were fitted to does not count, so that one
/// is equal to itself from a file.
impl PartialEq for Encoding {
    fn eq(&self, other: &Encoding) -> bool {
        let parts = |of: &Encoding| (of.named, of.inputs.clone(), of.targets.clone(), of.classes.clone());
        parts(self) == parts(other)
    }
}

/// A column of the table that was fitted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub name: String,
    pub position: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Input {
    pub place: Place,
    pub kind: Kind,
    pub gap: Gap,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    pub place: Place,
    pub drop: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Number,
    /// 1 or 0.
    Boolean,
    OneHot(Categories, Novel),
}

/// What becomes of a category that was not fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Novel {
    Refuse,
    Zeros,
    /// It is the category of this index.
    Is(usize),
}

/// What becomes of a missing cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Gap {
    Refuse,
    Drop,
    /// A number, or the index of a category.
    Fill(f64),
}

/// Where an encoding's columns are in some table.
struct Places {
    inputs: Vec<usize>,
    /// `None` where targets are not asked for.
    targets: Option<Vec<usize>>,
}

impl Encoding {
    /// Of the table that was fitted.
    pub(super) fn new(
        table: &Table,
        inputs: Vec<Input>,
        targets: Vec<Target>,
        classes: Option<Categories>,
    ) -> Result<Encoding> {
        let mut encoding = Encoding::of_parts(table.named(), inputs, targets, classes);
        let places = encoding.places(table, !encoding.targets.is_empty())?;
        let kept = encoding.kept(table, &places)?;
        encoding.dropped = table.len() - kept.len();
        encoding.repairs = encoding.repairs_at(table, &places, &kept);
        Ok(encoding)
    }

    /// Of what was fitted, without the table.
    fn of_parts(
        named: bool,
        inputs: Vec<Input>,
        targets: Vec<Target>,
        classes: Option<Categories>,
    ) -> Encoding {
        let mut features = vec![];
        for Input { place, kind, .. } in &inputs {
            match kind {
                Kind::Number | Kind::Boolean => features.push(place.name.clone()),
                Kind::OneHot(of, _) => {
                    features.extend(of.names().iter().map(|category| format!("{}={category}", place.name)));
                }
            }
        }
        Encoding { named, inputs, targets, classes, features, repairs: vec![], dropped: 0 }
    }

    /// The names of the numbers of a sample, in order: a column's, or `State=California` for one of its categories.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The names of the classes: that of class `i` is at `i`. Empty where targets are numbers.
    pub fn class_names(&self) -> &[String] {
        self.classes.as_ref().map_or(&[], Categories::names)
    }

    /// The categories of an input column that is one-hot encoded, in the order of its features.
    pub fn categories(&self, column: &str) -> Option<&[String]> {
        let input = self.inputs.iter().find(|input| input.place.name == column)?;
        match &input.kind {
            Kind::Number | Kind::Boolean => None,
            Kind::OneHot(categories, _) => Some(categories.names()),
        }
    }

    /// The columns that it reads for the samples, in order.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.place.name.as_str())
    }

    /// The columns that it reads for the targets, in order.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.place.name.as_str())
    }

    /// What was done about missing cells of the table that it was fitted to: for each column that had any, in order.
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// What is done about missing cells of another table.
    pub fn repairs_of(&self, table: &Table) -> Result<Vec<Repair>> {
        let places = self.places(table, !self.targets.is_empty())?;
        let kept = self.kept(table, &places)?;
        Ok(self.repairs_at(table, &places, &kept))
    }

    /// How many rows of the table that it was fitted to were left out.
    pub fn dropped_rows(&self) -> usize {
        self.dropped
    }

    /// The samples and targets of a table, without the rows that are left out for missing cells.
    pub fn dataset<I: Field<Number = f32>, T: Field>(&self, table: &Table) -> Result<Dataset<I, T>> {
        if self.targets.is_empty() {
            let problem = "no columns were chosen for the targets\nhelp: call `.targets(…)`".to_owned();
            return Err(table.error(problem));
        }
        let places = self.places(table, true)?;
        self.expect_features::<I>(table)?;
        if T::COLUMNS.is_some_and(|expected| expected != self.targets.len()) {
            let names = self.targets.iter().map(|target| &target.place.name);
            return Err(table.error(counts::<T>("targets", self.targets.len(), &list_of(names))));
        }
        let rows = self.kept(table, &places)?;
        if rows.is_empty() {
            let why = if table.is_empty() { table.why_empty() } else { ALL_LEFT_OUT.to_owned() };
            return Err(table.error(why));
        }
        let targets = places.targets.as_deref().unwrap_or(&[]);
        let samples = self.encode(table, &places.inputs, &rows)?;
        let targets = T::rows(rows.len(), targets.len(), &mut |i, numbers| {
            for (number, column) in numbers.iter_mut().zip(targets) {
                *number = self.target::<T>(table, rows[i], *column)?;
            }
            Ok(())
        })?;
        Dataset::new(samples, targets)
    }

    /// The samples of a table, one for each row, to predict what the targets are: it need not have their columns. A
    /// missing cell that is not filled is an error, also where a row was left out to train.
    pub fn samples<I: Field<Number = f32>>(&self, table: &Table) -> Result<Vec<I>> {
        self.samples_at(table, self.places(table, false)?)
    }

    /// One sample, to predict what its target is, of cells by the names of their columns; in tables without a header those are
    /// positions, as in `"0"`. Every column of [`inputs`](Encoding::inputs) is among them, in any order; those of
    /// [`targets`](Encoding::targets) may be, any other name is an error. A cell with nothing in it is missing.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Price: [3] -> [1] { line: Linear(1) } }
    ///
    /// let rows = [["1", "old", "3"], ["2", "new", "5"], ["3", "old", "4"]];
    /// let table = Table::new(["size", "kind", "price"], rows)?;
    /// let encoding = Encoder::new().one_hot("kind").targets("price").fit(&table)?;
    /// let scaler = StandardScaler::fit(&encoding.samples::<[f32; 3]>(&table)?)?;
    /// let model = Price::init(7);
    ///
    /// let mut x: [[f32; 3]; 1] = [encoding.sample([("kind", "old"), ("size", "2")])?];
    /// assert_eq!(x, [[2.0, 0.0, 1.0]]);
    /// scaler.apply(&mut x);
    /// let [price] = model.predict(&x)[0];
    /// assert!(price.is_finite());
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn sample<I: Field<Number = f32>>(
        &self,
        cells: impl IntoIterator<Item = (impl Into<String>, impl AsRef<str>)>,
    ) -> Result<I> {
        let (names, cells): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        let table = Table::new(names, [cells])?;
        let lookup = Lookup::of(&table);
        let inputs = self.inputs.iter().map(|input| lookup.find(&input.place.name)).collect::<Result<_>>()?;
        let known: Vec<&str> = self.inputs().chain(self.targets()).collect();
        let names: HashSet<&str> = known.iter().copied().collect();
        if let Some(other) = table.names().iter().find(|name| !names.contains(name.as_str())) {
            let near = nearest(other, known.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(table.error(format!(
                "`{}` is no column that the encoding reads\nhelp: {near}It reads {}",
                short(other),
                list_of(&known)
            )));
        }
        let mut samples = self.samples_at(&table, Places { inputs, targets: None })?;
        samples.pop().ok_or_else(|| table.error(table.why_empty()))
    }

    fn samples_at<I: Field<Number = f32>>(&self, table: &Table, places: Places) -> Result<Vec<I>> {
        self.expect_features::<I>(table)?;
        let rows = self.kept(table, &places)?;
        self.encode(table, &places.inputs, &rows)
    }

    /// Writes it to a file, for programs that use the network: as text, a row for each column and each category.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(self, path.as_ref())
    }

    /// Reads what [`save`](Encoding::save) wrote, which is all but [`repairs`](Encoding::repairs) and
    /// [`dropped_rows`](Encoding::dropped_rows): they are about one table.
    pub fn load(path: impl AsRef<Path>) -> Result<Encoding> {
        file::load(path.as_ref())
    }

    fn places(&self, table: &Table, with_targets: bool) -> Result<Places> {
        let lookup = Lookup::of(table);
        let find = |place: &Place| match self.named {
            true => lookup.find(&place.name),
            false => lookup.at(place.position),
        };
        let inputs = self.inputs.iter().map(|input| find(&input.place)).collect::<Result<_>>()?;
        let targets = self.targets.iter().map(|target| find(&target.place));
        let targets = if with_targets { Some(targets.collect::<Result<_>>()?) } else { None };
        Ok(Places { inputs, targets })
    }

    fn expect_features<I: Field>(&self, table: &Table) -> Result<()> {
        match I::COLUMNS {
            Some(expected) if expected != self.features.len() => {
                Err(table.error(counts::<I>("features", self.features.len(), &list_of(&self.features))))
            }
            _ => Ok(()),
        }
    }

    fn encode<I: Field<Number = f32>>(
        &self,
        table: &Table,
        columns: &[usize],
        rows: &[usize],
    ) -> Result<Vec<I>> {
        I::rows(rows.len(), self.features.len(), &mut |i, numbers| {
            let mut rest = numbers;
            for (input, column) in self.inputs.iter().zip(columns) {
                let (head, tail) = std::mem::take(&mut rest).split_at_mut(input.features());
                input.encode(table, rows[i], *column, head)?;
                rest = tail;
            }
            Ok(())
        })
    }

    fn target<T: Field>(&self, table: &Table, row: usize, column: usize) -> Result<T::Number> {
        let cell = table.cell(row, column).unwrap_or_default();
        let Some(classes) = &self.classes else {
            return T::number(cell).map_err(|problem| {
                table.wrong(row, column, problem + &help(table, row, column, cell, Reads::Fitted))
            });
        };
        match classes.find(cell) {
            Some(index) => T::class(index as u32, classes.names().len()).ok_or_else(|| {
                let problem = format!(
                    "expected a number, found the class `{}`, one of {}\nhelp: classes are read as `u32`, not as `{}`; as \
                     `f32` there can be two, which are 0 and 1",
                    short(cell),
                    classes.names().len(),
                    std::any::type_name::<T>()
                );
                table.wrong(row, column, problem)
            }),
            None => {
                let option = "no network answers with a class that it did not learn: rows to train with must have some of \
                              each";
                Err(unknown(table, row, column, cell, ("classes", option), classes))
            }
        }
    }
}

impl Input {
    fn features(&self) -> usize {
        match &self.kind {
            Kind::Number | Kind::Boolean => 1,
            Kind::OneHot(categories, _) => categories.names().len(),
        }
    }

    /// The features of one cell, into numbers that are zero.
    fn encode(&self, table: &Table, row: usize, column: usize, to: &mut [f32]) -> Result<()> {
        let fill = if let Gap::Fill(fill) = self.gap { fill } else { f64::NAN };
        match (&self.kind, table.cell(row, column)) {
            (Kind::Number, Some(cell)) => to[0] = number(table, row, column, cell, Reads::Fitted)?,
            (Kind::Boolean, Some(cell)) => to[0] = f32::from(truth(table, row, column, cell)?),
            (Kind::Number | Kind::Boolean, None) => to[0] = fill as f32,
            (Kind::OneHot(..), None) => to[fill as usize] = 1.0,
            (Kind::OneHot(categories, novel), Some(cell)) => match categories.find(cell) {
                Some(index) => to[index] = 1.0,
                None => match novel {
                    Novel::Zeros => {}
                    Novel::Is(index) => to[*index] = 1.0,
                    Novel::Refuse => {
                        let place =
                            if table.named() { format!("{:?}", self.place.name) } else { column.to_string() };
                        let option = format!(
                            "`.unknown({place}, Unknown::Zeros)` makes zeros of any other; it is said before the encoding is \
                             fitted"
                        );
                        return Err(unknown(table, row, column, cell, ("categories", &option), categories));
                    }
                },
            },
        }
        Ok(())
    }
}

fn counts<F: Field>(what: &str, found: usize, names: &str) -> String {
    let expected = F::COLUMNS.unwrap_or(found);
    let (expected, kind) = (counted(expected, what), std::any::type_name::<F>());
    format!("expected {expected}, as `{kind}` takes, found {found}: {names}")
}

/// A category that the fitted table did not have, and what can be done about others than are known.
fn unknown(
    table: &Table,
    row: usize,
    column: usize,
    cell: &str,
    (what, option): (&str, &str),
    known: &Categories,
) -> Error {
    let near = nearest(cell, known.names()).map(|near| format!("did you mean `{near}`? If not, "));
    let problem = format!(
        "`{}` is none of the {what} that were fitted: {}\nhelp: {}{option}",
        short(cell),
        list_of(known.names()),
        near.unwrap_or_default()
    );
    table.wrong(row, column, problem)
}
