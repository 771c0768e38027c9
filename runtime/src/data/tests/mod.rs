//! Data sets and tables.

use super::Dataset;
use crate::Error;

#[test]
fn a_data_set_splits_by_its_seed() {
    let data = Dataset::new((0..10).collect::<Vec<_>>(), (0..10).map(|i| i * i).collect::<Vec<_>>()).unwrap();
    let (a, b) = data.split(0.7, 1);
    assert_eq!((a.len(), b.len()), (7, 3));
    assert!(a.samples().iter().zip(a.targets()).all(|(i, t)| i * i == *t));
    let mut all = [a.samples(), b.samples()].concat();
    all.sort();
    assert_eq!(all, *data.samples());
    assert_eq!(data.split(0.7, 1), (a.clone(), b));
    assert_ne!(data.split(0.7, 2).0, a);
    for (fraction, first) in [(0.0, 0), (1.0, 10), (-3.0, 0), (7.0, 10), (f64::NAN, 0), (0.25, 3)] {
        let (a, b) = data.split(fraction, 1);
        assert_eq!((a.len(), b.len()), (first, 10 - first), "{fraction}");
    }
    let sizes: Vec<_> = data.batches(4).map(|(xs, ts)| (xs.len(), ts.len())).collect();
    assert_eq!(sizes, [(4, 4), (4, 4), (2, 2)]);
    assert_eq!(data.batches(0).count(), 10);
    let (xs, ts) = data.into_parts();
    assert_eq!((xs.len(), ts.len()), (10, 10));
}

#[test]
fn samples_and_targets_must_pair() {
    let error = Dataset::new(vec![1, 2, 3], vec![1, 2]).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 3, found: 2, .. }), "{error}");
    assert!(Dataset::<[f32; 3], u32>::new(vec![], vec![]).unwrap().is_empty());
}

#[cfg(feature = "data")]
mod tables {
    use std::fs;
    use std::io::Write;

    use crate::data::{Csv, Dataset};
    use crate::{Error, Result};

    /// Reads a table after `choose` has chosen its columns.
    fn read<I: crate::Sample, T: crate::data::Field>(
        text: impl AsRef<[u8]>,
        choose: impl FnOnce(Csv) -> Csv,
    ) -> Result<Dataset<I, T>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        fs::write(&path, text).unwrap();
        choose(Csv::open(&path)?).read()
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
        let data = read::<f32, f32>("\u{feff}x,y\r\n1,2\r\n", |t| t.targets("y").inputs("x")).unwrap();
        assert_eq!(data.samples(), [1.0]);
    }

    #[test]
    fn compressed_files_are_read_whatever_their_name() {
        let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        encoder.write_all(FLOWERS.as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        let data = read::<[f32; 2], u32>(&bytes, |t| t.targets("kind")).unwrap();
        assert_eq!(data.targets(), [0, 2, 1]);
        let error = read::<[f32; 2], u32>(&bytes[..bytes.len() - 6], |t| t.targets("kind")).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }

    #[test]
    fn errors_name_the_place() {
        let with = |row: &str| format!("long,wide,kind\n1,2,0\n{row}\n");
        let cases = [
            (with("1,x,0"), "table.csv`, line 3, column `wide`: expected a number, found `x`"),
            (with("1,,0"), "line 3, column `wide`: expected a number, found nothing"),
            (with("nan,2,0"), "line 3, column `long`: expected a finite number, found `nan`"),
            (with("1e99,2,0"), "line 3, column `long`: expected a finite number, found `1e99`"),
            (with("1,2,-1"), "line 3, column `kind`: expected a class, 0, 1, …, found `-1`"),
            (with("1,2,0.5"), "line 3, column `kind`: expected a class, 0, 1, …, found `0.5`"),
            (with("1,2,5000000000"), "line 3, column `kind`: expected a class, 0, 1, …, found `5000000000`"),
            (with("1,2,"), "line 3, column `kind`: expected a class, 0, 1, …, found nothing"),
            (with("1,2"), "line 3: expected 3 cells, as in the first line, found 2"),
            (with("1,2,3,4"), "line 3: expected 3 cells, as in the first line, found 4"),
            ("a,b,c\n".to_owned(), "there is no column `kind`\nhelp: its columns are `a`, `b`, `c`"),
            ("kind,a,kind\n1,2,3\n".to_owned(), "two columns are called `kind`"),
            ("a,kind\n1,2\n".to_owned(), "samples of type `[f32; 2]` take 2 columns, 1 were chosen"),
            ("long,wide,kind\n".to_owned(), "there is no row of numbers in it"),
            (String::new(), "there is no row of numbers in it"),
        ];
        for (text, expected) in cases {
            let error = read::<[f32; 2], u32>(&text, |t| t.targets("kind")).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read::<[f32; 2], u32>(b"a,b,kind\n\xff,1,1\n", |t| t.targets("kind")).unwrap_err();
        assert!(error.to_string().contains("line 2: this is not text in UTF-8"), "{error}");
        let error = read::<[f32; 2], u32>("1,2,0\n3,4,1\n", |t| t.targets(2)).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("line 1: the first line is numbers, not names\nhelp: call `.no_header()`"),
            "{error}"
        );
        let error = read::<[f32; 2], u32>("1,2,0\n", |t| t.no_header().targets("kind")).unwrap_err();
        assert!(error.to_string().contains("there is no header"), "{error}");
        let error = read::<[f32; 2], u32>("1,x,0\n", |t| t.no_header().targets(2)).unwrap_err();
        assert!(error.to_string().contains("line 1, column `1`: expected a number"), "{error}");
        let error = read::<[f32; 2], u32>("1,2,0\n", |t| t.no_header().targets(3)).unwrap_err();
        assert!(error.to_string().contains("there is no column 3: it has 3"), "{error}");
        let error = read::<[f32; 2], u32>(FLOWERS, |t| t).unwrap_err();
        assert!(error.to_string().contains("help: call `.targets(…)`"), "{error}");
        let error = Csv::open("no/such/file.csv").unwrap_err();
        assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
    }
}
