//! Where the system has little memory left, a session says so, and what is smaller still works: a program of its own, whose
//! address space is limited.
#![cfg(target_os = "linux")]
use plywood::Error;
use plywood::ops::{Cpu, Identity, Operand, matmul, matrix};
use plywood::prelude::*;
use std::process::Command;

const LIMITED: &str = "PLYWOOD_LIMITED";

network! { struct Small: [4] -> [1] { fc1: Linear(6), Tanh, fc2: Linear(1) } }
network! { struct Wide: [512] -> [10] { fc1: Linear(600), Relu, fc2: Linear(10) } }

/// Everything that there is but about so many bytes.
fn all_but(bytes: usize) -> Vec<Vec<u8>> {
    let mut taken = Vec::with_capacity(1 << 14);
    let (mut size, least) = (1 << 28, (bytes / 2).min(1 << 20));
    while size >= least {
        let mut some = Vec::new();
        match some.try_reserve_exact(size) {
            Ok(()) => taken.push(some),
            Err(_) => size /= 2,
        }
    }
    let mut free = 0;
    while free < bytes {
        let some = taken.pop().expect("there was as much");
        free += some.capacity();
        if free > bytes {
            // a large one is given back in part
            let mut rest = Vec::new();
            drop(some);
            rest.try_reserve_exact(free - bytes).expect("it was there");
            taken.push(rest);
            free = bytes;
        }
    }
    taken
}

/// A product whose packed factor takes 4 MB.
fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; 300 * 1000];
    matmul(&Cpu::new(1), &mut y, matrix(a, 1000), matrix(b, 1000).t(), [Operand::Sums], &Identity);
    y
}

fn in_a_limited_program() {
    let (wide, small, x) = (Wide::init(1), Small::init(1), [[0.5; 4]]);
    let expected = small.predict(&x);
    let (a, b) =
        (random::uniform::<f32>(300_000, -1.0..1.0, 1), random::uniform::<f32>(1_000_000, -1.0..1.0, 2));
    let sums = product(&a, &b);

    let taken = all_but(5 << 20);
    let error = Trainer::new(wide.clone(), CrossEntropy, Sgd::new(0.1)).batch(64).threads(1).on(Device::Cpu);
    let error = error.expect_err("its kernels want more");
    assert!(matches!(error, Error::Memory { bytes: Some(5_000_000..), .. }), "{error}");
    let error = Predictor::new(wide.clone(), Device::Cpu, 64).expect_err("its kernels want more");
    assert!(matches!(error, Error::Memory { bytes: Some(5_000_000..), .. }), "{error}");
    drop(taken);

    // enough for what a pass works in, not for its kernels
    let two = [[0.5; 512]; 2];
    let taken = all_but(32 << 10);
    let refused = Model::predict(&wide, &two);
    drop(taken);
    assert!(matches!(refused, Err(Error::Memory { bytes: Some(50_000..), .. })), "{refused:?}");
    assert!(Model::predict(&wide, &two).is_ok());

    let taken = all_but(2 << 20);
    assert_eq!(small.predict(&x), expected);
    let predictor = Predictor::new(small, Device::Cpu, 1).expect("it wants little");
    assert_eq!(predictor.predict(&x).expect("it wants little")[..], expected[..]);
    // sums that cannot be packed at once are the same
    let again = product(&a, &b);
    drop(taken);
    assert!(again == sums);
    println!("all of it was done");
}

#[test]
fn too_little_memory_is_an_error() {
    if std::env::var_os(LIMITED).is_some() {
        return in_a_limited_program();
    }
    let program = std::env::current_exe().expect("it runs");
    let limited = Command::new("sh")
        .args(["-c", "ulimit -v 1000000 && exec \"$@\"", "sh"])
        .arg(program)
        .args(["--exact", "too_little_memory_is_an_error", "--nocapture"])
        .env(LIMITED, "1")
        .output()
        .expect("there is a shell");
    let said =
        [limited.stdout, limited.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(limited.status.success() && said.contains("all of it was done"), "{said}");
}
