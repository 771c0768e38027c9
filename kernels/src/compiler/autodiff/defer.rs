//! Products that all runs of a loop contribute to one parameter, made after the loop: each run leaves the rows that its
//! product would have read, and all rows together are one product. So a parameter's gradient is handed over once, and a
//! small product per run becomes a large one.
use crate::compiler::{is_own, original, own, root};
use crate::graph::{Block, Call, Entering, Gradient, Graph, Kind, Value};
use crate::ops::elementwise::{Formula, named};
use crate::ops::{matmul, reduction};
use crate::scalar::argument;
use std::collections::{HashMap, HashSet};

/// A gradient that is made after the loop, as the sum of these.
pub(super) struct Deferred {
    /// Whose.
    pub of: Gradient,
    /// What is added.
    pub terms: Vec<Term>,
}

/// What all runs together contribute.
pub(super) enum Term {
    /// `aᵀ b`, summed over the rows of all runs.
    Product(Rows, Rows),
    /// The sum over the rows of all runs, of so many axes in each.
    Sum(Rows, usize),
}

/// The rows of all runs, along one more axis in front.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Input of the call, whose entries the runs read.
    Input(usize),
    /// Output of the forward call.
    Output(usize),
    /// What the reverse hands out besides gradients.
    Made(usize),
}

/// Takes the gradients that can be made after the loop out of the block, which hands out their rows instead.
pub(super) fn defer(block: &mut Block, call: &Call) -> Vec<Deferred> {
    let Some(reverse) = block.reverse.clone() else { return vec![] };
    let inputs = (0..block.inputs.len()).filter(|k| call.inputs[*k] == Entering::Shared).map(Gradient::Input);
    let parameters = (0..block.parameters.len()).filter(|_| !call.own_parameters).map(Gradient::Parameter);
    let products_of = |of: Gradient| {
        let (mut products, gradient) = (vec![], reverse.made(of)?);
        terms(&block.body, original(&block.body, gradient), &mut products).then_some(products)
    };
    // where the gradients of some parameters must be collected anyway, those of all are
    let made = |of: &Gradient| reverse.made(*of).is_some();
    let all = parameters.clone().filter(made).all(|of| products_of(of).is_some());
    let gradients: Vec<Gradient> = inputs.chain(parameters.filter(|_| all)).collect();
    let found: Vec<_> = gradients.into_iter().filter_map(|of| Some((of, products_of(of)?))).collect();
    let mut deferred = vec![];
    let mut known = Known::of(block, call);
    for (of, products) in found {
        let terms = products.into_iter().map(|product| match product {
            Found::Product(a, b) => Term::Product(known.rows(block, a), known.rows(block, b)),
            Found::Sum(x, axes) => Term::Sum(known.rows(block, x), axes),
        });
        let terms = terms.collect();
        if let Some(reverse) = &mut block.reverse {
            match of {
                Gradient::Input(k) => reverse.inputs[k] = None,
                Gradient::Parameter(p) => reverse.parameters[p] = None,
                Gradient::Rows(_) => {}
            }
        }
        deferred.push(Deferred { of, terms });
    }
    if let Some(reverse) = &mut block.reverse {
        own(&mut block.body, reverse.inputs.iter_mut().flatten().chain(&mut reverse.rows));
    }
    deferred
}

enum Found {
    Product(Value, Value),
    Sum(Value, usize),
}

/// The products and sums over rows that a gradient is the sum of; whether it is nothing else.
fn terms(body: &Graph, gradient: Value, found: &mut Vec<Found>) -> bool {
    let Kind::Apply(op, attrs) = body.kind(gradient) else { return false };
    let inputs = body.inputs(gradient);
    match op.name() {
        "add" if inputs.iter().all(|v| body.shape(*v) == body.shape(gradient)) => {
            inputs.iter().all(|input| terms(body, *input, found))
        }
        "matmul" if matmul::forms(attrs) == (true, false) => {
            found.push(Found::Product(inputs[0], inputs[1]));
            true
        }
        "sum" if reduction::axes(attrs).start == 0 && !attrs.flag("mean") => {
            found.push(Found::Sum(inputs[0], reduction::axes(attrs).end));
            true
        }
        _ => false,
    }
}

/// What the caller can find so far.
struct Known {
    /// Where the rows of all runs of a value are.
    rows: HashMap<Value, Rows>,
    /// What the outputs are other names for.
    outputs: HashSet<Value>,
}

impl Known {
    fn of(block: &Block, call: &Call) -> Known {
        let sliced = block.inputs.iter().enumerate().filter(|(k, _)| call.inputs[*k] == Entering::Sliced);
        let rows = sliced.map(|(k, input)| (*input, Rows::Input(k))).collect();
        Known { rows, outputs: block.outputs.iter().map(|output| root(&block.body, *output)).collect() }
    }

    /// Where the caller finds the rows of all runs of a value.
    fn rows(&mut self, block: &mut Block, value: Value) -> Rows {
        if let Some(rows) = self.rows.get(&value) {
            return *rows;
        }
        let Block { body, outputs, reverse, .. } = block;
        let Some(reverse) = reverse else { unreachable!("only differentiated blocks have rows") };
        let is_forward = body.made_by(value) < reverse.forward;
        let rows = if is_forward && is_own(body, value) && self.outputs.insert(root(body, value)) {
            outputs.push(value);
            reverse.seeds.push(None);
            Rows::Output(outputs.len() - 1)
        } else {
            // forward leaves what it makes where the product reads it; anything else is copied on the way back, by a
            // formula of another name: a copy that forward makes would be the same value
            let made = if is_forward {
                body.begin(body.origin(value).with("rows"));
                body.must(&Formula, named("rows", argument(0)), &[value])
            } else {
                value
            };
            reverse.rows.push(made);
            Rows::Made(reverse.rows.len() - 1)
        };
        self.rows.insert(value, rows);
        rows
    }
}
