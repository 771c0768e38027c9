//! Whole models: outputs, gradients, ten steps.
use crate::ok;
use crate::whole::{classes, compare, only, samples, ways};
use plywood::prelude::*;
use plywood_tests::fixture::{list, number, read};
use plywood_tests::numbers::{close, double};

network! { struct Mlp: [6] -> [3] { Linear(5), Tanh, Linear(4), Gelu, Linear(3) } }
network! {
    struct Deep: [5] -> [2] {
        first: Linear(4), relu: Relu, blocks: repeat 3 { fc: Linear(4), act: Sigmoid }, last: Linear(2, bias: false),
    }
}
network! { struct TwoLayer: [10] -> [4] { Linear(8), Relu, Linear(4) } }
network! { struct Line: [1] -> [1] { line: Linear(1) } }

#[test]
fn mlp_with_cross_entropy_and_adam() {
    for case in ways("models", "mlp") {
        compare::<Mlp, _>(&case, CrossEntropy, &classes(only(&case)));
    }
}

#[test]
fn deep_with_mse_and_momentum() {
    for case in ways("models", "deep") {
        compare::<Deep, _>(&case, Mse::mean(), &samples(only(&case)));
    }
}

#[test]
fn two_layer_with_summed_mse_and_sgd() {
    for case in ways("models", "two_layer") {
        compare::<TwoLayer, _>(&case, Mse::sum(), &samples(only(&case)));
    }
}

#[test]
fn a_line_gives_pytorchs_ten_losses() {
    let file = read("line");
    let xs: Vec<[f32; 1]> = (0..100).map(|i| [i as f32]).collect();
    let ys: Vec<[f32; 1]> = xs.iter().map(|[x]| [2.0 * x + 1.0]).collect();
    let mut line = Line::init(0);
    line.named_parameters_mut().for_each(|parameter| parameter.values.fill(1.0));
    let mut trainer = Trainer::new(line, Mse::mean(), Sgd::new(1e-6))
        .batch(100)
        .quiet()
        .on(Device::Cpu)
        .expect("right settings");
    let found: Vec<f64> = (0..10).map(|_| f64::from(trainer.step(&xs, &ys).expect("it trains"))).collect();
    for kind in ["float64", "float32"] {
        for (expected, found) in list(&file[kind]["training_losses"]).iter().zip(&found) {
            ok(close(kind, &[*expected], &[*found], 1e-6));
        }
        let end = trainer.model().expect("it is here").block().to_vec();
        ok(close(kind, &[number(&file[kind]["weight"]), number(&file[kind]["bias"])], &double(&end), 1e-6));
    }
}
