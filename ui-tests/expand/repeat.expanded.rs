/// Blocks stay loops.
///
/// `[2, 3] -> [2]`, 218 parameters, 514 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of one iteration of `inner` in [`Net`].
#[allow(dead_code)]
pub struct NetInner<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub layer_0: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocks<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
    /// `2` times the layers of `inner`
    pub inner: [NetInner<'a, T>; 2],
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 6]; 4], &'a [T; 4]>,
    /// `3` times the layers of `blocks`
    pub blocks: [NetBlocks<'a, T>; 3],
    /// `Linear(4 -> 2)`
    pub out: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
}
/// The parameters of one iteration of `inner` in [`Net`].
#[allow(dead_code)]
pub struct NetInnerMut<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub layer_0: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
}
/// The parameters of one iteration of `blocks` in [`Net`].
#[allow(dead_code)]
pub struct NetBlocksMut<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
    /// `2` times the layers of `inner`
    pub inner: [NetInnerMut<'a, T>; 2],
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 6]; 4], &'a mut [T; 4]>,
    /// `3` times the layers of `blocks`
    pub blocks: [NetBlocksMut<'a, T>; 3],
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
        /// 1. `fc1` = x · fc1.weightᵀ + fc1.bias, `[n][4]`
        /// 2. `blocks` = `blocks`(fc1), 3 times, `[n][4]`
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
                &ply::rules::Add,
            );
            for i in 0..3 {
                let (before, y) = ply::entry(
                    &mut *s.blocks,
                    i,
                    ply::round(n * 4),
                    n * 4,
                );
                let x: &[T] = if i == 0 { s.fc1 } else { before };
                Self::blocks_forward(
                    cpu,
                    random.skip(i as u32),
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    &mut BlocksKept::of(
                        &mut s.blocks_kept[i * Self::blocks_kept(n)..],
                        n,
                    ),
                    x,
                    y,
                    n,
                );
            }
            let out = &mut s.out[..n * 2];
            ply::matmul(
                cpu,
                out,
                ply::matrix(&s.blocks[2 * ply::round(n * 4)..][..n * 4], 4),
                ply::matrix(&p[Self::OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over rows
        /// 2. `d_blocks` = d_out · out.weight, `[n][4]`
        /// 3. gradient of `out.weight` = d_outᵀ · blocks
        /// 4. `d_fc1` = `blocks` backward(d_blocks), 3 times
        /// 5. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 6. gradient of `fc1.weight` = d_fc1ᵀ · x
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
            let d_blocks = &mut *s.out;
            ply::product(
                cpu,
                d_blocks,
                ply::matrix(d_out, 2),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 4),
            );
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(d_out, 2).t(),
                ply::matrix(&s.blocks[2 * ply::round(n * 4)..][..n * 4], 4),
            );
            for i in ply::last_first(3) {
                let (before, d_x) = ply::turn(
                    i,
                    &mut s.d_fc1[..n * 4],
                    &mut s.d_fc1_next[..n * 4],
                );
                let (x, d_y): (&[T], &[T]) = (
                    if i == 0 {
                        s.fc1
                    } else {
                        &s.blocks[(i - 1) * ply::round(n * 4)..][..n * 4]
                    },
                    if i == 2 { d_blocks } else { before },
                );
                Self::blocks_backward(
                    cpu,
                    random.skip(i as u32),
                    to,
                    Self::BLOCKS + i * Self::BLOCKS_STRIDE,
                    &mut BlocksKept::of(
                        &mut s.blocks_kept[i * Self::blocks_kept(n)..],
                        n,
                    ),
                    &mut BlocksSlots::of(s.d_out, n),
                    x,
                    d_y,
                    d_x,
                    n,
                );
            }
            to.column_sums(cpu, Self::FC1_BIAS, s.d_fc1, n);
            to.product(
                cpu,
                Self::FC1_WEIGHT,
                ply::matrix(s.d_fc1, 4).t(),
                ply::matrix(x, 6),
            );
        }
        /// One run of `blocks`, `[n][4] -> [n][4]`; `p` is its part of the parameters.
        ///
        /// 1. `fc` = x · fc.weightᵀ + fc.bias, `[n][4]`
        /// 2. `inner` = `inner`(fc), 2 times, `[n][4]`
        /// 3. `y` = select(ge(u, 0.1), inner * 1.1111111111111112, 0.0), `[n][4]`
        fn blocks_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            k: &mut BlocksKept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                k.fc,
                ply::matrix(x, 4),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::Add,
            );
            for i in 0..2 {
                let (before, y) = ply::entry(&mut *k.inner, i, ply::round(n * 4), n * 4);
                let x: &[T] = if i == 0 { k.fc } else { before };
                Self::inner_forward(
                    cpu,
                    random,
                    &p[Self::BLOCKS_INNER
                        + i * Self::INNER_STRIDE..][..Self::INNER_STRIDE],
                    &mut InnerKept::of(&mut k.inner_kept[i * Self::inner_kept(n)..], n),
                    x,
                    y,
                    n,
                );
            }
            ply::map(
                cpu,
                &mut *y,
                4,
                [
                    ply::Full(&k.inner[1 * ply::round(n * 4)..][..n * 4]),
                    ply::Uniform(random.stream(0)),
                ],
                &Dropout,
            );
        }
        /// One run of `blocks` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. `d_inner` = select(ge(u, 0.1), d_y * 1.1111111111111112, 0.0), `[n][4]`
        /// 2. `d_fc` = `inner` backward(d_inner), 2 times
        /// 3. gradient of `fc.bias` = sum of d_fc over rows
        /// 4. `d_x` = d_fc · fc.weight, `[n][4]`
        /// 5. gradient of `fc.weight` = d_fcᵀ · x
        fn blocks_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            k: &mut BlocksKept<'_, T>,
            s: &mut BlocksSlots<'_, T>,
            x: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            ply::map(
                cpu,
                s.d_inner,
                4,
                [ply::Full(d_y), ply::Uniform(random.stream(0))],
                &Dropout,
            );
            for i in ply::last_first(2) {
                let (before, d_x) = ply::turn(
                    i,
                    &mut s.d_fc[..n * 4],
                    &mut s.d_fc_next[..n * 4],
                );
                let (x, d_y): (&[T], &[T]) = (
                    if i == 0 {
                        k.fc
                    } else {
                        &k.inner[(i - 1) * ply::round(n * 4)..][..n * 4]
                    },
                    if i == 1 { s.d_inner } else { before },
                );
                Self::inner_backward(
                    cpu,
                    random,
                    to,
                    at + Self::BLOCKS_INNER + i * Self::INNER_STRIDE,
                    &mut InnerKept::of(&mut k.inner_kept[i * Self::inner_kept(n)..], n),
                    &mut InnerSlots::of(s.d_inner_scratch, n),
                    x,
                    d_y,
                    d_x,
                    n,
                );
            }
            to.column_sums(cpu, ply::shift(Self::BLOCKS_FC_BIAS, at), s.d_fc, n);
            ply::product(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_fc, 4),
                ply::matrix(&to.parameters()[ply::shift(Self::BLOCKS_FC_WEIGHT, at)], 4),
            );
            to.product(
                cpu,
                ply::shift(Self::BLOCKS_FC_WEIGHT, at),
                ply::matrix(s.d_fc, 4).t(),
                ply::matrix(x, 4),
            );
        }
        /// How many numbers one run of `blocks` keeps.
        fn blocks_kept(n: usize) -> usize {
            ply::round(n * 4) + ply::round(n * 8 + 30) + ply::round(n * 8 + 30)
        }
        /// One run of `inner`, `[n][4] -> [n][4]`; `p` is its part of the parameters.
        ///
        /// 1. `linear` = x · linear.weightᵀ + linear.bias, `[n][4]`
        /// 2. `y` = (0.5 * linear) * (1.0 + erf(linear * 0.7071067811865476)), `[n][4]`
        fn inner_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            k: &mut InnerKept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                k.linear,
                ply::matrix(x, 4),
                ply::matrix(&p[Self::BLOCKS_INNER_LAYER_0_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_INNER_LAYER_0_BIAS])],
                &ply::rules::Add,
            );
            ply::map(cpu, &mut *y, 4, [ply::Full(k.linear)], &ply::rules::Gelu);
        }
        /// One run of `inner` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. `d_linear` = gelu_backward(d_y, linear), `[n][4]`
        /// 2. gradient of `linear.bias` = sum of d_linear over rows
        /// 3. `d_x` = d_linear · linear.weight, `[n][4]`
        /// 4. gradient of `linear.weight` = d_linearᵀ · x
        fn inner_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            k: &mut InnerKept<'_, T>,
            s: &mut InnerSlots<'_, T>,
            x: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            ply::map(
                cpu,
                s.d_linear,
                4,
                [ply::Full(d_y), ply::Full(k.linear)],
                &ply::rules::GeluBackward,
            );
            to.column_sums(
                cpu,
                ply::shift(Self::BLOCKS_INNER_LAYER_0_BIAS, at),
                s.d_linear,
                n,
            );
            ply::product(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_linear, 4),
                ply::matrix(
                    &to.parameters()[ply::shift(Self::BLOCKS_INNER_LAYER_0_WEIGHT, at)],
                    4,
                ),
            );
            to.product(
                cpu,
                ply::shift(Self::BLOCKS_INNER_LAYER_0_WEIGHT, at),
                ply::matrix(s.d_linear, 4).t(),
                ply::matrix(x, 4),
            );
        }
        /// How many numbers one run of `inner` keeps.
        fn inner_kept(n: usize) -> usize {
            ply::round(n * 4)
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `fc1` = x · fc1.weightᵀ + fc1.bias, `[n][4]`
        /// 2. `blocks` = `blocks`(fc1), 3 times, `[n][4]`
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
                &ply::rules::Add,
            );
            for i in 0..3 {
                let (before, y) = ply::turn(
                    2 - i,
                    &mut s.blocks[..n * 4],
                    &mut s.blocks_next[..n * 4],
                );
                let x: &[T] = if i == 0 { s.fc1 } else { before };
                Self::blocks_predict(
                    cpu,
                    &p[Self::BLOCKS + i * Self::BLOCKS_STRIDE..][..Self::BLOCKS_STRIDE],
                    &mut BlocksSlotsToPredict::of(s.blocks_scratch, n),
                    x,
                    y,
                    n,
                );
            }
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.blocks, 4),
                ply::matrix(&p[Self::OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `blocks`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `fc` = x · fc.weightᵀ + fc.bias, `[n][4]`
        /// 2. `inner` = `inner`(fc), 2 times, `[n][4]`
        /// 3. `y` = inner, `[n][4]`
        fn blocks_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            s: &mut BlocksSlotsToPredict<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                s.fc,
                ply::matrix(x, 4),
                ply::matrix(&p[Self::BLOCKS_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_FC_BIAS])],
                &ply::rules::Add,
            );
            for i in 0..2 {
                let (before, y) = ply::turn(
                    1 - i,
                    &mut s.inner[..n * 4],
                    &mut s.inner_next[..n * 4],
                );
                let x: &[T] = if i == 0 { s.fc } else { before };
                Self::inner_predict(
                    cpu,
                    &p[Self::BLOCKS_INNER
                        + i * Self::INNER_STRIDE..][..Self::INNER_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            ply::map(cpu, &mut *y, 4, [ply::Full(s.inner)], &ply::rules::Identity);
        }
        /// One run of `inner`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `y` = bias_gelu(x · linear.weightᵀ, linear.bias), `[n][4]`
        fn inner_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(x, 4),
                ply::matrix(&p[Self::BLOCKS_INNER_LAYER_0_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BLOCKS_INNER_LAYER_0_BIAS])],
                &ply::rules::BiasGelu,
            );
        }
        const FC1_WEIGHT: ply::Range<usize> = 0..24;
        const FC1_BIAS: ply::Range<usize> = 24..28;
        const BLOCKS: usize = 28;
        const BLOCKS_STRIDE: usize = 60;
        const BLOCKS_FC_WEIGHT: ply::Range<usize> = 0..16;
        const BLOCKS_FC_BIAS: ply::Range<usize> = 16..20;
        const BLOCKS_INNER: usize = 20;
        const INNER_STRIDE: usize = 20;
        const BLOCKS_INNER_LAYER_0_WEIGHT: ply::Range<usize> = 0..16;
        const BLOCKS_INNER_LAYER_0_BIAS: ply::Range<usize> = 16..20;
        const OUT_WEIGHT: ply::Range<usize> = 208..216;
        const OUT_BIAS: ply::Range<usize> = 216..218;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 4` | `fc1` |
    /// | `blocks_kept` | `n * 60 + 315` | `blocks_kept` |
    /// | `blocks` | `n * 12 + 45` | `blocks` |
    /// | `out` | `n * 4` | `out`, then `d_blocks` |
    /// | `d_out` | `n * 16 + 75` | `d_out`, then `d_blocks_scratch` |
    /// | `d_fc1` | `n * 4` | `d_fc1` |
    /// | `d_fc1_next` | `n * 4` | `d_fc1_next` |
    pub struct Slots<'a, T> {
        fc1: &'a mut [T],
        blocks_kept: &'a mut [T],
        blocks: &'a mut [T],
        out: &'a mut [T],
        d_out: &'a mut [T],
        d_fc1: &'a mut [T],
        d_fc1_next: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * 4);
            let (blocks_kept, memory) = ply::slot(memory, n * 60 + 315);
            let (blocks, memory) = ply::slot(memory, n * 12 + 45);
            let (out, memory) = ply::slot(memory, n * 4);
            let (d_out, memory) = ply::slot(memory, n * 16 + 75);
            let (d_fc1, memory) = ply::slot(memory, n * 4);
            let (d_fc1_next, _) = ply::slot(memory, n * 4);
            Slots {
                fc1,
                blocks_kept,
                blocks,
                out,
                d_out,
                d_fc1,
                d_fc1_next,
            }
        }
    }
    /// The memory of one run of `blocks`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_inner` | `n * 4` | `d_inner` |
    /// | `d_inner_scratch` | `n * 4 + 15` | `d_inner_scratch` |
    /// | `d_fc` | `n * 4` | `d_fc` |
    /// | `d_fc_next` | `n * 4` | `d_fc_next` |
    pub struct BlocksSlots<'a, T> {
        d_inner: &'a mut [T],
        d_inner_scratch: &'a mut [T],
        d_fc: &'a mut [T],
        d_fc_next: &'a mut [T],
    }
    impl<'a, T> BlocksSlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_inner, memory) = ply::slot(memory, n * 4);
            let (d_inner_scratch, memory) = ply::slot(memory, n * 4 + 15);
            let (d_fc, memory) = ply::slot(memory, n * 4);
            let (d_fc_next, _) = ply::slot(memory, n * 4);
            BlocksSlots {
                d_inner,
                d_inner_scratch,
                d_fc,
                d_fc_next,
            }
        }
    }
    /// What one run of `blocks` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc` | `n * 4` | `fc` |
    /// | `inner_kept` | `n * 8 + 30` | `inner_kept` |
    /// | `inner` | `n * 8 + 30` | `inner` |
    pub struct BlocksKept<'a, T> {
        fc: &'a mut [T],
        inner_kept: &'a mut [T],
        inner: &'a mut [T],
    }
    impl<'a, T> BlocksKept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc, memory) = ply::slot(memory, n * 4);
            let (inner_kept, memory) = ply::slot(memory, n * 8 + 30);
            let (inner, _) = ply::slot(memory, n * 8 + 30);
            BlocksKept {
                fc,
                inner_kept,
                inner,
            }
        }
    }
    /// The memory of one run of `inner`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_linear` | `n * 4` | `d_linear` |
    pub struct InnerSlots<'a, T> {
        d_linear: &'a mut [T],
    }
    impl<'a, T> InnerSlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_linear, _) = ply::slot(memory, n * 4);
            InnerSlots { d_linear }
        }
    }
    /// What one run of `inner` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `linear` | `n * 4` | `linear` |
    pub struct InnerKept<'a, T> {
        linear: &'a mut [T],
    }
    impl<'a, T> InnerKept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (linear, _) = ply::slot(memory, n * 4);
            InnerKept { linear }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 4` | `fc1` |
    /// | `blocks_scratch` | `n * 12 + 45` | `blocks_scratch` |
    /// | `blocks` | `n * 4` | `blocks` |
    /// | `blocks_next` | `n * 4` | `blocks_next` |
    pub struct SlotsToPredict<'a, T> {
        fc1: &'a mut [T],
        blocks_scratch: &'a mut [T],
        blocks: &'a mut [T],
        blocks_next: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, memory) = ply::slot(memory, n * 4);
            let (blocks_scratch, memory) = ply::slot(memory, n * 12 + 45);
            let (blocks, memory) = ply::slot(memory, n * 4);
            let (blocks_next, _) = ply::slot(memory, n * 4);
            SlotsToPredict {
                fc1,
                blocks_scratch,
                blocks,
                blocks_next,
            }
        }
    }
    /// The memory of one run of `blocks`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc` | `n * 4` | `fc` |
    /// | `inner` | `n * 4` | `inner` |
    /// | `inner_next` | `n * 4` | `inner_next` |
    pub struct BlocksSlotsToPredict<'a, T> {
        fc: &'a mut [T],
        inner: &'a mut [T],
        inner_next: &'a mut [T],
    }
    impl<'a, T> BlocksSlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc, memory) = ply::slot(memory, n * 4);
            let (inner, memory) = ply::slot(memory, n * 4);
            let (inner_next, _) = ply::slot(memory, n * 4);
            BlocksSlotsToPredict {
                fc,
                inner,
                inner_next,
            }
        }
    }
    ply::rule! {
        #[doc = " `select(ge(u, 0.1), x * 1.1111111111111112, 0.0)`"] Dropout(x, u) =
        select(ge(u, 0.1), x * 1.1111111111111112, 0.0)
    }
    impl<'a, T: ply::Real> NetInner<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocks<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                inner: ply::from_fn(|_| NetInner::next(b)),
            }
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
                blocks: ply::from_fn(|_| NetBlocks::next(b)),
                out: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetInnerMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBlocksMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                inner: ply::from_fn(|_| NetInnerMut::next(b)),
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
                blocks: ply::from_fn(|_| NetBlocksMut::next(b)),
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
        const PARAMETERS: usize = 218;
        const TRAINABLE: usize = 218;
        const FLOPS: usize = 514;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(104, 540);
        const PREDICT: ply::Memory = ply::Memory::reals(24, 105);
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
                        shape: &[4, 6],
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
                        shape: &[4],
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
            ply::Entry::Repeat {
                name: "blocks",
                count: 3,
                trained: ply::Iterations {
                    offset: Code::BLOCKS,
                    stride: Code::BLOCKS_STRIDE,
                },
                frozen: ply::Iterations::NONE,
                state: ply::Iterations::NONE,
                entries: &[
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
                    ply::Entry::Repeat {
                        name: "inner",
                        count: 2,
                        trained: ply::Iterations {
                            offset: Code::BLOCKS_INNER,
                            stride: Code::INNER_STRIDE,
                        },
                        frozen: ply::Iterations::NONE,
                        state: ply::Iterations::NONE,
                        entries: &[
                            ply::Entry::Group {
                                name: "0",
                                entries: &[
                                    ply::Entry::Parameter {
                                        name: "weight",
                                        shape: &[4, 4],
                                        offset: Code::BLOCKS_INNER_LAYER_0_WEIGHT.start,
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
                                        offset: Code::BLOCKS_INNER_LAYER_0_BIAS.start,
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
                layer: "Linear(6 -> 4)",
                output: &[4],
                parameters: 28,
                flops: 52,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "blocks",
                layer: "repeat 3",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc",
                layer: "Linear(4 -> 4)",
                output: &[4],
                parameters: 20,
                flops: 36,
                depth: 1,
                times: 3,
            },
            ply::LayerRow {
                name: "inner",
                layer: "repeat 2",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 1,
                times: 3,
            },
            ply::LayerRow {
                name: "0",
                layer: "Linear(4 -> 4)",
                output: &[4],
                parameters: 20,
                flops: 36,
                depth: 2,
                times: 6,
            },
            ply::LayerRow {
                name: "1",
                layer: "Gelu",
                output: &[4],
                parameters: 0,
                flops: 20,
                depth: 2,
                times: 6,
            },
            ply::LayerRow {
                name: "2",
                layer: "Dropout(0.1)",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 1,
                times: 3,
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
                "{ 'inner streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 linear.weight = parameter #0 : [4,4]",
                "  %2 linear.bias = parameter #1 : [4]",
                "  %3 linear.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 linear = add %3 %2 : [batch,4]",
                "  %5 gelu = gelu %4 : [batch,4]",
                "  %6 d_gelu = seed #0 : [batch,4]",
                "  %7 d_linear = formula %6 %4 name='gelu_backward formula=~mul~@0~add~mul~add~1.0~erf~mul~@1~0.7071067811865476~0.5~mul~mul~0.5~@1~mul~mul~1.1283791670955126~exp~neg~mul~mul~@1~0.7071067811865476~mul~@1~0.7071067811865476~0.7071067811865476 : [batch,4]",
                "  %8 d_linear.bias = sum %7 axes=(0,1) mean=false : [4]",
                "  %9 d_x = matmul %7 %1 transpose_a=false transpose_b=false : [batch,4]",
                "  %10 d_linear.weight = matmul %7 %0 transpose_a=true transpose_b=false : [4,4]",
                "} inputs %0 parameters %1 %2 outputs %5 forward 6 seeds %6 inputs %9 parameters %10 %8 idle rows",
                "{ 'blocks streams=1",
                "  %0 x = input #0 : [batch,4]",
                "  %1 fc.weight = parameter #0 : [4,4]",
                "  %2 fc.bias = parameter #1 : [4]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 fc = add %3 %2 : [batch,4]",
                "  %5 inner.linear_weight = parameter #2 : [2,4,4]",
                "  %6 inner.linear_bias = parameter #3 : [2,4]",
                "  %7 inner = call #0 name='inner times=2 in=carried:0 own=true out=last first=0 %4 %5 %6 : [batch,4]",
                "  %8 dropout.uniform = uniform shape=[batch,4] stream=#0 : [batch,4]",
                "  %9 dropout = formula %7 %8 name='dropout formula=~select~ge~@1~0.1~mul~@0~1.1111111111111112~0.0 : [batch,4]",
                "  %10 d_dropout = seed #0 : [batch,4]",
                "  %11 d_inner = formula %10 %8 name='dropout_backward formula=~select~ge~@1~0.1~mul~@0~1.1111111111111112~0.0 : [batch,4]",
                "  %12 d_fc, %13 d_inner.linear_weight, %14 d_inner.linear_bias = reverse of=%7 onto= %4 %5 %6 %11 : [batch,4]; [2,4,4]; [2,4]",
                "  %15 d_fc.bias = sum %12 axes=(0,1) mean=false : [4]",
                "  %16 d_x = matmul %12 %1 transpose_a=false transpose_b=false : [batch,4]",
                "  %17 d_fc.weight = matmul %12 %0 transpose_a=true transpose_b=false : [4,4]",
                "} inputs %0 parameters %1 %2 %5 %6 outputs %9 forward 10 seeds %10 inputs %16 parameters %17 %15 %13 %14 idle rows",
                "{ ' streams=3",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [4,6]",
                "  %3 fc1.bias = parameter #1 : [4]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,4]",
                "  %5 fc1 = add %4 %3 : [batch,4]",
                "  %6 blocks.fc_weight = parameter #2 : [3,4,4]",
                "  %7 blocks.fc_bias = parameter #3 : [3,4]",
                "  %8 blocks.inner_linear_weight = parameter #4 : [3,2,4,4]",
                "  %9 blocks.inner_linear_bias = parameter #5 : [3,2,4]",
                "  %10 blocks = call #1 name='blocks times=3 in=carried:0 own=true out=last first=0 %5 %6 %7 %8 %9 : [batch,4]",
                "  %11 out.weight = parameter #6 : [2,4]",
                "  %12 out.bias = parameter #7 : [2]",
                "  %13 out.matmul = matmul %10 %11 transpose_a=false transpose_b=true : [batch,2]",
                "  %14 out = add %13 %12 : [batch,2]",
                "  %15 d_out = seed #0 : [batch,2]",
                "  %16 d_out.bias = sum %15 axes=(0,1) mean=false : [2]",
                "  %17 d_blocks = matmul %15 %11 transpose_a=false transpose_b=false : [batch,4]",
                "  %18 d_out.weight = matmul %15 %10 transpose_a=true transpose_b=false : [2,4]",
                "  %19 d_fc1, %20 d_blocks.fc_weight, %21 d_blocks.fc_bias, %22 d_blocks.inner_linear_weight, %23 d_blocks.inner_linear_bias = reverse of=%10 onto= %5 %6 %7 %8 %9 %17 : [batch,4]; [3,4,4]; [3,4]; [3,2,4,4]; [3,2,4]",
                "  %24 d_fc1.bias = sum %19 axes=(0,1) mean=false : [4]",
                "  %25 d_fc1.weight = matmul %19 %1 transpose_a=true transpose_b=false : [4,6]",
                "} inputs %0 parameters %2 %3 %6 %7 %8 %9 %11 %12 outputs %14 forward 15 seeds %15 inputs - parameters %25 %24 %20 %21 %22 %23 %18 %16 idle rows",
            ],
            prediction: &[
                "{ 'inner streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 linear.weight = parameter #0 : [4,4]",
                "  %2 linear.bias = parameter #1 : [4]",
                "  %3 linear.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 linear = add %3 %2 : [batch,4]",
                "  %5 gelu = gelu %4 : [batch,4]",
                "} inputs %0 parameters %1 %2 outputs %5",
                "{ 'blocks streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 fc.weight = parameter #0 : [4,4]",
                "  %2 fc.bias = parameter #1 : [4]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 fc = add %3 %2 : [batch,4]",
                "  %5 inner.linear_weight = parameter #2 : [2,4,4]",
                "  %6 inner.linear_bias = parameter #3 : [2,4]",
                "  %7 inner = call #0 name='inner times=2 in=carried:0 own=true out=last first=0 %4 %5 %6 : [batch,4]",
                "  %8 inner.out = formula %7 name='copy formula=~@0 : [batch,4]",
                "} inputs %0 parameters %1 %2 %5 %6 outputs %8",
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 fc1.weight = parameter #0 : [4,6]",
                "  %3 fc1.bias = parameter #1 : [4]",
                "  %4 fc1.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,4]",
                "  %5 fc1 = add %4 %3 : [batch,4]",
                "  %6 blocks.fc_weight = parameter #2 : [3,4,4]",
                "  %7 blocks.fc_bias = parameter #3 : [3,4]",
                "  %8 blocks.inner_linear_weight = parameter #4 : [3,2,4,4]",
                "  %9 blocks.inner_linear_bias = parameter #5 : [3,2,4]",
                "  %10 blocks = call #1 name='blocks times=3 in=carried:0 own=true out=last first=0 %5 %6 %7 %8 %9 : [batch,4]",
                "  %11 out.weight = parameter #6 : [2,4]",
                "  %12 out.bias = parameter #7 : [2]",
                "  %13 out.matmul = matmul %10 %11 transpose_a=false transpose_b=true : [batch,2]",
                "  %14 out = add %13 %12 : [batch,2]",
                "} inputs %0 parameters %2 %3 %6 %7 %8 %9 %11 %12 outputs %14",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
