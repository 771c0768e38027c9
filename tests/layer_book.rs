//! One loop over the layer book, functions of several values included: every row, every sample, every promise.
use plywood_kernels::check::check;
use plywood_kernels::cpu::Random;
use plywood_kernels::graph::{Graph, Kind, Node, Value};
use plywood_kernels::layers::{
    self, Argument, ArgumentKind, Arguments, Builder, Default as Otherwise, Given, Layer,
};
use plywood_kernels::shape::{Atom, Deferred, Mismatch, Requirements, Shape, Size, shape};
use plywood_kernels::types::{Element, Type};
use plywood_tests::gradient::Expression;
use plywood_tests::numbers::{numbers, within};
use plywood_tests::sample::{renamed, value};

/// Sets of arguments for a layer: what must be given is, or is what `given` says; choices are made both ways.
fn arguments(rows: &[Argument], given: &[(&'static str, Given)]) -> Vec<Arguments> {
    let mut sets = vec![vec![]];
    for row in rows {
        let choices: Vec<Option<Given>> = match (row.kind, row.default) {
            _ if given.iter().any(|(name, _)| *name == row.name) => {
                given.iter().filter(|(name, _)| *name == row.name).map(|(_, g)| Some(g.clone())).collect()
            }
            (ArgumentKind::Size, Otherwise::Required) => vec![Some(Given::Size(Size::known(5)))],
            (ArgumentKind::Flag, _) => [true, false].map(|b| Some(Given::Flag(b))).into(),
            (ArgumentKind::Number, Otherwise::Number(number)) => vec![Some(Given::Number(number))],
            (ArgumentKind::Number, _) => vec![Some(Given::Number(0.5))],
            (ArgumentKind::Word(words), _) => words.iter().map(|word| Some(Given::Word(word))).collect(),
            (_, Otherwise::Size(size)) => vec![Some(Given::Size(Size::known(size)))],
            (_, Otherwise::Axis(axis)) => vec![Some(Given::Axis(axis))],
            (kind, Otherwise::Required) => panic!("`{}` is a required {kind:?}: state samples", row.name),
            _ => vec![None],
        };
        let with = |set: &Vec<_>, choice: &Option<Given>| {
            let more = choice.iter().map(|given| (row.name, given.clone()));
            set.iter().cloned().chain(more).collect()
        };
        sets = sets.iter().flat_map(|set| choices.iter().map(move |choice| with(set, choice))).collect();
    }
    sets.into_iter().map(Arguments).collect()
}

/// Every layer, and every function of several values.
fn layers_and_functions() -> impl Iterator<Item = &'static dyn Layer> {
    layers::all().chain(layers::FUNCTIONS.iter().copied())
}

/// Inputs for a layer with arguments.
#[derive(Clone)]
struct On {
    inputs: Vec<Vec<usize>>,
    arguments: Arguments,
    name: String,
}

/// All inputs and sets of arguments that a layer must accept, or must refuse.
fn layer_samples(row: &'static dyn Layer, accepted: bool) -> Vec<On> {
    let mut samples = row.samples();
    if samples.is_empty() {
        let inputs = [&[3, 4][..], &[2, 3, 4], &[1, 1], &[2, 3, 1, 4]];
        let further = 1..row.inputs().least();
        samples.extend(
            inputs.map(|input| {
                further.clone().fold(layers::Sample::of(input, []), |sample, _| sample.and(input))
            }),
        );
    }
    let all = |layers::Sample { inputs, arguments: given, .. }: layers::Sample| {
        let sets = arguments(row.arguments(), &given).into_iter();
        let on = |arguments: Arguments| {
            let name = format!("{} of {inputs:?} with {arguments:?}", row.name());
            On { inputs: inputs.clone(), arguments, name }
        };
        sets.map(on).collect::<Vec<_>>()
    };
    samples.into_iter().filter(|sample| sample.accepted == accepted).flat_map(all).collect()
}

/// A layer in a graph of its own, whose leaves are the inputs and then the parameters.
struct Built {
    graph: Graph,
    root: Value,
    leaves: Vec<Value>,
    deferred: Vec<Deferred>,
    streams: Size,
}

fn build(
    layer: &'static dyn Layer,
    inputs: &[Shape],
    arguments: &Arguments,
    training: bool,
) -> Result<Built, Mismatch> {
    build_on(layer, inputs, &|k| layer.operand(k), arguments, training)
}

/// The same on inputs of these elements.
fn build_on(
    layer: &'static dyn Layer,
    inputs: &[Shape],
    elements: &dyn Fn(usize) -> Element,
    arguments: &Arguments,
    training: bool,
) -> Result<Built, Mismatch> {
    let (shapes, mut require) = (inputs.iter().collect::<Vec<_>>(), Requirements::default());
    layer.check(&shapes, arguments, &mut require)?;
    let parameters = layer.parameters(&shapes, arguments, &mut require)?;
    assert!(
        parameters.iter().all(|parameter| layer.fields().contains(&parameter.name)),
        "`{}` does not list its parameters",
        layer.name()
    );
    let mut graph = Graph::default();
    let types = inputs.iter().enumerate().map(|(k, input)| (elements(k), input));
    let types = types.chain(parameters.iter().map(|parameter| (Element::F32, &parameter.shape)));
    let leaf = |(k, (element, shape)): (usize, (Element, &Shape))| {
        graph.leaf_of(Kind::Input(k), Type { element, shape: shape.clone() })
    };
    let leaves: Vec<Value> = types.enumerate().map(leaf).collect();
    let (inputs, rest) = leaves.split_at(inputs.len());
    let values: Vec<(&str, Value)> = parameters.iter().map(|p| p.name).zip(rest.iter().copied()).collect();
    let mut streams = Size::known(0);
    let (graph_of, streams_of) = (&mut graph, &mut streams);
    let mut builder = Builder { graph: graph_of, inputs, training, parameters: &values, streams: streams_of };
    let root = layer.build(&mut builder, arguments)?;
    let deferred = [require.deferred, std::mem::take(&mut graph.requirements)].concat();
    Ok(Built { graph, root, leaves, deferred, streams })
}

fn layer(layer: &'static dyn Layer, on: &On, training: bool) -> Expression {
    let inputs: Vec<Shape> = on.inputs.iter().map(|input| shape(input)).collect();
    let built = build(layer, &inputs, &on.arguments, training);
    let Built { graph, root, leaves, deferred, streams } =
        built.unwrap_or_else(|mismatch| panic!("{}: {mismatch:?}", on.name));
    assert!(deferred.is_empty(), "{}: {deferred:?}", on.name);
    let mut expression = Expression { graph, root, leaves: vec![], variable: vec![] };
    let limit = layer.limit(&on.arguments);
    for (k, leaf) in leaves.into_iter().enumerate() {
        let count = expression.sizes(leaf).iter().product();
        let mut input = numbers(k as u32 + 10, count);
        if expression.graph.element(leaf) == Element::U32 {
            let below = limit.as_ref().and_then(Size::as_known);
            let below = below.unwrap_or_else(|| panic!("{} reads indices below what?", on.name));
            input = (0..count).map(|i| ((7 * i + 1) % below) as f64).collect();
        } else {
            expression.variable.push(leaf);
        }
        if k < on.inputs.len() && expression.variable.contains(&leaf) {
            within(layer.domain(), &mut input);
        }
        expression.leaves.push((leaf, input));
    }
    let is_drawn = |n: &&Node| matches!(&n.kind, Kind::Apply(op, ..) if op.name() == "uniform");
    let drawn = expression.graph.nodes().iter().filter(is_drawn).count();
    assert_eq!(Some(drawn), streams.as_known(), "`{}` takes as many streams as it says", layer.name());
    expression
}

#[test]
fn every_layer_builds_and_is_differentiated() {
    for row in layers_and_functions() {
        let mut alive = 0;
        for on in layer_samples(row, true) {
            assert!(row.inputs().takes(on.inputs.len()), "{}: {}", on.name, row.inputs());
            for training in [true, false] {
                let (name, expression) = (&on.name, layer(row, &on, training));
                check(&expression.block()).unwrap_or_else(|error| panic!("{name}: {error}"));
                if expression.root != Value(0) {
                    let (_, compared) =
                        expression.differentiate().unwrap_or_else(|error| panic!("{name}: {error}"));
                    alive += compared.alive;
                }
                let shapes: Vec<Shape> = on.inputs.iter().map(|input| shape(input)).collect();
                assert!(!row.describe(&shapes.iter().collect::<Vec<_>>(), &on.arguments).is_empty());
            }
        }
        assert!(alive > 0, "every derivative of `{}` is 0", row.name());
    }
}

#[test]
fn layers_refuse_what_their_samples_say_and_name_the_argument() {
    let mut refused = 0;
    for row in layers_and_functions() {
        for On { inputs, arguments, name } in layer_samples(row, false) {
            let inputs: Vec<Shape> = inputs.iter().map(|input| shape(input)).collect();
            let mismatch = build(row, &inputs, &arguments, false).err().expect(&name);
            let known = |name| row.arguments().iter().any(|argument| argument.name == name);
            assert!(mismatch.argument.is_none_or(known), "{}: {mismatch:?}", row.name());
            assert!(mismatch.input < inputs.len(), "{name}: {mismatch:?}");
            refused += 1;
        }
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn numbers_of_another_type_are_refused_at_the_input_that_has_them() {
    let mut refused = 0;
    for row in layers_and_functions() {
        for On { inputs, arguments, name } in layer_samples(row, true) {
            let shapes: Vec<Shape> = inputs.iter().map(|input| shape(input)).collect();
            for wrong in 0..inputs.len() {
                let elements = |k: usize| match (k == wrong, row.operand(k)) {
                    (false, element) => element,
                    (true, Element::F32) => Element::U32,
                    (true, Element::U32) => Element::F32,
                };
                match build_on(row, &shapes, &elements, &arguments, true) {
                    Err(mismatch) => {
                        assert_eq!((mismatch.what, mismatch.input), ("numbers", wrong), "{name}")
                    }
                    // what hands on the value that it gets
                    Ok(built) => assert!(built.root == Value(0), "{name} takes any numbers as input {wrong}"),
                }
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn layers_accept_symbols_and_demand_what_their_samples_say() {
    for row in layers_and_functions() {
        for (accepted, On { inputs, arguments, name }) in [true, false].into_iter().flat_map(|accepted| {
            layer_samples(row, accepted).into_iter().map(move |sample| (accepted, sample))
        }) {
            let symbols = |size: &Size| renamed(&[size.as_known().expect("a number")], None).remove(0);
            let named = |given: &Given| match given {
                Given::Size(size) => Given::Size(symbols(size)),
                Given::Shape(shape) => Given::Shape(shape.iter().map(symbols).collect()),
                other => other.clone(),
            };
            let symbolic = Arguments(arguments.0.iter().map(|(name, given)| (*name, named(given))).collect());
            let batched = |input: &Vec<usize>| {
                let mut shape = renamed(input, None);
                shape[0] = Size::batch();
                shape
            };
            let shapes: Vec<Shape> = inputs.iter().map(batched).collect();
            let found = build(row, &shapes, &symbolic, false).map(|built| built.deferred);
            let value = |atom: &Atom| value(atom, Some(inputs[0][0]));
            let holds = |d: &Deferred| d.relation.holds(d.left.evaluate(&value), d.right.evaluate(&value));
            let holds = found.as_ref().is_ok_and(|deferred| deferred.iter().all(holds));
            assert_eq!(holds, accepted, "{name}: {found:?}");
        }
    }
}

#[test]
fn training_is_prediction_on_average() {
    const STEPS: u32 = 100;
    for row in layers::all() {
        let any = |arguments| On { inputs: vec![vec![40, 50]], arguments, name: row.name().into() };
        let any = || arguments(row.arguments(), &[]).into_iter().map(any).collect();
        let samples = if row.samples().is_empty() { any() } else { layer_samples(row, true) };
        for on in samples {
            let [training, prediction] = [true, false].map(|training| {
                let mut expression = layer(row, &on, training);
                let inputs = expression.leaves.iter_mut().take(on.inputs.len());
                inputs
                    .enumerate()
                    .filter(|(k, _)| row.operand(*k).is_real())
                    .for_each(|(_, x)| x.1.fill(0.75));
                expression
            });
            let mean = |e: &Expression, random: Random| {
                let y = e.evaluate_with(random).swap_remove(e.root.0);
                y.iter().sum::<f64>() / y.len() as f64
            };
            let steps: Vec<f64> = (1..=STEPS).map(|step| mean(&training, Random::new(5, step))).collect();
            let expected = mean(&prediction, Random::new(5, 0));
            let found = steps.iter().sum::<f64>() / f64::from(STEPS);
            assert!(
                (found - expected).abs() < 0.01 * (0.1 + expected.abs()),
                "`{}`: {found}, not {expected}",
                row.name()
            );
            // and each step draws anew, where anything is drawn
            let is_random = |node: &Node| matches!(&node.kind, Kind::Apply(op, ..) if op.name() == "uniform");
            let drawn = training.graph.nodes().iter().any(is_random);
            assert_eq!(steps.windows(2).any(|pair| pair[0] != pair[1]), drawn, "`{}`", row.name());
        }
    }
}
