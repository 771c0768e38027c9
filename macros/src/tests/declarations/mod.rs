//! Random declarations through every stage, beside the same network in one `fn forward` and a graph that is made without the
//! compiler's reading of either.
mod faults;

use super::graphs::verify;
use crate::declarations::forms::FORMS;
use crate::declarations::reference::Reference;
use crate::declarations::tree::{NUMBER, Program};
use crate::emit::{Planned, emit};
use crate::graphs::Compiled;
use crate::graphs::generate::SYMBOLS;
use crate::parameters::{Entry, Parameters};
use crate::resolve::Templates;
use crate::role::Role;
use crate::syntax::Declarations;
use crate::{pipeline, syntax};
use plywood_kernels::compiler::autodiff;
use plywood_kernels::graph::{Block, Gradient, Kind, Value};
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::listing::Listing;
use plywood_kernels::random::Random;
use plywood_kernels::shape::Size;
use std::panic::{AssertUnwindSafe, catch_unwind};

const BATCH: usize = 2;

/// How many declarations are looked at: as the environment variable says, or a few.
fn count() -> u64 {
    const NAME: &str = "PLYWOOD_DECLARATIONS";
    std::env::var(NAME).map_or(60, |count| count.parse().unwrap_or_else(|_| panic!("{NAME} is a number")))
}

fn symbol(name: &str) -> usize {
    SYMBOLS.iter().find(|(other, _)| *other == name).expect("a constant of the generator's").1
}
fn known(size: &Size) -> usize {
    bindings(&|_| vec![]).size(size)
}
fn bindings<'a>(leaf: &'a dyn Fn(&Kind) -> Vec<f64>) -> Bindings<'a> {
    Bindings { batch: BATCH, symbol: &symbol, random: Random::new(5, 2), leaf }
}

/// The networks that a text declares, or what is said of it.
fn compiled(text: &str) -> Result<Vec<Planned>, String> {
    let tokens = text.parse().map_err(|error| format!("these are no tokens: {error}"))?;
    let Declarations { networks, templates, mut diagnostics } = syntax::network(tokens);
    let templates = Templates::of(templates, &mut diagnostics);
    let mut planned = vec![];
    for (network, mut said) in networks {
        let stages = pipeline::stages(network, &templates, &mut said);
        diagnostics.append(said);
        planned.extend(stages.ok());
    }
    templates.unused(&mut diagnostics);
    let messages = diagnostics.messages();
    if messages.is_empty() { Ok(planned) } else { Err(messages.join("\n")) }
}

/// A graph of a network, and what in it is each parameter, in the order in which they are declared: the number of the leaf,
/// which of its entries, and whether it is frozen.
struct Graph {
    block: Block,
    parameters: Vec<(usize, usize, bool)>,
}

impl Graph {
    fn of(planned: &Planned, block: &Block) -> Graph {
        let mut parameters = vec![];
        unrolled(&planned.parameters, 0, 0, &mut parameters);
        Graph { block: block.clone(), parameters }
    }

    fn reference(program: &Program, training: bool) -> Result<Graph, String> {
        let (block, order) = Reference::of(program, training)?;
        let parameters = order.into_iter().map(|(number, frozen)| (number, 0, frozen)).collect();
        Ok(Graph { block, parameters })
    }

    fn len(&self, value: Value) -> usize {
        bindings(&|_| vec![]).sizes(self.block.body.shape(value)).iter().product()
    }

    /// How many entries a leaf has.
    fn entries(&self, leaf: usize) -> usize {
        self.parameters.iter().filter(|(other, ..)| *other == leaf).count()
    }

    /// The numbers of every value: those of the parameters are drawn in the order in which they are declared.
    fn values(&self) -> Vec<Vec<f64>> {
        let draw = |stream: usize, len: usize| -> Vec<f64> {
            let stream = Random::new(1, 7).stream(stream as u32);
            (0..len).map(|i| f64::from(2.0 * stream.uniform(i as u64) - 1.0)).collect()
        };
        let block = &self.block;
        let of = |kind: &Kind| match kind {
            Kind::Input(k) => {
                let numbers = draw(1000 + k, self.len(block.inputs[*k]));
                match block.body.element(block.inputs[*k]).is_real() {
                    true => numbers,
                    false => numbers.iter().map(|x| (1.5 * (x + 1.0)).floor()).collect(),
                }
            }
            Kind::Parameter(p) => {
                let leaf = block.body.parameter(*p).expect("a leaf");
                let (entries, len) = (self.entries(*p), self.len(leaf));
                let mut numbers = vec![0.0; len];
                for (number, (_, at, _)) in
                    self.parameters.iter().enumerate().filter(|(_, (other, ..))| other == p)
                {
                    let len = len / entries;
                    numbers[at * len..(at + 1) * len].copy_from_slice(&draw(number, len));
                }
                numbers
            }
            Kind::Seed(k) => draw(2000 + k, self.len(block.outputs[*k])),
            other => unreachable!("{other:?} in a graph that was declared"),
        };
        interpret(&block.body, &bindings(&of))
    }

    /// Outputs, gradients of inputs that are asked for, and gradients of parameters, as they are declared.
    fn results(&self, asked: &[bool]) -> Vec<(String, Vec<f64>)> {
        let values = self.values();
        let outputs = self.block.outputs.iter().enumerate();
        let mut results: Vec<_> =
            outputs.map(|(k, y)| (format!("output {k}"), values[y.0].clone())).collect();
        let Some(reverse) = &self.block.reverse else { return results };
        for k in (0..asked.len()).filter(|k| asked[*k]) {
            let nothing = vec![0.0; self.len(self.block.inputs[k])];
            let made = reverse.made(Gradient::Input(k)).map_or(nothing, |made| values[made.0].clone());
            results.push((format!("the gradient of input {k}"), made));
        }
        for (number, (p, at, frozen)) in self.parameters.iter().enumerate() {
            let name = format!("the gradient of parameter {number}");
            if *frozen {
                results.push((format!("{name}, which is frozen"), vec![]));
                continue;
            }
            let Some(leaf) = self.block.body.parameter(*p) else {
                results.push((name, vec![]));
                continue;
            };
            let made = reverse.made(Gradient::Parameter(*p));
            let all = made.map_or_else(|| vec![0.0; self.len(leaf)], |made| values[made.0].clone());
            let len = all.len() / self.entries(*p);
            results.push((name, all[at * len..(at + 1) * len].to_vec()));
        }
        results
    }
}

/// The parameters of a level, run by run, in declared order; `first` is the number of its first, `entry` the run.
fn unrolled(parameters: &Parameters, first: usize, entry: usize, all: &mut Vec<(usize, usize, bool)>) {
    for one in parameters.entries() {
        match one {
            Entry::Layer(layer) => all.extend(
                layer
                    .parameters
                    .iter()
                    .map(|parameter| (first + parameter.number, entry, parameter.role == Role::Frozen)),
            ),
            Entry::Group(group) => unrolled(&group.inside, first, entry, all),
            Entry::Repeat(repeat) => {
                let times = known(&repeat.times());
                for run in 0..times {
                    unrolled(&repeat.inside, first + repeat.first, entry * times + run, all);
                }
            }
        }
    }
}

/// How much two numbers may differ that are the same sums in another order, as a part of the largest beside them: of a hundred
/// steps of sums of up to fifty numbers, each rounded to 1e-16.
const TOLERANCE: f64 = 1e-12;

/// That two networks give the same, or where they do not.
fn compare(expected: &[(String, Vec<f64>)], found: &[(String, Vec<f64>)]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("{} results, not {}", found.len(), expected.len()));
    }
    for ((name, expected), (other, found)) in expected.iter().zip(found) {
        if name != other || expected.len() != found.len() {
            return Err(format!("{other} of {} numbers, not {name} of {}", found.len(), expected.len()));
        }
        let largest = expected.iter().fold(1e-3, |most: f64, x| most.max(x.abs()));
        for (number, (e, f)) in expected.iter().zip(found).enumerate() {
            // what is no number is not close
            let close = (e - f).abs() <= TOLERANCE * largest;
            if !close {
                return Err(format!("number {number} of {name} is {f}, not {e}"));
            }
        }
    }
    Ok(())
}

/// A graph with what the constants in its formulas are.
fn numbered(block: &Block) -> Block {
    let text = Listing { network: block.clone() }.write();
    let lines: Vec<&str> = text.iter().map(String::as_str).collect();
    Listing::read_with(&lines, &[NUMBER]).expect("the compiler wrote a graph").network
}

/// The nodes of a graph without what they are called.
fn structure(block: &Block) -> Vec<String> {
    let node = |node: &plywood_kernels::graph::Node| {
        let tys: Vec<_> = node.results.iter().map(|value| block.body.ty(*value)).collect();
        format!("{:?} {:?} {tys:?}", node.kind, node.inputs)
    };
    block.body.nodes().iter().map(node).collect()
}

/// What was seen of a program that is compiled rightly.
struct Seen {
    derivatives: usize,
    /// Whether both networks are one graph.
    same: bool,
}

/// Compiles a text of two networks, which is to do what the program does.
fn check(text: &str, program: &Program) -> Result<Seen, String> {
    let mut planned = compiled(text)?;
    for planned in &mut planned {
        planned.differentiated = numbered(&planned.differentiated);
        planned.forward = numbered(&planned.forward);
    }
    let [net, flat] = planned.as_slice() else { return Err(format!("{} networks", planned.len())) };
    let asked: Vec<bool> = program.inputs.iter().map(|port| port.gradient).collect();
    let mut seen = Seen { derivatives: 0, same: false };
    let graphs = |planned: &Planned| {
        [&planned.differentiated, &planned.forward].map(|block| Graph::of(planned, block))
    };
    let [expected, predicted] = [true, false].map(|training| Graph::reference(program, training));
    let (mut expected, predicted) = (expected?, predicted?);
    let mut learns = vec![true; expected.parameters.len()];
    expected.parameters.iter().for_each(|(number, _, frozen)| learns[*number] = !frozen);
    expected.block = autodiff::autodiff(&expected.block, &learns, &asked);
    for assertion in planned.iter().flat_map(|planned| &planned.assertions) {
        if !assertion.relation.holds(known(&assertion.left), known(&assertion.right)) {
            return Err(format!("{} {}{}", assertion.subject, assertion.relation.words(), assertion.left));
        }
    }
    let (expected, predicted) = (expected.results(&asked), predicted.results(&asked));
    for (name, planned) in [("`Net`", net), ("`Flat`", flat)] {
        let found: Vec<bool> = planned.inputs.iter().map(|port| port.gradient).collect();
        if found != asked {
            return Err(format!("{name}: gradients of {found:?} are asked for, not of {asked:?}"));
        }
        let [training, prediction] = graphs(planned);
        let wrong = |what: String| format!("{name}: {what}");
        compare(&expected, &training.results(&asked)).map_err(wrong)?;
        compare(&predicted, &prediction.results(&asked))
            .map_err(|what| wrong(format!("predicting: {what}")))?;
    }
    seen.same = [(&net.differentiated, &flat.differentiated), (&net.forward, &flat.forward)]
        .iter()
        .all(|(net, flat)| structure(net) == structure(flat));
    let calls = |block: &Block| block.body.nodes().iter().any(|node| matches!(node.kind, Kind::Call(_)));
    // numbers that are known are computed with at once
    if !seen.same && !text.contains(NUMBER.0) && !calls(&net.differentiated) {
        return Err("nothing is called in `Net`, and it is another graph than `Flat`".into());
    }
    for (name, planned) in ["`Net`", "`Flat`"].into_iter().zip(planned) {
        syn::parse2::<syn::File>(emit(&planned)).map_err(|error| format!("{name}: {error}"))?;
        let Planned { parameters: entries, differentiated, forward: prediction, functions, .. } = planned;
        let compiled = Compiled { entries, differentiated, prediction, functions };
        seen.derivatives += verify(&compiled, &asked).map_err(|what| format!("{name}: {what}"))?;
    }
    Ok(seen)
}

#[test]
fn random_declarations_have_every_form_of_the_language() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..200 {
        Program::random(seed).forms().into_iter().for_each(|form| *seen.entry(form).or_insert(0) += 1);
    }
    let rare: Vec<_> = FORMS.iter().filter(|form| seen.get(*form).is_none_or(|count| *count < 3)).collect();
    assert!(rare.is_empty(), "in 200 declarations there is next to no {rare:?}");
}

#[test]
fn random_declarations_are_compiled_rightly() {
    let (mut failed, mut derivatives, mut same) = (vec![], 0, 0);
    for seed in 0..count() {
        let program = Program::random(seed);
        let text = program.text();
        // a panic is a bug as others are, and its program is wanted
        let checked = catch_unwind(AssertUnwindSafe(|| check(&text, &program)));
        match checked.unwrap_or_else(|_| Err("the compiler panics".into())) {
            Ok(seen) => {
                derivatives += seen.derivatives as u64;
                same += u64::from(seen.same);
            }
            Err(wrong) => failed.push((text.len(), seed, wrong, text)),
        }
    }
    failed.sort();
    if let Some((_, seed, wrong, text)) = failed.first() {
        panic!("{} fail, the smallest that of seed {seed}: {wrong}\nnetwork! {{\n{text}\n}}", failed.len());
    }
    assert!(derivatives > 20 * count(), "only {derivatives} derivatives");
    assert!(same > count() / 8, "only {same} without calls");
}
