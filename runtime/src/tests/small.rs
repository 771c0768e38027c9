//! The network below as its declaration expands, written by hand.
//!
//! ```text
//! network! {
//!     /// A small network with every construct.
//!     pub struct Small: [4] -> [3] {
//!         fc1: Linear(8), Relu, Dropout(0.25),
//!         blocks: repeat 3 { fc: Linear(8), Tanh },
//!         fc2: Linear(3),
//!     }
//! }
//! ```

/// A small network with every construct.
///
/// `[4] -> [3]`, 283 parameters, 563 FLOPs.
pub struct Small {
    parameters: ::plywood::__private::Block,
}

/// The parameters of [`Small`], by name.
#[allow(dead_code)]
pub struct SmallParameters<'a, T = f32> {
    /// `Linear(4 -> 8)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 4]; 8], &'a [T; 8]>,
    /// Three times the layers of `blocks`.
    pub blocks: [SmallBlocks<'a, T>; 3],
    /// `Linear(8 -> 3)`
    pub fc2: ::plywood::layers::Linear<&'a [[T; 8]; 3], &'a [T; 3]>,
}

/// The parameters of one iteration of `blocks` in [`Small`].
#[allow(dead_code)]
pub struct SmallBlocks<'a, T = f32> {
    /// `Linear(8 -> 8)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 8]; 8], &'a [T; 8]>,
}

/// The parameters of [`Small`], by name, to be changed.
#[allow(dead_code)]
pub struct SmallParametersMut<'a, T = f32> {
    /// `Linear(4 -> 8)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 4]; 8], &'a mut [T; 8]>,
    /// Three times the layers of `blocks`.
    pub blocks: [SmallBlocksMut<'a, T>; 3],
    /// `Linear(8 -> 3)`
    pub fc2: ::plywood::layers::Linear<&'a mut [[T; 8]; 3], &'a mut [T; 3]>,
}

/// The parameters of one iteration of `blocks` in [`Small`], to be changed.
#[allow(dead_code)]
pub struct SmallBlocksMut<'a, T = f32> {
    /// `Linear(8 -> 8)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 8]; 8], &'a mut [T; 8]>,
}

// One alias, and every other name through it: nothing here can meet a name of the user's. Not every program uses
// all of it, and what a user's lints say of paths is meant for people.
#[allow(unused_qualifications)]
const _: () = {
    use ::plywood::__private as ply;

    const FC1_WEIGHT: ply::Range<usize> = 0..32;
    const FC1_BIAS: ply::Range<usize> = 32..40;
    // Iteration `i` of `blocks` starts at `BLOCKS + i * BLOCKS_STRIDE`; ranges inside count from there.
    const BLOCKS: usize = 40;
    const BLOCKS_STRIDE: usize = 72;
    const BLOCKS_FC_WEIGHT: ply::Range<usize> = 0..64;
    const BLOCKS_FC_BIAS: ply::Range<usize> = 64..72;
    const FC2_WEIGHT: ply::Range<usize> = 256..280;
    const FC2_BIAS: ply::Range<usize> = 280..283;

    // Rules that the book has are named by path, `ply::rules::BiasTanh`; only what it lacks is defined here.
    ply::rule! {
        /// `max(x + b, 0)`, a quarter of it dropped
        BiasReluDropout(x, b, u) = select(ge(u, 0.25), max(x + b, 0.0) / 0.75, 0.0);
        /// The gradient of `BiasReluDropout` from its output
        BiasReluDropoutBackward(d, y) = select(gt(y, 0.0), d / 0.75, 0.0);
        /// `x`
        Identity(x) = x
    }

    /// The memory of a training step.
    ///
    /// | slot | numbers per sample | holds |
    /// |---|---|---|
    /// | `blocks` | 4 × 8 | `fc1`, then the outputs of `blocks` |
    /// | `fc2` | 3 | `fc2` |
    /// | `d_fc2` | 3 | `d_fc2` |
    /// | `d_blocks` | 8 | the gradient of what goes round in `blocks`, in the end `d_fc1` |
    /// | `d_fc` | 8 | `d_fc` of one iteration |
    struct Slots<'a, T> {
        blocks: &'a mut [T],
        fc2: &'a mut [T],
        d_fc2: &'a mut [T],
        d_blocks: &'a mut [T],
        d_fc: &'a mut [T],
    }
    impl<'a, T: ply::Real> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (blocks, memory) = memory.split_at_mut(n * 32);
            let (fc2, memory) = memory.split_at_mut(n * 3);
            let (d_fc2, memory) = memory.split_at_mut(n * 3);
            let (d_blocks, memory) = memory.split_at_mut(n * 8);
            let (d_fc, _) = memory.split_at_mut(n * 8);
            Slots { blocks, fc2, d_fc2, d_blocks, d_fc }
        }
    }

    /// The memory of a prediction.
    ///
    /// | slot | numbers per sample | holds |
    /// |---|---|---|
    /// | `a` | 8 | `fc1`, then the outputs of `blocks` 1, 3, … |
    /// | `b` | 8 | the outputs of `blocks` 0, 2, … |
    struct PredictSlots<'a, T> {
        a: &'a mut [T],
        b: &'a mut [T],
    }
    impl<'a, T: ply::Real> PredictSlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (a, memory) = memory.split_at_mut(n * 8);
            let (b, _) = memory.split_at_mut(n * 8);
            PredictSlots { a, b }
        }
    }

    /// `[n][4] -> [n][3]`, into `fc2`
    fn forward<T: ply::Real>(
        cpu: &ply::Cpu,
        random: ply::Random,
        p: &[T],
        s: &mut Slots<'_, T>,
        x: &[T],
        n: usize,
    ) {
        let fc1 = &mut s.blocks[..n * 8];
        ply::matmul(
            cpu,
            fc1,
            ply::matrix(x, 4),
            ply::matrix(&p[FC1_WEIGHT], 4).t(),
            [ply::Operand::Sums, ply::Operand::Row(&p[FC1_BIAS]), ply::Operand::Uniform(random.stream(0))],
            &BiasReluDropout,
        );
        for i in 0..3 {
            let (x, y) = s.blocks[i * n * 8..(i + 2) * n * 8].split_at_mut(n * 8);
            blocks_forward(cpu, &p[BLOCKS + i * BLOCKS_STRIDE..][..BLOCKS_STRIDE], x, y);
        }
        let blocks = &s.blocks[3 * n * 8..];
        ply::matmul(
            cpu,
            s.fc2,
            ply::matrix(blocks, 8),
            ply::matrix(&p[FC2_WEIGHT], 8).t(),
            [ply::Operand::Sums, ply::Operand::Row(&p[FC2_BIAS])],
            &ply::rules::Add,
        );
    }

    /// One iteration of `blocks`, `[n][8] -> [n][8]`; `p` is its part of the parameters. Training and
    /// predicting share it, as nothing in it differs.
    fn blocks_forward<T: ply::Real>(cpu: &ply::Cpu, p: &[T], x: &[T], y: &mut [T]) {
        ply::matmul(
            cpu,
            y,
            ply::matrix(x, 8),
            ply::matrix(&p[BLOCKS_FC_WEIGHT], 8).t(),
            [ply::Operand::Sums, ply::Operand::Row(&p[BLOCKS_FC_BIAS])],
            &ply::rules::BiasTanh,
        );
    }

    /// From `d_fc2` to the gradient of every parameter
    fn backward<T: ply::Real>(
        cpu: &ply::Cpu,
        to: &mut dyn ply::Gradients<T>,
        s: &mut Slots<'_, T>,
        x: &[T],
        n: usize,
    ) {
        let blocks = &s.blocks[3 * n * 8..];
        ply::matmul(
            cpu,
            s.d_blocks,
            ply::matrix(s.d_fc2, 3),
            ply::matrix(&to.parameters()[FC2_WEIGHT], 8),
            [ply::Operand::Sums],
            &Identity,
        );
        to.product(cpu, FC2_WEIGHT, ply::matrix(s.d_fc2, 3).t(), ply::matrix(blocks, 8));
        to.sum(cpu, FC2_BIAS, s.d_fc2, n, 3, 1.0);
        for i in (0..3).rev() {
            let (x, y) = s.blocks[i * n * 8..(i + 2) * n * 8].split_at(n * 8);
            blocks_backward(cpu, to, BLOCKS + i * BLOCKS_STRIDE, x, y, s.d_blocks, s.d_fc, n);
        }
        let d_fc1 = &mut *s.d_fc;
        let fc1 = &s.blocks[..n * 8];
        ply::map(
            cpu,
            d_fc1,
            8,
            [ply::Operand::Full(s.d_blocks), ply::Operand::Full(fc1)],
            &BiasReluDropoutBackward,
        );
        to.product(cpu, FC1_WEIGHT, ply::matrix(d_fc1, 8).t(), ply::matrix(x, 4));
        to.sum(cpu, FC1_BIAS, d_fc1, n, 8, 1.0);
    }

    /// One iteration of `blocks` backward: `d_blocks` is the gradient of its output `y` before, of its input
    /// `x` after; its parameters start at `at`.
    #[allow(clippy::too_many_arguments)]
    fn blocks_backward<T: ply::Real>(
        cpu: &ply::Cpu,
        to: &mut dyn ply::Gradients<T>,
        at: usize,
        x: &[T],
        y: &[T],
        d_blocks: &mut [T],
        d_fc: &mut [T],
        n: usize,
    ) {
        ply::map(
            cpu,
            d_fc,
            8,
            [ply::Operand::Full(d_blocks), ply::Operand::Full(y)],
            &ply::rules::TanhBackward,
        );
        // The input's gradient first: the next call may already change the weight.
        ply::matmul(
            cpu,
            d_blocks,
            ply::matrix(d_fc, 8),
            ply::matrix(&to.parameters()[ply::shift(BLOCKS_FC_WEIGHT, at)], 8),
            [ply::Operand::Sums],
            &Identity,
        );
        to.product(cpu, ply::shift(BLOCKS_FC_WEIGHT, at), ply::matrix(d_fc, 8).t(), ply::matrix(x, 8));
        to.sum(cpu, ply::shift(BLOCKS_FC_BIAS, at), d_fc, n, 8, 1.0);
    }

    /// `[n][4] -> [n][3]` without dropout, nothing kept
    fn predict<T: ply::Real>(cpu: &ply::Cpu, p: &[T], s: &mut PredictSlots<'_, T>, x: &[T], y: &mut [T]) {
        ply::matmul(
            cpu,
            s.a,
            ply::matrix(x, 4),
            ply::matrix(&p[FC1_WEIGHT], 4).t(),
            [ply::Operand::Sums, ply::Operand::Row(&p[FC1_BIAS])],
            &ply::rules::BiasRelu,
        );
        for i in 0..3 {
            blocks_forward(cpu, &p[BLOCKS + i * BLOCKS_STRIDE..][..BLOCKS_STRIDE], s.a, s.b);
            ply::swap(&mut s.a, &mut s.b);
        }
        ply::matmul(
            cpu,
            y,
            ply::matrix(s.a, 8),
            ply::matrix(&p[FC2_WEIGHT], 8).t(),
            [ply::Operand::Sums, ply::Operand::Row(&p[FC2_BIAS])],
            &ply::rules::Add,
        );
    }

    impl ply::Model for Small {
        type Input = [f32; 4];
        type Output = [f32; 3];
        const NAME: &'static str = "Small";
        const PARAMETERS: usize = 283;
        const FLOPS: usize = 563;
        const TRAIN: ply::Memory = ply::Memory { per_sample: 54, fixed: 0 };
        const PREDICT: ply::Memory = ply::Memory { per_sample: 16, fixed: 0 };
        #[rustfmt::skip]
        const ENTRIES: &'static [ply::Entry] = &[
            ply::Entry::Group {
                name: "fc1",
                entries: &[
                    ply::Entry::Parameter { name: "weight", shape: &[8, 4], offset: 0, init: ply::Init::Uniform { fan_in: 4 } },
                    ply::Entry::Parameter { name: "bias", shape: &[8], offset: 32, init: ply::Init::Uniform { fan_in: 4 } },
                ],
            },
            ply::Entry::Repeat {
                name: "blocks",
                count: 3,
                offset: BLOCKS,
                stride: BLOCKS_STRIDE,
                entries: &[ply::Entry::Group {
                    name: "fc",
                    entries: &[
                        ply::Entry::Parameter { name: "weight", shape: &[8, 8], offset: 0, init: ply::Init::Uniform { fan_in: 8 } },
                        ply::Entry::Parameter { name: "bias", shape: &[8], offset: 64, init: ply::Init::Uniform { fan_in: 8 } },
                    ],
                }],
            },
            ply::Entry::Group {
                name: "fc2",
                entries: &[
                    ply::Entry::Parameter { name: "weight", shape: &[3, 8], offset: 256, init: ply::Init::Uniform { fan_in: 8 } },
                    ply::Entry::Parameter { name: "bias", shape: &[3], offset: 280, init: ply::Init::Uniform { fan_in: 8 } },
                ],
            },
        ];
        #[rustfmt::skip]
        const LAYERS: &'static [ply::LayerRow] = &[
            ply::LayerRow { name: "fc1", layer: "Linear(4 -> 8)", output: &[8], parameters: 40, flops: 72, depth: 0, times: 1 },
            ply::LayerRow { name: "1", layer: "Relu", output: &[8], parameters: 0, flops: 8, depth: 0, times: 1 },
            ply::LayerRow { name: "2", layer: "Dropout(0.25)", output: &[8], parameters: 0, flops: 0, depth: 0, times: 1 },
            ply::LayerRow { name: "blocks", layer: "repeat 3", output: &[8], parameters: 0, flops: 0, depth: 0, times: 1 },
            ply::LayerRow { name: "fc", layer: "Linear(8 -> 8)", output: &[8], parameters: 72, flops: 136, depth: 1, times: 3 },
            ply::LayerRow { name: "1", layer: "Tanh", output: &[8], parameters: 0, flops: 8, depth: 1, times: 3 },
            ply::LayerRow { name: "fc2", layer: "Linear(8 -> 3)", output: &[3], parameters: 27, flops: 51, depth: 0, times: 1 },
        ];

        // The compiler writes its graphs here, as text; by hand there are none.
        const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[] };

        fn from_block(parameters: ply::Block) -> Self {
            Small { parameters }
        }
        fn block(&self) -> &ply::Block {
            &self.parameters
        }
        fn block_mut(&mut self) -> &mut ply::Block {
            &mut self.parameters
        }
        fn predict_with<T: ply::Real>(
            cpu: &ply::Cpu,
            parameters: &[T],
            memory: &mut [T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            predict(cpu, parameters, &mut PredictSlots::of(memory, n), x, y);
        }
        fn step_with<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            memory: &mut [T],
            x: &[T],
            n: usize,
            loss: &mut dyn FnMut(&mut [T], &[T]) -> ply::Result<f64>,
        ) -> ply::Result<f64> {
            let s = &mut Slots::of(memory, n);
            forward(cpu, random, to.parameters(), s, x, n);
            let value = loss(s.d_fc2, s.fc2)?;
            backward(cpu, to, s, x, n);
            ply::Ok(value)
        }
    }

    // What is particular to this network, and short forms of what every model has: they need no `use`.
    #[allow(dead_code)]
    impl Small {
        /// How many numbers the parameters are.
        pub const PARAMETERS: usize = <Self as ply::Model>::PARAMETERS;
        /// What predicting one sample costs; a multiply-add counts as two.
        pub const FLOPS: usize = <Self as ply::Model>::FLOPS;
        /// Bytes of working memory for training with batches of `n`.
        pub const fn train_bytes(n: usize) -> usize {
            <Self as ply::Model>::TRAIN.bytes(n)
        }
        /// Bytes of working memory for predicting `n` samples at once.
        pub const fn predict_bytes(n: usize) -> usize {
            <Self as ply::Model>::PREDICT.bytes(n)
        }
        /// New parameters, drawn from `seed`.
        pub fn init(seed: u64) -> Self {
            ply::Model::init(seed)
        }
        /// The parameters by name.
        pub fn parameters(&self) -> SmallParameters<'_> {
            SmallParameters::of(&self.parameters)
        }
        /// The parameters by name, to be changed.
        pub fn parameters_mut(&mut self) -> SmallParametersMut<'_> {
            SmallParametersMut::of(&mut self.parameters)
        }
        /// Every parameter with its name and shape, in declared order.
        pub fn named_parameters(&self) -> impl ply::Iterator<Item = ply::Parameter<'_>> {
            ply::Model::named_parameters(self)
        }
        /// Every parameter with its name and shape, to be changed.
        pub fn named_parameters_mut(&mut self) -> impl ply::Iterator<Item = ply::ParameterMut<'_>> {
            ply::Model::named_parameters_mut(self)
        }
        /// The outputs for `xs`.
        pub fn predict(&self, xs: &[[f32; 4]]) -> ply::Vec<[f32; 3]> {
            ply::Model::predict(self, xs)
        }
        /// Writes the parameters to a safetensors file.
        pub fn save(&self, path: impl ply::AsRef<ply::Path>) -> ply::Result<()> {
            ply::Model::save(self, path)
        }
        /// The model whose parameters are in a safetensors file.
        pub fn load(path: impl ply::AsRef<ply::Path>) -> ply::Result<Self> {
            ply::Model::load(path)
        }
        /// Compares the generated gradients with differences, in `f64`.
        pub fn gradient_check(&self, seed: u64) -> ply::Result<ply::GradientReport> {
            ply::Model::gradient_check(self, seed)
        }
    }
    impl ply::Clone for Small {
        fn clone(&self) -> Self {
            Small { parameters: self.parameters.clone() }
        }
    }
    impl ply::fmt::Debug for Small {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::debug(self, f)
        }
    }
    impl ply::fmt::Display for Small {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::display::<Self>(f)
        }
    }

    #[allow(dead_code)]
    impl<'a, T: ply::Real> SmallParameters<'a, T> {
        /// The views over a block of `Small::PARAMETERS` numbers: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear { weight: ply::take(b), bias: ply::take(b) },
                blocks: ply::from_fn(|_| SmallBlocks {
                    fc: ::plywood::layers::Linear { weight: ply::take(b), bias: ply::take(b) },
                }),
                fc2: ::plywood::layers::Linear { weight: ply::take(b), bias: ply::take(b) },
            }
        }
    }
    #[allow(dead_code)]
    impl<'a, T: ply::Real> SmallParametersMut<'a, T> {
        /// The views over a block of `Small::PARAMETERS` numbers: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear { weight: ply::take_mut(b), bias: ply::take_mut(b) },
                blocks: ply::from_fn(|_| SmallBlocksMut {
                    fc: ::plywood::layers::Linear { weight: ply::take_mut(b), bias: ply::take_mut(b) },
                }),
                fc2: ::plywood::layers::Linear { weight: ply::take_mut(b), bias: ply::take_mut(b) },
            }
        }
    }
};
