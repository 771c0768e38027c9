//! One row, encoded without a table.

use super::file;
use crate::Error;
use crate::data::{Csv, Missing};

const STARTUPS: &str =
    "R&D Spend,State,Profit\n1,New York,10\n2,California,20\n3,Florida,30\n4,California,40\n";

#[test]
fn a_sample_is_encoded_by_the_names_of_its_columns() {
    let (_folder, path) = file(STARTUPS);
    let csv =
        || Csv::open(&path).unwrap().one_hot("State").targets("Profit").missing("R&D Spend", Missing::Mean);
    let (data, encoding) = csv().fit::<[f32; 4], f32>().unwrap();
    let sample =
        |state: &str, spend: &str| encoding.sample::<[f32; 4]>([("State", state), ("R&D Spend", spend)]);
    assert_eq!(sample("New York", "1").unwrap(), data.samples()[0]);
    assert_eq!(sample("Florida", "").unwrap(), [2.5, 0.0, 1.0, 0.0]);
    let said = |error: Error| error.to_string();
    // the target may be given, what is nothing to the encoding is a mistake
    let with = |name: &str| {
        encoding.sample::<Vec<f32>>([(name, "7"), ("R&D Spend", "2"), ("State", "Florida")]).map(|x| x.len())
    };
    assert_eq!(with("Profit").unwrap(), 4);
    let reads = "It reads `R&D Spend`, `State`, `Profit`";
    assert_eq!(
        said(with("Stat").unwrap_err()),
        format!(
            "`table in memory`: `Stat` is no column that the encoding reads\nhelp: did you mean `State`? {reads}"
        )
    );
    assert!(
        said(with("x").unwrap_err())
            .ends_with(&format!("`x` is no column that the encoding reads\nhelp: {reads}"))
    );
    assert!(
        said(sample("Utah", "1").unwrap_err()).contains("column `State`: `Utah` is none of the categories")
    );
    assert!(
        said(sample("Florida", "much").unwrap_err())
            .contains("column `R&D Spend`: expected a number, found `much`")
    );
    // options are those of a file, of which a sample has none
    let commas =
        |spend: &str| said(sample("Florida", spend).unwrap_err()).split("help: ").last().unwrap().to_owned();
    let memory = "a cell in memory has a point as its decimal sign and nothing between thousands";
    assert_eq!(commas("1,5"), format!("{memory}: `1.5`, or `15`"));
    assert_eq!(commas("1.234,5"), format!("{memory}: `1234.5`"));
    assert_eq!(commas("1,234,567"), format!("{memory}: `1234567`"));
    assert_eq!(commas("$2"), "there must be nothing but the number in a cell, here `2`");
    assert!(said(sample("", "1").unwrap_err()).contains("1 cell is missing: line 1, column `State`"));
    let error = said(encoding.sample::<[f32; 4]>([("State", "Florida"), ("R&D Spent", "1")]).unwrap_err());
    assert!(error.contains("there is no column `R&D Spend`\nhelp: did you mean `R&D Spent`?"), "{error}");
    let error = said(encoding.sample::<[f32; 3]>([("State", "Florida"), ("R&D Spend", "1")]).unwrap_err());
    assert!(error.contains("expected 3 features, as `[f32; 3]` takes, found 4"), "{error}");
    // without a header by position
    let (_other, path) = file("M,1,15\nF,2,7\n");
    let csv = Csv::open(&path).unwrap().no_header().one_hot(0).targets(1);
    let encoding = csv.fit::<[f32; 3], f32>().unwrap().1;
    assert_eq!(encoding.sample::<[f32; 3]>([("2", "9"), ("0", "F")]).unwrap(), [1.0, 0.0, 9.0]);
}
