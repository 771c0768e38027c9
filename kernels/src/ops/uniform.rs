//! Random numbers as a value: computed where they are read, and never stored.
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, shape};

/// Independent uniform numbers in `[0, 1)` of shape `shape`, from the stream `stream`.
pub struct Uniform;
/// See [`Uniform`].
pub static UNIFORM: Uniform = Uniform;

impl Op for Uniform {
    fn name(&self) -> &'static str {
        "uniform"
    }
    fn shape(&self, _: &[&Shape], attrs: &Attrs, _: &mut Requirements) -> Result<Shape, Mismatch> {
        Ok(attrs.shape("shape").clone())
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Uniform(attrs.size("stream").clone())
    }
}

impl Tested for Uniform {
    fn reference(&self, _: &[Tensor], attrs: &Attrs, output: &[usize], random: Random) -> Vec<f64> {
        // the interpreter has put numbers for symbols
        let stream = random.stream(attrs.size("stream").as_known().unwrap_or_default() as u32);
        (0..output.iter().product::<usize>()).map(|i| f64::from(stream.uniform(i as u64))).collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![Sample::of(
            &[],
            Attrs::NONE.with("shape", Attr::Shape(shape(&[3, 37]))).with("stream", Attr::Size(2.into())),
        )]
    }
}
