// Layers along axes: what they call stands below one name.
plywood::network! {
    /// Axes.
    pub struct Net: [2, 3] -> [2] {
        norm: LayerNorm,
        fc1: Linear(4),
        Softmax(0),
        Pad(-1, after: 1),
        rms: RmsNorm([2, 5]),
        Max(0),
        out: Linear(2),
    }
}
