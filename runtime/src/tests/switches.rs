//! Optimizers that keep other states from some step on: each state goes on from its own numbers.

use crate::book::optim::RmsProp;
use crate::loss::Mse;
use crate::{Device, Trainer, TrainerBuilder};

plywood::network! { struct Line: [1] -> [1] { a: Linear(1, bias: false), b: Linear(1, bias: false) } }

const RATE: f64 = 0.05;
const X: f64 = 0.5;
const TARGET: f64 = 2.0;

/// RMSprop of one parameter as its paper and PyTorch have it, every state always kept: a state that is not wanted is 0.
#[derive(Clone, Default)]
struct Reference {
    square: f64,
    mean: f64,
    velocity: f64,
}

impl Reference {
    fn step(&mut self, w: &mut f64, g: f64, momentum: f64, centered: bool) {
        self.square = 0.99 * self.square + 0.01 * g * g;
        self.mean = if centered { 0.99 * self.mean + 0.01 * g } else { 0.0 };
        let scaled = g / ((self.square - self.mean * self.mean).sqrt() + 1e-8);
        self.velocity = if momentum == 0.0 { 0.0 } else { momentum * self.velocity };
        *w -= RATE * (self.velocity + scaled);
        self.velocity = if momentum == 0.0 { 0.0 } else { self.velocity + scaled };
    }
}

/// What both parameters are told before each step: momentum, and whether steps are centered.
type Told = [(f64, bool); 2];

const COURSE: [Told; 12] = [
    [(0.0, true), (0.0, false)],
    [(0.0, true), (0.0, false)],
    [(0.0, true), (0.0, true)],
    [(0.9, true), (0.0, true)],
    [(0.9, true), (0.5, true)],
    [(0.9, false), (0.5, true)],
    [(0.9, false), (0.5, false)],
    [(0.9, true), (0.0, false)],
    [(0.9, true), (0.0, true)],
    [(0.0, false), (0.9, true)],
    [(0.9, false), (0.9, true)],
    [(0.9, true), (0.9, false)],
];

fn expected(mut w: [f64; 2]) -> Vec<[f64; 2]> {
    let mut states = [Reference::default(), Reference::default()];
    let step = |told: &Told| {
        let d = 2.0 * (w[0] * w[1] * X - TARGET) * X;
        let gradients = [d * w[1], d * w[0]];
        for i in 0..2 {
            states[i].step(&mut w[i], gradients[i], told[i].0, told[i].1);
        }
        w
    };
    COURSE.iter().map(step).collect()
}

type Builder = TrainerBuilder<Line, Mse, RmsProp>;

fn builder() -> Builder {
    let mut line = Line::init(3);
    let parameters = line.parameters_mut();
    (parameters.a.weight[0][0], parameters.b.weight[0][0]) = (0.75, -0.5);
    Trainer::new(line, Mse::mean(), RmsProp::new(RATE)).batch(1).threads(1).quiet()
}

fn tell(trainer: &mut Trainer<Line, Mse, RmsProp>, told: &Told) {
    let groups = trainer.optimizers_mut();
    for i in [0, groups.len() - 1] {
        (groups[i].momentum, groups[i].centered) = told[i];
    }
}

fn step(trainer: &mut Trainer<Line, Mse, RmsProp>) -> [f64; 2] {
    trainer.step(&[[X as f32]], &[[TARGET as f32]]).unwrap();
    let parameters = trainer.model().unwrap().parameters();
    [parameters.a.weight[0][0], parameters.b.weight[0][0]].map(f64::from)
}

fn close(found: [f64; 2], expected: [f64; 2], at: usize) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-6, "after step {at}: {found}, expected {expected}");
    }
}

#[test]
fn a_state_goes_on_from_its_own_numbers_when_others_come_and_go() {
    let grouped = builder().group("b", |_| {});
    for builder in [grouped, builder().group("b", |_| {}).clip_norm(1e9)] {
        let mut trainer = builder.on(Device::Cpu).unwrap();
        for (at, (told, expected)) in COURSE.iter().zip(expected([0.75, -0.5])).enumerate() {
            tell(&mut trainer, told);
            close(step(&mut trainer), expected, at);
        }
    }
}

#[test]
fn the_only_group_does_so_too() {
    let mut trainer = builder().on(Device::Cpu).unwrap();
    let (mut w, mut states) = ([0.75, -0.5], [Reference::default(), Reference::default()]);
    for (at, [told, _]) in COURSE.iter().enumerate() {
        (trainer.optimizer_mut().momentum, trainer.optimizer_mut().centered) = *told;
        let d = 2.0 * (w[0] * w[1] * X - TARGET) * X;
        let gradients = [d * w[1], d * w[0]];
        for i in 0..2 {
            states[i].step(&mut w[i], gradients[i], told.0, told.1);
        }
        close(step(&mut trainer), w, at);
    }
}

#[test]
fn a_checkpoint_knows_which_state_is_which() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("states");
    let made = || builder().group("b", |_| {}).on(Device::Cpu).unwrap();
    let mut whole = made();
    for (at, told) in COURSE.iter().enumerate() {
        // before and after the next step's numbers are told: what lies in memory is not yet what they want
        for tells in [false, true] {
            if tells {
                tell(&mut whole, told);
            }
            whole.save_checkpoint(&path).unwrap();
            let mut other = made();
            // what it keeps so far does not matter
            tell(&mut other, &[(0.5, true), (0.5, false)]);
            step(&mut other);
            other.load_checkpoint(&path).unwrap();
            for (at, (told, expected)) in COURSE.iter().zip(expected([0.75, -0.5])).enumerate().skip(at) {
                tell(&mut other, told);
                close(step(&mut other), expected, at);
            }
        }
        step(&mut whole);
    }
}
