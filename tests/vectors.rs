//! Updates by every optimizer run in vectors. Number by number, or gathered from far apart, they take ten to fifty times as
//! long, and nothing else would show it. Compilers differ with the profile: it says most in a release build.
use plywood::ops::{Cpu, update};
use plywood::optimizer::{Optimizer, Sgd, Visit, with};
use plywood::prelude::*;
use plywood_kernels::optim::OPTIMIZERS;
use std::hint::black_box;
use std::time::Instant;

/// What the first-level cache holds of five blocks.
const NUMBERS: usize = 1536;

/// The least time of many, in nanoseconds a number.
fn time<O: Optimizer>(optimizer: &O) -> f64 {
    let cpu = Cpu::new(1);
    let gradient = random::uniform::<f32>(NUMBERS, -1.0..1.0, 1);
    let mut blocks = vec![random::uniform::<f32>(NUMBERS, -1.0..1.0, 2)];
    blocks.resize_with(1 + optimizer.states().len(), || zeroed::<f32>(NUMBERS));
    let mut states: Vec<&mut [f32]> = blocks.iter_mut().map(|block| &mut block[..]).collect();
    let mut best = f64::INFINITY;
    for round in 0..100 {
        let start = Instant::now();
        for t in 1..=10 {
            optimizer
                .rule(10 * round + t, &mut |rule| update(&cpu, &mut states, black_box(&gradient), 1.0, rule));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / (10 * NUMBERS) as f64);
    }
    best
}

/// What turns a row into another: every set of these makes another formula.
const SWITCHES: [(&str, f64); 6] = [
    ("momentum", 0.9),
    ("nesterov", 1.0),
    ("weight_decay", 0.01),
    ("amsgrad", 1.0),
    ("centered", 1.0),
    ("dampening", 0.1),
];

/// The times of all variants of an optimizer.
struct Variants;

impl Visit for Variants {
    type Out = Vec<(String, f64)>;
    fn visit<O: Optimizer>(self, mut optimizer: O) -> Self::Out {
        optimizer.set_learning_rate(1e-4);
        let known = |name: &str| optimizer.hyperparameters().iter().any(|(known, _)| *known == name);
        let switches: Vec<_> = SWITCHES.into_iter().filter(|(name, _)| known(name)).collect();
        let mut times = vec![];
        for set in 0..1 << switches.len() {
            let mut variant = optimizer.clone();
            let mut on = vec![];
            for (i, (name, value)) in switches.iter().enumerate() {
                let is_on = set >> i & 1 == 1;
                variant.set_hyperparameter(name, if is_on { *value } else { 0.0 }).expect("it is known");
                on.extend(is_on.then_some(*name));
            }
            if variant.check().is_ok() {
                times.push((on.join(", "), time(&variant)));
            }
        }
        times
    }
}

#[test]
fn every_update_runs_in_vectors() {
    let sgd = time(&Sgd::new(0.1));
    // about 0.1 in vectors, 1.3 and more otherwise
    assert!(sgd < 0.6, "{sgd} ns a number");
    for row in OPTIMIZERS {
        for (on, time) in with(row.name, Variants).expect("every row has a type") {
            println!("{:<10} {on:<40} {time:.3} ns", row.name);
            // a state costs a load and a store, and most of them a square root and a quotient, for which some
            // machines take their time
            assert!(time < 1.0 + 12.0 * sgd, "{} {on}: {time} ns a number, plain descent {sgd}", row.name);
        }
    }
}
