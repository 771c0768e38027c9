/// Blocks.
///
/// `[2, 3] -> [2]`, 197 parameters, 416 FLOPs a sample.
pub struct Net {
    blocks: ::plywood::__private::Blocks,
}
/// The parameters of one iteration of `body` in [`Net`].
#[allow(dead_code)]
pub struct NetBasic<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 4]; 4], &'a [T; 4]>,
}
/// The parameters of `wide` in [`Net`].
#[allow(dead_code)]
pub struct NetWide<'a, T = f32> {
    /// `Linear(4 -> 3)`
    pub layer_0: ::plywood::layers::Linear<&'a [[T; 4]; 3], &'a [T; 3]>,
}
/// The parameters of `once` in [`Net`].
#[allow(dead_code)]
pub struct NetOnce<'a, T = f32> {
    /// `Linear(9 -> 5)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 9]; 5], &'a [T; 5]>,
}
/// The parameters of `head` in [`Net`].
#[allow(dead_code)]
pub struct NetHead<'a, T = f32> {
    /// `Linear(5 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a [[T; 5]; 4], &'a [T; 4]>,
    /// `Linear(4 -> 2)`
    pub out: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
}
/// The parameters of [`Net`] by name.
#[allow(dead_code)]
pub struct NetParameters<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub stem: ::plywood::layers::Linear<&'a [[T; 6]; 4], &'a [T; 4]>,
    /// `2` times the layers of `body`
    pub body: [NetBasic<'a, T>; 2],
    /// The layers of `again`
    pub again: NetBasic<'a, T>,
    /// `Linear(4 -> 2)`
    pub narrow: ::plywood::layers::Linear<&'a [[T; 4]; 2], &'a [T; 2]>,
    /// The layers of `wide`
    pub wide: NetWide<'a, T>,
    /// The layers of `once`
    pub once: NetOnce<'a, T>,
    /// The layers of `head`
    pub head: NetHead<'a, T>,
}
/// The parameters of one iteration of `body` in [`Net`].
#[allow(dead_code)]
pub struct NetBasicMut<'a, T = f32> {
    /// `Linear(4 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 4]; 4], &'a mut [T; 4]>,
}
/// The parameters of `wide` in [`Net`].
#[allow(dead_code)]
pub struct NetWideMut<'a, T = f32> {
    /// `Linear(4 -> 3)`
    pub layer_0: ::plywood::layers::Linear<&'a mut [[T; 4]; 3], &'a mut [T; 3]>,
}
/// The parameters of `once` in [`Net`].
#[allow(dead_code)]
pub struct NetOnceMut<'a, T = f32> {
    /// `Linear(9 -> 5)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 9]; 5], &'a mut [T; 5]>,
}
/// The parameters of `head` in [`Net`].
#[allow(dead_code)]
pub struct NetHeadMut<'a, T = f32> {
    /// `Linear(5 -> 4)`
    pub fc: ::plywood::layers::Linear<&'a mut [[T; 5]; 4], &'a mut [T; 4]>,
    /// `Linear(4 -> 2)`
    pub out: ::plywood::layers::Linear<&'a mut [[T; 4]; 2], &'a mut [T; 2]>,
}
/// The parameters of [`Net`] by name, to be changed.
#[allow(dead_code)]
pub struct NetParametersMut<'a, T = f32> {
    /// `Linear(6 -> 4)`
    pub stem: ::plywood::layers::Linear<&'a mut [[T; 6]; 4], &'a mut [T; 4]>,
    /// `2` times the layers of `body`
    pub body: [NetBasicMut<'a, T>; 2],
    /// The layers of `again`
    pub again: NetBasicMut<'a, T>,
    /// `Linear(4 -> 2)`
    pub narrow: ::plywood::layers::Linear<&'a mut [[T; 4]; 2], &'a mut [T; 2]>,
    /// The layers of `wide`
    pub wide: NetWideMut<'a, T>,
    /// The layers of `once`
    pub once: NetOnceMut<'a, T>,
    /// The layers of `head`
    pub head: NetHeadMut<'a, T>,
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
        /// 1. `stem` = x · stem.weightᵀ + stem.bias, `[n][4]`
        /// 2. `body` = `basic`(stem), 2 times, `[n][4]`
        /// 3. `again` = `basic`(body), `[n][4]`
        /// 4. `narrow` = max(again · narrow.weightᵀ + narrow.bias, 0.0), `[n][2]`
        /// 5. `wide_linear` = tanh(again · wide_linear.weightᵀ + wide_linear.bias), `[n][3]`
        /// 6. `concat` = concat(narrow, wide_linear, again), `[n][9]`
        /// 7. `once_fc` = bias_dropout(concat · once_fc.weightᵀ, once_fc.bias, u), `[n][5]`
        /// 8. `head_fc` = once_fc · head_fc.weightᵀ + head_fc.bias, `[n][4]`
        /// 9. `head_silu` = head_fc / (1.0 + exp(-head_fc)), `[n][4]`
        /// 10. `head_out` = head_silu · head_out.weightᵀ + head_out.bias, `[n][2]`
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
                s.stem,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::STEM_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::STEM_BIAS])],
                &ply::rules::Add,
            );
            for i in 0..2 {
                let (before, y) = ply::entry(&mut *s.body, i, ply::round(n * 4), n * 4);
                let x: &[T] = if i == 0 { s.stem } else { before };
                Self::basic_forward(
                    cpu,
                    random,
                    &p[Self::BODY + i * Self::BASIC_STRIDE..][..Self::BASIC_STRIDE],
                    &mut BasicKept::of(&mut s.body_kept[i * Self::basic_kept(n)..], n),
                    x,
                    y,
                    n,
                );
            }
            Self::basic_forward(
                cpu,
                random,
                &p[Self::AGAIN..][..Self::BASIC_STRIDE],
                &mut BasicKept::of(s.again_kept, n),
                &s.body[1 * ply::round(n * 4)..][..n * 4],
                s.again,
                n,
            );
            ply::matmul(
                cpu,
                s.narrow,
                ply::matrix(s.again, 4),
                ply::matrix(&p[Self::NARROW_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::NARROW_BIAS])],
                &ply::rules::BiasRelu,
            );
            ply::matmul(
                cpu,
                s.wide_linear,
                ply::matrix(s.again, 4),
                ply::matrix(&p[Self::WIDE_LAYER_0_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::WIDE_LAYER_0_BIAS])],
                &ply::rules::BiasTanh,
            );
            ply::ops::slice::concat(
                cpu,
                s.concat,
                &[s.narrow, s.wide_linear, s.again],
                &[n, 2],
                1,
            );
            let once_fc = &mut s.once_fc[..n * 5];
            ply::matmul(
                cpu,
                once_fc,
                ply::matrix(s.concat, 9),
                ply::matrix(&p[Self::ONCE_FC_WEIGHT], 9).t(),
                [
                    ply::Sums,
                    ply::Row(&p[Self::ONCE_FC_BIAS]),
                    ply::Uniform(random.stream(0)),
                ],
                &BiasDropout,
            );
            ply::matmul(
                cpu,
                s.head_fc,
                ply::matrix(once_fc, 5),
                ply::matrix(&p[Self::HEAD_FC_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_FC_BIAS])],
                &ply::rules::Add,
            );
            let head_silu = &mut s.head_silu[..n * 4];
            ply::map(cpu, head_silu, 4, [ply::Full(s.head_fc)], &ply::rules::Silu);
            ply::matmul(
                cpu,
                s.head_out,
                ply::matrix(head_silu, 4),
                ply::matrix(&p[Self::HEAD_OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// From the gradient of the output to every parameter's, which goes to `to`.
        ///
        /// 1. gradient of `head_out.bias` = sum of d_head_out over rows
        /// 2. `d_head_fc` = silu_backward(d_head_out · head_out.weight, head_fc), `[n][4]`
        /// 3. gradient of `head_out.weight` = d_head_outᵀ · head_silu
        /// 4. gradient of `head_fc.bias` = sum of d_head_fc over rows
        /// 5. `d_once_fc` = dropout_backward(d_head_fc · head_fc.weight, u), `[n][5]`
        /// 6. gradient of `head_fc.weight` = d_head_fcᵀ · once_fc
        /// 7. gradient of `once_fc.bias` = sum of d_once_fc over rows
        /// 8. `d_concat` = d_once_fc · once_fc.weight, `[n][9]`
        /// 9. gradient of `once_fc.weight` = d_once_fcᵀ · concat
        /// 10. `d_relu` = slice(d_concat), `[n][2]`
        /// 11. `d_wide_tanh` = slice(d_concat), `[n][3]`
        /// 12. `d_again` = slice(d_concat), `[n][4]`
        /// 13. `d_wide_linear` = d_wide_tanh * (1.0 - (wide_linear * wide_linear)), `[n][3]`
        /// 14. gradient of `wide_linear.bias` = sum of d_wide_linear over rows
        /// 15. `d_again_matmul` = d_wide_linear · wide_linear.weight, `[n][4]`
        /// 16. gradient of `wide_linear.weight` = d_wide_linearᵀ · again
        /// 17. `d_narrow` = select(gt(narrow, 0.0), d_relu, 0.0), `[n][2]`
        /// 18. gradient of `narrow.bias` = sum of d_narrow over rows
        /// 19. `d_again_2` = (d_again + d_again_matmul) + d_narrow · narrow.weight, `[n][4]`
        /// 20. gradient of `narrow.weight` = d_narrowᵀ · again
        /// 21. `d_body` = `basic` backward(d_again_2)
        /// 22. `d_stem` = `basic` backward(d_body), 2 times
        /// 23. gradient of `stem.bias` = sum of d_stem over rows
        /// 24. gradient of `stem.weight` = d_stemᵀ · x
        fn backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            s: &mut Slots<'_, T>,
            x: &[T],
            n: usize,
        ) {
            to.column_sums(cpu, Self::HEAD_OUT_BIAS, s.d_head_out, n);
            let d_head_fc = &mut *s.head_fc;
            ply::matmul(
                cpu,
                d_head_fc,
                ply::matrix(s.d_head_out, 2),
                ply::matrix(&to.parameters()[Self::HEAD_OUT_WEIGHT], 4),
                [ply::Sums, ply::InPlace],
                &ply::rules::SiluBackward,
            );
            let head_silu = &s.head_silu[..n * 4];
            to.product(
                cpu,
                Self::HEAD_OUT_WEIGHT,
                ply::matrix(s.d_head_out, 2).t(),
                ply::matrix(head_silu, 4),
            );
            to.column_sums(cpu, Self::HEAD_FC_BIAS, d_head_fc, n);
            let d_once_fc = &mut *s.head_silu;
            ply::matmul(
                cpu,
                d_once_fc,
                ply::matrix(d_head_fc, 4),
                ply::matrix(&to.parameters()[Self::HEAD_FC_WEIGHT], 5),
                [ply::Sums, ply::Uniform(random.stream(0))],
                &DropoutBackward,
            );
            let once_fc = &s.once_fc[..n * 5];
            to.product(
                cpu,
                Self::HEAD_FC_WEIGHT,
                ply::matrix(d_head_fc, 4).t(),
                ply::matrix(once_fc, 5),
            );
            to.column_sums(cpu, Self::ONCE_FC_BIAS, d_once_fc, n);
            let d_concat = &mut s.once_fc[..n * 9];
            ply::product(
                cpu,
                d_concat,
                ply::matrix(d_once_fc, 5),
                ply::matrix(&to.parameters()[Self::ONCE_FC_WEIGHT], 9),
            );
            to.product(
                cpu,
                Self::ONCE_FC_WEIGHT,
                ply::matrix(d_once_fc, 5).t(),
                ply::matrix(s.concat, 9),
            );
            let d_relu = &mut *s.d_head_out;
            ply::ops::slice::forward(cpu, d_relu, d_concat, &[n, 9], 1, 0);
            let d_wide_tanh = &mut s.head_fc[..n * 3];
            ply::ops::slice::forward(cpu, d_wide_tanh, d_concat, &[n, 9], 1, 2);
            let d_again = &mut s.head_silu[..n * 4];
            ply::ops::slice::forward(cpu, d_again, d_concat, &[n, 9], 1, 5);
            let d_wide_linear = &mut *s.wide_linear;
            ply::map(
                cpu,
                d_wide_linear,
                3,
                [ply::Full(d_wide_tanh), ply::InPlace],
                &ply::rules::TanhBackward,
            );
            to.column_sums(cpu, Self::WIDE_LAYER_0_BIAS, d_wide_linear, n);
            let d_again_matmul = &mut *s.head_fc;
            ply::product(
                cpu,
                d_again_matmul,
                ply::matrix(d_wide_linear, 3),
                ply::matrix(&to.parameters()[Self::WIDE_LAYER_0_WEIGHT], 4),
            );
            to.product(
                cpu,
                Self::WIDE_LAYER_0_WEIGHT,
                ply::matrix(d_wide_linear, 3).t(),
                ply::matrix(s.again, 4),
            );
            let d_narrow = &mut *s.narrow;
            ply::map(
                cpu,
                d_narrow,
                2,
                [ply::Full(d_relu), ply::InPlace],
                &ply::rules::ReluBackward,
            );
            to.column_sums(cpu, Self::NARROW_BIAS, d_narrow, n);
            let d_again_2 = &mut *s.head_fc;
            ply::matmul(
                cpu,
                d_again_2,
                ply::matrix(d_narrow, 2),
                ply::matrix(&to.parameters()[Self::NARROW_WEIGHT], 4),
                [ply::Sums, ply::Full(d_again), ply::InPlace],
                &AddAdd,
            );
            to.product(
                cpu,
                Self::NARROW_WEIGHT,
                ply::matrix(d_narrow, 2).t(),
                ply::matrix(s.again, 4),
            );
            let d_body = &mut *s.again;
            Self::basic_backward(
                cpu,
                random,
                to,
                Self::AGAIN,
                &mut BasicKept::of(s.again_kept, n),
                &mut BasicSlots::of(s.once_fc, n),
                &s.body[1 * ply::round(n * 4)..][..n * 4],
                d_again_2,
                d_body,
                n,
            );
            for i in ply::last_first(2) {
                let (before, d_x) = ply::turn(
                    i,
                    &mut s.head_fc[..n * 4],
                    &mut s.head_silu[..n * 4],
                );
                let (x, d_y): (&[T], &[T]) = (
                    if i == 0 {
                        s.stem
                    } else {
                        &s.body[(i - 1) * ply::round(n * 4)..][..n * 4]
                    },
                    if i == 1 { d_body } else { before },
                );
                Self::basic_backward(
                    cpu,
                    random,
                    to,
                    Self::BODY + i * Self::BASIC_STRIDE,
                    &mut BasicKept::of(&mut s.body_kept[i * Self::basic_kept(n)..], n),
                    &mut BasicSlots::of(s.again_kept, n),
                    x,
                    d_y,
                    d_x,
                    n,
                );
            }
            let d_stem = &*s.head_fc;
            to.column_sums(cpu, Self::STEM_BIAS, d_stem, n);
            to.product(
                cpu,
                Self::STEM_WEIGHT,
                ply::matrix(d_stem, 4).t(),
                ply::matrix(x, 6),
            );
        }
        /// One run of `basic`, `[n][4] -> [n][4]`; `p` is its part of the parameters.
        ///
        /// 1. `fc` = tanh(x · fc.weightᵀ + fc.bias), `[n][4]`
        /// 2. `y` = fc + x, `[n][4]`
        fn basic_forward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            p: &[T],
            k: &mut BasicKept<'_, T>,
            x: &[T],
            y: &mut [T],
            n: usize,
        ) {
            ply::matmul(
                cpu,
                k.fc,
                ply::matrix(x, 4),
                ply::matrix(&p[Self::BASIC_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BASIC_FC_BIAS])],
                &ply::rules::BiasTanh,
            );
            ply::map(cpu, &mut *y, 4, [ply::Full(k.fc), ply::Full(x)], &ply::rules::Add);
        }
        /// One run of `basic` backward: from the gradients of what it gave to those of what it was given; its parameters start at `at`.
        ///
        /// 1. `d_fc` = d_y * (1.0 - (fc * fc)), `[n][4]`
        /// 2. gradient of `fc.bias` = sum of d_fc over rows
        /// 3. `d_x` = d_y + d_fc · fc.weight, `[n][4]`
        /// 4. gradient of `fc.weight` = d_fcᵀ · x
        fn basic_backward<T: ply::Real>(
            cpu: &ply::Cpu,
            random: ply::Random,
            to: &mut dyn ply::Gradients<T>,
            at: usize,
            k: &mut BasicKept<'_, T>,
            s: &mut BasicSlots<'_, T>,
            x: &[T],
            d_y: &[T],
            d_x: &mut [T],
            n: usize,
        ) {
            ply::map(
                cpu,
                s.d_fc,
                4,
                [ply::Full(d_y), ply::Full(k.fc)],
                &ply::rules::TanhBackward,
            );
            to.column_sums(cpu, ply::shift(Self::BASIC_FC_BIAS, at), s.d_fc, n);
            ply::matmul(
                cpu,
                &mut *d_x,
                ply::matrix(s.d_fc, 4),
                ply::matrix(&to.parameters()[ply::shift(Self::BASIC_FC_WEIGHT, at)], 4),
                [ply::Sums, ply::Full(d_y)],
                &Add,
            );
            to.product(
                cpu,
                ply::shift(Self::BASIC_FC_WEIGHT, at),
                ply::matrix(s.d_fc, 4).t(),
                ply::matrix(x, 4),
            );
        }
        /// How many numbers one run of `basic` keeps.
        fn basic_kept(n: usize) -> usize {
            ply::round(n * 4)
        }
        /// `[n][2, 3] -> [n][2]`, keeping nothing.
        ///
        /// 1. `stem` = x · stem.weightᵀ + stem.bias, `[n][4]`
        /// 2. `body` = `basic`(stem), 2 times, `[n][4]`
        /// 3. `again` = `basic`(body), `[n][4]`
        /// 4. `narrow` = max(again · narrow.weightᵀ + narrow.bias, 0.0), `[n][2]`
        /// 5. `wide_linear` = tanh(again · wide_linear.weightᵀ + wide_linear.bias), `[n][3]`
        /// 6. `concat` = concat(narrow, wide_linear, again), `[n][9]`
        /// 7. `once_fc` = concat · once_fc.weightᵀ + once_fc.bias, `[n][5]`
        /// 8. `head_fc` = bias_silu(once_fc · head_fc.weightᵀ, head_fc.bias), `[n][4]`
        /// 9. `y` = head_fc · head_out.weightᵀ + head_out.bias, `[n][2]`
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
                s.stem,
                ply::matrix(x, 6),
                ply::matrix(&p[Self::STEM_WEIGHT], 6).t(),
                [ply::Sums, ply::Row(&p[Self::STEM_BIAS])],
                &ply::rules::Add,
            );
            for i in 0..2 {
                let (before, y) = ply::turn(
                    1 - i,
                    &mut s.body[..n * 4],
                    &mut s.body_next[..n * 4],
                );
                let x: &[T] = if i == 0 { s.stem } else { before };
                Self::basic_predict(
                    cpu,
                    &p[Self::BODY + i * Self::BASIC_STRIDE..][..Self::BASIC_STRIDE],
                    x,
                    y,
                    n,
                );
            }
            let again = &mut s.body_next[..n * 4];
            Self::basic_predict(
                cpu,
                &p[Self::AGAIN..][..Self::BASIC_STRIDE],
                s.body,
                again,
                n,
            );
            let narrow = &mut s.body[..n * 2];
            ply::matmul(
                cpu,
                narrow,
                ply::matrix(again, 4),
                ply::matrix(&p[Self::NARROW_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::NARROW_BIAS])],
                &ply::rules::BiasRelu,
            );
            let wide_linear = &mut s.stem[..n * 3];
            ply::matmul(
                cpu,
                wide_linear,
                ply::matrix(again, 4),
                ply::matrix(&p[Self::WIDE_LAYER_0_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::WIDE_LAYER_0_BIAS])],
                &ply::rules::BiasTanh,
            );
            ply::ops::slice::concat(
                cpu,
                s.concat,
                &[narrow, wide_linear, again],
                &[n, 2],
                1,
            );
            let once_fc = &mut *s.body_next;
            ply::matmul(
                cpu,
                once_fc,
                ply::matrix(s.concat, 9),
                ply::matrix(&p[Self::ONCE_FC_WEIGHT], 9).t(),
                [ply::Sums, ply::Row(&p[Self::ONCE_FC_BIAS])],
                &ply::rules::Add,
            );
            let head_fc = &mut *s.body;
            ply::matmul(
                cpu,
                head_fc,
                ply::matrix(once_fc, 5),
                ply::matrix(&p[Self::HEAD_FC_WEIGHT], 5).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_FC_BIAS])],
                &ply::rules::BiasSilu,
            );
            ply::matmul(
                cpu,
                &mut *y,
                ply::matrix(head_fc, 4),
                ply::matrix(&p[Self::HEAD_OUT_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::HEAD_OUT_BIAS])],
                &ply::rules::Add,
            );
        }
        /// One run of `basic`, `[n][4] -> [n][4]`, keeping nothing.
        ///
        /// 1. `y` = tanh(x · fc.weightᵀ + fc.bias) + x, `[n][4]`
        fn basic_predict<T: ply::Real>(
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
                ply::matrix(&p[Self::BASIC_FC_WEIGHT], 4).t(),
                [ply::Sums, ply::Row(&p[Self::BASIC_FC_BIAS]), ply::Full(x)],
                &BiasTanhAdd,
            );
        }
        const STEM_WEIGHT: ply::Range<usize> = 0..24;
        const STEM_BIAS: ply::Range<usize> = 24..28;
        const BODY: usize = 28;
        const BASIC_STRIDE: usize = 20;
        const BASIC_FC_WEIGHT: ply::Range<usize> = 0..16;
        const BASIC_FC_BIAS: ply::Range<usize> = 16..20;
        const AGAIN: usize = 68;
        const NARROW_WEIGHT: ply::Range<usize> = 88..96;
        const NARROW_BIAS: ply::Range<usize> = 96..98;
        const WIDE_LAYER_0_WEIGHT: ply::Range<usize> = 98..110;
        const WIDE_LAYER_0_BIAS: ply::Range<usize> = 110..113;
        const ONCE_FC_WEIGHT: ply::Range<usize> = 113..158;
        const ONCE_FC_BIAS: ply::Range<usize> = 158..163;
        const HEAD_FC_WEIGHT: ply::Range<usize> = 163..183;
        const HEAD_FC_BIAS: ply::Range<usize> = 183..187;
        const HEAD_OUT_WEIGHT: ply::Range<usize> = 187..195;
        const HEAD_OUT_BIAS: ply::Range<usize> = 195..197;
    }
    /// The memory of a training step.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `stem` | `n * 4` | `stem` |
    /// | `body_kept` | `n * 8 + 30` | `body_kept` |
    /// | `body` | `n * 8 + 30` | `body` |
    /// | `again_kept` | `n * 4 + 15` | `again_kept`, then `d_body_scratch` |
    /// | `again` | `n * 4` | `again`, then `d_body` |
    /// | `narrow` | `n * 2` | `narrow`, then `d_narrow` |
    /// | `wide_linear` | `n * 3` | `wide_linear`, then `d_wide_linear` |
    /// | `concat` | `n * 9` | `concat` |
    /// | `once_fc` | `n * 9 + 15` | `once_fc`, then `d_concat`, then `d_again_scratch` |
    /// | `head_fc` | `n * 4` | `head_fc`, then `d_head_fc`, then `d_wide_tanh`, then `d_again_matmul`, then `d_again_2`, then `d_stem` |
    /// | `head_silu` | `n * 5` | `head_silu`, then `d_once_fc`, then `d_again`, then `d_stem_next` |
    /// | `head_out` | `n * 2` | `head_out` |
    /// | `d_head_out` | `n * 2` | `d_head_out`, then `d_relu` |
    pub struct Slots<'a, T> {
        stem: &'a mut [T],
        body_kept: &'a mut [T],
        body: &'a mut [T],
        again_kept: &'a mut [T],
        again: &'a mut [T],
        narrow: &'a mut [T],
        wide_linear: &'a mut [T],
        concat: &'a mut [T],
        once_fc: &'a mut [T],
        head_fc: &'a mut [T],
        head_silu: &'a mut [T],
        head_out: &'a mut [T],
        d_head_out: &'a mut [T],
    }
    impl<'a, T> Slots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (stem, memory) = ply::slot(memory, n * 4);
            let (body_kept, memory) = ply::slot(memory, n * 8 + 30);
            let (body, memory) = ply::slot(memory, n * 8 + 30);
            let (again_kept, memory) = ply::slot(memory, n * 4 + 15);
            let (again, memory) = ply::slot(memory, n * 4);
            let (narrow, memory) = ply::slot(memory, n * 2);
            let (wide_linear, memory) = ply::slot(memory, n * 3);
            let (concat, memory) = ply::slot(memory, n * 9);
            let (once_fc, memory) = ply::slot(memory, n * 9 + 15);
            let (head_fc, memory) = ply::slot(memory, n * 4);
            let (head_silu, memory) = ply::slot(memory, n * 5);
            let (head_out, memory) = ply::slot(memory, n * 2);
            let (d_head_out, _) = ply::slot(memory, n * 2);
            Slots {
                stem,
                body_kept,
                body,
                again_kept,
                again,
                narrow,
                wide_linear,
                concat,
                once_fc,
                head_fc,
                head_silu,
                head_out,
                d_head_out,
            }
        }
    }
    /// The memory of one run of `basic`, free again after it.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `d_fc` | `n * 4` | `d_fc` |
    pub struct BasicSlots<'a, T> {
        d_fc: &'a mut [T],
    }
    impl<'a, T> BasicSlots<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (d_fc, _) = ply::slot(memory, n * 4);
            BasicSlots { d_fc }
        }
    }
    /// What one run of `basic` leaves for the backward pass.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `fc` | `n * 4` | `fc` |
    pub struct BasicKept<'a, T> {
        fc: &'a mut [T],
    }
    impl<'a, T> BasicKept<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (fc, _) = ply::slot(memory, n * 4);
            BasicKept { fc }
        }
    }
    /// The memory of a prediction.
    ///
    /// | slot | numbers | holds |
    /// |---|---|---|
    /// | `stem` | `n * 4` | `stem`, then `wide_linear` |
    /// | `body` | `n * 4` | `body`, then `narrow`, then `head_fc` |
    /// | `body_next` | `n * 5` | `body_next`, then `again`, then `once_fc` |
    /// | `concat` | `n * 9` | `concat` |
    pub struct SlotsToPredict<'a, T> {
        stem: &'a mut [T],
        body: &'a mut [T],
        body_next: &'a mut [T],
        concat: &'a mut [T],
    }
    impl<'a, T> SlotsToPredict<'a, T> {
        fn of(memory: &'a mut [T], n: usize) -> Self {
            let (stem, memory) = ply::slot(memory, n * 4);
            let (body, memory) = ply::slot(memory, n * 4);
            let (body_next, memory) = ply::slot(memory, n * 5);
            let (concat, _) = ply::slot(memory, n * 9);
            SlotsToPredict {
                stem,
                body,
                body_next,
                concat,
            }
        }
    }
    ply::rule! {
        #[doc = " `select(ge(u, 0.25), (x + b) * 1.3333333333333333, 0.0)`"]
        BiasDropout(x, b, u) = select(ge(u, 0.25), (x + b) * 1.3333333333333333, 0.0)
    }
    ply::rule! {
        #[doc = " `select(ge(u, 0.25), d * 1.3333333333333333, 0.0)`"] DropoutBackward(d,
        u) = select(ge(u, 0.25), d * 1.3333333333333333, 0.0)
    }
    ply::rule! {
        #[doc = " `(y + y2) + d`"] AddAdd(d, y, y2) = (y + y2) + d
    }
    ply::rule! {
        #[doc = " `y + d`"] Add(d, y) = y + d
    }
    ply::rule! {
        #[doc = " `tanh(x + b) + y`"] BiasTanhAdd(x, b, y) = tanh(x + b) + y
    }
    impl<'a, T: ply::Real> NetBasic<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetWide<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetOnce<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetHead<'a, T> {
        fn next(b: &mut &'a [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
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
    impl<'a, T: ply::Real> NetParameters<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a [T]) -> Self {
            let b = &mut block;
            Self {
                stem: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                body: ply::from_fn(|_| NetBasic::next(b)),
                again: NetBasic::next(b),
                narrow: ::plywood::layers::Linear {
                    weight: ply::take(b),
                    bias: ply::take(b),
                },
                wide: NetWide::next(b),
                once: NetOnce::next(b),
                head: NetHead::next(b),
            }
        }
    }
    impl<'a, T: ply::Real> NetBasicMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetWideMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                layer_0: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetOnceMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
            }
        }
    }
    impl<'a, T: ply::Real> NetHeadMut<'a, T> {
        fn next(b: &mut &'a mut [T]) -> Self {
            Self {
                fc: ::plywood::layers::Linear {
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
    impl<'a, T: ply::Real> NetParametersMut<'a, T> {
        /// The view of a block as long as `Net`'s parameters: parameters, gradients, moments.
        pub fn of(mut block: &'a mut [T]) -> Self {
            let b = &mut block;
            Self {
                stem: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                body: ply::from_fn(|_| NetBasicMut::next(b)),
                again: NetBasicMut::next(b),
                narrow: ::plywood::layers::Linear {
                    weight: ply::take_mut(b),
                    bias: ply::take_mut(b),
                },
                wide: NetWideMut::next(b),
                once: NetOnceMut::next(b),
                head: NetHeadMut::next(b),
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
        const PARAMETERS: usize = 197;
        const TRAINABLE: usize = 197;
        const FLOPS: usize = 416;
        const STATE: usize = 0;
        const PREPARED: usize = 0;
        const TRAIN: ply::Memory = ply::Memory::reals(64, 285);
        const PREDICT: ply::Memory = ply::Memory::reals(22, 60);
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
            with(&[&s.head_out[..n * 2]], &mut [&mut s.d_head_out[..n * 2]]);
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
                name: "stem",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[4, 6],
                        offset: Code::STEM_WEIGHT.start,
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
                        offset: Code::STEM_BIAS.start,
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
                name: "body",
                count: 2,
                trained: ply::Iterations {
                    offset: Code::BODY,
                    stride: Code::BASIC_STRIDE,
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
                                offset: Code::BASIC_FC_WEIGHT.start,
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
                                offset: Code::BASIC_FC_BIAS.start,
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
            ply::Entry::Block {
                name: "again",
                trained: ply::Iterations {
                    offset: Code::AGAIN,
                    stride: Code::BASIC_STRIDE,
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
                                offset: Code::BASIC_FC_WEIGHT.start,
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
                                offset: Code::BASIC_FC_BIAS.start,
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
                name: "narrow",
                entries: &[
                    ply::Entry::Parameter {
                        name: "weight",
                        shape: &[2, 4],
                        offset: Code::NARROW_WEIGHT.start,
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
                        offset: Code::NARROW_BIAS.start,
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
            ply::Entry::Group {
                name: "wide",
                entries: &[
                    ply::Entry::Group {
                        name: "0",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[3, 4],
                                offset: Code::WIDE_LAYER_0_WEIGHT.start,
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
                                shape: &[3],
                                offset: Code::WIDE_LAYER_0_BIAS.start,
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
                name: "once",
                entries: &[
                    ply::Entry::Group {
                        name: "fc",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[5, 9],
                                offset: Code::ONCE_FC_WEIGHT.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: 9,
                                },
                                role: ply::Role::Trained,
                                decays: true,
                                sparse: false,
                            },
                            ply::Entry::Parameter {
                                name: "bias",
                                shape: &[5],
                                offset: Code::ONCE_FC_BIAS.start,
                                init: ply::Init::FanUniform {
                                    scale: 1.0,
                                    fan: 9,
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
                    ply::Entry::Group {
                        name: "fc",
                        entries: &[
                            ply::Entry::Parameter {
                                name: "weight",
                                shape: &[4, 5],
                                offset: Code::HEAD_FC_WEIGHT.start,
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
                                offset: Code::HEAD_FC_BIAS.start,
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
                                offset: Code::HEAD_OUT_WEIGHT.start,
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
                                offset: Code::HEAD_OUT_BIAS.start,
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
                name: "stem",
                layer: "Linear(6 -> 4)",
                output: &[4],
                parameters: 28,
                flops: 52,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "body",
                layer: "2 × Basic(4)",
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
                times: 2,
            },
            ply::LayerRow {
                name: "1",
                layer: "Tanh",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "residual",
                layer: "add",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 1,
                times: 2,
            },
            ply::LayerRow {
                name: "again",
                layer: "Basic(4)",
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
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Tanh",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "residual",
                layer: "add",
                output: &[4],
                parameters: 0,
                flops: 4,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "narrow",
                layer: "Linear(4 -> 2)",
                output: &[2],
                parameters: 10,
                flops: 18,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "5",
                layer: "Relu",
                output: &[2],
                parameters: 0,
                flops: 2,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "wide",
                layer: "group",
                output: &[3],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "0",
                layer: "Linear(4 -> 3)",
                output: &[3],
                parameters: 15,
                flops: 27,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Tanh",
                output: &[3],
                parameters: 0,
                flops: 3,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "concat",
                layer: "concat",
                output: &[9],
                parameters: 0,
                flops: 9,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "once",
                layer: "Once(5, p: 0.25)",
                output: &[5],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc",
                layer: "Linear(9 -> 5)",
                output: &[5],
                parameters: 50,
                flops: 95,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Dropout(0.25)",
                output: &[5],
                parameters: 0,
                flops: 0,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "head",
                layer: "group",
                output: &[2],
                parameters: 0,
                flops: 0,
                depth: 0,
                times: 1,
            },
            ply::LayerRow {
                name: "fc",
                layer: "Linear(5 -> 4)",
                output: &[4],
                parameters: 24,
                flops: 44,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "1",
                layer: "Silu",
                output: &[4],
                parameters: 0,
                flops: 16,
                depth: 1,
                times: 1,
            },
            ply::LayerRow {
                name: "out",
                layer: "Linear(4 -> 2)",
                output: &[2],
                parameters: 10,
                flops: 18,
                depth: 1,
                times: 1,
            },
        ];
        const GRAPHS: ply::Graphs = ply::Graphs {
            training: &[
                "{ 'basic streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 fc.weight = parameter #0 : [4,4]",
                "  %2 fc.bias = parameter #1 : [4]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 fc = add %3 %2 : [batch,4]",
                "  %5 tanh = tanh %4 : [batch,4]",
                "  %6 residual = add %5 %0 : [batch,4]",
                "  %7 d_residual = seed #0 : [batch,4]",
                "  %8 d_fc = formula %7 %5 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,4]",
                "  %9 d_fc.bias = sum %8 axes=(0,1) mean=false : [4]",
                "  %10 d_x.matmul = matmul %8 %1 transpose_a=false transpose_b=false : [batch,4]",
                "  %11 d_x = add %7 %10 : [batch,4]",
                "  %12 d_fc.weight = matmul %8 %0 transpose_a=true transpose_b=false : [4,4]",
                "} inputs %0 parameters %1 %2 outputs %6 forward 7 seeds %7 inputs %11 parameters %12 %9 idle rows",
                "{ ' streams=1",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 stem.weight = parameter #0 : [4,6]",
                "  %3 stem.bias = parameter #1 : [4]",
                "  %4 stem.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,4]",
                "  %5 stem = add %4 %3 : [batch,4]",
                "  %6 body.fc_weight = parameter #2 : [2,4,4]",
                "  %7 body.fc_bias = parameter #3 : [2,4]",
                "  %8 body = call #0 name='body times=2 in=carried:0 own=true out=last first=0 %5 %6 %7 : [batch,4]",
                "  %9 again.fc_weight = parameter #4 : [4,4]",
                "  %10 again.fc_bias = parameter #5 : [4]",
                "  %11 again = call #0 name='again times=1 in=shared own=false out=last first=0 %8 %9 %10 : [batch,4]",
                "  %12 narrow.weight = parameter #6 : [2,4]",
                "  %13 narrow.bias = parameter #7 : [2]",
                "  %14 narrow.matmul = matmul %11 %12 transpose_a=false transpose_b=true : [batch,2]",
                "  %15 narrow = add %14 %13 : [batch,2]",
                "  %16 relu = relu %15 : [batch,2]",
                "  %17 wide_linear.weight = parameter #8 : [3,4]",
                "  %18 wide_linear.bias = parameter #9 : [3]",
                "  %19 wide_linear.matmul = matmul %11 %17 transpose_a=false transpose_b=true : [batch,3]",
                "  %20 wide_linear = add %19 %18 : [batch,3]",
                "  %21 wide_tanh = tanh %20 : [batch,3]",
                "  %22 concat = concat %16 %21 %11 axis=(1) : [batch,9]",
                "  %23 once_fc.weight = parameter #10 : [5,9]",
                "  %24 once_fc.bias = parameter #11 : [5]",
                "  %25 once_fc.matmul = matmul %22 %23 transpose_a=false transpose_b=true : [batch,5]",
                "  %26 once_fc = add %25 %24 : [batch,5]",
                "  %27 once_dropout.uniform = uniform shape=[batch,5] stream=#0 : [batch,5]",
                "  %28 once_dropout = formula %26 %27 name='dropout formula=~select~ge~@1~0.25~mul~@0~1.3333333333333333~0.0 : [batch,5]",
                "  %29 head_fc.weight = parameter #12 : [4,5]",
                "  %30 head_fc.bias = parameter #13 : [4]",
                "  %31 head_fc.matmul = matmul %28 %29 transpose_a=false transpose_b=true : [batch,4]",
                "  %32 head_fc = add %31 %30 : [batch,4]",
                "  %33 head_silu = silu %32 : [batch,4]",
                "  %34 head_out.weight = parameter #14 : [2,4]",
                "  %35 head_out.bias = parameter #15 : [2]",
                "  %36 head_out.matmul = matmul %33 %34 transpose_a=false transpose_b=true : [batch,2]",
                "  %37 head_out = add %36 %35 : [batch,2]",
                "  %38 d_head_out = seed #0 : [batch,2]",
                "  %39 d_head_out.bias = sum %38 axes=(0,1) mean=false : [2]",
                "  %40 d_head_silu = matmul %38 %34 transpose_a=false transpose_b=false : [batch,4]",
                "  %41 d_head_out.weight = matmul %38 %33 transpose_a=true transpose_b=false : [2,4]",
                "  %42 d_head_fc = formula %40 %32 name='silu_backward formula=~mul~@0~mul~div~1.0~add~1.0~exp~neg~max~@1~-80.0~add~1.0~mul~max~@1~-80.0~mul~exp~neg~max~@1~-80.0~div~1.0~add~1.0~exp~neg~max~@1~-80.0 : [batch,4]",
                "  %43 d_head_fc.bias = sum %42 axes=(0,1) mean=false : [4]",
                "  %44 d_once_dropout = matmul %42 %29 transpose_a=false transpose_b=false : [batch,5]",
                "  %45 d_head_fc.weight = matmul %42 %28 transpose_a=true transpose_b=false : [4,5]",
                "  %46 d_once_fc = formula %44 %27 name='dropout_backward formula=~select~ge~@1~0.25~mul~@0~1.3333333333333333~0.0 : [batch,5]",
                "  %47 d_once_fc.bias = sum %46 axes=(0,1) mean=false : [5]",
                "  %48 d_concat = matmul %46 %23 transpose_a=false transpose_b=false : [batch,9]",
                "  %49 d_once_fc.weight = matmul %46 %22 transpose_a=true transpose_b=false : [5,9]",
                "  %50 d_relu = slice %48 axis=(1) start=#0 length=#2 : [batch,2]",
                "  %51 d_wide_tanh = slice %48 axis=(1) start=#2 length=#3 : [batch,3]",
                "  %52 d_again = slice %48 axis=(1) start=#5 length=#4 : [batch,4]",
                "  %53 d_wide_linear = formula %51 %21 name='tanh_backward formula=~mul~@0~sub~1.0~mul~@1~@1 : [batch,3]",
                "  %54 d_wide_linear.bias = sum %53 axes=(0,1) mean=false : [3]",
                "  %55 d_again.matmul = matmul %53 %17 transpose_a=false transpose_b=false : [batch,4]",
                "  %56 d_again = add %52 %55 : [batch,4]",
                "  %57 d_wide_linear.weight = matmul %53 %11 transpose_a=true transpose_b=false : [3,4]",
                "  %58 d_narrow = formula %50 %16 name='relu_backward formula=~select~gt~@1~0.0~@0~0.0 : [batch,2]",
                "  %59 d_narrow.bias = sum %58 axes=(0,1) mean=false : [2]",
                "  %60 d_again.matmul = matmul %58 %12 transpose_a=false transpose_b=false : [batch,4]",
                "  %61 d_again = add %56 %60 : [batch,4]",
                "  %62 d_narrow.weight = matmul %58 %11 transpose_a=true transpose_b=false : [2,4]",
                "  %63 d_body, %64 d_again.fc_weight, %65 d_again.fc_bias = reverse of=%11 onto= %8 %9 %10 %61 : [batch,4]; [4,4]; [4]",
                "  %66 d_stem, %67 d_body.fc_weight, %68 d_body.fc_bias = reverse of=%8 onto= %5 %6 %7 %63 : [batch,4]; [2,4,4]; [2,4]",
                "  %69 d_stem.bias = sum %66 axes=(0,1) mean=false : [4]",
                "  %70 d_stem.weight = matmul %66 %1 transpose_a=true transpose_b=false : [4,6]",
                "} inputs %0 parameters %2 %3 %6 %7 %9 %10 %12 %13 %17 %18 %23 %24 %29 %30 %34 %35 outputs %37 forward 38 seeds %38 inputs - parameters %70 %69 %67 %68 %64 %65 %62 %59 %57 %54 %49 %47 %45 %43 %41 %39 idle rows",
            ],
            prediction: &[
                "{ 'basic streams=0",
                "  %0 x = input #0 : [batch,4]",
                "  %1 fc.weight = parameter #0 : [4,4]",
                "  %2 fc.bias = parameter #1 : [4]",
                "  %3 fc.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,4]",
                "  %4 fc = add %3 %2 : [batch,4]",
                "  %5 tanh = tanh %4 : [batch,4]",
                "  %6 residual = add %5 %0 : [batch,4]",
                "} inputs %0 parameters %1 %2 outputs %6",
                "{ ' streams=0",
                "  %0 x = input #0 : [batch,2,3]",
                "  %1 flatten = reshape %0 shape=[batch,6] : [batch,6]",
                "  %2 stem.weight = parameter #0 : [4,6]",
                "  %3 stem.bias = parameter #1 : [4]",
                "  %4 stem.matmul = matmul %1 %2 transpose_a=false transpose_b=true : [batch,4]",
                "  %5 stem = add %4 %3 : [batch,4]",
                "  %6 body.fc_weight = parameter #2 : [2,4,4]",
                "  %7 body.fc_bias = parameter #3 : [2,4]",
                "  %8 body = call #0 name='body times=2 in=carried:0 own=true out=last first=0 %5 %6 %7 : [batch,4]",
                "  %9 again.fc_weight = parameter #4 : [4,4]",
                "  %10 again.fc_bias = parameter #5 : [4]",
                "  %11 again = call #0 name='again times=1 in=shared own=false out=last first=0 %8 %9 %10 : [batch,4]",
                "  %12 narrow.weight = parameter #6 : [2,4]",
                "  %13 narrow.bias = parameter #7 : [2]",
                "  %14 narrow.matmul = matmul %11 %12 transpose_a=false transpose_b=true : [batch,2]",
                "  %15 narrow = add %14 %13 : [batch,2]",
                "  %16 relu = relu %15 : [batch,2]",
                "  %17 wide_linear.weight = parameter #8 : [3,4]",
                "  %18 wide_linear.bias = parameter #9 : [3]",
                "  %19 wide_linear.matmul = matmul %11 %17 transpose_a=false transpose_b=true : [batch,3]",
                "  %20 wide_linear = add %19 %18 : [batch,3]",
                "  %21 wide_tanh = tanh %20 : [batch,3]",
                "  %22 concat = concat %16 %21 %11 axis=(1) : [batch,9]",
                "  %23 once_fc.weight = parameter #10 : [5,9]",
                "  %24 once_fc.bias = parameter #11 : [5]",
                "  %25 once_fc.matmul = matmul %22 %23 transpose_a=false transpose_b=true : [batch,5]",
                "  %26 once_fc = add %25 %24 : [batch,5]",
                "  %27 head_fc.weight = parameter #12 : [4,5]",
                "  %28 head_fc.bias = parameter #13 : [4]",
                "  %29 head_fc.matmul = matmul %26 %27 transpose_a=false transpose_b=true : [batch,4]",
                "  %30 head_fc = add %29 %28 : [batch,4]",
                "  %31 head_silu = silu %30 : [batch,4]",
                "  %32 head_out.weight = parameter #14 : [2,4]",
                "  %33 head_out.bias = parameter #15 : [2]",
                "  %34 head_out.matmul = matmul %31 %32 transpose_a=false transpose_b=true : [batch,2]",
                "  %35 head_out = add %34 %33 : [batch,2]",
                "} inputs %0 parameters %2 %3 %6 %7 %9 %10 %12 %13 %17 %18 %23 %24 %27 %28 %32 %33 outputs %35",
            ],
            symbols: &[],
            numbers: &[],
        };
    }
};
