//! Shaped layers to graphs of ops: one for training, one for prediction.
use crate::resolve::{Header, Name};
use crate::shape::{Assertion, Shaped, ShapedItem, ShapedLayer, ShapedRepeat};
use plywood_kernels::attrs::{Attr, Attrs};
use plywood_kernels::compiler::{Forward, own_value};
use plywood_kernels::graph::{Graph, Kind, Region, Value};
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
    pub training: Forward,
    /// Forward as prediction runs it.
    pub prediction: Forward,
    /// The parameters as they lie in the block; leaf `i` of a graph is the `i`-th of its level.
    pub entries: Vec<Entry>,
    /// The lines of the table that `Display` prints.
    pub lines: Vec<Line>,
}

/// Parameters that belong together.
pub enum Entry {
    /// Those of a layer.
    Layer(LayerEntry),
    /// Those of a block, once per iteration.
    Repeat(RepeatEntry),
}

/// A layer's parameters.
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
pub struct RepeatEntry {
    /// The block's names.
    pub name: Name,
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

fn forward(items: &[ShapedItem], input: &Shape, training: bool) -> Forward {
    let mut graph = Graph::default();
    graph.label = "x".into();
    let x = graph.leaf(Kind::Input(0), input.clone());
    let mut level = Level { graph, training, leaves: 0, streams: Size::known(0) };
    let output = level.items(items, x);
    let output = own_value(&mut level.graph, output);
    Forward { graph: level.graph, output }
}

/// A graph under construction: the network's, or one iteration of a block's.
struct Level {
    graph: Graph,
    training: bool,
    leaves: usize,
    streams: Size,
}

impl Level {
    fn items(&mut self, items: &[ShapedItem], x: Value) -> Value {
        items.iter().fold(x, |x, item| match item {
            ShapedItem::Layer(layer) => self.layer(layer, x),
            ShapedItem::Repeat(repeat) => self.repeat(repeat, x),
        })
    }

    fn leaf(&mut self, shape: Shape) -> Value {
        self.leaves += 1;
        self.graph.leaf(Kind::Parameter(self.leaves - 1), shape)
    }

    fn layer(&mut self, layer: &ShapedLayer, x: Value) -> Value {
        self.graph.label = layer.name.label.clone();
        let parameters: Vec<_> =
            layer.parameters.iter().map(|p| (p.name, self.leaf(p.shape.clone()))).collect();
        let Level { graph, training, streams, .. } = self;
        let mut builder = Builder { graph, training: *training, parameters: &parameters, streams };
        let y = layer.layer.build(&mut builder, x, &layer.arguments);
        // said where the shapes were checked
        self.graph.requirements.clear();
        y.expect("the shape stage built the same layer on the same shape")
    }

    fn repeat(&mut self, repeat: &ShapedRepeat, x: Value) -> Value {
        let mut body =
            Level { graph: Graph::default(), training: self.training, leaves: 0, streams: Size::known(0) };
        body.graph.label = "x".into();
        let input = body.graph.leaf(Kind::Input(0), repeat.shape.clone());
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
        let output = own_value(&mut body.graph, output);
        self.graph.label = repeat.name.label.clone();
        let mut inputs = vec![x];
        for leaf in 0..body.leaves {
            let one = body.graph.nodes().iter().find(|n| matches!(n.kind, Kind::Parameter(i) if i == leaf));
            let shape = one.map(|n| n.shape.clone()).unwrap_or_default();
            inputs.push(self.leaf([std::slice::from_ref(&repeat.count), shape.as_slice()].concat()));
        }
        let region = Region {
            name: repeat.name.label.clone(),
            count: repeat.count.clone(),
            output,
            gradients: vec![],
            streams: body.streams,
            first_stream: self.streams.clone(),
            body: body.graph,
        };
        self.streams = &self.streams + &(&region.streams * &region.count);
        self.graph.push(Kind::Repeat(Rc::new(region), inputs), repeat.shape.clone())
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
            (!entries.is_empty()).then_some(Entry::Repeat(RepeatEntry { name, count, entries }))
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
