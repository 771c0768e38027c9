//! The same bits: on any number of threads, with any instruction set that has fused multiply-add, from run to run, and
//! whether gradients are used up at once or kept.
use plywood::prelude::*;
use plywood_kernels::cpu::isa::{Isa, isa, restrict};
use plywood_tests::numbers::{numbers, single};

network! {
    // wide enough that every kind of product is shared out between threads, odd enough that nothing divides
    struct Wide: [7, 13] -> [10] {
        Flatten, fc1: Linear(257), Gelu, Dropout(0.2),
        blocks: repeat 2 { fc: Linear(257), Tanh, Dropout(0.1), free: Linear(257, bias: false), Relu },
        fc2: Linear(67), Sigmoid, fc3: Linear(10),
    }
}

/// How to train.
#[derive(Clone, Copy)]
struct Way {
    threads: usize,
    accumulate: usize,
    clip: Option<f64>,
}
const FUSED: Way = Way { threads: 1, accumulate: 1, clip: None };

/// A data set of 150 samples: batches of 64, 64 and 22.
fn data() -> Dataset<[[f32; 13]; 7], u32> {
    let numbers = single(&numbers(1, 150 * 91));
    Dataset::new(
        <[[f32; 13]; 7]>::from_flat(&numbers).expect("whole samples"),
        (0..150).map(|i| (i * 7) % 10).collect::<Vec<u32>>(),
    )
    .expect("as many")
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Losses, parameters and predictions, as bits, after two epochs.
fn trained<O: Optimizer>(way: Way, optimizer: O, seed: u64) -> Vec<u32> {
    let data = data();
    let trainer = Trainer::new(Wide::init(seed), CrossEntropy, optimizer).batch(64).seed(seed).quiet();
    let trainer = trainer.threads(way.threads).accumulate(way.accumulate);
    let trainer = if let Some(norm) = way.clip { trainer.clip_norm(norm) } else { trainer };
    let mut trainer = trainer.on(Device::Cpu).expect("right settings");
    let losses: Vec<f32> = (0..2).map(|_| trainer.epoch(&data).expect("it trains").loss as f32).collect();
    let accuracy = trainer.evaluate(&data, CrossEntropy).expect("it measures") as f32;
    let model = trainer.finish().expect("it ended");
    let predictor = Predictor::new(model, Device::Cpu, 40).expect("there is memory");
    let predictor = predictor.threads(way.threads).expect("there are as many");
    let outputs = predictor.predict(data.samples()).expect("it predicts");
    let one = predictor.predict(&data.samples()[3..4]).expect("it predicts");
    let model = predictor.finish();
    bits(&[&losses, &[accuracy][..], model.block(), outputs.as_flattened(), one.as_flattened()].concat())
}

fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("fused", FUSED),
        ("accumulated", Way { accumulate: 2, ..FUSED }),
        ("clipped", Way { clip: Some(0.05), ..FUSED }),
        ("accumulated and clipped", Way { accumulate: 2, clip: Some(0.05), ..FUSED }),
    ]
}

/// One test, since the instruction set is the process's.
#[test]
fn bits_do_not_depend_on_what_they_must_not_depend_on() {
    let best = isa();
    println!("instruction set: {best:?}");
    let mut results = vec![];
    for (name, way) in ways() {
        let expected = trained(way, Adam::new(1e-3), 5);
        assert!(expected.iter().all(|bits| f32::from_bits(*bits).is_finite()), "{name}");
        assert!(expected == trained(way, Adam::new(1e-3), 5), "{name}: two runs differ");
        assert!(expected != trained(way, Adam::new(1e-3), 6), "{name}: the seed does nothing");
        for threads in [2, 4] {
            assert!(
                expected == trained(Way { threads, ..way }, Adam::new(1e-3), 5),
                "{name}: {threads} threads differ from 1"
            );
        }
        if best == Isa::Avx512 {
            assert_eq!(restrict(Isa::Avx2), Isa::Avx2);
            for threads in [1, 2] {
                assert!(
                    expected == trained(Way { threads, ..way }, Adam::new(1e-3), 5),
                    "{name}: AVX2 differs from AVX-512"
                );
            }
            restrict(best);
        }
        results.push((name, expected));
    }
    if best != Isa::Avx512 {
        println!("SKIPPED: AVX2 against AVX-512, on a machine with {best:?} only");
    }
    for (i, (a, x)) in results.iter().enumerate() {
        results[..i]
            .iter()
            .for_each(|(b, y)| assert!(x != y, "{a} and {b} do the same, so one of them does nothing"));
    }
}

#[test]
fn gradients_used_up_at_once_and_kept_give_the_same_bits() {
    // a limit that nothing reaches keeps every gradient, and multiplies it by 1
    let kept = Way { clip: Some(1e30), ..FUSED };
    assert!(trained(FUSED, Adam::new(1e-3), 5) == trained(kept, Adam::new(1e-3), 5), "Adam");
    assert!(trained(FUSED, Sgd::new(0.05), 5) == trained(kept, Sgd::new(0.05), 5), "SGD");
    let momentum = Sgd::new(0.05).momentum(0.9);
    assert!(trained(FUSED, momentum, 5) == trained(kept, momentum, 5), "SGD with momentum");
}

#[test]
fn steps_that_are_accumulated_are_one_step_of_all_samples_up_to_rounding() {
    network! { struct Plain: [7, 13] -> [10] { Flatten, fc1: Linear(30), Tanh, fc2: Linear(10) } }
    let data = data();
    let (xs, targets) = (&data.samples()[..64], &data.targets()[..64]);
    let trainer = || Trainer::new(Plain::init(1), CrossEntropy, Sgd::new(0.5)).batch(64).quiet();
    let mut whole = trainer().on(Device::Cpu).expect("right settings");
    let loss = whole.step(xs, targets).expect("it trains");
    let mut parts = trainer().accumulate(3).on(Device::Cpu).expect("right settings");
    let mut sum = 0.0;
    for range in [0..30, 30..40, 40..64] {
        assert_eq!(parts.updates(), 0);
        sum += range.len() as f32 * parts.step(&xs[range.clone()], &targets[range]).expect("it trains");
    }
    assert_eq!((parts.updates(), whole.updates()), (1, 1));
    assert!((sum / 64.0 - loss).abs() < 1e-5, "{sum} {loss}");
    let (whole, parts) = (whole.finish().expect("it ended"), parts.finish().expect("it ended"));
    let worst =
        whole.block().iter().zip(parts.block().iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-6, "{worst}");
    assert!(whole.block()[..] != Plain::init(1).block()[..]);
}
