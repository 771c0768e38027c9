//! Models and predictors are shared by the threads of a program: every one gets the same bits, at what a pass costs.
use plywood::ops::{Cpu, Random};
use plywood::prelude::*;
use plywood::{Flat, Pass, WorkingMemory};
use std::hint::black_box;
use std::thread;
use std::time::Instant;

network! { struct Small: [4] -> [1] { fc1: Linear(6), Tanh, fc2: Linear(1) } }
network! { struct Wide: [300] -> [20] { fc1: Linear(200), Relu, norm: LayerNorm, fc2: Linear(20), Softmax(0) } }

/// So many passes a prediction takes at most, with memory of its own or in a lane that is free. In a release build a pass
/// took 0.2 us, a prediction 0.4 us; 3 us would be too many. A debug build does not optimise what is generic, a session
/// more of it than a pass.
const MOST: f64 = if cfg!(debug_assertions) { 100.0 } else { 10.0 };
/// The same for one of several threads that sleep until a lane is free: 20 to 45 us with eight of them.
const MOST_ASLEEP: f64 = 1000.0;

/// What eight threads at once are given is what one is given.
fn agree<S: Sample, Y: Sample + PartialEq, M: Model<Input = S, Output = Y>>(rounds: usize) {
    let model = M::init(5);
    let xs = random::uniform::<S>(90, -1.0..1.0, 1);
    let expected = model.predict(&xs).expect("there is memory");
    for (lanes, threads) in [(1, 1), (3, 1), (2, 2), (8, 1)] {
        let predictor = Predictor::new(model.clone(), Device::Cpu, 32).expect("there is memory");
        let predictor = predictor.threads(threads).and_then(|p| p.lanes(lanes)).expect("there is memory");
        thread::scope(|scope| {
            for caller in 0..8 {
                let (predictor, model, xs, expected) = (&predictor, &model, &xs, &expected);
                scope.spawn(move || {
                    let mut ys = zeroed::<Y>(90);
                    for round in 0..rounds {
                        // one to three rows may be summed in another order, by whether the weights are packed
                        let at = (caller + round) % 40..(caller + round) % 40 + 50;
                        predictor
                            .predict_into(&xs[at.clone()], &mut ys[at.clone()])
                            .expect("as many outputs");
                        assert!(ys[at.clone()] == expected[at.clone()], "{lanes} lanes of {threads} threads");
                        let own = model.predict(&xs[at.clone()]).expect("there is memory");
                        assert!(own[..] == expected[at], "{lanes} lanes of {threads} threads");
                    }
                });
            }
        });
        assert_eq!(predictor.finish().block()[..], model.block()[..]);
    }
}

#[test]
fn eight_threads_are_given_the_same_bits() {
    agree::<[f32; 4], [f32; 1], Small>(100);
    agree::<[f32; 300], [f32; 20], Wide>(10);
}

#[test]
fn lanes_are_as_many_as_can_be_used() {
    let predictor = |lanes| Predictor::new(Small::init(1), Device::Cpu, 4).and_then(|p| p.lanes(lanes));
    for lanes in [1, 1024] {
        let outputs = predictor(lanes).and_then(|p| p.predict(&[[1.0; 4]; 5])).expect("there is memory");
        assert_eq!(outputs.len(), 5);
    }
    for lanes in [0, 1025, usize::MAX] {
        let expected = format!("`lanes` is {lanes}\nhelp: it can be 1 or more, up to 1024");
        assert_eq!(predictor(lanes).unwrap_err().to_string(), expected);
    }
}

/// The least time of many, in microseconds.
fn time(mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..500 {
        let start = Instant::now();
        (0..20).for_each(|_| run());
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / 20.0);
    }
    best
}

/// The time of a pass, with all that it works in at hand: by this the others are measured, since machines and builds differ.
fn pass(model: &Small, x: &[[f32; 4]]) -> f64 {
    let (cpu, inputs, n) = (Cpu::new(1), &[Flat::Real(x.as_flattened())], x.len());
    let mut memory = <Small as Network>::Memory::<f32>::default();
    memory.reserve("a pass", Small::PREDICT, n).expect("there is memory");
    let mut y = [0.0; 1];
    time(|| {
        let pass = Pass { cpu: &cpu, random: Random::new(0, 0), inputs: black_box(inputs), n };
        Small::predict_with(&pass, model.block(), &[], &[], &mut memory, &mut [&mut y]);
        black_box(&mut y);
    })
}

/// A pass, what it returns and little else: no thread is started, no memory cleared.
#[test]
fn a_model_predicts_a_sample_in_microseconds() {
    let (model, x) = (Small::init(1), [[0.5; 4]]);
    let pass = pass(&model, &x);
    let alone = time(|| drop(black_box(model.predict(black_box(&x)))));
    println!("a pass: {pass:.2} us, model.predict: {alone:.2} us");
    assert!(alone < MOST * pass, "{alone} us, a pass {pass} us");
    let together = thread::scope(|scope| {
        let run = || scope.spawn(|| time(|| drop(black_box(model.predict(black_box(&x))))));
        let runs: Vec<_> = (0..4).map(|_| run()).collect();
        runs.into_iter().map(|run| run.join().expect("it predicts")).fold(0.0, f64::max)
    });
    println!("model.predict on four threads: {together:.2} us");
    assert!(together < MOST * pass, "{together} us, a pass {pass} us");
}

/// What a caller of many waits for an answer.
#[test]
fn calls_of_many_threads() {
    let (model, x) = (Small::init(1), [[0.5; 4]]);
    let pass = pass(&model, &x);
    for callers in [1, 2, 8] {
        for lanes in [1, callers] {
            let predictor = Predictor::new(model.clone(), Device::Cpu, 1).expect("there is memory");
            let predictor = predictor.threads(1).and_then(|p| p.lanes(lanes)).expect("there is memory");
            let times = thread::scope(|scope| {
                let run = || {
                    let mut y = [[0.0; 1]];
                    time(|| predictor.predict_into(black_box(&x), &mut y).expect("as many outputs"))
                };
                let callers: Vec<_> = (0..callers).map(|_| scope.spawn(run)).collect();
                callers.into_iter().map(|caller| caller.join().expect("it predicts")).collect::<Vec<_>>()
            });
            let slowest = times.into_iter().fold(0.0, f64::max);
            println!("{callers} callers, {lanes} lanes: {slowest:.2} us a call, a pass {pass:.2} us");
            let most = if lanes < callers { MOST_ASLEEP } else { MOST };
            assert!(
                slowest < most * pass,
                "{callers} callers, {lanes} lanes: {slowest} us, a pass {pass} us"
            );
        }
    }
}
