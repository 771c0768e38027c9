//! One loop over the op book: every row, every sample, every promise.
use plywood_kernels::check::check;
use plywood_kernels::cpu::{Cpu, Random};
use plywood_kernels::graph::{Graph, Kind, Node, Value};
use plywood_kernels::layers::{
    self, Argument, ArgumentKind, Arguments, Builder, Default as Otherwise, Given, Layer,
};
use plywood_kernels::listing::Listing;
use plywood_kernels::op::{Op, Sample, Tested};
use plywood_kernels::scalar::{Expr, argument, table::PRIMITIVES};
use plywood_kernels::shape::{Atom, Requirements, Shape, Size, shape};
use plywood_kernels::types::Element;
use plywood_kernels::{losses, ops, optim, rules};
use plywood_tests::calls::{CALLS, Operands};
use plywood_tests::gradient::{Compared, Expression};
use plywood_tests::numbers::{close, double, numbers, single, within};
use plywood_tests::rules::RULES;
use plywood_tests::sample::{Case, random};

/// Every row with every sample.
fn rows() -> impl Iterator<Item = (&'static dyn Tested, Sample, String)> {
    ops::tested().flat_map(|op| {
        let name = move |s: &Sample| format!("`{}` of {:?} with {:?}", op.name(), s.shapes, s.attrs);
        op.samples().into_iter().map(move |sample| (op, sample.clone(), name(&sample)))
    })
}

/// Accepted samples as graphs.
fn accepted() -> impl Iterator<Item = (&'static dyn Tested, Sample, Expression, String)> {
    rows().filter(|(_, sample, _)| sample.accepted).map(|(op, sample, name)| {
        let expression =
            Expression::of(op, &sample).unwrap_or_else(|mismatch| panic!("{name}: {mismatch:?}"));
        (op, sample, expression, name)
    })
}

#[test]
fn every_row_has_samples_and_a_name_of_its_own() {
    for op in ops::tested() {
        assert!(op.samples().iter().any(|s| s.accepted), "`{}` has no accepted sample", op.name());
        assert!(
            op.samples().iter().any(|s| !s.accepted) || op.samples()[0].shapes.len() < 2,
            "`{}` refuses nothing",
            op.name()
        );
        let same = ops::find(op.name()).expect("every op is found by its name");
        assert!(
            std::ptr::addr_eq(same, op) || ops::all().filter(|o| o.name() == op.name()).count() == 1,
            "two ops `{}`",
            op.name()
        );
        for sample in op.samples().iter().filter(|sample| sample.accepted) {
            let indices = (0..sample.shapes.len()).any(|k| op.operand(k) == Element::U32);
            assert_eq!(indices, sample.below > 0, "`{}` has indices, or a sample bounds some", op.name());
        }
    }
    assert!(ops::all().map(Op::name).eq(ops::tested().map(|op| op.name())), "two lists of one list's rows");
}

#[test]
fn shapes_are_accepted_and_refused_as_the_samples_say() {
    for (op, sample, name) in rows() {
        assert_eq!(Expression::of(op, &sample).is_ok(), sample.accepted, "{name}");
    }
}

/// Sizes as symbols or as the batch, the same everywhere; 1 stays 1, for broadcasting sees it.
fn renamed(sizes: &[usize], batch: Option<usize>) -> Shape {
    let size = |n: &usize| match *n {
        1 => Size::known(1),
        n if Some(n) == batch => Size::batch(),
        n => Size::symbol(format!("S{n}")),
    };
    sizes.iter().map(size).collect()
}
fn value(atom: &Atom, batch: Option<usize>) -> usize {
    match atom {
        Atom::Batch => batch.expect("nothing was called the batch"),
        Atom::Symbol(symbol) => symbol.name[1..].parse().expect("symbols here are called after their value"),
    }
}

#[test]
fn shape_rules_hold_for_symbols_and_the_batch() {
    for (op, sample, name) in rows() {
        let known: Vec<Shape> = sample.shapes.iter().map(|s| shape(s)).collect();
        let known = op.shape(&known.iter().collect::<Vec<_>>(), &sample.attrs, &mut Requirements::default());
        let batches = sample.shapes.iter().filter_map(|s| s.first().copied()).filter(|n| *n > 1).take(1);
        for batch in std::iter::once(None).chain(batches.map(Some)) {
            let value = |atom: &Atom| value(atom, batch);
            let attrs = sample.attrs.with_sizes(&|size| renamed(&[size.evaluate(&value)], batch).remove(0));
            let shapes: Vec<Shape> = sample.shapes.iter().map(|s| renamed(s, batch)).collect();
            let mut require = Requirements::default();
            let found = op.shape(&shapes.iter().collect::<Vec<_>>(), &attrs, &mut require);
            let kept = |d: &plywood_kernels::shape::Deferred| {
                d.relation.holds(d.left.evaluate(&value), d.right.evaluate(&value))
            };
            let holds = require.deferred.iter().all(kept);
            match (&known, &found) {
                (Ok(known), Ok(found)) => {
                    let found: Shape = found.iter().map(|size| Size::known(size.evaluate(&value))).collect();
                    assert!(holds, "{name}: asserts what does not hold: {:?}", require.deferred);
                    assert_eq!(*known, found, "{name} with symbols");
                }
                (Err(_), Ok(_)) => assert!(!holds, "{name}: refused for numbers, accepted for symbols"),
                // no constant makes a number of the batch: that may be refused
                (Ok(_), Err(mismatch)) => {
                    assert!(batch.is_some(), "{name}: refused for symbols: {mismatch:?}")
                }
                (Err(_), Err(_)) => {}
            }
        }
    }
}

#[test]
fn the_interpreter_runs_every_row_and_listings_read_back() {
    for (_, _, expression, name) in accepted() {
        let text = Listing { network: expression.block() }.write();
        let lines: Vec<&str> = text.iter().map(String::as_str).collect();
        let read = Listing::read(&lines).unwrap_or_else(|| panic!("{name}: {text:?}"));
        assert_eq!(read.write(), text, "{name}");
        let (graph, root) = (read.network.body, read.network.outputs[0]);
        let again = Expression { graph, root, ..expression.clone() };
        let (expected, found) = (expression.evaluate(), again.evaluate());
        assert_eq!(expected, found, "{name}");
        let sizes = expression.sizes(expression.root);
        assert_eq!(expected[expression.root.0].len(), sizes.iter().product::<usize>(), "{name}");
        assert!(expected[expression.root.0].iter().all(|y| y.is_finite()), "{name}");
    }
}

#[test]
fn gradients_are_what_differences_show_and_so_are_theirs() {
    let (mut first, mut second) = (Compared::default(), Compared::default());
    for (op, sample, expression, name) in accepted() {
        if !op.differentiable() || sample.ties {
            continue;
        }
        let (gradients, compared) =
            expression.differentiate().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(compared.alive > 0 || expression.variable.is_empty(), "{name}: every derivative is 0");
        first += compared;
        for (k, gradient) in gradients.iter().enumerate().filter(|(_, gradient)| gradient.differentiable()) {
            let (_, compared) =
                gradient.differentiate().unwrap_or_else(|error| panic!("{name}, gradient {k}: {error}"));
            second += compared;
        }
    }
    assert!(first.alive > 1000 && second.alive > 1000, "{first:?} {second:?}");
}

#[test]
fn kernels_compute_what_the_references_do() {
    let mut called = CALLS.iter().map(|call| (call.row, call.sample));
    for op in ops::tested() {
        for number in 0..op.samples().iter().filter(|sample| sample.accepted).count() {
            assert_eq!(called.next(), Some((op.name(), number)), "every sample is called once");
        }
    }
    assert_eq!(called.next(), None);
    let teams = [1, 3].map(Cpu::new);
    for call in CALLS {
        let op = ops::find_tested(call.row).expect("a row");
        // numbers that both types have
        let case = Case::of(op, call.sample, |x| f64::from(x as f32));
        let (singles, doubles) = (case.operands(|x| x as f32), case.operands(|x| x));
        let mut first = None;
        for cpu in &teams {
            let (mut single, mut double) = (case.results(f32::NAN), case.results(f64::NAN));
            let (mut anything, mut any) = (case.workspace(f32::NAN), case.workspace(f64::NAN));
            let (results, workspace) = (&mut single[..], &mut anything[..]);
            (call.single)(Operands { cpu, random: random(), inputs: &singles, results, workspace });
            let (results, workspace) = (&mut double[..], &mut any[..]);
            (call.double)(Operands { cpu, random: random(), inputs: &doubles, results, workspace });
            let single: Vec<Vec<f64>> = single.iter().map(|y| y.double(f64::from)).collect();
            let double: Vec<Vec<f64>> = double.iter().map(|y| y.double(|x| x)).collect();
            for (k, (_, expected)) in case.expected.iter().enumerate() {
                let name = format!("result {k} of {}", case.name);
                close(&name, expected, &single[k], 2e-6).unwrap_or_else(|error| panic!("{error}"));
                close(&name, expected, &double[k], 1e-14).unwrap_or_else(|error| panic!("{error}"));
            }
            let bits = |numbers: &[Vec<f64>]| -> Vec<u64> {
                numbers.iter().flatten().map(|x| x.to_bits()).collect()
            };
            let bits = (bits(&single), bits(&double));
            assert!(first.get_or_insert(bits.clone()) == &bits, "{}: bits depend on threads", case.name);
        }
    }
}

#[test]
fn every_elementwise_row_has_its_rules_and_they_are_its_formula() {
    let (cpu, common) = (Cpu::new(2), rules::common());
    assert_eq!(common.len(), RULES.len());
    for rule in &common {
        let compiled =
            RULES.iter().find(|r| r.name == rule.name).unwrap_or_else(|| panic!("no rule `{}`", rule.name));
        assert_eq!(Expr::parse(compiled.formula), Some(rule.formula), "{}", rule.name);
        let len = 1003;
        let inputs: Vec<Vec<f64>> = (0..rule.arguments.len() as u32)
            .map(|k| double(&single(&numbers(k, len).iter().map(|x| 5.0 * x).collect::<Vec<_>>())))
            .collect();
        let at = |i: usize| rule.formula.evaluate(&inputs.iter().map(|x| x[i]).collect::<Vec<_>>());
        let expected: Vec<f64> = (0..len).map(at).collect();
        // a logarithm of what is negative is no number, and must be none
        let compare = |y: &[f64], tolerance: f64| {
            let (known, none): (Vec<usize>, Vec<usize>) = (0..len).partition(|i| !expected[*i].is_nan());
            assert!(none.iter().all(|i| y[*i].is_nan()), "{}: a number where there is none", rule.name);
            assert!(known.len() > len / 4, "{}: hardly any number", rule.name);
            let of = |numbers: &[f64]| known.iter().map(|i| numbers[*i]).collect::<Vec<_>>();
            close(&rule.name, &of(&expected), &of(y), tolerance).unwrap_or_else(|error| panic!("{error}"));
        };
        let mut y = vec![f64::NAN; len];
        (compiled.double)(&cpu, &mut y, &inputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
        compare(&y, 1e-14);
        let inputs: Vec<Vec<f32>> = inputs.iter().map(|x| single(x)).collect();
        let mut y = vec![f32::NAN; len];
        (compiled.single)(&cpu, &mut y, &inputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
        compare(&double(&y), 1e-6);
    }
    let named = |name: &str, formula: Expr| {
        assert!(formula == argument(0) || common.iter().any(|rule| rule.formula == formula), "{name}");
    };
    let (x, b) = (argument(0), argument(1));
    for (row, numbers) in ops::UNARY.iter().filter_map(|row| Some((row, row.defaults()?))) {
        named(row.name, row.formula(numbers));
        named(row.name, (row.f)(x + b, numbers));
        let slope = row.slope(numbers);
        if !(slope.uses(0) && slope.uses(1)) {
            named(row.backward, x * slope.substitute(&[b, b]));
        }
    }
    for row in ops::BINARY {
        named(row.name, row.formula());
    }
}

#[test]
fn what_computes_is_counted() {
    for (op, sample, expression, name) in accepted() {
        let shapes: Vec<Shape> = sample.shapes.iter().map(|s| shape(s)).collect();
        let count = op.flops(
            &shapes.iter().collect::<Vec<_>>(),
            expression.graph.shape(expression.root),
            &sample.attrs,
        );
        if count.as_known() != Some(0) {
            continue;
        }
        // free is only what hands on the numbers it was given
        let nodes = expression.evaluate();
        let sorted = |numbers: &[f64]| {
            let mut numbers = numbers.to_vec();
            numbers.sort_by(f64::total_cmp);
            numbers
        };
        assert_eq!(
            sorted(&nodes[0]),
            sorted(&nodes[expression.root.0]),
            "{name} costs nothing, but computes"
        );
    }
}

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

/// Every input and set of arguments that a layer must accept, or must refuse.
fn layer_samples(row: &'static dyn Layer, accepted: bool) -> Vec<(Vec<usize>, Arguments)> {
    let mut samples = row.samples();
    if samples.is_empty() {
        let inputs = [&[3, 4][..], &[2, 3, 4], &[1, 1], &[2, 3, 1, 4]];
        samples.extend(inputs.map(|input| layers::Sample::of(input, [])));
    }
    let all = |sample: layers::Sample| {
        let sets = arguments(row.arguments(), &sample.arguments);
        sets.into_iter().map(move |set| (sample.input.clone(), set)).collect::<Vec<_>>()
    };
    samples.into_iter().filter(|sample| sample.accepted == accepted).flat_map(all).collect()
}

fn layer(layer: &'static dyn Layer, input: &[usize], arguments: &Arguments, training: bool) -> Expression {
    let mut expression =
        Expression { graph: Graph::default(), root: Value(0), leaves: vec![], variable: vec![] };
    let x = expression.leaf(input, true);
    within(layer.domain(), &mut expression.leaves[0].1);
    let mut require = Requirements::default();
    let sizes = shape(input);
    layer.check(&[&sizes], arguments, &mut require).expect("the layer takes this input");
    let parameters =
        layer.parameters(&[&sizes], arguments, &mut require).expect("the layer takes this input");
    let values: Vec<(&'static str, Value)> = parameters
        .iter()
        .map(|p| {
            let sizes: Vec<usize> =
                p.shape.iter().map(|size| size.as_known().expect("numbers in, numbers out")).collect();
            (p.name, expression.leaf(&sizes, true))
        })
        .collect();
    assert!(
        values.iter().all(|(name, _)| layer.fields().contains(name)),
        "`{}` does not list its parameters",
        layer.name()
    );
    let mut streams = Size::known(0);
    let mut builder = Builder {
        graph: &mut expression.graph,
        inputs: &[x],
        training,
        parameters: &values,
        streams: &mut streams,
    };
    expression.root = layer.build(&mut builder, arguments).expect("the layer takes this input");
    assert!(require.deferred.is_empty());
    let drawn = expression
        .graph
        .nodes()
        .iter()
        .filter(|n| matches!(&n.kind, Kind::Apply(op, ..) if op.name() == "uniform"));
    assert_eq!(
        Some(drawn.count()),
        streams.as_known(),
        "`{}` takes as many streams as it says",
        layer.name()
    );
    expression
}

#[test]
fn every_layer_builds_and_is_differentiated() {
    for row in layers::all() {
        for (input, arguments) in layer_samples(row, true) {
            for training in [true, false] {
                let name = format!("{} of {input:?} with {arguments:?}", row.name());
                let expression = layer(row, &input, &arguments, training);
                check(&expression.block()).unwrap_or_else(|error| panic!("{name}: {error}"));
                if expression.root != Value(0) {
                    expression.differentiate().unwrap_or_else(|error| panic!("{name}: {error}"));
                }
                assert!(!row.describe(&[&shape(&input)], &arguments).is_empty());
            }
        }
    }
}

#[test]
fn layers_refuse_what_their_samples_say_and_name_the_argument() {
    let mut refused = 0;
    for row in layers::all() {
        for (input, arguments) in layer_samples(row, false) {
            let mut require = Requirements::default();
            let mismatch = row
                .check(&[&shape(&input)], &arguments, &mut require)
                .expect_err(&format!("{} of {input:?} with {arguments:?}", row.name()));
            let known = |name| row.arguments().iter().any(|argument| argument.name == name);
            assert!(mismatch.argument.is_none_or(known), "{}: {mismatch:?}", row.name());
            refused += 1;
        }
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn layers_accept_symbols_and_demand_what_their_samples_say() {
    for row in layers::all() {
        for (accepted, (input, arguments)) in [true, false].into_iter().flat_map(|accepted| {
            layer_samples(row, accepted).into_iter().map(move |sample| (accepted, sample))
        }) {
            let name = format!("{} of {input:?} with {arguments:?}", row.name());
            let symbols = |size: &Size| renamed(&[size.as_known().expect("a number")], None).remove(0);
            let named = |given: &Given| match given {
                Given::Size(size) => Given::Size(symbols(size)),
                Given::Shape(shape) => Given::Shape(shape.iter().map(symbols).collect()),
                other => other.clone(),
            };
            let symbolic = Arguments(arguments.0.iter().map(|(name, given)| (*name, named(given))).collect());
            let mut shape = renamed(&input, None);
            shape[0] = Size::batch();
            let mut require = Requirements::default();
            let found = row.check(&[&shape], &symbolic, &mut require);
            let value = |atom: &Atom| value(atom, Some(input[0]));
            let holds = require
                .deferred
                .iter()
                .all(|d| d.relation.holds(d.left.evaluate(&value), d.right.evaluate(&value)));
            assert_eq!(found.is_ok() && holds, accepted, "{name}: {found:?} {:?}", require.deferred);
        }
    }
}

#[test]
fn training_is_prediction_on_average() {
    const STEPS: u32 = 100;
    for row in layers::all() {
        let any = || arguments(row.arguments(), &[]).into_iter().map(|set| (vec![40, 50], set)).collect();
        let samples = if row.samples().is_empty() { any() } else { layer_samples(row, true) };
        for (input, arguments) in samples {
            let [training, prediction] = [true, false].map(|training| {
                let mut expression = layer(row, &input, &arguments, training);
                expression.leaves[0].1.fill(0.75);
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

#[test]
fn every_row_is_documented() {
    let mut texts: Vec<(&str, &str)> = vec![];
    texts.extend(ops::UNARY.iter().map(|row| (row.name, row.doc)));
    texts.extend(ops::BINARY.iter().map(|row| (row.name, row.doc)));
    texts.extend(layers::all().map(|layer| (layer.name(), layer.doc())));
    texts.extend(layers::all().flat_map(|layer| layer.arguments().iter().map(|a| (a.name, a.doc))));
    texts.extend(losses::LOSSES.iter().map(|loss| (loss.name, loss.doc)));
    texts.extend(losses::LOSSES.iter().flat_map(|loss| loss.hyperparameters.iter().map(|h| (h.name, h.doc))));
    texts.extend(optim::OPTIMIZERS.iter().map(|optimizer| (optimizer.name, optimizer.doc)));
    texts.extend(optim::OPTIMIZERS.iter().flat_map(|o| o.hyperparameters.iter().map(|h| (h.name, h.doc))));
    for (name, text) in texts {
        assert!(text.trim().len() > 4, "`{name}` says nothing of itself");
    }
    // primitives have no text at run time: the doc comment stands in the line before
    let source = include_str!("../kernels/src/scalar/table.rs");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    for primitive in PRIMITIVES {
        let row = format!("{} = \"{}\"(", primitive.name.to_uppercase(), primitive.name);
        let at =
            lines.iter().position(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row `{row}`"));
        assert!(lines[at - 1].starts_with("/// "), "`{}` says nothing of itself", primitive.name);
    }
}
