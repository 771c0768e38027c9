//! Whole models of many kinds of layers, trained in as many ways.
use crate::whole::{classes, compare, only, samples, ways};
use plywood::prelude::*;
use plywood_tests::fixture::{cases, list, number, word};
use plywood_tests::numbers::single;
use serde_json::Value;

network! {
    struct Tokens: [4, 6] -> [3] {
        embed: Linear(8),
        blocks: repeat 3 { norm: LayerNorm, fc1: Linear(12), gelu: Gelu, fc2: Linear(8), rms: RmsNorm },
        turn: Transpose,
        across: Linear(5),
        silu: Silu,
        back: Permute([1, 0]),
        norm: LayerNorm([5, 8], eps: 1e-3, bias: false),
        pool: Mean(0),
        head: Linear(3),
    }
}
network! {
    struct Pairs: [9] -> [4] {
        fc: Linear(10),
        prelu: PRelu(10),
        pair: Bilinear(7, in1_features: 4, in2_features: 6),
        mish: Mish,
        rms: RmsNorm(eps: 1e-4),
        #[frozen]
        fixed: Linear(8),
        elu: Elu(0.7),
        gate: Softmax,
        scale: LayerNorm(elementwise_affine: false),
        out: Linear(4),
        logs: LogSoftmax,
    }
}
network! {
    struct Planes: [2, 6, 5] -> [2, 3] {
        pad: Pad(1, before: 1, after: 2, value: 0.3),
        cut: Slice(-1, start: 1, length: 3),
        fc: Linear(4),
        prelu: PRelu(2),
        pair: Bilinear(5, in1_features: 3, in2_features: 1, bias: false),
        hard: Hardswish,
        turn: Permute([1, 2, 0]),
        spread: Variance(0),
        columns: Softmax(0),
        flat: Flatten,
        fc2: Linear(6),
        rows: Reshape([2, 3]),
    }
}
network! {
    struct Positive: [5, 4] -> [3] {
        fc1: Linear(6),
        soft: Softplus(beta: 2),
        power: Pow(1.5),
        fc2: Linear(5),
        clamp: Clamp(min: -1.2, max: 0.8),
        exp: Exp,
        largest: Max(0),
        fc3: Linear(6),
        leaky: LeakyRelu(0.2),
        fc4: Linear(4),
        gelu: GeluTanh,
        out: Linear(3),
    }
}
network! {
    struct Distributions: [3, 7] -> [3, 5] {
        rms: RmsNorm([3, 7]),
        #[frozen]
        first: Linear(6),
        blocks: repeat 2 { fc: Linear(6), silu: Silu, #[frozen] mix: Linear(6, bias: false), norm: LayerNorm },
        out: Linear(5),
        logs: LogSoftmax,
    }
}

network! {
    struct Volumes: [2, 3, 2, 4, 5] -> [3] {
        fc1: Linear(6),
        tanh: Tanh,
        spread: Variance([0, 2], correction: 0.5),
        fc2: Linear(4),
        parts: Reshape([3, 2, 2, 4]),
        smallest: Min(axis: [-1, 0]),
        fc3: Linear(8),
        rows: Reshape([2, 2, 4]),
        average: Mean([0, 2]),
        fc4: Linear(6),
        squares: Reshape([3, 2]),
        largest: Max([1]),
        out: Linear(3),
    }
}

/// The weights of a case's classes.
fn weights<const C: usize>(case: &Value) -> [f32; C] {
    single(&list(&only(case)["loss"]["weight"])).try_into().expect("a weight per class")
}

#[test]
fn norms_along_both_axes_with_smoothed_labels_and_adamw() {
    for case in ways("mixed_models", "Tokens") {
        let smoothing = number(&only(&case)["loss"]["label_smoothing"]);
        let loss = CrossEntropy.label_smoothing(smoothing).class_weights(weights(&case));
        compare::<Tokens, _>(&case, loss, &classes(only(&case)));
    }
}

#[test]
fn a_bilinear_and_a_frozen_layer_with_nll_and_clipped_nesterov() {
    for case in ways("mixed_models", "Pairs") {
        compare::<Pairs, _>(&case, Nll::mean().class_weights(weights(&case)), &classes(only(&case)));
    }
}

#[test]
fn changing_shapes_with_huber_and_centered_rmsprop() {
    for case in ways("mixed_models", "Planes") {
        compare::<Planes, _>(
            &case,
            Huber::mean().delta(number(&only(&case)["loss"]["delta"])),
            &samples(only(&case)),
        );
    }
}

#[test]
fn powers_and_ties_with_bce_and_adagrad() {
    for case in ways("mixed_models", "Positive") {
        let loss = BceWithLogits::sum().pos_weight(number(&only(&case)["loss"]["pos_weight"]));
        compare::<Positive, _>(&case, loss, &samples(only(&case)));
    }
}

#[test]
fn frozen_layers_in_a_repeat_with_kl_divergence_radam_and_lion() {
    for case in ways("mixed_models", "Distributions") {
        compare::<Distributions, _>(&case, KlDivergence::batch_mean(), &samples(only(&case)));
    }
}

#[test]
fn several_axes_at_once_with_mse_and_adamax() {
    for case in ways("mixed_models", "Volumes") {
        compare::<Volumes, _>(&case, Mse::mean(), &samples(only(&case)));
    }
}

#[test]
fn no_setting_is_without_a_case() {
    let all = cases("mixed_models");
    for setting in ["decay_weights_only", "schedule", "clip_norm"] {
        let told = all.iter().filter(|case| !case[setting].is_null()).count();
        assert!(told > 0 && told < all.len(), "`{setting}` in {told} of {} cases", all.len());
    }
    let names: Vec<&str> = all.iter().map(|case| word(&case["optimizer"]["name"])).collect();
    assert_eq!(names, ["AdamW", "AdamW", "SGD", "RMSprop", "Adagrad", "RAdam", "Lion", "Adamax"]);
}
