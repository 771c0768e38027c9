//! Settings in files of configuration: what is written is read, what is left out is the default, what is misspelt is refused.
use plywood::loss::Reduction;
use plywood::metric::Direction;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Exponential, Linear, MultiStep, OneCycle, Plateau, Step, Then, Threshold};
use serde_json::{from_str, to_string};
use std::fmt::Debug;

/// That `written` stands for `settings`, that those come back from what they are written as, and that a name that is not one
/// of theirs is refused.
#[track_caller]
fn is<S>(settings: S, written: &str)
where
    S: serde::Serialize + for<'a> serde::Deserialize<'a> + PartialEq + Debug,
{
    assert_eq!(from_str::<S>(written).expect(written), settings, "{written}");
    let text = to_string(&settings).expect("they are written");
    assert_eq!(from_str::<S>(&text).expect(&text), settings, "{text}");
    let misspelt = text.replacen('{', "{\"learnig_rate\":1,", 1);
    let error = from_str::<S>(&misspelt).expect_err("a name that is none").to_string();
    assert!(error.contains("unknown field `learnig_rate`"), "{error}");
}

#[test]
fn optimizers() {
    is(Adam::new(1e-3), r#"{"learning_rate": 1e-3}"#);
    is(
        Sgd::new(0.1).momentum(0.9).nesterov(true),
        r#"{"learning_rate": 0.1, "momentum": 0.9, "nesterov": true}"#,
    );
    is(AdamW::new(3e-4).weight_decay(0.05), r#"{"learning_rate": 3e-4, "weight_decay": 0.05}"#);
    is(RmsProp::new(0.25), r#"{"learning_rate": 0.25}"#);
    let error = from_str::<Adam>("{}").expect_err("no learning rate").to_string();
    assert!(error.contains("missing field `learning_rate`"), "{error}");
    // what means nothing is refused where it always is
    let wrong: Sgd = from_str(r#"{"learning_rate": 0.1, "momentum": -1}"#).expect("numbers");
    assert!(wrong.check().expect_err("a momentum of -1").to_string().contains("`momentum` is -1"));
}

#[test]
fn losses() {
    is(Huber::mean(), "{}");
    is(Huber::sum().delta(2.0), r#"{"reduction": "sum", "delta": 2.0}"#);
    is(Mse { reduction: Reduction::BatchMean }, r#"{"reduction": "batch_mean"}"#);
}

#[test]
fn schedules() {
    is(Step::new(30), r#"{"step_size": 30}"#);
    is(MultiStep::new([30, 60]).gamma(0.5), r#"{"milestones": [30, 60], "gamma": 0.5}"#);
    is(Exponential::new(0.99), r#"{"gamma": 0.99}"#);
    is(Linear::new(0.1, 1.0, 5), r#"{"start_factor": 0.1, "end_factor": 1.0, "total_iters": 5}"#);
    is(Cosine::new(900), r#"{"t_max": 900}"#);
    is(OneCycle::new(100).pct_start(0.2), r#"{"total_steps": 100, "pct_start": 0.2}"#);
    is(
        Plateau::new().mode(Direction::Higher).threshold(Threshold::Abs(0.5)).patience(3),
        r#"{"mode": "higher", "threshold": {"abs": 0.5}, "patience": 3}"#,
    );
    let warm: Then<Linear, Cosine> = Cosine::new(90).warmup(10);
    is(warm, &to_string(&Cosine::new(90).warmup(10)).expect("it is written"));
}

#[test]
fn encoders() {
    is(Encoder::new(), "{}");
    let encoder = Encoder::new()
        .inputs(["litres", "origin", "diesel"])
        .one_hot("origin")
        .booleans("diesel")
        .targets(3)
        .missing(.., Missing::Median)
        .missing("origin", Missing::constant("elsewhere"))
        .unknown("origin", Unknown::Zeros);
    let written = r#"{
        "inputs": ["litres", "origin", "diesel"], "one_hot": "origin", "booleans": ["diesel"], "targets": 3,
        "missing": [["..", "median"], ["origin", {"constant": "elsewhere"}]], "unknown": [["origin", "zeros"]]
    }"#;
    is(encoder, written);
    // a column may be called as all of them are
    is(Encoder::new().inputs(["..", "litres"]), r#"{"inputs": [{"name": ".."}, "litres"]}"#);
    // what a program says and a file are one to a table too
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("pets.csv");
    std::fs::write(&path, "size,kind\n1,cat\n2,dog\n").expect("a table");
    let encoder = from_str(r#"{"targets": "kind", "classes": true}"#).expect("an encoder");
    let (_, encoding) =
        Csv::open(&path).expect("a table").encoder(encoder).fit::<f32, u32>().expect("an encoding");
    assert_eq!(encoding.class_names(), ["cat", "dog"]);
}
