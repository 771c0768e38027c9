//! Forms of declarations: each is what another form of the same declares.
#![forbid(unsafe_code)]
use plywood::prelude::*;

const WIDTH: usize = 6;

#[model([4] -> [3])]
struct Grouped {
    /// Several layers under one name, by position.
    body: (Linear<8>, Relu, Linear<WIDTH>),
    #[residual]
    around: (LayerNorm, (Linear<WIDTH>, Tanh)),
    #[add]
    both: ((Linear<4>, Sigmoid), Linear<4>),
    #[concat(axis: 0)]
    beside: (Linear<2>, ()),
    #[repeat(2)]
    #[residual]
    often: (Linear<6>, Relu),
    #[frozen]
    kept: (Linear<5>, Tanh),
    out: Linear<3>,
}

network! {
    struct Same: [4] -> [3] {
        body: { Linear(8), Relu, Linear(WIDTH) },
        around: residual { LayerNorm, { Linear(WIDTH), Tanh } },
        both: add { { Linear(4), Sigmoid }, { Linear(4) } },
        beside: concat(axis: 0) { { Linear(2) }, {} },
        often: repeat 2 { residual { Linear(6), Relu } },
        #[frozen] kept: { Linear(5), Tanh },
        out: Linear(3),
    }
}

#[model]
mod pairs {
    /// How far apart two inputs are.
    #[model((left: [4], right: [4]) -> (apart: [1], both: [6]))]
    pub struct Pairs {
        body: Body<5>,
        wide: Body<6, 9>,
        out: Linear<1>,
    }

    impl Pairs {
        /// How many inputs it has.
        pub const INPUTS: usize = 2;

        fn forward(&self, left: _, right: _) -> _ {
            let (a, b) = (self.body(left), self.body(right));
            let sum = self.wide(left.add(right));
            let both = concat([a, b], axis = 0).slice(axis = 0, start = 2, length = 6);
            (apart = self.out((a - b).abs()), both = both * 0.5 + sum.relu())
        }

        /// Another method stays.
        pub fn inputs(&self) -> usize {
            Self::INPUTS
        }
    }

    #[block]
    struct Body<const OUT: usize, const HIDDEN: usize = 7> {
        fc1: Linear<HIDDEN>,
        relu: Relu,
        #[with(bias: false)]
        fc2: Linear<OUT>,
    }

    /// What else stands in the module stays.
    pub fn one(x: f32) -> [f32; 4] {
        [x; 4]
    }
}

network! {
    struct SamePairs: (left: [4], right: [4]) -> (apart: [1], both: [6]) {
        body: SameBody(5), wide: SameBody(6, HIDDEN: 9), out: Linear(1),
        fn forward(left, right) {
            let (a, b) = (body(left), body(right));
            let sum = wide(left.add(right));
            let both = concat([a, b], axis: 0).slice(axis: 0, start: 2, length: 6);
            (apart: out((a - b).abs()), both: both * 0.5 + sum.relu())
        }
    }
    block SameBody(OUT, HIDDEN: 7) { fc1: Linear(HIDDEN), relu: Relu, fc2: Linear(OUT, bias: false) }
}

fn names(parameters: impl Iterator<Item = String>) -> Vec<String> {
    parameters.collect()
}

#[test]
fn tuples_and_attributes_say_groups_and_branches() {
    let (model, same) = (Grouped::init(3), Same::init(3));
    let of = |model: &Grouped| names(model.named_parameters().map(|one| one.name.to_string()));
    assert_eq!(of(&model), names(same.named_parameters().map(|one| one.name.to_string())));
    assert!(of(&model).contains(&"around.1.0.weight".to_string()), "{:?}", of(&model));
    let xs = [[0.5, -1.0, 2.0, 0.25], [1.0, 0.0, -0.5, 3.0]];
    assert_eq!(model.predict(&xs), same.predict(&xs));
    assert_eq!(Grouped::PARAMETERS, Same::PARAMETERS);
}

#[test]
fn a_module_says_blocks_and_forward() {
    let (model, same) = (pairs::Pairs::init(3), SamePairs::init(3));
    let of = |model: &pairs::Pairs| names(model.named_parameters().map(|one| one.name.to_string()));
    assert_eq!(of(&model), names(same.named_parameters().map(|one| one.name.to_string())));
    let (left, right) = ([pairs::one(0.5), [1.0, -2.0, 0.0, 1.5]], [pairs::one(-0.25), pairs::one(2.0)]);
    let found = model.predict(pairs::PairsInput { left: &left, right: &right }).expect("as many of each");
    let expected = same.predict(SamePairsInput { left: &left, right: &right }).expect("as many of each");
    assert_eq!((found.apart, found.both), (expected.apart, expected.both));
    assert_eq!(model.inputs(), 2);
}

const SCALE: f32 = 0.125;
mod settings {
    pub const SHIFT: f64 = -1.5;
    pub const DEEP: usize = 4;
}

network! {
    struct Scaled<const H: usize>: [4] -> [4] {
        fc: Linear(H),
        out: Lifted(settings::DEEP, by: SCALE),
        fn forward(x) {
            let h = fc(x) * SCALE / H + settings::SHIFT;
            out(h * (2.0 * SCALE)) / settings::DEEP - SCALE
        }
    }
    block Lifted(width, by: 1.0) {
        fc: Linear(width),
        fn forward(x) { fc(x) * by + settings::SHIFT * by }
    }
}
network! {
    struct Written<const H: usize>: [4] -> [4] {
        fc: Linear(H),
        out: Lifted(4, by: 0.125),
        fn forward(x) {
            let h = fc(x) * 0.125 / 8.0 + -1.5;
            out(h * (2.0 * 0.125)) / 4.0 - 0.125
        }
    }
    block Lifted(width, by: 1.0) {
        fc: Linear(width),
        fn forward(x) { fc(x) * by + -1.5 * by }
    }
}

#[test]
fn constants_in_arithmetic_are_the_numbers_that_they_are() {
    let (model, same) = (Scaled::<8>::init(3), Written::<8>::init(3));
    let xs = [[0.5, -1.0, 2.0, 0.25], [1.0, 0.0, -0.5, 3.0]];
    assert_eq!(model.predict(&xs), same.predict(&xs));
    let report = model.gradient_check(3).expect("a batch");
    let of_same = same.gradient_check(3).expect("a batch");
    assert_eq!(format!("{report:?}"), format!("{of_same:?}"));
}
