//! What is measured between epochs.

use std::cell::RefCell;

use super::{Small, samples};
use crate::book::optim::Adam;
use crate::loss::CrossEntropy;
use crate::metric::{Accuracy, Direction, Metric, ScalarMetric, TopK};
use crate::{Dataset, Device, Error, FitSettings, History, Result, Trainer, TrainerSettings};

fn trainer() -> Trainer<Small, CrossEntropy, Adam> {
    let trainer = Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2)).batch(16).seed(5);
    trainer.quiet().on(Device::Cpu).unwrap()
}

fn data(n: usize) -> Dataset<[f32; 4], u32> {
    let (xs, classes) = samples(n);
    Dataset::new(xs, classes).unwrap()
}

/// A metric that writes down when it sees outputs.
struct Seen<'a>(&'static str, &'a RefCell<String>);

impl Metric<[f32; 3], u32> for Seen<'_> {
    type Total = f64;
    type Value = f64;
    fn add(&self, total: &mut f64, output: &[[f32; 3]], _: &[u32]) -> Result<()> {
        self.1.borrow_mut().push_str(&format!("{}{} ", self.0, output.len()));
        *total += f64::from(output[0][0]);
        Ok(())
    }
    fn result(&self, total: f64) -> f64 {
        total
    }
}

impl ScalarMetric<[f32; 3], u32> for Seen<'_> {
    fn direction(&self) -> Direction {
        Direction::Lower
    }
    fn name(&self) -> String {
        self.0.to_owned()
    }
}

#[test]
fn a_data_set_is_predicted_once_for_all_that_is_measured_on_it() {
    let (train, valid, other) = (data(20), data(40), data(18));
    let log = RefCell::default();
    let history = trainer()
        .fit(&train)
        .validate(&valid, Seen("a", &log))
        .validate(&other, Seen("b", &log))
        .validate(&valid, Seen("c", &log))
        .validate(&valid, CrossEntropy)
        .epochs(2)
        .run()
        .unwrap();
    assert_eq!(log.borrow().trim_end(), ["a16 c16 a16 c16 a8 c8 b16 b2"; 2].join(" "));
    // each in its place, and nothing left of the epoch before
    let mut alone = trainer();
    for record in &history.records {
        alone.epoch(&train).unwrap();
        let mut result = |data, name| alone.evaluate(data, Seen(name, &log)).unwrap();
        let expected = [("a", result(&valid, "a")), ("b", result(&other, "b")), ("c", result(&valid, "c"))];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(record.validation[..3], expected);
        let loss = alone.evaluate(&valid, CrossEntropy).unwrap();
        assert_eq!(record.validation("CrossEntropy"), Some(loss));
    }
    let error = trainer().fit(&train).min_delta(0.1).run().unwrap_err().to_string();
    assert_eq!(
        error,
        "`min_delta` is 0.1, but nothing waits for results that are so much better\nhelp: it can be set beside \
         `.early_stopping(patience)`"
    );
}

#[test]
fn metrics_in_a_tuple_are_validations_in_their_order() {
    let (train, valid, log) = (data(20), data(40), RefCell::default());
    let apart = trainer()
        .fit(&train)
        .validate(&valid, Accuracy)
        .validate(&valid, CrossEntropy)
        .validate(&valid, CrossEntropy)
        .epochs(3)
        .run()
        .unwrap();
    let mut two = trainer();
    let together = two.fit(&train).validate(&valid, (Accuracy, CrossEntropy, CrossEntropy)).epochs(3);
    let together = together.run().unwrap();
    let results =
        |history: &History| history.records.iter().map(|r| r.validation.clone()).collect::<Vec<_>>();
    assert_eq!(results(&together), results(&apart));
    assert_eq!(together.records[0].validation[2].0, "CrossEntropy 2");
    assert_eq!(together.best.unwrap().name, "Accuracy", "the first decides");
    // predicted once for all
    trainer().fit(&train).validate(&valid, (Seen("a", &log), Seen("b", &log))).run().unwrap();
    assert_eq!(log.borrow().trim_end(), "a16 b16 a16 b16 a8 b8");
    // a metric in it that means nothing is told before the first epoch, and so is a data set
    let mut trainer = trainer();
    let error = trainer.fit(&train).validate(&valid, (Accuracy, TopK(0))).run().unwrap_err();
    assert!(matches!(error, Error::Setting { .. }), "{error}");
    let none = data(0);
    let error = trainer.fit(&train).validate(&none, (Accuracy, CrossEntropy)).run().unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    assert_eq!(trainer.updates(), 0);
}

#[test]
fn early_stopping_needs_to_know_how_many_epochs_there_may_be() {
    let train = data(20);
    let mut trainer = trainer();
    let error = trainer.fit(&train).early_stopping(2).run().unwrap_err().to_string();
    assert_eq!(
        error,
        "`epochs` is not said: a fit is then one epoch, which nothing can end early after 2\nhelp: it can be said beside \
         `.early_stopping(patience)`, as the epochs at most: `.epochs(1000)`"
    );
    assert_eq!(trainer.updates(), 0);
}

#[test]
fn a_fit_goes_on_with_the_samples_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let (train, valid) = (data(40), data(18));
    let fit = |train: &Dataset<[f32; 4], u32>, valid: &Dataset<[f32; 4], u32>, epochs| {
        let mut trainer = trainer();
        let fit = trainer.fit(train).epochs(epochs).checkpoint(&path).resume();
        fit.validate(valid, CrossEntropy).run().map_err(|error| error.to_string())
    };
    fit(&train, &valid, 1).unwrap();
    // as many, one number in one of them another
    let other = |data: &Dataset<[f32; 4], u32>| {
        let mut other = data.clone();
        other.samples_mut()[7][3] += 1.0;
        other
    };
    let error = fit(&other(&train), &valid, 2).unwrap_err();
    assert!(error.contains("other samples that are learned from than the checkpoint's"), "{error}");
    let error = fit(&train, &other(&valid), 2).unwrap_err();
    assert!(error.contains("other samples of a validation than the checkpoint's"), "{error}");
    assert_eq!(fit(&train, &valid, 2).unwrap().records.len(), 2);
}

/// A metric's name is the user's: with lines and backslashes it comes back from a checkpoint as it was.
#[test]
fn a_fit_goes_on_whatever_its_metrics_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit.safetensors");
    let (train, log) = (data(40), RefCell::default());
    let name = "error,\nper \"class\" \\n\r\n";
    let fit = |epochs| {
        let mut trainer = trainer();
        let fit = trainer.fit(&train).validate(&train, Seen(name, &log)).epochs(epochs);
        fit.checkpoint(&path).resume().run().unwrap()
    };
    assert_eq!(fit(1).records.len(), 1);
    let history = fit(3);
    assert_eq!(history.records.len(), 3);
    assert!(history.records.iter().all(|record| record.validation(name).is_some()));
}

#[test]
fn what_would_do_nothing_is_told() {
    let train = data(20);
    let mut trainer = trainer();
    let error = trainer.fit(&train).epochs(2).validate_every(2).run().unwrap_err().to_string();
    assert_eq!(
        error,
        "`validate_every` is 2, but nothing is validated\nhelp: it can be set beside `.validate(&data, metric)`"
    );
    assert!(trainer.fit(&train).validate_every(1).run().is_ok());
    let error = trainer.epochs(&train, 0).unwrap_err().to_string();
    assert_eq!(error, "`epochs` is 0\nhelp: it can be 1 or more");
    assert_eq!(trainer.epochs_made(), 1);
}

#[test]
fn settings_that_take_back_others_are_told() {
    let train = data(20);
    let said =
        "`settings` is said after others were set, which it would take back\nhelp: it can be said before";
    let mut session = trainer();
    let error =
        session.fit(&train).epochs(20).settings(FitSettings::default()).run().unwrap_err().to_string();
    assert!(error.starts_with(said), "{error}");
    assert_eq!(session.epochs_made(), 0);
    let two = FitSettings { epochs: Some(2), ..FitSettings::default() };
    // nothing is taken back
    let history = session.fit(&train).epochs(2).settings(two.clone()).epochs(3).run().unwrap();
    assert_eq!(history.records.len(), 3);
    assert_eq!(session.fit(&train).settings(two).run().unwrap().records.len(), 2);

    let make = || Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2));
    let error = make().quiet().settings(TrainerSettings::default()).on(Device::Cpu).unwrap_err().to_string();
    assert!(error.starts_with(said), "{error}");
    assert!(make().settings(TrainerSettings::default()).quiet().on(Device::Cpu).is_ok());
}
