//! Training that is killed at any time and started again comes to the parameters, to the bit, of training that was not: a
//! program that starts itself, kills what it started, and compares.
use plywood::TrainerBuilder;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Exponential, Plateau, Threshold};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

network! {
    struct Net: [12] -> [3] {
        fc1: Linear(48), Relu, Dropout(0.2),
        blocks: repeat 2 { fc: Linear(48), Tanh, Dropout(0.1) },
        fc2: Linear(3),
    }
}

const ADAM: &str = "Adam, accumulation, warm-up and cosine, early stopping";
const SGD: &str = "SGD with momentum, groups, limits, plateau";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--train") {
        return train(&arguments[at + 1], Path::new(&arguments[at + 2]), &arguments[at + 3]);
    }
    for (kind, kills) in [(ADAM, 20), (SGD, 8)] {
        let (start, folder) = (Instant::now(), tempfile::tempdir().expect("a folder"));
        let [whole, cut] = ["whole", "cut"].map(|name| folder.path().join(name));
        for folder in [&whole, &cut] {
            fs::create_dir(folder).expect("a folder");
        }
        assert!(started(kind, &whole, 1).wait().expect("it runs").success(), "{kind}: uninterrupted");
        let killed = interrupted(kind, &cut, kills);
        assert!(killed >= kills / 2, "{kind}: it ended after {killed} kills");
        for name in ["final.safetensors", "losses.csv"] {
            let [whole, cut] =
                [&whole, &cut].map(|folder| fs::read(folder.join(name)).expect("it was written"));
            assert!(whole == cut, "{kind}: `{name}` differs after {killed} kills");
        }
        // What kills left of files is gone with the saves that came after.
        let left = fs::read_dir(&cut).expect("a folder").count();
        assert!(left <= 4, "{left} files");
        let seconds = start.elapsed().as_secs_f64();
        println!("{kind}: killed {killed} times, the same bits, {seconds:.1} s");
    }
}

/// The program that trains.
fn started(kind: &str, folder: &Path, threads: usize) -> Child {
    Command::new(env::current_exe().expect("this program"))
        .args(["--train", kind])
        .arg(folder)
        .arg(threads.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Starts it until it ends, and kills it up to `kills` times at random moments; how often that was.
fn interrupted(kind: &str, folder: &Path, kills: usize) -> usize {
    let mut generator = random::Generator::new(kills as u64);
    let mut below = |n: u32| rand_below(&mut generator, n);
    let mut killed = 0;
    loop {
        let mut child = started(kind, folder, 1 + killed % 2);
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        if killed < kills {
            // Its start, and perhaps an epoch.
            let seen = lines.by_ref().take(1 + below(2) as usize).map_while(Result::ok).count();
            thread::sleep(Duration::from_micros(below(20_000).into()));
            child.kill().expect("it was started");
            let ended = child.wait().expect("it was started");
            assert!(seen > 0, "{kind}: it failed: {ended}");
            if ended.success() {
                return killed;
            }
            killed += 1;
        } else {
            assert!(lines.map_while(Result::ok).count() > 1, "{kind}: there was nothing left to be done");
            assert!(child.wait().expect("it was started").success(), "{kind}: after {killed} kills");
            return killed;
        }
    }
}

fn rand_below(generator: &mut random::Generator, n: u32) -> u32 {
    use rand::Rng;
    generator.next_u32() % n
}

/// Samples whose class depends on the signs of some products.
fn data(n: usize, seed: u64) -> Dataset<[f32; 12], u32> {
    let xs = random::uniform::<[f32; 12]>(n, -1.0..1.0, seed);
    let class = |x: &[f32; 12]| u32::from(x[0] * x[1] > 0.0) + u32::from(x[2] + x[3] > x[4]);
    let classes: Vec<u32> = xs.iter().map(class).collect();
    Dataset::new(xs, classes).expect("as many")
}

fn train(kind: &str, folder: &Path, threads: &str) {
    println!("started");
    let threads = threads.parse().expect("a number");
    fn begin<O: Optimizer>(optimizer: O, threads: usize) -> TrainerBuilder<Net, CrossEntropy, O> {
        Trainer::new(Net::init(3), CrossEntropy, optimizer).batch(16).seed(11).threads(threads).quiet()
    }
    match kind {
        ADAM => {
            let schedule = Cosine::new(700).eta_min(1e-4).warmup(50);
            run(begin(Adam::new(1e-2), threads).accumulate(3).schedule_per_update(schedule), folder, 60, 5)
        }
        SGD => {
            let plateau = Plateau::new().patience(0).factor(0.7).cooldown(1).threshold(Threshold::Abs(0.05));
            let builder = begin(Sgd::new(0.1).momentum(0.9), threads)
                .group("fc1", |sgd| sgd.learning_rate = 0.02)
                .group_where(|_, shape| shape.len() == 1, |sgd| sgd.momentum = 0.0)
                .clip_value(0.05)
                .clip_norm(0.5)
                .schedule_per_epoch(Exponential::new(0.95))
                .reduce_on_plateau(plateau);
            run(builder, folder, 18, 17)
        }
        other => panic!("{other}"),
    }
}

fn run<O: Optimizer>(
    builder: TrainerBuilder<Net, CrossEntropy, O>,
    folder: &Path,
    epochs: u32,
    updates: u64,
) {
    // 603 samples: the last batch has fewer than others, the last group of batches too.
    let (train, valid) = (data(603, 1), data(200, 2));
    let mut trainer = builder.on(Device::Cpu).expect("right settings");
    let history = trainer
        .fit(&train)
        .validate(&valid, CrossEntropy)
        .validate(&valid, Accuracy)
        .epochs(epochs)
        .early_stopping(epochs)
        .checkpoint(folder.join("run.safetensors"))
        .checkpoint_every(updates)
        .resume()
        .on_epoch(|record, _| println!("{record}"))
        .run()
        .unwrap_or_else(|error| panic!("{error}"));
    trainer.finish().and_then(|model| model.save(folder.join("final.safetensors"))).expect("it is saved");
    // All but the time, which is the last column.
    let csv = history.to_csv();
    let lines: Vec<&str> =
        csv.lines().filter_map(|line| line.rsplit_once(',')).map(|(rest, _)| rest).collect();
    assert_eq!(lines.len(), 1 + epochs as usize);
    fs::write(folder.join("losses.csv"), lines.join("\n")).expect("it is written");
}
