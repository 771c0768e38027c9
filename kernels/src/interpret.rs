//! A graph's meaning: the references of its ops, in order, in f64. Generated code is held against this.
use crate::graph::{Graph, Kind, Region, Value};
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
    /// The numbers of an input, a parameter or the seed.
    pub leaf: &'a dyn Fn(&Kind) -> Vec<f64>,
}
impl Bindings<'_> {
    /// The number that a size is.
    pub fn size(&self, size: &Size) -> usize {
        size.evaluate(&|atom: &Atom| match atom {
            Atom::Batch => self.batch,
            Atom::Symbol(name) => (self.symbol)(name),
        })
    }
    /// The sizes of a shape.
    pub fn sizes(&self, shape: &Shape) -> Vec<usize> {
        shape.iter().map(|size| self.size(size)).collect()
    }
}

/// The numbers of every node; of a `RepeatBackward` those of its parts, one after the other.
///
/// # Panics
/// If an op is no row of the book: only these have a reference.
pub fn interpret(graph: &Graph, bindings: &Bindings) -> Vec<Vec<f64>> {
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(graph.len());
    // where each part of a node with several begins
    let mut starts: Vec<Vec<usize>> = Vec::with_capacity(graph.len());
    for node in graph.nodes() {
        let mut parts = vec![];
        let input = |v: &Value| values[v.0].as_slice();
        let value = match &node.kind {
            leaf @ (Kind::Input(_) | Kind::Parameter(_) | Kind::Seed) => (bindings.leaf)(leaf),
            Kind::Apply(op, attrs, inputs) => {
                let shapes: Vec<Vec<usize>> =
                    inputs.iter().map(|v| bindings.sizes(graph.shape(*v))).collect();
                let tensors: Vec<Tensor> =
                    inputs.iter().zip(&shapes).map(|(v, shape)| Tensor { shape, data: input(v) }).collect();
                let attrs = attrs.with_sizes(&|size| Size::known(bindings.size(size)));
                let own = ops::find_tested(op.name()).unwrap_or_else(|| panic!("no row `{}`", op.name()));
                let output = bindings.sizes(&node.shape);
                let mut results = own.reference(&tensors, &attrs, &output, bindings.random);
                // a node is its op's first result
                results.truncate(output.iter().product());
                results
            }
            Kind::Repeat(region, inputs) => {
                let parameters: Vec<&[f64]> = inputs[1..].iter().map(input).collect();
                let states = iterations(region, bindings, input(&inputs[0]), &parameters);
                states.last().cloned().unwrap_or_default()
            }
            Kind::RepeatBackward(region, inputs) => {
                let (dy, inputs) = inputs.split_last().expect("a gradient comes last");
                let parameters: Vec<&[f64]> = inputs[1..].iter().map(input).collect();
                let results = backward(region, bindings, input(&inputs[0]), &parameters, input(dy));
                let mut all = vec![];
                for result in results {
                    parts.push(all.len());
                    all.extend(result);
                }
                all
            }
            Kind::Part(of, k) => {
                let start = starts[of.0][*k];
                let len: usize = bindings.sizes(&node.shape).iter().product();
                values[of.0][start..start + len].to_vec()
            }
        };
        values.push(value);
        starts.push(parts);
    }
    values
}

fn count(region: &Region, bindings: &Bindings) -> usize {
    bindings.size(&region.count)
}

/// One iteration's numbers: of every node of the body.
fn iteration(
    region: &Region,
    bindings: &Bindings,
    i: usize,
    x: &[f64],
    parameters: &[&[f64]],
    seed: Option<&[f64]>,
) -> Vec<Vec<f64>> {
    let n = count(region, bindings);
    let leaf = |kind: &Kind| match kind {
        Kind::Input(_) => x.to_vec(),
        Kind::Parameter(p) => {
            let len = parameters[*p].len() / n;
            parameters[*p][i * len..(i + 1) * len].to_vec()
        }
        _ => seed.map(<[f64]>::to_vec).unwrap_or_else(|| vec![0.0; x.len()]),
    };
    let [first, streams] = [&region.first_stream, &region.streams].map(|s| bindings.size(s) as u32);
    let random = bindings.random.skip(first + i as u32 * streams);
    interpret(&region.body, &Bindings { leaf: &leaf, random, ..*bindings })
}

/// The value before the first iteration, and after every one.
fn iterations(region: &Region, bindings: &Bindings, x: &[f64], parameters: &[&[f64]]) -> Vec<Vec<f64>> {
    let mut states = vec![x.to_vec()];
    for i in 0..count(region, bindings) {
        let mut nodes = iteration(region, bindings, i, &states[i], parameters, None);
        states.push(nodes.swap_remove(region.output.0));
    }
    states
}

/// Gradients of the input and of every parameter (all iterations of one, in order).
fn backward(
    region: &Region,
    bindings: &Bindings,
    x: &[f64],
    parameters: &[&[f64]],
    dy: &[f64],
) -> Vec<Vec<f64>> {
    let states = iterations(region, bindings, x, parameters);
    let n = count(region, bindings);
    let mut d = dy.to_vec();
    let mut results: Vec<Vec<f64>> = parameters.iter().map(|p| vec![0.0; p.len()]).collect();
    for i in (0..n).rev() {
        let nodes = iteration(region, bindings, i, &states[i], parameters, Some(&d));
        for (result, gradient) in results.iter_mut().zip(&region.gradients[1..]) {
            let len = result.len() / n;
            if let Some(g) = gradient {
                result[i * len..(i + 1) * len].copy_from_slice(&nodes[g.0]);
            }
        }
        d = region.gradients[0].map_or_else(|| vec![0.0; d.len()], |g| nodes[g.0].clone());
    }
    results.insert(0, d);
    results
}
