use super::Unary;

/// `x / (1 + |x|)`. PyTorch's `Softsign`.
pub static SOFTSIGN: Unary = Unary {
    name: "softsign",
    layer: "Softsign",
    backward: "softsign_backward",
    doc: "`x / (1 + |x|)`.",
    f: |x, _| x / (1.0 + x.abs()),
    slope: Some(|x, _y, _| {
        let part = 1.0 / (1.0 + x.abs());
        part * part
    }),
    domain: (-5.0, 5.0),
    ..Unary::DEFAULT
};
