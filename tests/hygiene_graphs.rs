//! As `hygiene.rs`, for what is no stack: blocks, `fn forward`, named ports, indices, gradients of inputs.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]
use plywood_tests::model::works;

/// No name that Rust brings along, not even `Some`.
#[no_implicit_prelude]
mod without_a_prelude {
    const HIDDEN: usize = 4;
    const ROWS: usize = 7;

    ::plywood::network! {
        /// Documented.
        #[allow(dead_code)]
        pub(crate) struct Bare<const H: usize>: (words: u32 [5], #[gradient] left: [6], #[gradient] right: [6])
            -> (next: [3], value: [1])
        {
            table: Embedding(ROWS, embedding_dim: 6, padding_index: ROWS - 1),
            bag: EmbeddingBag(ROWS + 1, embedding_dim: H, mode: max),
            body: Body(H), twice: { Body(6), Body(6) }, later: Body(6), next: Linear(3), value: Linear(1),
            #[frozen]
            still: Linear(H),

            fn forward(words, left, right) {
                let (a, b) = (body(later(twice(left))), body(right));
                let alike = stack([cosine_similarity(a, b), pairwise_distance(a, b)], axis: 0);
                let rows = table(words).mean(axis: 0);
                let all = concat([a - b, maximum(a, still(b)), alike, rows, bag(words)], axis: 0);
                (next: next(all), value: value((1.0 - all).dropout(p: 0.1)))
            }
        }
        block Body(width, p: 0.1) {
            residual { norm: LayerNorm, fc1: Linear(HIDDEN), Gelu, Dropout(p), fc2: Linear(6) },
            add { { Linear(width) }, shortcut: { Half(width) } },
        }
        block Half(width) {
            line: Linear(width), bias: Linear(width, bias: false),
            fn forward(x) { line(x).sigmoid() * bias(x) }
        }
    }

    #[::core::prelude::v1::test]
    fn networks_work() {
        super::works::<Bare<5>>();
        let (words, left) = ([[0u32, 1, 2, 3, 6]; 2], [[0.5f32; 6]; 2]);
        let input = BareInput { words: &words[..], left: &left[..], right: &left[..] };
        let loss = BareLoss {
            next: ::plywood::loss::CrossEntropy,
            value: ::plywood::loss::Weighted(0.5, ::plywood::loss::Mse::mean()),
        };
        let targets = BareOutput { next: &[1u32, 2][..], value: &[[0.5f32]; 2][..] };
        let gradients = Bare::<5>::init(1).input_gradients(input, &loss, targets);
        ::core::assert!(gradients.is_ok_and(|(left, right)| left.len() == 2 && right.len() == 2));
        let predicted = Bare::<5>::init(1).predict(input);
        ::core::assert!(predicted.is_ok_and(|predicted| predicted.value.len() == 2));
    }
}

/// Everything that generated code names, as something else.
#[allow(dead_code, non_camel_case_types, unused_macros, unused_imports)]
mod among_other_names {
    pub(crate) struct Vec;
    pub(crate) enum Result {
        Ok,
        Err,
    }
    pub(crate) use self::Result::{Err, Ok};
    pub(crate) struct Option;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct String;
    pub(crate) struct Box;
    pub(crate) struct Range;
    pub(crate) struct Flat;
    pub(crate) struct Ports;
    pub(crate) struct PortInfo;
    pub(crate) struct Slots;
    pub(crate) struct Code;
    pub(crate) struct T;
    pub(crate) struct Body;
    pub(crate) struct Step;
    pub(crate) struct Linear;
    pub(crate) struct Embedding;
    pub(crate) struct Weighted;
    pub(crate) trait Loss {}
    pub(crate) trait Metric {}
    pub(crate) trait Clone {}
    pub(crate) trait Copy {}
    pub(crate) trait Debug {}
    pub(crate) trait Default {}
    pub(crate) trait PartialEq {}
    pub(crate) trait Iterator {}
    pub(crate) trait Model {}
    pub(crate) trait Port {}
    pub(crate) trait Numbers {}
    pub(crate) trait Fn {}
    pub(crate) trait FnOnce {}
    pub(crate) mod ply {}
    pub(crate) mod plywood {}
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod f32 {}
    pub(crate) mod u32 {}
    pub(crate) mod usize {}
    pub(crate) fn forward() {}
    pub(crate) fn body() {}
    pub(crate) fn relu() {}
    pub(crate) fn concat() {}
    pub(crate) fn drop() {}
    pub(crate) const BODY: usize = 6;
    pub(crate) const WORDS: usize = 3;
    pub(crate) const LIMITS: usize = 7;
    pub(crate) const N: usize = 6;
    pub(crate) const D: usize = 2;
    pub(crate) const A: usize = 4;
    pub(crate) const P: usize = 5;
    pub(crate) static LEFT: usize = 1;
    macro_rules! vec {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! assert {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! concat {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! stringify {
        () => {
            compile_error!("not this one")
        };
    }

    ::plywood::network! {
        /// Documented.
        pub(crate) struct Crowded: (words: u32 [WORDS], #[gradient] left: [N]) -> (next: [D], value: [A]) {
            table: Embedding(LIMITS, embedding_dim: P), body: Body(BODY), again: Body(BODY), step: Step(N), out: Linear(D),
            value: Linear(A),
            fn forward(words, left) {
                let relu = body(left).relu();
                let concat = concat([relu, again(step(left)), table(words).flatten()], axis: 0);
                (next: out(concat), value: value(0.5 * concat + 1.0))
            }
        }
        block Body(P) { fc1: Linear(P), Relu, Dropout(0.1), fc2: Linear(BODY) }
        block Step(N) { Linear(N), residual { Body(N) } }
    }

    #[test]
    fn networks_work() {
        super::works::<Crowded>();
        // an argument of a block comes before a constant
        assert_eq!(Crowded::init(1).parameters().body.fc1.bias.len(), 6);
    }
}

/// Traits for every type, whose methods are called like those that generated code calls.
mod among_other_methods {
    #[allow(dead_code)]
    trait Everywhere: Sized {
        fn len(&self) {}
        fn range(&self) {}
        fn ports(&self) {}
        fn port(&self) {}
        fn view(&self) {}
        fn gather(&self) {}
        fn reserve(&self) {}
        fn split_at_mut(&self) {}
        fn into_owned(self) {}
        fn into_batch(self) {}
        fn gradient(&self) {}
        fn value(&self) {}
        fn check(&self) {}
        fn add(&self) {}
        fn result(&self) {}
        fn reduction(&self) {}
        fn row(&self) {}
        fn next(&self) {}
        fn iter(&self) {}
        fn clone(&self) {}
        fn real(&self) {}
        fn indices(&self) {}
        fn stream(&self) {}
    }
    impl<T> Everywhere for T {}

    plywood::network! {
        pub(crate) struct Net: (words: u32 [3], left: [4]) -> (next: [3], value: [1]) {
            table: Embedding(7, embedding_dim: 4), body: Body(4), again: Body(4), next: Linear(3), value: Linear(1),
            fn forward(words, left) {
                let h = body(again(left)) + table(words).sum(axis: 0);
                (next: next(h), value: value(h))
            }
        }
        block Body(width) { fc1: Linear(5), Relu, Dropout(0.1), fc2: Linear(width) }
    }
    #[test]
    fn networks_work() {
        super::works::<Net>();
    }
}

/// Ports, members, values, blocks and their arguments that are called what generated code calls its own things.
#[allow(non_snake_case, non_camel_case_types)]
mod any_name {
    plywood::network! {
        pub(crate) struct Ports: (
            batch: [4], at: [4], with: [4], owned: u32 [2], from: [4], cpu: [4], total: [4], r#type: [4], R_: [4], self_: [4],
            #[gradient] pass: [4], slots: [4], memory: [4], parameters: [4], n: [4], inputs: [4]
        ) -> (output: [3], targets: [2], d: [1], scale: [1], parts: [1], r#fn: [1]) {
            x: Linear(4), s: Linear(3), p: Linear(2), y: Embedding(5, embedding_dim: 2), to: Linear(1), r#match: Linear(4),
            fn forward(
                batch, at, with, owned, from, cpu, total, r#type, R_, self_, pass, slots, memory, parameters, n, inputs
            ) {
                let gradient = x(batch * at + with) - from / (cpu * cpu + 1.5);
                let state = r#match(total + r#type).tanh() + R_ * self_;
                let random = concat([gradient + pass * slots, y(owned).flatten(), memory - parameters], axis: 0);
                let (forward, d_y) = (random.relu(), (n * inputs + state).silu());
                let k = concat([forward, d_y], axis: 0);
                let i = to(k);
                (output: s(k), targets: p(k), d: i, scale: i * i, parts: i - 1.0, r#fn: i.tanh())
            }
        }
    }
    // types and functions of generated code that would be called alike
    plywood::network! {
        pub(crate) struct Alike: [6] -> [6] {
            step: Step(4), Step: Step(4), step_2: Step(5), step2: Step2(4), a: Step2(4), b: StepTwo(4), c: StepTwo(4),
            d: Stepped(4), e: Stepped(4), f: Step(5), blocks: repeat 2 { step: Step(4) }, steps: { Step(4), Step(4) },
        }
        block Step(step) { fc: Linear(step), Tanh, fc2: Linear(6) }
        block Step2(step) { fc: Linear(step), Tanh, fc2: Linear(6), step: Step(7) }
        block StepTwo(n) { fc: Linear(n), Gelu, fc2: Linear(6), step: Step(7) }
        block Stepped(parameters) { step: Linear(parameters), Silu, Step: Linear(6) }
    }
    plywood::network! {
        pub(crate) struct Own: [4] -> [4] {
            a: Slots(4), b: Slots(4), c: Code(4), d: Code(4), e: Forward(4), f: Forward(4), g: OwnSizes(4), h: OwnSizes(4),
            i: Kept(4), j: Kept(4), k: Vec(4), l: Vec(4), parameters: Parameters(4), gradients: Parameters(4),
        }
        block Slots(slots) { memory: Linear(slots), Relu }
        block Code(x) { code: Linear(x), Tanh }
        block Forward(forward) { backward: Linear(forward), Silu }
        block OwnSizes(s) { sizes: Linear(s), Gelu, predict: Linear(s) }
        block Kept(T) { kept: Linear(T), Sigmoid, kept_2: Linear(T), Tanh }
        block Vec(n) { n: Linear(n), Mish, y: Linear(n) }
        block Parameters(weight) { weight: Linear(weight), bias: Linear(weight), Tanh }
    }
    // members and values that are called what functions are
    plywood::network! {
        pub(crate) struct Functions: (add: [4], concat: [4]) -> [4] {
            relu: Linear(4), sum: Linear(4), stack: Linear(4), forward: Linear(4),
            fn forward(add, concat) {
                let mul = relu(add) + sum(concat);
                let tanh = stack(mul).tanh();
                forward(tanh).sigmoid() * concat
            }
        }
    }
    #[test]
    fn networks_work() {
        super::works::<Ports>();
        super::works::<Alike>();
        super::works::<Own>();
        super::works::<Functions>();
        let names: Vec<String> = Ports::init(1).named_parameters().map(|parameter| parameter.name).collect();
        assert!(names.contains(&"match.weight".to_owned()), "{names:?}");
        let error = Ports::init(1).gradient_check(1);
        assert!(error.is_ok());
    }
    #[test]
    fn a_raw_name_is_written_without_its_mark() {
        use plywood::{Model, Network};
        fn names<P: plywood::Ports>() -> Vec<&'static str> {
            P::PORTS.iter().map(|port| port.name).collect()
        }
        assert!(names::<<Ports as Network>::Input>().contains(&"type"));
        assert!(names::<<Ports as Network>::Output>().contains(&"fn"));
        assert!(Ports::init(1).block().len() == Ports::PARAMETERS);
    }
}

/// Twins in one module and in others, some of them private.
mod side_by_side {
    macro_rules! twin {
        ($vis:vis $name:ident) => {
            plywood::network! {
                /// Documented.
                $vis struct $name: (left: [3], right: u32 [2]) -> (next: [2], value: [1]) {
                    body: Body(4), table: Embedding(6, embedding_dim: 3), next: Linear(2), value: Linear(1),
                    fn forward(left, right) {
                        let h = body(left) + body(table(right).mean(axis: 0));
                        (next: next(h), value: value(h))
                    }
                }
                block Body(width) { fc: Linear(width), Tanh }
            }
        };
    }
    twin!(Private);
    twin!(pub(crate) Public);
    pub(crate) mod inner {
        twin!(pub(super) Private);
        twin!(pub(in crate::side_by_side) Restricted);
        twin!(pub(crate) Everywhere);
    }

    #[test]
    fn networks_work() {
        super::works::<Private>();
        super::works::<Public>();
        super::works::<inner::Private>();
        super::works::<inner::Restricted>();
        super::works::<inner::Everywhere>();
        assert!(Private::init(5).parameters().body.fc.weight == Public::init(5).parameters().body.fc.weight);
        let (left, right) = ([[0.5; 3]], [[0, 1]]);
        let one = Private::init(1).predict(PrivateInput { left: &left, right: &right });
        let two = inner::Private::init(1).predict(inner::PrivateInput { left: &left, right: &right });
        assert_eq!(one.expect("it predicts").next, two.expect("it predicts").next);
    }
}

/// Several networks in one declaration, which have a block in common, and one that declares it anew.
mod together {
    plywood::network! {
        struct Encoder: [4] -> (mean: [2], spread: [2]) {
            body: Body(5), again: Body(5), mean: Linear(2), spread: Linear(2),
            fn forward(x) {
                let h = again(body(x));
                (mean: mean(h), spread: spread(h))
            }
        }
        block Body(width) { fc: Linear(width), Tanh }
        /// Goes back.
        pub(crate) struct Decoder<const W: usize>: (#[gradient] code: [2], label: u32 [1]) -> [4] {
            table: Embedding(3, embedding_dim: 2), body: Body(W), out: Linear(4),
            fn forward(code, label) { out(body(code + table(label).flatten())) }
        }
    }
    mod other {
        plywood::network! {
            pub(super) struct Encoder: [4] -> [2] { body: Body(3) }
            block Body(width, p: 0.1) { fc: Linear(2 * width), Dropout(p), Gelu, out: Linear(2) }
        }
    }
    #[test]
    fn networks_work() {
        super::works::<Encoder>();
        super::works::<Decoder<5>>();
        super::works::<other::Encoder>();
        let code = Encoder::init(1).predict(&[[0.5; 4]]).mean;
        let back = Decoder::<5>::init(1).predict(DecoderInput { code: &code, label: &[[2]] });
        assert_eq!(back.expect("it predicts").len(), 1);
    }
}

#[test]
fn a_function_may_declare_networks_of_its_own() {
    const WIDTH: usize = 5;
    plywood::network! {
        struct Local: (left: [3], right: [3]) -> (next: [2], value: [1]) {
            body: Body(WIDTH), next: Linear(2), value: Linear(1),
            fn forward(left, right) {
                let h = body(left) - body(right);
                (next: next(h), value: value(h))
            }
        }
        block Body(width) { fc: Linear(width), Tanh }
    }
    works::<Local>();
    {
        const WIDTH: usize = 7;
        plywood::network! {
            struct Local: (left: u32 [3], right: [WIDTH]) -> [2] {
                table: Embedding(WIDTH, embedding_dim: WIDTH), out: Linear(2),
                fn forward(left, right) { out(table(left).sum(axis: 0) * right) }
            }
        }
        works::<Local>();
        let predicted = Local::init(1).predict(LocalInput { left: &[[1, 2, 6]], right: &[[0.5; 7]] });
        assert_eq!(predicted.expect("it predicts").len(), 1);
    }
    let predicted = Local::init(1).predict(LocalInput { left: &[[1.0; 3]], right: &[[0.5; 3]] });
    assert_eq!(predicted.expect("it predicts").value.len(), 1);
    let closure = || {
        plywood::network! {
            struct Local: (#[gradient] only: [3]) -> [2] { body: Body(2), body2: Body(2), Linear(2) }
            block Body(width) { fc: Linear(width), Tanh }
        }
        works::<Local>();
    };
    closure();
}

macro_rules! declare {
    ($name:ident, $block:ident, $width:expr, $input:ident, $layer:ident, $function:ident) => {
        plywood::network! {
            struct $name: ($input: [3], other: [3]) -> (next: [2], $function: [1]) {
                body: $block($width), next: Linear(2), value: Linear(1),
                fn forward($input, other) {
                    let h = body($input) - body(other).$function();
                    (next: next(h), $function: value($function(h)))
                }
            }
            block $block(width) { fc: Linear(width), $layer, $input: Linear($width) }
        }
    };
}
declare!(FromAMacro, Body, 2 + 3, x, Tanh, relu);
declare!(FromAMacroToo, Trunk, 4, left, Gelu, silu);

#[test]
fn a_macro_may_declare_networks() {
    works::<FromAMacro>();
    works::<FromAMacroToo>();
    assert_eq!(FromAMacro::init(1).parameters().body.fc.bias.len(), 5);
    let input = FromAMacroTooInput { left: &[[1.0; 3]][..], other: &[[0.5; 3]][..] };
    assert_eq!(FromAMacroToo::init(1).predict(input).expect("it predicts").silu.len(), 1);
}
