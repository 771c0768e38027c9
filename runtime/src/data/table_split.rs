//! Tables in parts.

use super::categories::Categories;
use super::fields::{Columns, short};
use super::lookup::Lookup;
use super::split::{Part, several, stratified_several, stratified_two, two};
use super::table::Table;
use crate::error::Result;

impl Table {
    /// Two tables: the first has `fraction` of the rows, the second the others. Which these are, and in what order, is as
    /// in [`Dataset::split`](super::Dataset::split) for the same seed and length.
    ///
    /// So an [`Encoder`](super::Encoder) can look at the rows to train with alone, and what missing cells are filled with is
    /// not learned from those to test with:
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("cars.csv");
    /// # let rows: String = (0..50).map(|i| format!("{},{},{}\n", i % 7, ["fiat", "opel"][i % 2], i)).collect();
    /// # std::fs::write(&path, format!("litres,brand,price\n{rows},opel,9\n")).unwrap();
    /// let (train, test) = Csv::open(&path)?.table()?.split(0.8, 7);
    /// let encoder = Encoder::new().one_hot("brand").targets("price").missing("litres", Missing::Median);
    /// let encoding = encoder.fit(&train)?;
    /// let train: Dataset<[f32; 3], f32> = encoding.dataset(&train)?;
    /// let test: Dataset<[f32; 3], f32> = encoding.dataset(&test)?;
    /// assert_eq!((train.len(), test.len()), (41, 10));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    ///
    /// What is found wrong with a row of a part is said with its line in the file. A category that the rows to train with do
    /// not have is an error in the others, unless [`Encoder::unknown`](super::Encoder::unknown) says what becomes of it.
    ///
    /// A part that is left empty, by a fraction such as 80 for instance, says why when an encoding is to make a data set of
    /// it; [`split_into`](Table::split_into) answers at once.
    pub fn split(&self, fraction: f64, seed: u64) -> (Table, Table) {
        self.pick_all(two(self.len(), fraction, seed)).into()
    }

    /// As many tables as there are fractions, which add up to 1: see
    /// [`Dataset::split_into`](super::Dataset::split_into).
    pub fn split_into<const N: usize>(&self, fractions: [f64; N], seed: u64) -> Result<[Table; N]> {
        Ok(self.pick_all(several(self.len(), fractions, seed)?))
    }

    /// As [`split`](Table::split), with every value of a column split in the same proportion; see
    /// [`stratified_split_into`](Table::stratified_split_into).
    pub fn stratified_split(
        &self,
        column: impl Into<Columns>,
        fraction: f64,
        seed: u64,
    ) -> Result<(Table, Table)> {
        Ok(self.pick_all(stratified_two(&self.classes(column.into())?, fraction, seed)).into())
    }

    /// As [`split_into`](Table::split_into), with every value of a column split in the same proportion, as
    /// [`Dataset::stratified_split_into`](super::Dataset::stratified_split_into) does with classes. The rows in which it is
    /// missing count as those of one more value. The parts are as long as their fractions say, even if hardly a value
    /// occurs twice; a column that has another value in each row is an error.
    ///
    /// ```
    /// use plywood::data::Table;
    ///
    /// let rows = (0..50).map(|i| [i.to_string(), if i % 5 == 0 { "rare" } else { "often" }.to_owned()]);
    /// let table = Table::new(["i", "kind"], rows)?;
    /// let rare = |part: &Table| (0..part.len()).filter(|row| part.cell(*row, 1) == Some("rare")).count();
    /// let parts = table.stratified_split_into("kind", [0.6, 0.2, 0.2], 7)?;
    /// assert_eq!(parts.each_ref().map(Table::len), [30, 10, 10]);
    /// assert_eq!(parts.each_ref().map(rare), [6, 2, 2]);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn stratified_split_into<const N: usize>(
        &self,
        column: impl Into<Columns>,
        fractions: [f64; N],
        seed: u64,
    ) -> Result<[Table; N]> {
        Ok(self.pick_all(stratified_several(&self.classes(column.into())?, fractions, seed)?))
    }

    fn pick_all<const N: usize>(&self, parts: [Part; N]) -> [Table; N] {
        parts.map(|part| self.pick(&part))
    }

    /// The values of a column as classes, numbered as an encoding numbers them.
    fn classes(&self, column: Columns) -> Result<Vec<u32>> {
        let column = Lookup::of(self).position(&column)?;
        let categories = Categories::of(self.filled(column).map(|(_, cell)| cell));
        let count = categories.names().len();
        if count > 1 && count == self.len() {
            let name = short(&self.names()[column]);
            return Err(self.error(format!(
                "column `{name}` has another value in each of its {count} rows: there is no proportion to keep\nhelp: \
                 split by a column of classes, or call `.split(…)`"
            )));
        }
        let class = |row| self.cell(row, column).and_then(|cell| categories.find(cell)).unwrap_or(count);
        Ok((0..self.len()).map(|row| class(row) as u32).collect())
    }
}
