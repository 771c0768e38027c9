//! Data sets in parts.

use std::collections::BTreeMap;

use crate::Error;
use crate::data::Dataset;

pub(super) fn classes(counts: &[usize]) -> Dataset<usize, u32> {
    let targets: Vec<u32> =
        counts.iter().enumerate().flat_map(|(class, n)| vec![class as u32 * 3; *n]).collect();
    Dataset::new((0..targets.len()).collect::<Vec<_>>(), targets).unwrap()
}

fn counts(data: &Dataset<usize, u32>) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    data.targets().iter().for_each(|class| *counts.entry(*class).or_default() += 1);
    counts
}

/// Every sample is in one part, with its target.
fn whole(data: &Dataset<usize, u32>, parts: &[Dataset<usize, u32>]) {
    let mut all: Vec<_> = parts.iter().flat_map(|part| part.samples().iter().zip(part.targets())).collect();
    all.sort();
    assert!(all.into_iter().eq(data.samples().iter().zip(data.targets())));
}

#[test]
fn parts_are_as_long_as_their_fractions() {
    let data = classes(&[40, 10, 3]);
    let parts = data.split_into([0.8, 0.1, 0.1], 7).unwrap();
    assert_eq!(parts.each_ref().map(Dataset::len), [42, 6, 5]);
    whole(&data, &parts);
    assert_eq!(parts, data.split_into([0.8, 0.1, 0.1], 7).unwrap());
    assert_ne!(parts, data.split_into([0.8, 0.1, 0.1], 8).unwrap());
    let (a, b) = data.split(0.7, 3);
    assert_eq!(data.split_into([0.7, 0.3], 3).unwrap(), [a, b]);
    let [a, b, c] = data.split_into([0.0, 1.0, 0.0], 3).unwrap();
    assert_eq!((a.len(), b.len(), c.len()), (0, 53, 0));
    for bad in
        [[0.8, 0.1, 0.0], [0.8, 0.8, -0.6], [f64::NAN, 0.5, 0.5], [1.0, 1.0, 1.0], [f64::INFINITY, 0.0, 0.0]]
    {
        for error in [data.split_into(bad, 1).unwrap_err(), data.stratified_split_into(bad, 1).unwrap_err()] {
            assert!(matches!(error, Error::Setting { name: "fractions", .. }), "{error}");
        }
    }
    assert!(data.split_into([], 1).is_err() && data.stratified_split_into([], 1).is_err());
    let thirds = data.split_into([1.0 / 3.0; 3], 1).unwrap();
    assert_eq!(thirds.map(|part| part.len()), [18, 17, 18]);
}

#[test]
fn every_class_is_split_alike() {
    for (of, fractions) in [
        (vec![50, 50, 50], [0.8, 0.1, 0.1]),
        (vec![152, 68, 124], [0.7, 0.15, 0.15]),
        (vec![5, 7, 11, 2, 3, 3, 3], [0.6, 0.2, 0.2]),
        (vec![1, 1, 1, 97], [0.34, 0.33, 0.33]),
        (vec![10, 20], [1.0 / 3.0; 3]),
        (vec![1; 400], [0.8, 0.1, 0.1]),
        ((0..350).map(|i| 1 + usize::from(i % 8 == 0)).collect(), [0.8, 0.15, 0.05]),
    ] {
        let data = classes(&of);
        let parts = data.stratified_split_into(fractions, 7).unwrap();
        whole(&data, &parts);
        assert_eq!(parts, data.stratified_split_into(fractions, 7).unwrap());
        for (part, fraction) in parts.iter().zip(fractions) {
            let found = counts(part);
            for (class, count) in of.iter().enumerate() {
                let exact = *count as f64 * fraction;
                let found = found.get(&(3 * class as u32)).copied().unwrap_or_default() as f64;
                assert!(
                    (found - exact).abs() < 1.0,
                    "{of:?}, {fraction}: {found} of class {class}, not {exact}"
                );
            }
        }
        for (part, fraction) in parts.iter().zip(fractions) {
            let exact = fraction * data.len() as f64;
            assert!((part.len() as f64 - exact).abs() < 1.0, "{of:?}: {}, not {exact}", part.len());
        }
    }
}

#[test]
fn rare_classes_are_rather_trained() {
    // as in a column of numbers that are hardly ever the same
    let data = classes(&[vec![1; 330], vec![2; 34]].concat());
    let (train, test) = data.stratified_split(0.8, 7);
    assert_eq!((train.len(), test.len()), (318, 80));
    assert_eq!(data.stratified_split(0.8, 7), (train.clone(), test));
    assert_ne!(data.stratified_split(0.8, 8).0, train, "which are trained is the seed's choice");
    let [a, b, c] = classes(&[1; 10]).stratified_split_into([0.1, 0.8, 0.1], 7).unwrap();
    assert_eq!((a.len(), b.len(), c.len()), (1, 8, 1));
    // the size allows both: 40 + 40 and 41 samples of 101, the only one of its class among them
    let (train, test) = classes(&[50, 50, 1]).stratified_split(0.8, 7);
    assert_eq!((train.len(), test.len(), counts(&test).len()), (81, 20, 2));
    let (train, test) = classes(&[2; 10]).stratified_split(0.8, 7);
    assert_eq!((train.len(), test.len()), (16, 4));
    assert!(counts(&train).len() == 10);
}

/// Sizes that cannot be had together with each class's are the other neighbours; everything else is held.
#[test]
fn no_classes_are_too_strange_to_be_split() {
    let mut random = crate::random::Generator::new(7);
    let mut next = |n: usize| rand::Rng::next_u32(&mut random) as usize % n;
    let check = |of: &[usize], fractions: [f64; 4]| {
        let data = classes(of);
        let parts = data.stratified_split_into(fractions, 7).unwrap();
        whole(&data, &parts);
        for (part, fraction) in parts.iter().zip(fractions) {
            let near = |found: usize, of: usize| (found as f64 - fraction * of as f64).abs() < 1.0;
            assert!(near(part.len(), data.len()), "{of:?}, {fractions:?}: {}", part.len());
            let found = counts(part);
            for (class, count) in of.iter().enumerate() {
                let found = found.get(&(3 * class as u32)).copied().unwrap_or_default();
                assert!(near(found, *count), "{of:?}, {fractions:?}: {found} of class {class}");
            }
        }
    };
    check(&[6, 4], [1.0 / 4.0, 1.0 / 6.0, 1.0 / 4.0, 1.0 / 3.0]);
    for round in 0..2000 {
        let of: Vec<usize> =
            (0..1 + next(12)).map(|_| 1 + next(if round % 2 == 0 { 4 } else { 30 })).collect();
        let weights: [usize; 4] = std::array::from_fn(|_| next(7));
        let sum: usize = weights.iter().sum();
        if sum > 0 {
            check(&of, weights.map(|weight| weight as f64 / sum as f64));
        }
    }
}

#[test]
fn a_stratified_split_is_decided_by_its_seed() {
    let data = classes(&[30, 20]);
    let (train, test) = data.stratified_split(0.8, 1);
    whole(&data, &[train.clone(), test.clone()]);
    assert_eq!((train.len(), test.len()), (40, 10));
    assert_eq!(data.stratified_split(0.8, 1), (train.clone(), test));
    assert_ne!(data.stratified_split(0.8, 2).0, train);
    // in no order of classes
    assert!(train.targets()[..10].contains(&0) && train.targets()[..10].contains(&3));
    for (fraction, first) in [(0.0, 0), (1.0, 50), (-3.0, 0), (7.0, 0), (f64::NAN, 0)] {
        assert_eq!(data.stratified_split(fraction, 1).0.len(), first, "{fraction}");
    }
    // not by the classes' names
    let renamed =
        Dataset::new(data.samples(), data.targets().iter().map(|c| c + 5).collect::<Vec<_>>()).unwrap();
    assert_eq!(renamed.stratified_split(0.8, 1).0.samples(), train.samples());
    assert_eq!(classes(&[]).stratified_split(0.5, 1).0.len(), 0);
}

#[test]
fn what_a_split_left_empty_says_why() {
    let data = classes(&[30, 20]);
    let said = |data: &Dataset<usize, u32>| data.refuse_empty("it").unwrap_err().to_string();
    let percent =
        "it is empty\nhelp: a split of 50 at 80 left nothing for it: a fraction is from 0 to 1, such as 0.8";
    assert_eq!(said(&data.split(80.0, 7).1), percent);
    assert_eq!(said(&data.stratified_split(80.0, 7).1), percent);
    assert_eq!(
        said(&data.split(0.999, 7).1),
        "it is empty\nhelp: a split of 50 at 0.999 left nothing for it"
    );
    let [a, b] = data.split_into([0.0, 1.0], 7).unwrap();
    assert_eq!(said(&a), "it is empty\nhelp: a split of 50 at 0 left nothing for it");
    assert!(b.refuse_empty("it").is_ok());
    assert_eq!(said(&a.split(0.5, 7).0), "it is empty\nhelp: give it at least one sample");
}

#[test]
fn what_is_no_fraction_leaves_both_parts_empty_and_they_say_why() {
    let data = classes(&[6, 4]);
    for (fraction, written) in [(1.5, "1.5"), (-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        for (first, second) in [data.split(fraction, 1), data.stratified_split(fraction, 1)] {
            for part in [first, second] {
                assert_eq!(part.len(), 0);
                let error = part.refuse_empty("the data set").unwrap_err().to_string();
                let why =
                    format!("a split of 10 at {written} left nothing for it: a fraction is from 0 to 1");
                assert!(error.contains(&why), "{error}");
            }
        }
    }
    for fraction in [0.0, 1.0] {
        let (first, second) = data.split(fraction, 1);
        assert_eq!(
            (first.len(), second.len()),
            ((10.0 * fraction) as usize, 10 - (10.0 * fraction) as usize)
        );
    }
}
