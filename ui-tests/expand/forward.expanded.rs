/// Pairs.
///
/// `(left: [3], right: [3], word: u32 [2]) -> (distance: [1], both: [4])`, 67 parameters, 213 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
::plywood::__private::ports! {
    #[doc = " What goes into [`Net`], by name."] pub NetInput { left : P0_ V0_ T0_, right
    : P1_ V1_ T1_, word : P2_ V2_ T2_ }
}
::plywood::__private::ports! {
    #[doc = " What comes out of [`Net`], by name."] pub NetOutput, NetLoss { distance :
    P0_ V0_ T0_, both : P1_ V1_ T1_ }
}
/// The parameters of `body` in [`Net`].
#[allow(dead_code)]
pub struct NetBody<'a, T = f32> {
    /// `Linear(3 -> 5)`
    pub fc1: ::plywood::layers::Linear<&'a [[T; 3]; 5], &'a [T; 5]>,
    /// `Linear(5 -> 4)`
    pub fc2: ::plywood::layers::Linear<&'a [[T; 5]; 4], &'a [T; 4]>,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// The layers of `body`
    pub body: NetBody<'a, T>,
    /// `Embedding(7 -> 2)`
    pub words: ::plywood::layers::Embedding<&'a [[T; 2]; 7]>,
    /// `Linear(8 -> 1)`
    pub out: ::plywood::layers::Linear<&'a [[T; 8]; 1], &'a [T; 1]>,
}
/// The parameters of `body` in [`Net`].
#[allow(dead_code)]
pub struct NetBodyMut<'a, T = f32> {
    /// `Linear(3 -> 5)`
    pub fc1: ::plywood::layers::Linear<&'a mut [[T; 3]; 5], &'a mut [T; 5]>,
    /// `Linear(5 -> 4)`
    pub fc2: ::plywood::layers::Linear<&'a mut [[T; 5]; 4], &'a mut [T; 4]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// The layers of `body`
    pub body: NetBodyMut<'a, T>,
    /// `Embedding(7 -> 2)`
    pub words: ::plywood::layers::Embedding<&'a mut [[T; 2]; 7]>,
    /// `Linear(8 -> 1)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; 8]; 1], &'a mut [T; 1]>,
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
        /// `[n][3], [n][3], u32[n][2] -> [n][1], [n][4]`, keeping what the backward pass needs.
        ///
        /// 1. `body` = `body`(left), `[n][4]`
        /// 2. `body_2` = `body`(right), `[n][4]`
        /// 3. `sub` = body - body_2, `[n][4]`
        /// 4. `apart` = abs(sub), `[n][4]`
        /// 5. `words` = gather(words.weight, word), `[n][2, 2]`
        /// 6. `mul` = 0.5 * (body + body_2), `[n][4]`
        /// 7. `concat` = concat(apart, words), `[n][8]`
        /// 8. `out` = concat · out.weightᵀ + out.bias, `[n][1]`
        fn forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            s: &mut Slots<'_, T>,
            left: &[T],
            right: &[T],
            word: &[u32],
            n: usize,
        ) {
            Self::body_forward(
                cpu,
                random,
                &p[Self::BODY..][..Self::BODY_STRIDE],
                &mut BodyKept::of(s.body_kept, n),
                left,
                s.body,
                n,
            );
            let body_2 = &mut s.body_2[..n * 4];
            Self::body_2_forward(
                cpu,
                random,
                &p[Self::BODY..][..Self::BODY_STRIDE],
                &mut Body2Kept::of(s.body_kept_2, n),
                right,
                body_2,
                n,
            );
            ply::map(
                cpu,
                s.sub,
                4,
                [ply::Full(s.body), ply::Full(body_2)],
                &ply::rules::Sub,
            );
            ply::map(cpu, s.apart, 4, [ply::Full(s.sub)], &ply::rules::Abs);
            let words = &mut s.words[..n * 4];
            ply::ops::gather::forward(cpu, words, &p[Self::WORDS_WEIGHT], word, 2);
            let mul = &mut *s.body;
            ply::map(cpu, mul, 4, [ply::InPlace, ply::Full(body_2)], &AddMul);
            let concat = &mut s.body_2[..n * 8];
            ply::ops::slice::concat(cpu, concat, &[s.apart, words], &[n, 4], 1);
            let out = &mut s.words[..n];
            ply::matmul(
                cpu,
                out,
                ply::matrix(concat, 8),
                ply::matrix(&p[Self::OUT_WEIGHT], 8).t(),
                [ply::Sums, ply::Scalar(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `out.bias` = sum of d_out over each row
        /// 2. `d_concat` = d_out · out.weight, `[n][8]`
        /// 3. gradient of `out.weight` = d_outᵀ · concat
        /// 4. `d_apart` = slice(d_concat), `[n][4]`
        /// 5. `d_said` = slice(d_concat), `[n][4]`
        /// 6. `d_add` = d_mul * 0.5, `[n][4]`
        /// 7. `d_words_weight` = scatter(word, d_said), `[7, 2]`
        /// 8. gradient of `words.weight` = d_words_weight
        /// 9. `d_sub` = d_apart * (gt(sub, 0.0) - gt(0.0, sub)), `[n][4]`
        /// 10. `d_body` = d_add + d_sub, `[n][4]`
        /// 11. `d_body_2` = d_add + (-d_sub), `[n][4]`
        /// 12. `d_right_2` = `body` backward(d_body_2)
        /// 13. `body` backward(d_body)
        /// 14. gradient of `body.fc1_weight` = d_body_fc1_weight
        /// 15. gradient of `body.fc1_bias` = d_body_fc1_bias
        /// 16. gradient of `body.fc2_weight` = d_body_fc2_weight
        /// 17. gradient of `body.fc2_bias` = d_body_fc2_bias
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            left: &[T],
            right: &[T],
            word: &[u32],
            n: usize,
        ) {
            let d_out = &s.apart[..n];
            to.sum(cpu, Self::OUT_BIAS, d_out, n, 1, 1.0);
            let d_concat = &mut s.words[..n * 8];
            ply::product(
                cpu,
                d_concat,
                ply::matrix(d_out, 1),
                ply::matrix(&to.parameters()[Self::OUT_WEIGHT], 8),
            );
            let concat = &s.body_2[..n * 8];
            to.product(
                cpu,
                Self::OUT_WEIGHT,
                ply::matrix(d_out, 1).t(),
                ply::matrix(concat, 8),
            );
            let d_apart = &mut *s.apart;
            ply::ops::slice::forward(cpu, d_apart, d_concat, &[n, 8], 1, 0);
            if to.takes_parameters() {
                let d_said = &mut *s.body;
                ply::ops::slice::forward(cpu, d_said, d_concat, &[n, 8], 1, 4);
            }
            let d_add = &mut *s.d_mul;
            ply::map(cpu, d_add, 4, [ply::InPlace], &MulBackward);
            if to.takes_parameters() {
                let d_said = &*s.body;
                let d_words_weight = &mut s.words[..14];
                ply::ops::gather::scatter(cpu, d_words_weight, word, d_said, 2);
            }
            let d_words_weight = &s.words[..14];
            to.store(cpu, Self::WORDS_WEIGHT, d_words_weight);
            let d_sub = &mut *s.sub;
            ply::map(
                cpu,
                d_sub,
                4,
                [ply::Full(d_apart), ply::InPlace],
                &ply::rules::AbsBackward,
            );
            if to.takes_parameters() {
                let d_body = &mut *s.apart;
                ply::map(
                    cpu,
                    d_body,
                    4,
                    [ply::Full(d_add), ply::Full(d_sub)],
                    &ply::rules::Add,
                );
            }
            let d_body_2 = &mut *s.d_mul;
            ply::map(
                cpu,
                d_body_2,
                4,
                [ply::InPlace, ply::Full(d_sub)],
                &SubAddBackward,
            );
            let d_right_2 = &mut s.sub[..n * 3];
            ply::ops::full::forward(cpu, s.body_2, 0.0);
            let mut collected = ply::Collected::new(
                to.parameters(),
                s.body_2,
                Self::BODY,
            );
            Self::body_2_backward(
                cpu,
                random,
                &mut collected,
                Self::BODY,
                &mut Body2Kept::of(s.body_kept_2, n),
                &mut Body2Slots::of(s.words, n),
                right,
                d_body_2,
                d_right_2,
                n,
            );
            if to.takes_parameters() {
                let d_body = &*s.apart;
                let mut collected = ply::Collected::new(
                    to.parameters(),
                    s.body_2,
                    Self::BODY,
                );
                Self::body_backward(
                    cpu,
                    random,
                    &mut collected,
                    Self::BODY,
                    &mut BodyKept::of(s.body_kept, n),
                    &mut BodySlots::of(s.body_kept_2, n),
                    left,
                    d_body,
                    n,
                );
            }
            to.store(
                cpu,
                ply::shift(Self::BODY_FC1_WEIGHT, Self::BODY),
                &s.body_2[ply::shift(Self::BODY_FC1_WEIGHT, 0)],
            );
            to.store(
                cpu,
                ply::shift(Self::BODY_FC1_BIAS, Self::BODY),
                &s.body_2[ply::shift(Self::BODY_FC1_BIAS, 0)],
            );
            to.store(
                cpu,
                ply::shift(Self::BODY_FC2_WEIGHT, Self::BODY),
                &s.body_2[ply::shift(Self::BODY_FC2_WEIGHT, 0)],
            );
            to.store(
                cpu,
                ply::shift(Self::BODY_FC2_BIAS, Self::BODY),
                &s.body_2[ply::shift(Self::BODY_FC2_BIAS, 0)],
            );
        }
        /// One run of `body`, `[n][3] -> [n][4]`; `p` is its part of the parameters.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][5]`
        /// 2. `y` = fc1 · fc2.weightᵀ + fc2.bias, `[n][4]`
        fn body_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            k: &mut BodyKept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                k.fc1,
                ply::matrix(x, 3),
                ply::matrix(&p[Self::BODY_FC1_WEIGHT], 3).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC1_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(k.fc1, 5),
                ply::matrix(&p[Self::BODY_FC2_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC2_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `body` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. gradient of `fc2.bias` = sum of d_y over rows
        /// 2. `d_fc1` = select(gt(fc1, 0.0), d_y · fc2.weight, 0.0), `[n][5]`
        /// 3. gradient of `fc2.weight` = d_yᵀ · fc1
        /// 4. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 5. gradient of `fc1.weight` = d_fc1ᵀ · x
        fn body_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            k: &mut BodyKept<'_, T>,
            s: &mut BodySlots<'_, T>,
            x: &[T],
            d_y: &[T],
            n: usize,
        ) {
            to.column_sums(cpu, ply::shift(Self::BODY_FC2_BIAS, at), d_y, n);
            ply::matmul(
                cpu,
                s.d_fc1,
                ply::matrix(d_y, 4),
                ply::matrix(&to.parameters()[ply::shift(Self::BODY_FC2_WEIGHT, at)], 5),
                [ply::Sums, ply::Full(k.fc1)],
                &ply::rules::ReluBackward,
            );
            to.product(
                cpu,
                ply::shift(Self::BODY_FC2_WEIGHT, at),
                ply::matrix(d_y, 4).t(),
                ply::matrix(k.fc1, 5),
            );
            to.column_sums(cpu, ply::shift(Self::BODY_FC1_BIAS, at), s.d_fc1, n);
            to.product(
                cpu,
                ply::shift(Self::BODY_FC1_WEIGHT, at),
                ply::matrix(s.d_fc1, 5).t(),
                ply::matrix(x, 3),
            );
        }
        /// How many numbers one run of `body` keeps.
        fn body_kept(n: usize) -> usize {
            ply::round(n * 5)
        }
        /// One run of `body_2`, `[n][3] -> [n][4]`; `p` is its part of the parameters.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][5]`
        /// 2. `y` = fc1 · fc2.weightᵀ + fc2.bias, `[n][4]`
        fn body_2_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            k: &mut Body2Kept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                k.fc1,
                ply::matrix(x, 3),
                ply::matrix(&p[Self::BODY_FC1_WEIGHT], 3).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC1_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(k.fc1, 5),
                ply::matrix(&p[Self::BODY_FC2_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC2_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `body_2` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. gradient of `fc2.bias` = sum of d_y over rows
        /// 2. `d_fc1` = select(gt(fc1, 0.0), d_y · fc2.weight, 0.0), `[n][5]`
        /// 3. gradient of `fc2.weight` = d_yᵀ · fc1
        /// 4. gradient of `fc1.bias` = sum of d_fc1 over rows
        /// 5. `d_x` = d_fc1 · fc1.weight, `[n][3]`
        /// 6. gradient of `fc1.weight` = d_fc1ᵀ · x
        fn body_2_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            k: &mut Body2Kept<'_, T>,
            s: &mut Body2Slots<'_, T>,
            x: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            to.column_sums(cpu, ply::shift(Self::BODY_FC2_BIAS, at), d_y, n);
            ply::matmul(
                cpu,
                s.d_fc1,
                ply::matrix(d_y, 4),
                ply::matrix(&to.parameters()[ply::shift(Self::BODY_FC2_WEIGHT, at)], 5),
                [ply::Sums, ply::Full(k.fc1)],
                &ply::rules::ReluBackward,
            );
            to.product(
                cpu,
                ply::shift(Self::BODY_FC2_WEIGHT, at),
                ply::matrix(d_y, 4).t(),
                ply::matrix(k.fc1, 5),
            );
            to.column_sums(cpu, ply::shift(Self::BODY_FC1_BIAS, at), s.d_fc1, n);
            ply::product(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_fc1, 5),
                ply::matrix(&to.parameters()[ply::shift(Self::BODY_FC1_WEIGHT, at)], 3),
            );
            to.product(
                cpu,
                ply::shift(Self::BODY_FC1_WEIGHT, at),
                ply::matrix(s.d_fc1, 5).t(),
                ply::matrix(x, 3),
            );
        }
        /// How many numbers one run of `body_2` keeps.
        fn body_2_kept(n: usize) -> usize {
            ply::round(n * 5)
        }
        /// `[n][3], [n][3], u32[n][2] -> [n][1], [n][4]`, keeping nothing.
        ///
        /// 1. `body` = `body`(left), `[n][4]`
        /// 2. `body_2` = `body`(right), `[n][4]`
        /// 3. `apart` = abs(body - body_2), `[n][4]`
        /// 4. `words` = gather(words.weight, word), `[n][2, 2]`
        /// 5. `y_mul` = 0.5 * (body + body_2), `[n][4]`
        /// 6. `concat` = concat(apart, words), `[n][8]`
        /// 7. `y_out` = concat · out.weightᵀ + out.bias, `[n][1]`
        fn predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            s: &mut SlotsToPredict<'_, T>,
            left: &[T],
            right: &[T],
            word: &[u32],
            y_out: &mut [T],
            y_mul: &mut [T],
            n: usize,
        ) {
            Self::body_predict(
                cpu,
                &p[Self::BODY..][..Self::BODY_STRIDE],
                &mut BodySlotsToPredict::of(s.body_scratch, n),
                left,
                s.body,
                n,
            );
            let body_2 = &mut s.body_2[..n * 4];
            Self::body_predict(
                cpu,
                &p[Self::BODY..][..Self::BODY_STRIDE],
                &mut BodySlotsToPredict::of(s.body_scratch, n),
                right,
                body_2,
                n,
            );
            let apart = &mut s.body_scratch[..n * 4];
            ply::map(cpu, apart, 4, [ply::Full(s.body), ply::Full(body_2)], &SubAbs);
            ply::ops::gather::forward(cpu, s.words, &p[Self::WORDS_WEIGHT], word, 2);
            ply::map(
                cpu,
                &mut *y_mul,
                4,
                [ply::Full(s.body), ply::Full(body_2)],
                &AddMul,
            );
            let concat = &mut *s.body_2;
            ply::ops::slice::concat(cpu, concat, &[apart, s.words], &[n, 4], 1);
            ply::matmul(
                cpu,
                &mut *y_out,
                ply::matrix(concat, 8),
                ply::matrix(&p[Self::OUT_WEIGHT], 8).t(),
                [ply::Sums, ply::Scalar(&p[Self::OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `body`, `[n][3] -> [n][4]`, keeping nothing.
        ///
        /// 1. `fc1` = max(x · fc1.weightᵀ + fc1.bias, 0.0), `[n][5]`
        /// 2. `y` = fc1 · fc2.weightᵀ + fc2.bias, `[n][4]`
        fn body_predict<T: ply::Real>(
            cpu: &ply::Cpu,
            p: &[T],
            s: &mut BodySlotsToPredict<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                s.fc1,
                ply::matrix(x, 3),
                ply::matrix(&p[Self::BODY_FC1_WEIGHT], 3).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC1_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(s.fc1, 5),
                ply::matrix(&p[Self::BODY_FC2_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::BODY_FC2_BIAS])],
                &ply::rules::Add,
            );
        }
        const BODY: usize = 0;
        const BODY_STRIDE: usize = 44;
        const BODY_FC1_WEIGHT: ply::Range<usize> = 0..15;
        const BODY_FC1_BIAS: ply::Range<usize> = 15..20;
        const BODY_FC2_WEIGHT: ply::Range<usize> = 20..40;
        const BODY_FC2_BIAS: ply::Range<usize> = 40..44;
        const WORDS_WEIGHT: ply::Range<usize> = 44..58;
        const OUT_WEIGHT: ply::Range<usize> = 58..66;
        const OUT_BIAS: ply::Range<usize> = 66..67;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `body_kept` | `n * 5 + 15` | `body_kept` |
    /// | `body` | `n * 4` | `body`, then `mul`, then `d_said` |
    /// | `body_kept_2` | `n * 5 + 15` | `body_kept_2`, then `d_body_scratch_2` |
    /// | `body_2` | `n * 8 + 44` | `body_2`, then `concat`, then `d_body_parameters` |
    /// | `sub` | `n * 4` | `sub`, then `d_sub`, then `d_right_2` |
    /// | `apart` | `n * 4` | `apart`, then `d_out`, then `d_apart`, then `d_body` |
    /// | `words` | `n * 8 + 15` | `words`, then `out`, then `d_concat`, then `d_words_weight`, then `d_body_scratch` |
    /// | `d_mul` | `n * 4` | `d_mul`, then `d_add`, then `d_body_2` |
    pub struct Slots<'a, T> {
        body_kept: &'a mut [T],
        body: &'a mut [T],
        body_kept_2: &'a mut [T],
        body_2: &'a mut [T],
        sub: &'a mut [T],
        apart: &'a mut [T],
        words: &'a mut [T],
        d_mul: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (body_kept, memory) = ply::slot(memory, n * 5 + 15);
            let (body, memory) = ply::slot(memory, n * 4);
            let (body_kept_2, memory) = ply::slot(memory, n * 5 + 15);
            let (body_2, memory) = ply::slot(memory, n * 8 + 44);
            let (sub, memory) = ply::slot(memory, n * 4);
            let (apart, memory) = ply::slot(memory, n * 4);
            let (words, memory) = ply::slot(memory, n * 8 + 15);
            let (d_mul, _) = ply::slot(memory, n * 4);
            Slots {
                body_kept,
                body,
                body_kept_2,
                body_2,
                sub,
                apart,
                words,
                d_mul,
            }
        }
    }
    /// The memory of one run of `body`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_fc1` | `n * 5` | `d_fc1` |
    pub struct BodySlots<'a, T> {
        d_fc1: &'a mut [T],
    }
    impl<'a, T> BodySlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_fc1, _) = ply::slot(memory, n * 5);
            BodySlots { d_fc1 }
        }
    }
    /// What one run of `body` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 5` | `fc1` |
    pub struct BodyKept<'a, T> {
        fc1: &'a mut [T],
    }
    impl<'a, T> BodyKept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, _) = ply::slot(memory, n * 5);
            BodyKept { fc1 }
        }
    }
    /// The memory of one run of `body_2`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_fc1` | `n * 5` | `d_fc1` |
    pub struct Body2Slots<'a, T> {
        d_fc1: &'a mut [T],
    }
    impl<'a, T> Body2Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_fc1, _) = ply::slot(memory, n * 5);
            Body2Slots { d_fc1 }
        }
    }
    /// What one run of `body_2` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 5` | `fc1` |
    pub struct Body2Kept<'a, T> {
        fc1: &'a mut [T],
    }
    impl<'a, T> Body2Kept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, _) = ply::slot(memory, n * 5);
            Body2Kept { fc1 }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `body_scratch` | `n * 5 + 15` | `body_scratch`, then `body_scratch_2`, then `apart` |
    /// | `body` | `n * 4` | `body` |
    /// | `body_2` | `n * 8` | `body_2`, then `concat` |
    /// | `words` | `n * 4` | `words` |
    pub struct SlotsToPredict<'a, T> {
        body_scratch: &'a mut [T],
        body: &'a mut [T],
        body_2: &'a mut [T],
        words: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (body_scratch, memory) = ply::slot(memory, n * 5 + 15);
            let (body, memory) = ply::slot(memory, n * 4);
            let (body_2, memory) = ply::slot(memory, n * 8);
            let (words, _) = ply::slot(memory, n * 4);
            SlotsToPredict {
                body_scratch,
                body,
                body_2,
                words,
            }
        }
    }
    /// The memory of one run of `body`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc1` | `n * 5` | `fc1` |
    pub struct BodySlotsToPredict<'a, T> {
        fc1: &'a mut [T],
    }
    impl<'a, T> BodySlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc1, _) = ply::slot(memory, n * 5);
            BodySlotsToPredict { fc1 }
        }
    }
    ply::rule! {
        #[doc = " `0.5 * (x + y)`"] AddMul(x, y) = 0.5 * (x + y)
    }
    ply::rule! {
        #[doc = " `d * 0.5`"] MulBackward(d) = d * 0.5
    }
    ply::rule! {
        #[doc = " `d + (-y)`"] SubAddBackward(d, y) = d + (- y)
    }
    ply::rule! {
        #[doc = " `abs(x - y)`"] SubAbs(x, y) = abs(x - y)
    }
    impl<'a, T: ply::Real> NetBody<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                fc2: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetParameters<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                body: NetBody::next(b),
                words: ::plywood::layers::Embedding {
                    weight: ply::take(b),
                },
                out: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetBodyMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc1: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                fc2: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetParametersMut<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                body: NetBodyMut::next(b),
                words: ::plywood::layers::Embedding {
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
        /// The outputs for `xs`; an error where inputs disagree about the number of samples.
        #[must_use = "a prediction changes nothing in the network"]
        #[doc(alias = "forward", alias = "call")]
        pub fn predict(
            &self,
            xs: NetInput<&[[f32; 3]], &[[f32; 3]], &[[u32; 2]]>,
        ) -> ply::Result<NetOutput<ply::Vec<[f32; 1]>, ply::Vec<[f32; 4]>>> {
            ply::Model::predict(self, xs)
        }
        /// The gradients of a loss with respect to `right`, in this order, one for each sample;
        /// computed as in a training step, with the dropout of one seed, by which nothing is updated. It allocates.
        pub fn input_gradients<Loss_: ply::Loss<NetOutput<[f32; 1], [f32; 4]>>>(
            &self,
            xs: NetInput<&[[f32; 3]], &[[f32; 3]], &[[u32; 2]]>,
            loss: &Loss_,
            targets: <Loss_::Target as ply::Ports>::Batch<'_>,
        ) -> ply::Result<ply::Vec<[f32; 3]>> {
            let mut all = ply::input_gradients(self, xs, loss, targets)?;
            ply::Ok(ply::samples::<[f32; 3]>(&mut all)?)
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
        type Input = NetInput<[f32; 3], [f32; 3], [u32; 2]>;
        type Output = NetOutput<[f32; 1], [f32; 4]>;
        type Memory<T: ply::Real> = ply::Arena<T>;
        type Slots<'m, T: ply::Real> = Slots<'m, T>;
        type Gradients<'a> = NetParameters<'a>;
        const NAME: &'static str = "Net";
        const PARAMETERS: usize = 67;
        const TRAINABLE: usize = 67;
        const FLOPS: usize = 213;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(42, 209);
        const PREDICT: ply::Memory = ply::Memory::reals(21, 75);
        const LIMITS: &'static [usize] = &[ply::NO_LIMIT, ply::NO_LIMIT, 7];
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
            Code::forward(
                pass.cpu,
                pass.random,
                p,
                s,
                pass.real(0),
                pass.real(1),
                pass.indices(2),
                pass.n,
            );
        }
        #[inline]
        fn outputs<T: ply::Real>(
            s: &mut Slots<'_, T>,
            n: usize,
            with: impl ply::FnOnce(&[&[T]], &mut [&mut [T]]),
        ) {
            with(
                &[&s.words[..n], &s.body[..n * 4]],
                &mut [&mut s.apart[..n], &mut s.d_mul[..n * 4]],
            );
        }
        fn backward<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            state: &[T],
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
        ) {
            Code::backward(
                pass.cpu,
                pass.random,
                to,
                s,
                pass.real(0),
                pass.real(1),
                pass.indices(2),
                pass.n,
            );
        }
        fn lend_input_gradients<T: ply::Real>(
            s: &Slots<'_, T>,
            n: usize,
            with: impl ply::FnOnce(&[&[T]]),
        ) {
            with(&[&s.sub[..n * 3]]);
        }
        fn predict_with<T: ply::Real>(
            pass: &ply::Pass<'_, T>,
            p: &[T],
            state: &[T],
            prepared: &[T],
            memory: &mut ply::Arena<T>,
            ys: &mut [&mut [T]],
        ) {
            let [y_0, y_1] = ply::exactly(ys);
            let n = pass.n;
            let s = &mut SlotsToPredict::of(memory.reals(), n);
            Code::predict(
                pass.cpu,
                p,
                s,
                pass.real(0),
                pass.real(1),
                pass.indices(2),
                y_0,
                y_1,
                pass.n,
            );
        }
        const ENTRIES: &'static [ply::Entry] = &[
            ply::Entry::Block {
                name: "body",
                trained: ply::Iterations {
                    offset: Code::BODY,
                    stride: Code::BODY_STRIDE,
                },
                frozen: ply::Iterations::NONE,
                state: ply::Iterations::NONE,
                entries: &[
                    ply::Entry::Group {
                        name: "fc1",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[5, 3],
                                offset: Code::BODY_FC1_WEIGHT.start,
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
                                shape: &[5],
                                offset: Code::BODY_FC1_BIAS.start,
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
                        name: "fc2",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[4, 5],
                                offset: Code::BODY_FC2_WEIGHT.start,
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
                                offset: Code::BODY_FC2_BIAS.start,
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
                ],
            },
            ply::Entry::Group {
                name: "words",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[7, 2],
                        offset: Code::WORDS_WEIGHT.start,
                        init: ply::Init::Normal {
                            mean: 0.0,
                            std: 1.0,
                        },
                        role: ply::Role::Trained,
                        decays: true,
                        sparse: false,
                    },
                ],
            },
            ply::Entry::Group {
                name: "out",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[1, 8],
                        offset: Code::OUT_WEIGHT.start,
                        init: ply::Init::FanUniform {
                            scale: 1.0,
                            fan: 8,
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
                            fan: 8,
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
                layer: "Body(4)",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc1",
                layer: "Linear(3 -> 5)",
                output: &[5],
                parameters: 20,
                flops: 70,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Relu",
                output: &[5],
                parameters: 0,
                flops: 10,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "fc2",
                layer: "Linear(5 -> 4)",
                output: &[4],
                parameters: 24,
                flops: 88,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "sub",
                layer: "sub",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "abs",
                layer: "Abs",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "words",
                layer: "Embedding(7 -> 2)",
                output: &[2, 2],
                parameters: 14,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "flatten",
                layer: "Flatten",
                output: &[4],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "add",
                layer: "add",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "concat",
                layer: "concat",
                output: &[8],
                parameters: 0,
                flops: 8,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(8 -> 1)",
                output: &[1],
                parameters: 9,
                flops: 17,
                depth: 0,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ 'body streams=0",
                "  %0 x = input #0 : [batch,3]",
                "  %1 fc1.weight = parameter #0 : [5,3]",
                "  %2 fc1.bias = parameter #1 : [5]",
                "  %3 fc1.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,5]",
                "  %4 fc1 = add %3 %2 : [batch,5]",
                "  %5 relu = relu %4 : [batch,5]",
                "  %6 fc2.weight = parameter #2 : [4,5]",
                "  %7 fc2.bias = parameter #3 : [4]",
                "  %8 fc2.matmul = matmul %5 %6 transpose_a=false transpose_b=true : [batch,4]",
                "  %9 fc2 = add %8 %7 : [batch,4]",
                "  %10 d_fc2 = seed #0 : [batch,4]",
                "  %11 d_fc2.bias = sum %10 axes=(0,1) mean=false : [4]",
                "  %12 d_relu = matmul %10 %6 transpose_a=false transpose_b=false : [batch,5]",
                "  %13 d_fc2.weight = matmul %10 %5 transpose_a=true transpose_b=false : [4,5]",
                "  %14 d_fc1 = formula %12 %5 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,5]",
                "  %15 d_fc1.bias = sum %14 axes=(0,1) mean=false : [5]",
                "  %16 d_fc1.weight = matmul %14 %0 transpose_a=true transpose_b=false : [5,3]",
                "} inputs %0 parameters %1 %2 %6 %7 outputs %9 forward 10 seeds %10 inputs - parameters %16 %15 %13 %11 idle rows",
                "{ 'body streams=0",
                "  %0 x = input #0 : [batch,3]",
                "  %1 fc1.weight = parameter #0 : [5,3]",
                "  %2 fc1.bias = parameter #1 : [5]",
                "  %3 fc1.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,5]",
                "  %4 fc1 = add %3 %2 : [batch,5]",
                "  %5 relu = relu %4 : [batch,5]",
                "  %6 fc2.weight = parameter #2 : [4,5]",
                "  %7 fc2.bias = parameter #3 : [4]",
                "  %8 fc2.matmul = matmul %5 %6 transpose_a=false transpose_b=true : [batch,4]",
                "  %9 fc2 = add %8 %7 : [batch,4]",
                "  %10 d_fc2 = seed #0 : [batch,4]",
                "  %11 d_fc2.bias = sum %10 axes=(0,1) mean=false : [4]",
                "  %12 d_relu = matmul %10 %6 transpose_a=false transpose_b=false : [batch,5]",
                "  %13 d_fc2.weight = matmul %10 %5 transpose_a=true transpose_b=false : [4,5]",
                "  %14 d_fc1 = formula %12 %5 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,5]",
                "  %15 d_fc1.bias = sum %14 axes=(0,1) mean=false : [5]",
                "  %16 d_x = matmul %14 %1 transpose_a=false transpose_b=false : [batch,3]",
                "  %17 d_fc1.weight = matmul %14 %0 transpose_a=true transpose_b=false : [5,3]",
                "} inputs %0 parameters %1 %2 %6 %7 outputs %9 forward 10 seeds %10 inputs %16 parameters %17 %15 %13 %11 idle rows",
                "{ ' streams=0",
                "  %0 left = input #0 : [batch,3]",
                "  %1 right = input #1 : [batch,3]",
                "  %2 word = input #2 : u32[batch,2]",
                "  %3 body.fc1_weight = parameter #0 : [5,3]",
                "  %4 body.fc1_bias = parameter #1 : [5]",
                "  %5 body.fc2_weight = parameter #2 : [4,5]",
                "  %6 body.fc2_bias = parameter #3 : [4]",
                "  %7 body = call #0 name='body times=1 in=shared own=false out=last first=0 %0 %3 %4 %5 %6 : [batch,4]",
                "  %8 body = call #1 name='body times=1 in=shared own=false out=last first=0 %1 %3 %4 %5 %6 : [batch,4]",
                "  %9 sub = sub %7 %8 : [batch,4]",
                "  %10 apart = abs %9 : [batch,4]",
                "  %11 words.weight = parameter #4 : [7,2]",
                "  %12 words = gather %11 %2 : [batch,2,2]",
                "  %13 said = reshape %12 shape=[batch,4] : [batch,4]",
                "  %14 add = add %7 %8 : [batch,4]",
                "  %15 mul = formula %14 name='mul formula=~mul~0.5~@0 : [batch,4]",
                "  %16 concat = concat %10 %13 axis=(1) : [batch,8]",
                "  %17 out.weight = parameter #5 : [1,8]",
                "  %18 out.bias = parameter #6 : [1]",
                "  %19 out.matmul = matmul %16 %17 transpose_a=false transpose_b=true : [batch,1]",
                "  %20 out = add %19 %18 : [batch,1]",
                "  %21 d_out = seed #0 : [batch,1]",
                "  %22 d_mul = seed #1 : [batch,4]",
                "  %23 d_out.bias = sum %21 axes=(0,1) mean=false : [1]",
                "  %24 d_concat = matmul %21 %17 transpose_a=false transpose_b=false : [batch,8]",
                "  %25 d_out.weight = matmul %21 %16 transpose_a=true transpose_b=false : [1,8]",
                "  %26 d_apart = slice %24 axis=(1) start=#0 length=#4 : [batch,4]",
                "  %27 d_said = slice %24 axis=(1) start=#4 length=#4 : [batch,4]",
                "  %28 d_add = formula %22 name='mul_backward formula=~mul~@0~0.5 : [batch,4]",
                "  %29 d_words = reshape %27 shape=[batch,2,2] : [batch,2,2]",
                "  %30 d_words.weight = scatter %2 %29 rows=#7 : [7,2]",
                "  %31 d_sub = formula %26 %9 name='abs_backward formula=~mul~@0~sub~gt~@1~0.0~gt~0.0~@1 : [batch,4]",
                "  %32 d_body = add %28 %31 : [batch,4]",
                "  %33 d_body.formula = formula %31 name='sub_backward formula=~neg~@0 : [batch,4]",
                "  %34 d_body = add %28 %33 : [batch,4]",
                "  %35 d_right, %36 d_body.fc1_weight, %37 d_body.fc1_bias, %38 d_body.fc2_weight, %39 d_body.fc2_bias = reverse of=%8 onto= %1 %3 %4 %5 %6 %34 : [batch,3]; [5,3]; [5]; [4,5]; [4]",
                "  %40 d_body.fc1_weight, %41 d_body.fc1_bias, %42 d_body.fc2_weight, %43 d_body.fc2_bias = reverse of=%7 onto=0,1,2,3 %0 %3 %4 %5 %6 %32 %36 %37 %38 %39 : [5,3]; [5]; [4,5]; [4]",
                "} inputs %0 %1 %2 parameters %3 %4 %5 %6 %11 %17 %18 outputs %20 %15 forward 21 seeds %21 %22 inputs - %35 - parameters %40 %41 %42 %43 %30 %25 %23 idle rows",
            ],
            prediction: &[
                "{ 'body streams=0",
                "  %0 x = input #0 : [batch,3]",
                "  %1 fc1.weight = parameter #0 : [5,3]",
                "  %2 fc1.bias = parameter #1 : [5]",
                "  %3 fc1.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,5]",
                "  %4 fc1 = add %3 %2 : [batch,5]",
                "  %5 relu = relu %4 : [batch,5]",
                "  %6 fc2.weight = parameter #2 : [4,5]",
                "  %7 fc2.bias = parameter #3 : [4]",
                "  %8 fc2.matmul = matmul %5 %6 transpose_a=false transpose_b=true : [batch,4]",
                "  %9 fc2 = add %8 %7 : [batch,4]",
                "} inputs %0 parameters %1 %2 %6 %7 outputs %9",
                "{ ' streams=0",
                "  %0 left = input #0 : [batch,3]",
                "  %1 right = input #1 : [batch,3]",
                "  %2 word = input #2 : u32[batch,2]",
                "  %3 body.fc1_weight = parameter #0 : [5,3]",
                "  %4 body.fc1_bias = parameter #1 : [5]",
                "  %5 body.fc2_weight = parameter #2 : [4,5]",
                "  %6 body.fc2_bias = parameter #3 : [4]",
                "  %7 body = call #0 name='body times=1 in=shared own=false out=last first=0 %0 %3 %4 %5 %6 : [batch,4]",
                "  %8 body = call #0 name='body times=1 in=shared own=false out=last first=0 %1 %3 %4 %5 %6 : [batch,4]",
                "  %9 sub = sub %7 %8 : [batch,4]",
                "  %10 apart = abs %9 : [batch,4]",
                "  %11 words.weight = parameter #4 : [7,2]",
                "  %12 words = gather %11 %2 : [batch,2,2]",
                "  %13 said = reshape %12 shape=[batch,4] : [batch,4]",
                "  %14 add = add %7 %8 : [batch,4]",
                "  %15 mul = formula %14 name='mul formula=~mul~0.5~@0 : [batch,4]",
                "  %16 concat = concat %10 %13 axis=(1) : [batch,8]",
                "  %17 out.weight = parameter #5 : [1,8]",
                "  %18 out.bias = parameter #6 : [1]",
                "  %19 out.matmul = matmul %16 %17 transpose_a=false transpose_b=true : [batch,1]",
                "  %20 out = add %19 %18 : [batch,1]",
                "} inputs %0 %1 %2 parameters %3 %4 %5 %6 %11 %17 %18 outputs %20 %15",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
