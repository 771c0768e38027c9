//! Training and predicting allocate nothing, on any thread: a program of its own, whose allocator counts, and which has no
//! thread but those of the sessions.
use plywood::prelude::*;
use plywood::{Numbers, Ports};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;
static COUNT: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
// SAFETY: all is left to the system's allocator
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: by the caller
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: by the caller
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: by the caller
        unsafe { System.realloc(p, layout, size) }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: by the caller
        unsafe { System.dealloc(p, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

network! {
    struct Everything: [6, 5] -> [4] {
        Flatten, fc1: Linear(37), Gelu, Dropout(0.2),
        blocks: repeat 3 { fc: Linear(37), Tanh, Dropout(0.1), inner: repeat 2 { free: Linear(37, bias: false), Relu } },
        fc2: Linear(20), Sigmoid, Reshape([4, 5]), norm: LayerNorm, Softmax(0), Pad(0, after: 1), rms: RmsNorm, Transpose,
        Slice(0, start: 1, length: 3), Variance(-1), pairs: Bilinear(6, in1_features: 1, in2_features: 2), Reshape([2, 3]),
        LogSoftmax, Max(0), Reshape([1, 3, 1]), Min([0, 2]), fc3: Linear(4),
    }
}
network! {
    struct Graph: (words: u32 [5], tags: u32 [3], #[gradient] left: [6], right: [6])
        -> (next: [3], value: [1], places: [5, 2])
    {
        table: Embedding(40, embedding_dim: 6, padding_index: 0), bag: EmbeddingBag(20, embedding_dim: 6, mode: max),
        body: Twice(9), body2: Twice(9), deep: { Step(6), Step(6), Step(6) }, later: Step(6), both: Bilinear(4),
        #[frozen]
        still: Step(6),
        next: Linear(3), value: Linear(1), places: Linear(2),

        fn forward(words, tags, left, right) {
            let rows = table(words);
            let (l, r) = (body(left), body(right));
            let b = still(later(deep(body2(bag(tags))))).dropout(p: 0.1);
            let alike = stack([cosine_similarity(l, r), pairwise_distance(l, r)], axis: 0);
            let h = concat([both(l, r), alike, maximum(l - r, 0.5 * b), rows.mean(axis: 0)], axis: 0);
            let scores = rows.matmul(r.reshape([6, 1]).broadcast([6, 4]));
            (next: next(h), value: value(body(l * r)), places: places(concat([rows, scores], axis: 1)))
        }
    }
    block Twice(width) { first: Step(width), add { { Linear(6) }, shortcut: { Linear(6, bias: false), Tanh } } }
    block Step(width) { residual { norm: LayerNorm, fc1: Linear(width), Gelu, Dropout(0.1), fc2: Linear(6) } }
}
network! {
    struct Faces: (anchor: [4], positive: [4], negative: [4]) -> (anchor: [2], positive: [2], negative: [2]) {
        body: Linear(2),
        fn forward(anchor, positive, negative) {
            (anchor: body(anchor), positive: body(positive), negative: body(negative))
        }
    }
}
network! { struct Tiny: [3] -> [2] { fc: Linear(2) } }
network! { struct Wide: [100] -> [40] { fc1: Linear(190), Relu, fc2: Linear(40) } }

/// How often `run` allocates.
fn allocations(run: impl FnOnce()) -> usize {
    let before = COUNT.load(Relaxed);
    run();
    COUNT.load(Relaxed) - before
}

/// Training on zeros.
fn train<M: Model, L: Loss<M::Output>, O: Optimizer>(
    what: &str,
    trainer: plywood::TrainerBuilder<M, L, O>,
    targets: <L::Target as Ports>::Batch<'_>,
) where
    M::Input: Numbers,
{
    let len = L::Target::len(targets).expect("they agree");
    let xs = M::Input::zeros("a batch", len).expect("there is memory");
    train_on(what, trainer, M::Input::view(&xs), targets);
}

fn train_on<M: Model, L: Loss<M::Output>, O: Optimizer>(
    what: &str,
    trainer: plywood::TrainerBuilder<M, L, O>,
    xs: <M::Input as Ports>::Batch<'_>,
    targets: <L::Target as Ports>::Batch<'_>,
) {
    let len = L::Target::len(targets).expect("they agree");
    let mut trainer = trainer.batch(len).quiet().on(Device::Cpu).expect("right settings");
    let count = allocations(|| {
        for i in 0..1000 {
            // short batches too
            let n = if i % 3 == 0 { 1 } else { len };
            trainer.step(M::Input::range(xs, 0..n), L::Target::range(targets, 0..n)).expect("it trains");
        }
        // and what was left of a group
        trainer.flush().expect("it trains");
    });
    assert_eq!(count, 0, "1,000 steps of training allocate: {what}");
    println!("1,000 steps, {what}: no allocation");
}

/// Predictions from zeros.
fn predict<M: Model<Input: Numbers>>(threads: usize) {
    let xs = M::Input::zeros("a batch", 40).expect("there is memory");
    predict_on(M::init(1), threads, M::Input::view(&xs));
}

/// Predictions from 40 samples.
fn predict_on<M: Model>(model: M, threads: usize, xs: <M::Input as Ports>::Batch<'_>) {
    let mut ys = M::Output::zeros("a batch", 40).expect("there is memory");
    let predictor = Predictor::new(model, Device::Cpu, 16).expect("there is memory");
    let predictor = predictor.threads(threads).expect("there are as many");
    if threads > 1 {
        // threads start with the first prediction that is worth sharing
        predictor.predict_into(xs, M::Output::view_mut(&mut ys)).expect("as many outputs");
    }
    let count = allocations(|| {
        for i in 0..1000 {
            // one, a capacity, and more than it
            let n = [1, 16, 40][i % 3];
            let (ys, _) = M::Output::split_mut(M::Output::view_mut(&mut ys), n);
            predictor.predict_into(M::Input::range(xs, 0..n), ys).expect("as many outputs");
        }
    });
    assert_eq!(count, 0, "1,000 predictions allocate: {}, {threads} threads", M::NAME);
    println!("1,000 predictions, {}, {threads} threads: no allocation", M::NAME);
}

/// Several inputs and outputs, indices, members that are shared, blocks that are functions.
fn graphs(threads: usize) {
    let (words, tags): (Vec<[u32; 5]>, Vec<[u32; 3]>) =
        (0..40).map(|i| ([0, i, i / 2, 7, 0], [i % 20, 3, i / 2])).unzip();
    let [left, right] = [1, 2].map(|seed| random::normal::<[f32; 6]>(40, seed));
    let xs = GraphInput { words: &words[..], tags: &tags[..], left: &left[..], right: &right[..] };
    let (next, value, places) = ([1; 24], [[0.5]; 24], [[0, 1, 1, 0, 1]; 24]);
    let targets = GraphOutput { next: &next[..], value: &value[..], places: &places[..] };
    let loss = || GraphLoss { next: CrossEntropy, value: Weighted(0.5, Mse::mean()), places: CrossEntropy };
    let adam = Trainer::new(Graph::init(1), loss(), AdamW::new(1e-3)).threads(threads);
    train_on(&format!("a graph, {threads} threads"), adam, xs, targets);
    let momentum = Trainer::new(Graph::init(2), Weighted(2.0, loss()), Sgd::new(1e-3).momentum(0.9))
        .threads(threads)
        .clip_norm(1.0)
        .accumulate(4);
    train_on(&format!("a graph, clipping and accumulation, {threads} threads"), momentum, xs, targets);
    predict_on(Graph::init(3), threads, xs);

    let faces = Trainer::new(Faces::init(1), TripletMargin::mean(), Sgd::new(1e-3)).threads(threads);
    train(&format!("a loss between outputs, {threads} threads"), faces, &[(); 24]);
    predict::<Faces>(threads);
}

fn main() {
    assert!(allocations(|| drop(std::hint::black_box(vec![0u8; 100]))) > 0, "the allocator counts");
    let (classes, numbers) = (vec![1; 24], [[0.5; 2]; 24]);
    for threads in [1, 2] {
        let everything = |seed| Everything::init(seed);
        let adam = Trainer::new(everything(1), CrossEntropy, Adam::new(1e-3)).threads(threads);
        train(&format!("Adam, {threads} threads"), adam, &classes);
        let clipped =
            Trainer::new(everything(2), CrossEntropy, Sgd::new(1e-3)).threads(threads).clip_norm(0.1);
        train(&format!("SGD and clipping, {threads} threads"), clipped, &classes);
        let momentum = Trainer::new(everything(3), CrossEntropy, Sgd::new(1e-3).momentum(0.9))
            .threads(threads)
            .accumulate(4);
        train(&format!("SGD with momentum and accumulation, {threads} threads"), momentum, &classes);
        let weighted = CrossEntropy.class_weights([1.0, 2.0, 0.5, 1.0]).label_smoothing(0.1);
        let weighted = Trainer::new(everything(4), weighted, AdamW::new(1e-3)).threads(threads);
        train(&format!("AdamW and weighted classes, {threads} threads"), weighted, &classes);
        let soft = Trainer::new(everything(5), SoftCrossEntropy::mean(), RmsProp::new(1e-3)).threads(threads);
        train(&format!("RMSprop and soft targets, {threads} threads"), soft, &[[0.25; 4]; 24]);
        let mse = Trainer::new(Tiny::init(1), Mse::mean(), Sgd::new(1e-3)).threads(threads);
        train(&format!("MSE, {threads} threads"), mse, &numbers);
        graphs(threads);
        predict::<Everything>(threads);
        predict::<Tiny>(threads);
        predict::<Wide>(threads);
        let wide = Trainer::new(Wide::init(1), Mse::mean(), Sgd::new(1e-3)).threads(threads);
        train(&format!("wide, {threads} threads"), wide, &[[0.5; 40]; 24]);
    }
    // what it returns, what it works in, its kernels' room and the list of those
    let model = Tiny::init(1);
    for _ in 0..3 {
        let before = BYTES.load(Relaxed);
        let count = allocations(|| drop(model.predict(&[[1.0; 3]])));
        let bytes = BYTES.load(Relaxed) - before;
        assert!(
            count <= 4 && bytes < 4096,
            "a prediction of one sample makes {count} allocations of {bytes} bytes"
        );
    }
}
