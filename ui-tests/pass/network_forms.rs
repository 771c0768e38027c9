//! Forms of `network!` that stay accepted.
use plywood::prelude::*;

network! {
    /// Trailing commas, named arguments, empty parentheses, arithmetic.
    #[allow(dead_code)]
    pub(crate) struct Forms: [2, 8,] -> [3,], max_bytes: 4 MB at 64, {
        /// What is one axis from here on.
        Flatten(),
        r#in: Linear(out_features: 2 * WIDTH + 4, bias: true,),
        Relu(),
        Dropout,
        Dropout(),
        Dropout(p: 0.25),
        Dropout(0),
        r#type: Linear((sizes::INNER), bias: false, in_features: 2 * (WIDTH) + 4),
        repeat 1 { Tanh },
        blocks: repeat sizes::TIMES { fc: Linear(5), inner: repeat 2 { Linear(5), Gelu, }, },
        out: Linear(3),
    }
}

const WIDTH: usize = 6;
mod sizes {
    pub const INNER: usize = 5;
    pub const TIMES: usize = 2;
}

network! {
    struct Short: ([4]) -> (f32 [2]) { Linear(2) }
    struct Named: (x: [4]) -> (y: [2]), max_bytes: 100KB at 16 { Linear(2), }
}
network! { struct Tags: u32 [6] -> [3] { Embedding(50, embedding_dim: 8), Flatten, Linear(3) } }
network! { struct Activations: [4] -> [4] { Relu, Tanh, Sigmoid, Gelu } }

fn main() {
    let net = Forms::init(1);
    let parameters = net.parameters();
    assert_eq!((parameters.r#in.weight.len(), parameters.r#type.weight[0].len()), (16, 16));
    assert_eq!((parameters.blocks.len(), parameters.blocks[1].inner[1].layer_0.bias.len()), (2, 5));
    assert_eq!(net.predict(&[[[0.5; 8]; 2]]).len(), 1);
    let keys: Vec<String> = net.named_parameters().map(|p| p.name.to_string()).collect();
    assert!(keys.contains(&"blocks.1.inner.0.0.weight".to_string()), "{keys:?}");
    assert_eq!((Short::PARAMETERS, Named::PARAMETERS, Activations::PARAMETERS), (10, 10, 0));
}
