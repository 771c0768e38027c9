use super::{Argument, Arguments, Builder, Default, Given, Layer, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::ops::{BROADCAST, RESHAPE};
use crate::shape::{Mismatch, Requirements, Shape, Size, display, shape};

/// Every sample repeated to a shape by NumPy's rule: along axes of size 1, and along new ones before all others. PyTorch's
/// `broadcast_to` and `expand`.
pub struct Broadcast;

impl Layer for Broadcast {
    fn name(&self) -> &'static str {
        "Broadcast"
    }
    fn also(&self) -> &'static [&'static str] {
        &["Expand", "BroadcastTo", "ExpandAs", "Tile"]
    }
    fn doc(&self) -> &'static str {
        "A sample repeated to a shape, along axes of size 1 and new ones before all others."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[Argument::shape(
            "shape",
            "sizes of a sample that comes out, the batch not among them",
            Default::Required,
        )];
        ARGUMENTS
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.of("shape");
        let (sample, to) = (&inputs[0][1..], arguments.shape("shape"));
        if to.len() < sample.len() {
            let wanted = format!("at least {}", sample.len());
            return Err(require.mismatch(0, "sizes", wanted, to.len().to_string()));
        }
        let mut pairs = sample.iter().zip(&to[to.len() - sample.len()..]);
        pairs.try_for_each(|(from, to)| match *from == Size::known(1) {
            true => Ok(()),
            false => require.require_eq(0, "elements along an axis", to, from),
        })
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        let (mut x, to) = (builder.inputs[0], arguments.shape("shape"));
        let from = builder.graph.shape(x).clone();
        let (batch, sample) = from.split_at(1);
        if to.len() > sample.len() {
            // the batch stays in front of new axes
            let new = vec![Size::known(1); to.len() - sample.len()];
            let wide = [batch, &new, sample].concat();
            x = builder.graph.apply(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(wide)), &[x])?;
        }
        let to = [batch, to].concat();
        if *builder.graph.shape(x) == to {
            return Ok(x);
        }
        let attrs = Attrs::NONE.with("shape", Attr::Shape(to)).with("mean", Attr::Flag(false));
        builder.graph.apply(&BROADCAST, attrs, &[x])
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("Broadcast({})", display(arguments.shape("shape")))
    }
    fn samples(&self) -> Vec<Sample> {
        let to = |sizes: &[usize]| [("shape", Given::Shape(shape(sizes)))];
        vec![
            Sample::of(&[3, 1, 5], to(&[4, 5])),
            Sample::of(&[2, 5], to(&[3, 4, 5])),
            Sample::of(&[2], to(&[3])),
            Sample::of(&[2, 3, 1], to(&[3, 1])),
            Sample::refused(&[3, 2, 5], to(&[4, 5])),
            Sample::refused(&[3, 2, 5], to(&[5])),
            Sample::refused(&[2, 5], to(&[5, 3])),
        ]
    }
}
