//! Whole models that are no stacks: blocks, branches, shared members, several inputs and outputs, indices.
use crate::whole::{classes, compare, compare_with, indices, only, reals, samples, ways};
use plywood::prelude::*;
use plywood_tests::fixture::{cases, list, number, word};
use plywood_tests::numbers::single;

network! {
    struct ResidualMlp: [5] -> [3] {
        stem: Linear(6),
        first: Residual(9),
        blocks: { Residual(9), Residual(9) },
        last: Residual(4),
        norm: LayerNorm,
        head: Linear(3),
    }
    block Residual(hidden) { residual { norm: LayerNorm, feed: Feed(hidden, width: 6) } }
    block Feed(hidden, width) { fc1: Linear(hidden), gelu: Gelu, fc2: Linear(width) }
}
network! {
    struct Siamese: (left: [7], right: [7]) -> [1] {
        body: Body(4), out: Linear(1),
        fn forward(left, right) { out((body(left) - body(right)).abs()) }
    }
    block Body(width) { fc1: Linear(6), Relu, fc2: Linear(width) }
}
network! {
    struct Policy: (place: [4], goal: [3]) -> (next: [3], value: [2]) {
        trunk: Trunk(6), next: Linear(3), value: Linear(2),
        fn forward(place, goal) {
            let way = goal - 0.5 * place.slice(axis: 0, start: 0, length: 3);
            let h = trunk(concat([place, way], axis: 0)).sigmoid();
            (next: next(h), value: value(h * h))
        }
    }
    block Trunk(width) { fc1: Linear(8), Tanh, fc2: Linear(width) }
}
network! {
    struct Words: (words: u32 [4]) -> [3] {
        table: Embedding(9, embedding_dim: 4, padding_index: 2), Mean(0), norm: LayerNorm, out: Linear(3),
    }
}
network! {
    struct SumOfWords: (words: u32 [4]) -> [3] {
        bag: EmbeddingBag(9, embedding_dim: 4, mode: sum), Tanh, fc: Linear(3),
    }
}
network! {
    struct MeanOfWords: (words: u32 [4]) -> [3] {
        bag: EmbeddingBag(9, embedding_dim: 4, padding_index: 2), Tanh, fc: Linear(3),
    }
}
network! {
    struct LargestOfWords: (words: u32 [4]) -> [3] {
        bag: EmbeddingBag(9, embedding_dim: 4, mode: max, padding_index: 2), Tanh, fc: Linear(3),
    }
}
network! {
    struct WideAndDeep: (kinds: u32 [3], numbers: [4]) -> [1] {
        wide_kinds: EmbeddingBag(9, embedding_dim: 1, mode: sum),
        wide_numbers: Linear(1, bias: false),
        table: Embedding(9, embedding_dim: 3),
        deep: Deep(8),
        fn forward(kinds, numbers) {
            let wide = wide_kinds(kinds) + wide_numbers(numbers);
            wide + deep(concat([table(kinds).flatten(), numbers], axis: 0))
        }
    }
    block Deep(width) { fc1: Linear(width), Relu, fc2: Linear(width / 2), Relu, out: Linear(1) }
}
network! {
    struct Tied: (words: u32 [4]) -> [9] {
        table: Embedding(9, embedding_dim: 4, padding_index: 2), Flatten, hidden: Linear(4), Tanh,
        out: Linear(9, weight: table.weight),
    }
}
network! {
    struct Rare: (words: u32 [4]) -> [3] {
        table: Embedding(20, embedding_dim: 4, sparse: true),
        bag: EmbeddingBag(20, embedding_dim: 3, mode: sum, sparse: true),
        out: Linear(3),
        fn forward(words) { out(concat([table(words).flatten(), bag(words)], axis: 0).tanh()) }
    }
}
network! {
    /// What goes down is kept for the way up.
    struct UShaped: [8] -> [8] {
        down1: Level(6), down2: Level(4), bottom: Level(3), up2: Level(4), up1: Level(6), out: Linear(8),
        fn forward(x) {
            let a = down1(x);
            let b = down2(a);
            let c = up2(concat([bottom(b), b], axis: 0));
            let d = up1(concat([c, a], axis: 0));
            out(concat([d, x], axis: 0))
        }
    }
    block Level(width) { fc: Linear(width), norm: LayerNorm, Silu }
}

#[test]
fn residual_blocks_with_cross_entropy() {
    for case in ways("graph_models", "ResidualMlp") {
        compare::<ResidualMlp, _>(&case, CrossEntropy, &classes(only(&case)));
    }
}

#[test]
fn one_body_for_two_inputs_with_bce() {
    for case in ways("graph_models", "Siamese") {
        let [left, right] = [0, 1].map(|k| reals(&case["inputs"][k]));
        let pairs = SiameseInput { left: &left[..], right: &right[..] };
        compare_with::<Siamese, _>(&case, pairs, BceWithLogits::mean(), &samples(only(&case)));
    }
}

#[test]
fn two_inputs_and_two_outputs_with_weighted_losses() {
    let [plain, both] = ways("graph_models", "Policy").try_into().expect("two cases");
    for (case, is_plain) in [(&plain, true), (&both, false)] {
        let (place, goal) = (reals(&case["inputs"][0]), reals(&case["inputs"][1]));
        let places = PolicyInput { place: &place[..], goal: &goal[..] };
        let [next, value] = [0, 1].map(|k| &case["outputs"][k]);
        let (classes, values) = (classes(next), samples(value));
        let targets = PolicyOutput { next: &classes[..], value: &values[..] };
        if is_plain {
            let loss = PolicyLoss { next: CrossEntropy, value: Weighted(0.5, Mse::mean()) };
            compare_with::<Policy, _>(case, places, loss, targets);
        } else {
            let weights: [f32; 3] = single(&list(&next["loss"]["weight"])).try_into().expect("three");
            let smoothing = number(&next["loss"]["label_smoothing"]);
            let next = Weighted(2.5, CrossEntropy.label_smoothing(smoothing).class_weights(weights));
            let value = Weighted(0.3, Huber::mean().delta(number(&value["loss"]["delta"])));
            compare_with::<Policy, _>(case, places, PolicyLoss { next, value }, targets);
        }
    }
}

#[test]
fn means_of_embeddings_with_padding() {
    for case in ways("graph_models", "Words") {
        let words = indices(&case["inputs"][0]);
        compare_with::<Words, _>(&case, &words, CrossEntropy, &classes(only(&case)));
    }
}

#[test]
fn a_last_layer_with_the_weight_of_the_table() {
    for case in ways("graph_models", "Tied") {
        let words = indices(&case["inputs"][0]);
        compare_with::<Tied, _>(&case, &words, CrossEntropy, &classes(only(&case)));
    }
}

#[test]
fn tables_whose_gradients_are_by_rows() {
    for case in ways("graph_models", "Rare") {
        let words = indices(&case["inputs"][0]);
        compare_with::<Rare, _>(&case, &words, CrossEntropy, &classes(only(&case)));
    }
}

#[test]
fn bags_of_embeddings() {
    fn bag<M: Model<Input = [u32; 4], Output = [f32; 3]>>(name: &str) {
        for case in ways("graph_models", name) {
            let words = indices(&case["inputs"][0]);
            compare_with::<M, _>(&case, &words, CrossEntropy, &classes(only(&case)));
        }
    }
    bag::<SumOfWords>("SumOfWords");
    bag::<MeanOfWords>("MeanOfWords");
    bag::<LargestOfWords>("LargestOfWords");
}

#[test]
fn wide_and_deep() {
    for case in ways("graph_models", "WideAndDeep") {
        let (kinds, numbers) = (indices(&case["inputs"][0]), reals(&case["inputs"][1]));
        let mixed = WideAndDeepInput { kinds: &kinds[..], numbers: &numbers[..] };
        compare_with::<WideAndDeep, _>(&case, mixed, BceWithLogits::mean(), &samples(only(&case)));
    }
}

#[test]
fn long_skips_with_mse() {
    for case in ways("graph_models", "UShaped") {
        compare::<UShaped, _>(&case, Mse::mean(), &samples(only(&case)));
    }
}

#[test]
fn no_case_is_left_out() {
    let all = cases("graph_models");
    let mut models: Vec<&str> = all.iter().map(|case| word(&case["model"])).collect();
    models.dedup();
    assert_eq!(models.len(), 11, "{models:?}");
    for name in ["SGD", "AdamW"] {
        assert!(all.iter().filter(|case| word(&case["optimizer"]["name"]) == name).count() > 4, "{name}");
    }
}
