// Two inputs, of which one is asked for its gradient, a member that is applied to both, and two outputs.
plywood::network! {
    /// Pairs.
    pub struct Net: (left: [3], #[gradient] right: [3], word: u32 [2]) -> (distance: [1], both: [4]) {
        body: Body(4), words: Embedding(7, embedding_dim: 2), out: Linear(1),
        fn forward(left, right, word) {
            let (l, r) = (body(left), body(right));
            let apart = (l - r).abs();
            let said = words(word).flatten();
            (both: 0.5 * (l + r), distance: out(concat([apart, said], axis: 0)))
        }
    }
    block Body(width) { fc1: Linear(5), Relu, fc2: Linear(width) }
}
