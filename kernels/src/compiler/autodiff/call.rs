//! The reverse of a call: its block differentiated for what is asked of it, once for all calls that ask the same.
use super::defer::{Deferred, Rows, Term, defer};
use super::{Demand, Pass, block};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Block, Call, Entering, Gradient, Leaving, Node, Value};
use crate::ops::{self, matmul::transposed, sum};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Blocks that were differentiated, by the block and by how it is called.
#[derive(Default)]
pub(super) struct Calls {
    done: HashMap<Key, Rc<Done>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    /// Where the block lies. The calls that are differentiated keep it there.
    block: usize,
    demand: Demand,
    /// How inputs enter, and whether all runs share the parameters; nothing where runs have nothing in common.
    runs: Option<(Vec<Entering>, bool)>,
}

/// A differentiated block.
struct Done {
    block: Rc<Block>,
    /// How the outputs that it has for the way back leave.
    leaving: Vec<Leaving>,
    deferred: Vec<Deferred>,
}

/// Adds the gradients of what a call reads, where these are wanted.
pub(super) fn reverse(
    pass: &mut Pass,
    calls: &mut Calls,
    call: &Rc<Call>,
    node: &Node,
    given: &[Option<Value>],
) {
    let (inputs, parameters) = node.inputs.split_at(call.inputs.len());
    let live = |values: &[Value]| values.iter().map(|v| pass.live[v.0]).collect::<Vec<bool>>();
    let mut demand = Demand {
        inputs: live(inputs),
        parameters: live(parameters),
        outputs: given.iter().map(Option::is_some).collect(),
    };
    let once = call.is_single();
    for (k, entering) in call.inputs.iter().enumerate() {
        let Entering::Carried(output) = entering else { continue };
        // what a later run hands back is a gradient of the run before
        if !once && call.block.body.element(call.block.inputs[k]).is_real() {
            demand.inputs[k] = true;
            demand.outputs[*output] = true;
        }
    }
    let done = calls.differentiated(call, &demand);
    let Block { body, reverse, .. } = &*done.block;
    let reverse = reverse.as_ref().expect("it is differentiated");
    let is_wanted = |gradient: &Gradient| match gradient {
        Gradient::Input(k) => pass.live[inputs[*k].0],
        Gradient::Parameter(p) => pass.live[parameters[*p].0],
        Gradient::Rows(_) => true,
    };
    if !reverse.results().iter().any(is_wanted) {
        // what is asked for does not depend on what comes out
        return;
    }
    let outputs = [call.outputs.as_slice(), &done.leaving].concat();
    let differentiated = Rc::new(Call { block: done.block.clone(), outputs, ..(**call).clone() });
    let mut seeds = vec![];
    for k in reverse.seeded() {
        seeds.push(given[k].unwrap_or_else(|| {
            // carried from run to run, and read by nobody after the last
            let shape = Attr::Shape(body.shape(done.block.outputs[k]).clone());
            pass.graph.begin(body.origin(done.block.outputs[k]).gradient());
            let attrs = Attrs::NONE.with("shape", shape).with("value", Attr::Number(0.0));
            pass.graph.must(&ops::FULL, attrs, &[])
        }));
    }
    let onto = onto(pass, parameters, &reverse.results());
    let results = pass.graph.reverse(differentiated, node.results[0], &seeds, &onto);
    let made: HashMap<Gradient, Value> = reverse.results().into_iter().zip(results).collect();
    // what was added to comes first: it takes the place of what there was, and what a leaf that is an input too is given as
    // one is added to it
    for (p, _) in &onto {
        pass.gradients[parameters[*p].0] = Some(made[&Gradient::Parameter(*p)]);
    }
    let adds: HashSet<Gradient> = onto.iter().map(|(p, _)| Gradient::Parameter(*p)).collect();
    for gradient in reverse.results().into_iter().filter(|gradient| !adds.contains(gradient)) {
        let x = match gradient {
            Gradient::Input(k) => inputs[k],
            Gradient::Parameter(p) => parameters[p],
            Gradient::Rows(_) => continue,
        };
        if pass.live[x.0] {
            pass.graph.begin(pass.graph.origin(x).gradient());
            pass.add(x, made[&gradient]);
        }
    }
    let forward = pass.graph.node(node.results[0]).results.clone();
    for Deferred { of, terms } in &done.deferred {
        let x = match of {
            Gradient::Input(k) => inputs[*k],
            Gradient::Parameter(p) => parameters[*p],
            Gradient::Rows(_) => unreachable!("rows have no gradient"),
        };
        let stack = |rows: &Rows| match rows {
            Rows::Input(k) => inputs[*k],
            Rows::Output(k) => forward[*k],
            Rows::Made(r) => made[&Gradient::Rows(*r)],
        };
        for term in terms {
            pass.graph.begin(pass.graph.origin(x).gradient());
            let value = match term {
                Term::Product(a, b) => {
                    let (a, b) = (stack(a), stack(b));
                    pass.graph.must(&ops::MATMUL, transposed(true, false), &[a, b])
                }
                Term::Sum(rows, axes) => {
                    let rows = stack(rows);
                    pass.graph.must(&ops::SUM, sum::over(0..axes + 1), &[rows])
                }
            };
            pass.add(x, value);
        }
    }
}

/// What there is already of the gradients of a block's parameters: this reverse adds to it. So what several calls make lies in
/// one layout, whichever parameters each of them reaches, and is handed over once.
fn onto(pass: &Pass, parameters: &[Value], results: &[Gradient]) -> Vec<(usize, Value)> {
    // what there is of a leaf is added to once
    let mut seen = HashSet::new();
    let made = |gradient: &Gradient| match gradient {
        Gradient::Parameter(p) => Some((*p, pass.gradient(parameters[*p])?)),
        _ => None,
    };
    results.iter().filter_map(made).filter(|(p, _)| seen.insert(parameters[*p])).collect()
}

impl Calls {
    fn differentiated(&mut self, call: &Rc<Call>, demand: &Demand) -> Rc<Done> {
        // runs with parameters of their own that share nothing have no product in common, and are as one run by itself
        let apart =
            call.own_parameters && call.inputs.iter().all(|input| matches!(input, Entering::Carried(_)));
        let runs = (!call.is_single() && !apart).then(|| (call.inputs.clone(), !call.own_parameters));
        let key = Key { block: Rc::as_ptr(&call.block).addr(), demand: demand.clone(), runs };
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        let mut differentiated = block(&call.block, demand, false, self);
        let deferred = if key.runs.is_some() { defer(&mut differentiated, call) } else { vec![] };
        let leaving = vec![Leaving::Stacked; differentiated.outputs.len() - call.outputs.len()];
        let done = Rc::new(Done { block: Rc::new(differentiated), leaving, deferred });
        self.done.insert(key, done.clone());
        done
    }
}
