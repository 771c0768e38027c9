/// One network for every width.
///
/// `[2, 3] -> [2]`.
pub struct Net<const H: usize> {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocks<'a, const H: usize, T = f32> {
    /// `Linear(H -> H)`
    pub fc: ::plywood::layers::Linear<&'a [[T; H]; H], &'a [T; H]>,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, const H: usize, T = f32> {
    /// `Linear(6 -> H)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 6]; H], &'a [T; H]>,
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocks<'a, H, T>; 2],
    /// `Linear(H -> 2)`
    pub out: ::plywood::layers::Linear<&'a [[T; H]; 2], &'a [T; 2]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocksMut<'a, const H: usize, T = f32> {
    /// `Linear(H -> H)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; H]; H], &'a mut [T; H]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, const H: usize, T = f32> {
    /// `Linear(6 -> H)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 6]; H], &'a mut [T; H]>,
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocksMut<'a, H, T>; 2],
    /// `Linear(H -> 2)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; H]; 2], &'a mut [T; 2]>,
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
    impl<const H: usize> Code<H> {
        const CHECK: () = {
            ply::require(
                ply::Relation::AtMost,
                1,
                H,
                "expected `out_features` of `fc1` to be ",
                ", found ",
                "",
            );
        };
    }
    struct Code<const H: usize>;
    impl<const H: usize> Code<H> {
        /// `[n][2, 3] -> [n][2]`, keeping what the backward pass needs.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][H]`
        /// 2. `blocks` = `blocks`(fc1), 2 times, `[n][H]`
        /// 3. `out` = blocks · out.weightᵀ + out.bias, `[n][2]`
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
            for i in 0..2 {
                let (before, y) = ply::entry(
                    &mut *s.blocks,
                    i,
                    ply::round(n * H),
                    n * H,
                );
                let x: &[T] = if i == 0 { s.fc1 } else { before };
                Self::blocks_forward(
                    cpu,
                    random,
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            let out = &mut s.out[..n * 2];
            ply::matmul(
                cpu,
                out,
                ply::matrix(&s.blocks[1 * ply::round(n * H)..][..n * H], H),
                ply::matrix(&p[Self::OUT_WEIGHT], H).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over rows
        /// 2. `d_blocks` = d_out · out.weight, `[n][H]`
        /// 3. gradient of `out.weight` = d_outᵀ · blocks
        /// 4. `d_relu` = `blocks` backward(d_blocks), 2 times
        /// 5. `d_fc1` = select(gt(fc1, 0.0), d_relu, 0.0), `[n][H]`
        /// 6. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 7. gradient of `fc1.weight` = d_fc1ᵀ · x
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            let d_out = &s.d_out[..n * 2];
            to.column_sums(cpu, Self::OUT_BIAS, d_out, n);
            let d_blocks = &mut s.out[..n * H];
            ply::product(
                cpu,
                d_blocks,
                ply::matrix(d_out, 2),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], H),
            );
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(d_out, 2).t(),
                ply::matrix(&s.blocks[1 * ply::round(n * H)..][..n * H], H),
            );
            for i in ply::last_first(2) {
                let (before, d_x) = ply::turn(
                    i,
                    &mut s.d_relu[..n * H],
                    &mut s.d_relu_next[..n * H],
                );
                let (x, d_y): (&[T], &[T]) = (
                    if i == 0 {
                        s.fc1
                    } else {
                        &s.blocks[(i - 1) * ply::round(n * H)..][..n * H]
                    },
                    if i == 1 { d_blocks } else { before },
                );
                Self::blocks_backward(
                    cpu,
                    random,
                    to,
                    Self::BLOCKS + i * Self::BLOCKS_STRIDE,
                    &mut BlocksSlots::of::<H>(s.d_out, n),
                    x,
                    &s.blocks[i * ply::round(n * H)..][..n * H],
                    d_y,
                    d_x,
                    n,
                );
            }
            let d_fc1 = &mut *s.fc1;
            ply::map(
                cpu,
                d_fc1,
                H,
                [ply::Full(s.d_relu), ply::InPlace],
                &ply::rules::ReluBackward,
            );
            to.column_sums(cpu, Self::FC1_BIAS, d_fc1, n);
            to.product(
                cpu,
                Self::FC1_WEIGHT,
                ply::matrix(d_fc1, H).t(),
                ply::matrix(x, 6),
            );
        }
        /// One run of `blocks`, `[n][H] -> [n][H]`; `p` is its part of the parameters.
        ///
        /// 1. `y` = tanh(x · fc.weightᵀ + fc.bias), `[n][H]`
        fn blocks_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(x, H),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], H).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::BiasTanh,
            );
        }
        /// One run of `blocks` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. `d_fc` = d_y * (1.0 - (y * y)), `[n][H]`
        /// 2. gradient of `fc.bias` = sum of d_fc over rows
        /// 3. `d_x` = d_fc · fc.weight, `[n][H]`
        /// 4. gradient of `fc.weight` = d_fcᵀ · x
        fn blocks_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            s: &mut BlocksSlots<'_, T>,
            x: &[T],
            y: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            ply::map(
                cpu,
                s.d_fc,
                H,
                [ply::Full(d_y), ply::Full(&*y)],
                &ply::rules::TanhBackward,
            );
            to.column_sums(cpu, ply::shift(Self::BLOCKS_FC_BIAS, at), s.d_fc, n);
            ply::product(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_fc, H),
                ply::matrix(&to.parameters()[ply::shift(Self::BLOCKS_FC_WEIGHT, at)], H),
            );
            to.product(
                cpu,
                ply::shift(Self::BLOCKS_FC_WEIGHT, at),
                ply::matrix(s.d_fc, H).t(),
                ply::matrix(x, H),
            );
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][H]`
        /// 2. `blocks` = `blocks`(fc1), 2 times, `[n][H]`
        /// 3. `y` = blocks · out.weightᵀ + out.bias, `[n][2]`
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
            for i in 0..2 {
                let (before, y) = ply::turn(
                    1 - i,
                    &mut s.blocks[..n * H],
                    &mut s.blocks_next[..n * H],
                );
                let x: &[T] = if i == 0 { s.fc1 } else { before };
                Self::blocks_predict(
                    cpu,
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.blocks, H),
                ply::matrix(&p[Self::OUT_WEIGHT], H).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `blocks`, `[n][H] -> [n][H]`, keeping nothing.
        ///
        /// 1. `y` = tanh(x · fc.weightᵀ + fc.bias), `[n][H]`
        fn blocks_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(x, H),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], H).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::BiasTanh,
            );
        }
        const FC1_WEIGHT: ply::Range<usize> = Self::OFFSETS[0]..Self::OFFSETS[1];
        const FC1_BIAS: ply::Range<usize> = Self::OFFSETS[1]..Self::OFFSETS[2];
        const BLOCKS: usize = Self::OFFSETS[2];
        const BLOCKS_STRIDE: usize = H * H + H;
        const BLOCKS_FC_WEIGHT: ply::Range<usize> = Self::BLOCKS_OFFSETS[0]..Self::BLOCKS_OFFSETS[1];
        const BLOCKS_FC_BIAS: ply::Range<usize> = Self::BLOCKS_OFFSETS[1]..Self::BLOCKS_OFFSETS[2];
        const BLOCKS_OFFSETS: [usize; 3] = ply::offsets([0, H * H, H]);
        const OUT_WEIGHT: ply::Range<usize> = Self::OFFSETS[3]..Self::OFFSETS[4];
        const OUT_BIAS: ply::Range<usize> = Self::OFFSETS[4]..Self::OFFSETS[5];
        const OFFSETS: [usize; 6] = ply::offsets([
            0,
            6 * H,
            H,
            2 * H * H + 2 * H,
            2 * H,
            2,
        ]);
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * H` | `fc1`, then `d_fc1` |
    /// | `blocks` | `n * 2 * H + 30` | `blocks` |
    /// | `out` | `n * ply::max(&[2, H])` | `out`, then `d_blocks` |
    /// | `d_out` | `n * ply::max(&[2, H]) + 15` | `d_out`, then `d_blocks_scratch` |
    /// | `d_relu` | `n * H` | `d_relu` |
    /// | `d_relu_next` | `n * H` | `d_relu_next` |
    pub struct Slots<'a, T> {
        fc1: &'a mut [T],
        blocks: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
        d_relu: &'a mut [T],
        d_relu_next: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of<const H: usize>(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * H);
            let (blocks, memory) = ply::slot(memory, n * 2 * H + 30);
            let (out, memory) = ply::slot(memory, n * ply::max(&[2, H]));
            let (d_out, memory) = ply::slot(memory, n * ply::max(&[2, H]) + 15);
            let (d_relu, memory) = ply::slot(memory, n * H);
            let (d_relu_next, _) = ply::slot(memory, n * H);
            Slots {
                fc1,
                blocks,
                out,
                d_out,
                d_relu,
                d_relu_next,
            }
        }
    }
    /// The memory of one run of `blocks`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_fc` | `n * H` | `d_fc` |
    pub struct BlocksSlots<'a, T> {
        d_fc: &'a mut [T],
    }
    impl<'a, T> BlocksSlots<'a, T> {
        fn of<const H: usize>(memory: &'a mut [T], n: usize) -> Self {
            let (d_fc, _) = ply::slot(memory, n * H);
            BlocksSlots { d_fc }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * H` | `fc1` |
    /// | `blocks` | `n * H` | `blocks` |
    /// | `blocks_next` | `n * H` | `blocks_next` |
    pub struct SlotsToPredict<'a, T> {
        fc1: &'a mut [T],
        blocks: &'a mut [T],
        blocks_next: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of<const H: usize>(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * H);
            let (blocks, memory) = ply::slot(memory, n * H);
            let (blocks_next, _) = ply::slot(memory, n * H);
            SlotsToPredict {
                fc1,
                blocks,
                blocks_next,
            }
        }
    }
    impl<'a, const H: usize, T: ply::Real> NetBlocks<'a, H, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, const H: usize, T: ply::Real> NetParameters<'a, H, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                blocks: ply::from_fn(|_| NetBlocks::next(b)),
                out: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, const H: usize, T: ply::Real> NetBlocksMut<'a, H, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, const H: usize, T: ply::Real> NetParametersMut<'a, H, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                blocks: ply::from_fn(|_| NetBlocksMut::next(b)),
                out: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<const H: usize> Net<H> {
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
        pub fn parameters(&self) -> NetParameters<'_, H> {
            NetParameters::of(&self.blocks.parameters)
        }
        /// The parameters by name, to be changed.
        pub fn parameters_mut(&mut self) -> NetParametersMut<'_, H> {
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
    impl<const H: usize> ply::Clone for Net<H> {
        fn clone(&self) -> Self {
            Net {
                blocks: ply::Clone::clone(&self.blocks),
            }
        }
    }
    impl<const H: usize> ply::PartialEq for Net<H> {
        fn eq(&self, other: &Self) -> bool {
            ply::PartialEq::eq(&self.blocks, &other.blocks)
        }
    }
    impl<const H: usize> ply::fmt::Debug for Net<H> {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::debug(self, f)
        }
    }
    impl<const H: usize> ply::fmt::Display for Net<H> {
        fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
            ply::display::<Self>(f)
        }
    }
    impl<const H: usize> ply::Network for Net<H> {
        type Input = [[f32; 3]; 2];
        type Output = [f32; 2];
        type Memory<T: ply::Real> = ply::Arena<T>;
        type Slots<'m, T: ply::Real> = Slots<'m, T>;
        type Gradients<'a> = NetParameters<'a, H>;
        const NAME: &'static str = "Net";
        const PARAMETERS: usize = 2 * H * H + 11 * H + 2;
        const TRAINABLE: usize = 2 * H * H + 11 * H + 2;
        const FLOPS: usize = 4 * H * H + 22 * H + 2;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(
            ply::max(&[2, H]) + ply::max(&[2, H]) + 5 * H,
            135,
        );
        const PREDICT: ply::Memory = ply::Memory::reals(3 * H, 45);
        fn from_blocks(blocks: ply::Blocks) -> Self {
            let () = Code::<H>::CHECK;
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
            Slots::of::<H>(memory.reals(), n)
        }
        fn forward<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            p: &[T],
            state: &[T],
            next_state: &mut [T],
            s: &mut Slots<'_, T>,
        ) {
            Code::<H>::forward(pass.cpu, pass.random, p, s, pass.real(0), pass.n);
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
            Code::<H>::backward(pass.cpu, pass.random, to, s, pass.real(0), pass.n);
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
            let s = &mut SlotsToPredict::of::<H>(memory.reals(), n);
            Code::<H>::predict(pass.cpu, p, s, pass.real(0), ys[0], pass.n);
        }
        const ENTRIES: &'static [ply::Entry] = &[
            ply::Entry::Group {
                name: "fc1",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[H, 6],
                        offset: Code::<H>::FC1_WEIGHT.start,
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
                        shape: &[H],
                        offset: Code::<H>::FC1_BIAS.start,
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
            ply::Entry::Repeat {
                name: "blocks",
                count: 2,
                trained: ply::Iterations {
                    offset: Code::<H>::BLOCKS,
                    stride: Code::<H>::BLOCKS_STRIDE,
                },
                frozen: ply::Iterations::NONE,
                state: ply::Iterations::NONE,
                entries: &[
                    ply::Entry::Group {
                        name: "fc",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[H, H],
                                offset: Code::<H>::BLOCKS_FC_WEIGHT.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: H,
                                },
                                role: ply::Role::Trained,
                                decays: true,
                                sparse: false,
                            },
                            ply::Entry::Parameter {
                                name: "bias",
                                shape: &[H],
                                offset: Code::<H>::BLOCKS_FC_BIAS.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: H,
                                },
                                role: ply::Role::Trained,
                                decays: false,
                                sparse: false,
                            },
                        ],
                    },
                ],
            },
            ply::Entry::Group {
                name: "out",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2, H],
                        offset: Code::<H>::OUT_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: H,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[2],
                        offset: Code::<H>::OUT_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: H,
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
                layer: "Linear(6 -> H)",
                output: &[H],
                parameters: 7 * H,
                flops: 13 * H,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "2",
                layer: "Relu",
                output: &[H],
                parameters: 0,
                flops: H,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "blocks",
                layer: "repeat 2",
                output: &[H],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc",
                layer: "Linear(H -> H)",
                output: &[H],
                parameters: H * H + H,
                flops: 2 * H * H + H,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "1",
                layer: "Tanh",
                output: &[H],
                parameters: 0,
                flops: H,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(H -> 2)",
                output: &[2],
                parameters: 2 * H + 2,
                flops: 4 * H + 2,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ 'blocks streams=0",
                "  %0 x = input #0 : [batch,$H]",
                "  %1 fc.weight = parameter #0 : [$H,$H]",
                "  %2 fc.bias = parameter #1 : [$H]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,$H]",
                "  %4 fc = add %3 %2 : [batch,$H]",
                "  %5 tanh = tanh %4 : [batch,$H]",
                "  %6 d_tanh = seed #0 : [batch,$H]",
                "  %7 d_fc = formula %6 %5 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,$H]",
                "  %8 d_fc.bias = sum %7 axes=(0,1) mean=false : [$H]",
                "  %9 d_x = matmul %7 %1 transpose_a=false transpose_b=false : [batch,$H]",
                "  %10 d_fc.weight = matmul %7 %0 transpose_a=true transpose_b=false : [$H,$H]",
                "} inputs %0 parameters %1 %2 outputs %5 forward 6 seeds %6 inputs %9 parameters %10 %8 idle rows",
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [$H,6]",
                "  %3 fc1.bias = parameter #1 : [$H]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,$H]",
                "  %5 fc1 = add %4 %3 : [batch,$H]",
                "  %6 relu = relu %5 : [batch,$H]",
                "  %7 blocks.fc_weight = parameter #2 : [2,$H,$H]",
                "  %8 blocks.fc_bias = parameter #3 : [2,$H]",
                "  %9 blocks = call #0 name='blocks times=2 in=carried:0 own=true out=last first=0 %6 %7 %8 : [batch,$H]",
                "  %10 out.weight = parameter #4 : [2,$H]",
                "  %11 out.bias = parameter #5 : [2]",
                "  %12 out.matmul = matmul %9 %10 transpose_a=false transpose_b=true : [batch,2]",
                "  %13 out = add %12 %11 : [batch,2]",
                "  %14 d_out = seed #0 : [batch,2]",
                "  %15 d_out.bias = sum %14 axes=(0,1) mean=false : [2]",
                "  %16 d_blocks = matmul %14 %10 transpose_a=false transpose_b=false : [batch,$H]",
                "  %17 d_out.weight = matmul %14 %9 transpose_a=true transpose_b=false : [2,$H]",
                "  %18 d_relu, %19 d_blocks.fc_weight, %20 d_blocks.fc_bias = reverse of=%9 onto= %6 %7 %8 %16 : [batch,$H]; [2,$H,$H]; [2,$H]",
                "  %21 d_fc1 = formula %18 %6 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,$H]",
                "  %22 d_fc1.bias = sum %21 axes=(0,1) mean=false : [$H]",
                "  %23 d_fc1.weight = matmul %21 %1 transpose_a=true transpose_b=false : [$H,6]",
                "} inputs %0 parameters %2 %3 %7 %8 %10 %11 outputs %13 forward 14 seeds %14 inputs - parameters %23 %22 %19 %20 %17 %15 idle rows",
            ],
            prediction: &[
                "{ 'blocks streams=0",
                "  %0 x = input #0 : [batch,$H]",
                "  %1 fc.weight = parameter #0 : [$H,$H]",
                "  %2 fc.bias = parameter #1 : [$H]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,$H]",
                "  %4 fc = add %3 %2 : [batch,$H]",
                "  %5 tanh = tanh %4 : [batch,$H]",
                "} inputs %0 parameters %1 %2 outputs %5",
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [$H,6]",
                "  %3 fc1.bias = parameter #1 : [$H]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,$H]",
                "  %5 fc1 = add %4 %3 : [batch,$H]",
                "  %6 relu = relu %5 : [batch,$H]",
                "  %7 blocks.fc_weight = parameter #2 : [2,$H,$H]",
                "  %8 blocks.fc_bias = parameter #3 : [2,$H]",
                "  %9 blocks = call #0 name='blocks times=2 in=carried:0 own=true out=last first=0 %6 %7 %8 : [batch,$H]",
                "  %10 out.weight = parameter #4 : [2,$H]",
                "  %11 out.bias = parameter #5 : [2]",
                "  %12 out.matmul = matmul %9 %10 transpose_a=false transpose_b=true : [batch,2]",
                "  %13 out = add %12 %11 : [batch,2]",
                "} inputs %0 parameters %2 %3 %7 %8 %10 %11 outputs %13",
            ],
            symbols: &[("H", H)],
            numbers: &[],
        };
    }
};
