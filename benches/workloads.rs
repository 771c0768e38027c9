//! One workload, timed: `workloads NAME [THREADS [SECONDS [ISA]]]` prints a JSON line with the median time of a step, and
//! the rate of fused multiply-adds of one thread meanwhile.
//!
//! The same names as in `peers/`: what they stand for is in `README.md`.
mod timing;

use plywood::Element;
use plywood::prelude::*;
use plywood_kernels::check::flops;
use plywood_kernels::cpu::isa::isa;
use plywood_kernels::shape::Atom;
use std::hint::black_box;
use timing::{Timing, instruction_set, peak_rss_mib, time};

network! { struct TwoLayer: [1000] -> [10] { hidden: Linear(100), Relu, out: Linear(10) } }
network! { struct Wide: [10000] -> [10] { hidden: Linear(100), Relu, out: Linear(10) } }
network! { struct Line: [3] -> [1] { line: Linear(1) } }
network! { struct Mlp: [784] -> [10] { fc1: Linear(512), Relu, fc2: Linear(256), Relu, fc3: Linear(10) } }
network! { struct Small: [784] -> [10] { fc1: Linear(128), Relu, fc2: Linear(10) } }
network! { struct Policy: [4] -> [2] { fc1: Linear(64), Tanh, fc2: Linear(64), Tanh, fc3: Linear(2) } }
network! { struct Tiny: [6] -> [4] { fc1: Linear(64), Tanh, fc2: Linear(8), Tanh, fc3: Linear(4) } }

const NAMES: [&str; 11] = [
    "W1",
    "W2",
    "W3",
    "W4",
    "W4-predict",
    "W9-mlp",
    "W9-policy",
    "W10-b1",
    "W10-b32",
    "W10-b256",
    "W10-predict",
];

struct Settings {
    name: String,
    threads: usize,
    seconds: f64,
}

fn main() -> plywood::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    if let Err(why) = instruction_set(arguments.next().as_deref()) {
        eprintln!("{why}");
        std::process::exit(2);
    }
    let settings = &Settings { name, threads, seconds };
    match settings.name.as_str() {
        "W1" => trains(settings, TwoLayer::init(1), Mse::sum(), Sgd::new(1e-6), 64, numbers),
        "W2" => trains(settings, Wide::init(1), Mse::sum(), Sgd::new(1e-7), 64, numbers),
        "W3" => trains(settings, Line::init(1), Mse::mean(), Sgd::new(1e-3), 32, numbers),
        "W4" => trains(settings, Mlp::init(1), CrossEntropy, Adam::new(1e-3), 128, classes),
        "W10-b1" => trains(settings, Tiny::init(1), Mse::mean(), Sgd::new(1e-2), 1, numbers),
        "W10-b32" => trains(settings, Tiny::init(1), Mse::mean(), Sgd::new(1e-2), 32, numbers),
        "W10-b256" => trains(settings, Tiny::init(1), Mse::mean(), Sgd::new(1e-2), 256, numbers),
        "W4-predict" => predicts(settings, Mlp::init(1), 128),
        "W9-mlp" => predicts(settings, Small::init(1), 1),
        "W9-policy" => predicts(settings, Policy::init(1), 1),
        "W10-predict" => predicts(settings, Tiny::init(1), 1),
        other => {
            eprintln!("`{other}` is not a workload; they are {}", NAMES.join(", "));
            std::process::exit(2);
        }
    }
}

fn numbers<S: Sample>(n: usize) -> Box<[S]> {
    random::uniform(n, -1.0..1.0, 2)
}
fn classes(n: usize) -> Box<[u32]> {
    (0..n as u32).map(|i| i % 10).collect()
}

fn trains<S: Sample, T: Element, M: Model<Input = S>>(
    settings: &Settings,
    model: M,
    loss: impl Loss<M::Output, Target = T>,
    optimizer: impl Optimizer,
    batch: usize,
    targets: fn(usize) -> Box<[T]>,
) -> plywood::Result<()> {
    let (x, t) = (random::uniform::<S>(batch, -1.0..1.0, 1), targets(batch));
    let trainer = Trainer::new(model, loss, optimizer).batch(batch).threads(settings.threads);
    let mut trainer = trainer.on(Device::Cpu)?;
    report::<M>(settings, batch, true, || trainer.step(black_box(&x), &t).map(drop))
}

fn predicts<S, Y, M>(settings: &Settings, model: M, batch: usize) -> plywood::Result<()>
where
    S: Sample,
    Y: Sample,
    M: Model<Input = S, Output = Y>,
{
    let x = random::uniform::<S>(batch, -1.0..1.0, 1);
    let mut y = zeroed::<Y>(batch);
    let predictor = Predictor::new(model, Device::Cpu, batch)?.threads(settings.threads)?;
    report::<M>(settings, batch, false, || predictor.predict_into(black_box(&x), &mut y))
}

/// Times `step` and prints the line.
fn report<M: Model>(
    settings: &Settings,
    batch: usize,
    train: bool,
    step: impl FnMut() -> plywood::Result<()>,
) -> plywood::Result<()> {
    let Timing { median, min, max, runs, floor } = time(settings.seconds, step)?;
    let flops = if train { training_flops::<M>(batch) } else { M::FLOPS * batch };
    let planned = if train { M::TRAIN.bytes(batch) } else { M::PREDICT.bytes(batch) };
    println!(
        "{{\"library\": \"plywood\", \"name\": \"{}\", \"threads\": {}, \"isa\": \"{:?}\", \"gflops\": {:.1}, \
         \"best_gflops\": {:.1}, \"median_us\": {median:.3}, \"min_us\": {min:.3}, \
         \"max_us\": {max:.3}, \"runs\": {runs}, \"flops\": {flops}, \"planned_bytes\": {planned}, \"peak_rss_mib\": {:.2}}}",
        settings.name,
        settings.threads,
        isa(),
        floor[0],
        floor[1],
        peak_rss_mib(),
    );
    Ok(())
}

/// Operations of a training step, without loss and optimizer, counted op by op on the network's own graph.
fn training_flops<M: Model>(batch: usize) -> usize {
    let listing = M::GRAPHS.training();
    let outputs = listing.network.outputs.iter().copied();
    let results: Vec<_> = listing.gradients().iter().flatten().copied().chain(outputs).collect();
    let value = |atom: &Atom| match atom {
        Atom::Batch => batch,
        Atom::Symbol(symbol) => M::GRAPHS.symbol(&symbol.name),
    };
    flops(&listing.network.body, &results).evaluate(&value)
}
