//! A layer on values: its parameters, what it gives, and what is wrong with what it receives.
use super::shared::Found;
use super::{At, Bound, INPUT, ShapedLayer, Stage, called};
use crate::resolve::{Name, ResolvedLayer};
use crate::role::Role;
use crate::sizes::{fits, numbers};
use plywood_kernels::check::flops;
use plywood_kernels::graph::{Graph, Kind, Value};
use plywood_kernels::layers::{
    self, Argument, ArgumentKind, Arguments, Builder, Default, Given, Layer, Parameter,
};
use plywood_kernels::relation::Relation;
use plywood_kernels::shape::{Deferred, Mismatch, Requirements, Shape, Size, display};
use plywood_kernels::types::{Element, Type};

impl Stage<'_> {
    /// A layer on as many values as it takes, or on none if those are not known; and what it gives, if that is known. The
    /// parameters in `found` are those of other layers.
    pub(super) fn layer(
        &mut self,
        layer: ResolvedLayer,
        found: Vec<Found>,
        given: &[Bound],
        at: At,
    ) -> (ShapedLayer, Option<Type>) {
        let ResolvedLayer { name, layer, arguments, places, inits, frozen, role, .. } = layer;
        let (span, input_at) = (at.span, |number: usize| at.input(number));
        let inputs: Option<Vec<&Type>> = given.iter().map(|value| value.ty.as_ref()).collect();
        let Some(inputs) = inputs.filter(|inputs| layer.inputs().takes(inputs.len())) else {
            return (self.stand_in(name, layer, arguments, None), None);
        };
        let subject = called(&name, layer.name());
        let place =
            |argument: &str| places.iter().find(|(name, _)| *name == argument).map(|(_, place)| *place);
        for (argument, given) in &arguments.0 {
            let row = layer.arguments().iter().find(|row| row.name == *argument);
            let at = place(argument).unwrap_or(span.into());
            for size in given.sizes().iter().filter(|_| row.is_some_and(refuses_nothing)) {
                self.positive(size, &format!("{} of {subject}", part(argument, given)), at);
            }
        }
        // a mismatch that an argument causes is shown at the argument
        let written = |argument: Option<&'static str>| argument.and_then(|a| Some((a, place(a)?)));
        let on = match build(&name, layer, &arguments, &inputs) {
            Ok(on) => on,
            Err(Mismatch { input: number, what, expected, found, argument }) => {
                let (ty, from) = (inputs[number], &given[number].from);
                let input = &ty.shape;
                let argument = written(argument);
                let at = argument.map_or(input_at(number), |(_, place)| place);
                let (expected, found) = without_batch(what, expected, found, input);
                let one = expected == "1" || expected.ends_with(" 1");
                let what = if one && what == "axes" { "axis" } else { what };
                let text = match argument {
                    Some((argument, _)) if what.is_empty() => {
                        format!("expected `{argument}` of {subject} to be {expected}, found {found}")
                    }
                    _ => {
                        format!("expected {subject} to receive {expected} {what}, found {found} from {from}")
                    }
                };
                let help = match argument {
                    Some((argument, _)) => about(layer, argument, what, &found, input),
                    None if what == "numbers" && expected == Element::U32.name() => {
                        format!(
                            "indices come from an input that is declared as such: `u32 {}`",
                            display(input)
                        )
                    }
                    None if what == "numbers" => {
                        "indices pick rows of a table: an `Embedding` before it makes numbers of them".into()
                    }
                    None if given.len() > 1 => together(&subject, given),
                    None if input.len() == 1 && from == INPUT => {
                        "declare an input of one number as `[1]`".into()
                    }
                    None if input.len() == 1 => "a `Reshape([1])` before it gives one number an axis".into(),
                    None => {
                        let is_a = if name.declared {
                            let article =
                                if layer.name().starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
                            format!(" is {article} `{}`, which", layer.name())
                        } else {
                            String::new()
                        };
                        format!("{subject}{is_a} receives `{ty}` here: {}", layer.doc())
                    }
                };
                self.diagnostics.error(at, text, help);
                // where only the last axis was wrong, what comes out is known
                let last = input.len().saturating_sub(1);
                if last > 0 {
                    let mut likely = ty.clone();
                    likely.shape[last] = self.unknown.stand_in();
                    let mut inputs = inputs.clone();
                    inputs[number] = &likely;
                    if let Ok(OnInputs { layer, .. }) = build(&name, layer, &arguments, &inputs) {
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
            // what has parameters reads them as well: its ops' inputs are others than its own
            let number = if layer.fields().is_empty() { deferred.input.min(given.len() - 1) } else { 0 };
            let place = if given.len() > 1 { input_at(number) } else { span.into() };
            let at = argument.map_or(place, |(_, place)| place);
            self.assert(deferred, format!("expected {subject} to receive"), &given[number].from, at, &help);
        }
        let mut layer = on.layer;
        layer.role = role;
        self.begin(&mut layer, &subject, inits);
        self.share(&mut layer, found, frozen);
        if inputs.iter().any(|ty| ty.shape.len() > 2) && !layer.parameters.is_empty() && self.wide.is_none() {
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
    pub(super) fn unknown(
        &mut self,
        name: Name,
        guess: Option<(&'static dyn Layer, Arguments)>,
        inputs: Option<Vec<Type>>,
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
        self.stand_in(name, layer, arguments, inputs)
    }

    /// A layer whose inputs are not known: its parameters as far as they are.
    fn stand_in(
        &mut self,
        name: Name,
        layer: &'static dyn Layer,
        arguments: Arguments,
        inputs: Option<Vec<Type>>,
    ) -> ShapedLayer {
        let likely = Type::real(vec![Size::batch(), self.unknown.stand_in()]);
        let all_likely = vec![likely.clone(); layer.inputs().least()];
        let candidates =
            inputs.filter(|inputs| layer.inputs().takes(inputs.len())).into_iter().chain([all_likely]);
        let on = |inputs: Vec<Type>| build(&name, layer, &arguments, &inputs.iter().collect::<Vec<_>>()).ok();
        if let Some(OnInputs { layer, .. }) = candidates.into_iter().find_map(on) {
            return layer;
        }
        ShapedLayer {
            description: layer.name().into(),
            output: likely,
            parameters: vec![],
            shared: vec![],
            flops: Size::known(0),
            role: Role::Trained,
            calls: 1,
            name,
            layer,
            arguments,
        }
    }
}

/// What several values are, and where they come from.
fn together(subject: &str, given: &[Bound]) -> String {
    let [Some(a), Some(b)] = [0, 1].map(|k| given.get(k).and_then(|bound| bound.ty.as_ref())) else {
        return String::new();
    };
    if subject == "`matmul`" && a.shape.len() == 2 && b.shape.len() == 2 {
        return "the product of two vectors is `(a * b).sum(axis: 0)`".into();
    }
    // what joins values of one shape
    let alike = given.len() == 2 && a.element == b.element && a.shape != b.shape;
    let alike = alike && !["`matmul`", "`concat`", "`stack`"].contains(&subject);
    if let Some(larger) = larger(&a.shape, &b.shape).filter(|_| alike) {
        let (small, large) = if *larger == a.shape { (b, a) } else { (a, b) };
        return format!(
            "nothing repeats by itself: `.broadcast({})` makes the `{small}` as large as the `{large}`",
            display(larger)
        );
    }
    let one = |bound: &Bound| Some(format!("`{}` from {}", bound.ty.as_ref()?, bound.from));
    let all: Vec<String> = given.iter().filter_map(one).collect();
    let all = match all.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    format!("{subject} receives {all}")
}

/// The shape of two as which the other is when its axes are repeated, aligned at their ends.
fn larger<'s>(a: &'s Shape, b: &'s Shape) -> Option<&'s Shape> {
    let (small, large) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let one = Size::known(1);
    let repeats = |small: &Shape, large: &Shape| {
        let pairs = small[1..].iter().rev().zip(large[1..].iter().rev());
        small.len() <= large.len() && pairs.into_iter().all(|(s, l)| s == l || *s == one)
    };
    match (repeats(small, large), repeats(large, small)) {
        (true, _) => Some(large),
        (_, true) => Some(small),
        _ => None,
    }
}

/// Counts of axes as a user counts them: an op counts the batch too.
fn without_batch(what: &str, expected: String, found: String, input: &Shape) -> (String, String) {
    let counts = what.starts_with("ax") && found.parse() == Ok(input.len());
    let last = expected.rsplit(' ').next().and_then(|last| last.parse::<usize>().ok());
    match last.filter(|_| counts) {
        Some(count) if count > 0 => {
            let words = expected.strip_suffix(&count.to_string()).unwrap_or_default();
            (format!("{words}{}", count - 1), (input.len() - 1).to_string())
        }
        _ => (expected, found),
    }
}

/// A layer on its inputs.
struct OnInputs {
    layer: ShapedLayer,
    deferred: Vec<Deferred>,
    /// Whether there is a machine for every value in it.
    fits: bool,
}

fn build(
    name: &Name,
    layer: &'static dyn Layer,
    arguments: &Arguments,
    inputs: &[&Type],
) -> Result<OnInputs, Mismatch> {
    let shapes: Vec<&Shape> = inputs.iter().map(|ty| &ty.shape).collect();
    let mut require = Requirements::default();
    layer.check(&shapes, arguments, &mut require)?;
    let parameters = layer.parameters(&shapes, arguments, &mut require)?;
    let mut graph = Graph::default();
    let leaf = |(k, ty): (usize, &&Type)| graph.leaf_of(Kind::Input(k), (*ty).clone());
    let values: Vec<Value> = inputs.iter().enumerate().map(leaf).collect();
    let leaf = |(i, p): (usize, &Parameter)| (p.name, graph.leaf(Kind::Parameter(i), p.shape.clone()));
    let leaves: Vec<(&'static str, Value)> = parameters.iter().enumerate().map(leaf).collect();
    let mut builder = Builder {
        graph: &mut graph,
        inputs: &values,
        training: false,
        parameters: &leaves,
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
    let output = graph.ty(y).clone();
    // what does not fit a machine is not counted: it is refused
    let fits = graph.values().all(|value| fits(numbers(graph.shape(value))));
    let cost = if fits { flops(&graph, &[y]).per_sample() } else { None };
    let layer = ShapedLayer {
        name: name.clone(),
        layer,
        arguments: arguments.clone(),
        output,
        parameters,
        shared: vec![],
        role: Role::Trained,
        description: layer.describe(&shapes, arguments),
        flops: cost.map_or(Size::known(0), |(per_sample, _)| per_sample),
        calls: 1,
    };
    Ok(OnInputs { layer, deferred, fits })
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
    let (sample, rank) = (display(input), input.len().saturating_sub(1));
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
