//! How far the compiled `f32` rules of elementwise rows are from their formulas in `f64`, over all of `f32`.
//! `cargo test --test accuracy -- --nocapture` prints the table.
use plywood::prelude::*;
use plywood_kernels::cpu::Cpu;
use plywood_kernels::ops;
use plywood_kernels::scalar::argument;
use plywood_tests::numbers::{double, ulp};
use plywood_tests::rules::compiled;

/// Numbers of every exponent and both signs, most of them where functions bend, and those that are special.
fn sweep() -> Vec<f32> {
    let all = (0..=u32::MAX).step_by(20_011).map(f32::from_bits);
    let near = (-60_000..60_000).map(|i| i as f32 * 0.001 + 1e-4);
    let special = [0.0, 1.0, 3.0, 6.0, 20.0, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE, f32::MAX, 1e-45];
    all.chain(near).chain(special).chain(special.map(|x| -x)).collect()
}

/// The largest error in units in the last place, not counting what is within `absolute`, and where that is.
fn worst(x: &[f32], found: &[f32], expected: &[f64], absolute: impl Fn(f64) -> f64) -> (f64, f32) {
    let mut worst = (0.0, f32::NAN);
    for ((x, found), expected) in x.iter().zip(found).zip(expected) {
        let error = ulp(*found, *expected);
        // a difference that is no number is not small
        let small = (f64::from(*found) - expected).abs() <= absolute(*expected);
        if error > worst.0 && !small {
            worst = (error, *x);
        }
    }
    worst
}

#[test]
fn rules_are_as_close_to_their_formulas_as_their_rows_say() {
    let (cpu, x) = (Cpu::new(2), sweep());
    let wide = double(&x);
    let mut wrong = vec![];
    println!("{:<14} {:>8}  {:>14}  {:>8}  {:>8}", "row", "ulp", "at", "bound", "but for");
    for (row, numbers) in ops::UNARY.iter().filter_map(|row| Some((row, row.defaults()?))) {
        let rule = compiled(row.formula(numbers));
        let (mut found, mut expected) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        (rule.single)(&cpu, &mut found, &[&x]);
        (rule.double)(&cpu, &mut expected, &[&wide]);
        let (bound, absolute) = row.error;
        let (error, at) = worst(&x, &found, &expected, |_| absolute);
        println!("{:<14} {error:>8.2}  {at:>14e}  {bound:>8}  {absolute:>8e}", row.name);
        if error > bound {
            wrong.push(format!("`{}` at {at:e}: {error:.2} ulp", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Beside 1, which slopes of activations are, their errors are a few roundings; and none is no number but where the
/// formula's is none either.
#[test]
fn slopes_are_close_wherever_they_are_numbers() {
    let (cpu, x) = (Cpu::new(2), sweep());
    let wide = double(&x);
    let ones = (vec![1.0f32; x.len()], vec![1.0f64; x.len()]);
    let mut wrong = vec![];
    for (row, numbers) in ops::UNARY.iter().filter_map(|row| Some((row, row.defaults()?))) {
        let slope = row.slope(numbers);
        let rule = compiled(argument(0) * slope.substitute(&[argument(1); 2]));
        let (mut found, mut expected) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        if slope.uses(1) {
            let forward = compiled(row.formula(numbers));
            let (mut y, mut wide_y) = (found.clone(), expected.clone());
            (forward.single)(&cpu, &mut y, &[&x]);
            (forward.double)(&cpu, &mut wide_y, &[&wide]);
            (rule.single)(&cpu, &mut found, &[&ones.0, &y]);
            (rule.double)(&cpu, &mut expected, &[&ones.1, &wide_y]);
        } else {
            (rule.single)(&cpu, &mut found, &[&ones.0, &x]);
            (rule.double)(&cpu, &mut expected, &[&ones.1, &wide]);
        }
        let (error, at) = worst(&x, &found, &expected, |slope| 4e-7 * slope.abs().max(1.0));
        println!("{:<14} {error:>8.2}  {at:>14e}", row.name);
        if error > 0.0 {
            wrong.push(format!("the slope of `{}` at {at:e}: {error:.2} ulp", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Near the target too, where `|e| - ln 2` and what is added to it cancel.
#[test]
fn log_cosh_keeps_its_digits() {
    let loss = LogCosh::sum();
    for i in 0..=1000 {
        let e = (1e-6 * 5e7f64.powf(f64::from(i) / 1000.0)) as f32;
        let expected = (2.0 * (f64::from(e) / 2.0).sinh().powi(2)).ln_1p();
        for e in [e, -e] {
            let found = loss.value(&[[e]], &[[0.0]]).expect("any target is right");
            assert!((found - expected).abs() < 1e-6 * expected, "{e}: {found}, not {expected}");
        }
    }
}
