// A block that runs three times, and one inside it.
plywood::network! {
    /// Blocks stay loops.
    pub struct Net: [2, 3] -> [2] {
        Flatten,
        fc1: Linear(4),
        blocks: repeat 3 {
            fc: Linear(4),
            inner: repeat 2 { Linear(4), Gelu },
            Dropout(0.1),
        },
        out: Linear(2),
    }
}
