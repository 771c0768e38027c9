//! Tables in parts.

use super::split::classes;
use crate::data::{Csv, Dataset, Encoder, Table};

/// A table with a class beside each row's number.
fn table(classes: &[u32]) -> Table {
    let rows = classes.iter().enumerate().map(|(i, class)| [i.to_string(), class.to_string()]);
    Table::new(["i", "class"], rows).unwrap()
}

fn rows(part: &Table) -> Vec<usize> {
    (0..part.len()).map(|row| part.cell(row, 0).unwrap().parse().unwrap()).collect()
}

#[test]
fn tables_are_split_as_data_sets_are() {
    let data = classes(&[40, 10, 3, 1]);
    let table = table(data.targets());
    for (seed, fraction) in [(0, 0.8), (7, 0.33), (9, 0.5), (1, 2.0), (1, -1.0), (3, f64::NAN)] {
        let ((a, b), (c, d)) = (data.split(fraction, seed), table.split(fraction, seed));
        assert_eq!((a.samples(), b.samples()), (&*rows(&c), &*rows(&d)));
        let ((a, b), (c, d)) =
            (data.stratified_split(fraction, seed), table.stratified_split("class", fraction, seed).unwrap());
        assert_eq!((a.samples(), b.samples()), (&*rows(&c), &*rows(&d)));
    }
    let fractions = [0.6, 0.3, 0.1];
    let (a, b) = (data.split_into(fractions, 4).unwrap(), table.split_into(fractions, 4).unwrap());
    assert_eq!(a.each_ref().map(Dataset::samples), b.each_ref().map(rows).each_ref().map(|rows| &rows[..]));
    let a = data.stratified_split_into(fractions, 4).unwrap();
    let b = table.stratified_split_into(1, fractions, 4).unwrap();
    assert_eq!(a.each_ref().map(Dataset::samples), b.each_ref().map(rows).each_ref().map(|rows| &rows[..]));
    assert!(table.split_into([0.5, 0.6], 1).is_err());
    assert!(
        table.stratified_split("class", 0.5, 1).is_ok() && table.stratified_split("clas", 0.5, 1).is_err()
    );
    let error = table.stratified_split("i", 0.5, 1).unwrap_err().to_string();
    assert!(error.contains("column `i` has another value in each of its 54 rows"), "{error}");
}

#[test]
fn rows_of_a_part_know_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let lines: String = (0..40).map(|i| format!("{i},{}\n\n", if i == 17 { "" } else { "1" })).collect();
    std::fs::write(&path, format!("i,y\n{lines}")).unwrap();
    let table = Csv::open(&path).unwrap().table().unwrap();
    let (a, b) = table.split(0.5, 3);
    for part in [&a, &b] {
        for (row, i) in rows(part).into_iter().enumerate() {
            assert_eq!(part.line(row), 2 * i as u64 + 2);
            assert_eq!(part.cell(row, 1), (i != 17).then_some("1"));
        }
    }
    let bad = if rows(&a).contains(&17) { &a } else { &b };
    assert_eq!(a.column("y").unwrap().missing + b.column("y").unwrap().missing, 1);
    let error = Encoder::new().targets("y").fit(bad).unwrap_err().to_string();
    assert!(error.contains("line 36, column `y`"), "{error}");
}

#[test]
fn a_table_that_a_split_left_empty_says_why() {
    let table = table(&[0, 1, 0, 1]);
    let encoding = Encoder::new().targets("class").fit(&table).unwrap();
    let error = encoding.dataset::<[f32; 1], u32>(&table.split(75.0, 1).1).unwrap_err().to_string();
    assert!(error.ends_with(
        "it has no row\nhelp: a split of 4 at 75 left nothing for it: a fraction is from 0 to 1, such as 0.8"
    ));
}
