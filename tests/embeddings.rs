//! Networks that read indices, and functions of several values, as they are declared.
#![forbid(unsafe_code)]
use plywood::prelude::*;

const PAD: usize = 2;

network! {
    struct Tagger: (words: u32 [4]) -> [3] {
        table: Embedding(11, embedding_dim: 5, padding_index: PAD), Flatten, fc: Linear(3),
    }
}
network! { struct Topics: (words: u32 [4]) -> [3] { bag: EmbeddingBag(11, embedding_dim: 3, mode: sum) } }
network! {
    struct Mean: (words: u32 [4]) -> [3] { bag: EmbeddingBag(11, embedding_dim: 3, padding_index: 0), Tanh, fc: Linear(3) }
}
#[model((words: u32 [4]) -> [3])]
struct Largest {
    #[with(embedding_dim: 3, mode: max)]
    bag: EmbeddingBag<11>,
}
network! {
    struct Pair: (left: [6], right: [6]) -> [5] {
        body: Linear(4), both: Bilinear(3),
        fn forward(left, right) {
            let (a, b) = (body(left), body(right));
            let alike = stack([cosine_similarity(a, b), a.pairwise_distance(b, p: 1.0)], axis: 0);
            concat([both(a, b), alike], axis: 0)
        }
    }
}
network! {
    struct Shapes: [3, 4] -> [2, 3] {
        fn forward(x) {
            let turned = x.transpose(0, axis1: 1);
            let wide = turned.mean(axis: 0).broadcast([2, 3]);
            wide + x.max(axis: -1).reshape([1, 3]).broadcast([2, 3]) * x.flatten().sum(axis: 0).reshape([1, 1]).broadcast([2, 3])
        }
    }
}

const WORDS: [[u32; 4]; 3] = [[1, 2, 10, 1], [2, 2, 2, 2], [0, 5, 3, 2]];

#[test]
fn rows_are_read_and_the_padding_row_begins_as_zero_and_stays() {
    let model = Tagger::init(3);
    let table = model.parameters().table.weight;
    assert_eq!(table[PAD], [0.0; 5]);
    let others = table.iter().enumerate().filter(|(row, _)| *row != PAD);
    assert!(others.clone().all(|(_, row)| row.iter().all(|x| *x != 0.0)), "{table:?}");
    let spread: f32 = others.flat_map(|(_, row)| row).map(|x| x * x).sum::<f32>() / 50.0;
    assert!((0.5..2.0).contains(&spread), "{spread}");
    // padding alone: the bias
    assert_eq!(model.predict(&WORDS).expect("rows")[1], *model.parameters().fc.bias);
    let trainer =
        Trainer::new(model, CrossEntropy, Sgd::new(0.1)).batch(3).on(Device::Cpu).expect("a trainer");
    let mut trainer = trainer;
    let losses: Vec<f64> =
        (0..20).map(|_| trainer.step(&WORDS, &[0, 1, 2]).expect("a step").into()).collect();
    assert!(losses[19] < 0.5 * losses[0], "{losses:?}");
    let model = trainer.finish().expect("it trained");
    assert_eq!(model.parameters().table.weight[PAD], [0.0; 5]);
    assert_ne!(model.parameters().table.weight[1], Tagger::init(3).parameters().table.weight[1]);
    assert_eq!(
        model.parameters().table.weight[7],
        Tagger::init(3).parameters().table.weight[7],
        "nobody named it"
    );
}

#[test]
fn bags_are_what_their_mode_says() {
    let rows = |weight: &[[f32; 3]; 11], words: [u32; 4]| words.map(|word| weight[word as usize]);
    let (sum, max) = (Topics::init(4), Largest::init(5));
    let (sums, largest) = (sum.predict(&WORDS).expect("rows"), max.predict(&WORDS).expect("rows"));
    for (n, words) in WORDS.into_iter().enumerate() {
        for j in 0..3 {
            let sum: f32 = rows(sum.parameters().bag.weight, words).iter().map(|row| row[j]).sum();
            assert!((sums[n][j] - sum).abs() < 1e-5, "{} {sum}", sums[n][j]);
            let max =
                rows(max.parameters().bag.weight, words).iter().map(|row| row[j]).fold(f32::MIN, f32::max);
            assert_eq!(largest[n][j], max);
        }
    }
    let mean = Mean::init(6);
    assert_eq!(mean.predict(&[[0; 4]]).expect("rows")[0], *mean.parameters().fc.bias, "nothing counts");
    let [one, two] = [[0, 5, 0, 0], [5, 5, 0, 5]].map(|words| mean.predict(&[words]).expect("rows")[0]);
    assert!(one.iter().zip(two).all(|(a, b)| (a - b).abs() < 1e-6), "{one:?} {two:?}");
}

#[test]
fn gradients_are_right_where_indices_and_several_values_are_read() {
    for report in [
        Tagger::init(1).gradient_check(1),
        Topics::init(1).gradient_check(1),
        Mean::init(1).gradient_check(1),
        Largest::init(1).gradient_check(1),
        Pair::init(1).gradient_check(1),
    ] {
        assert!(report.expect("gradients agree").checked > 0);
    }
}

#[test]
fn functions_of_one_value_work_by_name() {
    let x = [[1.0, 2.0, 3.0, 4.0], [0.5, 0.0, -1.0, 2.5], [-3.0, 1.0, 1.0, 1.0]];
    let y = Shapes::init(1).predict(&[x])[0];
    let total: f32 = x.as_flattened().iter().sum();
    for row in y {
        for (j, y) in row.into_iter().enumerate() {
            let (mean, max) = (x[j].iter().sum::<f32>() / 4.0, x[j].iter().copied().fold(f32::MIN, f32::max));
            assert!((y - (mean + max * total)).abs() < 1e-4, "{y}");
        }
    }
}

#[test]
fn an_index_out_of_range_is_refused_wherever_a_pass_begins() {
    network! { struct Near: (#[gradient] place: [2], words: u32 [2]) -> [3] {
        small: Embedding(5, embedding_dim: 2), large: Embedding(9, embedding_dim: 2), out: Linear(3),
        fn forward(place, words) {
            out(concat([place, small(words).flatten(), large(words).flatten()], axis: 0))
        }
    } }
    let place = [[0.5f32; 2]; 4];
    let [right, wrong] = [4, 5].map(|last| [[0u32, 1], [4, 4], [2, last], [1, 1]]);
    let targets = [0u32, 1, 2, 0];
    let data = |words: [[u32; 2]; 4]| {
        let samples = NearInput { place: place.to_vec(), words: words.to_vec() };
        Dataset::new(samples, targets.to_vec()).expect("as many of each")
    };
    let model = Near::init(1);
    let predictor = Predictor::new(model.clone(), Device::Cpu, 2).expect("a predictor");
    let mut trainer = Trainer::new(model.clone(), CrossEntropy, Sgd::new(0.1))
        .batch(4)
        .quiet()
        .on(Device::Cpu)
        .expect("a trainer");
    let mut outputs = [[0.0f32; 3]; 4];
    let mut each = |words: [[u32; 2]; 4]| {
        let (samples, xs) = (data(words), NearInput { place: &place[..], words: &words[..] });
        [
            ("predict", model.predict(xs).map(drop)),
            ("a predictor", predictor.predict_into(xs, &mut outputs)),
            ("a step", trainer.step(xs, &targets).map(drop)),
            ("an epoch", trainer.epoch(&samples).map(drop)),
            ("an evaluation", trainer.evaluate(&samples, Accuracy).map(drop)),
            ("input gradients", model.input_gradients(xs, &CrossEntropy, &targets).map(drop)),
        ]
    };
    for (what, result) in each(right) {
        assert!(result.is_ok(), "{what}: {result:?}");
    }
    // the least of both tables decides
    for (what, result) in each(wrong) {
        let error = result.expect_err(what).to_string();
        assert!(
            error.contains("index 1 of `words` of sample 2: expected one below 5, found 5"),
            "{what}: {error}"
        );
    }
}

network! {
    struct Dense: (words: u32 [3]) -> [4] {
        table: Embedding(40, embedding_dim: 6, padding_index: 0), Flatten, hidden: Linear(6), Tanh, out: Linear(4),
    }
}
network! {
    struct Sparse: (words: u32 [3]) -> [4] {
        table: Embedding(40, embedding_dim: 6, padding_index: 0, sparse: true), Flatten, hidden: Linear(6), Tanh, out: Linear(4),
    }
}
network! {
    /// Tables with several gradients: read twice, with the weight of another layer, in a block that is called, in a repeat.
    struct Several: (words: u32 [3], tags: u32 [3]) -> [40] {
        table: Embedding(40, embedding_dim: 6, sparse: true),
        first: Tagged(30), second: Tagged(30),
        hidden: Linear(6), out: Linear(40, weight: shared.weight), shared: Embedding(40, embedding_dim: 6, sparse: true),
        fn forward(words, tags) {
            let all = concat([
                table(words).flatten(), table(tags).flatten(), first(tags), second(tags), shared(words).flatten(),
            ], axis: 0);
            out(hidden(all).tanh())
        }
    }
    block Tagged(rows) { bag: EmbeddingBag(rows, embedding_dim: 5, sparse: true), fc: Linear(3), Tanh }
}

/// Words below 20, of which batches have few.
fn sentences(n: usize) -> (Vec<[u32; 3]>, Vec<u32>) {
    let words = (0..n).map(|i| [i % 7, i * i % 19, 3].map(|word| word as u32)).collect();
    (words, (0..n).map(|i| (i % 4) as u32).collect())
}

type Builder = plywood::TrainerBuilder<Sparse, CrossEntropy, AdamW>;

#[test]
fn rows_that_are_not_read_stay_as_they_are() {
    let (words, classes) = sentences(24);
    let data = Dataset::new(words, classes).expect("as many of each");
    let start = Sparse::init(3);
    let builders: [fn() -> Builder; 4] = [
        || Trainer::new(Sparse::init(3), CrossEntropy, AdamW::new(0.05)).batch(4),
        || Trainer::new(Sparse::init(3), CrossEntropy, AdamW::new(0.05)).batch(4).clip_norm(0.5),
        || {
            Trainer::new(Sparse::init(3), CrossEntropy, AdamW::new(0.05))
                .batch(4)
                .clip_value(0.1)
                .accumulate(2)
        },
        || Trainer::new(Sparse::init(3), CrossEntropy, AdamW::new(0.05)).batch(4).decay_weights_only(),
    ];
    for (number, builder) in builders.into_iter().enumerate() {
        let mut bits = vec![];
        for threads in [1, 3] {
            let mut trainer = builder().quiet().threads(threads).on(Device::Cpu).expect("a trainer");
            trainer.epochs(&data, 3).expect("epochs");
            bits.push(trainer.finish().expect("a model"));
        }
        let [one, three] = &bits[..] else { panic!("two models") };
        assert_eq!(one.block(), three.block(), "{number}");
        let (before, after) = (start.parameters(), one.parameters());
        for row in 0..40 {
            let read = (1..19).contains(&row) && (row < 7 || (0..24).any(|i| i * i % 19 == row));
            let same = before.table.weight[row] == after.table.weight[row];
            assert_eq!(same, !read, "{number}: row {row}");
        }
        assert_ne!(before.out.bias, after.out.bias);
    }
}

/// Where rows without a gradient stay anyway, by gradient descent, it is the same to the bit.
#[test]
fn descent_is_the_same_by_rows() {
    let (words, classes) = sentences(24);
    let data = Dataset::new(words, classes).expect("as many of each");
    let mut dense = Trainer::new(Dense::init(3), CrossEntropy, Sgd::new(0.1))
        .batch(4)
        .quiet()
        .on(Device::Cpu)
        .expect("a trainer");
    let mut sparse = Trainer::new(Sparse::init(3), CrossEntropy, Sgd::new(0.1))
        .batch(4)
        .quiet()
        .on(Device::Cpu)
        .expect("");
    dense.epochs(&data, 3).expect("epochs");
    sparse.epochs(&data, 3).expect("epochs");
    let [dense, sparse] = [
        dense.finish().expect("a model").block().to_vec(),
        sparse.finish().expect("a model").block().to_vec(),
    ];
    assert_eq!(dense, sparse);
}

#[test]
fn a_table_with_several_gradients_is_updated_by_rows_too() {
    assert!(Several::init(2).gradient_check(4).expect("gradients agree").checked > 0);
    let (words, _) = sentences(12);
    let tags: Vec<[u32; 3]> = words.iter().map(|[a, b, _]| [a + 20, b % 5, 25]).collect();
    let data = Dataset::new(SeveralInput { words: words.clone(), tags: tags.clone() }, vec![1u32; 12]);
    let data = data.expect("as many of each");
    let start = Several::init(2);
    let trained = [1, 3].map(|threads| {
        let trainer =
            Trainer::new(Several::init(2), CrossEntropy, AdamW::new(0.05)).batch(4).quiet().threads(threads);
        let mut trainer = trainer.on(Device::Cpu).expect("a trainer");
        trainer.epochs(&data, 3).expect("epochs");
        trainer.finish().expect("a model")
    });
    assert_eq!(trained[0].block(), trained[1].block());
    let (before, after) = (start.parameters(), trained[0].parameters());
    for row in 0..40u32 {
        let of = |all: &[[u32; 3]]| all.iter().any(|some| some.contains(&row));
        let at = row as usize;
        let table = before.table.weight[at] != after.table.weight[at];
        assert_eq!(table, of(&words) || of(&tags), "row {row}");
        assert_ne!(before.shared.weight[at], after.shared.weight[at], "all of it weighs scores");
        if row < 30 {
            assert_eq!(before.first.bag.weight[at] != after.first.bag.weight[at], of(&tags), "row {row}");
            assert_eq!(before.second.bag.weight[at] != after.second.bag.weight[at], of(&tags), "row {row}");
        }
    }
}

network! {
    /// Tables side by side in memory, and one in a block that is applied twice.
    struct Beside: (words: u32 [3], tags: u32 [3]) -> [4] {
        wide: Embedding(40, embedding_dim: 5, sparse: true), narrow: Embedding(40, embedding_dim: 3, sparse: true),
        twice: Bags(30), out: Linear(4),
        fn forward(words, tags) {
            out(concat([wide(words).flatten(), narrow(tags).flatten(), twice(words), twice(tags)], axis: 0))
        }
    }
    block Bags(rows) { bag: EmbeddingBag(rows, embedding_dim: 4, sparse: true), Tanh }
}

#[test]
fn tables_beside_each_other_keep_to_their_rows() {
    // what a table demands, it demands of all that is read of it
    assert_eq!(<Beside as Network>::LIMITS, [30, 30]);
    let report = Beside::init(5).gradient_check(6).expect("gradients agree");
    assert!(report.checked > 0);
    let (words, classes) = sentences(12);
    let tags: Vec<[u32; 3]> = words.iter().map(|[a, b, _]| [b % 9, a + 20, 29]).collect();
    let data =
        Dataset::new(BesideInput { words: words.clone(), tags: tags.clone() }, classes).expect("as many");
    let start = Beside::init(5);
    for clip in [false, true] {
        let builder =
            Trainer::new(Beside::init(5), CrossEntropy, AdamW::new(0.05)).batch(4).quiet().threads(2);
        let builder = if clip { builder.clip_norm(0.5) } else { builder };
        let mut trainer = builder.on(Device::Cpu).expect("a trainer");
        trainer.epochs(&data, 3).expect("epochs");
        let trained = trainer.finish().expect("a model");
        let (before, after) = (start.parameters(), trained.parameters());
        let read = |all: &[[u32; 3]], row: usize| all.iter().any(|some| some.contains(&(row as u32)));
        for row in 0..40 {
            let moved = before.wide.weight[row] != after.wide.weight[row];
            assert_eq!(moved, read(&words, row), "clip {clip}: row {row}");
            let moved = before.narrow.weight[row] != after.narrow.weight[row];
            assert_eq!(moved, read(&tags, row), "clip {clip}: row {row}");
            if row < 30 {
                let moved = before.twice.bag.weight[row] != after.twice.bag.weight[row];
                assert_eq!(moved, read(&words, row) || read(&tags, row), "clip {clip}: row {row}");
            }
        }
    }
}
