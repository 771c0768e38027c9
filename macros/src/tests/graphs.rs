//! Random graphs through every pass: well formed, differentiated rightly, planned without sharing.
use super::plan::run;
use crate::graphs::generate::{Case, SYMBOLS};
use crate::graphs::{Compiled, compile, uses};
use plywood_kernels::check::check;
use plywood_kernels::compiler::rewrite::readable;
use plywood_kernels::graph::{Block, Gradient, Kind, Value};
use plywood_kernels::interpret::{Bindings, interpret};
use plywood_kernels::listing::Listing;
use plywood_kernels::random::Random;
use plywood_kernels::types::Element;

const BATCH: usize = 3;

/// Numbers in -1 to 1, or classes, of leaf `kind`.
fn leaf(block: &Block, kind: &Kind, len: usize) -> Vec<f64> {
    let (word, k) = match kind {
        Kind::Input(k) => (1, *k),
        Kind::Parameter(k) => (2, *k),
        Kind::State(k) => (3, *k),
        Kind::Seed(k) => (4, *k),
        other => unreachable!("{other:?} in a graph before it is split"),
    };
    let stream = Random::new(word, 9).stream(k as u32);
    let index = matches!(kind, Kind::Input(k) if block.body.element(block.inputs[*k]) == Element::U32);
    let number = |i: usize| {
        let u = f64::from(stream.uniform(i as u64));
        if index { (u * 3.0).floor() } else { 2.0 * u - 1.0 }
    };
    (0..len).map(number).collect()
}

/// The numbers of every value, one number of one leaf moved.
fn values(block: &Block, moved: Option<(Value, usize, f64)>) -> Vec<Vec<f64>> {
    let symbol = |name: &str| {
        let found = SYMBOLS.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| *value).expect("a symbol of the generator's")
    };
    let bindings = |leaf: &dyn Fn(&Kind) -> Vec<f64>| {
        let bindings = Bindings { batch: BATCH, symbol: &symbol, random: Random::new(5, 2), leaf };
        interpret(&block.body, &bindings)
    };
    let sizes = Bindings { batch: BATCH, symbol: &symbol, random: Random::new(5, 2), leaf: &|_| vec![] };
    let of = |kind: &Kind| {
        let is = |v: &Value| format!("{:?}", block.body.kind(*v)) == format!("{kind:?}");
        let value = block.body.values().find(is).expect("a leaf of this graph");
        let len = sizes.sizes(block.body.shape(value)).iter().product();
        let mut numbers = leaf(block, kind, len);
        if let Some((moved, i, by)) = moved
            && moved == value
        {
            numbers[i] += by;
        }
        numbers
    };
    bindings(&of)
}

/// How many derivatives of a compiled case were compared, or what it is wrong in.
pub fn verify(compiled: &Compiled, asked: &[bool]) -> Result<usize, String> {
    let Compiled { entries, differentiated, prediction, functions } = compiled;
    for block in [differentiated, prediction, &readable(differentiated), &readable(prediction)] {
        check(block)?;
        uses::check(entries, block)?;
        let text = Listing { network: block.clone() }.write();
        let read = Listing::read(&text.iter().map(String::as_str).collect::<Vec<_>>());
        let again = read.ok_or_else(|| format!("cannot be read: {text:#?}"))?.write();
        if again != text {
            return Err(format!("{text:#?} is read as {again:#?}"));
        }
    }
    let learns = entries.learn();
    run::check(&functions.training, Some(&learns), 4).map_err(|wrong| format!("training: {wrong}"))?;
    run::check(&functions.prediction, None, 4).map_err(|wrong| format!("prediction: {wrong}"))?;
    if let Some(preparation) = &functions.preparation {
        run::check(preparation, None, 4).map_err(|wrong| format!("preparing: {wrong}"))?;
    }
    differences(differentiated, &learns, asked)
}

/// Compares the gradients of parameters that learn and of inputs that were asked for with differences, some numbers of each;
/// how many. One that was not made is 0.
pub fn differences(block: &Block, learns: &[bool], asked: &[bool]) -> Result<usize, String> {
    const STEP: f64 = 1e-5;
    let reverse = block.reverse.as_ref().expect("a network that trains");
    let plain = values(block, None);
    let objective = |values: &[Vec<f64>]| -> f64 {
        let seeded = reverse.seeds.iter().zip(&block.outputs);
        let pairs = seeded.filter_map(|(seed, output)| Some((seed.as_ref()?, output)));
        pairs
            .flat_map(|(seed, output)| values[seed.0].iter().zip(&values[output.0]).map(|(d, y)| d * y))
            .sum()
    };
    if !plain.iter().flatten().all(|x| x.is_finite()) {
        return Err("a value is no number".into());
    }
    let mut compared = 0;
    if !reverse.rows.is_empty() {
        return Err("a network has no rows".into());
    }
    let inputs = (0..asked.len()).filter(|k| asked[*k]);
    let inputs = inputs.map(|k| (Gradient::Input(k), block.inputs[k], format!("input {k}")));
    let parameters = (0..learns.len()).filter(|p| learns[*p]);
    let parameters =
        parameters.map(|p| (Gradient::Parameter(p), block.parameters[p], format!("parameter {p}")));
    for (gradient, leaf, name) in inputs.chain(parameters) {
        let nothing = vec![0.0; plain[leaf.0].len()];
        let derived = reverse.made(gradient).map_or(&nothing, |made| &plain[made.0]);
        if derived.len() != plain[leaf.0].len() {
            return Err(format!("the gradient of {name} has {} numbers", derived.len()));
        }
        for c in 0..derived.len().min(3) {
            let i = (c * 7919 + 1) % derived.len();
            let at = |by: f64| objective(&values(block, Some((leaf, i, by))));
            let (above, below) = (at(STEP), at(-STEP));
            let measured = (above - below) / (2.0 * STEP);
            // what is lost when numbers of this size are subtracted
            let lost = 4e-14 * (1.0 + above.abs().max(below.abs())) / STEP;
            if (measured - derived[i]).abs() > 1e-6 * (1.0 + measured.abs()) + lost {
                return Err(format!(
                    "number {i} of {name}: {} derived, {measured} by differences",
                    derived[i]
                ));
            }
            compared += 1;
        }
    }
    Ok(compared)
}

/// How many random graphs are looked at, if nobody says otherwise.
pub const SEEDS: u64 = 60;

/// How many random graphs are looked at: as the environment variable `PLYWOOD_GRAPHS` says, or a few.
fn count() -> u64 {
    std::env::var("PLYWOOD_GRAPHS").map_or(SEEDS, |count| count.parse().expect("PLYWOOD_GRAPHS is a number"))
}

#[test]
fn random_graphs_are_compiled_rightly() {
    let (mut failed, mut compared) = (vec![], 0);
    for seed in 0..count() {
        let case = Case::of(seed);
        let asked = case.asked.clone();
        match verify(&compile(case), &asked) {
            Ok(count) => compared += count as u64,
            Err(wrong) => failed.push((Case::of(seed).training.body.len(), seed, wrong)),
        }
    }
    failed.sort();
    if let Some((_, seed, wrong)) = failed.first() {
        let graph = Listing { network: compile(Case::of(*seed)).differentiated }.write().join("\n");
        panic!("{} fail, the smallest that of seed {seed}: {wrong}\n{graph}", failed.len());
    }
    assert!(compared > 7 * count(), "only {compared} derivatives");
}

#[test]
fn random_graphs_are_emitted() {
    for seed in 0..count() {
        let modules = crate::graphs::of_cases(std::iter::once(("case".into(), Case::of(seed))));
        syn::parse2::<syn::File>(modules).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

#[test]
fn graphs_made_by_hand_are_emitted() {
    let modules = crate::graphs::modules(0..0);
    syn::parse2::<syn::File>(modules).unwrap_or_else(|error| panic!("{error}"));
}
