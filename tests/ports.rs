//! Networks of several inputs and outputs from files to files: data sets, checkpoints, parameters, measurements.
#![forbid(unsafe_code)]
use plywood::npy::{self, Npz, NpzWriter};
use plywood::ops::{Cpu, Random, Stored, WithInputs};
use plywood::prelude::*;
use plywood::{Error, Flat, Pass, Problem, Result, TrainerBuilder, WorkingMemory};
use plywood_tests::numbers::close;
use std::path::Path;

network! {
    struct Policy: (words: u32 [4], #[gradient] place: [3], #[gradient] goal: [3]) -> (next: [3], value: [1]) {
        table: Embedding(7, embedding_dim: 5, padding_index: 0), body: Body(3), later: Body(5), next: Linear(3),
        value: Linear(1),

        fn forward(words, place, goal) {
            let h = later(body(place) - body(goal)) + table(words).mean(axis: 0);
            (next: next(h), value: value(h.tanh()))
        }
    }
    block Body(width) { fc1: Linear(12), Silu, Dropout(0.1), residual { Linear(12), Tanh }, fc2: Linear(width) }
}
type Input = PolicyInput<[u32; 4], [f32; 3], [f32; 3]>;
type Targets = PolicyOutput<u32, [f32; 1]>;
type Joint = PolicyLoss<Weighted<CrossEntropy>, Weighted<Mse>>;

/// The class follows from the first word, the value from the places.
fn data(n: usize) -> Dataset<Input, Targets> {
    let words: Vec<[u32; 4]> = (0..n as u32).map(|i| [i % 7, (i / 2) % 7, 0, (3 * i) % 7]).collect();
    let [place, goal] = [1, 2].map(|seed| random::uniform::<[f32; 3]>(n, -1.0..1.0, seed).into_vec());
    let next: Vec<u32> = words.iter().map(|words| words[0] % 3).collect();
    let value: Vec<[f32; 1]> = place.iter().zip(&goal).map(|(a, b)| [a[0] - b[0]]).collect();
    Dataset::new(PolicyInput { words, place, goal }, PolicyOutput { next, value }).expect("as many of each")
}

fn loss() -> Joint {
    PolicyLoss { next: Weighted(1.5, CrossEntropy), value: Weighted(0.5, Mse::mean()) }
}

fn builder() -> TrainerBuilder<Policy, Joint, Adam> {
    Trainer::new(Policy::init(1), loss(), Adam::new(1e-2)).batch(8).seed(5).quiet()
}

fn bits(model: &Policy) -> Vec<u32> {
    model.block().iter().map(|x| x.to_bits()).collect()
}

#[test]
fn each_port_is_read_from_a_file_of_numpys() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let (PolicyInput { words, place, goal }, PolicyOutput { next, value }) = data(30).into_parts();
    npy::write(path("words.npy"), &words)?;
    npy::write(path("place.npy"), &place)?;
    npy::write(path("next.npy"), &next)?;
    NpzWriter::new()
        .array("goal", &goal)
        .array("value", &value)
        .array("words", &words)
        .write(path("more"))?;

    let mut more = Npz::open(path("more"))?;
    let read = || -> Result<Dataset<Input, Targets>> {
        let input = PolicyInput {
            words: npy::read(path("words.npy"))?,
            place: npy::read(path("place.npy"))?,
            goal: more.read("goal")?,
        };
        let targets = PolicyOutput { next: npy::read(path("next.npy"))?, value: more.read("value")? };
        Dataset::new(input, targets)
    };
    assert_eq!({ read }()?, data(30));
    assert_eq!(Npz::open(path("more"))?.read::<[u32; 4]>("words")?, words);
    let array = &more.arrays()[2];
    assert_eq!(
        (array.name.as_str(), &array.shape[..], array.dtype.as_str()),
        ("words", &[30, 4][..], "uint32")
    );

    // whole numbers of any type are indices, others are not
    let floats: Vec<[f32; 4]> = words.iter().map(|words| words.map(|word| word as f32)).collect();
    npy::write(path("floats.npy"), &floats)?;
    assert_eq!(npy::read::<[u32; 4]>(path("floats.npy"))?, words);
    let said = |result: Result<Vec<[u32; 4]>>| result.expect_err("it is refused").to_string();
    let error = said(npy::read(path("place.npy")));
    assert!(error.contains(
        "expected shape [n, 4], for `[u32; 4]`, found [30, 3]\nhelp: its samples are of type `[f32; 3]`"
    ));
    npy::write(path("odd.npy"), &[[1.0f32, 2.0, 2.5, 0.0]])?;
    let error = said(npy::read(path("odd.npy")));
    assert!(error.ends_with("number 2: expected a class or an index, 0, 1, …, found 2.5"), "{error}");
    npy::write(path("deep.npy"), &[[[1u32; 2]; 4]; 3])?;
    let error = said(npy::read(path("deep.npy")));
    assert!(error.ends_with("help: its samples are of type `[[u32; 2]; 4]`"), "{error}");
    assert_eq!(npy::read::<[[u32; 2]; 4]>(path("deep.npy"))?, [[[1; 2]; 4]; 3]);

    // ports of several lengths, and indices out of range
    let short = PolicyInput { words: words[..29].to_vec(), place: place.clone(), goal: goal.clone() };
    let targets = || PolicyOutput { next: next.clone(), value: value.clone() };
    let error = Dataset::<Input, Targets>::new(short, targets()).expect_err("29 and 30").to_string();
    assert!(error.starts_with("expected 29 samples in `place`, found 30"), "{error}");
    let mut wrong = words.clone();
    wrong[17][3] = 7;
    let wrong = Dataset::new(PolicyInput { words: wrong, place, goal }, targets())?;
    let error = builder().on(Device::Cpu)?.epoch(&wrong).expect_err("7 is out of range").to_string();
    assert!(error.contains("index 3 of `words` of sample 17: expected one below 7, found 7"), "{error}");
    Ok(())
}

#[test]
fn a_file_has_the_parameters_of_blocks_by_name() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, archive) = (folder.path().join("policy.safetensors"), folder.path().join("policy.npz"));
    let policy = Policy::init(4);
    policy.save(&file)?;
    assert_eq!(bits(&Policy::load(&file)?), bits(&policy));
    npy::write_parameters(&policy, &archive)?;
    assert_eq!(bits(&npy::read_parameters(&archive)?), bits(&policy));
    let names: Vec<String> = policy.named_parameters().map(|parameter| parameter.name).collect();
    let of = |body: &str| {
        ["fc1.weight", "fc1.bias", "3.weight", "3.bias", "fc2.weight", "fc2.bias"]
            .map(|name| format!("{body}.{name}"))
    };
    assert_eq!(names[0], "table.weight");
    assert_eq!(names[1..7], of("body"));
    assert_eq!(names[7..13], of("later"));
    assert_eq!(names[13..], ["next.weight", "next.bias", "value.weight", "value.bias"]);

    // of a network with another member
    network! {
        struct Other: (words: u32 [4], place: [3]) -> (next: [3], value: [2]) {
            table: Embedding(7, embedding_dim: 5), body: Body(5), next: Linear(3), value: Linear(2),
            fn forward(words, place) {
                let h = body(place) + table(words).sum(axis: 0);
                (next: next(h), value: value(h))
            }
        }
        block Body(width) { fc1: Linear(12), Silu, residual { Linear(12), Tanh }, fc2: Linear(width) }
    }
    let error = Other::load(&file).expect_err("another network's");
    let Error::Checkpoint { problems, .. } = &error else { panic!("{error}") };
    let shape = |name: &str, expected: &[usize], found: &[usize]| {
        let [expected, found] = [expected, found].map(<[usize]>::to_vec);
        Problem::Shape { name: name.into(), expected, found }
    };
    assert!(problems.contains(&shape("value.weight", &[2, 5], &[1, 5])), "{error}");
    assert!(
        problems.contains(&Problem::Surplus { name: "later.fc1.bias".into(), shape: vec![12] }),
        "{error}"
    );
    assert!(problems.contains(&Problem::Missing { name: "body.2.bias".into(), shape: vec![12] }), "{error}");
    Ok(())
}

/// What is at the end: parameters, and losses of every epoch.
fn fit(
    builder: TrainerBuilder<Policy, Joint, Adam>,
    (epochs, resume): (u32, bool),
    checkpoint: &Path,
) -> Result<(Vec<u32>, Vec<String>)> {
    let (train, valid) = data(61).split(0.8, 3);
    let mut trainer = builder.on(Device::Cpu)?;
    let fit = trainer
        .fit(&train)
        .validate(&valid, loss())
        .epochs(epochs)
        .checkpoint(checkpoint)
        .checkpoint_every(4);
    let history = if resume { fit.resume().run()? } else { fit.overwrite().run()? };
    let csv = history.to_csv();
    // all but the time
    let lines = csv.lines().filter_map(|line| Some(line.rsplit_once(',')?.0.to_owned())).collect();
    Ok((bits(&trainer.finish()?), lines))
}

#[test]
fn training_that_goes_on_comes_to_the_same_bits() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.safetensors");
    for threads in [1, 2] {
        for accumulate in [1, 3] {
            let make = || builder().threads(threads).accumulate(accumulate);
            let whole = fit(make(), (5, false), &path)?;
            fit(make(), (2, false), &path)?;
            assert!(
                fit(make(), (5, true), &path)? == whole,
                "{threads} threads, {accumulate} batches an update"
            );
        }
    }
    // in the middle of an epoch, by steps
    let (data, mut whole) = (data(40), builder().on(Device::Cpu)?);
    let batches = || (0..3).flat_map(|_| data.batches(8));
    batches().try_for_each(|(xs, ts)| whole.step(xs, ts).map(drop))?;
    let mut first = builder().on(Device::Cpu)?;
    batches().take(7).try_for_each(|(xs, ts)| first.step(xs, ts).map(drop))?;
    first.save_checkpoint(&path)?;
    let mut second = builder().on(Device::Cpu)?;
    second.load_checkpoint(&path)?;
    batches().skip(7).try_for_each(|(xs, ts)| second.step(xs, ts).map(drop))?;
    assert_eq!(bits(&second.finish()?), bits(&whole.finish()?));
    Ok(())
}

#[test]
fn training_does_not_go_on_with_other_weights_of_the_losses() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.safetensors");
    fit(builder(), (1, false), &path)?;
    let loss = PolicyLoss { next: Weighted(1.5, CrossEntropy), value: Weighted(0.25, Mse::mean()) };
    let other = Trainer::new(Policy::init(1), loss, Adam::new(1e-2)).batch(8).seed(5).quiet();
    let error = fit(other, (2, true), &path).expect_err("another loss").to_string();
    assert!(error.contains("0.25 times Mse") && error.contains("0.5 times Mse"), "{error}");
    Ok(())
}

#[test]
fn each_output_is_measured_by_metrics_of_its_own() -> Result<()> {
    let data = data(61);
    let mut trainer = builder().on(Device::Cpu)?;
    let history = trainer.fit(&data).epochs(100).run()?;
    assert!(history.records[99].epoch.loss < 0.2 * history.records[0].epoch.loss, "{history}");
    let metrics = PolicyOutput { next: (Accuracy, CrossEntropy, Confusion), value: (Rmse, Mse::mean(), R2) };
    let found = trainer.evaluate(&data, metrics)?;
    let predictor = Predictor::new(trainer.finish()?, Device::Cpu, 16)?;
    let again = predictor.evaluate(&data, metrics)?;
    let numbers = |found: (f64, f64, f64)| [found.0, found.1, found.2];
    // in batches of another size
    close("by a predictor", &numbers(found.value), &numbers(again.value), 1e-12)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.next.0, again.next.0);

    let predicted = predictor.predict(data.samples())?;
    let targets = data.targets();
    let (mut right, mut squares) = (0, 0.0);
    for ((y, next), (value, t)) in
        predicted.next.iter().zip(targets.next).zip(predicted.value.iter().zip(targets.value))
    {
        let best = (0..3).max_by(|a, b| y[*a].total_cmp(&y[*b])).expect("three");
        right += u32::from(best == *next as usize);
        squares += f64::from(value[0] - t[0]).powi(2) / data.len() as f64;
    }
    let (accuracy, entropy, confusion) = found.next;
    let (rmse, mse, r2) = found.value;
    assert_eq!(accuracy, f64::from(right) / data.len() as f64);
    assert!(accuracy > 0.9 && entropy < 0.3 && r2 > 0.8, "{accuracy} {entropy} {r2}");
    assert_eq!(confusion.accuracy(), accuracy);
    assert!((mse - squares).abs() < 1e-6 && (rmse - squares.sqrt()).abs() < 1e-6, "{mse} {rmse} {squares}");
    Ok(())
}

#[test]
fn a_fit_is_validated_by_metrics_of_each_output() -> Result<()> {
    let (train, valid) = data(80).split(0.8, 3);
    let mut trainer = builder().on(Device::Cpu)?;
    let mut measured = vec![];
    let history = trainer
        .fit(&train)
        .validate(&valid, PolicyOutput { next: Accuracy, value: Rmse })
        .validate(&valid, loss())
        .validate(&valid, PolicyOutput { next: Accuracy, value: R2 })
        .epochs(40)
        .early_stopping(5)
        .on_epoch(|_, model| measured.push(model.clone()))
        .run()?;
    let names: Vec<&str> = history.records[0].validation.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["next.Accuracy", "value.Rmse", "PolicyLoss", "next.Accuracy 2", "value.R2"]);
    assert!(
        history.to_csv().starts_with("epoch,loss,loss.next,loss.value,next.Accuracy,value.Rmse,PolicyLoss,")
    );
    for (record, model) in history.records.iter().zip(measured) {
        let predictor = Predictor::new(model, Device::Cpu, 8)?;
        let found = predictor.evaluate(&valid, PolicyOutput { next: Accuracy, value: (Rmse, R2) })?;
        let values = [found.next, found.value.0, found.next, found.value.1];
        let named = ["next.Accuracy", "value.Rmse", "next.Accuracy 2", "value.R2"];
        assert_eq!(named.map(|name| record.validation(name)), values.map(Some));
    }
    // the first decides, and more is better
    let accuracy = |record: &plywood::Record| record.validation("next.Accuracy");
    let best = history.records.iter().filter_map(accuracy).fold(0.0, f64::max);
    assert_eq!(trainer.evaluate(&valid, PolicyOutput { next: Accuracy, value: Rmse })?.next, best);

    let fit = trainer.fit(&train).validate(&valid, PolicyOutput { next: TopK(4), value: Rmse });
    let error = fit.run().expect_err("of three classes").to_string();
    assert!(error.starts_with("`TopK` is 4 of 3 classes"), "{error}");
    Ok(())
}

#[test]
fn gradients_of_inputs_are_differences_of_the_loss() -> Result<()> {
    network! {
        struct Smooth: (words: u32 [2], #[gradient] place: [3], other: [2], #[gradient] goal: [3]) -> (next: [3], value: [1]) {
            table: Embedding(7, embedding_dim: 2), body: Body(4), next: Linear(3), value: Linear(1),
            fn forward(words, place, other, goal) {
                let h = body(place) * body(goal) + body(place - goal);
                let all = concat([h, other * table(words).mean(axis: 0)], axis: 0);
                (next: next(all), value: value(all))
            }
        }
        block Body(width) { fc1: Linear(6), Tanh, residual { Linear(6), Silu }, fc2: Linear(width) }
    }
    let (words, other) = ([[0, 1], [6, 3], [2, 2]], [[0.5, -0.5]; 3]);
    let [place, goal] = [1, 2].map(|seed| random::uniform::<[f32; 3]>(3, -1.0..1.0, seed).into_vec());
    let targets = SmoothOutput { next: &[0, 2, 1][..], value: &[[0.5], [-1.0], [2.0]][..] };
    let loss = SmoothLoss { next: Weighted(2.0, CrossEntropy), value: Weighted(0.5, Mse::mean()) };
    let smooth = Smooth::init(3);
    let value = |place: &[[f32; 3]], goal: &[[f32; 3]]| -> Result<f64> {
        let y = smooth.predict(SmoothInput { words: &words, place, other: &other, goal })?;
        Loss::<SmoothOutput<[f32; 3], [f32; 1]>>::value(
            &loss,
            SmoothOutput { next: &y.next, value: &y.value },
            targets,
        )
    };
    let xs = SmoothInput { words: &words[..], place: &place[..], other: &other[..], goal: &goal[..] };
    let (d_place, d_goal) = smooth.input_gradients(xs, &loss, targets)?;
    for (n, k) in (0..3).flat_map(|n| (0..3).map(move |k| (n, k))) {
        let moved = |of: &[[f32; 3]], step: f32| {
            let mut of = of.to_vec();
            of[n][k] += step;
            of
        };
        let step = 1e-2;
        let by_place = value(&moved(&place, step), &goal)? - value(&moved(&place, -step), &goal)?;
        let by_goal = value(&place, &moved(&goal, step))? - value(&place, &moved(&goal, -step))?;
        for (difference, found) in [(by_place, d_place[n][k]), (by_goal, d_goal[n][k])] {
            let slope = difference / (2.0 * f64::from(step));
            assert!((slope - f64::from(found)).abs() < 2e-4, "sample {n}, number {k}: {slope}, not {found}");
        }
    }
    Ok(())
}

/// What only the gradient of an input needs is computed where that is asked for, and nowhere else.
#[test]
fn a_training_step_computes_no_gradient_of_inputs() {
    network! {
        struct Seen: (#[gradient] x: [3]) -> [2] {
            scaled: Softplus, fc1: Linear(4), Tanh, fc2: Linear(2),
        }
    }
    let (model, cpu, xs) = (Seen::init(1), Cpu::new(1), [[0.5f32, -1.0, 2.0]; 5]);
    let of = |with_inputs: bool| {
        let mut memory = <Seen as Network>::Memory::<f32>::default();
        memory.reserve("a step", Seen::TRAIN, 5).expect("it is small");
        memory.fill(f32::NAN);
        let inputs = &[Flat::Real(xs.as_flattened())];
        let pass = &Pass { cpu: &cpu, random: Random::new(1, 1), inputs, n: 5 };
        let slots = &mut Seen::slots(&mut memory, 5);
        Seen::forward(pass, model.block(), &[], &mut [], slots);
        Seen::outputs(slots, 5, |_, d| d[0].fill(1.0));
        let mut gradient = vec![0.0; Seen::TRAINABLE];
        let stored = &mut Stored { parameters: model.block(), gradient: &mut gradient, accumulate: false };
        match with_inputs {
            true => Seen::backward(pass, &[], &mut WithInputs::beside(model.block(), stored), slots),
            false => Seen::backward(pass, &[], stored, slots),
        }
        let mut found = vec![];
        Seen::lend_input_gradients(slots, 5, |all| found = all.concat());
        (gradient, found)
    };
    let ((with, inputs), (without, nothing)) = (of(true), of(false));
    assert_eq!(with, without);
    // the memory has something else there, or nothing yet
    assert!(inputs.iter().all(|d| d.is_finite()));
    assert_ne!(inputs, nothing);
}
