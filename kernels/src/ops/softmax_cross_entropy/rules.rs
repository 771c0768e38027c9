use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::op::{Application, CallArgument, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};
use crate::types::Element;

/// `y = 1/n Σᵢ -ln softmax(logitsᵢ)[targetᵢ]`, from logits `[n, classes]` and class indices `[n]`;
/// PyTorch's `CrossEntropyLoss()`.
pub struct SoftmaxCrossEntropy;
/// See [`SoftmaxCrossEntropy`].
pub static SOFTMAX_CROSS_ENTROPY: SoftmaxCrossEntropy = SoftmaxCrossEntropy;

/// `d_logits = dy (softmax(logits) - onehot(target)) / n`, from logits, class indices and `dy`, one number.
pub struct SoftmaxCrossEntropyBackward;
/// See [`SoftmaxCrossEntropyBackward`].
pub static SOFTMAX_CROSS_ENTROPY_BACKWARD: SoftmaxCrossEntropyBackward = SoftmaxCrossEntropyBackward;

fn logits_and_targets(inputs: &[&Shape], require: &mut Requirements) -> Result<(), Mismatch> {
    let rank = |shape: &Shape| Size::known(shape.len());
    require.require_eq(0, "axes", &Size::known(2), &rank(inputs[0]))?;
    require.require_eq(1, "axes", &Size::known(1), &rank(inputs[1]))?;
    require.require_eq(1, "targets", &inputs[0][0], &inputs[1][0])
}

/// One row's logits, its largest, and the sum of `exp(logit - largest)`.
fn rows<'a>(logits: Tensor<'a>) -> impl Iterator<Item = (&'a [f64], f64, f64)> {
    logits.data.chunks(logits.shape[1].max(1)).map(|row| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (row, largest, row.iter().map(|x| (x - largest).exp()).sum())
    })
}

impl Op for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "softmax_cross_entropy"
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        logits_and_targets(inputs, require)?;
        Ok(vec![])
    }
    fn operand(&self, k: usize) -> Element {
        if k == 1 { Element::U32 } else { Element::F32 }
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let inputs = [at.inputs[0], at.inputs[1], dy];
        (k == 0).then(|| graph.must(&SOFTMAX_CROSS_ENTROPY_BACKWARD, Attrs::NONE, &inputs))
    }
    fn flops(&self, inputs: &[&Shape], _: &Shape, _: &Attrs) -> Size {
        &Size::known(4) * &elements(inputs[0])
    }
    fn lower(&self, _: &Attrs) -> Lowered {
        Lowered::Call {
            kernel: "softmax_cross_entropy::forward",
            arguments: [0, 1].map(CallArgument::Input).to_vec(),
        }
    }
}

impl Tested for SoftmaxCrossEntropy {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let losses =
            rows(inputs[0]).zip(inputs[1].data).map(|((row, top, sum), t)| sum.ln() + top - row[*t as usize]);
        vec![losses.sum::<f64>() / inputs[1].data.len() as f64]
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 5], &[3]], Attrs::NONE).below(5),
            Sample::of(&[&[17, 70], &[17]], Attrs::NONE).below(70),
            Sample::refused(&[&[3, 5], &[5]], Attrs::NONE),
            Sample::refused(&[&[3, 5], &[3, 1]], Attrs::NONE),
        ]
    }
}

impl Op for SoftmaxCrossEntropyBackward {
    fn name(&self) -> &'static str {
        "softmax_cross_entropy_backward"
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        logits_and_targets(inputs, require)?;
        require.require_eq(2, "axes", &Size::known(0), &Size::known(inputs[2].len()))?;
        Ok(inputs[0].clone())
    }
    fn operand(&self, k: usize) -> Element {
        if k == 1 { Element::U32 } else { Element::F32 }
    }
    fn differentiable(&self) -> bool {
        false
    }
    fn grad(&self, _: &mut Graph, _: &Application, _: usize, _: Value) -> Option<Value> {
        None
    }
    fn lower(&self, _: &Attrs) -> Lowered {
        Lowered::Call {
            kernel: "softmax_cross_entropy::backward",
            arguments: [0, 1, 2].map(CallArgument::Input).to_vec(),
        }
    }
}

impl Tested for SoftmaxCrossEntropyBackward {
    fn reference(&self, inputs: &[Tensor], _: &Attrs, _: &[usize], _: Random) -> Vec<f64> {
        let scale = inputs[2].data[0] / inputs[1].data.len() as f64;
        rows(inputs[0])
            .zip(inputs[1].data)
            .flat_map(|((row, top, sum), t)| {
                let onehot = move |j: usize| f64::from(u8::from(j == *t as usize));
                row.iter().enumerate().map(move |(j, x)| scale * ((x - top).exp() / sum - onehot(j)))
            })
            .collect()
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[&[3, 5], &[3], &[]], Attrs::NONE).below(5),
            Sample::refused(&[&[3, 5], &[3], &[1]], Attrs::NONE),
        ]
    }
}
