//! Fits: validation, an early end, the best parameters, records.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::path::Path;

use super::{Small, bits, samples};
use crate::book::optim::{Adam, Sgd};
use crate::loss::CrossEntropy;
use crate::metric::{Accuracy, Direction, F1, Metric, ScalarMetric, TopK};
use crate::schedule::{Lambda, Plateau};
use crate::{Best, Dataset, Device, Error, Fit, History, Model, Result, Stopped, Trainer};

type Session = Trainer<Small, CrossEntropy, Adam>;
type Described<'a> = Fit<'a, Small, CrossEntropy, Adam>;

fn trainer() -> Session {
    Trainer::new(Small::init(7), CrossEntropy, Adam::new(1e-2))
        .batch(16)
        .seed(5)
        .quiet()
        .on(Device::Cpu)
        .unwrap()
}

fn data(n: usize) -> Dataset<[f32; 4], u32> {
    let (xs, classes) = samples(n);
    Dataset::new(xs, classes).unwrap()
}

/// A metric whose results are written beforehand.
struct Script<'a>(&'a [f64], &'a Cell<usize>, Direction);

impl Metric<[f32; 3], u32> for Script<'_> {
    type Total = ();
    type Value = f64;
    fn add(&self, (): &mut (), _: &[[f32; 3]], _: &[u32]) -> Result<()> {
        Ok(())
    }
    fn result(&self, (): ()) -> f64 {
        self.1.set(self.1.get() + 1);
        self.0[self.1.get() - 1]
    }
}

impl ScalarMetric<[f32; 3], u32> for Script<'_> {
    fn direction(&self) -> Direction {
        self.2
    }
    fn name(&self) -> String {
        "Script, or so".to_owned()
    }
}

#[test]
fn its_epochs_are_those_of_a_loop() {
    let (train, valid) = (data(100), data(40));
    let mut fitted = trainer();
    let history = fitted
        .fit(&train)
        .validate(&valid, Accuracy)
        .validate(&valid, CrossEntropy)
        .validate(&train, Accuracy)
        .epochs(5)
        .run()
        .unwrap();
    let mut looped = trainer();
    for record in &history.records {
        let epoch = looped.epoch(&train).unwrap();
        assert_eq!((record.epoch.number, record.epoch.loss.to_bits()), (epoch.number, epoch.loss.to_bits()));
        assert_eq!(record.validation("Accuracy"), Some(looped.evaluate(&valid, Accuracy).unwrap()));
        assert_eq!(record.validation("CrossEntropy"), Some(looped.evaluate(&valid, CrossEntropy).unwrap()));
        assert_eq!(record.validation("Accuracy 2"), Some(looped.evaluate(&train, Accuracy).unwrap()));
        assert_eq!(record.validation("loss"), None);
        let text = record.to_string();
        assert!(
            text.starts_with(&format!("epoch {}: loss 1.", epoch.number)) || text.contains(": loss 0."),
            "{text}"
        );
        assert!(text.contains(", Accuracy 0.") && text.contains(", Accuracy 2 0."), "{text}");
    }
    assert_eq!(
        bits(fitted.model().unwrap()),
        bits(looped.model().unwrap()),
        "without early stopping, the last"
    );
    assert_eq!((history.records.len(), history.stopped.clone()), (5, Stopped::Done));
    let best = history.best.clone().unwrap();
    let accuracies: Vec<f64> = history.records.iter().map(|r| r.validation("Accuracy").unwrap()).collect();
    assert_eq!(best.name, "Accuracy");
    assert_eq!(best.value, accuracies.iter().copied().fold(0.0, f64::max));
    assert_eq!(
        accuracies.iter().position(|a| *a == best.value),
        Some(best.epoch as usize - 1),
        "the first of equals"
    );
    let text = history.to_string();
    assert!(text.starts_with("5 epochs in ") && text.ends_with("\nended: all epochs were made"), "{text}");
    assert!(text.contains(&format!("\nbest: epoch {} with Accuracy 0.", best.epoch)), "{text}");

    // A second fit goes on from there.
    let again = fitted.fit(&train).epochs(2).run().unwrap();
    assert_eq!(again.records.iter().map(|r| r.epoch.number).collect::<Vec<_>>(), [6, 7]);
    assert_eq!(again.best.unwrap().name, "loss");
}

/// A fit whose validations come to `results`; the parameters after each of its epochs.
fn scripted(
    results: &[f64],
    better: Direction,
    set: impl for<'a> Fn(Described<'a>) -> Described<'a>,
) -> (History, Vec<Vec<u32>>, Session) {
    let (train, valid) = (data(48), data(16));
    let (count, after) = (Cell::new(0), RefCell::new(vec![]));
    let mut trainer = trainer();
    let fit =
        trainer.fit(&train).validate(&valid, Script(results, &count, better)).epochs(results.len() as u32);
    let history = set(fit).on_epoch(|_, model| after.borrow_mut().push(bits(model))).run().unwrap();
    (history, after.into_inner(), trainer)
}

#[test]
fn it_ends_when_results_no_longer_get_better() {
    let results = [0.5, 0.4, 0.41, 0.3, 0.31, 0.3, 0.32, 0.1];
    for (better, sign) in [(Direction::Lower, 1.0), (Direction::Higher, -1.0)] {
        let results = results.map(|r| sign * r);
        let (history, after, trainer) = scripted(&results, better, |fit| fit.early_stopping(3));
        assert_eq!(history.records.len(), 7);
        assert_eq!(history.stopped, Stopped::Early { patience: 3 });
        assert_eq!(
            history.best,
            Some(Best { epoch: 4, name: "Script, or so".to_owned(), value: sign * 0.3 })
        );
        assert_eq!(bits(trainer.model().unwrap()), after[3], "the best parameters");
        assert!(history.to_string().ends_with("ended early: 3 in a row were no better"), "{history}");
        let (history, after, trainer) =
            scripted(&results, better, |fit| fit.early_stopping(3).restore_best(false));
        assert_eq!(bits(trainer.model().unwrap()), after[6], "the last parameters");
        assert_eq!(history.best.unwrap().epoch, 4);
        let (history, after, trainer) = scripted(&results, better, |fit| fit.restore_best(true));
        assert_eq!((history.records.len(), history.stopped), (8, Stopped::Done));
        assert_eq!(bits(trainer.model().unwrap()), after[7]);
        let (history, ..) = scripted(&results, better, |fit| fit.early_stopping(4));
        assert_eq!((history.records.len(), history.stopped), (8, Stopped::Done));
    }
}

#[test]
fn a_little_better_is_not_better_where_that_was_said() {
    let results = [1.0, 0.95, 0.91, 0.85, 0.84, 0.83];
    let (history, after, trainer) =
        scripted(&results, Direction::Lower, |fit| fit.early_stopping(2).min_delta(0.1));
    assert_eq!((history.records.len(), history.stopped), (3, Stopped::Early { patience: 2 }));
    assert_eq!(history.best.unwrap().epoch, 3, "though the best is the best");
    assert_eq!(bits(trainer.model().unwrap()), after[2]);
    let (history, ..) = scripted(&results, Direction::Lower, |fit| fit.early_stopping(3).min_delta(0.1));
    assert_eq!(history.records.len(), 6);
    // What is not a number is never better.
    let (history, after, trainer) = scripted(&[f64::NAN; 4], Direction::Lower, |fit| fit.early_stopping(3));
    assert_eq!((history.records.len(), history.best), (3, None));
    assert_eq!(bits(trainer.model().unwrap()), after[2]);
    let (history, ..) =
        scripted(&[f64::NAN, 0.2, f64::NAN, 0.1], Direction::Lower, |fit| fit.early_stopping(3));
    assert_eq!(history.best.unwrap().epoch, 4);
}

#[test]
fn not_every_epoch_is_validated_if_that_was_said() {
    let (history, ..) = scripted(&[1.0, 2.0, 3.0, 4.0, 5.0], Direction::Higher, |fit| fit.validate_every(2));
    let values: Vec<_> = history.records.iter().map(|record| record.validation("Script, or so")).collect();
    assert_eq!(values, [None, Some(1.0), None, Some(2.0), Some(3.0)]);
    assert_eq!(history.best.as_ref().unwrap().epoch, 5);
    // Patience counts validations.
    let (history, ..) = scripted(&[1.0, 2.0, 2.0, 2.0, 2.0, 2.0], Direction::Lower, |fit| {
        fit.validate_every(2).early_stopping(1)
    });
    assert_eq!(history.records.len(), 4);
}

#[test]
fn a_table_has_every_number() {
    let (history, ..) = scripted(&[0.1, 1.0 / 3.0, -1e-300], Direction::Higher, |fit| fit.validate_every(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    history.save_csv(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        lines[0],
        ["epoch", "loss", "\"Script", " or so\"", "learning_rate", "samples", "updates", "seconds"]
    );
    assert_eq!(lines.len(), 4);
    for (line, record) in lines[1..].iter().zip(&history.records) {
        let number = |i: usize| line[i].parse::<f64>().unwrap();
        assert_eq!(line[0], record.epoch.number.to_string());
        assert_eq!((number(1), number(3)), (record.epoch.loss, 0.01));
        assert_eq!((line[4], line[5]), ("48", "3"));
        assert_eq!(number(6), record.epoch.time.as_secs_f64());
    }
    assert_eq!((lines[1][2], lines[2][2], lines[3][2]), ("", "0.1", "0.3333333333333333"));
}

#[test]
fn functions_are_called_after_each_epoch() {
    let train = data(32);
    let (mut seen, mut quiet) = (vec![], 0);
    let mut trainer = trainer();
    let history = trainer
        .fit(&train)
        .epochs(9)
        .on_epoch(|_, _| quiet += 1)
        .on_epoch(|record, model| {
            seen.push(model.block()[0]);
            if record.epoch.number == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .on_epoch(|_, _| -> Result<()> { Ok(()) })
        .run()
        .unwrap();
    assert_eq!((seen.len(), quiet, history.stopped), (3, 3, Stopped::Callback));
    assert!(seen[0] != seen[1] || seen[1] != seen[2]);
    let error = trainer
        .fit(&train)
        .epochs(9)
        .on_epoch(|record, _| -> Result<ControlFlow<()>> {
            match record.epoch.number {
                5 => Err(Error::empty("the plot")),
                _ => Ok(ControlFlow::Continue(())),
            }
        })
        .run()
        .unwrap_err();
    assert!(error.to_string().starts_with("the plot is empty"), "{error}");
    assert_eq!(trainer.epochs_made(), 5);
}

#[test]
fn a_plateau_sees_what_decides() {
    let train = data(32);
    let made = |plateau| {
        Trainer::new(Small::init(7), CrossEntropy, Adam::new(1.0))
            .reduce_on_plateau(plateau)
            .quiet()
            .on(Device::Cpu)
    };
    let count = Cell::new(0);
    let plateau = Plateau::new().patience(0).factor(0.5);
    let mut trainer = made(plateau).unwrap();
    trainer.optimizer_mut().learning_rate = 1e-3;
    let history = trainer
        .fit(&train)
        .validate(&train, Script(&[0.1, 0.2, 0.1, 0.3], &count, Direction::Higher))
        .epochs(4)
        .run()
        .unwrap();
    let rates: Vec<f64> = history.records.iter().map(|record| record.epoch.learning_rate).collect();
    assert_eq!(rates, [1e-3, 1e-3, 1e-3, 5e-4]);
    let mut trainer = made(plateau.mode(Direction::Lower)).unwrap();
    let error = trainer.fit(&train).validate(&train, Accuracy).run().unwrap_err();
    assert!(matches!(error, Error::Setting { name: "mode", .. }), "{error}");
}

/// A fit with a checkpoint that may go on, and what it came to.
fn resumed(path: &Path, epochs: u32, patience: u32, until: u32) -> (Vec<u32>, History) {
    let (train, valid) = (data(100), data(30));
    let mut trainer = trainer();
    let history = trainer
        .fit(&train)
        .validate(&valid, Accuracy)
        .epochs(epochs)
        .early_stopping(patience)
        .checkpoint(path)
        .resume()
        .on_epoch(move |record, _| {
            if record.epoch.number == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .run()
        .unwrap();
    (bits(&trainer.finish().unwrap()), history)
}

#[test]
fn a_fit_goes_on_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts, early] = ["whole", "parts", "early"].map(|name| folder.path().join(name));
    let at_once = resumed(&whole, 12, 100, 0);
    assert_eq!(resumed(&whole, 12, 100, 0), at_once, "when all is done, nothing is done");
    for epochs in [3, 7, 12] {
        let (model, history) = resumed(&parts, epochs, 100, 0);
        assert_eq!(history.records.len(), epochs as usize);
        if epochs == 12 {
            assert_eq!(model, at_once.0);
            let losses = |history: &History| {
                history.records.iter().map(|r| r.epoch.loss.to_bits()).collect::<Vec<_>>()
            };
            assert_eq!(losses(&history), losses(&at_once.1));
            assert_eq!(history.best, at_once.1.best);
        }
    }
    // What ended early stays so: by the program, or for want of better results unless more patience is given.
    let ended = resumed(&early, 50, 3, 2);
    assert_eq!((ended.1.records.len(), ended.1.stopped.clone()), (2, Stopped::Callback));
    assert_eq!(resumed(&early, 50, 3, 0), ended);
    std::fs::remove_file(&early).unwrap();
    let ended = resumed(&early, 200, 3, 0);
    assert_eq!(ended.1.stopped, Stopped::Early { patience: 3 });
    assert_eq!(resumed(&early, 200, 3, 0), ended);
    assert!(resumed(&early, 200, 4, 0).1.records.len() > ended.1.records.len());
}

#[test]
fn a_fit_that_may_not_go_on_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, plain] = ["whole", "plain"].map(|name| folder.path().join(name));
    resumed(&whole, 3, 100, 0);
    let train = data(100);
    trainer().fit(&train).epochs(2).checkpoint(&plain).run().unwrap();
    let refused = |n: usize, set: &dyn for<'a> Fn(Described<'a>) -> Described<'a>| {
        let (mut trainer, train) = (trainer(), data(n));
        trainer.optimizer_mut().learning_rate = 0.5;
        let before =
            (bits(trainer.model().unwrap()), trainer.updates(), trainer.epochs_made(), trainer.passes);
        let error = set(trainer.fit(&train)).resume().run().unwrap_err();
        let after =
            (bits(trainer.model().unwrap()), trainer.updates(), trainer.epochs_made(), trainer.passes);
        assert_eq!(before, after, "{error}");
        assert_eq!(trainer.learning_rate(), 0.5);
        error
    };
    let error = refused(99, &|fit| fit.checkpoint(&whole));
    assert!(matches!(error, Error::Length { expected: 100, found: 99, .. }), "{error}");
    let error = refused(100, &|fit| fit.checkpoint(&whole));
    assert!(matches!(error, Error::Setting { name: "validate", .. }), "{error}");
    let error = refused(100, &|fit| fit.checkpoint(&plain).restore_best(true));
    assert!(matches!(error, Error::Setting { name: "restore_best", .. }), "{error}");
}

#[test]
fn wrong_fits_are_errors() {
    let train = data(32);
    let mut trainer = trainer();
    let mut refused = |set: for<'a> fn(Described<'a>) -> Described<'a>| match set(trainer.fit(&train)).run() {
        Err(Error::Setting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(|fit| fit.epochs(0)), "epochs");
    assert_eq!(refused(|fit| fit.validate_every(0)), "validate_every");
    assert_eq!(refused(|fit| fit.early_stopping(0)), "early_stopping");
    assert_eq!(refused(|fit| fit.epochs(9).early_stopping(2).min_delta(-1.0)), "min_delta");
    assert_eq!(refused(|fit| fit.early_stopping(2)), "epochs");
    assert_eq!(refused(|fit| fit.min_delta(0.1)), "min_delta");
    assert_eq!(refused(|fit| fit.checkpoint_every(0)), "checkpoint_every");
    assert_eq!(refused(|fit| fit.checkpoint_every(5)), "checkpoint_every");
    assert_eq!(refused(|fit| fit.resume()), "resume");
    assert_eq!(refused(|fit| fit.overwrite()), "overwrite");
    assert_eq!(trainer.updates(), 0);
    let none = data(0);
    assert!(matches!(trainer.fit(&none).run(), Err(Error::Empty { .. })));
    assert!(matches!(trainer.fit(&train).validate(&none, Accuracy).run(), Err(Error::Empty { .. })));
    // All of it before the first epoch.
    let result = trainer.fit(&train).validate(&train, TopK(0)).run();
    assert!(matches!(result, Err(Error::Setting { name: "TopK", .. })), "{result:?}");
    let result = trainer.fit(&train).validate(&train, F1::of_class(3)).run();
    assert!(matches!(result, Err(Error::Setting { name: "of_class", .. })), "{result:?}");
    let result = trainer.fit(&train).validate(&train, CrossEntropy.label_smoothing(2.0)).run();
    assert!(matches!(result, Err(Error::Setting { name: "label_smoothing", .. })), "{result:?}");
    let (mut xs, classes) = samples(3);
    xs[1][2] = f32::NAN;
    let broken = Dataset::new(xs, classes).unwrap();
    let result = trainer.fit(&train).validate(&train, Accuracy).validate(&broken, Accuracy).run();
    assert!(matches!(result, Err(Error::NotFinite { .. })), "{result:?}");
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("no/such/folder"), folder.path().to_owned()] {
        let error = trainer.fit(&train).checkpoint(&path).overwrite().run().unwrap_err();
        assert!(matches!(error, Error::Io { doing: "writing", .. }), "{error}");
        assert!(!error.to_string().contains("at path"), "{error}");
    }
    assert_eq!((trainer.updates(), bits(trainer.model().unwrap())), (0, bits(&Small::init(7))));
}

#[test]
fn what_was_good_survives_an_error() {
    let (train, valid) = (data(48), data(16));
    for keep in [true, false] {
        let (count, after) = (Cell::new(0), RefCell::new(vec![]));
        let mut trainer = trainer();
        assert!(trainer.history().is_none());
        let results = [0.5, 0.2, 0.9, 0.8];
        let error = trainer
            .fit(&train)
            .validate(&valid, Script(&results, &count, Direction::Lower))
            .epochs(9)
            .restore_best(keep)
            .on_epoch(|record, model| {
                after.borrow_mut().push(bits(model));
                if record.epoch.number == 4 { Err(Error::empty("the plot")) } else { Ok(()) }
            })
            .run()
            .unwrap_err();
        assert!(error.to_string().starts_with("the plot is empty"), "{error}");
        let best = if keep { 1 } else { 3 };
        assert_eq!(bits(trainer.model().unwrap()), after.into_inner()[best], "{keep}");
        let history = trainer.history().unwrap();
        assert_eq!((history.records.len(), &history.stopped), (4, &Stopped::Error));
        assert_eq!(history.best.as_ref().unwrap().epoch, 2);
        assert!(history.to_string().ends_with("ended by an error"), "{history}");
    }
    // A fit that diverges after a good epoch.
    let mut trainer = Trainer::new(Small::init(7), CrossEntropy, Sgd::new(0.1))
        .batch(16)
        .schedule_per_epoch(Lambda(|epoch| if epoch == 0 { 1.0 } else { 1e45 }))
        .quiet()
        .on(Device::Cpu)
        .unwrap();
    let mut good = vec![];
    let fit = trainer.fit(&train).epochs(9).restore_best(true);
    let error = fit
        .on_epoch(|record, model| {
            if record.epoch.number == 1 {
                good = bits(model)
            }
        })
        .run()
        .unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert_eq!(bits(trainer.model().unwrap()), good);
    assert_eq!(trainer.history().unwrap().best.as_ref().unwrap().epoch, 1);
}

#[test]
fn a_checkpoint_that_is_there_is_not_replaced_unless_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    resumed(&path, 3, 100, 0);
    let (before, train) = (std::fs::read(&path).unwrap(), data(100));
    let error = trainer().fit(&train).checkpoint(&path).run().unwrap_err().to_string();
    let expected = "which is there already\nhelp: it can be a file that is not there; beside `.resume()`, to go on from it, \
                    or `.overwrite()`";
    assert!(error.starts_with("`checkpoint` is `") && error.contains(expected), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let error = trainer().fit(&train).checkpoint(&path).resume().overwrite().run().unwrap_err();
    assert!(matches!(error, Error::Setting { name: "overwrite", .. }), "{error}");
    let mut trainer = trainer();
    trainer.fit(&train).checkpoint(&path).overwrite().run().unwrap();
    assert_eq!(trainer.epochs_made(), 1);
    assert_ne!(std::fs::read(&path).unwrap(), before);
    // Whether a file is there that cannot be asked for is not known.
    let error = trainer.fit(&train).checkpoint(path.join("below")).resume().run().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn a_trainer_does_not_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let train = data(100);
    let mut trainer = trainer();
    trainer.fit(&train).epochs(2).checkpoint(&first).resume().run().unwrap();
    trainer.epoch(&train).unwrap();
    let before = bits(trainer.model().unwrap());
    let error = trainer.fit(&train).epochs(5).checkpoint(&first).resume().run().unwrap_err().to_string();
    let expected = "`resume` is a way back: the trainer has made 21 updates, the checkpoint's 14\nhelp: it can be said \
                    where the checkpoint is ahead: make a new trainer";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!((bits(trainer.model().unwrap()), trainer.epochs_made()), (before, 3));
    // One fit after the other, each with its own file, goes on from both.
    let both = |epochs| {
        let mut trainer = self::trainer();
        trainer.fit(&train).epochs(2).checkpoint(&first).resume().run().unwrap();
        trainer.fit(&train).epochs(epochs).checkpoint(&second).resume().run().unwrap();
        (trainer.epochs_made(), bits(trainer.model().unwrap()))
    };
    assert_eq!(both(1).0, 3);
    let mut whole = self::trainer();
    whole.fit(&train).epochs(6).run().unwrap();
    assert_eq!(both(4), (6, bits(whole.model().unwrap())));
}
