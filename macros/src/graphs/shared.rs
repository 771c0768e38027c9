//! Graphs built by hand: calls that share the parameters of one member, of which each reaches only some, and readers of such
//! parameters outside of every call.
use super::generate::{Case, called};
use crate::parameters::Parameters;
use crate::role::Role;
use plywood_kernels::attrs::Attrs;
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Call, Graph, Kind, Leaving, Origin, Value};
use plywood_kernels::init::Init;
use plywood_kernels::layers::{self, Parameter};
use plywood_kernels::ops::elementwise::formula;
use plywood_kernels::ops::{self, matmul::transposed, sum};
use plywood_kernels::scalar::argument;
use plywood_kernels::shape::{Shape, Size};
use std::rc::Rc;

const WIDTH: usize = 3;
const TURNS: usize = 2;

/// How a member runs where it is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// Once.
    Once,
    /// In a loop whose runs share the parameters.
    Shared,
    /// In a loop whose runs have each their own.
    Own,
    /// Once, within another block.
    Within,
    /// In a loop whose runs have each their own, within another block.
    OwnWithin,
}

impl Way {
    /// Every way.
    pub const ALL: [Way; 5] = [Way::Once, Way::Shared, Way::Own, Way::Within, Way::OwnWithin];
}

/// Which outputs of a member are used: the first depends on its weight, the second on its scale.
pub type Used = [bool; 2];

/// Everything here, with a name for each.
pub fn cases() -> Vec<(String, Case)> {
    let [weight, scale, both] = [[true, false], [false, true], [true, true]];
    let orders = [
        [weight, scale, both],
        [weight, both, scale],
        [scale, weight, both],
        [scale, both, weight],
        [both, weight, scale],
        [both, scale, weight],
    ];
    let mut cases = vec![];
    for way in Way::ALL {
        let way_of = format!("{way:?}").to_lowercase();
        for (i, order) in orders.into_iter().enumerate() {
            cases.push((format!("parts_{way_of}_{i}"), parts(way, &order)));
        }
        // what lies apart only calls read
        if !matches!(way, Way::Own | Way::OwnWithin) {
            cases.push((format!("between_{way_of}"), between(way)));
            cases.push((format!("both_ways_{way_of}"), both_ways(way, &[both, weight, both])));
        }
    }
    cases
}

/// Calls of one member, one after the other, of which such outputs are used.
pub fn parts(way: Way, calls: &[Used]) -> Case {
    calls_of(&Member::of(way), calls)
}

/// Such calls of a member that is handed its own parameters as inputs too.
pub fn both_ways(way: Way, calls: &[Used]) -> Case {
    calls_of(&Member::both_ways(way), calls)
}

fn calls_of(member: &Member, calls: &[Used]) -> Case {
    let mut network = Network::new();
    let leaves = network.leaves(member);
    for used in calls {
        network.call(member, &leaves, *used);
    }
    network.finish()
}

/// Two calls of a member, and what reads its parameters between them.
pub fn between(way: Way) -> Case {
    let mut network = Network::new();
    let member = Member::of(way);
    let leaves = network.leaves(&member);
    network.call(&member, &leaves, [true, true]);
    network.read(&leaves);
    network.call(&member, &leaves, [true, true]);
    network.finish()
}

/// A block with a weight and a scale, and how it is called.
pub struct Member {
    block: Rc<Block>,
    entries: Parameters,
    /// Whether a weight and a scale are inputs too, besides its own.
    takes: bool,
    own: bool,
    times: usize,
}

impl Member {
    /// One that runs so.
    pub fn of(way: Way) -> Member {
        Member::plain(false).running(way)
    }

    /// One that runs so, and is handed a weight and a scale besides its own.
    pub fn both_ways(way: Way) -> Member {
        Member::plain(true).running(way)
    }

    fn running(self, way: Way) -> Member {
        match way {
            Way::Once => self,
            Way::Shared => Member { times: TURNS, ..self },
            Way::Own => Member { times: TURNS, own: true, ..self },
            Way::Within => self.within(),
            Way::OwnWithin => Member { times: TURNS, own: true, ..self }.within(),
        }
    }

    fn plain(takes: bool) -> Member {
        let mut graph = Graph::default();
        let inputs = inputs(&mut graph, takes);
        let x = inputs[0];
        let leaves = leaves(&mut graph, 0, &shapes());
        graph.begin(Origin::of("weighed"));
        let product = graph.must(&ops::MATMUL, transposed(false, true), &[x, leaves[0]]);
        let mut weighed = formula(&mut graph, "tanh", argument(0).tanh(), &[product]);
        // the scale's gradient is no product: it is collected where runs share it
        graph.begin(Origin::of("scaled"));
        let scale = formula(&mut graph, "bounded", argument(0).tanh(), &[leaves[1]]);
        let mut scaled = graph.must(&ops::MUL, Attrs::NONE, &[x, scale]);
        if let [_, weight, scale] = inputs[..] {
            graph.begin(Origin::of("handed"));
            weighed = graph.must(&ops::MATMUL, transposed(false, true), &[weighed, weight]);
            let scale = formula(&mut graph, "waves", argument(0).tanh(), &[scale]);
            scaled = graph.must(&ops::MUL, Attrs::NONE, &[scaled, scale]);
        }
        let mut outputs = vec![weighed, scaled];
        own(&mut graph, outputs.iter_mut());
        let mut entries = Parameters::none();
        declare(&mut entries);
        let block = Rc::new(Block::of("member", graph, outputs, Size::known(0)));
        Member { block, entries, takes, own: false, times: 1 }
    }

    /// A block that does nothing but call this one.
    fn within(self) -> Member {
        let mut graph = Graph::default();
        let inputs = inputs(&mut graph, self.takes);
        let leaves = leaves(&mut graph, 0, &self.shapes());
        let mut outputs = self.call(&mut graph, "inner", &inputs, &leaves);
        own(&mut graph, outputs.iter_mut());
        let mut entries = Parameters::none();
        entries.block(&called("inner"), &self.block.name, Some(&self.runs()), self.entries);
        let block = Rc::new(Block::of("around", graph, outputs, Size::known(0)));
        Member { block, entries, takes: self.takes, own: false, times: 1 }
    }

    /// How many sets of parameters a use has.
    fn runs(&self) -> Size {
        Size::known(if self.own { self.times } else { 1 })
    }

    /// The shapes of the leaves of a call.
    fn shapes(&self) -> Vec<Shape> {
        let shapes = self.block.parameters.iter().map(|leaf| self.block.body.shape(*leaf).clone());
        let along =
            |shape: Shape| if self.own { [vec![Size::known(self.times)], shape].concat() } else { shape };
        shapes.map(along).collect()
    }

    /// Its outputs: of all runs the first's sum, of the last run the second.
    fn call(&self, graph: &mut Graph, name: &str, inputs: &[Value], leaves: &[Value]) -> Vec<Value> {
        let mut call = Call::once(self.block.clone(), name, Size::known(0));
        call.times = Size::known(self.times);
        call.own_parameters = self.own;
        let looped = self.times > 1;
        if looped {
            call.outputs[0] = Leaving::Stacked;
        }
        graph.begin(Origin::of(name));
        let mut outputs = graph.call(Rc::new(call), [inputs, leaves].concat());
        if looped {
            graph.begin(Origin::of(&format!("{name}_total")));
            outputs[0] = graph.must(&ops::SUM, sum::over(0..1), &[outputs[0]]);
        }
        outputs
    }
}

/// A network under construction.
pub struct Network {
    graph: Graph,
    entries: Parameters,
    value: Value,
    parameters: usize,
    calls: usize,
}

impl Network {
    /// One that gives its input.
    pub fn new() -> Network {
        let mut graph = Graph::default();
        let value = input(&mut graph);
        Network { graph, entries: Parameters::none(), value, parameters: 0, calls: 0 }
    }

    /// A weight and a scale of its own.
    #[cfg(test)]
    pub fn own_leaves(&mut self) -> Vec<Value> {
        declare(&mut self.entries);
        self.leaves_of(&shapes())
    }

    /// The parameters of one use of a member.
    pub fn leaves(&mut self, member: &Member) -> Vec<Value> {
        let (runs, entries) = (member.runs(), member.entries.clone());
        self.entries.block(&called("member"), &member.block.name, Some(&runs), entries);
        self.leaves_of(&member.shapes())
    }

    fn leaves_of(&mut self, shapes: &[Shape]) -> Vec<Value> {
        self.parameters += shapes.len();
        leaves(&mut self.graph, self.parameters - shapes.len(), shapes)
    }

    /// A call on the value so far, which becomes the sum of the outputs that are used.
    pub fn call(&mut self, member: &Member, leaves: &[Value], used: Used) {
        self.calls += 1;
        let handed = if member.takes { leaves } else { &[] };
        let inputs = [&[self.value], handed].concat();
        let outputs = member.call(&mut self.graph, &format!("use_{}", self.calls), &inputs, leaves);
        for (output, used) in outputs.into_iter().zip(used) {
            if used {
                self.graph.begin(Origin::of(&format!("sum_{}", self.calls)));
                self.value = self.graph.must(&ops::ADD, Attrs::NONE, &[self.value, output]);
            }
        }
    }

    /// The value so far, times a weight and a scale.
    pub fn read(&mut self, leaves: &[Value]) {
        self.graph.begin(Origin::of("outside"));
        let product = self.graph.must(&ops::MATMUL, transposed(false, true), &[self.value, leaves[0]]);
        self.value = self.graph.must(&ops::MUL, Attrs::NONE, &[product, leaves[1]]);
    }

    /// The value so far, times the sum of all there is of a parameter.
    #[cfg(test)]
    pub fn read_total(&mut self, leaf: Value) {
        self.graph.begin(Origin::of("outside"));
        let axes = self.graph.shape(leaf).len();
        let total = self.graph.must(&ops::SUM, sum::over(0..axes), &[leaf]);
        self.value = self.graph.must(&ops::MUL, Attrs::NONE, &[self.value, total]);
    }

    /// A value and itself.
    #[cfg(test)]
    pub fn twice(&mut self, value: Value) -> Value {
        self.graph.begin(Origin::of("twice"));
        self.graph.must(&ops::ADD, Attrs::NONE, &[value, value])
    }

    /// It trains as it predicts, and the gradient of its input is asked for.
    pub fn finish(self) -> Case {
        let Network { mut graph, entries, value, .. } = self;
        let mut outputs = vec![value];
        own(&mut graph, outputs.iter_mut());
        let training = Block::of("", graph, outputs, Size::known(0));
        Case { prediction: training.clone(), training, entries, asked: vec![true] }
    }
}

fn input(graph: &mut Graph) -> Value {
    graph.begin(Origin::of("x"));
    graph.leaf(Kind::Input(0), vec![Size::batch(), Size::known(WIDTH)])
}

/// The inputs of a block: one, and a weight and a scale if it takes these.
fn inputs(graph: &mut Graph, takes: bool) -> Vec<Value> {
    let mut inputs = vec![input(graph)];
    for (k, shape) in shapes().into_iter().enumerate().filter(|_| takes) {
        graph.begin(Origin::of(["handed_weight", "handed_scale"][k]));
        inputs.push(graph.leaf(Kind::Input(1 + k), shape));
    }
    inputs
}

/// Declares a weight and a scale.
fn declare(entries: &mut Parameters) {
    for (name, shape) in ["weight", "scale"].iter().zip(shapes()) {
        let row = Parameter { name: "weight", shape, init: Init::Constant(0.0), decays: true, sparse: false };
        let layer = layers::find("Linear").expect("a row");
        entries.layer(&called(name), layer, "", vec![(Role::Trained, row)]);
    }
}

/// The shapes of a weight and a scale.
fn shapes() -> Vec<Shape> {
    vec![vec![Size::known(WIDTH); 2], vec![Size::known(WIDTH)]]
}

/// Parameters of these shapes, numbered from `first` on.
fn leaves(graph: &mut Graph, first: usize, shapes: &[Shape]) -> Vec<Value> {
    let leaf = |(p, shape): (usize, &Shape)| {
        graph.begin(Origin::of(["weight", "scale"][p]));
        graph.leaf(Kind::Parameter(first + p), shape.clone())
    };
    shapes.iter().enumerate().map(leaf).collect()
}
