/// Axes.
///
/// `[2, 3] -> [2]`, 44 parameters, 248 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `LayerNorm([3])`
    pub norm: ::plywood::layers::LayerNorm<&'a [T; 3], &'a [T; 3]>,
    /// `Linear(3 -> 4)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 3]; 4], &'a [T; 4]>,
    /// `RmsNorm([2, 5])`
    pub rms: ::plywood::layers::RmsNorm<&'a [[T; 5]; 2]>,
    /// `Linear(5 -> 2)`
    pub out: ::plywood::layers::Linear<&'a [[T; 5]; 2], &'a [T; 2]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `LayerNorm([3])`
    pub norm: ::plywood::layers::LayerNorm<&'a mut [T; 3], &'a mut [T; 3]>,
    /// `Linear(3 -> 4)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 3]; 4], &'a mut [T; 4]>,
    /// `RmsNorm([2, 5])`
    pub rms: ::plywood::layers::RmsNorm<&'a mut [[T; 5]; 2]>,
    /// `Linear(5 -> 2)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; 5]; 2], &'a mut [T; 2]>,
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
        /// 1. `norm` = layer_norm(x, norm.weight, norm.bias), `[n][2, 3]`
        /// 2. `fc1` = norm · fc1.weightᵀ + fc1.bias, `[n][2, 4]`
        /// 3. `softmax_transpose` = transpose(fc1), `[n][4, 2]`
        /// 4. `softmax_softmax` = softmax(softmax_transpose), `[n][4, 2]`
        /// 5. `softmax` = transpose(softmax_softmax), `[n][2, 4]`
        /// 6. `pad` = pad(softmax), `[n][2, 5]`
        /// 7. `rms` = rms_norm(pad, rms.weight), `[n][2, 5]`
        /// 8. `max` = amax(rms), `[n][5]`
        /// 9. `out` = max · out.weightᵀ + out.bias, `[n][2]`
        fn forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            ply::ops::layer_norm::forward(
                cpu,
                s.norm,
                x,
                &p[Self::NORM_WEIGHT],
                &p[Self::NORM_BIAS],
                3,
                1e-5,
            );
            ply::matmul(
                cpu,
                s.fc1,
                ply::matrix(s.norm, 3),
                ply::matrix(&p[Self::FC1_WEIGHT], 3).t(),
                [ply::Sums, ply::Row(&p[Self::FC1_BIAS])],
                &ply::rules::Add,
            );
            let softmax_transpose = &mut s.softmax_transpose[..n * 8];
            ply::ops::transpose::forward(
                cpu,
                softmax_transpose,
                s.fc1,
                &[n, 2, 4],
                &[0, 2, 1],
            );
            let softmax_softmax = &mut *s.fc1;
            ply::ops::softmax::forward(cpu, softmax_softmax, softmax_transpose, 2);
            let softmax = &mut s.softmax_transpose[..n * 8];
            ply::ops::transpose::forward(
                cpu,
                softmax,
                softmax_softmax,
                &[n, 4, 2],
                &[0, 2, 1],
            );
            ply::ops::slice::pad(cpu, s.pad, softmax, &[n, 2, 4], 2, 0, 0.0);
            let rms = &mut s.softmax_transpose[..n * 10];
            ply::ops::layer_norm::rms_forward(
                cpu,
                rms,
                s.pad,
                &p[Self::RMS_WEIGHT],
                10,
                1.1920929e-7,
            );
            let max = &mut s.max[..n * 5];
            ply::ops::amax::forward(cpu, max, rms, &[n, 2, 5], 1..2);
            let out = &mut s.out[..n * 2];
            ply::matmul(
                cpu,
                out,
                ply::matrix(max, 5),
                ply::matrix(&p[Self::OUT_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over rows
        /// 2. `d_max` = d_out · out.weight, `[n][5]`
        /// 3. gradient of `out.weight` = d_outᵀ · max
        /// 4. `d_rms` = amax_backward(rms, d_max), `[n][2, 5]`
        /// 5. `d_pad`, `d_rms_weight` = rms_norm_both_backward(pad, d_rms, rms.weight), `[n][2, 5], [2, 5]`
        /// 6. gradient of `rms.weight` = d_rms_weight
        /// 7. `d_softmax` = slice(d_pad), `[n][2, 4]`
        /// 8. `d_softmax_softmax` = transpose(d_softmax), `[n][4, 2]`
        /// 9. `d_softmax_transpose` = softmax_backward(softmax_softmax, d_softmax_softmax), `[n][4, 2]`
        /// 10. `d_fc1` = transpose(d_softmax_transpose), `[n][2, 4]`
        /// 11. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 12. `d_norm` = d_fc1 · fc1.weight, `[n][2, 3]`
        /// 13. gradient of `fc1.weight` = d_fc1ᵀ · norm
        /// 14. `d_norm_weight` = layer_norm_weight_backward(x, d_norm), `[3]`
        /// 15. gradient of `norm.weight` = d_norm_weight
        /// 16. gradient of `norm.bias` = sum of d_norm over rows
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
            let d_max = &mut s.out[..n * 5];
            ply::product(
                cpu,
                d_max,
                ply::matrix(d_out, 2),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 5),
            );
            let max = &s.max[..n * 5];
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(d_out, 2).t(),
                ply::matrix(max, 5),
            );
            let rms = &s.softmax_transpose[..n * 10];
            let d_rms = &mut *s.max;
            ply::ops::amax::backward(cpu, d_rms, rms, d_max, &[n, 2, 5], 1..2);
            let d_pad = &mut s.softmax_transpose[..n * 10];
            let d_rms_weight = &mut s.out[..10];
            ply::ops::layer_norm::rms_both_backward(
                cpu,
                d_pad,
                d_rms_weight,
                s.pad,
                d_rms,
                &to.parameters()[Self::RMS_WEIGHT],
                10,
                1.1920929e-7,
                &mut s.d_out[..800],
            );
            to.store(cpu, Self::RMS_WEIGHT, d_rms_weight);
            let d_softmax = &mut s.max[..n * 8];
            ply::ops::slice::forward(cpu, d_softmax, d_pad, &[n, 2, 5], 2, 0);
            let d_softmax_softmax = &mut s.softmax_transpose[..n * 8];
            ply::ops::transpose::forward(
                cpu,
                d_softmax_softmax,
                d_softmax,
                &[n, 2, 4],
                &[0, 2, 1],
            );
            let softmax_softmax = &*s.fc1;
            let d_softmax_transpose = &mut s.max[..n * 8];
            ply::ops::softmax::backward(
                cpu,
                d_softmax_transpose,
                softmax_softmax,
                d_softmax_softmax,
                2,
            );
            let d_fc1 = &mut *s.fc1;
            ply::ops::transpose::forward(
                cpu,
                d_fc1,
                d_softmax_transpose,
                &[n, 4, 2],
                &[0, 2, 1],
            );
            to.column_sums(cpu, Self::FC1_BIAS, d_fc1, 2 * n);
            let d_norm = &mut s.max[..n * 6];
            ply::product(
                cpu,
                d_norm,
                ply::matrix(d_fc1, 4),
                ply::matrix(&to.parameters()[Self::FC1_WEIGHT], 3),
            );
            to.product(
                cpu,
                Self::FC1_WEIGHT,
                ply::matrix(d_fc1, 4).t(),
                ply::matrix(s.norm, 3),
            );
            let d_norm_weight = &mut s.d_out[..3];
            ply::ops::layer_norm::weight_backward(
                cpu,
                d_norm_weight,
                x,
                d_norm,
                3,
                1e-5,
                &mut s.softmax_transpose[..576],
            );
            to.store(cpu, Self::NORM_WEIGHT, d_norm_weight);
            to.column_sums(cpu, Self::NORM_BIAS, d_norm, 2 * n);
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `norm` = layer_norm(x, norm.weight, norm.bias), `[n][2, 3]`
        /// 2. `fc1` = norm · fc1.weightᵀ + fc1.bias, `[n][2, 4]`
        /// 3. `softmax_transpose` = transpose(fc1), `[n][4, 2]`
        /// 4. `softmax_softmax` = softmax(softmax_transpose), `[n][4, 2]`
        /// 5. `softmax` = transpose(softmax_softmax), `[n][2, 4]`
        /// 6. `pad` = pad(softmax), `[n][2, 5]`
        /// 7. `rms` = rms_norm(pad, rms.weight), `[n][2, 5]`
        /// 8. `max` = amax(rms), `[n][5]`
        /// 9. `y` = max · out.weightᵀ + out.bias, `[n][2]`
        fn predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            s: &mut SlotsToPredict<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            let norm = &mut s.norm[..n * 6];
            ply::ops::layer_norm::forward(
                cpu,
                norm,
                x,
                &p[Self::NORM_WEIGHT],
                &p[Self::NORM_BIAS],
                3,
                1e-5,
            );
            let fc1 = &mut s.fc1[..n * 8];
            ply::matmul(
                cpu,
                fc1,
                ply::matrix(norm, 3),
                ply::matrix(&p[Self::FC1_WEIGHT], 3).t(),
                [ply::Sums, ply::Row(&p[Self::FC1_BIAS])],
                &ply::rules::Add,
            );
            let softmax_transpose = &mut s.norm[..n * 8];
            ply::ops::transpose::forward(
                cpu,
                softmax_transpose,
                fc1,
                &[n, 2, 4],
                &[0, 2, 1],
            );
            let softmax_softmax = &mut s.fc1[..n * 8];
            ply::ops::softmax::forward(cpu, softmax_softmax, softmax_transpose, 2);
            let softmax = &mut s.norm[..n * 8];
            ply::ops::transpose::forward(
                cpu,
                softmax,
                softmax_softmax,
                &[n, 4, 2],
                &[0, 2, 1],
            );
            let pad = &mut *s.fc1;
            ply::ops::slice::pad(cpu, pad, softmax, &[n, 2, 4], 2, 0, 0.0);
            let rms = &mut *s.norm;
            ply::ops::layer_norm::rms_forward(
                cpu,
                rms,
                pad,
                &p[Self::RMS_WEIGHT],
                10,
                1.1920929e-7,
            );
            let max = &mut s.fc1[..n * 5];
            ply::ops::amax::forward(cpu, max, rms, &[n, 2, 5], 1..2);
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(max, 5),
                ply::matrix(&p[Self::OUT_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        const NORM_WEIGHT: ply::Range<usize> = 0..3;
        const NORM_BIAS: ply::Range<usize> = 3..6;
        const FC1_WEIGHT: ply::Range<usize> = 6..18;
        const FC1_BIAS: ply::Range<usize> = 18..22;
        const RMS_WEIGHT: ply::Range<usize> = 22..32;
        const OUT_WEIGHT: ply::Range<usize> = 32..42;
        const OUT_BIAS: ply::Range<usize> = 42..44;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `norm` | `n * 6` | `norm` |
    /// | `fc1` | `n * 8` | `fc1`, then `softmax_softmax`, then `d_fc1` |
    /// | `softmax_transpose` | `n * 10 + 576` | `softmax_transpose`, then `softmax`, then `rms`, then `d_pad`, then `d_softmax_softmax`, then `d_norm_weight_workspace` |
    /// | `pad` | `n * 10` | `pad` |
    /// | `max` | `n * 10` | `max`, then `d_rms`, then `d_softmax`, then `d_softmax_transpose`, then `d_norm` |
    /// | `out` | `n * 5 + 10` | `out`, then `d_max`, then `d_rms_weight` |
    /// | `d_out` | `n * 2 + 800` | `d_out`, then `d_pad_workspace`, then `d_norm_weight` |
    pub struct Slots<'a, T> {
        norm: &'a mut [T],
        fc1: &'a mut [T],
        softmax_transpose: &'a mut [T],
        pad: &'a mut [T],
        max: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (norm, memory) = ply::slot(memory, n * 6);
            let (fc1, memory) = ply::slot(memory, n * 8);
            let (softmax_transpose, memory) = ply::slot(memory, n * 10 + 576);
            let (pad, memory) = ply::slot(memory, n * 10);
            let (max, memory) = ply::slot(memory, n * 10);
            let (out, memory) = ply::slot(memory, n * 5 + 10);
            let (d_out, _) = ply::slot(memory, n * 2 + 800);
            Slots {
                norm,
                fc1,
                softmax_transpose,
                pad,
                max,
                out,
                d_out,
            }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `norm` | `n * 10` | `norm`, then `softmax_transpose`, then `softmax`, then `rms` |
    /// | `fc1` | `n * 10` | `fc1`, then `softmax_softmax`, then `pad`, then `max` |
    pub struct SlotsToPredict<'a, T> {
        norm: &'a mut [T],
        fc1: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (norm, memory) = ply::slot(memory, n * 10);
            let (fc1, _) = ply::slot(memory, n * 10);
            SlotsToPredict { norm, fc1 }
        }
    }
    impl<'a, T: ply::Real> NetParameters<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                norm: ::plywood::layers::LayerNorm {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                fc1: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                rms: ::plywood::layers::RmsNorm {
                    weight: ply::take(b),
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
                norm: ::plywood::layers::LayerNorm {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                fc1: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                rms: ::plywood::layers::RmsNorm {
                    weight: ply::take_mut(b),
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
        const PARAMETERS: usize = 44;
        const TRAINABLE: usize = 44;
        const FLOPS: usize = 248;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(51, 1491);
        const PREDICT: ply::Memory = ply::Memory::reals(20, 30);
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
                name: "norm",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[3],
                        offset: Code::NORM_WEIGHT.start,
                        init: ply::Init::Constant(1.0),
                        role: ply::Role::Trained,
                        decays: false,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[3],
                        offset: Code::NORM_BIAS.start,
                        init: ply::Init::Constant(0.0),
                        role: ply::Role::Trained,
                        decays: false,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Group {
                name: "fc1",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[4, 3],
                        offset: Code::FC1_WEIGHT.start,
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
                        shape: &[4],
                        offset: Code::FC1_BIAS.start,
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
            ply::Entry::Group {
                name: "rms",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2, 5],
                        offset: Code::RMS_WEIGHT.start,
                        init: ply::Init::Constant(1.0),
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
                        shape: &[2, 5],
                        offset: Code::OUT_WEIGHT.start,
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
                        shape: &[2],
                        offset: Code::OUT_BIAS.start,
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
        ];
        const LAYERS: &'static [ply::LayerRow] = &[
            ply::LayerRow {
                name: "norm",
                layer: "LayerNorm([3])",
                output: &[2, 3],
                parameters: 6,
                flops: 48,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc1",
                layer: "Linear(3 -> 4)",
                output: &[2, 4],
                parameters: 16,
                flops: 56,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "2",
                layer: "Softmax(0)",
                output: &[2, 4],
                parameters: 0,
                flops: 32,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "3",
                layer: "Pad(-1, before: 0, after: 1)",
                output: &[2, 5],
                parameters: 0,
                flops: 10,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "rms",
                layer: "RmsNorm([2, 5])",
                output: &[2, 5],
                parameters: 10,
                flops: 70,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "5",
                layer: "Max(0)",
                output: &[5],
                parameters: 0,
                flops: 10,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(5 -> 2)",
                output: &[2],
                parameters: 12,
                flops: 22,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 norm.weight = parameter #0 : [3]",
                "  %2 norm.bias = parameter #1 : [3]",
                "  %3 norm = layer_norm %0 %1 %2 normalized_shape=[3] eps=1e-5 weight=true bias=true : [batch,2,3]",
                "  %4 fc1.weight = parameter #2 : [4,3]",
                "  %5 fc1.bias = parameter #3 : [4]",
                "  %6 fc1.matmul = matmul %3 %4 transpose_a=false transpose_b=true : [batch,2,4]",
                "  %7 fc1 = add %6 %5 : [batch,2,4]",
                "  %8 softmax.transpose = transpose %7 axes=(0,2,1) : [batch,4,2]",
                "  %9 softmax.softmax = softmax %8 : [batch,4,2]",
                "  %10 softmax = transpose %9 axes=(0,2,1) : [batch,2,4]",
                "  %11 pad = pad %10 axis=(2) before=#0 total=#5 value=0.0 : [batch,2,5]",
                "  %12 rms.weight = parameter #4 : [2,5]",
                "  %13 rms = rms_norm %11 %12 normalized_shape=[2,5] eps=1.1920929e-7 weight=true bias=false : [batch,2,5]",
                "  %14 max = amax %13 axes=(1,2) : [batch,5]",
                "  %15 out.weight = parameter #5 : [2,5]",
                "  %16 out.bias = parameter #6 : [2]",
                "  %17 out.matmul = matmul %14 %15 transpose_a=false transpose_b=true : [batch,2]",
                "  %18 out = add %17 %16 : [batch,2]",
                "  %19 d_out = seed #0 : [batch,2]",
                "  %20 d_out.bias = sum %19 axes=(0,1) mean=false : [2]",
                "  %21 d_max = matmul %19 %15 transpose_a=false transpose_b=false : [batch,5]",
                "  %22 d_out.weight = matmul %19 %14 transpose_a=true transpose_b=false : [2,5]",
                "  %23 d_rms = amax_backward %13 %21 axes=(1,2) : [batch,2,5]",
                "  %24 d_pad, %25 d_rms.weight = rms_norm_both_backward %11 %23 %12 normalized_shape=[2,5] eps=1.1920929e-7 weight=true bias=false : [batch,2,5]; [2,5]",
                "  %26 d_softmax = slice %24 axis=(2) start=#0 length=#4 : [batch,2,4]",
                "  %27 d_softmax.softmax = transpose %26 axes=(0,2,1) : [batch,4,2]",
                "  %28 d_softmax.transpose = softmax_backward %9 %27 : [batch,4,2]",
                "  %29 d_fc1 = transpose %28 axes=(0,2,1) : [batch,2,4]",
                "  %30 d_fc1.bias = sum %29 axes=(0,2) mean=false : [4]",
                "  %31 d_norm = matmul %29 %4 transpose_a=false transpose_b=false : [batch,2,3]",
                "  %32 d_fc1.weight = matmul %29 %3 transpose_a=true transpose_b=false : [4,3]",
                "  %33 d_norm.weight = layer_norm_weight_backward %0 %31 normalized_shape=[3] eps=1e-5 weight=true bias=true : [3]",
                "  %34 d_norm.bias = sum %31 axes=(0,2) mean=false : [3]",
                "} inputs %0 parameters %1 %2 %4 %5 %12 %15 %16 outputs %18 forward 19 seeds %19 inputs - parameters %33 %34 %32 %30 %25 %22 %20 idle rows",
            ],
            prediction: &[
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 norm.weight = parameter #0 : [3]",
                "  %2 norm.bias = parameter #1 : [3]",
                "  %3 norm = layer_norm %0 %1 %2 normalized_shape=[3] eps=1e-5 weight=true bias=true : [batch,2,3]",
                "  %4 fc1.weight = parameter #2 : [4,3]",
                "  %5 fc1.bias = parameter #3 : [4]",
                "  %6 fc1.matmul = matmul %3 %4 transpose_a=false transpose_b=true : [batch,2,4]",
                "  %7 fc1 = add %6 %5 : [batch,2,4]",
                "  %8 softmax.transpose = transpose %7 axes=(0,2,1) : [batch,4,2]",
                "  %9 softmax.softmax = softmax %8 : [batch,4,2]",
                "  %10 softmax = transpose %9 axes=(0,2,1) : [batch,2,4]",
                "  %11 pad = pad %10 axis=(2) before=#0 total=#5 value=0.0 : [batch,2,5]",
                "  %12 rms.weight = parameter #4 : [2,5]",
                "  %13 rms = rms_norm %11 %12 normalized_shape=[2,5] eps=1.1920929e-7 weight=true bias=false : [batch,2,5]",
                "  %14 max = amax %13 axes=(1,2) : [batch,5]",
                "  %15 out.weight = parameter #5 : [2,5]",
                "  %16 out.bias = parameter #6 : [2]",
                "  %17 out.matmul = matmul %14 %15 transpose_a=false transpose_b=true : [batch,2]",
                "  %18 out = add %17 %16 : [batch,2]",
                "} inputs %0 parameters %1 %2 %4 %5 %12 %15 %16 outputs %18",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
