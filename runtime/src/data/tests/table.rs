//! Tables whose columns are not known in advance.

use crate::data::{Encoder, Table};

fn table() -> Table {
    let rows = [
        ["1", "usa", "4", "1.5", "NA"],
        ["2", "japan", "8", "", "?"],
        ["3", "usa", "4.0", "2.5", ""],
        ["4", "europe", "6", "x", ""],
    ];
    Table::new(["id", "origin", "cylinders", "mixed", "nothing"], rows).unwrap()
}

#[test]
fn columns_say_what_is_in_them() {
    let table = table();
    let found: Vec<_> =
        table.columns().map(|c| (c.name, c.position, c.numeric, c.whole, c.distinct, c.missing)).collect();
    let expected = [
        ("id", 0, true, true, 4, 0),
        ("origin", 1, false, false, 3, 0),
        ("cylinders", 2, true, true, 3, 0),
        ("mixed", 3, false, false, 3, 1),
        ("nothing", 4, true, true, 0, 4),
    ];
    assert_eq!(found, expected.map(|(name, a, b, c, d, e)| (name.to_owned(), a, b, c, d, e)));
    assert_eq!(table.column(3).unwrap(), table.column("mixed").unwrap());
    assert!(!Table::new(["x"], [["1.5"]]).unwrap().column("x").unwrap().whole);
    assert_eq!((table.len(), table.is_empty()), (4, false));
    assert_eq!((table.cell(1, 1), table.cell(1, 3)), (Some("japan"), None));
    let error = table.column(["id", "mixed"]).unwrap_err().to_string();
    assert!(error.contains("expected one column, found 2"), "{error}");
}

/// A program that takes any table: what is text is encoded, what has gaps is filled.
#[test]
fn any_table_makes_numbers() {
    let table = table();
    let text: Vec<String> = table.columns().filter(|c| !c.numeric).map(|c| c.name).collect();
    let inputs: Vec<String> =
        table.columns().filter(|c| c.name != "cylinders" && c.distinct > 1).map(|c| c.name).collect();
    let encoding = Encoder::new()
        .inputs(&inputs)
        .one_hot(&text)
        .missing(text, crate::data::Missing::MostFrequent)
        .classes("cylinders")
        .fit(&table)
        .unwrap();
    let data = encoding.dataset::<Vec<f32>, u32>(&table).unwrap();
    let features = ["id", "origin=europe", "origin=japan", "origin=usa", "mixed=1.5", "mixed=2.5", "mixed=x"];
    assert_eq!(encoding.features(), features);
    assert_eq!(data.samples()[1], [2.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(
        (encoding.class_names(), data.targets()),
        (&["4", "6", "8"].map(String::from)[..], &[0, 2, 0, 1][..])
    );
    let data = data.padded::<[[f32; 5]; 2]>().unwrap();
    assert_eq!(data.samples()[3], [[4.0, 1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]]);
}

#[test]
fn rows_in_memory_are_checked() {
    let error = Table::new(["a", "b"], [vec!["1", "2"], vec!["1"]]).unwrap_err().to_string();
    assert_eq!(error, "`table in memory`, line 2: expected 2 cells, as in the header, found 1");
    assert_eq!(Table::new(["a"], Vec::<[&str; 1]>::new()).unwrap().len(), 0);
    let none = Table::new(Vec::<String>::new(), [[""; 0]]).unwrap();
    let error = Encoder::new().fit(&none).unwrap_err().to_string();
    assert!(error.contains("no column is left for the inputs"), "{error}");
}

#[test]
fn there_is_nothing_outside_of_a_table() {
    let table = Table::new(["a", "b"], [["1", ""], ["3", "4"]]).unwrap();
    let cells = [(0, 0), (0, 1), (1, 1), (2, 0), (0, 2), (usize::MAX, 0), (0, usize::MAX)];
    let found = cells.map(|(row, column)| table.cell(row, column));
    assert_eq!(found, [Some("1"), None, Some("4"), None, None, None, None]);
}

/// What `numeric` says is what an encoder takes, without one-hot.
#[test]
fn numbers_are_finite() {
    for (cells, numeric, distinct) in
        [(["5", "+5", "6"], true, 2), (["5", "+5", "inf"], false, 3), (["5", "+5", "1e99"], false, 3)]
    {
        let table = Table::new(["x"], cells.map(|cell| [cell])).unwrap();
        let column = table.column("x").unwrap();
        assert_eq!(
            (column.numeric, column.whole, column.distinct),
            (numeric, numeric, distinct),
            "{cells:?}"
        );
        assert_eq!(Encoder::new().fit(&table).is_ok(), numeric, "{cells:?}");
        let categories = Encoder::new().one_hot("x").fit(&table).unwrap();
        assert_eq!(categories.features().len(), distinct, "{cells:?}");
    }
}
