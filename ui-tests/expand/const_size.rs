// A size that is a constant of the user's.
pub const HIDDEN: usize = 6;

plywood::network! {
    /// The next layer's size is asserted, not inferred.
    pub struct Net: [2, 3] -> [2], max_bytes: 1 MB at 64 {
        Flatten,
        fc1: Linear(HIDDEN),
        Relu,
        fc2: Linear(2 * HIDDEN + 1, in_features: 6),
        Relu,
        out: Linear(2),
    }
}
