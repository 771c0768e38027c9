//! Shaped layers to graphs of ops: one for training, one for prediction.
use crate::resolve::{Header, Name};
use crate::shape::{Shaped, ShapedItem, ShapedLayer, ShapedRepeat};
use crate::sizes::Assertion;
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Call, Graph, Kind, Origin, Value};
use plywood_kernels::layers::{Builder, Layer, Parameter};
use plywood_kernels::ops::RESHAPE;
use plywood_kernels::shape::{Shape, Size};
use std::rc::Rc;

/// A network as graphs.
pub struct Lowered {
    /// What stands before the layers.
    pub header: Header,
    /// Shape of the input, batch first.
    pub input: Shape,
    /// Shape of the output, batch first.
    pub output: Shape,
    /// What is left to assert.
    pub assertions: Vec<Assertion>,
    /// Forward as training runs it.
    pub training: Block,
    /// Forward as prediction runs it.
    pub prediction: Block,
    /// The parameters as they lie in the block; leaf `i` of a graph is the `i`-th of its level.
    pub entries: Vec<Entry>,
    /// The lines of the table that `Display` prints.
    pub lines: Vec<Line>,
}

/// Parameters that belong together.
#[derive(Clone)]
pub enum Entry {
    /// Those of a layer.
    Layer(LayerEntry),
    /// Those of a block, once per iteration.
    Repeat(RepeatEntry),
}

/// A layer's parameters.
#[derive(Clone)]
pub struct LayerEntry {
    /// The layer's names.
    pub name: Name,
    /// Its row, which knows what other parameters it could have had.
    pub layer: &'static dyn Layer,
    /// The layer with its inferred sizes.
    pub description: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Whether training leaves them as they are.
    pub frozen: bool,
}

/// A block's parameters.
#[derive(Clone)]
pub struct RepeatEntry {
    /// The block's names.
    pub name: Name,
    /// What the block's functions are called: uses of one block have one layout.
    pub kind: String,
    /// How often it runs.
    pub count: Size,
    /// One iteration's.
    pub entries: Vec<Entry>,
}

/// One line of the table of layers.
pub struct Line {
    /// Declared name or position.
    pub name: String,
    /// The layer with its inferred sizes.
    pub layer: String,
    /// What comes out, batch first.
    pub output: Shape,
    /// Numbers in its parameters, one iteration.
    pub parameters: Size,
    /// Operations for one sample, one iteration.
    pub flops: Size,
    /// How many blocks it is in.
    pub depth: usize,
    /// How often it runs.
    pub times: Size,
}

impl Entry {
    /// How many numbers of it are frozen, or are not.
    pub fn len(&self, frozen: bool) -> Size {
        match self {
            Entry::Layer(layer) if layer.frozen != frozen => Size::known(0),
            Entry::Layer(layer) => {
                layer.parameters.iter().fold(Size::known(0), |sum, p| &sum + &product(&p.shape))
            }
            Entry::Repeat(repeat) => &repeat.count * &total(&repeat.entries, frozen),
        }
    }
}
/// How many numbers of several entries are frozen, or are not.
pub fn total(entries: &[Entry], frozen: bool) -> Size {
    entries.iter().fold(Size::known(0), |sum, entry| &sum + &entry.len(frozen))
}
/// Whether each parameter leaf of a graph is frozen.
pub fn frozen(entries: &[Entry]) -> Vec<bool> {
    let of = |entry: &Entry| match entry {
        Entry::Layer(layer) => vec![layer.frozen; layer.parameters.len()],
        Entry::Repeat(repeat) => frozen(&repeat.entries),
    };
    entries.iter().flat_map(of).collect()
}
fn product(shape: &Shape) -> Size {
    plywood_kernels::shape::elements(shape)
}

/// Builds both graphs.
pub fn lower(shaped: Shaped) -> Lowered {
    let Shaped { header, input, output, items, assertions } = shaped;
    let training = forward(&items, &input, true);
    let prediction = forward(&items, &input, false);
    let mut lines = vec![];
    table(&items, 0, &Size::known(1), &mut lines);
    let entries = entries(items);
    Lowered { header, input, output, assertions, training, prediction, entries, lines }
}

fn forward(items: &[ShapedItem], input: &Shape, training: bool) -> Block {
    let mut level = Level::new(training);
    let x = level.input(input);
    let output = level.items(items, x);
    level.block("", output)
}

/// A block under construction: the network, or one iteration of a `repeat`.
struct Level {
    graph: Graph,
    training: bool,
    parameters: usize,
    streams: Size,
}

impl Level {
    fn new(training: bool) -> Level {
        Level { graph: Graph::default(), training, parameters: 0, streams: Size::known(0) }
    }

    fn input(&mut self, shape: &Shape) -> Value {
        self.graph.begin(Origin::of("x"));
        self.graph.leaf(Kind::Input(0), shape.clone())
    }

    /// All of it, with an output of its own.
    fn block(mut self, name: &str, output: Value) -> Block {
        let mut outputs = vec![output];
        own(&mut self.graph, outputs.iter_mut());
        Block::of(name, self.graph, outputs, self.streams)
    }

    fn items(&mut self, items: &[ShapedItem], x: Value) -> Value {
        items.iter().fold(x, |x, item| match item {
            ShapedItem::Layer(layer) => self.layer(layer, x),
            ShapedItem::Repeat(repeat) => self.repeat(repeat, x),
        })
    }

    /// The next parameter, called so within what was begun.
    fn leaf(&mut self, layer: &Origin, name: &str, shape: Shape) -> Value {
        self.graph.begin(layer.with(name));
        self.parameters += 1;
        self.graph.leaf(Kind::Parameter(self.parameters - 1), shape)
    }

    fn layer(&mut self, layer: &ShapedLayer, x: Value) -> Value {
        let origin = Origin::of(&layer.name.label);
        let parameters: Vec<_> =
            layer.parameters.iter().map(|p| (p.name, self.leaf(&origin, p.name, p.shape.clone()))).collect();
        self.graph.begin(origin);
        let Level { graph, training, streams, .. } = self;
        let mut builder =
            Builder { graph, inputs: &[x], training: *training, parameters: &parameters, streams };
        let y = layer.layer.build(&mut builder, &layer.arguments);
        // said where the shapes were checked
        self.graph.requirements.clear();
        let y = y.expect("the shape stage built the same layer on the same shape");
        self.graph.give(y);
        y
    }

    fn repeat(&mut self, repeat: &ShapedRepeat, x: Value) -> Value {
        let mut body = Level::new(self.training);
        let input = body.input(&repeat.shape);
        let mut output = body.items(&repeat.items, input);
        if *body.graph.shape(output) != repeat.shape {
            // equal by an assertion on the user's constants: from here on both have one name
            let shape = Attrs::NONE.with("shape", Attr::Shape(repeat.shape.clone()));
            output = body
                .graph
                .apply(&RESHAPE, shape, &[output])
                .expect("the shape stage asserted that these shapes agree");
            body.graph.requirements.clear();
        }
        let block = Rc::new(body.block(&repeat.name.label, output));
        let origin = Origin::of(&repeat.name.label);
        let mut inputs = vec![x];
        for leaf in &block.parameters {
            let shape = [std::slice::from_ref(&repeat.count), block.body.shape(*leaf)].concat();
            inputs.push(self.leaf(&origin, &block.body.origin(*leaf).to_string(), shape));
        }
        let call = Call::repeated(block, &repeat.name.label, repeat.count.clone(), self.streams.clone());
        self.streams = &self.streams + &call.streams();
        self.graph.begin(origin);
        self.graph.call(Rc::new(call), inputs)[0]
    }
}

/// The parameters of some layers.
pub fn entries(items: Vec<ShapedItem>) -> Vec<Entry> {
    let entry = |item| match item {
        ShapedItem::Layer(ShapedLayer { name, layer, description, parameters, frozen, .. }) => {
            let entry = LayerEntry { name, layer, description, parameters, frozen };
            (!entry.parameters.is_empty()).then_some(Entry::Layer(entry))
        }
        ShapedItem::Repeat(ShapedRepeat { name, count, items, .. }) => {
            let entries = entries(items);
            let kind = name.label.clone();
            (!entries.is_empty()).then_some(Entry::Repeat(RepeatEntry { name, kind, count, entries }))
        }
    };
    items.into_iter().filter_map(entry).collect()
}

fn table(items: &[ShapedItem], depth: usize, times: &Size, lines: &mut Vec<Line>) {
    for item in items {
        match item {
            ShapedItem::Layer(layer) => lines.push(Line {
                name: layer.name.key.clone(),
                layer: format!("{}{}", layer.description, if layer.frozen { ", frozen" } else { "" }),
                output: layer.output.clone(),
                parameters: layer.parameters.iter().fold(Size::known(0), |sum, p| &sum + &product(&p.shape)),
                flops: layer.flops.clone(),
                depth,
                times: times.clone(),
            }),
            ShapedItem::Repeat(repeat) => {
                lines.push(Line {
                    name: repeat.name.key.clone(),
                    layer: format!("repeat {}", repeat.count),
                    output: repeat.shape.clone(),
                    parameters: Size::known(0),
                    flops: Size::known(0),
                    depth,
                    times: times.clone(),
                });
                table(&repeat.items, depth + 1, &(times * &repeat.count), lines);
            }
        }
    }
}
