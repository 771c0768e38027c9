// A block that is used twice in a row and once more, another that is used once, branches, and a group.
plywood::network! {
    /// Blocks.
    pub struct Net: [2, 3] -> [2] {
        Flatten,
        stem: Linear(4),
        body: { Basic(4), Basic(4) },
        again: Basic(4),
        concat(axis: 0) {
            { narrow: Linear(2), Relu },
            wide: { Linear(3), Tanh },
            {},
        },
        once: Once(5, p: 0.25),
        head: { fc: Linear(4), Silu, out: Linear(2) },
    }
    block Basic(width) {
        residual { fc: Linear(width), Tanh },
    }
    block Once(out, p: 0.5) {
        fc: Linear(out), Dropout(p),
    }
}
