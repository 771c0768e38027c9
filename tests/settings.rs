//! Settings in files of configuration: what is written is read, what is left out is the default, what is misspelt is refused.
use plywood::loss::{CrossEntropyWith, Reduction};
use plywood::metric::Direction;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Exponential, Linear, MultiStep, OneCycle, Plateau, Step, Then, Threshold};
use plywood::{FitSettings, TrainerSettings};
use serde_json::{from_str, to_string};
use std::fmt::Debug;

/// That `written` stands for `settings`, that those come back from what they are written as, and that a name that is not one
/// of theirs, and a list without names, are refused.
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
    // what has no names says nothing
    let error = from_str::<S>("[1, 2]").expect_err("a list").to_string();
    assert!(error.contains("invalid type: sequence, expected a"), "{error}");
    assert!(error.contains(" table "), "{error}");
}

/// What is said where `written` stands for no `S`.
#[track_caller]
fn refused<S: for<'a> serde::Deserialize<'a> + Debug>(written: &str) -> String {
    from_str::<S>(written).expect_err(written).to_string()
}

#[track_caller]
fn says(error: &str, words: &str) {
    assert!(error.contains(words), "{error}");
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
    says(&refused::<Adam>("{}"), "missing field `learning_rate`");
    says(&refused::<Adam>(r#"{"learning_rate": "fast"}"#), "invalid type: string \"fast\"");
    // what means nothing is refused where it always is
    let wrong: Sgd = from_str(r#"{"learning_rate": 0.1, "momentum": -1}"#).expect("numbers");
    says(&wrong.check().expect_err("a momentum of -1").to_string(), "`momentum` is -1");
}

#[test]
fn losses() {
    is(Huber::mean(), "{}");
    is(Mse { reduction: Reduction::BatchMean }, r#"{"reduction": "batch_mean"}"#);
    is(PoissonNll::mean().log_input(false), r#"{"log_input": false}"#);
    is(Huber::sum().delta(2.0), r#"{"reduction": "sum", "delta": 2.0}"#);
    says(&refused::<Mse>(r#"{"reduction": "average"}"#), "unknown variant `average`, expected one of `mean`");

    is(CrossEntropy, "{}");
    is(CrossEntropy::sum().label_smoothing(0.1), r#"{"reduction": "sum", "label_smoothing": 0.1}"#);
    is(CrossEntropy.class_weights([1.0, 0.3]), r#"{"class_weights": [1.0, 0.3]}"#);
    is(CrossEntropy.ignore_index(0), r#"{"ignore_index": 0}"#);
    is(ChannelCrossEntropy::mean(), "{}");
    is(
        ChannelCrossEntropy::sum().class_weights([1.0, 0.3]).ignore_index(255),
        r#"{"reduction": "sum", "class_weights": [1.0, 0.3], "ignore_index": 255}"#,
    );
    is(CosineEmbedding::mean().margin(0.2), r#"{"margin": 0.2}"#);
    is(MarginRanking::sum(), r#"{"reduction": "sum"}"#);
    is(TripletMargin::mean().eps(1e-3), r#"{"eps": 1e-3}"#);
    is(TripletMargin::mean().margin(0.5), r#"{"margin": 0.5}"#);
    is(SoftCrossEntropy::mean(), "{}");
    is(
        SoftCrossEntropy::sum().class_weights([1.0, 0.3]),
        r#"{"reduction": "sum", "class_weights": [1.0, 0.3]}"#,
    );
    is(Nll::sum(), r#"{"reduction": "sum"}"#);
    is(Nll::mean().class_weights([0.5]), r#"{"class_weights": [0.5]}"#);
    is(ProbabilityCrossEntropy::mean(), "{}");
    is(
        ProbabilityCrossEntropy::mean().class_weights([0.5, 2.0, 1.0]),
        r#"{"class_weights": [0.5, 2.0, 1.0]}"#,
    );
    is(Weighted(0.5, CrossEntropy), r#"{"weight": 0.5, "loss": {}}"#);
    let two = r#"{"class_weights": [1.0, 0.3]}"#;
    says(
        &refused::<CrossEntropyWith<[f32; 3]>>(two),
        "expected 3 `class_weights`, one for each class, found 2",
    );
    says(
        &refused::<CrossEntropyWith<[f32; 3]>>("{}"),
        "expected 3 `class_weights`, one for each class, found none",
    );
    says(&refused::<CrossEntropyWith>(two), "expected no `class_weights`, found 2");
    says(
        &refused::<CrossEntropy>(r#"{"label_smoothing": 0.1}"#),
        "unknown field `label_smoothing`: `CrossEntropyWith` has settings, `CrossEntropy` has none",
    );
    says(&refused::<Mse>(r#"{"reduction": "sum", "reduction": "sum"}"#), "duplicate field `reduction`");
}

#[test]
fn metrics() {
    is(Accuracy, "{}");
    is(BinaryAccuracy, "{}");
    is(Confusion, "{}");
    is(Rmse, "{}");
    is(R2, "{}");
    is(TopK(5), r#"{"k": 5}"#);
    is(F1::macro_average(), r#"{"average": "macro"}"#);
    is(Precision::weighted_average(), r#"{"average": "weighted"}"#);
    is(Recall::micro_average(), r#"{"average": "micro"}"#);
    is(F1::of_class(2), r#"{"average": {"class": 2}}"#);
    says(&refused::<F1>(r#"{"average": "mean"}"#), "unknown variant `mean`, expected one of `macro`");
    says(&refused::<TopK>(r#"{"k": -1}"#), "invalid value: integer `-1`");
    says(
        &refused::<Rmse>("null"),
        "invalid type: null, expected an empty table for `Rmse`, which has no setting",
    );
}

#[test]
fn sessions() {
    is(TrainerSettings::default(), "{}");
    let trainer = TrainerSettings {
        batch: 64,
        seed: 7,
        threads: Some(1),
        accumulate: 2,
        clip_norm: Some(1.0),
        clip_value: Some(0.5),
        keep_gradient: true,
        progress: false,
    };
    let written = r#"{"batch": 64, "seed": 7, "threads": 1, "accumulate": 2, "clip_norm": 1.0, "clip_value": 0.5,
        "keep_gradient": true, "progress": false}"#;
    is(trainer.clone(), written);
    is(FitSettings::default(), "{}");
    let fit = FitSettings {
        epochs: Some(30),
        validate_every: 2,
        early_stopping: Some(3),
        min_delta: Some(0.125),
        restore_best: Some(false),
        checkpoint: None,
        checkpoint_every: None,
        resume: false,
        overwrite: false,
    };
    let written = r#"{"epochs": 30, "validate_every": 2, "early_stopping": 3, "min_delta": 0.125, "restore_best": false}"#;
    is(fit.clone(), written);
    is(
        FitSettings { checkpoint: Some("a.safetensors".into()), resume: true, ..FitSettings::default() },
        r#"{"checkpoint": "a.safetensors", "resume": true}"#,
    );
    assert_eq!(from_str::<Device>(r#""cpu""#).expect("a device"), Device::Cpu);
    says(&refused::<TrainerSettings>(r#"{"batch": -1}"#), "invalid value: integer `-1`");
    let by_name = "expected a table of `TrainerSettings` by name, of `batch`, `seed`, `threads`";
    says(&refused::<TrainerSettings>("[64, 7]"), by_name);

    // they do what the methods of their names do
    network! { struct Line: [1] -> [1] { line: Linear(1) } }
    let data = Dataset::new(vec![[1.0]; 64], vec![[2.0]; 64]).expect("samples");
    let make = || Trainer::new(Line::init(1), Mse::mean(), Sgd::new(0.1));
    let mut told = make().settings(trainer).on(Device::Cpu).expect("a trainer");
    let mut said =
        make().batch(64).seed(7).threads(1).accumulate(2).clip_norm(1.0).clip_value(0.5).keep_gradient();
    said = said.progress(false);
    let mut said = said.on(Device::Cpu).expect("a trainer");
    let a = told.fit(&data).settings(fit).validate(&data, Mse::mean()).run().expect("it fits");
    let b =
        said.fit(&data).epochs(30).validate_every(2).early_stopping(3).min_delta(0.125).restore_best(false);
    let b = b.validate(&data, Mse::mean()).run().expect("it fits");
    assert!(a.stopped == b.stopped && a.records.len() == b.records.len() && a.records.len() < 30, "{a}\n{b}");
    assert_eq!(told.model().expect("a model"), said.model().expect("a model"));
    let wrong = make().settings(TrainerSettings { batch: 0, ..TrainerSettings::default() });
    says(&wrong.on(Device::Cpu).expect_err("no batch").to_string(), "`batch` is 0");
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
    // a cell is what may stand in one, as in a program
    is(
        Encoder::new().missing("litres", Missing::constant(3)).missing("diesel", Missing::constant(true)),
        r#"{"missing": [["litres", {"constant": 3}], ["diesel", {"constant": true}]]}"#,
    );
    is(
        Encoder::new().unknown(["a", "b"], Unknown::constant(-2.5)),
        r#"{"unknown": [[["a", "b"], {"constant": -2.5}]]}"#,
    );
    let constant = refused::<Encoder>(r#"{"missing": [["litres", {"constant": [3]}]]}"#);
    says(&constant, "invalid type: sequence, expected what a cell can be: a text, a number, true or false");
    let columns = "expected columns: a name, a position from 0, a list of such, or \"..\" for all";
    for (written, found) in [
        (r#"{"targets": -1}"#, "invalid value: integer `-1`"),
        (r#"{"inputs": ["a", 1.5]}"#, "invalid type: floating point `1.5`"),
        (r#"{"one_hot": null}"#, "invalid type: null"),
        (r#"{"booleans": [true]}"#, "invalid type: boolean `true`"),
    ] {
        says(&refused::<Encoder>(written), &format!("{found}, {columns}"));
    }
    says(&refused::<Encoder>(r#"{"inputs": {"nme": "a"}}"#), "unknown field `nme`, expected `name`");
    // what a program says and a file are one to a table too
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("pets.csv");
    std::fs::write(&path, "size,kind\n1,cat\n2,dog\n").expect("a table");
    let encoder = from_str(r#"{"targets": "kind", "classes": true}"#).expect("an encoder");
    let (_, encoding) =
        Csv::open(&path).expect("a table").encoder(encoder).fit::<f32, u32>().expect("an encoding");
    assert_eq!(encoding.class_names(), ["cat", "dog"]);
}
