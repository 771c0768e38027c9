//! Shaped bodies to graphs of ops: one for training, one for prediction.
use crate::assertions::Assertion;
use crate::body::{Body, Callee, Statement};
use crate::lines::{self, Line};
use crate::parameters::{Entry, Numbered, Parameters};
use crate::resolve::Header;
use crate::role::Role;
use crate::shape::{Port, Shaped, ShapedLayer, ShapedMember, ShapedRepeat};
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Call, Graph, Kind, Origin, Value};
use plywood_kernels::layers::Builder;
use plywood_kernels::op::Op;
use plywood_kernels::ops::RESHAPE;
use plywood_kernels::shape::{Shape, Size};
use plywood_kernels::types::Type;
use std::collections::HashMap;
use std::rc::Rc;

/// A network as graphs.
pub struct Lowered {
    /// What stands before the layers.
    pub header: Header,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// What is left to assert.
    pub assertions: Vec<Assertion>,
    /// Forward as training runs it.
    pub training: Block,
    /// Forward as prediction runs it.
    pub prediction: Block,
    /// The parameters, whose numbers are those of the graphs' leaves.
    pub parameters: Parameters,
    /// The lines of the table that `Display` prints.
    pub lines: Vec<Line>,
}

/// Builds both graphs.
pub fn lower(shaped: Shaped) -> Lowered {
    let Shaped { header, inputs, outputs, body, assertions } = shaped;
    let parameters = Parameters::of(&body);
    let [training, prediction] = [true, false].map(|training| {
        let mut level = Level::new(&body, &parameters, training);
        let several = inputs.len() > 1;
        for (number, port) in inputs.iter().enumerate() {
            let name = port.name.as_ref().filter(|_| several).map(|name| name.to_string());
            level.input(number, &name.unwrap_or_else(|| "x".into()), &port.ty);
        }
        let outputs = level.run();
        level.block("", outputs)
    });
    let lines = lines::lines(&body);
    Lowered { header, inputs, outputs, assertions, training, prediction, parameters, lines }
}

/// A block under construction: the network, or one run of a `repeat`.
struct Level<'a> {
    body: &'a Body<ShapedMember>,
    parameters: &'a Parameters,
    training: bool,
    graph: Graph,
    /// The value of each local.
    values: Vec<Value>,
    streams: Size,
    /// What each member was applied to first. Sizes that only the user's constants make equal have these names, wherever
    /// it is applied again.
    first: HashMap<usize, Vec<Shape>>,
    /// The blocks of members that are such.
    blocks: HashMap<usize, Rc<Block>>,
}

impl<'a> Level<'a> {
    fn new(body: &'a Body<ShapedMember>, parameters: &'a Parameters, training: bool) -> Level<'a> {
        Level {
            body,
            parameters,
            training,
            graph: Graph::default(),
            values: vec![],
            streams: Size::known(0),
            first: HashMap::new(),
            blocks: HashMap::new(),
        }
    }

    fn input(&mut self, number: usize, name: &str, ty: &Type) {
        self.graph.begin(Origin::of(name));
        let value = self.graph.leaf_of(Kind::Input(number), ty.clone());
        self.values.push(value);
    }

    /// What the body gives.
    fn run(&mut self) -> Vec<Value> {
        for Statement { callee, inputs, .. } in &self.body.statements {
            let inputs: Vec<Value> = inputs.iter().map(|local| self.values[local.0]).collect();
            let made = match callee {
                Callee::Op(op, attrs) => self.op(*op, attrs, &inputs),
                Callee::Member(number) => vec![self.member(*number, inputs)],
            };
            // said where the shapes were checked
            self.graph.requirements.clear();
            self.values.extend(made);
        }
        self.body.results.iter().map(|local| self.values[local.0]).collect()
    }

    /// All of it as a block of that name, with outputs of its own.
    fn block(mut self, name: &str, mut outputs: Vec<Value>) -> Block {
        own(&mut self.graph, outputs.iter_mut());
        Block::of(name, self.graph, outputs, self.streams)
    }

    fn op(&mut self, op: &'static dyn Op, attrs: &Attrs, inputs: &[Value]) -> Vec<Value> {
        self.graph.begin(Origin::of(op.name()));
        let made = self.graph.apply_all(op, attrs.clone(), inputs);
        let made = made.expect("the shape stage applied the same op to the same shapes");
        if let [only] = made.as_slice() {
            self.graph.give(*only);
        }
        made
    }

    fn member(&mut self, number: usize, mut inputs: Vec<Value>) -> Value {
        let member = &self.body.members[number];
        let (ShapedMember::Layer(ShapedLayer { calls, .. })
        | ShapedMember::Repeat(ShapedRepeat { calls, .. })) = member;
        if *calls > 1 {
            let shapes = || inputs.iter().map(|value| self.graph.shape(*value).clone()).collect();
            let first: Vec<Shape> = self.first.entry(number).or_insert_with(shapes).clone();
            for (value, shape) in inputs.iter_mut().zip(&first) {
                *value = self.seen_as(*value, shape);
            }
        }
        match member {
            ShapedMember::Layer(layer) => self.layer(number, layer, &inputs),
            ShapedMember::Repeat(repeat) => self.repeat(number, repeat, inputs[0]),
        }
    }

    /// A value under a shape that is the same by an assertion on the user's constants: from here on both have one name.
    fn seen_as(&mut self, value: Value, shape: &Shape) -> Value {
        if self.graph.shape(value) == shape {
            return value;
        }
        let shape = Attrs::NONE.with("shape", Attr::Shape(shape.clone()));
        let seen = self.graph.apply(&RESHAPE, shape, &[value]);
        self.graph.requirements.clear();
        seen.expect("the shape stage asserted that these shapes agree")
    }

    /// The leaf of a parameter that has that number in the role's numbering.
    fn leaf(&mut self, origin: Origin, role: Role, number: usize, shape: Shape) -> Value {
        self.graph.begin(origin);
        let kind = match role {
            Role::Trained | Role::Frozen => Kind::Parameter(number),
            Role::State => Kind::State(number),
        };
        self.graph.leaf(kind, shape)
    }

    fn layer(&mut self, number: usize, layer: &ShapedLayer, inputs: &[Value]) -> Value {
        let origin = Origin::of(&layer.name.label);
        let own: &[Numbered] = match self.parameters.of_member(number) {
            Some(Entry::Layer(entry)) => &entry.parameters,
            _ => &[],
        };
        let leaves = own.iter().map(|Numbered { number, role, row }| {
            (row.name, self.leaf(origin.with(row.name), *role, *number, row.shape.clone()))
        });
        let leaves: Vec<(&'static str, Value)> = leaves.collect();
        self.graph.begin(origin);
        let Level { graph, training, streams, .. } = self;
        let mut builder = Builder { graph, inputs, training: *training, parameters: &leaves, streams };
        let y = layer.layer.build(&mut builder, &layer.arguments);
        let y = y.expect("the shape stage built the same layer on the same shape");
        self.graph.give(y);
        y
    }

    fn repeat(&mut self, number: usize, repeat: &ShapedRepeat, x: Value) -> Value {
        let origin = Origin::of(&repeat.name.label);
        let entry = match self.parameters.of_member(number) {
            Some(Entry::Repeat(entry)) => Some(entry),
            _ => None,
        };
        let training = self.training;
        let one_run = || Rc::new(one_run(repeat, entry.map(|entry| &entry.inside), training));
        let block = self.blocks.entry(number).or_insert_with(one_run).clone();
        let mut inputs = vec![x];
        for leaf in &block.parameters {
            let (Some(entry), Kind::Parameter(inner)) = (entry, block.body.kind(*leaf)) else { continue };
            let shape = [std::slice::from_ref(&repeat.count), block.body.shape(*leaf)].concat();
            let word = block.body.origin(*leaf).to_string();
            let role = entry.inside.roles()[*inner];
            inputs.push(self.leaf(origin.with(&word), role, entry.first + inner, shape));
        }
        let call = Call::repeated(block, &repeat.name.label, repeat.count.clone(), self.streams.clone());
        self.streams += &call.streams();
        self.graph.begin(origin);
        self.graph.call(Rc::new(call), inputs)[0]
    }
}

/// One run of a `repeat`, which gives what the next one takes.
fn one_run(repeat: &ShapedRepeat, parameters: Option<&Parameters>, training: bool) -> Block {
    let none = Parameters::none();
    let mut level = Level::new(&repeat.body, parameters.unwrap_or(&none), training);
    level.input(0, "x", &repeat.carried);
    let mut outputs = level.run();
    outputs.iter_mut().for_each(|output| *output = level.seen_as(*output, &repeat.carried.shape));
    level.block(&repeat.name.label, outputs)
}
