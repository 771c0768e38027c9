//! Files that are written in other ways than most: comments, other signs in numbers, other letters; and how much a file may
//! hold.

use std::io::Write;

use super::file;
use crate::data::{Csv, Dataset, Encoder, Encoding, Missing, Table};

#[track_caller]
fn refusal<T>(result: crate::Result<T>, expected: &str) {
    let Err(error) = result else { panic!("not refused: {expected}") };
    let text = error.to_string();
    assert!(text.contains(expected), "{expected:?} is not in {text:?}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn comments_and_lines_at_the_start_are_left_out() {
    let text = "\u{feff}# made \"by hand\nx,y\n#1,2\n3,4\n\n#\n\"#5\",6\n# end";
    for text in [text.to_owned(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            let (_folder, path) = file(bytes);
            let table = Csv::open(&path).unwrap().comment(b'#').table().unwrap();
            assert_eq!(table.names(), ["x", "y"]);
            let cells: Vec<_> = (0..2).map(|row| [table.cell(row, 0), table.cell(row, 1)]).collect();
            assert_eq!(cells, [[Some("3"), Some("4")], [Some("#5"), Some("6")]]);
            // lines are those of the file
            refusal(Encoder::new().fit(&table), "line 7, column `x`: expected a number, found `#5`");
        }
    }
    let long = format!("# {}\nx,y\n1,2\n", "long ".repeat(100_000));
    let (_folder, path) = file(long);
    assert_eq!(Csv::open(&path).unwrap().comment(b'#').table().unwrap().len(), 1);

    let text = "a \"title\n\n,,,\nx,y\n1,2\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let (_folder, path) = file(&text);
        let table = Csv::open(&path).unwrap().skip_lines(3).table().unwrap();
        assert_eq!((table.names()[0].as_str(), table.cell(0, 1)), ("x", Some("2")));
        refusal(Csv::open(&path).unwrap().skip_lines(9).table(), "the file has no row");
    }
    // not asked for, it is asked back
    let (_folder, path) = file("# a, comment\n1,2,3\n4,5,6\n");
    let advice = "`.comment(b'#')` leaves lines out that begin with `#`";
    refusal(Csv::open(&path).unwrap().table(), advice);
    refusal(Csv::open(&path).unwrap().no_header().table(), advice);
    let (_folder, path) = file("x,y\n# 1,2\n3,4\n");
    let table = Csv::open(&path).unwrap().table().unwrap();
    refusal(Encoder::new().fit(&table), "`.comment(b'#')` leaves out lines that begin with `#`");
}

#[test]
fn numbers_have_the_signs_that_were_said() {
    let (_folder, path) = file("name;price\nnorth;1.234,5\nsouth;-0,25\nwest;7\n");
    let german = || Csv::open(&path).unwrap().delimiter(b';').decimal(b',').thousands(b'.');
    let (data, encoding) = german().one_hot("name").targets("price").fit::<[f32; 3], f32>().unwrap();
    assert_eq!(data.targets(), [1234.5, -0.25, 7.0]);
    assert_eq!(encoding.features(), ["name=north", "name=south", "name=west"]);
    let comma = Csv::open(&path).unwrap().delimiter(b';').decimal(b',').table();
    // 1.234,5 is no number of that form, and so a text
    assert_eq!(comma.unwrap().cell(0, 1), Some("1.234,5"));
    let (_folder, path) = file("x;y\n1,5;2\n1.5;3\n");
    let problem = "line 3, column `x`: `1.5` has a point, but the decimal sign is `,`";
    refusal(Csv::open(&path).unwrap().delimiter(b';').decimal(b',').table(), problem);
    refusal(Csv::open(&path).unwrap().decimal(b'e').table(), "`decimal` is 'e'");

    let (_folder, path) = file("x,y\n\"1,234,567\",2\n");
    let data: Dataset<[f32; 1], f32> = Csv::open(&path).unwrap().thousands(b',').targets("y").read().unwrap();
    assert_eq!(data.samples(), [[1_234_567.0]]);

    // what can only be the other notation is not read as a thousand times as much
    let (_folder, path) = file("x;y\n0.500;2\n");
    let table = Csv::open(&path).unwrap().delimiter(b';').decimal(b',').thousands(b'.').table();
    refusal(table, "line 2, column `x`: `0.500` has a point, but the decimal sign is `,`");
    for cell in ["0,125", "-0,750"] {
        let (_folder, path) = file(format!("x;y\n{cell};2\n"));
        let table = Csv::open(&path).unwrap().delimiter(b';').thousands(b',').table().unwrap();
        let problem =
            format!("line 2, column `x`: expected a number, found `{cell}`\nhelp: `.decimal(b',')` reads");
        refusal(Encoder::new().targets("y").fit(&table), &problem);
    }
}

/// Signs beside a number do not make a name of it, and so no class.
#[test]
fn numbers_with_signs_are_no_classes_and_no_categories() {
    for (cells, help) in [
        (["$18.0", "$2"], "there must be nothing but the number in a cell, here `18.0`"),
        (["18 €", "2 €"], "there must be nothing but the number in a cell, here `18`"),
        (["5%", "7%"], "there must be nothing but the number in a cell, here `5`"),
        (["$1,200.50", "$3"], "here `1,200.50`; `.thousands(b',')` reads commas between thousands"),
        (
            ["1,5", "2,5"],
            "`.decimal(b',')` reads a decimal comma, here `1.5`; `.thousands(b',')` one between",
        ),
        (["1,234,567", "2"], "`.thousands(b',')` reads commas between thousands"),
        (
            ["1.234,5", "2"],
            "`.decimal(b',').thousands(b'.')` reads a decimal comma and points between thousands, here `1234.5`",
        ),
    ] {
        let (_folder, path) = file(format!("x;y\n1;{}\n1;{}\n", cells[0], cells[1]));
        let table = Csv::open(&path).unwrap().delimiter(b';').table().unwrap();
        refusal(Encoder::new().targets("y").fit(&table), help);
        refusal(Encoder::new().one_hot(..).fit(&table), help);
        // asked for by name they are
        assert_eq!(Encoder::new().classes("y").fit(&table).unwrap().class_names().len(), 2);
    }
    // names
    for cells in
        [["A1", "A2"], ["2020-01-31", "2020-02-01"], ["3rd", "2nd"], ["-", "+"], [",", "."], ["1:2", "a"]]
    {
        let table = Table::new(["x", "y"], cells.map(|cell| ["1", cell])).unwrap();
        assert_eq!(Encoder::new().targets("y").fit(&table).unwrap().class_names().len(), 2, "{cells:?}");
    }
}

#[test]
fn latin_1_is_read_where_it_is_asked_for() {
    let bytes = b"na\xefve,preis\ncaf\xe9,1\nt\xe9,2\n";
    let (_folder, path) = file(bytes);
    let table = Csv::open(&path).unwrap().latin1().table().unwrap();
    assert_eq!(
        (table.names()[0].as_str(), table.cell(0, 0), table.cell(1, 0)),
        ("naïve", Some("café"), Some("té"))
    );
    refusal(Csv::open(&path).unwrap().table(), "or call `.latin1()` if each of its letters is a byte");
    // what would be UTF-8 as well is read as it was asked for
    let (_folder, path) = file("ä,x\n1,2\n");
    assert_eq!(Csv::open(&path).unwrap().latin1().table().unwrap().names()[0], "Ã¤");
}

#[test]
fn booleans_are_one_feature() {
    let text = "a,b,c,y\nyes,TRUE,red,1\nNo,f,blue,2\nY,0,red,3\n,1,red,4\n";
    let (_folder, path) = file(text);
    let csv = || Csv::open(&path).unwrap().booleans(["a", "b"]).one_hot(..).targets("y");
    refusal(csv().fit::<[f32; 4], f32>(), "1 cell is missing: line 5, column `a`");
    let (data, encoding) = csv().missing("a", Missing::MostFrequent).fit::<[f32; 4], f32>().unwrap();
    assert_eq!(encoding.features(), ["a", "b", "c=blue", "c=red"]);
    let rows = [[1., 1., 0., 1.], [0., 0., 1., 0.], [1., 1. - 1., 0., 1.], [1., 1., 0., 1.]];
    assert_eq!(data.samples(), rows);
    assert_eq!(encoding.repairs()[0].to_string(), "1 missing cell of `a` filled with true");
    assert!(encoding.to_string().contains("a  true or false; a missing one is true"), "{encoding}");
    // another table, one row, a file
    let path = path.with_extension("encoding");
    encoding.save(&path).unwrap();
    let encoding = Encoding::load(&path).unwrap();
    let sample: [f32; 4] = encoding.sample([("a", "off"), ("b", "On"), ("c", "red")]).unwrap();
    assert_eq!(sample, [0.0, 1.0, 0.0, 1.0]);
    let strange = encoding.sample::<[f32; 4]>([("a", "perhaps"), ("b", "t"), ("c", "red")]);
    refusal(strange, "column `a`: expected true or false, found `perhaps`");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"4\"", "\"3\"", 1)).unwrap();
    refusal(Encoding::load(&path), "which means nothing here");
    std::fs::write(&path, text.replacen("\"true\"", "\"maybe\"", 1)).unwrap();
    refusal(Encoding::load(&path), "what fills column `a` is not one of its values");
    // a feature is known by its place, which another name would change
    for (name, first) in
        [("\"zinc\"", "`zinc` is out of its place"), ("\"red\"", "`red` is out of its place")]
    {
        std::fs::write(&path, text.replacen("\"blue\"", name, 1)).unwrap();
        refusal(Encoding::load(&path), first);
    }

    // all that are, and nothing else
    let table = Table::new(["a", "b", "c"], [["yes", "1", "x"], ["no", "2", "y"]]).unwrap();
    let encoding = Encoder::new().booleans(..).one_hot(..).fit(&table).unwrap();
    assert_eq!(encoding.features(), ["a", "b", "c=x", "c=y"]);
    refusal(
        Encoder::new().inputs("c").booleans("c").fit(&table),
        "line 1, column `c`: expected true or false, found `x`",
    );
    refusal(Encoder::new().booleans("a").one_hot("a").fit(&table), "it becomes one or the other");
    refusal(
        Encoder::new().inputs("b").booleans("a").fit(&table),
        "`.booleans(…)`, but is not among the inputs",
    );
    let mean = Encoder::new().booleans("a").one_hot("c").missing("a", Missing::Mean).fit(&table);
    refusal(mean, "column `a` is true or false, of which there is no mean");
    let filled =
        Encoder::new().booleans("a").one_hot("c").missing("a", Missing::constant("unknown")).fit(&table);
    refusal(filled, "what fills column `a`: expected true or false, found `unknown`");
}

#[test]
fn a_file_holds_as_much_as_was_allowed() {
    let text = "x\n".repeat(1001);
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let (_folder, path) = file(bytes);
        let csv = || Csv::open(&path).unwrap();
        assert_eq!(csv().max_rows(1001).max_cells(1001).table().unwrap().len(), 1000);
        let rows = "line 1001: the table has more than 1000 rows\nhelp: `.max_rows(…)` allows more";
        refusal(csv().max_rows(1000).table(), rows);
        refusal(csv().max_rows(1).table(), "the table has more than 1 row\nhelp: `.max_rows(…)` allows more");
        refusal(
            csv().max_cells(700).table(),
            "line 701: the table has more than 700 cells\nhelp: `.max_cells(…)`",
        );
    }
    // empty lines and comments are not held, but unpacked
    for line in ["\n", "# nothing\n"] {
        let (_folder, path) = file(gzip(line.repeat(10_000).as_bytes()));
        let csv = Csv::open(&path).unwrap().comment(b'#').max_unpacked(5000);
        refusal(csv.table(), "the file unpacks to more than 5000 bytes");
    }
}

#[test]
fn a_file_of_blank_lines_has_no_row() {
    for text in ["   \n\t\n", "\n  \n\r\n", " "] {
        let (_folder, path) = file(text);
        refusal(Csv::open(&path).unwrap().table(), "the file has no row");
        refusal(Csv::open(&path).unwrap().no_header().table(), "the file has no row");
    }
    let (_folder, path) = file("  \nx,y\n1,2\n");
    assert_eq!(Csv::open(&path).unwrap().table().unwrap().names(), ["x", "y"]);
}

/// Whatever a damaged archive unpacks to, the damage is what is wrong.
#[test]
fn a_damaged_archive_is_called_so() {
    let text: String = (0..20_000).map(|i| format!("{i},{}\n", i * 7919 % 1000)).collect();
    let whole = gzip(text.as_bytes());
    let mut damaged = 0;
    for at in (whole.len() / 8..whole.len() - 8).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let (_folder, path) = file(bytes);
        let error = Csv::open(&path).unwrap().no_header().table().unwrap_err().to_string();
        let says =
            ["it is damaged: it begins as a gzip file", "its end is missing: as a gzip file it is cut short"];
        assert!(says.iter().any(|says| error.contains(says)), "{error}");
        damaged += 1;
    }
    assert!(damaged > 30);
}

#[test]
fn missing_cells_are_listed_in_the_order_of_the_file() {
    let rows: Vec<[&str; 2]> = (0..40).map(|i| if i % 3 == 0 { ["", "1"] } else { ["1", "2"] }).collect();
    let (part, _) = Table::new(["x", "y"], rows).unwrap().split(0.8, 7);
    let error = Encoder::new().fit(&part).unwrap_err().to_string();
    let lines: Vec<u32> =
        error.split("line ").skip(1).map(|rest| rest.split(',').next().unwrap().parse().unwrap()).collect();
    let first = (0..part.len()).filter(|row| part.cell(*row, 0).is_none()).map(|row| part.line(row) as u32);
    let mut first: Vec<u32> = first.collect();
    first.sort();
    assert_eq!(lines, first[..5], "{error}");
}
