/// The smallest network worth the name.
///
/// `[2] -> [1]`, 13 parameters, 25 FLOPs a sample.
pub struct Smallest {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of [`Smallest`] by name.
#[allow(dead_code)]
pub struct SmallestParameters<'a, T = f32> {
    /// `Linear(2 -> 3)`
    pub hidden: ::plywood::layers::Linear<&'a [[T; 2]; 3], &'a [T; 3]>,
    /// `Linear(3 -> 1)`
    pub out: ::plywood::layers::Linear<&'a [[T; 3]; 1], &'a [T; 1]>,
}
/// The parameters of [`Smallest`] by name, to be changed.
#[allow(dead_code)]
pub struct SmallestParametersMut<'a, T = f32> {
    /// `Linear(2 -> 3)`
    pub hidden: ::plywood::layers::Linear<&'a mut [[T; 2]; 3], &'a mut [T; 3]>,
    /// `Linear(3 -> 1)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; 3]; 1], &'a mut [T; 1]>,
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
        /// `[n][2] -> [n][1]`, keeping what the backward pass needs.
        ///
        /// 1. `hidden` = tanh(x · hidden.weightᵀ + hidden.bias), `[n][3]`
        /// 2. `out` = hidden · out.weightᵀ + out.bias, `[n][1]`
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
                s.hidden,
                ply::matrix(x, 2),
                ply::matrix(&p[Self::HIDDEN_WEIGHT], 2).t(),
                [ply::Sums, ply::Row(&p[Self::HIDDEN_BIAS])],
                &ply::rules::BiasTanh,
            );
            let out = &mut s.out[..n];
            ply::matmul(
                cpu,
                out,
                ply::matrix(s.hidden, 3),
                ply::matrix(&p[Self::OUT_WEIGHT], 3).t(),
                [ply::Sums, ply::Scalar(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over each row
        /// 2. `d_hidden` = (d_out · out.weight) * (1.0 - (hidden * hidden)), `[n][3]`
        /// 3. gradient of `out.weight` = d_outᵀ · hidden
        /// 4. gradient of `hidden.bias` = sum of d_hidden over rows
        /// 5. gradient of `hidden.weight` = d_hiddenᵀ · x
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            to.sum(cpu, Self::OUT_BIAS, s.d_out, n, 1, 1.0);
            let d_hidden = &mut *s.out;
            ply::matmul(
                cpu,
                d_hidden,
                ply::matrix(s.d_out, 1),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 3),
                [ply::Sums, ply::Full(s.hidden)],
                &ply::rules::TanhBackward,
            );
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(s.d_out, 1).t(),
                ply::matrix(s.hidden, 3),
            );
            to.column_sums(cpu, Self::HIDDEN_BIAS, d_hidden, n);
            to.product(
                cpu,
                Self::HIDDEN_WEIGHT,
                ply::matrix(d_hidden, 3).t(),
                ply::matrix(x, 2),
            );
        }
        /// `[n][2] -> [n][1]`, keeping nothing.
        ///
        /// 1. `hidden` = tanh(x · hidden.weightᵀ + hidden.bias), `[n][3]`
        /// 2. `y` = hidden · out.weightᵀ + out.bias, `[n][1]`
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
                s.hidden,
                ply::matrix(x, 2),
                ply::matrix(&p[Self::HIDDEN_WEIGHT], 2).t(),
                [ply::Sums, ply::Row(&p[Self::HIDDEN_BIAS])],
                &ply::rules::BiasTanh,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.hidden, 3),
                ply::matrix(&p[Self::OUT_WEIGHT], 3).t(),
                [ply::Sums, ply::Scalar(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        const HIDDEN_WEIGHT: ply::Range<usize> = 0..6;
        const HIDDEN_BIAS: ply::Range<usize> = 6..9;
        const OUT_WEIGHT: ply::Range<usize> = 9..12;
        const OUT_BIAS: ply::Range<usize> = 12..13;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `hidden` | `n * 3` | `hidden` |
    /// | `out` | `n * 3` | `out`, then `d_hidden` |
    /// | `d_out` | `n` | `d_out` |
    pub struct Slots<'a, T> {
        hidden: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (hidden, memory) = ply::slot(memory, n * 3);
            let (out, memory) = ply::slot(memory, n * 3);
            let (d_out, _) = ply::slot(memory, n);
            Slots { hidden, out, d_out }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `hidden` | `n * 3` | `hidden` |
    pub struct SlotsToPredict<'a, T> {
        hidden: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (hidden, _) = ply::slot(memory, n * 3);
            SlotsToPredict { hidden }
        }
    }
    impl<'a, T: ply::Real> SmallestParameters<'a, T> {
        /// The view of a block as long as `Smallest`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                hidden: ::plywood::layers::Linear {
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
    impl<'a, T: ply::Real> SmallestParametersMut<'a, T> {
        /// The view of a block as long as `Smallest`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                hidden: ::plywood::layers::Linear {
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
    impl Smallest {
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
        pub fn parameters(&self) -> SmallestParameters<'_> {
            SmallestParameters::of(&self.blocks.parameters)
        }
        /// The parameters by name, to be changed.
        pub fn parameters_mut(&mut self) -> SmallestParametersMut<'_> {
            SmallestParametersMut::of(&mut self.blocks.parameters)
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
        pub fn predict(&self, xs: &[[f32; 2]]) -> ply::Vec<[f32; 1]> {
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
    impl ply::Clone for Smallest {
        fn clone(&self) -> Self {
            Smallest {
                blocks: ply::Clone::clone(&self.blocks),
            }
        }
    }
    impl ply::PartialEq for Smallest {
        fn eq(&self, other: &Self) -> bool {
            ply::PartialEq::eq(&self.blocks, &other.blocks)
        }
    }
    impl ply::fmt::Debug for Smallest {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::debug(self, f)
        }
    }
    impl ply::fmt::Display for Smallest {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::display::<Self>(f)
        }
    }
    impl ply::Network for Smallest {
        type Input = [f32; 2];
        type Output = [f32; 1];
        type Memory<T: ply::Real> = ply::Arena<T>;
        type Slots<'m, T: ply::Real> = Slots<'m, T>;
        type Gradients<'a> = SmallestParameters<'a>;
        const NAME: &'static str = "Smallest";
        const PARAMETERS: usize = 13;
        const TRAINABLE: usize = 13;
        const FLOPS: usize = 25;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(7, 45);
        const PREDICT: ply::Memory = ply::Memory::reals(3, 15);
        fn from_blocks(blocks: ply::Blocks) -> Self {
            Smallest { blocks }
        }
        fn gradients(block: &[f32]) -> Self::Gradients<'_> {
            SmallestParameters::of(block)
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
            with(&[&s.out[..n]], &mut [&mut s.d_out[..n]]);
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
                name: "hidden",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[3, 2],
                        offset: Code::HIDDEN_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 2,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[3],
                        offset: Code::HIDDEN_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 2,
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
                        shape: &[1, 3],
                        offset: Code::OUT_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 3,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[1],
                        offset: Code::OUT_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 3,
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
                name: "hidden",
                layer: "Linear(2 -> 3)",
                output: &[3],
                parameters: 9,
                flops: 15,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Tanh",
                output: &[3],
                parameters: 0,
                flops: 3,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(3 -> 1)",
                output: &[1],
                parameters: 4,
                flops: 7,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2]",
                "  %1 hidden.weight = parameter #0 : [3,2]",
                "  %2 hidden.bias = parameter #1 : [3]",
                "  %3 hidden.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,3]",
                "  %4 hidden = add %3 %2 : [batch,3]",
                "  %5 tanh = tanh %4 : [batch,3]",
                "  %6 out.weight = parameter #2 : [1,3]",
                "  %7 out.bias = parameter #3 : [1]",
                "  %8 out.matmul = matmul %5 %6 transpose_a=false transpose_b=true : [batch,1]",
                "  %9 out = add %8 %7 : [batch,1]",
                "  %10 d_out = seed #0 : [batch,1]",
                "  %11 d_out.bias = sum %10 axes=(0,1) mean=false : [1]",
                "  %12 d_tanh = matmul %10 %6 transpose_a=false transpose_b=false : [batch,3]",
                "  %13 d_out.weight = matmul %10 %5 transpose_a=true transpose_b=false : [1,3]",
                "  %14 d_hidden = formula %12 %5 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,3]",
                "  %15 d_hidden.bias = sum %14 axes=(0,1) mean=false : [3]",
                "  %16 d_hidden.weight = matmul %14 %0 transpose_a=true transpose_b=false : [3,2]",
                "} inputs %0 parameters %1 %2 %6 %7 outputs %9 forward 10 seeds %10 inputs - parameters %16 %15 %13 %11 idle rows",
            ],
            prediction: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2]",
                "  %1 hidden.weight = parameter #0 : [3,2]",
                "  %2 hidden.bias = parameter #1 : [3]",
                "  %3 hidden.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,3]",
                "  %4 hidden = add %3 %2 : [batch,3]",
                "  %5 tanh = tanh %4 : [batch,3]",
                "  %6 out.weight = parameter #2 : [1,3]",
                "  %7 out.bias = parameter #3 : [1]",
                "  %8 out.matmul = matmul %5 %6 transpose_a=false transpose_b=true : [batch,1]",
                "  %9 out = add %8 %7 : [batch,1]",
                "} inputs %0 parameters %1 %2 %6 %7 outputs %9",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
