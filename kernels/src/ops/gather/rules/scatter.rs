use super::{GATHER, has_padding, known_padding, padded, padding, with};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use crate::types::Element;

/// Rows added up where indices say, in a table of `rows` rows that are 0 before: of indices `[..]` and rows `[.., E]` it is
/// `[rows, E]`. The adjoint of [`Gather`](super::Gather); rows of the index `padding` are not added. PyTorch's `index_add`.
/// With the [order](super::Order) of the indices as third input it may be made by the rows that they name.
pub struct Scatter;
/// See [`Scatter`].
pub static SCATTER: Scatter = Scatter;

impl Op for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (indices, dy, rows) = (inputs[0], inputs[1], attrs.size("rows"));
        require.require_eq(1, "axes", &Size::known(indices.len() + 1), &Size::known(dy.len()))?;
        let (columns, lead) = (&dy[indices.len()], dy[..indices.len()].to_vec());
        require.require_same(1, indices, &lead)?;
        has_padding(attrs, rows, require)?;
        if let Some(order) = inputs.get(2) {
            require.require_same(2, indices, order)?;
        }
        Ok(vec![rows.clone(), columns.clone()])
    }
    fn operand(&self, k: usize) -> Element {
        if k == 1 { Element::F32 } else { Element::U32 }
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        // what is not added has no part in the result
        let attrs = padding(at.attrs).map_or(Attrs::NONE, |padding| with(padding, 0.0));
        (k == 1).then(|| graph.must(&GATHER, attrs, &[dy, at.inputs[0]]))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        elements(inputs[1])
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = [CallArgument::Input(0), CallArgument::Input(1), CallArgument::LastOf(1)];
        let padding = padding(attrs).map(CallArgument::Size);
        Lowered::Call {
            kernel: if padding.is_some() { "gather::scatter_without" } else { "gather::scatter" },
            arguments: arguments.into_iter().chain(padding).collect(),
        }
    }
}

impl Tested for Scatter {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        let (columns, padding) = (output[1], known_padding(attrs));
        let mut sums = vec![0.0; output[0] * columns];
        for (n, index) in inputs[0].data.iter().enumerate().filter(|(_, index)| Some(**index) != padding) {
            for j in 0..columns {
                sums[*index as usize * columns + j] += inputs[1].data[n * columns + j];
            }
        }
        sums
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |rows: usize, padding: Option<usize>| {
            padded(padding.map(Size::known)).with("rows", Attr::Size(rows.into()))
        };
        vec![
            Sample::of(&[&[4], &[4, 3]], of(5, None)).below(5),
            Sample::of(&[&[2, 3, 4], &[2, 3, 4, 17]], of(8, None)).below(8),
            Sample::of(&[&[70], &[70, 2]], of(3, None)).below(3),
            Sample::of(&[&[3, 5], &[3, 5, 2]], of(4, Some(1))).below(4),
            Sample::of(&[&[3, 4], &[3, 4, 2], &[3, 4]], of(5, None)).below(5),
            Sample::refused(&[&[4], &[3, 2]], of(5, None)),
            Sample::refused(&[&[4], &[4]], of(5, None)),
            Sample::refused(&[&[4], &[4, 3]], of(5, Some(5))),
        ]
    }
}
