// Every layer, one after the other.
plywood::network! {
    /// A stack.
    pub struct Net: [2, 3] -> [2] {
        Flatten,
        fc1: Linear(8),
        Relu,
        Dropout(0.25),
        fc2: Linear(5, bias: false),
        Gelu,
        fc3: Linear(4),
        Tanh,
        Dropout(0.5),
        Sigmoid,
        out: Linear(2),
    }
}
