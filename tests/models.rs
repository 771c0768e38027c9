//! Every kind of declaration: the generated code computes what the graph says that it was generated from, and the graph
//! is differentiated rightly.
#![forbid(unsafe_code)]
use plywood::prelude::*;
use plywood_kernels::layers;
use plywood_tests::model::Case;

const HIDDEN: usize = 6;
mod sizes {
    pub const BLOCKS: usize = 2;
}

network! { struct Single: [3] -> [2] { fc: Linear(2) } }
network! { struct NoBias: [3] -> [4] { fc1: Linear(5, bias: false), Tanh, fc2: Linear(4, in_features: 5, bias: false) } }
network! {
    // a product that the backward pass needs before its activation
    struct NoBiasGelu: [3] -> [4] {
        Linear(5, bias: false), Gelu, Dropout(0.2), repeat 2 { Linear(5, bias: false), GeluTanh, Linear(5, bias: false) },
        Gelu, Linear(4, bias: false),
    }
}
network! { struct OneNumber: [1] -> [1] { line: Linear(1) } }
network! { struct Stack: [6] -> [3] { Linear(5), Linear(4), Linear(3) } }
network! {
    struct Activations: [5] -> [3] {
        fc1: Linear(7), Relu, fc2: Linear(6), Tanh, fc3: Linear(7), Sigmoid, fc4: Linear(6), Gelu, fc5: Linear(7), GeluTanh,
        fc6: Linear(3),
    }
}
network! { struct Ends: [4] -> [3] { Tanh, fc1: Linear(3), Sigmoid } }
network! { struct Runs: [4] -> [3] { Gelu, Tanh, fc1: Linear(3), Relu, Sigmoid, GeluTanh, Tanh } }
network! { struct Bare: [4] -> [4] { Relu } }
network! { struct Drop: [6] -> [4] { Dropout(0.3), fc1: Linear(5), Relu, Dropout(0.5), fc2: Linear(4), Dropout } }
network! { struct DropTwice: [6] -> [4] { fc1: Linear(4), Dropout(0.25), Dropout(0.25), Tanh, Dropout(p: 0) } }
network! {
    struct Repeat: [6] -> [3] {
        fc1: Linear(8), blocks: repeat 3 { fc: Linear(8), Tanh, Dropout(0.25) }, Dropout(0.5), fc2: Linear(3),
    }
}
network! {
    struct Nested: [4] -> [2] {
        blocks: repeat 2 {
            fc: Linear(4), Tanh, Dropout(0.2),
            inner: repeat 3 { fc1: Linear(5), Sigmoid, Dropout(0.4), fc2: Linear(4, bias: false) },
            Gelu,
        },
        Dropout(0.1),
        fc: Linear(2),
    }
}
network! { struct Deepest: [3] -> [3] { a: repeat 2 { b: repeat 2 { c: repeat 2 { fc: Linear(3), Tanh } } } } }
network! { struct RepeatFirst: [5] -> [2] { blocks: repeat 2 { fc: Linear(5), Relu }, fc: Linear(2) } }
network! { struct RepeatLast: [5] -> [4] { fc: Linear(4), Sigmoid, blocks: repeat 4 { Tanh, fc: Linear(4) } } }
network! { struct RepeatOnly: [4] -> [4] { repeat 3 { Linear(4), Gelu } } }
network! { struct RepeatOnce: [4] -> [2] { once: repeat 1 { fc: Linear(4), Tanh }, fc: Linear(2) } }
network! { struct RepeatBare: [4] -> [3] { fc1: Linear(4), repeat 3 { Tanh }, fc2: Linear(3), repeat 2 { Dropout(0.4) } } }
network! { struct RepeatNothing: [4] -> [4] { repeat 3 { Tanh, Dropout(0.3) } } }
network! { struct RepeatAfterRepeat: [4] -> [4] { a: repeat 2 { fc: Linear(4), Tanh }, b: repeat 3 { fc: Linear(4), Relu } } }
network! { struct RepeatSandwich: [4] -> [4] { repeat 2 { up: Linear(9), Relu, down: Linear(4) }, Tanh } }
network! { struct RepeatLinear: [4] -> [4] { repeat 3 { fc: Linear(4) } } }
network! { struct FlattenFirst: [2, 3, 2] -> [4] { Flatten, fc: Linear(4) } }
network! { struct FlattenLast: [2, 3] -> [8] { fc: Linear(4), Tanh, Flatten } }
network! { struct FlattenOnly: [2, 3] -> [6] { Flatten } }
network! { struct FlattenMiddle: [2, 3] -> [3] { fc1: Linear(4), Relu, Dropout(0.2), Flatten, fc2: Linear(3) } }
network! { struct FlattenTwice: [2, 3] -> [3] { Flatten, Flatten, Tanh, fc: Linear(3) } }
network! { struct Item: [HIDDEN] -> [3] { fc1: Linear(HIDDEN), Tanh, fc2: Linear(2 * HIDDEN + 1), Relu, fc3: Linear(3) } }
network! {
    struct ItemRepeat: [3] -> [HIDDEN] {
        fc1: Linear(HIDDEN), Dropout(0.1),
        blocks: repeat sizes::BLOCKS { fc: Linear(sizes::BLOCKS * 4), Tanh, Dropout(0.2), back: Linear(HIDDEN) },
        Dropout(0.3),
    }
}
network! { struct Wide<const H: usize>: [3] -> [2] { fc1: Linear(H), Relu, Dropout(0.2), fc2: Linear(2) } }
network! {
    struct Parametric<const H: usize, const N: usize>: [2, H] -> [N] {
        Flatten, fc1: Linear(H), blocks: repeat N { fc: Linear(H), Tanh, wide: Linear(2 * H), Relu, back: Linear(H) },
        fc2: Linear(N),
    }
}
network! { struct Unnamed: [4] -> [3] { Linear(5), Relu, Linear(5), Relu, repeat 2 { Linear(5), Relu }, Linear(3) } }
network! { struct Sequence: [5, 4] -> [5, 3] { fc1: Linear(6), Relu, Dropout(0.3), fc2: Linear(3) } }
network! { struct SequenceRepeat: [2, 3, 4] -> [2, 3, 4] { repeat 2 { fc: Linear(4), Tanh, Dropout(0.3) } } }

network! {
    struct Axes: [4, 6] -> [5] {
        norm: LayerNorm, fc1: Linear(6), LayerNorm(elementwise_affine: false), Tanh, whole: LayerNorm([4, 6], bias: false),
        Softmax(0), Transpose, Pad(-2, before: 1, after: 2, value: 0.5), rms: RmsNorm([9, 4], eps: 0.01),
        Permute([1, 0]), Slice(1, start: 2, length: 6), Reshape([2, 2, 6]), LogSoftmax, Variance(-1), Reshape([4]),
        pairs: Bilinear(8, in1_features: 3, in2_features: 1), Reshape([2, 4]), fc2: Linear(5), Max(0),
    }
}
network! {
    struct Reduced: [3, 4, 5] -> [5] {
        fc1: Linear(5), Sum(0), Sigmoid, LogSoftmax(axis: -2), fc2: Linear(5, bias: false), Mean(0), fc3: Linear(7),
        rms: RmsNorm, fc4: Linear(5), Softmax,
    }
}
network! {
    struct AxesParametric<const H: usize, const N: usize>: [N, H] -> [H] {
        norm: LayerNorm([N, H]),
        blocks: repeat N {
            norm: LayerNorm, up: Linear(2 * H), Gelu, rms: RmsNorm([2 * H]), Slice(-1, start: H, length: H),
            Pad(0, before: N, after: 1, value: 0.25), Softmax(0), Slice(0, start: N, length: N), back: Linear(H),
        },
        Max(-2), wide: Linear(2 * H), pairs: Bilinear(H, in1_features: H, in2_features: H, bias: false), LogSoftmax,
    }
}

/// The other form of a declaration.
#[model([2, 3] -> [2])]
struct Structure {
    flat: Flatten,
    hidden: Linear<HIDDEN>,
    relu: Relu,
    #[with(p: 0.25)]
    drop: Dropout,
    #[repeat(3)]
    blocks: (Linear<6>, Tanh),
    #[with(bias: false)]
    wide: Linear<{ 2 * HIDDEN }>,
    out: Linear<2>,
}
#[model([2, 3, 4] -> [7])]
struct AxesStructure {
    #[with(normalized_shape: [3, 4], eps: 1e-3)]
    norm: LayerNorm,
    fc: Linear<6>,
    soft: Softmax<-1>,
    #[with(axes: [2, 0, 1])]
    turn: Permute,
    #[with(start: 1, length: 4)]
    part: Slice<0>,
    flat: Reshape<{ [4, 6] }>,
    #[with(bias: false)]
    whole: LayerNorm<{ [4, 6] }>,
    mean: Mean<0>,
    #[with(in1_features: 2, in2_features: 4)]
    out: Bilinear<7>,
}

fn holds<M: Model>() {
    let model = M::init(3);
    for seed in 1..4 {
        match model.gradient_check(seed) {
            Ok(report) => assert!(report.checked > 2 * report.skipped_kinks, "{}: {report}", M::NAME),
            Err(error) => panic!("{}: {error}", M::NAME),
        }
    }
    let training = M::GRAPHS.training();
    for n in [1, 3, 7] {
        Case::of(&model, n).compare::<M>(&training).unwrap_or_else(|error| panic!("{error}"));
    }
}

macro_rules! models {
    ($($name:ident: $model:ty;)*) => {
        $(#[test] fn $name() { holds::<$model>() })*
        /// The layers of all of them.
        fn layers_used() -> Vec<&'static str> {
            [$(<$model as Model>::LAYERS),*].concat().iter().map(|row| row.layer).collect()
        }
    };
}
models! {
    single: Single; no_bias: NoBias; no_bias_gelu: NoBiasGelu; one_number: OneNumber; stack: Stack; activations: Activations; ends: Ends; runs: Runs;
    drop: Drop; drop_twice: DropTwice; repeat: Repeat; nested: Nested; deepest: Deepest; repeat_first: RepeatFirst;
    repeat_last: RepeatLast; repeat_only: RepeatOnly; repeat_once: RepeatOnce; repeat_bare: RepeatBare;
    repeat_after_repeat: RepeatAfterRepeat; repeat_sandwich: RepeatSandwich; repeat_linear: RepeatLinear;
    flatten_first: FlattenFirst; flatten_last: FlattenLast; flatten_middle: FlattenMiddle;
    flatten_twice: FlattenTwice; item: Item; item_repeat: ItemRepeat; wide_1: Wide<1>; wide_9: Wide<9>;
    parametric_small: Parametric<2, 1>; parametric_large: Parametric<5, 3>; unnamed: Unnamed; sequence: Sequence;
    sequence_repeat: SequenceRepeat; structure: Structure; axes: Axes; reduced: Reduced; axes_small: AxesParametric<3, 1>;
    axes_large: AxesParametric<5, 3>; axes_structure: AxesStructure;
}

#[test]
fn networks_without_parameters_run() {
    fn runs<M: Model>() {
        let report = M::init(1).gradient_check(1).expect("there is nothing to be wrong");
        assert_eq!((report.checked, report.worst), (0, 0.0), "{report}");
        for n in [1, 3, 7] {
            Case::of(&M::init(1), n)
                .compare::<M>(&M::GRAPHS.training())
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }
    runs::<Bare>();
    runs::<FlattenOnly>();
    runs::<RepeatNothing>();
}

#[test]
fn every_layer_of_the_book_is_in_a_model() {
    let used = layers_used();
    for layer in layers::all() {
        let named = |row: &&str| row.split('(').next() == Some(layer.name());
        assert!(used.iter().any(named), "no model here has a `{}`", layer.name());
    }
}
