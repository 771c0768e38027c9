//! A graph's meaning: the references of its ops, in order, in f64. Generated code is held against this.
use crate::graph::{Block, Call, Entering, Gradient, Graph, Kind, Leaving, Value};
use crate::op::Tensor;
use crate::ops;
use crate::random::Random;
use crate::shape::{Atom, Shape, Size};

/// What the names in a graph stand for, and the numbers it starts from.
pub struct Bindings<'a> {
    /// The number of samples.
    pub batch: usize,
    /// The value of a symbol.
    pub symbol: &'a dyn Fn(&str) -> usize,
    /// Seed and step of the random numbers.
    pub random: Random,
    /// The numbers of an input, a parameter, a state or a seed.
    pub leaf: &'a dyn Fn(&Kind) -> Vec<f64>,
}
impl Bindings<'_> {
    /// The number that a size is.
    pub fn size(&self, size: &Size) -> usize {
        size.evaluate(&|atom: &Atom| match atom {
            Atom::Batch => self.batch,
            Atom::Symbol(symbol) => (self.symbol)(&symbol.name),
        })
    }
    /// The sizes of a shape.
    pub fn sizes(&self, shape: &Shape) -> Vec<usize> {
        shape.iter().map(|size| self.size(size)).collect()
    }
    fn len(&self, shape: &Shape) -> usize {
        self.sizes(shape).iter().product()
    }
}

/// The numbers of every value, by the value's number.
///
/// # Panics
/// If an op is no row of the book: only these have a reference.
pub fn interpret(graph: &Graph, bindings: &Bindings) -> Vec<Vec<f64>> {
    let mut values: Vec<Vec<f64>> = vec![vec![]; graph.values().count()];
    for node in graph.nodes() {
        let inputs: Vec<&[f64]> = node.inputs.iter().map(|v| values[v.0].as_slice()).collect();
        let results = match &node.kind {
            leaf if leaf.is_leaf() => vec![(bindings.leaf)(leaf)],
            Kind::Apply(op, attrs) => {
                let shapes: Vec<Vec<usize>> =
                    node.inputs.iter().map(|v| bindings.sizes(graph.shape(*v))).collect();
                let tensors: Vec<Tensor> =
                    inputs.iter().zip(&shapes).map(|(data, shape)| Tensor { shape, data }).collect();
                let attrs = attrs.with_sizes(&|size| Size::known(bindings.size(size)));
                let output = bindings.sizes(graph.shape(node.results[0]));
                let own = ops::find_tested(op.name()).unwrap_or_else(|| panic!("no row `{}`", op.name()));
                let mut all = own.reference(&tensors, &attrs, &output, bindings.random);
                // a reference gives the numbers of all results, one result after the other
                let mut results = vec![];
                for result in &node.results[1..] {
                    let rest = all.split_off(all.len() - bindings.len(graph.shape(*result)));
                    results.insert(0, rest);
                }
                results.insert(0, all);
                results
            }
            Kind::Call(call) => Runs { call, bindings, inputs: &inputs }.forward().results(call),
            Kind::Reverse(call, _, onto) => {
                let read = call.block.inputs.len() + call.block.parameters.len();
                let (given, others) = inputs[read..].split_at(inputs.len() - read - onto.len());
                let mut results = Runs { call, bindings, inputs: &inputs[..read] }.backward(given);
                let made = call.block.reverse.as_ref().map(|reverse| reverse.results()).unwrap_or_default();
                for (p, other) in onto.iter().zip(others) {
                    let at = made.iter().position(|gradient| *gradient == Gradient::Parameter(*p));
                    let result = &mut results[at.expect("what is added to is made here")];
                    result.iter_mut().zip(*other).for_each(|(sum, other)| *sum += other);
                }
                results
            }
            kind => unreachable!("{kind:?} is a leaf"),
        };
        node.results.iter().zip(results).for_each(|(value, numbers)| values[value.0] = numbers);
    }
    values
}

/// The runs of a call.
struct Runs<'a> {
    call: &'a Call,
    bindings: &'a Bindings<'a>,
    inputs: &'a [&'a [f64]],
}

/// What the runs of a call made.
struct Made {
    /// What each input was, run by run.
    inputs: Vec<Vec<Vec<f64>>>,
    /// What each output was, run by run.
    outputs: Vec<Vec<Vec<f64>>>,
}

impl Made {
    fn results(self, call: &Call) -> Vec<Vec<f64>> {
        let of_output = |(mut runs, leaving): (Vec<Vec<f64>>, &Leaving)| match leaving {
            Leaving::Last => runs.pop().unwrap_or_default(),
            Leaving::Stacked => runs.concat(),
        };
        self.outputs.into_iter().zip(&call.outputs).map(of_output).collect()
    }
}

/// Entry `i` of `n`.
fn entry(numbers: &[f64], i: usize, n: usize) -> &[f64] {
    let len = numbers.len() / n.max(1);
    &numbers[i * len..(i + 1) * len]
}

impl Runs<'_> {
    fn times(&self) -> usize {
        self.bindings.size(&self.call.times)
    }

    /// One run's numbers, of every value of the body.
    fn run(&self, i: usize, inputs: &[Vec<f64>], seeds: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let Call { block, own_parameters, first_stream, .. } = self.call;
        let parameter = |p: usize| {
            let all = self.inputs[block.inputs.len() + p];
            if *own_parameters { entry(all, i, self.times()) } else { all }.to_vec()
        };
        let leaf = |kind: &Kind| match kind {
            Kind::Input(k) => inputs[*k].clone(),
            Kind::Parameter(p) => parameter(*p),
            // where only the forward part is wanted, any seed will do
            Kind::Seed(k) => seeds
                .get(*k)
                .cloned()
                .unwrap_or_else(|| vec![0.0; self.bindings.len(block.body.shape(block.outputs[*k]))]),
            other => unreachable!("{other:?} is no leaf of a block"),
        };
        let [first, streams] = [first_stream, &block.streams].map(|s| self.bindings.size(s) as u32);
        let random = self.bindings.random.skip(first + i as u32 * streams);
        interpret(&block.body, &Bindings { leaf: &leaf, random, ..*self.bindings })
    }

    fn forward(&self) -> Made {
        let (call, times) = (self.call, self.times());
        let mut made = Made { inputs: vec![], outputs: vec![vec![]; call.block.outputs.len()] };
        for i in 0..times {
            let input = |(k, entering): (usize, &Entering)| match entering {
                Entering::Carried(output) if i > 0 => made.outputs[*output][i - 1].clone(),
                Entering::Sliced => entry(self.inputs[k], i, times).to_vec(),
                Entering::Carried(_) | Entering::Shared => self.inputs[k].to_vec(),
            };
            let inputs: Vec<Vec<f64>> = call.inputs.iter().enumerate().map(input).collect();
            let values = self.run(i, &inputs, &[]);
            made.inputs.push(inputs);
            let outputs = call.block.outputs.iter().map(|v| values[v.0].clone());
            made.outputs.iter_mut().zip(outputs).for_each(|(runs, output)| runs.push(output));
        }
        made
    }

    /// The results of the reverse, from the gradients of the outputs that have one.
    fn backward(&self, given: &[&[f64]]) -> Vec<Vec<f64>> {
        let (call, times, made) = (self.call, self.times(), self.forward());
        let block: &Block = &call.block;
        let reverse = block.reverse.as_ref().expect("what is reversed was differentiated");
        let seeded = reverse.seeded();
        // the gradient of each carried output, on its way from run to run
        let mut carried: Vec<Option<Vec<f64>>> = vec![None; block.outputs.len()];
        let mut results: Vec<Vec<Vec<f64>>> = vec![vec![]; reverse.results().len()];
        for i in (0..times).rev() {
            let mut seeds = vec![vec![]; block.outputs.len()];
            for (numbers, k) in given.iter().zip(&seeded) {
                seeds[*k] = match (call.outputs[*k], carried[*k].take()) {
                    (Leaving::Stacked, _) => entry(numbers, i, times).to_vec(),
                    (Leaving::Last, Some(handed_back)) => handed_back,
                    (Leaving::Last, None) if i + 1 == times => numbers.to_vec(),
                    (Leaving::Last, None) => vec![0.0; numbers.len()],
                };
            }
            let values = self.run(i, &made.inputs[i], &seeds);
            for (result, gradient) in results.iter_mut().zip(reverse.results()) {
                let value: Value = reverse.made(gradient).expect("results are made");
                result.push(values[value.0].clone());
            }
            for (k, entering) in call.inputs.iter().enumerate() {
                if let Entering::Carried(output) = entering {
                    let zeros = || vec![0.0; self.inputs[k].len()];
                    carried[*output] = Some(reverse.inputs[k].map_or_else(zeros, |v| values[v.0].clone()));
                }
            }
        }
        let sum = |runs: Vec<Vec<f64>>| {
            let mut runs = runs.into_iter();
            let first = runs.next().unwrap_or_default();
            runs.fold(first, |sum, run| sum.iter().zip(&run).map(|(a, b)| a + b).collect())
        };
        let ascending = |mut runs: Vec<Vec<f64>>| {
            runs.reverse();
            runs.concat()
        };
        let of_result = |(runs, gradient): (Vec<Vec<f64>>, Gradient)| match gradient {
            Gradient::Input(k) => match call.inputs[k] {
                Entering::Carried(_) => runs.into_iter().next_back().unwrap_or_default(),
                Entering::Shared => sum(runs),
                Entering::Sliced => ascending(runs),
            },
            Gradient::Parameter(_) if !call.own_parameters => sum(runs),
            Gradient::Parameter(_) | Gradient::Rows(_) => ascending(runs),
        };
        results.into_iter().zip(reverse.results()).map(of_result).collect()
    }
}
