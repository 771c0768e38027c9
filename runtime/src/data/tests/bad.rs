//! Files that are no table, or not the expected one.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use super::file;
use crate::data::{Csv, Dataset, Encoder, Encoding, Missing, Table};
use crate::{Error, Result};

fn read(content: impl AsRef<[u8]>) -> Result<Dataset<[f32; 2], u32>> {
    let (_folder, path) = file(content);
    Csv::open(&path)?.targets("kind").read()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn refused(content: impl AsRef<[u8]>, expected: &str) {
    let error = read(content).expect_err(expected).to_string();
    assert!(error.contains(expected) && error.contains("table.csv"), "{expected:?} is not in {error:?}");
    assert!(error.len() < 1000, "an error for people: {} bytes", error.len());
}

#[test]
fn files_of_other_kinds_are_recognised() {
    let page = "this is not a table\nhelp: it is a web page, which browsers show";
    refused("<!DOCTYPE html>\n<html><head>\n", page);
    refused("\u{feff} \n<HTML lang=\"en\">,<p>\n1,2\n", page);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    refused(
        pointer,
        "this is not a table\nhelp: it is a Git LFS pointer, which stands for the file that was meant",
    );
    refused(
        b"PK\x03\x04\x14\0\x06\0[Content_Types].xml",
        "it is a workbook, as Excel writes, which spreadsheets read",
    );
    refused(b"\x93NUMPY\x01\0", "it is an array in numpy's `.npy` format, which `npy::read` reads");
    // what reads other files says so too
    let (_folder, path) = file(pointer);
    let error = Encoding::load(&path).unwrap_err().to_string();
    assert!(error.contains("this is not an encoding\nhelp: it is a Git LFS pointer"), "{error}");
    let error = crate::data::StandardScaler::<[f32; 2]>::load(&path).unwrap_err().to_string();
    assert!(error.contains("it is a Git LFS pointer"), "{error}");
}

#[test]
fn a_table_without_a_row_fits_nothing() {
    let table = Table::new(["long", "kind"], [[""; 2]; 0]).unwrap();
    for encoder in [Encoder::new(), Encoder::new().one_hot("kind"), Encoder::new().classes("kind")] {
        let error = encoder.fit(&table).unwrap_err().to_string();
        assert_eq!(error, "`table in memory`: it has no row");
    }
    let table = Table::new(["long", "kind"], [["", "a"], ["?", "b"]]).unwrap();
    let encoder = Encoder::new().one_hot("kind").missing("long", Missing::Drop);
    let error = encoder.fit(&table).unwrap_err().to_string();
    assert_eq!(error, "`table in memory`: each of its rows was left out for a missing cell");
}

#[test]
fn cells_are_named_by_line_and_column() {
    let with = |row: &str| format!("long,wide,kind\n1,2,0\n{row}\n3,4,1\n");
    let cases = [
        ("1,x,0", "table.csv`, line 3, column `wide`: expected a number, found `x`"),
        ("1,1.5.2,0", "line 3, column `wide`: expected a number, found `1.5.2`"),
        ("1,,0", "1 cell is missing: line 3, column `wide`\nhelp: `.missing(…, Missing::Mean)`"),
        ("NaN,2,0", "1 cell is missing: line 3, column `long`"),
        ("1,2,", "1 cell is missing: line 3, column `kind`"),
        ("inf,2,0", "line 3, column `long`: expected a finite number, found `inf`"),
        ("1,-Infinity,0", "line 3, column `wide`: expected a finite number, found `-Infinity`"),
        ("1e99,2,0", "line 3, column `long`: expected a finite number, found `1e99`"),
        ("1,2,-1", "line 3, column `kind`: expected a class, 0, 1, …, found `-1`"),
        ("1,2,0.5", "line 3, column `kind`: expected a class, 0, 1, …, found `0.5`"),
        ("1,2,5000000000", "line 3, column `kind`: expected a class, 0, 1, …, found `5000000000`"),
        ("1,2,inf", "line 3, column `kind`: expected a finite number, found `inf`"),
        ("1,2", "line 3: expected 3 cells, as in the header, found 2"),
        ("1,2,3,4", "line 3: expected 3 cells, as in the header, found 4"),
        ("1,\"2,0", "line 3: the quote that begins its cell 2 is never closed"),
        (
            "1,\"2\n2\",3,4",
            "line 3: expected 3 cells, as in the header, found 4\nhelp: this row goes on to line 4",
        ),
        ("\n\n\"1\n\",y,0", "line 5, column `wide`: expected a number, found `y`"),
    ];
    for (row, expected) in cases {
        refused(with(row), expected);
        refused(with(row).replace('\n', "\r\n"), expected);
        refused(format!("\u{feff}{}", with(row)), expected);
        refused(gzip(with(row).as_bytes()), expected);
    }
    let long = "y".repeat(100_000);
    refused(
        with(&format!("1,{long},0")),
        "expected a number, found `yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…`",
    );
    refused(
        b"long,wide,kind\n1,2,0\n1,\xff\xfe,1\n",
        "line 3, column `wide`: this is not text in UTF-8\nhelp: if it is",
    );
    refused(b"long,w\xe9de,kind\n1,2,0\n", "line 1, column `1`: this is not text in UTF-8");
}

#[test]
fn headers_are_looked_at() {
    refused("", "the file has no row");
    refused("\n\r\n\n", "the file has no row");
    refused("long,wide,kind\n", "there is a header, but no row below it");
    refused("long,wide,kind", "there is a header, but no row below it");
    refused(
        "long,wide,kinds\n1,2,3\n",
        "there is no column `kind`\nhelp: did you mean `kinds`? Its columns are `long`, `wide`, `kinds`",
    );
    refused("a,b,c\n1,2,3\n", "there is no column `kind`\nhelp: its columns are `a`, `b`, `c`");
    refused("kind,a,kind\n1,2,3\n", "two columns are called `kind`, those at positions 0 and 2\nhelp: give");
    refused("a,a,kind\n1,2,3\n", "two columns are called `a`, those at positions 0 and 1");
    refused("a,kind\n1,2\n", "expected 2 features, as `[f32; 2]` takes, found 1: `a`");
    refused("1,2,0\n3,4,1\n", "line 1: the first line is numbers, not names\nhelp: call `.no_header()`");
    refused("M,0.5,0.25,9\nF,1,2,3\n", "line 1: the first line is mostly numbers, not names\nhelp: call");
    for (text, word) in [
        ("long;wide;kind\n1;2;0\n", "semicolons, call `.delimiter(b';')`"),
        ("long;wide;kind\n1,5;2,5;0\n", "semicolons, call `.delimiter(b';')`"),
        ("long\twide\tkind\n1\t2\t0\n", "tabs, call `.delimiter(b'\\t')`"),
        ("long|wide|kind\n1|2|0\n", "bars, call `.delimiter(b'|')`"),
    ] {
        refused(text, &format!("help: if its columns are separated by {word}"));
    }
    let (_folder, path) = file("a;b\n1\n2\n");
    let sure = Csv::open(&path).unwrap().delimiter(b',').table().unwrap();
    assert_eq!(sure.names(), ["a;b"]);
    for delimiter in [b'"', b'\n', b'\r', 0xe9] {
        let error = Csv::open(&path).unwrap().delimiter(delimiter).table().unwrap_err();
        assert!(matches!(error, Error::Setting { name: "delimiter", .. }), "{error}");
    }
    let (_folder, path) = file("1,2,0\n");
    let csv = || Csv::open(&path).unwrap().no_header();
    let error = csv().targets("kind").read::<[f32; 2], u32>().unwrap_err().to_string();
    let expected = "column `kind` was chosen by name, but there is no header\nhelp: choose it by its position, from 0 to 2";
    assert!(error.contains(expected), "{error}");
    let error = csv().targets(3).read::<[f32; 2], u32>().unwrap_err().to_string();
    assert!(error.contains("there is no column 3: the table has 3, counted from 0"), "{error}");
    let error = csv().read::<[f32; 2], u32>().unwrap_err().to_string();
    assert!(error.contains("help: call `.targets(…)`"), "{error}");
    let (_folder, path) = file("1,x,0\n1,2\n");
    let error =
        Csv::open(&path).unwrap().no_header().targets(2).read::<[f32; 2], u32>().unwrap_err().to_string();
    assert!(error.contains("line 2: expected 3 cells, as in the first row, found 2"), "{error}");
}

#[test]
fn one_is_no_several() {
    refused("kind\n0\n1,2\n", "line 3: expected 1 cell, as in the header, found 2");
}

#[test]
fn a_row_is_enough() {
    let data = read("long,wide,kind\n1,2,0").unwrap();
    assert_eq!((data.samples(), data.targets()), (&[[1.0, 2.0]][..], &[0][..]));
    let scaler = crate::data::StandardScaler::fit(data.samples()).unwrap();
    assert_eq!(scaler.constant().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn other_files_are_not_tables() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0";
    let zeros = vec![0; 100_000];
    // no byte of this is 0
    let noise: Vec<u8> =
        (0..100_000u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 | 0x80).collect();
    refused(png, "column `0`: this is not text in UTF-8");
    refused(&zeros, "line 1: this is not text: it has bytes that are 0, as files of other kinds do");
    refused(&noise, "this is not text in UTF-8");
    refused(gzip(png), "this is not text");
    refused(gzip(&zeros), "this is not text: it has bytes that are 0");
    refused(gzip(&gzip(&zeros)), "this is not text");
    refused(b"\xff\xfel\0o\0n\0g\0", "this is text in UTF-16\nhelp: save it as UTF-8");
    refused(b"\xfe\xff\0l\0o\0n\0g", "this is text in UTF-16");
    refused(b"l\0o\0n\0g\0", "bytes that are 0");
    let (folder, _) = file("");
    for path in [folder.path().to_owned(), folder.path().join("none.csv")] {
        let error = Csv::open(&path).and_then(Csv::table).unwrap_err();
        assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
    }
}

#[test]
fn a_compressed_file_that_is_cut_short_or_damaged_is_told_so() {
    let help = "\nhelp: copy or download it again";
    let mut text = "long,wide,kind\n".to_owned();
    (0..5000).for_each(|i| text += &format!("{},{},{}\n", i * 7919 % 1000, i % 77, i % 3));
    let whole = gzip(text.as_bytes());
    assert!(read(&whole).is_ok());
    for end in [2, 5, 11, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        refused(&whole[..end], "its end is missing: as a gzip file it is cut short");
        refused(&whole[..end], help);
    }
    let damaged = "it is damaged: it begins as a gzip file and does not go on or end as one";
    let mut flipped = whole.clone();
    flipped[whole.len() - 6] ^= 1;
    let other = [&whole[..], b"and more than nothing"].concat();
    for damaged_file in [&b"\x1f\x8b\x08 this is no gzip"[..], &flipped, &other] {
        refused(damaged_file, damaged);
        refused(damaged_file, help);
    }
}

#[test]
fn too_many_columns_are_refused_at_once() {
    let (_folder, path) = file("");
    let mut text = BufWriter::new(File::create(&path).unwrap());
    for _ in 0..2 {
        (0..10_000_000).for_each(|i| write!(text, "{i},").unwrap());
        writeln!(text, "kind").unwrap();
    }
    drop(text);
    let started = Instant::now();
    let error = Csv::open(&path).unwrap().targets("kind").read::<Vec<f32>, u32>().unwrap_err().to_string();
    assert!(error.ends_with("line 1: this row has more than 1000000 cells"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // many are read by name in no time
    let names: String = (0..99_999).map(|i| format!("c{i},")).collect();
    fs::write(&path, format!("{names}kind\n{}0\n{}1\n", "1,".repeat(99_999), "?,".repeat(99_999))).unwrap();
    let chosen: Vec<_> = (0..99_999).rev().map(|i| format!("c{i}")).collect();
    let csv = Csv::open(&path).unwrap().targets("kind").inputs(chosen).missing(.., Missing::Mean);
    assert_eq!(csv.read::<Vec<f32>, u32>().unwrap().samples()[1], [1.0; 99_999]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    // and as many as there may be are read
    let names: String = (0..999_999).map(|i| format!("c{i},")).collect();
    fs::write(&path, format!("{names}kind\n{}0\n", "1,".repeat(999_999))).unwrap();
    let data = Csv::open(&path).unwrap().no_header().inputs(0..5).targets("kind").table().unwrap();
    assert_eq!((data.names().len(), data.cell(1, 999_999)), (1_000_000, Some("0")));
}

#[test]
fn one_long_line_is_refused() {
    refused(
        "x".repeat((64 << 20) + 2),
        "line 1: this row has more than 64 MiB\nhelp: if it is a table, a quote may",
    );
    let open = format!("a,kind\n1,\"{}", "1,0\n".repeat(17 << 20));
    refused(open, "line 2: this row has more than 64 MiB");
    let open = format!("a,kind\n1,0\n1,\"{}", "1,0\n".repeat(1 << 20));
    refused(open, "line 3: the quote that begins its cell 2 is never closed");
}

/// What is made of any bytes is a table or an error.
#[test]
fn no_bytes_are_too_strange() {
    let pieces: [&[u8]; 20] = [
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r",
        b"\"",
        b"\"",
        b" ",
        b";",
        b"\t",
        b"1",
        b"2.5",
        b"-3",
        b"a",
        b"NA",
        b"\xc3\xa9",
        b"\xff",
        b"\0",
        b"\xef\xbb\xbf",
        b"inf",
    ];
    let mut random = crate::random::Generator::new(7);
    let mut next = |n: usize| rand::Rng::next_u32(&mut random) as usize % n;
    let (folder, path) = file("");
    let mut read = 0;
    for round in 0..3000 {
        // without the bytes that make it no text in most rounds
        let some = if round % 4 == 0 { pieces.len() } else { 16 };
        let bytes: Vec<u8> = (0..next(60)).flat_map(|_| pieces[next(some)]).copied().collect();
        fs::write(&path, &bytes).unwrap();
        let csv =
            || if round % 2 == 0 { Csv::open(&path).unwrap() } else { Csv::open(&path).unwrap().no_header() };
        let Ok(table) = csv().table() else { continue };
        read += 1;
        let columns = table.columns().count();
        assert!(columns == table.names().len() && !table.is_empty(), "{bytes:?}");
        let encoder = Encoder::new().one_hot(..).targets(next(columns)).missing(.., Missing::MostFrequent);
        let Ok(encoding) = encoder.fit(&table) else { continue };
        let _ = encoding.dataset::<Vec<f32>, f32>(&table);
        if let Ok(data) = encoding.dataset::<Vec<f32>, u32>(&table) {
            assert!(data.samples().iter().all(|row| row.len() == encoding.features().len()));
        }
        let kept = folder.path().join("encoding.csv");
        encoding.save(&kept).unwrap();
        let samples = Encoding::load(&kept).unwrap().samples::<Vec<f32>>(&table);
        assert_eq!(samples.ok(), encoding.samples::<Vec<f32>>(&table).ok(), "{bytes:?}");
    }
    assert!(read > 300, "{read} were tables");
}

#[test]
fn text_among_numbers_says_what_it_is() {
    let fit = |content: &str, delimiter| {
        let (_folder, path) = file(content);
        let table = Csv::open(&path)?.delimiter(delimiter).no_header().table()?;
        Encoder::new().targets(2).fit(&table)
    };
    let error = |content: &str, delimiter| fit(content, delimiter).unwrap_err().to_string();
    let names = "help: the first line looks like names, since the column has numbers below it: leave `.no_header()` out";
    assert!(error("long,wide,y\n1,2,3\n", b',').ends_with(names));
    assert!(error("1,2,y\n1,2,3\n", b',').ends_with(names), "a target");
    for text in ["long,2,3\nx,2,3\n", "1,2,3\nlong,2,3\n", "long,2,3\n"] {
        assert!(
            error(text, b',').ends_with(
                "found `long`\nhelp: if the column has categories, `.one_hot(…)` makes a feature of each"
            ),
            "{text}"
        );
    }
    // also where a split put the first row elsewhere
    let (_folder, path) = file("\nlong,y\n1,2\n3,4\n5,6\n");
    let (train, test) = Csv::open(&path).unwrap().no_header().table().unwrap().split(0.75, 3);
    let errors = [train, test].map(|part| Encoder::new().targets(1).fit(&part).err());
    let errors: Vec<_> = errors.into_iter().flatten().map(|error| error.to_string()).collect();
    assert!(errors.len() == 1 && errors[0].contains("line 2, column `0`") && errors[0].ends_with(names));

    let comma = error("1,5;2;3\n1;2;3\n", b';');
    assert!(
        comma.ends_with(
            "found `1,5`\nhelp: `.decimal(b',')` reads a decimal comma, here `1.5`; `.thousands(b',')` one between thousands"
        ),
        "{comma}"
    );
}

/// What is no number is found when the encoder is fitted, in a row that counts.
#[test]
fn an_encoder_is_fitted_to_numbers() {
    let table = |x: &str, y: &str| Table::new(["x", "y"], [["1", "2"], [x, y], ["3", "4"]]).unwrap();
    let fit = |x, y, missing| Encoder::new().targets("y").missing(.., missing).fit(&table(x, y));
    let error = fit("much", "3", Missing::Refuse).unwrap_err().to_string();
    assert!(error.contains("line 2, column `x`: expected a number, found `much`\nhelp: if"), "{error}");
    let error = fit("2", "inf", Missing::Drop).unwrap_err().to_string();
    assert!(error.ends_with("line 2, column `y`: expected a finite number, found `inf`"), "{error}");
    let encoding = fit("much", "", Missing::Drop).unwrap();
    assert_eq!(encoding.dataset::<f32, f32>(&table("much", "")).unwrap().samples(), [1.0, 3.0]);
    // what was fitted can be told no more
    let error = encoding.samples::<f32>(&table("much", "3")).unwrap_err().to_string();
    assert!(
        error.ends_with("found `much`\nhelp: the column was numbers in the table that was fitted"),
        "{error}"
    );
}
