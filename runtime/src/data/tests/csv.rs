//! What a file may look like.

use std::io::Write;

use super::file;
use crate::data::{Csv, Dataset, Field, Table};
use crate::{Error, Result};

/// Reads a table after `choose` has chosen its columns.
fn read<I: Field<Number = f32>, T: Field>(
    text: impl AsRef<[u8]>,
    choose: impl FnOnce(Csv) -> Csv,
) -> Result<Dataset<I, T>> {
    let (_folder, path) = file(text);
    choose(Csv::open(&path)?).read()
}

fn table(text: &str) -> Result<Table> {
    let (_folder, path) = file(text);
    Csv::open(&path)?.table()
}

/// All cells of a table, a missing one as a dash.
fn cells(table: &Table) -> String {
    let row = |row| (0..table.names().len()).map(move |i| table.cell(row, i).unwrap_or("-"));
    let rows = (0..table.len()).map(|i| row(i).collect::<Vec<_>>().join(","));
    table.names().join(",") + ";" + &rows.collect::<Vec<_>>().join(";")
}

const FLOWERS: &str = "long, wide ,kind\n1.5,2,0\n-3e1,4.25,2\n\n0.5,.5,1.0\n";

#[test]
fn columns_become_arrays() {
    let data = read::<[f32; 2], u32>(FLOWERS, |t| t.targets("kind")).unwrap();
    assert_eq!(data.samples(), [[1.5, 2.0], [-30.0, 4.25], [0.5, 0.5]]);
    assert_eq!(data.targets(), [0, 2, 1]);
    let data = read::<[f32; 1], [f32; 2]>(FLOWERS, |t| t.inputs([1]).targets(["kind", "long"])).unwrap();
    assert_eq!(data.samples(), [[2.0], [4.25], [0.5]]);
    assert_eq!(data.targets(), [[0.0, 1.5], [2.0, -30.0], [1.0, 0.5]]);
    let digits = "7,1,2,3,4\n8,5,6,7,8\n";
    let data = read::<[[f32; 2]; 2], u32>(digits, |t| t.no_header().inputs(1..5).targets(0)).unwrap();
    assert_eq!(data.samples(), [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]);
    assert_eq!(data.targets(), [7, 8]);
    let data = read::<f32, f32>("x;y\n1;2\n", |t| t.delimiter(b';').targets("y").inputs("x")).unwrap();
    assert_eq!((data.samples(), data.targets()), ([1.0].as_slice(), [2.0].as_slice()));
    let data = read::<Vec<f32>, f32>(FLOWERS, |t| t.inputs(..).targets("long")).unwrap();
    assert_eq!(data.samples()[1], [4.25, 2.0]);
    assert_eq!(data.padded::<[f32; 4]>().unwrap().samples()[1], [4.25, 2.0, 0.0, 0.0]);
    let data = read::<Vec<f32>, f32>(FLOWERS, |t| t.targets("long")).unwrap();
    let error = data.padded::<[f32; 1]>().unwrap_err().to_string();
    assert!(error.contains("expected 1 feature at most, found 2\nhelp: choose fewer columns"), "{error}");
}

#[test]
fn compressed_files_are_read_whatever_their_name() {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(FLOWERS.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    let data = read::<[f32; 2], u32>(&bytes, |t| t.targets("kind")).unwrap();
    assert_eq!(data.targets(), [0, 2, 1]);
    let error = read::<[f32; 2], u32>(&bytes[..bytes.len() - 6], |t| t.targets("kind")).unwrap_err();
    assert!(matches!(error, Error::Data { .. }), "{error}");
}

/// Every way to write the same two rows.
#[test]
fn files_of_other_programs_are_read() {
    let expected = "a,b;1,x y;2,-";
    for text in [
        "a,b\n1,x y\n2,\n",
        "a,b\n1,x y\n2,",
        "a,b\r\n1,x y\r\n2,\r\n",
        "a,b\r1,x y\r2,\r",
        "\u{feff}a,b\n1,x y\n2,NA\n",
        "\u{feff}\"a\",\"b\"\r\n\"1\",\"x y\"\r\n\"2\",\"\"\r\n",
        "\n\n  a , b\n\n\n1,x y \n   \n2,  \n\n",
        "a,b,\n1,x y,\n2,,\n",
        "a,b,\n1,x y,\n2,\n",
        "a,b\n1,x y,\n2,n/a,\n",
        "a,b,\n1,x y\n2,null\n",
        "a,b\n1,\u{a0}x y\n2,?\n",
    ] {
        let table = table(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(cells(&table), expected, "{text:?}");
    }
    assert_eq!(
        cells(&table("a,b\n\"1,5\",\"say \"\"no\"\"\"\n\"two\nlines\",x\n").unwrap()),
        "a,b;1,5,say \"no\";two\nlines,x"
    );
    assert_eq!(cells(&table(",a,\n1,2,3\n").unwrap()), "Unnamed: 0,a,Unnamed: 2;1,2,3");
    assert_eq!(
        cells(&table("a\n1\n\"\"\n\n2\n").unwrap()),
        "a;1;-;2",
        "of one column an empty line is a line"
    );
    for (delimiter, text) in
        [(b';', "a;b\n1;x y\n2;\n"), (b'\t', "a\tb\n1\tx y\n2\t\n"), (b'|', "a|b\n1|x y\n2|\n")]
    {
        let (_folder, path) = file(text);
        assert_eq!(cells(&Csv::open(&path).unwrap().delimiter(delimiter).table().unwrap()), expected);
    }
    let (_folder, path) = file("1,2,\n3,4,\n");
    assert_eq!(cells(&Csv::open(&path).unwrap().no_header().table().unwrap()), "0,1;1,2;3,4");
    let (_folder, path) = file("2001,2002,x\n1,2,3\n");
    assert_eq!(cells(&Csv::open(&path).unwrap().header().table().unwrap()), "2001,2002,x;1,2,3");
}

/// Buffers end anywhere.
#[test]
fn long_files_are_read_across_buffers() {
    let mut text = "i,text\r\n".to_owned();
    (0..40_000).for_each(|i| text += &format!("{i},\"{}\r\n\"\"{i}\"\"\"\r\n", "é".repeat(i % 7)));
    text += &format!("40000,\"{}\"", "long ".repeat(50_000));
    let table = table(&text).unwrap();
    assert_eq!(table.len(), 40_001);
    for i in 0..40_000 {
        assert_eq!(table.cell(i, 0), Some(i.to_string().as_str()));
        assert_eq!(table.cell(i, 1), Some(format!("{}\r\n\"{i}\"", "é".repeat(i % 7)).trim()));
        assert_eq!(table.line(i), 2 * i as u64 + 2);
    }
    assert_eq!(table.cell(40_000, 1).unwrap().len(), 249_999);
}

#[test]
fn what_is_missing_can_be_said() {
    let (_folder, path) = file("x,y\n-999,None\nNA,1\n");
    let table = Csv::open(&path).unwrap().na_values(["-999"]).table().unwrap();
    assert_eq!(cells(&table), "x,y;-,None;NA,1");
    let mut text = "x,y\n".to_owned();
    for value in crate::data::NA_VALUES {
        text += &format!("{},1\n{},1\n", value.to_lowercase(), value.to_uppercase());
    }
    let table = self::table(&text).unwrap();
    assert_eq!(table.column("x").unwrap().missing, 20);
}

#[test]
fn a_compressed_file_does_not_fill_the_memory() {
    let (folder, _) = file("");
    let path = folder.path().join("large.csv.gz");
    let text = format!("x\n{}", "1\n".repeat(500_000));
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    Write::write_all(&mut packed, text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 5_000, "{}", packed.len());
    std::fs::write(&path, packed).unwrap();
    let table = |most| Csv::open(&path).unwrap().max_unpacked(most).table();
    let error = table(text.len() as u64 - 1).unwrap_err().to_string();
    assert!(
        error.contains("the file unpacks to more than 1000001 bytes\nhelp: `.max_unpacked(…)`"),
        "{error}"
    );
    assert_eq!(table(text.len() as u64).unwrap().len(), 500_000);
    // what is not compressed is as large as it is
    std::fs::write(&path, text).unwrap();
    assert_eq!(table(1).unwrap().len(), 500_000);
}
