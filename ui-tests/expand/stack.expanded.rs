/// A stack.
///
/// `[2, 3] -> [2]`, 130 parameters, 299 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `Linear(6 -> 8)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 6]; 8], &'a [T; 8]>,
    /// `Linear(8 -> 5, bias: false)`
    pub fc2: ::plywood::layers::Linear<&'a [[T; 8]; 5], ()>,
    /// `Linear(5 -> 4)`
    pub fc3: ::plywood::layers::Linear<&'a [[T; 5]; 4], &'a [T; 4]>,
    /// `Linear(4 -> 2)`
    pub out: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `Linear(6 -> 8)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 6]; 8], &'a mut [T; 8]>,
    /// `Linear(8 -> 5, bias: false)`
    pub fc2: ::plywood::layers::Linear<&'a mut [[T; 8]; 5], ()>,
    /// `Linear(5 -> 4)`
    pub fc3: ::plywood::layers::Linear<&'a mut [[T; 5]; 4], &'a mut [T; 4]>,
    /// `Linear(4 -> 2)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; 4]; 2], &'a mut [T; 2]>,
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
    struct Code;
    impl Code {
        /// `[n][2, 3] -> [n][2]`, keeping what the backward pass needs.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][8]`
        /// 2. `dropout_3` = select(ge(u, 0.25), fc1 * 1.3333333333333333, 0.0), `[n][8]`
        /// 3. `fc2` = dropout_3 · fc2.weightᵀ, `[n][5]`
        /// 4. `gelu` = (0.5 * fc2) * (1.0 + erf(fc2 * 0.7071067811865476)), `[n][5]`
        /// 5. `fc3` = tanh(gelu · fc3.weightᵀ + fc3.bias), `[n][4]`
        /// 6. `sigmoid` = 1.0 / (1.0 + exp(-select(ge(u, 0.5), fc3 * 2.0, 0.0))), `[n][4]`
        /// 7. `out` = sigmoid · out.weightᵀ + out.bias, `[n][2]`
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
            ply::map(
                cpu,
                s.dropout_3,
                8,
                [ply::Full(s.fc1), ply::Uniform(random.stream(0))],
                &Dropout,
            );
            ply::product(
                cpu,
                s.fc2,
                ply::matrix(s.dropout_3, 8),
                ply::matrix(&p[Self::FC2_WEIGHT], 8).t(),
            );
            ply::map(cpu, s.gelu, 5, [ply::Full(s.fc2)], &ply::rules::Gelu);
            ply::matmul(
                cpu,
                s.fc3,
                ply::matrix(s.gelu, 5),
                ply::matrix(&p[Self::FC3_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::FC3_BIAS])],
                &ply::rules::BiasTanh,
            );
            ply::map(
                cpu,
                s.sigmoid,
                4,
                [ply::Full(s.fc3), ply::Uniform(random.stream(1))],
                &DropoutSigmoid,
            );
            ply::matmul(
                cpu,
                s.out,
                ply::matrix(s.sigmoid, 4),
                ply::matrix(&p[Self::OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over rows
        /// 2. `d_fc3` = sigmoid_dropout_tanh_backward(d_out · out.weight, sigmoid, u, fc3), `[n][4]`
        /// 3. gradient of `out.weight` = d_outᵀ · sigmoid
        /// 4. gradient of `fc3.bias` = sum of d_fc3 over rows
        /// 5. `d_fc2` = gelu_backward(d_fc3 · fc3.weight, fc2), `[n][5]`
        /// 6. gradient of `fc3.weight` = d_fc3ᵀ · gelu
        /// 7. `d_fc1` = dropout_relu_backward(d_fc2 · fc2.weight, u, fc1), `[n][8]`
        /// 8. gradient of `fc2.weight` = d_fc2ᵀ · dropout_3
        /// 9. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 10. gradient of `fc1.weight` = d_fc1ᵀ · x
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            to.column_sums(cpu, Self::OUT_BIAS, s.d_out, n);
            let d_fc3 = &mut *s.fc3;
            ply::matmul(
                cpu,
                d_fc3,
                ply::matrix(s.d_out, 2),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 4),
                [
                    ply::Sums,
                    ply::Full(s.sigmoid),
                    ply::Uniform(random.stream(1)),
                    ply::InPlace,
                ],
                &SigmoidDropoutTanhBackward,
            );
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(s.d_out, 2).t(),
                ply::matrix(s.sigmoid, 4),
            );
            to.column_sums(cpu, Self::FC3_BIAS, d_fc3, n);
            let d_fc2 = &mut *s.fc2;
            ply::matmul(
                cpu,
                d_fc2,
                ply::matrix(d_fc3, 4),
                ply::matrix(&to.parameters()[Self::FC3_WEIGHT], 5),
                [ply::Sums, ply::InPlace],
                &ply::rules::GeluBackward,
            );
            to.product(
                cpu,
                Self::FC3_WEIGHT,
                ply::matrix(d_fc3, 4).t(),
                ply::matrix(s.gelu, 5),
            );
            let d_fc1 = &mut *s.fc1;
            ply::matmul(
                cpu,
                d_fc1,
                ply::matrix(d_fc2, 5),
                ply::matrix(&to.parameters()[Self::FC2_WEIGHT], 8),
                [ply::Sums, ply::Uniform(random.stream(0)), ply::InPlace],
                &DropoutReluBackward,
            );
            to.product(
                cpu,
                Self::FC2_WEIGHT,
                ply::matrix(d_fc2, 5).t(),
                ply::matrix(s.dropout_3, 8),
            );
            to.column_sums(cpu, Self::FC1_BIAS, d_fc1, n);
            to.product(
                cpu,
                Self::FC1_WEIGHT,
                ply::matrix(d_fc1, 8).t(),
                ply::matrix(x, 6),
            );
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][8]`
        /// 2. `fc2` = gelu(fc1 · fc2.weightᵀ), `[n][5]`
        /// 3. `fc3` = 1.0 / (1.0 + exp(-tanh(fc2 · fc3.weightᵀ + fc3.bias))), `[n][4]`
        /// 4. `y` = fc3 · out.weightᵀ + out.bias, `[n][2]`
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
                ply::matrix(s.fc1, 8),
                ply::matrix(&p[Self::FC2_WEIGHT], 8).t(),
                [ply::Sums],
                &ply::rules::Gelu,
            );
            let fc3 = &mut s.fc1[..n * 4];
            ply::matmul(
                cpu,
                fc3,
                ply::matrix(s.fc2, 5),
                ply::matrix(&p[Self::FC3_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::FC3_BIAS])],
                &BiasTanhSigmoid,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(fc3, 4),
                ply::matrix(&p[Self::OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        const FC1_WEIGHT: ply::Range<usize> = 0..48;
        const FC1_BIAS: ply::Range<usize> = 48..56;
        const FC2_WEIGHT: ply::Range<usize> = 56..96;
        const FC3_WEIGHT: ply::Range<usize> = 96..116;
        const FC3_BIAS: ply::Range<usize> = 116..120;
        const OUT_WEIGHT: ply::Range<usize> = 120..128;
        const OUT_BIAS: ply::Range<usize> = 128..130;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 8` | `fc1`, then `d_fc1` |
    /// | `dropout_3` | `n * 8` | `dropout_3` |
    /// | `fc2` | `n * 5` | `fc2`, then `d_fc2` |
    /// | `gelu` | `n * 5` | `gelu` |
    /// | `fc3` | `n * 4` | `fc3`, then `d_fc3` |
    /// | `sigmoid` | `n * 4` | `sigmoid` |
    /// | `out` | `n * 2` | `out` |
    /// | `d_out` | `n * 2` | `d_out` |
    pub struct Slots<'a, T> {
        fc1: &'a mut [T],
        dropout_3: &'a mut [T],
        fc2: &'a mut [T],
        gelu: &'a mut [T],
        fc3: &'a mut [T],
        sigmoid: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * 8);
            let (dropout_3, memory) = ply::slot(memory, n * 8);
            let (fc2, memory) = ply::slot(memory, n * 5);
            let (gelu, memory) = ply::slot(memory, n * 5);
            let (fc3, memory) = ply::slot(memory, n * 4);
            let (sigmoid, memory) = ply::slot(memory, n * 4);
            let (out, memory) = ply::slot(memory, n * 2);
            let (d_out, _) = ply::slot(memory, n * 2);
            Slots {
                fc1,
                dropout_3,
                fc2,
                gelu,
                fc3,
                sigmoid,
                out,
                d_out,
            }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 8` | `fc1`, then `fc3` |
    /// | `fc2` | `n * 5` | `fc2` |
    pub struct SlotsToPredict<'a, T> {
        fc1: &'a mut [T],
        fc2: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * 8);
            let (fc2, _) = ply::slot(memory, n * 5);
            SlotsToPredict { fc1, fc2 }
        }
    }
    ply::rule! {
        #[doc = " `select(ge(u, 0.25), x * 1.3333333333333333, 0.0)`"] Dropout(x, u) =
        select(ge(u, 0.25), x * 1.3333333333333333, 0.0)
    }
    ply::rule! {
        #[doc = " `1.0 / (1.0 + exp(-select(ge(u, 0.5), x * 2.0, 0.0)))`"]
        DropoutSigmoid(x, u) = 1.0 / (1.0 + exp(- select(ge(u, 0.5), x * 2.0, 0.0)))
    }
    ply::rule! {
        #[doc =
        " `select(ge(u, 0.5), ((d * (y * (1.0 - y))) * 2.0) * (1.0 - (y2 * y2)), 0.0)`"]
        SigmoidDropoutTanhBackward(d, y, u, y2) = select(ge(u, 0.5), ((d * (y * (1.0 -
        y))) * 2.0) * (1.0 - (y2 * y2)), 0.0)
    }
    ply::rule! {
        #[doc =
        " `select(gt(y, 0.0), select(ge(u, 0.25), d * 1.3333333333333333, 0.0), 0.0)`"]
        DropoutReluBackward(d, u, y) = select(gt(y, 0.0), select(ge(u, 0.25), d *
        1.3333333333333333, 0.0), 0.0)
    }
    ply::rule! {
        #[doc = " `1.0 / (1.0 + exp(-tanh(x + b)))`"] BiasTanhSigmoid(x, b) = 1.0 / (1.0
        + exp(- tanh(x + b)))
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
                    bias: (),
                },
                fc3: ::plywood::layers::Linear {
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
                    bias: (),
                },
                fc3: ::plywood::layers::Linear {
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
        const PARAMETERS: usize = 130;
        const TRAINABLE: usize = 130;
        const FLOPS: usize = 299;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(38, 120);
        const PREDICT: ply::Memory = ply::Memory::reals(13, 30);
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
                        shape: &[8, 6],
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
                        shape: &[8],
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
                        shape: &[5, 8],
                        offset: Code::FC2_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 8,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Group {
                name: "fc3",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[4, 5],
                        offset: Code::FC3_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 5,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[4],
                        offset: Code::FC3_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 5,
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
                        shape: &[2, 4],
                        offset: Code::OUT_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 4,
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
                            fan: 4,
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
                layer: "Linear(6 -> 8)",
                output: &[8],
                parameters: 56,
                flops: 104,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "2",
                layer: "Relu",
                output: &[8],
                parameters: 0,
                flops: 8,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "3",
                layer: "Dropout(0.25)",
                output: &[8],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc2",
                layer: "Linear(8 -> 5, bias: false)",
                output: &[5],
                parameters: 40,
                flops: 80,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "5",
                layer: "Gelu",
                output: &[5],
                parameters: 0,
                flops: 25,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc3",
                layer: "Linear(5 -> 4)",
                output: &[4],
                parameters: 24,
                flops: 44,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "7",
                layer: "Tanh",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "8",
                layer: "Dropout(0.5)",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "9",
                layer: "Sigmoid",
                output: &[4],
                parameters: 0,
                flops: 16,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(4 -> 2)",
                output: &[2],
                parameters: 10,
                flops: 18,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ ' streams=2",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [8,6]",
                "  %3 fc1.bias = parameter #1 : [8]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,8]",
                "  %5 fc1 = add %4 %3 : [batch,8]",
                "  %6 relu = relu %5 : [batch,8]",
                "  %7 dropout_3.uniform = uniform shape=[batch,8] stream=#0 : [batch,8]",
                "  %8 dropout_3 = formula %6 %7 name='dropout formula=~select~ge~@1~0.25~mul~@0~1.3333333333333333~0.0 : [batch,8]",
                "  %9 fc2.weight = parameter #2 : [5,8]",
                "  %10 fc2 = matmul %8 %9 transpose_a=false transpose_b=true : [batch,5]",
                "  %11 gelu = gelu %10 : [batch,5]",
                "  %12 fc3.weight = parameter #3 : [4,5]",
                "  %13 fc3.bias = parameter #4 : [4]",
                "  %14 fc3.matmul = matmul %11 %12 transpose_a=false transpose_b=true : [batch,4]",
                "  %15 fc3 = add %14 %13 : [batch,4]",
                "  %16 tanh = tanh %15 : [batch,4]",
                "  %17 dropout_8.uniform = uniform shape=[batch,4] stream=#1 : [batch,4]",
                "  %18 dropout_8 = formula %16 %17 name='dropout formula=~select~ge~@1~0.5~mul~@0~2.0~0.0 : [batch,4]",
                "  %19 sigmoid = sigmoid %18 : [batch,4]",
                "  %20 out.weight = parameter #5 : [2,4]",
                "  %21 out.bias = parameter #6 : [2]",
                "  %22 out.matmul = matmul %19 %20 transpose_a=false transpose_b=true : [batch,2]",
                "  %23 out = add %22 %21 : [batch,2]",
                "  %24 d_out = seed #0 : [batch,2]",
                "  %25 d_out.bias = sum %24 axes=(0,1) mean=false : [2]",
                "  %26 d_sigmoid = matmul %24 %20 transpose_a=false transpose_b=false : [batch,4]",
                "  %27 d_out.weight = matmul %24 %19 transpose_a=true transpose_b=false : [2,4]",
                "  %28 d_dropout_8 = formula %26 %19 name='sigmoid_backward formula=~mul~@0~mul~@1~sub~1.0~@1 : [batch,4]",
                "  %29 d_tanh = formula %28 %17 name='dropout_backward formula=~select~ge~@1~0.5~mul~@0~2.0~0.0 : [batch,4]",
                "  %30 d_fc3 = formula %29 %16 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,4]",
                "  %31 d_fc3.bias = sum %30 axes=(0,1) mean=false : [4]",
                "  %32 d_gelu = matmul %30 %12 transpose_a=false transpose_b=false : [batch,5]",
                "  %33 d_fc3.weight = matmul %30 %11 transpose_a=true transpose_b=false : [4,5]",
                "  %34 d_fc2 = formula %32 %10 name='gelu_backward formula=~mul~@0~add~mul~add~1.0~erf~mul~@1~0.7071067811865476~0.5~mul~mul~0.5~@1~mul~mul~1.1283791670955126~exp~neg~mul~mul~@1~0.7071067811865476~mul~@1~0.7071067811865476~0.7071067811865476 : [batch,5]",
                "  %35 d_dropout_3 = matmul %34 %9 transpose_a=false transpose_b=false : [batch,8]",
                "  %36 d_fc2.weight = matmul %34 %8 transpose_a=true transpose_b=false : [5,8]",
                "  %37 d_relu = formula %35 %7 name='dropout_backward formula=~select~ge~@1~0.25~mul~@0~1.3333333333333333~0.0 : [batch,8]",
                "  %38 d_fc1 = formula %37 %6 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,8]",
                "  %39 d_fc1.bias = sum %38 axes=(0,1) mean=false : [8]",
                "  %40 d_fc1.weight = matmul %38 %1 transpose_a=true transpose_b=false : [8,6]",
                "} inputs %0 parameters %2 %3 %9 %12 %13 %20 %21 outputs %23 forward 24 seeds %24 inputs - parameters %40 %39 %36 %33 %31 %27 %25 idle rows",
            ],
            prediction: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [8,6]",
                "  %3 fc1.bias = parameter #1 : [8]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,8]",
                "  %5 fc1 = add %4 %3 : [batch,8]",
                "  %6 relu = relu %5 : [batch,8]",
                "  %7 fc2.weight = parameter #2 : [5,8]",
                "  %8 fc2 = matmul %6 %7 transpose_a=false transpose_b=true : [batch,5]",
                "  %9 gelu = gelu %8 : [batch,5]",
                "  %10 fc3.weight = parameter #3 : [4,5]",
                "  %11 fc3.bias = parameter #4 : [4]",
                "  %12 fc3.matmul = matmul %9 %10 transpose_a=false transpose_b=true : [batch,4]",
                "  %13 fc3 = add %12 %11 : [batch,4]",
                "  %14 tanh = tanh %13 : [batch,4]",
                "  %15 sigmoid = sigmoid %14 : [batch,4]",
                "  %16 out.weight = parameter #5 : [2,4]",
                "  %17 out.bias = parameter #6 : [2]",
                "  %18 out.matmul = matmul %15 %16 transpose_a=false transpose_b=true : [batch,2]",
                "  %19 out = add %18 %17 : [batch,2]",
                "} inputs %0 parameters %2 %3 %7 %10 %11 %16 %17 outputs %19",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
