//! A graph run op by op by the CPU's kernels, in f32.
use crate::calls::{KERNELS, Told};
use crate::gradient::Expression;
use crate::numbers::single;
use crate::rules;
use plywood_kernels::cpu::{self, Cpu, Identity, Operand, matrix};
use plywood_kernels::graph::Kind;
use plywood_kernels::op::{CallArgument, Lowered, Op};
use plywood_kernels::scalar::Expr;
use plywood_kernels::shape::{Shape, Size, elements, shape};
use plywood_kernels::types::{Element, Type};

/// The numbers of every value; indices as numbers. Formulas that the book
/// has no rule for are evaluated in f64 and rounded.
pub fn run(cpu: &Cpu, expression: &Expression) -> Vec<Vec<f32>> {
    let graph = &expression.graph;
    let mut values: Vec<Vec<f32>> = vec![];
    for node in graph.nodes() {
        let sizes = expression.sizes(node.results[0]);
        let mut y = vec![f32::NAN; sizes.iter().product()];
        match &node.kind {
            Kind::Input(k) => y = single(&expression.leaves[*k].1),
            Kind::Apply(op, attrs) => {
                let inputs = &node.inputs;
                let shapes: Vec<Vec<usize>> = inputs.iter().map(|v| expression.sizes(*v)).collect();
                let x = |k: usize| values[inputs[k].0].as_slice();
                match op.lower(attrs) {
                    Lowered::Map { formula, .. } => {
                        let full = |k: usize| {
                            let mut full = vec![f32::NAN; y.len()];
                            cpu::broadcast(cpu, &mut full, x(k), &shapes[k], &sizes, 1.0);
                            full
                        };
                        let full: Vec<Vec<f32>> = (0..inputs.len()).map(full).collect();
                        map(cpu, formula, &full, &mut y);
                    }
                    Lowered::Product { transpose_a, transpose_b } => {
                        let factor = |k: usize, transposed: bool| {
                            let factor = matrix(x(k), shapes[k][shapes[k].len() - 1]);
                            if transposed { factor.t() } else { factor }
                        };
                        let (a, b) = (factor(0, transpose_a), factor(1, transpose_b));
                        cpu::matmul(cpu, &mut y, a, b, [Operand::Sums], &Identity);
                    }
                    Lowered::Sum { axes, mean } => {
                        let len: usize = shapes[0][axes.clone()].iter().product();
                        let scale = if mean { 1.0 / len as f64 } else { 1.0 };
                        cpu::sum(cpu, &mut y, x(0), len, shapes[0][axes.end..].iter().product(), scale);
                    }
                    Lowered::Broadcast { mean } => {
                        let scale = if mean { x(0).len() as f64 / y.len() as f64 } else { 1.0 };
                        cpu::broadcast(cpu, &mut y, x(0), &shapes[0], &sizes, scale);
                    }
                    Lowered::Same => y.copy_from_slice(x(0)),
                    Lowered::Uniform(_) => unreachable!("no graph here draws"),
                    Lowered::Call { kernel, arguments } => {
                        let inputs: Vec<&[f32]> = (0..inputs.len()).map(x).collect();
                        let shapes: Vec<Shape> = shapes.iter().map(|sizes| shape(sizes)).collect();
                        let shapes: Vec<&Shape> = shapes.iter().collect();
                        let types = op.results(&shapes, graph.shape(node.results[0]).clone(), attrs);
                        let workspace = known(&op.workspace(&shapes, attrs));
                        let all = call(cpu, *op, (kernel, &arguments), (&inputs, &shapes), &types, workspace);
                        values.extend(all);
                        continue;
                    }
                }
            }
            other => unreachable!("{other:?} does not occur in a graph of ops"),
        }
        values.push(y);
    }
    values
}

fn known(size: &Size) -> usize {
    size.as_known().expect("sizes here are numbers")
}

/// The results of a kernel.
fn call(
    cpu: &Cpu,
    op: &dyn Op,
    (kernel, arguments): (&str, &[CallArgument]),
    (inputs, shapes): (&[&[f32]], &[&Shape]),
    types: &[Type],
    workspace: usize,
) -> Vec<Vec<f32>> {
    let own = KERNELS.iter().find(|own| own.path == kernel).expect("every kernel of a row is printed");
    let indices: Vec<Vec<u32>> =
        inputs.iter().map(|input| input.iter().map(|x| *x as u32).collect()).collect();
    let mut told: Vec<Told> = arguments
        .iter()
        .map(|argument| match argument {
            CallArgument::Input(k) if op.operand(*k) == Element::U32 => Told::Index(&indices[*k]),
            CallArgument::Input(k) => Told::Real(inputs[*k]),
            CallArgument::Inputs => Told::Several(inputs.to_vec()),
            CallArgument::Nothing => Told::Real(&[]),
            CallArgument::ShapeOf(k) => Told::Sizes(shapes[*k].iter().map(known).collect()),
            CallArgument::LastOf(k) => Told::Size(shapes[*k].last().map_or(1, known)),
            CallArgument::Axes(axes) => Told::Sizes(axes.clone()),
            CallArgument::Range(axes) => Told::Range(axes.clone()),
            CallArgument::Size(size) => Told::Size(known(size)),
            CallArgument::Number(number) => Told::Number(*number),
            CallArgument::Flag(flag) => Told::Flag(*flag),
            CallArgument::Workspace => Told::RealMut(vec![f32::NAN; workspace]),
        })
        .collect();
    let result = |result: &Type| match result.element {
        Element::F32 => Told::RealMut(vec![f32::NAN; known(&elements(&result.shape))]),
        Element::U32 => Told::IndexMut(vec![u32::MAX; known(&elements(&result.shape))]),
    };
    let mut results: Vec<Told> = types.iter().map(result).collect();
    (own.run)(cpu, &mut results, &mut told);
    let numbers = |result| match result {
        Told::RealMut(numbers) => numbers,
        Told::IndexMut(indices) => indices.into_iter().map(|x| x as f32).collect(),
        other => unreachable!("{other:?} is no result"),
    };
    results.into_iter().map(numbers).collect()
}

fn map(cpu: &Cpu, formula: Expr, inputs: &[Vec<f32>], y: &mut [f32]) {
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    match rules::find(formula) {
        Some(rule) => (rule.single)(cpu, y, &inputs),
        None => {
            for (i, y) in y.iter_mut().enumerate() {
                let arguments: Vec<f64> = inputs.iter().map(|x| f64::from(x[i])).collect();
                *y = formula.evaluate(&arguments) as f32;
            }
        }
    }
}
