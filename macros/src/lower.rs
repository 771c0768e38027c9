//! Shaped bodies to graphs of ops: one for training, one for prediction.
use crate::assertions::Assertion;
use crate::body::{Body, Callee, Statement};
use crate::lines::{self, Line};
use crate::parameters::{Entry, Numbered, Parameters, RepeatEntry};
use crate::resolve::Header;
use crate::role::Role;
use crate::shape::{Port, Shaped, ShapedGroup, ShapedLayer, ShapedMember, ShapedRepeat, Shared};
use crate::text::local;
use crate::uses;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Call, Graph, Kind, Origin, Value};
use plywood_kernels::layers::Builder;
use plywood_kernels::op::Op;
use plywood_kernels::ops::RESHAPE;
use plywood_kernels::ops::elementwise::Formula;
use plywood_kernels::shape::{Shape, Size};
use plywood_kernels::types::Type;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
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
    let called = uses::called(&body);
    let parameters = Parameters::of(&body, &called);
    let [training, prediction] = [true, false].map(|training| {
        let pass = Pass { training, called: &called, kinds: RefCell::default() };
        let mut level = Level::new(&pass);
        let several = inputs.len() > 1;
        let given = inputs.iter().enumerate().map(|(number, port)| {
            let name = port.name.as_ref().filter(|_| several).map(local);
            level.input(number, &name.unwrap_or_else(|| "x".into()), &port.ty)
        });
        let given = given.collect();
        let outputs = level.run(&mut Scope::new(&body, &parameters, String::new(), given));
        level.block("", outputs)
    });
    let lines = lines::lines(&body);
    Lowered { header, inputs, outputs, assertions, training, prediction, parameters, lines }
}

/// What all levels of a graph have in common.
struct Pass<'a> {
    training: bool,
    /// The kinds of groups that are functions of their own.
    called: &'a HashSet<String>,
    /// The blocks of these, and of repeats, as far as they are built.
    kinds: RefCell<HashMap<String, Rc<Block>>>,
}

impl Pass<'_> {
    /// The block of a kind, which is built once.
    fn kind(&self, kind: &str, build: impl FnOnce() -> Block) -> Rc<Block> {
        if let Some(block) = self.kinds.borrow().get(kind) {
            return block.clone();
        }
        let block = Rc::new(build());
        self.kinds.borrow_mut().insert(kind.to_string(), block.clone());
        block
    }
}

/// A block under construction: the network, one run of a `repeat`, or a group that is called.
struct Level<'a> {
    pass: &'a Pass<'a>,
    graph: Graph,
    streams: Size,
}

/// A body as part of a block: the network's, or that of a group within it.
struct Scope<'a> {
    body: &'a Body<ShapedMember>,
    parameters: &'a Parameters,
    /// What the labels of its members begin with.
    prefix: String,
    /// The value of each local.
    values: Vec<Value>,
    /// What each member was applied to first. Sizes that only the user's constants make equal have these names, wherever
    /// it is applied again.
    first: HashMap<usize, Vec<Shape>>,
}

impl<'a> Scope<'a> {
    fn new(
        body: &'a Body<ShapedMember>,
        parameters: &'a Parameters,
        prefix: String,
        values: Vec<Value>,
    ) -> Scope<'a> {
        Scope { body, parameters, prefix, values, first: HashMap::new() }
    }
    fn origin(&self, label: &str) -> Origin {
        Origin::of(&format!("{}{label}", self.prefix))
    }
}

impl<'a> Level<'a> {
    fn new(pass: &'a Pass<'a>) -> Level<'a> {
        Level { pass, graph: Graph::default(), streams: Size::known(0) }
    }

    fn input(&mut self, number: usize, name: &str, ty: &Type) -> Value {
        self.graph.begin(Origin::of(name));
        self.graph.leaf_of(Kind::Input(number), ty.clone())
    }

    /// What a body gives.
    fn run(&mut self, scope: &mut Scope) -> Vec<Value> {
        for Statement { callee, inputs, name, .. } in &scope.body.statements {
            let inputs: Vec<Value> = inputs.iter().map(|local| scope.values[local.0]).collect();
            let made = match callee {
                Callee::Op(op, attrs) => {
                    let word = name.as_deref().unwrap_or_else(|| called(*op, attrs));
                    self.op(scope.origin(word), *op, attrs, &inputs)
                }
                Callee::Member(number) => self.member(scope, *number, name.as_deref(), inputs),
            };
            // said where the shapes were checked
            self.graph.requirements.clear();
            scope.values.extend(made);
        }
        scope.body.results.iter().map(|local| scope.values[local.0]).collect()
    }

    /// All of it as a block of that name, with outputs of its own.
    fn block(mut self, name: &str, mut outputs: Vec<Value>) -> Block {
        own(&mut self.graph, outputs.iter_mut());
        Block::of(name, self.graph, outputs, self.streams)
    }

    fn op(&mut self, origin: Origin, op: &'static dyn Op, attrs: &Attrs, inputs: &[Value]) -> Vec<Value> {
        self.graph.begin(origin);
        let made = self.graph.apply_all(op, attrs.clone(), inputs);
        let made = made.expect("the shape stage applied the same op to the same shapes");
        if let [only] = made.as_slice() {
            self.graph.give(*only);
        }
        made
    }

    fn member(
        &mut self,
        scope: &mut Scope,
        number: usize,
        bound: Option<&str>,
        mut inputs: Vec<Value>,
    ) -> Vec<Value> {
        let member = &scope.body.members[number];
        let (ShapedMember::Layer(ShapedLayer { calls, .. })
        | ShapedMember::Repeat(ShapedRepeat { calls, .. })
        | ShapedMember::Group(ShapedGroup { calls, .. })) = member;
        if *calls > 1 {
            let shapes = || inputs.iter().map(|value| self.graph.shape(*value).clone()).collect();
            let first: Vec<Shape> = scope.first.entry(number).or_insert_with(shapes).clone();
            for (value, shape) in inputs.iter_mut().zip(&first) {
                *value = self.seen_as(*value, shape);
            }
        }
        match member {
            ShapedMember::Layer(layer) => vec![self.layer(scope, number, layer, bound, &inputs)],
            ShapedMember::Repeat(repeat) => vec![self.repeat(scope, number, repeat, inputs[0])],
            ShapedMember::Group(group) => self.group(scope, number, group, inputs),
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

    fn layer(
        &mut self,
        scope: &Scope,
        number: usize,
        layer: &ShapedLayer,
        bound: Option<&str>,
        inputs: &[Value],
    ) -> Value {
        let label = bound.filter(|_| layer.name.is_function()).unwrap_or(&layer.name.label);
        let origin = scope.origin(label);
        let own: &[Numbered] = match scope.parameters.of_member(number) {
            Some(Entry::Layer(entry)) => &entry.parameters,
            _ => &[],
        };
        let leaves = own.iter().map(|Numbered { number, role, row }| {
            (row.name, self.leaf(origin.with(row.name), *role, *number, row.shape.clone()))
        });
        let mut leaves: Vec<(&'static str, Value)> = leaves.collect();
        leaves
            .extend(layer.shared.iter().map(|shared| (shared.row.name, self.shared(scope, &origin, shared))));
        self.graph.begin(origin);
        let Level { pass, graph, streams } = self;
        let mut builder = Builder { graph, inputs, training: pass.training, parameters: &leaves, streams };
        let y = layer.layer.build(&mut builder, &layer.arguments);
        let y = y.expect("the shape stage built the same layer on the same shape");
        self.graph.give(y);
        y
    }

    /// A parameter that is another member's.
    fn shared(&mut self, scope: &Scope, origin: &Origin, shared: &Shared) -> Value {
        let Some(Entry::Layer(entry)) = scope.parameters.of_member(shared.member) else {
            unreachable!("the shape stage found the layer that has it")
        };
        let own = entry.parameters.iter().find(|own| own.row.name == shared.parameter);
        let Numbered { number, role, row } = own.expect("the shape stage found the parameter");
        let leaf = self.leaf(origin.with(shared.row.name), *role, *number, row.shape.clone());
        self.seen_as(leaf, &shared.row.shape)
    }

    /// What a block reads of the parameters of a member, behind what it is applied to.
    fn handed(&mut self, entry: Option<&RepeatEntry>, block: &Block, origin: &Origin) -> Vec<Value> {
        let Some(entry) = entry else { return vec![] };
        let leaf = |leaf: &Value| {
            let Kind::Parameter(inner) = block.body.kind(*leaf) else { return None };
            let one = block.body.shape(*leaf);
            let shape = match &entry.count {
                Some(count) => [std::slice::from_ref(count), one].concat(),
                None => one.clone(),
            };
            let word = block.body.origin(*leaf).to_string();
            let role = entry.inside.roles()[*inner];
            Some(self.leaf(origin.with(&word), role, entry.first + inner, shape))
        };
        block.parameters.iter().filter_map(leaf).collect()
    }

    fn repeat(&mut self, scope: &Scope, number: usize, repeat: &ShapedRepeat, x: Value) -> Value {
        let origin = scope.origin(&repeat.name.label);
        let entry = used(scope.parameters, number);
        let block =
            self.pass.kind(&repeat.kind, || one_run(repeat, entry.map(|entry| &entry.inside), self.pass));
        let mut inputs = vec![x];
        inputs.extend(self.handed(entry, &block, &origin));
        let name = format!("{}{}", scope.prefix, repeat.name.label);
        let call = Call::repeated(block, &name, repeat.count.clone(), self.streams.clone());
        self.streams += &call.streams();
        self.graph.begin(origin);
        self.graph.call(Rc::new(call), inputs)[0]
    }

    /// A group as part of what is around it, or as a call.
    fn group(&mut self, scope: &Scope, number: usize, group: &ShapedGroup, inputs: Vec<Value>) -> Vec<Value> {
        let label = format!("{}{}", scope.prefix, group.name.label);
        if !self.pass.called.contains(&group.kind) {
            let none = Parameters::none();
            let parameters = match scope.parameters.of_member(number) {
                Some(Entry::Group(entry)) => &entry.inside,
                _ => &none,
            };
            return self.run(&mut Scope::new(&group.body, parameters, format!("{label}_"), inputs));
        }
        let entry = used(scope.parameters, number);
        let block =
            self.pass.kind(&group.kind, || one_use(group, entry.map(|entry| &entry.inside), self.pass));
        let origin = Origin::of(&label);
        let inputs = [inputs, self.handed(entry, &block, &origin)].concat();
        let call = Call::once(block, &label, self.streams.clone());
        self.streams += &call.streams();
        self.graph.begin(origin);
        self.graph.call(Rc::new(call), inputs)
    }
}

/// What an op's value is called for lack of a name.
fn called<'a>(op: &'static dyn Op, attrs: &'a Attrs) -> &'a str {
    if op.name() == Formula.name() { attrs.name("name") } else { op.name() }
}

/// The parameters of a member that is a block.
fn used(parameters: &Parameters, member: usize) -> Option<&RepeatEntry> {
    match parameters.of_member(member) {
        Some(Entry::Repeat(entry)) => Some(entry),
        _ => None,
    }
}

/// One run of a `repeat`, which gives what the next one takes.
fn one_run(repeat: &ShapedRepeat, parameters: Option<&Parameters>, pass: &Pass) -> Block {
    let none = Parameters::none();
    let mut level = Level::new(pass);
    let x = level.input(0, "x", &repeat.carried);
    let parameters = parameters.unwrap_or(&none);
    let mut outputs = level.run(&mut Scope::new(&repeat.body, parameters, String::new(), vec![x]));
    outputs.iter_mut().for_each(|output| *output = level.seen_as(*output, &repeat.carried.shape));
    level.block(&repeat.kind, outputs)
}

/// A group that is called.
fn one_use(group: &ShapedGroup, parameters: Option<&Parameters>, pass: &Pass) -> Block {
    let none = Parameters::none();
    let mut level = Level::new(pass);
    let several = group.inputs.len() > 1;
    let given = group.inputs.iter().enumerate().map(|(number, ty)| {
        let name = if several { format!("x_{number}") } else { "x".into() };
        level.input(number, &name, ty)
    });
    let given = given.collect();
    let parameters = parameters.unwrap_or(&none);
    let outputs = level.run(&mut Scope::new(&group.body, parameters, String::new(), given));
    level.block(&group.kind, outputs)
}
