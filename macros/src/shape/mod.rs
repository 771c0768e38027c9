//! Runs the shape rules of the book along the layers. The only place that words a [`Mismatch`].
mod begin;

use crate::diagnostics::Diagnostics;
use crate::resolve::{Header, Name, Resolved, ResolvedItem, ResolvedLayer, ResolvedRepeat, UnknownLayer};
use crate::sizes::{Assertion, Placeholder, fits, numbers};
use plywood_kernels::check::flops;
use plywood_kernels::graph::{Graph, Kind, Value};
use plywood_kernels::layers::{
    self, Argument, ArgumentKind, Arguments, Builder, Default, Given, Layer, Parameter,
};
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

/// What is known of a declaration that has a mistake.
pub struct Sketch {
    /// What stands before the layers.
    pub header: Header,
    /// Shape of the input, batch first, if it is known.
    pub input: Option<Shape>,
    /// Shape of the output, likewise.
    pub output: Option<Shape>,
    /// The layers; what stands for an unknown one has parameters of any shape.
    pub items: Vec<ShapedItem>,
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
    /// Whether training leaves its parameters as they are.
    pub frozen: bool,
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

/// Checks every shape. After a mistake, here or before, the next layers are judged by what is known all the same.
pub fn shape(resolved: Resolved, diagnostics: &mut Diagnostics) -> Result<Shaped, Box<Sketch>> {
    let Resolved { header, input, output, output_span, items, assertions, unknown } = resolved;
    let mut stage = Stage { diagnostics, assertions, unknown, wide: None };
    let start = Current { shape: input.clone(), from: "the input".into() };
    let ports = [(&input, "a size of the input"), (&output, "a size of the output")];
    for (size, port) in ports.iter().flat_map(|(shape, what)| shape.iter().flatten().map(move |s| (s, *what)))
    {
        stage.positive(size, port, output_span);
    }
    let (items, end) = stage.items(items, start);
    if let (Some(output), Some(shape)) = (&output, &end.shape) {
        let help = stage.end_help(output, shape);
        let text = ("the declared output is", "but the layers give");
        stage.agree(output, shape, &end.from, output_span, text, &help);
    }
    // a mistake that nobody said must not become code
    let (assertions, guessed) = (stage.assertions, stage.unknown.stands_in());
    match (input, output) {
        (Some(input), Some(output)) if diagnostics.is_empty() && !guessed => {
            Ok(Shaped { header, input, output, items, assertions })
        }
        (input, output) => Err(Box::new(Sketch { header, input, output, items })),
    }
}

/// The value between two layers.
struct Current {
    /// Nothing where it is not known, which has been said.
    shape: Option<Shape>,
    from: String,
}

struct Stage<'a> {
    diagnostics: &'a mut Diagnostics,
    assertions: Vec<Assertion>,
    unknown: Placeholder,
    /// The first layer with parameters that works on the last of several axes.
    wide: Option<String>,
}

impl Stage<'_> {
    fn items(&mut self, items: Vec<ResolvedItem>, mut current: Current) -> (Vec<ShapedItem>, Current) {
        let mut shaped = vec![];
        for item in items {
            let (item, next) = match item {
                ResolvedItem::Layer(layer) => {
                    let from = called(&layer.name, layer.layer.name());
                    let (layer, shape) = self.layer(layer, &current);
                    (ShapedItem::Layer(layer), Current { shape, from })
                }
                ResolvedItem::Repeat(repeat) => {
                    let from = called(&repeat.name, "repeat");
                    let (repeat, shape) = self.repeat(repeat, &current);
                    (ShapedItem::Repeat(repeat), Current { shape, from })
                }
                ResolvedItem::Unknown(UnknownLayer { name, guess }) => {
                    let item = self.unknown(name, guess, current.shape);
                    (ShapedItem::Layer(item), Current { shape: None, from: String::new() })
                }
            };
            shaped.push(item);
            current = next;
        }
        (shaped, current)
    }

    fn repeat(&mut self, repeat: ResolvedRepeat, current: &Current) -> (ShapedRepeat, Option<Shape>) {
        let ResolvedRepeat { name, count, items, span } = repeat;
        self.positive(&count, &format!("the count of {}", called(&name, "repeat")), span);
        let start = Current { shape: current.shape.clone(), from: current.from.clone() };
        let (items, end) = self.items(items, start);
        let mut agreed = false;
        if let (Some(wanted), Some(given)) = (&current.shape, &end.shape) {
            let help = format!(
                "every iteration runs on the result of the one before: let {} give `{}`",
                end.from,
                display(wanted)
            );
            let text = ("a repeated block receives", "but hands on");
            agreed = self.agree(wanted, given, &end.from, span, text, &help);
        }
        if !fits(count.least() * total(&items)) {
            let what = format!("{} has more numbers than fit a machine", called(&name, "repeat"));
            self.diagnostics.error(span, what, "repeat it less often, or take fewer features");
        }
        let shape = current.shape.clone().or(end.shape.clone()).unwrap_or_default();
        // what only constants decide is asserted, and taken for true; else the last iteration's layers say what comes out
        let output = if agreed { current.shape.clone() } else { end.shape };
        (ShapedRepeat { name, count, shape, items }, output)
    }

    /// What to do if the layers do not give the output that is declared.
    fn end_help(&self, declared: &Shape, given: &Shape) -> String {
        match &self.wide {
            Some(layer) if given.len() > declared.len() => {
                format!(
                    "{layer} works on the last axis alone: a `Flatten` before it makes all axes of a sample one"
                )
            }
            _ if given.len() > declared.len() => "a `Flatten` makes all axes of a sample one".into(),
            _ => format!("declare the output as `{}`, or change the last layer", display(given)),
        }
    }

    /// Whether the value at hand has the shape that is wanted there; if not, that is said.
    fn agree(
        &mut self,
        wanted: &Shape,
        given: &Shape,
        from: &str,
        span: Span,
        (wants, gives): (&str, &str),
        help: &str,
    ) -> bool {
        const AXES: [&str; 4] =
            ["along its first axis", "along its second axis", "along its third axis", "along an axis"];
        let mut require = Requirements::default();
        let (ranks, ranks_of) = (wanted.len() == given.len(), (wanted.len(), given.len()));
        // every axis is looked at, so that every symbol is asserted; the batch is nobody's
        let mut agree = ranks;
        for (axis, (a, b)) in wanted.iter().zip(given).enumerate().filter(|_| ranks) {
            agree &= require.require_eq(0, AXES[axis.saturating_sub(1).min(3)], a, b).is_ok();
        }
        let (wanted, given) = (display(wanted), display(given));
        if !ranks {
            let axes = |shape: &str, rank: usize| {
                format!("`{shape}`, of {} ax{}s", rank - 1, if rank == 2 { "i" } else { "e" })
            };
            let (wanted, given) = (axes(&wanted, ranks_of.0), axes(&given, ranks_of.1));
            self.diagnostics.error(span, format!("{wants} {wanted}, {gives} {given}, from {from}"), help);
        } else if !agree {
            let what = format!("{wants} `{wanted}`, {gives} `{given}`, from {from}");
            self.diagnostics.error(span, what, help);
        }
        for deferred in require.deferred {
            self.assert(deferred, format!("{wants} `{wanted}`, expected"), from, span, help);
        }
        agree
    }

    fn assert(&mut self, deferred: Deferred, subject: String, from: &str, span: Span, help: &str) {
        let Deferred { relation, left, right, what, .. } = deferred;
        let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}") };
        let origin = format!(" from {from}{help}");
        self.assertions.push(Assertion { relation, left, right, subject, what, origin, span });
    }

    /// Asserts that a size that constants decide is at least 1; known ones were judged where they were read.
    fn positive(&mut self, size: &Size, what: &str, span: Span) {
        let implies = |a: &Assertion| {
            a.relation == Relation::AtMost && a.right == *size && a.left.as_known().is_some_and(|n| n > 0)
        };
        let asserted = self.assertions.iter().any(implies);
        if !size.has_symbol() || self.unknown.is(size) || asserted {
            return;
        }
        // the one demand that keeps this difference from falling below 0 is made stronger: both would fail together
        let mut demands = self.assertions.iter_mut().filter(|a| &(&a.right - &a.left) == size);
        if let (Some(demand), None) = (demands.next(), demands.next())
            && demand.relation == Relation::AtMost
        {
            demand.left = &demand.left + &Size::known(1);
            return;
        }
        let (left, right, subject) = (Size::known(1), size.clone(), format!("expected {what} to be"));
        self.assertions.push(Assertion {
            relation: Relation::AtMost,
            left,
            right,
            subject,
            what: "",
            origin: String::new(),
            span,
        });
    }

    /// A layer on the value at hand, and what it gives, if that is known.
    fn layer(&mut self, layer: ResolvedLayer, current: &Current) -> (ShapedLayer, Option<Shape>) {
        let ResolvedLayer { name, layer, arguments, places, inits, frozen, span } = layer;
        let Some(input) = &current.shape else {
            return (self.stand_in(name, layer, arguments, None), None);
        };
        let subject = called(&name, layer.name());
        let place = |argument: &str| places.iter().find(|(name, _)| *name == argument).map(|(_, span)| *span);
        for (argument, given) in &arguments.0 {
            let row = layer.arguments().iter().find(|row| row.name == *argument);
            let at = place(argument).unwrap_or(span);
            for size in given.sizes().iter().filter(|_| row.is_some_and(refuses_nothing)) {
                self.positive(size, &format!("{} of {subject}", part(argument, given)), at);
            }
        }
        // a mismatch that an argument causes is shown at the argument
        let written = |argument: Option<&'static str>| argument.and_then(|a| Some((a, place(a)?)));
        let on = match build(&name, layer, &arguments, input) {
            Ok(on) => on,
            Err(Mismatch { what, expected, found, argument, .. }) => {
                let argument = written(argument);
                let at = argument.map_or(span, |(_, span)| span);
                let one = expected == "1" || expected.ends_with(" 1");
                let what = if one && what == "axes" { "axis" } else { what };
                let text = match argument {
                    Some((argument, _)) if what.is_empty() => {
                        format!("expected `{argument}` of {subject} to be {expected}, found {found}")
                    }
                    _ => format!(
                        "expected {subject} to receive {expected} {what}, found {found} from {}",
                        current.from
                    ),
                };
                let help = match argument {
                    Some((argument, _)) => about(layer, argument, what, &found, input),
                    None if input.len() == 1 => "declare an input of one number as `[1]`".into(),
                    None => {
                        let is_a = if name.declared {
                            format!(" is a `{}`, which", layer.name())
                        } else {
                            String::new()
                        };
                        format!("{subject}{is_a} receives `{}` here: {}", display(input), layer.doc())
                    }
                };
                self.diagnostics.error(at, text, help);
                // where only the last axis was wrong, what comes out is known
                let mut likely = input.clone();
                let last = likely.len() - 1;
                if last > 0 {
                    likely[last] = self.unknown.stand_in();
                    if let Ok(OnInput { layer, .. }) = build(&name, layer, &arguments, &likely) {
                        let output = layer.output.clone();
                        return (layer, Some(output));
                    }
                }
                return (self.stand_in(name, layer, arguments, None), None);
            }
        };
        for deferred in on.deferred {
            let argument = written(deferred.argument);
            let inferred = argument.filter(|(argument, _)| is_inferred(layer, argument));
            let help = inferred
                .map_or(String::new(), |(argument, _)| format!("`{argument}` is inferred: leave it out"));
            let at = argument.map_or(span, |(_, span)| span);
            self.assert(deferred, format!("expected {subject} to receive"), &current.from, at, &help);
        }
        let mut layer = on.layer;
        layer.frozen = frozen;
        self.begin(&mut layer, &subject, inits);
        if input.len() > 2 && !layer.parameters.is_empty() && self.wide.is_none() {
            self.wide = Some(subject.clone());
        }
        if !on.fits {
            let help = "take fewer features, or fewer axes";
            self.diagnostics.error(span, format!("{subject} has more numbers than fit a machine"), help);
            return (layer, None);
        }
        let output = layer.output.clone();
        (layer, Some(output))
    }

    /// What stands for an unknown layer: what it probably is, else one that has parameters, of any shape.
    fn unknown(
        &mut self,
        name: Name,
        guess: Option<(&'static dyn Layer, Arguments)>,
        input: Option<Shape>,
    ) -> ShapedLayer {
        let (layer, arguments) = guess.unwrap_or_else(|| {
            let learns = layers::all().find(|layer| !layer.fields().is_empty()).expect("some layer learns");
            let sizes = learns.arguments().iter().filter_map(|row| match (row.default, row.kind) {
                (Default::Required, ArgumentKind::Size) => {
                    Some((row.name, Given::Size(self.unknown.stand_in())))
                }
                (Default::Number(number), _) => Some((row.name, Given::Number(number))),
                (Default::Flag(flag), _) => Some((row.name, Given::Flag(flag))),
                _ => None,
            });
            (learns, Arguments(sizes.collect()))
        });
        self.stand_in(name, layer, arguments, input)
    }

    /// A layer whose input is not known: its parameters as far as they are.
    fn stand_in(
        &mut self,
        name: Name,
        layer: &'static dyn Layer,
        arguments: Arguments,
        input: Option<Shape>,
    ) -> ShapedLayer {
        let likely = vec![Size::batch(), self.unknown.stand_in()];
        let candidates = input.into_iter().chain([likely.clone()]);
        let found = candidates.into_iter().find_map(|input| build(&name, layer, &arguments, &input).ok());
        found.map(|on| on.layer).unwrap_or_else(|| ShapedLayer {
            description: layer.name().into(),
            output: likely,
            parameters: vec![],
            flops: Size::known(0),
            frozen: false,
            name,
            layer,
            arguments,
        })
    }
}

/// A layer on an input.
struct OnInput {
    layer: ShapedLayer,
    deferred: Vec<Deferred>,
    /// Whether there is a machine for every value in it.
    fits: bool,
}

fn build(
    name: &Name,
    layer: &'static dyn Layer,
    arguments: &Arguments,
    input: &Shape,
) -> Result<OnInput, Mismatch> {
    let mut require = Requirements::default();
    layer.check(&[input], arguments, &mut require)?;
    let parameters = layer.parameters(&[input], arguments, &mut require)?;
    let mut graph = Graph::default();
    let x = graph.leaf(Kind::Input(0), input.clone());
    let values: Vec<_> = parameters
        .iter()
        .enumerate()
        .map(|(i, p)| (p.name, graph.leaf(Kind::Parameter(i), p.shape.clone())))
        .collect();
    let mut builder = Builder {
        graph: &mut graph,
        inputs: &[x],
        training: false,
        parameters: &values,
        streams: &mut Size::known(0),
    };
    let y = layer.build(&mut builder, arguments)?;
    let mut deferred = require.deferred;
    for again in std::mem::take(&mut graph.requirements) {
        // what the layer has demanded, its ops need not
        let said = |d: &Deferred| {
            let implied = d.relation == again.relation || d.relation == Relation::Equal;
            implied && (&d.left, &d.right) == (&again.left, &again.right)
        };
        if !deferred.iter().any(said) {
            deferred.push(again);
        }
    }
    let output = graph.shape(y).clone();
    // what does not fit a machine is not counted: it is refused
    let fits = graph.values().all(|value: Value| fits(numbers(graph.shape(value))));
    let cost = if fits { flops(&graph, &[y]).per_sample() } else { None };
    let layer = ShapedLayer {
        name: name.clone(),
        layer,
        arguments: arguments.clone(),
        output,
        parameters,
        description: layer.describe(&[input], arguments),
        flops: cost.map_or(Size::known(0), |(per_sample, _)| per_sample),
        frozen: false,
    };
    Ok(OnInput { layer, deferred, fits })
}

/// Whether an argument must not be 0: then what the user's constants decide is asserted.
fn refuses_nothing(row: &Argument) -> bool {
    let nothing = Given::Size(Size::known(0));
    row.kind == ArgumentKind::Shape || row.check.is_some_and(|(_, holds)| !holds(&nothing))
}

/// An argument, or the sizes in it.
fn part(argument: &str, given: &Given) -> String {
    if matches!(given, Given::Shape(_)) { format!("a size in `{argument}`") } else { format!("`{argument}`") }
}

/// Whether a layer finds out by itself what an argument says.
fn is_inferred(layer: &dyn Layer, argument: &str) -> bool {
    argument.starts_with("in_")
        && layer.arguments().iter().any(|row| row.name == argument && row.default == Default::Absent)
}

/// What to do about an argument that does not go with what the layer receives.
fn about(layer: &dyn Layer, argument: &str, what: &str, found: &str, input: &Shape) -> String {
    let (sample, rank) = (display(input), input.len() - 1);
    if is_inferred(layer, argument) {
        return format!("`{argument}` is inferred: leave it out, or write `{argument}: {found}`");
    }
    if what.starts_with("ax") && argument.starts_with("ax") {
        return match rank {
            0 => format!("`{sample}` has no axes"),
            1 => format!("the axis of `{sample}` is 0, or -1 from the end"),
            2 => format!("the axes of `{sample}` are 0 and 1, or -2 and -1 from the end"),
            _ => format!("the axes of `{sample}` are 0 to {}, or -{rank} to -1 from the end", rank - 1),
        };
    }
    let doc = layer.arguments().iter().find(|row| row.name == argument).map_or("", |row| row.doc);
    format!("what it receives is `{sample}`; `{argument}`: {doc}")
}

/// How many numbers the values and parameters of layers have at least.
fn total(items: &[ShapedItem]) -> f64 {
    let one = |item: &ShapedItem| match item {
        ShapedItem::Layer(layer) => {
            let parameters: f64 = layer.parameters.iter().map(|p| numbers(&p.shape)).sum();
            parameters + numbers(&layer.output)
        }
        ShapedItem::Repeat(repeat) => repeat.count.least() * total(&repeat.items),
    };
    items.iter().map(one).sum()
}

/// `` `fc1` ``, or `` `Relu` `` for a layer without a name.
fn called(name: &Name, word: &str) -> String {
    if name.declared { format!("`{}`", name.key) } else { format!("`{word}`") }
}
