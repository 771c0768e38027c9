use super::Binary;
use crate::scalar::select;

/// `x` above 0, `weight x` below: what the layer `PRelu` does with its parameter.
pub static PRELU: Binary = Binary {
    name: "prelu",
    backward: "prelu_backward",
    doc: "`x` above 0, `weight x` below; the derivative at 0 is `weight`.",
    f: |x, weight| select(x.gt(0.0), x, weight * x),
    // few numbers, of which some must be below 0 for the weight to matter
    domains: [(-2.0, 0.4), (-1.0, 1.0)],
    ..Binary::DEFAULT
};
