use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::ops::matmul::{forms, transposed};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};

/// `y = a b` for `a` of shape `[.., m, k]` and `b` of shape `[.., k, n]` with the same leading axes; with `transpose_a`
/// `a` is `[.., k, m]`, with `transpose_b` `b` is `[.., n, k]`. PyTorch's `bmm`, for any number of leading axes.
pub struct BatchMatMul;
/// See [`BatchMatMul`].
pub static BATCH_MATMUL: BatchMatMul = BatchMatMul;

/// The two sizes of a matrix that is transposed or not.
fn matrix<T: Clone>(shape: &[T], transpose: bool) -> (T, T) {
    let (rows, columns) = (shape[shape.len() - 2].clone(), shape[shape.len() - 1].clone());
    if transpose { (columns, rows) } else { (rows, columns) }
}

impl Op for BatchMatMul {
    fn name(&self) -> &'static str {
        "batch_matmul"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (a, b, (transpose_a, transpose_b)) = (inputs[0], inputs[1], forms(attrs));
        require.require_le(0, "axes", &Size::known(2), &Size::known(a.len()))?;
        require.require_eq(1, "axes", &Size::known(a.len()), &Size::known(b.len()))?;
        let lead = &a[..a.len() - 2];
        for (a, b) in lead.iter().zip(b) {
            require.require_eq(1, "matrices along a leading axis", a, b)?;
        }
        let ((m, k), (rows, n)) = (matrix(a, transpose_a), matrix(b, transpose_b));
        require.require_eq(1, "rows", &k, &rows)?;
        Ok([lead, &[m, n]].concat())
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let (a, b) = (at.inputs[0], at.inputs[1]);
        let (attrs, left, right) = match (forms(at.attrs), k) {
            ((false, transpose_b), 0) => (transposed(false, !transpose_b), dy, b),
            ((true, transpose_b), 0) => (transposed(transpose_b, true), b, dy),
            ((transpose_a, false), _) => (transposed(!transpose_a, false), a, dy),
            ((transpose_a, true), _) => (transposed(true, transpose_a), dy, a),
        };
        Some(graph.must(&BATCH_MATMUL, attrs, &[left, right]))
    }
    fn flops(&self, inputs: &[&Shape], output: &Shape, attrs: &Attrs) -> Size {
        let (_, k) = matrix(inputs[0], forms(attrs).0);
        &(&Size::known(2) * &k) * &elements(output)
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let (transpose_a, transpose_b) = forms(attrs);
        let arguments = vec![
            CallArgument::Input(0),
            CallArgument::Input(1),
            CallArgument::ShapeOf(0),
            CallArgument::ShapeOf(1),
            CallArgument::Flag(transpose_a),
            CallArgument::Flag(transpose_b),
        ];
        Lowered::Call { kernel: "batch_matmul::forward", arguments }
    }
}

impl Tested for BatchMatMul {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let ((transpose_a, transpose_b), [a, b]) = (forms(attrs), [inputs[0], inputs[1]]);
        let ((m, k), (_, n)) = (matrix(a.shape, transpose_a), matrix(b.shape, transpose_b));
        let element = |index: usize| -> f64 {
            let (at, i, j) = (index / (m * n), index / n % m, index % n);
            let left = |p: usize| a.data[at * m * k + if transpose_a { p * m + i } else { i * k + p }];
            let right = |p: usize| b.data[at * k * n + if transpose_b { j * k + p } else { p * n + j }];
            (0..k).map(|p| left(p) * right(p)).sum()
        };
        (0..output.iter().product()).map(element).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        let [nn, nt, tn, tt] =
            [(false, false), (false, true), (true, false), (true, true)].map(|(a, b)| transposed(a, b));
        vec![
            Sample::of(&[&[2, 3, 5], &[2, 5, 7]], nn.clone()),
            Sample::of(&[&[2, 4, 3, 5], &[2, 4, 5, 7]], nn.clone()),
            Sample::of(&[&[3, 5], &[5, 7]], nn.clone()),
            Sample::of(&[&[4, 3, 5], &[4, 5, 1]], nn.clone()),
            Sample::of(&[&[2, 3, 5], &[2, 7, 5]], nt.clone()),
            Sample::of(&[&[2, 5, 3], &[2, 5, 7]], tn.clone()),
            Sample::of(&[&[2, 5, 3], &[2, 7, 5]], tt.clone()),
            Sample::refused(&[&[2, 3, 5], &[4, 5, 7]], nn.clone()),
            Sample::refused(&[&[2, 3, 5], &[5, 7]], nn.clone()),
            Sample::refused(&[&[2, 3, 5], &[2, 4, 7]], nn),
            Sample::refused(&[&[2, 3, 5], &[2, 5, 7]], nt),
            Sample::refused(&[&[2, 3, 5], &[2, 5, 7]], tn),
            Sample::refused(&[&[2, 3, 5], &[2, 5, 7]], tt),
        ]
    }
}
