use super::Unary;

/// `tanh(x)`.
pub static TANH: Unary = Unary {
    name: "tanh",
    layer: "Tanh",
    backward: "tanh_backward",
    doc: "`tanh(x)`.",
    f: |x, _| x.tanh(),
    slope: Some(|_x, y, _| 1.0 - y * y),
    ..Unary::DEFAULT
};
