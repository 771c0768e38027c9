//! Scalers: what they do, refuse and keep. Their numbers are compared with scikit-learn's among the tests of the
//! workspace.

use std::fs;

use crate::data::{MinMaxScaler, StandardScaler};
use crate::{Error, zeroed};

#[test]
fn numbers_that_never_change_are_scaled_to_the_lower_bound_and_back() {
    // 0.1 a thousand times has a mean that is not 0.1
    let mut xs: Vec<[f32; 2]> = (0..1000).map(|i| [0.1, i as f32]).collect();
    let scaler = StandardScaler::fit(&xs).unwrap();
    assert_eq!(scaler.constant().collect::<Vec<_>>(), [0]);
    assert_eq!((scaler.mean()[0], scaler.scale()[0]), (f64::from(0.1f32), 1.0));
    let before = xs.clone();
    scaler.apply(&mut xs);
    assert!(xs.iter().all(|x| x[0] == 0.0));
    scaler.invert(&mut xs);
    assert!(xs.iter().zip(&before).all(|(a, b)| a[0] == b[0] && (a[1] - b[1]).abs() < 1e-4));
    let mut xs = before.clone();
    let scaler = MinMaxScaler::fit_range(&xs, -0.3..=0.7).unwrap();
    assert_eq!(scaler.constant().collect::<Vec<_>>(), [0]);
    scaler.apply(&mut xs);
    assert!(xs.iter().all(|x| x[0] == -0.3));
    assert_eq!((xs[0][1], xs[999][1]), (-0.3, 0.7));
    scaler.invert(&mut xs);
    assert!(xs.iter().zip(&before).all(|(a, b)| a[0] == b[0]));
    // 1e10 + 1 is 1e10 in the numbers of a network
    let mut one = [1e10f32];
    let scaler = MinMaxScaler::fit(&one).unwrap();
    scaler.apply(&mut one);
    assert_eq!(one, [0.0]);
    scaler.invert(&mut one);
    assert_eq!(one, [1e10]);
}

#[test]
fn samples_of_any_shape_are_scaled() {
    let mut images = zeroed::<[[f32; 3]; 2]>(4);
    images.iter_mut().enumerate().for_each(|(i, image)| image[1][2] = i as f32);
    let scaler = MinMaxScaler::fit(&images).unwrap();
    assert_eq!(scaler.constant().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!((scaler.data_min()[5], scaler.data_max()[5]), (0.0, 3.0));
    scaler.apply(&mut images);
    assert_eq!(images[3], [[0.0; 3], [0.0, 0.0, 1.0]]);
    // and what was not seen lies outside
    let mut others = [[[0.0, 0.0, 0.0], [0.0, 0.0, 6.0]]];
    scaler.apply(&mut others);
    assert_eq!(others[0][1][2], 2.0);
    let none = vec![[0f32; 0]; 3];
    StandardScaler::fit(&none).unwrap().apply(&mut none.clone());
    let far = [[f32::MAX], [f32::MIN]];
    let mut scaled = far;
    let scaler = StandardScaler::fit(&far).unwrap();
    scaler.apply(&mut scaled);
    assert_eq!(scaled, [[1.0], [-1.0]]);
    scaler.invert(&mut scaled);
    assert_eq!(scaled, far);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    assert!(matches!(StandardScaler::<[f32; 2]>::fit(&[]), Err(Error::Empty { .. })));
    assert!(matches!(MinMaxScaler::<f32>::fit(&[]), Err(Error::Empty { .. })));
    for bad in [f32::NAN, f32::INFINITY] {
        let xs = [[1.0, 2.0], [3.0, 4.0], [5.0, bad]];
        let error = StandardScaler::fit(&xs).unwrap_err().to_string();
        assert!(
            error.starts_with("fitting a scaler: number 1 of sample 2 is not a finite number"),
            "{error}"
        );
        assert!(MinMaxScaler::fit(&xs).is_err());
    }
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (0.0, f32::INFINITY), (f32::NAN, 1.0)] {
        let error = MinMaxScaler::fit_range(&[1.0f32, 2.0], low..=high).unwrap_err();
        assert!(matches!(error, Error::Setting { name: "range", .. }), "{error}");
    }
}

#[test]
fn scalers_are_kept_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scaler.safetensors");
    let xs: Vec<[f32; 3]> = (0..10).map(|i| [0.1 * i as f32, 7.0, 1e6 / (i + 1) as f32]).collect();
    let standard = StandardScaler::fit(&xs).unwrap();
    standard.save(&path).unwrap();
    assert_eq!(StandardScaler::<[f32; 3]>::load(&path).unwrap(), standard);
    let error = MinMaxScaler::<[f32; 3]>::load(&path).unwrap_err().to_string();
    let expected =
        "expected a `MinMaxScaler`, found a `StandardScaler`\nhelp: read it with `StandardScaler::load`";
    assert!(error.contains("scaler.safetensors`: ") && error.contains(expected), "{error}");
    let error = StandardScaler::<[f32; 4]>::load(&path).unwrap_err().to_string();
    assert!(error.contains("expected a scaler for samples of shape [4], found one for [3]"), "{error}");
    assert!(StandardScaler::<f32>::load(&path).is_err());
    let minmax = MinMaxScaler::fit_range(&xs, -1.0..=1.0).unwrap();
    minmax.save(&path).unwrap();
    assert_eq!(MinMaxScaler::<[f32; 3]>::load(&path).unwrap(), minmax);
    let target = MinMaxScaler::fit(&[1.0f32, 2.0]).unwrap();
    target.save(&path).unwrap();
    assert_eq!(MinMaxScaler::<f32>::load(&path).unwrap(), target);

    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = MinMaxScaler::<f32>::load(&path).unwrap_err();
        assert!(matches!(error, Error::Data { .. }), "{length}: {error}");
    }
    for i in 0..whole.len() {
        let mut other = whole.clone();
        other[i] ^= 0x55;
        fs::write(&path, other).unwrap();
        let _ = MinMaxScaler::<f32>::load(&path); // it may be read, or be an error
    }
    let nan = [whole[..whole.len() - 8].to_vec(), f64::NAN.to_le_bytes().to_vec()].concat();
    fs::write(&path, nan).unwrap();
    assert!(
        MinMaxScaler::<f32>::load(&path)
            .unwrap_err()
            .to_string()
            .contains("is not finite\nhelp: the file is")
    );
    let large = [whole[..whole.len() - 8].to_vec(), 1e300f64.to_le_bytes().to_vec()].concat();
    fs::write(&path, large).unwrap();
    let error = MinMaxScaler::<f32>::load(&path).unwrap_err().to_string();
    assert!(error.contains("a number of `feature_range` is larger than any of a sample"), "{error}");
    assert!(matches!(MinMaxScaler::<f32>::load(folder.path().join("none")), Err(Error::Io { .. })));
    assert!(matches!(target.save(folder.path().join("no/folder")), Err(Error::Io { doing: "writing", .. })));
}

/// What scales to infinity was not fitted to any samples.
#[test]
fn files_beyond_the_numbers_of_samples_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scaler.safetensors");
    StandardScaler::fit(&[1.0f32, 3.0]).unwrap().save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let numbers = whole.len() - 16;
    let with = |at: usize, number: f64| {
        let mut file = whole.clone();
        file[numbers + 8 * at..][..8].copy_from_slice(&number.to_le_bytes());
        fs::write(&path, file).unwrap();
        StandardScaler::<f32>::load(&path).map(drop).map_err(|error| error.to_string())
    };
    for (at, number, expected) in [
        (0, 1e39, "a number of `mean` is larger than any of a sample"),
        (0, -1e300, "a number of `mean` is larger than any of a sample"),
        (1, 1e79, "a number of `variance` is larger than any of a sample"),
        (1, 1e-200, "a variance is smaller than that of any samples"),
    ] {
        let error = with(at, number).unwrap_err();
        assert!(error.contains(expected), "{number}: {error}");
    }
    // what can be fitted can be loaded
    for samples in [[f32::MIN, f32::MAX], [0.0, f32::from_bits(1)], [f32::MAX, f32::MAX]] {
        StandardScaler::fit(&samples).unwrap().save(&path).unwrap();
        StandardScaler::<f32>::load(&path).unwrap();
        MinMaxScaler::fit(&samples).unwrap().save(&path).unwrap();
        MinMaxScaler::<f32>::load(&path).unwrap();
    }
}
