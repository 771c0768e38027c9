//! What a prediction computes of parameters and states alone, taken out: a session makes it once for each change of these,
//! and every prediction reads it.
use crate::graph::{Block, Graph, Kind, Origin, Value};
use crate::op::Lowered;
use crate::shape::Size;
use crate::types::Type;

/// A prediction in two parts.
pub struct Prepared {
    /// Gives what is prepared, from parameters and states; nothing if there is nothing to prepare.
    pub prepare: Option<Block>,
    /// The prediction, which reads the outputs of `prepare` as [`Kind::Prepared`].
    pub predict: Block,
}

/// Takes out of a prediction what depends on parameters and states alone.
pub fn prepare(prediction: &Block) -> Prepared {
    let body = &prediction.body;
    let mut fixed = vec![false; body.values().count()];
    for node in body.nodes() {
        let is_fixed = match &node.kind {
            Kind::Parameter(_) | Kind::State(_) => true,
            // random numbers and blocks run anew each time
            Kind::Apply(op, attrs) => {
                !matches!(op.lower(attrs), Lowered::Uniform(_))
                    && !node.inputs.is_empty()
                    && node.inputs.iter().all(|v| fixed[v.0])
            }
            _ => false,
        };
        // what is as long as the batch is made for each
        let has_batch = |v: &Value| body.shape(*v).iter().any(Size::has_batch);
        let is_fixed = is_fixed && !node.results.iter().any(has_batch);
        node.results.iter().for_each(|v| fixed[v.0] = is_fixed);
    }
    let none = vec![false; fixed.len()];
    let needed = needed(body, &prediction.outputs, &none);
    // what is fixed, is no leaf itself, and is read by what is not fixed
    let is_made = |v: &Value| {
        let made = matches!(body.kind(*v), Kind::Apply(op, attrs) if op.lower(attrs) != Lowered::Same);
        fixed[v.0] && made
    };
    let (mut made, mut noted): (Vec<Value>, Vec<bool>) = (vec![], none);
    let mut note = |v: &Value| {
        let value = crate::compiler::root(body, *v);
        if is_made(&value) && body.element(value).is_real() && !std::mem::replace(&mut noted[value.0], true) {
            made.push(value);
        }
    };
    for node in body.nodes().iter().filter(|node| node.results.iter().any(|v| needed[v.0] && !fixed[v.0])) {
        node.inputs.iter().for_each(&mut note);
    }
    if made.is_empty() {
        return Prepared { prepare: None, predict: prediction.clone() };
    }
    let prepare = part(prediction, &made, &[]);
    let predict = part(prediction, &prediction.outputs, &made);
    Prepared { prepare: Some(prepare), predict }
}

/// The part of a block that `outputs` depend on, in which the values `given` are there already. Inputs and parameters stay,
/// so that their numbers do.
fn part(block: &Block, outputs: &[Value], given: &[Value]) -> Block {
    let body = &block.body;
    let mut graph = Graph::default();
    let mut new: Vec<Option<Value>> = vec![None; body.values().count()];
    for (k, value) in given.iter().enumerate() {
        graph.begin(body.origin(*value).clone());
        new[value.0] = Some(graph.leaf(Kind::Prepared(k), body.shape(*value).clone()));
    }
    let is_given: Vec<bool> = new.iter().map(Option::is_some).collect();
    let mut wanted = needed(body, outputs, &is_given);
    block.inputs.iter().chain(&block.parameters).for_each(|v| wanted[v.0] = true);
    for node in body.nodes() {
        if !node.results.iter().any(|v| wanted[v.0] && new[v.0].is_none()) {
            continue;
        }
        let inputs = node.inputs.iter().map(|v| new[v.0].expect("nodes come after what they read")).collect();
        let known = |v: &Value| -> (Type, Origin) { (body.ty(*v).clone(), body.origin(*v).clone()) };
        let results = graph.push(node.kind.clone(), inputs, node.results.iter().map(known).collect());
        node.results.iter().zip(results).for_each(|(old, value)| new[old.0] = Some(value));
    }
    let to = |values: &[Value]| values.iter().filter_map(|v| new[v.0]).collect::<Vec<_>>();
    Block {
        name: block.name.clone(),
        inputs: to(&block.inputs),
        parameters: to(&block.parameters),
        outputs: to(outputs),
        states: vec![],
        streams: Size::known(0),
        reverse: None,
        body: graph,
    }
}

/// Which values these depend on, if some are given: those that are flagged.
fn needed(body: &Graph, values: &[Value], given: &[bool]) -> Vec<bool> {
    let mut needed = vec![false; body.values().count()];
    values.iter().for_each(|v| needed[v.0] = true);
    for node in body.nodes().iter().rev() {
        if node.results.iter().any(|v| needed[v.0] && !given[v.0]) {
            node.inputs.iter().for_each(|v| needed[v.0] = true);
        }
    }
    needed
}
