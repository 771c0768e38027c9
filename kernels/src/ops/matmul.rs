//! Matrix products, either operand transposed or not: each form's gradients are other forms.
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};

/// `y = a b`, `a` or `b` transposed on request.
///
/// | | `a` | `b` | `y` |
/// |---|---|---|---|
/// | neither | `[.., k]` | `[k, n]` | `[.., n]` |
/// | `transpose_b` | `[.., k]` | `[n, k]` | `[.., n]` |
/// | `transpose_a` | `[.., m]` | `[.., n]` | `[m, n]`, summed over all leading axes |
/// | both | `[k, m]` | `[n, k]` | `[m, n]` |
///
/// Each output is one sum over k, ascending, by fused multiply-adds.
pub struct MatMul;
/// See [`MatMul`].
pub static MATMUL: MatMul = MatMul;

/// Attributes for a product with these operands transposed.
pub fn transposed(a: bool, b: bool) -> Attrs {
    Attrs::NONE.with("transpose_a", Attr::Flag(a)).with("transpose_b", Attr::Flag(b))
}
/// Which operands are transposed.
pub fn forms(attrs: &Attrs) -> (bool, bool) {
    (attrs.flag("transpose_a"), attrs.flag("transpose_b"))
}

fn rank(require: &mut Requirements, input: usize, least: usize, shape: &Shape) -> Result<(), Mismatch> {
    require.require_le(input, "axes", &Size::known(least), &Size::known(shape.len()))
}
fn matrix(require: &mut Requirements, input: usize, shape: &Shape) -> Result<(), Mismatch> {
    require.require_eq(input, "axes", &Size::known(2), &Size::known(shape.len()))
}

impl Op for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (a, b) = (inputs[0], inputs[1]);
        match forms(attrs) {
            (false, transpose_b) => {
                rank(require, 0, 1, a)?;
                matrix(require, 1, b)?;
                let (k, n) = if transpose_b { (&b[1], &b[0]) } else { (&b[0], &b[1]) };
                require.require_eq(0, "features", k, &a[a.len() - 1])?;
                Ok([&a[..a.len() - 1], std::slice::from_ref(n)].concat())
            }
            (true, false) => {
                rank(require, 0, 2, a)?;
                require.require_eq(1, "axes", &Size::known(a.len()), &Size::known(b.len()))?;
                for (a, b) in a.iter().zip(b).take(a.len() - 1) {
                    require.require_eq(1, "rows", a, b)?;
                }
                Ok(vec![a[a.len() - 1].clone(), b[b.len() - 1].clone()])
            }
            (true, true) => {
                matrix(require, 0, a)?;
                matrix(require, 1, b)?;
                require.require_eq(0, "features", &b[1], &a[0])?;
                Ok(vec![a[1].clone(), b[0].clone()])
            }
        }
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let (a, b) = (at.inputs[0], at.inputs[1]);
        let (attrs, left, right) = match (forms(at.attrs), k) {
            ((false, false), 0) => (transposed(false, true), dy, b),
            ((false, false), _) => (transposed(true, false), a, dy),
            ((false, true), 0) => (transposed(false, false), dy, b),
            ((false, true), _) => (transposed(true, false), dy, a),
            ((true, false), 0) => (transposed(false, true), b, dy),
            ((true, false), _) => (transposed(false, false), a, dy),
            ((true, true), 0) => (transposed(true, true), b, dy),
            ((true, true), _) => (transposed(true, true), dy, a),
        };
        Some(graph.must(&MATMUL, attrs, &[left, right]))
    }
    fn flops(&self, inputs: &[&Shape], output: &Shape, attrs: &Attrs) -> Size {
        let a = inputs[0];
        let summed = if forms(attrs).0 { elements(&a[..a.len() - 1]) } else { a[a.len() - 1].clone() };
        &(&Size::known(2) * &summed) * &elements(output)
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let (transpose_a, transpose_b) = forms(attrs);
        Lowered::Product { transpose_a, transpose_b }
    }
}

impl Tested for MatMul {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let ((transpose_a, transpose_b), [a, b]) = (forms(attrs), [inputs[0], inputs[1]]);
        let n = output[output.len() - 1];
        let m = output.iter().product::<usize>() / n.max(1);
        let k = a.data.len() / m.max(1);
        let at = |i: usize, p: usize| a.data[if transpose_a { p * m + i } else { i * k + p }];
        let bt = |p: usize, j: usize| b.data[if transpose_b { j * k + p } else { p * n + j }];
        (0..m * n).map(|i| (0..k).map(|p| at(i / n, p) * bt(p, i % n)).sum()).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let [nn, nt, tn, tt] =
            [(false, false), (false, true), (true, false), (true, true)].map(|(a, b)| transposed(a, b));
        vec![
            Sample::of(&[&[3, 5], &[5, 7]], nn.clone()),
            Sample::of(&[&[2, 3, 5], &[5, 7]], nn.clone()),
            Sample::of(&[&[3, 5], &[7, 5]], nt.clone()),
            Sample::of(&[&[1, 19], &[35, 19]], nt.clone()),
            Sample::of(&[&[2, 3, 5], &[7, 5]], nt.clone()),
            Sample::of(&[&[5, 3], &[5, 7]], tn.clone()),
            Sample::of(&[&[1, 3], &[1, 7]], tn.clone()),
            Sample::of(&[&[2, 5, 3], &[2, 5, 7]], tn.clone()),
            Sample::of(&[&[5, 3], &[7, 5]], tt.clone()),
            Sample::refused(&[&[3, 5], &[4, 7]], nn.clone()),
            Sample::refused(&[&[3, 5], &[1, 5, 7]], nn),
            Sample::refused(&[&[3, 5], &[5, 7]], nt),
            Sample::refused(&[&[5, 3], &[4, 7]], tn.clone()),
            Sample::refused(&[&[2, 5, 3], &[10, 7]], tn),
            Sample::refused(&[&[5, 3], &[5, 7]], tt),
        ]
    }
}
