//! Learning rates against those of PyTorch's schedulers, and what schedules do to a trainer.
use plywood::metric::Direction;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Exponential, Lambda, Linear, MultiStep, OneCycle, Plateau, Step, Threshold};
use plywood::{Error, TrainerBuilder};
use plywood_tests::fixture::{cases, list, number, sizes, word};
use serde_json::Value;

network! { struct Line: [1] -> [1] { line: Linear(1) } }

fn trainer(rate: f64) -> TrainerBuilder<Line, Mse, Sgd> {
    Trainer::new(Line::init(7), Mse::mean(), Sgd::new(rate)).batch(1).threads(1).quiet()
}

/// The schedule of a case, `None` for a plateau.
fn schedule(case: &Value) -> Option<Box<dyn Schedule>> {
    let arguments = &case["arguments"];
    let given = |name: &str| number(&arguments[name]);
    let count = |name: &str| given(name) as u64;
    Some(match word(&case["name"]) {
        "StepLR" => Box::new(Step::new(count("step_size")).gamma(given("gamma"))),
        "MultiStepLR" => {
            let milestones: Vec<u64> =
                sizes(&arguments["milestones"]).into_iter().map(|n| n as u64).collect();
            Box::new(MultiStep::new(milestones).gamma(given("gamma")))
        }
        "ExponentialLR" => Box::new(Exponential::new(given("gamma"))),
        "LinearLR" => Box::new(Linear::new(given("start_factor"), given("end_factor"), count("total_iters"))),
        "CosineAnnealingLR" => Box::new(Cosine::new(count("T_max")).eta_min(given("eta_min"))),
        "warmup" => Box::new(Cosine::new(count("T_max")).eta_min(given("eta_min")).warmup(count("n"))),
        "OneCycleLR" => {
            let mut cycle = OneCycle::new(count("total_steps"));
            if let Some(part) = arguments["pct_start"].as_f64() {
                cycle = cycle
                    .pct_start(part)
                    .div_factor(given("div_factor"))
                    .final_div_factor(given("final_div_factor"));
            }
            Box::new(cycle)
        }
        "ReduceLROnPlateau" => return None,
        other => panic!("no schedule `{other}`"),
    })
}

fn plateau(arguments: &Value) -> Plateau {
    let given = |name: &str, otherwise: f64| arguments[name].as_f64().unwrap_or(otherwise);
    let threshold = given("threshold", 1e-4);
    let plateau = Plateau::new();
    Plateau {
        mode: arguments["mode"].as_str().map(|_| Direction::Higher),
        factor: given("factor", plateau.factor),
        patience: given("patience", plateau.patience.into()) as u32,
        threshold: match arguments["threshold_mode"].as_str() {
            None => Threshold::Rel(threshold),
            Some(_) => Threshold::Abs(threshold),
        },
        cooldown: given("cooldown", plateau.cooldown.into()) as u32,
        min_lr: given("min_lr", plateau.min_lr),
        eps: given("eps", plateau.eps),
    }
}

#[track_caller]
fn close(what: &str, expected: f64, found: f64) {
    let margin = 1e-12 * expected.abs() + 1e-17;
    assert!((expected - found).abs() <= margin, "{what}: expected {expected}, found {found}");
}

#[test]
fn rates_are_pytorchs() {
    let mut plateaus = 0;
    for case in cases("schedules") {
        let bases = list(&case["bases"]);
        let rates: Vec<Vec<f64>> = case["rates"].as_array().expect("rates").iter().map(list).collect();
        assert_eq!(rates.len(), 50);
        let name = format!("{} {}", word(&case["name"]), case["arguments"]);
        match schedule(&case) {
            Some(schedule) => {
                schedule.check().expect("right settings");
                for (t, rates) in rates.iter().enumerate() {
                    for (base, rate) in bases.iter().zip(rates) {
                        close(&format!("{name} at {t}"), *rate, schedule.rate(*base, t as u64));
                    }
                }
            }
            None => {
                plateaus += 1;
                for (group, base) in bases.iter().enumerate() {
                    let plateau = plateau(&case["arguments"]);
                    let mut trainer =
                        trainer(*base).reduce_on_plateau(plateau).on(Device::Cpu).expect("right settings");
                    for (t, result) in list(&case["results"]).into_iter().enumerate() {
                        close(&format!("{name} at {t}"), rates[t][group], trainer.learning_rate());
                        trainer.observe(result);
                    }
                }
            }
        }
    }
    assert_eq!(plateaus, 4);
}

#[test]
fn rates_stay_after_the_end() {
    for (schedule, last) in [
        (&Cosine::new(10).eta_min(0.01) as &dyn Schedule, 0.01),
        (&Linear::new(1.0, 0.25, 10), 0.25),
        (&OneCycle::new(10), 1.0 / 25.0 / 1e4),
        (&MultiStep::new([10]), 0.1),
        (&Cosine::new(5).eta_min(0.01).warmup(5), 0.01),
        (&Exponential::new(0.5).then(5, Linear::new(1.0, 0.0, 5)), 0.0),
    ] {
        for t in [10, 11, 1000, u64::MAX] {
            close(&format!("{schedule:?} at {t}"), last, schedule.rate(1.0, t));
        }
    }
    // a rise of no length, and one that is all there is
    for (part, at_first) in [(0.1, 1.0), (1.0, 1.0 / 25.0)] {
        close("at first", at_first, OneCycle::new(10).pct_start(part).rate(1.0, 0));
        assert!((0..20).all(|t| OneCycle::new(10).pct_start(part).rate(1.0, t).is_finite()));
    }
    assert!(OneCycle::new(1).rate(1.0, 0).is_finite());
    assert_eq!(Cosine::new(10).eta_min(0.01).rate(0.001, 5), 0.001, "never up");
}

#[test]
fn a_plateau_minds_the_size_of_negative_results() {
    // each better than the one before by less than a ten-thousandth, which is no improvement
    let mut trainer =
        trainer(1.0).reduce_on_plateau(Plateau::new().patience(2)).on(Device::Cpu).expect("a trainer");
    for k in 0..4 {
        assert_eq!(trainer.learning_rate(), 1.0);
        trainer.observe(-10.0 - 1e-5 * k as f64);
    }
    assert_eq!(trainer.learning_rate(), 0.1);
    // nor is what is not a number, even at first
    for _ in 0..3 {
        trainer.observe(f64::NAN);
    }
    close("after three that are none", 0.01, trainer.learning_rate());
}

/// The rates of some steps, from how far a weight moves: with one sample, the loss `(w + b)²` at `w = b = 0` but for its
/// target has the slope -2 with respect to both.
fn moves(mut trainer: Trainer<Line, Mse, Sgd>, epochs: usize) -> Vec<f64> {
    let mut moves = vec![];
    let data = Dataset::new(vec![[1.0]; 3], vec![[1e6]; 3]).expect("as many");
    for _ in 0..epochs {
        for (x, t) in data.batches(1) {
            let before = f64::from(trainer.model().expect("a model").parameters().line.weight[0][0]);
            let told = trainer.learning_rate();
            trainer.step(x, t).expect("a step");
            let after = f64::from(trainer.model().expect("a model").parameters().line.weight[0][0]);
            moves.push(told);
            let moved = (after - before) / 2e6;
            assert!((moved - told).abs() <= 1e-3 * told + 1e-12, "{moved} {told}");
        }
    }
    moves
}

#[test]
fn steps_are_made_with_the_scheduled_rate() {
    let made = trainer(1e-4).schedule_per_update(Exponential::new(0.5)).on(Device::Cpu).expect("a trainer");
    let rates = moves(made, 2);
    for (t, rate) in rates.into_iter().enumerate() {
        close("halved every time", 1e-4 * 0.5f64.powi(t as i32), rate);
    }
    // both kinds, and a rate that is set on the way: what schedules start from
    let mut made = trainer(1e-4)
        .schedule_per_update(Lambda(|t| (t + 1) as f64))
        .schedule_per_epoch(Step::new(1))
        .on(Device::Cpu)
        .expect("a trainer");
    let data = Dataset::new(vec![[1.0]; 3], vec![[1.0]; 3]).expect("as many");
    assert_eq!(made.learning_rate(), 1e-4);
    made.epoch(&data).expect("an epoch");
    close("after an epoch of 3", 4e-5, made.learning_rate());
    made.optimizer_mut().set_learning_rate(1e-3);
    close("from another rate", 4e-4, made.learning_rate());
    assert_eq!(made.optimizer().learning_rate, 1e-3);
}

#[test]
fn wrong_settings_are_errors() {
    let refused = |builder: TrainerBuilder<Line, Mse, Sgd>| match builder.on(Device::Cpu) {
        Err(Error::Setting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    fn each(schedule: impl Schedule) -> TrainerBuilder<Line, Mse, Sgd> {
        trainer(0.1).schedule_per_update(schedule)
    }
    assert_eq!(refused(each(Step::new(0))), "step_size");
    assert_eq!(refused(each(Step::new(1).gamma(-0.5))), "gamma");
    assert_eq!(refused(each(MultiStep::new([]))), "milestones");
    assert_eq!(refused(each(MultiStep::new([1]).gamma(f64::NAN))), "gamma");
    assert_eq!(refused(each(Exponential::new(f64::INFINITY))), "gamma");
    assert_eq!(refused(each(Linear::new(-1.0, 1.0, 1))), "start_factor");
    assert_eq!(refused(each(Linear::new(1.0, f64::NAN, 1))), "end_factor");
    assert_eq!(refused(each(Cosine::new(0))), "t_max");
    assert_eq!(refused(each(Cosine::new(0).warmup(3))), "t_max");
    assert_eq!(refused(each(Cosine::new(1).eta_min(-1.0))), "eta_min");
    assert_eq!(refused(each(OneCycle::new(0))), "total_steps");
    assert_eq!(refused(each(OneCycle::new(9).pct_start(1.5))), "pct_start");
    assert_eq!(refused(each(OneCycle::new(9).div_factor(0.0))), "div_factor");
    assert_eq!(refused(each(OneCycle::new(9).final_div_factor(-1.0))), "final_div_factor");
    assert_eq!(refused(each(Lambda(|_| -1.0))), "schedule");
    assert_eq!(refused(trainer(0.1).schedule_per_epoch(Step::new(0))), "step_size");
    for (plateau, name) in [
        (Plateau::new().factor(1.0), "factor"),
        (Plateau::new().factor(-0.1), "factor"),
        (Plateau::new().threshold(Threshold::Abs(-1.0)), "threshold"),
        (Plateau::new().min_lr(f64::NAN), "min_lr"),
        (Plateau::new().eps(-1.0), "eps"),
    ] {
        assert_eq!(refused(trainer(0.1).reduce_on_plateau(plateau)), name);
    }
    // a rate that is none only later is told then, before anything is learned
    let mut trainer = each(Lambda(|t| 1.0 - t as f64)).on(Device::Cpu).expect("right at first");
    let mut step = || trainer.step(&[[1.0]], &[[1.0]]);
    step().expect("1");
    step().expect("0");
    let error = step().expect_err("-1").to_string();
    assert!(error.contains("-0.1 after 2 updates"), "{error}");
}
