//! The check of generated gradients, and that it finds faults.

use super::Small;
use super::twisted::{MASK, RIGHT, SCALE, SIGN, Twisted};
use crate::{Error, GradientReport, Model};

#[test]
fn a_right_gradient_passes() {
    for seed in 0..5 {
        let report = Small::init(seed).gradient_check(seed).unwrap();
        assert!(report.worst < 1e-6, "{report}");
        assert_eq!(report.checked + report.skipped_kinks, 3 * (2 + 2 * 10), "{report}");
        assert!(report.skipped_kinks <= 1, "{report}");
    }
    let text = Small::init(1).gradient_check(1).unwrap().to_string();
    assert!(text.contains("derivatives agree"), "{text}");
    assert_eq!(Small::init(1).gradient_check(1).unwrap(), Small::init(1).gradient_check(1).unwrap());
}

/// Some of five seeds see `relu` at work for all samples, at work for none, and in between.
fn checks<const F: usize>() -> Vec<crate::Result<GradientReport>> {
    (0..5).map(|seed| Twisted::<F>::init(0).gradient_check(seed)).collect()
}

#[test]
fn faults_are_found_and_named() {
    assert!(checks::<RIGHT>().iter().all(Result::is_ok));
    let faults =
        [(checks::<SIGN>(), "`bias[0]`"), (checks::<SCALE>(), "`weight[0][0]`"), (checks::<MASK>(), "[0]`")];
    for (results, place) in faults {
        let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(!errors.is_empty());
        for error in errors {
            let Error::Gradient { at, derived, measured } = &error else { panic!("{error}") };
            assert_ne!(derived, measured);
            assert!(at.contains(place), "{error}");
        }
    }
}

#[test]
fn a_kink_is_skipped_and_counted() {
    // At w = b = 0 every output is at the kink of `relu`.
    let mut model = Twisted::<RIGHT>::init(0);
    model.block_mut().fill(0.0);
    let report = model.gradient_check(3).unwrap();
    assert!(report.skipped_kinks > 0, "{report}");
    assert!(report.to_string().contains("skipped at kinks"), "{report}");
}
