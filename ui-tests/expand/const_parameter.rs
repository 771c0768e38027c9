// A size that whoever uses the network chooses.
plywood::network! {
    /// One network for every width.
    pub struct Net<const H: usize>: [2, 3] -> [2] {
        Flatten,
        fc1: Linear(H),
        Relu,
        blocks: repeat 2 { fc: Linear(H, in_features: H), Tanh },
        out: Linear(2),
    }
}
