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
            let wide = self.wide(left.add(right));
            let both = concat([a, b], axis = 0).slice(axis = 0, start = 2, length = 6);
            (apart = self.out((a - b).abs()), both = both * 0.5 + wide.relu())
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

#[model]
mod sized {
    /// As wide as its user says, of blocks with a `forward` of their own.
    #[model([H] -> [3])]
    pub struct Sized<const H: usize> {
        first: Gated<5>,
        second: Gated<4, 2>,
        out: Linear<3>,
    }

    impl<const H: usize> Sized<H> {
        fn forward(&self, x: _) -> _ {
            self.out(self.second(self.first(x)) / H)
        }

        /// Another method stays, with the const parameter.
        pub fn width(&self) -> usize {
            H
        }
    }

    #[block]
    struct Gated<const OUT: usize, const TIMES: usize = 3> {
        value: Linear<OUT>,
        gate: Linear<OUT>,
    }

    impl<const OUT: usize, const TIMES: usize> Gated<OUT, TIMES> {
        fn forward(&self, x: _) -> _ {
            TIMES * self.value(x) * self.gate(x).sigmoid()
        }
    }
}

network! {
    struct SameSized<const H: usize>: [H] -> [3] {
        first: Gated(5), second: Gated(4, times: 2), out: Linear(3),
        fn forward(x) { out(second(first(x)) / H) }
    }
    block Gated(width, times: 3) {
        value: Linear(width), gate: Linear(width),
        fn forward(x) { times * value(x) * gate(x).sigmoid() }
    }
}

#[test]
fn a_module_says_what_has_const_parameters() {
    let (model, same) = (sized::Sized::<6>::init(4), SameSized::<6>::init(4));
    let xs = [[0.5, -1.0, 2.0, 0.25, 0.0, 1.0]];
    assert_eq!(model.block(), same.block());
    assert_eq!(model.predict(&xs), same.predict(&xs));
    assert_eq!(model.width(), 6);
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

network! {
    /// The scores of each word are its row of the table times what the words before give.
    struct Next: (words: u32 [3]) -> [7] {
        table: Embedding(7, embedding_dim: 4), Flatten, hidden: Linear(4), Tanh,
        out: Linear(7, weight: table.weight),
    }
}
network! {
    struct Halves: [6] -> [6] {
        body: Half(5),
        often: { Half(3), Half(3) },
        again: repeat 2 { first: Linear(6), Silu, second: Linear(6, weight: first.weight, bias: first.bias) },
    }
    block Half(deep) {
        narrow: Linear(deep, bias: false), back: Linear(6),
        #[frozen] fixed: Linear(6),
        last: Linear(6, weight: fixed.weight, bias: back.bias),
        fn forward(x) { last(fixed(back(narrow(x).tanh()))) + x }
    }
}

#[test]
fn a_shared_parameter_is_one_parameter() {
    let next = Next::init(5);
    let names: Vec<String> = next.named_parameters().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["table.weight", "hidden.weight", "hidden.bias", "out.bias"]);
    assert_eq!(Next::PARAMETERS, 7 * 4 + 4 * 12 + 4 + 7);
    let words = [[0, 3, 6]];
    let p = next.parameters();
    let rows: Vec<f32> = words[0].iter().flat_map(|word| p.table.weight[*word as usize]).collect();
    let hidden: Vec<f32> = (0..4)
        .map(|k| {
            (rows.iter().zip(&p.hidden.weight[k]).map(|(x, w)| x * w).sum::<f32>() + p.hidden.bias[k]).tanh()
        })
        .collect();
    let scores = next.predict(&words).expect("words of the table")[0];
    for (class, score) in scores.iter().enumerate() {
        let row = p.table.weight[class];
        let expected = hidden.iter().zip(row).map(|(h, w)| h * w).sum::<f32>() + p.out.bias[class];
        assert!((score - expected).abs() < 1e-5, "{score} {expected}");
    }
    for report in [next.gradient_check(2), Halves::init(1).gradient_check(2)] {
        assert!(report.expect("gradients agree").checked > 0);
    }
    assert!(next.to_string().contains("weight: table.weight"), "{next}");
}

#[test]
fn what_shares_a_parameter_trains_it() {
    let words = [[0u32, 3, 6], [1, 2, 3], [4, 4, 5]];
    let targets = [2u32, 6, 1];
    let data = Dataset::new(words.to_vec(), targets.to_vec()).expect("as many of each");
    let mut trainer = Trainer::new(Next::init(5), CrossEntropy, Adam::new(0.05))
        .batch(3)
        .quiet()
        .on(Device::Cpu)
        .expect("a trainer");
    trainer.epochs(&data, 60).expect("epochs");
    assert!(trainer.evaluate(&data, CrossEntropy).expect("a loss") < 0.05);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let trained = trainer.finish().expect("a model");
    trained.save(file.path()).expect("saved");
    let again = Next::load(file.path()).expect("loaded");
    let of = |model: &Next| model.predict(&words).expect("words of the table");
    assert_eq!(of(&again), of(&trained));
}

/// What a macro hands over, and what a block is told, is read as if it were written there.
#[test]
fn arguments_may_come_from_a_macro_or_a_block() {
    macro_rules! declared {
        ($name:ident, $rows:literal, $sparse:literal, $mode:ident, $size:expr) => {
            network! {
                struct $name: (words: u32 [3]) -> [4] {
                    bag: EmbeddingBag($rows, embedding_dim: $size, mode: $mode, sparse: $sparse),
                    out: Told(4, bias: $sparse, scale: $size, begins: zeros),
                }
                block Told(width, bias, scale, begins) {
                    fc: Linear(width, bias, weight_init: begins),
                    fn forward(x) { fc(x) * scale }
                }
            }
        };
    }
    declared!(Summed, 9, true, sum, 2 + 3);
    let model = Summed::init(1);
    assert_eq!(Summed::PARAMETERS, 9 * 5 + 5 * 4 + 4);
    assert!(model.to_string().contains("mode: sum"), "{model}");
    assert_eq!(model.parameters().out.fc.weight, &[[0.0; 5]; 4]);
}

const RATE: f32 = 4.0;
const THIRD: f32 = 0.1;

/// What a block is told is one value wherever it stands, and as a word in a call only what is a value there.
#[test]
fn an_argument_of_a_block_is_one_value() {
    network! {
        struct Told: [1] -> [1] {
            a: Divided(2.0 * RATE), b: Divided(RATE + 1.0), c: Apart(1.0 - 2.0),
            fn forward(x) { a(x) + b(x) + c(x) }
        }
        block Divided(k) { fn forward(x) { relu(abs(x / k)) - k } }
        block Apart(k) { fn forward(x) { abs(abs(x - k)) } }
    }
    let found = Told::init(1).predict(&[[64.0]])[0][0];
    assert_eq!(found, (64.0 / 8.0 - 8.0) + (64.0 / 5.0 - 5.0) + 65.0);

    network! {
        struct Nested: [1] -> [1] {
            a: Outer(RATE + THIRD), b: Outer(1.0),
            fn forward(x) { a(x) + b(x) }
        }
        block Outer(k) {
            one: Inner(k * 2.0), two: Inner(RATE + THIRD * 2.0),
            fn forward(x) { one(x) - two(x) }
        }
        block Inner(k) { fn forward(x) { x * k } }
    }
    let found = Nested::init(1).predict(&[[1.0]])[0][0];
    let expected = (RATE + THIRD) * 2.0 - (RATE + THIRD * 2.0) + 2.0 - (RATE + THIRD * 2.0);
    assert!((found - expected).abs() < 1e-5, "{found} {expected}");

    network! {
        struct Sizes: [2] -> [2] {
            a: Wide(1 + 1), b: Wide(2), c: Deep(1 + 1 * 3), d: Deep(6), out: Linear(2),
        }
        block Wide(k) { Deep(k * 3), Linear(2) }
        block Deep(k) { l: Linear(k), Tanh }
    }
    let sizes = Sizes::init(1);
    assert_eq!(sizes.parameters().a.layer_0.l.weight.len(), 6);
    assert_eq!(sizes.parameters().c.l.weight.len(), 4);
    assert!(sizes.gradient_check(1).expect("gradients agree").checked > 0);

    network! {
        struct Named: [6] -> [6] { a: Part(6, p: 0.5, axis: 0), b: Part(6, p: 0.25, axis: -1) }
        block Part(out, p, axis) {
            out: Linear(out),
            fn forward(x) { relu(out(dropout(x, p: p))) * relu(x.softmax(axis: axis)) }
        }
    }
    assert!(Named::init(1).gradient_check(1).expect("gradients agree").checked > 0);
}

#[test]
fn an_expression_of_a_macro_is_one_value() {
    macro_rules! declared {
        ($name:ident, $k:expr) => {
            network! {
                struct $name: [1] -> [1] {
                    one: Relu,
                    fn forward(x) { one(x).reshape([1]) / $k - 2.0 * $k }
                }
            }
        };
    }
    declared!(Expressed, 1.0 + 1.0);
    assert_eq!(Expressed::init(1).predict(&[[6.0]])[0][0], 6.0 / 2.0 - 4.0);
}

/// A constant has the digits of its type.
#[test]
fn a_constant_is_not_rounded() {
    const FINE: f64 = 0.1;
    network! {
        struct Fine: [1] -> [1] { fc: Linear(1), fn forward(x) { fc(x) * FINE } }
    }
    let model = Fine::init(1);
    let (w, b) = (f64::from(model.parameters().fc.weight[0][0]), f64::from(model.parameters().fc.bias[0]));
    let parameters: Vec<f64> = model.block().iter().map(|x| f64::from(*x)).collect();
    let cpu = plywood::ops::Cpu::new(1);
    let mut memory = <Fine as Network>::Memory::<f64>::default();
    plywood::WorkingMemory::reserve(&mut memory, "a prediction", Fine::PREDICT, 1).expect("it is small");
    let inputs = &[plywood::Flat::Real(&[3.0])];
    let pass = &plywood::Pass { cpu: &cpu, random: plywood::ops::Random::new(0, 0), inputs, n: 1 };
    let mut y = [0.0f64];
    Fine::predict_with(pass, &parameters, &[], &[], &mut memory, &mut [&mut y]);
    assert!((y[0] - (3.0 * w + b) * FINE).abs() < 1e-15, "{} {}", y[0], (3.0 * w + b) * FINE);
}
