/// The next layer's size is asserted, not inferred.
///
/// `[2, 3] -> [2]`.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The constants of [`Net`], each looked at once.
#[allow(dead_code)]
struct NetSizes;
#[allow(clippy::all, trivial_numeric_casts)]
const _: () = {
    use ::plywood::__private as ply;
    const _: () = ply::require_size("HIDDEN", ply::value(&HIDDEN, HIDDEN), 134217728);
    impl NetSizes {
        const HIDDEN: usize = ply::size(ply::value(&HIDDEN, HIDDEN), 134217728);
    }
};
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `Linear(6 -> HIDDEN)`
    pub fc1: ::plywood::layers::Linear<
        &'a [[T; 6]; NetSizes::HIDDEN],
        &'a [T; NetSizes::HIDDEN],
    >,
    /// `Linear(HIDDEN -> 2 * HIDDEN + 1)`
    pub fc2: ::plywood::layers::Linear<
        &'a [[T; NetSizes::HIDDEN]; 2 * NetSizes::HIDDEN + 1],
        &'a [T; 2 * NetSizes::HIDDEN + 1],
    >,
    /// `Linear(2 * HIDDEN + 1 -> 2)`
    pub out: ::plywood::layers::Linear<
        &'a [[T; 2 * NetSizes::HIDDEN + 1]; 2],
        &'a [T; 2],
    >,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `Linear(6 -> HIDDEN)`
    pub fc1: ::plywood::layers::Linear<
        &'a mut [[T; 6]; NetSizes::HIDDEN],
        &'a mut [T; NetSizes::HIDDEN],
    >,
    /// `Linear(HIDDEN -> 2 * HIDDEN + 1)`
    pub fc2: ::plywood::layers::Linear<
        &'a mut [[T; NetSizes::HIDDEN]; 2 * NetSizes::HIDDEN + 1],
        &'a mut [T; 2 * NetSizes::HIDDEN + 1],
    >,
    /// `Linear(2 * HIDDEN + 1 -> 2)`
    pub out: ::plywood::layers::Linear<
        &'a mut [[T; 2 * NetSizes::HIDDEN + 1]; 2],
        &'a mut [T; 2],
    >,
}
#[allow(
    dead_code,
    unreachable_pub,
    unused_variables,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
const _: () = {
    use ::plywood::__private as ply;
    const HIDDEN: usize = NetSizes::HIDDEN;
    const _: () = ply::require(
        ply::Relation::AtMost,
        1,
        HIDDEN,
        "expected `out_features` of `fc1` to be ",
        ", found ",
        "",
    );
    const _: () = ply::require(
        ply::Relation::AtMost,
        1,
        2 * HIDDEN + 1,
        "expected `out_features` of `fc2` to be ",
        ", found ",
        "",
    );
    const _: () = ply::require(
        ply::Relation::Equal,
        6,
        HIDDEN,
        "expected `fc2` to receive ",
        " features, found ",
        " from `Relu`\nhelp: `in_features` is inferred: leave it out",
    );
    const _: () = ply::require_budget(
        ply::Memory::reals(
                ply::max(&[2 * HIDDEN + 1, HIDDEN]) + ply::max(&[2, 2 * HIDDEN + 1])
                    + HIDDEN + 2,
                60,
            )
            .bytes(64),
        1048576usize,
        64,
    );
    struct Code;
    impl Code {
        /// `[n][2, 3] -> [n][2]`, keeping what the backward pass needs.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][HIDDEN]`
        /// 2. `fc2` = max(fc1 · fc2.weightᵀ + fc2.bias, 0.0), `[n][2 * HIDDEN + 1]`
        /// 3. `out` = fc2 · out.weightᵀ + out.bias, `[n][2]`
        fn forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                s.fc1,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::FC1_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::FC1_BIAS])],
                &ply::rules::BiasRelu,
            );
            let fc2 = &mut s.fc2[..n * (2 * HIDDEN + 1)];
            ply::matmul(
                cpu,
                fc2,
                ply::matrix(s.fc1, HIDDEN),
                ply::matrix(&p[Self::FC2_WEIGHT], HIDDEN).t(),
                [ply::Sums, ply::Row(&p[Self::FC2_BIAS])],
                &ply::rules::BiasRelu,
            );
            let out = &mut s.out[..n * 2];
            ply::matmul(
                cpu,
                out,
                ply::matrix(fc2, 2 * HIDDEN + 1),
                ply::matrix(&p[Self::OUT_WEIGHT], 2 * HIDDEN + 1).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over rows
        /// 2. `d_fc2` = select(gt(fc2, 0.0), d_out · out.weight, 0.0), `[n][2 * HIDDEN + 1]`
        /// 3. gradient of `out.weight` = d_outᵀ · fc2
        /// 4. gradient of `fc2.bias` = sum of d_fc2 over rows
        /// 5. `d_fc1` = select(gt(fc1, 0.0), d_fc2 · fc2.weight, 0.0), `[n][HIDDEN]`
        /// 6. gradient of `fc2.weight` = d_fc2ᵀ · fc1
        /// 7. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 8. gradient of `fc1.weight` = d_fc1ᵀ · x
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            to.column_sums(cpu, Self::OUT_BIAS, s.d_out, n);
            let fc2 = &s.fc2[..n * (2 * HIDDEN + 1)];
            let d_fc2 = &mut s.out[..n * (2 * HIDDEN + 1)];
            ply::matmul(
                cpu,
                d_fc2,
                ply::matrix(s.d_out, 2),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 2 * HIDDEN + 1),
                [ply::Sums, ply::Full(fc2)],
                &ply::rules::ReluBackward,
            );
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(s.d_out, 2).t(),
                ply::matrix(fc2, 2 * HIDDEN + 1),
            );
            to.column_sums(cpu, Self::FC2_BIAS, d_fc2, n);
            let d_fc1 = &mut s.fc2[..n * HIDDEN];
            ply::matmul(
                cpu,
                d_fc1,
                ply::matrix(d_fc2, 2 * HIDDEN + 1),
                ply::matrix(&to.parameters()[Self::FC2_WEIGHT], HIDDEN),
                [ply::Sums, ply::Full(s.fc1)],
                &ply::rules::ReluBackward,
            );
            to.product(
                cpu,
                Self::FC2_WEIGHT,
                ply::matrix(d_fc2, 2 * HIDDEN + 1).t(),
                ply::matrix(s.fc1, HIDDEN),
            );
            to.column_sums(cpu, Self::FC1_BIAS, d_fc1, n);
            to.product(
                cpu,
                Self::FC1_WEIGHT,
                ply::matrix(d_fc1, HIDDEN).t(),
                ply::matrix(x, 6),
            );
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][HIDDEN]`
        /// 2. `fc2` = max(fc1 · fc2.weightᵀ + fc2.bias, 0.0), `[n][2 * HIDDEN + 1]`
        /// 3. `y` = fc2 · out.weightᵀ + out.bias, `[n][2]`
        fn predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            s: &mut SlotsToPredict<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                s.fc1,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::FC1_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::FC1_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                s.fc2,
                ply::matrix(s.fc1, HIDDEN),
                ply::matrix(&p[Self::FC2_WEIGHT], HIDDEN).t(),
                [ply::Sums, ply::Row(&p[Self::FC2_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.fc2, 2 * HIDDEN + 1),
                ply::matrix(&p[Self::OUT_WEIGHT], 2 * HIDDEN + 1).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        const FC1_WEIGHT: ply::Range<usize> = Self::OFFSETS[0]..Self::OFFSETS[1];
        const FC1_BIAS: ply::Range<usize> = Self::OFFSETS[1]..Self::OFFSETS[2];
        const FC2_WEIGHT: ply::Range<usize> = Self::OFFSETS[2]..Self::OFFSETS[3];
        const FC2_BIAS: ply::Range<usize> = Self::OFFSETS[3]..Self::OFFSETS[4];
        const OUT_WEIGHT: ply::Range<usize> = Self::OFFSETS[4]..Self::OFFSETS[5];
        const OUT_BIAS: ply::Range<usize> = Self::OFFSETS[5]..Self::OFFSETS[6];
        const OFFSETS: [usize; 7] = ply::offsets([
            0,
            6 * HIDDEN,
            HIDDEN,
            2 * HIDDEN * HIDDEN + HIDDEN,
            2 * HIDDEN + 1,
            4 * HIDDEN + 2,
            2,
        ]);
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * HIDDEN` | `fc1` |
    /// | `fc2` | `n * ply::max(&[2 * HIDDEN + 1, HIDDEN])` | `fc2`, then `d_fc1` |
    /// | `out` | `n * ply::max(&[2, 2 * HIDDEN + 1])` | `out`, then `d_fc2` |
    /// | `d_out` | `n * 2` | `d_out` |
    pub struct Slots<'a, T> {
        fc1: &'a mut [T],
        fc2: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * HIDDEN);
            let (fc2, memory) = ply::slot(
                memory,
                n * ply::max(&[2 * HIDDEN + 1, HIDDEN]),
            );
            let (out, memory) = ply::slot(memory, n * ply::max(&[2, 2 * HIDDEN + 1]));
            let (d_out, _) = ply::slot(memory, n * 2);
            Slots { fc1, fc2, out, d_out }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * HIDDEN` | `fc1` |
    /// | `fc2` | `n * (2 * HIDDEN + 1)` | `fc2` |
    pub struct SlotsToPredict<'a, T> {
        fc1: &'a mut [T],
        fc2: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * HIDDEN);
            let (fc2, _) = ply::slot(memory, n * (2 * HIDDEN + 1));
            SlotsToPredict { fc1, fc2 }
        }
    }
    impl<'a, T: ply::Real> NetParameters<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                fc2: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                out: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetParametersMut<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                fc2: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                out: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl Net {
        /// How many numbers the parameters are.
        pub const PARAMETERS: usize = <Self as ply::Network>::PARAMETERS;
        /// How many of them learn: all but those of frozen layers.
        pub const TRAINABLE: usize = <Self as ply::Network>::TRAINABLE;
        /// Floating-point operations of one sample's prediction; a multiply-add counts as two.
        pub const FLOPS: usize = <Self as ply::Network>::FLOPS;
        /// Bytes of working memory for training with batches of `n`, besides parameters and optimizer states.
        pub const fn train_bytes(n: usize) -> usize {
            <Self as ply::Network>::TRAIN.bytes(n)
        }
        /// Bytes of working memory for predicting `n` samples at once, besides the parameters.
        pub const fn predict_bytes(n: usize) -> usize {
            <Self as ply::Network>::PREDICT.bytes(n)
        }
        /// New parameters, drawn from `seed`.
        #[doc(alias = "new")]
        pub fn init(seed: u64) -> Self {
            ply::Model::init(seed)
        }
        /// The parameters by name.
        pub fn parameters(&self) -> NetParameters<'_> {
            NetParameters::of(&self.blocks.parameters)
        }
        /// The parameters by name, to be changed.
        pub fn parameters_mut(&mut self) -> NetParametersMut<'_> {
            NetParametersMut::of(&mut self.blocks.parameters)
        }
        /// Every parameter with its name and shape, in declared order.
        #[doc(alias = "state_dict")]
        pub fn named_parameters(&self) -> impl ply::Iterator<Item = ply::Parameter<'_>> {
            ply::Model::named_parameters(self)
        }
        /// Every parameter with its name and shape, to be changed.
        pub fn named_parameters_mut(
            &mut self,
        ) -> impl ply::Iterator<Item = ply::ParameterMut<'_>> {
            ply::Model::named_parameters_mut(self)
        }
        /// The outputs for `xs`.
        ///
        /// # Panics
        /// If there is no memory for them, or if the model was given the block of another one. `Model::predict` gives
        /// an error then.
        #[must_use = "a prediction changes nothing in the network"]
        #[doc(alias = "forward", alias = "call")]
        #[track_caller]
        pub fn predict(&self, xs: &[[[f32; 3]; 2]]) -> ply::Vec<[f32; 2]> {
            ply::Model::predict(self, xs).expect("a prediction can be made")
        }
        /// Writes the parameters to a safetensors file: all of it or, on an error, nothing.
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
    impl ply::Clone for Net {
        fn clone(&self) -> Self {
            Net {
                blocks: ply::Clone::clone(&self.blocks),
            }
        }
    }
    impl ply::PartialEq for Net {
        fn eq(&self, other: &Self) -> bool {
            ply::PartialEq::eq(&self.blocks, &other.blocks)
        }
    }
    impl ply::fmt::Debug for Net {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::debug(self, f)
        }
    }
    impl ply::fmt::Display for Net {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::display::<Self>(f)
        }
    }
    impl ply::Network for Net {
        type Input = [[f32; 3]; 2];
        type Output = [f32; 2];
        type Memory<T: ply::Real> = ply::Arena<T>;
        type Slots<'m, T: ply::Real> = Slots<'m, T>;
        type Gradients<'a> = NetParameters<'a>;
        const NAME: &'static str = "Net";
        const PARAMETERS: usize = 2 * HIDDEN * HIDDEN + 14 * HIDDEN + 5;
        const TRAINABLE: usize = 2 * HIDDEN * HIDDEN + 14 * HIDDEN + 5;
        const FLOPS: usize = 4 * HIDDEN * HIDDEN + 28 * HIDDEN + 8;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(
            ply::max(&[2 * HIDDEN + 1, HIDDEN]) + ply::max(&[2, 2 * HIDDEN + 1]) + HIDDEN
                + 2,
            60,
        );
        const PREDICT: ply::Memory = ply::Memory::reals(3 * HIDDEN + 1, 30);
        fn from_blocks(blocks: ply::Blocks) -> Self {
            Net { blocks }
        }
        fn gradients(block: &[f32]) -> Self::Gradients<'_> {
            NetParameters::of(block)
        }
        fn blocks(&self) -> &ply::Blocks {
            &self.blocks
        }
        fn blocks_mut(&mut self) -> &mut ply::Blocks {
            &mut self.blocks
        }
        #[inline]
        fn slots<T: ply::Real>(memory: &mut ply::Arena<T>, n: usize) -> Slots<'_, T> {
            Slots::of(memory.reals(), n)
        }
        fn forward<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            p: &[T],
            state: &[T],
            next_state: &mut [T],
            s: &mut Slots<'_, T>,
        ) {
            Code::forward(pass.cpu, pass.random, p, s, pass.real(0), pass.n);
        }
        #[inline]
        fn outputs<T: ply::Real>(
            s: &mut Slots<'_, T>,
            n: usize,
            with: impl ply::FnOnce(&[&[T]], &mut [&mut [T]]),
        ) {
            with(&[&s.out[..n * 2]], &mut [&mut s.d_out[..n * 2]]);
        }
        fn backward<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            state: &[T],
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
        ) {
            Code::backward(pass.cpu, pass.random, to, s, pass.real(0), pass.n);
        }
        fn predict_with<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            p: &[T],
            state: &[T],
            prepared: &[T],
            memory: &mut ply::Arena<T>,
            ys: &mut [&mut [T]],
        ) {
            let n = pass.n;
            let s = &mut SlotsToPredict::of(memory.reals(), n);
            Code::predict(pass.cpu, p, s, pass.real(0), ys[0], pass.n);
        }
        const ENTRIES: &'static [ply::Entry] = &[
            ply::Entry::Group {
                name: "fc1",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[HIDDEN, 6],
                        offset: Code::FC1_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 6,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[HIDDEN],
                        offset: Code::FC1_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 6,
                        },
                        role: ply::Role::Trained,
                        decays: false,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Group {
                name: "fc2",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2 * HIDDEN + 1, HIDDEN],
                        offset: Code::FC2_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: HIDDEN,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[2 * HIDDEN + 1],
                        offset: Code::FC2_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: HIDDEN,
                        },
                        role: ply::Role::Trained,
                        decays: false,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Group {
                name: "out",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2, 2 * HIDDEN + 1],
                        offset: Code::OUT_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 2 * HIDDEN + 1,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[2],
                        offset: Code::OUT_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 2 * HIDDEN + 1,
                        },
                        role: ply::Role::Trained,
                        decays: false,
                        sparse: false,
                    },
                ],
            },
        ];
        const LAYERS: &'static [ply::LayerRow] = &[
            ply::LayerRow {
                name: "0",
                layer: "Flatten",
                output: &[6],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc1",
                layer: "Linear(6 -> HIDDEN)",
                output: &[HIDDEN],
                parameters: 7 * HIDDEN,
                flops: 13 * HIDDEN,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "2",
                layer: "Relu",
                output: &[HIDDEN],
                parameters: 0,
                flops: HIDDEN,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc2",
                layer: "Linear(HIDDEN -> 2 * HIDDEN + 1)",
                output: &[2 * HIDDEN + 1],
                parameters: 2 * HIDDEN * HIDDEN + 3 * HIDDEN + 1,
                flops: 4 * HIDDEN * HIDDEN + 4 * HIDDEN + 1,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "4",
                layer: "Relu",
                output: &[2 * HIDDEN + 1],
                parameters: 0,
                flops: 2 * HIDDEN + 1,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(2 * HIDDEN + 1 -> 2)",
                output: &[2],
                parameters: 4 * HIDDEN + 4,
                flops: 8 * HIDDEN + 6,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [$HIDDEN,6]",
                "  %3 fc1.bias = parameter #1 : [$HIDDEN]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,$HIDDEN]",
                "  %5 fc1 = add %4 %3 : [batch,$HIDDEN]",
                "  %6 relu_2 = relu %5 : [batch,$HIDDEN]",
                "  %7 fc2.weight = parameter #2 : [2*$HIDDEN+1,$HIDDEN]",
                "  %8 fc2.bias = parameter #3 : [2*$HIDDEN+1]",
                "  %9 fc2.matmul = matmul %6 %7 transpose_a=false transpose_b=true : [batch,2*$HIDDEN+1]",
                "  %10 fc2 = add %9 %8 : [batch,2*$HIDDEN+1]",
                "  %11 relu_4 = relu %10 : [batch,2*$HIDDEN+1]",
                "  %12 out.weight = parameter #4 : [2,2*$HIDDEN+1]",
                "  %13 out.bias = parameter #5 : [2]",
                "  %14 out.matmul = matmul %11 %12 transpose_a=false transpose_b=true : [batch,2]",
                "  %15 out = add %14 %13 : [batch,2]",
                "  %16 d_out = seed #0 : [batch,2]",
                "  %17 d_out.bias = sum %16 axes=(0,1) mean=false : [2]",
                "  %18 d_relu_4 = matmul %16 %12 transpose_a=false transpose_b=false : [batch,2*$HIDDEN+1]",
                "  %19 d_out.weight = matmul %16 %11 transpose_a=true transpose_b=false : [2,2*$HIDDEN+1]",
                "  %20 d_fc2 = formula %18 %11 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,2*$HIDDEN+1]",
                "  %21 d_fc2.bias = sum %20 axes=(0,1) mean=false : [2*$HIDDEN+1]",
                "  %22 d_relu_2 = matmul %20 %7 transpose_a=false transpose_b=false : [batch,$HIDDEN]",
                "  %23 d_fc2.weight = matmul %20 %6 transpose_a=true transpose_b=false : [2*$HIDDEN+1,$HIDDEN]",
                "  %24 d_fc1 = formula %22 %6 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,$HIDDEN]",
                "  %25 d_fc1.bias = sum %24 axes=(0,1) mean=false : [$HIDDEN]",
                "  %26 d_fc1.weight = matmul %24 %1 transpose_a=true transpose_b=false : [$HIDDEN,6]",
                "} inputs %0 parameters %2 %3 %7 %8 %12 %13 outputs %15 forward 16 seeds %16 inputs - parameters %26 %25 %23 %21 %19 %17 idle rows",
            ],
            prediction: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [$HIDDEN,6]",
                "  %3 fc1.bias = parameter #1 : [$HIDDEN]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,$HIDDEN]",
                "  %5 fc1 = add %4 %3 : [batch,$HIDDEN]",
                "  %6 relu_2 = relu %5 : [batch,$HIDDEN]",
                "  %7 fc2.weight = parameter #2 : [2*$HIDDEN+1,$HIDDEN]",
                "  %8 fc2.bias = parameter #3 : [2*$HIDDEN+1]",
                "  %9 fc2.matmul = matmul %6 %7 transpose_a=false transpose_b=true : [batch,2*$HIDDEN+1]",
                "  %10 fc2 = add %9 %8 : [batch,2*$HIDDEN+1]",
                "  %11 relu_4 = relu %10 : [batch,2*$HIDDEN+1]",
                "  %12 out.weight = parameter #4 : [2,2*$HIDDEN+1]",
                "  %13 out.bias = parameter #5 : [2]",
                "  %14 out.matmul = matmul %11 %12 transpose_a=false transpose_b=true : [batch,2]",
                "  %15 out = add %14 %13 : [batch,2]",
                "} inputs %0 parameters %2 %3 %7 %8 %12 %13 outputs %15",
            ],
            symbols: &[("HIDDEN", HIDDEN)],
            numbers: &[],
        };
    }
};
