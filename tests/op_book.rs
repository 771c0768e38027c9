//! One loop over the op book: every row, every sample, every promise.
use plywood_kernels::cpu::Cpu;
use plywood_kernels::layers;
use plywood_kernels::listing::Listing;
use plywood_kernels::op::{Op, Sample, Tested};
use plywood_kernels::scalar::{Expr, argument, table::PRIMITIVES};
use plywood_kernels::shape::{Atom, Deferred, Requirements, Shape, Size, shape};
use plywood_kernels::types::Element;
use plywood_kernels::{losses, ops, optim, rules};
use plywood_tests::calls::{CALLS, Operands};
use plywood_tests::gradient::{Compared, Expression};
use plywood_tests::numbers::{close, double, numbers, single};
use plywood_tests::rules::RULES;
use plywood_tests::sample::{Case, random, renamed, value};

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
            let kept = |d: &Deferred| d.relation.holds(d.left.evaluate(&value), d.right.evaluate(&value));
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

#[test]
fn every_row_is_documented() {
    let mut texts: Vec<(&str, &str)> = vec![];
    texts.extend(ops::UNARY.iter().map(|row| (row.name, row.doc)));
    texts.extend(ops::BINARY.iter().map(|row| (row.name, row.doc)));
    texts.extend(
        layers::all().chain(layers::FUNCTIONS.iter().copied()).map(|layer| (layer.name(), layer.doc())),
    );
    texts.extend(
        layers::all()
            .chain(layers::FUNCTIONS.iter().copied())
            .flat_map(|layer| layer.arguments().iter().map(|a| (a.name, a.doc))),
    );
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
