//! Columns as numbers, in the table that was fitted and in others.

use super::file;
use crate::Error;
use crate::data::{Csv, Encoder, Encoding, Missing, StandardScaler, Table};
use crate::tests::Small;

const STARTUPS: &str =
    "R&D Spend,State,Profit\n1,New York,10\n2,California,20\n3,Florida,30\n4,California,40\n";

#[test]
fn categories_stand_where_their_column_does_in_their_own_order() {
    let (_folder, path) = file(STARTUPS);
    let csv = || Csv::open(&path).unwrap().one_hot("State").targets("Profit");
    let (data, encoding) = csv().fit::<[f32; 4], f32>().unwrap();
    assert_eq!(encoding.features(), ["R&D Spend", "State=California", "State=Florida", "State=New York"]);
    assert_eq!(encoding.categories("State").unwrap(), ["California", "Florida", "New York"]);
    assert_eq!(encoding.categories("R&D Spend"), None);
    assert_eq!(encoding.inputs().collect::<Vec<_>>(), ["R&D Spend", "State"]);
    assert_eq!(encoding.targets().collect::<Vec<_>>(), ["Profit"]);
    assert!(encoding.class_names().is_empty());
    let rows = [[1.0, 0.0, 0.0, 1.0], [2.0, 1.0, 0.0, 0.0], [3.0, 0.0, 1.0, 0.0], [4.0, 1.0, 0.0, 0.0]];
    assert_eq!((data.samples(), data.targets()), (&rows[..], &[10.0, 20.0, 30.0, 40.0][..]));
    let data = csv().inputs(["State", "R&D Spend"]).read::<[f32; 4], f32>().unwrap();
    assert_eq!(data.samples()[2], [0.0, 1.0, 0.0, 3.0]);
    // rows in another order, the same features
    let mut lines: Vec<_> = STARTUPS.lines().collect();
    lines[1..].reverse();
    let (_other, path) = file(lines.join("\n"));
    let other = Csv::open(&path).unwrap().one_hot(..).targets("Profit").fit::<[f32; 4], f32>().unwrap().1;
    assert_eq!(other, encoding);
}

#[test]
fn numbers_can_be_categories() {
    let table = Table::new(["n"], [["10"], ["9"], ["-1.50"], ["9.0"], ["-0"], ["0"]]).unwrap();
    let encoding = Encoder::new().one_hot("n").fit(&table).unwrap();
    assert_eq!(encoding.features(), ["n=-1.5", "n=0", "n=9", "n=10"]);
    assert_eq!(encoding.samples::<[f32; 4]>(&table).unwrap()[3], [0.0, 0.0, 1.0, 0.0]);
    let two = ["9007199254740993", "9007199254740992"].map(|id| [id]);
    let encoding = Encoder::new().one_hot("n").fit(&Table::new(["n"], two).unwrap()).unwrap();
    assert_eq!(encoding.features().len(), 2, "no `f64` tells them apart");
}

#[test]
fn classes_may_be_text_and_numbers() {
    let table = Table::new(["x", "kind"], [["1", "dog"], ["2", "ant"], ["3", "dog"], ["4", "cat"]]).unwrap();
    for encoder in [Encoder::new().targets("kind"), Encoder::new().classes("kind")] {
        let encoding = encoder.fit(&table).unwrap();
        assert_eq!(encoding.class_names(), ["ant", "cat", "dog"]);
        assert_eq!(encoding.dataset::<f32, u32>(&table).unwrap().targets(), [2, 0, 2, 1]);
        let error = encoding.dataset::<f32, f32>(&table).unwrap_err().to_string();
        assert!(
            error.contains(
                "expected a number, found the class `dog`, one of 3\nhelp: classes are read as `u32`"
            ),
            "{error}"
        );
    }
    let wine = Table::new(["x", "kind"], [["1", "3"], ["2", "10"], ["3", "3.0"]]).unwrap();
    let themselves = Encoder::new().targets("kind").fit(&wine).unwrap();
    assert!(themselves.class_names().is_empty());
    assert_eq!(themselves.dataset::<f32, u32>(&wine).unwrap().targets(), [3, 10, 3]);
    let numbered = Encoder::new().classes("kind").fit(&wine).unwrap();
    assert_eq!(numbered.class_names(), ["3", "10"]);
    assert_eq!(numbered.dataset::<f32, u32>(&wine).unwrap().targets(), [0, 1, 0]);
    // a typing mistake among numbers makes no classes of them
    let typo = Table::new(["x", "kind"], [["1", "3"], ["2", "1O"]]).unwrap();
    let error = Encoder::new().targets("kind").fit(&typo).unwrap_err().to_string();
    let expected = "line 2, column `kind`: expected a number, found `1O`\nhelp: `.classes(…)` instead of";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn another_table_is_encoded_in_the_same_way() {
    let (_folder, path) = file(STARTUPS);
    let (_, encoding) =
        Csv::open(&path).unwrap().one_hot("State").targets("Profit").fit::<[f32; 4], f32>().unwrap();
    // by name: in another order, with another column between, without the targets
    let (_other, path) = file("State,year,R&D Spend\nFlorida,2020,7\n");
    let test = Csv::open(&path).unwrap().table().unwrap();
    assert_eq!(encoding.samples::<[f32; 4]>(&test).unwrap(), [[7.0, 0.0, 1.0, 0.0]]);
    assert_eq!(encoding.samples::<Vec<f32>>(&test).unwrap(), [[7.0, 0.0, 1.0, 0.0]]);
    let error = encoding.dataset::<[f32; 4], f32>(&test).unwrap_err().to_string();
    assert!(error.contains("there is no column `Profit`"), "{error}");
    let row = |state: &str| Table::new(["R&D Spend", "State"], [["7", "Florida"], ["7", state]]).unwrap();
    let error = encoding.samples::<[f32; 4]>(&row("florida")).unwrap_err().to_string();
    let expected = "`table in memory`, line 2, column `State`: `florida` is none of the categories that were fitted: \
                    `California`, `Florida`, `New York`\nhelp: did you mean `Florida`? If not, \
                    `.unknown(\"State\", Unknown::Zeros)` makes zeros of any other; it is said before the encoding is fitted";
    assert_eq!(error, expected);
    let error = encoding.samples::<[f32; 4]>(&row("Utah")).unwrap_err().to_string();
    assert!(error.contains("`Utah` is none of") && !error.contains("did you mean"), "{error}");
    let (_other, path) = file("7,Florida\n");
    let test = Csv::open(&path).unwrap().no_header().table().unwrap();
    let error = encoding.samples::<[f32; 4]>(&test).unwrap_err().to_string();
    assert!(error.contains("column `R&D Spend` was chosen by name, but there is no header"), "{error}");
}

#[test]
fn without_a_header_columns_are_found_by_position() {
    let (_folder, path) = file("M,1,15\nF,2,7\n");
    let (data, encoding) =
        Csv::open(&path).unwrap().no_header().one_hot(0).targets(2).fit::<[f32; 3], f32>().unwrap();
    assert_eq!(encoding.features(), ["0=F", "0=M", "1"]);
    assert_eq!(data.samples(), [[0.0, 1.0, 1.0], [1.0, 0.0, 2.0]]);
    let (_other, path) = file("F,9\n");
    let test = Csv::open(&path).unwrap().no_header().table().unwrap();
    assert_eq!(encoding.samples::<[f32; 3]>(&test).unwrap(), [[1.0, 0.0, 9.0]]);
}

#[test]
fn features_that_do_not_fit_are_named() {
    let (_folder, path) = file(STARTUPS);
    let csv = || Csv::open(&path).unwrap().one_hot("State").targets("Profit");
    let error = csv().read::<[f32; 3], f32>().unwrap_err().to_string();
    let expected = "table.csv`: expected 3 features, as `[f32; 3]` takes, found 4: `R&D Spend`, `State=California`, \
                    `State=Florida`, `State=New York`";
    assert!(error.ends_with(expected), "{error}");
    let error = csv().read::<[f32; 4], [f32; 2]>().unwrap_err().to_string();
    assert!(error.ends_with("expected 2 targets, as `[f32; 2]` takes, found 1: `Profit`"), "{error}");
    let header: Vec<_> = (0..30).map(|i| format!("a rather long name of the column {i:020}")).collect();
    let (_folder, path) = file(format!("{}\n{}\n", header.join(","), ["1"; 30].join(",")));
    let error = Csv::open(&path).unwrap().targets(0).read::<[[f32; 2]; 2], f32>().unwrap_err().to_string();
    assert!(error.contains("expected 4 features, as `[[f32; 2]; 2]` takes, found 29: `a rather"), "{error}");
    assert!(error.ends_with("…`, …") && error.len() < 700, "{error}");
}

#[test]
fn choices_that_mean_nothing_are_refused() {
    let rows: Vec<[String; 3]> =
        (0..1001).map(|i| [format!("n{i}"), i.to_string(), "x".to_owned()]).collect();
    let table = Table::new(["name", "i", "kind"], rows).unwrap();
    let new = Encoder::new;
    let cases = [
        (
            new().one_hot("name"),
            "column `name` has 1001 distinct values: `n0`, `n1`, `n10`\nhelp: `.one_hot(…)` makes",
        ),
        (
            new().inputs("i").one_hot("kind"),
            "column `kind` was chosen for `.one_hot(…)`, but is not among the inputs",
        ),
        (
            new().inputs("knd"),
            "there is no column `knd`\nhelp: did you mean `kind`? Its columns are `name`, `i`, `kind`",
        ),
        (new().inputs("NAME"), "there is no column `NAME`\nhelp: did you mean `name`?"),
        (new().inputs("price"), "there is no column `price`\nhelp: its columns are `name`, `i`, `kind`"),
        (new().inputs([0, 3]), "there is no column 3: the table has 3, counted from 0"),
        (new().classes(["i", "kind"]), "the classes stand in one column, 2 were chosen"),
        (new().inputs(["i", "name", "i"]), "column `i` was chosen twice for the inputs"),
        (new().targets([1, 1]), "column `i` was chosen twice for the targets"),
        (
            new().inputs(["i", "kind"]).targets("i"),
            "column `i` was chosen for the inputs and for the targets",
        ),
        (new().inputs(Vec::<usize>::new()), "no column is left for the inputs"),
        (new().targets([0, 1, 2]), "no column is left for the inputs"),
    ];
    for (encoder, expected) in cases {
        let error = encoder.fit(&table).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
    let error = new().inputs("kind").fit(&table).unwrap_err().to_string();
    assert!(
        error.contains(
            "expected a number, found `x`\nhelp: if the column has categories, `.one_hot(…)` makes"
        ),
        "{error}"
    );
    let encoding = new().inputs("i").fit(&table).unwrap();
    let error = encoding.dataset::<f32, f32>(&table).unwrap_err().to_string();
    assert!(error.contains("no columns were chosen for the targets\nhelp: call `.targets(…)`"), "{error}");
}

#[test]
fn encodings_are_kept_in_files() {
    let rows = [["1", "a \"b\", c", "10", "two\nlines"], ["", "é", "9", "1"], ["4", "", "9", "x"]];
    let table = Table::new(["x", "strange, \"name\"", "n", "kind"], rows).unwrap();
    let encoder = Encoder::new().one_hot(..).one_hot("n").classes("kind").missing(.., Missing::MostFrequent);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoding.csv");
    for encoder in
        [encoder.clone(), encoder.clone().missing(.., Missing::Drop), encoder.targets("x").inputs("n")]
    {
        let encoder = encoder.missing("x", Missing::Drop);
        let encoding = encoder.fit(&table).unwrap();
        encoding.save(&path).unwrap();
        let loaded = Encoding::load(&path).unwrap();
        assert_eq!((loaded.features(), loaded.class_names()), (encoding.features(), encoding.class_names()));
        let data = (encoding.dataset::<Vec<f32>, u32>(&table), loaded.dataset::<Vec<f32>, u32>(&table));
        assert_eq!(data.0.unwrap(), data.1.unwrap());
        assert_eq!(loaded.repairs_of(&table).unwrap(), encoding.repairs());
        let first = std::fs::read(&path).unwrap();
        loaded.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
    }
    let row = |rows: &str| format!("plywood encoding,2,names\n{rows}\nend,{}\n", 1 + rows.lines().count());
    let of_3 = |rows: &str| row(rows).replacen(",2,", ",3,", 1);
    let cases = [
        ("a,b\n1,2\n".to_owned(), "line 1: this is not an encoding\nhelp: an encoding is written by"),
        ("plywood encoding,1,names\n".to_owned(), "line 1: this is an encoding of version `1`, here 2 to 4"),
        ("plywood encoding,5,names\n".to_owned(), "line 1: this is an encoding of version `5`, here 2 to 4"),
        ("plywood encoding,3,both\n".to_owned(), "line 1: this is not an encoding"),
        (
            row("one-hot,x,0,drop\nunknown,zeros\ncategory,a"),
            "line 3: found `unknown,zeros`, which means nothing",
        ),
        (of_3("number,x,0,drop\nunknown,zeros"), "line 3: found `unknown,zeros`, which means nothing here"),
        (
            of_3("one-hot,x,0,drop\nunknown,zeros\nunknown,zeros"),
            "line 4: found `unknown,zeros`, which means",
        ),
        (of_3("one-hot,x,0,drop\nunknown,is,b\ncategory,a"), "fills column `x` is not one of its values"),
        (of_3("one-hot,x,0,drop\nunknown,guess\ncategory,a"), "line 3: found `unknown,guess`, which means"),
        (row(""), "there is no column in it"),
        (String::new(), "there is nothing in it"),
        ("plywood encoding,2,names\nnumber,x,0,drop\n".to_owned(), "its end is not there: it was cut off"),
        (
            "plywood encoding,2,names\nnumber,x,0,drop\nend,3\n".to_owned(),
            "line 3: rows before it are not there",
        ),
        (row("number,x,0,drop") + "number,y,1,drop\n", "line 4: something follows its end"),
        (row("number,x,one,drop"), "line 2: its position is no number"),
        (row("number,x,0,fill,much"), "what fills column `x` is not one of its values"),
        (row("number,x,0,fill,inf"), "what fills column `x` is not one of its values"),
        (row("number,x,0,fill,1e39"), "what fills column `x` is not one of its values"),
        (row("number,x,0,guess"), "what fills column `x` is not one of its values"),
        (row("one-hot,x,0,fill,b\ncategory,a"), "what fills column `x` is not one of its values"),
        (row("number,x,0,drop\ncategory,a"), "line 3: found `category,a`, which means nothing here"),
        (row("class,x"), "line 2: found `class,x`, which means nothing here"),
        (row("number,x,0,fill,1,2"), "line 2: found `number,x,0,fill,1,2`, which"),
        (row("number"), "line 2: found `number`, which means nothing here"),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        let error = Encoding::load(&path).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("encoding.csv`"),
            "{expected:?} is not in {error:?}"
        );
    }
    assert!(Encoding::load(folder.path().join("none")).is_err());
}

#[test]
fn a_part_of_a_file_is_no_encoding() {
    let rows = [["1", "a", "dog"], ["2", "b", "cat"], ["3", "c", "ant"]];
    let table = Table::new(["x", "letter", "kind"], rows).unwrap();
    let encoding = Encoder::new().one_hot("letter").classes("kind").fit(&table).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoding.csv");
    encoding.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    // but for the end of the last line
    for length in 0..whole.len() - 1 {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(Encoding::load(&path).is_err(), "the first {length} bytes");
    }
    std::fs::write(&path, &whole).unwrap();
    Encoding::load(&path).unwrap();
}

#[test]
fn two_classes_of_text_are_0_and_1_for_one_output() {
    let table = Table::new(["x", "sick"], [["1", "yes"], ["2", "no"], ["3", "yes"]]).unwrap();
    for encoder in [Encoder::new().targets("sick"), Encoder::new().classes("sick")] {
        let encoding = encoder.fit(&table).unwrap();
        assert_eq!(encoding.class_names(), ["no", "yes"]);
        assert_eq!(encoding.dataset::<f32, f32>(&table).unwrap().targets(), [1.0, 0.0, 1.0]);
        assert_eq!(encoding.dataset::<f32, [f32; 1]>(&table).unwrap().targets(), [[1.0], [0.0], [1.0]]);
        assert_eq!(encoding.dataset::<f32, u32>(&table).unwrap().targets(), [1, 0, 1]);
    }
    let table = Table::new(["x", "sick"], [["1", "yes"], ["2", "no"], ["3", "perhaps"]]).unwrap();
    let encoding = Encoder::new().targets("sick").fit(&table).unwrap();
    let error = encoding.dataset::<f32, f32>(&table).unwrap_err().to_string();
    let expected = "line 1, column `sick`: expected a number, found the class `yes`, one of 3\nhelp: classes are read as \
                    `u32`, not as `f32`; as `f32` there can be two, which are 0 and 1";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn files_of_other_kinds_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let table = Table::new(["x", "y"], [["1", "2"], ["", "3"], ["2", "3"]]).unwrap();
    let encoding = Encoder::new().targets("y").missing("x", Missing::Drop).fit(&table).unwrap();
    encoding.save(path("encoding")).unwrap();
    StandardScaler::fit(&[[1.0f32], [2.0]]).unwrap().save(path("scaler")).unwrap();
    Small::init(1).save(path("network")).unwrap();

    // what was done to one table is not kept
    let loaded = Encoding::load(path("encoding")).unwrap();
    assert_eq!((loaded.dropped_rows(), encoding.dropped_rows()), (0, 1));
    assert_eq!(loaded, encoding);
    assert_ne!(loaded, Encoder::new().targets("y").missing("x", Missing::Mean).fit(&table).unwrap());

    let said = |error: Error| error.to_string().split_once("`: ").unwrap().1.to_owned();
    let encoding = |name| said(Encoding::load(path(name)).unwrap_err());
    let scaler = |name| said(StandardScaler::<[f32; 1]>::load(path(name)).unwrap_err());
    assert_eq!(
        encoding("scaler"),
        "this is not an encoding\nhelp: it is a `StandardScaler`, which `StandardScaler::load` reads"
    );
    assert_eq!(
        encoding("network"),
        "this is not an encoding\nhelp: it is a file of tensors, as a network's is, which the network's `load` reads"
    );
    assert_eq!(
        scaler("encoding"),
        "expected a `StandardScaler`\nhelp: it is an encoding, which `Encoding::load` reads"
    );
    assert_eq!(
        scaler("network"),
        "expected a `StandardScaler`, found tensors that are no scaler's\nhelp: it is a file of tensors, as a network's \
         is, which the network's `load` reads"
    );
}

#[test]
fn scores_become_names_and_probabilities() {
    let table = Table::new(["x", "kind"], [["1", "b"], ["2", "a"], ["3", "c"]]).unwrap();
    let encoding = Encoder::new().targets("kind").fit(&table).unwrap();
    let answers = encoding.probabilities(&[1.0, 3.0, -2.0]).unwrap();
    let sum = [1.0f64, 3.0, -2.0].map(f64::exp).iter().sum::<f64>();
    for ((name, probability), (expected, score)) in
        answers.iter().zip([("a", 1.0f64), ("b", 3.0), ("c", -2.0)])
    {
        assert_eq!(*name, expected);
        assert!((f64::from(*probability) - score.exp() / sum).abs() < 1e-7, "{name}: {probability}");
    }
    assert_eq!(encoding.classify(&[1.0, 3.0, -2.0]).unwrap(), answers[1]);
    // however large, and of equal ones the first
    assert_eq!(encoding.classify(&[f32::MIN, f32::MAX, 0.0]).unwrap(), ("b", 1.0));
    assert_eq!(encoding.classify(&[2.0; 3]).unwrap(), ("a", 1.0 / 3.0));
    let text = encoding.classify(&[1.0, 2.0]).unwrap_err().to_string();
    assert!(text.contains("expected 3 scores of a sample, one for each class, found 2"), "{text}");
    let text = encoding.classify(&[1.0, f32::NAN, 2.0]).unwrap_err().to_string();
    assert!(text.contains("score 1 is not a finite number"), "{text}");

    // one score for two
    let table = Table::new(["x", "sick"], [["1", "no"], ["2", "yes"]]).unwrap();
    let encoding = Encoder::new().targets("sick").fit(&table).unwrap();
    let answers = encoding.probabilities(&[1.5]).unwrap();
    let yes = 1.0 / (1.0 + (-1.5f64).exp());
    assert!(
        (f64::from(answers[1].1) - yes).abs() < 1e-7 && answers[0].1 + answers[1].1 == 1.0,
        "{answers:?}"
    );
    assert_eq!(encoding.classify(&[-3.0]).unwrap().0, "no");
    let numbers = Encoder::new().one_hot("sick").targets("x").fit(&table).unwrap();
    let text = numbers.classify(&[1.0]).unwrap_err().to_string();
    assert!(
        text.contains("the list of classes is empty\nhelp: the targets of this encoding are numbers"),
        "{text}"
    );
}
