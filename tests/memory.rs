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
network! { struct Tiny: [3] -> [2] { fc: Linear(2) } }
network! { struct Wide: [100] -> [40] { fc1: Linear(190), Relu, fc2: Linear(40) } }

/// How often `run` allocates.
fn allocations(run: impl FnOnce()) -> usize {
    let before = COUNT.load(Relaxed);
    run();
    COUNT.load(Relaxed) - before
}

fn train<M: Model, L: Loss<M::Output>, O: Optimizer>(
    what: &str,
    trainer: plywood::TrainerBuilder<M, L, O>,
    targets: <L::Target as Ports>::Batch<'_>,
) where
    M::Input: Numbers,
{
    let len = L::Target::len(targets).expect("they agree");
    let xs = M::Input::zeros("a batch", len).expect("there is memory");
    let mut trainer = trainer.batch(len).quiet().on(Device::Cpu).expect("right settings");
    let count = allocations(|| {
        for i in 0..1000 {
            // short batches too
            let n = if i % 3 == 0 { 1 } else { len };
            let xs = M::Input::range(M::Input::view(&xs), 0..n);
            trainer.step(xs, L::Target::range(targets, 0..n)).expect("it trains");
        }
        // and what was left of a group
        trainer.flush().expect("it trains");
    });
    assert_eq!(count, 0, "1,000 steps of training allocate: {what}");
    println!("1,000 steps, {what}: no allocation");
}

fn predict<M: Model<Input: Numbers>>(threads: usize) {
    let xs = M::Input::zeros("a batch", 40).expect("there is memory");
    let mut ys = M::Output::zeros("a batch", 40).expect("there is memory");
    let predictor = Predictor::new(M::init(1), Device::Cpu, 16).expect("there is memory");
    let predictor = predictor.threads(threads).expect("there are as many");
    if threads > 1 {
        // threads start with the first prediction that is worth sharing
        predictor.predict_into(M::Input::view(&xs), M::Output::view_mut(&mut ys)).expect("as many outputs");
    }
    let count = allocations(|| {
        for i in 0..1000 {
            // one, a capacity, and more than it
            let n = [1, 16, 40][i % 3];
            let (ys, _) = M::Output::split_mut(M::Output::view_mut(&mut ys), n);
            let xs = M::Input::range(M::Input::view(&xs), 0..n);
            predictor.predict_into(xs, ys).expect("as many outputs");
        }
    });
    assert_eq!(count, 0, "1,000 predictions allocate: {}, {threads} threads", M::NAME);
    println!("1,000 predictions, {}, {threads} threads: no allocation", M::NAME);
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
