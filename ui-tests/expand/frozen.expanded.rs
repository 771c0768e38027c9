/// A body that stays as it was, and a head that learns.
///
/// `[6] -> [2]`, 170 parameters, 326 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of one iteration of `mixers` in [`Net`].
#[allow(dead_code)]
pub struct NetMixers<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub layer_0: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocks<'a, T = f32> {
    /// `Linear(4 -> 4, bias: false)`
    pub mix: ::plywood::layers::Linear<&'a [[T; 4]; 4], ()>,
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub body: ::plywood::layers::Linear<&'a [[T; 6]; 4], &'a [T; 4]>,
    /// `3` times the layers of `mixers`
    pub mixers: [NetMixers<'a, T>; 3],
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocks<'a, T>; 2],
    /// `Linear(4 -> 2)`
    pub head: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
}
/// The parameters of one iteration of `mixers` in [`Net`].
#[allow(dead_code)]
pub struct NetMixersMut<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub layer_0: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocksMut<'a, T = f32> {
    /// `Linear(4 -> 4, bias: false)`
    pub mix: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], ()>,
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub body: ::plywood::layers::Linear<&'a mut [[T; 6]; 4], &'a mut [T; 4]>,
    /// `3` times the layers of `mixers`
    pub mixers: [NetMixersMut<'a, T>; 3],
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocksMut<'a, T>; 2],
    /// `Linear(4 -> 2)`
    pub head: ::plywood::layers::Linear<&'a mut [[T; 4]; 2], &'a mut [T; 2]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocksGradients<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
}
/// A number for each of those parameters of [`Net`] that learn, by name.
#[allow(dead_code)]
pub struct NetGradients<'a, T = f32> {
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocksGradients<'a, T>; 2],
    /// `Linear(4 -> 2)`
    pub head: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocksGradientsMut<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
}
/// A number for each of those parameters of [`Net`] that learn, by name, to be changed.
#[allow(dead_code)]
pub struct NetGradientsMut<'a, T = f32> {
    /// `2` times the layers of `blocks`
    pub blocks: [NetBlocksGradientsMut<'a, T>; 2],
    /// `Linear(4 -> 2)`
    pub head: ::plywood::layers::Linear<&'a mut [[T; 4]; 2], &'a mut [T; 2]>,
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
        /// `[n][6] -> [n][2]`, keeping what the backward pass needs.
        ///
        /// 1. `body` = max(x · body.weightᵀ + body.bias, 0.0), `[n][4]`
        /// 2. `mixers` = `mixers`(body), 3 times, `[n][4]`
        /// 3. `blocks` = `blocks`(mixers), 2 times, `[n][4]`
        /// 4. `head` = blocks · head.weightᵀ + head.bias, `[n][2]`
        fn forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            let body = &mut s.body[..n * 4];
            ply::matmul(
                cpu,
                body,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::BODY_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_BIAS])],
                &ply::rules::BiasRelu,
            );
            for i in 0..3 {
                let (before, y) = ply::turn(
                    2 - i,
                    &mut s.mixers[..n * 4],
                    &mut s.mixers_next[..n * 4],
                );
                let x: &[T] = if i == 0 { body } else { before };
                Self::mixers_forward(
                    cpu,
                    random.skip(i as u32),
                    &p[..0],
                    &p[Self::MIXERS_FROZEN
                        + i
                            * Self::MIXERS_FROZEN_STRIDE..][..Self::MIXERS_FROZEN_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            for i in 0..2 {
                let (before, y) = ply::entry(&mut *s.body, i, ply::round(n * 4), n * 4);
                let x: &[T] = if i == 0 { s.mixers } else { before };
                Self::blocks_forward(
                    cpu,
                    random,
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    &p[Self::BLOCKS_FROZEN
                        + i
                            * Self::BLOCKS_FROZEN_STRIDE..][..Self::BLOCKS_FROZEN_STRIDE],
                    &mut BlocksKept::of(
                        &mut s.mixers_next[i * Self::blocks_kept(n)..],
                        n,
                    ),
                    x,
                    y,
                    n,
                );
            }
            let head = &mut s.mixers[..n * 2];
            ply::matmul(
                cpu,
                head,
                ply::matrix(&s.body[1 * ply::round(n * 4)..][..n * 4], 4),
                ply::matrix(&p[Self::HEAD_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `head.bias` = sum of d_head over rows
        /// 2. `d_blocks` = d_head · head.weight, `[n][4]`
        /// 3. gradient of `head.weight` = d_headᵀ · blocks
        /// 4. `d_mixers` = `blocks` backward(d_blocks), 2 times
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            let d_head = &s.d_head[..n * 2];
            to.column_sums(cpu, Self::HEAD_BIAS, d_head, n);
            let d_blocks = &mut *s.mixers;
            ply::product(
                cpu,
                d_blocks,
                ply::matrix(d_head, 2),
                ply::matrix(&to.parameters()[Self::HEAD_WEIGHT], 4),
            );
            to.product(
                cpu,
                Self::HEAD_WEIGHT,
                ply::matrix(d_head, 2).t(),
                ply::matrix(&s.body[1 * ply::round(n * 4)..][..n * 4], 4),
            );
            for i in ply::last_first(2) {
                let (before, d_x) = ply::turn(
                    i,
                    &mut s.d_mixers[..n * 4],
                    &mut s.d_mixers_next[..n * 4],
                );
                let d_y: &[T] = if i == 1 { d_blocks } else { before };
                Self::blocks_backward(
                    cpu,
                    random,
                    to,
                    Self::BLOCKS + i * Self::BLOCKS_STRIDE,
                    Self::BLOCKS_FROZEN + i * Self::BLOCKS_FROZEN_STRIDE,
                    &mut BlocksKept::of(
                        &mut s.mixers_next[i * Self::blocks_kept(n)..],
                        n,
                    ),
                    &mut BlocksSlots::of(s.d_head, n),
                    &s.body[i * ply::round(n * 4)..][..n * 4],
                    d_y,
                    d_x,
                    n,
                );
            }
        }
        /// One run of `mixers`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `y` = bias_dropout(x · linear.weightᵀ, linear.bias, u), `[n][4]`
        fn mixers_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            q: &[T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(x, 4),
                ply::matrix(&q[Self::MIXERS_LAYER_0_WEIGHT], 4).t(),
                [
                    ply::Sums,
                    ply::Row(&q[Self::MIXERS_LAYER_0_BIAS]),
                    ply::Uniform(random.stream(0)),
                ],
                &BiasDropout,
            );
        }
        /// One run of `blocks`, `[n][4] -> [n][4]`; `p` is its part of the parameters, `q` of the frozen ones.
        ///
        /// 1. `mix` = x · mix.weightᵀ, `[n][4]`
        /// 2. `y` = tanh(mix · fc.weightᵀ + fc.bias), `[n][4]`
        fn blocks_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            q: &[T],
            k: &mut BlocksKept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::product(
                cpu,
                k.mix,
                ply::matrix(x, 4),
                ply::matrix(&q[Self::BLOCKS_MIX_WEIGHT], 4).t(),
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(k.mix, 4),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::BiasTanh,
            );
        }
        /// One run of `blocks` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`, the frozen ones at `frozen_at`.
        ///
        /// 1. `d_fc` = d_y * (1.0 - (y * y)), `[n][4]`
        /// 2. gradient of `fc.bias` = sum of d_fc over rows
        /// 3. `d_mix` = d_fc · fc.weight, `[n][4]`
        /// 4. gradient of `fc.weight` = d_fcᵀ · mix
        /// 5. `d_x` = d_mix · mix.weight, `[n][4]`
        fn blocks_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            frozen_at: usize,
            k: &mut BlocksKept<'_, T>,
            s: &mut BlocksSlots<'_, T>,
            y: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            ply::map(
                cpu,
                s.d_fc,
                4,
                [ply::Full(d_y), ply::Full(&*y)],
                &ply::rules::TanhBackward,
            );
            to.column_sums(cpu, ply::shift(Self::BLOCKS_FC_BIAS, at), s.d_fc, n);
            ply::product(
                cpu,
                s.d_mix,
                ply::matrix(s.d_fc, 4),
                ply::matrix(&to.parameters()[ply::shift(Self::BLOCKS_FC_WEIGHT, at)], 4),
            );
            to.product(
                cpu,
                ply::shift(Self::BLOCKS_FC_WEIGHT, at),
                ply::matrix(s.d_fc, 4).t(),
                ply::matrix(k.mix, 4),
            );
            ply::product(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_mix, 4),
                ply::matrix(
                    &to.parameters()[ply::shift(Self::BLOCKS_MIX_WEIGHT, frozen_at)],
                    4,
                ),
            );
        }
        /// How many numbers one run of `blocks` keeps.
        fn blocks_kept(n: usize) -> usize {
            ply::round(n * 4)
        }
        /// `[n][6] -> [n][2]`, keeping nothing.
        ///
        /// 1. `body` = max(x · body.weightᵀ + body.bias, 0.0), `[n][4]`
        /// 2. `mixers` = `mixers`(body), 3 times, `[n][4]`
        /// 3. `blocks` = `blocks`(mixers), 2 times, `[n][4]`
        /// 4. `y` = blocks · head.weightᵀ + head.bias, `[n][2]`
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
                s.body,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::BODY_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_BIAS])],
                &ply::rules::BiasRelu,
            );
            for i in 0..3 {
                let (before, y) = ply::turn(
                    2 - i,
                    &mut s.mixers[..n * 4],
                    &mut s.mixers_next[..n * 4],
                );
                let x: &[T] = if i == 0 { s.body } else { before };
                Self::mixers_predict(
                    cpu,
                    &p[..0],
                    &p[Self::MIXERS_FROZEN
                        + i
                            * Self::MIXERS_FROZEN_STRIDE..][..Self::MIXERS_FROZEN_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            for i in 0..2 {
                let (before, y) = ply::turn(
                    1 - i,
                    &mut s.body[..n * 4],
                    &mut s.blocks_next[..n * 4],
                );
                let x: &[T] = if i == 0 { s.mixers } else { before };
                Self::blocks_predict(
                    cpu,
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    &p[Self::BLOCKS_FROZEN
                        + i
                            * Self::BLOCKS_FROZEN_STRIDE..][..Self::BLOCKS_FROZEN_STRIDE],
                    &mut BlocksSlotsToPredict::of(s.mixers_next, n),
                    x,
                    y,
                    n,
                );
            }
            let blocks = &*s.body;
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(blocks, 4),
                ply::matrix(&p[Self::HEAD_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `mixers`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `y` = x · linear.weightᵀ + linear.bias, `[n][4]`
        fn mixers_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            q: &[T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(x, 4),
                ply::matrix(&q[Self::MIXERS_LAYER_0_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&q[Self::MIXERS_LAYER_0_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `blocks`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `mix` = x · mix.weightᵀ, `[n][4]`
        /// 2. `y` = tanh(mix · fc.weightᵀ + fc.bias), `[n][4]`
        fn blocks_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            q: &[T],
            s: &mut BlocksSlotsToPredict<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::product(
                cpu,
                s.mix,
                ply::matrix(x, 4),
                ply::matrix(&q[Self::BLOCKS_MIX_WEIGHT], 4).t(),
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.mix, 4),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::BiasTanh,
            );
        }
        const BODY_WEIGHT: ply::Range<usize> = 50..74;
        const BODY_BIAS: ply::Range<usize> = 74..78;
        const MIXERS_FROZEN: usize = 78;
        const MIXERS_FROZEN_STRIDE: usize = 20;
        const MIXERS_LAYER_0_WEIGHT: ply::Range<usize> = 0..16;
        const MIXERS_LAYER_0_BIAS: ply::Range<usize> = 16..20;
        const BLOCKS: usize = 0;
        const BLOCKS_STRIDE: usize = 20;
        const BLOCKS_FROZEN: usize = 138;
        const BLOCKS_FROZEN_STRIDE: usize = 16;
        const BLOCKS_MIX_WEIGHT: ply::Range<usize> = 0..16;
        const BLOCKS_FC_WEIGHT: ply::Range<usize> = 0..16;
        const BLOCKS_FC_BIAS: ply::Range<usize> = 16..20;
        const HEAD_WEIGHT: ply::Range<usize> = 40..48;
        const HEAD_BIAS: ply::Range<usize> = 48..50;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `body` | `n * 8 + 30` | `body`, then `blocks` |
    /// | `mixers` | `n * 4` | `mixers`, then `head`, then `d_blocks` |
    /// | `mixers_next` | `n * 8 + 30` | `mixers_next`, then `blocks_kept` |
    /// | `d_head` | `n * 8 + 30` | `d_head`, then `d_blocks_scratch` |
    /// | `d_mixers` | `n * 4` | `d_mixers` |
    /// | `d_mixers_next` | `n * 4` | `d_mixers_next` |
    pub struct Slots<'a, T> {
        body: &'a mut [T],
        mixers: &'a mut [T],
        mixers_next: &'a mut [T],
        d_head: &'a mut [T],
        d_mixers: &'a mut [T],
        d_mixers_next: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (body, memory) = ply::slot(memory, n * 8 + 30);
            let (mixers, memory) = ply::slot(memory, n * 4);
            let (mixers_next, memory) = ply::slot(memory, n * 8 + 30);
            let (d_head, memory) = ply::slot(memory, n * 8 + 30);
            let (d_mixers, memory) = ply::slot(memory, n * 4);
            let (d_mixers_next, _) = ply::slot(memory, n * 4);
            Slots {
                body,
                mixers,
                mixers_next,
                d_head,
                d_mixers,
                d_mixers_next,
            }
        }
    }
    /// The memory of one run of `blocks`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_fc` | `n * 4` | `d_fc` |
    /// | `d_mix` | `n * 4` | `d_mix` |
    pub struct BlocksSlots<'a, T> {
        d_fc: &'a mut [T],
        d_mix: &'a mut [T],
    }
    impl<'a, T> BlocksSlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_fc, memory) = ply::slot(memory, n * 4);
            let (d_mix, _) = ply::slot(memory, n * 4);
            BlocksSlots { d_fc, d_mix }
        }
    }
    /// What one run of `blocks` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `mix` | `n * 4` | `mix` |
    pub struct BlocksKept<'a, T> {
        mix: &'a mut [T],
    }
    impl<'a, T> BlocksKept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (mix, _) = ply::slot(memory, n * 4);
            BlocksKept { mix }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `body` | `n * 4` | `body`, then `blocks` |
    /// | `mixers` | `n * 4` | `mixers` |
    /// | `mixers_next` | `n * 4 + 15` | `mixers_next`, then `blocks_scratch` |
    /// | `blocks_next` | `n * 4` | `blocks_next` |
    pub struct SlotsToPredict<'a, T> {
        body: &'a mut [T],
        mixers: &'a mut [T],
        mixers_next: &'a mut [T],
        blocks_next: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (body, memory) = ply::slot(memory, n * 4);
            let (mixers, memory) = ply::slot(memory, n * 4);
            let (mixers_next, memory) = ply::slot(memory, n * 4 + 15);
            let (blocks_next, _) = ply::slot(memory, n * 4);
            SlotsToPredict {
                body,
                mixers,
                mixers_next,
                blocks_next,
            }
        }
    }
    /// The memory of one run of `blocks`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `mix` | `n * 4` | `mix` |
    pub struct BlocksSlotsToPredict<'a, T> {
        mix: &'a mut [T],
    }
    impl<'a, T> BlocksSlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (mix, _) = ply::slot(memory, n * 4);
            BlocksSlotsToPredict { mix }
        }
    }
    ply::rule! {
        #[doc = " `select(ge(u, 0.1), (x + b) * 1.1111111111111112, 0.0)`"]
        BiasDropout(x, b, u) = select(ge(u, 0.1), (x + b) * 1.1111111111111112, 0.0)
    }
    impl<'a, T: ply::Real> NetMixers<'a, T> {
        fn next(f: &mut &'a [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take(f),
                    bias: ply::take(f),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocks<'a, T> {
        fn next(b: &mut &'a [T], f: &mut &'a [T]) -> Self {
            Self {
                mix: ::plywood::layers::Linear {
                    weight: ply::take(f),
                    bias: (),
                },
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetParameters<'a, T> {
        /// The view of a block as long as `Net`'s parameters.
        pub fn of(block: &'a [T]) -> Self {
            let (mut block, mut frozen) = block.split_at(50);
            let (b, f) = (&mut block, &mut frozen);
            Self {
                body: ::plywood::layers::Linear {
                    weight: ply::take(f),
                    bias: ply::take(f),
                },
                mixers: ply::from_fn(|_| NetMixers::next(f)),
                blocks: ply::from_fn(|_| NetBlocks::next(b, f)),
                head: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetMixersMut<'a, T> {
        fn next(f: &mut &'a mut [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take_mut(f),
                    bias: ply::take_mut(f),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocksMut<'a, T> {
        fn next(b: &mut &'a mut [T], f: &mut &'a mut [T]) -> Self {
            Self {
                mix: ::plywood::layers::Linear {
                    weight: ply::take_mut(f),
                    bias: (),
                },
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetParametersMut<'a, T> {
        /// The view of a block as long as `Net`'s parameters.
        pub fn of(block: &'a mut [T]) -> Self {
            let (mut block, mut frozen) = block.split_at_mut(50);
            let (b, f) = (&mut block, &mut frozen);
            Self {
                body: ::plywood::layers::Linear {
                    weight: ply::take_mut(f),
                    bias: ply::take_mut(f),
                },
                mixers: ply::from_fn(|_| NetMixersMut::next(f)),
                blocks: ply::from_fn(|_| NetBlocksMut::next(b, f)),
                head: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocksGradients<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetGradients<'a, T> {
        /// The view of a block as long as the parameters of `Net` that learn: gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                blocks: ply::from_fn(|_| NetBlocksGradients::next(b)),
                head: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocksGradientsMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetGradientsMut<'a, T> {
        /// The view of a block as long as the parameters of `Net` that learn: gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                blocks: ply::from_fn(|_| NetBlocksGradientsMut::next(b)),
                head: ::plywood::layers::Linear {
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
        pub fn predict(&self, xs: &[[f32; 6]]) -> ply::Vec<[f32; 2]> {
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
        type Input = [f32; 6];
        type Output = [f32; 2];
        type Memory<T: ply::Real> = ply::Arena<T>;
        type Slots<'m, T: ply::Real> = Slots<'m, T>;
        type Gradients<'a> = NetGradients<'a>;
        const NAME: &'static str = "Net";
        const PARAMETERS: usize = 170;
        const TRAINABLE: usize = 50;
        const FLOPS: usize = 326;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(36, 180);
        const PREDICT: ply::Memory = ply::Memory::reals(16, 75);
        fn from_blocks(blocks: ply::Blocks) -> Self {
            Net { blocks }
        }
        fn gradients(block: &[f32]) -> Self::Gradients<'_> {
            NetGradients::of(block)
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
            with(&[&s.mixers[..n * 2]], &mut [&mut s.d_head[..n * 2]]);
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
                name: "body",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[4, 6],
                        offset: Code::BODY_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 6,
                        },
                        role: ply::Role::Frozen,
                        decays: true,
                        sparse: false,
                    },
                    ply::Entry::Parameter {
                        name: "bias",
                        shape: &[4],
                        offset: Code::BODY_BIAS.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 6,
                        },
                        role: ply::Role::Frozen,
                        decays: false,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Repeat {
                name: "mixers",
                count: 3,
                trained: ply::Iterations::NONE,
                frozen: ply::Iterations {
                    offset: Code::MIXERS_FROZEN,
                    stride: Code::MIXERS_FROZEN_STRIDE,
                },
                state: ply::Iterations::NONE,
                entries: &[
                    ply::Entry::Group {
                        name: "0",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[4, 4],
                                offset: Code::MIXERS_LAYER_0_WEIGHT.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: 4,
                                },
                                role: ply::Role::Frozen,
                                decays: true,
                                sparse: false,
                            },
                            ply::Entry::Parameter {
                                name: "bias",
                                shape: &[4],
                                offset: Code::MIXERS_LAYER_0_BIAS.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: 4,
                                },
                                role: ply::Role::Frozen,
                                decays: false,
                                sparse: false,
                            },
                        ],
                    },
                ],
            },
            ply::Entry::Repeat {
                name: "blocks",
                count: 2,
                trained: ply::Iterations {
                    offset: Code::BLOCKS,
                    stride: Code::BLOCKS_STRIDE,
                },
                frozen: ply::Iterations {
                    offset: Code::BLOCKS_FROZEN,
                    stride: Code::BLOCKS_FROZEN_STRIDE,
                },
                state: ply::Iterations::NONE,
                entries: &[
                    ply::Entry::Group {
                        name: "mix",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[4, 4],
                                offset: Code::BLOCKS_MIX_WEIGHT.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: 4,
                                },
                                role: ply::Role::Frozen,
                                decays: true,
                                sparse: false,
                            },
                        ],
                    },
                    ply::Entry::Group {
                        name: "fc",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[4, 4],
                                offset: Code::BLOCKS_FC_WEIGHT.start,
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
                                shape: &[4],
                                offset: Code::BLOCKS_FC_BIAS.start,
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
                ],
            },
            ply::Entry::Group {
                name: "head",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2, 4],
                        offset: Code::HEAD_WEIGHT.start,
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
                        offset: Code::HEAD_BIAS.start,
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
                name: "body",
                layer: "Linear(6 -> 4), frozen",
                output: &[4],
                parameters: 28,
                flops: 52,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Relu",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "mixers",
                layer: "repeat 3",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "0",
                layer: "Linear(4 -> 4), frozen",
                output: &[4],
                parameters: 20,
                flops: 36,
                depth: 1,
                times: 3,
            },
            ply::LayerRow {
                name: "1",
                layer: "Dropout(0.1), frozen",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 1,
                times: 3,
            },
            ply::LayerRow {
                name: "blocks",
                layer: "repeat 2",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "mix",
                layer: "Linear(4 -> 4, bias: false), frozen",
                output: &[4],
                parameters: 16,
                flops: 32,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "fc",
                layer: "Linear(4 -> 4)",
                output: &[4],
                parameters: 20,
                flops: 36,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "2",
                layer: "Tanh",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "head",
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
                "{ 'mixers streams=1",
                "  %0 x = input #0 : [batch,4]",
                "  %1 linear.weight = parameter #0 : [4,4]",
                "  %2 linear.bias = parameter #1 : [4]",
                "  %3 linear.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 linear = add %3 %2 : [batch,4]",
                "  %5 dropout.uniform = uniform shape=[batch,4] stream=#0 : [batch,4]",
                "  %6 dropout = formula %4 %5 name='dropout formula=~select~ge~@1~0.1~mul~@0~1.1111111111111112~0.0 : [batch,4]",
                "} inputs %0 parameters %1 %2 outputs %6",
                "{ 'blocks streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 mix.weight = parameter #0 : [4,4]",
                "  %2 mix = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %3 fc.weight = parameter #1 : [4,4]",
                "  %4 fc.bias = parameter #2 : [4]",
                "  %5 fc.matmul = matmul %2 %3 transpose_a=false transpose_b=true : [batch,4]",
                "  %6 fc = add %5 %4 : [batch,4]",
                "  %7 tanh = tanh %6 : [batch,4]",
                "  %8 d_tanh = seed #0 : [batch,4]",
                "  %9 d_fc = formula %8 %7 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,4]",
                "  %10 d_fc.bias = sum %9 axes=(0,1) mean=false : [4]",
                "  %11 d_mix = matmul %9 %3 transpose_a=false transpose_b=false : [batch,4]",
                "  %12 d_fc.weight = matmul %9 %2 transpose_a=true transpose_b=false : [4,4]",
                "  %13 d_x = matmul %11 %1 transpose_a=false transpose_b=false : [batch,4]",
                "} inputs %0 parameters %1 %3 %4 outputs %7 forward 8 seeds %8 inputs %13 parameters - %12 %10 idle rows",
                "{ ' streams=3",
                "  %0 x = input #0 : [batch,6]",
                "  %1 body.weight = parameter #0 : [4,6]",
                "  %2 body.bias = parameter #1 : [4]",
                "  %3 body.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 body = add %3 %2 : [batch,4]",
                "  %5 relu = relu %4 : [batch,4]",
                "  %6 mixers.linear_weight = parameter #2 : [3,4,4]",
                "  %7 mixers.linear_bias = parameter #3 : [3,4]",
                "  %8 mixers = call #0 name='mixers times=3 in=carried:0 own=true out=last first=0 %5 %6 %7 : [batch,4]",
                "  %9 blocks.mix_weight = parameter #4 : [2,4,4]",
                "  %10 blocks.fc_weight = parameter #5 : [2,4,4]",
                "  %11 blocks.fc_bias = parameter #6 : [2,4]",
                "  %12 blocks = call #1 name='blocks times=2 in=carried:0 own=true out=last first=3 %8 %9 %10 %11 : [batch,4]",
                "  %13 head.weight = parameter #7 : [2,4]",
                "  %14 head.bias = parameter #8 : [2]",
                "  %15 head.matmul = matmul %12 %13 transpose_a=false transpose_b=true : [batch,2]",
                "  %16 head = add %15 %14 : [batch,2]",
                "  %17 d_head = seed #0 : [batch,2]",
                "  %18 d_head.bias = sum %17 axes=(0,1) mean=false : [2]",
                "  %19 d_blocks = matmul %17 %13 transpose_a=false transpose_b=false : [batch,4]",
                "  %20 d_head.weight = matmul %17 %12 transpose_a=true transpose_b=false : [2,4]",
                "  %21 d_mixers, %22 d_blocks.fc_weight, %23 d_blocks.fc_bias = reverse of=%12 onto= %8 %9 %10 %11 %19 : [batch,4]; [2,4,4]; [2,4]",
                "} inputs %0 parameters %1 %2 %6 %7 %9 %10 %11 %13 %14 outputs %16 forward 17 seeds %17 inputs - parameters - - - - - %22 %23 %20 %18 idle rows",
            ],
            prediction: &[
                "{ 'mixers streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 linear.weight = parameter #0 : [4,4]",
                "  %2 linear.bias = parameter #1 : [4]",
                "  %3 linear.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 linear = add %3 %2 : [batch,4]",
                "} inputs %0 parameters %1 %2 outputs %4",
                "{ 'blocks streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 mix.weight = parameter #0 : [4,4]",
                "  %2 mix = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %3 fc.weight = parameter #1 : [4,4]",
                "  %4 fc.bias = parameter #2 : [4]",
                "  %5 fc.matmul = matmul %2 %3 transpose_a=false transpose_b=true : [batch,4]",
                "  %6 fc = add %5 %4 : [batch,4]",
                "  %7 tanh = tanh %6 : [batch,4]",
                "} inputs %0 parameters %1 %3 %4 outputs %7",
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,6]",
                "  %1 body.weight = parameter #0 : [4,6]",
                "  %2 body.bias = parameter #1 : [4]",
                "  %3 body.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 body = add %3 %2 : [batch,4]",
                "  %5 relu = relu %4 : [batch,4]",
                "  %6 mixers.linear_weight = parameter #2 : [3,4,4]",
                "  %7 mixers.linear_bias = parameter #3 : [3,4]",
                "  %8 mixers = call #0 name='mixers times=3 in=carried:0 own=true out=last first=0 %5 %6 %7 : [batch,4]",
                "  %9 blocks.mix_weight = parameter #4 : [2,4,4]",
                "  %10 blocks.fc_weight = parameter #5 : [2,4,4]",
                "  %11 blocks.fc_bias = parameter #6 : [2,4]",
                "  %12 blocks = call #1 name='blocks times=2 in=carried:0 own=true out=last first=0 %8 %9 %10 %11 : [batch,4]",
                "  %13 head.weight = parameter #7 : [2,4]",
                "  %14 head.bias = parameter #8 : [2]",
                "  %15 head.matmul = matmul %12 %13 transpose_a=false transpose_b=true : [batch,2]",
                "  %16 head = add %15 %14 : [batch,2]",
                "} inputs %0 parameters %1 %2 %6 %7 %9 %10 %11 %13 %14 outputs %16",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
