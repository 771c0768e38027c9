//! A declaration works wherever it stands and whatever else is called what it calls things.
#![forbid(unsafe_code)]

use plywood_tests::model::works;

/// No name that Rust brings along, not even `Some`.
#[no_implicit_prelude]
mod without_a_prelude {
    const HIDDEN: usize = 4;

    ::plywood::network! {
        /// Documented.
        #[allow(dead_code)]
        pub struct Bare<const H: usize>: [2, 3] -> [2] {
            Flatten, fc1: Linear(H), Gelu, Dropout(0.2), blocks: repeat 2 { fc: Linear(HIDDEN), Relu, back: Linear(H) },
            fc2: Linear(2),
        }
    }
    #[::plywood::model([3] -> [2])]
    pub struct Attributed {
        fc1: Linear<HIDDEN>,
        tanh: Tanh,
        #[repeat(2)]
        blocks: (Linear<HIDDEN>, Sigmoid),
        fc2: Linear<2>,
    }

    // the structs of several ports, as they are declared for a network with these names
    ::plywood::__private::ports!(pub BareInput { left: L LM LT, r#type: R RM RT });
    ::plywood::__private::ports!(pub(crate) BareOutput, BareLoss { next: A AM AT, self_: B BM BT });

    #[::core::prelude::v1::test]
    fn ports_work() {
        use ::plywood::Ports;
        type Both = BareInput<[f32; 2], u32>;
        let (left, r#type) = ([[1.0f32, 2.0], [3.0, 4.0]], [1u32, 2]);
        let both = BareInput { r#type: &r#type[..], left: &left[..] };
        ::core::assert!(::core::matches!(Both::len(both), ::core::result::Result::Ok(2)));
        ::core::assert!(Both::range(both, 1..2).left == [[3.0, 4.0]]);
        ::std::assert_eq!(Both::PORTS[1].name, "type");
        let loss = BareLoss { next: ::plywood::loss::CrossEntropy, self_: ::plywood::loss::Mse::mean() };
        let loss: &dyn ::plywood::loss::Loss<BareOutput<[f32; 3], [f32; 1]>, Target = BareOutput<u32, [f32; 1]>> =
            &loss;
        let y = BareOutput { next: &[[0.0; 3]][..], self_: &[[0.0]][..] };
        let value = loss.value(y, BareOutput { next: &[1], self_: &[[2.0]] });
        ::core::assert!(value.is_ok_and(|value| (value - 4.0 - f64::ln(3.0)).abs() < 1e-6));
    }

    #[::core::prelude::v1::test]
    fn networks_work() {
        super::works::<Bare<5>>();
        super::works::<Attributed>();
        let mut model = Bare::<5>::init(1);
        model.parameters_mut().fc2.bias[1] = 7.0;
        ::std::assert_eq!(model.parameters().fc2.bias[1], 7.0);
        ::std::assert_eq!(model.predict(&[[[0.5; 3]; 2]]).len(), 1);
        ::std::assert!(Bare::<5>::train_bytes(3) > Bare::<5>::predict_bytes(3));
    }
}

/// Everything that generated code names, as something else.
#[allow(dead_code, non_camel_case_types, unused_macros, unused_imports)]
mod among_other_names {
    pub struct Vec;
    pub enum Result {
        Ok,
        Err,
    }
    pub use self::Result::{Err, Ok};
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Slots;
    pub struct PredictSlots;
    pub struct BlocksKept;
    pub struct Code;
    pub struct String;
    pub struct T;
    pub struct Range;
    pub struct Box;
    pub struct Block;
    pub struct Cpu;
    pub struct Random;
    pub struct Memory;
    pub struct Graphs;
    pub struct Entry;
    pub struct Relu;
    pub struct Linear;
    pub struct BiasRelu;
    pub trait Model {}
    pub trait Clone {}
    pub trait Iterator {}
    pub trait Gradients {}
    pub trait Real {}
    pub trait AsRef {}
    pub mod ply {}
    pub mod plywood {}
    pub mod plywood_kernels {}
    pub mod std {}
    pub mod core {}
    pub mod layers {}
    pub mod rules {}
    pub fn forward() {}
    pub fn map() {}
    pub fn matmul() {}
    pub const BLOCKS: usize = 3;
    pub const BLOCKS_STRIDE: usize = 4;
    pub const FC1_WEIGHT: usize = 5;
    pub const N: usize = 6;
    pub const PARAMETERS: usize = 7;
    pub const FLOPS: usize = 8;
    pub const CHECK: usize = 9;
    pub static LAYERS: usize = 1;
    macro_rules! matrix {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! rule {
        () => {
            compile_error!("not this one")
        };
    }
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
    macro_rules! panic {
        () => {
            compile_error!("not this one")
        };
    }

    ::plywood::network! {
        pub struct Crowded: [N] -> [CHECK] {
            fc1: Linear(FC1_WEIGHT), Relu, Dropout(0.1),
            blocks: repeat BLOCKS { fc: Linear(BLOCKS_STRIDE * 2), Gelu, back: Linear(FC1_WEIGHT), GeluTanh, Dropout(0.2) },
            fc2: Linear(PARAMETERS + FLOPS), fc3: Linear(CHECK),
        }
    }
    ::plywood::network! {
        pub struct CrowdedToo<const M: usize, const LAYER: usize>: [N] -> [M] {
            fc1: Linear(LAYER), Relu, blocks: repeat BLOCKS { fc: Linear(LAYER), Tanh }, fc2: Linear(M),
        }
    }

    ::plywood::network! {
        pub struct Scalar<const T: usize>: [T] -> [2] {
            fc1: Linear(T), Tanh, blocks: repeat T { Linear(T), Relu }, fc2: Linear(2)
        }
    }
    ::plywood::network! {
        pub struct Mystery<const UNKNOWN: usize>: [UNKNOWN] -> [2] { fc1: Linear(UNKNOWN), Tanh, fc2: Linear(2) }
    }

    #[test]
    fn networks_work() {
        super::works::<Scalar<3>>();
        super::works::<Mystery<3>>();
        super::works::<Crowded>();
        super::works::<CrowdedToo<3, 4>>();
    }
}

/// Traits for every type, whose methods are called like those that generated code calls.
mod among_other_methods {
    #[allow(dead_code)]
    trait Everywhere: Sized {
        fn t(&self) {}
        fn sum(&self) {}
        fn product(&self) {}
        fn store(&self) {}
        fn stream(&self) {}
        fn skip(&self) {}
        fn split_at_mut(&self) {}
        fn len(&self) {}
        fn init(&self) {}
        fn clone(&self) {}
    }
    impl<T> Everywhere for T {}

    plywood::network! {
        pub struct Net: [4] -> [3] {
            fc1: Linear(5), Relu, Dropout(0.1), blocks: repeat 2 { fc: Linear(5), Tanh, Dropout(0.2) }, fc2: Linear(3),
        }
    }
    #[test]
    fn networks_work() {
        super::works::<Net>();
    }
}

/// Layers that are called what generated functions call their own things.
#[allow(non_snake_case)]
mod layers_of_any_name {
    plywood::network! {
        struct Short: [4] -> [3] {
            x: Linear(5), s: Relu, p: Linear(4), n: Tanh, y: Linear(5), k: Sigmoid, i: Linear(4), b: Gelu, at: Dropout(0.1),
            d_x: Linear(5), d_y: Linear(3),
        }
    }
    plywood::network! {
        struct Words: [4] -> [3] {
            cpu: Linear(5), to: Relu, memory: Linear(4), random: Dropout(0.2), r#type: Linear(5), r#fn: Tanh, r#match: Linear(4),
            before: Relu, here: Linear(5), value: Linear(4), loss: Linear(4), block: Linear(4), ply: Linear(4), of: Linear(4),
            nothing: Linear(4), weight: Linear(4), parameters: Linear(4), bias: Linear(3),
        }
    }
    plywood::network! {
        struct Blocks: [4] -> [4] {
            x: repeat 2 { x: Linear(4), s: Tanh, y: Linear(4) },
            n: repeat 2 { p: Linear(4), k: repeat 2 { i: Linear(4), at: Relu }, d_y: Linear(4) },
            r#type: repeat 2 { r#type: Linear(4), to: Relu },
            memory: repeat 2 { memory: Linear(4), before: Sigmoid },
        }
    }
    plywood::network! {
        struct Functions: [4] -> [4] {
            predict: repeat 2 { forward: Linear(4), Tanh },
            forward: repeat 2 { predict: Linear(4), Tanh },
            backward: repeat 2 { code: Linear(9), slots: Tanh, kept: Linear(4) },
        }
    }
    plywood::network! {
        struct Alike: [4] -> [4] {
            fc: Linear(4), FC: Linear(4), Fc: Linear(4),
            blocks: repeat 2 { fc: Linear(4), Relu }, blocks_fc: Linear(4), blocks_stride: Linear(4), relu: Relu, Relu,
        }
    }
    // blocks are types and functions of generated code side by side, however deep they stand
    plywood::network! {
        struct Joined: [4] -> [4] {
            a: repeat 2 { b: repeat 2 { fc: Linear(4), Tanh }, c_d: repeat 2 { fc: Linear(4) } },
            a_b: repeat 2 { fc: Linear(4), Relu },
            aB: repeat 2 { fc: Linear(4) }, a_c: repeat 2 { d: repeat 2 { fc: Linear(4) } }, a_b_2: repeat 2 { fc: Linear(4) },
            parameters: repeat 2 { fc: Linear(4), Tanh }, parameters_mut: repeat 2 { fc: Linear(4) },
        }
    }
    // the constant for the start of one block is what that for the stride of the other would be called
    plywood::network! {
        struct Strides: [4] -> [4] {
            Linear(8), Linear(4), a_stride: repeat 2 { fc: Linear(4) }, a: repeat 2 { fc: Linear(4) }, Linear(8), Linear(4),
        }
    }

    #[test]
    fn every_iteration_of_every_block_is_read() {
        let x = [[0.1, -0.2, 0.3, 0.4]];
        let before = Strides::init(1).predict(&x);
        for i in 0..2 {
            let (mut first, mut second) = (Strides::init(1), Strides::init(1));
            first.parameters_mut().a_stride[i].fc.weight[0][0] += 1.0;
            second.parameters_mut().a[i].fc.weight[0][0] += 1.0;
            assert_ne!(first.predict(&x), before, "iteration {i} of `a_stride`");
            assert_ne!(second.predict(&x), before, "iteration {i} of `a`");
        }
    }

    plywood::network! { struct Positions: [4] -> [3] { Linear(4), layer_2: Linear(4), layer_3: Relu, Linear(3) } }

    #[test]
    fn networks_work() {
        super::works::<Short>();
        super::works::<Words>();
        super::works::<Blocks>();
        super::works::<Functions>();
        super::works::<Alike>();
        super::works::<Joined>();
        let mut model = Joined::init(1);
        model.parameters_mut().a_b[1].fc.bias[2] = 5.0;
        assert_eq!(model.parameters().a_b[1].fc.bias[2], 5.0);
        let named = model.named_parameters().find(|p| p.name == "a_b.1.fc.bias").map(|p| p.values[2]);
        assert_eq!(named, Some(5.0));
        super::works::<Positions>();
    }

    #[test]
    fn a_raw_name_is_written_without_its_mark() {
        let names: Vec<String> = Words::init(1).named_parameters().map(|parameter| parameter.name).collect();
        assert!(names.contains(&"type.weight".to_owned()), "{names:?}");
        assert_eq!(Words::init(1).parameters().r#type.bias.len(), 5);
        let names: Vec<String> = Blocks::init(1).named_parameters().map(|parameter| parameter.name).collect();
        assert!(names.contains(&"type.1.type.weight".to_owned()), "{names:?}");
    }
}

/// Networks that are called what generated code calls its own types.
mod networks_of_any_name {
    mod a {
        plywood::network! { pub struct Slots: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }
    }
    mod b {
        plywood::network! { pub struct Code: [3] -> [2] {
            fc1: Linear(4), Tanh, blocks: repeat 2 { Linear(4), Relu }, fc2: Linear(2)
        } }
    }
    mod c {
        plywood::network! { pub struct Model: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }
    }
    mod d {
        plywood::network! { pub struct Vec: [3] -> [2] { fc1: Linear(4), Dropout(0.1), Tanh, fc2: Linear(2) } }
    }
    mod e {
        plywood::network! { pub struct DropoutReluBackward: [4] -> [4] { Linear(4), Relu, Dropout(0.1), Linear(4) } }
    }
    #[test]
    fn networks_work() {
        super::works::<e::DropoutReluBackward>();
        super::works::<a::Slots>();
        super::works::<b::Code>();
        super::works::<c::Model>();
        super::works::<d::Vec>();
    }
}

/// Two in one module, one of them private, with the same layers.
mod side_by_side {
    plywood::network! { struct Private: [3] -> [2] {
        fc1: Linear(4), Tanh, blocks: repeat 2 { Linear(4), Relu }, fc2: Linear(2)
    } }
    plywood::network! { pub struct Public: [3] -> [2] {
        fc1: Linear(4), Tanh, blocks: repeat 2 { Linear(4), Relu }, fc2: Linear(2)
    } }
    pub mod inner {
        plywood::network! { pub(super) struct Private: [3] -> [2] { fc1: Linear(4), fc2: Linear(2) } }
        plywood::network! { pub(in crate::side_by_side) struct Restricted: [3] -> [2] { fc1: Linear(4), fc2: Linear(2) } }
        plywood::network! { pub(crate) struct Everywhere: [3] -> [2] { fc1: Linear(4), fc2: Linear(2) } }
    }

    #[test]
    fn networks_work() {
        super::works::<Private>();
        super::works::<Public>();
        super::works::<inner::Private>();
        super::works::<inner::Restricted>();
        super::works::<inner::Everywhere>();
        // different types, equal numbers
        assert!(Private::init(5).parameters().fc1.weight == Public::init(5).parameters().fc1.weight);
    }
}

#[test]
fn a_function_may_declare_networks_of_its_own() {
    const WIDTH: usize = 5;
    plywood::network! { struct Local: [3] -> [2] {
        fc1: Linear(WIDTH), Gelu, blocks: repeat 2 { Linear(WIDTH), Relu }, fc2: Linear(2)
    } }
    works::<Local>();
    {
        const WIDTH: usize = 7;
        plywood::network! { struct Local: [3] -> [2] { fc1: Linear(WIDTH), fc2: Linear(2) } }
        works::<Local>();
        assert_eq!(Local::init(1).parameters().fc1.bias.len(), 7);
    }
    assert_eq!(Local::init(1).parameters().fc1.bias.len(), 5);
    let closure = || {
        #[plywood::model([3] -> [2])]
        struct Local {
            only: Linear<2>,
        }
        works::<Local>();
    };
    closure();
}

#[test]
fn an_associated_function_may_too() {
    struct Owner;
    impl Owner {
        fn network(&self) -> impl plywood::Model + use<> {
            plywood::network! { struct Inside: [3] -> [2] { fc1: Linear(2) } }
            Inside::init(3)
        }
    }
    fn check<M: plywood::Model>(_: M) {
        works::<M>();
    }
    check(Owner.network());
}

macro_rules! declare {
    ($name:ident, $width:expr, $layer:ident) => {
        plywood::network! { struct $name: [3] -> [2] { fc1: Linear($width), $layer, fc2: Linear(2) } }
    };
}
declare!(FromAMacro, 2 + 3, Tanh);
declare!(FromAMacroToo, 4, Gelu);

#[test]
fn a_macro_may_declare_networks() {
    works::<FromAMacro>();
    works::<FromAMacroToo>();
    assert_eq!(FromAMacro::init(1).parameters().fc1.bias.len(), 5);
}
