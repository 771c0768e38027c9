//! A small network with every construct.

plywood::network! {
    /// A small network with every construct.
    pub struct Small: [4] -> [3] {
        fc1: Linear(8),
        Relu,
        Dropout(0.25),
        blocks: repeat 3 { fc: Linear(8), Tanh },
        fc2: Linear(3),
    }
}
