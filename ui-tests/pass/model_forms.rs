//! Forms of `#[model]` that stay accepted.
use plywood::prelude::*;

const WIDTH: usize = 6;

/// Docs, attributes and visibilities.
#[model((x: [2, 8]) -> [3], max_bytes: 4 MB at 64,)]
#[allow(dead_code)]
pub(crate) struct Forms {
    flatten: Flatten,
    /// The first layer with parameters.
    pub hidden: Linear<{ 2 * WIDTH }>,
    pub(crate) relu: Relu,
    drop: Dropout,
    #[with(p: 0.25)]
    drop_less: Dropout,
    #[with(bias: false, in_features: 12)]
    r#type: Linear<WIDTH>,
    #[repeat(WIDTH)]
    blocks: (Linear<WIDTH>, Tanh),
    #[repeat(2)]
    one: Gelu,
    out: Linear<3,>,
}

#[model([4] -> [H])]
struct Sized<const H: usize> {
    fc: Linear<H>,
}

fn main() {
    let net = Forms::init(1);
    let parameters = net.parameters();
    assert_eq!((parameters.hidden.weight.len(), parameters.blocks.len()), (12, 6));
    assert_eq!(net.predict(&[[[0.5; 8]; 2]]).len(), 1);
    assert_eq!(Sized::<3>::PARAMETERS, 15);
}
