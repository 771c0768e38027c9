//! Runs the shape rules of the book along the layers. The only place that words a [`Mismatch`].
use crate::diagnostics::Diagnostics;
use crate::resolve::{Header, Name, Resolved, ResolvedItem, ResolvedLayer, ResolvedRepeat};
use plywood_kernels::check::flops;
use plywood_kernels::graph::{Graph, Kind};
use plywood_kernels::layers::{Arguments, Builder, Layer, Parameter};
use plywood_kernels::shape::{Deferred, Mismatch, Relation, Requirements, Shape, Size, display};
use proc_macro2::Span;

/// A declaration whose shapes agree.
pub struct Shaped {
    /// What stands before the layers.
    pub header: Header,
    /// Shape of the input, batch first.
    pub input: Shape,
    /// Shape of the output, batch first.
    pub output: Shape,
    /// The layers.
    pub items: Vec<ShapedItem>,
    /// What is left to assert, since only the user's constants decide it.
    pub assertions: Vec<Assertion>,
}

/// A layer or a block of them.
pub enum ShapedItem {
    /// One layer.
    Layer(ShapedLayer),
    /// A block.
    Repeat(ShapedRepeat),
}

/// A layer with its shapes.
pub struct ShapedLayer {
    /// Its names.
    pub name: Name,
    /// Its row.
    pub layer: &'static dyn Layer,
    /// Its arguments.
    pub arguments: Arguments,
    /// What comes out.
    pub output: Shape,
    /// What it learns.
    pub parameters: Vec<Parameter>,
    /// The layer with its inferred sizes.
    pub description: String,
    /// Operations for one sample.
    pub flops: Size,
}

/// A block with its shape.
pub struct ShapedRepeat {
    /// Its names.
    pub name: Name,
    /// How often it runs.
    pub count: Size,
    /// What goes in and comes out of every iteration.
    pub shape: Shape,
    /// One iteration.
    pub items: Vec<ShapedItem>,
}

/// A relation between sizes that holds for the right constants only.
pub struct Assertion {
    /// How they must relate.
    pub relation: Relation,
    /// What was wanted.
    pub left: Size,
    /// What there is.
    pub right: Size,
    /// The message, up to the wanted number: ``expected `fc2` to receive``.
    pub subject: String,
    /// What is counted.
    pub what: &'static str,
    /// Where it came from: `` from `fc1` ``.
    pub origin: String,
    /// The user's token.
    pub span: Span,
}

/// Checks every shape; after a mistake the following layers are not judged, as their input is not known.
pub fn shape(resolved: Resolved, diagnostics: &mut Diagnostics) -> Option<Shaped> {
    let Resolved { header, input, output, output_span, items } = resolved;
    let mut stage = Stage { diagnostics, assertions: vec![] };
    let start = Current { shape: input.clone(), from: "the input".into() };
    let (items, end) = stage.items(items, start)?;
    stage.agree(&output, &end, output_span, "the declared output is", "but the layers give", &end_help(&output, &end.shape));
    let assertions = stage.assertions;
    Some(Shaped { header, input, output, items, assertions })
}

/// The value between two layers.
struct Current {
    shape: Shape,
    from: String,
}

struct Stage<'a> {
    diagnostics: &'a mut Diagnostics,
    assertions: Vec<Assertion>,
}

fn end_help(declared: &Shape, given: &Shape) -> String {
    if given.len() > declared.len() {
        "a `Flatten` makes all axes of a sample one".into()
    } else {
        format!("declare the output as `{}`, or change the last layer", display(given))
    }
}

impl Stage<'_> {
    fn items(&mut self, items: Vec<ResolvedItem>, mut current: Current) -> Option<(Vec<ShapedItem>, Current)> {
        let mut shaped = vec![];
        for item in items {
            let (item, shape, from) = match item {
                ResolvedItem::Layer(layer) => {
                    let layer = self.layer(layer, &current)?;
                    let (shape, from) = (layer.output.clone(), called(&layer.name, layer.layer.name()));
                    (ShapedItem::Layer(layer), shape, from)
                }
                ResolvedItem::Repeat(repeat) => {
                    let repeat = self.repeat(repeat, &current)?;
                    let (shape, from) = (repeat.shape.clone(), called(&repeat.name, "repeat"));
                    (ShapedItem::Repeat(repeat), shape, from)
                }
            };
            shaped.push(item);
            current = Current { shape, from };
        }
        Some((shaped, current))
    }

    fn repeat(&mut self, repeat: ResolvedRepeat, current: &Current) -> Option<ShapedRepeat> {
        let ResolvedRepeat { name, count, items, span } = repeat;
        let start = Current { shape: current.shape.clone(), from: current.from.clone() };
        let (items, end) = self.items(items, start)?;
        let help = "every iteration runs on the result of the one before: let the last layer give the shape that goes in";
        let agreed = self.agree(&current.shape, &end, span, "a repeated block receives", "but hands on", help);
        agreed.then(|| ShapedRepeat { name, count, shape: current.shape.clone(), items })
    }

    /// Whether the value at hand has the shape that is wanted there.
    fn agree(&mut self, wanted: &Shape, end: &Current, span: Span, wants: &str, gives: &str, help: &str) -> bool {
        let mut require = Requirements::default();
        let ranks = wanted.len() == end.shape.len();
        let sizes = |(a, b): (&Size, &Size)| require.require_eq(0, "", a, b).is_ok();
        // every axis is looked at, so that every symbol is asserted
        let agree = ranks && wanted.iter().zip(&end.shape).map(sizes).fold(true, |all, one| all & one);
        if !agree {
            let (wanted, given) = (display(wanted), display(&end.shape));
            let what = format!("{wants} `{wanted}`, {gives} `{given}`, from {}", end.from);
            self.diagnostics.error(span, what, help);
        }
        for deferred in require.deferred {
            self.assert(deferred, format!("{wants} `{}`, along one axis", display(wanted)), end.from.clone(), span);
        }
        agree
    }

    fn assert(&mut self, deferred: Deferred, subject: String, from: String, span: Span) {
        let Deferred { relation, left, right, what } = deferred;
        self.assertions.push(Assertion { relation, left, right, subject, what, origin: format!(" from {from}"), span });
    }

    fn layer(&mut self, layer: ResolvedLayer, current: &Current) -> Option<ShapedLayer> {
        let ResolvedLayer { name, layer, arguments, places, span } = layer;
        let subject = called(&name, layer.name());
        let mut require = Requirements::default();
        let parameters = layer.parameters(&current.shape, &arguments, &mut require);
        // a mismatch that an argument causes is shown at the argument
        let at = places.iter().find(|(name, _)| *name == "in_features").map_or(span, |(_, span)| *span);
        let parameters = self.accept(parameters, &subject, layer, current, at)?;
        let mut graph = Graph::default();
        let x = graph.leaf(Kind::Input(0), current.shape.clone());
        let values: Vec<_> = parameters
            .iter()
            .enumerate()
            .map(|(i, p)| (p.name, graph.leaf(Kind::Parameter(i), p.shape.clone())))
            .collect();
        let mut builder = Builder { graph: &mut graph, training: false, parameters: &values, streams: &mut 0 };
        let built = layer.build(&mut builder, x, &arguments);
        let y = self.accept(built, &subject, layer, current, span)?;
        let deferred = require.deferred.into_iter().chain(std::mem::take(&mut graph.requirements));
        for deferred in deferred {
            self.assert(deferred, format!("expected {subject} to receive"), current.from.clone(), at);
        }
        let cost = flops(&graph, &[y]).per_sample().map_or(Size::known(0), |(per_sample, _)| per_sample);
        let output = graph.shape(y).clone();
        let description = layer.describe(&current.shape, &arguments);
        Some(ShapedLayer { name, layer, arguments, output, parameters, description, flops: cost })
    }

    fn accept<T>(&mut self, result: Result<T, Mismatch>, subject: &str, layer: &dyn Layer, current: &Current, span: Span) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Mismatch { what, expected, found, .. }) => {
                let from = &current.from;
                let text = format!("expected {subject} to receive {expected} {what}, found {found} from {from}");
                let help = format!("{} receives `{}` here: {}", layer.name(), display(&current.shape), layer.doc());
                self.diagnostics.error(span, text, help);
                None
            }
        }
    }
}

/// `` `fc1` ``, or `` `Relu` `` for a layer without a name.
fn called(name: &Name, word: &str) -> String {
    if name.declared { format!("`{}`", name.key) } else { format!("`{word}`") }
}
