//! Several threads that predict at once: `lanes [SECONDS [ISA]]` prints a table. Each row is a network, a batch and a number
//! of threads; each column says whom the threads ask: one predictor of 1, 2 or 8 lanes, a predictor each, or the model.
mod timing;

use plywood::prelude::*;
use plywood_kernels::cpu::isa::isa;
use std::hint::black_box;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};
use timing::{instruction_set, multiply_adds, read_rate};

network! { struct Mlp: [784] -> [10] { fc1: Linear(512), Relu, fc2: Linear(256), Relu, fc3: Linear(10) } }
network! { struct Policy: [4] -> [2] { fc1: Linear(64), Tanh, fc2: Linear(64), Tanh, fc3: Linear(2) } }

const THREADS: [usize; 3] = [1, 2, 8];
const LANES: [usize; 3] = [1, 2, 8];
/// Of each cell the best of so many rounds is taken: what others disturbed least.
const ROUNDS: usize = 5;

fn main() -> plywood::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(0.1);
    if let Err(why) = instruction_set(arguments.next().as_deref()) {
        eprintln!("{why}");
        std::process::exit(2);
    }
    println!("{:?}; thousands of predictions a second (median, 99th centile of a prediction in us)\n", isa());
    print!("| network, batch | floor us | threads |");
    LANES.iter().for_each(|lanes| print!(" lanes({lanes}) |"));
    println!(" one each | `model.predict` |\n|---|---|---|{}", "---|".repeat(LANES.len() + 2));
    measure("policy, 1", || Policy::init(1), 1, seconds)?;
    measure("mlp, 1", || Mlp::init(1), 1, seconds)?;
    measure("mlp, 32", || Mlp::init(1), 32, seconds)
}

/// The rows of a network and a batch.
fn measure<S, Y, M>(name: &str, model: impl Fn() -> M, batch: usize, seconds: f64) -> plywood::Result<()>
where
    S: Sample,
    Y: Sample,
    M: Model<Input = S, Output = Y> + Sync,
{
    let predictor = || Predictor::new(model(), Device::Cpu, batch)?.threads(1);
    let rate = (0..100).map(|_| multiply_adds()).fold(0.0, f64::max);
    let reading = (M::PARAMETERS * size_of::<f32>()) as f64 / read_rate(M::PARAMETERS);
    let floor = reading.max((M::FLOPS * batch) as f64 / rate) * 1e-3;
    for threads in THREADS {
        print!("| {name} | {floor:.3} | {threads} |");
        for lanes in LANES {
            let shared = predictor()?.lanes(lanes)?;
            let ask = |_: usize, x: &[S], y: &mut [Y]| shared.predict_into(x, y);
            print!(" {} |", best(threads, batch, seconds, ask)?);
        }
        let own = (0..threads).map(|_| predictor()).collect::<plywood::Result<Vec<_>>>()?;
        print!(
            " {} |",
            best(threads, batch, seconds, |thread, x: &[S], y: &mut [Y]| own[thread].predict_into(x, y))?
        );
        let model = model();
        let ask = |_: usize, x: &[S], _: &mut [Y]| model.predict(x).map(|y| drop(black_box(y)));
        println!(" {} |", best(threads, batch, seconds, ask)?);
    }
    Ok(())
}

/// What the threads got in the round in which they got most.
fn best<S: Sample, Y: Sample>(
    threads: usize,
    batch: usize,
    seconds: f64,
    ask: impl Fn(usize, &[S], &mut [Y]) -> plywood::Result<()> + Sync,
) -> plywood::Result<String> {
    let mut best = vec![];
    for _ in 0..ROUNDS {
        let (start, began, ask) = (&Barrier::new(threads), &OnceLock::new(), &ask);
        let rounds = thread::scope(|scope| {
            let run = |thread| {
                let (x, mut y) = (random::uniform::<S>(batch, -1.0..1.0, 1), zeroed::<Y>(batch));
                let (mut times, most) = (Vec::with_capacity(1 << 22), Duration::from_secs_f64(seconds));
                for _ in 0..10 {
                    ask(thread, &x, &mut y)?;
                }
                start.wait();
                // one beginning for all: on few cores some threads start when others have run for long
                let began = began.get_or_init(Instant::now);
                let mut before = began.elapsed();
                while times.len() < times.capacity() {
                    ask(thread, black_box(&x), &mut y)?;
                    let now = began.elapsed();
                    if now > most {
                        break;
                    }
                    times.push((now - before).as_nanos() as u32);
                    before = now;
                }
                Ok(times)
            };
            let threads: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no prediction panics"))
                .collect::<plywood::Result<Vec<_>>>()
        })?;
        let times = rounds.concat();
        if times.len() > best.len() {
            best = times;
        }
    }
    best.sort_unstable();
    let at = |part: usize| f64::from(best[(best.len() - 1) * part / 100]) * 1e-3;
    Ok(format!("{:.2} ({:.2}, {:.2})", best.len() as f64 / seconds * 1e-3, at(50), at(99)))
}
