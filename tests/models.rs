//! Every kind of declaration: the generated code computes what the graph says that it was generated from, and the graph
//! is differentiated rightly.
#![forbid(unsafe_code)]
use plywood::prelude::*;
use plywood_kernels::layers;
use plywood_tests::model::Case;

const HIDDEN: usize = 6;
const OFFSET: usize = 2;
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
network! {
    struct Rectified: [5] -> [3] {
        Linear(7), LeakyRelu, Linear(6), LeakyRelu(0.3), Linear(7), Relu6, Linear(6), Threshold(0.1, value: -0.2),
        Linear(7), Clamp(min: -0.4), Linear(6), Hardtanh(-0.5, max_val: 0.6), Linear(7), PRelu, Linear(6), PRelu(6), Abs,
        Linear(7), Hardshrink(0.1), Linear(6), Softshrink(0.05), Linear(3),
    }
}
network! {
    struct Smooth: [5] -> [3] {
        Linear(7), Elu, Linear(6), Elu(0.5), Linear(7), Selu, Linear(6), Celu(alpha: 2), Linear(7), Silu, Linear(6), Mish,
        Linear(7), Softplus, Linear(6), Softplus(2, threshold: 1), Linear(7), LogSigmoid, Linear(6), Softsign, Linear(7),
        Hardsigmoid, Linear(6), Hardswish, Linear(7), Tanhshrink, Linear(3),
    }
}
network! {
    struct Arithmetic: [5] -> [3] {
        Linear(7), Exp, Linear(6), Square, Linear(7), Sigmoid, Ln, Linear(6), Softplus, Sqrt, Linear(7), Exp, Reciprocal,
        Linear(6), Neg, Linear(7), Sigmoid, Pow(1.7), Linear(6), Pow(exponent: 3), Linear(3), Clamp(-5, max: 5),
    }
}
network! {
    struct Channels: [3, 2, 4] -> [3, 2, 2] {
        Linear(4), PRelu(3), blocks: repeat 2 { Linear(4), PRelu(num_parameters: 3, init: 0.1) }, Linear(2), PRelu(init: -0.5),
    }
}
network! { struct Words: (words: u32 [4]) -> [3] { table: Embedding(6, embedding_dim: 5), Tanh, Flatten, fc: Linear(3) } }
network! {
    struct Bags: (words: u32 [2, 4]) -> [3] {
        bags: EmbeddingBag(6, embedding_dim: HIDDEN, mode: max, padding_index: 1), Tanh, Flatten, fc: Linear(3),
    }
}
network! {
    struct Means: (words: u32 [2, 4]) -> [3, 2, 4] {
        bags: EmbeddingBag(6, embedding_dim: 5, padding_index: 1), Linear(4), Tanh, Broadcast([3, 2, 4]), PRelu(3),
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
network! { struct OnlyAsArgument: [5] -> [3] { Slice(0, start: OFFSET, length: 3), fc: Linear(3) } }
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
    struct Frozen: [5] -> [3] {
        #[frozen]
        body: repeat 2 { fc: Linear(5), Dropout(0.1) },
        #[frozen]
        Linear(4),
        Relu,
        fc1: Linear(6, weight_init: orthogonal),
        Tanh,
        #[frozen]
        fc2: Linear(4, bias: false),
        Sigmoid,
        head: Linear(3),
    }
}
network! {
    struct FrozenInRepeat<const H: usize>: [H] -> [2] {
        fc1: Linear(H),
        blocks: repeat 3 {
            #[frozen]
            mix: Linear(H),
            Tanh,
            inner: repeat 2 { fc: Linear(H), #[frozen] back: Linear(H, bias: false), Gelu },
        },
        #[frozen]
        fc2: Linear(2 * H),
        Sigmoid,
        #[frozen]
        last: repeat H { Linear(2 * H), Tanh },
        fc3: Linear(2),
    }
}
network! {
    // what an odd number of iterations hands on is read again in the backward pass
    struct FrozenFirst: [4] -> [2] {
        #[frozen]
        body: repeat 3 { Linear(4), Tanh, Dropout(0.2), repeat 3 { Linear(4), Dropout(0.1), Sigmoid } },
        Linear(2),
    }
}
network! { struct FrozenWhole: [3] -> [2] { #[frozen] fc1: Linear(4), Tanh, #[frozen] fc2: Linear(2) } }
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
    struct ReducedTogether<const H: usize>: [2, H, 3, 4] -> [H] {
        fc1: Linear(4), Tanh, Variance([0, -1]), fc2: Linear(3 * H), Reshape([H, 3, H]), Sum([0, 2]), fc3: Linear(4 * H),
        blocks: repeat 2 { Reshape([2, H, 2]), Min([0, 2]), fc: Linear(4 * H) },
        Reshape([H, 2, 2]), Max([1, 2]), Reshape([1, H, 1]), Mean(axis: [-1, -3]), fc4: Linear(H), Reshape([H, 1]), Max([1]),
    }
}
network! {
    // nothing is left of a sample but a number
    struct ReducedWhole: [3, 4] -> [1] { fc: Linear(5), Tanh, Mean([0, 1]), Flatten }
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

network! {
    struct Computed: [(HIDDEN + OFFSET) / 2, HIDDEN - 1] -> [HIDDEN / 4 + 1] {
        fc1: Linear(HIDDEN / OFFSET + 1), Tanh, Pad(0, after: HIDDEN - 5),
        blocks: repeat HIDDEN / 2 - 1 {
            norm: LayerNorm, fc: Linear(3 * (HIDDEN - OFFSET)), Dropout(0.2), Gelu, back: Linear(HIDDEN / OFFSET + 1),
        },
        Slice(0, start: (OFFSET + 1) / 2, length: HIDDEN - 4), Flatten, fc2: Linear(HIDDEN / 4 + 1),
    }
}
network! {
    struct ComputedParametric<const H: usize, const N: usize>: [H] -> [N] {
        up: Linear((2 * H + 3) / N), Relu, #[frozen] mix: Linear(2 * H - N),
        blocks: repeat N {
            fc: Linear(H - N / 2, bias: false), Tanh, Dropout(0.1), repeat N { Linear(H - N / 2), Softmax, Dropout(0.1) },
            back: Linear(2 * H - N),
        },
        rms: RmsNorm, fc: Linear(N),
    }
}

/// The other form of a declaration.
#[model([2, 3] -> [2])]
struct Structure {
    flat: Flatten,
    hidden: Linear<HIDDEN>,
    relu: Relu,
    #[with(negative_slope: 0.2)]
    leaky: LeakyRelu,
    #[with(p: 0.25)]
    drop: Dropout,
    #[repeat(3)]
    blocks: (Linear<6>, Tanh),
    #[frozen]
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
    cubes: Reshape<{ [2, 6, 2] }>,
    #[with(axis: [0, 2])]
    mean: Mean,
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
            [$(<$model as Network>::LAYERS),*].concat().iter().map(|row| row.layer).collect()
        }
    };
}
models! {
    single: Single; no_bias: NoBias; no_bias_gelu: NoBiasGelu; one_number: OneNumber; stack: Stack;
    activations: Activations; rectified: Rectified; smooth: Smooth; arithmetic: Arithmetic; channels: Channels;
    ends: Ends; runs: Runs; words: Words; bags: Bags; means: Means;
    drop: Drop; drop_twice: DropTwice; repeat: Repeat; nested: Nested; deepest: Deepest; repeat_first: RepeatFirst;
    repeat_last: RepeatLast; repeat_only: RepeatOnly; repeat_once: RepeatOnce; repeat_bare: RepeatBare;
    repeat_after_repeat: RepeatAfterRepeat; repeat_sandwich: RepeatSandwich; repeat_linear: RepeatLinear;
    flatten_first: FlattenFirst; flatten_last: FlattenLast; flatten_middle: FlattenMiddle;
    flatten_twice: FlattenTwice; item: Item; item_repeat: ItemRepeat;
    only_as_argument: OnlyAsArgument; wide_1: Wide<1>; wide_9: Wide<9>;
    parametric_small: Parametric<2, 1>; parametric_large: Parametric<5, 3>; unnamed: Unnamed; sequence: Sequence;
    sequence_repeat: SequenceRepeat; structure: Structure; frozen: Frozen;
    frozen_in_repeat: FrozenInRepeat<4>; frozen_first: FrozenFirst;
    axes: Axes; reduced: Reduced; reduced_together: ReducedTogether<3>;
    reduced_whole: ReducedWhole; axes_small: AxesParametric<3, 1>;
    axes_large: AxesParametric<5, 3>; axes_structure: AxesStructure; computed: Computed;
    computed_small: ComputedParametric<2, 1>; computed_large: ComputedParametric<5, 3>;
}

#[test]
fn a_network_that_gives_no_numbers_is_not_called_wrongly_differentiated() {
    network! { struct Logarithm: [3] -> [2] { fc: Linear(2), Tanh, Ln } }
    network! { struct Overflow: [3] -> [2] { fc: Linear(2), Exp, Exp, Exp, Exp, Exp, Exp } }
    for error in [Logarithm::init(1).gradient_check(1), Overflow::init(1).gradient_check(1)] {
        let error = error.expect_err("the output is not finite");
        assert!(matches!(error, plywood::Error::NoGradient { .. }), "{error}");
        assert!(error.to_string().contains("` is not finite for inputs"), "{error}");
    }
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
    runs::<FrozenWhole>();
}

#[test]
fn frozen_parameters_lie_behind_the_others_and_have_no_gradient() {
    fn placed<M: Model>(frozen: impl Fn(&str) -> bool) {
        let model = M::init(1);
        let start = model.block().as_ptr() as usize;
        let mut learn = 0;
        for parameter in model.named_parameters() {
            assert_eq!(parameter.frozen, frozen(&parameter.name), "{}", parameter.name);
            let offset = (parameter.values.as_ptr() as usize - start) / size_of::<f32>();
            assert_eq!(parameter.frozen, offset >= M::TRAINABLE, "{}", parameter.name);
            learn += if parameter.frozen { 0 } else { parameter.values.len() };
        }
        assert_eq!(learn, M::TRAINABLE);
    }
    placed::<Frozen>(|name| ["body.", "1.", "fc2."].iter().any(|start| name.starts_with(start)));
    placed::<FrozenInRepeat<4>>(|name| ["mix", "back", "fc2", "last"].iter().any(|part| name.contains(part)));
    assert_eq!((FrozenWhole::TRAINABLE, FrozenWhole::PARAMETERS), (0, 26));
    // views find each by name, wherever it lies
    let mut model = FrozenInRepeat::<4>::init(1);
    model.parameters_mut().blocks[2].inner[1].back.weight[3][0] = 42.0;
    let named = model.named_parameters().find(|p| p.name == "blocks.2.inner.1.back.weight");
    assert_eq!(named.expect("it has a name").values[12], 42.0);
    let gradient: Vec<f32> = (0..FrozenInRepeat::<4>::TRAINABLE).map(|i| i as f32).collect();
    let view = FrozenInRepeatGradients::<4>::of(&gradient);
    assert_eq!((view.fc1.weight[0][0], view.blocks[0].inner[0].fc.weight[0][0]), (0.0, 20.0));
    assert_eq!(view.fc3.bias[1] as usize, FrozenInRepeat::<4>::TRAINABLE - 1);
    // nothing before the first layer that learns has a backward pass
    let backward =
        Frozen::GRAPHS.training.iter().filter(|line| line.contains(" d_body") || line.contains(" d_linear"));
    assert_eq!(backward.count(), 0);
}

#[test]
fn training_leaves_frozen_parameters_as_they_are() {
    fn trains<M: Model<Input = [f32; 5], Output = [f32; 3]>>(clip: bool) {
        let model = M::init(3);
        let trainer = Trainer::new(model.clone(), Mse::mean(), Adam::new(0.01)).batch(4).quiet();
        let trainer = if clip { trainer.clip_norm(1.0) } else { trainer };
        let mut trainer = trainer.on(Device::Cpu).expect("right settings");
        let (xs, ys) = (random::normal::<[f32; 5]>(4, 1), random::normal::<[f32; 3]>(4, 2));
        for _ in 0..3 {
            trainer.step(&xs, &ys).expect("it trains");
        }
        let after = trainer.finish().expect("it trained");
        for (before, after) in model.named_parameters().zip(after.named_parameters()) {
            assert_eq!(before.values == after.values, before.frozen, "{}", before.name);
        }
    }
    trains::<Frozen>(false);
    trains::<Frozen>(true);
    let refused = Trainer::new(FrozenWhole::init(1), Mse::mean(), Sgd::new(0.1)).on(Device::Cpu);
    assert!(refused.is_err_and(|error| error.to_string().contains("no parameter that learns")));
}

#[test]
fn every_layer_of_the_book_is_in_a_model() {
    let used = layers_used();
    for layer in layers::all() {
        let named = |row: &&str| row.split('(').next() == Some(layer.name());
        assert!(used.iter().any(named), "no model here has a `{}`", layer.name());
    }
}
