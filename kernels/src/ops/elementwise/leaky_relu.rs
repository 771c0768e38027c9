use super::Unary;
use crate::arguments::Argument;
use crate::scalar::select;

/// `x` above 0, `negative_slope x` below (Maas et al. 2013); the derivative at 0 is `negative_slope`. PyTorch's
/// `LeakyReLU`.
pub static LEAKY_RELU: Unary = Unary {
    name: "leaky_relu",
    layer: "LeakyRelu",
    backward: "leaky_relu_backward",
    doc: "`x` above 0, `negative_slope x` below; the derivative at 0 is `negative_slope`.",
    arguments: &[Argument::number("negative_slope", "slope below 0", 0.01)],
    f: |x, [slope, ..]| select(x.gt(0.0), x, slope * x),
    samples: &[&[0.2], &[-0.5]],
    ..Unary::DEFAULT
};
