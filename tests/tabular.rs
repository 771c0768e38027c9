//! Tables and scalers against scikit-learn, and over real files.
use plywood::data::{Csv, Dataset, Encoder, Missing, Unknown};
use plywood::prelude::*;
use plywood_tests::fixture::{cases_of, fill, list, number, read, sizes, word};
use serde_json::Value;
use std::io::{self, Write};
use std::path::PathBuf;

/// The folder of the data sets, if there is one.
fn data() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("PLYWOOD_DATA").map(|folder| root.join(folder));
    if folder.is_none() {
        // on the stream itself, which the test harness does not hold back
        let _ = writeln!(io::stderr(), "skipped: PLYWOOD_DATA does not name the folder of the data sets");
    }
    folder
}

#[track_caller]
fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        // one rounding to f32
        let bound = 1e-12 + expected.abs() * f64::from(f32::EPSILON);
        assert!((f64::from(*found) - expected).abs() <= bound, "{what}, {i}: {found}, not {expected}");
    }
}

#[track_caller]
fn close_f64(found: &[f64], expected: &Value, what: &str) {
    let expected = list(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= 1e-12 * expected.abs().max(1e-3),
            "{what}: {found}, not {expected}"
        );
    }
}

/// One case, of samples of this many numbers.
fn scaler_case<const W: usize>(case: &Value) {
    let (offset, constant) = (number(&case["offset"]), case["constant"].as_u64());
    let numbers: Vec<f32> = fill(&case["x"]).iter().map(|x| (x + offset) as f32).collect();
    let mut xs: Vec<[f32; W]> = <[f32; W]>::from_flat(&numbers).expect("whole rows").to_vec();
    if let Some(constant) = constant {
        xs.iter_mut().for_each(|x| x[constant as usize] = 2.5);
    }
    let mut others = case["x"].clone();
    others["scale"] = 1.5.into();
    others["k"] = (number(&others["k"]) as u64 + 1).into();
    let others: Vec<f32> = fill(&others).iter().map(|x| *x as f32).collect();
    let mut others: Vec<[f32; W]> = <[f32; W]>::from_flat(&others).expect("whole rows").to_vec();
    let found: Vec<usize> = match word(&case["scaler"]) {
        "StandardScaler" => {
            let scaler = StandardScaler::fit(&xs).expect("finite numbers");
            close_f64(scaler.mean(), &case["mean"], "mean");
            close_f64(scaler.scale(), &case["scale"], "scale");
            scaler.apply(&mut xs);
            scaler.invert(&mut others);
            scaler.constant().collect()
        }
        name => {
            let low = if name == "MinMaxScaler" { 0.0 } else { -1.0 };
            let scaler = MinMaxScaler::fit_range(&xs, low..=1.0).expect("finite numbers");
            close_f64(scaler.data_min(), &case["data_min"], "data_min");
            close_f64(scaler.data_max(), &case["data_max"], "data_max");
            scaler.apply(&mut xs);
            scaler.invert(&mut others);
            scaler.constant().collect()
        }
    };
    if xs.len() > 1 {
        assert_eq!(found, constant.map(|i| i as usize).into_iter().collect::<Vec<_>>());
    }
    // scikit-learn multiplies and then adds: from numbers far from 0 it is off by their rounding
    let scaled = list(&case["scaled"]);
    for (i, (found, expected)) in xs.as_flattened().iter().zip(&scaled).enumerate() {
        let bound = 1e-9 + expected.abs() * f64::from(f32::EPSILON);
        assert!((f64::from(*found) - expected).abs() <= bound, "scaled, {i}: {found}, not {expected}");
    }
    close(others.as_flattened(), &list(&case["inverted"]), "inverted");
}

#[test]
fn scalers_are_those_of_scikit_learn() {
    let cases = cases_of(&read("tabular")["scalers"]);
    assert_eq!(cases.len(), 9);
    for case in cases {
        match sizes(&case["x"]["shape"])[1] {
            2 => scaler_case::<2>(&case),
            3 => scaler_case::<3>(&case),
            4 => scaler_case::<4>(&case),
            other => panic!("samples of {other} numbers"),
        }
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| word(text).to_owned()).collect()
}

#[test]
fn real_files_are_encoded_as_by_scikit_learn() {
    let Some(folder) = data() else { return };
    let cases = cases_of(&read("tabular")["files"]);
    assert_eq!(cases.len(), 4);
    for case in cases {
        let name = word(&case["file"]);
        let table = Csv::open(folder.join(name)).and_then(Csv::table).expect(name);
        let encoder = Encoder::new().inputs(words(&case["inputs"])).one_hot(words(&case["one_hot"]));
        let encoder = encoder.targets(word(&case["target"])).missing(.., Missing::MostFrequent);
        let encoding = encoder.clone().missing(.., Missing::Median).fit(&table).expect(name);
        let categories = case["categories"].as_object().expect("categories");
        for (column, expected) in categories {
            assert_eq!(encoding.categories(column).expect(column), words(expected), "{name}, {column}");
        }
        let classes = &case["targets"]["classes"];
        let samples = if classes.is_array() {
            let data: Dataset<Vec<f32>, u32> = encoding.dataset(&table).expect(name);
            assert_eq!(encoding.class_names(), words(classes));
            let count = |class| data.targets().iter().filter(|found| **found == class as u32).count();
            let counts: Vec<usize> = (0..encoding.class_names().len()).map(count).collect();
            assert_eq!(counts, sizes(&case["targets"]["counts"]), "{name}");
            data.into_parts().0
        } else {
            let data: Dataset<Vec<f32>, f32> = encoding.dataset(&table).expect(name);
            let sum: f64 = data.targets().iter().map(|y| f64::from(*y)).sum();
            let expected = number(&case["targets"]["sum"]);
            assert!((sum - expected).abs() < 1e-6 * expected, "{name}: {sum}, not {expected}");
            data.into_parts().0
        };
        for (i, expected) in list(&case["sums"]).into_iter().enumerate() {
            let sum: f64 = samples.iter().map(|x| f64::from(x[i])).sum();
            let feature = &encoding.features()[i];
            assert!((sum - expected).abs() <= 1e-6 * expected, "{name}, {feature}: {sum}, not {expected}");
        }
        for (at, missing) in [Missing::Mean, Missing::Median, Missing::MostFrequent].into_iter().enumerate() {
            let encoding = encoder.clone().missing(.., missing).fit(&table).expect(name);
            for repair in encoding.repairs().iter().filter(|repair| !categories.contains_key(&repair.column))
            {
                let expected = number(&case["fills"][&repair.column][at]);
                let found: f64 = repair.filled_with.as_ref().and_then(|x| x.parse().ok()).expect("a number");
                assert!((found - expected).abs() < 1e-9 * expected, "{name}, {repair}: not {expected}");
            }
        }
    }
}

#[test]
fn unknown_categories_are_ignored_as_by_scikit_learn() {
    let Some(folder) = data() else { return };
    let case = &read("tabular")["unknown"];
    let (name, column) = (word(&case["file"]), word(&case["column"]));
    let table = Csv::open(folder.join(name)).and_then(Csv::table).expect(name);
    let position = table.column(column).expect(column).position;
    let mut cells = (0..table.len()).map(|row| [table.cell(row, position).expect("no cell is missing")]);
    let known: Vec<_> = cells.by_ref().take(number(&case["rows"]) as usize).collect();
    let known = Table::new([column], known).expect("a table");
    let others = Table::new([column], cells).expect("a table");
    let encoder = Encoder::new().one_hot(column);
    let error =
        encoder.fit(&known).and_then(|encoding| encoding.samples::<Vec<f32>>(&others)).expect_err("unknown");
    assert!(error.to_string().contains("help: `.unknown(\"name\", Unknown::Zeros)`"), "{error}");
    let encoding = encoder.unknown(column, Unknown::Zeros).fit(&known).expect(column);
    assert_eq!(encoding.features().len(), number(&case["categories"]) as usize);
    let samples: Vec<Vec<f32>> = encoding.samples(&others).expect(column);
    let expected = case["found"].as_array().expect("a list");
    assert_eq!(samples.len(), expected.len());
    assert!(expected.iter().any(Value::is_null) && !expected.iter().all(Value::is_null));
    for (sample, expected) in samples.iter().zip(expected) {
        let ones: Vec<usize> = (0..sample.len()).filter(|i| sample[*i] == 1.0).collect();
        let expected: Vec<usize> = expected.as_u64().map(|i| i as usize).into_iter().collect();
        assert_eq!((ones, sample.iter().sum::<f32>()), (expected.clone(), expected.len() as f32));
    }
}

/// Counts from the data sets' own descriptions.
#[test]
fn real_files_hold_what_is_known_of_them() {
    let Some(folder) = data() else { return };
    let open = |name: &str| Csv::open(folder.join("tabular").join(name)).expect(name);
    let columns = |name: &str| {
        let table = open(name).table().expect(name);
        table.columns().map(|c| (c.name, c.numeric, c.distinct, c.missing)).collect::<Vec<_>>()
    };
    let penguins = columns("penguins.csv");
    assert_eq!(penguins[0], ("species".to_owned(), false, 3, 0));
    assert_eq!(penguins.iter().map(|column| column.3).collect::<Vec<_>>(), [0, 0, 2, 2, 2, 2, 11]);
    assert!(penguins.iter().map(|column| column.1).eq([false, false, true, true, true, true, false]));
    let mpg = columns("mpg.csv");
    assert_eq!((mpg[3].1, mpg[3].3, mpg[7].2), (true, 6, 3));

    let error =
        open("penguins.csv").one_hot(..).targets("species").read::<Vec<f32>, u32>().expect_err("gaps");
    let expected = "19 cells are missing: line 5, column `bill_length_mm`; line 5, column `bill_depth_mm`; ";
    assert!(error.to_string().contains(expected), "{error}");
    let dropped = open("penguins.csv").one_hot(..).targets("species").missing(.., Missing::Drop);
    let (data, encoding) = dropped.fit::<[f32; 9], u32>().expect("rows are left out");
    assert_eq!((data.len(), encoding.dropped_rows()), (333, 11));

    let iris: Dataset<[f32; 4], u32> = open("iris.csv").targets("species").read().expect("iris");
    let parts = iris.stratified_split_into([0.6, 0.2, 0.2], 7).expect("parts");
    for (part, of_each) in parts.iter().zip([30, 10, 10]) {
        assert!((0..3).all(|class| part.targets().iter().filter(|c| **c == class).count() == of_each));
    }

    // columns of numbers that are hardly ever the same are split as long as others
    let banknote = open("banknote_authentication.csv").no_header().table().expect("banknote");
    let mpg = open("mpg.csv").table().expect("mpg");
    for (parts, expected) in [
        (banknote.stratified_split(0, 0.8, 1), (1098, 274)),
        (mpg.stratified_split("weight", 0.8, 7), (318, 80)),
    ] {
        let (train, test) = parts.expect("values that occur more than once");
        assert_eq!((train.len(), test.len()), expected);
    }

    let sizes = [
        ("abalone.csv", 8, 4177),
        ("banknote_authentication.csv", 4, 1372),
        ("boston_housing.csv", 13, 506),
        ("sonar.csv", 60, 208),
        ("wine.csv", 13, 178),
    ];
    for (name, target, rows) in sizes {
        let error = open(name).table().expect_err("there is no header").to_string();
        assert!(error.contains("help: call `.no_header()`"), "{name}: {error}");
        let (data, encoding) =
            open(name).no_header().one_hot(..).classes(target).fit::<Vec<f32>, u32>().expect(name);
        let features = if name == "abalone.csv" { 10 } else { target };
        assert_eq!((data.len(), encoding.features().len()), (rows, features), "{name}");
        let classes = match name {
            "sonar.csv" => vec!["M", "R"],
            "wine.csv" => vec!["1", "2", "3"],
            "banknote_authentication.csv" => vec!["0", "1"],
            _ => continue,
        };
        assert_eq!(encoding.class_names(), classes, "{name}");
    }
}
