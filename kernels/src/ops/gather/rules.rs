mod not_equal;
mod order;
mod scatter;

pub use not_equal::{NOT_EQUAL, NotEqual, to};
pub use order::{ORDER, Order};
pub use scatter::{SCATTER, Scatter};

use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size};
use crate::types::Element;

/// The rows of a table that indices name: of `[V, E]` by `[..]` it is `[.., E]`. PyTorch's `embedding`. Rows of the index
/// `padding` have no gradient, where one is named; they are `fill` instead, where that is said. Of a `sparse` one the
/// gradient is made by the rows that are read.
pub struct Gather;
/// See [`Gather`].
pub static GATHER: Gather = Gather;

/// Attributes for all rows alike, or for rows of the index `padding` without a gradient.
pub fn padded(padding: Option<Size>) -> Attrs {
    padding.map_or(Attrs::NONE, |padding| Attrs::NONE.with("padding", Attr::Size(padding)))
}
/// Attributes for `fill` in place of the rows of the index `padding`.
pub fn with(padding: Size, fill: f64) -> Attrs {
    padded(Some(padding)).with("fill", Attr::Number(fill))
}

/// The same, with a gradient by the rows that are read.
pub fn sparse(attrs: Attrs) -> Attrs {
    attrs.with("sparse", Attr::Flag(true))
}

/// The index that attributes name.
fn padding(attrs: &Attrs) -> Option<Size> {
    attrs.optional_size("padding").cloned()
}
/// The same where numbers are computed with.
fn known_padding(attrs: &Attrs) -> Option<f64> {
    attrs.optional_size("padding")?.as_known().map(|padding| padding as f64)
}
/// Demands that there is a row of the index `padding` among so many.
fn has_padding(attrs: &Attrs, rows: &Size, require: &mut Requirements) -> Result<(), Mismatch> {
    let one = Size::known(1);
    padding(attrs).map_or(Ok(()), |padding| require.require_le(0, "rows", &(&padding + &one), rows))
}

impl Op for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }
    fn shape(&self, inputs: &[&Shape], attrs: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        let (table, indices) = (inputs[0], inputs[1]);
        require.require_eq(0, "axes", &Size::known(2), &Size::known(table.len()))?;
        has_padding(attrs, &table[0], require)?;
        Ok([indices, &table[1..]].concat())
    }
    fn operand(&self, k: usize) -> Element {
        if k == 1 { Element::U32 } else { Element::F32 }
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let rows = graph.shape(at.inputs[0])[0].clone();
        let attrs = padded(padding(at.attrs)).with("rows", Attr::Size(rows));
        (k == 0).then(|| {
            let mut inputs = vec![at.inputs[1], dy];
            if at.attrs.is_set("sparse") {
                inputs.push(graph.must(&ORDER, Attrs::NONE, &inputs[..1]));
            }
            graph.must(&SCATTER, attrs, &inputs)
        })
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        let arguments = [CallArgument::Input(0), CallArgument::Input(1), CallArgument::LastOf(0)];
        match (padding(attrs), attrs.optional_number("fill")) {
            (Some(padding), Some(fill)) => {
                let more = [CallArgument::Size(padding), CallArgument::Number(fill)];
                Lowered::Call {
                    kernel: "gather::filled",
                    arguments: arguments.into_iter().chain(more).collect(),
                }
            }
            // forward reads the row as it is
            _ => Lowered::Call { kernel: "gather::forward", arguments: arguments.to_vec() },
        }
    }
}

impl Tested for Gather {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let columns = inputs[0].shape[1];
        let fill = known_padding(attrs).zip(attrs.optional_number("fill"));
        let row = |index: &f64| match fill {
            Some((padding, fill)) if *index == padding => vec![fill; columns],
            _ => inputs[0].data[*index as usize * columns..][..columns].to_vec(),
        };
        inputs[1].data.iter().flat_map(row).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[5, 3], &[4]], padded(None)).below(5),
            Sample::of(&[&[8, 17], &[2, 3, 4]], padded(None)).below(8),
            Sample::of(&[&[3, 2], &[70]], padded(None)).below(3),
            // an index that does not occur: the gradient of one that does is no difference
            Sample::of(&[&[9, 2], &[5]], padded(Some(3.into()))).below(9),
            Sample::of(&[&[6, 5], &[4, 3]], with(2.into(), -0.75)).below(6),
            Sample::of(&[&[7, 3], &[2, 5]], sparse(padded(None))).below(7),
            Sample::refused(&[&[5, 3, 2], &[4]], padded(None)),
            Sample::refused(&[&[5], &[4]], padded(None)),
            Sample::refused(&[&[5, 3], &[4]], padded(Some(5.into()))),
        ]
    }
}
