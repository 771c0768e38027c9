//! First values: their statistics, as far as chance allows.
use plywood::prelude::*;
use plywood_tests::fixture::{cases, list, number, sizes, word};

network! {
    struct Begun: [300] -> [300] {
        uniform_0: Linear(200, weight_init: uniform),
        uniform_1: Linear(300, weight_init: uniform(low: -0.5, high: 2.0)),
        normal_0: Linear(200, weight_init: normal),
        normal_1: Linear(300, weight_init: normal(mean: 0.5, std: 0.02)),
        constant_0: Linear(200, weight_init: constant(0.25)),
        zeros_0: Linear(300, weight_init: zeros),
        ones_0: Linear(200, weight_init: ones, bias_init: zeros),
        kaiming_uniform_0: Linear(300, weight_init: kaiming_uniform, bias_init: normal(std: 0.1)),
        kaiming_uniform_1: Linear(200, weight_init: kaiming_uniform(0.2, fan_out: true)),
        kaiming_normal_0: Linear(300, weight_init: kaiming_normal_),
        kaiming_normal_1: Linear(200, weight_init: kaiming_normal(fan_out: true)),
        xavier_uniform_0: Linear(300, weight_init: xavier_uniform),
        xavier_normal_0: Linear(200, weight_init: xavier_normal(gain: 1.5)),
        orthogonal_0: Linear(300, weight_init: orthogonal(2.0)),
    }
}

struct Statistics {
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

fn statistics(values: &[f32]) -> Statistics {
    let n = values.len() as f64;
    let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let variance = values.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
    let (min, max) = values.iter().fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
    Statistics { mean, std: variance.sqrt(), min: min.into(), max: max.into() }
}

#[test]
fn numbers_begin_as_pytorchs_do() {
    let model = Begun::init(5);
    let weights: Vec<_> = model.named_parameters().filter(|p| p.name.ends_with(".weight")).collect();
    let cases = cases("initializers");
    assert_eq!(weights.len(), cases.len());
    for (weight, case) in weights.iter().zip(&cases) {
        let name = word(&case["initializer"]);
        assert!(weight.name.starts_with(name), "{} is not {name}", weight.name);
        assert_eq!(weight.shape, sizes(&case["shape"]), "{}", weight.name);
        let (found, of) = (statistics(weight.values), |key: &str| number(&case[key]));
        // both are 60,000 numbers drawn by chance: four standard errors of each
        let close = |what: &str, found: f64, expected: f64| {
            let bound = 8.0 * of("std") / 245.0 + 1e-7;
            assert!((found - expected).abs() < bound, "{}: {what} {found}, not {expected}", weight.name);
        };
        close("mean", found.mean, of("mean"));
        close("std", found.std, of("std"));
        if name.ends_with("uniform") || of("std") == 0.0 {
            close("min", found.min, of("min"));
            close("max", found.max, of("max"));
        } else {
            // nothing is cut off, and nothing is drawn from far outside
            let reach = |min: f64, max: f64| (max - min) / of("std");
            let (found, expected) = (reach(found.min, found.max), reach(of("min"), of("max")));
            assert!((found - expected).abs() < 3.0, "{}: {found} deviations, not {expected}", weight.name);
        }
    }
}

#[test]
fn rows_of_an_orthogonal_matrix_are_orthogonal() {
    let model = Begun::init(5);
    let case = cases("initializers").into_iter().find(|case| word(&case["initializer"]) == "orthogonal");
    let norms = list(&case.expect("the file has it")["norms"]);
    // 300 rows of 200: its columns are
    let weight = model.parameters().orthogonal_0.weight;
    for i in 0..200 {
        for j in 0..=i {
            let product: f64 = weight.iter().map(|row| f64::from(row[i]) * f64::from(row[j])).sum();
            let expected = if i == j { norms[0] * norms[1] } else { 0.0 };
            assert!((product - expected).abs() < 1e-6, "columns {i} and {j}: {product}");
        }
    }
    assert_eq!(model.block()[..], Begun::init(5).block()[..]);
    assert_ne!(model.block()[..], Begun::init(6).block()[..]);
}

#[test]
fn a_bias_begins_as_it_is_told() {
    let model = Begun::init(5);
    let parameters = model.parameters();
    assert!(parameters.ones_0.bias.iter().all(|b| *b == 0.0));
    let Statistics { mean, std, .. } = statistics(parameters.kaiming_uniform_0.bias);
    assert!(mean.abs() < 0.03 && (std - 0.1).abs() < 0.03, "{mean} {std}");
}
