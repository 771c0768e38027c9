use super::Unary;

/// `1 / (1 + e⁻ˣ)`.
pub static SIGMOID: Unary = Unary {
    name: "sigmoid",
    layer: "Sigmoid",
    backward: "sigmoid_backward",
    doc: "`1 / (1 + e⁻ˣ)`.",
    f: |x, _| x.sigmoid(),
    slope: Some(|_x, y, _| y * (1.0 - y)),
    ..Unary::DEFAULT
};
