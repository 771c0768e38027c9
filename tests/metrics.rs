//! Metrics against scikit-learn's values, however the samples are cut into batches.
use plywood::loss::Loss;
use plywood::metric::{ConfusionMatrix, Direction};
use plywood::prelude::*;
use plywood::{Element, Error, Result};
use plywood_tests::fixture::{fill, list, number, read, sizes, word};
use plywood_tests::numbers::single;
use serde_json::Value;

/// The numbers of a description; see `make_metrics.py`.
fn numbers(description: &Value) -> Vec<f32> {
    let mut x = fill(description);
    let columns = sizes(&description["shape"]).get(1).copied().unwrap_or(1);
    if description["floor"] == true {
        x.iter_mut().for_each(|x| *x = x.floor());
    }
    let in_list = |name: &str, i: usize| {
        description[name].as_array().is_some_and(|list| list.iter().any(|c| *c == i % columns))
    };
    let offset = description["offset"].as_f64().unwrap_or(0.0);
    for (i, x) in x.iter_mut().enumerate() {
        *x -= if in_list("never", i) { 10.0 } else { 0.0 };
        *x = if in_list("constant", i) { 0.25 } else { *x };
        *x += offset;
    }
    single(&x)
}

fn whole<S: Sample>(numbers: &[f32]) -> &[S] {
    S::from_flat(numbers).expect("whole samples")
}

fn classes(targets: &Value) -> Vec<u32> {
    list(targets).iter().map(|t| *t as u32).collect()
}

/// The value of a metric over samples that come in batches of these sizes, the last again and again.
fn measured<S: Sample, T: Element, C: Metric<S, T>>(
    metric: &C,
    output: &[S],
    targets: &[T],
    batches: &[usize],
) -> Result<C::Value> {
    metric.check()?;
    let (mut total, mut done) = (C::Total::default(), 0);
    for i in 0.. {
        if done == output.len() {
            break;
        }
        let next = (done + batches[i.min(batches.len() - 1)]).min(output.len());
        metric.add(&mut total, &output[done..next], &targets[done..next])?;
        done = next;
    }
    Ok(metric.result(total))
}

const CUTS: [&[usize]; 5] = [&[usize::MAX >> 1], &[1], &[7], &[3, 1, 16], &[32, 5]];

/// That a metric gives what is expected whatever the batches.
fn agrees<S: Sample, T: Element, C: ScalarMetric<S, T>>(
    what: &str,
    metric: C,
    output: &[S],
    targets: &[T],
    expected: f64,
) {
    for cut in CUTS {
        let found = measured(&metric, output, targets, cut).unwrap_or_else(|error| panic!("{what}: {error}"));
        let close = (found - expected).abs() <= 1e-12 * expected.abs().max(1.0);
        let undefined = expected.is_nan() && found.is_nan();
        assert!(close || undefined, "{what}, {}, batches {cut:?}: {found}, not {expected}", metric.name());
    }
}

fn classification<const C: usize>(case: &Value) {
    let (what, numbers, targets) = (word(&case["name"]), numbers(&case["scores"]), classes(&case["targets"]));
    let scores = whole::<[f32; C]>(&numbers);
    assert_eq!(scores.len(), targets.len());
    agrees(what, Accuracy, scores, &targets, number(&case["accuracy"]));
    for (i, expected) in case["top_k"].as_array().into_iter().flatten().enumerate() {
        agrees(what, TopK(i + 1), scores, &targets, number(expected));
    }
    let averages = [
        ("macro", Precision::macro_average(), Recall::macro_average(), F1::macro_average()),
        ("micro", Precision::micro_average(), Recall::micro_average(), F1::micro_average()),
        ("weighted", Precision::weighted_average(), Recall::weighted_average(), F1::weighted_average()),
    ];
    for (average, precision, recall, f1) in averages {
        let expected = list(&case[average]);
        agrees(what, precision, scores, &targets, expected[0]);
        agrees(what, recall, scores, &targets, expected[1]);
        agrees(what, f1, scores, &targets, expected[2]);
    }
    for cut in CUTS {
        let matrix: ConfusionMatrix =
            measured(&Confusion, scores, &targets, cut).expect("the targets are right");
        let rows: Vec<Vec<f64>> = matrix.rows().map(|row| row.iter().map(|n| *n as f64).collect()).collect();
        let expected: Vec<Vec<f64>> = case["confusion"].as_array().expect("rows").iter().map(list).collect();
        assert_eq!(rows, expected, "{what}");
        assert_eq!((matrix.classes(), matrix.samples()), (C, targets.len() as u64));
        assert_eq!(matrix.accuracy(), number(&case["accuracy"]), "{what}");
    }
    let matrix = measured(&Confusion, scores, &targets, &[8]).expect("the targets are right");
    let expected = case["per_class"].as_array().expect("classes");
    for (class, (found, expected)) in matrix.per_class().into_iter().zip(expected).enumerate() {
        let expected = list(expected);
        for (found, expected) in [found.precision, found.recall, found.f1].into_iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-15, "{what}, class {class}: {found}, not {expected}");
        }
        assert_eq!(found.support as f64, expected[3], "{what}, class {class}");
        agrees(what, Precision::of_class(class), scores, &targets, expected[0]);
        agrees(what, Recall::of_class(class), scores, &targets, expected[1]);
        agrees(what, F1::of_class(class), scores, &targets, expected[2]);
    }
    assert_eq!((matrix.per_class().len(), expected.len()), (C, C));
}

#[test]
fn classes_are_counted_as_scikit_learn_does() {
    let cases = read("metrics")["classification"].as_array().cloned().expect("cases");
    assert!(cases.len() > 8);
    for case in cases {
        match sizes(&case["scores"]["shape"])[1] {
            2 => classification::<2>(&case),
            3 => classification::<3>(&case),
            4 => classification::<4>(&case),
            5 => classification::<5>(&case),
            other => panic!("no test for {other} classes"),
        }
    }
}

fn regression<S: Sample>(case: &Value)
where
    Rmse: ScalarMetric<S, S>,
    R2: ScalarMetric<S, S>,
    Mse: ScalarMetric<S, S>,
    Mae: ScalarMetric<S, S>,
{
    let (what, output, target) = (word(&case["name"]), numbers(&case["output"]), numbers(&case["target"]));
    let (output, target) = (whole::<S>(&output), whole::<S>(&target));
    agrees(what, Rmse, output, target, number(&case["rmse"]));
    agrees(what, R2, output, target, case["r2"].as_f64().unwrap_or(f64::NAN));
    agrees(what, Mse::mean(), output, target, number(&case["mse"]));
    agrees(what, Mae::mean(), output, target, number(&case["mae"]));
}

#[test]
fn numbers_are_compared_as_scikit_learn_does() {
    let cases = read("metrics")["regression"].as_array().cloned().expect("cases");
    assert!(cases.len() > 8);
    for case in cases {
        match sizes(&case["output"]["shape"])[1..] {
            [] => regression::<f32>(&case),
            [1] => regression::<[f32; 1]>(&case),
            [2] => regression::<[f32; 2]>(&case),
            [2, 3] => regression::<[[f32; 3]; 2]>(&case),
            ref other => panic!("no test for {other:?}"),
        }
    }
}

#[test]
fn logits_are_on_their_side_as_scikit_learn_counts() {
    let cases = read("metrics")["binary"].as_array().cloned().expect("cases");
    assert!(cases.len() > 2);
    for case in cases {
        let (what, logits, expected) =
            (word(&case["name"]), numbers(&case["logits"]), number(&case["accuracy"]));
        let targets = single(&list(&case["targets"]));
        if sizes(&case["logits"]["shape"])[1] == 3 {
            agrees(what, BinaryAccuracy, whole::<[f32; 3]>(&logits), whole::<[f32; 3]>(&targets), expected);
        } else {
            let one = whole::<[f32; 1]>(&logits);
            agrees(what, BinaryAccuracy, one, whole::<[f32; 1]>(&targets), expected);
            agrees(what, BinaryAccuracy, one, &targets, expected);
            agrees(what, BinaryAccuracy, &logits, &targets, expected);
            of_one_logit(&case, one, &targets);
            of_one_logit(&case, one, whole::<[f32; 1]>(&targets));
            of_one_logit(&case, &logits, &targets);
        }
    }
}

/// What counts classes, of logits as of the scores of two.
fn of_one_logit<S: Sample, T: Element>(case: &Value, logits: &[S], targets: &[T])
where
    Precision: ScalarMetric<S, T>,
    Recall: ScalarMetric<S, T>,
    F1: ScalarMetric<S, T>,
    Confusion: Metric<S, T, Value = ConfusionMatrix>,
{
    let what = word(&case["name"]);
    for class in 0..2 {
        let expected = |metric: &str| number(&case[metric][class]);
        agrees(what, Precision::of_class(class), logits, targets, expected("precision"));
        agrees(what, Recall::of_class(class), logits, targets, expected("recall"));
        agrees(what, F1::of_class(class), logits, targets, expected("f1"));
    }
    let matrix = Confusion.measure(logits, targets).expect("it measures");
    for (row, expected) in matrix.rows().zip(case["confusion"].as_array().expect("rows")) {
        let row: Vec<f64> = row.iter().map(|count| *count as f64).collect();
        assert_eq!(row, list(expected), "{what}");
    }
}

network! { struct Net: [4] -> [3] { fc1: Linear(6), Tanh, fc2: Linear(3) } }

fn data(n: usize) -> Dataset<[f32; 4], u32> {
    let classes: Vec<u32> = (0..n as u32).map(|i| i % 3).collect();
    Dataset::new(random::normal::<[f32; 4]>(n, 5), classes).expect("as many")
}

#[test]
fn a_tuple_measures_all_at_once() -> Result<()> {
    let data = data(100);
    let mut trainer = Trainer::new(Net::init(3), CrossEntropy, Sgd::new(0.1))
        .batch(16)
        .threads(1)
        .quiet()
        .on(Device::Cpu)?;
    let (accuracy, loss) = trainer.evaluate(&data, (Accuracy, CrossEntropy))?;
    assert_eq!(accuracy, trainer.evaluate(&data, Accuracy)?);
    assert_eq!(loss, trainer.evaluate(&data, CrossEntropy)?);
    let (top, matrix, f1) = trainer.evaluate(&data, (TopK(2), Confusion, F1::macro_average()))?;
    assert!(top > accuracy);
    assert_eq!((matrix.accuracy(), matrix.macro_average().f1), (accuracy, f1));
    let (_, _, recall, (same, _)) =
        trainer.evaluate(&data, (TopK(1), TopK(3), Recall::of_class(1), (Accuracy, CrossEntropy)))?;
    assert_eq!((recall, same), (matrix.per_class()[1].recall, accuracy));
    Ok(())
}

/// A metric over any model and loss: what early stopping is made of.
fn watched<M: Model, L: Loss<M::Output>, C: ScalarMetric<M::Output, L::Target>>(
    trainer: &mut Trainer<M, L, Sgd>,
    data: &Dataset<M::Input, L::Target>,
    metric: C,
) -> Result<(f64, Direction, String)> {
    let (direction, name) = (metric.direction(), metric.name());
    Ok((trainer.evaluate(data, metric)?, direction, name))
}

#[test]
fn a_number_says_what_it_is_and_which_is_better() -> Result<()> {
    let data = data(30);
    let mut trainer = Trainer::new(Net::init(3), CrossEntropy, Sgd::new(0.1)).quiet().on(Device::Cpu)?;
    let mut of = |metric: &str| match metric {
        "loss" => watched(&mut trainer, &data, CrossEntropy),
        "top" => watched(&mut trainer, &data, TopK(2)),
        "recall" => watched(&mut trainer, &data, Recall::weighted_average()),
        _ => watched(&mut trainer, &data, F1::of_class(2)),
    };
    let (_, direction, name) = of("loss")?;
    assert_eq!((direction, name.as_str()), (Direction::Lower, "CrossEntropy"));
    assert_eq!(of("top")?.2, "TopK(2)");
    assert_eq!(of("recall")?.2, "Recall, weighted average");
    assert_eq!((of("f1")?.1, of("f1")?.2.as_str()), (Direction::Higher, "F1 of class 2"));
    assert_eq!(ScalarMetric::<f32, f32>::direction(&Rmse), Direction::Lower);
    assert_eq!(ScalarMetric::<[f32; 2], [f32; 2]>::name(&R2), "R2");
    assert_eq!(ScalarMetric::<f32, f32>::name(&Mse::mean()), "Mse");
    assert!(Direction::Higher.is_better(0.5, 0.4) && !Direction::Higher.is_better(0.4, 0.4));
    assert!(Direction::Lower.is_better(0.4, f64::NAN) && !Direction::Lower.is_better(f64::NAN, 0.4));
    assert!(Direction::Lower.is_better(0.4, 0.5) && !Direction::Lower.is_better(f64::NAN, f64::NAN));
    Ok(())
}

#[test]
fn a_matrix_prints_as_a_table() -> Result<()> {
    let scores = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.5, 0.1, 0.2], [1.0, 0.0, 0.5]];
    let matrix = measured(&Confusion, &scores, &[0u32, 1, 2, 0], &[4])?;
    let text = matrix.clone().names(["cat", "dog", "songbird"]).expect("three").to_string();
    let expected = "
target \\ predicted     cat     dog  songbird           recall
cat                      2       0         0           1.0000
dog                      0       1         0           1.0000
songbird                 1       0         0           0.0000
precision           0.6667  1.0000    0.0000  accuracy 0.7500";
    assert_eq!(format!("\n{text}"), expected);
    assert!(
        matrix.to_string().lines().next().is_some_and(|line| line.contains("  0       1       2  ")),
        "{matrix}"
    );
    assert_eq!((matrix.count(2, 0), matrix.count(3, 0), matrix.count(0, 3)), (1, 0, 0));
    Ok(())
}

/// A network may have more classes than its data: those without a name are shown if they occur, on either side.
#[test]
fn a_matrix_leaves_out_what_has_no_name_and_no_sample() -> Result<()> {
    let scores = [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]];
    let matrix = measured(&Confusion, &scores, &[0u32, 3], &[2])?;
    let head = |matrix: ConfusionMatrix| {
        let words: Vec<String> = matrix
            .to_string()
            .lines()
            .next()
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect();
        words[3..words.len() - 1].join(" ")
    };
    assert_eq!(head(matrix.clone().names(["cat", "dog"]).expect("two")), "cat dog 2 3");
    assert_eq!(head(matrix.clone().names(["a", "b", "c", "d", "e"]).expect("five")), "a b c d e");
    let error = matrix.clone().names(["a", "b", "c", "d", "e", "f"]).expect_err("six names").to_string();
    assert!(error.starts_with("expected 5 names of classes, or fewer, found 6"), "{error}");
    assert_eq!(head(matrix), "0 1 2 3 4");
    Ok(())
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    let scores = [[0.0, 1.0, 2.0], [f32::NAN; 3]];
    let at = |error: Error| match error {
        Error::Target { sample, .. } => sample,
        other => panic!("{other}"),
    };
    let refused = |targets: &[u32]| {
        assert_eq!(at(measured(&TopK(2), &scores, targets, &[2]).expect_err("no such class")), 1);
        assert_eq!(at(measured(&Confusion, &scores, targets, &[2]).expect_err("no such class")), 1);
        assert_eq!(at(measured(&F1::micro_average(), &scores, targets, &[2]).expect_err("no such class")), 1);
    };
    refused(&[0, 3]);
    let text = measured(&TopK(0), &scores, &[0u32, 1], &[2]).expect_err("of no classes").to_string();
    assert!(text.contains("`TopK` is 0") && text.contains("1 or more"), "{text}");
    let text = measured(&TopK(9), &scores, &[0u32, 1], &[2]).expect_err("more than there are").to_string();
    assert_eq!(text, "`TopK` is 9 of 3 classes\nhelp: it can be 1 or more, up to the number of classes");
    let one = measured(&Accuracy, &[[0.3], [0.4]], &[0u32, 0], &[2]).expect_err("it would be 1").to_string();
    assert_eq!(
        one,
        "`Accuracy` is asked of 1 score a sample, which is always the largest\nhelp: it can be asked of one score for each \
         of 2 classes or more, or of one logit and targets that are `f32`"
    );
    let text = measured(&F1::of_class(3), &scores, &[0u32, 1], &[2]).expect_err("no class 3").to_string();
    assert!(text.contains("`of_class` is 3, and the network has 3 classes"), "{text}");
    assert_eq!(
        measured(&TopK(2), &scores, &[2u32, 1], &[2]).expect("it measures"),
        0.5,
        "NaN is never right"
    );
    let text = measured(&Confusion, &scores, &[0u32, 1], &[2]).expect_err("nothing is predicted").to_string();
    assert!(text.contains("each score of sample 1"), "{text}");
    let text = measured(&Confusion, &[[0.3], [0.4]], &[0u32, 0], &[2]).expect_err("one class").to_string();
    assert!(text.starts_with("`Confusion` is asked of 1 score a sample"), "{text}");
    let one = F1::of_class(1);
    let text = measured(&one, &[0.5f32, f32::NAN], &[1.0f32, 0.0], &[2]).expect_err("no logit").to_string();
    assert!(text.contains("each score of sample 1"), "{text}");
    let error = measured(&one, &[0.5f32, 0.1], &[1.0f32, 0.5], &[2]).expect_err("half a label");
    assert!(error.to_string().contains("expected 0 or 1, found 0.5"), "{error}");
    let logits = [[0.5f32, -0.5], [1.0, 2.0]];
    let error =
        measured(&BinaryAccuracy, &logits, &[[1.0, 0.0], [1.0, 0.5]], &[2]).expect_err("half a label");
    assert!(error.to_string().contains("expected 0 or 1, found 0.5"), "{error}");
    assert_eq!(at(error), 1);
}

/// At each position of a sample one class of several.
#[test]
fn classes_at_positions_are_counted_one_by_one() {
    let scores = [[[0.1, 0.7, 0.2], [0.5, 0.3, 0.4]], [[0.2, 0.3, 0.9], [0.6, 0.5, 0.1]]];
    let targets = [[1u32, 2], [2, 2]];
    assert_eq!(measured(&Accuracy, &scores, &targets, &[2]).expect("a share"), 0.5);
    assert_eq!(measured(&TopK(2), &scores, &targets, &[1, 1]).expect("a share"), 0.75);
    let wrong =
        measured(&Accuracy, &scores, &[[1u32, 2], [2, 7]], &[2]).expect_err("there are three classes");
    assert!(wrong.to_string().contains("sample 1") && wrong.to_string().contains("position 1"), "{wrong}");
}
