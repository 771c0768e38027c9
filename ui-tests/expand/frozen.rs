plywood::network! {
    /// A body that stays as it was, and a head that learns.
    pub struct Net: [6] -> [2] {
        #[frozen]
        body: Linear(4),
        Relu,
        #[frozen]
        mixers: repeat 3 { Linear(4), Dropout(0.1) },
        blocks: repeat 2 {
            #[frozen]
            mix: Linear(4, bias: false),
            fc: Linear(4),
            Tanh,
        },
        head: Linear(2),
    }
}
