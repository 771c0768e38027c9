//! Tables and encodings as text.

use crate::data::{Encoder, Missing, Table, Unknown};

#[test]
fn a_table_shows_its_first_rows() {
    let rows = (0..7).map(|i| {
        let name = if i == 1 { "two\nlines of rather long text".to_owned() } else { format!("n{i}") };
        [["9", "10.5", ""][i % 3].to_owned(), name, if i == 6 { "?".to_owned() } else { "1".to_owned() }]
    });
    let table = Table::new(["litres", "name", "y"], rows).unwrap();
    let expected = "table in memory: 7 rows, 3 columns\n\
                    litres  name                  y\n     9  n0                    1\n  10.5  two lines of rather…  1\n     \
                    —  n2                    1\n     9  n3                    1\n  10.5  n4                    1\n\
                    … 2 more rows\nmissing cells: litres 2, y 1";
    assert_eq!(table.to_string(), expected);
    assert_eq!(format!("{table:?}"), "Table { path: \"table in memory\", rows: 7, columns: 3, .. }");

    let wide = Table::new((0..1000).map(|i| format!("column {i}")), [vec!["1"; 1000]]).unwrap().to_string();
    let lines: Vec<&str> = wide.lines().collect();
    assert!(
        lines.len() == 4
            && lines[1].chars().count() <= 100
            && lines[3].starts_with("… 990 more columns: column 10, column 11, "),
        "{wide}"
    );
    let one = Table::new(["x".repeat(500)], [["1"]]).unwrap().to_string();
    assert_eq!(one, "table in memory: 1 row, 1 column\nxxxxxxxxxxxxxxxxxxx…\n                   1");
    assert_eq!(Table::new(["x"], [[""; 1]; 0]).unwrap().to_string(), "table in memory: 0 rows, 1 column\nx");
    assert_eq!(Table::new([""; 0], [[""; 0]; 0]).unwrap().to_string(), "table in memory: 0 rows, 0 columns");
}

#[test]
fn an_encoding_shows_what_it_makes_of_each_column() {
    let rows = [["1", "usa", "a", "x"], ["", "", "b", "y"], ["4", "japan", "a", ""]];
    let table = Table::new(["litres", "origin", "kind", "class"], rows).unwrap();
    let encoder = Encoder::new()
        .one_hot(..)
        .missing("litres", Missing::Mean)
        .missing("origin", Missing::constant("other"))
        .missing("class", Missing::Drop)
        .unknown("origin", Unknown::constant("other"))
        .unknown("kind", Unknown::Zeros);
    let encoding = encoder.clone().targets("class").fit(&table).unwrap();
    let expected = "inputs: 3 columns, 5 features\n  litres  number; a missing one is 1\n  origin  one-hot: `other`, `usa`; a \
                    missing one is `other`; an unknown one is `other`\n  kind    one-hot: `a`, `b`; an unknown one is \
                    zeros\ntargets: 1 column\n  class   classes: `x`, `y`; rows without one are left out";
    assert_eq!(encoding.to_string(), expected);
    assert_eq!(format!("{encoding:?}"), "Encoding { inputs: 3, features: 5, targets: 1, classes: 2, .. }");
    let encoding = Encoder::new().inputs("kind").one_hot("kind").fit(&table).unwrap();
    assert_eq!(encoding.to_string(), "inputs: 1 column, 2 features\n  kind  one-hot: `a`, `b`");
}
