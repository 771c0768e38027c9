//! Missing cells: refused, filled, left out.

use crate::data::{Encoder, Missing, Table};

fn table() -> Table {
    let rows = [
        ["1", "a", "10"],
        ["", "b", "20"],
        ["4", "?", "30"],
        ["1", "b", "nan"],
        ["7", "", ""],
        ["NA", "a", "60"],
    ];
    Table::new(["x", "kind", "y"], rows).unwrap()
}

fn encoder() -> Encoder {
    Encoder::new().one_hot("kind").targets("y")
}

#[test]
fn missing_cells_are_refused_unless_something_is_said() {
    let error = encoder().fit(&table()).unwrap_err().to_string();
    let expected = "`table in memory`: 6 cells are missing: line 2, column `x`; line 3, column `kind`; line 4, column `y`; \
                    line 5, column `kind`; line 5, column `y`; …\nhelp: `.missing(…, Missing::Drop)` leaves their rows out";
    assert!(error.starts_with(expected), "{error}");
    let error = encoder()
        .inputs("x")
        .one_hot(Vec::<usize>::new())
        .fit(&Table::new(["x", "y", "kind"], [["", "1", "a"]]).unwrap());
    assert!(error.unwrap_err().to_string().contains("`.one_hot(…)`, but is not among the inputs"));
    let one = Table::new(["x", "y"], [["", "1"]]).unwrap();
    let error = Encoder::new().targets("y").fit(&one).unwrap_err().to_string();
    assert!(error.contains("1 cell is missing: line 1, column `x`\nhelp"), "{error}");
}

#[test]
fn missing_cells_are_filled() {
    let fills = [
        (Missing::Mean, 13.0 / 4.0, "3.25"),
        (Missing::Median, 2.5, "2.5"),
        (Missing::MostFrequent, 1.0, "1"),
        (Missing::constant(-1), -1.0, "-1"),
        (Missing::constant("2.5e1"), 25.0, "25"),
    ];
    for (missing, number, text) in fills {
        let encoder = Encoder::new().inputs("x").missing("x", missing.clone());
        let encoding = encoder.fit(&table()).unwrap();
        let xs = encoding.samples::<f32>(&table()).unwrap();
        assert_eq!(xs, [1.0, number, 4.0, 1.0, 7.0, number], "{missing:?}");
        let repairs: Vec<_> = encoding.repairs().iter().map(ToString::to_string).collect();
        assert_eq!(repairs, [format!("2 missing cells of `x` filled with {text}")]);
        // the same numbers for another table, whatever is in it
        let other = Table::new(["x"], [[""], ["100"], ["200"]]).unwrap();
        assert_eq!(encoding.samples::<f32>(&other).unwrap(), [number, 100.0, 200.0]);
        let repairs = encoding.repairs_of(&other).unwrap();
        assert_eq!((repairs[0].cells, repairs[0].filled_with.as_deref()), (1, Some(text)));
    }
}

#[test]
fn categories_are_filled_with_categories() {
    let fit = |missing| Encoder::new().inputs("kind").one_hot(..).missing("kind", missing).fit(&table());
    let encoding = fit(Missing::MostFrequent).unwrap();
    assert_eq!(encoding.samples::<[f32; 2]>(&table()).unwrap()[4], [1.0, 0.0], "of two the first");
    assert_eq!(encoding.repairs()[0].to_string(), "2 missing cells of `kind` filled with `a`");
    let encoding = fit(Missing::constant("none of these")).unwrap();
    assert_eq!(encoding.features(), ["kind=a", "kind=b", "kind=none of these"]);
    assert_eq!(encoding.samples::<[f32; 3]>(&table()).unwrap()[2], [0.0, 0.0, 1.0]);
    let error = fit(Missing::Mean).unwrap_err().to_string();
    let expected = "column `kind` has categories, of which there is no mean and no median\nhelp: `.missing(\"kind\", \
                    Missing::MostFrequent)`";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn rows_are_left_out_where_it_was_said() {
    let encoding = encoder().missing(.., Missing::Drop).fit(&table()).unwrap();
    let data = encoding.dataset::<[f32; 2], f32>(&table()).unwrap();
    assert_eq!((data.samples(), data.targets()), (&[[1.0, 1.0]][..], &[10.0][..]));
    assert_eq!(encoding.features(), ["x", "kind=a"], "what is left out does not count");
    assert_eq!(encoding.dropped_rows(), 5);

    let encoder = encoder()
        .missing(.., Missing::Drop)
        .missing("x", Missing::Mean)
        .missing("kind", Missing::constant("b"));
    let encoding = encoder.fit(&table()).unwrap();
    let data = encoding.dataset::<[f32; 3], f32>(&table()).unwrap();
    // the mean of those that are left, without 7
    assert_eq!(data.samples(), [[1.0, 1.0, 0.0], [2.5, 0.0, 1.0], [4.0, 0.0, 1.0], [2.5, 1.0, 0.0]]);
    assert_eq!((data.targets(), encoding.dropped_rows()), (&[10.0, 20.0, 30.0, 60.0][..], 2));
    let repairs: Vec<_> = encoding.repairs().iter().map(ToString::to_string).collect();
    let expected = [
        "2 missing cells of `x` filled with 2.5",
        "1 missing cell of `kind` filled with `b`",
        "2 rows left out for a missing `y`",
    ];
    assert_eq!(repairs, expected);
}

#[test]
fn all_columns_are_those_for_which_it_has_a_meaning() {
    let encoder = encoder().inputs(["kind", "x"]).missing("y", Missing::Drop);
    let encoder = encoder.missing(.., Missing::MostFrequent).missing(.., Missing::Median);
    let encoding = encoder.fit(&table()).unwrap();
    assert_eq!(encoding.features(), ["kind=a", "kind=b", "x"]);
    let repairs: Vec<_> =
        encoding.repairs().iter().map(|r| (r.column.as_str(), r.filled_with.as_deref())).collect();
    assert_eq!(repairs, [("kind", Some("`a`")), ("x", Some("2.5")), ("y", None)]);
    let encoder = encoder.missing(.., Missing::constant(9)).missing(.., Missing::constant("c"));
    let encoding = encoder.fit(&table()).unwrap();
    assert_eq!(encoding.features(), ["kind=a", "kind=b", "kind=c", "x"]);
    assert_eq!(encoding.samples::<[f32; 4]>(&table()).unwrap()[1], [0.0, 1.0, 0.0, 9.0]);
    // the median alone leaves categories as they are
    let encoder = Encoder::new().inputs(["kind", "x"]).one_hot(..).missing(.., Missing::Median);
    let error = encoder.fit(&table()).unwrap_err().to_string();
    assert!(error.contains("2 cells are missing: line 3, column `kind`; line 5, column `kind`\n"), "{error}");
}

/// What is predicted must be as long as what it is predicted for.
#[test]
fn rows_to_predict_are_never_left_out() {
    let encoding = Encoder::new().inputs("x").targets("y").missing(.., Missing::Drop).fit(&table()).unwrap();
    assert_eq!(encoding.dataset::<f32, f32>(&table()).unwrap().samples(), [1.0, 4.0]);
    let error = encoding.samples::<f32>(&table()).unwrap_err().to_string();
    assert!(error.contains("2 cells are missing: line 2, column `x`; line 6, column `x`\nhelp"), "{error}");
}

#[test]
fn what_cannot_be_filled_is_refused() {
    let empty = Table::new(["x", "y"], [["", "1"], ["?", "2"]]).unwrap();
    let new = || Encoder::new().targets("y");
    let cases = [
        (new().missing("x", Missing::Mean), "column `x` has no cell to fill the missing ones from"),
        (new().missing("x", Missing::MostFrequent), "column `x` has no cell to fill the missing ones from"),
        (
            new().missing("x", Missing::constant("much")),
            "what fills column `x`: expected a number, found `much`",
        ),
        (
            new().missing("x", Missing::constant(f64::NAN)),
            "what fills column `x`: expected a finite number, found `NaN`",
        ),
        (
            new().missing("y", Missing::Mean),
            "column `y` has targets, which are not filled\nhelp: `.missing(\"y\", Missing::Drop)`",
        ),
        (
            Encoder::new().inputs("y").missing("x", Missing::Mean),
            "`x` was chosen for `.missing(…)`, but is neither among",
        ),
    ];
    for (encoder, expected) in cases {
        let error = encoder.fit(&empty).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
    let error = new().missing(.., Missing::Drop).fit(&empty).unwrap_err().to_string();
    assert!(error.contains("each of its rows was left out for a missing cell"), "{error}");
    let text = Table::new(["x"], [["1"], ["two"], [""]]).unwrap();
    let error = Encoder::new().missing("x", Missing::Mean).fit(&text).unwrap_err().to_string();
    assert!(error.contains("line 2, column `x`: expected a number, found `two`"), "{error}");
}

#[test]
fn the_help_fits_the_column() {
    let rows = [["1", "a", "1"], ["", "b", "2"], ["3", "", "3"], ["4", "a", ""]];
    let row = |i: usize| Table::new(["x", "letter", "y"], [rows[0], rows[i]]).unwrap();
    for (i, fill, other) in
        [(1, "Missing::Mean", "Frequent"), (2, "MostFrequent", "Mean"), (3, "Drop", "fills")]
    {
        let table = row(i);
        let fitted = Encoder::new().one_hot("letter").targets("y").fit(&table);
        let text = fitted.unwrap_err().to_string();
        let help = text.split("help: ").nth(1).unwrap();
        assert!(help.contains(fill) && help.contains("Missing::Drop") && !help.contains(other), "{text}");
    }
}
