//! Parts of a graph that are written once and run where they are called: blocks, and their calls.
use super::{Graph, Kind, Value};
use crate::shape::Size;
use std::rc::Rc;

/// A graph of its own, from inputs and parameters to outputs. It becomes one function of generated code, however often it
/// is called; two calls run the same function exactly if they hold the same block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What its functions are called.
    pub name: String,
    /// Forward nodes first; once differentiated, backward ones behind them.
    pub body: Graph,
    /// The leaf of each input.
    pub inputs: Vec<Value>,
    /// The leaf of each parameter of its own. One that its caller, or another block, has too is an input, which the caller
    /// hands over and whose gradient it is handed.
    pub parameters: Vec<Value>,
    /// What one run gives.
    pub outputs: Vec<Value>,
    /// What a training step makes of each state, by its number: of the network itself only. Blocks within are handed
    /// states as inputs, and give them as outputs.
    pub states: Vec<(usize, Value)>,
    /// Streams of random numbers that one run takes.
    pub streams: Size,
    /// The backward part, once differentiated.
    pub reverse: Option<Reverse>,
}

impl Block {
    /// The block that gives `outputs`: its inputs and parameters are the leaves of the body, by their numbers.
    pub fn of(name: &str, body: Graph, outputs: Vec<Value>, streams: Size) -> Block {
        let (mut inputs, mut parameters) = (vec![], vec![]);
        for node in body.nodes() {
            match node.kind {
                Kind::Input(k) => inputs.push((k, node.results[0])),
                Kind::Parameter(p) => parameters.push((p, node.results[0])),
                _ => {}
            }
        }
        let [inputs, parameters] = [inputs, parameters].map(|mut leaves| {
            leaves.sort_unstable();
            leaves.into_iter().map(|(_, value)| value).collect()
        });
        Block { name: name.into(), body, inputs, parameters, outputs, states: vec![], streams, reverse: None }
    }
}

/// The backward part of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Reverse {
    /// How many nodes of the body are forward.
    pub forward: usize,
    /// The leaf for the gradient of each output; `None` where none is handed in, as nothing depends on that output.
    pub seeds: Vec<Option<Value>>,
    /// The gradient of each input; `None` where nobody asked for it, or where it is 0 whatever the numbers.
    pub inputs: Vec<Option<Value>>,
    /// The gradient of each parameter, likewise.
    pub parameters: Vec<Option<Value>>,
    /// Parameters, by their place among the block's, that were asked for and on which nothing depends: of the network itself
    /// alone, whose optimizer must hear of every parameter that learns.
    pub idle: Vec<usize>,
    /// What backward hands out besides, once per run: the rows that deferred products are made of.
    pub rows: Vec<Value>,
}

/// How a value crosses the border of a block into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entering {
    /// The first run gets it; each later one gets that output of the run before. The output is carried to one input, and is
    /// not stacked: a block gives a copy of what is wanted besides.
    Carried(usize),
    /// Every run reads the same.
    Shared,
    /// Run `i` reads entry `i` along one more axis in front.
    Sliced,
}

/// How an output crosses the border of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaving {
    /// The last run's.
    Last,
    /// Every run's, along one more axis in front.
    Stacked,
}

/// A use of a block.
#[derive(Clone, Debug)]
pub struct Call {
    /// What runs.
    pub block: Rc<Block>,
    /// What this use is called.
    pub name: String,
    /// How often it runs, one run after the other.
    pub times: Size,
    /// How each input gets in.
    pub inputs: Vec<Entering>,
    /// Whether each run has parameters of its own, along one more axis in front; else all runs share them.
    pub own_parameters: bool,
    /// How each output gets out.
    pub outputs: Vec<Leaving>,
    /// The first run's first stream of random numbers.
    pub first_stream: Size,
}

impl Call {
    /// One run of a block.
    pub fn once(block: Rc<Block>, name: &str, first_stream: Size) -> Call {
        Call {
            name: name.into(),
            times: Size::known(1),
            inputs: vec![Entering::Shared; block.inputs.len()],
            own_parameters: false,
            outputs: vec![Leaving::Last; block.outputs.len()],
            first_stream,
            block,
        }
    }
    /// Runs of a block in a row, each on the outputs of the one before, with parameters of its own.
    pub fn repeated(block: Rc<Block>, name: &str, times: Size, first_stream: Size) -> Call {
        Call {
            name: name.into(),
            times,
            inputs: (0..block.inputs.len()).map(Entering::Carried).collect(),
            own_parameters: true,
            outputs: vec![Leaving::Last; block.outputs.len()],
            first_stream,
            block,
        }
    }
    /// Whether there is just one run, and nothing of it lies along an axis of runs.
    pub fn is_once(&self) -> bool {
        self.is_single()
            && !self.own_parameters
            && !self.inputs.contains(&Entering::Sliced)
            && !self.outputs.contains(&Leaving::Stacked)
    }
    /// Whether there is one run.
    pub fn is_single(&self) -> bool {
        self.times.as_known() == Some(1)
    }
    /// The input that each later run gets from output `k`.
    pub fn carried_into(&self, k: usize) -> Option<usize> {
        self.inputs.iter().position(|entering| *entering == Entering::Carried(k))
    }
    /// The streams of random numbers that all runs take.
    pub fn streams(&self) -> Size {
        &self.times * &self.block.streams
    }
    /// A shape along the axis of runs.
    pub fn along(&self, shape: &[Size]) -> Vec<Size> {
        [std::slice::from_ref(&self.times), shape].concat()
    }
}

/// A result of a call's reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gradient {
    /// The gradient of that input of the call.
    Input(usize),
    /// The gradient of that parameter of the block.
    Parameter(usize),
    /// Every run's rows of that number, for a deferred product.
    Rows(usize),
}

impl Reverse {
    /// The results of a call's reverse, in order.
    pub fn results(&self) -> Vec<Gradient> {
        let some = |of: &[Option<Value>]| (0..of.len()).filter(|i| of[*i].is_some()).collect::<Vec<_>>();
        let inputs = some(&self.inputs).into_iter().map(Gradient::Input);
        let parameters = some(&self.parameters).into_iter().map(Gradient::Parameter);
        inputs.chain(parameters).chain((0..self.rows.len()).map(Gradient::Rows)).collect()
    }
    /// The outputs whose gradients are handed in, in order.
    pub fn seeded(&self) -> Vec<usize> {
        (0..self.seeds.len()).filter(|k| self.seeds[*k].is_some()).collect()
    }
    /// What backward makes.
    pub fn made(&self, result: Gradient) -> Option<Value> {
        match result {
            Gradient::Input(k) => self.inputs[k],
            Gradient::Parameter(p) => self.parameters[p],
            Gradient::Rows(r) => self.rows.get(r).copied(),
        }
    }
}
