//! Random graphs, built below the language: branches, joins, shared parameters, blocks called several times and in loops,
//! several inputs and outputs, states, indices, sizes that are symbols.
use crate::parameters::{Entry, Parameters};
use crate::resolve::Name;
use crate::role::Role;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Graph, Kind, Origin, Value};
use plywood_kernels::init::Init;
use plywood_kernels::layers::{self, Arguments, Builder, Default, Given, Layer, Parameter};
use plywood_kernels::ops::elementwise::formula;
use plywood_kernels::ops::{self, matmul::transposed, sum};
use plywood_kernels::scalar::argument;
use plywood_kernels::shape::{Requirements, Shape, Size};
use plywood_kernels::types::{Element, Type};
use proc_macro2::Span;
use std::rc::Rc;
use syn::Ident;

/// What the symbols in a case stand for.
pub const SYMBOLS: [(&str, usize); 2] = [("H", 4), ("TURNS", 3)];

/// A network made at random.
pub struct Case {
    /// Forward as training runs it.
    pub training: Block,
    /// Forward as prediction runs it.
    pub prediction: Block,
    /// Its parameters.
    pub entries: Parameters,
    /// Which inputs' gradients are asked for.
    pub asked: Vec<bool>,
}

impl Case {
    /// The case of that seed.
    pub fn of(seed: u64) -> Case {
        let [training, prediction] = [true, false].map(|training| Maker::network(seed, training));
        Case { training: training.0, prediction: prediction.0, entries: training.1, asked: training.2 }
    }
}

/// Numbers from a seed, by splitmix64.
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    /// One of these.
    pub fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A graph under construction: the network's, or a block's.
pub(super) struct Maker {
    pub(super) numbers: Numbers,
    pub(super) training: bool,
    pub(super) graph: Graph,
    pub(super) entries: Parameters,
    pub(super) parameters: usize,
    pub(super) streams: Size,
    /// Values of shape `[batch, k]`.
    pub(super) pool: Vec<Value>,
    /// Values with an axis of runs in front, and how many.
    pub(super) stacks: Vec<(Value, Size)>,
    pub(super) blocks: Vec<Kinds>,
    /// How many blocks and uses there are, for their names.
    pub(super) named: usize,
    pub(super) depth: usize,
}

/// A block and how its parameters lie.
#[derive(Clone)]
pub(super) struct Kinds {
    pub(super) block: Rc<Block>,
    pub(super) entries: Parameters,
    /// The leaves of a call that others may share.
    pub(super) shared: Option<Vec<Value>>,
}

fn sizes() -> [Size; 3] {
    [Size::known(3), Size::known(5), Size::symbol("H")]
}

impl Maker {
    pub(super) fn new(seed: u64, training: bool, depth: usize) -> Maker {
        Maker {
            numbers: Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(depth as u64)),
            training,
            graph: Graph::default(),
            entries: Parameters::none(),
            parameters: 0,
            streams: Size::known(0),
            pool: vec![],
            stacks: vec![],
            blocks: vec![],
            named: 0,
            depth,
        }
    }

    fn network(seed: u64, training: bool) -> (Block, Parameters, Vec<bool>) {
        let mut maker = Maker::new(seed, training, 0);
        let inputs = 1 + maker.numbers.below(3);
        for k in 0..inputs {
            maker.input(k);
        }
        let mut asked: Vec<bool> = (0..inputs).map(|_| maker.numbers.one_in(3)).collect();
        if maker.numbers.one_in(3) {
            maker.indices(inputs);
            asked.push(false);
        }
        let states = if maker.numbers.one_in(4) { maker.states() } else { vec![] };
        let steps = 2 + maker.numbers.below(12);
        for _ in 0..steps {
            maker.step();
        }
        let count = 1 + maker.numbers.below(3);
        let mut outputs = maker.outputs(count);
        // what a state becomes lies elsewhere than the outputs
        let mut becomes: Vec<Value> =
            if training { states.iter().map(|(_, value)| *value).collect() } else { vec![] };
        own(&mut maker.graph, outputs.iter_mut().chain(&mut becomes));
        let numbers = states.iter().map(|(number, _)| *number);
        let Maker { graph, streams, entries, .. } = maker;
        let block =
            Block { states: numbers.zip(becomes).collect(), ..Block::of("", graph, outputs, streams) };
        (block, entries, asked)
    }

    pub(super) fn begin(&mut self, word: &str) {
        self.named += 1;
        self.graph.begin(Origin::of(&format!("{word}_{}", self.named)));
    }
    fn batch(&self, size: Size) -> Shape {
        vec![Size::batch(), size]
    }
    pub(super) fn width(&self, value: Value) -> Size {
        self.graph.shape(value).last().cloned().unwrap_or(Size::known(1))
    }
    pub(super) fn any(&mut self) -> Value {
        // late values more often than early ones
        let len = self.pool.len();
        let back = self.numbers.below(len).min(self.numbers.below(len));
        self.pool[len - 1 - back]
    }
    pub(super) fn like(&mut self, size: &Size) -> Value {
        let same: Vec<Value> = self.pool.iter().copied().filter(|v| self.width(*v) == *size).collect();
        if !same.is_empty() {
            return self.numbers.of(&same);
        }
        let x = self.any();
        self.linear(x, size.clone())
    }

    pub(super) fn input(&mut self, k: usize) {
        let size = self.numbers.of(&sizes());
        self.graph.begin(Origin::of(&format!("in_{k}")));
        let shape = self.batch(size);
        let x = self.graph.leaf(Kind::Input(k), shape);
        self.pool.push(x);
    }
    /// Classes as an input: their cross entropy with some scores scales a value.
    fn indices(&mut self, k: usize) {
        self.graph.begin(Origin::of("classes"));
        let classes = self.graph.leaf_of(Kind::Input(k), Type::index(vec![Size::batch()]));
        let scores = self.any();
        self.compare(scores, classes);
    }
    fn compare(&mut self, scores: Value, classes: Value) {
        self.begin("loss");
        let Ok(loss) = self.graph.apply(&ops::SOFTMAX_CROSS_ENTROPY, Attrs::NONE, &[scores, classes]) else {
            return;
        };
        let x = self.any();
        let y = self.graph.must(&ops::MUL, Attrs::NONE, &[x, loss]);
        self.pool.push(y);
    }

    /// Running means, read by a step and moved by it.
    fn states(&mut self) -> Vec<(usize, Value)> {
        let count = 1 + self.numbers.below(2);
        (0..count)
            .map(|number| {
                let x = self.any();
                let width = self.width(x);
                self.graph.begin(Origin::of(&format!("running_{number}")));
                let state = self.graph.leaf(Kind::State(number), vec![width]);
                self.begin("centred");
                let y = self.graph.must(&ops::SUB, Attrs::NONE, &[x, state]);
                self.pool.push(y);
                let mean = self.graph.must(&ops::SUM, sum::mean_over(0..1), &[x]);
                let next = 0.75 * argument(0) + 0.25 * argument(1);
                let next = formula(&mut self.graph, "running", next, &[state, mean]);
                if self.numbers.one_in(2) {
                    self.begin("by_running");
                    let y = self.graph.must(&ops::MUL, Attrs::NONE, &[x, next]);
                    self.pool.push(y);
                }
                (number, next)
            })
            .collect()
    }

    pub(super) fn parameter(&mut self, shape: Shape) -> Value {
        let leaves: Vec<Value> = self.graph.values().collect();
        let same = leaves
            .into_iter()
            .filter(|v| matches!(self.graph.kind(*v), Kind::Parameter(_)) && *self.graph.shape(*v) == shape);
        let same: Vec<Value> = same.collect();
        // some are shared; of a call's, only the call knows where they lie
        let own: Vec<Value> = same.into_iter().filter(|v| self.is_direct(*v)).collect();
        if !own.is_empty() && self.numbers.one_in(4) {
            return self.numbers.of(&own);
        }
        self.named += 1;
        let role = if self.numbers.one_in(7) { Role::Frozen } else { Role::Trained };
        let name = format!("p_{}", self.named);
        let parameter = Parameter {
            name: "weight",
            shape: shape.clone(),
            init: Init::Constant(0.0),
            decays: true,
            sparse: false,
        };
        let layer = layers::find("Linear").expect("a row");
        self.entries.layer(&called(&name), layer, &name, vec![(role, parameter)]);
        self.graph.begin(Origin::of(&name));
        self.parameters += 1;
        self.graph.leaf(Kind::Parameter(self.parameters - 1), shape)
    }
    fn is_direct(&self, leaf: Value) -> bool {
        let Kind::Parameter(number) = self.graph.kind(leaf) else { return false };
        let is = |entry: &Entry| match entry {
            Entry::Layer(layer) => layer.parameters.iter().any(|parameter| parameter.number == *number),
            Entry::Group(_) | Entry::Repeat(_) => false,
        };
        self.entries.entries().iter().any(is)
    }

    pub(super) fn linear(&mut self, x: Value, size: Size) -> Value {
        let shape = vec![size.clone(), self.width(x)];
        let weight = self.parameter(shape);
        self.begin("linear");
        let y = self.graph.must(&ops::MATMUL, transposed(false, true), &[x, weight]);
        if self.numbers.one_in(3) {
            return y;
        }
        let bias = self.parameter(vec![size]);
        self.begin("biased");
        self.graph.must(&ops::ADD, Attrs::NONE, &[y, bias])
    }

    fn unary(&mut self, x: Value) -> Value {
        let smooth = ["tanh", "sigmoid", "tanh", "softsign", "gelu", "silu"];
        let name = self.numbers.of(&smooth);
        self.elementwise(name, x)
    }
    fn elementwise(&mut self, name: &str, x: Value) -> Value {
        let row = ops::UNARY.iter().find(|row| row.name == name).expect("a row");
        let attrs = row.attrs(row.defaults().expect("it needs nothing"));
        self.begin(name);
        self.graph.must(*row, attrs, &[x])
    }

    fn layer(&mut self, x: Value) -> Value {
        let name = self.numbers.of(&["LayerNorm", "RmsNorm", "Softmax", "LogSoftmax", "Dropout"]);
        let layer = layers::find(name).expect("a row");
        let arguments = defaults(layer);
        let shape = self.graph.shape(x).clone();
        let mut require = Requirements::default();
        let rows = layer.parameters(&[&shape], &arguments, &mut require).expect("it fits");
        let leaves: Vec<(&'static str, Value)> =
            rows.into_iter().map(|row| (row.name, self.parameter(row.shape))).collect();
        self.begin(&name.to_lowercase());
        let Maker { graph, training, streams, .. } = self;
        let mut builder = Builder { graph, inputs: &[x], training: *training, parameters: &leaves, streams };
        let y = layer.build(&mut builder, &arguments).expect("it fits");
        self.graph.give(y);
        y
    }

    pub(super) fn step(&mut self) {
        let x = self.any();
        let y = match self.numbers.below(16) {
            0..3 => {
                let size = self.numbers.of(&sizes());
                self.linear(x, size)
            }
            3..5 => self.unary(x),
            5..7 => self.layer(x),
            7..9 => {
                let other = self.like(&self.width(x));
                let op = self.numbers.of(&[&ops::ADD, &ops::MUL, &ops::SUB]);
                self.begin(op.name);
                self.graph.must(op, Attrs::NONE, &[x, other])
            }
            9 => self.joined(x),
            10 => self.by_product(x),
            11 => self.scaled_by_row(x),
            12 if !self.stacks.is_empty() => {
                // each entry weighs something else: a sum alone would not tell one from another
                let (stack, times) = self.numbers.of(&self.stacks);
                let scale = self.parameter(vec![times, Size::known(1), self.width(stack)]);
                self.begin("weighed");
                let weighed = self.graph.must(&ops::MUL, Attrs::NONE, &[stack, scale]);
                self.begin("total");
                self.graph.must(&ops::SUM, sum::over(0..1), &[weighed])
            }
            13 => {
                // the class that scores highest, as a target
                self.begin("best");
                let best = self.graph.must(&ops::ARGMAX, ops::amax::over(1..2), &[x]);
                if self.graph.element(best) == Element::U32 {
                    self.compare(x, best);
                }
                return;
            }
            _ if self.depth < 2 => return self.block(),
            _ => self.unary(x),
        };
        self.pool.push(y);
    }

    /// Two values side by side.
    fn joined(&mut self, x: Value) -> Value {
        let other = self.any();
        let sizes = [self.width(x), self.width(other)];
        let total = &sizes[0] + &sizes[1];
        self.begin("joined");
        let y = self.graph.must(&ops::CONCAT, Attrs::NONE.with("axis", Attr::Axes(vec![1])), &[x, other]);
        debug_assert_eq!(self.width(y), total);
        let size = self.numbers.of(&self::sizes());
        self.linear(y, size)
    }
    /// A product of two values is the weight of a third.
    fn by_product(&mut self, x: Value) -> Value {
        let other = self.like(&self.width(x));
        self.begin("gram");
        let gram = self.graph.must(&ops::MATMUL, transposed(true, false), &[x, other]);
        self.begin("by_gram");
        let y = self.graph.must(&ops::MATMUL, transposed(false, false), &[x, gram]);
        // a few of these after each other are too large for `f32`, and where tanh is nearly 1, its derivative has few digits
        self.begin("bounded");
        formula(&mut self.graph, "bounded", (0.05 * argument(0)).tanh(), &[y])
    }
    /// A value divided by the mean of its squares.
    fn scaled_by_row(&mut self, x: Value) -> Value {
        self.begin("row");
        let squares = self.graph.must(&ops::MUL, Attrs::NONE, &[x, x]);
        let mean = self.graph.must(&ops::SUM, sum::mean_over(1..2), &[squares]);
        let column = Attrs::NONE.with("shape", Attr::Shape(vec![Size::batch(), Size::known(1)]));
        let column = self.graph.must(&ops::RESHAPE, column, &[mean]);
        let scale = 1.0 / (1.0 + argument(1));
        formula(&mut self.graph, "scaled", argument(0) * scale, &[x, column])
    }

    pub(super) fn outputs(&mut self, count: usize) -> Vec<Value> {
        let mut outputs = vec![*self.pool.last().expect("an input at least")];
        for _ in 1..count {
            let value = self.any();
            outputs.push(value);
        }
        own(&mut self.graph, outputs.iter_mut());
        outputs
    }
}

/// A layer's arguments if it is told nothing.
pub fn defaults(layer: &dyn Layer) -> Arguments {
    let given = layer.arguments().iter().filter_map(|row| {
        let given = match row.default {
            Default::Number(number) => Given::Number(number),
            Default::Flag(flag) => Given::Flag(flag),
            Default::Word(word) => Given::Word(word),
            Default::Size(size) => Given::Size(Size::known(size)),
            Default::Axis(axis) => Given::Axis(axis),
            Default::Absent => return None,
            Default::Required => Given::Axis(-1),
        };
        Some((row.name, given))
    });
    Arguments(given.collect())
}

pub fn called(name: &str) -> Name {
    Name { key: name.into(), field: Ident::new(name, Span::call_site()), label: name.into(), declared: true }
}
