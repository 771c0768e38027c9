//! Data sets and tables.

#[cfg(feature = "data")]
mod bad;
#[cfg(feature = "data")]
mod csv;
#[cfg(feature = "data")]
mod encoding;
#[cfg(feature = "data")]
mod linear;
#[cfg(feature = "data")]
mod missing;
#[cfg(feature = "data")]
mod sample;
mod scaler;
#[cfg(feature = "data")]
mod show;
mod split;
#[cfg(feature = "data")]
mod table;
#[cfg(feature = "data")]
mod table_split;
#[cfg(feature = "data")]
mod unknown;
#[cfg(feature = "data")]
mod written;

use super::Dataset;
use crate::Error;

/// A file of this content, and the folder that it stands in.
#[cfg(feature = "data")]
fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("table.csv");
    std::fs::write(&path, content).expect("a file in it");
    (folder, path)
}

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
    for (fraction, first) in [(0.0, 0), (1.0, 10), (0.25, 3)] {
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
