use super::Unary;

/// `max(x, 0)`; the derivative at 0 is 0.
pub static RELU: Unary = Unary {
    name: "relu",
    layer: "Relu",
    backward: "relu_backward",
    doc: "`max(x, 0)`; the derivative at 0 is 0.",
    f: |x, _| x.max(0.0),
    slope: Some(|_x, y, _| y.gt(0.0)),
    ..Unary::DEFAULT
};
