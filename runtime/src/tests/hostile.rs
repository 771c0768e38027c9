//! Checkpoints of training with numbers that no training comes to.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Small, samples};
use crate::book::optim::Adam;
use crate::loss::{CrossEntropy, Loss, Reduction};
use crate::metric::Accuracy;
use crate::ops::Cpu;
use crate::schedule::{Cosine, Plateau};
use crate::{Dataset, Device, Error, Result, Trainer};

/// Cross entropy that fails after so many steps.
struct Failing(AtomicUsize);

impl Loss<[f32; 3]> for Failing {
    type Target = u32;
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(&self, cpu: &Cpu, d: &mut [[f32; 3]], y: &[[f32; 3]], t: &[u32], scale: f64) -> Result<f64> {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(Error::empty("what is left"));
        }
        CrossEntropy.gradient(cpu, d, y, t, scale)
    }
    fn value(&self, y: &[[f32; 3]], t: &[u32]) -> Result<f64> {
        CrossEntropy.value(y, t)
    }
}

fn trainer(steps: usize) -> Trainer<Small, Failing, Adam> {
    Trainer::new(Small::init(7), Failing(AtomicUsize::new(steps)), Adam::new(1e-2))
        .batch(16)
        .accumulate(3)
        .schedule_per_update(Cosine::new(20))
        .reduce_on_plateau(Plateau::new().patience(2).cooldown(1))
        .quiet()
        .on(Device::Cpu)
        .unwrap()
}

/// What is done with a file that was changed. It may be refused or not, but nothing in it may overflow.
fn used(path: &Path, data: &Dataset<[f32; 4], u32>) -> bool {
    let mut all = trainer(usize::MAX);
    let taken = all.load_checkpoint(path).is_ok();
    if taken {
        // a rate of infinity, for one, is told by the next step
        let _ = all.epoch(data).and_then(|_| all.epoch(data));
        (0..9).for_each(|i| all.observe(f64::from(i)));
        let _ = all.save_checkpoint(path.with_extension("again"));
    }
    let mut fitted = trainer(usize::MAX);
    let fit = fitted.fit(data).validate(data, Accuracy).epochs(4).early_stopping(9).checkpoint(path).resume();
    if let Ok(history) = fit.run() {
        let _ = (history.speed(), history.to_string(), history.to_csv());
    }
    taken
}

#[test]
fn no_number_is_too_large_or_too_small() {
    let folder = tempfile::tempdir().unwrap();
    let [fit, steps, spoiled] = ["fit", "steps", "spoiled"].map(|name| folder.path().join(name));
    let (xs, classes) = samples(100);
    let data = Dataset::new(xs.clone(), classes.clone()).unwrap();
    // in the third epoch of a fit, and in a group of steps
    let mut cut = trainer(19);
    let run = cut
        .fit(&data)
        .validate(&data, Accuracy)
        .epochs(4)
        .early_stopping(9)
        .checkpoint(&fit)
        .checkpoint_every(1);
    assert!(run.run().is_err());
    let mut cut = trainer(usize::MAX);
    cut.step(&xs[..16], &classes[..16]).unwrap();
    cut.save_checkpoint(&steps).unwrap();

    let mut refused = vec![];
    for file in [&fit, &steps] {
        let whole = fs::read(file).unwrap();
        let length = u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
        let (header, tensors) = whole[8..].split_at(length);
        let header = str::from_utf8(header).unwrap();
        let mut spoil = |key: &str, at: usize, old: &str, new: &str| {
            let mut header = format!("{}{new}{}", &header[..at], &header[at + old.len()..]);
            header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
            fs::write(&spoiled, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat())
                .unwrap();
            if !used(&spoiled, &data) {
                refused.push(format!("{key} {new}"));
            }
        };
        let (mut at, mut numbers) = (0, 0);
        for line in header.split("\\n") {
            if let Some((key, value)) = line.split_once(" = ") {
                let mut start = at + key.len() + 3;
                // a record has several numbers
                for old in value.split(',') {
                    if old.parse::<f64>().is_ok() {
                        numbers += 1;
                        for new in
                            ["0", "-1", "4294967295", "18446744073709551615", "NaN", "inf", "-1e308", "1e308"]
                        {
                            spoil(key.rsplit('"').next().unwrap(), start, old, new);
                        }
                    }
                    start += old.len() + 1;
                }
            }
            at += line.len() + 2;
        }
        assert!(numbers > 15, "{numbers}");
    }
    for key in
        ["updates", "epochs", "pending.batches", "plateau.bad", "plateau.cooldown", "plateau.reductions"]
    {
        assert!(refused.contains(&format!("{key} 4294967295")) || key == "updates", "{key}");
        assert!(refused.contains(&format!("{key} 18446744073709551615")), "{key}");
    }
    for key in [
        "epoch.samples",
        "epoch.updates",
        "epoch.seconds",
        "epoch.nanoseconds",
        "fit.first",
        "fit.bad",
        "fit.records",
    ] {
        assert!(refused.contains(&format!("{key} 18446744073709551615")), "{key} of {refused:?}");
    }
    for key in ["epoch.sum", "epoch.shares", "pending.shares", "fit.best", "fit.mark"] {
        assert!(refused.contains(&format!("{key} NaN")), "{key}");
    }
}
