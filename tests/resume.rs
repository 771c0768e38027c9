//! Training that is killed at any time and started again comes to the parameters, to the bit, of training that was not: a
//! program that starts itself, kills what it started, and compares.
use plywood::TrainerBuilder;
use plywood::loss::Cpu;
use plywood::prelude::*;
use plywood::schedule::{Cosine, Exponential, Plateau, Threshold};
use rand::Rng;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
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

/// How often a training is killed.
const KILLS: usize = 20;

/// How many steps a training may go on for until it is killed: so many that a checkpoint is among them, and so few that
/// it has more to do afterwards.
const MORE: usize = 20;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--train") {
        return train(&arguments[at + 1], Path::new(&arguments[at + 2]), &arguments[at + 3]);
    }
    for (kind, seed) in [(ADAM, 1), (SGD, 2)] {
        let (start, folder) = (Instant::now(), tempfile::tempdir().expect("a folder"));
        let [whole, cut] = ["whole", "cut"].map(|name| folder.path().join(name));
        for folder in [&whole, &cut] {
            fs::create_dir(folder).expect("a folder");
        }
        let steps = Training::start(kind, &whole, 1).finish();
        let saves = interrupted(kind, &cut, steps, seed);
        let more = Training::start(kind, &cut, 1).finish();
        assert!(more > 0, "{kind}: there was nothing left to be done");
        for name in ["final.safetensors", "losses.csv"] {
            let [whole, cut] =
                [&whole, &cut].map(|folder| fs::read(folder.join(name)).expect("it was written"));
            assert!(whole == cut, "{kind}: `{name}` differs after {KILLS} kills");
        }
        // What kills left of files is gone with the saves that came after, but for what has no byte yet: that goes later.
        let files = fs::read_dir(&cut).expect("a folder").map(|file| file.expect("a file"));
        let left = files.filter(|file| file.metadata().expect("it is there").len() > 0).count();
        assert_eq!(left, 3, "the checkpoint, the model and the losses");
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{kind}: killed {KILLS} times in {steps} steps, {saves} times in a save, the same bits, {seconds:.1} s"
        );
    }
}

/// The program that trains: it says each step, and takes none that it was not granted.
struct Training<'a> {
    kind: &'a str,
    child: Child,
    grants: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Training<'_> {
    fn start<'a>(kind: &'a str, folder: &Path, threads: usize) -> Training<'a> {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--train", kind])
            .arg(folder)
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let grants = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Training { kind, child, grants, lines }
    }

    /// Grants some steps and more, and waits for these some.
    fn steps(&mut self, some: usize) {
        self.grants.write_all("\n".repeat(some + MORE).as_bytes()).expect("it listens");
        let said = self.lines.by_ref().map_while(Result::ok).take(some).filter(|line| line == STEP).count();
        assert_eq!(said, some, "{}: it failed, or came to its end", self.kind);
    }

    /// Grants all steps; how many there were until the end.
    fn finish(self) -> usize {
        let Training { kind, mut child, grants, lines } = self;
        drop(grants);
        let steps = lines.map_while(Result::ok).filter(|line| line == STEP).count();
        assert!(child.wait().expect("it was started").success(), "{kind}: it failed");
        steps
    }

    /// Kills it, which is an error if it ended or failed before.
    fn kill(mut self) {
        let ended = self.child.try_wait().expect("it was started");
        assert!(ended.is_none(), "{}: it was not there to be killed: {ended:?}", self.kind);
        self.child.kill().expect("it was started");
        let ended = self.child.wait().expect("it was started");
        assert!(!ended.success(), "{}: it ended by itself", self.kind);
        #[cfg(unix)]
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(9), "{}: {ended}", self.kind);
    }
}

/// Starts a training of so many steps again and again, and kills it at random moments: while a step computes, some time
/// later, or while a checkpoint is written. How many of these were found being written.
fn interrupted(kind: &str, folder: &Path, steps: usize, seed: u64) -> usize {
    let mut generator = random::Generator::new(seed);
    let mut below = |n: usize| generator.next_u32() as usize % n;
    // what follows the last checkpoint is done again, so that no training does more than it is granted here
    let mut points = [(); KILLS].map(|()| below(steps - KILLS * (1 + MORE)));
    points.sort();
    let (mut last, mut saves) = (0, 0);
    for (i, point) in points.into_iter().enumerate() {
        let mut training = Training::start(kind, folder, 1 + i % 2);
        training.steps(1 + point - last);
        last = point;
        match below(3) {
            0 => {}
            1 => thread::sleep(Duration::from_micros(below(20_000) as u64)),
            _ => saves += usize::from(a_save_begins(folder)),
        }
        training.kill();
    }
    saves
}

/// Waits until a temporary file is there; whether one was, in a time in which most saves begin.
fn a_save_begins(folder: &Path) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(100) {
        let files = fs::read_dir(folder).expect("a folder").flatten();
        if files.into_iter().any(|file| file.file_name().to_string_lossy().contains(".plywood-")) {
            return true;
        }
    }
    false
}

/// What the program that trains says in the middle of each step.
const STEP: &str = "step";

/// Waits for a line, or for the end of all lines.
fn granted() {
    io::stdin().read_line(&mut String::new()).expect("a line or none");
}

/// Cross entropy that says when it is computed, and waits until it may be.
struct Said;

impl<const C: usize> Loss<[f32; C]> for Said {
    type Target = u32;

    fn reduction(&self) -> Reduction {
        Loss::<[f32; C]>::reduction(&CrossEntropy)
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; C]],
        output: &[[f32; C]],
        targets: &[u32],
        scale: f64,
    ) -> plywood::Result<f64> {
        println!("{STEP}");
        granted();
        Loss::<[f32; C]>::gradient(&CrossEntropy, cpu, d, output, targets, scale)
    }

    fn value(&self, output: &[[f32; C]], targets: &[u32]) -> plywood::Result<f64> {
        Loss::<[f32; C]>::value(&CrossEntropy, output, targets)
    }
}

/// Samples whose class depends on the signs of some products.
fn data(n: usize, seed: u64) -> Dataset<[f32; 12], u32> {
    let xs = random::uniform::<[f32; 12]>(n, -1.0..1.0, seed);
    let class = |x: &[f32; 12]| u32::from(x[0] * x[1] > 0.0) + u32::from(x[2] + x[3] > x[4]);
    let classes: Vec<u32> = xs.iter().map(class).collect();
    Dataset::new(xs, classes).expect("as many")
}

fn train(kind: &str, folder: &Path, threads: &str) {
    let threads = threads.parse().expect("a number");
    fn begin<O: Optimizer>(optimizer: O, threads: usize) -> TrainerBuilder<Net, Said, O> {
        Trainer::new(Net::init(3), Said, optimizer).batch(16).seed(11).threads(threads).quiet()
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

fn run<O: Optimizer>(builder: TrainerBuilder<Net, Said, O>, folder: &Path, epochs: u32, updates: u64) {
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
