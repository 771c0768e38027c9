//! Cross entropy with a class at each position, and losses of several outputs.
use crate::losses::{Compare, reduction};
use crate::ok;
use plywood::loss::{ChannelCrossEntropy, CrossEntropyWith, Loss};
use plywood::prelude::*;
use plywood_kernels::cpu::Cpu;
use plywood_tests::fixture::{cases_of, fill, hyperparameters, list, number, read, sizes, word};
use plywood_tests::numbers::{close, double, single};
use serde_json::Value;

/// A case of a loss with a class of four at each position.
pub fn compare(case: &Value) {
    let targets: Vec<u32> = list(&case["targets"]).iter().map(|t| *t as u32).collect();
    let options = &case["options"];
    let ignore_index = options.get("ignore_index").map(|index| number(index) as u32);
    let label_smoothing = options.get("label_smoothing").map_or(0.0, number);
    let weights = options.get("class_weights").map(|weights| single(&list(weights)));
    let class_weights: [f32; 4] = weights.map_or([1.0; 4], |weights| weights.try_into().expect("four"));
    let (reduction, plain) = (reduction(case), options.as_object().is_some_and(serde_json::Map::is_empty));
    let compare = Compare(case);
    let along_last = CrossEntropyWith { reduction, label_smoothing, class_weights, ignore_index };
    let along_first = ChannelCrossEntropy { reduction, label_smoothing, class_weights, ignore_index };
    let fives = || targets.as_chunks::<5>().0;
    match (word(&case["loss"]), &sizes(&case["prediction"]["shape"])[1..]) {
        ("CrossEntropy", [5, 4]) => {
            if plain && reduction == Reduction::Mean {
                compare.by::<[[f32; 4]; 5], _, _>(CrossEntropy, fives());
            }
            compare.by::<[[f32; 4]; 5], _, _>(along_last, fives());
        }
        ("ChannelCrossEntropy", [4]) => compare.by::<[f32; 4], _, _>(along_first, &targets),
        ("ChannelCrossEntropy", [4, 5]) => compare.by::<[[f32; 5]; 4], _, _>(along_first, fives()),
        ("ChannelCrossEntropy", [4, 3, 2]) => {
            let targets = targets.as_chunks::<2>().0.as_chunks::<3>().0;
            compare.by::<[[[f32; 2]; 3]; 4], _, _>(along_first, targets);
            if plain && reduction == Reduction::Mean {
                compare.by::<[[[f32; 2]; 3]; 4], _, _>(ChannelCrossEntropy::mean(), targets);
            }
        }
        (name, shape) => panic!("no test for `{name}` of {shape:?}"),
    }
}

network! {
    struct Two: (first: [3], second: [3]) -> (first: [3], second: [3]) {
        fn forward(first, second) { (first: first.relu(), second: second.relu()) }
    }
}
// not in the order of PyTorch's arguments
network! {
    struct Three: (anchor: [3], positive: [3], negative: [3]) -> (negative: [3], anchor: [3], positive: [3]) {
        fn forward(anchor, positive, negative) {
            (negative: negative.relu(), anchor: anchor.relu(), positive: positive.relu())
        }
    }
}

/// Value and gradients of a loss between two outputs.
fn two<T: plywood::Element>(
    case: &Value,
    loss: &impl Loss<TwoOutput<[f32; 3], [f32; 3]>, Target = T>,
    t: &[T],
) {
    let y: Vec<Vec<f32>> = cases_of(&case["outputs"]).iter().map(|y| single(&fill(y))).collect();
    let y: Vec<&[[f32; 3]]> = y.iter().map(|y| y.as_chunks().0).collect();
    let output = TwoOutput { first: y[0], second: y[1] };
    let mut d = [[[f32::NAN; 3]; 6]; 2];
    let [first, second] = &mut d;
    let d_output = TwoOutput { first: &mut first[..], second: &mut second[..] };
    let found = loss.gradient(&Cpu::new(1), d_output, output, t, 1.0).expect("the targets are right");
    agree(case, [found, loss.value(output, t).expect("the targets are right")], &[&d[0], &d[1]]);
}

type Outputs = ThreeOutput<[f32; 3], [f32; 3], [f32; 3]>;
fn three(case: &Value, loss: &impl Loss<Outputs, Target = ()>) {
    let y: Vec<Vec<f32>> = cases_of(&case["outputs"]).iter().map(|y| single(&fill(y))).collect();
    let y: Vec<&[[f32; 3]]> = y.iter().map(|y| y.as_chunks().0).collect();
    let output = ThreeOutput { anchor: y[0], positive: y[1], negative: y[2] };
    let mut d = [[[f32::NAN; 3]; 6]; 3];
    let [anchor, positive, negative] = &mut d;
    let d_output =
        ThreeOutput { anchor: &mut anchor[..], positive: &mut positive[..], negative: &mut negative[..] };
    let found = loss.gradient(&Cpu::new(1), d_output, output, &[(); 6], 1.0).expect("no targets");
    agree(case, [found, loss.value(output, &[(); 6]).expect("no targets")], &[&d[0], &d[1], &d[2]]);
}

fn agree(case: &Value, values: [f64; 2], d: &[&[[f32; 3]]]) {
    let name = format!("{} {} {} {}", case["loss"], case["reduction"], case["options"], case["outputs"]);
    ok(close(&name, &[number(&case["value"]); 2], &values, 1e-6));
    let gradients = cases_of(&case["gradients"]);
    assert_eq!(gradients.len(), d.len());
    for (expected, d) in gradients.iter().zip(d) {
        ok(close(&name, &list(expected), &double(d.as_flattened()), 2e-6));
    }
}

#[test]
fn losses_between_outputs_and_their_gradients() {
    let cases = cases_of(&read("losses")["between"]);
    for case in &cases {
        let (reduction, options) = (reduction(case), hyperparameters(&case["options"]));
        let told = |name: &str| options.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
        let margin = told("margin").expect("every case has one");
        let targets = || single(&fill(&case["target"]));
        match word(&case["loss"]) {
            "CosineEmbedding" => two(case, &CosineEmbedding { reduction, margin }, &targets()),
            "MarginRanking" => two(case, &MarginRanking { reduction, margin }, targets().as_chunks().0),
            "TripletMargin" => {
                let eps = told("eps").unwrap_or(TripletMargin::mean().eps);
                three(case, &TripletMargin { reduction, margin, eps });
            }
            other => panic!("no test for `{other}`"),
        }
    }
    for name in ["CosineEmbedding", "MarginRanking", "TripletMargin"] {
        for wanted in [Reduction::Mean, Reduction::Sum] {
            let found = |case: &&Value| word(&case["loss"]) == name && reduction(case) == wanted;
            assert!(cases.iter().filter(found).count() > 3, "{name} as {wanted:?}");
        }
    }
}
