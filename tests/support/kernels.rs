//! A graph run op by op by the CPU's kernels, in f32.
use crate::gradient::Expression;
use crate::numbers::single;
use plywood::__private::rules::RULES;
use plywood_kernels::cpu::{Cpu, broadcast};
use plywood_kernels::graph::Kind;
use plywood_kernels::op::Lowered;
use plywood_kernels::scalar::Expr;

/// The numbers of every node. Formulas that the book has no rule for are evaluated in f64 and rounded.
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
                match op.lower(attrs) {
                    Lowered::Map { formula, .. } => {
                        let full: Vec<Vec<f32>> = inputs
                            .iter()
                            .zip(&shapes)
                            .map(|(input, shape)| {
                                let mut full = vec![f32::NAN; y.len()];
                                broadcast(cpu, &mut full, &values[input.0], shape, &sizes, 1.0);
                                full
                            })
                            .collect();
                        map(cpu, formula, &full, &mut y);
                    }
                    _ => {
                        let pairs: Vec<(&[usize], &[f32])> = shapes
                            .iter()
                            .map(Vec::as_slice)
                            .zip(inputs.iter().map(|v| values[v.0].as_slice()))
                            .collect();
                        assert!(
                            op.run(cpu, &pairs, attrs, (&sizes, &mut y)),
                            "`{}` has no kernel",
                            op.name()
                        );
                    }
                }
            }
            other => unreachable!("{other:?} does not occur in a graph of ops"),
        }
        values.push(y);
    }
    values
}

fn map(cpu: &Cpu, formula: Expr, inputs: &[Vec<f32>], y: &mut [f32]) {
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    match RULES.iter().find(|rule| Expr::parse(rule.formula) == Some(formula)) {
        Some(rule) => (rule.single)(cpu, y, &inputs),
        None => {
            for (i, y) in y.iter_mut().enumerate() {
                let arguments: Vec<f64> = inputs.iter().map(|x| f64::from(x[i])).collect();
                *y = formula.evaluate(&arguments) as f32;
            }
        }
    }
}
